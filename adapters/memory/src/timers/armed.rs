//! The armed timers of a service, kept small: nearly every trip arms six or more that come to nothing.

use crate::hash::{FixedState, Index};
use crate::regions::Regions;
use fiacre_domain::stream::{StreamId, TimerId, TraceContext};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Shard, Timer};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Timers in slots, found by time and, one after the other, by stream.
#[derive(Debug, Default)]
pub(super) struct Armed {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_due: BTreeSet<(Timestamp, u32)>,
    /// The first slot of each stream.
    first_of: Index,
    regions: Regions,
}

#[derive(Debug)]
struct Slot {
    id: TimerId,
    due_at: Timestamp,
    trace: Option<Arc<TraceContext>>,
    region: u32,
    /// The next slot of the stream.
    next: Option<NextSlot>,
}

/// A slot's number, plus one: so that none takes no room.
type NextSlot = std::num::NonZeroU32;

impl Armed {
    /// Arms a timer, or moves it if it is armed.
    pub(super) fn arm(&mut self, timer: Timer) {
        let Timer {
            id,
            due_at,
            region,
            trace,
        } = timer;
        self.remove(id);
        let first = self.first(id.stream);
        let slot = Slot {
            id,
            due_at,
            trace,
            region: self.regions.number(region),
            next: first.and_then(|first| self.slots.get(first as usize)?.next),
        };
        let number = self.put(slot);
        self.by_due.insert((due_at, number));
        match first.and_then(|first| self.slots.get_mut(first as usize)) {
            Some(first) => first.next = NextSlot::new(number.saturating_add(1)),
            None => self.begin(id.stream, number),
        }
    }

    /// Timers of `shard` due at `now`, earliest first; else when the next is.
    pub(super) fn due(&self, shard: Shard, now: Timestamp, max: usize) -> Result<Vec<Timer>, Timestamp> {
        let is_own = |number: u32| self.stream_at(number).is_some_and(|stream| shard.covers(stream));
        let mut own = self
            .by_due
            .iter()
            .filter(|(_, number)| is_own(*number))
            .peekable();
        match own.peek() {
            Some((due_at, _)) if *due_at <= now && max > 0 => {}
            Some((due_at, _)) if *due_at > now => return Err(*due_at),
            Some(_) | None => return Err(Timestamp::MAX),
        }
        let mut timers: Vec<_> = own
            .take_while(|(due_at, _)| *due_at <= now)
            .take(max)
            .filter_map(|(_, number)| self.timer(*number))
            .collect();
        // Of one moment, by identity: slots are given anew in no order.
        timers.sort_unstable_by_key(|timer| (timer.due_at, timer.id));
        Ok(timers)
    }

    /// Ends a timer, unless it was moved to a later time.
    pub(super) fn end(&mut self, timer: &Timer) {
        let armed = self.find(timer.id);
        let due_at = armed
            .and_then(|number| self.slots.get(number as usize))
            .map(|slot| slot.due_at);
        if due_at.is_some_and(|due_at| due_at <= timer.due_at) {
            self.remove(timer.id);
        }
    }

    /// Ends every timer that commits of `stream` set; gives how many there were.
    pub(super) fn forget(&mut self, stream: StreamId) -> usize {
        let of_stream: Vec<_> = self.of_stream(stream).collect();
        for &id in &of_stream {
            self.remove(id);
        }
        of_stream.len()
    }

    fn timer(&self, number: u32) -> Option<Timer> {
        let slot = self.slots.get(number as usize)?;
        Some(Timer {
            id: slot.id,
            due_at: slot.due_at,
            region: self.regions.name(slot.region)?,
            trace: slot.trace.clone(),
        })
    }

    fn first(&self, stream: StreamId) -> Option<u32> {
        let is_it = |number: u32| self.stream_at(number) == Some(stream);
        self.first_of.find(hash_of(stream), is_it)
    }

    fn stream_at(&self, number: u32) -> Option<StreamId> {
        self.slots.get(number as usize).map(|slot| slot.id.stream)
    }

    fn after(&self, number: u32) -> Option<u32> {
        let next = self.slots.get(number as usize)?.next?;
        Some(next.get() - 1)
    }

    fn numbers(&self, stream: StreamId) -> impl Iterator<Item = u32> {
        std::iter::successors(self.first(stream), |&number| self.after(number))
    }

    fn of_stream(&self, stream: StreamId) -> impl Iterator<Item = TimerId> {
        self.numbers(stream)
            .filter_map(|number| self.slots.get(number as usize))
            .map(|slot| slot.id)
    }

    fn find(&self, id: TimerId) -> Option<u32> {
        let is_it = |number: &u32| self.slots.get(*number as usize).is_some_and(|slot| slot.id == id);
        self.numbers(id.stream).find(is_it)
    }

    fn put(&mut self, slot: Slot) -> u32 {
        let free = self.free.pop();
        if let Some(place) = free.and_then(|number| self.slots.get_mut(number as usize)) {
            *place = slot;
            return free.unwrap_or_default();
        }
        if self.slots.len() == self.slots.capacity() {
            self.slots.reserve_exact((self.slots.len() / 8).max(64));
        }
        self.slots.push(slot);
        u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
    }

    fn begin(&mut self, stream: StreamId, number: u32) {
        let slots = &self.slots;
        let hash_at = |number: u32| {
            slots
                .get(number as usize)
                .map_or(0, |slot| hash_of(slot.id.stream))
        };
        self.first_of.insert(hash_of(stream), number, hash_at);
    }

    fn remove(&mut self, id: TimerId) {
        let Some(number) = self.find(id) else {
            return;
        };
        let next = self.slots.get(number as usize).and_then(|slot| slot.next);
        let before = self
            .numbers(id.stream)
            .find(|&before| self.after(before) == Some(number));
        if let Some(before) = before.and_then(|before| self.slots.get_mut(before as usize)) {
            before.next = next;
        } else {
            self.first_of.remove(hash_of(id.stream), |first| first == number);
            if let Some(next) = next {
                self.begin(id.stream, next.get() - 1);
            }
        }
        if let Some(slot) = self.slots.get_mut(number as usize) {
            self.by_due.remove(&(slot.due_at, number));
            slot.trace = None;
            slot.next = None;
        }
        self.free.push(number);
    }
}

fn hash_of(stream: StreamId) -> u64 {
    FixedState.hash_one(stream)
}
