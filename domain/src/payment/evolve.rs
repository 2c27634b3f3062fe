//! How a charge's state follows from its events.

use super::{Ask, Hold, Operation, Payment, PaymentEvent};
use std::sync::Arc;

impl Payment {
    pub(super) fn apply(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::Waived { charge, waiver } => {
                self.charge = Some(*charge);
                self.control.hold = Hold::Waived(*waiver);
            }
            PaymentEvent::AuthorizationStarted(start) => {
                self.charge = Some(start.charge);
                self.control.hold = Hold::Pending;
                self.control.authorization = start.authorization.0;
                self.budget_ends_at = start.budget_ends_at;
                self.start = Some(Arc::clone(start));
                self.intent = None;
                self.held = None;
            }
            PaymentEvent::IntentCreated { intent, .. } => {
                self.control.hold = Hold::Created;
                self.intent = Some(*intent);
            }
            PaymentEvent::ActionRequired { budget_ends_at, .. } => {
                self.control.hold = Hold::ActionRequired;
                self.budget_ends_at = *budget_ends_at;
            }
            PaymentEvent::Authorized { amount, .. } => {
                self.control.hold = Hold::Open;
                self.held = Some(*amount);
            }
            PaymentEvent::AuthorizationLost { .. }
            | PaymentEvent::Declined { .. }
            | PaymentEvent::CaptureFailed { .. }
            | PaymentEvent::Voided { .. } => self.end_hold(),
            PaymentEvent::SettlementAsked { charge, due, .. } => {
                self.charge = Some(*charge);
                self.due = *due;
                let something = due.is_some_and(|due| due.minor() > 0);
                self.control.ask = Some(if something { Ask::Capture } else { Ask::Void });
            }
            PaymentEvent::CaptureStarted { .. } => self.control.operation = Operation::Capturing,
            PaymentEvent::VoidStarted { .. } => self.control.operation = Operation::Voiding,
            PaymentEvent::Captured { captured, .. } | PaymentEvent::VoidRefused { captured, .. } => {
                self.control.operation = Operation::None;
                self.control.hold = Hold::Captured;
                self.captured = Some(*captured);
                self.held = None;
            }
            PaymentEvent::Closed { outcome } => {
                self.control.closed = true;
                self.outcome = Some(*outcome);
            }
            PaymentEvent::DebtRecorded { amount, .. } => {
                self.debt_minor = self.debt_minor.saturating_add(amount.minor());
            }
            PaymentEvent::DebtSettled { amount } | PaymentEvent::DebtWrittenOff { amount } => {
                self.debt_minor = self.debt_minor.saturating_sub(amount.minor());
            }
            PaymentEvent::RefundStarted { refund, amount } => {
                self.control.operation = Operation::Refunding;
                self.refunds = *refund;
                self.refund = Some((*refund, *amount));
            }
            PaymentEvent::Refunded { amount, .. } => {
                self.end_refund();
                self.refunded_minor = self.refunded_minor.saturating_add(amount.minor());
            }
            PaymentEvent::RefundFailed { .. } => self.end_refund(),
            PaymentEvent::DisputeOpened { dispute, .. } => {
                self.disputes.insert(*dispute, false);
            }
            PaymentEvent::DisputeFundsMoved { .. } => {}
            PaymentEvent::DisputeClosed { dispute, .. } => {
                self.disputes.insert(*dispute, true);
            }
        }
    }

    fn end_hold(&mut self) {
        self.control.operation = Operation::None;
        self.control.hold = Hold::Ended;
        self.held = None;
    }

    fn end_refund(&mut self) {
        self.control.operation = Operation::None;
        self.refund = None;
    }
}
