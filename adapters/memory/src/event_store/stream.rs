//! One stream: its commits, its inbox, its snapshot.

use super::dropped::Part;
use super::records::{Apart, NewRecord, Piece, Record, Records};
use crate::hash::{FixedState, Lookup};
use crate::regions::Regions;
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_ports::{LoadRequest, Loaded, NewCommit, Snapshot};
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// Up to this many commits, comparing with each cause is faster than a table, and takes no memory.
const COMPARED_COMMITS_MAX: usize = 32;

/// How many commits lie in one piece: an append copies no more than these, however long the stream is.
const PIECE_COMMITS: usize = 64;

/// The history of one aggregate.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The latest commits, after those in complete pieces.
    records: Records,
    long: Option<Box<Long>>,
}

/// What few streams have, most of them drivers': those go on for long, and trips do not.
#[derive(Debug, Default)]
struct Long {
    /// The hashes of the causes of the commits that were dropped behind the snapshot, in order.
    trimmed: Vec<u64>,
    /// What is kept apart of the latest.
    apart: Box<[Apart]>,
    snapshot: Option<Snapshot>,
    many: Option<Box<Many>>,
}

/// What is kept beside the latest where many commits are held.
#[derive(Debug, Default)]
struct Many {
    /// The commits before the latest, in pieces that are complete; the first may have been cut.
    pieces: VecDeque<Piece>,
    /// How many commits those are.
    in_pieces: usize,
    /// The hashes of the causes in the inbox: what is not among them is new without a look at any.
    by_cause: Lookup<u64, ()>,
}

impl Stream {
    pub(super) fn head(&self) -> Version {
        self.version_at(self.len())
    }

    /// How many commits are held.
    fn len(&self) -> usize {
        self.in_pieces() + self.records.len()
    }

    fn in_pieces(&self) -> usize {
        self.many().map_or(0, |many| many.in_pieces)
    }

    /// The version of the last of the first `count` commits that are held.
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

    fn many(&self) -> Option<&Many> {
        self.long.as_ref()?.many.as_deref()
    }

    fn apart(&self) -> &[Apart] {
        self.long.as_ref().map_or(&[], |long| &long.apart)
    }

    /// The pieces that are complete, in order, each with how many commits are held before it.
    fn pieces(&self) -> impl Iterator<Item = (usize, &Piece)> {
        let pieces = self.many().map(|many| many.pieces.iter());
        pieces.into_iter().flatten().scan(0, |before, piece| {
            let first = *before;
            *before += piece.records.len();
            Some((first, piece))
        })
    }

