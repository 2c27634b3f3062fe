//! A log at rest, as what is asked here needs it.

use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_embedded::{AtRest, CheckedSegment, Kept, LogRow, ParkedAtRest};
use fiacre_ports::{PortError, SealingKey};
use std::collections::BTreeSet;

/// Rows of a log, or why one cannot be read; then nothing follows.
pub type Rows<'l> = Box<dyn Iterator<Item = Result<LogRow, PortError>> + 'l>;

/// A log that nobody writes while it is read.
pub trait Log {
    /// What people call it.
    fn name(&self) -> String;

    /// Every commit of the streams of a kind, stream by stream, by their ids, each in order.
    fn streams(&self, kind: Kept) -> Rows<'_>;

    /// The commits of one stream after a version, in order.
    fn stream(&self, stream: StreamId, after: Version) -> Rows<'_>;

    /// The commits of all charges of a trip, charge by charge.
    fn charges(&self, trip: TripId) -> Rows<'_>;

    /// The commit of a row; without the trip's key, personal data that was sealed is read as erased.
    ///
    /// # Errors
    /// Where it was written by a newer release, or is damaged.
    fn decode(&self, row: &LogRow, key: Option<&SealingKey>) -> Result<Commit, PortError>;

    /// The streams that commands wait for in queues.
    ///
    /// # Errors
    /// Where the queues cannot be read.
    fn waiting(&self) -> Result<BTreeSet<StreamId>, PortError>;

    /// What is parked in its queues.
    ///
    /// # Errors
    /// Where the queues cannot be read.
    fn parked(&self) -> Result<Vec<ParkedAtRest>, PortError>;

    /// Every segment of its archive, read to its end and held to its hash, its chain and the store; `seen` is told of each.
    fn check_archive(&self, seen: &mut dyn FnMut(&CheckedSegment)) -> Vec<CheckedSegment>;
}

impl Log for AtRest {
    fn name(&self) -> String {
        self.folder().display().to_string()
    }

    fn streams(&self, kind: Kept) -> Rows<'_> {
        Box::new(Self::streams(self, kind))
    }

    fn stream(&self, stream: StreamId, after: Version) -> Rows<'_> {
        Box::new(Self::stream(self, stream, after))
    }

    fn charges(&self, trip: TripId) -> Rows<'_> {
        Box::new(Self::charges(self, trip))
    }

    fn decode(&self, row: &LogRow, key: Option<&SealingKey>) -> Result<Commit, PortError> {
        Self::decode(self, row, key)
    }

    fn waiting(&self) -> Result<BTreeSet<StreamId>, PortError> {
        Self::waiting(self)
    }

    fn parked(&self) -> Result<Vec<ParkedAtRest>, PortError> {
        Self::parked(self)
    }

    fn check_archive(&self, seen: &mut dyn FnMut(&CheckedSegment)) -> Vec<CheckedSegment> {
        Self::check_archive(self, seen)
    }
}
