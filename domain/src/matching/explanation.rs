//! Why a batch decided about a trip as it did.

use super::{Verdict, Verdicts};
use crate::id::{DriverId, TripId};
use std::fmt;

/// What a batch decided about a trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It is to be offered to this driver.
    Assigned(DriverId),
    /// Nobody, this time.
    Unassigned,
    /// Nobody ever: the pick-up is not in the service area.
    OutsideServiceArea,
    /// The batch had no request for it.
    NotInBatch,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assigned(driver) => write!(f, "to driver {driver}"),
            Self::Unassigned => f.write_str("to nobody this time"),
            Self::OutsideServiceArea => f.write_str("the pick-up lies outside the service area"),
            Self::NotInBatch => f.write_str("not in this batch"),
        }
    }
}

/// What became of a trip in a batch, and of everyone who was considered for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    trip: TripId,
    standing: Standing,
    verdicts: Vec<Verdict>,
}

impl Explanation {
    pub(super) const fn new(trip: TripId, standing: Standing, verdicts: Vec<Verdict>) -> Self {
        Self {
            trip,
            standing,
            verdicts,
        }
    }

    /// Which trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// What was decided.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// The driver chosen, then those who could have taken the trip by how much they missed it, then those who could not,
    /// nearest first. Only free drivers: see [`candidates`](super::candidates) for the busy ones as well.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The form that an offer carries: eight verdicts, and counts of the rest.
    pub fn compact(&self) -> Verdicts {
        Verdicts::new(self.verdicts.iter().copied())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trip {}: {}", self.trip, self.standing)?;
        self.verdicts
            .iter()
            .try_for_each(|verdict| write!(f, "\n  {verdict}"))
    }
}
