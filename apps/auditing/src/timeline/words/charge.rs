//! What happens to a charge, in words.

use super::plain;
use super::trip::money;
use fiacre_domain::money::Money;
use fiacre_domain::payment::{AuthorizationStart, Correction, PaymentEvent, SettlementBasis};

pub(super) fn of(event: &PaymentEvent) -> String {
    match event {
        PaymentEvent::Waived { waiver, .. } => format!("nothing is held: {}", plain(waiver)),
        PaymentEvent::AuthorizationStarted(start) => attempted(start),
        PaymentEvent::IntentCreated { intent, .. } => {
            format!("the gateway has it as {intent}; no money moved")
        }
        PaymentEvent::ActionRequired { budget_ends_at, .. } => {
            format!("the rider must prove who they are (3-D Secure) by {budget_ends_at}")
        }
        PaymentEvent::Authorized {
            amount,
            capture_before,
            ..
        } => format!("{amount} HELD, until {capture_before} at most"),
        PaymentEvent::AuthorizationLost { released, .. } => {
            format!("the hold is lost: {released} free again")
        }
        PaymentEvent::Declined { reason, .. } => format!("DECLINED for good: {}", plain(reason)),
        PaymentEvent::SettlementAsked { due, basis, .. } => asked(*due, *basis),
        PaymentEvent::CaptureStarted { amount, .. } => format!("{amount} is to be taken"),
        PaymentEvent::Captured {
            captured,
            released_minor,
            ..
        } => taken(*captured, *released_minor),
        PaymentEvent::CaptureFailed { released, .. } => {
            format!("CAPTURE FAILED for good: {released} free again")
        }
        PaymentEvent::VoidStarted { .. } => "the hold is to be given back".to_owned(),
        PaymentEvent::Voided { released, .. } => format!("the hold was given back: {released} free again"),
        PaymentEvent::VoidRefused { captured, .. } => {
            format!("the hold could not be given back: {captured} had been taken already")
        }
        PaymentEvent::Closed { outcome, .. } => format!("charge closed: {}", money(outcome)),
        PaymentEvent::DebtRecorded { amount, reason, .. } => format!("{amount} OWED: {}", plain(reason)),
        PaymentEvent::DebtSettled { amount, .. } => format!("{amount} of what was owed is paid"),
        PaymentEvent::DebtWrittenOff { amount, .. } => format!("{amount} of what was owed is given up"),
        PaymentEvent::RefundStarted { refund, amount, .. } => {
            format!("refund {refund}: {amount} is to be given back")
        }
        PaymentEvent::Refunded { refund, amount, .. } => format!("refund {refund}: {amount} GIVEN BACK"),
        PaymentEvent::RefundFailed { refund, amount, .. } => {
            format!("refund {refund}: {amount} could not be given back")
        }
        PaymentEvent::CorrectionAsked { correction, .. } => corrected(*correction),
        PaymentEvent::FurtherChargeAsked(further) => {
            format!("charge {} is to come to {}", further.number.0, further.due)
        }
        PaymentEvent::DebtReduced { amount, .. } => format!("{amount} less is owed"),
        PaymentEvent::CashReturned { amount, .. } => format!("the driver owes the rider {amount} in cash"),
        PaymentEvent::DisputeOpened { dispute, amount, .. } => {
            format!("dispute {dispute}: the rider disputes {amount}")
        }
        PaymentEvent::DisputeFundsMoved { dispute, amount, .. } => {
            format!("dispute {dispute}: {amount} moved")
        }
        PaymentEvent::DisputeClosed { dispute, won, .. } => decided(*dispute, *won),
    }
}

fn attempted(start: &AuthorizationStart) -> String {
    format!(
        "a hold of {} is asked, attempt {}; ends by {}",
        start.amount, start.authorization.0, start.budget_ends_at
    )
}

fn asked(due: Option<Money>, basis: SettlementBasis) -> String {
    match due {
        Some(due) => format!("settlement asked: {due} due ({})", plain(&basis)),
        None => "settlement asked: nothing due".to_owned(),
    }
}

fn taken(captured: Money, released_minor: i64) -> String {
    let released = Money::new(released_minor, captured.currency());
    format!("{captured} CAPTURED, {released} given back")
}

fn corrected(correction: Correction) -> String {
    format!(
        "correction {}: {} is due now",
        correction.revision, correction.due
    )
}

fn decided(dispute: u16, won: bool) -> String {
    let whose = if won { "for us" } else { "against us" };
    format!("dispute {dispute}: decided {whose}")
}
