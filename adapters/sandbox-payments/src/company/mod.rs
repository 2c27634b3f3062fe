//! The payment company itself: its files, its plans, its answers. It knows no network and no waiting; every way in is a
//! front of its own that passes calls on and tells it what time it is.

mod orders;
mod plans;
mod refunds;

pub(crate) use orders::Order;

use crate::books::{Books, Totals};
use crate::dispute::Dispute;
use crate::draw::{Draw, Topic};
use crate::fate::Fates;
use crate::files::Files;
use crate::journal::stored_fields;
use crate::policy::{Policy, Subscription};
use crate::post::Post;
use crate::record::{Asked, Change, Given, Live};
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_ports::{
    ActionSecret, Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentStatus, IntentView,
    Operation, PaymentNotice, RiderAction,
};
use refunds::Refund;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy)]
struct Answer {
    intent: IntentId,
    asked: Asked,
    given: Given,
}

stored_fields! { Answer { intent asked given } }

/// Who moved an intent: a notice of an own change goes to every subscriber.
#[derive(Debug, Clone, Copy)]
enum Mover {
    Caller(IdempotencyKey),
    Company(Change),
    /// The rider's bank, which took its time over this refund.
    Bank(IdempotencyKey),
}

/// Everything that it does follows from its seed and from what it is told, and when. Looking changes nothing: whoever looks
/// lets it [`advance`](Company::advance) first.
#[derive(Debug)]
pub(crate) struct Company {
    seed: Draw,
    policy: Policy,
    files: Files,
    /// What was answered under keys of other authorisations than the intent's own, until the intent's keys expire: the
    /// intent itself keeps the others.
    foreign: BTreeMap<IdempotencyKey, Answer>,
    /// Kept for ever: a finished intent's status does not tell which refunds were made.
    refunds: BTreeMap<IdempotencyKey, Refund>,
    disputes: BTreeMap<IntentId, Dispute>,
    plans: BTreeSet<(Timestamp, IntentId, Change)>,
    /// Pending refunds, by when they are decided.
    refunds_due: BTreeSet<(Timestamp, IdempotencyKey)>,
    /// When the keys of finished intents expire.
    expiries: BTreeSet<(Timestamp, IntentId)>,
    books: Books,
    post: Post,
}

stored_fields! {
    Company { seed policy files foreign refunds disputes plans refunds_due expiries books post }
}

impl Company {
    pub(crate) fn new(seed: u64, policy: Policy) -> Self {
        Self {
            seed: Draw::new(seed),
            policy,
            files: Files::default(),
            foreign: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            plans: BTreeSet::new(),
            refunds_due: BTreeSet::new(),
            expiries: BTreeSet::new(),
            books: Books::default(),
            post: Post::default(),
        }
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) const fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    pub(crate) const fn seed(&self) -> Draw {
        self.seed
    }

    /// Files an intent under the id that its key stands for; no money moves.
    pub(crate) fn create(
        &mut self,
        request: IntentRequest,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        self.advance(now);
        let IntentRequest { key, amount, method } = request;
        let asked = Asked::Create(amount, method);
        if let Some(answer) = self.answer(&key) {
            return self.repeat(answer, answer.intent, asked);
        }
        if key.operation != Operation::Create || self.refunds.contains_key(&key) {
            return Err(GatewayError::KeyReused);
        }
        if amount.minor() <= 0 {
            return Err(GatewayError::WrongStatus);
        }
        let intent = self.intent_of(&key);
        if let Some(record) = self.files.get(intent) {
            let same = record.amount() == amount && record.method() == method;
            return same.then(|| record.view(intent)).ok_or(GatewayError::KeyReused);
        }
        self.files.open(intent, Live::new(key, amount, method, self.seed));
        self.notify(intent, Mover::Caller(key), now);
        self.view(intent)
    }

    pub(crate) fn list(&self, from: &Cursor, max: usize) -> IntentPage {
        self.files.page(from, max)
    }

