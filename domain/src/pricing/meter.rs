//! The meter: how distance and time become units, and units become money.
//!
//! `price = initial + drop × ⌈max(0, U − u₀)⌉` with `U = Σ fast distance ÷ d + Σ slow time ÷ τ`. EU directive 2014/32
//! (annex IX, MI-007) calls this the single application of tariff, with the cross-over speed `d/τ`. App tariffs are the
//! same meter with time apart, units pro rata and tiers as segments.
//!
//! ```
//! use fiacre_domain::pricing::{Meter, Segment};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::{Millimetres, Millis};
//! // New York, 2012 to 2022: 50 cents a fifth of a mile, or a minute below 12 mph.
//! let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! let units = meter.estimate_units(Millimetres::new(8_046_720), Millis::from_minutes(20))?;
//! assert_eq!((units.low(), units.likely(), units.high()), (Ratio::from(25), Ratio::from(31), Ratio::from(45)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{PricingError, TariffError, TariffFault};
use super::limits;
use super::segment::Segment;
use crate::ratio::{Overflow, Ratio};
use crate::units::{Millimetres, Millis};
use crate::{canonical_enum, canonical_struct};
use std::cmp::Ordering;

/// How many segments a meter may have.
pub const SEGMENTS_MAX: usize = 32;

/// How part of a unit is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Units {
    /// A unit is due when it begins.
    Begun,
    /// A unit is due when it is complete.
    Completed,
    /// Parts of a unit are due in part.
    ProRata,
}
canonical_enum!(Units { 0 = Begun, 1 = Completed, 2 = ProRata });

/// Counts units of one kind over a ride; a unit is charged where it falls due, so it takes the price in force there.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnitCounter {
    progressed: Ratio,
    free: Ratio,
    charged: Ratio,
}

impl UnitCounter {
    pub(super) const fn new(free: Ratio) -> Self {
        Self {
            progressed: Ratio::ZERO,
            free,
            charged: Ratio::ZERO,
        }
    }

    /// Goes on by `delta` units; gives the units that fell due.
    pub(super) fn advance(&mut self, delta: Ratio, units: Units) -> Result<Ratio, Overflow> {
        self.progressed = self.progressed.checked_add(delta)?;
        let beyond = self.progressed.checked_sub(self.free)?.max(Ratio::ZERO);
        let due = match units {
            Units::Begun => Ratio::new(beyond.ceil(), 1)?,
            Units::Completed => Ratio::new(beyond.floor(), 1)?,
            Units::ProRata => beyond,
        };
        let new = due.checked_sub(self.charged)?.max(Ratio::ZERO);
        self.charged = self.charged.max(due);
        Ok(new)
    }
}

/// A speed in millimetres an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(i64);
canonical_struct!(Speed(mm_per_hour));

impl Speed {
    /// Whole kilometres an hour; above zero.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where it is not.
    pub const fn from_kmh(kmh: u16) -> Result<Self, TariffError> {
        Self::from_mm_per_hour((kmh as i64).saturating_mul(1_000_000))
    }

    /// Whole miles an hour; above zero.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where it is not.
    pub const fn from_mph(mph: u16) -> Result<Self, TariffError> {
        Self::from_mm_per_hour((mph as i64).saturating_mul(1_609_344))
    }

    /// Millimetres an hour; above zero.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where it is not.
    pub const fn from_mm_per_hour(mm_per_hour: i64) -> Result<Self, TariffError> {
        if mm_per_hour > 0 {
            Ok(Self(mm_per_hour))
        } else {
            Err(TariffError::new("speed", TariffFault::NotPositive))
        }
    }

    /// Millimetres an hour.
    pub const fn mm_per_hour(self) -> i64 {
        self.0
    }
}

/// Which driving is slow: charged by time where the meter joins distance and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlowRule {
    /// Below the segment's cross-over speed `d/τ`; at it both prices agree.
    BelowCrossover,
    /// Below this speed.
    Below(Speed),
    /// At this speed or below.
    AtOrBelow(Speed),
}
canonical_enum!(SlowRule { 0 = BelowCrossover, 1 = Below(speed), 2 = AtOrBelow(speed) });

/// Which time a separate price counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeBasis {
    /// All driving time.
    Elapsed,
    /// Slow driving time.
    Slow,
}
canonical_enum!(TimeBasis { 0 = Elapsed, 1 = Slow });

/// A price of time, apart from distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRate {
    price: Ratio,
    unit_ms: Ratio,
    included: Millis,
    units: Units,
    basis: TimeBasis,
}
canonical_struct!(TimeRate {
    price,
    unit_ms,
    included,
    units,
    basis
});

