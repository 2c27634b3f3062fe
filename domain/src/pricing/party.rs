//! Who rides: passengers by age, as far as a tariff asks.
//!
//! ```
//! use fiacre_domain::pricing::{AgeRange, Party};
//! let family = Party::adults(2)?.with_age(12)?.with_age(65)?;
//! assert_eq!(family.count(), 4);
//! assert_eq!(family.count_in(AgeRange::new(13, 64)?), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{PricingError, TariffError, TariffFault};
use crate::canonical_struct;

/// How many passengers a ride may have.
pub const PASSENGERS_MAX: usize = 15;
/// More than [`PASSENGERS_MAX`].
const TOO_MANY: PricingError = PricingError::RideBeyondLimit {
    field: "number of passengers",
    max: "15",
};

/// The age that an adult is priced as whose age nobody asked.
const ADULT_YEARS: u8 = 30;

/// Ages in completed years, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgeRange {
    youngest: u8,
    oldest: u8,
}
canonical_struct!(AgeRange { youngest, oldest });

impl AgeRange {
    /// Everyone.
    pub const ALL: Self = Self {
        youngest: 0,
        oldest: u8::MAX,
    };

    /// From `youngest` to `oldest`.
    ///
    /// # Errors
    ///
    /// `TariffFault::OutOfOrder` where `youngest` is older.
    pub const fn new(youngest: u8, oldest: u8) -> Result<Self, TariffError> {
        if youngest > oldest {
            return Err(TariffError::new(
                "ages",
                TariffFault::OutOfOrder("must ascend: the youngest is older than the oldest"),
            ));
        }
        Ok(Self { youngest, oldest })
    }

    const fn contains(self, age: u8) -> bool {
        self.youngest <= age && age <= self.oldest
    }
}

/// The passengers of a ride, at most [`PASSENGERS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Party {
    ages: [u8; PASSENGERS_MAX],
    count: u8,
}
canonical_struct!(Party { ages, count });

impl Party {
    /// One adult.
    pub const ONE: Self = Self::of_adults(1);

    /// `count` adults, whose ages nobody asked. 0 begins a party whose ages are all given with [`Party::with_age`]; a ride of
    /// nobody is refused where it is priced.
    ///
    /// # Errors
    ///
    /// `PricingError::RideBeyondLimit` for more than 15.
    pub const fn adults(count: u8) -> Result<Self, PricingError> {
        if count as usize > PASSENGERS_MAX {
            return Err(TOO_MANY);
        }
        Ok(Self::of_adults(count))
    }

    const fn of_adults(count: u8) -> Self {
        let mut ages = [0; PASSENGERS_MAX];
        let mut index = 0;
        while index < count as usize {
            ages[index] = ADULT_YEARS;
            index = index.saturating_add(1);
        }
        Self { ages, count }
    }

    /// With one more passenger of `age` completed years.
    ///
    /// # Errors
    ///
    /// `PricingError::RideBeyondLimit` beyond 15 passengers.
    pub fn with_age(mut self, age: u8) -> Result<Self, PricingError> {
        let seat = self.ages.get_mut(usize::from(self.count)).ok_or(TOO_MANY)?;
        *seat = age;
        self.count = self.count.saturating_add(1);
        Ok(self)
    }

    /// All passengers.
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// Their ages in completed years.
    pub fn ages(&self) -> &[u8] {
        self.ages.split_at(usize::from(self.count)).0
    }

    /// The passengers whose age is in `range`.
    pub fn count_in(&self, range: AgeRange) -> i64 {
        self.ages()
            .iter()
            .map(|age| i64::from(range.contains(*age)))
            .sum()
    }
}

impl Default for Party {
    fn default() -> Self {
        Self::ONE
    }
}
