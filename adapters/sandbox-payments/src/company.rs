//! The payment company itself: its files, its plans, its answers. It knows no network and no waiting; every way in is a
//! front of its own that passes calls on and tells it what time it is.

use crate::books::{Books, Totals};
use crate::dispute::{Dispute, DisputeStatus};
use crate::draw::{Draw, Topic};
use crate::fate::{Fates, Verdict};
use crate::policy::{Policy, Subscription};
use crate::post::Post;
use crate::record::{Change, Live, Record};
use fiacre_domain::id::{IntentId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_ports::{
    GatewayError, IdempotencyKey, IntentRequest, IntentStatus, IntentView, Operation, PaymentNotice,
    RefundStatus,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// What can be asked of an intent, refunds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Confirm,
    Capture(Money),
    Cancel,
}

/// A request that was answered under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Create(Money, PaymentMethodId),
    Order(Order),
}

#[derive(Debug, Clone, Copy)]
struct Answer {
    intent: IntentId,
    asked: Asked,
    given: Result<(IntentStatus, i64), GatewayError>,
}

#[derive(Debug, Clone, Copy)]
struct Refund {
    intent: IntentId,
    amount: Money,
    status: RefundStatus,
}

/// Who moved an intent: a notice of an own change goes to every subscriber.
#[derive(Debug, Clone, Copy)]
enum Mover {
    Caller(IdempotencyKey),
    Company(Change),
}

#[derive(Debug)]
pub(crate) struct Company {
    seed: Draw,
    policy: Policy,
    records: BTreeMap<IntentId, Record>,
    answers: BTreeMap<IdempotencyKey, Answer>,
    /// Kept for ever: a finished intent's status does not tell which refunds were made.
    refunds: BTreeMap<IdempotencyKey, Refund>,
    disputes: BTreeMap<IntentId, Dispute>,
    plans: BTreeSet<(Timestamp, IntentId, Change)>,
    /// When the keys of finished intents expire.
    expiries: BTreeSet<(Timestamp, IntentId)>,
    books: Books,
    post: Post,
}

impl Company {
    pub(crate) fn new(seed: u64, policy: Policy) -> Self {
        Self {
            seed: Draw::new(seed),
            policy,
            records: BTreeMap::new(),
            answers: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            plans: BTreeSet::new(),
            expiries: BTreeSet::new(),
            books: Books::default(),
            post: Post::default(),
        }
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) const fn seed(&self) -> Draw {
        self.seed
    }

