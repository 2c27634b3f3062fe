//! What stands behind the company's door, and the door. Everything that is done to it is noted in its journal, under one
//! lock with the doing, so that the journal's order is the order in which it was done.

use crate::books::Totals;
use crate::company::{Company, Order};
use crate::dispute::Dispute;
use crate::errand::Errand;
use crate::fate::{Fates, Passage};
use crate::journal::{Deed, Entry, Journal, OpenError, Outcome, Records};
use crate::policy::Policy;
use crate::record::Change;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{GatewayError, IdempotencyKey, IntentRequest, IntentView, PaymentNotice, RefundStatus};
use std::collections::{BTreeMap, BTreeSet};

/// What stands behind the door, and the door.
#[derive(Debug)]
pub(crate) struct House {
    company: Company,
    /// How often a call of this key, or a look at this intent, went wrong on its way.
    faults: BTreeMap<Errand, u32>,
    closed: bool,
    /// When the last deed of the records that it was opened with was done.
    left_at: Option<Timestamp>,
    pub(crate) journal: Journal,
}

/// How a call travels: half of its time before it is done, half after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Journey {
    pub(crate) passage: Passage,
    pub(crate) there: Millis,
    pub(crate) back: Millis,
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

impl House {
    /// A new company, kept in memory alone.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            company: Company::new(seed, Policy::default()),
            faults: BTreeMap::new(),
            closed: false,
            left_at: None,
            journal: Journal::nowhere(),
        }
    }

    /// The company whose journal this is, as it was when it was last written.
    pub(crate) fn of_records(records: Records, seed: u64) -> Result<Self, OpenError> {
        let mut house = Self::new(seed);
        house.journal = Journal::again();
        house.journal = records.replay(|entry| house.do_again(entry))?;
        Ok(house)
    }

    fn do_again(&mut self, entry: Entry) -> Outcome {
        let Entry { at, deed, .. } = entry;
        self.left_at = self.left_at.max(Some(at));
        match deed {
            Deed::Advance => self.advance(at),
            Deed::Create(request) => drop(self.create(request, at)),
            Deed::Order(intent, order, key) => drop(self.order(intent, order, key, at)),
            Deed::Refund(intent, amount, key) => drop(self.refund(intent, amount, key, at)),
            Deed::MakeHappen(intent, change) => drop(self.make_happen(intent, change, at)),
            Deed::Deliver(max) => drop(self.due_notices(at, usize::try_from(max).unwrap_or(usize::MAX))),
            Deed::Acknowledge(notice) => self.acknowledge(notice, at),
            Deed::Forget(intent) => self.forget(intent, at),
            Deed::SetOpen(open) => self.set_open(open, at),
            Deed::GoWrong(errand) => self.go_wrong(errand, at),
            Deed::SetPolicy(policy) => self.set_policy(*policy, at),
        }
        self.journal.take_outcome()
    }

    pub(crate) const fn left_at(&self) -> Option<Timestamp> {
        self.left_at
    }

    /// Whether calls are turned away at the door: it is closed, or what is done could not be kept.
    pub(crate) const fn is_closed(&self) -> bool {
        self.closed || self.journal.has_failed()
    }

    pub(crate) fn journey(
        &mut self,
        errand: Errand,
        method: Option<PaymentMethodId>,
        now: Timestamp,
    ) -> Journey {
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
            self.go_wrong(errand, now);
        }
        journey
    }

    fn go_wrong(&mut self, errand: Errand, at: Timestamp) {
        let faults = self.faults.entry(errand).or_default();
        *faults = faults.saturating_add(1);
        self.journal.note(at, || Deed::GoWrong(errand), &());
    }

    pub(crate) fn set_policy(&mut self, policy: Policy, at: Timestamp) {
        if *self.company.policy() != policy {
            self.company.set_policy(policy);
            self.journal.note(at, || Deed::SetPolicy(Box::new(policy)), &());
        }
    }

    pub(crate) fn set_open(&mut self, open: bool, at: Timestamp) {
        self.closed = !open;
        self.journal.note(at, || Deed::SetOpen(open), &());
    }

    pub(crate) fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.company.method(intent)
    }

    pub(crate) fn create(
        &mut self,
        request: IntentRequest,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        let given = self.company.create(request, now);
        self.journal.note(now, || Deed::Create(request), &given);
        given
    }

    pub(crate) fn order(
        &mut self,
        intent: IntentId,
        order: Order,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        let given = self.company.order(intent, order, key, now);
        self.journal.note(now, || Deed::Order(intent, order, key), &given);
        given
    }

    pub(crate) fn refund(
        &mut self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        let given = self.company.refund(intent, amount, key, now);
        self.journal
            .note(now, || Deed::Refund(intent, amount, key), &given);
        given
    }

    pub(crate) fn make_happen(&mut self, intent: IntentId, change: Change, now: Timestamp) -> bool {
        let happened = self.company.make_happen(intent, change, now);
        self.journal
            .note(now, || Deed::MakeHappen(intent, change), &happened);
        happened
    }

    /// Does what was planned up to `now`, if anything was.
    fn advance(&mut self, now: Timestamp) {
        if self.company.has_planned(now) {
            self.company.advance(now);
            self.journal.note(now, || Deed::Advance, &());
        }
    }

    pub(crate) fn get(&mut self, intent: IntentId, now: Timestamp) -> Result<IntentView, GatewayError> {
        self.advance(now);
        self.company.view(intent)
    }

    pub(crate) fn list(&mut self, after: Option<IntentId>, max: usize, now: Timestamp) -> Vec<IntentView> {
        self.advance(now);
        self.company.list(after, max)
    }

    pub(crate) fn totals(&mut self, now: Timestamp) -> BTreeMap<Currency, Totals> {
        self.advance(now);
        self.company.totals()
    }

    pub(crate) fn dispute(&mut self, intent: IntentId, now: Timestamp) -> Option<Dispute> {
        self.advance(now);
        self.company.dispute(intent)
    }

    pub(crate) fn trips_with_notices(&self) -> BTreeSet<TripId> {
        self.company.trips_with_notices()
    }

    pub(crate) fn due_notices(&mut self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        self.advance(now);
        let notices = self.company.due_notices(now, max);
        if !notices.is_empty() {
            self.journal.note(now, || Deed::Deliver(max as u64), &notices);
        }
        notices
    }

    pub(crate) fn next_notice_at(&self) -> Option<Timestamp> {
        self.company.next_notice_at()
    }

    pub(crate) fn acknowledge(&mut self, notice: WebhookId, at: Timestamp) {
        self.company.acknowledge(notice);
        self.journal.note(at, || Deed::Acknowledge(notice), &());
    }

    pub(crate) fn forget(&mut self, intent: IntentId, at: Timestamp) {
        self.company.forget(intent);
        // A crash may undo it, which harms nobody; who asks for another intent must not wait for it.
        self.journal.note_by_the_way(at, || Deed::Forget(intent), &());
    }
}
