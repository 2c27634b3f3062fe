//! The armed timers of a service, kept small: nearly every trip arms six or more that come to nothing.

use crate::hash::{FixedState, Index};
use crate::regions::Regions;
use fiacre_domain::stream::{StreamId, TimerId, TimerKind, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Shard, Timer};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Timers by stream, and streams by when the next of their timers is due.
#[derive(Debug, Default)]
pub(super) struct Armed {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Every slot in use, by its earliest timer.
    by_due: BTreeSet<(Timestamp, u32)>,
    by_stream: Index,
    /// Of timers with a trace, or with another region than their stream's first; there are few.
    apart: BTreeMap<TimerId, Apart>,
    regions: Regions,
}

/// A stream with the timers that its commits set; there are few.
#[derive(Debug)]
struct Slot {
    stream: StreamId,
    /// The region of the first of them, and nearly always of all.
    region: u32,
    /// Exactly as many as are armed; none in a free slot.
    entries: Box<[Entry]>,
}

/// What a timer has that its stream has not: 16 bytes, where a [`Timer`] takes 72.
#[derive(Debug)]
struct Entry {
    due_at: Timestamp,
    version: Version,
    kind: TimerKind,
}

/// What hardly any timer has.
#[derive(Debug)]
struct Apart {
    region: u32,
    trace: Option<Arc<TraceContext>>,
}

impl Slot {
    const fn new(stream: StreamId, region: u32, entries: Box<[Entry]>) -> Self {
        Self {
            stream,
            region,
            entries,
        }
    }

    /// When the earliest timer is due.
    fn next_due(&self) -> Option<Timestamp> {
        self.entries.iter().map(|entry| entry.due_at).min()
    }

    fn put(&mut self, entry: Entry) {
        if let Some(known) = self.entries.iter_mut().find(|known| known.is(&entry)) {
            *known = entry;
            return;
        }
        let mut entries = std::mem::take(&mut self.entries).into_vec();
        entries.reserve_exact(1);
        entries.push(entry);
        self.entries = entries.into_boxed_slice();
    }

    /// Removes the timer if it is due by then, and tells whether it did; a later one was moved.
    fn end(&mut self, timer: &Timer) -> bool {
        let is_over = |entry: &Entry| entry.id(self.stream) == timer.id && entry.due_at <= timer.due_at;
        let has_it = self.entries.iter().any(is_over);
        if has_it {
            let mut entries = std::mem::take(&mut self.entries).into_vec();
            entries.retain(|entry| !is_over(entry));
            self.entries = entries.into_boxed_slice();
        }
        has_it
    }
}

impl Entry {
    fn is(&self, other: &Self) -> bool {
        (self.version, self.kind) == (other.version, other.kind)
    }

    const fn id(&self, stream: StreamId) -> TimerId {
        TimerId {
            stream,
            version: self.version,
            kind: self.kind,
        }
    }
}

impl Armed {
    /// Arms a timer, or moves it if it is armed.
    pub(super) fn arm(&mut self, timer: Timer) {
        let Timer {
            id,
            due_at,
            region,
            trace,
        } = timer;
        let TimerId {
            stream,
            version,
            kind,
        } = id;
        let region = self.regions.number(region);
        let known = self.find(stream);
        let own_region = known.and_then(|number| self.slot(number)).map(|slot| slot.region);
        let is_plain = own_region.is_none_or(|own| own == region) && trace.is_none();
        // It may have been armed before, with a trace or elsewhere.
        self.forget_apart(&id);
        if !is_plain {
            self.apart.insert(id, Apart { region, trace });
        }
        let entry = Entry {
            due_at,
            version,
            kind,
        };
        match known {
            Some(number) => self.change(number, |slot| slot.put(entry)),
            None => self.begin(Slot::new(stream, region, Box::new([entry]))),
        }
    }

    /// Timers of `shard` due at `now`, earliest first; else when the next is.
    pub(super) fn due(&self, shard: Shard, now: Timestamp, max: usize) -> Result<Vec<Timer>, Timestamp> {
        let is_own = |number: u32| self.slot(number).is_some_and(|slot| shard.covers(slot.stream));
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
        // Each stream has one that is due no later than any of the streams after it: so many streams are enough.
        let mut timers: Vec<_> = own
            .take_while(|(due_at, _)| *due_at <= now)
            .take(max)
            .filter_map(|(_, number)| self.slot(*number))
            .flat_map(|slot| self.due_of(slot, now))
            .collect();
        // Of one moment, by identity: slots are given anew in no order.
        timers.sort_unstable_by_key(|timer| (timer.due_at, timer.id));
        timers.truncate(max);
        Ok(timers)
    }

    /// The timers of a slot that are due at `now`.
    fn due_of(&self, slot: &Slot, now: Timestamp) -> impl Iterator<Item = Timer> {
        let due = slot.entries.iter().filter(move |entry| entry.due_at <= now);
        due.filter_map(|entry| {
            let id = entry.id(slot.stream);
            let apart = self.apart.get(&id);
            Some(Timer {
                id,
                due_at: entry.due_at,
                region: self
                    .regions
                    .name(apart.map_or(slot.region, |apart| apart.region))?,
                trace: apart.and_then(|apart| apart.trace.clone()),
            })
        })
    }

