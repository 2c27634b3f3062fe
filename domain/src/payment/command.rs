//! What can be asked of a charge, and what the gateway's answers become.

use super::event::{Charge, Correction, DeclineReason, SettlementBasis};
use crate::id::IntentId;
use crate::money::Money;
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, PaymentMethod, PaymentMethodId};
use crate::units::Millis;
use std::fmt;

/// What to hold, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorize {
    /// Which charge.
    pub charge: Charge,
    /// How it is paid.
    pub payment: PaymentMethod,
    /// How much to hold.
    pub amount: Money,
    /// How long an attempt may take.
    pub budget: Millis,
    /// How much longer, once, where the rider must act.
    pub action_budget: Millis,
    /// The store's epoch.
    pub epoch: u32,
}

/// What a charge beside the fare takes, held and captured in one go: a tip, or what a correction adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collect {
    /// Which charge.
    pub charge: Charge,
    /// Which correction of the fare it follows from, 0 for a tip. Of a charge that was asked before, a later one is what it is
    /// to come to now.
    pub revision: u16,
    /// How much.
    pub due: Money,
    /// The rider's stored method.
    pub method: PaymentMethodId,
    /// How long an attempt may take.
    pub budget: Millis,
    /// How much longer, once, where the rider must act.
    pub action_budget: Millis,
    /// The store's epoch.
    pub epoch: u32,
}

/// What can be asked of a charge or told to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Hold money (TripRequested), or waive it.
    Authorize(Authorize),
    /// The gateway has made the intent.
    RecordIntent {
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// The gateway's object.
        intent: IntentId,
    },
    /// The gateway says that the rider must act.
    RecordActionRequired {
        /// Which attempt.
        authorization: AuthorizationNumber,
    },
    /// The gateway says that money is held.
    RecordAuthorized {
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much.
        amount: Money,
        /// When the hold lapses by itself.
        capture_before: Timestamp,
    },
    /// The gateway says that the intent is cancelled, or that it will never make one: nothing is held, and nothing ever
    /// will be.
    RecordCancelled {
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// Why, where it had not been held.
        reason: DeclineReason,
    },
    /// The budget is over and no intent was ever made: nothing can be held.
    AbandonAuthorization {
        /// Which attempt.
        authorization: AuthorizationNumber,
    },
    /// The trip has ended, and this is due (none or zero: void).
    AskSettlement {
        /// Which charge.
        charge: Charge,
        /// What it stands on.
        basis: SettlementBasis,
        /// How much.
        due: Option<Money>,
    },
    /// The gateway says that money was taken. Where the hold itself was not heard of, tell that first, in the same commit
    /// ([`Command::RecordAuthorized`]): only from a hold can money be taken.
    RecordCaptured {
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much.
        captured: Money,
    },
    /// The fare was corrected (FareAdjusted): money follows once the charge has come to its end, and no refund is under way.
    Correct {
        /// Which charge.
        charge: Charge,
        /// What it is to come to.
        correction: Correction,
    },
    /// Hold this and take it (TripTipped, FurtherChargeAsked).
    Collect(Collect),
    /// The gateway says that money was given back.
    RecordRefunded {
        /// Which refund.
        refund: u16,
    },
    /// The gateway says that money cannot be given back.
    RecordRefundFailed {
        /// Which refund.
        refund: u16,
    },
    /// Owed money was paid.
    SettleDebt {
        /// How much.
        amount: Money,
    },
    /// Give owed money up.
    WriteOffDebt {
        /// How much.
        amount: Money,
    },
    /// The gateway says that the rider disputes the charge.
    OpenDispute {
        /// Which dispute of this charge, from 1.
        dispute: u16,
        /// How much.
        amount: Money,
    },
    /// The gateway moved disputed money.
    MoveDisputeFunds {
        /// Which dispute.
        dispute: u16,
        /// Which movement of this dispute, from 1: told twice, it moved once.
        movement: u16,
        /// How much, signed: below zero it was taken from us.
        amount: Money,
    },
    /// The dispute is decided.
    CloseDispute {
        /// Which dispute.
        dispute: u16,
        /// Whether for us.
        won: bool,
    },
}

/// Why a request about money is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// More would be paid or given up than is owed.
    AboveDebt,
    /// The amount is not above zero.
    NotPositive,
    /// The amount is in another currency than the charge.
    CurrencyMismatch,
    /// The gateway says that it took more than it held.
    CaptureAboveHold,
    /// Nothing was ever asked of this charge.
    NoSuchCharge,
    /// The budget of the attempt has not come to its end on this service's clock.
    NotDueYet {
        /// When it will.
        due_at: Timestamp,
    },
}

impl Refusal {
    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AboveDebt => "payment_above_debt",
            Self::NotPositive => "payment_not_positive",
            Self::CurrencyMismatch => "payment_currency_mismatch",
            Self::CaptureAboveHold => "payment_capture_above_hold",
            Self::NoSuchCharge => "payment_no_such_charge",
            Self::NotDueYet { .. } => "payment_not_due_yet",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AboveDebt => "failed to settle the debt: less is owed",
            Self::NotPositive => "failed to move money: the amount must be above zero",
            Self::CurrencyMismatch => "failed to move money: the charge is in another currency",
            Self::CaptureAboveHold => {
                "failed to note the capture: it is above the hold, look at the intent in the gateway"
            }
            Self::NoSuchCharge => "failed to note what moved: nothing was ever charged here",
            Self::NotDueYet { due_at } => {
                return write!(f, "failed to give the attempt up: it may take until {due_at}");
            }
        })
    }
}

impl std::error::Error for Refusal {}
