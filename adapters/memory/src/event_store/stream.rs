//! One stream: its commits, its inbox, its snapshot.

use super::dropped::Part;
use super::origin::{Full, Origin};
use crate::hash::{FixedState, Lookup};
use crate::regions::Regions;
use fiacre_domain::event::Event;
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{LoadRequest, Loaded, NewCommit, Snapshot};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Up to this many commits, comparing with each cause is faster than a table, and takes no memory.
const COMPARED_COMMITS_MAX: usize = 32;

/// What a commit has that its stream has not: 48 bytes in place, where a shared [`Commit`] takes 144.
#[derive(Debug)]
pub(super) struct Record {
    at: Timestamp,
    origin: Origin,
    events: Arc<[Event]>,
}

impl Record {
    /// The commit that this is, as `version` of `stream`, whose region has the number `region`.
    pub(super) fn commit(
        &self,
        stream: StreamId,
        version: Version,
        region: u32,
        regions: &Regions,
    ) -> Option<Commit> {
        let full = self.origin.full();
        Some(Commit {
            stream,
            version,
            at: self.at,
            cause: self.origin.cause(),
            region: regions.name(full.map_or(region, |full| full.region))?,
            trace: full.and_then(|full| full.trace.clone()),
            events: Arc::clone(&self.events),
        })
    }

    /// What happened.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }
}

/// The history of one aggregate.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The commits after those that were dropped.
    records: Vec<Record>,
    long: Option<Box<Long>>,
    /// Of the first commit, and nearly always of all.
    region: u32,
}

/// What only a stream that goes on for long has: drivers', not trips'.
#[derive(Debug, Default)]
struct Long {
    /// The hashes of the causes of the commits that were dropped behind the snapshot, in order.
    trimmed: Vec<u64>,
    /// The inbox of what a long stream holds, by the hash of the cause: of two causes with one hash, the first.
    by_cause: Option<Lookup<u64, u32>>,
    snapshot: Option<Snapshot>,
}

impl Stream {
    pub(super) fn head(&self) -> Version {
        self.version_at(self.records.len())
    }

    /// The version of the last of the first `count` records.
    fn version_at(&self, count: usize) -> Version {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Version::new(self.trimmed().saturating_add(count))
    }

    /// How many commits were dropped.
    fn trimmed(&self) -> u32 {
        u32::try_from(self.trimmed_causes().len()).unwrap_or(u32::MAX)
    }

    fn trimmed_causes(&self) -> &[u64] {
        self.long.as_ref().map_or(&[], |long| &long.trimmed)
    }

    fn snapshot(&self) -> Option<&Snapshot> {
        self.long.as_ref()?.snapshot.as_ref()
    }

    fn by_cause(&self) -> Option<&Lookup<u64, u32>> {
        self.long.as_ref()?.by_cause.as_ref()
    }

    /// The commit that `cause` made here, if it did.
    pub(super) fn version_of(&self, cause: &Cause) -> Option<Version> {
        let trimmed = self.trimmed_causes();
        if !trimmed.is_empty() {
            let hash = hash_of(cause);
            if let Some(version) = (1..).zip(trimmed).find(|(_, trimmed)| **trimmed == hash) {
                return Some(Version::new(version.0));
            }
        }
        let is_it = |record: &Record| record.origin.cause() == *cause;
        if let Some(by_cause) = self.by_cause() {
            let version = *by_cause.get(&hash_of(cause))?;
            let place = version.checked_sub(self.trimmed() + 1);
            let record = place.and_then(|place| self.records.get(place as usize));
            if record.is_some_and(is_it) {
                return Some(Version::new(version));
            }
        }
        let place = self.records.iter().position(is_it)?;
        Some(self.version_at(place + 1))
    }

    /// Adds the commit that follows the head.
    pub(super) fn push(&mut self, commit: NewCommit, regions: &mut Regions) {
        let NewCommit {
            stream: _,
            expected: _,
            cause,
            at,
            region,
            trace,
            events,
        } = commit;
        let region = regions.number(region);
        if self.head() == Version::EMPTY {
            self.region = region;
        }
        let is_plain = region == self.region && trace.is_none();
        let plain = is_plain.then(|| Origin::plain(&cause)).flatten();
        let origin = plain.unwrap_or_else(|| Origin::Other(Box::new(Full { cause, region, trace })));
        // Most streams end after a few commits: room for more would be half of their memory.
        if self.records.len() == self.records.capacity() {
            self.records.reserve_exact((self.records.len() / 8).max(1));
        }
        self.records.push(Record { at, origin, events });
        let version = self.head().get();
        if let Some(by_cause) = self.long.as_mut().and_then(|long| long.by_cause.as_mut()) {
            by_cause.get_or_insert_with(hash_of(&cause), || version);
        } else if self.records.len() > COMPARED_COMMITS_MAX {
            self.index_causes();
        }
    }

