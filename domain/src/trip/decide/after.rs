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

    pub(super) fn decide_adjustment(&self, reason: AdjustReason, receipt: &Arc<Receipt>) -> Answer {
        match &self.receipt {
            Some(latest) if latest == receipt => NOTHING,
            Some(latest) if latest.total().currency() == receipt.total().currency() => {
                let adjustment = Adjustment {
                    supersedes: self.receipts.saturating_sub(1),
                    reason,
                    superseded: Arc::clone(latest),
                    receipt: Arc::clone(receipt),
                };
                Ok(Decision::one(TripEvent::FareAdjusted(Arc::new(adjustment))))
            }
            Some(_) | None => Err(Refusal::WrongStep),
        }
    }
}
