//! One digest of a whole run: SHA-256 over the hashes of its streams, sorted by stream.
//!
//! A stream's hash is taken over its commits' canonical bytes, in the order of versions. So that nothing has to be kept until
//! the end, what is over is hashed at once, and what ends with a trip is one entry: the trip's own stream, its search's and its
//! fare's, beside the stream of the trip. An entry's hash, and the digest, are taken alike: over each stream and its hash,
//! sorted by stream. A stream that goes on has the hash of its commits so far, and each more is hashed behind it.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_wire::Hasher;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// The hashes of streams, until all are there.
#[derive(Debug, Default)]
pub struct Digest {
    hasher: Hasher,
    /// Of what ended with each trip: a day has hundreds of thousands.
    trips: Vec<(TripId, Fingerprint)>,
    /// Streams that go on, as far as they were added.
    open: BTreeMap<StreamId, Fingerprint>,
    commits: u64,
    events: u64,
}

impl Digest {
    /// Adds everything that the streams which end with a trip ever held: one stream after the other, each in the order of
    /// versions; nothing at all is no trip.
    pub fn add_trip(&mut self, trip: TripId, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        let mut streams = Vec::with_capacity(3);
        let mut current = None;
        for commit in commits {
            let commit = commit.borrow();
            if let Some(ended) = current
                .replace(commit.stream)
                .filter(|last| *last != commit.stream)
            {
                streams.push((ended, self.hasher.take()));
            }
            self.hash(commit);
        }
        let Some(last) = current else { return };
        streams.push((last, self.hasher.take()));
        let hash = self.hash_of(streams);
        // Kept of every trip that ever was: room for as many again would be half of it.
        if self.trips.len() == self.trips.capacity() {
            self.trips.reserve_exact((self.trips.len() / 16).max(1_024));
        }
        self.trips.push((trip, hash));
    }

    /// Adds the next commits of a stream that goes on; none at all is no stream.
    pub fn add_part(&mut self, stream: StreamId, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        for commit in commits {
            if let Some(so_far) = self.open.get(&stream) {
                self.hasher.add(so_far);
            }
            self.hash(commit.borrow());
            self.open.insert(stream, self.hasher.take());
        }
    }

    fn hash(&mut self, commit: &Commit) {
        self.commits += 1;
        self.events += commit.events.len() as u64;
        self.hasher.add(commit);
    }

    /// Over each stream and its hash, sorted by stream.
    fn hash_of(&mut self, mut streams: Vec<(StreamId, Fingerprint)>) -> Fingerprint {
        streams.sort_unstable();
        for (stream, hash) in &streams {
            self.hasher.add(stream);
            self.hasher.add(hash);
        }
        self.hasher.take()
    }

