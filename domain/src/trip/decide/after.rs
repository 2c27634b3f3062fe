//! After the end: what clears, what is corrected, what the rider gives on top.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::id::PrincipalId;
use crate::money::Money;
use crate::pricing::Receipt;
use crate::stream::ChargeNumber;
use crate::time::Timestamp;
use crate::trip::{
    AdjustReason, Adjustment, MoneyOutcome, PaymentMethod, Phase, Refusal, TIP_WINDOW, TIPS_HOLDS_MAX,
    TIPS_MAX, Tip, Trip, TripEvent,
};
use std::sync::Arc;

impl Trip {
    pub(super) fn decide_lock_cleared(&self) -> Answer {
        if !self.control.phase.is_ended() || self.control.lock_cleared || self.control.closed {
            return NOTHING;
        }
        let mut events = vec![TripEvent::LockCleared];
        if self.control.money_settled {
            events.push(TripEvent::Closed);
        }
        Ok(Decision::Applied(events))
    }

    pub(super) fn decide_money(&self, outcome: MoneyOutcome) -> Answer {
        if !self.control.phase.is_ended() || self.control.money_settled || self.control.closed {
            return NOTHING;
        }
        let mut events = vec![TripEvent::MoneySettled { outcome }];
        if self.control.lock_cleared {
            events.push(TripEvent::Closed);
        }
        Ok(Decision::Applied(events))
    }

    /// What a receipt claims is recomputed here, where it becomes a fact: whoever sent it may have made it up.
    pub(super) fn decide_adjustment(&self, reason: AdjustReason, receipt: &Arc<Receipt>) -> Answer {
        let (Some(latest), Some(quote)) = (&self.receipt, &self.quote) else {
            return Err(Refusal::WrongStep);
        };
        if latest == receipt {
            return NOTHING;
        }
        if !quote.is_settled_by(receipt) {
            return Err(Refusal::ReceiptOfAnotherQuote);
        }
        receipt
            .verify(quote.tariff()?)
            .map_err(Refusal::ReceiptUnfounded)?;
        let adjustment = Adjustment {
            supersedes: self.receipts.saturating_sub(1),
            reason,
            superseded: Arc::clone(latest),
            receipt: Arc::clone(receipt),
            further: self.next_charge(),
        };
        Ok(Decision::one(TripEvent::FareAdjusted(Arc::new(adjustment))))
    }

    /// A tip follows a ride that was paid by card, soon enough, and within what a ride may be worth.
    pub(super) fn decide_tip(&self, rider: PrincipalId, amount: Money, now: Timestamp) -> Answer {
        let request = self.request_or_refuse()?;
        let is_completed = self.control.phase == Phase::Completed;
        if self.control.phase.is_ended() && !is_completed {
            return Err(Refusal::Ended);
        }
        if request.rider() != rider {
            return Err(Refusal::NotYours);
        }
        if !is_completed {
            return Err(Refusal::WrongStep);
        }
        let PaymentMethod::Hold { method } = request.payment() else {
            return Err(Refusal::TipWithoutCard);
        };
        let until = self.completed_at.plus(TIP_WINDOW);
        if now > until {
            return Err(Refusal::TipTooLate { until });
        }
        let hold = request.quote().hold();
        if hold.minor() == 0 {
            return Err(Refusal::TipWithoutHold);
        }
        let most = self.tip_max(hold);
        if most.minor() == 0 {
            return Err(Refusal::TipsUsedUp);
        }
        if amount.currency() != most.currency() || amount.minor() <= 0 || amount.minor() > most.minor() {
            return Err(Refusal::TipOutOfBounds { most });
        }
        Ok(Decision::one(TripEvent::Tipped(Arc::new(Tip {
            charge: self.next_charge(),
            amount,
            method,
            budget: request.policy().authorization_budget,
            action_budget: request.policy().action_budget,
        }))))
    }

    fn tip_max(&self, hold: Money) -> Money {
        let most_minor = if self.tips < TIPS_MAX {
            hold.minor()
                .saturating_mul(TIPS_HOLDS_MAX)
                .saturating_sub(self.tipped_minor)
        } else {
            0
        };
        Money::new(most_minor.max(0), hold.currency())
    }

    /// Charges beside the fare are numbered by the trip, since tips and corrections know nothing of each other.
    const fn next_charge(&self) -> ChargeNumber {
        ChargeNumber(self.charges.saturating_add(1))
    }
}