impl TimeRate {
    /// `price` minor units for each `unit_ms` milliseconds.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a price below zero, `NotPositive` for a unit that is not above it, `TooLarge` where
    /// either does not price exactly.
    pub fn new(price: Ratio, unit_ms: Ratio, units: Units, basis: TimeBasis) -> Result<Self, TariffError> {
        limits::at_least_zero("time price", price, limits::Limit::PRICE)?;
        limits::unit_ms("time unit", unit_ms)?;
        Ok(Self {
            price,
            unit_ms,
            included: Millis::ZERO,
            units,
            basis,
        })
    }

    /// With this much time before the first unit begins.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond the longest ride.
    pub fn with_included(self, included: Millis) -> Result<Self, TariffError> {
        limits::at_least_zero(
            "included time",
            Ratio::from(included.get()),
            limits::Limit::DURATION,
        )?;
        Ok(Self { included, ..self })
    }

    pub(super) const fn price(&self) -> Ratio {
        self.price
    }

    pub(super) const fn basis(&self) -> TimeBasis {
        self.basis
    }

    pub(super) const fn units(&self) -> Units {
        self.units
    }

    pub(super) fn units_in(&self, ms: i64) -> Result<Ratio, Overflow> {
        Ratio::from(ms).checked_div(self.unit_ms)
    }

    pub(super) fn counter(&self) -> Result<UnitCounter, Overflow> {
        Ok(UnitCounter::new(self.units_in(self.included.get())?))
    }
}

/// How the meter treats time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeRule {
    /// Fast driving counts by distance, slow driving by time, in one sum of units.
    Joint,
    /// All driving counts by distance, and time has a price of its own.
    Separate(TimeRate),
    /// All driving counts by distance, time costs nothing.
    Free,
}
canonical_enum!(TimeRule { 0 = Joint, 1 = Separate(rate), 2 = Free });

/// Units of a ride of which only totals are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitsEstimate {
    low: Ratio,
    likely: Ratio,
    high: Ratio,
}

impl UnitsEstimate {
    /// The fewest units: the whole ride at one speed.
    pub const fn low(self) -> Ratio {
        self.low
    }

    /// `max + 0.3 · min` of distance units and time units: no bias and a mean error of 4% on real trips.
    pub const fn likely(self) -> Ratio {
        self.likely
    }

    /// The most units: stop and go.
    pub const fn high(self) -> Ratio {
        self.high
    }
}

/// `max + 0.3 · min`: see [`UnitsEstimate::likely`].
pub(super) fn likely_units(by_distance: Ratio, by_time: Ratio) -> Result<Ratio, Overflow> {
    let lesser = by_distance.min(by_time).checked_mul(Ratio::new(3, 10)?)?;
    by_distance.max(by_time).checked_add(lesser)
}

/// A meter of one rate. All prices are in minor units of the tariff's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    initial: Ratio,
    initial_units: Ratio,
    segments: Vec<Segment>,
    slow: SlowRule,
    time: TimeRule,
    units: Units,
}
canonical_struct!(Meter {
    initial,
    initial_units,
    segments,
    slow,
    time,
    units
});

impl Meter {
    /// A meter that joins distance and time; units are due when begun, slow is below `d/τ`.
    ///
    /// `initial` pays for the first `initial_units`; every segment needs its unit of time.
    ///
    /// # Errors
    ///
    /// `TariffFault::Missing` without segments or where one has no time, `OutOfOrder` where they do not ascend from zero,
    /// `TooMany` beyond [`SEGMENTS_MAX`], `Negative` or `TooLarge` for what is paid first.
    pub fn joint(initial: Ratio, initial_units: Ratio, segments: Vec<Segment>) -> Result<Self, TariffError> {
        if segments.iter().any(|segment| !segment.has_time()) {
            return Err(TariffError::new(
                "unit time",
                TariffFault::Missing("is needed in every segment where one has it"),
            ));
        }
        Self::new(initial, initial_units, segments, TimeRule::Joint, Units::Begun)
    }

    /// A meter of distance alone; add time with [`Meter::with_time`].
    ///
    /// # Errors
    ///
    /// `TariffFault::Missing` without segments, `OutOfOrder` where they do not ascend from zero, `TooMany` beyond
    /// [`SEGMENTS_MAX`], `Negative` or `TooLarge` for what is paid first.
    pub fn distance(
        initial: Ratio,
        initial_units: Ratio,
        segments: Vec<Segment>,
        units: Units,
    ) -> Result<Self, TariffError> {
        Self::new(initial, initial_units, segments, TimeRule::Free, units)
    }

