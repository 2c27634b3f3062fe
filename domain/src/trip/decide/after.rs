//! After the end: what clears, what is corrected.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::pricing::Receipt;
use crate::trip::{AdjustReason, Adjustment, MoneyOutcome, Refusal, Trip, TripEvent};
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
        };
        Ok(Decision::one(TripEvent::FareAdjusted(Arc::new(adjustment))))
    }
}
