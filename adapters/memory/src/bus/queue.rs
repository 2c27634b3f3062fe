//! One queue: what is ready, what waits for its retry, what is held, what is parked.

use fiacre_domain::time::Timestamp;
use fiacre_ports::{Content, Delivery, Message, ParkReason, Parked, ParkingId, RawMessage, Settlement, Tag};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// How many messages a queue hands out between two groups, where they are written in groups, if its consumers may hold no more
/// than that: as the bus on disk.
const LEAD_MIN: usize = 1_024;

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    message: Arc<Message>,
    /// Failed attempts so far.
    failed: u32,
    redelivered: bool,
}

impl Queued {
    pub(super) const fn new(message: Arc<Message>) -> Self {
        Self {
            message,
            failed: 0,
            redelivered: false,
        }
    }
}

/// What one consumer holds, by rising tag; a settled delivery leaves a gap until those before it are settled.
#[derive(Debug, Default)]
struct Held {
    deliveries: VecDeque<(Tag, Option<Queued>)>,
    unsettled: usize,
}

impl Held {
    fn push(&mut self, tag: Tag, queued: Queued) {
        self.deliveries.push_back((tag, Some(queued)));
        self.unsettled += 1;
    }

    fn take(&mut self, tag: Tag) -> Option<Queued> {
        let place = self.deliveries.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
        let queued = self.deliveries.get_mut(place)?.1.take()?;
        self.unsettled -= 1;
        while let Some((_, None)) = self.deliveries.front() {
            self.deliveries.pop_front();
        }
        Some(queued)
    }
}

/// Why nothing is handed out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nothing {
    /// Nothing is ready until then.
    Until(Timestamp),
    /// A group is to be written first.
    BeforeGroup,
}

/// How far a queue hands out ahead of the next group: a durable bus writes with each group what may have been handed out
/// before the next one.
#[derive(Debug, Clone, Copy, Default)]
struct Lead {
    /// How many groups were written when the first of its consumers came.
    since: u64,
    /// How many groups were written when it last handed something out.
    at: u64,
    /// How much it has handed out since.
    count: usize,
}

impl Lead {
    /// How much more may be handed out of `lead_max`; `written` is nothing where there are no groups.
    const fn left(&mut self, lead_max: usize, written: Option<u64>) -> usize {
        let Some(written) = written else {
            return usize::MAX;
        };
        if written != self.at {
            self.at = written;
            self.count = 0;
        }
        if written > self.since {
            lead_max.saturating_sub(self.count)
        } else {
            0
        }
    }
}

/// A consumer of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConsumerId(u64);

#[derive(Debug, Default)]
pub(super) struct Queue {
    attempts_max: u32,
    single_active: bool,
    ready: VecDeque<Queued>,
    /// By when they are ready again, and how they came.
    delayed: BTreeMap<(Timestamp, u64), Queued>,
    held: BTreeMap<ConsumerId, Held>,
    /// How many messages its consumers may hold, all in all.
    room: usize,
    /// What a newer release wrote: held until the upgrade.
    newer: Vec<Arc<Message>>,
    parked: BTreeMap<ParkingId, Parked>,
    /// Numbers consumers, delays and parkings.
    next: u64,
    news: News,
    lead: Lead,
}

/// What came to a queue since consumers were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum News {
    #[default]
    Nothing,
    /// Something to deliver now.
    Ready,
    /// Something to deliver at a time that no consumer knows of.
    Later,
}

impl Queue {
    /// Takes over what a declaration says of deliveries.
    pub(super) const fn follow(&mut self, attempts_max: u32, single_active: bool) {
        self.attempts_max = attempts_max;
        self.single_active = single_active;
    }

    /// Whether everything goes to one consumer: whoever else is told of a message leaves it there.
    pub(super) const fn is_single_active(&self) -> bool {
        self.single_active
    }

    /// Whether a consumer gets anything: of several the one that came first, where only one is to be active.
    fn is_active(&self, consumer: ConsumerId) -> bool {
        let first = || self.held.first_key_value().map(|(first, _)| *first);
        !self.single_active || first() == Some(consumer)
    }

