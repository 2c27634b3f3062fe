//! One consumer of a queue.

use super::Broker;
use super::queue::{ConsumerId, Nothing, Queue};
use crate::clock::SkewedClock;
use crate::faults::{Call, FaultKind, Faults};
use crate::group::{self, Group};
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
    pub(super) group: Option<Group>,
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

    /// Takes up to `max` messages; nothing where a group is to be written first.
    fn deliver(&self, max: usize) -> Result<Option<Vec<Delivery>>, Timestamp> {
        let (now, written) = (self.clock.time().now(), self.group.as_ref().map(Group::written));
        let delivered = self.with_queue(|queue, last_tag| {
            let delivered = queue.deliver(self.id, max, self.prefetch, now, written, last_tag);
            if delivered.is_ok() && queue.ready() > 0 {
                self.filled.notify_some(1);
            }
            delivered
        });
        match delivered {
            Some(Ok(deliveries)) => Ok(Some(deliveries)),
            Some(Err(Nothing::BeforeGroup)) => Ok(None),
            Some(Err(Nothing::Until(at))) => Err(at),
            None => Err(Timestamp::MAX),
        }
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

    /// Settles, and says whether any of that must not be lost.
    fn settle_now(&self, settlements: Vec<(Tag, Settlement)>) -> bool {
        let now = self.clock.time().now();
        let settled = self.with_queue(|queue, _| {
            settlements.into_iter().fold(false, |is_kept, (tag, settlement)| {
                queue.settle(self.id, tag, settlement, now) | is_kept
            })
        });
        settled.unwrap_or_default()
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
        let deliveries = loop {
            let attempt = || self.deliver(max);
            match self.clock.time().wait(&self.filled, until, attempt).await {
                Some(None) => group::end_of(self.group.as_ref()).await,
                Some(Some(deliveries)) => break deliveries,
                None => break Vec::new(),
            }
        };
        strike.leave(deliveries).await
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Settle).await?;
        if self.settle_now(settlements) {
            group::end_of(self.group.as_ref()).await;
        }
        if strike.is(FaultKind::FailAfter) {
            self.void();
        }
        strike.leave(()).await
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        let returned = self.with_queue(|queue, _| queue.leave(self.id, self.prefetch));
        if returned.is_some_and(|returned| returned > 0) {
            tracing::debug!(returned, "a consumer is gone: what it held is queued again");
        }
    }
}
