//! Walks a course and meters it: exact amounts, slice by slice, each at the price in force where a unit falls due.

use super::course::{Course, Piece};
use super::error::PricingError;
use super::line::LineKind;
use super::meter::{Meter, TimeBasis, TimeRule, UnitCounter, likely_units};
use super::segment::Segment;
use super::tariff::AreaEffect;
use super::waiting::{Waiting, WaitingCounter};
use super::window::WindowSet;
use super::zone::ZoneSet;
use crate::ratio::{Overflow, Ratio};

/// What a course comes to, exact, in minor units.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Walked {
    /// The initial price, where the meter ran.
    pub(super) initial: Ratio,
    pub(super) units: Ratio,
    pub(super) time: Ratio,
    pub(super) waiting: Ratio,
    /// What multipliers that depend on where or when in the ride add.
    pub(super) running: Vec<(LineKind, Ratio)>,
    /// Every window that counted at some moment.
    pub(super) ever: WindowSet,
}

/// Meters the course.
pub(super) fn walk(course: &Course<'_>) -> Result<Walked, PricingError> {
    let mut walker = Walker::new(course)?;
    let first_zones = course.pieces.first().map_or(ZoneSet::NONE, |piece| piece.zones);
    match course.flat {
        Some(flat) => {
            walker.multiply(Ratio::from(flat.price_minor()), course.open_at_start, first_zones)?;
        }
        None => walker.start_meter(course.open_at_start, first_zones)?,
    }
    for piece in &course.pieces {
        walker.take(piece)?;
    }
    Ok(walker.walked)
}

struct Walker<'c> {
    course: &'c Course<'c>,
    opening: &'c Meter,
    meter_runs: bool,
    units: UnitCounter,
    time: Option<UnitCounter>,
    waiting: Option<WaitingCounter<'c>>,
    travelled_mm: i64,
    walked: Walked,
}

impl<'c> Walker<'c> {
    fn new(course: &'c Course<'c>) -> Result<Self, PricingError> {
        let opening = course.tariff.meter_during(course.open_at_start);
        let time = match opening.time() {
            TimeRule::Separate(rate) => Some(rate.counter()?),
            TimeRule::Joint | TimeRule::Free => None,
        };
        let waiting = match &course.tariff.waiting {
            Waiting::Charged(rate) => Some(WaitingCounter::new(rate)?),
            Waiting::Metered | Waiting::Free => None,
        };
        let walked = Walked {
            initial: Ratio::ZERO,
            units: Ratio::ZERO,
            time: Ratio::ZERO,
            waiting: Ratio::ZERO,
            running: Vec::new(),
            ever: course.open_at_start,
        };
        Ok(Self {
            course,
            opening,
            meter_runs: false,
            units: opening.counter(),
            time,
            waiting,
            travelled_mm: 0,
            walked,
        })
    }

    /// A started ride owes the initial price at once.
    fn start_meter(&mut self, windows: WindowSet, zones: ZoneSet) -> Result<(), PricingError> {
        self.meter_runs = true;
        self.walked.initial = self.opening.initial();
        self.multiply(self.opening.initial(), windows, zones)
    }

    fn take(&mut self, piece: &Piece) -> Result<(), PricingError> {
        let windows = self.course.windows_at(piece.at);
        if piece.ms() > 0 {
            self.walked.ever = self.walked.ever.union(windows);
        }
        // A flat ends at the first stop: beyond it the meter runs.
        if !self.meter_runs && piece.leg > 0 && piece.distance_mm > 0 {
            self.start_meter(windows, piece.zones)?;
        }
        let meter = self.course.tariff.meter_during(windows);
        self.check_is_cut(meter, piece)?;
        let mut amount = Ratio::ZERO;
        if self.meter_runs {
            amount = self.meter(meter, piece, windows)?;
        }
        if let Some(counter) = self.waiting.as_mut().filter(|_| piece.waiting_ms > 0) {
            let waiting = counter.advance(piece.waiting_ms, piece.leg)?;
            self.walked.waiting = self.walked.waiting.checked_add(waiting)?;
            amount = amount.checked_add(waiting)?;
        }
        self.travelled_mm = self.travelled_mm.saturating_add(piece.distance_mm);
        self.multiply(amount, windows, piece.zones)
    }

