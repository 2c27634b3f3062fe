//! One stream: its commits, its inbox, its snapshot.

use super::dropped::Part;
use super::records::{NewRecord, Records};
use crate::hash::{FixedState, Lookup};
use crate::regions::Regions;
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_ports::{LoadRequest, Loaded, NewCommit, Snapshot};
use std::hash::BuildHasher;

/// Up to this many commits, comparing with each cause is faster than a table, and takes no memory.
const COMPARED_COMMITS_MAX: usize = 32;

/// The history of one aggregate.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The commits after those that were dropped.
    records: Records,
    long: Option<Box<Long>>,
}

/// What only a stream that goes on for long has: drivers', not trips'.
#[derive(Debug, Default)]
struct Long {
    /// The hashes of the causes of the commits that were dropped behind the snapshot, in order.
    trimmed: Vec<u64>,
    /// The hashes of the causes in a long stream's inbox: what is not among them is new without a look at any.
    by_cause: Option<Lookup<u64, ()>>,
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

    fn by_cause(&self) -> Option<&Lookup<u64, ()>> {
        self.long.as_ref()?.by_cause.as_ref()
    }

    /// The commit that `cause` made here, in the stream `id`, if it did.
    pub(super) fn version_of(&self, id: StreamId, cause: &Cause) -> Option<Version> {
        let trimmed = self.trimmed_causes();
        if !trimmed.is_empty() {
            let hash = hash_of(cause);
            if let Some(version) = (1..).zip(trimmed).find(|(_, trimmed)| **trimmed == hash) {
                return Some(Version::new(version.0));
            }
        }
        // Whatever is not in the index is not here; of two causes with one hash, the second is found by comparing.
        if let Some(by_cause) = self.by_cause() {
            by_cause.get(&hash_of(cause))?;
        }
        let place = self.records.place_of(id.trip(), cause)?;
        Some(self.version_at(place + 1))
    }

    /// Adds the commit that follows the head.
    pub(super) fn push(&mut self, commit: NewCommit, regions: &mut Regions) {
        let NewCommit {
            stream,
            expected: _,
            cause,
            at,
            region,
            trace,
            events,
        } = commit;
        let record = NewRecord {
            at,
            cause,
            region: regions.number(region),
            trace,
            events: &events,
        };
        self.records.push(stream.trip(), record);
        if let Some(by_cause) = self.long.as_mut().and_then(|long| long.by_cause.as_mut()) {
            by_cause.insert(hash_of(&cause), ());
        } else if self.records.len() > COMPARED_COMMITS_MAX {
            self.index_causes(stream);
        }
    }

    fn index_causes(&mut self, id: StreamId) {
        let mut by_cause = Lookup::default();
        for cause in self.records.iter().filter_map(|record| record.cause(id.trip())) {
            by_cause.insert(hash_of(&cause), ());
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
        let records = self.records.take_first(count);
        let causes = records.iter().filter_map(|record| record.cause(id.trip()));
        let long = self.long.get_or_insert_default();
        long.trimmed.reserve_exact(records.len());
        long.trimmed.extend(causes.map(|cause| hash_of(&cause)));
        long.by_cause = None;
        if self.records.len() > COMPARED_COMMITS_MAX {
            self.index_causes(id);
        }
        Some(Part {
            stream: id,
            after,
            records,
        })
    }

    /// All that is held, of the stream `id` that ends.
    pub(super) fn into_part(self, id: StreamId) -> Part {
        Part {
            stream: id,
            after: self.version_at(0),
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
        (first + 1..)
            .zip(records)
            .filter_map(move |(version, record)| record.commit(id, Version::new(version), regions))
    }
}

fn hash_of(cause: &Cause) -> u64 {
    FixedState.hash_one(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_takes_56_bytes_beside_its_commits() {
        assert_eq!(size_of::<Stream>(), 56);
    }
}
