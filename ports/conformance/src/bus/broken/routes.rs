//! Bugs in which message reaches which queue.

use super::Bug;
use crate::bus::reference::{Reference, ReferenceConsumer};
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Bus, Consumer, Delivery, EventKinds, Message, PortError, Published, QueueSpec};

/// A queue that is declared again is made anew.
#[derive(Debug)]
pub(super) struct DeclaringEmpties;
#[async_trait]
impl Bug for DeclaringEmpties {
    async fn declare(&self, inner: &Reference, queue: &QueueSpec) -> Result<(), PortError> {
        inner.state().queues.remove(&queue.name);
        inner.declare(queue).await
    }
}

/// What nobody must get is confirmed and thrown away.
#[derive(Debug)]
pub(super) struct DropsWhatNobodyMustGet;
#[async_trait]
impl Bug for DropsWhatNobodyMustGet {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let mut answers = Vec::new();
        for message in messages {
            if message.mandatory {
                answers.extend(inner.publish(vec![message]).await);
            } else {
                answers.push(Published::Confirmed);
            }
        }
        answers
    }
}

/// The first queue that takes a message is the only one.
#[derive(Debug)]
pub(super) struct FirstQueueAlone;
#[async_trait]
impl Bug for FirstQueueAlone {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let ids: Vec<_> = messages.iter().map(Message::id).collect();
        let answers = inner.publish(messages).await;
        for id in ids {
            let mut state = inner.state();
            let takers = state
                .queues
                .values_mut()
                .filter(|queue| queue.items.iter().any(|item| item.is(id)));
            for queue in takers.skip(1) {
                queue.items.retain(|item| !item.is(id));
            }
        }
        answers
    }
}

/// Nothing is ever returned.
#[derive(Debug)]
pub(super) struct SwallowsUnroutable;
#[async_trait]
impl Bug for SwallowsUnroutable {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let mut answers = inner.publish(messages).await;
        for answer in &mut answers {
            if matches!(answer, Published::Returned) {
                *answer = Published::Confirmed;
            }
        }
        answers
    }
}

/// A batch in which one is returned is returned whole.
#[derive(Debug)]
pub(super) struct OneReturnedReturnsAll;
#[async_trait]
impl Bug for OneReturnedReturnsAll {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let answers = inner.publish(messages).await;
        if answers.iter().any(|answer| matches!(answer, Published::Returned)) {
            return answers.iter().map(|_| Published::Returned).collect();
        }
        answers
    }
}

/// Every queue is bound to every event.
#[derive(Debug)]
pub(super) struct BoundToAll;
#[async_trait]
impl Bug for BoundToAll {
    async fn declare(&self, inner: &Reference, queue: &QueueSpec) -> Result<(), PortError> {
        let events = EventKinds::All;
        inner
            .declare(&QueueSpec {
                events,
                ..queue.clone()
            })
            .await
    }
}

/// Whoever finds an empty queue goes home.
#[derive(Debug)]
pub(super) struct NeverWaitsOnAnEmptyQueue;
#[async_trait]
impl Bug for NeverWaitsOnAnEmptyQueue {
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        let empty = inner.bus().state().queue(inner.queue())?.items.is_empty();
        inner
            .next(max, if empty { Timestamp::from_ms(0) } else { until })
            .await
    }
}

/// What nobody has taken yet is in memory alone.
#[derive(Debug)]
pub(super) struct ReadyInMemory;
#[async_trait]
impl Bug for ReadyInMemory {
    fn crashed(&self, inner: &Reference) {
        for queue in inner.state().queues.values_mut() {
            queue.items.retain(|item| item.redelivered);
        }
    }
}

/// A lost confirmation is taken for one.
#[derive(Debug)]
pub(super) struct HopesForTheBest;
#[async_trait]
impl Bug for HopesForTheBest {
    async fn publish(&self, inner: &Reference, messages: Vec<Message>) -> Vec<Published> {
        let mut answers = inner.publish(messages).await;
        for answer in &mut answers {
            if matches!(answer, Published::OutcomeUnknown(_)) {
                *answer = Published::Confirmed;
            }
        }
        answers
    }
}
