//! What a ride's price depends on, and was not said.

use fiacre_domain::id::{TariffId, ZoneId};
use std::fmt;

/// What is missing of a ride that is to be priced.
#[derive(Debug)]
pub(crate) enum Unsaid {
    /// How many stops there are, of which one has a zone.
    Stops,
    /// Where the first stop lies: a flat fare may go there.
    FirstStop {
        /// Which tariff's.
        tariff: TariffId,
        /// A zone to which it goes.
        to: ZoneId,
    },
    /// How much of the ride lies inside a zone that it touches, and that prices the driving inside it.
    Part {
        /// Which tariff's.
        tariff: TariffId,
        /// The zone.
        zone: ZoneId,
    },
}

impl Unsaid {
    /// The stable code.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Stops => "ride_without_stops",
            Self::FirstStop { .. } => "ride_first_stop_unsaid",
            Self::Part { .. } => "ride_part_unsaid",
        }
    }

    /// The option that says it.
    pub(super) const fn argument(&self) -> &'static str {
        match self {
            Self::Stops => "--stops",
            Self::FirstStop { .. } => "--first-stop-zone",
            Self::Part { .. } => "--part",
        }
    }
}

impl fmt::Display for Unsaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to price the ride: ")?;
        match self {
            Self::Stops => f.write_str("--first-stop-zone names a stop, and there is none; add --stops 1"),
            Self::FirstStop { tariff, to } => write!(
                f,
                "tariff {tariff} has a flat fare from there to a first stop in {to}, and nothing says where the first stop is; \
                 add --first-stop-zone with its zone, or --first-stop-zone none"
            ),
            Self::Part { tariff, zone } => write!(
                f,
                "tariff {tariff} prices the driving inside {zone} otherwise, and nothing says how much of the ride lies there; \
                 add --part {zone}:METRES:SECONDS, of what --distance-m and --duration-s say"
            ),
        }
    }
}
