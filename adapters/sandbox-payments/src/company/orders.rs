//! What callers ask of an intent: confirm, capture, cancel.

use super::{Company, Mover, within};
use crate::fate::{Fates, Verdict};
use crate::methods::PM_GONE;
use crate::record::{Asked, Change, Record};
use fiacre_domain::id::IntentId;
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{GatewayError, IdempotencyKey, IntentStatus, IntentView};

/// What can be asked of an intent, refunds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Confirm,
    Capture(Money),
    Cancel,
}

impl Company {
    /// Does `order`, unless `key` has done something already.
    pub(crate) fn order(
        &mut self,
        intent: IntentId,
        order: Order,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        self.advance(now);
        let asked = Asked::Order(order);
        if let Some(answer) = self.answer(&key) {
            return self.repeat(answer, intent, asked);
        }
        if self.refunds.contains_key(&key) {
            return Err(GatewayError::KeyReused);
        }
        let (status, amount, closed) = match self.files.get(intent) {
            Some(record) => (
                record.status(),
                record.amount(),
                matches!(record, Record::Closed(_)),
            ),
            None => return Err(GatewayError::NotFound),
        };
        if let Order::Capture(asked) = order
            && !within(asked, amount)
        {
            return Err(GatewayError::WrongStatus);
        }
        if closed {
            return self.answer_by_status(intent, order, status);
        }
        let unconfirmed = matches!(status, IntentStatus::RequiresConfirmation { .. });
        if order == Order::Confirm && unconfirmed && self.method(intent) == Some(PM_GONE) {
            return Err(GatewayError::Refused);
        }
        let given = match order {
            Order::Confirm => self.confirm(intent, status, key, now),
            Order::Capture(amount) => self.capture(intent, status, amount, key, now),
            Order::Cancel => self.cancel(intent, status, key, now),
        };
        let given = given.and_then(|()| self.view(intent));
        self.keep(key, intent, order, given);
        given
    }

    /// Answers where the keys have expired: what was done stays done, and is recognised by its result.
    fn answer_by_status(
        &self,
        intent: IntentId,
        order: Order,
        status: IntentStatus,
    ) -> Result<IntentView, GatewayError> {
        let is_repetition = match order {
            Order::Confirm => false,
            Order::Capture(amount) => status == IntentStatus::Succeeded { captured: amount },
            Order::Cancel => true,
        };
        if is_repetition {
            self.view(intent)
        } else {
            Err(GatewayError::WrongStatus)
        }
    }

    fn confirm(
        &mut self,
        intent: IntentId,
        status: IntentStatus,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        let (IntentStatus::RequiresConfirmation { .. }, Some(live)) = (status, self.files.live_mut(intent))
        else {
            return Err(GatewayError::WrongStatus);
        };
        live.hold_draw = self.seed.with_key(&key);
        let verdict = Fates::new(&self.policy, live.method).verdict(live.hold_draw);
        let mover = Mover::Caller(key);
        let (status, hold_after) = match verdict {
            Verdict::Approved => {
                self.hold(intent, mover, now);
                return Ok(());
            }
            Verdict::Declined(decline) => {
                let declined = Some(decline);
                (IntentStatus::RequiresConfirmation { declined }, None)
            }
            Verdict::ActionRequired(after) => (IntentStatus::RequiresAction, after),
            Verdict::Processing(after) => (IntentStatus::Processing, Some(after)),
        };
        let plan = hold_after.map(|after| (now.plus(after), Change::Hold));
        self.move_to(intent, status, plan, mover, now);
        Ok(())
    }

    fn capture(
        &mut self,
        intent: IntentId,
        status: IntentStatus,
        captured: Money,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        let (IntentStatus::RequiresCapture { .. }, Some(method)) = (status, self.method(intent)) else {
            return Err(GatewayError::WrongStatus);
        };
        let fates = Fates::new(&self.policy, method);
        let mover = Mover::Caller(key);
        if fates.capture_fails(self.seed.with_key(&key)) {
            self.move_to(intent, IntentStatus::Canceled, None, mover, now);
            return Err(GatewayError::WrongStatus);
        }
        if let Some(after) = fates.disputed(self.seed.with_intent(intent)) {
            self.plans.insert((now.plus(after), intent, Change::OpenDispute));
        }
        self.move_to(intent, IntentStatus::Succeeded { captured }, None, mover, now);
        Ok(())
    }

    fn cancel(
        &mut self,
        intent: IntentId,
        status: IntentStatus,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        match status {
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::RequiresCapture { .. } => {
                self.move_to(intent, IntentStatus::Canceled, None, Mover::Caller(key), now);
            }
            IntentStatus::Succeeded { .. } | IntentStatus::Canceled => {}
        }
        Ok(())
    }
}
