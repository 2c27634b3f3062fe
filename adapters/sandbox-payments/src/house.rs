//! What stands behind the company's door, and the door. Everything that is done to it is noted in its journal, under one
//! lock with the doing, so that the journal's order is the order in which it was done.

use crate::books::Totals;
use crate::company::{Company, Order};
use crate::dispute::Dispute;
use crate::errand::Errand;
use crate::fate::{Fates, Passage};
use crate::journal::{Deed, Entry, Journal, OpenError, Outcome, Records, Said, stored_fields};
use crate::policy::Policy;
use crate::record::Change;
use fiacre_domain::id::{IntentId, TripId, WebhookId};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Cursor, GatewayError, IdempotencyKey, IntentPage, IntentRequest, IntentView, PaymentNotice, RefundStatus,
    RiderAction,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::task::Waker;

/// What stands behind the door, and the door.
#[derive(Debug)]
pub(crate) struct House {
    state: State,
    /// When the last deed of the records that it was opened with was done.
    left_at: Option<Timestamp>,
    journal: Journal,
}

/// What is to be remembered of it.
#[derive(Debug)]
struct State {
    company: Company,
    /// How often a call of this key, or a look at this intent, went wrong on its way.
    faults: BTreeMap<Errand, u32>,
    closed: bool,
    /// When something was done last.
    done_at: Option<Timestamp>,
}

