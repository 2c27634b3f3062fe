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
    pub(super) filled: Signal,
    pub(super) cut: Signal,
    pub(super) id: ConsumerId,
    pub(super) prefetch: usize,
}

impl MemoryConsumer {
    /// Uses the queue, then tells its consumers what came to it.
    fn with_queue<T>(&self, use_queue: impl FnOnce(&mut Queue, &mut u64) -> T) -> Option<T> {
        let broker = &mut *lock(&self.broker);
        let line = broker.lines.get_mut(self.queue)?;
        let used = use_queue(&mut line.queue, &mut broker.last_tag);
        line.tell();
        Some(used)
    }

    fn deliver(&self, max: usize) -> Result<Vec<Delivery>, Timestamp> {
        let now = self.clock.time().now();
        let delivered = self.with_queue(|queue, last_tag| {
            let delivered = queue.deliver(self.id, max, self.prefetch, now, last_tag);
            if delivered.is_ok() && queue.ready() > 0 {
                self.filled.notify_some(1);
            }
            delivered
        });
        delivered.unwrap_or(Err(Timestamp::MAX))
    }

    /// Waits while this consumer holds all that it may: told of a message, it would keep it from others.
    async fn make_room(&self, until: Timestamp) {
        let has_room = || {
            let has_room = self.with_queue(|queue, _| queue.has_room(self.id, self.prefetch));
            if has_room == Some(false) {
                Err(Timestamp::MAX)
            } else {
                Ok(())
            }
        };
        self.clock.time().wait(&self.cut, until, has_room).await;
    }

    fn settle_now(&self, settlements: Vec<(Tag, Settlement)>) {
        let now = self.clock.time().now();
        self.with_queue(|queue, _| {
            for (tag, settlement) in settlements {
                queue.settle(self.id, tag, settlement, now);
            }
        });
    }

    /// Loses the connection: what is still held comes again.
    fn void(&self) {
        self.with_queue(|queue, _| queue.void(self.id));
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        let strike = self.faults.enter(Call::Next).await?;
        let until = self.clock.true_time(until);
        self.make_room(until).await;
        let attempt = || self.deliver(max);
        let deliveries = self.clock.time().wait(&self.filled, until, attempt).await;
        strike.leave(deliveries.unwrap_or_default()).await
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Settle).await?;
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
        }
    }
}
