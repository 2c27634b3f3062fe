//! What may follow what on a charge's stream.

use super::{ATTEMPTS_MAX, Charge, Hold, Operation};
use crate::payment::{DeclineReason, FurtherCharge, PaymentEvent, Purpose};
use crate::stream::ChargeNumber;
use crate::trip::AuthorizationNumber;

impl Charge {
    pub(super) fn may_follow(&self, event: &PaymentEvent) -> bool {
        match *event {
            PaymentEvent::Waived { .. } => self.hold == Hold::None && !self.is_asked,
            PaymentEvent::AuthorizationStarted(ref start) => {
                !self.is_asked && start.authorization.0 == self.attempts && !self.is_waived()
            }
            PaymentEvent::IntentCreated { authorization, .. } => self.is_at(authorization, &[Hold::Started]),
            PaymentEvent::ActionRequired { authorization, .. } => self.is_at(authorization, &[Hold::Created]),
            PaymentEvent::Authorized { authorization, .. } => {
                self.is_at(authorization, &[Hold::Created, Hold::ActionRequired])
            }
            PaymentEvent::AuthorizationLost { authorization, .. } => {
                self.is_at(authorization, &[Hold::Open]) && self.end.operation == Operation::None
            }
            PaymentEvent::Declined {
                authorization,
                reason,
                ..
            } => self.is_current(authorization) && self.may_decline(reason),
            PaymentEvent::SettlementAsked { .. } => !self.is_asked,
            PaymentEvent::CaptureStarted { authorization, .. } => self.may_capture(authorization),
            // A second capture is a finding of its own.
            PaymentEvent::Captured { authorization, .. } => {
                self.hold == Hold::Captured || self.is_doing(authorization, Operation::Capturing)
            }
            PaymentEvent::CaptureFailed { authorization, .. } => {
                self.is_doing(authorization, Operation::Capturing)
            }
            PaymentEvent::VoidStarted { authorization, .. } => self.may_void(authorization),
            PaymentEvent::Voided { authorization, .. } | PaymentEvent::VoidRefused { authorization, .. } => {
                self.is_doing(authorization, Operation::Voiding)
            }
            PaymentEvent::Closed { .. } => {
                self.is_asked && !self.has_outcome() && self.end.operation == Operation::None
            }
            PaymentEvent::DebtRecorded { .. } => {
                self.is_asked && (!self.has_outcome() || self.is_corrected_at_rest())
            }
            PaymentEvent::DebtSettled { .. } | PaymentEvent::DebtWrittenOff { .. } => self.is_asked,
            PaymentEvent::CorrectionAsked { correction, .. } => correction.revision > self.revision(),
            PaymentEvent::FurtherChargeAsked(ref further) => self.may_share(further),
            PaymentEvent::DebtReduced { .. } | PaymentEvent::CashReturned { .. } => {
                self.is_corrected_at_rest()
            }
            PaymentEvent::RefundStarted { refund, .. } => self.may_refund(refund),
            PaymentEvent::Refunded { refund, amount, .. }
            | PaymentEvent::RefundFailed { refund, amount, .. } => {
                self.end.operation == Operation::Refunding(amount.minor()) && refund == self.refunds()
            }
            PaymentEvent::DisputeOpened { dispute, .. } => !self.is_disputed(dispute),
            // Gateways tell of the money before, during and after a dispute.
            PaymentEvent::DisputeFundsMoved {
                dispute, movement, ..
            } => !self.has_moved(dispute, movement),
            PaymentEvent::DisputeClosed { dispute, .. } => self.is_disputed(dispute),
        }
    }

    /// Whether attempt `number` is the present one, and stands at one of these.
    fn is_at(&self, number: AuthorizationNumber, holds: &[Hold]) -> bool {
        self.is_current(number) && holds.contains(&self.hold)
    }

    fn is_current(&self, number: AuthorizationNumber) -> bool {
        self.attempts.checked_sub(1) == Some(number.0)
    }

    fn is_doing(&self, authorization: AuthorizationNumber, operation: Operation) -> bool {
        self.end.operation == operation && self.is_current(authorization)
    }

    fn may_decline(&self, reason: DeclineReason) -> bool {
        match reason {
            DeclineReason::LostAgain => self.hold == Hold::Lost && self.attempts == ATTEMPTS_MAX,
            DeclineReason::Issuer
            | DeclineReason::InsufficientFunds
            | DeclineReason::CardExpired
            | DeclineReason::CardBlocked
            | DeclineReason::MethodRefused
            | DeclineReason::ActionFailed
            | DeclineReason::BudgetOver => {
                self.is_live() && self.hold != Hold::Open && self.end.operation == Operation::None
            }
        }
    }

    fn may_capture(&self, authorization: AuthorizationNumber) -> bool {
        self.may_begin(authorization) && self.is_due() && self.hold == Hold::Open
    }

    fn may_void(&self, authorization: AuthorizationNumber) -> bool {
        self.may_begin(authorization) && !self.is_due() && self.is_live() && self.hold != Hold::Started
    }

    /// Whether the end of the hold may begin.
    fn may_begin(&self, authorization: AuthorizationNumber) -> bool {
        self.is_asked && self.end.operation == Operation::None && self.is_current(authorization)
    }

    fn is_due(&self) -> bool {
        self.end.due.is_some_and(|due| due.minor() > 0)
    }

    /// Whether a correction may move something now.
    fn is_corrected_at_rest(&self) -> bool {
        self.is_closed() && self.revision() > 0
    }

    fn may_share(&self, further: &FurtherCharge) -> bool {
        self.is_corrected_at_rest()
            && self.purpose() == Some(Purpose::Fare)
            && further.number != ChargeNumber::FARE
            && further.revision == self.revision()
    }

    /// After the end, only a correction gives back.
    fn may_refund(&self, refund: u16) -> bool {
        self.end.operation == Operation::None
            && Some(refund) == self.refunds().checked_add(1)
            && (!self.has_outcome() || self.revision() > 0)
    }
}
