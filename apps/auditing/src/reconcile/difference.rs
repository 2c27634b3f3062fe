//! Where the books differ.

use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::money::{Currency, Money};
use std::fmt;

/// A difference between the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A closed trip's receipt asks for something else than what was captured and kept, paid in cash or is owed.
    Receipt {
        /// The trip.
        trip: TripId,
        /// The currency.
        currency: Currency,
        /// What its latest receipt comes to, in minor units; 0 where there is none.
        receipt_minor: i64,
        /// What is left on the rider's account: above zero was never asked for, below zero was taken without a receipt.
        left_minor: i128,
    },
    /// The company has a payment that the log does not name.
    UnknownToLog {
        /// The payment.
        intent: IntentId,
        /// The trip that it says it is for.
        trip: TripId,
        /// The currency.
        currency: Currency,
        /// What it holds, in minor units.
        held_minor: i64,
        /// What it has captured, in minor units.
        captured_minor: i64,
    },
    /// The log names a payment that the company does not have.
    UnknownToCompany {
        /// The payment.
        intent: IntentId,
        /// The trip.
        trip: TripId,
    },
    /// The company has let go of a hold that the log still counts on: it lapsed, or was given up there, and no notice of that has been
    /// handled.
    Lapsed {
        /// The payment.
        intent: IntentId,
        /// The trip.
        trip: TripId,
        /// The currency.
        currency: Currency,
        /// What the log takes to be held, in minor units.
        log_minor: i64,
    },
    /// An amount of one payment differs.
    Amount {
        /// The payment.
        intent: IntentId,
        /// The trip.
        trip: TripId,
        /// What of it: [`Self::HELD`], [`Self::CAPTURED`] or [`Self::REFUNDED`].
        of: &'static str,
        /// The currency.
        currency: Currency,
        /// By the log, in minor units.
        log_minor: i64,
        /// By the company, in minor units.
        company_minor: i64,
    },
}

impl Difference {
    /// What is held now.
    pub const HELD: &'static str = "held";
    /// What was captured.
    pub const CAPTURED: &'static str = "captured";
    /// What was given back.
    pub const REFUNDED: &'static str = "refunded";

    /// The stable code of this kind.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Receipt { .. } => "receipt_not_covered",
            Self::UnknownToLog { .. } => "payment_unknown_to_log",
            Self::UnknownToCompany { .. } => "payment_unknown_to_company",
            Self::Lapsed { .. } => "hold_lapsed_unheard",
            Self::Amount { .. } => "payment_amount_differs",
        }
    }

    /// The trip that it is about.
    pub const fn trip(&self) -> TripId {
        match self {
            Self::Receipt { trip, .. }
            | Self::UnknownToLog { trip, .. }
            | Self::UnknownToCompany { trip, .. }
            | Self::Lapsed { trip, .. }
            | Self::Amount { trip, .. } => *trip,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receipt {
                trip,
                currency,
                receipt_minor,
                left_minor,
            } => write!(
                f,
                "trip {trip}: the receipt comes to {}, and {left_minor} minor units are left on the rider's account",
                Money::new(*receipt_minor, *currency)
            ),
            Self::UnknownToLog {
                intent,
                trip,
                currency,
                held_minor,
                captured_minor,
            } => write!(
                f,
                "payment {intent}: the log does not name it; the company has it for trip {trip}, with {} held and {} captured",
                Money::new(*held_minor, *currency),
                Money::new(*captured_minor, *currency)
            ),
            Self::UnknownToCompany { intent, trip } => {
                write!(
                    f,
                    "payment {intent}: trip {trip} names it, and the company does not have it"
                )
            }
            Self::Lapsed {
                intent,
                trip,
                currency,
                log_minor,
            } => write!(
                f,
                "payment {intent} of trip {trip}: the hold of {} is gone at the company, by lapse or by its own act, and the log has not heard; `fiacre resume` hears of it",
                Money::new(*log_minor, *currency)
            ),
            Self::Amount {
                intent,
                trip,
                of,
                currency,
                log_minor,
                company_minor,
            } => write!(
                f,
                "payment {intent} of trip {trip}: {of} {} by the log, {} by the company",
                Money::new(*log_minor, *currency),
                Money::new(*company_minor, *currency)
            ),
        }
    }
}
