//! The bus in the storm.

use crate::{CALM, FAILS_AFTER, FAILS_BEFORE, Storm};
use async_trait::async_trait;
use fiacre_conformance::bus::reference::ReferenceHarness;
use fiacre_conformance::bus::{BusHarness, Capability, Clause, broken, run};
use fiacre_conformance::{Outcome, Support};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Delivery, Message, Parked, ParkingId, PortError, PortErrorKind, Prefetch, Published,
    QueueName, QueueSpec, RawMessage, Settlement, Tag,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What the way does to the next call: the error before it, the error after it.
fn strike(next: &AtomicU8) -> Result<Option<PortError>, PortError> {
    match next.swap(CALM, Ordering::Relaxed) {
        FAILS_BEFORE => Err(PortError::new(PortErrorKind::Unavailable, "reach the bus")),
        FAILS_AFTER => Ok(Some(PortError::new(
            PortErrorKind::OutcomeUnknown,
            "hear the bus",
        ))),
        _ => Ok(None),
    }
}

/// The answer, unless it is lost.
fn say<T>(answer: Result<T, PortError>, lost: Option<PortError>) -> Result<T, PortError> {
    lost.map_or(answer, Err)
}

/// A way to the bus.
struct Way {
    inner: Arc<dyn Bus>,
    next: Arc<AtomicU8>,
}

#[async_trait]
impl Bus for Way {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.declare(queue).await, lost)
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let unknown = || PortError::new(PortErrorKind::OutcomeUnknown, "publish");
        let count = messages.len();
        let answers = match strike(&self.next) {
            Ok(None) => return self.inner.publish(messages).await,
            Ok(Some(_)) => self.inner.publish(messages).await,
            Err(_) => Vec::new(),
        };
        drop(answers);
        (0..count).map(|_| Published::OutcomeUnknown(unknown())).collect()
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        let lost = strike(&self.next)?;
        let inner = self.inner.consume(queue, prefetch).await?;
        let next = Arc::clone(&self.next);
        say(Ok(Box::new(WayOfConsumer { inner, next })), lost)
    }

    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.backlog(queue).await, lost)
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.parked(queue, after, max).await, lost)
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.replay(queue, parkings).await, lost)
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.drop_parked(queue, parkings).await, lost)
    }
}

/// A consumer's way to the bus. A delivery whose answer is lost would be a dead connection: it only fails before.
struct WayOfConsumer {
    inner: Box<dyn Consumer>,
    next: Arc<AtomicU8>,
}

#[async_trait]
impl Consumer for WayOfConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        if let Some(error) = strike(&self.next)? {
            return Err(error);
        }
        self.inner.next(max, until).await
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let lost = strike(&self.next)?;
        say(self.inner.settle(settlements).await, lost)
    }
}

impl<H: BusHarness> BusHarness for Storm<H> {
    fn open(&self) -> Arc<dyn Bus> {
        Arc::new(Way {
            inner: self.harness.open(),
            next: Arc::clone(&self.next),
        })
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Crash
            | Capability::Cut
            | Capability::Undecodable
            | Capability::Newer
            | Capability::Refuse => Support::Yes,
            Capability::LoseConfirm => Support::No("the storm does as it likes"),
        }
    }

    fn crash(&self) {
        self.harness.crash();
    }

    fn cut(&self) {
        self.harness.cut();
    }

    fn put_undecodable(&self, queue: &QueueName, raw: &RawMessage) {
        self.harness.put_undecodable(queue, raw);
    }

    fn put_newer(&self, queue: &QueueName, message: Message) {
        self.harness.put_newer(queue, message);
    }

    fn upgrade(&self) {
        self.harness.upgrade();
    }

    fn unpublishable(&self, message: Message) -> Message {
        self.harness.unpublishable(message)
    }
}

fiacre_conformance::bus_suite!(Storm::around(ReferenceHarness::new()));

/// What the storm hides, and why; calm weather finds it.
const HIDDEN: [(Clause, &str); 2] = [
    (
        Clause::AcknowledgedIsGone,
        "a lost acknowledgement brings a message back, which is legal at least once",
    ),
    (
        Clause::AnswersFollowTheMessages,
        "a batch whose answers are lost is published again message by message",
    ),
];

#[test]
fn planted_bugs_are_found_in_the_storm_but_those_that_it_hides() {
    let passes =
        |clause: &Clause| run(&Storm::around(broken::broken(*clause)), *clause) == Ok(Outcome::Passed);
    let hidden: Vec<_> = Clause::ALL.iter().copied().filter(passes).collect();
    assert_eq!(hidden, HIDDEN.map(|(clause, _why)| clause));
}
