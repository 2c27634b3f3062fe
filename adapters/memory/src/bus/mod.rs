//! Messages between processes in memory.

mod consumer;
mod queue;
mod routing;
mod writes;

pub use queue::Depth;

use crate::clock::SkewedClock;
use crate::faults::{Call, Fault, FaultKind, Faults, unavailable, unknown};
use crate::group::{self, Group, Hearers};
use crate::lock::lock;
use crate::signal::Signal;
use crate::time::VirtualTime;
use async_trait::async_trait;
use consumer::MemoryConsumer;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Bus, Consumer, Message, MessageId, Parked, ParkingId, PortError, PortErrorKind, Prefetch, Published,
    QueueName, QueueSpec, RawMessage,
};
use queue::{News, Queue, Queued};
use routing::Routing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use writes::{Declare, Publish, Unpark};

/// A bus in memory. Clones are the same bus.
#[derive(Debug, Clone)]
pub struct MemoryBus {
    broker: Arc<Mutex<Broker>>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
    faults: Faults,
    group: Option<Group>,
}

#[derive(Debug, Default)]
struct Broker {
    routing: Routing,
    numbers: BTreeMap<QueueName, usize>,
    lines: Vec<Line>,
    last_tag: u64,
    /// Whether consumers share every queue, whatever was declared.
    shares_all: bool,
    /// Messages that are beyond this bus.
    refused: BTreeSet<MessageId>,
}

/// A queue, and what its consumers wait for.
#[derive(Debug, Default)]
struct Line {
    queue: Queue,
    /// There is something to deliver; as many are told as may find something.
    filled: Signal,
    /// What consumers held was taken from them: one that was full has room again.
    cut: Signal,
}

impl Broker {
    fn declare(&mut self, spec: &QueueSpec) {
        let number = self.routing.bind(spec);
        if number == self.lines.len() {
            self.numbers.insert(spec.name.clone(), number);
            self.lines.push(Line::default());
        }
        if let Some(line) = self.lines.get_mut(number) {
            line.queue
                .follow(spec.attempts_max, spec.single_active && !self.shares_all);
        }
    }

    /// Puts a message into every queue that takes it, or does what the fault says.
    fn publish(&mut self, message: Message, fault: Option<Fault>, now: Timestamp) -> Published {
        if !self.refused.is_empty() && self.refused.contains(&message.id()) {
            let refused = PortError::new(PortErrorKind::Invalid, "publish a message");
            return Published::Refused(refused.with_source("the message is beyond this bus"));
        }
        let takers = self.routing.queues(&message);
        if takers.is_empty() && message.mandatory {
            return Published::Returned;
        }
        let kind = fault.map(|fault| fault.kind);
        match kind {
            Some(FaultKind::FailBefore | FaultKind::Outage) => {
                return Published::OutcomeUnknown(unavailable(Call::Publish));
            }
            Some(FaultKind::Returned) if message.mandatory => return Published::Returned,
            Some(FaultKind::Returned | FaultKind::Drop) => {
                return Published::OutcomeUnknown(unknown(Call::Publish));
            }
            Some(
                FaultKind::FailAfter
                | FaultKind::Delay
                | FaultKind::CrashBefore
                | FaultKind::CrashAfter
                | FaultKind::Duplicate
                | FaultKind::Reorder
                | FaultKind::StaleRead
                | FaultKind::LateCommit
                | FaultKind::Nack,
            )
            | None => {}
        }
        let message = Arc::new(message);
        for (place, &number) in takers.iter().enumerate() {
            if let Some(line) = self.lines.get_mut(number) {
                deliver(&mut line.queue, &message, place, fault, now);
            }
        }
        if matches!(kind, Some(FaultKind::FailAfter | FaultKind::Nack)) {
            return Published::OutcomeUnknown(unknown(Call::Publish));
        }
        Published::Confirmed
    }

    fn line(&mut self, name: &QueueName, doing: &'static str) -> Result<&mut Line, PortError> {
        let number = self.numbers.get(name).copied();
        number
            .and_then(|number| self.lines.get_mut(number))
            .ok_or_else(|| {
                PortError::new(PortErrorKind::Invalid, doing).with_source("no such queue is declared")
            })
    }
}

