//! What was driven: ordered slices, from which the tariff in force computes the price again, exactly, without a trace.
//!
//! ```
//! use fiacre_domain::pricing::{Slice, SpeedBand};
//! use fiacre_domain::units::{Millimetres, Millis};
//! let slice = Slice::new("2018-07-03T10:00".parse()?, 0)
//!     .with_fast(Millimetres::from_metres(8_046), Millis::from_minutes(15))
//!     .with_slow(Millimetres::ZERO, Millis::from_minutes(5));
//! assert_eq!(slice.duration(), Millis::from_minutes(20));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::coherence;
use super::edition::TariffEdition;
use super::error::PricingError;
use super::limits;
use super::ride::{CIRCUMSTANCES_MAX, Circumstances, STOPS_MAX};
use crate::id::ZoneId;
use crate::time::CivilDateTime;
use crate::units::{Millimetres, Millis};
use crate::{canonical_enum, canonical_struct};

/// How many slices a reading may have: a quarter of an hour each, 42 days.
pub const SLICES_MAX: usize = 4_096;

/// Driving between two neighbouring edges of whole kilometres and whole miles an hour, or exactly on one.
///
/// Another tariff's threshold at a whole speed falls on an edge, so bands replay under it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpeedBand {
    kmh: u16,
    mph: u16,
    on_edge: bool,
    distance: Millimetres,
    duration: Millis,
}
canonical_struct!(SpeedBand {
    kmh,
    mph,
    on_edge,
    distance,
    duration
});

impl SpeedBand {
    /// The band of a sample: `distance` in `duration`, by integer cross-multiplication.
    pub fn of(distance: Millimetres, duration: Millis) -> Self {
        let driven = limits::product(distance.get(), 3_600_000);
        let whole = |unit_mm: i64| {
            let edge = limits::product(duration.get().max(1), unit_mm);
            let whole = driven.checked_div(edge).map(u16::try_from);
            match whole {
                Some(Ok(whole)) if duration > Millis::ZERO => (whole, driven.checked_rem(edge) == Some(0)),
                // Faster than can be counted, as everything is in no time.
                Some(Ok(_) | Err(_)) | None => (u16::MAX, false),
            }
        };
        let ((kmh, on_kmh), (mph, on_mph)) = (whole(1_000_000), whole(1_609_344));
        Self {
            kmh,
            mph,
            on_edge: on_kmh || on_mph,
            distance,
            duration,
        }
    }

    /// A band as it was stored.
    pub const fn from_parts(
        kmh: u16,
        mph: u16,
        on_edge: bool,
        distance: Millimetres,
        duration: Millis,
    ) -> Self {
        Self {
            kmh,
            mph,
            on_edge,
            distance,
            duration,
        }
    }

    /// Whole kilometres an hour, cut.
    pub const fn kmh(&self) -> u16 {
        self.kmh
    }

    /// Whole miles an hour, cut.
    pub const fn mph(&self) -> u16 {
        self.mph
    }

    /// Whether the speed was exactly one of the two.
    pub const fn is_on_edge(&self) -> bool {
        self.on_edge
    }

    /// How far.
    pub const fn distance(&self) -> Millimetres {
        self.distance
    }

    /// How long.
    pub const fn duration(&self) -> Millis {
        self.duration
    }

    /// The speeds between which it lies, in millimetres an hour; equal where it is on an edge.
    pub(super) fn speeds_mm_per_hour(&self) -> (i64, i64) {
        let (kmh_mm, mph_mm) = (1_000_000, 1_609_344);
        let (kmh, mph) = (i64::from(self.kmh), i64::from(self.mph));
        let slowest = kmh.saturating_mul(kmh_mm).max(mph.saturating_mul(mph_mm));
        if self.on_edge {
            return (slowest, slowest);
        }
        // Faster than can be counted: no upper edge.
        let next = |whole: u16, unit_mm: i64| {
            whole
                .checked_add(1)
                .map_or(i64::MAX, |next| i64::from(next).saturating_mul(unit_mm))
        };
        (slowest, next(self.kmh, kmh_mm).min(next(self.mph, mph_mm)))
    }

    /// Whether its distance and time, each up to `off_by` away, are of a speed of the band.
    pub(super) fn agrees_with_its_speed(&self, off_by: i64) -> bool {
        const HOUR_MS: i128 = 3_600_000;
        let (slowest, fastest) = self.speeds_mm_per_hour();
        let [mm, ms, off_by] = [self.distance.get(), self.duration.get(), off_by].map(i128::from);
        // 64 bits and one, times 64 bits: nothing is cut off in 128.
        let product = |left: i128, right: i128| left.saturating_mul(right);
        let is_fast_enough = product(mm.saturating_add(off_by), HOUR_MS)
            >= product(i128::from(slowest), ms.saturating_sub(off_by));
        let is_slow_enough = product(mm.saturating_sub(off_by), HOUR_MS)
            <= product(i128::from(fastest), ms.saturating_add(off_by));
        slowest <= fastest && is_fast_enough && is_slow_enough
    }

