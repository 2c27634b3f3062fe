//! A place on Earth: WGS 84 latitude and longitude in 1e-7 degrees (about a centimetre).
//!
//! ```
//! use fiacre_domain::place::{Place, PlaceError};
//! let times_square = Place::from_e7(407_580_000, -739_855_000)?;
//! assert_eq!(times_square.to_string(), "40.7580000,-73.9855000");
//! assert_eq!(Place::from_e7(-739_855_000, 1_800_000_001), Err(PlaceError::LongitudeOutOfRange));
//! # Ok::<(), PlaceError>(())
//! ```

use crate::canonical_struct;
use std::fmt;

/// The largest latitude, in 1e-7 degrees.
pub const LATITUDE_E7_MAX: i32 = 900_000_000;
/// The largest longitude, in 1e-7 degrees.
pub const LONGITUDE_E7_MAX: i32 = 1_800_000_000;

/// A latitude and a longitude in 1e-7 degrees. The antimeridian is kept as +180 only, a pole with longitude 0 only,
/// so that one place has one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    latitude_e7: i32,
    longitude_e7: i32,
}
canonical_struct!(Place {
    latitude_e7,
    longitude_e7
});

/// Why a place could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceError {
    /// Latitude outside ±90°; most often latitude and longitude were swapped.
    LatitudeOutOfRange,
    /// Longitude outside ±180°.
    LongitudeOutOfRange,
}

impl PlaceError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LatitudeOutOfRange => "place_latitude_out_of_range",
            Self::LongitudeOutOfRange => "place_longitude_out_of_range",
        }
    }
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LatitudeOutOfRange => {
                "failed to place: latitude must lie within ±90°; are latitude and longitude swapped?"
            }
            Self::LongitudeOutOfRange => "failed to place: longitude must lie within ±180°",
        })
    }
}

impl std::error::Error for PlaceError {}

impl Place {
    /// `latitude_e7` within ±900,000,000, `longitude_e7` within ±1,800,000,000.
    ///
    /// # Errors
    ///
    /// `PlaceError::LatitudeOutOfRange` or `LongitudeOutOfRange` beyond those: look for axes that were swapped.
    pub const fn from_e7(latitude_e7: i32, longitude_e7: i32) -> Result<Self, PlaceError> {
        if latitude_e7 < -LATITUDE_E7_MAX || latitude_e7 > LATITUDE_E7_MAX {
            return Err(PlaceError::LatitudeOutOfRange);
        }
        if longitude_e7 < -LONGITUDE_E7_MAX || longitude_e7 > LONGITUDE_E7_MAX {
            return Err(PlaceError::LongitudeOutOfRange);
        }
        let at_pole = latitude_e7 == LATITUDE_E7_MAX || latitude_e7 == -LATITUDE_E7_MAX;
        let longitude_e7 = match longitude_e7 {
            _ if at_pole => 0,
            -1_800_000_000 => LONGITUDE_E7_MAX,
            other => other,
        };
        Ok(Self {
            latitude_e7,
            longitude_e7,
        })
    }

    /// Latitude in 1e-7 degrees, north positive.
    pub const fn latitude_e7(self) -> i32 {
        self.latitude_e7
    }

    /// Longitude in 1e-7 degrees, east positive.
    pub const fn longitude_e7(self) -> i32 {
        self.longitude_e7
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let degrees = |f: &mut fmt::Formatter<'_>, e7: i32| {
            let sign = if e7 < 0 { "-" } else { "" };
            write!(
                f,
                "{sign}{}.{:07}",
                e7.unsigned_abs() / 10_000_000,
                e7.unsigned_abs() % 10_000_000
            )
        };
        degrees(f, self.latitude_e7)?;
        f.write_str(",")?;
        degrees(f, self.longitude_e7)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_value() {
        assert_eq!(
            Place::from_e7(0, -LONGITUDE_E7_MAX),
            Place::from_e7(0, LONGITUDE_E7_MAX)
        );
        assert_eq!(
            Place::from_e7(LATITUDE_E7_MAX, 123),
            Place::from_e7(LATITUDE_E7_MAX, -456)
        );
    }

    #[test]
    fn swapped_axes_of_most_of_the_world_are_refused() {
        assert_eq!(
            Place::from_e7(-1_220_000_000, 377_000_000),
            Err(PlaceError::LatitudeOutOfRange)
        );
        assert_eq!(
            Place::from_e7(i32::MIN, i32::MIN),
            Err(PlaceError::LatitudeOutOfRange)
        );
        assert_eq!(Place::from_e7(0, i32::MIN), Err(PlaceError::LongitudeOutOfRange));
    }
}
