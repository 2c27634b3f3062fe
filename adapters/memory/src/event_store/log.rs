//! Every stream, by number.

use super::dropped::{Dropped, Part};
use super::forgotten::Forgotten;
use super::stream::Stream;
use crate::hash::{FixedState, Index};
use crate::regions::Regions;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId, Version};
use fiacre_ports::{Appended, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind, Snapshot};
use std::hash::BuildHasher;
use std::sync::Arc;

const DOING: &str = "append a commit";

/// Streams, found by id and scanned by number.
#[derive(Debug, Default)]
pub(super) struct Log {
    numbers: Index,
    slots: Vec<Slot>,
    free: Vec<u32>,
    regions: Regions,
    /// Nothing is ever appended to their streams again, so a late message about a closed trip cannot begin it anew.
    forgotten: Forgotten,
    /// Even; see [`Slot::batch`].
    batch: u32,
}

#[derive(Debug)]
struct Slot {
    id: StreamId,
    stream: Stream,
    /// The last batch that named this stream, plus one if it named it twice.
    batch: u32,
}

impl Slot {
    fn new(id: StreamId) -> Self {
        Self {
            id,
            stream: Stream::default(),
            batch: 0,
        }
    }
}

/// Stands in a free slot.
const NO_STREAM: StreamId = StreamId::Trip(TripId::from_u128(0));

/// Where a scan goes on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) version: Version,
}

impl Log {
    /// Judges each commit on its own; `applied` sees the ones that were written, in order.
    pub(super) fn append(
        &mut self,
        commits: Vec<NewCommit>,
        mut applied: impl FnMut(Arc<Commit>),
    ) -> Vec<Appended> {
        self.batch = self.batch.wrapping_add(2);
        let enlist = |commit: &NewCommit| self.enlist(commit.stream);
        let numbers: Vec<_> = commits.iter().map(enlist).collect();
        commits
            .into_iter()
            .zip(numbers)
            .map(|(commit, number)| self.append_one(commit, number, &mut applied))
            .collect()
    }

    fn number(&self, stream: StreamId) -> Option<u32> {
        let is_it = |number| self.slot(number).is_some_and(|slot| slot.id == stream);
        self.numbers.find(hash_of(stream), is_it)
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        self.slots.get(number as usize)
    }

    /// The number of `stream`, noted as part of this batch; `None` for a forgotten one.
    fn enlist(&mut self, stream: StreamId) -> Option<u32> {
        let known = self.number(stream);
        if known.is_none() && self.is_forgotten(stream) {
            return None;
        }
        let number = known.unwrap_or_else(|| self.create(stream));
        let slot = self.slots.get_mut(number as usize)?;
        let is_named = slot.batch | 1 == self.batch | 1;
        slot.batch = self.batch | u32::from(is_named);
        Some(number)
    }

    fn is_forgotten(&self, stream: StreamId) -> bool {
        let trip = stream.trip().filter(|trip| of_trip(*trip).contains(&stream));
        trip.is_some_and(|trip| self.forgotten.contains(trip))
    }

