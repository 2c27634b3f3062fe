//! What happens on `payment-{trip}` and, for tips, debts and corrections, on `payment-{trip}-{n}`.

use crate::id::IntentId;
use crate::money::Money;
use crate::stream::ChargeNumber;
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, MoneyOutcome, PaymentMethodId};
use crate::units::Millis;
use crate::{canonical_enum, canonical_struct};
use std::sync::Arc;

/// What a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The fare of a ride, or the fee that stands in its place.
    Fare,
    /// A tip.
    Tip,
    /// A debt that is collected later.
    Debt,
    /// What a corrected fare comes to above what was settled before.
    Correction,
}
canonical_enum!(Purpose { 0 = Fare, 1 = Tip, 2 = Debt, 3 = Correction });

/// A charge of a trip, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Charge {
    /// Its number within the trip.
    pub number: ChargeNumber,
    /// What it is for.
    pub purpose: Purpose,
}
canonical_struct!(Charge { number, purpose });

impl Charge {
    /// The fare of a trip.
    pub const FARE: Self = Self {
        number: ChargeNumber::FARE,
        purpose: Purpose::Fare,
    };
}

/// Why nothing is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waiver {
    /// Paid in cash, to the driver.
    Cash,
    /// Billed to an account.
    Account,
    /// Nothing can become due.
    NothingDue,
}
canonical_enum!(Waiver { 0 = Cash, 1 = Account, 2 = NothingDue });

/// An attempt to hold money. The gateway's idempotency keys are made of the stream, the authorisation's number and the
/// epoch; a new attempt has a new number, hence new keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationStart {
    /// Which charge.
    pub charge: Charge,
    /// Which attempt.
    pub authorization: AuthorizationNumber,
    /// The store's epoch, part of every key.
    pub epoch: u32,
    /// How much to hold.
    pub amount: Money,
    /// The rider's stored method.
    pub method: PaymentMethodId,
    /// How long an attempt may take.
    pub budget: Millis,
    /// How much longer, once, where the rider must act.
    pub action_budget: Millis,
    /// When this attempt has used its budget.
    pub budget_ends_at: Timestamp,
}
canonical_struct!(AuthorizationStart {
    charge,
    authorization,
    epoch,
    amount,
    method,
    budget,
    action_budget,
    budget_ends_at
});

/// Why an authorisation is declined for good. Where there is an intent, it is cancelled at the gateway before this is
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclineReason {
    /// The issuer said no, and no more than that.
    Issuer,
    /// The rider did not act in time, or could not prove who they are.
    ActionFailed,
    /// The budget was used up.
    BudgetOver,
    /// The second authorisation was lost like the first.
    LostAgain,
    /// The issuer said no: there is not enough money.
    InsufficientFunds,
    /// The issuer said no: the card has expired.
    CardExpired,
    /// The issuer said no: the card was lost, stolen, closed or barred from such payments.
    CardBlocked,
    /// The gateway never asked the issuer: the method is gone, or it will not take it.
    MethodRefused,
}
canonical_enum!(DeclineReason {
    0 = Issuer,
    1 = ActionFailed,
    2 = BudgetOver,
    3 = LostAgain,
    4 = InsufficientFunds,
    5 = CardExpired,
    6 = CardBlocked,
    7 = MethodRefused
});

/// What a settlement stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettlementBasis {
    /// A ride's fare, a tip or a debt: what was agreed is due.
    Fare,
    /// A cancellation's or no-show's fee.
    Fee,
    /// Nothing: the trip failed.
    Nothing,
}
canonical_enum!(SettlementBasis { 0 = Fare, 1 = Fee, 2 = Nothing });

/// Why money is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebtReason {
    /// The hold was lost or declined after the ride began.
    NoHold,
    /// The capture failed for good.
    CaptureFailed,
    /// More is due than was held.
    AboveHold,
    /// The account is billed.
    Account,
    /// A fee of a trip that was to be paid in cash.
    CashFee,
    /// A corrected fare comes to more, and the rest could not be taken.
    Corrected,
}
canonical_enum!(DebtReason {
    0 = NoHold,
    1 = CaptureFailed,
    2 = AboveHold,
    3 = Account,
    4 = CashFee,
    5 = Corrected
});

/// What a charge is to come to since its fare was corrected. A level, not a difference: of two, the later one stands, in
/// whatever order they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Correction {
    /// Which correction of the trip's fare, from 1.
    pub revision: u16,
    /// What is due now.
    pub due: Money,
    /// The number that a further charge takes, should one be needed; of a further charge, its own.
    pub further: ChargeNumber,
}
canonical_struct!(Correction {
    revision,
    due,
    further
});

