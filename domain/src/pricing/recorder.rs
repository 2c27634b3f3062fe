//! Records what is driven, sample by sample, as a [`MeterReading`]: no trace is kept.
//!
//! ```
//! # use fiacre_domain::money::Currency;
//! # use fiacre_domain::pricing::{Meter, Segment, Tariff};
//! # use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::pricing::{Circumstances, Recorder};
//! use fiacre_domain::units::{Millimetres, Millis};
//! # let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! # let tariff = Tariff::new("nyc".parse()?, 1, Currency::USD, Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?);
//! let mut recorder = Recorder::new(&tariff, "2018-07-03T10:10".parse()?, Circumstances::new());
//! recorder.drive(Millimetres::from_metres(4_000), Millis::from_minutes(10))?;
//! let reading = recorder.finish()?;
//! assert_eq!(reading.slices().len(), 2, "cut at 10:15");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::coherence::QUARTER_HOUR_MS;
use super::course::first_part;
use super::error::PricingError;
use super::limits;
use super::reading::{DeviationReason, MeterReading, SLICES_MAX, Slice, SpeedBand};
use super::ride::{CIRCUMSTANCES_MAX, Circumstances, STOPS_MAX, TOO_MANY_STOPS, TOO_MANY_ZONES, Toll};
use super::tariff::Tariff;
use crate::id::ZoneId;
use crate::time::{CivilDate, CivilDateTime};
use crate::units::{Millimetres, Millis};

/// Builds a reading under the tariff in force.
#[derive(Debug, Clone)]
pub struct Recorder<'t> {
    tariff: &'t Tariff,
    started: CivilDateTime,
    also_holiday: Option<CivilDate>,
    now: CivilDateTime,
    travelled_mm: i64,
    leg: u16,
    zones: Vec<ZoneId>,
    inside: u64,
    slices: Vec<Slice>,
    /// The next sample begins a slice of its own.
    is_cut: bool,
    circumstances: Circumstances,
    deviation: Option<DeviationReason>,
}

impl<'t> Recorder<'t> {
    /// Starts at local time `started`. Of the circumstances asked for, stops and tolls are counted anew as they happen.
    pub fn new(tariff: &'t Tariff, started: CivilDateTime, asked: Circumstances) -> Self {
        Self {
            tariff,
            started,
            also_holiday: asked.is_holiday().then_some(started.date()),
            now: started,
            travelled_mm: 0,
            leg: 0,
            zones: Vec::new(),
            inside: 0,
            slices: Vec::new(),
            is_cut: true,
            circumstances: Circumstances {
                stops: 0,
                first_stop: None,
                tolls: Box::default(),
                ..asked
            },
            deviation: None,
        }
    }

    /// By a car that knows where the tariff's zones lie: of those on the way only the ones that it [enters](Self::enter) count
    /// from now on, not those asked for.
    #[must_use]
    pub fn zones_as_driven(self) -> Self {
        let circumstances = Circumstances {
            via: Box::default(),
            ..self.circumstances
        };
        Self {
            circumstances,
            ..self
        }
    }

    /// `distance` more in `duration` more, at one speed: slow or fast by integer cross-multiplication. A distance in no time
    /// is fast.
    ///
    /// # Errors
    ///
    /// `PricingError::RideNegative` and `RideBeyondLimit` for a distance or duration that no ride has,
    /// `RideOutOfCalendar` where time runs out of the years, `ReadingOutOfRange` where the reading has no room for a further
    /// slice, `Overflow` where the sum leaves its range.
    pub fn drive(&mut self, distance: Millimetres, duration: Millis) -> Result<(), PricingError> {
        limits::distance("distance", distance)?;
        limits::duration("duration", duration)?;
        let sample = SpeedBand::of(distance, duration);
        let (mut distance_mm, mut duration_ms) = (distance.get(), duration.get());
        while distance_mm > 0 || duration_ms > 0 {
            let until_mm = self.tariff.until_cut_mm(self.travelled_mm);
            let (part_mm, part_ms) =
                first_part(distance_mm, duration_ms, until_mm, Some(self.until_cut_ms()));
            let is_slow = self.is_slow(distance, duration)?;
            let slice = self.slice()?;
            slice.drive(is_slow, part_mm, part_ms);
            slice.band(sample, part_mm, part_ms);
            self.is_cut = until_mm == Some(part_mm);
            self.travelled_mm = self.travelled_mm.saturating_add(part_mm);
            limits::distance("distance", Millimetres::new(self.travelled_mm))?;
            self.pass(part_ms)?;
            distance_mm = distance_mm.saturating_sub(part_mm);
            duration_ms = duration_ms.saturating_sub(part_ms);
        }
        Ok(())
    }

    /// Waiting at the stop reached last, or at the pick-up.
    ///
    /// # Errors
    ///
    /// `PricingError::RideNegative` and `RideBeyondLimit` for a time that no ride has, `RideOutOfCalendar` where time
    /// runs out of the years, `ReadingOutOfRange` where the reading has no room for a further slice.
    pub fn wait(&mut self, waiting: Millis) -> Result<(), PricingError> {
        limits::duration("waiting", waiting)?;
        let mut left_ms = waiting.get();
        while left_ms > 0 {
            let (_, part_ms) = first_part(0, left_ms, None, Some(self.until_cut_ms()));
            self.slice()?.wait(part_ms);
            self.is_cut = false;
            self.pass(part_ms)?;
            left_ms = left_ms.saturating_sub(part_ms);
        }
        Ok(())
    }