    fn new(
        initial: Ratio,
        initial_units: Ratio,
        segments: Vec<Segment>,
        time: TimeRule,
        units: Units,
    ) -> Result<Self, TariffError> {
        limits::at_least_zero("initial price", initial, limits::Limit::PRICE)?;
        limits::at_least_zero("initial units", initial_units, limits::Limit::UNITS)?;
        match segments.first() {
            None => {
                return Err(TariffError::new(
                    "segments",
                    TariffFault::Missing("are missing: give at least one"),
                ));
            }
            Some(first) if first.from() != Millimetres::ZERO => {
                let how = TariffFault::OutOfOrder("must begin at zero: the first is for the first metre");
                return Err(TariffError::new("segments", how));
            }
            Some(_) => {}
        }
        if segments.len() > SEGMENTS_MAX {
            return Err(TariffError::new(
                "segments",
                TariffFault::TooMany { max: SEGMENTS_MAX },
            ));
        }
        if !segments.is_sorted_by(|a, b| a.from() < b.from()) {
            return Err(TariffError::new(
                "segments",
                TariffFault::OutOfOrder("must ascend: each begins beyond the one before it"),
            ));
        }
        Ok(Self {
            initial,
            initial_units,
            segments,
            slow: SlowRule::BelowCrossover,
            time,
            units,
        })
    }

    /// With a price of time apart from distance. Slow time needs a speed: see [`Meter::with_slow`], called before.
    ///
    /// # Errors
    ///
    /// `TariffFault::Contradiction` where the meter's time is joint, `Missing` where slow time has no speed.
    pub fn with_time(self, rate: TimeRate) -> Result<Self, TariffError> {
        let time = match self.time {
            TimeRule::Joint => {
                return Err(TariffError::new(
                    "time",
                    TariffFault::Contradiction(
                        "is in the segments already: price it there or apart, not both",
                    ),
                ));
            }
            TimeRule::Separate(_) | TimeRule::Free => TimeRule::Separate(rate),
        };
        Self { time, ..self }.with_slow_known()
    }

    /// With another rule of what is slow.
    ///
    /// # Errors
    ///
    /// `TariffFault::Missing` where slow time has a price and would lose its speed: there is no cross-over speed without the
    /// segments' units of time.
    pub fn with_slow(self, slow: SlowRule) -> Result<Self, TariffError> {
        Self { slow, ..self }.with_slow_known()
    }

    /// Whatever counts slow time must know what is slow.
    fn with_slow_known(self) -> Result<Self, TariffError> {
        let is_known = self.slow != SlowRule::BelowCrossover || self.segments.iter().all(Segment::has_time);
        let counts_slow_time = match self.time {
            TimeRule::Separate(rate) => rate.basis == TimeBasis::Slow,
            TimeRule::Joint | TimeRule::Free => false,
        };
        if counts_slow_time && !is_known {
            return Err(TariffError::new(
                "slow speed",
                TariffFault::Missing(
                    "is missing: say below which speed driving is slow, since slow time has a price",
                ),
            ));
        }
        Ok(self)
    }

    /// With another charge for parts of a unit.
    #[must_use]
    pub fn with_units(self, units: Units) -> Self {
        Self { units, ..self }
    }

    /// What a started ride owes at once, in minor units.
    pub const fn initial(&self) -> Ratio {
        self.initial
    }

    /// The bounds of a ride's units, and the likely count, from totals alone, in the first segment.
    ///
    /// # Errors
    ///
    /// `PricingError::RideNegative` and `RideBeyondLimit` for a distance or duration that no ride has, `Overflow` where
    /// the units leave exact arithmetic.
    pub fn estimate_units(
        &self,
        distance: Millimetres,
        duration: Millis,
    ) -> Result<UnitsEstimate, PricingError> {
        limits::distance("distance", distance)?;
        limits::duration("duration", duration)?;
        let segment = self.segment_at(0)?;
        let by_distance = segment.distance_units(distance.get())?;
        let by_time = match self.time {
            TimeRule::Joint => segment.time_units(duration.get())?,
            TimeRule::Separate(_) | TimeRule::Free => Ratio::ZERO,
        };
        Ok(UnitsEstimate {
            low: by_distance.max(by_time),
            likely: likely_units(by_distance, by_time)?,
            high: by_distance.checked_add(by_time)?,
        })
    }

    pub(super) const fn time(&self) -> &TimeRule {
        &self.time
    }

    pub(super) const fn slow(&self) -> SlowRule {
        self.slow
    }

    pub(super) const fn units(&self) -> Units {
        self.units
    }

