//! The one loop of everything that consumes: take deliveries, plan, arm timers, commit, settle.
//!
//! A [`Work`] says what a batch asks for. Everything else is here: what goes together, what is believed of an outcome, and
//! what happens to a consumer whose store, timers or gateway cannot be reached.

use crate::backoff::{PAUSE, Patience, mixed, retry_delay};
use crate::process::Turn;
use crate::reactor::ServicePorts;
use crate::writer::{Job, Outcome, Writer};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Consumer, Delivery, ParkReason, PortError, PortErrorKind, Prefetch, QueueSpec, Settlement, Tag, Timer,
};

/// For how long a turn takes more of what comes meanwhile: whoever runs a process ends it between turns.
const TAKES_MORE: Millis = Millis::from_secs(30);

/// For how long a binding is believed in. A broker that lost it says nothing: the queue stays empty, and what is published for it
/// alone comes back.
const BOUND_FOR: Millis = Millis::from_secs(10);

/// What a delivery asks for.
#[derive(Debug)]
pub(crate) enum Ask {
    /// One commit, if the stream agrees.
    Commit(Job),
    /// Nothing that is written.
    Settle(Settlement),
    /// Nobody knows yet: what it needs cannot be reached. It comes again after this, or after the rest that its process
    /// takes, and is counted nowhere.
    Later(Millis),
}

/// What is done with a delivery.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The deadline that it sets.
    pub(crate) timer: Option<Timer>,
    /// What else it asks for.
    pub(crate) ask: Ask,
}

impl From<Ask> for Plan {
    fn from(ask: Ask) -> Self {
        Self { timer: None, ask }
    }
}

/// Plans what a process does with the deliveries of its queue.
pub(crate) trait Work {
    /// Plans a batch, and hands it to [`Inbox::finish`]: at once, or in the parts in which it becomes known; then it may ask
    /// for what came [meanwhile](Inbox::meanwhile).
    async fn plan(&mut self, batch: Vec<Delivery>, inbox: &mut Inbox);
}

/// A queue's consumer that is made anew when it breaks, and rests when what it needs cannot be reached.
pub(crate) struct Inbox {
    ports: ServicePorts,
    writer: Writer,
    queue: QueueSpec,
    prefetch: Prefetch,
    consumer: Option<Box<dyn Consumer>>,
    /// How many consumers there were.
    consumers: u64,
    /// Whether this one was handed anything.
    is_active: bool,
    /// When the queue is declared again.
    declares_at: Timestamp,
    patience: Patience,
    /// Of this turn: what could not be worked on.
    stranded: Vec<(Tag, Millis)>,
    /// Of this turn: whether anything could.
    got_on: bool,
    /// The same, since more was last asked for.
    got_on_lately: bool,
    /// Of this turn: until when more is taken.
    takes_until: Timestamp,
    /// Of this turn: what was delivered before and came meanwhile.
    again: Vec<Delivery>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox")
            .field("queue", &self.queue.name)
            .finish_non_exhaustive()
    }
}

impl Inbox {
    /// Of a process that reads `queue`; nothing is done until the first turn.
    pub(crate) fn new(ports: ServicePorts, queue: QueueSpec, prefetch: Prefetch) -> Self {
        Self {
            writer: ports.writer(),
            patience: ports.patience(queue.name.as_str()),
            ports,
            queue,
            prefetch,
            consumer: None,
            consumers: 0,
            is_active: false,
            declares_at: Timestamp::MAX,
            stranded: Vec::new(),
            got_on: false,
            got_on_lately: false,
            takes_until: Timestamp::MAX,
            again: Vec::new(),
        }
    }

    /// The queue's name, which is its process's.
    pub(crate) fn name(&self) -> &str {
        self.queue.name.as_str()
    }

    /// The number of its consumer, once that was handed something: where its queue has a single active one, it is this one
    /// until it ends.
    pub(crate) fn active(&self) -> Option<u64> {
        let consumer = self.consumer.as_ref().filter(|_| self.is_active);
        consumer.map(|_| self.consumers)
    }

    /// One turn: whatever is there, up to the prefetch, waiting until `until` at most.
    ///
    /// Where nothing at all could be worked on, nothing more is taken for a while; where something could, only what could
    /// not is left alone for a while.
    pub(crate) async fn turn(&mut self, work: &mut impl Work, until: Timestamp) -> Turn {
        if !self.patience.rest(until).await {
            return Turn::Idle;
        }
        let batches = match self.take(until).await {
            Ok(batches) => batches,
            Err(error) => {
                let rest_ms = self.patience.lost().get();
                tracing::warn!(queue = %self.queue.name, %error, rest_ms, "queue not read");
                return Turn::Worked;
            }
        };
        if batches.is_empty() {
            return Turn::Idle;
        }
        self.takes_until = self.ports.clock.now().plus(TAKES_MORE);
        for batch in batches {
            work.plan(batch, self).await;
        }
        while let Some(delivery) = self.again.pop() {
            work.plan(vec![delivery], self).await;
        }
        self.end_turn().await;
        Turn::Worked
    }

