//! One queue in memory: what is ready, what waits for its time, what is held.

use super::entry::{Binding, Body, Cursor};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Message, Tag};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many ready messages of a queue are kept as they were published; what lies beyond is read from disk.
const KEPT_MAX: usize = 8_192;

/// How many messages a queue hands out between two groups, if its consumers may hold no more than that: each group says on disk
/// of so many that they may have been handed out, so that deliveries rarely wait. As many as the bus in memory hands out
/// between groups: one seed gives one run on both.
const LEAD_MIN: usize = 1_024;

/// How many messages may be open below a cursor before it waits for them.
const OPEN_MAX: usize = 256;

/// Where a message lies on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the log of messages, at this position.
    Log(u64),
    /// On its own, because it failed or was put back.
    Deferred(u64),
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) origin: Origin,
    /// Nothing where it is to be read from disk.
    pub(super) message: Option<Arc<Message>>,
    /// As it is stored, where it may not be on disk yet.
    pub(super) body: Option<Arc<Body>>,
    /// Failed attempts so far.
    pub(super) failed: u32,
    pub(super) redelivered: bool,
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

    fn place(&mut self, tag: Tag) -> Option<&mut Option<Queued>> {
        let place = self.deliveries.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
        Some(&mut self.deliveries.get_mut(place)?.1)
    }

    fn get_mut(&mut self, tag: Tag) -> Option<&mut Queued> {
        self.place(tag)?.as_mut()
    }

    fn take(&mut self, tag: Tag) -> Option<Queued> {
        let queued = self.place(tag)?.take()?;
        self.unsettled -= 1;
        while let Some((_, None)) = self.deliveries.front() {
            self.deliveries.pop_front();
        }
        Some(queued)
    }
}

/// A consumer of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConsumerId(u64);

