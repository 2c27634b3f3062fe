//! Bugs in what is parked.

use super::Bug;
use crate::bus::reference::{Item, Reference, ReferenceConsumer};
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Delivery, Message, ParkReason, Parked, ParkingId, PortError, PortErrorKind, Published,
    QueueName, QueueSpec, Settlement, Tag,
};

/// Everything is parked for the same reason.
#[derive(Debug)]
pub(super) struct NoReason;
#[async_trait]
impl Bug for NoReason {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        mut settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        for (_, settlement) in &mut settlements {
            if let Settlement::Park(reason) = settlement {
                *reason = ParkReason::Undecodable { text: String::new() };
            }
        }
        inner.settle(settlements).await
    }
}

/// A message may fail for ever.
#[derive(Debug)]
pub(super) struct NeverGivesUp;
#[async_trait]
impl Bug for NeverGivesUp {
    async fn declare(&self, inner: &Reference, queue: &QueueSpec) -> Result<(), PortError> {
        let attempts_max = u32::MAX;
        let queue = QueueSpec {
            attempts_max,
            ..queue.clone()
        };
        inner.declare(&queue).await
    }
}

/// A replayed message is published again.
#[derive(Debug)]
pub(super) struct ReplaysToAll;
#[async_trait]
impl Bug for ReplaysToAll {
    async fn replay(
        &self,
        inner: &Reference,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Result<Vec<bool>, PortError> {
        let parked = inner.parked(queue, None, usize::MAX).await?;
        let replayed = parked.iter().filter(|parked| parkings.contains(&parked.id));
        let messages = replayed.filter_map(|parked| parked.content.message());
        let messages: Vec<_> = messages.map(|message| (**message).clone()).collect();
        if messages.is_empty() {
            return inner.replay(queue, parkings).await;
        }
        drop(inner.publish(messages).await);
        inner.drop_parked(queue, parkings).await
    }
}

/// Dropping says that it did.
#[derive(Debug)]
pub(super) struct DropsNothing;
#[async_trait]
impl Bug for DropsNothing {
    async fn drop_parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Result<Vec<bool>, PortError> {
        let parked = inner.parked(queue, None, usize::MAX).await?;
        let is_there = |parking: &ParkingId| parked.iter().any(|parked| parked.id == *parking);
        Ok(parkings.iter().map(is_there).collect())
    }
}

/// A parked message holds up what waits behind it.
#[derive(Debug)]
pub(super) struct ParkingHaltsTheQueue;
#[async_trait]
impl Bug for ParkingHaltsTheQueue {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        let parks = settlements
            .iter()
            .any(|(_, settlement)| matches!(settlement, Settlement::Park(_)));
        inner.settle(settlements).await?;
        let mut state = inner.bus().state();
        for item in &mut state.queue(inner.queue())?.items {
            if parks && item.holder.is_none() {
                item.not_before = Timestamp::from_ms(i64::MAX);
            }
        }
        Ok(())
    }
}

/// The parking is in memory alone.
#[derive(Debug)]
pub(super) struct ParkingInMemory;
#[async_trait]
impl Bug for ParkingInMemory {
    fn crashed(&self, inner: &Reference) {
        for queue in inner.state().queues.values_mut() {
            queue.parked.clear();
        }
    }
}

/// Bytes that are no message are tried again and again.
#[derive(Debug)]
pub(super) struct ChokesOnBytes;
#[async_trait]
impl Bug for ChokesOnBytes {
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        let chokes = {
            let mut state = inner.bus().state();
            let mut items = state.queue(inner.queue())?.items.iter();
            items.any(Item::is_undecodable)
        };
        if !chokes {
            return inner.next(max, until).await;
        }
        let nothing = inner.bus().time().wait(until, || None, || None).await;
        Ok(nothing.unwrap_or_default())
    }
}

/// The newest comes first.
#[derive(Debug)]
pub(super) struct NewestFirst;
#[async_trait]
impl Bug for NewestFirst {
    async fn parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        let mut parked = inner.parked(queue, after, usize::MAX).await?;
        parked.reverse();
        parked.truncate(max);
        Ok(parked)
    }
}

/// What is refused is answered like what may be published again.
#[derive(Debug)]
pub(super) struct TriesWhatIsRefusedAgain;
#[async_trait]
impl Bug for TriesWhatIsRefusedAgain {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let unknown = |published| match published {
            Published::Refused(_) => {
                Published::OutcomeUnknown(PortError::new(PortErrorKind::OutcomeUnknown, "publish"))
            }
            other @ (Published::Confirmed | Published::Returned | Published::OutcomeUnknown(_)) => other,
        };
        inner.publish(messages).await.into_iter().map(unknown).collect()
    }
}

/// A version that is not known is taken for garbage.
#[derive(Debug)]
pub(super) struct ParksWhatIsNewer;
#[async_trait]
impl Bug for ParksWhatIsNewer {
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        let now = inner.bus().time().now();
        inner.bus().state().queue(inner.queue())?.park_newer(now);
        inner.next(max, until).await
    }
}

/// Bytes that nobody can decode are thrown away.
#[derive(Debug)]
pub(super) struct DropsBytes;
#[async_trait]
impl Bug for DropsBytes {
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        let keep = |item: &mut Item| !item.is_undecodable();
        inner.bus().state().queue(inner.queue())?.items.retain_mut(keep);
        inner.next(max, until).await
    }
}

/// Every page is the first.
#[derive(Debug)]
pub(super) struct ListsFromTheBeginning;
#[async_trait]
impl Bug for ListsFromTheBeginning {
    async fn parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        _after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        inner.parked(queue, None, max).await
    }
}

/// What is parked is known by its message.
#[derive(Debug)]
pub(super) struct DropsEveryParkingOfAMessage;
#[async_trait]
impl Bug for DropsEveryParkingOfAMessage {
    async fn drop_parked(
        &self,
        inner: &Reference,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Result<Vec<bool>, PortError> {
        let parked = inner.parked(queue, None, usize::MAX).await?;
        let named: Vec<_> = parked
            .iter()
            .filter(|parked| parkings.contains(&parked.id))
            .collect();
        let same = |one: &&Parked| named.iter().any(|other| other.content == one.content);
        let all: Vec<_> = parked.iter().filter(same).map(|parked| parked.id).collect();
        inner.drop_parked(queue, &all).await?;
        let was_there = |parking: &ParkingId| parked.iter().any(|one| one.id == *parking);
        Ok(parkings.iter().map(was_there).collect())
    }
}
