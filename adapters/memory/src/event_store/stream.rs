//! One stream: its commits, its inbox, its snapshot.

use crate::hash::{FixedState, Lookup};
use fiacre_domain::stream::{Cause, Commit, Version};
use fiacre_ports::{Loaded, Snapshot};
use std::hash::BuildHasher;
use std::sync::Arc;

/// Up to this many commits, looking at each one's mark is faster than a table, and takes no memory.
const SCANNED_COMMITS_MAX: usize = 128;

/// A commit, with a mark of its cause beside the pointer: a scan for a cause follows hardly any pointer.
#[derive(Debug)]
struct Entry {
    mark: u32,
    commit: Arc<Commit>,
}

/// The history of one aggregate.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The commit of version v stands at v − 1.
    entries: Vec<Entry>,
    /// The inbox of a long stream.
    by_cause: Option<Box<Lookup<Cause, Version>>>,
    snapshot: Option<Snapshot>,
}

impl Stream {
    pub(super) fn head(&self) -> Version {
        Version::new(u32::try_from(self.entries.len()).unwrap_or(u32::MAX))
    }

    /// The commit that `cause` made here, if it did.
    pub(super) fn version_of(&self, cause: &Cause) -> Option<Version> {
        if let Some(by_cause) = &self.by_cause {
            return by_cause.get(cause).copied();
        }
        let mark = mark_of(cause);
        let found = |entry: &&Entry| entry.mark == mark && entry.commit.cause == *cause;
        self.entries.iter().find(found).map(|entry| entry.commit.version)
    }

    /// Adds the commit that follows the head.
    pub(super) fn push(&mut self, commit: Arc<Commit>) {
        if let Some(by_cause) = &mut self.by_cause {
            by_cause.insert(commit.cause, commit.version);
        } else if self.entries.len() == SCANNED_COMMITS_MAX {
            let mut by_cause = Lookup::default();
            for entry in &self.entries {
                by_cause.insert(entry.commit.cause, entry.commit.version);
            }
            by_cause.insert(commit.cause, commit.version);
            self.by_cause = Some(Box::new(by_cause));
        }
        self.entries.push(Entry {
            mark: mark_of(&commit.cause),
            commit,
        });
    }

    /// The stream without its last `hidden` commits.
    pub(super) fn load(&self, hidden: usize) -> Loaded {
        let visible = self.entries.len().saturating_sub(hidden);
        let visible = self.entries.get(..visible).unwrap_or_default();
        let head = visible
            .last()
            .map_or(Version::EMPTY, |entry| entry.commit.version);
        let snapshot = self.snapshot.clone().filter(|snapshot| snapshot.version <= head);
        let folded = snapshot
            .as_ref()
            .map_or(0, |snapshot| snapshot.version.get() as usize);
        let commits = visible.get(folded..).unwrap_or_default();
        Loaded {
            snapshot,
            commits: commits.iter().map(|entry| Arc::clone(&entry.commit)).collect(),
            head,
        }
    }

    /// Keeps the newest snapshot; one from beyond the head is none of this stream's.
    pub(super) fn keep(&mut self, snapshot: Snapshot) {
        let is_newer = self
            .snapshot
            .as_ref()
            .is_none_or(|known| known.version < snapshot.version);
        if is_newer && snapshot.version <= self.head() {
            self.snapshot = Some(snapshot);
        }
    }

    pub(super) fn forget_snapshot(&mut self) {
        self.snapshot = None;
    }

    /// Commits after `version`, at most `max`.
    pub(super) fn after(&self, version: Version, max: usize) -> impl Iterator<Item = &Arc<Commit>> {
        self.entries
            .iter()
            .skip(version.get() as usize)
            .take(max)
            .map(|entry| &entry.commit)
    }

    pub(super) fn into_commits(self) -> Vec<Arc<Commit>> {
        self.entries.into_iter().map(|entry| entry.commit).collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a mark; the cause itself is compared after it"
)]
fn mark_of(cause: &Cause) -> u32 {
    FixedState.hash_one(cause) as u32
}
