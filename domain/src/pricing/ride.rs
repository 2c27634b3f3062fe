//! A ride as it is asked for: totals from a route, and the circumstances that a tariff asks about.
//!
//! ```
//! use fiacre_domain::pricing::{Party, Ride};
//! use fiacre_domain::units::{Millimetres, Millis};
//! let ride = Ride::new(Millimetres::from_metres(8_046), Millis::from_minutes(20))
//!     .with_slow(Millis::from_minutes(5))
//!     .with_stops(1)
//!     .with_party(Party::adults(3)?)
//!     .ending_in("jfk".parse()?);
//! assert_eq!(ride.distance(), Millimetres::new(8_046_000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::PricingError;
use super::limits;
use super::party::Party;
use crate::canonical_struct;
use crate::id::{AuthorityId, ExtraId, ZoneId};
use crate::units::{Millimetres, Millis};

/// How many zones, extras or tolls a ride may have.
pub const CIRCUMSTANCES_MAX: usize = 64;
/// How many stops a ride may have.
pub const STOPS_MAX: u16 = 255;
/// More than [`STOPS_MAX`].
pub(super) const TOO_MANY_STOPS: PricingError = PricingError::RideBeyondLimit {
    field: "number of stops",
    max: "255",
};
/// More than [`CIRCUMSTANCES_MAX`].
pub(super) const TOO_MANY_ZONES: PricingError = too_many("number of zones on the way");

/// More of `field` than [`CIRCUMSTANCES_MAX`].
const fn too_many(field: &'static str) -> PricingError {
    PricingError::RideBeyondLimit { field, max: "64" }
}

/// Money paid on the way for an authority, passed on to the rider as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Toll {
    authority: AuthorityId,
    amount_minor: i64,
}
canonical_struct!(Toll {
    authority,
    amount_minor
});

impl Toll {
    /// `amount_minor` minor units of the tariff's currency; not negative.
    ///
    /// # Errors
    ///
    /// `PricingError::RideNegative` below zero, `RideBeyondLimit` beyond what prices exactly.
    pub const fn new(authority: AuthorityId, amount_minor: i64) -> Result<Self, PricingError> {
        if let Err(error) = limits::at_most(
            "toll",
            amount_minor,
            limits::PRICE_MINOR_MAX,
            "1,000,000,000,000 minor units",
        ) {
            return Err(error);
        }
        Ok(Self {
            authority,
            amount_minor,
        })
    }

    /// Whose it is.
    pub const fn authority(&self) -> AuthorityId {
        self.authority
    }

    /// How much, in minor units.
    pub const fn amount_minor(&self) -> i64 {
        self.amount_minor
    }
}

/// What a tariff asks about a ride beside distance and time; the same for a ride as asked for and as driven.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    pub(super) start: Option<ZoneId>,
    pub(super) first_stop: Option<ZoneId>,
    pub(super) end: Option<ZoneId>,
    pub(super) stops: u16,
    pub(super) holiday: bool,
    pub(super) party: Party,
    pub(super) via: Box<[ZoneId]>,
    pub(super) extras: Box<[ExtraId]>,
    pub(super) tolls: Box<[Toll]>,
}
canonical_struct!(Circumstances {
    start,
    first_stop,
    end,
    stops,
    holiday,
    party,
    via,
    extras,
    tolls
});

impl Circumstances {
    /// One adult, no stop, nowhere in particular.
    pub fn new() -> Self {
        Self::default()
    }

    /// The zone of the pick-up.
    pub const fn start(&self) -> Option<ZoneId> {
        self.start
    }

    /// The zone of the first stop on the way.
    pub const fn first_stop(&self) -> Option<ZoneId> {
        self.first_stop
    }

    /// The zone of the end.
    pub const fn end(&self) -> Option<ZoneId> {
        self.end
    }

    /// Stops on the way, pick-up and end not counted.
    pub const fn stops(&self) -> u16 {
        self.stops
    }

    /// Whether the day of the start is a holiday that the tariff may not list.
    pub const fn is_holiday(&self) -> bool {
        self.holiday
    }

    /// Who rides.
    pub const fn party(&self) -> &Party {
        &self.party
    }

    /// Zones on the way.
    pub fn via(&self) -> &[ZoneId] {
        &self.via
    }

    /// What the rider asked for.
    pub fn extras(&self) -> &[ExtraId] {
        &self.extras
    }