    const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// How many messages could be delivered now.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Puts a message at the end.
    pub(super) fn push(&mut self, queued: Queued) {
        self.news = self.news.max(News::Ready);
        self.ready.push_back(queued);
    }

    /// Puts a message where `salt` says, from the head at 0.
    pub(super) fn push_out_of_order(&mut self, queued: Queued, salt: u64) {
        self.news = self.news.max(News::Ready);
        let places = self.ready.len() as u64 + 1;
        let place = usize::try_from(salt % places).unwrap_or_default();
        self.ready.insert(place, queued);
    }

    /// Puts a message in at `at`, without counting an attempt.
    pub(super) fn push_later(&mut self, queued: Queued, at: Timestamp) {
        self.news = News::Later;
        let place = (at, self.number());
        self.delayed.insert(place, queued);
    }

    pub(super) const fn take_news(&mut self) -> News {
        std::mem::replace(&mut self.news, News::Nothing)
    }

    /// Whether a consumer may hold more than it does.
    pub(super) fn has_room(&self, consumer: ConsumerId, prefetch: usize) -> bool {
        let held = self.held.get(&consumer);
        held.is_none_or(|held| held.unsettled < prefetch)
    }

    /// Begins a consumer that may hold `prefetch` messages; `written` says how many groups were written, where there are any.
    pub(super) fn enter(&mut self, prefetch: usize, written: Option<u64>) -> ConsumerId {
        self.room += prefetch;
        if self.held.is_empty() {
            self.lead.since = written.unwrap_or_default();
        }
        let consumer = ConsumerId(self.number());
        self.held.insert(consumer, Held::default());
        consumer
    }

    /// Ends a consumer that might hold `prefetch` messages; see [`Self::void`].
    pub(super) fn leave(&mut self, consumer: ConsumerId, prefetch: usize) -> usize {
        self.room = self.room.saturating_sub(prefetch);
        let returned = self.void(consumer);
        self.held.remove(&consumer);
        if self.single_active {
            // Whoever takes over sleeps, whatever there is.
            self.news = News::Later;
        }
        returned
    }

    /// Returns what a consumer holds to the head of the queue, in its old order, marked as redelivered; gives how many
    /// there were.
    pub(super) fn void(&mut self, consumer: ConsumerId) -> usize {
        let held = self
            .held
            .get_mut(&consumer)
            .map(std::mem::take)
            .unwrap_or_default();
        for (_, queued) in held.deliveries.into_iter().rev() {
            if let Some(queued) = queued {
                self.news = self.news.max(News::Ready);
                self.ready.push_front(Queued {
                    redelivered: true,
                    ..queued
                });
            }
        }
        held.unsettled
    }

    /// Returns what every consumer holds, as [`Self::void`] does for one.
    pub(super) fn void_all(&mut self) {
        let consumers: Vec<_> = self.held.keys().rev().copied().collect();
        for consumer in consumers {
            self.void(consumer);
        }
    }

    /// Hands out up to `max` messages, as far as `prefetch` allows, and as may be before the next group.
    pub(super) fn deliver(
        &mut self,
        consumer: ConsumerId,
        max: usize,
        prefetch: usize,
        now: Timestamp,
        written: Option<u64>,
        next_tag: &mut u64,
    ) -> Result<Vec<Delivery>, Nothing> {
        self.ripen(now);
        if !self.is_active(consumer) {
            return Err(Nothing::Until(Timestamp::MAX));
        }
        let held = self.held.entry(consumer).or_default();
        let room = max.min(prefetch.saturating_sub(held.unsettled));
        if room == 0 {
            return Err(Nothing::Until(Timestamp::MAX));
        }
        if self.ready.is_empty() {
            let next = self.delayed.first_key_value().map(|(&(at, _), _)| at);
            return Err(Nothing::Until(next.unwrap_or(Timestamp::MAX)));
        }
        let count = room
            .min(self.ready.len())
            .min(self.lead.left(LEAD_MIN.max(self.room), written));
        if count == 0 {
            return Err(Nothing::BeforeGroup);
        }
        self.lead.count += count;
        let taken = self.ready.drain(..count);
        Ok(taken
            .map(|queued| {
                *next_tag += 1;
                let tag = Tag(*next_tag);
                let delivery = Delivery {
                    tag,
                    message: Arc::clone(&queued.message),
                    attempt: queued.failed + 1,
                    redelivered: queued.redelivered,
                };
                held.push(tag, queued);
                delivery
            })
            .collect())
    }