    pub(crate) fn create(
        &mut self,
        request: IntentRequest,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        self.advance(now);
        let IntentRequest { key, amount, method } = request;
        let asked = Asked::Create(amount, method);
        if let Some(answer) = self.answers.get(&key) {
            let answer = *answer;
            return self.repeat(answer, answer.intent, asked);
        }
        if key.operation != Operation::Create || self.refunds.contains_key(&key) {
            return Err(GatewayError::KeyReused);
        }
        if amount.minor() <= 0 {
            return Err(GatewayError::WrongStatus);
        }
        let intent = self.intent_of(&key);
        if let Some(record) = self.records.get(&intent) {
            let same = record.amount() == amount && record.method() == method;
            return same.then(|| record.view(intent)).ok_or(GatewayError::KeyReused);
        }
        let live = Live {
            key,
            amount,
            method,
            status: IntentStatus::RequiresConfirmation { declined: false },
            refunded_minor: 0,
            hold_draw: self.seed,
            planned: None,
            keys: Vec::new(),
        };
        self.records.insert(intent, Record::Live(Box::new(live)));
        self.notify(intent, Mover::Caller(key), now);
        let view = self.view(intent);
        self.keep(key, intent, asked, view);
        view
    }

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
        if let Some(answer) = self.answers.get(&key) {
            return self.repeat(*answer, intent, asked);
        }
        if self.refunds.contains_key(&key) {
            return Err(GatewayError::KeyReused);
        }
        let (status, amount, closed) = match self.records.get(&intent) {
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
        let given = match order {
            Order::Confirm => self.confirm(intent, status, key, now),
            Order::Capture(amount) => self.capture(intent, status, amount, key, now),
            Order::Cancel => self.cancel(intent, status, key, now),
        };
        let given = given.and_then(|()| self.view(intent));
        self.keep(key, intent, asked, given);
        given
    }

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
        if self.answers.contains_key(&key) {
            return Err(GatewayError::KeyReused);
        }
        let record = self.records.get_mut(&intent).ok_or(GatewayError::NotFound)?;
        let IntentStatus::Succeeded { captured } = record.status() else {
            return Err(GatewayError::WrongStatus);
        };
        let refunded_minor = record.refunded_minor();
        let refundable = Money::new(
            captured.minor().saturating_sub(refunded_minor),
            captured.currency(),
        );
        if !within(amount, refundable) {
            return Err(GatewayError::WrongStatus);
        }
        let fails = Fates::new(&self.policy, record.method()).refund_fails(self.seed.with_key(&key));
        let disputed = self.disputes.get(&intent).is_some_and(Dispute::holds_the_money);
        let status = if fails || disputed {
            RefundStatus::Failed
        } else {
            record.set_refunded_minor(refunded_minor.saturating_add(amount.minor()));
            self.books.refunded(amount);
            RefundStatus::Succeeded
        };
        self.refunds.insert(
            key,
            Refund {
                intent,
                amount,
                status,
            },
        );
        self.notify(intent, Mover::Caller(key), now);
        Ok(status)
    }

    pub(crate) fn get(&mut self, intent: IntentId, now: Timestamp) -> Result<IntentView, GatewayError> {
        self.advance(now);
        self.view(intent)
    }

    pub(crate) fn list(&mut self, after: Option<IntentId>, max: usize, now: Timestamp) -> Vec<IntentView> {
        self.advance(now);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.records
            .range((from, Bound::Unbounded))
            .take(max)
            .map(|(intent, record)| record.view(*intent))
            .collect()
    }

    /// What `key` would create, or has created: ids come from seed and key, so no order of calls changes them.
    pub(crate) fn intent_of(&self, key: &IdempotencyKey) -> IntentId {
        let mut bits = self.seed.with_key(key).bits(Topic::IntentId);
        loop {
            let intent = IntentId::from_u128(bits);
            match self.records.get(&intent) {
                Some(record) if record.key() != *key => bits = bits.wrapping_add(1),
                Some(_) | None => return intent,
            }
        }
    }

    pub(crate) fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.records.get(&intent).map(Record::method)
    }

    pub(crate) fn totals(&mut self, now: Timestamp) -> BTreeMap<Currency, Totals> {
        self.advance(now);
        self.books.totals()
    }

    pub(crate) fn dispute(&mut self, intent: IntentId, now: Timestamp) -> Option<Dispute> {
        self.advance(now);
        self.disputes.get(&intent).copied()
    }

    /// Does at once what the company would do to an intent by itself at some time or never; whether it could be done.
    pub(crate) fn make_happen(&mut self, intent: IntentId, change: Change, now: Timestamp) -> bool {
        self.advance(now);
        self.change(intent, change, now)
    }

    pub(crate) fn due_notices(&mut self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        self.advance(now);
        self.post.take_due(now, max)
    }

    pub(crate) fn next_notice_at(&self) -> Option<Timestamp> {
        let planned = self.plans.first().map(|(at, _, _)| *at);
        [planned, self.post.next_due()].into_iter().flatten().min()
    }

    pub(crate) fn acknowledge(&mut self, notice: WebhookId) {
        self.post.acknowledge(notice);
    }

    /// Does everything that was planned up to `now`, each at its own time, and lets keys expire.
    fn advance(&mut self, now: Timestamp) {
        while let Some((at, intent, change)) = self.plans.first().copied()
            && at <= now
        {
            self.plans.pop_first();
            self.change(intent, change, at);
        }
        while let Some((at, intent)) = self.expiries.first().copied()
            && at <= now
        {
            self.expiries.pop_first();
            self.expire_keys(intent);
        }
    }

    fn repeat(&self, answer: Answer, intent: IntentId, asked: Asked) -> Result<IntentView, GatewayError> {
        if answer.intent != intent || answer.asked != asked {
            return Err(GatewayError::KeyReused);
        }
        let (status, refunded_minor) = answer.given?;
        let view = self.view(intent)?;
        Ok(IntentView {
            status,
            refunded_minor,
            ..view
        })
    }

    fn keep(
        &mut self,
        key: IdempotencyKey,
        intent: IntentId,
        asked: Asked,
        given: Result<IntentView, GatewayError>,
    ) {
        let Some(Record::Live(live)) = self.records.get_mut(&intent) else {
            return;
        };
        live.keys.push(key);
        let given = given.map(|view| (view.status, view.refunded_minor));
        self.answers.insert(key, Answer { intent, asked, given });
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
        let (IntentStatus::RequiresConfirmation { .. }, Some(Record::Live(live))) =
            (status, self.records.get_mut(&intent))
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
            Verdict::Declined => (IntentStatus::RequiresConfirmation { declined: true }, None),
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
        let (IntentStatus::RequiresCapture { amount, .. }, Some(method)) = (status, self.method(intent))
        else {
            return Err(GatewayError::WrongStatus);
        };
        if !within(captured, amount) {
            return Err(GatewayError::WrongStatus);
        }
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

    /// Places the hold and plans its end: the issuer may drop it before it lapses.
    fn hold(&mut self, intent: IntentId, mover: Mover, at: Timestamp) {
        let Some(Record::Live(live)) = self.records.get(&intent) else {
            return;
        };
        let fates = Fates::new(&self.policy, live.method);
        let (amount, draw) = (live.amount, live.hold_draw);
        let capture_before = at.plus(fates.hold_lifetime(draw));
        let lapse = (capture_before, Change::LapseHold);
        let plan = fates
            .hold_lost(draw)
            .map(|after| (at.plus(after), Change::LoseHold))
            .filter(|(lost_at, _)| *lost_at < capture_before)
            .unwrap_or(lapse);
        let status = IntentStatus::RequiresCapture {
            amount,
            capture_before,
        };
        self.move_to(intent, status, Some(plan), mover, at);
    }

    /// Whether the change could be made: plans may be overtaken by what callers do.
    fn change(&mut self, intent: IntentId, change: Change, at: Timestamp) -> bool {
        let Some(status) = self.records.get(&intent).map(Record::status) else {
            return false;
        };
        let mover = Mover::Company(change);
        match (change, status) {
            (Change::Hold, IntentStatus::RequiresAction | IntentStatus::Processing) => {
                self.hold(intent, mover, at);
                true
            }
            (Change::LoseHold | Change::LapseHold, IntentStatus::RequiresCapture { .. }) => {
                self.move_to(intent, IntentStatus::Canceled, None, mover, at);
                true
            }
            (Change::OpenDispute, IntentStatus::Succeeded { captured }) => {
                self.open_dispute(intent, captured, at)
            }
            (Change::CloseDispute, IntentStatus::Succeeded { .. }) => self.close_dispute(intent, at),
            (
                Change::Hold
                | Change::LoseHold
                | Change::LapseHold
                | Change::OpenDispute
                | Change::CloseDispute,
                IntentStatus::RequiresConfirmation { .. }
                | IntentStatus::RequiresAction
                | IntentStatus::Processing
                | IntentStatus::RequiresCapture { .. }
                | IntentStatus::Succeeded { .. }
                | IntentStatus::Canceled,
            ) => false,
        }
    }

    fn open_dispute(&mut self, intent: IntentId, captured: Money, at: Timestamp) -> bool {
        let Some(record) = self.records.get(&intent) else {
            return false;
        };
        let left_minor = captured.minor().saturating_sub(record.refunded_minor());
        if left_minor <= 0 || self.disputes.contains_key(&intent) {
            return false;
        }
        let draw = self.seed.with_intent(intent);
        let decided_after = Fates::new(&self.policy, record.method()).disputed(draw);
        let amount = Money::new(left_minor, captured.currency());
        self.disputes.insert(intent, Dispute::open(amount, at));
        self.books.disputed(amount);
        if let Some(after) = decided_after {
            self.plans.insert((at.plus(after), intent, Change::CloseDispute));
        }
        self.notify(intent, Mover::Company(Change::OpenDispute), at);
        true
    }

    fn close_dispute(&mut self, intent: IntentId, at: Timestamp) -> bool {
        let (Some(method), Some(dispute)) = (self.method(intent), self.disputes.get_mut(&intent)) else {
            return false;
        };
        if dispute.status() != DisputeStatus::Open {
            return false;
        }
        let won = Fates::new(&self.policy, method).dispute_won(self.seed.with_intent(intent));
        let amount = dispute.amount();
        dispute.close(won);
        if won {
            let back = Money::new(amount.minor().saturating_neg(), amount.currency());
            self.books.disputed(back);
        }
        self.notify(intent, Mover::Company(Change::CloseDispute), at);
        true
    }

    /// The one place where an intent's status changes: books, plans, expiry and notices follow.
    fn move_to(
        &mut self,
        intent: IntentId,
        status: IntentStatus,
        plan: Option<(Timestamp, Change)>,
        mover: Mover,
        at: Timestamp,
    ) {
        let Some(Record::Live(live)) = self.records.get_mut(&intent) else {
            return;
        };
        self.books
            .status_changed(live.amount.currency(), live.status, status);
        live.status = status;
        if let Some((planned_at, change)) = live.planned.take() {
            self.plans.remove(&(planned_at, intent, change));
        }
        if let Some((planned_at, change)) = plan {
            live.planned = plan;
            self.plans.insert((planned_at, intent, change));
        }
        if live.closed().is_some() {
            self.expiries.insert((at.plus(self.policy.keys_kept), intent));
        }
        self.notify(intent, mover, at);
    }

    fn expire_keys(&mut self, intent: IntentId) {
        let Some(record) = self.records.get_mut(&intent) else {
            return;
        };
        if let Record::Live(live) = record
            && let Some(closed) = live.closed()
        {
            for key in &live.keys {
                self.answers.remove(key);
            }
            *record = Record::Closed(closed);
        }
    }

    fn notify(&mut self, intent: IntentId, mover: Mover, at: Timestamp) {
        let Some(method) = self.method(intent) else {
            return;
        };
        let draw = self.seed.with_intent(intent);
        let (wanted, draw) = match (self.policy.subscription, mover) {
            (Subscription::Nothing, Mover::Caller(_) | Mover::Company(_)) => (false, draw),
            (Subscription::Everything, Mover::Caller(key)) => (true, draw.with_key(&key)),
            (Subscription::OwnChanges, Mover::Caller(key)) => (false, draw.with_key(&key)),
            (Subscription::Everything | Subscription::OwnChanges, Mover::Company(change)) => {
                (true, draw.with(change as u64).with(at.ms().cast_unsigned()))
            }
        };
        if wanted {
            let fates = Fates::new(&self.policy, method);
            let notice = PaymentNotice {
                id: WebhookId::from_u128(draw.bits(Topic::NoticeDelay)),
                intent,
            };
            let due = at.plus(fates.notice_delay(draw));
            self.post.send(notice, due, fates.notice_doubled(draw));
        }
    }

    fn view(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.records
            .get(&intent)
            .map(|record| record.view(intent))
            .ok_or(GatewayError::NotFound)
    }
}

/// Whether `amount` is above zero and at most `limit`, in its currency.
fn within(amount: Money, limit: Money) -> bool {
    amount.minor() > 0 && amount.currency() == limit.currency() && amount.minor() <= limit.minor()
}
