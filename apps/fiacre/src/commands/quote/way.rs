//! Where the way of a ride lies, as far as its price depends on it: what is said, what follows, and what must not be left open.

use super::QuoteArguments;
use crate::failure::{Failure, Unsaid};
use crate::quantity;
use fiacre_domain::id::ZoneId;
use fiacre_domain::pricing::{LineKind, Ride, RidePart, Surge, Tariff};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How the first stop is said to lie in no zone of the tariff.
const NOWHERE: &str = "none";

/// The zone of the first stop, as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstStop(ZoneId);

impl FromStr for FirstStop {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error| format!("{error}"))
    }
}

impl fmt::Display for FirstStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How much of a ride lies inside a zone, as it is written: `suburbs:3218.688:240`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(RidePart);

impl Part {
    /// The same, as it is priced.
    pub(super) const fn within(self) -> RidePart {
        self.0
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split(':').collect();
        let [zone, metres, seconds] = fields.as_slice() else {
            return Err("write it as ZONE:METRES:SECONDS, such as suburbs:3218.688:240".to_owned());
        };
        let zone = zone.parse().map_err(|error| format!("{error}"))?;
        let (distance, duration) = (quantity::metres(metres)?, quantity::seconds(seconds)?);
        Ok(Self(RidePart::new(zone, distance, duration)))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (distance, duration) = (self.0.distance().get(), self.0.duration().get());
        let (zone, metres, seconds) = (
            self.0.zone(),
            quantity::written(distance),
            quantity::written(duration),
        );
        write!(f, "{zone}:{metres}:{seconds}")
    }
}

/// `ride` with its first stop in `zone`.
pub(super) fn stopping_first_in(ride: Ride, zone: ZoneId) -> Ride {
    let circumstances = ride.circumstances().clone().stopping_first_in(zone);
    ride.with_circumstances(circumstances)
}

impl QuoteArguments {
    /// The zone that the first stop is said to lie in, if in any.
    pub(super) fn stop_in(&self, tariff: &Tariff) -> Option<ZoneId> {
        let FirstStop(zone) = self.first_stop_zone?;
        let is_zone = zone.as_str() != NOWHERE || tariff.zones().get(zone).is_some();
        is_zone.then_some(zone)
    }

    /// The zones that the ride is said to touch.
    fn touched(&self, tariff: &Tariff) -> impl Iterator<Item = ZoneId> {
        let ends = self.pickup_zone.into_iter().chain(self.dropoff_zone);
        ends.chain(self.stop_in(tariff)).chain(self.via.iter().copied())
    }

    /// All of the ride, where it goes from a zone that prices the driving inside it to the same zone, and is said to touch no other.
    pub(super) fn whole_part(&self, tariff: &Tariff) -> Option<Part> {
        let zone = self.pickup_zone.filter(|zone| tariff.prices_inside(*zone))?;
        let are_stops_there = match self.stops {
            0 => true,
            1 => self.stop_in(tariff) == Some(zone),
            _ => false,
        };
        let is_all_there = self.part.is_empty()
            && self.dropoff_zone == Some(zone)
            && are_stops_there
            && self.touched(tariff).all(|touched| touched == zone);
        is_all_there.then(|| Part(RidePart::new(zone, self.distance_m, self.duration_s)))
    }

    /// Refuses a ride of which something is left open that its price may depend on: a price that leaves it out would be a wrong one.
    pub(super) fn check_said(&self, tariff: &Arc<Tariff>, inferred: Option<Part>) -> Result<(), Failure> {
        if self.first_stop_zone.is_some() && self.stops == 0 {
            return Err(Failure::Unsaid(Unsaid::Stops));
        }
        if let Some(to) = self.open_flat(tariff)? {
            let tariff = tariff.id();
            return Err(Failure::Unsaid(Unsaid::FirstStop { tariff, to }));
        }
        let is_said = |zone: ZoneId| {
            let mut parts = self.part.iter().copied().chain(inferred);
            parts.any(|part| part.within().zone() == zone)
        };
        let open = self
            .touched(tariff)
            .find(|zone| tariff.prices_inside(*zone) && !is_said(*zone));
        match open {
            Some(zone) => Err(Failure::Unsaid(Unsaid::Part {
                tariff: tariff.id(),
                zone,
            })),
            None => Ok(()),
        }
    }

    /// The zone to which a flat fare would go, were the first stop there, which nobody says.
    fn open_flat(&self, tariff: &Arc<Tariff>) -> Result<Option<ZoneId>, Failure> {
        if self.stops == 0 || self.first_stop_zone.is_some() {
            return Ok(None);
        }
        let ride = self.ride(tariff, None)?;
        for zone in tariff.zones().ids() {
            let stopping = stopping_first_in(ride.clone(), zone);
            let lines = tariff.quote(&stopping, self.at, Surge::NONE)?.lines()?;
            if lines.iter().any(|line| matches!(line.kind(), LineKind::Flat(_))) {
                return Ok(Some(zone));
            }
        }
        Ok(None)
    }
}
