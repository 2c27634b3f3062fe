//! Distance, duration and share, as integers with their unit in the type.
//!
//! ```
//! use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
//! let ride = Millimetres::from_metres(1_609);
//! assert_eq!(ride.get(), 1_609_000);
//! assert_eq!(Millis::from_secs(90).get(), 90_000);
//! assert_eq!(BasisPoints::ONE.get(), 10_000);
//! ```

use crate::canonical_struct;
use std::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $repr:ty, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name($repr);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest value that fits.
            pub const MAX: Self = Self(<$repr>::MAX);

            #[doc = concat!("Takes a count of ", $unit, ".")]
            pub const fn new(value: $repr) -> Self {
                Self(value)
            }

            #[doc = concat!("The count of ", $unit, ".")]
            pub const fn get(self) -> $repr {
                self.0
            }

            /// The sum, or `None` where it does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// The difference, or `None` where it does not fit.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }

            /// The sum, held at the type's limits.
            #[must_use]
            pub const fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }

            /// The difference, held at the type's limits.
            #[must_use]
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        canonical_struct!($name(value));
    };
}

quantity!(
    /// A distance in millimetres. A fifth of a mile is 321,868.8 mm, so tariff steps are [`Ratio`](crate::ratio::Ratio)s of these.
    Millimetres, i64, "millimetres"
);
quantity!(
    /// A duration in milliseconds.
    Millis, i64, "milliseconds"
);
quantity!(
    /// A share in basis points: 10,000 are the whole.
    BasisPoints, i32, "basis points"
);

impl Millimetres {
    /// From whole metres; held at the type's limit.
    pub const fn from_metres(metres: i64) -> Self {
        Self(metres.saturating_mul(1_000))
    }
}

impl Millis {
    /// From whole seconds; held at the type's limit.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// From whole minutes; held at the type's limit.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(60_000))
    }
}

impl BasisPoints {
    /// The whole: 100%.
    pub const ONE: Self = Self(10_000);
}

impl fmt::Display for Millimetres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mm", self.0)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

impl fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bp", self.0)
    }
}
