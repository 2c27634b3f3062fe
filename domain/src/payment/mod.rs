//! A charge: what is held, taken, given back and owed for one fare, fee, tip or debt.
//!
//! Each authorisation ends once: captured, voided or lost. There is one live authorisation and one successful capture per
//! charge, and always: authorised = captured + released + open.
//!
//! Money is given back where something else than what is due was taken, and where a fare was corrected; never because somebody
//! asked for a refund as such. A corrected fare is a level that the charge comes to once it has ended: a refund of what was
//! taken above it, or a further charge ([`Purpose::Correction`]) over what is missing.
//!
//! Calls to the gateway are made by the payment service as a reaction to a published event; [`Payment::next_call`] says
//! which call the present state wants, so that a late event never makes a call that is not wanted any more.
//!
//! ```
//! use fiacre_domain::decision::Aggregate;
//! use fiacre_domain::payment::{Charge, Command, Payment, PaymentEvent, SettlementBasis};
//! use fiacre_domain::time::Timestamp;
//!
//! // The end of a trip that overtakes its order leaves a tombstone: nothing will be held.
//! let ask = Command::AskSettlement { charge: Charge::FARE, basis: SettlementBasis::Nothing, due: None };
//! let events = Payment::default().decide(&ask, Timestamp::from_ms(0))?.into_events();
//! assert!(matches!(events[..], [PaymentEvent::SettlementAsked { .. }, PaymentEvent::Closed { .. }]));
//! # Ok::<(), fiacre_domain::payment::Refusal>(())
//! ```

mod command;
mod corrections;
mod decide;
mod event;
mod evolve;
#[cfg(test)]
mod tests;

pub use command::{Authorize, Collect, Command, Refusal};
pub use corrections::Corrections;
pub use event::{
    AuthorizationStart, Charge, Correction, DebtReason, DeclineReason, FurtherCharge, PaymentEvent, Purpose,
    SettlementBasis, Waiver,
};

use crate::decision::{StateError, state_parts};
use crate::id::IntentId;
use crate::money::Money;
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, MoneyOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often a charge's hold is placed: once, and once more if it is lost.
pub const AUTHORIZATIONS_MAX: u8 = 2;

/// The hold of the current authorisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Hold {
    /// Nothing was asked yet.
    #[default]
    None,
    /// Nothing is to be held.
    Waived(Waiver),
    /// An intent is to be created.
    Pending,
    /// The intent is to be confirmed.
    Created,
    /// The rider must act.
    ActionRequired,
    /// Money is held.
    Open,
    /// Money was taken.
    Captured,
    /// Given back, lost or declined: nothing is held.
    Ended,
}

/// What is asked at the end of the trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// Give the hold back.
    Void,
    /// Take what is due.
    Capture,
}

/// The operation at the gateway whose outcome is awaited, after the hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Operation {
    /// None.
    #[default]
    None,
    /// Taking.
    Capturing,
    /// Giving back the hold.
    Voiding,
    /// Giving back what was taken.
    Refunding,
}

/// The part of the state that the saga turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Control {
    /// The number of the current authorisation.
    pub authorization: u8,
    /// Its hold.
    pub hold: Hold,
    /// What the end of the trip asked.
    pub ask: Option<Ask>,
    /// What is under way at the gateway.
    pub operation: Operation,
    /// Nothing is outstanding.
    pub closed: bool,
}

/// A call that the charge wants made at the gateway. Every call may be repeated: its key is the same each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayCall {
    /// Create an intent over the start's amount; moves no money.
    Create,
    /// Confirm the intent: place the hold.
    Confirm {
        /// The intent.
        intent: IntentId,
    },
    /// Take this much.
    Capture {
        /// The intent.
        intent: IntentId,
        /// How much.
        amount: Money,
    },
    /// Cancel the intent: give the hold back, or keep it from ever being placed.
    Cancel {
        /// The intent.
        intent: IntentId,
    },
    /// Give this much back.
    Refund {
        /// The intent.
        intent: IntentId,
        /// Which refund of the charge.
        refund: u16,
        /// How much.
        amount: Money,
    },
}

/// A charge's state, folded from its stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payment {
    control: Control,
    charge: Option<Charge>,
    start: Option<Arc<AuthorizationStart>>,
    budget_ends_at: Timestamp,
    intent: Option<IntentId>,
    held: Option<Money>,
    due: Option<Money>,
    captured: Option<Money>,
    refunded_minor: i64,
    refund: Option<(u16, Money)>,
    refunds: u16,
    debt_minor: i64,
    outcome: Option<MoneyOutcome>,
    /// Number → whether it is decided.
    disputes: BTreeMap<u16, bool>,
    /// Disputes' numbers, each with the numbers of its movements.
    dispute_movements: BTreeSet<(u16, u16)>,
    /// Seldom: most fares are never corrected.
    corrections: Option<Arc<Corrections>>,
}

