//! Meter readings as JSON.

use crate::civil;
use crate::error::{WireError, parsed};
use crate::present::present;
use crate::ride::CircumstancesJson;
use fiacre_domain::pricing::{DeviationReason, MeterReading, PricingError, Slice, SpeedBand};
use fiacre_domain::units::{Millimetres, Millis};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingJson {
    tariff: String,
    tariff_version: u32,
    #[serde(deserialize_with = "present")]
    tariff_fingerprint: Option<String>,
    started: String,
    zones: Vec<String>,
    slices: Vec<SliceJson>,
    circumstances: CircumstancesJson,
    #[serde(deserialize_with = "present")]
    deviation: Option<DeviationJson>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceJson {
    at: String,
    leg: u16,
    /// Bits of the reading's zones: bit 0 is the first.
    zones: u64,
    fast_mm: i64,
    fast_ms: i64,
    slow_mm: i64,
    slow_ms: i64,
    waiting_ms: i64,
    bands: Vec<BandJson>,
}

/// Kilometres an hour, miles an hour, exactly on one, millimetres, milliseconds.
#[derive(Debug, Serialize, Deserialize)]
struct BandJson(u16, u16, bool, i64, i64);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviationJson {
    Destination,
    Stop,
    Waiting,
    Toll,
    EarlyEnd,
    DriverDetour,
    Meter,
}

impl DeviationJson {
    pub(crate) const fn of(reason: DeviationReason) -> Self {
        match reason {
            DeviationReason::Destination => Self::Destination,
            DeviationReason::Stop => Self::Stop,
            DeviationReason::Waiting => Self::Waiting,
            DeviationReason::Toll => Self::Toll,
            DeviationReason::EarlyEnd => Self::EarlyEnd,
            DeviationReason::DriverDetour => Self::DriverDetour,
            DeviationReason::Meter => Self::Meter,
        }
    }

    pub(crate) const fn into_domain(self) -> DeviationReason {
        match self {
            Self::Destination => DeviationReason::Destination,
            Self::Stop => DeviationReason::Stop,
            Self::Waiting => DeviationReason::Waiting,
            Self::Toll => DeviationReason::Toll,
            Self::EarlyEnd => DeviationReason::EarlyEnd,
            Self::DriverDetour => DeviationReason::DriverDetour,
            Self::Meter => DeviationReason::Meter,
        }
    }
}

impl ReadingJson {
    pub(crate) fn of(reading: &MeterReading) -> Self {
        let (tariff, tariff_version) = reading.tariff();
        Self {
            tariff: tariff.to_string(),
            tariff_version,
            tariff_fingerprint: reading.fingerprint().map(ToString::to_string),
            started: civil::to_text(reading.started()),
            zones: reading.zones().iter().map(ToString::to_string).collect(),
            slices: reading.slices().iter().map(SliceJson::of).collect(),
            circumstances: CircumstancesJson::of(reading.circumstances()),
            deviation: reading.deviation().map(DeviationJson::of),
        }
    }

    pub(crate) fn into_domain(self) -> Result<MeterReading, WireError> {
        let Self {
            tariff,
            tariff_version,
            tariff_fingerprint,
            started,
            zones,
            slices,
            circumstances,
            deviation,
        } = self;
        let zones = zones
            .iter()
            .map(|zone| parsed("zones", zone))
            .collect::<Result<_, _>>()?;
        let slices = slices
            .into_iter()
            .map(SliceJson::into_domain)
            .collect::<Result<_, _>>()?;
        let tariff = (parsed("reading tariff", &tariff)?, tariff_version);
        let started = civil::from_text("started", &started)?;
        let circumstances = circumstances.into_domain()?;
        let mut reading =
            MeterReading::new(tariff, started, zones, slices, circumstances).map_err(refused)?;
        if let Some(fingerprint) = tariff_fingerprint {
            reading = reading.with_fingerprint(parsed("tariff_fingerprint", &fingerprint)?);
        }
        Ok(match deviation {
            Some(reason) => reading.with_deviation(reason.into_domain()),
            None => reading,
        })
    }
}

/// Where in a receipt it is what a reading is refused for.
fn refused(error: PricingError) -> WireError {
    let place = match error {
        PricingError::ReadingIncoherent { slice, flaw } => format!(".slices[{slice}].{}", flaw.field()),
        PricingError::RideWithoutPassenger => ".circumstances.ages".to_owned(),
        PricingError::Overflow
        | PricingError::RideOutOfRange(_)
        | PricingError::ReadingOutOfRange(_)
        | PricingError::ReadingOfAnotherTariff
        | PricingError::ReadingNotCut
        | PricingError::SurgeNotRecomputable
        | PricingError::StepDoesNotFitGateway
        | PricingError::CurrencyMismatch => String::new(),
    };
    WireError::RefusedAt {
        path: format!("happened.driven{place}"),
        error,
    }
}

impl SliceJson {
    fn of(slice: &Slice) -> Self {
        let ((fast_mm, fast_ms), (slow_mm, slow_ms)) = (slice.fast(), slice.slow());
        let band = |band: &SpeedBand| {
            BandJson(
                band.kmh(),
                band.mph(),
                band.is_on_edge(),
                band.distance().get(),
                band.duration().get(),
            )
        };
        Self {
            at: civil::to_text(slice.at()),
            leg: slice.leg(),
            zones: slice.zones(),
            fast_mm: fast_mm.get(),
            fast_ms: fast_ms.get(),
            slow_mm: slow_mm.get(),
            slow_ms: slow_ms.get(),
            waiting_ms: slice.waiting().get(),
            bands: slice.bands().iter().map(band).collect(),
        }
    }

    fn into_domain(self) -> Result<Slice, WireError> {
        let Self {
            at,
            leg,
            zones,
            fast_mm,
            fast_ms,
            slow_mm,
            slow_ms,
            waiting_ms,
            bands,
        } = self;
        let band = |BandJson(kmh, mph, on_edge, mm, ms)| {
            SpeedBand::from_parts(kmh, mph, on_edge, Millimetres::new(mm), Millis::new(ms))
        };
        Ok(Slice::new(civil::from_text("slice at", &at)?, leg)
            .with_zones(zones)
            .with_fast(Millimetres::new(fast_mm), Millis::new(fast_ms))
            .with_slow(Millimetres::new(slow_mm), Millis::new(slow_ms))
            .with_waiting(Millis::new(waiting_ms))
            .with_bands(bands.into_iter().map(band).collect()))
    }
}