    /// Every commit that is held but the first `skipped`: pieces before it are not looked at.
    fn iter(&self, skipped: usize) -> impl Iterator<Item = Record<'_>> {
        let in_pieces = self
            .pieces()
            .filter(move |(before, piece)| before + piece.records.len() > skipped)
            .flat_map(move |(before, piece)| piece.iter().skip(skipped.saturating_sub(before)));
        let latest = self.records.iter(self.apart());
        in_pieces.chain(latest.skip(skipped.saturating_sub(self.in_pieces())))
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
        if let Some(many) = self.many() {
            many.by_cause.get(&hash_of(cause))?;
        }
        let in_piece = |(before, piece): (usize, &Piece)| {
            let place = piece.records.place_of(&piece.apart, id.trip(), cause);
            place.map(|place| before + place)
        };
        let latest = || self.records.place_of(self.apart(), id.trip(), cause);
        let place = self
            .pieces()
            .find_map(in_piece)
            .or_else(|| latest().map(|place| self.in_pieces() + place))?;
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
        if let Some(apart) = self.records.push(stream.trip(), record) {
            let long = self.long.get_or_insert_default();
            let mut longer = std::mem::take(&mut long.apart).into_vec();
            longer.push(apart);
            long.apart = longer.into_boxed_slice();
        }
        if let Some(many) = self.long.as_mut().and_then(|long| long.many.as_mut()) {
            many.by_cause.insert(hash_of(&cause), ());
        } else if self.len() > COMPARED_COMMITS_MAX {
            self.index_causes(stream);
        }
        self.end_piece();
    }

    /// Where the latest commits are a piece, more go into another.
    fn end_piece(&mut self) {
        if self.records.len() < PIECE_COMMITS {
            return;
        }
        let long = self.long.get_or_insert_default();
        let many = long.many.get_or_insert_default();
        let (records, apart) = (std::mem::take(&mut self.records), std::mem::take(&mut long.apart));
        many.in_pieces += records.len();
        many.pieces.push_back(Piece { records, apart });
    }

    fn index_causes(&mut self, id: StreamId) {
        let mut by_cause = Lookup::default();
        for cause in self.iter(0).filter_map(|record| record.cause(id.trip())) {
            by_cause.insert(hash_of(&cause), ());
        }
        let long = self.long.get_or_insert_default();
        long.many.get_or_insert_default().by_cause = by_cause;
    }

    /// The oldest head that can still be told of: what commits were dropped into the snapshot, only the snapshot has.
    fn oldest_head(&self) -> Version {
        let snapshot = self.snapshot().filter(|_| self.trimmed() > 0);
        snapshot.map_or(Version::new(0), |snapshot| snapshot.version)
    }

    /// What a request asks for, of the stream without its last `hidden` commits.
    pub(super) fn load(&self, request: &LoadRequest, regions: &Regions, hidden: usize) -> Loaded {
        let visible = self.len().saturating_sub(hidden);
        let head = self.version_at(visible).max(self.oldest_head());
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
    pub(super) fn trim(&mut self, id: StreamId) -> Vec<Part> {
        let folded = self.snapshot().map_or(0, |snapshot| snapshot.version.get());
        let count = folded.saturating_sub(self.trimmed()) as usize;
        if count == 0 {
            return Vec::new();
        }
        let after = self.version_at(0);
        let parts = numbered(id, after, self.take_first(count));
        let long = self.long.get_or_insert_default();
        if long.trimmed.capacity() - long.trimmed.len() < count {
            long.trimmed.reserve_exact(count.max(long.trimmed.len() / 8));
        }
        let records = parts.iter().flat_map(|part| part.piece.iter());
        let causes = records.filter_map(|record| record.cause(id.trip()));
        long.trimmed.extend(causes.map(|cause| hash_of(&cause)));
        let pieces_left = self.in_pieces();
        if self.len() > COMPARED_COMMITS_MAX {
            self.index_causes(id);
        } else if let Some(long) = self.long.as_mut().filter(|_| pieces_left == 0) {
            long.many = None;
        }
        parts
    }

    /// Takes out the first `count` commits, piece by piece.
    fn take_first(&mut self, count: usize) -> Vec<Piece> {
        let (mut taken, mut left) = (Vec::new(), count);
        let long = self.long.get_or_insert_default();
        while left > 0
            && let Some(many) = &mut long.many
            && let Some(piece) = many.pieces.pop_front()
        {
            let Piece { mut records, apart } = piece;
            let mut apart = apart.into_vec();
            let first = records.take_first(&mut apart, left);
            left -= first.records.len();
            many.in_pieces -= first.records.len();
            taken.push(first);
            if records.len() > 0 {
                let apart = apart.into_boxed_slice();
                many.pieces.push_front(Piece { records, apart });
            }
        }
        if left > 0 {
            let mut apart = std::mem::take(&mut long.apart).into_vec();
            taken.push(self.records.take_first(&mut apart, left));
            long.apart = apart.into_boxed_slice();
        }
        taken
    }

    /// All that is held, of the stream `id` that ends.
    pub(super) fn into_parts(self, id: StreamId) -> Vec<Part> {
        let after = self.version_at(0);
        let Self { records, long } = self;
        let Long { apart, many, .. } = long.map(|long| *long).unwrap_or_default();
        let mut pieces = many.map_or_else(Vec::new, |many| many.pieces.into());
        pieces.push(Piece { records, apart });
        numbered(id, after, pieces)
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
        let records = self.iter(skipped as usize).take(max);
        (first + 1..)
            .zip(records)
            .filter_map(move |(version, record)| record.commit(id, Version::new(version), regions))
    }
}