stored_fields! { State { company faults closed done_at } }

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
        Self::with_state(State {
            company: Company::new(seed, Policy::default()),
            faults: BTreeMap::new(),
            closed: false,
            done_at: None,
        })
    }

    fn with_state(state: State) -> Self {
        Self {
            state,
            left_at: None,
            journal: Journal::nowhere(),
        }
    }

    /// The company whose journal this is, as it was when it was last written.
    pub(crate) fn of_records(records: Records) -> Result<Self, OpenError> {
        let mut house = match records.picture()? {
            Some(state) => Self::with_state(state),
            None => Self::new(records.seed()),
        };
        house.journal = Journal::again();
        house.journal = records.replay(|entry| house.do_again(entry))?;
        house.left_at = house.state.done_at;
        Ok(house)
    }

    fn do_again(&mut self, entry: Entry) -> Outcome {
        let Entry { at, deed, .. } = entry;
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
        self.state.closed || self.journal.has_failed()
    }

    pub(crate) fn journey(
        &mut self,
        errand: Errand,
        method: Option<PaymentMethodId>,
        now: Timestamp,
    ) -> Journey {
        let policy = self.state.company.policy();
        let Some(method) = method else {
            return Journey::half_and_half(Passage::Clear, policy.latency.min());
        };
        let faults = self.state.faults.get(&errand).copied().unwrap_or_default();
        let (fates, seed) = (Fates::new(policy, method), self.state.company.seed());
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
        let faults = self.state.faults.entry(errand).or_default();
        *faults = faults.saturating_add(1);
        self.note(at, || Deed::GoWrong(errand), &());
    }

    pub(crate) fn set_policy(&mut self, policy: Policy, at: Timestamp) {
        if *self.state.company.policy() != policy {
            self.state.company.set_policy(policy);
            self.note(at, || Deed::SetPolicy(Box::new(policy)), &());
        }
    }

    pub(crate) fn set_open(&mut self, open: bool, at: Timestamp) {
        self.state.closed = !open;
        self.note(at, || Deed::SetOpen(open), &());
    }

    pub(crate) fn method(&self, intent: IntentId) -> Option<PaymentMethodId> {
        self.state.company.method(intent)
    }

    pub(crate) fn create(
        &mut self,
        request: IntentRequest,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        let given = self.state.company.create(request, now);
        self.note(now, || Deed::Create(request), &given);
        given
    }

    pub(crate) fn order(
        &mut self,
        intent: IntentId,
        order: Order,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<IntentView, GatewayError> {
        let given = self.state.company.order(intent, order, key, now);
        self.note(now, || Deed::Order(intent, order, key), &given);
        given
    }

    pub(crate) fn refund(
        &mut self,
        intent: IntentId,
        amount: Money,
        key: IdempotencyKey,
        now: Timestamp,
    ) -> Result<RefundStatus, GatewayError> {
        let given = self.state.company.refund(intent, amount, key, now);
        self.note(now, || Deed::Refund(intent, amount, key), &given);
        given
    }

    pub(crate) fn make_happen(&mut self, intent: IntentId, change: Change, now: Timestamp) -> bool {
        let happened = self.state.company.make_happen(intent, change, now);
        self.note(now, || Deed::MakeHappen(intent, change), &happened);
        happened
    }

    /// Does what was planned up to `now`, if anything was.
    fn advance(&mut self, now: Timestamp) {
        if self.state.company.has_planned(now) {
            self.state.company.advance(now);
            self.note(now, || Deed::Advance, &());
        }
    }

    pub(crate) fn get(&mut self, intent: IntentId, now: Timestamp) -> Result<IntentView, GatewayError> {
        self.advance(now);
        self.state.company.view(intent)
    }

    pub(crate) fn action(&mut self, intent: IntentId, now: Timestamp) -> Result<RiderAction, GatewayError> {
        self.advance(now);
        self.state.company.action(intent)
    }

    pub(crate) fn list(&mut self, from: &Cursor, max: usize, now: Timestamp) -> IntentPage {
        self.advance(now);
        self.state.company.list(from, max)
    }

    pub(crate) fn totals(&mut self, now: Timestamp) -> BTreeMap<Currency, Totals> {
        self.advance(now);
        self.state.company.totals()
    }

    pub(crate) fn dispute(&mut self, intent: IntentId, now: Timestamp) -> Option<Dispute> {
        self.advance(now);
        self.state.company.dispute(intent)
    }

    pub(crate) fn trips_with_notices(&self) -> BTreeSet<TripId> {
        self.state.company.trips_with_notices()
    }

    pub(crate) fn due_notices(&mut self, now: Timestamp, max: usize) -> Vec<PaymentNotice> {
        self.advance(now);
        let notices = self.state.company.due_notices(now, max);
        if !notices.is_empty() {
            self.note(now, || Deed::Deliver(max as u64), &notices);
        }
        notices
    }

    pub(crate) fn next_notice_at(&self) -> Option<Timestamp> {
        self.state.company.next_notice_at()
    }

    pub(crate) fn acknowledge(&mut self, notice: WebhookId, at: Timestamp) {
        self.state.company.acknowledge(notice);
        self.note(at, || Deed::Acknowledge(notice), &());
    }

    pub(crate) fn forget(&mut self, intent: IntentId, at: Timestamp) {
        self.state.company.forget(intent);
        // A crash may undo it, which harms nobody; who asks for another intent must not wait for it.
        self.state.done_at = self.state.done_at.max(Some(at));
        self.journal.note_by_the_way(at, || Deed::Forget(intent), &());
    }

    fn note(&mut self, at: Timestamp, deed: impl FnOnce() -> Deed, said: &impl Said) {
        self.state.done_at = self.state.done_at.max(Some(at));
        self.journal.note(at, deed, said);
    }

    pub(crate) const fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// As [`Journal::begin_wait`], with a journal that does not grow for ever.
    pub(crate) fn begin_wait(&mut self) -> u64 {
        let noted = self.journal.begin_wait();
        self.compact_if_long();
        noted
    }

    /// As [`Journal::sync`], with a journal that does not grow for ever.
    pub(crate) fn sync(&mut self) -> Vec<Waker> {
        let waiting = self.journal.sync();
        self.compact_if_long();
        waiting
    }

    fn compact_if_long(&mut self) {
        if self.journal.is_long() {
            // The journal has said what is wrong, if anything is; whoever waits asks it.
            let _told = self.compact();
        }
    }

    /// Lets the journal begin anew with what is to be remembered.
    pub(crate) fn compact(&mut self) -> io::Result<()> {
        self.journal.begin_anew(&self.state)
    }
}
