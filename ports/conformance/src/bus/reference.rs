//! The reference model: a list of items a queue, searched from end to end.

use super::{BusHarness, Capability};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Content, Delivery, Message, MessageId, ParkReason, Parked, ParkingId, PortError,
    PortErrorKind, Prefetch, Published, QueueName, QueueSpec, RawMessage, Settlement, Tag,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Item {
    content: Content,
    /// Whether a newer release wrote it.
    newer: bool,
    pub(super) failed: u32,
    pub(super) redelivered: bool,
    pub(super) not_before: Timestamp,
    pub(super) holder: Option<(u64, Tag)>,
}

impl Item {
    const fn new(content: Content) -> Self {
        Self {
            content,
            newer: false,
            failed: 0,
            redelivered: false,
            not_before: Timestamp::from_ms(i64::MIN),
            holder: None,
        }
    }

    pub(super) const fn is_undecodable(&self) -> bool {
        self.content.message().is_none()
    }

    pub(super) fn is(&self, id: MessageId) -> bool {
        self.content.message().is_some_and(|message| message.id() == id)
    }

    /// Comes back from whoever held it.
    pub(super) fn release(&mut self) {
        self.redelivered |= self.holder.take().is_some();
    }
}

/// A queue and its parking.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) spec: QueueSpec,
    pub(super) items: Vec<Item>,
    pub(super) parked: Vec<Parked>,
    parkings: u128,
    /// Those that live, in the order in which they came.
    consumers: Vec<u64>,
}

impl Queue {
    /// Takes the item out that `consumer` holds under `tag`.
    fn remove(&mut self, consumer: u64, tag: Tag) -> Option<Item> {
        let held = |item: &Item| item.holder == Some((consumer, tag));
        let place = self.items.iter().position(held)?;
        Some(self.items.remove(place))
    }

    fn park(&mut self, item: &Item, attempts: u32, reason: ParkReason, at: Timestamp) {
        self.parkings += 1;
        self.parked.push(Parked {
            id: ParkingId::from_u128(self.parkings),
            content: item.content.clone(),
            reason,
            attempts,
            at,
        });
    }

    /// Parks what nobody can decode.
    fn park_raw(&mut self, at: Timestamp) {
        let raw: Vec<_> = self.items.extract_if(.., |item| item.is_undecodable()).collect();
        for item in raw {
            let text = "not a message".to_owned();
            self.park(&item, 0, ParkReason::Undecodable { text }, at);
        }
    }

    /// Parks what a newer release wrote: what a planted bug does.
    pub(super) fn park_newer(&mut self, at: Timestamp) {
        let newer: Vec<_> = self.items.extract_if(.., |item| item.newer).collect();
        for item in newer {
            let text = "an unknown version".to_owned();
            self.park(&item, 0, ParkReason::Undecodable { text }, at);
        }
    }

    /// Takes a parking out.
    fn unpark(&mut self, parking: ParkingId) -> Option<Parked> {
        let place = self.parked.iter().position(|parked| parked.id == parking)?;
        Some(self.parked.remove(place))
    }

    fn settle(&mut self, consumer: u64, tag: Tag, settlement: Settlement, now: Timestamp) {
        let Some(mut item) = self.remove(consumer, tag) else {
            return;
        };
        item.holder = None;
        match settlement.within(self.spec.attempts_max, item.failed) {
            Settlement::Ack => {}
            Settlement::Return { delay } => {
                item.not_before = now.plus(delay);
                self.items.push(item);
            }
            Settlement::Park(reason) => self.park(&item, item.failed + 1, reason, now),
            Settlement::RetryAfter { delay, .. } => {
                item.failed += 1;
                item.not_before = now.plus(delay);
                self.items.push(item);
            }
        }
    }
}

/// What the model holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<QueueName, Queue>,
    /// The last number given to a consumer or a tag.
    pub(super) numbers: u64,
    lose_next: bool,
    /// Messages that are beyond this bus.
    pub(super) refused: BTreeSet<MessageId>,
    /// Whether this release reads what a newer one wrote.
    upgraded: bool,
}