    fn meter(&mut self, meter: &Meter, piece: &Piece, windows: WindowSet) -> Result<Ratio, PricingError> {
        let segment = match piece.stand_in.and_then(|place| self.course.stand_ins.get(place)) {
            Some(stand_in) => stand_in,
            None => meter.segment_at(self.travelled_mm)?,
        };
        let time_off = self.is_time_off(piece.zones);
        let metered_waiting_ms = match self.course.tariff.waiting {
            Waiting::Metered => piece.waiting_ms,
            Waiting::Free | Waiting::Charged(_) => 0,
        };
        let slow_ms = if time_off {
            0
        } else {
            piece.slow_ms.saturating_add(metered_waiting_ms)
        };
        let delta = match meter.time() {
            TimeRule::Joint if !time_off => joint_units(segment, piece, slow_ms)?,
            TimeRule::Joint | TimeRule::Separate(_) | TimeRule::Free => {
                segment.distance_units(piece.distance_mm)?
            }
        };
        let due = self.units.advance(self.scaled(delta, windows)?, meter.units())?;
        let amount = due.checked_mul(segment.price())?;
        self.walked.units = self.walked.units.checked_add(amount)?;
        let fast_ms = if time_off { 0 } else { piece.fast_ms };
        Ok(amount.checked_add(self.separate_time(meter, fast_ms, slow_ms)?)?)
    }

    /// The price of time, where it is apart from distance.
    fn separate_time(&mut self, meter: &Meter, fast_ms: i64, slow_ms: i64) -> Result<Ratio, PricingError> {
        let (TimeRule::Separate(rate), Some(counter)) = (meter.time(), &mut self.time) else {
            return Ok(Ratio::ZERO);
        };
        let counted_ms = match rate.basis() {
            TimeBasis::Slow => slow_ms,
            TimeBasis::Elapsed => slow_ms.saturating_add(fast_ms),
        };
        let due = counter.advance(rate.units_in(counted_ms)?, rate.units())?;
        let time = due.checked_mul(rate.price())?;
        self.walked.time = self.walked.time.checked_add(time)?;
        Ok(time)
    }

    fn scaled(&self, delta: Ratio, windows: WindowSet) -> Result<Ratio, Overflow> {
        let in_force = self
            .course
            .tariff
            .scales
            .iter()
            .filter(|scale| scale.during.intersects(windows));
        in_force
            .map(|scale| scale.factor)
            .try_fold(delta, Ratio::checked_mul)
    }

    fn is_time_off(&self, zones: ZoneSet) -> bool {
        self.course.tariff.areas.iter().any(|area| match area.effect {
            AreaEffect::TimeOff => area.zone.intersects(zones),
            AreaEffect::Multiply(_) => false,
        })
    }

    /// Adds what each running multiplier makes of `amount`: one after the other, windows first.
    fn multiply(&mut self, amount: Ratio, windows: WindowSet, zones: ZoneSet) -> Result<(), PricingError> {
        let tariff = self.course.tariff;
        if amount.is_zero() || (tariff.areas.is_empty() && tariff.multipliers.is_empty()) {
            return Ok(());
        }
        let mut running = amount;
        for multiplier in &tariff.multipliers {
            if tariff.schedule.is_running(multiplier.during) && multiplier.during.intersects(windows) {
                running = self.raise(LineKind::Multiplier(multiplier.id), running, multiplier.factor)?;
            }
        }
        for area in &tariff.areas {
            match area.effect {
                AreaEffect::Multiply(factor) if area.zone.intersects(zones) => {
                    running = self.raise(LineKind::Area(area.id), running, factor)?;
                }
                AreaEffect::Multiply(_) | AreaEffect::TimeOff => {}
            }
        }
        Ok(())
    }

    fn raise(&mut self, kind: LineKind, amount: Ratio, factor: Ratio) -> Result<Ratio, Overflow> {
        let raised = amount.checked_mul(factor)?;
        let added = raised.checked_sub(amount)?;
        match self.walked.running.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum = sum.checked_add(added)?,
            None => self.walked.running.push((kind, added)),
        }
        Ok(raised)
    }

    /// A piece lies in one segment and between two edges of running windows, or its price cannot be told.
    fn check_is_cut(&self, meter: &Meter, piece: &Piece) -> Result<(), PricingError> {
        let end_mm = self.travelled_mm.saturating_add(piece.distance_mm);
        let crosses = |from_mm: i64| self.travelled_mm < from_mm && from_mm < end_mm;
        let is_priced_apart = piece.stand_in.is_some();
        let crosses_segment = !is_priced_apart
            && meter
                .segments()
                .iter()
                .any(|segment| crosses(segment.from().get()));
        let until_edge_ms = self.course.tariff.schedule.until_edge_ms(piece.at);
        if crosses_segment || until_edge_ms.is_some_and(|until_ms| until_ms < piece.ms()) {
            return Err(PricingError::ReadingNotCut);
        }
        Ok(())
    }
}

/// Fast distance and slow time in one sum.
fn joint_units(segment: &Segment, piece: &Piece, slow_ms: i64) -> Result<Ratio, Overflow> {
    let by_distance = segment.distance_units(piece.fast_mm)?;
    let by_time = segment.time_units(slow_ms)?;
    if piece.is_estimated {
        likely_units(by_distance, by_time)
    } else {
        by_distance.checked_add(by_time)
    }
}
