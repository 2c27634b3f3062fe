//! Messages between processes in memory.

mod queue;
mod routing;

pub use queue::Depth;

use crate::clock::SkewedClock;
use crate::lock::lock;
use crate::signal::Signal;
use crate::time::VirtualTime;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Bus, Consumer, Delivery, Message, MessageId, Parked, PortError, PortErrorKind, Prefetch, Published,
    QueueName, QueueSpec, Settlement, Tag,
};
use queue::{ConsumerId, Queue, Queued};
use routing::Routing;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A bus in memory. Clones are the same bus.
#[derive(Debug, Clone)]
pub struct MemoryBus {
    broker: Arc<Mutex<Broker>>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
}

#[derive(Debug, Default)]
struct Broker {
    routing: Routing,
    numbers: BTreeMap<QueueName, usize>,
    queues: Vec<(Queue, Signal)>,
    last_tag: u64,
}

impl Broker {
    fn declare(&mut self, spec: &QueueSpec) {
        let number = self.routing.bind(spec);
        if number == self.queues.len() {
            self.numbers.insert(spec.name.clone(), number);
            self.queues.push((Queue::default(), Signal::default()));
        }
        if let Some((queue, _)) = self.queues.get_mut(number) {
            queue.limit_attempts(spec.attempts_max);
        }
    }

    fn publish(&mut self, message: Message) -> Published {
        let takers = self.routing.queues(&message);
        if takers.is_empty() && message.mandatory {
            return Published::Returned;
        }
        let message = Arc::new(message);
        for &number in &*takers {
            if let Some((queue, changed)) = self.queues.get_mut(number) {
                queue.push(Queued::new(Arc::clone(&message)));
                changed.notify();
            }
        }
        Published::Confirmed
    }

    fn queue(&mut self, name: &QueueName, doing: &'static str) -> Result<&mut (Queue, Signal), PortError> {
        let number = self.numbers.get(name).copied();
        number
            .and_then(|number| self.queues.get_mut(number))
            .ok_or_else(|| {
                PortError::new(PortErrorKind::Invalid, doing).with_source("no such queue is declared")
            })
    }
}

impl MemoryBus {
    /// A bus without queues.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            broker: Arc::default(),
            clock: SkewedClock::new(time, Millis::ZERO),
        }
    }

    /// The same bus for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            broker: Arc::clone(&self.broker),
            clock,
        }
    }

    /// How many messages of a queue are where; nothing for a queue that is not declared.
    pub fn depth(&self, queue: &QueueName) -> Depth {
        let mut broker = lock(&self.broker);
        broker
            .queue(queue, "count a queue")
            .map_or_else(|_| Depth::default(), |(queue, _)| queue.depth())
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        lock(&self.broker).declare(queue);
        Ok(())
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let mut broker = lock(&self.broker);
        messages
            .into_iter()
            .map(|message| broker.publish(message))
            .collect()
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        let mut broker = lock(&self.broker);
        let number = broker.numbers.get(queue).copied().unwrap_or_default();
        let (queue, changed) = broker.queue(queue, "consume a queue")?;
        Ok(Box::new(MemoryConsumer {
            broker: Arc::clone(&self.broker),
            clock: self.clock.clone(),
            queue: number,
            changed: changed.clone(),
            id: queue.enter(),
            prefetch: prefetch.0.into(),
        }))
    }

    async fn parked(&self, queue: &QueueName, max: usize) -> Result<Vec<Parked>, PortError> {
        let mut broker = lock(&self.broker);
        let (queue, _) = broker.queue(queue, "list parked messages")?;
        Ok(queue.parked(max))
    }

    async fn replay(&self, queue: &QueueName, message: MessageId) -> Result<bool, PortError> {
        let mut broker = lock(&self.broker);
        let (queue, changed) = broker.queue(queue, "replay a parked message")?;
        let Some(message) = queue.unpark(message) else {
            return Ok(false);
        };
        queue.push(Queued::new(message));
        changed.notify();
        Ok(true)
    }

    async fn drop_parked(&self, queue: &QueueName, message: MessageId) -> Result<bool, PortError> {
        let mut broker = lock(&self.broker);
        let (queue, _) = broker.queue(queue, "drop a parked message")?;
        Ok(queue.unpark(message).is_some())
    }
}

/// A consumer of one queue; dropped, as in a crash, it returns what it holds.
#[derive(Debug)]
struct MemoryConsumer {
    broker: Arc<Mutex<Broker>>,
    clock: SkewedClock,
    queue: usize,
    changed: Signal,
    id: ConsumerId,
    prefetch: usize,
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        let time = self.clock.time();
        let attempt = || {
            let broker = &mut *lock(&self.broker);
            let (queue, _) = broker.queues.get_mut(self.queue).ok_or(Timestamp::MAX)?;
            queue.deliver(self.id, max, self.prefetch, time.now(), &mut broker.last_tag)
        };
        let until = self.clock.true_time(until);
        let deliveries = time.wait(&self.changed, until, attempt).await;
        Ok(deliveries.unwrap_or_default())
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let now = self.clock.time().now();
        let broker = &mut *lock(&self.broker);
        if let Some((queue, _)) = broker.queues.get_mut(self.queue) {
            for (tag, settlement) in settlements {
                queue.settle(self.id, tag, settlement, now);
            }
        }
        self.changed.notify();
        Ok(())
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        let returned = {
            let broker = &mut *lock(&self.broker);
            let queue = broker.queues.get_mut(self.queue);
            queue.map_or(0, |(queue, _)| queue.leave(self.id))
        };
        if returned > 0 {
            tracing::debug!(returned, "a consumer is gone: what it held is queued again");
            self.changed.notify();
        }
    }
}
