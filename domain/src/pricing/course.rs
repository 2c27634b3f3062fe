//! The course of a ride, planned or driven: what the stages of pricing look at.

use super::charge::Flat;
use super::error::PricingError;
use super::limits;
use super::meter::{TimeBasis, TimeRule};
use super::reading::MeterReading;
use super::ride::{Circumstances, Ride, TOO_MANY_STOPS};
use super::segment::Segment;
use super::tariff::Tariff;
use super::window::WindowSet;
use super::zone::{ZONES_MAX, ZoneSet};
use crate::id::ZoneId;
use crate::time::{CivilDate, CivilDateTime};
use crate::units::Millis;

/// A stretch without a change of price inside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) at: CivilDateTime,
    pub(super) leg: u16,
    pub(super) zones: ZoneSet,
    /// All distance.
    pub(super) distance_mm: i64,
    /// What of it a joint meter counts.
    pub(super) fast_mm: i64,
    pub(super) fast_ms: i64,
    pub(super) slow_ms: i64,
    pub(super) waiting_ms: i64,
    /// Only totals are known: all distance is in `fast_mm`, all time in `slow_ms`, and the units are the likely ones.
    pub(super) is_estimated: bool,
    /// Where it is not known which segment's price applies: the place of a stand-in among the course's.
    pub(super) stand_in: Option<usize>,
}

impl Piece {
    const fn empty(at: CivilDateTime, leg: u16, zones: ZoneSet) -> Self {
        Self {
            at,
            leg,
            zones,
            distance_mm: 0,
            fast_mm: 0,
            fast_ms: 0,
            slow_ms: 0,
            waiting_ms: 0,
            is_estimated: false,
            stand_in: None,
        }
    }

    pub(super) const fn ms(&self) -> i64 {
        self.fast_ms
            .saturating_add(self.slow_ms)
            .saturating_add(self.waiting_ms)
    }
}

/// What is priced: pieces in order, where they lie, and the circumstances.
#[derive(Debug)]
pub(super) struct Course<'a> {
    pub(super) tariff: &'a Tariff,
    pub(super) started: CivilDateTime,
    pub(super) also_holiday: Option<CivilDate>,
    pub(super) open_at_start: WindowSet,
    pub(super) pieces: Vec<Piece>,
    pub(super) circumstances: &'a Circumstances,
    pub(super) start: ZoneSet,
    pub(super) end: ZoneSet,
    pub(super) touched: ZoneSet,
    pub(super) flat: Option<&'a Flat>,
    pub(super) stand_ins: Vec<Segment>,
}

impl<'a> Course<'a> {
    fn new(tariff: &'a Tariff, started: CivilDateTime, circumstances: &'a Circumstances) -> Self {
        let around = |zone: Option<ZoneId>| zone.map_or(ZoneSet::NONE, |zone| tariff.zones.around(zone));
        let (start, end) = (around(circumstances.start), around(circumstances.end));
        // Without a stop on the way, the first stop is the end.
        let first_stop = if circumstances.stops == 0 {
            end
        } else {
            around(circumstances.first_stop)
        };
        let also_holiday = circumstances.holiday.then_some(started.date());
        let on_the_way = circumstances.via.iter().fold(first_stop, |touched, zone| {
            touched.union(tariff.zones.around(*zone))
        });
        Self {
            tariff,
            started,
            also_holiday,
            open_at_start: tariff.schedule.active(started, also_holiday),
            pieces: Vec::new(),
            circumstances,
            start,
            end,
            touched: start.union(end).union(on_the_way),
            flat: tariff.flats.iter().find(|flat| flat.covers(start, first_stop)),
            stand_ins: Vec::new(),
        }
    }

    /// The course that totals suggest: at one speed throughout, cut where the price changes.
    pub(super) fn planned(
        tariff: &'a Tariff,
        ride: &'a Ride,
        at: CivilDateTime,
    ) -> Result<Self, PricingError> {
        ride.check()?;
        let mut course = Self::new(tariff, at, ride.circumstances());
        Planner::new(&mut course, ride).run()?;
        Ok(course)
    }

