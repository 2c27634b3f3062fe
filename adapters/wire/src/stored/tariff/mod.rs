//! Tariffs, and what happens on `tariff-{id}`.
//!
//! A tariff's fields are private to the domain: its shape is read from its canonical bytes, and one that was made
//! from a shape must have the canonical bytes that the shape was read from.

mod build;
mod fees;

use super::dto::{Dto, stored_names};
use super::error::StoredError;
use super::events::stored_events;
use super::personal::{Reading, Writing};
use crate::canonical;
use crate::present::present;
use crate::text::Text;
use fiacre_domain::canonical::Canonical;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{AuthorityId, ChargeId, ExtraId, FunderId, PrincipalId, TariffId, WindowId, ZoneId};
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    DecidedBy, FeeBase, FeePayer, HolidayRule, Publication, Tariff, TariffEvent, TaxMode, TaxScope,
    TimeBasis, Units,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use serde::{Deserialize, Serialize};

stored_events!(TariffEventDto = TariffEvent {
    "TariffPublished" 1: Published(publication: Box<PublicationDto>),
});

stored_names!(
    UnitsDto = Units {
        Begun,
        Completed,
        ProRata
    }
);
stored_names!(TimeBasisDto = TimeBasis { Elapsed, Slow });
stored_names!(HolidayRuleDto = HolidayRule { Any, Except, Only });
stored_names!(DecidedByDto = DecidedBy { Start, Running });
stored_names!(TaxModeDto = TaxMode { Added, Included });
stored_names!(TaxScopeDto = TaxScope { Line, Sum });
stored_names!(FeeBaseDto = FeeBase { BaseFare, Total });
stored_names!(
    FeePayerDto = FeePayer {
        Rider,
        Driver,
        Platform
    }
);
stored_names!(
    RoundingRuleDto = Rounding {
        HalfUp,
        HalfEven,
        Ceiling,
        Floor
    }
);