    /// What has come meanwhile, without waiting for any: for work that takes some deliveries much longer than others, whose
    /// place the next ones take. Nothing while what was finished last could not be worked on, and for the rest of a long turn.
    pub(crate) async fn meanwhile(&mut self) -> Vec<Delivery> {
        let now = self.ports.clock.now();
        if !std::mem::take(&mut self.got_on_lately) || now >= self.takes_until {
            return Vec::new();
        }
        self.give_back(Millis::ZERO).await;
        match self.next(now).await {
            Ok(delivered) => {
                let (again, first) = delivered.into_iter().partition(|delivery| delivery.redelivered);
                self.again.extend::<Vec<_>>(again);
                first
            }
            Err(error) => {
                self.consumer = None;
                let rest_ms = self.patience.lost().get();
                tracing::warn!(queue = %self.queue.name, %error, rest_ms, "queue not read");
                Vec::new()
            }
        }
    }

    /// What there is, in batches. What was delivered before comes last and one by one, beginning anywhere: a message that
    /// kills its consumer drags no neighbour along, and holds up neither what is new nor, for long, what came back with it.
    async fn take(&mut self, until: Timestamp) -> Result<Vec<Vec<Delivery>>, PortError> {
        let delivered = self.next(until).await;
        if delivered.is_err() {
            self.consumer = None;
        }
        let delivered = delivered?;
        if !delivered.is_empty() && delivered.iter().all(|delivery| !delivery.redelivered) {
            return Ok(vec![delivered]);
        }
        let (mut again, first): (Vec<_>, Vec<_>) =
            delivered.into_iter().partition(|delivery| delivery.redelivered);
        let mut batches = Vec::with_capacity(again.len() + 1);
        if !first.is_empty() {
            batches.push(first);
        }
        if let Ok(count @ 2..) = u64::try_from(again.len()) {
            let start = mixed(self.ports.clock.now().ms().unsigned_abs()) % count;
            again.rotate_left(usize::try_from(start).unwrap_or(0));
        }
        batches.extend(again.into_iter().map(|delivery| vec![delivery]));
        Ok(batches)
    }

    async fn next(&mut self, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        loop {
            if self.consumer.is_none() {
                self.consumer = Some(self.begin().await?);
            }
            self.declare_again().await;
            let Some(consumer) = &mut self.consumer else {
                return Ok(Vec::new());
            };
            let (max, wakes_at) = (usize::from(self.prefetch.0), until.min(self.declares_at));
            let delivered = consumer.next(max, wakes_at).await?;
            self.is_active |= !delivered.is_empty();
            let now = self.ports.clock.now();
            if !delivered.is_empty() || now >= until || now < self.declares_at {
                return Ok(delivered);
            }
        }
    }

    async fn begin(&mut self) -> Result<Box<dyn Consumer>, PortError> {
        self.ports.bus.declare(&self.queue).await?;
        self.declares_at = self.ports.clock.now().plus(BOUND_FOR);
        let consumer = self.ports.bus.consume(&self.queue.name, self.prefetch).await?;
        self.consumers += 1;
        self.is_active = false;
        Ok(consumer)
    }

    /// Binds the queue again where that is due: nothing changes where it is bound.
    async fn declare_again(&mut self) {
        let now = self.ports.clock.now();
        if now < self.declares_at {
            return;
        }
        self.declares_at = now.plus(BOUND_FOR);
        if let Err(error) = self.ports.bus.declare(&self.queue).await {
            tracing::warn!(queue = %self.queue.name, %error, "binding not asserted; asserted again later");
        }
    }

