//! One digest of a whole run: SHA-256 over the hashes of its streams, sorted.
//!
//! A hash is the SHA-256 over commits' canonical bytes, in the order of versions; they begin with their stream, so that nothing
//! else need be kept with it. So that nothing has to be kept until the end, what is over is hashed on its own: the streams of
//! a trip as one, since they end as one. A stream that goes on has the hash of its commits so far, and each more is hashed
//! behind it.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_wire::Hasher;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// The hashes of streams, until all are there.
#[derive(Debug, Default)]
pub struct Digest {
    hasher: Hasher,
    /// Of what is over: a day has hundreds of thousands of trips.
    hashes: Vec<Fingerprint>,
    /// Streams that go on, as far as they were added.
    open: BTreeMap<StreamId, Fingerprint>,
    commits: u64,
    events: u64,
}

impl Digest {
    /// Adds everything that a stream, and what ends with it, ever held, in order; nothing at all is no stream.
    pub fn add(&mut self, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        let before = self.commits;
        for commit in commits {
            let commit = commit.borrow();
            self.count(commit);
            self.hasher.add(commit);
        }
        if self.commits == before {
            return;
        }
        // Kept of every trip that ever was: room for as many again would be half of it.
        if self.hashes.len() == self.hashes.capacity() {
            self.hashes.reserve_exact((self.hashes.len() / 16).max(1_024));
        }
        self.hashes.push(self.hasher.take());
    }

    /// Adds the next commits of a stream that goes on.
    pub fn add_part(&mut self, stream: StreamId, commits: impl IntoIterator<Item: Borrow<Commit>>) {
        for commit in commits {
            let commit = commit.borrow();
            self.count(commit);
            let so_far = self.open.get(&stream);
            if let Some(so_far) = so_far {
                self.hasher.add(so_far);
            }
            self.hasher.add(commit);
            self.open.insert(stream, self.hasher.take());
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
        self.hashes.extend(self.open.into_values());
        self.hashes.sort_unstable();
        for hash in &self.hashes {
            self.hasher.add(hash);
        }
        self.hasher.finish()
    }
}
