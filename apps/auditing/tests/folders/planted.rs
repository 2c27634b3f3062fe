//! A log with something wrong in it, which the store itself would never write.

use fiacre_auditing::log::{Log, Rows};
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_embedded::{AtRest, CheckedSegment, Kept, LogRow, ParkedAtRest};
use fiacre_ports::{PortError, SealingKey, Ticket};
use std::collections::BTreeSet;

/// What becomes of the row at a place.
pub(crate) enum Plant {
    Removed,
    Replaced(Vec<u8>),
    /// Nothing can be read from there on.
    Unreadable,
}

pub(crate) struct Planted {
    log: AtRest,
    at: Ticket,
    plant: Plant,
}

impl Planted {
    pub(crate) const fn new(log: AtRest, at: Ticket, plant: Plant) -> Self {
        Self { log, at, plant }
    }

    fn change<'l>(&'l self, rows: impl Iterator<Item = Result<LogRow, PortError>> + 'l) -> Rows<'l> {
        Box::new(rows.filter_map(|row| match row {
            Ok(row) if row.ticket() == self.at => match &self.plant {
                Plant::Removed => None,
                Plant::Replaced(bytes) => Some(Ok(LogRow::new(self.at, bytes.clone()))),
                Plant::Unreadable => Some(Err(PortError::new(
                    fiacre_ports::PortErrorKind::Damaged,
                    "read a block",
                ))),
            },
            row => Some(row),
        }))
    }
}

impl Log for Planted {
    fn name(&self) -> String {
        "planted".to_owned()
    }

    fn streams(&self, kind: Kept) -> Rows<'_> {
        self.change(self.log.streams(kind))
    }

    fn stream(&self, stream: StreamId, after: Version) -> Rows<'_> {
        self.change(self.log.stream(stream, after))
    }

    fn charges(&self, trip: TripId) -> Rows<'_> {
        self.change(self.log.charges(trip))
    }

    fn decode(&self, row: &LogRow, key: Option<&SealingKey>) -> Result<Commit, PortError> {
        self.log.decode(row, key)
    }

    fn waiting(&self) -> Result<BTreeSet<StreamId>, PortError> {
        self.log.waiting()
    }

    fn parked(&self) -> Result<Vec<ParkedAtRest>, PortError> {
        self.log.parked()
    }

    fn check_archive(&self, seen: &mut dyn FnMut(&CheckedSegment)) -> Vec<CheckedSegment> {
        self.log.check_archive(seen)
    }
}
