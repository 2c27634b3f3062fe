//! Bugs in what is parked.

use super::Bug;
use crate::bus::reference::{Item, Reference, ReferenceConsumer};
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Delivery, MessageId, ParkReason, Parked, PortError, QueueName, QueueSpec, Settlement, Tag,
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
                *reason = ParkReason::Undecodable;
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
        message: MessageId,
    ) -> Result<bool, PortError> {
        let parked = inner.parked(queue, usize::MAX).await?;
        if let Some(found) = parked.into_iter().find(|parked| parked.message.id() == message) {
            drop(inner.publish(vec![(*found.message).clone()]).await);
        }
        inner.drop_parked(queue, message).await
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
        message: MessageId,
    ) -> Result<bool, PortError> {
        let parked = inner.parked(queue, usize::MAX).await?;
        Ok(parked.iter().any(|parked| parked.message.id() == message))
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
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        let mut parked = inner.parked(queue, usize::MAX).await?;
        parked.reverse();
        parked.truncate(max);
        Ok(parked)
    }
}