    /// What `key` would create, or has created: ids come from seed and key, so no order of calls changes them.
    fn intent_of(&self, key: &IdempotencyKey) -> IntentId {
        let mut bits = self.seed.with_key(key).bits(Topic::IntentId);
        loop {
            let intent = IntentId::from_u128(bits);
            match self.files.get(intent) {
                Some(record) if record.key() != *key => bits = bits.wrapping_add(1),
                Some(_) | None => return intent,
            }
        }
    }

    pub(crate) fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.files.get(intent).map(|record| record.method())
    }

    pub(crate) fn trips_with_notices(&self) -> BTreeSet<TripId> {
        let told_of = self.post.intents();
        told_of
            .filter_map(|intent| Some(self.files.get(intent)?.key().trip))
            .collect()
    }

    pub(crate) fn totals(&self) -> BTreeMap<Currency, Totals> {
        self.books.totals()
    }

    pub(crate) fn dispute(&self, intent: IntentId) -> Option<Dispute> {
        self.disputes.get(&intent).copied()
    }

    pub(crate) fn due_notices(&mut self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        self.post.take_due(now, max)
    }

    pub(crate) fn acknowledge(&mut self, notice: WebhookId) {
        self.post.acknowledge(notice);
    }

    /// What was answered under `key`, if anything was and the key is still known.
    fn answer(&self, key: &IdempotencyKey) -> Option<Answer> {
        if let Some(answer) = self.foreign.get(key) {
            return Some(*answer);
        }
        let intent = self.intent_of(&IdempotencyKey {
            operation: Operation::Create,
            ..*key
        });
        let (asked, given) = self.files.live(intent)?.told(key.operation)?;
        Some(Answer { intent, asked, given })
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
        order: Order,
        given: Result<IntentView, GatewayError>,
    ) {
        let Some(live) = self.files.live_mut(intent) else {
            return;
        };
        let given = given.map(|view| (view.status, view.refunded_minor));
        if live.owns(&key) {
            live.tell(key.operation, order, given);
        } else {
            let asked = Asked::Order(order);
            self.foreign.insert(key, Answer { intent, asked, given });
        }
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
        let Some(live) = self.files.live_mut(intent) else {
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

    fn notify(&mut self, intent: IntentId, mover: Mover, at: Timestamp) {
        let Some(method) = self.method(intent) else {
            return;
        };
        let draw = self.seed.with_intent(intent);
        let (own_change, draw) = match mover {
            Mover::Caller(key) => (false, draw.with(0).with_key(&key)),
            Mover::Company(change) => (
                true,
                draw.with(1).with(change as u64).with(at.ms().cast_unsigned()),
            ),
            Mover::Bank(key) => (true, draw.with(2).with_key(&key)),
        };
        let wanted = match self.policy.subscription {
            Subscription::Everything => true,
            Subscription::OwnChanges => own_change,
            Subscription::Nothing => false,
        };
        if wanted {
            let fates = Fates::new(&self.policy, method);
            let notice = PaymentNotice {
                id: WebhookId::from_u128(draw.bits(Topic::NoticeId)),
                intent,
            };
            let due = at.plus(fates.notice_delay(draw));
            self.post.send(notice, due, fates.notice_doubled(draw));
        }
    }

    /// What the rider of `intent` acts with, while they must: it follows from seed and intent, and is not kept.
    pub(crate) fn action(&self, intent: IntentId) -> Result<RiderAction, GatewayError> {
        if self.view(intent)?.status != IntentStatus::RequiresAction {
            return Err(GatewayError::WrongStatus);
        }
        let secret = self.seed.with_intent(intent).bits(Topic::ActionSecret);
        let secret = ActionSecret::new(format!("{intent}_secret_{secret:032x}"));
        secret
            .map(RiderAction::ClientSecret)
            .map_err(|_| GatewayError::Refused)
    }

    pub(crate) fn view(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.files
            .get(intent)
            .map(|record| record.view(intent))
            .ok_or(GatewayError::NotFound)
    }
}

/// Whether `amount` is above zero and at most `limit`, in its currency.
fn within(amount: Money, limit: Money) -> bool {
    amount.minor() > 0 && amount.currency() == limit.currency() && amount.minor() <= limit.minor()
}