    /// Timers first, then the commits, then the acknowledgements: a crash between any two repeats, and loses nothing.
    pub(crate) async fn finish(&mut self, planned: Vec<(Delivery, Plan)>) {
        let planned = self.arm(planned).await;
        let mut jobs = Vec::with_capacity(planned.len());
        let mut waiting = Vec::with_capacity(planned.len());
        let mut settled = Vec::with_capacity(planned.len());
        for (delivery, plan) in planned {
            match plan.ask {
                Ask::Commit(job) => {
                    jobs.push(job);
                    waiting.push(delivery);
                }
                Ask::Settle(settlement) => settled.push((delivery.tag, settlement)),
                Ask::Later(delay) => self.stranded.push((delivery.tag, delay)),
            }
        }
        for (delivery, outcome) in waiting.into_iter().zip(self.writer.run(jobs).await) {
            match settlement(&delivery, &outcome) {
                Some(settlement) => settled.push((delivery.tag, settlement)),
                None => self.stranded.push((delivery.tag, PAUSE)),
            }
        }
        if !settled.is_empty() {
            self.got_on_lately |= self.settle(settled).await;
            self.got_on |= self.got_on_lately;
        }
    }

    /// Arms the timers of a batch; where that fails, only what sets none goes on.
    async fn arm(&mut self, mut planned: Vec<(Delivery, Plan)>) -> Vec<(Delivery, Plan)> {
        let timers: Vec<Timer> = planned
            .iter()
            .filter_map(|(_, plan)| plan.timer.clone())
            .collect();
        if !timers.is_empty()
            && let Err(error) = self.ports.timers.schedule(timers).await
        {
            tracing::warn!(queue = %self.queue.name, %error, "timers not armed; the messages come again");
            let set_none = |(delivery, plan): &(Delivery, Plan)| {
                self.stranded
                    .extend(plan.timer.as_ref().map(|_| (delivery.tag, PAUSE)));
                plan.timer.is_none()
            };
            planned.retain(set_none);
        }
        planned
    }

    /// Ends a turn: says when what could not be worked on comes again, and rests where nothing could.
    async fn end_turn(&mut self) {
        self.got_on_lately = false;
        let got_on = std::mem::take(&mut self.got_on);
        if !self.stranded.is_empty() {
            let rest = if got_on {
                Millis::ZERO
            } else {
                self.patience.lost()
            };
            self.give_back(rest).await;
        }
        if got_on && self.consumer.is_some() {
            self.patience.found();
        }
    }

    /// Says when what could not be worked on comes again: not before the process has had its `rest`.
    async fn give_back(&mut self, rest: Millis) {
        let stranded = std::mem::take(&mut self.stranded);
        if stranded.is_empty() {
            return;
        }
        tracing::warn!(
            queue = %self.queue.name, count = stranded.len(), rest_ms = rest.get(), "given back uncounted"
        );
        let back = |(tag, delay): (Tag, Millis)| {
            let delay = delay.max(rest);
            (tag, Settlement::Return { delay })
        };
        self.settle(stranded.into_iter().map(back).collect()).await;
    }

    /// Settles deliveries, and says whether it is done; where the bus cannot be told, they come again, and the inbox of
    /// the store knows them.
    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> bool {
        let Some(consumer) = &mut self.consumer else {
            return false;
        };
        let settled = consumer.settle(settlements).await;
        if let Err(error) = &settled {
            tracing::warn!(queue = %self.queue.name, %error, "deliveries not settled; they will come again");
            self.consumer = None;
            self.patience.lost();
        }
        settled.is_ok()
    }
}

/// What a message's outcome means for the message: errors of the message climb the ladder and are parked, a refusal is an
/// answer; none where the store could not be reached.
fn settlement(delivery: &Delivery, outcome: &Outcome) -> Option<Settlement> {
    match outcome {
        Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing | Outcome::Refused(_) => {
            Some(Settlement::Ack)
        }
        Outcome::Unavailable(_) => None,
        Outcome::Failed(error) => Some(failed(delivery, error.code(), &error.to_string())),
    }
}

/// What it means for a message that its stream could not be loaded: as for an outcome, only a store that is away, or a
/// stream that a newer release wrote to, gives it back uncounted.
pub(crate) fn not_loaded(delivery: &Delivery, error: &PortError) -> Ask {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown | PortErrorKind::Newer => {
            Ask::Later(PAUSE)
        }
        PortErrorKind::Invalid | PortErrorKind::Damaged => {
            Ask::Settle(failed(delivery, error.code(), &error.to_string()))
        }
    }
}

/// An error of the message itself: tried again up the ladder.
pub(crate) fn failed(delivery: &Delivery, code: &str, text: &str) -> Settlement {
    Settlement::RetryAfter {
        delay: retry_delay(delivery.attempt),
        code: code.to_owned(),
        text: text.to_owned(),
    }
}

/// A message that will never be handled here.
pub(crate) fn refused(code: &str, text: &str) -> Settlement {
    Settlement::Park(ParkReason::Refused {
        code: code.to_owned(),
        text: text.to_owned(),
    })
}