    /// Ends a timer, unless it was moved to a later time.
    pub(super) fn end(&mut self, timer: &Timer) {
        if let Some(number) = self.find(timer.id.stream) {
            let mut is_over = false;
            self.change(number, |slot| is_over = slot.end(timer));
            if is_over {
                self.forget_apart(&timer.id);
            }
        }
    }

    /// Mostly there is nothing to forget.
    fn forget_apart(&mut self, id: &TimerId) {
        if !self.apart.is_empty() {
            self.apart.remove(id);
        }
    }

    /// Ends every timer that commits of `stream` set; gives how many there were.
    pub(super) fn forget(&mut self, stream: StreamId) -> usize {
        let Some(number) = self.find(stream) else {
            return 0;
        };
        let mut ended = Box::default();
        self.change(number, |slot| ended = std::mem::take(&mut slot.entries));
        for entry in &ended {
            self.forget_apart(&entry.id(stream));
        }
        ended.len()
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        self.slots.get(number as usize)
    }

    fn find(&self, stream: StreamId) -> Option<u32> {
        let is_it = |number: u32| self.slot(number).is_some_and(|slot| slot.stream == stream);
        self.by_stream.find(hash_of(stream), is_it)
    }

    fn begin(&mut self, slot: Slot) {
        let (stream, next_due) = (slot.stream, slot.next_due());
        let number = self.place(slot);
        let slots = &self.slots;
        let hash_at = |number: u32| slots.get(number as usize).map_or(0, |slot| hash_of(slot.stream));
        self.by_stream.insert(hash_of(stream), number, hash_at);
        self.by_due.extend(next_due.map(|due_at| (due_at, number)));
    }

    fn place(&mut self, slot: Slot) -> u32 {
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

    /// Changes the timers of a slot, and gives it free if none is left.
    fn change(&mut self, number: u32, change: impl FnOnce(&mut Slot)) {
        let Some(slot) = self.slots.get_mut(number as usize) else {
            return;
        };
        let before = slot.next_due();
        change(slot);
        let (stream, after) = (slot.stream, slot.next_due());
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.by_due.remove(&(before, number));
        }
        if let Some(after) = after {
            self.by_due.insert((after, number));
        } else {
            self.by_stream.remove(hash_of(stream), |found| found == number);
            self.free.push(number);
        }
    }
}

fn hash_of(stream: StreamId) -> u64 {
    FixedState.hash_one(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use fiacre_domain::id::{RegionId, TripId};
    use fiacre_domain::saga::Service;
    use fiacre_ports::Scope;

    #[test]
    fn what_a_live_trip_has_by_the_half_dozen_stays_small() {
        assert_eq!(size_of::<Entry>(), 16);
        assert_eq!(size_of::<Slot>(), 48);
    }

    fn drawn(random: &mut Random) -> Timer {
        let trace = TraceContext {
            trace_id: [1; 16],
            span_id: [2; 8],
            flags: 1,
        };
        let regions: [RegionId; 2] = ["manhattan".parse().unwrap(), "queens".parse().unwrap()];
        Timer {
            id: TimerId {
                stream: StreamId::Trip(TripId::from_u128(random.below(5).into())),
                version: Version::new(1 + u32::from(random.below(2) == 0)),
                kind: TimerKind::NoShow(u8::from(random.below(2) == 0)),
            },
            due_at: Timestamp::from_ms(random.below(20).cast_signed()),
            region: regions[random.index(2)],
            trace: (random.below(4) == 0).then(|| Arc::new(trace)),
        }
    }

    /// Against a plain list that knows no streams.
    #[test]
    fn whatever_is_armed_moved_ended_and_forgotten_the_rest_comes_in_order_and_whole() {
        let shard = Scope::of(Service::Trip).shard();
        let mut random = Random::new(7);
        let mut armed = Armed::default();
        let mut list: Vec<Timer> = Vec::new();
        for step in 0..20_000 {
            let timer = drawn(&mut random);
            match random.below(8) {
                0..5 => {
                    list.retain(|known| known.id != timer.id);
                    list.push(timer.clone());
                    armed.arm(timer);
                }
                5 | 6 => {
                    list.retain(|known| known.id != timer.id || known.due_at > timer.due_at);
                    armed.end(&timer);
                }
                _ => {
                    let before = list.len();
                    list.retain(|known| known.id.stream != timer.id.stream);
                    assert_eq!(armed.forget(timer.id.stream), before - list.len());
                }
            }
            list.sort_by_key(|timer| (timer.due_at, timer.id));
            let now = Timestamp::from_ms(random.below(20).cast_signed());
            let due: Vec<_> = list.iter().filter(|timer| timer.due_at <= now).cloned().collect();
            let next = list.first().map_or(Timestamp::MAX, |timer| timer.due_at);
            let expected = if due.is_empty() { Err(next) } else { Ok(due) };
            assert_eq!(armed.due(shard, now, usize::MAX), expected, "step {step}");
            let first = armed.due(shard, now, 2).map(|timers| timers.len());
            assert_eq!(first.ok(), expected.ok().map(|due| due.len().min(2)));
        }
    }
}