    fn create(&mut self, stream: StreamId) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            if self.slots.len() == self.slots.capacity() {
                self.slots.reserve_exact((self.slots.len() / 8).max(64));
            }
            self.slots.push(Slot::new(stream));
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(slot) = self.slots.get_mut(number as usize) {
            slot.id = stream;
        }
        let slots = &self.slots;
        let hash_at = |number: u32| slots.get(number as usize).map_or(0, |slot| hash_of(slot.id));
        self.numbers.insert(hash_of(stream), number, hash_at);
        number
    }

    fn append_one(
        &mut self,
        commit: NewCommit,
        number: Option<u32>,
        applied: &mut impl FnMut(Arc<Commit>),
    ) -> Appended {
        let Some(slot) = number.and_then(|number| self.slots.get_mut(number as usize)) else {
            return Appended::Duplicate(Version::EMPTY);
        };
        if slot.batch == self.batch | 1 {
            let two = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(two.with_source("the batch has two commits of one stream"));
        }
        if commit.events.is_empty() {
            let none = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(none.with_source("the commit has no event"));
        }
        if let Some(version) = slot.stream.version_of(commit.stream, &commit.cause) {
            return Appended::Duplicate(version);
        }
        let head = slot.stream.head();
        if commit.expected != head {
            return Appended::Conflict { head: Some(head) };
        }
        applied(Arc::new(commit.clone().into_commit()));
        slot.stream.push(commit, &mut self.regions);
        Appended::Applied(head.next())
    }

    /// What a request asks for, of the stream without its last `hidden` commits.
    pub(super) fn load(&self, request: &LoadRequest, hidden: usize) -> Loaded {
        let slot = self.number(request.stream).and_then(|number| self.slot(number));
        slot.map_or_else(Loaded::default, |slot| {
            slot.stream.load(request, &self.regions, hidden)
        })
    }

    pub(super) fn keep(&mut self, stream: StreamId, snapshot: Snapshot) {
        let number = self.number(stream);
        if let Some(slot) = number.and_then(|number| self.slots.get_mut(number as usize)) {
            slot.stream.keep(snapshot);
        }
    }

    /// Drops what the snapshot of a stream has folded in, and gives it.
    pub(super) fn trim(&mut self, stream: StreamId) -> Dropped {
        let number = self.number(stream);
        let slot = number.and_then(|number| self.slots.get_mut(number as usize));
        let trimmed = slot.and_then(|slot| slot.stream.trim(stream));
        trimmed.map_or_else(Dropped::default, |part| Dropped::new(vec![part], &self.regions))
    }

    pub(super) fn forget_snapshots(&mut self) {
        for slot in &mut self.slots {
            slot.stream.forget_snapshot();
        }
    }

    /// Drops the streams of a trip for good and gives what they held, stream by stream.
    pub(super) fn forget(&mut self, trip: TripId) -> Dropped {
        self.forgotten.insert(trip);
        let held = of_trip(trip)
            .into_iter()
            .filter_map(|stream| self.drop_stream(stream));
        Dropped::new(held.collect(), &self.regions)
    }

    fn drop_stream(&mut self, stream: StreamId) -> Option<Part> {
        let slots = &self.slots;
        let is_it = |number: u32| slots.get(number as usize).is_some_and(|slot| slot.id == stream);
        let number = self.numbers.remove(hash_of(stream), is_it)?;
        self.free.push(number);
        let slot = self.slots.get_mut(number as usize)?;
        let dropped = std::mem::replace(slot, Slot::new(NO_STREAM)).stream;
        Some(dropped.into_part(stream))
    }

    /// A page of at most `max` commits from `from`, and where to go on.
    pub(super) fn scan(&self, from: Place, max: usize) -> (Vec<Arc<Commit>>, Option<Place>) {
        let mut page = Vec::new();
        let mut place = from;
        while let Some(slot) = self.slot(place.number) {
            let room = max - page.len();
            let commits = slot.stream.after(slot.id, &self.regions, place.version, room);
            page.extend(commits.map(Arc::new));
            if page.len() >= max {
                let last = page.last().map_or(place.version, |commit| commit.version);
                let version = if room > 0 { last } else { place.version };
                return (page, Some(Place { version, ..place }));
            }
            place = Place {
                number: place.number + 1,
                version: Version::EMPTY,
            };
        }
        (page, None)
    }
}

/// What ends with a trip: its own stream, its search's and its fare's.
const fn of_trip(trip: TripId) -> [StreamId; 3] {
    let fare = StreamId::Payment(trip, ChargeNumber::FARE);
    [StreamId::Trip(trip), StreamId::Dispatch(trip), fare]
}

fn hash_of(stream: StreamId) -> u64 {
    FixedState.hash_one(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_takes_88_bytes_beside_its_commits() {
        assert_eq!(size_of::<Slot>(), 88);
    }
}
