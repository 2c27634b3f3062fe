//! Commits that cannot be read: what a newer release wrote, and what is damaged.

use fiacre_domain::stream::Commit;
use fiacre_ports::{Entry, Loaded, PortError, PortErrorKind, Ticket};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which commits cannot be read, and why.
#[derive(Debug, Default)]
pub(super) struct Unreadable(BTreeMap<Ticket, PortErrorKind>);

impl Unreadable {
    pub(super) fn add(&mut self, commit: Ticket, kind: PortErrorKind) {
        self.0.insert(commit, kind);
    }

    pub(super) fn remove(&mut self, commit: Ticket) {
        self.0.remove(&commit);
    }

    /// A commit as it is read.
    pub(super) fn entry(&self, commit: Arc<Commit>) -> Entry {
        let readable = Entry::from(commit);
        match self.0.get(&readable.ticket) {
            Some(&kind) => Entry {
                commit: Err(PortError::new(kind, "read a commit")),
                ..readable
            },
            None => readable,
        }
    }

    /// A stream as it is read: one commit that cannot be read makes it unreadable.
    pub(super) fn check(&self, loaded: Loaded) -> Result<Loaded, PortError> {
        let kind = |commit: &Commit| {
            let place = Ticket {
                stream: commit.stream,
                version: commit.version,
            };
            self.0.get(&place).copied()
        };
        if self.0.is_empty() {
            return Ok(loaded);
        }
        match loaded.commits.iter().find_map(kind) {
            Some(kind) => Err(PortError::new(kind, "read a stream")),
            None => Ok(loaded),
        }
    }
}
