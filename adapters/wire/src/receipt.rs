//! Receipts as JSON: with the tariff they were made with, they verify without anything else.

use crate::civil;
use crate::error::{WireError, parsed};
use crate::line::{LineJson, PayJson};
use crate::present::present;
use crate::reading::{DeviationJson, ReadingJson};
use crate::ride::{RideJson, SurgeJson};
use crate::{JSON_BYTES_MAX, JSON_VERSION};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{
    Basis, Cancellation, CancellationStage, Computed, Fault, Happened, Receipt, ReceiptParts,
};
use fiacre_domain::units::{Millimetres, Millis};
use serde::{Deserialize, Serialize};

/// Reads only the version, so that a newer message says so instead of complaining of its fields.
#[derive(Debug, Deserialize)]
pub(crate) struct Versioned {
    version: u32,
}

impl Versioned {
    pub(crate) fn check(text: &str) -> Result<(), WireError> {
        if text.len() > JSON_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        let Self { version } = serde_json::from_str(text)?;
        if version == JSON_VERSION {
            Ok(())
        } else {
            Err(WireError::UnsupportedVersion(version))
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptJson {
    version: u32,
    tariff: String,
    tariff_version: u32,
    currency: String,
    at: String,
    ride: RideJson,
    surge: SurgeJson,
    happened: HappenedJson,
    computed: ComputedJson,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on its way to or from text"
)]
enum HappenedJson {
    Driven(ReadingJson),
    Cancelled(CancellationJson),
    Unread,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancellationJson {
    stage: StageJson,
    fault: FaultJson,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StageJson {
    Searching,
    Assigned { elapsed_ms: i64, driven_mm: i64 },
    Arrived { waited_ms: i64 },
    NoShow { waited_ms: i64 },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultJson {
    Rider,
    Driver,
    Platform,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComputedJson {
    basis: BasisJson,
    quoted: i64,
    #[serde(deserialize_with = "present")]
    metered: Option<i64>,
    hold: i64,
    lines: Vec<LineJson>,
    total: i64,
    pay: PayJson,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BasisJson {
    Quoted,
    DetourNotCharged,
    Metered(DeviationJson),
    Capped(DeviationJson),
    Fee,
}

/// A receipt as JSON, indented, with a line break at its end.
pub fn receipt_to_json(receipt: &Receipt) -> Result<String, WireError> {
    let mut text = serde_json::to_string_pretty(&ReceiptJson::of(receipt))?;
    text.push('\n');
    Ok(text)
}

/// A receipt from JSON. It is what someone claims: [`Receipt::verify`] tells whether it is right.
pub fn receipt_from_json(text: &str) -> Result<Receipt, WireError> {
    Versioned::check(text)?;
    serde_json::from_str::<ReceiptJson>(text)?.into_domain()
}

impl ReceiptJson {
    fn of(receipt: &Receipt) -> Self {
        let ReceiptParts {
            tariff,
            version,
            currency,
            ride,
            at,
            surge,
            happened,
            computed,
        } = receipt.parts();
        Self {
            version: JSON_VERSION,
            tariff: tariff.to_string(),
            tariff_version: *version,
            currency: currency.to_string(),
            at: civil::to_text(*at),
            ride: RideJson::of(ride),
            surge: SurgeJson::of(surge),
            happened: match happened {
                Happened::Driven(reading) => HappenedJson::Driven(ReadingJson::of(reading)),
                Happened::Cancelled(cancellation) => {
                    HappenedJson::Cancelled(CancellationJson::of(*cancellation))
                }
                Happened::Unread => HappenedJson::Unread,
            },
            computed: ComputedJson::of(computed),
        }
    }

    fn into_domain(self) -> Result<Receipt, WireError> {
        // The version was checked before.
        let Self {
            version: _,
            tariff,
            tariff_version,
            currency,
            at,
            ride,
            surge,
            happened,
            computed,
        } = self;
        let currency =
            Currency::from_code(&currency).map_err(|error| WireError::value("currency")(&error))?;
        Ok(Receipt::from_parts(ReceiptParts {
            tariff: parsed("tariff", &tariff)?,
            version: tariff_version,
            currency,
            ride: ride.into_domain()?,
            at: civil::from_text("at", &at)?,
            surge: surge.into_domain()?,
            happened: match happened {
                HappenedJson::Driven(reading) => Happened::Driven(reading.into_domain()?),
                HappenedJson::Cancelled(cancellation) => Happened::Cancelled(cancellation.into_domain()),
                HappenedJson::Unread => Happened::Unread,
            },
            computed: computed.into_domain(currency)?,
        }))
    }
}

impl CancellationJson {
    const fn of(cancellation: Cancellation) -> Self {
        let stage = match cancellation.stage() {
            CancellationStage::Searching => StageJson::Searching,
            CancellationStage::Assigned { elapsed, driven } => StageJson::Assigned {
                elapsed_ms: elapsed.get(),
                driven_mm: driven.get(),
            },
            CancellationStage::Arrived { waited } => StageJson::Arrived {
                waited_ms: waited.get(),
            },
            CancellationStage::NoShow { waited } => StageJson::NoShow {
                waited_ms: waited.get(),
            },
        };
        let fault = match cancellation.fault() {
            Fault::Rider => FaultJson::Rider,
            Fault::Driver => FaultJson::Driver,
            Fault::Platform => FaultJson::Platform,
        };
        Self { stage, fault }
    }

    const fn into_domain(self) -> Cancellation {
        let Self { stage, fault } = self;
        let stage = match stage {
            StageJson::Searching => CancellationStage::Searching,
            StageJson::Assigned {
                elapsed_ms,
                driven_mm,
            } => CancellationStage::Assigned {
                elapsed: Millis::new(elapsed_ms),
                driven: Millimetres::new(driven_mm),
            },
            StageJson::Arrived { waited_ms } => CancellationStage::Arrived {
                waited: Millis::new(waited_ms),
            },
            StageJson::NoShow { waited_ms } => CancellationStage::NoShow {
                waited: Millis::new(waited_ms),
            },
        };
        let fault = match fault {
            FaultJson::Rider => Fault::Rider,
            FaultJson::Driver => Fault::Driver,
            FaultJson::Platform => Fault::Platform,
        };
        Cancellation::new(stage, fault)
    }
}

impl ComputedJson {
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
                Basis::Quoted => BasisJson::Quoted,
                Basis::DetourNotCharged => BasisJson::DetourNotCharged,
                Basis::Metered(reason) => BasisJson::Metered(DeviationJson::of(reason)),
                Basis::Capped(reason) => BasisJson::Capped(DeviationJson::of(reason)),
                Basis::Fee => BasisJson::Fee,
            },
            quoted: quoted.minor(),
            metered: metered.map(Money::minor),
            hold: hold.minor(),
            lines: lines.iter().map(LineJson::of).collect(),
            total: total.minor(),
            pay: PayJson::of(pay),
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
                BasisJson::Quoted => Basis::Quoted,
                BasisJson::DetourNotCharged => Basis::DetourNotCharged,
                BasisJson::Metered(reason) => Basis::Metered(reason.into_domain()),
                BasisJson::Capped(reason) => Basis::Capped(reason.into_domain()),
                BasisJson::Fee => Basis::Fee,
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
