//! Drivers with their cars: where they are, and what they are doing.

use crate::manhattan::street;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{Millimetres, Millis};

/// What a driver is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Off duty.
    Nothing,
    /// On duty, waiting for a trip.
    Idle,
    /// Has a trip: on the way, at the pick-up, or driving the rider.
    Trip(TripId),
}

/// A move along the streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) distance: Millimetres,
    pub(super) left_at: Timestamp,
    pub(super) duration: Millis,
}

impl Leg {
    pub(super) fn arrives_at(&self) -> Timestamp {
        self.left_at.plus(self.duration)
    }

    /// How far this leg has come.
    pub(super) fn driven(&self, now: Timestamp) -> Millimetres {
        let elapsed = i128::from(now.since(self.left_at).get().max(0));
        let whole = i128::from(self.duration.get().max(1));
        let driven = i128::from(self.distance.get()) * elapsed.min(whole) / whole;
        Millimetres::new(i64::try_from(driven).unwrap_or(i64::MAX))
    }
}

/// A driver with their car.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cab {
    place: Place,
    leg: Option<Leg>,
    pub(super) doing: Doing,
    pub(super) sequence: u32,
    /// Counts changes of plan: what was planned before the last one is void.
    pub(super) plan: u32,
}

impl Cab {
    pub(super) const fn at(place: Place) -> Self {
        Self {
            place,
            leg: None,
            doing: Doing::Nothing,
            sequence: 0,
            plan: 0,
        }
    }

    pub(super) fn place(&self, now: Timestamp) -> Place {
        self.leg
            .map_or(self.place, |leg| street::along(leg.from, leg.to, leg.driven(now)))
    }

    /// Stops where the car is; gives the leg that was under way.
    pub(super) fn stop(&mut self, now: Timestamp) -> Option<Leg> {
        self.place = self.place(now);
        self.plan = self.plan.wrapping_add(1);
        self.leg.take()
    }

    pub(super) fn drive(&mut self, leg: Leg) {
        self.place = leg.from;
        self.leg = Some(leg);
    }

    /// How far the leg under way has come.
    pub(super) fn leg_driven(&self, now: Timestamp) -> Millimetres {
        self.leg.map_or(Millimetres::ZERO, |leg| leg.driven(now))
    }

    pub(super) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }
}

/// The driver with this number.
pub(super) const fn driver_id(number: usize) -> DriverId {
    DriverId::from_u128(number as u128 + 1)
}

/// The number of a driver of this city.
pub(super) fn driver_number(driver: DriverId) -> Option<usize> {
    usize::try_from(driver.to_u128().checked_sub(1)?).ok()
}
