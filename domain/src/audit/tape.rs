//! What every stream must keep, whatever it is about: versions, causes, time.

use super::few::Few;
use super::finding::{Flaw, Notes};
use crate::spread::{GOLDEN_GAMMA, spread};
use crate::stream::{Commit, Version};
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
    /// The commits that were seen, in order; the last of them are those after `base`.
    seen: Few<Seen>,
}

/// What is known of a commit, in ten bytes.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// A digest of its cause: 8 bytes instead of 40. Two causes of one stream share a digest once in 2^64.
    cause: [u8; 8],
    /// How many events it holds.
    size: u16,
}

impl Seen {
    fn of(commit: &Commit) -> Self {
        let mut digest = Digest::default();
        commit.cause.hash(&mut digest);
        Self {
            cause: digest.finish().to_le_bytes(),
            size: u16::try_from(commit.events.len()).unwrap_or(u16::MAX),
        }
    }
}

impl Default for Tape {
    fn default() -> Self {
        Self {
            head: Version::EMPTY,
            base: Version::EMPTY,
            latest: Timestamp::from_ms(i64::MIN),
            seen: Few::default(),
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
        }
        self.head = commit.version;
        notes.expect(!commit.events.is_empty(), Flaw::EmptyCommit);
        let seen = Seen::of(commit);
        let is_new = self.seen.iter().all(|known| known.cause != seen.cause);
        notes.expect(is_new, Flaw::CauseRepeated);
        self.seen.push(seen);
        let back = self.latest.since(commit.at);
        notes.expect(back <= CLOCK_STEP_MAX, Flaw::TimeRunsBack { by_ms: back.get() });
        self.latest = self.latest.max(commit.at);
        true
    }

    /// Whether the stream holds the `index`th event of the commit `version`.
    pub(super) fn holds(&self, version: Version, index: u16) -> bool {
        if version > self.head || version == Version::EMPTY {
            return false;
        }
        if version <= self.base {
            return true;
        }
        let from_last = usize::try_from(self.head.get() - version.get()).ok();
        let seen = from_last.and_then(|from_last| self.seen.iter().rev().nth(from_last));
        seen.is_some_and(|seen| index < seen.size)
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
