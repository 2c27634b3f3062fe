//! What a trip needs of a vehicle, and what a vehicle offers. Both are hard: a driver who lacks anything is never a candidate.
//!
//! ```
//! use fiacre_domain::requirements::{Capabilities, Feature, Requirements};
//! let needs = Requirements::new(2)?.with(Feature::Wheelchair);
//! let saloon = Capabilities::new(4)?;
//! assert!(!saloon.meet(needs));
//! assert!(saloon.with(Feature::Wheelchair).meet(needs));
//! # Ok::<(), fiacre_domain::requirements::SeatsError>(())
//! ```

use crate::{canonical_enum, canonical_struct};
use std::fmt;

/// Something that a vehicle has or a trip asks for, beside seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Room and a ramp for a rider who stays in a wheelchair.
    Wheelchair,
    /// Room for large luggage.
    Luggage,
    /// A fitted child seat.
    ChildSeat,
    /// Animals are welcome (assistance dogs always are, and need no feature).
    Pet,
}
canonical_enum!(Feature {
    0 = Wheelchair,
    1 = Luggage,
    2 = ChildSeat,
    3 = Pet
});

impl Feature {
    /// Every feature, in the order of their bits.
    pub const ALL: [Self; 4] = [Self::Wheelchair, Self::Luggage, Self::ChildSeat, Self::Pet];
}

/// A set of [`Feature`]s in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeatureSet(u8);
canonical_struct!(FeatureSet(bits));

impl FeatureSet {
    /// No feature.
    pub const NONE: Self = Self(0);

    /// This set and `feature`.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u8)
    }

    /// Whether `feature` is in the set.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// Whether every feature of `other` is in this set.
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The features of the set, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }
}

/// A trip or a vehicle was described with no passenger seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatsError;

impl SeatsError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "seats_zero"
    }
}

impl fmt::Display for SeatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to describe seats: a trip needs and a vehicle has at least one passenger seat")
    }
}

impl std::error::Error for SeatsError {}

fn at_least_one(seats: u8) -> Result<u8, SeatsError> {
    if seats == 0 { Err(SeatsError) } else { Ok(seats) }
}

/// What a trip needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirements {
    seats: u8,
    features: FeatureSet,
}
canonical_struct!(Requirements { seats, features });

impl Requirements {
    /// One seat, nothing else.
    pub const ONE_SEAT: Self = Self {
        seats: 1,
        features: FeatureSet::NONE,
    };

    /// `seats` passenger seats, at least one, and no feature.
    ///
    /// # Errors
    ///
    /// [`SeatsError`] for no seat.
    pub fn new(seats: u8) -> Result<Self, SeatsError> {
        Ok(Self {
            seats: at_least_one(seats)?,
            features: FeatureSet::NONE,
        })
    }

    /// Also needs `feature`.
    #[must_use]
    pub const fn with(mut self, feature: Feature) -> Self {
        self.features = self.features.with(feature);
        self
    }

    /// Passenger seats needed, at least one.
    pub const fn seats(self) -> u8 {
        self.seats
    }

    /// Features needed.
    pub const fn features(self) -> FeatureSet {
        self.features
    }
}

/// What a vehicle offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capabilities {
    seats: u8,
    features: FeatureSet,
}
canonical_struct!(Capabilities { seats, features });

impl Capabilities {
    /// Of a vehicle that nothing is known about yet: it meets no requirement.
    pub const UNKNOWN: Self = Self {
        seats: 0,
        features: FeatureSet::NONE,
    };

    /// `seats` passenger seats, at least one, and no feature.
    ///
    /// # Errors
    ///
    /// [`SeatsError`] for no seat.
    pub fn new(seats: u8) -> Result<Self, SeatsError> {
        Ok(Self {
            seats: at_least_one(seats)?,
            features: FeatureSet::NONE,
        })
    }

    /// Also offers `feature`.
    #[must_use]
    pub const fn with(mut self, feature: Feature) -> Self {
        self.features = self.features.with(feature);
        self
    }

    /// Passenger seats; zero only for [`Capabilities::UNKNOWN`].
    pub const fn seats(self) -> u8 {
        self.seats
    }

    /// Features offered.
    pub const fn features(self) -> FeatureSet {
        self.features
    }

    /// Whether this vehicle can take a trip with `needs`: enough seats and every feature.
    pub const fn meet(self, needs: Requirements) -> bool {
        self.seats >= needs.seats && self.features.includes(needs.features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Canonical;

    #[test]
    fn each_missing_feature_or_seat_excludes() {
        let full = Feature::ALL
            .into_iter()
            .fold(Requirements::new(4).unwrap(), Requirements::with);
        let van = Feature::ALL
            .into_iter()
            .fold(Capabilities::new(4).unwrap(), Capabilities::with);
        assert!(van.meet(full));
        for missing in Feature::ALL {
            let without = Feature::ALL
                .into_iter()
                .filter(|feature| *feature != missing)
                .fold(Capabilities::new(4).unwrap(), Capabilities::with);
            assert!(!without.meet(full), "{missing:?}");
        }
        assert!(!van.meet(Requirements::new(5).unwrap()));
        assert!(!Capabilities::UNKNOWN.meet(Requirements::ONE_SEAT));
    }

    #[test]
    fn no_seat_is_refused() {
        assert_eq!(Requirements::new(0), Err(SeatsError));
        assert_eq!(Capabilities::new(0), Err(SeatsError));
    }

    #[test]
    fn features_are_a_set() {
        let set = FeatureSet::NONE
            .with(Feature::Pet)
            .with(Feature::Luggage)
            .with(Feature::Pet);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Feature::Luggage, Feature::Pet]);
        assert_eq!(
            Requirements::ONE_SEAT.with(Feature::Pet).canonical_bytes(),
            [1, 8]
        );
    }
}
