//! Money after the fare was corrected, and charges beside the fare.
//!
//! A correction says what the fare's charge is to come to. It waits until the charge has ended and no refund is under way, so
//! that it neither overtakes a capture nor meets a refund; several that waited are one difference. Then:
//!
//! - more is due: a further charge over the difference, or a debt where nothing can be charged;
//! - less is due: further charges come to less, the newest first; then less is owed, then cash is returned, and the rest of what
//!   was taken is given back.

use super::decide::{Answer, NOTHING};
use super::{
    AuthorizationStart, Charge, Collect, Correction, DebtReason, FurtherCharge, Hold, Operation, Payment,
    PaymentEvent, Purpose, Refusal, SettlementBasis, Waiver,
};
use crate::decision::Decision;
use crate::money::Money;
use crate::stream::ChargeNumber;
use crate::time::Timestamp;
use crate::trip::AuthorizationNumber;
use std::sync::Arc;

/// What a corrected charge remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrections {
    /// What it is to come to.
    pub latest: Correction,
    /// The correction at which a refund was last begun: one that fails is not begun again by itself.
    pub tried: u16,
    /// What corrections moved since the charge's end, in minor units: below zero where less is taken or owed.
    pub moved_minor: i64,
    /// What the driver gave back of the cash, in minor units.
    pub cash_returned_minor: i64,
    /// What further charges are to come to, in minor units, in the order in which they were asked.
    pub shares: Vec<(ChargeNumber, i64)>,
}

impl Corrections {
    pub(super) const fn new(latest: Correction) -> Self {
        Self {
            latest,
            tried: 0,
            moved_minor: 0,
            cash_returned_minor: 0,
            shares: Vec::new(),
        }
    }

    pub(super) fn share(&mut self, number: ChargeNumber, due_minor: i64) {
        match self.shares.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known_minor)) => *known_minor = due_minor,
            None => self.shares.push((number, due_minor)),
        }
    }
}

impl Payment {
    /// Of two corrections the later one stands.
    pub(super) fn decide_correction(&self, charge: Charge, correction: Correction) -> Answer {
        if correction.revision <= self.corrections() {
            return NOTHING;
        }
        self.in_currency(correction.due)?;
        if correction.due.minor() < 0 {
            return Err(Refusal::NotPositive);
        }
        Ok(Decision::one(PaymentEvent::CorrectionAsked {
            charge,
            correction,
        }))
    }

    /// A charge beside the fare is asked with all that it is to take; asked again, only what it is to come to can change. Of
    /// one that is to give back before it was heard of, the less is taken at once.
    pub(super) fn decide_collect(&self, collect: Collect, now: Timestamp) -> Answer {
        let Collect {
            charge,
            revision,
            due,
            method,
            budget,
            action_budget,
            epoch,
        } = collect;
        let correction = Correction {
            revision,
            due,
            further: charge.number,
        };
        if self.control.ask.is_some() {
            return self.decide_correction(charge, correction);
        }
        let is_correction = revision > 0;
        let mut events = Vec::new();
        if is_correction {
            events.push(PaymentEvent::CorrectionAsked { charge, correction });
        }
        let asked = PaymentEvent::SettlementAsked {
            charge,
            basis: SettlementBasis::Fare,
            due: Some(due),
        };
        match due.minor() {
            1.. => {
                let start = AuthorizationStart {
                    charge,
                    authorization: AuthorizationNumber(0),
                    epoch,
                    amount: due,
                    method,
                    budget,
                    action_budget,
                    budget_ends_at: now.plus(budget),
                };
                events.push(PaymentEvent::AuthorizationStarted(Arc::new(start)));
                events.push(asked);
            }
            0 if is_correction => {
                let ended = Self {
                    due: Some(due),
                    ..self.clone()
                };
                events.extend([asked, ended.closed(charge, (0, 0, 0))]);
            }
            ..=0 => return Err(Refusal::NotPositive),
        }
        Ok(Decision::Applied(events))
    }

    /// What was decided, and what a correction moves where that brings the charge to rest.
    pub(super) fn and_corrected(&self, decision: Decision<PaymentEvent>) -> Decision<PaymentEvent> {
        let Decision::Applied(mut events) = decision else {
            return decision;
        };
        if self.corrections.is_some() || events.iter().any(asks_correction) {
            let mut after = self.clone();
            for event in &events {
                after.apply(event);
            }
            if events.iter().any(|event| after.may_move_after(event)) {
                events.extend(after.difference());
            }
        }
        Decision::Applied(events)
    }

