//! The tariff file as it is written. Every field here is in the crate's `README.md`.

use crate::value::{Amount, Distance, Duration, Number, RoundingName, Share, Value, Velocity};
use serde::Deserialize;
use toml::Spanned;

pub(crate) type Name = Spanned<String>;
type Read<T> = Spanned<Value<T>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TariffFile {
    pub(crate) tariff: Spanned<Head>,
    #[serde(default)]
    pub(crate) zone: Vec<Spanned<Zone>>,
    #[serde(default)]
    pub(crate) window: Vec<Spanned<Window>>,
    pub(crate) meter: Spanned<Meter>,
    #[serde(default)]
    pub(crate) rate: Vec<Spanned<Rate>>,
    #[serde(default)]
    pub(crate) scale: Vec<Spanned<Scale>>,
    #[serde(default)]
    pub(crate) multiplier: Vec<Spanned<Multiplier>>,
    #[serde(default)]
    pub(crate) area: Vec<Spanned<Area>>,
    pub(crate) waiting: Option<Spanned<Waiting>>,
    #[serde(default)]
    pub(crate) charge: Vec<Spanned<Charge>>,
    #[serde(default)]
    pub(crate) flat: Vec<Spanned<Flat>>,
    #[serde(default)]
    pub(crate) discount: Vec<Spanned<Discount>>,
    #[serde(default)]
    pub(crate) tax: Vec<Spanned<Tax>>,
    pub(crate) rounding: Option<RoundingPlan>,
    pub(crate) surge: Option<Spanned<Surge>>,
    pub(crate) settlement: Option<Spanned<Settlement>>,
    #[serde(default)]
    pub(crate) cancellation: Vec<Spanned<Cancellation>>,
    pub(crate) pay: Option<Spanned<Pay>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Head {
    pub(crate) id: Name,
    pub(crate) version: Spanned<u32>,
    pub(crate) currency: Name,
    /// For people; not part of the tariff.
    #[serde(rename = "title")]
    pub(crate) _title: Option<String>,
    #[serde(default)]
    pub(crate) holidays: Vec<Name>,
    pub(crate) minimum: Option<Read<Amount>>,
    pub(crate) cap: Option<Read<Amount>>,
    pub(crate) gateway_step: Option<Read<Amount>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Zone {
    pub(crate) name: Name,
    #[serde(default)]
    pub(crate) inside: Vec<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Window {
    pub(crate) name: Name,
    #[serde(default)]
    pub(crate) decided_by: DecidedBy,
    pub(crate) spans: Vec<Spanned<Span>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DecidedBy {
    #[default]
    Start,
    EachMoment,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Span {
    pub(crate) days: Option<Vec<Spanned<Day>>>,
    pub(crate) from: Option<Name>,
    pub(crate) to: Option<Name>,
    #[serde(default)]
    pub(crate) holidays: HolidayRule,
    pub(crate) first: Option<Name>,
    pub(crate) last: Option<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HolidayRule {
    #[default]
    Any,
    Except,
    Only,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Meter {
    pub(crate) initial: Read<Amount>,
    pub(crate) initial_units: Option<Read<Number>>,
    pub(crate) segments: Vec<Spanned<Segment>>,
    #[serde(default)]
    pub(crate) units: Units,
    pub(crate) slow: Option<Slow>,
    pub(crate) time: Option<Spanned<Time>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Segment {
    pub(crate) from: Option<Read<Distance>>,
    pub(crate) price: Read<Amount>,
    pub(crate) distance: Read<Distance>,
    pub(crate) time: Option<Read<Duration>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Units {
    #[default]
    Begun,
    Completed,
    ProRata,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Slow {
    Below(Value<Velocity>),
    AtOrBelow(Value<Velocity>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Time {
    pub(crate) price: Read<Amount>,
    pub(crate) per: Read<Duration>,
    #[serde(default)]
    pub(crate) units: Units,
    pub(crate) included: Option<Read<Duration>>,
    #[serde(default)]
    pub(crate) counts: TimeBasis,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TimeBasis {
    #[default]
    Elapsed,
    Slow,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rate {
    pub(crate) during: Vec<Name>,
    pub(crate) meter: Spanned<Meter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scale {
    pub(crate) during: Vec<Name>,
    pub(crate) factor: Read<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Multiplier {
    pub(crate) during: Name,
    pub(crate) factor: Read<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Area {
    pub(crate) zone: Name,
    pub(crate) factor: Option<Read<Share>>,
    #[serde(default)]
    pub(crate) time_off: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Waiting {
    #[serde(default)]
    pub(crate) free: bool,
    pub(crate) price: Option<Read<Amount>>,
    pub(crate) per: Option<Read<Duration>>,
    #[serde(default)]
    pub(crate) units: Units,
    pub(crate) grace: Option<Read<Duration>>,
    #[serde(default)]
    pub(crate) grace_per: GracePer,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GracePer {
    #[default]
    Trip,
    Stop,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Charge {
    pub(crate) name: Name,
    pub(crate) amount: Option<Read<Amount>>,
    pub(crate) per_stop: Option<Read<Amount>>,
    pub(crate) per_passenger: Option<PerPassenger>,
    pub(crate) during: Option<Vec<Name>>,
    #[serde(default)]
    pub(crate) starting_in: Vec<Name>,
    #[serde(default)]
    pub(crate) ending_in: Vec<Name>,
    #[serde(default)]
    pub(crate) touching: Vec<Name>,
    #[serde(default)]
    pub(crate) starting_outside: Vec<Name>,
    #[serde(default)]
    pub(crate) ending_outside: Vec<Name>,
    #[serde(default)]
    pub(crate) avoiding: Vec<Name>,
    pub(crate) on_request: Option<Name>,
    pub(crate) passed_to: Option<Name>,
    #[serde(default)]
    pub(crate) flats_only: bool,
    pub(crate) payee: Option<ChargePayee>,
    pub(crate) surged: Option<bool>,
    pub(crate) commissioned: Option<bool>,
    pub(crate) taxed: Option<bool>,
    pub(crate) in_minimum: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChargePayee {
    Driver,
    Platform,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PerPassenger {
    #[serde(default)]
    pub(crate) included: u8,
    pub(crate) first: Read<Amount>,
    pub(crate) further: Read<Amount>,
    pub(crate) youngest: Option<Spanned<u8>>,
    pub(crate) oldest: Option<Spanned<u8>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Flat {
    pub(crate) name: Name,
    pub(crate) from: Vec<Name>,
    pub(crate) to: Vec<Name>,
    pub(crate) price: Read<Amount>,
    #[serde(default)]
    pub(crate) charges: Vec<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Discount {
    pub(crate) name: Name,
    pub(crate) share: Read<Share>,
    pub(crate) on: Option<Vec<LineGroup>>,
    pub(crate) above: Option<Read<Amount>>,
    pub(crate) rounding: Option<Rounding>,
    #[serde(default)]
    pub(crate) rank: u16,
    pub(crate) funder: Option<Name>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LineGroup {
    Meter,
    Surcharges,
    Minimum,
    Surge,
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tax {
    pub(crate) name: Name,
    pub(crate) authority: Name,
    pub(crate) rate: Read<Share>,
    #[serde(default)]
    pub(crate) included: bool,
    #[serde(default)]
    pub(crate) per_line: bool,
    pub(crate) rounding: Option<Rounding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rounding {
    pub(crate) step: Option<Read<Amount>>,
    pub(crate) rule: Option<RoundingName>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RoundingPlan {
    pub(crate) meter: Option<Rounding>,
    pub(crate) multipliers: Option<Rounding>,
    pub(crate) surge: Option<Rounding>,
    pub(crate) total: Option<Rounding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Surge {
    pub(crate) min: Read<Share>,
    pub(crate) max: Read<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Settlement {
    pub(crate) up: Read<Share>,
    pub(crate) down: Read<Share>,
    pub(crate) cap: Read<Share>,
    pub(crate) cap_fixed: Option<Read<Amount>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cancellation {
    pub(crate) stages: Vec<Spanned<CancellationStage>>,
    pub(crate) faults: Vec<Spanned<Fault>>,
    pub(crate) fixed: Option<Read<Amount>>,
    pub(crate) share: Option<Read<Share>>,
    #[serde(default)]
    pub(crate) of: FeeBase,
    pub(crate) cap: Option<Read<Amount>>,
    pub(crate) free_for: Option<Read<Duration>>,
    pub(crate) rounding: Option<Rounding>,
    pub(crate) driver_share: Option<Read<Share>>,
    #[serde(default)]
    pub(crate) paid_by: FeePayer,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CancellationStage {
    Searching,
    Assigned,
    Arrived,
    NoShow,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    Rider,
    Driver,
    Platform,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeeBase {
    BaseFare,
    #[default]
    Total,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeePayer {
    #[default]
    Rider,
    Driver,
    Platform,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pay {
    pub(crate) version: Spanned<u32>,
    pub(crate) commission: Option<Read<Share>>,
    pub(crate) rate_card: Option<Spanned<RateCard>>,
    pub(crate) floor: Option<Spanned<RateCard>>,
    pub(crate) rounding: Option<Rounding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RateCard {
    pub(crate) base: Option<Read<Amount>>,
    pub(crate) distance: Option<PerDistance>,
    pub(crate) time: Option<PerTime>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PerDistance {
    pub(crate) price: Read<Amount>,
    pub(crate) per: Read<Distance>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PerTime {
    pub(crate) price: Read<Amount>,
    pub(crate) per: Read<Duration>,
}
