//! A segment of a meter: the price of a unit from a distance of the ride onwards.
//!
//! ```
//! use fiacre_domain::pricing::Segment;
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::Millimetres;
//! // London, beyond six miles: 20 pence for each 86.9 metres.
//! let far = Segment::new(Millimetres::new(9_656_100), Ratio::from(20), Ratio::from(86_900))?;
//! assert_eq!(far.from(), Millimetres::new(9_656_100));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::TariffError;
use super::limits;
use crate::canonical_struct;
use crate::ratio::{Overflow, Ratio};
use crate::units::Millimetres;
use std::cmp::Ordering;

/// The price of a unit from a distance of the ride onwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    from: Millimetres,
    price: Ratio,
    unit_mm: Ratio,
    unit_ms: Option<Ratio>,
}
canonical_struct!(Segment {
    from,
    price,
    unit_mm,
    unit_ms
});

impl Segment {
    /// From `from` on, each `unit_mm` millimetres cost `price` minor units (0 or more).
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a start or a price below zero, `NotPositive` for a unit that is not above it,
    /// `TooLarge` where any does not price exactly.
    pub fn new(from: Millimetres, price: Ratio, unit_mm: Ratio) -> Result<Self, TariffError> {
        limits::at_least_zero("segment from", Ratio::from(from.get()), limits::Limit::DISTANCE)?;
        limits::at_least_zero("unit price", price, limits::Limit::PRICE)?;
        limits::unit_mm("unit distance", unit_mm)?;
        Ok(Self {
            from,
            price,
            unit_mm,
            unit_ms: None,
        })
    }

    /// Where time is joint: `unit_ms` slow milliseconds are a unit too.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where it is not above zero, `TooLarge` beyond the longest ride.
    pub fn with_time(self, unit_ms: Ratio) -> Result<Self, TariffError> {
        limits::unit_ms("unit time", unit_ms)?;
        Ok(Self {
            unit_ms: Some(unit_ms),
            ..self
        })
    }

    /// The distance of the ride at which the segment begins.
    pub const fn from(&self) -> Millimetres {
        self.from
    }

    pub(super) const fn has_time(&self) -> bool {
        self.unit_ms.is_some()
    }

    pub(super) const fn price(&self) -> Ratio {
        self.price
    }

    pub(super) fn distance_units(&self, mm: i64) -> Result<Ratio, Overflow> {
        if mm == 0 {
            Ok(Ratio::ZERO)
        } else {
            Ratio::from(mm).checked_div(self.unit_mm)
        }
    }

    pub(super) fn time_units(&self, ms: i64) -> Result<Ratio, Overflow> {
        match self.unit_ms {
            Some(unit_ms) if ms != 0 => Ratio::from(ms).checked_div(unit_ms),
            Some(_) | None => Ok(Ratio::ZERO),
        }
    }

    /// A sample of `mm` in `ms` against `d/τ`: cross-multiplied, exact. Without a unit of time everything is above.
    pub(super) fn compare_with_crossover(&self, mm: i64, ms: i64) -> Result<Ordering, Overflow> {
        let Some(unit_ms) = self.unit_ms else {
            return Ok(Ordering::Greater);
        };
        let by_distance = i128::from(mm)
            .checked_mul(self.unit_mm.denominator())
            .and_then(|scaled| scaled.checked_mul(unit_ms.numerator()));
        let by_time = i128::from(ms)
            .checked_mul(unit_ms.denominator())
            .and_then(|scaled| scaled.checked_mul(self.unit_mm.numerator()));
        match (by_distance, by_time) {
            (Some(by_distance), Some(by_time)) => Ok(by_distance.cmp(&by_time)),
            _ => Err(Overflow),
        }
    }

    /// The segment that charges the least (or the most) of what each of `segments` does.
    pub(super) fn envelope(segments: &[Self], bound: Bound) -> Option<Self> {
        segments.iter().copied().reduce(|a, b| match bound {
            Bound::Low => Self {
                from: a.from,
                price: a.price.min(b.price),
                unit_mm: a.unit_mm.max(b.unit_mm),
                unit_ms: a.unit_ms.max(b.unit_ms),
            },
            Bound::High => Self {
                from: a.from,
                price: a.price.max(b.price),
                unit_mm: a.unit_mm.min(b.unit_mm),
                unit_ms: a.unit_ms.min(b.unit_ms),
            },
        })
    }
}

/// Which end of what a reading may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Low,
    High,
}