    /// Whether `event` may be what a correction waited for. A refund that failed is begun anew by the next correction only.
    fn may_move_after(&self, event: &PaymentEvent) -> bool {
        match event {
            PaymentEvent::CorrectionAsked { .. }
            | PaymentEvent::Closed { .. }
            | PaymentEvent::Refunded { .. } => true,
            PaymentEvent::RefundFailed { .. } => self
                .corrections
                .as_ref()
                .is_some_and(|corrections| corrections.tried < corrections.latest.revision),
            PaymentEvent::Waived { .. }
            | PaymentEvent::AuthorizationStarted(_)
            | PaymentEvent::IntentCreated { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::Authorized { .. }
            | PaymentEvent::AuthorizationLost { .. }
            | PaymentEvent::Declined { .. }
            | PaymentEvent::SettlementAsked { .. }
            | PaymentEvent::CaptureStarted { .. }
            | PaymentEvent::Captured { .. }
            | PaymentEvent::CaptureFailed { .. }
            | PaymentEvent::VoidStarted { .. }
            | PaymentEvent::Voided { .. }
            | PaymentEvent::VoidRefused { .. }
            | PaymentEvent::DebtRecorded { .. }
            | PaymentEvent::DebtSettled { .. }
            | PaymentEvent::DebtWrittenOff { .. }
            | PaymentEvent::RefundStarted { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeFundsMoved { .. }
            | PaymentEvent::DisputeClosed { .. }
            | PaymentEvent::FurtherChargeAsked(_)
            | PaymentEvent::DebtReduced { .. }
            | PaymentEvent::CashReturned { .. } => false,
        }
    }

    /// What moves so that the charge, with those beside it, comes to what is due.
    fn difference(&self) -> Vec<PaymentEvent> {
        let (Some(corrections), Some(charge), Some(outcome)) = (&self.corrections, self.charge, self.outcome)
        else {
            return Vec::new();
        };
        if self.control.operation != Operation::None {
            return Vec::new();
        }
        let own_minor = outcome
            .captured_minor
            .saturating_add(outcome.debt_minor)
            .saturating_add(outcome.cash_minor)
            .saturating_add(corrections.moved_minor);
        let shares = corrections.shares.iter();
        let total_minor = shares.fold(own_minor, |sum, (_, minor)| sum.saturating_add(*minor));
        let missing_minor = corrections.latest.due.minor().saturating_sub(total_minor);
        match missing_minor {
            1.. => vec![self.add(charge, corrections, missing_minor)],
            0 => Vec::new(),
            ..0 => self.take_off(charge, corrections, missing_minor.saturating_neg()),
        }
    }

    /// More is due. The hold has ended: what is added has one of its own.
    fn add(&self, charge: Charge, corrections: &Corrections, minor: i64) -> PaymentEvent {
        let amount = Money::new(minor, corrections.latest.due.currency());
        match (charge.purpose, &self.start, self.control.hold) {
            (Purpose::Fare, Some(start), _) => {
                further_charge(charge, start, corrections, (corrections.latest.further, minor))
            }
            (_, _, Hold::Waived(Waiver::Account)) => PaymentEvent::DebtRecorded {
                charge,
                amount,
                reason: DebtReason::Account,
            },
            (Purpose::Fare | Purpose::Tip | Purpose::Debt | Purpose::Correction, _, _) => {
                PaymentEvent::DebtRecorded {
                    charge,
                    amount,
                    reason: DebtReason::Corrected,
                }
            }
        }
    }

    /// Less is due. What was owed and then paid by another charge, or given up, is not given back here.
    fn take_off(&self, charge: Charge, corrections: &Corrections, minor: i64) -> Vec<PaymentEvent> {
        let mut left_minor = minor;
        let mut take = |of_minor: i64| {
            let taken_minor = left_minor.min(of_minor).max(0);
            left_minor = left_minor.saturating_sub(taken_minor);
            taken_minor
        };
        let mut events = Vec::new();
        if let Some(start) = &self.start {
            for (number, share_minor) in corrections.shares.iter().rev() {
                let less_minor = take(*share_minor);
                if less_minor > 0 {
                    let share = (*number, share_minor.saturating_sub(less_minor));
                    events.push(further_charge(charge, start, corrections, share));
                }
            }
        }
        let money = |minor| Money::new(minor, corrections.latest.due.currency());
        let cash_minor = self.outcome.map_or(0, |outcome| outcome.cash_minor);
        let kept_minor = self.captured.map_or(0, Money::minor);
        let reduced = money(take(self.debt_minor));
        let returned = money(take(cash_minor.saturating_sub(corrections.cash_returned_minor)));
        let refunded = money(take(kept_minor.saturating_sub(self.refunded_minor)));
        if !reduced.is_zero() {
            events.push(PaymentEvent::DebtReduced {
                charge,
                amount: reduced,
            });
        }
        if !returned.is_zero() {
            events.push(PaymentEvent::CashReturned {
                charge,
                amount: returned,
            });
        }
        if !refunded.is_zero() {
            events.push(self.refund_start(charge, refunded));
        }
        events
    }
}

const fn asks_correction(event: &PaymentEvent) -> bool {
    matches!(event, PaymentEvent::CorrectionAsked { .. })
}

fn further_charge(
    charge: Charge,
    start: &AuthorizationStart,
    corrections: &Corrections,
    (number, due_minor): (ChargeNumber, i64),
) -> PaymentEvent {
    PaymentEvent::FurtherChargeAsked(Arc::new(FurtherCharge {
        charge,
        number,
        revision: corrections.latest.revision,
        due: Money::new(due_minor, corrections.latest.due.currency()),
        method: start.method,
        budget: start.budget,
        action_budget: start.action_budget,
    }))
}
