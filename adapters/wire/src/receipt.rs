//! Receipts as JSON: with the tariff they were made with, they verify without anything else.

use crate::error::WireError;
use crate::line::{LineDto, PayDto};
use crate::present::present;
use crate::reading::{DeviationDto, ReadingDto};
use crate::ride::{RideDto, SurgeDto};
use crate::text::Text;
use crate::{JSON_VERSION, json};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TariffId;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{
    Basis, Cancellation, CancellationStage, Computed, Fault, Happened, Receipt, ReceiptParts, TariffEdition,
};
use fiacre_domain::time::CivilDateTime;
use fiacre_domain::units::Millis;
use serde::{Deserialize, Serialize};

/// Reads only the version, so that a newer message says so instead of complaining of its fields.
#[derive(Debug, Deserialize)]
pub(crate) struct Versioned {
    version: u32,
}

impl Versioned {
    pub(crate) fn check(text: &str) -> Result<(), WireError> {
        let Self { version } = json::read(text)?;
        Self::is_known(version)
    }

    pub(crate) const fn is_known(version: u32) -> Result<(), WireError> {
        if version == JSON_VERSION {
            Ok(())
        } else {
            Err(WireError::UnsupportedVersion(version))
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptDto {
    version: u32,
    tariff: Text<TariffId>,
    tariff_version: u32,
    tariff_fingerprint: Text<Fingerprint>,
    currency: Text<Currency>,
    at: Text<CivilDateTime>,
    ride: RideDto,
    surge: SurgeDto,
    happened: HappenedDto,
    computed: ComputedDto,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on its way to or from text"
)]
enum HappenedDto {
    Driven(ReadingDto),
    Cancelled(CancellationDto),
    Unread,
    UnpricedRide,
    UnpricedCancellation(CancellationDto),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancellationDto {
    stage: StageDto,
    fault: FaultDto,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StageDto {
    Searching,
    Assigned { elapsed_ms: i64 },
    Arrived { waited_ms: i64 },
    NoShow { waited_ms: i64 },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultDto {
    Rider,
    Driver,
    Platform,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComputedDto {
    basis: BasisDto,
    quoted: i64,
    #[serde(deserialize_with = "present")]
    metered: Option<i64>,
    hold: i64,
    lines: Vec<LineDto>,
    total: i64,
    pay: PayDto,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BasisDto {
    Quoted,
    DetourNotCharged,
    Metered(DeviationDto),
    Capped(DeviationDto),
    Fee,
}

/// A receipt as JSON, indented, with a line break at its end.
///
/// # Errors
/// [`WireError::Unwritable`], for nothing that the domain can make.
pub fn receipt_to_json(receipt: &Receipt) -> Result<String, WireError> {
    let mut text = serde_json::to_string_pretty(&ReceiptDto::of(receipt))?;
    text.push('\n');
    Ok(text)
}

/// A receipt from JSON. It is what someone claims: [`Receipt::verify`] tells whether it is right.
///
/// # Errors
/// Every [`WireError`] but those of quotes: what is wrong, and where.
pub fn receipt_from_json(text: &str) -> Result<Receipt, WireError> {
    Versioned::check(text)?;
    json::read::<ReceiptDto>(text)?.into_domain()
}

impl ReceiptDto {
    pub(crate) fn of(receipt: &Receipt) -> Self {
        let ReceiptParts {
            tariff,
            currency,
            ride,
            at,
            surge,
            happened,
            computed,
        } = receipt.parts();
        Self {
            version: JSON_VERSION,
            tariff: Text::new(tariff.tariff()),
            tariff_version: tariff.version(),
            tariff_fingerprint: Text::new(tariff.fingerprint()),
            currency: Text::new(*currency),
            at: Text::new(*at),
            ride: RideDto::of(ride),
            surge: SurgeDto::of(surge),
            happened: match happened {
                Happened::Driven(reading) => HappenedDto::Driven(ReadingDto::of(reading)),
                Happened::Cancelled(cancellation) => {
                    HappenedDto::Cancelled(CancellationDto::of(*cancellation))
                }
                Happened::Unread => HappenedDto::Unread,
                Happened::UnpricedRide => HappenedDto::UnpricedRide,
                Happened::UnpricedCancellation(cancellation) => {
                    HappenedDto::UnpricedCancellation(CancellationDto::of(*cancellation))
                }
            },
            computed: ComputedDto::of(computed),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Receipt, WireError> {
        let Self {
            version,
            tariff,
            tariff_version,
            tariff_fingerprint,
            currency,
            at,
            ride,
            surge,
            happened,
            computed,
        } = self;
        Versioned::is_known(version)?;
        let currency = currency.take("currency")?;
        let fingerprint = tariff_fingerprint.take("tariff_fingerprint")?;
        Ok(Receipt::from_parts(ReceiptParts {
            tariff: TariffEdition::new(tariff.take("tariff")?, tariff_version, fingerprint),
            currency,
            ride: ride.into_domain().map_err(|error| error.within("ride"))?,
            at: at.take("at")?,
            surge: surge.into_domain().map_err(|error| error.within("surge"))?,
            happened: match happened {
                HappenedDto::Driven(reading) => Happened::Driven(
                    reading
                        .into_domain()
                        .map_err(|error| error.within("happened.driven"))?,
                ),
                HappenedDto::Cancelled(cancellation) => Happened::Cancelled(cancellation.into_domain()),
                HappenedDto::Unread => Happened::Unread,
                HappenedDto::UnpricedRide => Happened::UnpricedRide,
                HappenedDto::UnpricedCancellation(cancellation) => {
                    Happened::UnpricedCancellation(cancellation.into_domain())
                }
            },
            computed: computed
                .into_domain(currency)
                .map_err(|error| error.within("computed"))?,
        }))
    }
}

impl CancellationDto {
    const fn of(cancellation: Cancellation) -> Self {
        let stage = match cancellation.stage() {
            CancellationStage::Searching => StageDto::Searching,
            CancellationStage::Assigned { elapsed } => StageDto::Assigned {
                elapsed_ms: elapsed.get(),
            },
            CancellationStage::Arrived { waited } => StageDto::Arrived {
                waited_ms: waited.get(),
            },
            CancellationStage::NoShow { waited } => StageDto::NoShow {
                waited_ms: waited.get(),
            },
        };
        let fault = match cancellation.fault() {
            Fault::Rider => FaultDto::Rider,
            Fault::Driver => FaultDto::Driver,
            Fault::Platform => FaultDto::Platform,
        };
        Self { stage, fault }
    }

    const fn into_domain(self) -> Cancellation {
        let Self { stage, fault } = self;
        let stage = match stage {
            StageDto::Searching => CancellationStage::Searching,
            StageDto::Assigned { elapsed_ms } => CancellationStage::Assigned {
                elapsed: Millis::new(elapsed_ms),
            },
            StageDto::Arrived { waited_ms } => CancellationStage::Arrived {
                waited: Millis::new(waited_ms),
            },
            StageDto::NoShow { waited_ms } => CancellationStage::NoShow {
                waited: Millis::new(waited_ms),
            },
        };
        let fault = match fault {
            FaultDto::Rider => Fault::Rider,
            FaultDto::Driver => Fault::Driver,
            FaultDto::Platform => Fault::Platform,
        };
        Cancellation::new(stage, fault)
    }
}

impl ComputedDto {
    fn of(computed: &Computed) -> Self {
        let Computed {
            basis,
            quoted,
            metered,
            hold,
            lines,
            total,
            pay,
        } = computed;
        Self {
            basis: match *basis {
                Basis::Quoted => BasisDto::Quoted,
                Basis::DetourNotCharged => BasisDto::DetourNotCharged,
                Basis::Metered(reason) => BasisDto::Metered(DeviationDto::of(reason)),
                Basis::Capped(reason) => BasisDto::Capped(DeviationDto::of(reason)),
                Basis::Fee => BasisDto::Fee,
            },
            quoted: quoted.minor(),
            metered: metered.map(Money::minor),
            hold: hold.minor(),
            lines: lines.iter().map(LineDto::of).collect(),
            total: total.minor(),
            pay: PayDto::of(pay),
        }
    }

    fn into_domain(self, currency: Currency) -> Result<Computed, WireError> {
        let Self {
            basis,
            quoted,
            metered,
            hold,
            lines,
            total,
            pay,
        } = self;
        let money = |minor| Money::new(minor, currency);
        Ok(Computed {
            basis: match basis {
                BasisDto::Quoted => Basis::Quoted,
                BasisDto::DetourNotCharged => Basis::DetourNotCharged,
                BasisDto::Metered(reason) => Basis::Metered(reason.into_domain()),
                BasisDto::Capped(reason) => Basis::Capped(reason.into_domain()),
                BasisDto::Fee => Basis::Fee,
            },
            quoted: money(quoted),
            metered: metered.map(money),
            hold: money(hold),
            lines: lines
                .into_iter()
                .map(|line| line.into_domain(currency))
                .collect::<Result<_, _>>()?,
            total: money(total),
            pay: pay.into_domain(currency),
        })
    }
}
