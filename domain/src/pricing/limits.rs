//! What is priced at all. Within these limits exact arithmetic has room; beyond them there is a typed error, not a guess.

use super::error::{PricingError, TariffError, TariffFault};
use crate::ratio::Ratio;
use crate::units::{BasisPoints, Millimetres, Millis};

/// A million kilometres.
pub(super) const DISTANCE_MM_MAX: i64 = 1_000_000_000_000;
/// [`DISTANCE_MM_MAX`] in words.
const DISTANCE_MAX: &str = "1,000,000 km (1,000,000,000 m)";
/// About 115 days.
pub(super) const DURATION_MS_MAX: i64 = 10_000_000_000;
/// [`DURATION_MS_MAX`] in words.
const DURATION_MAX: &str = "10,000,000 s (about 115 days)";
/// The largest price in a tariff, in minor units.
pub(super) const PRICE_MINOR_MAX: i64 = 1_000_000_000_000;
/// A decimetre: finer than any taximeter counts.
const UNIT_MM_MIN: i64 = 100;
/// A second.
const UNIT_MS_MIN: i64 = 1_000;
/// The finest fraction in a tariff.
const DENOMINATOR_MAX: i128 = 1_000_000_000;

/// `left × right`, exactly: two factors of 64 bits make a product of at most 127.
pub(super) fn product(left: i64, right: i64) -> i128 {
    i128::from(left).saturating_mul(i128::from(right))
}

/// The largest value of its kind in a tariff.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    largest: i64,
    in_words: &'static str,
}

impl Limit {
    /// Prices and amounts, in minor units.
    pub(super) const PRICE: Self = Self {
        largest: PRICE_MINOR_MAX,
        in_words: "1,000,000,000,000 minor units",
    };
    /// Distances, in millimetres.
    pub(super) const DISTANCE: Self = Self {
        largest: DISTANCE_MM_MAX,
        in_words: DISTANCE_MAX,
    };
    /// Durations, in milliseconds.
    pub(super) const DURATION: Self = Self {
        largest: DURATION_MS_MAX,
        in_words: DURATION_MAX,
    };
    /// Units that an initial price pays for.
    pub(super) const UNITS: Self = Self {
        largest: 1_000_000_000,
        in_words: "1,000,000,000",
    };
    /// Factors of multipliers and scales.
    pub(super) const FACTOR: Self = Self {
        largest: 1_000,
        in_words: "1,000",
    };
    /// Shares and rates. Beyond it, somebody wrote a per cent for a share.
    pub(super) const SHARE: Self = Self {
        largest: 1,
        in_words: SHARE_MAX,
    };
}

/// [`Limit::SHARE`] in words.
const SHARE_MAX: &str = "100% (ten per cent are 10%, or 0.1)";

/// A share from 0 to 10,000 basis points.
pub(super) const fn share(field: &'static str, share: BasisPoints) -> Result<(), TariffError> {
    if share.get() < 0 {
        return Err(TariffError::new(field, TariffFault::Negative));
    }
    if share.get() > BasisPoints::ONE.get() {
        return Err(TariffError::new(field, TariffFault::TooLarge { max: SHARE_MAX }));
    }
    Ok(())
}

/// A unit of distance that a price is for.
pub(super) fn unit_mm(field: &'static str, unit_mm: Ratio) -> Result<(), TariffError> {
    above_zero(field, unit_mm, Limit::DISTANCE)?;
    at_least(field, unit_mm, UNIT_MM_MIN, "0.1 m")
}

/// A unit of time that a price is for.
pub(super) fn unit_ms(field: &'static str, unit_ms: Ratio) -> Result<(), TariffError> {
    above_zero(field, unit_ms, Limit::DURATION)?;
    at_least(field, unit_ms, UNIT_MS_MIN, "1 s")
}

fn at_least(field: &'static str, value: Ratio, least: i64, min: &'static str) -> Result<(), TariffError> {
    if value < Ratio::from(least) {
        return Err(TariffError::new(field, TariffFault::TooSmall { min }));
    }
    Ok(())
}

pub(super) fn at_least_zero(field: &'static str, value: Ratio, limit: Limit) -> Result<(), TariffError> {
    let fault = if value.is_negative() {
        TariffFault::Negative
    } else if value > Ratio::from(limit.largest) {
        TariffFault::TooLarge { max: limit.in_words }
    } else if value.denominator() > DENOMINATOR_MAX {
        TariffFault::TooFine
    } else {
        return Ok(());
    };
    Err(TariffError::new(field, fault))
}

pub(super) fn above_zero(field: &'static str, value: Ratio, limit: Limit) -> Result<(), TariffError> {
    if value <= Ratio::ZERO {
        return Err(TariffError::new(field, TariffFault::NotPositive));
    }
    at_least_zero(field, value, limit)
}

pub(super) fn price(field: &'static str, minor: i64) -> Result<(), TariffError> {
    at_least_zero(field, Ratio::from(minor), Limit::PRICE)
}

pub(super) const fn distance(field: &'static str, distance: Millimetres) -> Result<(), PricingError> {
    at_most(field, distance.get(), DISTANCE_MM_MAX, DISTANCE_MAX)
}

pub(super) const fn duration(field: &'static str, duration: Millis) -> Result<(), PricingError> {
    at_most(field, duration.get(), DURATION_MS_MAX, DURATION_MAX)
}

/// From 0 to `limit`, which is `max` in words.
pub(super) const fn at_most(
    field: &'static str,
    value: i64,
    limit: i64,
    max: &'static str,
) -> Result<(), PricingError> {
    if value < 0 {
        return Err(PricingError::RideNegative(field));
    }
    if value > limit {
        return Err(PricingError::RideBeyondLimit { field, max });
    }
    Ok(())
}
