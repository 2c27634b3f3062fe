//! One digest of a whole run: SHA-256 over all commits' canonical bytes, sorted by stream and version.
//!
//! So that a stream can be dropped once it is closed, each stream is hashed on its own, in the order of its versions; the
//! digest is the hash over all streams and their hashes, sorted by stream.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_wire::Hasher;
use std::sync::Arc;

/// The hashes of streams, until all are there.
#[derive(Debug, Default)]
pub struct Digest {
    hasher: Hasher,
    streams: Vec<(StreamId, Fingerprint)>,
    commits: u64,
    events: u64,
}

impl Digest {
    /// Adds a whole stream, its commits in order; one without commits is no stream.
    pub fn add(&mut self, stream: StreamId, commits: &[Arc<Commit>]) {
        if commits.is_empty() {
            return;
        }
        for commit in commits {
            self.hasher.add(&**commit);
            self.commits += 1;
            self.events += commit.events.len() as u64;
        }
        // Kept of every stream that ever was: room for as many again would be half of it.
        if self.streams.len() == self.streams.capacity() {
            self.streams.reserve_exact((self.streams.len() / 8).max(1_024));
        }
        self.streams.push((stream, self.hasher.take()));
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
        self.streams.sort_unstable();
        for stream in &self.streams {
            self.hasher.add(stream);
        }
        self.hasher.finish()
    }
}