    /// Money paid on the way.
    pub fn tolls(&self) -> &[Toll] {
        &self.tolls
    }

    /// Picked up in `zone`.
    #[must_use]
    pub fn starting_in(self, zone: ZoneId) -> Self {
        Self {
            start: Some(zone),
            ..self
        }
    }

    /// Ending in `zone`.
    #[must_use]
    pub fn ending_in(self, zone: ZoneId) -> Self {
        Self {
            end: Some(zone),
            ..self
        }
    }

    /// With the first stop in `zone`: where a flat fare ends. A quote, which knows totals alone, then takes all legs as equally
    /// long; a receipt takes them as they were driven.
    #[must_use]
    pub fn stopping_first_in(self, zone: ZoneId) -> Self {
        Self {
            first_stop: Some(zone),
            ..self
        }
    }

    /// Through `zone`.
    #[must_use]
    pub fn through(self, zone: ZoneId) -> Self {
        Self {
            via: pushed(self.via, zone),
            ..self
        }
    }

    /// With `stops` on the way.
    #[must_use]
    pub fn with_stops(self, stops: u16) -> Self {
        Self { stops, ..self }
    }

    /// With these passengers.
    #[must_use]
    pub fn with_party(self, party: Party) -> Self {
        Self { party, ..self }
    }

    /// With something extra.
    #[must_use]
    pub fn with_extra(self, extra: ExtraId) -> Self {
        Self {
            extras: pushed(self.extras, extra),
            ..self
        }
    }

    /// With a toll.
    #[must_use]
    pub fn with_toll(self, toll: Toll) -> Self {
        Self {
            tolls: pushed(self.tolls, toll),
            ..self
        }
    }

    /// On a holiday that the tariff may not list.
    #[must_use]
    pub fn on_holiday(self) -> Self {
        Self {
            holiday: true,
            ..self
        }
    }

    pub(super) const fn check(&self) -> Result<(), PricingError> {
        if self.stops > STOPS_MAX {
            return Err(TOO_MANY_STOPS);
        }
        if self.via.len() > CIRCUMSTANCES_MAX {
            return Err(TOO_MANY_ZONES);
        }
        if self.extras.len() > CIRCUMSTANCES_MAX {
            return Err(too_many("number of extras"));
        }
        if self.tolls.len() > CIRCUMSTANCES_MAX {
            return Err(too_many("number of tolls"));
        }
        if self.party.count() == 0 {
            return Err(PricingError::RideWithoutPassenger);
        }
        Ok(())
    }
}

fn pushed<T>(items: Box<[T]>, item: T) -> Box<[T]> {
    let mut items = items.into_vec();
    items.push(item);
    items.into_boxed_slice()
}

/// A part of a ride inside a zone that prices differently (beyond a city's limits, an expressway).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RidePart {
    zone: ZoneId,
    distance: Millimetres,
    duration: Millis,
}
canonical_struct!(RidePart {
    zone,
    distance,
    duration
});

impl RidePart {
    /// `distance` and `duration` of the ride's totals are inside `zone`.
    pub const fn new(zone: ZoneId, distance: Millimetres, duration: Millis) -> Self {
        Self {
            zone,
            distance,
            duration,
        }
    }

    /// Where.
    pub const fn zone(&self) -> ZoneId {
        self.zone
    }

    /// How far.
    pub const fn distance(&self) -> Millimetres {
        self.distance
    }

    /// How long.
    pub const fn duration(&self) -> Millis {
        self.duration
    }
}

/// A ride to be quoted: totals, and circumstances.
///
/// It does not say how long each leg is. That matters only where a [`Flat`](super::Flat) ends at a stop, since the meter runs on
/// from there: the quote then takes all legs as equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ride {
    distance: Millimetres,
    duration: Millis,
    slow: Option<Millis>,
    waiting: Millis,
    parts: Box<[RidePart]>,
    circumstances: Circumstances,
}
canonical_struct!(Ride {
    distance,
    duration,
    slow,
    waiting,
    parts,
    circumstances
});

impl Ride {
    /// `distance` in `duration` of driving. Values that no ride has are refused when it is priced.
    pub fn new(distance: Millimetres, duration: Millis) -> Self {
        Self {
            distance,
            duration,
            slow: None,
            waiting: Millis::ZERO,
            parts: Box::default(),
            circumstances: Circumstances::default(),
        }
    }

