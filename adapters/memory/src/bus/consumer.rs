//! One consumer of a queue.

use super::Broker;
use super::queue::{ConsumerId, Queue};
use crate::clock::SkewedClock;
use crate::faults::{Call, FaultKind, Faults};
use crate::lock::lock;
use crate::signal::Signal;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Consumer, Delivery, PortError, Settlement, Tag};
use std::sync::{Arc, Mutex};

/// A consumer of one queue; dropped, as in a crash, it returns what it holds.
#[derive(Debug)]
pub(super) struct MemoryConsumer {
    pub(super) broker: Arc<Mutex<Broker>>,
    pub(super) clock: SkewedClock,
    pub(super) faults: Faults,
    /// The queue's number.
    pub(super) queue: usize,
    pub(super) changed: Signal,
    pub(super) id: ConsumerId,
    pub(super) prefetch: usize,
}

impl MemoryConsumer {
    fn with_queue<T>(&self, use_queue: impl FnOnce(&mut Queue, &mut u64) -> T) -> Option<T> {
        let broker = &mut *lock(&self.broker);
        let (queue, _) = broker.queues.get_mut(self.queue)?;
        Some(use_queue(queue, &mut broker.last_tag))
    }

    fn settle_now(&self, settlements: Vec<(Tag, Settlement)>) {
        let now = self.clock.time().now();
        let comes_again = |(_, settlement): &(Tag, Settlement)| match settlement {
            Settlement::Return { .. } | Settlement::RetryAfter { .. } => true,
            Settlement::Ack | Settlement::Park(_) => false,
        };
        let is_news = settlements.iter().any(comes_again);
        self.with_queue(|queue, _| {
            for (tag, settlement) in settlements {
                queue.settle(self.id, tag, settlement, now);
            }
        });
        if is_news {
            self.changed.notify();
        }
    }

    /// Loses the connection: what is held comes again.
    fn void(&self) {
        self.with_queue(|queue, _| queue.void(self.id));
        self.changed.notify();
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        let strike = self.faults.enter(Call::Next).await?;
        let time = self.clock.time();
        let attempt = || {
            let delivered = self.with_queue(|queue, last_tag| {
                queue.deliver(self.id, max, self.prefetch, time.now(), last_tag)
            });
            delivered.unwrap_or(Err(Timestamp::MAX))
        };
        let until = self.clock.true_time(until);
        let deliveries = time.wait(&self.changed, until, attempt).await;
        strike.leave(deliveries.unwrap_or_default()).await
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let strike = match self.faults.enter(Call::Settle).await {
            Ok(strike) => strike,
            Err(error) => {
                self.void();
                return Err(error);
            }
        };
        self.settle_now(settlements);
        if strike.is(FaultKind::FailAfter) {
            self.void();
        }
        strike.leave(()).await
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        let returned = self.with_queue(|queue, _| queue.leave(self.id));
        if returned.is_some_and(|returned| returned > 0) {
            tracing::debug!(returned, "a consumer is gone: what it held is queued again");
            self.changed.notify();
        }
    }
}