/// What another charge of the trip is to come to: at first to take what a correction adds, later perhaps to give some of it
/// back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherCharge {
    /// The charge that asks: the fare's.
    pub charge: Charge,
    /// The charge that is asked.
    pub number: ChargeNumber,
    /// Which correction it follows from.
    pub revision: u16,
    /// What that charge is to come to.
    pub due: Money,
    /// The rider's stored method.
    pub method: PaymentMethodId,
    /// How long an attempt may take.
    pub budget: Millis,
    /// How much longer, once, where the rider must act.
    pub action_budget: Millis,
}
canonical_struct!(FurtherCharge {
    charge,
    number,
    revision,
    due,
    method,
    budget,
    action_budget
});

/// What happened to a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentEvent {
    /// Nothing is held.
    Waived {
        /// Which charge.
        charge: Charge,
        /// Why.
        waiver: Waiver,
    },
    /// A hold is to be placed.
    AuthorizationStarted(Arc<AuthorizationStart>),
    /// The gateway has an intent for it. Creating it moved no money.
    IntentCreated {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// The gateway's object.
        intent: IntentId,
    },
    /// The rider must act (3-D Secure).
    ActionRequired {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// Until when.
        budget_ends_at: Timestamp,
    },
    /// Money is held.
    Authorized {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much.
        amount: Money,
        /// When the hold lapses by itself.
        capture_before: Timestamp,
    },
    /// The hold is gone without our doing.
    AuthorizationLost {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much is held no more.
        released: Money,
    },
    /// No hold, for good.
    Declined {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// Why.
        reason: DeclineReason,
    },
    /// The trip has ended, and this is due; nothing due means void.
    SettlementAsked {
        /// Which charge.
        charge: Charge,
        /// What it stands on.
        basis: SettlementBasis,
        /// How much; none where no currency is known.
        due: Option<Money>,
    },
    /// Money is to be taken from the hold.
    CaptureStarted {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much: above zero, at most what is held.
        amount: Money,
    },
    /// Money was taken; the rest of the hold is free.
    Captured {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much.
        captured: Money,
        /// How much of the hold was given back, in minor units of the same currency.
        released_minor: i64,
    },
    /// The capture failed for good; the hold is gone.
    CaptureFailed {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much is held no more.
        released: Money,
    },
    /// The hold is to be given back.
    VoidStarted {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
    },
    /// The hold was given back.
    Voided {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much was held; zero where the void came before the hold.
        released: Money,
    },
    /// The hold could not be given back: the intent was found captured.
    VoidRefused {
        /// Which charge.
        charge: Charge,
        /// Which attempt.
        authorization: AuthorizationNumber,
        /// How much had been taken.
        captured: Money,
        /// How much of the hold was given back, in minor units of the same currency.
        released_minor: i64,
    },
    /// Nothing is outstanding.
    Closed {
        /// Which charge.
        charge: Charge,
        /// How the money ended.
        outcome: MoneyOutcome,
    },
    /// Money is owed.
    DebtRecorded {
        /// Which charge.
        charge: Charge,
        /// How much.
        amount: Money,
        /// Why.
        reason: DebtReason,
    },
    /// Owed money was paid.
    DebtSettled {
        /// Which charge.
        charge: Charge,
        /// How much.
        amount: Money,
    },
    /// Owed money is given up.
    DebtWrittenOff {
        /// Which charge.
        charge: Charge,
        /// How much.
        amount: Money,
    },
    /// Money is to be given back.
    RefundStarted {
        /// Which charge.
        charge: Charge,
        /// Which refund of this charge, from 1.
        refund: u16,
        /// How much.
        amount: Money,
    },
    /// Money was given back.
    Refunded {
        /// Which charge.
        charge: Charge,
        /// Which refund.
        refund: u16,
        /// How much.
        amount: Money,
    },
    /// Money could not be given back.
    RefundFailed {
        /// Which charge.
        charge: Charge,
        /// Which refund.
        refund: u16,
        /// How much.
        amount: Money,
    },
    /// The rider disputes the charge at their bank (a chargeback).
    DisputeOpened {
        /// Which charge.
        charge: Charge,
        /// Which dispute of this charge, from 1.
        dispute: u16,
        /// How much.
        amount: Money,
    },
    /// The gateway took disputed money from us (below zero) or gave it back (above).
    DisputeFundsMoved {
        /// Which charge.
        charge: Charge,
        /// Which dispute.
        dispute: u16,
        /// Which movement of this dispute, from 1.
        movement: u16,
        /// How much, signed.
        amount: Money,
    },
    /// The dispute is decided.
    DisputeClosed {
        /// Which charge.
        charge: Charge,
        /// Which dispute.
        dispute: u16,
        /// Whether for us.
        won: bool,
    },
    /// The fare was corrected: this much is due now.
    CorrectionAsked {
        /// Which charge.
        charge: Charge,
        /// What it is to come to.
        correction: Correction,
    },
    /// Another charge is to take what a correction adds, or to give some of it back.
    FurtherChargeAsked(Arc<FurtherCharge>),
    /// Less is owed, since the fare was corrected.
    DebtReduced {
        /// Which charge.
        charge: Charge,
        /// How much less.
        amount: Money,
    },
    /// The driver owes the rider cash, since the fare was corrected: they settle it between them, as they did the fare.
    CashReturned {
        /// Which charge.
        charge: Charge,
        /// How much.
        amount: Money,
    },
}
canonical_enum!(PaymentEvent {
    0 = Waived { charge, waiver },
    1 = AuthorizationStarted(start),
    2 = IntentCreated { charge, authorization, intent },
    3 = ActionRequired { charge, authorization, budget_ends_at },
    4 = Authorized { charge, authorization, amount, capture_before },
    5 = AuthorizationLost { charge, authorization, released },
    6 = Declined { charge, authorization, reason },
    7 = SettlementAsked { charge, basis, due },
    8 = CaptureStarted { charge, authorization, amount },
    9 = Captured { charge, authorization, captured, released_minor },
    10 = CaptureFailed { charge, authorization, released },
    11 = VoidStarted { charge, authorization },
    12 = Voided { charge, authorization, released },
    13 = VoidRefused { charge, authorization, captured, released_minor },
    14 = Closed { charge, outcome },
    15 = DebtRecorded { charge, amount, reason },
    16 = DebtSettled { charge, amount },
    17 = DebtWrittenOff { charge, amount },
    18 = RefundStarted { charge, refund, amount },
    19 = Refunded { charge, refund, amount },
    20 = RefundFailed { charge, refund, amount },
    21 = DisputeOpened { charge, dispute, amount },
    22 = DisputeFundsMoved { charge, dispute, movement, amount },
    23 = DisputeClosed { charge, dispute, won },
    24 = CorrectionAsked { charge, correction },
    25 = FurtherChargeAsked(further),
    26 = DebtReduced { charge, amount },
    27 = CashReturned { charge, amount },
});