impl State {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn queue(&mut self, name: &QueueName) -> Result<&mut Queue, PortError> {
        self.queues
            .get_mut(name)
            .ok_or_else(|| PortError::new(PortErrorKind::Invalid, "find the queue: declare it first"))
    }

    fn publish(&mut self, message: Message) -> Published {
        if self.refused.contains(&message.id()) {
            return Published::Refused(PortError::new(PortErrorKind::Invalid, "publish so big a message"));
        }
        let message = Arc::new(message);
        let mut taken = false;
        let (region, address) = (message.region, message.address());
        let queues = self.queues.values_mut();
        for queue in queues.filter(|queue| queue.spec.takes(region, address)) {
            queue
                .items
                .push(Item::new(Content::Message(Arc::clone(&message))));
            taken = true;
        }
        if message.mandatory && !taken {
            return Published::Returned;
        }
        Published::Confirmed
    }

    /// Hands out what is ready, within the prefetch.
    fn deliver(
        &mut self,
        name: &QueueName,
        consumer: u64,
        room: (usize, usize),
        now: Timestamp,
    ) -> Vec<Delivery> {
        let (max, prefetch) = room;
        let mut deliveries = Vec::new();
        let mut numbers = self.numbers;
        let Some(queue) = self.queues.get_mut(name) else {
            return deliveries;
        };
        if queue.spec.single_active && queue.consumers.first() != Some(&consumer) {
            return deliveries;
        }
        queue.park_raw(now);
        let upgraded = self.upgraded;
        let holds = |item: &&Item| item.holder.is_some_and(|(holder, _)| holder == consumer);
        let held = queue.items.iter().filter(holds).count();
        let ready =
            |item: &&mut Item| item.holder.is_none() && item.not_before <= now && (upgraded || !item.newer);
        let room = max.min(prefetch.saturating_sub(held));
        for item in queue.items.iter_mut().filter(ready).take(room) {
            let Some(message) = item.content.message() else {
                continue;
            };
            numbers += 1;
            let tag = Tag(numbers);
            item.holder = Some((consumer, tag));
            deliveries.push(Delivery {
                tag,
                message: Arc::clone(message),
                attempt: item.failed + 1,
                redelivered: item.redelivered,
            });
        }
        self.numbers = numbers;
        deliveries
    }

    fn release(&mut self, of: impl Fn(u64) -> bool) {
        for item in self.queues.values_mut().flat_map(|queue| &mut queue.items) {
            if item.holder.is_some_and(|(holder, _)| of(holder)) {
                item.release();
            }
        }
    }
}

/// A bus that obviously keeps every clause; clones are the same bus.
#[derive(Debug, Clone)]
pub struct Reference {
    time: VirtualTime,
    state: Arc<Mutex<State>>,
}

impl Reference {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) const fn time(&self) -> &VirtualTime {
        &self.time
    }

    /// A consumer by its own type, for planted bugs.
    pub(super) fn consumer(
        &self,
        queue: &QueueName,
        prefetch: Prefetch,
    ) -> Result<ReferenceConsumer, PortError> {
        let mut state = self.state();
        let number = state.number();
        state.queue(queue)?.consumers.push(number);
        Ok(ReferenceConsumer {
            number,
            bus: self.clone(),
            queue: queue.clone(),
            prefetch,
        })
    }
}

#[async_trait]
impl Bus for Reference {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        let spec = queue.clone();
        let mut state = self.state();
        state
            .queues
            .entry(queue.name.clone())
            .and_modify(|known| known.spec = queue.clone())
            .or_insert(Queue {
                spec,
                items: Vec::new(),
                parked: Vec::new(),
                parkings: 0,
                consumers: Vec::new(),
            });
        Ok(())
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let mut state = self.state();
        let mut answers: Vec<_> = messages
            .into_iter()
            .map(|message| state.publish(message))
            .collect();
        if std::mem::take(&mut state.lose_next) {
            for answer in &mut answers {
                let error = PortError::new(PortErrorKind::OutcomeUnknown, "hear the confirmation");
                *answer = Published::OutcomeUnknown(error);
            }
        }
        self.time.changed();
        answers
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        Ok(Box::new(self.consumer(queue, prefetch)?))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        let now = self.time.now();
        let mut state = self.state();
        let items = state.queue(queue)?.items.iter();
        let waits = |item: &&Item| item.holder.is_none() && !item.newer && item.not_before <= now;
        Ok(items.filter(waits).count())
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        let mut state = self.state();
        let parked = state.queue(queue)?.parked.iter();
        let further = parked.filter(|parked| Some(parked.id) > after);
        Ok(further.take(max).cloned().collect())
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let mut state = self.state();
        let queue = state.queue(queue)?;
        let replay = |parking: &ParkingId| {
            let parked = queue.unpark(*parking);
            let was_there = parked.is_some();
            queue.items.extend(parked.map(|parked| Item::new(parked.content)));
            was_there
        };
        let answers = parkings.iter().map(replay).collect();
        self.time.changed();
        Ok(answers)
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let mut state = self.state();
        let queue = state.queue(queue)?;
        let drop_it = |parking: &ParkingId| queue.unpark(*parking).is_some();
        Ok(parkings.iter().map(drop_it).collect())
    }
}

