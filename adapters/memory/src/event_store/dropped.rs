//! What was dropped from the log.

use super::records::Piece;
use crate::regions::Regions;
use fiacre_domain::event::Event;
use fiacre_domain::stream::{Commit, StreamId, Version};

/// Commits that a store has dropped. They are put together when they are asked for: whoever folds them may do so elsewhere,
/// and the store goes on meanwhile.
#[derive(Debug, Default)]
pub struct Dropped {
    parts: Vec<Part>,
    regions: Regions,
}

/// Commits of one stream that follow each other.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) stream: StreamId,
    /// The version before the first.
    pub(super) after: Version,
    pub(super) piece: Piece,
}

impl Dropped {
    pub(super) fn new(parts: Vec<Part>, regions: &Regions) -> Self {
        let regions = regions.clone();
        Self { parts, regions }
    }

    /// The commits, in order, one stream after the other.
    pub fn commits(&self) -> impl Iterator<Item = Commit> {
        self.parts.iter().flat_map(|part| part.commits(&self.regions))
    }

    /// What happened in them, in order.
    pub fn events(&self) -> impl Iterator<Item = Event> {
        let records = self.parts.iter().flat_map(|part| part.piece.iter());
        records.flat_map(|record| record.events().collect::<Vec<_>>())
    }
}

impl Part {
    fn commits(&self, regions: &Regions) -> impl Iterator<Item = Commit> {
        let numbered = (self.after.get() + 1..).zip(self.piece.iter());
        numbered.filter_map(|(version, record)| record.commit(self.stream, Version::new(version), regions))
    }
}
