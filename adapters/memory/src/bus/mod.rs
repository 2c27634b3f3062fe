//! Messages between processes in memory.

mod consumer;
mod queue;
mod routing;

pub use queue::Depth;

use crate::clock::SkewedClock;
use crate::faults::{Call, Fault, FaultKind, Faults, unavailable, unknown};
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

/// A bus in memory. Clones are the same bus.
#[derive(Debug, Clone)]
pub struct MemoryBus {
    broker: Arc<Mutex<Broker>>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Broker {
    routing: Routing,
    numbers: BTreeMap<QueueName, usize>,
    lines: Vec<Line>,
    last_tag: u64,
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
            line.queue.limit_attempts(spec.attempts_max);
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
    /// it comes later than they sleep.
    fn tell(&mut self) {
        match self.queue.take_news() {
            News::Nothing => {}
            News::Ready => self.filled.notify_some(1),
            News::Later => self.filled.notify(),
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
        }
    }

    /// The same bus for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            broker: Arc::clone(&self.broker),
            clock,
            faults: self.faults.clone(),
        }
    }

    /// The same bus, struck by `faults`, as will be the consumers that it makes.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Loses every connection and has them again: what consumers hold comes again, marked as redelivered, and their tags
    /// are void. Queues and what was confirmed stay.
    pub fn crash(&self) {
        let broker = &mut *lock(&self.broker);
        for line in &mut broker.lines {
            line.queue.void_all();
            line.cut.notify();
            line.filled.notify();
        }
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

#[async_trait]
impl Bus for MemoryBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Declare).await?;
        lock(&self.broker).declare(queue);
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
        let now = self.clock.time().now();
        let published = {
            let mut broker = lock(&self.broker);
            let faults = strikes.iter().copied().chain(std::iter::repeat(None));
            let published = messages
                .into_iter()
                .zip(faults)
                .map(|(message, fault)| broker.publish(message, fault, now))
                .collect();
            broker.lines.iter_mut().for_each(Line::tell);
            published
        };
        if dies(FaultKind::CrashAfter) {
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
                queue: number,
                filled: line.filled.clone(),
                cut: line.cut.clone(),
                id: line.queue.enter(),
                prefetch: prefetch.0.into(),
            }
        };
        let consumer = strike.leave(consumer).await?;
        Ok(Box::new(consumer))
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
        let were_there = {
            let now = self.clock.time().now();
            let mut broker = lock(&self.broker);
            let line = broker.line(queue, "replay parked messages")?;
            let replayed = parkings.iter().map(|&parking| line.queue.replay(parking, now));
            let replayed = replayed.collect();
            line.tell();
            replayed
        };
        strike.leave(were_there).await
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let strike = self.faults.enter(Call::DropParked).await?;
        let were_there = {
            let mut broker = lock(&self.broker);
            let line = broker.line(queue, "drop parked messages")?;
            let dropped = parkings.iter().map(|&parking| line.queue.drop_parked(parking));
            dropped.collect()
        };
        strike.leave(were_there).await
    }
}