/// Structs that are named and read like those of the domain whose canonical bytes they are.
macro_rules! shapes {
    ($($name:ident { $($(#[$attr:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$attr])* pub(super) $field: $ty),*
        }
    )*};
}

shapes! {
    CurrencyDto { code: Text<Currency>, exponent: u8 }
    DateDto { year: i16, month: u8, day: u8 }
    ZoneDto { id: Text<ZoneId>, around: u64 }
    SpanDto {
        weekdays: u8,
        from_ms: u32,
        length_ms: u32,
        holidays: HolidayRuleDto,
        first: DateDto,
        last: DateDto,
    }
    WindowDto { id: Text<WindowId>, decided_by: DecidedByDto, spans: Vec<SpanDto> }
    ScheduleDto {
        windows: Vec<WindowDto>,
        holidays: Vec<DateDto>,
        running: u32,
        edges_ms: Vec<u32>,
    }
    SegmentDto {
        from_mm: i64,
        price: Text<Ratio>,
        unit_mm: Text<Ratio>,
        #[serde(deserialize_with = "present")]
        unit_ms: Option<Text<Ratio>>,
    }
    TimeRateDto {
        price: Text<Ratio>,
        unit_ms: Text<Ratio>,
        included_ms: i64,
        units: UnitsDto,
        basis: TimeBasisDto,
    }
    MeterDto {
        initial: Text<Ratio>,
        initial_units: Text<Ratio>,
        segments: Vec<SegmentDto>,
        slow: SlowRuleDto,
        time: TimeRuleDto,
        units: UnitsDto,
    }
    RateDto { during: u32, meter: MeterDto }
    ScaleDto { during: u32, factor: Text<Ratio> }
    MultiplierDto { id: Text<WindowId>, during: u32, factor: Text<Ratio> }
    AreaDto { id: Text<ZoneId>, zone: u64, effect: AreaEffectDto }
    FlatDto { id: Text<ChargeId>, from: u64, to: u64, price_minor: i64, charges: Vec<Text<ChargeId>> }
    ConditionDto {
        start: u64,
        end: u64,
        touched: u64,
        not_start: u64,
        not_end: u64,
        not_touched: u64,
        #[serde(deserialize_with = "present")]
        extra: Option<Text<ExtraId>>,
    }
    AgesDto { youngest: u8, oldest: u8 }
    ChargeDto {
        id: Text<ChargeId>,
        amount: ChargeAmountDto,
        #[serde(deserialize_with = "present")]
        during: Option<u32>,
        condition: ConditionDto,
        traits: TraitsDto,
        passed_through: bool,
        flat_only: bool,
    }
    WaitingRateDto { price: Text<Ratio>, unit_ms: Text<Ratio>, units: UnitsDto, grace: GraceDto }
    DiscountDto {
        id: Text<ChargeId>,
        on: u8,
        above_minor: i64,
        share_bps: i32,
        rounding: StageRoundingDto,
        rank: u16,
        #[serde(deserialize_with = "present")]
        funder: Option<Text<FunderId>>,
    }
    TaxDto {
        id: Text<ChargeId>,
        authority: Text<AuthorityId>,
        rate: Text<Ratio>,
        mode: TaxModeDto,
        scope: TaxScopeDto,
        rounding: StageRoundingDto,
    }
    StageRoundingDto { step_minor: i64, rule: RoundingRuleDto }
    RoundingPlanDto {
        meter: StageRoundingDto,
        multipliers: StageRoundingDto,
        surge: StageRoundingDto,
        total: StageRoundingDto,
    }
    SettlementDto { up_bps: i32, down_bps: i32, cap_bps: i32, cap_fixed_minor: i64 }
    FeeRuleDto {
        fixed_minor: i64,
        share_bps: i32,
        of: FeeBaseDto,
        #[serde(deserialize_with = "present")]
        cap_minor: Option<i64>,
        #[serde(deserialize_with = "present")]
        free_for_ms: Option<i64>,
        rounding: StageRoundingDto,
        driver_share_bps: i32,
        payer: FeePayerDto,
    }
    RateCardDto {
        base_minor: i64,
        distance_price: Text<Ratio>,
        distance_unit_mm: Text<Ratio>,
        time_price: Text<Ratio>,
        time_unit_ms: Text<Ratio>,
    }
    PayDto {
        version: u32,
        rule: PayRuleDto,
        #[serde(deserialize_with = "present")]
        floor: Option<RateCardDto>,
        rounding: StageRoundingDto,
    }
    TariffDto {
        id: Text<TariffId>,
        version: u32,
        currency: CurrencyDto,
        zones: Vec<ZoneDto>,
        schedule: ScheduleDto,
        meter: MeterDto,
        rates: Vec<RateDto>,
        scales: Vec<ScaleDto>,
        multipliers: Vec<MultiplierDto>,
        areas: Vec<AreaDto>,
        flats: Vec<FlatDto>,
        charges: Vec<ChargeDto>,
        waiting: WaitingDto,
        minimum_minor: i64,
        #[serde(deserialize_with = "present")]
        cap_minor: Option<i64>,
        discounts: Vec<DiscountDto>,
        taxes: Vec<TaxDto>,
        rounding: RoundingPlanDto,
        surge_min_bps: i32,
        surge_max_bps: i32,
        settlement: SettlementDto,
        /// Stage by stage (searching, assigned, arrived, no show), of each by fault (rider, driver, platform).
        cancellation: [Option<FeeRuleDto>; 12],
        pay: PayDto,
        gateway_step_minor: i64,
        cuts_mm: Vec<i64>,
    }
}

/// What each line asks, as four flags.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent questions that each stage asks of a line"
)]
pub(super) struct TraitsDto {
    pub(super) payee: PayeeDto,
    pub(super) surged: bool,
    pub(super) commissioned: bool,
    pub(super) taxed: bool,
    pub(super) in_minimum: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SlowRuleDto {
    BelowCrossover,
    BelowMmPerHour(i64),
    AtOrBelowMmPerHour(i64),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TimeRuleDto {
    Joint,
    Separate(TimeRateDto),
    Free,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AreaEffectDto {
    Multiply(Text<Ratio>),
    TimeOff,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ChargeAmountDto {
    Once(i64),
    PerStop(i64),
    PerPassenger {
        ages: AgesDto,
        included: u8,
        first: i64,
        further: i64,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayeeDto {
    Driver,
    Platform,
    Authority(Text<AuthorityId>),
    Funder(Text<FunderId>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GraceDto {
    PerStopMs(i64),
    PerTripMs(i64),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WaitingDto {
    Metered,
    Free,
    Charged(WaitingRateDto),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PayRuleDto {
    CommissionBps(i32),
    RateCard(Box<RateCardDto>),
}

impl TariffDto {
    pub(crate) fn of(tariff: &Tariff) -> Result<Self, String> {
        canonical::read(&tariff.canonical_bytes()).map_err(|error| error.to_string())
    }
}

/// A shape that could be read, or why not: then nothing is written.
#[derive(Debug)]
pub(crate) struct Read(Result<Box<TariffDto>, String>);

impl Serialize for Read {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shape = self.0.as_ref().map_err(serde::ser::Error::custom)?;
        shape.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TariffDto::deserialize(deserializer).map(|shape| Self(Ok(Box::new(shape))))
    }
}

/// A tariff as it was published.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicationDto {
    tariff: Read,
    fingerprint: Text<Fingerprint>,
    by: Text<PrincipalId>,
}

impl Dto<Publication> for PublicationDto {
    fn of(value: &Publication, _: &mut Writing<'_>) -> Self {
        Self {
            tariff: Read(TariffDto::of(value.tariff()).map(Box::new)),
            fingerprint: Text::new(value.fingerprint()),
            by: Text::new(value.by()),
        }
    }

    fn into_domain(self, _: &Reading<'_>) -> Result<Publication, StoredError> {
        let Self {
            tariff,
            fingerprint,
            by,
        } = self;
        let tariff = tariff.0.map_err(StoredError::damaged)?.into_tariff()?;
        if fingerprint.take("fingerprint")? != tariff.fingerprint() {
            return Err(StoredError::damaged("it is not the tariff's").within("fingerprint"));
        }
        Ok(Publication::new(tariff.into(), by.take("by")?))
    }
}
