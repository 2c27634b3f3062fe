//! One planted bug a clause: each is a decorator around the reference model.

mod parkings;
mod routes;
mod settlements;

use super::reference::{Reference, ReferenceConsumer, ReferenceHarness};
use super::{BusHarness, Capability, Clause};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Delivery, Message, Parked, ParkingId, PortError, Prefetch, Published, QueueName,
    QueueSpec, RawMessage, Settlement, Tag,
};
use std::fmt::Debug;
use std::sync::Arc;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn declare(&self, inner: &Reference, queue: &QueueSpec) -> Result<(), PortError> {
        inner.declare(queue).await
    }
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        inner.publish(messages).await
    }
    async fn backlog(&self, inner: &Reference, queue: &QueueName) -> Result<usize, PortError> {
        inner.backlog(queue).await
    }
    async fn parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        inner.parked(queue, after, max).await
    }
    async fn replay(
        &self,
        inner: &Reference,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Result<Vec<bool>, PortError> {
        inner.replay(queue, parkings).await
    }
    async fn drop_parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Result<Vec<bool>, PortError> {
        inner.drop_parked(queue, parkings).await
    }
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        inner.next(max, until).await
    }
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        inner.settle(settlements).await
    }
    /// What a consumer is opened with.
    fn prefetch(&self, asked: Prefetch) -> Prefetch {
        asked
    }
    /// Before a consumer is gone.
    fn dies(&self, _inner: &ReferenceConsumer) {}
    /// After the bus died.
    fn crashed(&self, _inner: &Reference) {}
    /// After the connections were cut.
    fn cut(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Reference,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl Bus for Handle {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        self.bug.declare(&self.inner, queue).await
    }
    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        self.bug.publish(&self.inner, messages).await
    }
    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        Ok(Box::new(HandleConsumer {
            inner: self.inner.consumer(queue, self.bug.prefetch(prefetch))?,
            bug: Arc::clone(&self.bug),
        }))
    }
    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        self.bug.backlog(&self.inner, queue).await
    }
    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        self.bug.parked(&self.inner, queue, after, max).await
    }
    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bug.replay(&self.inner, queue, parkings).await
    }
    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bug.drop_parked(&self.inner, queue, parkings).await
    }
}

/// A consumer of the model through a bug.
#[derive(Debug)]
struct HandleConsumer {
    inner: ReferenceConsumer,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl Consumer for HandleConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        self.bug.next(&mut self.inner, max, until).await
    }
    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        self.bug.settle(&mut self.inner, settlements).await
    }
}

impl Drop for HandleConsumer {
    fn drop(&mut self) {
        self.bug.dies(&self.inner);
    }
}

broken_model!();