    pub(super) const fn counter(&self) -> UnitCounter {
        UnitCounter::new(self.initial_units)
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment in force after `travelled_mm`.
    pub(super) fn segment_at(&self, travelled_mm: i64) -> Result<&Segment, PricingError> {
        let begun = self
            .segments
            .partition_point(|segment| segment.from().get() <= travelled_mm);
        self.segments[..begun]
            .last()
            .ok_or(PricingError::ReadingOutOfRange("distance"))
    }

    /// The segments in force from `from_mm` to before `to_mm` of a ride; at least one.
    pub(super) fn segments_between(&self, from_mm: i64, to_mm: i64) -> &[Segment] {
        let begun = self
            .segments
            .partition_point(|segment| segment.from().get() <= from_mm);
        let ahead = self
            .segments
            .partition_point(|segment| segment.from().get() < to_mm);
        let first = begun.saturating_sub(1);
        self.segments
            .get(first..ahead.max(begun).max(1))
            .unwrap_or_default()
    }

    /// Whether a sample of `mm` in `ms` is slow in `segment`.
    pub(super) fn is_slow(&self, segment: &Segment, mm: i64, ms: i64) -> Result<bool, Overflow> {
        let order = self.compare_with_threshold(segment, mm, ms)?;
        Ok(match self.slow {
            SlowRule::BelowCrossover | SlowRule::Below(_) => order.is_lt(),
            SlowRule::AtOrBelow(_) => order.is_le(),
        })
    }

    /// A sample of `mm` in `ms` against the speed at which slow driving ends in `segment`.
    pub(super) fn compare_with_threshold(
        &self,
        segment: &Segment,
        mm: i64,
        ms: i64,
    ) -> Result<Ordering, Overflow> {
        match self.slow {
            SlowRule::BelowCrossover => segment.compare_with_crossover(mm, ms),
            SlowRule::Below(speed) | SlowRule::AtOrBelow(speed) => {
                Ok(limits::product(mm, 3_600_000).cmp(&limits::product(speed.0, ms)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(above: i128, below: i128) -> Ratio {
        Ratio::new(above, below).unwrap()
    }

    fn london() -> Meter {
        let near = Segment::new(Millimetres::ZERO, ratio(20, 1), ratio(117_400, 1)).unwrap();
        let far = Segment::new(Millimetres::new(9_656_100), ratio(20, 1), ratio(86_900, 1)).unwrap();
        let segments = vec![
            near.with_time(ratio(25_200, 1)).unwrap(),
            far.with_time(ratio(18_700, 1)).unwrap(),
        ];
        Meter::joint(ratio(260, 1), ratio(2, 1), segments).unwrap()
    }

    #[test]
    fn a_segment_is_in_force_from_its_first_millimetre() {
        let meter = london();
        assert_eq!(meter.segment_at(9_656_099).unwrap().from(), Millimetres::ZERO);
        assert_eq!(
            meter.segment_at(9_656_100).unwrap().from(),
            Millimetres::new(9_656_100)
        );
    }

    #[test]
    fn speed_is_compared_without_division() {
        let meter = london()
            .with_slow(SlowRule::AtOrBelow(Speed::from_kmh(10).unwrap()))
            .unwrap();
        let segment = *meter.segment_at(0).unwrap();
        assert_eq!(meter.is_slow(&segment, 10_000_000, 3_600_000), Ok(true));
        assert_eq!(meter.is_slow(&segment, 10_000_001, 3_600_000), Ok(false));
        let meter = meter
            .with_slow(SlowRule::Below(Speed::from_kmh(10).unwrap()))
            .unwrap();
        assert_eq!(meter.is_slow(&segment, 10_000_000, 3_600_000), Ok(false));
    }

    #[test]
    fn at_a_boundary_nothing_further_is_due() {
        let mut counter = UnitCounter::new(Ratio::ONE);
        assert_eq!(counter.advance(Ratio::ONE, Units::Begun), Ok(Ratio::ZERO));
        assert_eq!(counter.advance(ratio(1, 1_000), Units::Begun), Ok(Ratio::ONE));
        assert_eq!(counter.advance(ratio(999, 1_000), Units::Begun), Ok(Ratio::ZERO));
    }

    #[test]
    fn segments_ascend_from_zero_and_carry_time_where_it_is_joint() {
        let segment = |from| Segment::new(Millimetres::new(from), Ratio::ONE, ratio(1_000, 1)).unwrap();
        let distance = |segments| Meter::distance(Ratio::ONE, Ratio::ZERO, segments, Units::Begun);
        assert_eq!(distance(vec![]).unwrap_err().code(), "tariff_missing");
        assert_eq!(
            distance(vec![segment(1)]).unwrap_err().code(),
            "tariff_out_of_order"
        );
        assert_eq!(
            distance(vec![segment(0), segment(0)]).unwrap_err().code(),
            "tariff_out_of_order"
        );
        let timeless = Meter::joint(Ratio::ONE, Ratio::ZERO, vec![segment(0)]);
        assert_eq!(timeless.unwrap_err().code(), "tariff_missing");
    }
}
