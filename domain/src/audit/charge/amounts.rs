//! How much a charge may hold, take, give back and be owed: each hold ends once and whole, and what is due is covered.

use super::{Charge, Hold};
use crate::audit::finding::{Flaw, Notes};
use crate::money::Money;
use crate::payment::{PaymentEvent, Purpose, Waiver};
use crate::trip::MoneyOutcome;

impl Charge {
    pub(super) fn check_currency(&self, event: &PaymentEvent, notes: &mut Notes<'_>) {
        if let (Some(known), Some(amount)) = (self.currency, amount_of(event)) {
            notes.expect(known == amount.currency(), Flaw::CurrencyMixed);
        }
    }

    pub(super) fn check_held(&self, amount: Money, notes: &mut Notes<'_>) {
        let wanted = self.start.as_ref().map(|start| start.amount);
        let is_wanted = wanted.is_none_or(|wanted| amount.minor() <= wanted.minor());
        notes.expect(is_wanted, Flaw::HoldAboveQuote);
    }

    pub(super) fn check_capture(&self, amount: Money, due_minor: i64, notes: &mut Notes<'_>) {
        let limit = due_minor.min(self.held_minor);
        notes.expect((1..=limit).contains(&amount.minor()), Flaw::CaptureAboveHold);
    }

    pub(super) fn check_captured(&self, captured: Money, released_minor: i64, notes: &mut Notes<'_>) {
        notes.expect(self.hold != Hold::Captured, Flaw::CapturedTwice);
        if self.hold == Hold::Open {
            // A gateway that took more than was due gives the rest back before the end.
            self.check_capture(captured, i64::MAX, notes);
            self.check_end(captured.minor().saturating_add(released_minor), notes);
        }
    }

    /// A hold ends whole: what was taken and given back is what was held.
    pub(super) fn check_end(&self, ended_minor: i64, notes: &mut Notes<'_>) {
        let held_minor = self.held_minor;
        let flaw = Flaw::HoldUnbalanced {
            held_minor,
            ended_minor,
        };
        notes.expect(held_minor == ended_minor, flaw);
    }

    /// Money is given back of what was kept.
    pub(super) fn check_refund(&self, amount: Money, notes: &mut Notes<'_>) {
        let is_kept = (1..=self.kept_minor()).contains(&amount.minor());
        notes.expect(is_kept, Flaw::RefundAboveCaptured);
    }

    pub(super) fn check_cash_returned(&self, amount: Money, notes: &mut Notes<'_>) {
        let is_held = (1..=self.cash_minor()).contains(&amount.minor());
        notes.expect(is_held, Flaw::RefundAboveCaptured);
    }

    pub(super) fn check_debt(&self, amount: Money, notes: &mut Notes<'_>) {
        let is_owed = (1..=self.end.debt_minor).contains(&amount.minor());
        notes.expect(is_owed, Flaw::DebtAboveOwed);
    }

    pub(super) fn check_outcome(&self, outcome: MoneyOutcome, notes: &mut Notes<'_>) {
        notes.expect(!self.is_live(), Flaw::ClosedWithHold);
        let may_be_cash = outcome.cash_minor == 0 || self.hold == Hold::Waived(Waiver::Cash);
        let is_told = outcome.captured_minor == self.kept_minor()
            && outcome.debt_minor == self.end.recorded_debt_minor
            && may_be_cash
            && self
                .currency
                .is_none_or(|currency| outcome.currency == Some(currency));
        notes.expect(is_told, Flaw::OutcomeDiffers);
        let due_minor = self.end.due.map_or(0, Money::minor);
        let covered_minor = outcome
            .captured_minor
            .saturating_add(outcome.debt_minor)
            .saturating_add(outcome.cash_minor);
        // A tip that could not be taken is owed by nobody.
        let is_tip = self.purpose() == Some(Purpose::Tip) && outcome.debt_minor == 0;
        let flaw = Flaw::NotCovered {
            due_minor,
            covered_minor,
        };
        notes.expect(
            covered_minor == due_minor || (is_tip && covered_minor < due_minor),
            flaw,
        );
    }
}

/// The amount that an event names.
pub(super) fn amount_of(event: &PaymentEvent) -> Option<Money> {
    match *event {
        PaymentEvent::AuthorizationStarted(ref start) => Some(start.amount),
        PaymentEvent::CorrectionAsked { correction, .. } => Some(correction.due),
        PaymentEvent::FurtherChargeAsked(ref further) => Some(further.due),
        PaymentEvent::SettlementAsked { due, .. } => due,
        PaymentEvent::Authorized { amount, .. }
        | PaymentEvent::AuthorizationLost { released: amount, .. }
        | PaymentEvent::CaptureStarted { amount, .. }
        | PaymentEvent::Captured { captured: amount, .. }
        | PaymentEvent::CaptureFailed { released: amount, .. }
        | PaymentEvent::Voided { released: amount, .. }
        | PaymentEvent::VoidRefused { captured: amount, .. }
        | PaymentEvent::DebtRecorded { amount, .. }
        | PaymentEvent::DebtSettled { amount, .. }
        | PaymentEvent::DebtWrittenOff { amount, .. }
        | PaymentEvent::DebtReduced { amount, .. }
        | PaymentEvent::CashReturned { amount, .. }
        | PaymentEvent::RefundStarted { amount, .. }
        | PaymentEvent::Refunded { amount, .. }
        | PaymentEvent::RefundFailed { amount, .. }
        | PaymentEvent::DisputeOpened { amount, .. }
        | PaymentEvent::DisputeFundsMoved { amount, .. } => Some(amount),
        PaymentEvent::Waived { .. }
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::Declined { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::Closed { .. }
        | PaymentEvent::DisputeClosed { .. } => None,
    }
}