/// A consumer of the model.
#[derive(Debug)]
pub(super) struct ReferenceConsumer {
    bus: Reference,
    queue: QueueName,
    number: u64,
    prefetch: Prefetch,
}

impl ReferenceConsumer {
    pub(super) const fn bus(&self) -> &Reference {
        &self.bus
    }

    pub(super) const fn queue(&self) -> &QueueName {
        &self.queue
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }
}

#[async_trait]
impl Consumer for ReferenceConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        let room = (max, usize::from(self.prefetch.0));
        let find = || {
            let now = self.bus.time.now();
            let deliveries = self.bus.state().deliver(&self.queue, self.number, room, now);
            (!deliveries.is_empty()).then_some(deliveries)
        };
        let next = || {
            let now = self.bus.time.now();
            let mut state = self.bus.state();
            let items = state.queue(&self.queue).ok()?.items.iter();
            items.map(|item| item.not_before).filter(|&at| at > now).min()
        };
        Ok(self.bus.time.wait(until, find, next).await.unwrap_or_default())
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let now = self.bus.time.now();
        let mut state = self.bus.state();
        let queue = state.queue(&self.queue)?;
        for (tag, settlement) in settlements {
            queue.settle(self.number, tag, settlement, now);
        }
        self.bus.time.changed();
        Ok(())
    }
}

impl Drop for ReferenceConsumer {
    fn drop(&mut self) {
        let number = self.number;
        let mut state = self.bus.state();
        state.release(|holder| holder == number);
        if let Ok(queue) = state.queue(&self.queue) {
            queue.consumers.retain(|consumer| *consumer != number);
        }
        drop(state);
        self.bus.time.changed();
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    bus: Reference,
}

impl ReferenceHarness {
    /// A bus without queues.
    pub fn new() -> Self {
        Self {
            bus: Reference {
                time: VirtualTime::new(AT),
                state: Arc::default(),
            },
        }
    }

    pub(super) fn reference(&self) -> Reference {
        self.bus.clone()
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.bus.time);

impl BusHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn Bus> {
        Arc::new(self.reference())
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Crash
            | Capability::Cut
            | Capability::Undecodable
            | Capability::Newer
            | Capability::Refuse
            | Capability::LoseConfirm => Support::Yes,
        }
    }

    fn crash(&self) {
        self.bus.state().release(|_| true);
    }

    fn cut(&self) {
        self.bus.state().release(|_| true);
    }

    fn put_undecodable(&self, queue: &QueueName, raw: &RawMessage) {
        if let Ok(queue) = self.bus.state().queue(queue) {
            queue.items.push(Item::new(Content::Raw(raw.clone())));
        }
    }

    fn put_newer(&self, queue: &QueueName, message: Message) {
        if let Ok(queue) = self.bus.state().queue(queue) {
            let newer = true;
            let item = Item::new(Content::Message(Arc::new(message)));
            queue.items.push(Item { newer, ..item });
        }
    }

    fn upgrade(&self) {
        self.bus.state().upgraded = true;
    }

    fn unpublishable(&self, message: Message) -> Message {
        self.bus.state().refused.insert(message.id());
        message
    }

    fn lose_next_confirm(&self) {
        self.bus.state().lose_next = true;
    }
}
