//! What every stream must keep, whatever it is about: versions, causes, time.

use super::few::Few;
use super::finding::{Flaw, Notes};
use crate::spread::{GOLDEN_GAMMA, spread};
use crate::stream::{Cause, Commit, Version};
use crate::time::Timestamp;
use crate::units::Millis;
use std::hash::{Hash, Hasher};

/// How far back a commit's time may lie behind its stream's latest: competing processes of one service write one stream,
/// and their clocks are stepped by up to this much.
pub const CLOCK_STEP_MAX: Millis = Millis::from_secs(5);

/// What is known of a stream's commits.
#[derive(Debug, Clone)]
pub(super) struct Tape {
    head: Version,
    /// Commits up to this one are known to be there, but not how many events they hold.
    base: Version,
    /// The latest time of any; the earliest there is while there is none.
    latest: Timestamp,
    /// Digests of causes, sorted: 8 bytes instead of 40. Two causes of one stream share a digest once in 2^64.
    causes: Few<u64>,
    /// How many events each commit after `base` holds.
    sizes: Few<u16>,
}

impl Default for Tape {
    fn default() -> Self {
        Self {
            head: Version::EMPTY,
            base: Version::EMPTY,
            latest: Timestamp::from_ms(i64::MIN),
            causes: Few::default(),
            sizes: Few::default(),
        }
    }
}

impl Tape {
    /// A stream whose commits up to `head` were seen before.
    pub(super) fn resumed(head: Version) -> Self {
        Self {
            head,
            base: head,
            ..Self::default()
        }
    }

    pub(super) const fn head(&self) -> Version {
        self.head
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head == Version::EMPTY
    }

    /// Whether the commit is new, so that its events are to be folded.
    pub(super) fn observe(&mut self, commit: &Commit, notes: &mut Notes<'_>) -> bool {
        if commit.version <= self.head {
            notes.add(Flaw::VersionRepeated);
            return false;
        }
        let expected = self.head.next();
        if commit.version != expected {
            notes.add(Flaw::VersionGap { expected });
            self.base = Version::new(commit.version.get().saturating_sub(1));
            self.sizes = Few::default();
        }
        self.head = commit.version;
        self.sizes
            .push(u16::try_from(commit.events.len()).unwrap_or(u16::MAX));
        notes.expect(!commit.events.is_empty(), Flaw::EmptyCommit);
        self.observe_cause(&commit.cause, notes);
        let back = self.latest.since(commit.at);
        notes.expect(back <= CLOCK_STEP_MAX, Flaw::TimeRunsBack { by_ms: back.get() });
        self.latest = self.latest.max(commit.at);
        true
    }

    fn observe_cause(&mut self, cause: &Cause, notes: &mut Notes<'_>) {
        let mut digest = Digest::default();
        cause.hash(&mut digest);
        match self.causes.binary_search(&digest.finish()) {
            Ok(_) => notes.add(Flaw::CauseRepeated),
            Err(place) => self.causes.insert(place, digest.finish()),
        }
    }

    /// Whether the stream holds the `index`th event of the commit `version`.
    pub(super) fn holds(&self, version: Version, index: u16) -> bool {
        if version > self.head || version == Version::EMPTY {
            return false;
        }
        let Some(after) = version
            .get()
            .checked_sub(self.base.get())
            .filter(|&after| after > 0)
        else {
            return true;
        };
        usize::try_from(after - 1)
            .ok()
            .and_then(|place| self.sizes.get(place))
            .is_some_and(|&size| index < size)
    }

    /// Forgets what only a stream that goes on needs.
    pub(super) fn trim(&mut self) {
        *self = Self {
            latest: self.latest,
            ..Self::resumed(self.head)
        };
    }
}

/// A 64-bit mix of whatever is hashed, the same on every run.
#[derive(Debug, Default)]
struct Digest(u64);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = spread((self.0 ^ word).wrapping_add(GOLDEN_GAMMA));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
