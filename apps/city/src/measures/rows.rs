//! The rows of trips, each kept back until nothing more will come of its trip: tips come after the fare.

use super::TripRow;
use fiacre_domain::id::TripId;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Rows {
    waiting: BTreeMap<TripId, TripRow>,
    /// What was tipped so far, in minor units, of trips that are not done.
    tips_minor: BTreeMap<TripId, i64>,
    done: Vec<TripRow>,
}

impl Rows {
    /// A trip's fare has come to an end.
    pub(super) fn settled(&mut self, row: TripRow) {
        self.waiting.insert(row.trip, row);
    }

    /// An order never became a trip.
    pub(super) fn unseen(&mut self, row: TripRow) {
        self.done.push(row);
    }

    /// A tip was taken.
    pub(super) fn tipped(&mut self, trip: TripId, minor: i64) {
        let tips = self.tips_minor.entry(trip).or_default();
        *tips = tips.saturating_add(minor);
    }

    /// Nothing more will come of a trip.
    pub(super) fn over(&mut self, trip: TripId) {
        let tips_minor = self.tips_minor.remove(&trip).unwrap_or_default();
        if let Some(row) = self.waiting.remove(&trip) {
            self.done.push(TripRow { tips_minor, ..row });
        }
    }

    /// The rows that are done since the last call.
    pub(super) fn take(&mut self) -> Vec<TripRow> {
        std::mem::take(&mut self.done)
    }
}