/// Pieces of the stream `id` that follow each other, the first of them after a version.
fn numbered(id: StreamId, mut after: Version, pieces: Vec<Piece>) -> Vec<Part> {
    let part = |piece: Piece| {
        let count = u32::try_from(piece.records.len()).unwrap_or(u32::MAX);
        let next = Version::new(after.get().saturating_add(count));
        Part {
            stream: id,
            after: std::mem::replace(&mut after, next),
            piece,
        }
    };
    pieces.into_iter().map(part).collect()
}

fn hash_of(cause: &Cause) -> u64 {
    FixedState.hash_one(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use fiacre_domain::driver::DriverEvent;
    use fiacre_domain::id::{CommandId, DriverId};
    use fiacre_domain::time::Timestamp;
    use fiacre_ports::{Consistency, SnapshotState};
    use std::sync::Arc;

    const ANN: StreamId = StreamId::Driver(DriverId::from_u128(1));

    fn cause(version: u32) -> Cause {
        Cause::Command(CommandId::from_u128(version.into()))
    }

    fn commit(version: u32) -> NewCommit {
        NewCommit {
            stream: ANN,
            expected: Version::new(version - 1),
            cause: cause(version),
            at: Timestamp::from_ms(version.into()),
            region: ["manhattan", "queens"][usize::from(version.is_multiple_of(50))]
                .parse()
                .unwrap(),
            trace: None,
            events: [DriverEvent::OfflineRequested.into()].into(),
        }
    }

    /// Drops what is folded in by a snapshot at `version`, and gives its versions.
    fn trimmed(stream: &mut Stream, version: u32) -> Vec<u32> {
        stream.keep(Snapshot {
            version: Version::new(version),
            state: Arc::new(SnapshotState::Dispatch(Box::default())),
        });
        let parts = stream.trim(ANN);
        let versions = parts
            .iter()
            .flat_map(|part| (part.after.get() + 1..).zip(part.piece.iter()));
        versions.map(|(version, _)| version).collect()
    }

    #[test]
    fn an_append_copies_a_piece_at_most_and_a_long_stream_is_as_it_was_written() {
        let (mut stream, mut regions, mut random) = (Stream::default(), Regions::default(), Random::new(3));
        let mut dropped = 0;
        for version in 1..=1_000 {
            stream.push(commit(version), &mut regions);
            assert!(stream.records.len() < PIECE_COMMITS);
            assert_eq!(stream.head(), Version::new(version));
            if random.below(100) == 0 {
                let until = dropped + u32::try_from(random.below((version - dropped).into())).unwrap();
                assert_eq!(
                    trimmed(&mut stream, until),
                    (dropped + 1..=until).collect::<Vec<_>>()
                );
                dropped = dropped.max(until);
            }
            let after = Version::new(u32::try_from(random.below(version.into())).unwrap());
            let held = stream.after(ANN, &regions, after, 70);
            let first = after.get().max(dropped) + 1;
            let expected = (first..=version)
                .take(70)
                .map(|version| commit(version).into_commit());
            assert!(held.eq(expected));
            let known = 1 + u32::try_from(random.below(version.into())).unwrap();
            assert_eq!(stream.version_of(ANN, &cause(known)), Some(Version::new(known)));
            assert_eq!(stream.version_of(ANN, &cause(version + 1)), None);
        }
        let whole = LoadRequest::whole(ANN, Consistency::Linearizable);
        let loaded = stream.load(&whole, &regions, 0);
        assert_eq!(loaded.head, Version::new(1_000));
    }
}