    /// The course that was driven.
    pub(super) fn driven(tariff: &'a Tariff, reading: &'a MeterReading) -> Self {
        let mut course = Self::new(tariff, reading.started(), reading.circumstances());
        let mut meaning = [ZoneSet::NONE; ZONES_MAX];
        for (set, zone) in meaning.iter_mut().zip(reading.zones()) {
            *set = tariff.zones.around(*zone);
        }
        let translate = |bits: u64| {
            let sets = meaning.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            sets.fold(ZoneSet::NONE, |zones, (_, set)| zones.union(*set))
        };
        course.pieces.extend(reading.slices().iter().map(|slice| Piece {
            at: slice.at(),
            leg: slice.leg(),
            zones: if slice.zones() == 0 {
                ZoneSet::NONE
            } else {
                translate(slice.zones())
            },
            distance_mm: slice.distance().get(),
            fast_mm: slice.fast().0.get(),
            fast_ms: slice.fast().1.get(),
            slow_ms: slice.slow().1.get(),
            waiting_ms: slice.waiting().get(),
            is_estimated: false,
            stand_in: None,
        }));
        course.touched = course
            .pieces
            .iter()
            .fold(course.touched, |touched, piece| touched.union(piece.zones));
        course
    }

    /// The windows that count at a moment of the ride.
    pub(super) fn windows_at(&self, at: CivilDateTime) -> WindowSet {
        self.tariff
            .schedule
            .counting(self.open_at_start, at, self.also_holiday)
    }

    /// All distance and all time, waiting included.
    pub(super) fn totals(&self) -> (i64, i64) {
        self.pieces
            .iter()
            .fold((0, 0), |(distance_mm, duration_ms), piece| {
                (
                    piece.distance_mm.saturating_add(distance_mm),
                    piece.ms().saturating_add(duration_ms),
                )
            })
    }
}

/// The first part of a stretch of `distance_mm` and `duration_ms` that ends no later than `until_mm` and `until_ms` (both above zero).
///
/// The stretch has one speed: what is cut by distance takes its share of time, rounded down, and the other way round.
pub(super) fn first_part(
    distance_mm: i64,
    duration_ms: i64,
    until_mm: Option<i64>,
    until_ms: Option<i64>,
) -> (i64, i64) {
    let by_distance = until_mm.filter(|until_mm| *until_mm < distance_mm);
    let by_time = until_ms.filter(|until_ms| *until_ms < duration_ms);
    match (by_distance, by_time) {
        (None, None) => (distance_mm, duration_ms),
        (Some(until_mm), None) => (until_mm, share(duration_ms, until_mm, distance_mm)),
        (None, Some(until_ms)) => (share(distance_mm, until_ms, duration_ms), until_ms),
        (Some(until_mm), Some(until_ms)) => {
            if limits::product(until_mm, duration_ms) <= limits::product(until_ms, distance_mm) {
                (until_mm, share(duration_ms, until_mm, distance_mm))
            } else {
                (share(distance_mm, until_ms, duration_ms), until_ms)
            }
        }
    }
}

/// `whole × part ÷ of`, rounded down; all at least zero and `part` at most `of`.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let exact = limits::product(whole, part).checked_div(i128::from(of.max(1)));
    exact.and_then(|exact| i64::try_from(exact).ok()).unwrap_or(whole)
}

/// Lays a ride's totals out along its course.
struct Planner<'c, 'a> {
    course: &'c mut Course<'a>,
    ride: &'a Ride,
    now: CivilDateTime,
    travelled_mm: i64,
    driven_ms: i64,
}

impl<'c, 'a> Planner<'c, 'a> {
    fn new(course: &'c mut Course<'a>, ride: &'a Ride) -> Self {
        let now = course.started;
        Self {
            course,
            ride,
            now,
            travelled_mm: 0,
            driven_ms: 0,
        }
    }

    fn run(mut self) -> Result<(), PricingError> {
        let (mut main_mm, mut main_ms) = (self.ride.distance().get(), self.ride.duration().get());
        for part in self.ride.parts() {
            // Checked with the ride: its parts are no longer than it is.
            main_mm = main_mm.saturating_sub(part.distance().get());
            main_ms = main_ms.saturating_sub(part.duration().get());
        }
        // Only a flat that ends at a stop needs to know which leg is which; legs are then taken as equal.
        let stops = i64::from(self.ride.circumstances().stops());
        let legs = if self.course.flat.is_some() {
            stops.saturating_add(1)
        } else {
            1
        };
        let mut last_leg = 0;
        for leg in 0..legs {
            let left = legs.saturating_sub(leg);
            let (distance_mm, duration_ms) = (share(main_mm, 1, left), share(main_ms, 1, left));
            last_leg = u16::try_from(leg).map_err(|_| TOO_MANY_STOPS)?;
            self.drive(distance_mm, duration_ms, ZoneSet::NONE, last_leg)?;
            main_mm = main_mm.saturating_sub(distance_mm);
            main_ms = main_ms.saturating_sub(duration_ms);
        }
        for part in self.ride.parts() {
            let zones = self.course.tariff.zones.around(part.zone());
            self.course.touched = self.course.touched.union(zones);
            self.drive(part.distance().get(), part.duration().get(), zones, last_leg)?;
        }
        self.wait(self.ride.waiting().get())
    }

