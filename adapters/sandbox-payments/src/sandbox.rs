//! The way into the company from the same process: calls take time, get lost, and come again.

use crate::books::Totals;
use crate::company::{Company, Order};
use crate::dispute::Dispute;
use crate::fate::{Fates, Passage};
use crate::policy::Policy;
use crate::record::Change;
use async_trait::async_trait;
use fiacre_domain::id::{IntentId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Clock, GatewayError, IdempotencyKey, IntentRequest, IntentView, PaymentGateway, PaymentNotice,
    RefundStatus,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What stands behind the door, and the door.
#[derive(Debug)]
struct House {
    company: Company,
    /// How often a call of this key, or a look at this intent, went wrong on its way.
    faults: BTreeMap<Errand, u32>,
    closed: bool,
}

/// What a call is for: repetitions of one errand count their faults together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Errand {
    Act(IdempotencyKey),
    Look(IntentId),
}

/// A payment company in process. See the [crate](crate) for what it does.
pub struct Sandbox {
    seed: u64,
    clock: Arc<dyn Clock>,
    house: Mutex<House>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// How a call travels: half of its time before it is done, half after.
#[derive(Debug, Clone, Copy)]
struct Journey {
    passage: Passage,
    there: Millis,
    back: Millis,
}

impl House {
    fn new(seed: u64, policy: Policy) -> Self {
        Self {
            company: Company::new(seed, policy),
            faults: BTreeMap::new(),
            closed: false,
        }
    }

    fn journey(&mut self, errand: Errand, method: Option<PaymentMethodId>) -> Journey {
        let policy = self.company.policy();
        let Some(method) = method else {
            return Journey::half_and_half(Passage::Clear, policy.latency.min());
        };
        let faults = self.faults.get(&errand).copied().unwrap_or_default();
        let (fates, seed) = (Fates::new(policy, method), self.company.seed());
        let (draw, passage) = match errand {
            Errand::Act(key) => {
                let draw = seed.with_key(&key);
                (draw, fates.passage(draw, faults))
            }
            Errand::Look(intent) => {
                let draw = seed.with_intent(intent);
                (draw, fates.passage(draw, faults).of_a_look())
            }
        };
        let mut journey = Journey::half_and_half(passage, fates.latency(draw.with(u64::from(faults))));
        match passage {
            Passage::Clear | Passage::Unavailable => {}
            Passage::RequestLost | Passage::AnswerLost => {
                journey.back = policy.timeout.saturating_sub(journey.there);
            }
        }
        if passage != Passage::Clear {
            self.faults.insert(errand, faults.saturating_add(1));
        }
        journey
    }
}

impl Journey {
    const fn half_and_half(passage: Passage, latency: Millis) -> Self {
        let there = Millis::new(latency.get() / 2);
        Self {
            passage,
            there,
            back: latency.saturating_sub(there),
        }
    }
}

impl Sandbox {
    /// A company where everything works at once, on `clock`. Ids, and with a policy all chance, come from `seed`.
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self {
            seed,
            clock,
            house: Mutex::new(House::new(seed, Policy::default())),
        }
    }