    pub(super) const fn key(&self) -> (u16, u16, bool) {
        (self.kmh, self.mph, self.on_edge)
    }

    pub(super) const fn grow(&mut self, distance_mm: i64, duration_ms: i64) {
        self.distance = self.distance.saturating_add(Millimetres::new(distance_mm));
        self.duration = self.duration.saturating_add(Millis::new(duration_ms));
    }
}

/// A stretch of a ride between two cuts: quarter-hours, stops, zones, and the distances and times at which the tariff's
/// price changes. Every millisecond is fast, slow or waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    at: CivilDateTime,
    leg: u16,
    zones: u64,
    fast: (Millimetres, Millis),
    slow: (Millimetres, Millis),
    waiting: Millis,
    bands: Vec<SpeedBand>,
}
canonical_struct!(Slice {
    at,
    leg,
    zones,
    fast,
    slow,
    waiting,
    bands
});

impl Slice {
    /// From local time `at`, after `leg` stops (0: since the pick-up). Waiting in it is at that stop.
    pub const fn new(at: CivilDateTime, leg: u16) -> Self {
        Self {
            at,
            leg,
            zones: 0,
            fast: (Millimetres::ZERO, Millis::ZERO),
            slow: (Millimetres::ZERO, Millis::ZERO),
            waiting: Millis::ZERO,
            bands: Vec::new(),
        }
    }

    /// Inside those of the reading's zones whose bit is set.
    #[must_use]
    pub fn with_zones(self, zones: u64) -> Self {
        Self { zones, ..self }
    }

    /// With fast driving.
    #[must_use]
    pub fn with_fast(self, distance: Millimetres, duration: Millis) -> Self {
        Self {
            fast: (distance, duration),
            ..self
        }
    }

    /// With slow driving, standing in traffic included.
    #[must_use]
    pub fn with_slow(self, distance: Millimetres, duration: Millis) -> Self {
        Self {
            slow: (distance, duration),
            ..self
        }
    }

    /// With waiting at the stop.
    #[must_use]
    pub fn with_waiting(self, waiting: Millis) -> Self {
        Self { waiting, ..self }
    }

    /// With the same driving by bands of speed.
    #[must_use]
    pub fn with_bands(self, bands: Vec<SpeedBand>) -> Self {
        Self { bands, ..self }
    }

    /// The local time at which it begins.
    pub const fn at(&self) -> CivilDateTime {
        self.at
    }

    /// Stops before it.
    pub const fn leg(&self) -> u16 {
        self.leg
    }

    /// Bits of the reading's zones.
    pub const fn zones(&self) -> u64 {
        self.zones
    }

    /// Fast driving: distance and time.
    pub const fn fast(&self) -> (Millimetres, Millis) {
        self.fast
    }

    /// Slow driving: distance and time.
    pub const fn slow(&self) -> (Millimetres, Millis) {
        self.slow
    }

    /// Waiting at the stop.
    pub const fn waiting(&self) -> Millis {
        self.waiting
    }

    /// The driving by bands of speed, slowest first.
    pub fn bands(&self) -> &[SpeedBand] {
        &self.bands
    }

    /// All distance.
    pub const fn distance(&self) -> Millimetres {
        self.fast.0.saturating_add(self.slow.0)
    }

    /// All time.
    pub const fn duration(&self) -> Millis {
        self.fast
            .1
            .saturating_add(self.slow.1)
            .saturating_add(self.waiting)
    }

    pub(super) fn drive(&mut self, is_slow: bool, mm: i64, ms: i64) {
        let part = if is_slow { &mut self.slow } else { &mut self.fast };
        part.0 = part.0.saturating_add(Millimetres::new(mm));
        part.1 = part.1.saturating_add(Millis::new(ms));
    }

    pub(super) fn band(&mut self, sample: SpeedBand, mm: i64, ms: i64) {
        match self.bands.binary_search_by_key(&sample.key(), SpeedBand::key) {
            Ok(found) => self.bands[found].grow(mm, ms),
            Err(place) => {
                let (kmh, mph, on_edge) = sample.key();
                let band = SpeedBand::from_parts(kmh, mph, on_edge, Millimetres::new(mm), Millis::new(ms));
                self.bands.insert(place, band);
            }
        }
    }

    pub(super) fn wait(&mut self, ms: i64) {
        self.waiting = self.waiting.saturating_add(Millis::new(ms));
    }

    fn check(&self) -> Result<(), PricingError> {
        let out_of_range = |_| PricingError::ReadingOutOfRange("slice");
        for (distance, duration) in [self.fast, self.slow] {
            limits::distance("slice", distance).map_err(out_of_range)?;
            limits::duration("slice", duration).map_err(out_of_range)?;
        }
        limits::duration("slice", self.waiting).map_err(out_of_range)
    }
}

