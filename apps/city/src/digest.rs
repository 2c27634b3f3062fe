//! One digest of a whole run: SHA-256 over the pairs of stream and hash, sorted by stream.
//!
//! A hash is the SHA-256 over commits' canonical bytes, in the order of versions. So that nothing has to be kept until the
//! end, what is over is hashed on its own: the streams of a trip as one, since they end as one, and every other stream for
//! itself.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_wire::{HashAside, Hasher};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// The hashes of streams, until all are there.
#[derive(Debug, Default)]
pub struct Digest {
    hasher: Hasher,
    /// Trips that are over, by their ids alone: a day has hundreds of thousands.
    trips: Vec<(TripId, Fingerprint)>,
    hashed: Vec<(StreamId, Fingerprint)>,
    /// Streams that go on, as far as they were added. Boxed: a tree keeps room for as many again as it holds.
    open: BTreeMap<StreamId, Box<HashAside>>,
    commits: u64,
    events: u64,
}

impl Digest {
    /// Adds everything that `stream`, and what ends with it, ever held, in order; nothing at all is no stream.
    pub fn add(&mut self, stream: StreamId, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        let before = self.commits;
        for commit in commits {
            let commit = commit.borrow();
            self.count(commit);
            self.hasher.add(commit);
        }
        if self.commits == before {
            return;
        }
        let hash = self.hasher.take();
        let StreamId::Trip(trip) = stream else {
            self.hashed.push((stream, hash));
            return;
        };
        // Kept of every trip that ever was: room for as many again would be half of it.
        if self.trips.len() == self.trips.capacity() {
            self.trips.reserve_exact((self.trips.len() / 16).max(1_024));
        }
        self.trips.push((trip, hash));
    }

    /// Adds the next commits of a stream that goes on.
    pub fn add_part(&mut self, stream: StreamId, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        for commit in commits {
            let commit = commit.borrow();
            self.count(commit);
            let aside = self.open.entry(stream).or_default();
            self.hasher.exchange(aside);
            self.hasher.add(commit);
            self.hasher.exchange(aside);
        }
    }

    fn count(&mut self, commit: &Commit) {
        self.commits += 1;
        self.events += commit.events.len() as u64;
    }

    /// How many commits were added.
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// How many events they held.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The digest of everything added, whatever the order of streams.
    pub fn finish(mut self) -> Fingerprint {
        let open = self
            .open
            .into_iter()
            .map(|(stream, aside)| (stream, aside.finish()));
        let trips = self.trips.into_iter();
        let trips = trips.map(|(trip, hash)| (StreamId::Trip(trip), hash));
        self.hashed.extend(open.chain(trips));
        self.hashed.sort_unstable();
        for hashed in &self.hashed {
            self.hasher.add(hashed);
        }
        self.hasher.finish()
    }
}