    /// Behaves as `policy` says; for a new company only: it begins without any intent.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.house = Mutex::new(House::new(self.seed, policy));
        self
    }

    /// Notices that are due at `now` (of the company's clock), at most `max`, in no order that means anything. Each comes
    /// again, after a minute and then ever less often, until it is [acknowledged](Self::acknowledge).
    pub fn due_notices(&self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        self.house().company.due_notices(now, max)
    }

    /// When [`due_notices`](Self::due_notices) may next have something to give: a notice is due, or the company does
    /// something by itself. `None` while nothing is planned. A hold plans its lapse, days ahead.
    pub fn next_notice_at(&self) -> Option<Timestamp> {
        self.house().company.next_notice_at()
    }

    /// Stops the redelivery of a notice. Of one that was never delivered, or is forgotten, it changes nothing.
    pub fn acknowledge(&self, notice: WebhookId) {
        self.house().company.acknowledge(notice);
    }

    /// Drops an intent that is captured or cancelled, with its keys; what may still move stays. For simulations only, where
    /// nobody will ask for it again: no company forgets. Books are kept.
    pub fn forget(&self, intent: IntentId) {
        self.house().company.forget(intent);
    }

    /// The company's own money books, by currency.
    pub fn totals(&self) -> BTreeMap<Currency, Totals> {
        self.house().company.totals(self.clock.now())
    }

    /// The dispute of an intent, if there is one.
    pub fn dispute(&self, intent: IntentId) -> Option<Dispute> {
        self.house().company.dispute(intent, self.clock.now())
    }

    /// Closes or opens the company's door: while closed, every call is [`Unavailable`](GatewayError::Unavailable) and
    /// nothing is done. What the company does by itself goes on.
    pub fn set_open(&self, open: bool) {
        self.house().closed = !open;
    }

    /// The rider acts now; whether an action was required.
    pub fn complete_action(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::Hold)
    }

    /// The issuer drops the hold now; whether there was one.
    pub fn lose_hold(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::LoseHold)
    }

    /// The rider disputes what was captured now; whether anything was left to dispute.
    pub fn open_dispute(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::OpenDispute)
    }

    /// The dispute is decided now, by the policy's share of won ones; whether one was open.
    pub fn close_dispute(&self, intent: IntentId) -> bool {
        self.make_happen(intent, Change::CloseDispute)
    }

    fn make_happen(&self, intent: IntentId, change: Change) -> bool {
        self.house().company.make_happen(intent, change, self.clock.now())
    }

    /// A caller that panicked has left no half-done change behind that matters more than going on.
    fn house(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call: there, done, and back, or not.
    async fn call<T: Send>(
        &self,
        errand: Errand,
        method: Option<PaymentMethodId>,
        done: impl FnOnce(&mut Company, Timestamp) -> Result<T, GatewayError> + Send,
    ) -> Result<T, GatewayError> {
        let journey = self.house().journey(errand, method);
        self.wait(journey.there).await;
        let answer = match journey.passage {
            Passage::Clear => self.visit(done),
            Passage::Unavailable => Err(GatewayError::Unavailable),
            Passage::RequestLost => Err(GatewayError::OutcomeUnknown),
            Passage::AnswerLost => match self.visit(done) {
                Err(GatewayError::Unavailable) => Err(GatewayError::Unavailable),
                Ok(_) | Err(_) => Err(GatewayError::OutcomeUnknown),
            },
        };
        self.wait(journey.back).await;
        answer
    }

    fn visit<T>(
        &self,
        done: impl FnOnce(&mut Company, Timestamp) -> Result<T, GatewayError>,
    ) -> Result<T, GatewayError> {
        let now = self.clock.now();
        let mut house = self.house();
        if house.closed {
            return Err(GatewayError::Unavailable);
        }
        done(&mut house.company, now)
    }

    async fn order(
        &self,
        intent: IntentId,
        order: Order,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        self.call(Errand::Act(key), self.method(intent), move |company, now| {
            company.order(intent, order, key, now)
        })
        .await
    }

    fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.house().company.method(intent)
    }

    async fn wait(&self, duration: Millis) {
        if duration > Millis::ZERO {
            self.clock.wait_until(self.clock.now().plus(duration)).await;
        }
    }
}

#[async_trait]
impl PaymentGateway for Sandbox {
    async fn create(&self, request: IntentRequest) -> Result<IntentView, GatewayError> {
        let errand = Errand::Act(request.key);
        self.call(errand, Some(request.method), move |company, now| {
            company.create(request, now)
        })
        .await
    }

    async fn confirm(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Confirm, key).await
    }

    async fn capture(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Capture(amount), key).await
    }

    async fn cancel(&self, intent: IntentId, key: IdempotencyKey) -> Result<IntentView, GatewayError> {
        self.order(intent, Order::Cancel, key).await
    }

    async fn refund(
        &self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
    ) -> Result<RefundStatus, GatewayError> {
        self.call(Errand::Act(key), self.method(intent), move |company, now| {
            company.refund(intent, amount, key, now)
        })
        .await
    }

    async fn get(&self, intent: IntentId) -> Result<IntentView, GatewayError> {
        self.call(Errand::Look(intent), self.method(intent), move |company, now| {
            company.get(intent, now)
        })
        .await
    }

    /// Takes no time and never gets lost: reconciliation looks at the company from inside. Only a closed door stops it.
    async fn list(&self, after: Option<IntentId>, max: usize) -> Result<Vec<IntentView>, GatewayError> {
        self.visit(|company, now| Ok(company.list(after, max, now)))
    }
}