    /// With `slow` of the duration standing still in traffic: then units are known, not estimated.
    #[must_use]
    pub fn with_slow(self, slow: Millis) -> Self {
        Self {
            slow: Some(slow),
            ..self
        }
    }

    /// With `waiting` at stops (or, without a stop, at the pick-up), beside the duration.
    #[must_use]
    pub fn with_waiting(self, waiting: Millis) -> Self {
        Self { waiting, ..self }
    }

    /// With `part` of the totals inside a zone; parts lie at the end of the ride, in the order given.
    #[must_use]
    pub fn with_part(self, part: RidePart) -> Self {
        Self {
            parts: pushed(self.parts, part),
            ..self
        }
    }

    /// With these circumstances instead of those given so far.
    #[must_use]
    pub fn with_circumstances(self, circumstances: Circumstances) -> Self {
        Self {
            circumstances,
            ..self
        }
    }

    /// With `stops` on the way.
    #[must_use]
    pub fn with_stops(self, stops: u16) -> Self {
        self.adjust(|circumstances| circumstances.with_stops(stops))
    }

    /// With these passengers.
    #[must_use]
    pub fn with_party(self, party: Party) -> Self {
        self.adjust(|circumstances| circumstances.with_party(party))
    }

    /// Picked up in `zone`.
    #[must_use]
    pub fn starting_in(self, zone: ZoneId) -> Self {
        self.adjust(|circumstances| circumstances.starting_in(zone))
    }

    /// Ending in `zone`.
    #[must_use]
    pub fn ending_in(self, zone: ZoneId) -> Self {
        self.adjust(|circumstances| circumstances.ending_in(zone))
    }

    /// Through `zone`.
    #[must_use]
    pub fn through(self, zone: ZoneId) -> Self {
        self.adjust(|circumstances| circumstances.through(zone))
    }

    /// With something extra.
    #[must_use]
    pub fn with_extra(self, extra: ExtraId) -> Self {
        self.adjust(|circumstances| circumstances.with_extra(extra))
    }

    /// With a toll that is expected.
    #[must_use]
    pub fn with_toll(self, toll: Toll) -> Self {
        self.adjust(|circumstances| circumstances.with_toll(toll))
    }

    /// On a holiday that the tariff may not list.
    #[must_use]
    pub fn on_holiday(self) -> Self {
        self.adjust(Circumstances::on_holiday)
    }

    fn adjust(self, change: impl FnOnce(Circumstances) -> Circumstances) -> Self {
        Self {
            circumstances: change(self.circumstances),
            ..self
        }
    }

    /// How far.
    pub const fn distance(&self) -> Millimetres {
        self.distance
    }

    /// How long, waiting not counted.
    pub const fn duration(&self) -> Millis {
        self.duration
    }

    /// How much of the duration stands still; `None` where nobody knows.
    pub const fn slow(&self) -> Option<Millis> {
        self.slow
    }

    /// Waiting at stops.
    pub const fn waiting(&self) -> Millis {
        self.waiting
    }

    /// The parts inside zones that price differently.
    pub fn parts(&self) -> &[RidePart] {
        &self.parts
    }

    /// Everything beside distance and time.
    pub const fn circumstances(&self) -> &Circumstances {
        &self.circumstances
    }

    pub(super) fn check(&self) -> Result<(), PricingError> {
        limits::distance("distance", self.distance)?;
        limits::duration("duration", self.duration)?;
        limits::duration("waiting", self.waiting)?;
        let slow = self.slow.unwrap_or_default();
        limits::duration("slow", slow)?;
        if slow > self.duration {
            return Err(PricingError::SlowBeyondDuration);
        }
        if self.parts.len() > CIRCUMSTANCES_MAX {
            return Err(too_many("number of parts inside zones"));
        }
        let (mut distance, mut duration) = (self.distance, self.duration);
        for part in &self.parts {
            limits::distance("part distance", part.distance)?;
            limits::duration("part duration", part.duration)?;
            distance = distance.saturating_sub(part.distance);
            duration = duration.saturating_sub(part.duration);
        }
        if distance < Millimetres::ZERO {
            return Err(PricingError::PartsBeyondRide("distance"));
        }
        if duration < Millis::ZERO {
            return Err(PricingError::PartsBeyondRide("duration"));
        }
        self.circumstances.check()
    }
}
