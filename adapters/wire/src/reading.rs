//! Meter readings as JSON.

use crate::error::WireError;
use crate::present::present;
use crate::ride::CircumstancesDto;
use crate::text::Text;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{TariffId, ZoneId};
use fiacre_domain::pricing::{DeviationReason, MeterReading, PricingError, Slice, SpeedBand, TariffEdition};
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::{Millimetres, Millis};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingDto {
    tariff: Text<TariffId>,
    tariff_version: u32,
    tariff_fingerprint: Text<Fingerprint>,
    started: Text<CivilDateTime>,
    zones: Vec<Text<ZoneId>>,
    slices: Vec<SliceDto>,
    circumstances: CircumstancesDto,
    #[serde(deserialize_with = "present")]
    deviation: Option<DeviationDto>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceDto {
    at: Text<CivilDateTime>,
    leg: u16,
    /// Bits of the reading's zones: bit 0 is the first.
    zones: u64,
    fast_mm: i64,
    fast_ms: i64,
    slow_mm: i64,
    slow_ms: i64,
    waiting_ms: i64,
    bands: Vec<BandDto>,
}

/// Kilometres an hour, miles an hour, exactly on one, millimetres, milliseconds.
#[derive(Debug, Serialize, Deserialize)]
struct BandDto(u16, u16, bool, i64, i64);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviationDto {
    Destination,
    Stop,
    Waiting,
    Toll,
    EarlyEnd,
    DriverDetour,
    Meter,
}

impl DeviationDto {
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

impl ReadingDto {
    pub(crate) fn of(reading: &MeterReading) -> Self {
        let tariff = reading.edition();
        Self {
            tariff: Text::new(tariff.tariff()),
            tariff_version: tariff.version(),
            tariff_fingerprint: Text::new(tariff.fingerprint()),
            started: Text::new(reading.started()),
            zones: reading.zones().iter().copied().map(Text::new).collect(),
            slices: reading.slices().iter().map(SliceDto::of).collect(),
            circumstances: CircumstancesDto::of(reading.circumstances()),
            deviation: reading.deviation().map(DeviationDto::of),
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
            .into_iter()
            .map(|zone| zone.take("zones"))
            .collect::<Result<_, _>>()?;
        let slices = slices
            .into_iter()
            .map(SliceDto::into_domain)
            .collect::<Result<_, _>>()?;
        let fingerprint = tariff_fingerprint.take("tariff_fingerprint")?;
        let tariff = TariffEdition::new(tariff.take("tariff")?, tariff_version, fingerprint);
        let started = started.take("started")?;
        let circumstances = circumstances
            .into_domain()
            .map_err(|error| error.within("circumstances"))?;
        let reading = MeterReading::new(tariff, started, zones, slices, circumstances).map_err(refused)?;
        Ok(match deviation {
            Some(reason) => reading.with_deviation(reason.into_domain()),
            None => reading,
        })
    }
}

/// Where in a reading it is what it is refused for.
fn refused(error: PricingError) -> WireError {
    let path = match error {
        PricingError::ReadingIncoherent { slice, flaw } => format!("slices[{slice}].{}", flaw.field()),
        PricingError::RideWithoutPassenger => "circumstances.ages".to_owned(),
        PricingError::Overflow
        | PricingError::RideNegative(_)
        | PricingError::RideBeyondLimit { .. }
        | PricingError::SlowBeyondDuration
        | PricingError::PartsBeyondRide(_)
        | PricingError::RideOutOfCalendar
        | PricingError::ReadingOutOfRange(_)
        | PricingError::ReadingOfAnotherTariff
        | PricingError::ReadingNotCut
        | PricingError::SurgeNotRecomputable
        | PricingError::StepDoesNotFitGateway { .. }
        | PricingError::CurrencyMismatch
        | PricingError::TariffUnknown { .. }
        | PricingError::QuoteOfAnotherTariff { .. }
        | PricingError::TariffEdited { .. }
        | PricingError::QuoteNotRecomputable
        | PricingError::QuoteIncoherent(_) => String::new(),
    };
    WireError::Refused { path, error }
}

impl SliceDto {
    fn of(slice: &Slice) -> Self {
        let ((fast_mm, fast_ms), (slow_mm, slow_ms)) = (slice.fast(), slice.slow());
        let band = |band: &SpeedBand| {
            BandDto(
                band.kmh(),
                band.mph(),
                band.is_on_edge(),
                band.distance().get(),
                band.duration().get(),
            )
        };
        Self {
            at: Text::new(slice.at()),
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
        let band = |BandDto(kmh, mph, on_edge, mm, ms)| {
            SpeedBand::from_parts(kmh, mph, on_edge, Millimetres::new(mm), Millis::new(ms))
        };
        Ok(Slice::new(at.take("slices")?, leg)
            .with_zones(zones)
            .with_fast(Millimetres::new(fast_mm), Millis::new(fast_ms))
            .with_slow(Millimetres::new(slow_mm), Millis::new(slow_ms))
            .with_waiting(Millis::new(waiting_ms))
            .with_bands(bands.into_iter().map(band).collect()))
    }
}