    fn drive(
        &mut self,
        mut distance_mm: i64,
        mut duration_ms: i64,
        zones: ZoneSet,
        leg: u16,
    ) -> Result<(), PricingError> {
        while distance_mm > 0 || duration_ms > 0 {
            let until_mm = self.course.tariff.until_cut_mm(self.travelled_mm);
            let (part_mm, part_ms) = first_part(
                distance_mm,
                duration_ms,
                until_mm,
                self.course.tariff.schedule.until_edge_ms(self.now),
            );
            let piece = self.piece(part_mm, part_ms, zones, leg)?;
            self.course.pieces.push(piece);
            self.travelled_mm = self.travelled_mm.saturating_add(part_mm);
            self.driven_ms = self.driven_ms.saturating_add(part_ms);
            self.pass(part_ms)?;
            distance_mm = distance_mm.saturating_sub(part_mm);
            duration_ms = duration_ms.saturating_sub(part_ms);
        }
        Ok(())
    }

    /// Which of it is slow: known, or an estimate.
    fn piece(
        &self,
        distance_mm: i64,
        duration_ms: i64,
        zones: ZoneSet,
        leg: u16,
    ) -> Result<Piece, PricingError> {
        let mut piece = Piece {
            distance_mm,
            fast_mm: distance_mm,
            fast_ms: duration_ms,
            ..Piece::empty(self.now, leg, zones)
        };
        if let Some(slow) = self.ride.slow() {
            // Between two running shares, so that the pieces' slow time adds up to all of it.
            let slow_until = |driven_ms| share(slow.get(), driven_ms, self.ride.duration().get());
            let until_ms = slow_until(self.driven_ms.saturating_add(duration_ms));
            piece.slow_ms = until_ms.saturating_sub(slow_until(self.driven_ms));
            piece.fast_ms = duration_ms.saturating_sub(piece.slow_ms);
            return Ok(piece);
        }
        let meter = self.course.tariff.meter_during(self.course.windows_at(self.now));
        match meter.time() {
            TimeRule::Joint => {
                (piece.fast_ms, piece.slow_ms) = (0, duration_ms);
                piece.is_estimated = true;
            }
            TimeRule::Separate(rate) if rate.basis() == TimeBasis::Slow => {
                // The same share of the lesser: three tenths of a fast ride's time are slow.
                let segment = meter.segment_at(self.travelled_mm)?;
                let all_slow = meter.is_slow(segment, distance_mm, duration_ms)?;
                piece.slow_ms = if all_slow {
                    duration_ms
                } else {
                    share(duration_ms, 3, 10)
                };
                piece.fast_ms = duration_ms.saturating_sub(piece.slow_ms);
            }
            TimeRule::Separate(_) | TimeRule::Free => {}
        }
        Ok(piece)
    }

    fn wait(&mut self, waiting_ms: i64) -> Result<(), PricingError> {
        let stops = self.ride.circumstances().stops();
        let (first, places) = if stops == 0 { (0, 1) } else { (1, i64::from(stops)) };
        let mut left_ms = waiting_ms;
        for (stop, places_left) in (first..).zip((1..=places).rev()) {
            let mut here_ms = share(left_ms, 1, places_left);
            left_ms = left_ms.saturating_sub(here_ms);
            while here_ms > 0 {
                let until_ms = self.course.tariff.schedule.until_edge_ms(self.now);
                let (_, part_ms) = first_part(0, here_ms, None, until_ms);
                let waiting = Piece {
                    waiting_ms: part_ms,
                    ..Piece::empty(self.now, stop, ZoneSet::NONE)
                };
                self.course.pieces.push(waiting);
                self.pass(part_ms)?;
                here_ms = here_ms.saturating_sub(part_ms);
            }
        }
        Ok(())
    }

    fn pass(&mut self, duration_ms: i64) -> Result<(), PricingError> {
        self.now = self
            .now
            .plus(Millis::new(duration_ms))
            .ok_or(PricingError::RideOutOfCalendar)?;
        Ok(())
    }
}