/// Why nothing is handed out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nothing {
    /// Nothing is ready until then.
    Until(Timestamp),
    /// It is to be said on disk first that the next may have been handed out.
    Unmarked,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    single_active: bool,
    ready: VecDeque<Queued>,
    /// By when they are ready again, and how they came.
    delayed: BTreeMap<(Timestamp, u64), Queued>,
    held: BTreeMap<ConsumerId, Held>,
    /// How many messages its consumers may hold, all in all.
    room: usize,
    /// Positions in the log of messages that are not settled.
    open: BTreeSet<u64>,
    /// Every position that is settled lies below.
    settled_below: u64,
    /// What lies below may have been handed out, as the disk has it.
    handed: u64,
    /// How many more may be handed out before the next group.
    lead: usize,
    is_changed: bool,
    /// Numbers consumers and delays.
    next: u64,
    news: News,
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
    /// A queue as it stands on disk, before its messages are read.
    pub(super) fn at(cursor: &Cursor) -> Self {
        Self {
            settled_below: cursor.through,
            handed: cursor.handed,
            ..Self::default()
        }
    }

    const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Takes over what a binding says of deliveries.
    pub(super) const fn follow(&mut self, binding: &Binding) {
        self.single_active = binding.single_active;
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

    /// How many messages could be delivered now.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Puts a message at the end.
    pub(super) fn push(&mut self, queued: Queued) {
        self.news = self.news.max(News::Ready);
        if let Origin::Log(position) = queued.origin {
            self.open.insert(position);
        }
        let message = queued.message.filter(|_| self.ready.len() < KEPT_MAX);
        self.ready.push_back(Queued { message, ..queued });
    }

    /// Puts a message in at `at`.
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

    /// Begins a consumer that may hold `prefetch` messages.
    pub(super) fn enter(&mut self, prefetch: usize) -> ConsumerId {
        self.room += prefetch;
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

    /// Returns what a consumer holds to the head of the queue, in its old order, marked as redelivered; gives how many there
    /// were.
    pub(super) fn void(&mut self, consumer: ConsumerId) -> usize {
        let held = self
            .held
            .get_mut(&consumer)
            .map(std::mem::take)
            .unwrap_or_default();
        for (_, queued) in held.deliveries.into_iter().rev() {
            if let Some(queued) = queued {
                self.put_back(Queued {
                    redelivered: true,
                    ..queued
                });
            }
        }
        held.unsettled
    }

    /// Puts what was taken back to the head.
    pub(super) fn put_back(&mut self, queued: Queued) {
        self.news = self.news.max(News::Ready);
        self.ready.push_front(queued);
    }

    /// Hands out up to `max` messages, as far as `prefetch` allows.
    pub(super) fn deliver(
        &mut self,
        consumer: ConsumerId,
        max: usize,
        prefetch: usize,
        now: Timestamp,
        last_tag: &mut u64,
    ) -> Result<Vec<(Tag, Queued)>, Nothing> {
        self.ripen(now);
        if !self.is_active(consumer) {
            return Err(Nothing::Until(Timestamp::MAX));
        }
        let held = self.held.entry(consumer).or_default();
        let room = max.min(prefetch.saturating_sub(held.unsettled));
        if room == 0 {
            return Err(Nothing::Until(Timestamp::MAX));
        }
        let mut taken = Vec::new();
        while taken.len() < room.min(self.lead)
            && let Some(first) = self.ready.front()
        {
            if let Origin::Log(position) = first.origin
                && position >= self.handed
            {
                break;
            }
            let Some(queued) = self.ready.pop_front() else {
                break;
            };
            *last_tag += 1;
            let tag = Tag(*last_tag);
            held.push(tag, queued.clone());
            taken.push((tag, queued));
        }
        self.lead -= taken.len();
        if !taken.is_empty() {
            Ok(taken)
        } else if self.ready.is_empty() {
            let next = self.delayed.first_key_value().map(|(&(at, _), _)| at);
            Err(Nothing::Until(next.unwrap_or(Timestamp::MAX)))
        } else {
            Err(Nothing::Unmarked)
        }
    }

    #[cfg(test)]
    pub(super) fn forget_bodies(&mut self) {
        let delayed = self.delayed.values_mut();
        for queued in delayed.chain(&mut self.ready) {
            queued.body = None;
        }
    }

    fn ripen(&mut self, now: Timestamp) {
        while let Some(first) = self.delayed.first_entry() {
            if first.key().0 > now {
                return;
            }
            self.ready.push_back(first.remove());
        }
    }

    /// Keeps the message of a delivery that was read from disk.
    pub(super) fn fill(&mut self, consumer: ConsumerId, tag: Tag, message: &Arc<Message>) {
        let held = self.held.get_mut(&consumer);
        if let Some(queued) = held.and_then(|held| held.get_mut(tag)) {
            queued.message = Some(Arc::clone(message));
        }
    }

    /// Takes a delivery back from its consumer; nothing for one that this one does not hold.
    pub(super) fn take(&mut self, consumer: ConsumerId, tag: Tag) -> Option<Queued> {
        self.held.get_mut(&consumer)?.take(tag)
    }

    /// Notes that a position in the log of messages is settled.
    pub(super) fn settle(&mut self, position: u64) {
        self.open.remove(&position);
        self.settled_below = self.settled_below.max(position + 1);
        self.is_changed = true;
    }

    /// The oldest position that is not settled.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.open.first().copied()
    }

    /// How many messages may be handed out between two groups.
    fn lead_max(&self) -> usize {
        LEAD_MIN.max(self.room)
    }

    /// How many more messages the next group may say of that they may have been handed out.
    pub(super) fn lead_left(&self) -> usize {
        self.lead_max().saturating_sub(self.ready.len())
    }

    /// What the disk is to hold of it, if that is something new; `coming` is the last position that a group adds to it and
    /// that may be handed out before the next.
    pub(super) fn cursor(&mut self, coming: Option<u64>) -> Option<Cursor> {
        let handed = self.may_hand_out(coming).max(self.handed);
        if !self.is_changed && handed == self.handed {
            return None;
        }
        self.is_changed = false;
        let below = || self.open.range(..self.settled_below).copied();
        let through = below().nth(OPEN_MAX).unwrap_or(self.settled_below);
        Some(Cursor {
            handed,
            through,
            open: below().take(OPEN_MAX).collect(),
        })
    }

    /// What lies below may be handed out before the next group; nothing while there is nobody to hand it to.
    fn may_hand_out(&self, coming: Option<u64>) -> u64 {
        if self.held.is_empty() {
            return 0;
        }
        // What was not handed out yet lies in the order of its positions.
        let mut ready = self.ready.iter().take(self.lead_max()).rev();
        let last_ready = ready.find_map(|queued| match queued.origin {
            Origin::Log(position) => Some(position),
            Origin::Deferred(_) => None,
        });
        last_ready.max(coming).map_or(0, |last| last + 1)
    }

    /// Learns what a group has written of it.
    pub(super) fn learn(&mut self, cursor: Option<&Cursor>) {
        if let Some(cursor) = cursor {
            self.handed = self.handed.max(cursor.handed);
        }
        self.lead = if self.held.is_empty() { 0 } else { self.lead_max() };
    }
}