/// Why a settlement may differ from the quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviationReason {
    /// The rider changed the destination.
    Destination,
    /// The rider added a stop.
    Stop,
    /// The rider let the driver wait.
    Waiting,
    /// A toll that the quote did not know.
    Toll,
    /// The rider ended the ride early.
    EarlyEnd,
    /// The driver took a detour of their own: not charged.
    DriverDetour,
    /// Nothing but the meter: traffic, or another way.
    Meter,
}
canonical_enum!(DeviationReason {
    0 = Destination,
    1 = Stop,
    2 = Waiting,
    3 = Toll,
    4 = EarlyEnd,
    5 = DriverDetour,
    6 = Meter,
});

/// What was driven, under which tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReading {
    tariff: TariffEdition,
    started: CivilDateTime,
    zones: Vec<ZoneId>,
    slices: Vec<Slice>,
    circumstances: Circumstances,
    deviation: Option<DeviationReason>,
}
canonical_struct!(MeterReading {
    tariff,
    started,
    zones,
    slices,
    circumstances,
    deviation,
});

impl MeterReading {
    /// A reading of a ride that started at local time `started`, recorded under `tariff`. `zones` are what the bits of
    /// the slices' zones mean. Refused: more than [`SLICES_MAX`] slices, quantities below zero or beyond any ride, nobody who
    /// rides, and a slice that no recorder writes ([`ReadingFlaw`](super::ReadingFlaw)).
    ///
    /// # Errors
    ///
    /// `PricingError::ReadingOutOfRange` with the field that is negative, out of order or beyond its limit,
    /// `ReadingIncoherent` with the slice that no recorder writes; `RideBeyondLimit` and `RideWithoutPassenger` for
    /// circumstances that no ride has.
    pub fn new(
        tariff: TariffEdition,
        started: CivilDateTime,
        zones: Vec<ZoneId>,
        slices: Vec<Slice>,
        circumstances: Circumstances,
    ) -> Result<Self, PricingError> {
        if slices.len() > SLICES_MAX {
            return Err(PricingError::ReadingOutOfRange("slices"));
        }
        if zones.len() > CIRCUMSTANCES_MAX {
            return Err(PricingError::ReadingOutOfRange("zones"));
        }
        circumstances.check()?;
        for slice in &slices {
            slice.check()?;
            if slice.leg > circumstances.stops || slice.leg > STOPS_MAX {
                return Err(PricingError::ReadingOutOfRange("leg"));
            }
            if zones.len() < CIRCUMSTANCES_MAX && slice.zones >> zones.len() != 0 {
                return Err(PricingError::ReadingOutOfRange("zone"));
            }
        }
        if !slices.is_sorted_by_key(|slice| slice.leg) {
            return Err(PricingError::ReadingOutOfRange("leg"));
        }
        let reading = Self {
            tariff,
            started,
            zones,
            slices,
            circumstances,
            deviation: None,
        };
        reading.check_totals()?;
        coherence::check(reading.started, &reading.slices)?;
        Ok(reading)
    }

    /// With the reason that someone gave for a deviation from the quote.
    #[must_use]
    pub fn with_deviation(self, reason: DeviationReason) -> Self {
        Self {
            deviation: Some(reason),
            ..self
        }
    }

    /// Which tariff was in force.
    pub const fn edition(&self) -> TariffEdition {
        self.tariff
    }

    /// The local time of the start.
    pub const fn started(&self) -> CivilDateTime {
        self.started
    }

    /// What the bits of the slices' zones mean.
    pub fn zones(&self) -> &[ZoneId] {
        &self.zones
    }

    /// The slices in order.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// Everything beside distance and time.
    pub const fn circumstances(&self) -> &Circumstances {
        &self.circumstances
    }

    /// The reason that someone gave for a deviation.
    pub const fn deviation(&self) -> Option<DeviationReason> {
        self.deviation
    }

    /// All distance.
    pub fn distance(&self) -> Millimetres {
        self.slices.iter().fold(Millimetres::ZERO, |sum, slice| {
            sum.saturating_add(slice.distance())
        })
    }

    /// All time, waiting included.
    pub fn duration(&self) -> Millis {
        self.slices
            .iter()
            .fold(Millis::ZERO, |sum, slice| sum.saturating_add(slice.duration()))
    }

    /// All waiting.
    pub fn waiting(&self) -> Millis {
        self.slices
            .iter()
            .fold(Millis::ZERO, |sum, slice| sum.saturating_add(slice.waiting))
    }

    fn check_totals(&self) -> Result<(), PricingError> {
        limits::distance("distance", self.distance())
            .map_err(|_| PricingError::ReadingOutOfRange("distance"))?;
        limits::duration("duration", self.duration()).map_err(|_| PricingError::ReadingOutOfRange("duration"))
    }
}
