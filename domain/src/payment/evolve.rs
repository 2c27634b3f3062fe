//! How a charge's state follows from its events.

use super::corrections::Corrections;
use super::{Ask, AuthorizationStart, Correction, FurtherCharge, Hold, Operation, Payment, PaymentEvent};
use crate::id::IntentId;
use crate::money::Money;
use crate::time::Timestamp;
use crate::trip::MoneyOutcome;
use std::sync::Arc;

impl Payment {
    pub(super) fn apply(&mut self, event: &PaymentEvent) {
        self.charge = Some(event.charge());
        match *event {
            PaymentEvent::Waived { waiver, .. } => self.control.hold = Hold::Waived(waiver),
            PaymentEvent::AuthorizationStarted(ref start) => self.attempt(start),
            PaymentEvent::IntentCreated { intent, .. } => self.note_intent(intent),
            PaymentEvent::ActionRequired { budget_ends_at, .. } => self.await_rider(budget_ends_at),
            PaymentEvent::Authorized { amount, .. } => self.open_hold(amount),
            PaymentEvent::AuthorizationLost { .. }
            | PaymentEvent::Declined { .. }
            | PaymentEvent::CaptureFailed { .. }
            | PaymentEvent::Voided { .. } => self.end_hold(Hold::Ended),
            PaymentEvent::SettlementAsked { due, .. } => self.ask(due),
            PaymentEvent::CaptureStarted { .. } => self.control.operation = Operation::Capturing,
            PaymentEvent::VoidStarted { .. } => self.control.operation = Operation::Voiding,
            PaymentEvent::Captured { captured, .. } | PaymentEvent::VoidRefused { captured, .. } => {
                self.note_capture(captured);
            }
            PaymentEvent::Closed { outcome, .. } => self.close(outcome),
            PaymentEvent::DebtRecorded { amount, .. } => self.record_debt(amount),
            PaymentEvent::DebtSettled { amount, .. } | PaymentEvent::DebtWrittenOff { amount, .. } => {
                self.owe(amount.minor().saturating_neg());
            }
            PaymentEvent::RefundStarted { refund, amount, .. } => self.begin_refund(refund, amount),
            PaymentEvent::Refunded { amount, .. } => {
                self.end_refund(amount.minor());
                self.correct_by(amount.minor().saturating_neg());
            }
            PaymentEvent::RefundFailed { .. } => self.end_refund(0),
            PaymentEvent::DisputeOpened { dispute, .. } => self.note_dispute(dispute, false),
            PaymentEvent::DisputeClosed { dispute, .. } => self.note_dispute(dispute, true),
            PaymentEvent::DisputeFundsMoved {
                dispute, movement, ..
            } => {
                self.dispute_movements.insert((dispute, movement));
            }
            PaymentEvent::CorrectionAsked { correction, .. } => self.note_correction(correction),
            PaymentEvent::FurtherChargeAsked(ref further) => self.share(further),
            PaymentEvent::DebtReduced { amount, .. } => {
                self.owe(amount.minor().saturating_neg());
                self.correct_by(amount.minor().saturating_neg());
            }
            PaymentEvent::CashReturned { amount, .. } => self.return_cash(amount),
        }
    }

    const fn note_intent(&mut self, intent: IntentId) {
        self.control.hold = Hold::Created;
        self.intent = Some(intent);
    }

    const fn await_rider(&mut self, budget_ends_at: Timestamp) {
        self.control.hold = Hold::ActionRequired;
        self.budget_ends_at = budget_ends_at;
    }

    const fn open_hold(&mut self, amount: Money) {
        self.control.hold = Hold::Open;
        self.held = Some(amount);
    }

    const fn note_capture(&mut self, captured: Money) {
        self.end_hold(Hold::Captured);
        self.captured = Some(captured);
    }

    const fn close(&mut self, outcome: MoneyOutcome) {
        self.control.closed = true;
        self.outcome = Some(outcome);
    }

    fn note_correction(&mut self, correction: Correction) {
        match self.corrections_mut() {
            Some(corrections) => corrections.latest = correction,
            None => self.corrections = Some(Arc::new(Corrections::new(correction))),
        }
    }

    fn corrections_mut(&mut self) -> Option<&mut Corrections> {
        self.corrections.as_mut().map(Arc::make_mut)
    }

    /// What moves before the end is told by the outcome; what moves afterwards is a correction.
    fn correct_by(&mut self, minor: i64) {
        let is_closed = self.control.closed;
        if let Some(corrections) = self.corrections_mut().filter(|_| is_closed) {
            corrections.moved_minor = corrections.moved_minor.saturating_add(minor);
        }
    }

    /// Other charges than this one take what is missing.
    fn share(&mut self, further: &FurtherCharge) {
        if let Some(corrections) = self.corrections_mut() {
            corrections.share(further.number, further.due.minor());
        }
    }

    fn return_cash(&mut self, amount: Money) {
        self.correct_by(amount.minor().saturating_neg());
        if let Some(corrections) = self.corrections_mut() {
            corrections.cash_returned_minor = corrections.cash_returned_minor.saturating_add(amount.minor());
        }
    }

    fn attempt(&mut self, start: &Arc<AuthorizationStart>) {
        self.control.hold = Hold::Pending;
        self.control.authorization = start.authorization.0;
        self.budget_ends_at = start.budget_ends_at;
        self.start = Some(Arc::clone(start));
        self.intent = None;
        self.held = None;
    }

    fn ask(&mut self, due: Option<Money>) {
        self.due = due;
        let something = due.is_some_and(|due| due.minor() > 0);
        self.control.ask = Some(if something { Ask::Capture } else { Ask::Void });
    }

    const fn end_hold(&mut self, hold: Hold) {
        self.control.operation = Operation::None;
        self.control.hold = hold;
        self.held = None;
    }

    fn owe(&mut self, minor: i64) {
        self.debt_minor = self.debt_minor.saturating_add(minor);
    }

    fn record_debt(&mut self, amount: Money) {
        self.owe(amount.minor());
        self.correct_by(amount.minor());
    }

    fn begin_refund(&mut self, refund: u16, amount: Money) {
        self.control.operation = Operation::Refunding;
        self.refunds = refund;
        self.refund = Some((refund, amount));
        if let Some(corrections) = self.corrections_mut() {
            corrections.tried = corrections.latest.revision;
        }
    }

    fn end_refund(&mut self, refunded_minor: i64) {
        self.control.operation = Operation::None;
        self.refund = None;
        self.refunded_minor = self.refunded_minor.saturating_add(refunded_minor);
    }

    fn note_dispute(&mut self, dispute: u16, is_decided: bool) {
        self.disputes.insert(dispute, is_decided);
    }
}
