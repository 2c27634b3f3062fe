//! A rider who waits for a driver.

use crate::id::{DriverId, TripId};
use crate::place::Place;
use crate::requirements::Requirements;
use crate::time::Timestamp;

/// One trip that needs a driver.
///
/// ```
/// use fiacre_domain::id::{DriverId, TripId};
/// use fiacre_domain::matching::Request;
/// use fiacre_domain::place::Place;
/// use fiacre_domain::requirements::Requirements;
/// use fiacre_domain::time::Timestamp;
/// let pick_up = Place::from_e7(407_580_000, -739_855_000)?;
/// let request = Request::new(TripId::from_u128(1), pick_up, Requirements::ONE_SEAT, Timestamp::from_ms(0))
///     .without([DriverId::from_u128(9), DriverId::from_u128(9)]);
/// assert_eq!(request.excluded(), [DriverId::from_u128(9)]);
/// # Ok::<(), fiacre_domain::place::PlaceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    trip: TripId,
    waiting_since: Timestamp,
    pick_up: Place,
    requirements: Requirements,
    excluded: Vec<DriverId>,
}

impl Request {
    /// `waiting_since`: when the rider asked.
    pub const fn new(
        trip: TripId,
        pick_up: Place,
        requirements: Requirements,
        waiting_since: Timestamp,
    ) -> Self {
        Self {
            trip,
            waiting_since,
            pick_up,
            requirements,
            excluded: Vec::new(),
        }
    }

    /// Never offers the trip to these drivers (also those named before): they declined it, let an offer expire, or were
    /// withdrawn from it.
    #[must_use]
    pub fn without(mut self, drivers: impl IntoIterator<Item = DriverId>) -> Self {
        self.excluded.extend(drivers);
        self.excluded.sort_unstable();
        self.excluded.dedup();
        self
    }

    /// By trip, and one for each: the first in order, so that it does not matter in which order they came.
    pub(super) fn one_a_trip(requests: &[Self]) -> Vec<&Self> {
        let mut requests: Vec<&Self> = requests.iter().collect();
        requests.sort_unstable();
        requests.dedup_by_key(|request| request.trip);
        requests
    }

    /// Which trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// Since when the rider waits.
    pub const fn waiting_since(&self) -> Timestamp {
        self.waiting_since
    }

    /// Where the rider waits.
    pub const fn pick_up(&self) -> Place {
        self.pick_up
    }

    /// What the trip needs.
    pub const fn requirements(&self) -> Requirements {
        self.requirements
    }

    /// Who is not to be offered the trip, by id.
    pub fn excluded(&self) -> &[DriverId] {
        &self.excluded
    }
}