impl Line {
    /// Tells consumers what came since: one, if it can be delivered now (what it leaves, it tells the next of), and all, if
    /// it comes later than they sleep, or is for one of them alone.
    fn tell(&mut self) {
        match self.queue.take_news() {
            News::Nothing => {}
            News::Ready if !self.queue.is_single_active() => self.filled.notify_some(1),
            News::Ready | News::Later => self.filled.notify(),
        }
    }
}

/// Puts a message into one of its queues, the `place`th, as the fault says.
fn deliver(queue: &mut Queue, message: &Arc<Message>, place: usize, fault: Option<Fault>, now: Timestamp) {
    let queued = || Queued::new(Arc::clone(message));
    let Some(fault) = fault else {
        queue.push(queued());
        return;
    };
    match fault.kind {
        FaultKind::Nack if (fault.salt >> (place % 64)) & 1 != place as u64 & 1 => {}
        FaultKind::Duplicate => {
            queue.push(queued());
            queue.push(queued());
        }
        FaultKind::Reorder => queue.push_out_of_order(queued(), fault.salt),
        FaultKind::Delay => queue.push_later(queued(), now.plus(fault.delay)),
        FaultKind::FailBefore
        | FaultKind::FailAfter
        | FaultKind::CrashBefore
        | FaultKind::CrashAfter
        | FaultKind::Drop
        | FaultKind::StaleRead
        | FaultKind::LateCommit
        | FaultKind::Returned
        | FaultKind::Nack
        | FaultKind::Outage => queue.push(queued()),
    }
}

impl MemoryBus {
    /// A bus without queues.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            broker: Arc::default(),
            clock: SkewedClock::new(time, Millis::ZERO),
            faults: Faults::none(),
            group: None,
        }
    }

    /// The same bus, whose queues and messages are written with the group, as will be what its consumers retry and park.
    #[must_use]
    pub fn in_group(mut self, group: &Group) -> Self {
        self.group = Some(group.clone());
        self
    }

    /// The same bus for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            broker: Arc::clone(&self.broker),
            clock,
            faults: self.faults.clone(),
            group: self.group.clone(),
        }
    }

    /// The same bus, whose consumers share every queue from now on, also one that is to have a single active one: as if the bus
    /// had taken the active one for dead, and that went on with what it holds, again and again.
    #[must_use]
    pub fn with_every_queue_shared(self) -> Self {
        lock(&self.broker).shares_all = true;
        self
    }

    /// The same bus, struck by `faults`, as will be the consumers that it makes.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Loses every connection and has them again: what consumers hold comes again, marked as redelivered, and their tags
    /// are void. Queues and what was confirmed stay; what its group has not written is lost.
    pub fn crash(&self) {
        if let Some(group) = &self.group {
            group.lose(Hearers::Queues);
        }
        let broker = &mut *lock(&self.broker);
        for line in &mut broker.lines {
            line.queue.void_all();
            line.cut.notify();
            line.filled.notify();
        }
    }

    /// Loses what a queue is bound to, as a broker does whose definitions were restored from before it was bound: it takes nothing
    /// until it is declared again. What is in it stays.
    pub fn unbind(&self, queue: &QueueName) {
        lock(&self.broker).routing.unbind(queue);
    }

    /// From now on refuses this message for good, as a bus does for which it is too big.
    pub fn refuse(&self, message: MessageId) {
        lock(&self.broker).refused.insert(message);
    }

    /// Puts bytes into a queue that are no message, as another program may: they are parked at once. Nothing happens to a
    /// queue that is not declared.
    pub fn put_undecodable(&self, queue: &QueueName, raw: RawMessage) {
        let now = self.clock.time().now();
        if let Ok(line) = lock(&self.broker).line(queue, "put bytes into a queue") {
            line.queue.park_raw(raw, now);
        }
    }

    /// Puts a message into a queue as a newer release writes it: it is held until [`upgrade`](Self::upgrade). Nothing
    /// happens to a queue that is not declared.
    pub fn put_newer(&self, queue: &QueueName, message: Message) {
        if let Ok(line) = lock(&self.broker).line(queue, "put a message into a queue") {
            line.queue.hold_newer(Arc::new(message));
        }
    }

    /// Reads from now on what a newer release wrote: it is delivered.
    pub fn upgrade(&self) {
        for line in &mut lock(&self.broker).lines {
            line.queue.upgrade();
            line.tell();
        }
    }

    /// How many messages of a queue are where; nothing for a queue that is not declared.
    pub fn depth(&self, queue: &QueueName) -> Depth {
        let mut broker = lock(&self.broker);
        broker
            .line(queue, "count a queue")
            .map_or_else(|_| Depth::default(), |line| line.queue.depth())
    }
}