impl PaymentEvent {
    /// Which charge it happened to, and what that charge is for.
    pub fn charge(&self) -> Charge {
        match *self {
            Self::AuthorizationStarted(ref start) => start.charge,
            Self::FurtherChargeAsked(ref further) => further.charge,
            Self::Waived { charge, .. }
            | Self::IntentCreated { charge, .. }
            | Self::ActionRequired { charge, .. }
            | Self::Authorized { charge, .. }
            | Self::AuthorizationLost { charge, .. }
            | Self::Declined { charge, .. }
            | Self::SettlementAsked { charge, .. }
            | Self::CaptureStarted { charge, .. }
            | Self::Captured { charge, .. }
            | Self::CaptureFailed { charge, .. }
            | Self::VoidStarted { charge, .. }
            | Self::Voided { charge, .. }
            | Self::VoidRefused { charge, .. }
            | Self::Closed { charge, .. }
            | Self::DebtRecorded { charge, .. }
            | Self::DebtSettled { charge, .. }
            | Self::DebtWrittenOff { charge, .. }
            | Self::RefundStarted { charge, .. }
            | Self::Refunded { charge, .. }
            | Self::RefundFailed { charge, .. }
            | Self::DisputeOpened { charge, .. }
            | Self::DisputeFundsMoved { charge, .. }
            | Self::DisputeClosed { charge, .. }
            | Self::CorrectionAsked { charge, .. }
            | Self::DebtReduced { charge, .. }
            | Self::CashReturned { charge, .. } => charge,
        }
    }

    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waived { .. } => "PaymentWaived",
            Self::AuthorizationStarted(_) => "AuthorizationStarted",
            Self::IntentCreated { .. } => "IntentCreated",
            Self::ActionRequired { .. } => "ActionRequired",
            Self::Authorized { .. } => "PaymentAuthorized",
            Self::AuthorizationLost { .. } => "AuthorizationLost",
            Self::Declined { .. } => "PaymentDeclined",
            Self::SettlementAsked { .. } => "SettlementAsked",
            Self::CaptureStarted { .. } => "CaptureStarted",
            Self::Captured { .. } => "PaymentCaptured",
            Self::CaptureFailed { .. } => "CaptureFailed",
            Self::VoidStarted { .. } => "VoidStarted",
            Self::Voided { .. } => "PaymentVoided",
            Self::VoidRefused { .. } => "VoidRefused",
            Self::Closed { .. } => "PaymentClosed",
            Self::DebtRecorded { .. } => "DebtRecorded",
            Self::DebtSettled { .. } => "DebtSettled",
            Self::DebtWrittenOff { .. } => "DebtWrittenOff",
            Self::RefundStarted { .. } => "RefundStarted",
            Self::Refunded { .. } => "PaymentRefunded",
            Self::RefundFailed { .. } => "RefundFailed",
            Self::DisputeOpened { .. } => "DisputeOpened",
            Self::DisputeFundsMoved { .. } => "DisputeFundsMoved",
            Self::DisputeClosed { .. } => "DisputeClosed",
            Self::CorrectionAsked { .. } => "CorrectionAsked",
            Self::FurtherChargeAsked(_) => "FurtherChargeAsked",
            Self::DebtReduced { .. } => "DebtReduced",
            Self::CashReturned { .. } => "CashReturned",
        }
    }
}