    /// How many commits were added.
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// How many events they held.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The digest of everything added, in whatever order the streams came.
    pub fn finish(mut self) -> Fingerprint {
        let trips = std::mem::take(&mut self.trips).into_iter();
        let mut streams: Vec<_> = trips.map(|(trip, hash)| (StreamId::Trip(trip), hash)).collect();
        streams.extend(std::mem::take(&mut self.open));
        self.hash_of(streams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use fiacre_domain::canonical::Canonical;
    use fiacre_domain::event::Event;
    use fiacre_domain::id::{CommandId, DriverId};
    use fiacre_domain::stream::{Cause, ChargeNumber, Version};
    use fiacre_domain::time::Timestamp;
    use fiacre_domain::trip::{RejectReason, TripEvent};

    const ANN: StreamId = StreamId::Driver(DriverId::from_u128(1));
    const BOB: StreamId = StreamId::Driver(DriverId::from_u128(2));

    const fn trip(number: u128) -> TripId {
        TripId::from_u128(number)
    }

    const fn streams_of(trip: TripId) -> [StreamId; 3] {
        let fare = StreamId::Payment(trip, ChargeNumber::FARE);
        [StreamId::Trip(trip), StreamId::Dispatch(trip), fare]
    }

    const fn tip_of(trip: TripId) -> StreamId {
        StreamId::Payment(trip, ChargeNumber(1))
    }

    fn commits(stream: StreamId, count: u32) -> impl Iterator<Item = Commit> {
        (1..=count).map(move |version| Commit {
            stream,
            version: Version::new(version),
            at: Timestamp::from_ms(0),
            cause: Cause::Command(CommandId::from_u128(u128::from(version))),
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: [Event::Trip(TripEvent::Closed)].into(),
        })
    }

    /// Two trips, the tip of one, and two drivers: every stream has three commits.
    fn log() -> Vec<Commit> {
        let of_trips = [trip(1), trip(2)].into_iter().flat_map(streams_of);
        let streams = of_trips.chain([tip_of(trip(1)), ANN, BOB]);
        streams.flat_map(|stream| commits(stream, 3)).collect()
    }

    /// The digest of `log`, whose streams, and parts of those that go on, come in an order that `random` draws.
    fn digest_of(log: &[Commit], mut random: Random) -> Fingerprint {
        let mut digest = Digest::default();
        let mut left: BTreeMap<StreamId, Vec<Commit>> = BTreeMap::new();
        for commit in log {
            left.entry(commit.stream).or_default().push(commit.clone());
        }
        while !left.is_empty() {
            let place = usize::try_from(random.below(left.len() as u64)).unwrap();
            let stream = *left.keys().nth(place).unwrap();
            let ending = stream.trip().filter(|_| stream != tip_of(trip(1)));
            if let Some(ending) = ending {
                let mut streams = streams_of(ending);
                streams.rotate_left(usize::try_from(random.below(3)).unwrap());
                let held = streams.map(|stream| left.remove(&stream).unwrap_or_default());
                digest.add_trip(ending, held.into_iter().flatten());
            } else {
                let mut commits = left.remove(&stream).unwrap();
                let part = 1 + random.below(commits.len() as u64);
                let later = commits.split_off(usize::try_from(part).unwrap());
                digest.add_part(stream, &commits);
                left.extend((!later.is_empty()).then_some((stream, later)));
            }
        }
        assert_eq!(digest.commits(), log.len() as u64);
        digest.finish()
    }

    /// By the words of this module, and nothing else of it.
    fn digest_by_the_book(log: &[Commit]) -> Fingerprint {
        let mut streams: BTreeMap<StreamId, Vec<Vec<u8>>> = BTreeMap::new();
        for commit in log {
            let bytes = commit.canonical_bytes();
            streams.entry(commit.stream).or_default().push(bytes);
        }
        let hash_of = |streams: &BTreeMap<StreamId, Fingerprint>| {
            let pairs = streams.iter();
            let bytes = pairs.flat_map(|(id, hash)| [id.canonical_bytes(), hash.canonical_bytes()].concat());
            fiacre_wire::digest(&bytes.collect::<Vec<u8>>())
        };
        let (mut trips, mut entries) = (BTreeMap::<StreamId, BTreeMap<_, _>>::new(), BTreeMap::new());
        for (stream, commits) in streams {
            if let Some(ending) = stream.trip().filter(|_| stream != tip_of(trip(1))) {
                let entry = trips.entry(StreamId::Trip(ending)).or_default();
                entry.insert(stream, fiacre_wire::digest(&commits.concat()));
            } else {
                let so_far = commits.iter().fold(Vec::new(), |so_far, commit| {
                    let hash = fiacre_wire::digest(&[so_far, commit.clone()].concat());
                    hash.canonical_bytes()
                });
                let hash: [u8; 32] = so_far.try_into().unwrap();
                entries.insert(stream, Fingerprint::new(hash));
            }
        }
        entries.extend(trips.iter().map(|(id, streams)| (*id, hash_of(streams))));
        hash_of(&entries)
    }

    #[test]
    fn in_whatever_order_streams_come_the_digest_is_the_one_of_the_book() {
        let log = log();
        let expected = digest_by_the_book(&log);
        for seed in 0..200 {
            assert_eq!(digest_of(&log, Random::new(seed)), expected, "seed {seed}");
        }
    }

    #[test]
    fn whatever_is_edited_left_out_or_put_elsewhere_is_another_digest() {
        let whole = log();
        let digest = |log: &[Commit]| digest_of(log, Random::new(7));
        let mut seen = std::collections::BTreeSet::from([digest(&whole)]);
        let edits: [fn(&mut Commit); 5] = [
            |commit| commit.version = commit.version.next(),
            |commit| commit.at = Timestamp::from_ms(1),
            |commit| commit.cause = Cause::Command(CommandId::from_u128(9)),
            |commit| commit.region = "brooklyn".parse().unwrap(),
            |commit| {
                let reason = RejectReason::Dropped;
                commit.events = [Event::Trip(TripEvent::Rejected { reason })].into();
            },
        ];
        for place in 0..whole.len() {
            for edit in edits {
                let mut edited = whole.clone();
                edit(&mut edited[place]);
                assert!(seen.insert(digest(&edited)), "edited: {:?}", whole[place]);
            }
            let mut without = whole.clone();
            without.remove(place);
            assert!(seen.insert(digest(&without)), "left out: {:?}", whole[place]);
        }
        // Two commits of one stream change places; a driver's becomes another one's; two trips change theirs.
        for (one, other) in [(0, 1), (3, 5)] {
            let mut swapped = whole.clone();
            swapped.swap(one, other);
            assert!(seen.insert(digest(&swapped)), "{one} and {other}");
        }
        let last = whole.len() - 1;
        let mut given = whole.clone();
        given[last].stream = ANN;
        assert!(seen.insert(digest(&given)));
        let mut exchanged = Digest::default();
        exchanged.add_trip(
            trip(1),
            streams_of(trip(2)).into_iter().flat_map(|of| commits(of, 3)),
        );
        exchanged.add_trip(
            trip(2),
            streams_of(trip(1)).into_iter().flat_map(|of| commits(of, 3)),
        );
        for stream in [tip_of(trip(1)), ANN, BOB] {
            exchanged.add_part(stream, commits(stream, 3));
        }
        assert!(seen.insert(exchanged.finish()));
    }

    #[test]
    fn nothing_at_all_is_no_stream() {
        let none = std::iter::empty::<Commit>;
        let mut digest = Digest::default();
        digest.add_trip(trip(1), none());
        digest.add_part(ANN, none());
        assert_eq!((digest.commits(), digest.events()), (0, 0));
        assert_eq!(digest.finish(), fiacre_wire::digest(&[]));
    }
}
