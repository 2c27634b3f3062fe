//! What can be wrong with a tariff, a ride or a reading.

use super::coherence::ReadingFlaw;
use crate::id::{EntryId, TariffId};
use crate::money::MoneyError;
use crate::ratio::Overflow;
use std::fmt;

/// What is wrong with a value of a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TariffFault {
    /// Below zero.
    Negative,
    /// Not above zero.
    NotPositive,
    /// Below the smallest value that can be meant.
    TooSmall {
        /// The smallest, with its unit.
        min: &'static str,
    },
    /// Beyond the largest value that prices exactly, or that can be meant.
    TooLarge {
        /// The largest, with its unit.
        max: &'static str,
    },
    /// A fraction with more parts than price exactly.
    TooFine,
    /// A step that nobody rounds to: no 1, 2, 2.5 or 5 times a power of ten.
    UnusualStep,
    /// More of them than a tariff may hold.
    TooMany {
        /// How many it may.
        max: usize,
    },
    /// Something is needed; what, as the end of a sentence that the field begins.
    Missing(&'static str),
    /// Not in ascending order; what is, as the end of a sentence that the field begins.
    OutOfOrder(&'static str),
    /// Named twice; the name.
    Duplicate(EntryId),
    /// Refers to something that the tariff does not have (yet: zones, windows and charges come first), or to zones or windows of
    /// another tariff.
    Unknown,
    /// Contradicts another value of the tariff; how, as the end of a sentence that the field begins.
    Contradiction(&'static str),
}

/// Why a tariff could not be built: the field, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TariffError {
    field: &'static str,
    fault: TariffFault,
}

impl TariffError {
    pub(super) const fn new(field: &'static str, fault: TariffFault) -> Self {
        Self { field, fault }
    }

    /// The field, in the words of this crate's constructors.
    pub const fn field(self) -> &'static str {
        self.field
    }

    /// What is wrong with it.
    pub const fn fault(self) -> TariffFault {
        self.fault
    }

    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self.fault {
            TariffFault::Negative => "tariff_negative",
            TariffFault::NotPositive => "tariff_not_positive",
            TariffFault::TooSmall { .. } => "tariff_too_small",
            TariffFault::TooLarge { .. } => "tariff_too_large",
            TariffFault::TooFine => "tariff_too_fine",
            TariffFault::UnusualStep => "tariff_unusual_step",
            TariffFault::TooMany { .. } => "tariff_too_many",
            TariffFault::Missing(_) => "tariff_missing",
            TariffFault::OutOfOrder(_) => "tariff_out_of_order",
            TariffFault::Duplicate(_) => "tariff_duplicate",
            TariffFault::Unknown => "tariff_unknown",
            TariffFault::Contradiction(_) => "tariff_contradiction",
        }
    }
}

impl fmt::Display for TariffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        write!(f, "failed to build the tariff: {field} ")?;
        match self.fault {
            TariffFault::Negative => f.write_str("must not be below zero"),
            TariffFault::NotPositive => f.write_str("must be above zero"),
            TariffFault::TooSmall { min } => write!(f, "is too small to be meant: give at least {min}"),
            TariffFault::TooLarge { max } => write!(f, "is too large: give at most {max}"),
            TariffFault::TooFine => {
                f.write_str("is too fine to price exactly: give a fraction of at most 1,000,000,000 parts")
            }
            TariffFault::UnusualStep => f.write_str(
                "is none that amounts are rounded to: use 1, 2, 5 or 25 minor units, or ten, a hundred, … times as many",
            ),
            TariffFault::TooMany { max } => write!(f, "are too many: give at most {max}"),
            TariffFault::Missing(what) => f.write_str(what),
            TariffFault::OutOfOrder(what) => f.write_str(what),
            TariffFault::Duplicate(name) => write!(f, "`{name}` is named twice: give each another name"),
            TariffFault::Unknown => {
                f.write_str("refers to something that the tariff does not have: add it before")
            }
            TariffFault::Contradiction(how) => f.write_str(how),
        }
    }
}

impl std::error::Error for TariffError {}