impl BusHarness for Broken {
    fn open(&self) -> Arc<dyn Bus> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn crash(&self) {
        self.harness.crash();
        self.bug.crashed(&self.harness.reference());
    }
    fn cut(&self) {
        self.harness.cut();
        self.bug.cut(&self.harness.reference());
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
    fn lose_next_confirm(&self) {
        self.harness.lose_next_confirm();
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::DeclaringAgainKeepsMessages => Broken::new(routes::DeclaringEmpties),
        Clause::ConfirmedIsDelivered => Broken::new(routes::DropsWhatNobodyMustGet),
        Clause::EveryBoundQueueGetsIt => Broken::new(routes::FirstQueueAlone),
        Clause::UnroutableIsReturned => Broken::new(routes::SwallowsUnroutable),
        Clause::PrefetchBoundsUnsettled => Broken::new(settlements::NoPrefetch),
        Clause::DeathOfAConsumerRedelivers => Broken::new(settlements::DeathAcknowledges),
        Clause::AcknowledgedIsGone => Broken::new(settlements::AcknowledgesTheFirstAlone),
        Clause::RetryComesBackLater => Broken::new(settlements::RetriesAtOnce),
        Clause::ReturnCountsNothing => Broken::new(settlements::ReturnIsAFailure),
        Clause::ParkingKeepsTheReason => Broken::new(parkings::NoReason),
        Clause::AttemptsAreLimited => Broken::new(parkings::NeverGivesUp),
        Clause::ReplayDeliversAgain => Broken::new(parkings::ReplaysToAll),
        Clause::StaleTagIsIgnored => Broken::new(settlements::UnknownTagIsTheOldest),
        Clause::QueueTakesWhatItIsBoundTo => Broken::new(routes::BoundToAll),
        Clause::NextWaits => Broken::new(routes::NeverWaitsOnAnEmptyQueue),
        Clause::ConsumersShareAQueue => Broken::new(settlements::OneConsumerAtATime),
        Clause::DroppedIsGone => Broken::new(parkings::DropsNothing),
        Clause::AnswersFollowTheMessages => Broken::new(routes::OneReturnedReturnsAll),
        Clause::ParkingSparesNeighbours => Broken::new(parkings::ParkingHaltsTheQueue),
        Clause::ConfirmedSurvivesACrash => Broken::new(routes::ReadyInMemory),
        Clause::ParkedSurvivesACrash => Broken::new(parkings::ParkingInMemory),
        Clause::UnsettledSurvivesACrash => Broken::new(settlements::CrashIsAFailure),
        Clause::UndecodableSparesNeighbours => Broken::new(parkings::ChokesOnBytes),
        Clause::CutVoidsTags => Broken::new(settlements::TagsBeginAnew),
        Clause::LostConfirmIsUnknown => Broken::new(routes::HopesForTheBest),
        Clause::ParkedIsListedOldestFirst => Broken::new(parkings::NewestFirst),
        Clause::RetrySparesNeighbours => Broken::new(settlements::WaitsInLine),
        Clause::RefusedIsFinal => Broken::new(parkings::TriesWhatIsRefusedAgain),
        Clause::NewerIsHeld => Broken::new(parkings::ParksWhatIsNewer),
        Clause::UndecodableIsParkedWhole => Broken::new(parkings::DropsBytes),
        Clause::ParkedListGoesOn => Broken::new(parkings::ListsFromTheBeginning),
        Clause::ParkingsAreToldApart => Broken::new(parkings::DropsEveryParkingOfAMessage),
        Clause::BacklogIsWhatWaits => Broken::new(settlements::CountsWhatIsHeld),
        Clause::WhatDoesNotWaitIsNoBacklog => Broken::new(settlements::CountsWhatIsPutOff),
        Clause::SingleActiveGetsAll => Broken::new(settlements::EveryConsumerIsActive),
        Clause::PutOffSurvivesACrash => Broken::new(settlements::AttemptsInMemory),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[
    (
        Clause::EveryBoundQueueGetsIt,
        Clause::ReplayDeliversAgain,
        "it has a second queue",
    ),
    (
        Clause::EveryBoundQueueGetsIt,
        Clause::QueueTakesWhatItIsBoundTo,
        "two of its queues are bound to one event",
    ),
    (
        Clause::UnroutableIsReturned,
        Clause::AnswersFollowTheMessages,
        "one of its messages is unroutable",
    ),
    (
        Clause::AcknowledgedIsGone,
        Clause::PrefetchBoundsUnsettled,
        "it acknowledges two at once to make room",
    ),
    (
        Clause::RetryComesBackLater,
        Clause::RetrySparesNeighbours,
        "its long delay must not end before the short one",
    ),
    (
        Clause::ParkingKeepsTheReason,
        Clause::ParkedSurvivesACrash,
        "it asks for the reason after the crash",
    ),
    (
        Clause::DroppedIsGone,
        Clause::ParkingsAreToldApart,
        "it drops one of two parkings",
    ),
    (
        Clause::UndecodableSparesNeighbours,
        Clause::UndecodableIsParkedWhole,
        "what is never set aside is never parked",
    ),
    (
        Clause::ParkedIsListedOldestFirst,
        Clause::ParkedListGoesOn,
        "its pages follow each other from the oldest on",
    ),
    (
        Clause::StaleTagIsIgnored,
        Clause::CutVoidsTags,
        "it settles the tags from before the cut",
    ),
    (
        Clause::DeathOfAConsumerRedelivers,
        Clause::SingleActiveGetsAll,
        "who takes over is handed what the dead one held",
    ),
    (
        Clause::AcknowledgedIsGone,
        Clause::BacklogIsWhatWaits,
        "what its consumer held comes back when that dies",
    ),
    (
        Clause::RetryComesBackLater,
        Clause::WhatDoesNotWaitIsNoBacklog,
        "what does not wait for its retry waits for a consumer",
    ),
    (
        Clause::BacklogIsWhatWaits,
        Clause::WhatDoesNotWaitIsNoBacklog,
        "what waits for its retry is counted with what is held",
    ),
    (
        Clause::ReturnCountsNothing,
        Clause::PutOffSurvivesACrash,
        "it asks for the attempt of what was returned after the crash",
    ),
    (
        Clause::ConfirmedSurvivesACrash,
        Clause::PutOffSurvivesACrash,
        "what waits for its retry was in no consumer's hands at the crash",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}
