//! A reading under another tariff than the one it was recorded with: its price lies between two bounds.
//!
//! Whole speeds, quarter-hours, stops and zones are kept exactly. What is not known is on which side of another tariff's
//! threshold some driving was (say 16.8 km/h), and how fast and slow driving lay around another tariff's segment boundary.
//!
//! ```
//! # use fiacre_domain::money::Currency;
//! # use fiacre_domain::pricing::{Circumstances, Meter, Recorder, Segment, SlowRule, Speed, Surge, Tariff};
//! # use fiacre_domain::ratio::Ratio;
//! # use fiacre_domain::units::{Millimetres, Millis};
//! # let unit = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::from(250_000))?.with_time(Ratio::from(60_000))?;
//! # let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![unit])?.with_slow(SlowRule::Below(Speed::from_mph(12)?))?;
//! # let recorded = Tariff::new("then".parse()?, 1, Currency::EUR, meter.clone());
//! # let now = Tariff::new("now".parse()?, 1, Currency::EUR, meter.with_slow(SlowRule::AtOrBelow(Speed::from_kmh(10)?))?);
//! let mut recorder = Recorder::new(&recorded, "2026-03-03T10:00".parse()?, Circumstances::new());
//! recorder.drive(Millimetres::from_metres(5_000), Millis::from_minutes(20))?;
//! let replay = now.replay(&recorder.finish()?, &Surge::NONE)?;
//! assert!(replay.is_exact(), "15 km/h is slow under one tariff, fast under the other, and certain under both");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::course::{Course, Piece};
use super::error::PricingError;
use super::limits;
use super::meter::{Meter, SlowRule, TimeBasis, TimeRule};
use super::reading::{MeterReading, Slice, SpeedBand};
use super::segment::{Bound, Segment};
use super::stages;
use super::surge::Surge;
use super::tariff::{AreaEffect, Tariff};
use super::walk::walk;
use crate::money::Money;
use crate::ratio::{Overflow, Ratio};
use std::cmp::Ordering;

/// What a reading comes to under another tariff: at least, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    low: Money,
    high: Money,
    is_exact: bool,
}

impl Replay {
    /// The least that it may come to.
    pub const fn low(&self) -> Money {
        self.low
    }

    /// The most that it may come to.
    pub const fn high(&self) -> Money {
        self.high
    }

    /// Whether both bounds meter the same in every part: only then it may settle.
    pub const fn is_exact(&self) -> bool {
        self.is_exact
    }
}

impl Tariff {
    /// What a reading that was recorded under any tariff comes to under this one.
    ///
    /// # Errors
    /// [`PricingError::ReadingNotCut`] where no bound holds: a window that opens within a quarter of an hour, or uncertain
    /// driving at prices that differ along the ride; what [`Quote::settle`](super::Quote::settle) refuses otherwise.
    pub fn replay(&self, reading: &MeterReading, surge: &Surge) -> Result<Replay, PricingError> {
        let factor = self.held_surge(surge);
        let (low, high) = bounds(self, reading)?;
        let total = |course: &Course<'_>| {
            let priced = stages::price(course, factor)?;
            Ok::<_, PricingError>(Money::new(priced.total_minor, self.currency()))
        };
        Ok(Replay {
            low: total(&low)?,
            high: total(&high)?,
            is_exact: walk(&low)? == walk(&high)?,
        })
    }
}

/// The course of a reading: as recorded under this tariff, or certain under it all the same.
pub(super) fn certain_course<'a>(
    tariff: &'a Tariff,
    reading: &'a MeterReading,
) -> Result<Course<'a>, PricingError> {
    if reading.edition() == tariff.edition() {
        return Ok(Course::driven(tariff, reading));
    }
    if reading.edition().has_the_name_of(tariff.edition()) {
        let (tariff, version) = (tariff.id(), tariff.version());
        return Err(PricingError::TariffEdited { tariff, version });
    }
    let (low, high) = bounds(tariff, reading)?;
    if walk(&low)? == walk(&high)? {
        Ok(low)
    } else {
        Err(PricingError::ReadingOfAnotherTariff)
    }
}

fn bounds<'a>(
    tariff: &'a Tariff,
    reading: &'a MeterReading,
) -> Result<(Course<'a>, Course<'a>), PricingError> {
    let mut courses = [Bound::Low, Bound::High].map(|bound| (bound, Course::driven(tariff, reading)));
    let mut certain = true;
    for (bound, course) in &mut courses {
        let mut travelled_mm = 0_i64;
        for (index, slice) in reading.slices().iter().enumerate() {
            let meter = tariff.meter_during(course.windows_at(slice.at()));
            let end_mm = travelled_mm.saturating_add(slice.distance().get());
            let segments = meter.segments_between(travelled_mm, end_mm);
            certain &= segments.len() == 1;
            let segment =
                Segment::envelope(segments, *bound).ok_or(PricingError::ReadingOutOfRange("distance"))?;
            let stand_in = (segments.len() > 1).then_some(course.stand_ins.len());
            course.stand_ins.extend(stand_in.map(|_| segment));
            let view = View {
                meter,
                segments,
                segment,
                bound: *bound,
            };
            let piece = course
                .pieces
                .get_mut(index)
                .ok_or(PricingError::ReadingOutOfRange("slices"))?;
            piece.stand_in = stand_in;
            certain &= view.classify(slice, piece)?;
            travelled_mm = end_mm;
        }
    }
    if !certain && !prices_alike(tariff) {
        return Err(PricingError::ReadingNotCut);
    }
    let [(_, low), (_, high)] = courses;
    Ok((low, high))
}

