//! What moved at the gateway.

use crate::id::TripId;
use crate::money::{Currency, Money};
use crate::payment::PaymentEvent;
use crate::stream::{ChargeNumber, StreamId};
use crate::trip::AuthorizationNumber;
use std::collections::BTreeMap;

/// What was held, taken, given back and owed, in minor units of one currency. Always: authorised = captured + released +
/// open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Movements {
    /// What holds were placed for.
    pub authorised_minor: i128,
    /// What was taken from holds, before refunds.
    pub captured_minor: i128,
    /// What of holds was given back, or lapsed.
    pub released_minor: i128,
    /// What is held now.
    pub open_minor: i128,
    /// What is owed now.
    pub debt_minor: i128,
    /// What was given back after it had been taken.
    pub refunded_minor: i128,
}

impl Movements {
    /// Whether authorised = captured + released + open.
    pub const fn is_balanced(&self) -> bool {
        self.authorised_minor == self.captured_minor + self.released_minor + self.open_minor
    }
}

/// The holds that are open. What is open is counted from these, not from what is taken and given back: only so can the
/// balance fail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Holds {
    open: BTreeMap<(TripId, ChargeNumber, AuthorizationNumber), Money>,
}

impl Holds {
    pub(super) fn observe(
        &mut self,
        stream: StreamId,
        event: &PaymentEvent,
        movements: &mut BTreeMap<Currency, Movements>,
    ) {
        let StreamId::Payment(trip, charge) = stream else {
            return;
        };
        let mut moved = |amount: Money, change: fn(&mut Movements, i128)| {
            let totals = movements.entry(amount.currency()).or_default();
            change(totals, i128::from(amount.minor()));
        };
        match Movement::of(event) {
            Movement::None => {}
            Movement::Placed(number, held) => {
                moved(held, |totals, minor| totals.authorised_minor += minor);
                moved(held, |totals, minor| totals.open_minor += minor);
                self.open.insert((trip, charge, number), held);
            }
            Movement::Ended(number, taken, given_back) => {
                moved(taken, |totals, minor| totals.captured_minor += minor);
                moved(given_back, |totals, minor| totals.released_minor += minor);
                if let Some(held) = self.open.remove(&(trip, charge, number)) {
                    moved(held, |totals, minor| totals.open_minor -= minor);
                }
            }
            Movement::Owed(amount) => moved(amount, |totals, minor| totals.debt_minor += minor),
            Movement::OwedNoMore(amount) => moved(amount, |totals, minor| totals.debt_minor -= minor),
            Movement::Refunded(amount) => moved(amount, |totals, minor| totals.refunded_minor += minor),
        }
    }
}

/// What an event says of money at the gateway.
#[derive(Debug, Clone, Copy)]
enum Movement {
    None,
    /// A hold.
    Placed(AuthorizationNumber, Money),
    /// A hold's end: what of it was taken, and what given back.
    Ended(AuthorizationNumber, Money, Money),
    Owed(Money),
    OwedNoMore(Money),
    Refunded(Money),
}

impl Movement {
    fn of(event: &PaymentEvent) -> Self {
        match *event {
            PaymentEvent::Authorized {
                authorization,
                amount,
                ..
            } => Self::Placed(authorization, amount),
            PaymentEvent::Captured {
                authorization,
                captured,
                released_minor,
                ..
            }
            | PaymentEvent::VoidRefused {
                authorization,
                captured,
                released_minor,
                ..
            } => {
                let given_back = Money::new(released_minor, captured.currency());
                Self::Ended(authorization, captured, given_back)
            }
            PaymentEvent::AuthorizationLost {
                authorization,
                released,
                ..
            }
            | PaymentEvent::CaptureFailed {
                authorization,
                released,
                ..
            }
            | PaymentEvent::Voided {
                authorization,
                released,
                ..
            } => Self::Ended(authorization, Money::zero(released.currency()), released),
            PaymentEvent::DebtRecorded { amount, .. } => Self::Owed(amount),
            PaymentEvent::DebtSettled { amount, .. }
            | PaymentEvent::DebtWrittenOff { amount, .. }
            | PaymentEvent::DebtReduced { amount, .. } => Self::OwedNoMore(amount),
            PaymentEvent::Refunded { amount, .. } => Self::Refunded(amount),
            PaymentEvent::Waived { .. }
            | PaymentEvent::AuthorizationStarted(_)
            | PaymentEvent::IntentCreated { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::Declined { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::CaptureStarted { .. }
            | PaymentEvent::VoidStarted { .. }
            | PaymentEvent::Closed { .. }
            | PaymentEvent::RefundStarted { .. }
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::FurtherChargeAsked(_)
            | PaymentEvent::CashReturned { .. } => Self::None,
        }
    }
}
