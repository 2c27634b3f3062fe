//! A place on Earth: WGS 84 latitude and longitude in 1e-7 degrees (about a centimetre).
//!
//! ```
//! use fiacre_domain::place::{Place, PlaceError};
//! let times_square = Place::from_e7(407_580_000, -739_855_000)?;
//! assert_eq!(times_square.to_string(), "40.7580000,-73.9855000");
//! assert_eq!("40.758,-73.9855".parse(), Ok(times_square));
//! assert_eq!(Place::from_e7(-739_855_000, 1_800_000_001), Err(PlaceError::LongitudeOutOfRange));
//! # Ok::<(), PlaceError>(())
//! ```

use crate::canonical_struct;
use std::fmt;
use std::str::FromStr;

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
    /// Not two numbers of degrees with at most seven decimals, joined by a comma.
    Malformed,
}

impl PlaceError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LatitudeOutOfRange => "place_latitude_out_of_range",
            Self::LongitudeOutOfRange => "place_longitude_out_of_range",
            Self::Malformed => "place_malformed",
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
            Self::Malformed => {
                "failed to place: write latitude and longitude in degrees, with at most seven decimals, as in 40.758,-73.9855"
            }
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

impl FromStr for Place {
    type Err = PlaceError;

    /// Latitude and longitude in degrees, with at most seven decimals, as [`Display`](fmt::Display) writes them.
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (latitude, longitude) = text.split_once(',').ok_or(PlaceError::Malformed)?;
        Self::from_e7(degrees_e7(latitude)?, degrees_e7(longitude)?)
    }
}

/// Degrees in 1e-7 degrees; what is beyond `i32` is beyond any range, and is its limit.
fn degrees_e7(text: &str) -> Result<i32, PlaceError> {
    let text = text.trim();
    let (sign, number) = text.strip_prefix('-').map_or((1, text), |number| (-1, number));
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = whole.bytes().chain(decimals.bytes());
    if !(1..=3).contains(&whole.len()) || decimals.len() > 7 || !digits.all(|digit| digit.is_ascii_digit()) {
        return Err(PlaceError::Malformed);
    }
    let digits = whole.bytes().chain(decimals.bytes()).chain([b'0'; 7]);
    let e7 = digits
        .take(whole.len() + 7)
        .fold(0, |e7, digit| e7 * 10 + i64::from(digit - b'0'));
    let limit = if sign < 0 { i32::MIN } else { i32::MAX };
    Ok(i32::try_from(sign * e7).unwrap_or(limit))
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
    fn what_is_written_is_read() {
        for e7 in [
            -LATITUDE_E7_MAX,
            -407_580_001,
            -1,
            0,
            1,
            73,
            407_580_000,
            LATITUDE_E7_MAX,
        ] {
            let place = Place::from_e7(e7, 2 * e7).unwrap();
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert_eq!(" 40.5, -73".parse(), Place::from_e7(405_000_000, -730_000_000));
        assert_eq!("-0.0000001,0".parse(), Place::from_e7(-1, 0));
    }

    #[test]
    fn what_is_no_place_is_said() {
        for text in [
            "",
            "40.758",
            "40.758;-73.9",
            "40.758,",
            ",",
            "40.758,x",
            "4e1,7",
            "1.12345678,0",
            "--1,0",
            "+1,0",
            "1 0,0",
            "0,1234",
            "٤,1",
        ] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError::Malformed), "{text}");
        }
        assert_eq!(
            "90.0000001,0".parse::<Place>(),
            Err(PlaceError::LatitudeOutOfRange)
        );
        assert_eq!("-999,0".parse::<Place>(), Err(PlaceError::LatitudeOutOfRange));
        assert_eq!("0,999".parse::<Place>(), Err(PlaceError::LongitudeOutOfRange));
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