    /// A stop on the way, in a zone if it is known.
    ///
    /// # Errors
    ///
    /// `PricingError::RideBeyondLimit` beyond 255 stops.
    pub fn stop(&mut self, zone: Option<ZoneId>) -> Result<(), PricingError> {
        if self.leg >= STOPS_MAX {
            return Err(TOO_MANY_STOPS);
        }
        if self.leg == 0 {
            self.circumstances.first_stop = zone;
        }
        self.leg = self.leg.saturating_add(1);
        self.circumstances.stops = self.leg;
        self.is_cut = true;
        Ok(())
    }

    /// Into a zone.
    ///
    /// # Errors
    ///
    /// `PricingError::RideBeyondLimit` beyond the zones that a reading can hold.
    pub fn enter(&mut self, zone: ZoneId) -> Result<(), PricingError> {
        let known = self.zones.iter().position(|other| *other == zone);
        let place = known.unwrap_or(self.zones.len());
        if known.is_none() {
            if place >= CIRCUMSTANCES_MAX {
                return Err(TOO_MANY_ZONES);
            }
            self.zones.push(zone);
        }
        self.inside |= 1 << place;
        self.is_cut = true;
        Ok(())
    }

    /// Out of a zone.
    pub fn leave(&mut self, zone: ZoneId) {
        if let Some(known) = self.zones.iter().position(|other| *other == zone) {
            self.inside &= !(1 << known);
            self.is_cut = true;
        }
    }

    /// A toll was paid.
    pub fn pay_toll(&mut self, toll: Toll) {
        let tolls = std::mem::take(&mut self.circumstances.tolls);
        self.circumstances.tolls = tolls.into_iter().chain([toll]).collect();
    }

    /// The clock on the wall was put to another local time: summer time began or ended. Before anything is recorded, the ride
    /// starts at that time instead. [`Recorder::finish`] takes one change, of half an hour, an hour or two.
    pub fn set_clock(&mut self, now: CivilDateTime) {
        if self.slices.is_empty() {
            self.started = now;
            self.also_holiday = self.also_holiday.map(|_| now.date());
        }
        self.now = now;
        self.is_cut = true;
    }

    /// Somebody gave a reason why the ride is not as quoted.
    pub fn deviate(&mut self, reason: DeviationReason) {
        self.deviation = Some(reason);
    }

    /// The ride ends in another zone than asked for.
    pub fn end_in(&mut self, zone: Option<ZoneId>) {
        self.circumstances.end = zone;
    }

    /// The reading.
    ///
    /// # Errors
    ///
    /// Those of [`MeterReading::new`]: what was driven in all is more than one ride, nobody rode, or there were more tolls than a
    /// ride has.
    pub fn finish(self) -> Result<MeterReading, PricingError> {
        let edition = self.tariff.edition();
        let reading = MeterReading::new(edition, self.started, self.zones, self.slices, self.circumstances)?;
        Ok(match self.deviation {
            Some(reason) => reading.with_deviation(reason),
            None => reading,
        })
    }

    fn is_slow(&self, distance: Millimetres, duration: Millis) -> Result<bool, PricingError> {
        let schedule = &self.tariff.schedule;
        let open_at_start = schedule.active(self.started, self.also_holiday);
        let windows = schedule.counting(open_at_start, self.now, self.also_holiday);
        let meter = self.tariff.meter_during(windows);
        let segment = meter.segment_at(self.travelled_mm)?;
        Ok(meter.is_slow(segment, distance.get(), duration.get())?)
    }

    fn until_cut_ms(&self) -> i64 {
        let quarter_ms = QUARTER_HOUR_MS.saturating_sub(i64::from(self.now.time().ms()) % QUARTER_HOUR_MS);
        self.tariff
            .schedule
            .until_edge_ms(self.now)
            .map_or(quarter_ms, |edge_ms| edge_ms.min(quarter_ms))
    }

    fn slice(&mut self) -> Result<&mut Slice, PricingError> {
        if self.is_cut || self.slices.is_empty() {
            if self.slices.len() >= SLICES_MAX {
                return Err(PricingError::ReadingOutOfRange("slices"));
            }
            self.slices
                .push(Slice::new(self.now, self.leg).with_zones(self.inside));
        }
        self.slices
            .last_mut()
            .ok_or(PricingError::ReadingOutOfRange("slices"))
    }

    fn pass(&mut self, duration_ms: i64) -> Result<(), PricingError> {
        self.is_cut |= duration_ms == self.until_cut_ms();
        self.now = self
            .now
            .plus(Millis::new(duration_ms))
            .ok_or(PricingError::RideOutOfCalendar)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_car_with_a_map_counts_the_zones_that_it_drives_through_and_no_others() {
        let [asked, driven]: [ZoneId; 2] = ["asked", "driven"].map(|name| name.parse().unwrap());
        let tariff = fixture::tariff(1);
        let recorder = Recorder::new(
            &tariff,
            "2018-07-03T10:00".parse().unwrap(),
            Circumstances::new().starting_in(asked).through(asked),
        );
        let read = |mut recorder: Recorder<'_>| {
            recorder.enter(driven).unwrap();
            let distance = Millimetres::from_metres(1_000);
            recorder.drive(distance, Millis::from_minutes(2)).unwrap();
            recorder.finish().unwrap()
        };
        let blind = read(recorder.clone());
        assert_eq!(
            (blind.circumstances().via(), blind.zones()),
            (&[asked][..], &[driven][..])
        );
        let mapped = read(recorder.zones_as_driven());
        assert_eq!(
            (mapped.circumstances().via(), mapped.zones()),
            (&[][..], &[driven][..])
        );
        assert_eq!(
            mapped.circumstances().start(),
            Some(asked),
            "a pick-up is where it is"
        );
    }
}