    fn ripen(&mut self, now: Timestamp) {
        while let Some(first) = self.delayed.first_entry() {
            if first.key().0 > now {
                return;
            }
            self.ready.push_back(first.remove());
        }
    }

    /// Settles one delivery, and says whether that must not be lost; a tag that this consumer does not hold changes nothing.
    pub(super) fn settle(
        &mut self,
        consumer: ConsumerId,
        tag: Tag,
        settlement: Settlement,
        now: Timestamp,
    ) -> bool {
        let held = self.held.get_mut(&consumer);
        let Some(queued) = held.and_then(|held| held.take(tag)) else {
            return false;
        };
        let failed = queued.failed.saturating_add(1);
        match settlement.within(self.attempts_max, queued.failed) {
            Settlement::Ack => return false,
            Settlement::Return { delay } => {
                self.push_later(queued, now.plus(delay));
                return false;
            }
            Settlement::Park(reason) => self.park(Content::Message(queued.message), failed, reason, now),
            Settlement::RetryAfter { delay, .. } => {
                self.push_later(Queued { failed, ..queued }, now.plus(delay));
            }
        }
        true
    }

    fn park(&mut self, content: Content, attempts: u32, reason: ParkReason, at: Timestamp) {
        let id = ParkingId::from_u128(self.number().into());
        let parked = Parked {
            id,
            content,
            reason,
            attempts,
            at,
        };
        self.parked.insert(id, parked);
    }

    /// Parks bytes that are no message.
    pub(super) fn park_raw(&mut self, raw: RawMessage, at: Timestamp) {
        let text = "these bytes are no message".to_owned();
        self.park(Content::Raw(raw), 0, ParkReason::Undecodable { text }, at);
    }

    pub(super) fn parked(&self, after: Option<ParkingId>, max: usize) -> Vec<Parked> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        let further = self.parked.range((first, Bound::Unbounded));
        further.take(max).map(|(_, parked)| parked.clone()).collect()
    }

    /// Puts what is parked back, and says whether it was there; bytes that are still no message are parked anew.
    pub(super) fn replay(&mut self, parking: ParkingId, now: Timestamp) -> bool {
        match self.parked.remove(&parking).map(|parked| parked.content) {
            Some(Content::Message(message)) => self.push(Queued::new(message)),
            Some(Content::Raw(raw)) => self.park_raw(raw, now),
            None => return false,
        }
        true
    }

    /// Drops what is parked, and says whether it was there.
    pub(super) fn drop_parked(&mut self, parking: ParkingId) -> bool {
        self.parked.remove(&parking).is_some()
    }

    /// Holds a message that a newer release wrote.
    pub(super) fn hold_newer(&mut self, message: Arc<Message>) {
        self.newer.push(message);
    }

    /// Delivers what was held for the upgrade.
    pub(super) fn upgrade(&mut self) {
        for message in std::mem::take(&mut self.newer) {
            self.push(Queued::new(message));
        }
    }

    pub(super) fn depth(&self) -> Depth {
        Depth {
            ready: self.ready.len(),
            delayed: self.delayed.len(),
            unsettled: self.held.values().map(|held| held.unsettled).sum(),
            parked: self.parked.len(),
        }
    }
}

/// How many messages of a queue are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// To be delivered now.
    pub ready: usize,
    /// Waiting for a retry.
    pub delayed: usize,
    /// Held by consumers.
    pub unsettled: usize,
    /// Parked.
    pub parked: usize,
}