/// Why a ride could not be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PricingError {
    /// An amount left the range of exact arithmetic or of 64-bit minor units.
    Overflow,
    /// A value of the ride is below zero; the field's name.
    RideNegative(&'static str),
    /// A value of the ride is above its largest one.
    RideBeyondLimit {
        /// The field's name.
        field: &'static str,
        /// The largest value, with its unit.
        max: &'static str,
    },
    /// More of the ride's time is slow than it lasts.
    SlowBeyondDuration,
    /// The parts inside zones are longer than the ride; the name of what they add up to.
    PartsBeyondRide(&'static str),
    /// The ride runs out of the years 1 to 9999.
    RideOutOfCalendar,
    /// Nobody rides.
    RideWithoutPassenger,
    /// A value of the reading is negative, out of order or beyond its limit; the field's name.
    ReadingOutOfRange(&'static str),
    /// A slice of the reading, counted from 0, is not what a recorder writes.
    ReadingIncoherent {
        /// Which slice.
        slice: u16,
        /// What is wrong with it.
        flaw: ReadingFlaw,
    },
    /// The reading was recorded under another tariff or version, and under this one its price is not certain.
    ReadingOfAnotherTariff,
    /// A slice of the reading runs across a distance or time at which the tariff's price changes.
    ReadingNotCut,
    /// The surge does not follow from its own frozen inputs.
    SurgeNotRecomputable,
    /// The payment gateway takes only multiples of a step that the tariff's total, or a fee that its riders pay, is not rounded
    /// to.
    StepDoesNotFitGateway {
        /// The step that the gateway takes, in minor units.
        gateway_step_minor: i64,
    },
    /// Two currencies met.
    CurrencyMismatch,
    /// The quote was read by somebody who does not know its tariff.
    TariffUnknown {
        /// The tariff.
        tariff: TariffId,
        /// Its version.
        version: u32,
    },
    /// The quote was priced with another tariff, version or currency than the one given; which it names.
    QuoteOfAnotherTariff {
        /// The tariff that it names.
        tariff: TariffId,
        /// The version that it names.
        version: u32,
    },
    /// The tariff given goes by the name and version of the one that a quote or reading was made with, and holds something else.
    TariffEdited {
        /// The name of both.
        tariff: TariffId,
        /// The version of both.
        version: u32,
    },
    /// What was stored of a quote no quote can be; the name of the amount.
    QuoteIncoherent(&'static str),
    /// The quote's amounts are not what its own tariff comes to.
    QuoteNotRecomputable,
}

impl PricingError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overflow => "pricing_overflow",
            Self::RideNegative(_) => "pricing_ride_negative",
            Self::RideBeyondLimit { .. } => "pricing_ride_beyond_limit",
            Self::SlowBeyondDuration => "pricing_slow_beyond_duration",
            Self::PartsBeyondRide(_) => "pricing_parts_beyond_ride",
            Self::RideOutOfCalendar => "pricing_ride_out_of_calendar",
            Self::RideWithoutPassenger => "pricing_ride_without_passenger",
            Self::ReadingIncoherent { flaw, .. } => flaw.code(),
            Self::ReadingOutOfRange(_) => "pricing_reading_out_of_range",
            Self::ReadingOfAnotherTariff => "pricing_reading_of_another_tariff",
            Self::ReadingNotCut => "pricing_reading_not_cut",
            Self::SurgeNotRecomputable => "pricing_surge_not_recomputable",
            Self::StepDoesNotFitGateway { .. } => "pricing_step_does_not_fit_gateway",
            Self::CurrencyMismatch => "pricing_currency_mismatch",
            Self::TariffUnknown { .. } => "pricing_tariff_unknown",
            Self::QuoteOfAnotherTariff { .. } => "pricing_quote_of_another_tariff",
            Self::TariffEdited { .. } => "pricing_tariff_edited",
            Self::QuoteIncoherent(_) => "pricing_quote_incoherent",
            Self::QuoteNotRecomputable => "pricing_quote_not_recomputable",
        }
    }
}

impl fmt::Display for PricingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to price the ride: ")?;
        match self {
            Self::Overflow => f.write_str("an amount is too large to compute exactly"),
            Self::RideNegative(field) => write!(f, "{field} is below zero; give 0 or more"),
            Self::RideBeyondLimit { field, max } => {
                write!(f, "{field} is beyond the limit; give at most {max}")
            }
            Self::SlowBeyondDuration => f.write_str(
                "the slow time is longer than the duration, of which it is a part; give at most the duration",
            ),
            Self::PartsBeyondRide(field) => {
                write!(
                    f,
                    "the parts inside zones exceed the ride's {field}; give no more than all of it"
                )
            }
            Self::RideOutOfCalendar => f.write_str(
                "its local time is outside the years 1 to 9999; begin it within them, and let it end there",
            ),
            Self::ReadingOutOfRange(field) => {
                write!(f, "the reading's {field} is negative, unordered or too large")
            }
            Self::RideWithoutPassenger => f.write_str("nobody rides; give the age of one passenger at least"),
            Self::ReadingIncoherent { slice, flaw } => {
                write!(
                    f,
                    "slice {} of the reading {flaw}; record it again",
                    u32::from(*slice) + 1
                )
            }
            Self::ReadingOfAnotherTariff => f.write_str(
                "the reading was recorded under another tariff, and its price under this one is not certain",
            ),
            Self::ReadingNotCut => {
                f.write_str("a slice of the reading runs across a price change; record it with this tariff")
            }
            Self::SurgeNotRecomputable => f.write_str("the surge does not follow from its own inputs"),
            Self::StepDoesNotFitGateway { gateway_step_minor } => write!(
                f,
                "the payment gateway takes only multiples of {gateway_step_minor} minor units; round the tariff's total to that step, and what riders pay for a cancellation"
            ),
            Self::CurrencyMismatch => f.write_str("two currencies met; use the tariff's everywhere"),
            Self::TariffUnknown { tariff, version } => write!(
                f,
                "version {version} of tariff {tariff} is not known here; give it, or publish it"
            ),
            Self::QuoteOfAnotherTariff { tariff, version } => write!(
                f,
                "the quote names version {version} of tariff {tariff}, and another tariff, version or currency is given; give the one it names"
            ),
            Self::TariffEdited { tariff, version } => write!(
                f,
                "version {version} of tariff {tariff} was edited since; give it as it was, and give what is changed a new version"
            ),
            Self::QuoteNotRecomputable => f.write_str(
                "the quote's amounts are not what its tariff comes to; settle it by hand, or quote it again",
            ),
            Self::QuoteIncoherent(amount) => {
                write!(
                    f,
                    "the quote's {amount} is out of proportion; a total is at least 0 and at most the hold"
                )
            }
        }
    }
}

impl std::error::Error for PricingError {}

impl From<Overflow> for PricingError {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<MoneyError> for PricingError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Overflow => Self::Overflow,
            MoneyError::CurrencyMismatch { .. } | MoneyError::UnknownCurrency => Self::CurrencyMismatch,
        }
    }
}
