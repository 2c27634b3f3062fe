//! Every stream, by number.

use super::stream::Stream;
use crate::hash::{FixedState, Lookup};
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_ports::{Appended, Loaded, NewCommit, Page, PortError, PortErrorKind, Snapshot};
use std::hash::BuildHasher;
use std::sync::Arc;

const DOING: &str = "append a commit";

/// Streams, found by id and scanned by number.
#[derive(Debug, Default)]
pub(super) struct Log {
    numbers: Lookup<StreamId, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Hashes of forgotten streams: nothing is ever appended to one again, so a late message about a closed trip cannot
    /// begin it anew. With 10⁶ new and 10⁶ forgotten streams a false hit has a chance of about 10⁻⁷.
    forgotten: Lookup<u64, Version>,
    batch: u64,
}

#[derive(Debug, Default)]
struct Slot {
    stream: Stream,
    /// The last batch that named this stream, and the last that named it twice.
    batch: u64,
    batch_twice: u64,
}

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
        mut applied: impl FnMut(&Arc<Commit>),
    ) -> Vec<Appended> {
        self.batch += 1;
        let numbers: Vec<_> = commits.iter().map(|commit| self.enlist(commit.stream)).collect();
        commits
            .into_iter()
            .zip(numbers)
            .map(|(commit, number)| self.append_one(commit, number, &mut applied))
            .collect()
    }

    /// The number of `stream`, noted as part of this batch; `None` for a forgotten one.
    fn enlist(&mut self, stream: StreamId) -> Option<u32> {
        let known = self.numbers.get(&stream).copied();
        if known.is_none() && self.forgotten.get(&hash_of(stream)).is_some() {
            return None;
        }
        let number = known.unwrap_or_else(|| self.create(stream));
        let slot = self.slots.get_mut(number as usize)?;
        if slot.batch == self.batch {
            slot.batch_twice = self.batch;
        }
        slot.batch = self.batch;
        Some(number)
    }

    fn create(&mut self, stream: StreamId) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.numbers.insert(stream, number);
        number
    }

    fn append_one(
        &mut self,
        commit: NewCommit,
        number: Option<u32>,
        applied: &mut impl FnMut(&Arc<Commit>),
    ) -> Appended {
        let Some(slot) = number.and_then(|number| self.slots.get_mut(number as usize)) else {
            let head = self.forgotten.get(&hash_of(commit.stream));
            return Appended::Duplicate(head.copied().unwrap_or_default());
        };
        if slot.batch_twice == self.batch {
            let two = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(two.with_source("the batch has two commits of one stream"));
        }
        if commit.events.is_empty() {
            let none = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(none.with_source("the commit has no event"));
        }
        if let Some(version) = slot.stream.version_of(&commit.cause) {
            return Appended::Duplicate(version);
        }
        let head = slot.stream.head();
        if commit.expected != head {
            return Appended::Conflict { head: Some(head) };
        }
        let commit = Arc::new(commit.into_commit());
        applied(&commit);
        slot.stream.push(commit);
        Appended::Applied(head.next())
    }

    fn stream(&self, stream: StreamId) -> Option<&Stream> {
        let number = *self.numbers.get(&stream)?;
        self.slots.get(number as usize).map(|slot| &slot.stream)
    }

    /// The stream without its last `hidden` commits.
    pub(super) fn load(&self, stream: StreamId, hidden: usize) -> Loaded {
        self.stream(stream)
            .map_or_else(Loaded::default, |stream| stream.load(hidden))
    }

    pub(super) fn keep(&mut self, stream: StreamId, snapshot: Snapshot) {
        let number = self.numbers.get(&stream).copied();
        if let Some(slot) = number.and_then(|number| self.slots.get_mut(number as usize)) {
            slot.stream.keep(snapshot);
        }
    }

    pub(super) fn forget_snapshots(&mut self) {
        for slot in &mut self.slots {
            slot.stream.forget_snapshot();
        }
    }

    /// Drops a stream for good and gives what it held.
    pub(super) fn forget(&mut self, stream: StreamId) -> Vec<Arc<Commit>> {
        let Some(number) = self.numbers.remove(&stream) else {
            return Vec::new();
        };
        let Some(slot) = self.slots.get_mut(number as usize) else {
            return Vec::new();
        };
        self.free.push(number);
        let dropped = std::mem::take(slot).stream;
        self.forgotten.insert(hash_of(stream), dropped.head());
        dropped.into_commits()
    }

    /// A page of at most `max` commits from `from`, and where to go on.
    pub(super) fn scan(&self, from: Place, max: usize) -> (Page, Option<Place>) {
        let mut page = Page::default();
        let mut place = from;
        while let Some(slot) = self.slots.get(place.number as usize) {
            let room = max - page.commits.len();
            page.commits
                .extend(slot.stream.after(place.version, room).cloned());
            if page.commits.len() >= max {
                let last = page.commits.last().map_or(place.version, |commit| commit.version);
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

fn hash_of(stream: StreamId) -> u64 {
    FixedState.hash_one(stream)
}