/// Whether a unit costs the same wherever it falls due, so that fewer units never cost more.
fn prices_alike(tariff: &Tariff) -> bool {
    let meters = tariff
        .rates
        .iter()
        .map(|rate| &rate.meter)
        .chain([tariff.meter()]);
    let mut prices = meters.flat_map(|meter| meter.segments().iter().map(Segment::price));
    let first = prices.next();
    let multiplies = |effect: AreaEffect| match effect {
        AreaEffect::Multiply(_) => true,
        AreaEffect::TimeOff => false,
    };
    prices.all(|price| Some(price) == first)
        && !tariff.areas.iter().any(|area| multiplies(area.effect))
        && !tariff
            .multipliers
            .iter()
            .any(|multiplier| tariff.schedule.is_running(multiplier.during))
}

/// How a slice looks under another meter.
struct View<'v> {
    meter: &'v Meter,
    /// All that may be in force in the slice.
    segments: &'v [Segment],
    /// The one that stands for them.
    segment: Segment,
    bound: Bound,
}

impl View<'_> {
    /// Sorts the slice's driving into fast and slow; tells whether there was no doubt.
    fn classify(&self, slice: &Slice, piece: &mut Piece) -> Result<bool, PricingError> {
        (piece.fast_mm, piece.fast_ms, piece.slow_ms) = (0, 0, 0);
        let mut certain = true;
        for band in slice.bands() {
            let (mm, ms) = match self.is_slow(band)? {
                Some(true) => (0, band.duration().get()),
                Some(false) => (band.distance().get(), 0),
                None => {
                    certain = false;
                    self.uncertain(band)?
                }
            };
            piece.fast_mm = piece.fast_mm.checked_add(mm).ok_or(Overflow)?;
            piece.slow_ms = piece.slow_ms.checked_add(ms).ok_or(Overflow)?;
            piece.fast_ms = piece
                .fast_ms
                .saturating_add(band.duration().get().saturating_sub(ms));
        }
        Ok(certain)
    }

    /// Whether all driving in a band is slow, fast, or not known; where it makes no difference it is fast.
    fn is_slow(&self, band: &SpeedBand) -> Result<Option<bool>, PricingError> {
        let matters = match self.meter.time() {
            TimeRule::Joint => true,
            TimeRule::Separate(rate) => rate.basis() == TimeBasis::Slow,
            TimeRule::Free => false,
        };
        if !matters {
            return Ok(Some(false));
        }
        let mut agreed = None;
        for segment in self.segments {
            let side = self.side(segment, band)?;
            if side.is_none() || (agreed.is_some() && agreed != side) {
                return Ok(None);
            }
            agreed = side;
        }
        Ok(agreed)
    }

    fn side(&self, segment: &Segment, band: &SpeedBand) -> Result<Option<bool>, PricingError> {
        const HOUR_MS: i64 = 3_600_000;
        let (slowest_mm, fastest_mm) = band.speeds_mm_per_hour();
        if band.is_on_edge() {
            return Ok(Some(self.meter.is_slow(segment, slowest_mm, HOUR_MS)?));
        }
        // Between its edges, so a threshold at an edge leaves no doubt.
        if self.meter.compare_with_threshold(segment, fastest_mm, HOUR_MS)? != Ordering::Greater {
            return Ok(Some(true));
        }
        let above = self.meter.compare_with_threshold(segment, slowest_mm, HOUR_MS)? != Ordering::Less;
        Ok(above.then_some(false))
    }

    /// Distance that counts as fast and time that counts as slow, at the bound.
    fn uncertain(&self, band: &SpeedBand) -> Result<(i64, i64), PricingError> {
        let (mm, ms) = (band.distance().get(), band.duration().get());
        if let TimeRule::Separate(_) = self.meter.time() {
            return Ok(match self.bound {
                Bound::Low => (mm, 0),
                Bound::High => (0, ms),
            });
        }
        let (slowest_mm, fastest_mm) = band.speeds_mm_per_hour();
        let at_speed = |mm_per_hour: i64| Ratio::new(limits::product(mm_per_hour, ms), 3_600_000);
        let counted_mm = match (self.bound, self.meter.slow()) {
            // At the cross-over speed both prices agree, so the dearer of the two is the least that it was.
            (Bound::Low, SlowRule::BelowCrossover) => mm,
            (Bound::Low, SlowRule::Below(_) | SlowRule::AtOrBelow(_)) => {
                whole(at_speed(slowest_mm)?.floor())?
            }
            (Bound::High, _) => whole(at_speed(fastest_mm)?.ceil())?,
        };
        let (by_distance, by_time) = (
            self.segment.distance_units(counted_mm)?,
            self.segment.time_units(ms)?,
        );
        let takes_time = match (self.bound, self.meter.slow()) {
            (Bound::Low, SlowRule::Below(_) | SlowRule::AtOrBelow(_)) => by_time < by_distance,
            (Bound::Low, SlowRule::BelowCrossover) | (Bound::High, _) => by_time > by_distance,
        };
        Ok(if takes_time { (0, ms) } else { (counted_mm, 0) })
    }
}

fn whole(exact: i128) -> Result<i64, Overflow> {
    i64::try_from(exact).map_err(|_| Overflow)
}
