//! Money that is given back.

use super::{Company, Mover, within};
use crate::dispute::Dispute;
use crate::fate::Fates;
use crate::journal::stored_fields;
use fiacre_domain::id::IntentId;
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{GatewayError, IdempotencyKey, IntentStatus, RefundStatus};

#[derive(Debug, Clone, Copy)]
pub(super) struct Refund {
    intent: IntentId,
    amount: Money,
    status: RefundStatus,
    /// What becomes of it while it is pending.
    fails: bool,
}

stored_fields! { Refund { intent amount status fails } }

impl Company {
    /// Gives money back, at once or after a while. A repetition is answered with where the refund stands by then: the call
    /// is the only way to ask.
    pub(crate) fn refund(
        &mut self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        self.advance(now);
        if let Some(refund) = self.refunds.get(&key) {
            let same = refund.intent == intent && refund.amount == amount;
            return same.then_some(refund.status).ok_or(GatewayError::KeyReused);
        }
        if self.answer(&key).is_some() {
            return Err(GatewayError::KeyReused);
        }
        let record = self.files.get(intent).ok_or(GatewayError::NotFound)?;
        let IntentStatus::Succeeded { captured } = record.status() else {
            return Err(GatewayError::WrongStatus);
        };
        let left_minor = captured.minor().saturating_sub(record.refunded_minor());
        if !within(amount, Money::new(left_minor, captured.currency())) {
            return Err(GatewayError::WrongStatus);
        }
        let (fates, draw) = (
            Fates::new(&self.policy, record.method()),
            self.seed.with_key(&key),
        );
        let disputed = self.disputes.get(&intent).is_some_and(Dispute::holds_the_money);
        let fails = disputed || fates.refund_fails(draw);
        let pending = fates.refund_pending(draw).filter(|_| !disputed);
        let status = match (pending, fails) {
            (Some(after), _) => {
                self.refunds_due.insert((now.plus(after), key));
                RefundStatus::Pending
            }
            (None, true) => RefundStatus::Failed,
            (None, false) => RefundStatus::Succeeded,
        };
        let refund = Refund {
            intent,
            amount,
            status,
            fails,
        };
        self.refunds.insert(key, refund);
        // What is pending counts as given back, as at Stripe: it cannot be given back again meanwhile.
        if status != RefundStatus::Failed {
            self.count_refunded(intent, amount);
        }
        self.notify(intent, Mover::Caller(key), now);
        Ok(status)
    }

    /// Decides a refund that was pending.
    pub(super) fn settle_refund(&mut self, key: IdempotencyKey, at: Timestamp) {
        let Some(refund) = self.refunds.get_mut(&key) else {
            return;
        };
        let Refund {
            intent,
            amount,
            fails,
            ..
        } = *refund;
        refund.status = if fails {
            RefundStatus::Failed
        } else {
            RefundStatus::Succeeded
        };
        if fails {
            let back = Money::new(amount.minor().saturating_neg(), amount.currency());
            self.count_refunded(intent, back);
        }
        self.notify(intent, Mover::Bank(key), at);
    }

    fn count_refunded(&mut self, intent: IntentId, amount: Money) {
        if self.files.add_refunded(intent, amount.minor()) {
            self.books.refunded(amount);
        }
    }
}
