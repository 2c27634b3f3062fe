//! What is priced at all. Within these limits exact arithmetic has room; beyond them there is a typed error, not a guess.

use super::error::{PricingError, TariffError, TariffFault};
use crate::ratio::Ratio;
use crate::units::{Millimetres, Millis};

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
/// The most units that an initial price may pay for.
pub(super) const UNITS_MAX: i64 = 1_000_000_000;
/// The largest factor of a multiplier or scale.
pub(super) const FACTOR_MAX: i64 = 1_000;
/// The finest fraction in a tariff.
const DENOMINATOR_MAX: i128 = 1_000_000_000;

/// `left × right`, exactly: two factors of 64 bits make a product of at most 127.
pub(super) fn product(left: i64, right: i64) -> i128 {
    i128::from(left).saturating_mul(i128::from(right))
}

pub(super) fn at_least_zero(field: &'static str, value: Ratio, max: i64) -> Result<(), TariffError> {
    let fault = if value.is_negative() {
        TariffFault::Negative
    } else if value > Ratio::from(max) || value.denominator() > DENOMINATOR_MAX {
        TariffFault::TooLarge
    } else {
        return Ok(());
    };
    Err(TariffError::new(field, fault))
}

pub(super) fn above_zero(field: &'static str, value: Ratio, max: i64) -> Result<(), TariffError> {
    if value <= Ratio::ZERO {
        return Err(TariffError::new(field, TariffFault::NotPositive));
    }
    at_least_zero(field, value, max)
}

pub(super) fn price(field: &'static str, minor: i64) -> Result<(), TariffError> {
    at_least_zero(field, Ratio::from(minor), PRICE_MINOR_MAX)
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