    fn index_causes(&mut self) {
        let mut by_cause = Lookup::default();
        for (version, record) in (self.trimmed() + 1..).zip(&self.records) {
            by_cause.get_or_insert_with(hash_of(&record.origin.cause()), || version);
        }
        self.long.get_or_insert_default().by_cause = Some(by_cause);
    }

    /// What a request asks for, of the stream without its last `hidden` commits.
    pub(super) fn load(&self, request: &LoadRequest, regions: &Regions, hidden: usize) -> Loaded {
        let visible = self.records.len().saturating_sub(hidden);
        let head = self.version_at(visible);
        let is_newer = |snapshot: &&Snapshot| snapshot.version > request.after && snapshot.version <= head;
        let snapshot = self.snapshot().filter(is_newer).cloned();
        let known = snapshot
            .as_ref()
            .map_or(request.after, |snapshot| snapshot.version);
        let count = head.get().saturating_sub(known.get()) as usize;
        // Most of what is loaded is loaded to be folded once: exactly the room that it takes, and in one piece.
        let mut commits = Vec::with_capacity(count);
        commits.extend(self.after(request.stream, regions, known, count));
        Loaded {
            snapshot,
            commits,
            head,
        }
    }

    /// Keeps the newest snapshot; one from beyond the head is none of this stream's.
    pub(super) fn keep(&mut self, snapshot: Snapshot) {
        let is_newer = self
            .snapshot()
            .is_none_or(|known| known.version < snapshot.version);
        if is_newer && snapshot.version <= self.head() {
            self.long.get_or_insert_default().snapshot = Some(snapshot);
        }
    }

    /// Drops the commits that the snapshot has folded in, and gives them; their causes are still known.
    pub(super) fn trim(&mut self, id: StreamId) -> Option<Part> {
        let folded = self.snapshot().map_or(0, |snapshot| snapshot.version.get());
        let count = folded.saturating_sub(self.trimmed()) as usize;
        if count == 0 {
            return None;
        }
        let after = self.version_at(0);
        let records: Vec<Record> = self.records.drain(..count.min(self.records.len())).collect();
        let long = self.long.get_or_insert_default();
        long.trimmed.reserve_exact(records.len());
        long.trimmed
            .extend(records.iter().map(|record| hash_of(&record.origin.cause())));
        long.by_cause = None;
        self.records.shrink_to_fit();
        if self.records.len() > COMPARED_COMMITS_MAX {
            self.index_causes();
        }
        let region = self.region;
        Some(Part {
            stream: id,
            after,
            region,
            records,
        })
    }

    /// All that is held, of the stream `id` that ends.
    pub(super) fn into_part(self, id: StreamId) -> Part {
        Part {
            stream: id,
            after: self.version_at(0),
            region: self.region,
            records: self.records,
        }
    }

    /// Forgets the snapshot, unless commits were dropped behind it.
    pub(super) fn forget_snapshot(&mut self) {
        if let Some(long) = self.long.as_mut().filter(|long| long.trimmed.is_empty()) {
            long.snapshot = None;
        }
    }

    /// Commits after `version`, at most `max`.
    pub(super) fn after(
        &self,
        id: StreamId,
        regions: &Regions,
        version: Version,
        max: usize,
    ) -> impl Iterator<Item = Commit> {
        let skipped = version.get().saturating_sub(self.trimmed());
        let first = version.get().max(self.trimmed());
        let records = self.records.iter().skip(skipped as usize).take(max);
        (first + 1..).zip(records).filter_map(move |(version, record)| {
            record.commit(id, Version::new(version), self.region, regions)
        })
    }
}

fn hash_of(cause: &Cause) -> u64 {
    FixedState.hash_one(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_live_trip_has_by_the_dozen_stays_small() {
        assert_eq!(size_of::<Record>(), 48);
        assert_eq!(size_of::<Stream>(), 40);
    }
}