impl MemoryBus {
    /// Takes what is parked, for good or to replay it.
    async fn take_parked(
        &self,
        queue: &QueueName,
        parkings: &[ParkingId],
        replay_at: Option<Timestamp>,
        call: Call,
    ) -> Result<Vec<bool>, PortError> {
        lock(&self.broker).line(queue, call.doing())?;
        let unpark = Unpark {
            broker: Arc::clone(&self.broker),
            queue: queue.clone(),
            parkings: parkings.to_vec(),
            replay_at,
            call,
        };
        group::write(self.group.as_ref(), unpark).await
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Declare).await?;
        if !lock(&self.broker).routing.is_bound(queue) {
            let broker = Arc::clone(&self.broker);
            let queue = queue.clone();
            group::write(self.group.as_ref(), Declare { broker, queue }).await?;
        }
        strike.leave(()).await
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let struck = if self.faults.are_possible() {
            messages.len()
        } else {
            0
        };
        let strikes: Vec<_> = (0..struck).map(|_| self.faults.strike(Call::Publish)).collect();
        let dies = |kind| strikes.iter().flatten().any(|fault: &Fault| fault.kind == kind);
        if dies(FaultKind::CrashBefore) {
            return self.faults.die_in(Call::Publish).await;
        }
        if messages.is_empty() {
            return Vec::new();
        }
        let dies_after = dies(FaultKind::CrashAfter);
        let publish = Publish {
            broker: Arc::clone(&self.broker),
            messages,
            strikes,
            now: self.clock.time().now(),
        };
        let published = group::write(self.group.as_ref(), publish).await;
        if dies_after {
            return self.faults.die_in(Call::Publish).await;
        }
        published
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        let strike = self.faults.enter(Call::Consume).await?;
        let consumer = {
            let mut broker = lock(&self.broker);
            let number = broker.numbers.get(queue).copied().unwrap_or_default();
            let line = broker.line(queue, "consume a queue")?;
            MemoryConsumer {
                broker: Arc::clone(&self.broker),
                clock: self.clock.clone(),
                faults: self.faults.clone(),
                group: self.group.clone(),
                queue: number,
                filled: line.filled.clone(),
                cut: line.cut.clone(),
                id: line
                    .queue
                    .enter(prefetch.0.into(), self.group.as_ref().map(Group::written)),
                prefetch: prefetch.0.into(),
            }
        };
        let consumer = strike.leave(consumer).await?;
        Ok(Box::new(consumer))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        let strike = self.faults.enter(Call::Backlog).await?;
        let backlog = {
            let mut broker = lock(&self.broker);
            let line = broker.line(queue, "count what waits in a queue")?;
            line.queue.ready()
        };
        strike.leave(backlog).await
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        let strike = self.faults.enter(Call::Parked).await?;
        let parked = {
            let mut broker = lock(&self.broker);
            let line = broker.line(queue, "list parked messages")?;
            line.queue.parked(after, max)
        };
        strike.leave(parked).await
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let strike = self.faults.enter(Call::Replay).await?;
        let now = self.clock.time().now();
        let were_there = self.take_parked(queue, parkings, Some(now), Call::Replay).await?;
        strike.leave(were_there).await
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let strike = self.faults.enter(Call::DropParked).await?;
        let were_there = self.take_parked(queue, parkings, None, Call::DropParked).await?;
        strike.leave(were_there).await
    }
}