state_parts!(
    /// A charge's state as data.
    PaymentParts of Payment {
        /// The part that the saga turns on.
        control: Control,
        /// Which charge it is.
        charge: Option<Charge>,
        /// The attempt under way or last made.
        start: Option<Arc<AuthorizationStart>>,
        /// When the attempt has used its budget.
        budget_ends_at: Timestamp,
        /// The gateway's object of the current authorisation.
        intent: Option<IntentId>,
        /// What is held now.
        held: Option<Money>,
        /// What is to be captured.
        due: Option<Money>,
        /// What was taken, before refunds.
        captured: Option<Money>,
        /// What was given back, in minor units.
        refunded_minor: i64,
        /// The refund under way: its number, and how much.
        refund: Option<(u16, Money)>,
        /// The number of the last refund.
        refunds: u16,
        /// What is owed, in minor units.
        debt_minor: i64,
        /// How the money ended.
        outcome: Option<MoneyOutcome>,
        /// Disputes by number, and whether each is decided.
        disputes: BTreeMap<u16, bool>,
        /// Disputes' numbers, each with the numbers of its movements.
        dispute_movements: BTreeSet<(u16, u16)>,
        /// What corrections of the fare came to.
        corrections: Option<Arc<Corrections>>,
    }
);

impl Payment {
    fn check(&self) -> Result<(), StateError> {
        if self.charge.is_none() && *self != Self::default() {
            return Err(StateError::MoneyWithoutCharge);
        }
        Ok(())
    }

    /// The part that the saga turns on.
    pub const fn control(&self) -> Control {
        self.control
    }

    /// The attempt under way or last made.
    pub const fn start(&self) -> Option<&Arc<AuthorizationStart>> {
        self.start.as_ref()
    }

    /// The number of the current authorisation.
    pub const fn authorization(&self) -> AuthorizationNumber {
        AuthorizationNumber(self.control.authorization)
    }

    /// The gateway's object of the current authorisation.
    pub const fn intent(&self) -> Option<IntentId> {
        self.intent
    }

    /// What is held now.
    pub const fn held(&self) -> Option<Money> {
        self.held
    }

    /// What was taken, before refunds.
    pub const fn captured(&self) -> Option<Money> {
        self.captured
    }

    /// What is owed, in minor units of the charge's currency.
    pub const fn debt_minor(&self) -> i64 {
        self.debt_minor
    }

    /// How the money ended, once closed.
    pub const fn outcome(&self) -> Option<MoneyOutcome> {
        self.outcome
    }

    /// The last correction of the fare that this charge was told of; 0 where none was.
    pub fn corrections(&self) -> u16 {
        self.corrections
            .as_ref()
            .map_or(0, |corrections| corrections.latest.revision)
    }

    /// How many further charges this one has asked.
    pub fn further_charges(&self) -> usize {
        self.corrections
            .as_ref()
            .map_or(0, |corrections| corrections.shares.len())
    }

    /// Whether it has come to its end, and nothing is under way at the gateway.
    pub fn is_at_rest(&self) -> bool {
        self.control.closed && self.control.operation == Operation::None
    }

    /// Whether the attempt under way has used its budget: then its intent is to be cancelled at the gateway, and declined
    /// only when the gateway says so; an attempt without an intent is abandoned.
    pub fn is_overdue(&self, authorization: AuthorizationNumber, now: Timestamp) -> bool {
        authorization == self.authorization() && self.is_unresolved() && now >= self.budget_ends_at
    }

    /// When the attempt under way has used its budget.
    pub const fn budget_ends_at(&self) -> Timestamp {
        self.budget_ends_at
    }

    /// Whether an attempt was begun whose outcome is not known.
    pub const fn is_unresolved(&self) -> bool {
        match self.control.hold {
            Hold::Pending | Hold::Created | Hold::ActionRequired => true,
            Hold::None | Hold::Waived(_) | Hold::Open | Hold::Captured | Hold::Ended => false,
        }
    }

    /// The call that this state wants made; none where it waits for nobody, or for the rider.
    pub fn next_call(&self) -> Option<GatewayCall> {
        match self.control.operation {
            Operation::None => match self.control.hold {
                Hold::Pending => Some(GatewayCall::Create),
                Hold::Created => self.intent.map(|intent| GatewayCall::Confirm { intent }),
                Hold::None
                | Hold::Waived(_)
                | Hold::ActionRequired
                | Hold::Open
                | Hold::Captured
                | Hold::Ended => None,
            },
            Operation::Voiding => self.intent.map(|intent| GatewayCall::Cancel { intent }),
            Operation::Capturing => {
                let (intent, amount) = (self.intent?, self.capture_amount()?);
                Some(GatewayCall::Capture { intent, amount })
            }
            Operation::Refunding => {
                let (intent, (refund, amount)) = (self.intent?, self.refund?);
                Some(GatewayCall::Refund {
                    intent,
                    refund,
                    amount,
                })
            }
        }
    }

    /// What a capture takes: what is due, at most what is held.
    fn capture_amount(&self) -> Option<Money> {
        self.due?.min(self.held?).ok()
    }
}
