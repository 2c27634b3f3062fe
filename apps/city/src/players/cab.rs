//! Drivers with their cars: where they are, and what they are doing.

use crate::manhattan::street;
use crate::measures::DriveKind;
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
    /// Has a trip: on the way, or at the pick-up.
    Fetching(TripId),
    /// Drives a rider.
    Carrying(TripId),
}

impl Doing {
    pub(super) const fn trip(self) -> Option<TripId> {
        match self {
            Self::Nothing | Self::Idle => None,
            Self::Fetching(trip) | Self::Carrying(trip) => Some(trip),
        }
    }

    const fn kind(self) -> Option<DriveKind> {
        match self {
            Self::Nothing => None,
            Self::Idle => Some(DriveKind::Idle),
            Self::Fetching(_) => Some(DriveKind::EnRoute),
            Self::Carrying(_) => Some(DriveKind::Occupied),
        }
    }
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

    /// Where the car is. Cars that have arrived report too, and are spared the arithmetic.
    fn place(&self, now: Timestamp) -> Place {
        if now >= self.arrives_at() {
            self.to
        } else {
            street::along(self.from, self.to, self.driven(now))
        }
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
    doing: Doing,
    counted_until: Timestamp,
    pub(super) sequence: u32,
    /// Counts changes of plan: what was planned before the last one is void.
    pub(super) plan: u32,
}

impl Cab {
    pub(super) const fn at(place: Place, now: Timestamp) -> Self {
        Self {
            counted_until: now,
            place,
            leg: None,
            doing: Doing::Nothing,
            sequence: 0,
            plan: 0,
        }
    }

    pub(super) fn place(&self, now: Timestamp) -> Place {
        self.leg.map_or(self.place, |leg| leg.place(now))
    }

    pub(super) const fn doing(&self) -> Doing {
        self.doing
    }

    /// Stops where the car is, to do something else from now on; gives what was done since the last time.
    pub(super) fn turn_to(
        &mut self,
        doing: Doing,
        now: Timestamp,
    ) -> Option<(DriveKind, Millimetres, Millis)> {
        let distance = self.leg_driven(now);
        let duration = now.since(self.counted_until);
        let done = self.doing.kind().map(|kind| (kind, distance, duration));
        self.place = self.place(now);
        self.leg = None;
        self.plan = self.plan.wrapping_add(1);
        self.doing = doing;
        self.counted_until = now;
        done
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
