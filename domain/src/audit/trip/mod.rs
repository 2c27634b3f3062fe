//! A trip as the auditor sees it: the rules of the saga's table, written down a second time.
//!
//! What may follow what: [`sequence`]. When: [`deadlines`]. How often, and by whom: [`limits`]. What it costs:
//! [`fares`], [`cancellations`], [`tips`].

mod cancellations;
mod deadlines;
mod fares;
mod limits;
mod sequence;
mod tips;

pub(super) use deadlines::{apart_ms, early_ms};

use super::few::Few;
use super::finding::{Flaw, Notes};
use super::later::{Blank, Later};
use super::receipts::Receipts;
use crate::driver::Fence;
use crate::event::Event;
use crate::id::DriverId;
use crate::money::Money;
use crate::pricing::Quote;
use crate::stream::{Commit, Version};
use crate::time::Timestamp;
use crate::trip::{
    Actor, AuthorizationNumber, Cancelled, FailReason, MoneyOutcome, Secured, TripEvent, TripRequest,
};
use std::sync::Arc;
use tips::Tips;

/// Where the trip stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Step {
    #[default]
    Absent,
    Requested,
    Reassigning,
    Confirmed,
    Arrived,
    Started,
    Completed,
    Cancelled,
    Failed,
    Rejected,
}

impl Step {
    pub(super) fn is_ended(self) -> bool {
        self >= Self::Completed
    }

    /// Looking for a driver.
    fn is_open(self) -> bool {
        self == Self::Requested || self == Self::Reassigning
    }

    /// Taken, and the ride has not begun.
    fn is_before_ride(self) -> bool {
        (Self::Requested..=Self::Arrived).contains(&self)
    }
}

/// A driver whom the trip noted.
#[derive(Debug, Clone, Copy)]
pub(super) struct DriverNote {
    pub(super) version: Version,
    pub(super) round: u8,
    pub(super) fence: Fence,
    pub(super) driver: DriverId,
    /// The commit that ended the trip's use of the driver; the empty version while it goes on.
    let_go: Version,
}

impl DriverNote {
    fn is_let_go(&self) -> bool {
        self.let_go != Version::EMPTY
    }

    /// Whether the trip had let go of the driver by its commit `version`.
    pub(super) fn was_let_go_by(&self, version: Version) -> bool {
        self.is_let_go() && self.let_go <= version
    }
}

/// A payment that the trip noted.
#[derive(Debug, Clone, Copy)]
pub(super) enum PaymentNote {
    Secured(Version, Secured),
    Lost(Version, AuthorizationNumber),
}

/// A trip.
#[derive(Debug, Default)]
pub(super) struct Trip {
    pub(super) step: Step,
    /// When the step began, where a deadline is counted from it.
    pub(super) since: Timestamp,
    pub(super) is_closed: bool,
    pub(super) order: Option<Arc<TripRequest>>,
    pub(super) driver_notes: Few<DriverNote>,
    pub(super) payment_notes: Few<PaymentNote>,
    pub(super) round: u8,
    secured: Option<Secured>,
    lost: Option<AuthorizationNumber>,
    wrong_codes: u8,
    plan_revision: u16,
    is_lock_cleared: bool,
    pub(super) end: Later<End>,
}

/// How a trip ends, and what few have before.
#[derive(Debug, Default)]
pub(super) struct End {
    /// That of the last change of plan.
    quote: Option<Arc<Quote>>,
    pub(super) failed_for: Option<FailReason>,
    pub(super) due: Option<Money>,
    pub(super) outcome: Option<MoneyOutcome>,
    /// The commits that ended it, and that noted its money's end.
    pub(super) ended_at: Version,
    pub(super) settled_at: Version,
    /// The total of the receipt in force, and how many there were.
    pub(super) total: Option<Money>,
    pub(super) receipts: u16,
    /// Where it was cancelled before it was ordered: by whom.
    tombstone: Option<Few<Actor>>,
    /// The last number of a charge beside the fare.
    charges: u16,
    tips: Option<Box<Tips>>,
}

impl Blank for End {
    const BLANK: &'static Self = &Self {
        quote: None,
        failed_for: None,
        due: None,
        outcome: None,
        ended_at: Version::EMPTY,
        settled_at: Version::EMPTY,
        total: None,
        receipts: 0,
        tombstone: None,
        charges: 0,
        tips: None,
    };
}

impl Trip {
    /// A trip that closed in the past.
    pub(super) fn resumed(past: Past) -> Self {
        let tips = Tips {
            hold_minor: past.card_hold_minor,
            ..Tips::default()
        };
        let end = End {
            due: past.total,
            outcome: Some(MoneyOutcome::default()),
            total: past.total,
            receipts: past.receipts,
            tips: Some(Box::new(tips)),
            ..End::default()
        };
        Self {
            step: past.step,
            since: past.since,
            is_closed: true,
            is_lock_cleared: true,
            end: end.into(),
            ..Self::default()
        }
    }

    /// Nothing is outstanding on this stream.
    pub(super) fn is_over(&self) -> bool {
        self.is_closed || self.step == Step::Rejected
    }

    /// Cancelled, and never ordered.
    pub(super) fn is_tombstone(&self) -> bool {
        self.end.tombstone.is_some()
    }

    /// The quote in force: the order's, or that of the last change of plan.
    fn quote(&self) -> Option<&Quote> {
        let ordered = self.order.as_ref().map(|order| order.quote());
        self.end.quote.as_ref().or(ordered).map(Arc::as_ref)
    }

    /// What the order's quote holds at most.
    pub(super) fn hold(&self) -> Option<Money> {
        self.order.as_ref().map(|order| order.quote().hold())
    }

    /// The driver whom the present round noted.
    fn noted(&self) -> Option<&DriverNote> {
        self.driver_notes.iter().rev().find(|note| !note.is_let_go())
    }

    pub(super) fn due_minor(&self) -> i64 {
        self.end.due.map_or(0, Money::minor)
    }

    pub(super) fn observe(&mut self, commit: &Commit, tariffs: &Receipts, notes: &mut Notes<'_>) {
        for event in commit.events.iter() {
            let Event::Trip(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            if !self.may_follow(event) {
                notes.out_of_place(event.name());
            }
            self.check(event, commit, tariffs, notes);
            self.fold(event, commit);
        }
        Self::check_reading(&commit.events, notes);
        let is_joined = self.step.is_open() && self.noted().is_some() && self.secured.is_some();
        notes.expect(!is_joined, Flaw::ConfirmationMissed);
        let is_settled = self.step != Step::Completed || self.end.receipts > 0;
        notes.expect(is_settled, Flaw::FareUnsettled);
    }

    fn check(&self, event: &TripEvent, commit: &Commit, tariffs: &Receipts, notes: &mut Notes<'_>) {
        let at = commit.at;
        match *event {
            TripEvent::Requested(ref request) => {
                Self::check_order_in_time(request, at, notes);
                Self::check_party(request, notes);
            }
            TripEvent::Confirmed {
                round,
                fence,
                secured,
                arrival_due_at,
            } => {
                self.check_confirmed((round, fence), secured, notes);
                self.check_arrival_due(arrival_due_at, at, notes);
            }
            TripEvent::Reassigning { round, reason, .. } => {
                self.check_round(round, notes);
                self.check_reassigned_in_time(reason, at, notes);
            }
            TripEvent::DriverArrived {
                no_show_at,
                no_show_due_at,
                ..
            } => self.check_no_show_due((no_show_at, no_show_due_at), at, notes),
            TripEvent::StartCodeRefused { attempts, .. } => self.check_wrong_code(attempts, notes),
            TripEvent::Started(ref start) => {
                self.check_start(start, notes);
                self.check_ride_due(start.overdue_at, at, notes);
            }
            TripEvent::PlanChanged(ref change) => self.check_plan(change, notes),
            TripEvent::Completed(ref completion) => {
                self.check_end(completion, notes);
                self.check_ended_in_time(completion, at, notes);
            }
            TripEvent::Cancelled(ref cancelled) => self.check_cancellation(cancelled, (at, tariffs), notes),
            TripEvent::Failed { reason } => {
                self.check_rounds_used_up(reason, notes);
                self.check_failed_in_time(reason, (at, &commit.cause), notes);
            }
            TripEvent::FareSettled(ref receipt) => self.check_receipt(self.end.due, receipt, notes),
            TripEvent::FareAdjusted(ref adjustment) => self.check_correction(adjustment, notes),
            TripEvent::Tipped(ref tip) => self.check_tip(tip, at, notes),
            TripEvent::Rejected { .. }
            | TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::LockCleared
            | TripEvent::MoneySettled { .. }
            | TripEvent::Closed => {}
        }
    }

    fn check_confirmed(&self, (round, fence): (u8, Fence), secured: Secured, notes: &mut Notes<'_>) {
        notes.expect(self.step.is_open(), Flaw::ConfirmedUnrequested);
        let is_noted = self.noted().is_some_and(|noted| noted.fence == fence);
        notes.expect(is_noted && round == self.round, Flaw::ConfirmedUnlocked);
        notes.expect(self.secured == Some(secured), Flaw::ConfirmedUnsecured);
    }

    fn fold(&mut self, event: &TripEvent, commit: &Commit) {
        let version = commit.version;
        match event {
            TripEvent::Requested(request) => self.take(request),
            TripEvent::Rejected { .. } => self.step = Step::Rejected,
            TripEvent::DriverNoted { round, fence, driver } => self.driver_notes.push(DriverNote {
                version,
                round: *round,
                fence: *fence,
                driver: *driver,
                let_go: Version::EMPTY,
            }),
            TripEvent::PaymentNoted { secured } => {
                self.secured = Some(*secured);
                self.payment_notes.push(PaymentNote::Secured(version, *secured));
            }
            TripEvent::PaymentUnnoted { authorization } => self.note_loss(*authorization, version),
            TripEvent::Confirmed { .. } => self.go_on(Step::Confirmed, commit.at),
            TripEvent::Reassigning { round, .. } => self.reassign(*round, version),
            TripEvent::DriverArrived { .. } => self.go_on(Step::Arrived, commit.at),
            TripEvent::StartCodeRefused { attempts, .. } => self.wrong_codes = *attempts,
            TripEvent::Started(_) => self.go_on(Step::Started, commit.at),
            TripEvent::PlanChanged(change) => {
                self.plan_revision = change.revision;
                self.end.quote = Some(Arc::clone(&change.quote));
            }
            TripEvent::Completed(completion) => {
                self.since = commit.at;
                self.end(Step::Completed, Some(completion.due), version);
            }
            TripEvent::Cancelled(cancelled) => self.cancel(cancelled, version),
            TripEvent::Failed { reason } => {
                self.end.failed_for = Some(*reason);
                self.end(Step::Failed, None, version);
            }
            TripEvent::FareSettled(receipt) => self.settle(receipt.total()),
            TripEvent::FareAdjusted(adjustment) => {
                self.settle(adjustment.receipt.total());
                self.end.charges = adjustment.further.0;
            }
            TripEvent::Tipped(tip) => {
                self.note_tip(tip);
                self.end.charges = tip.charge.0;
            }
            TripEvent::LockCleared => self.is_lock_cleared = true,
            TripEvent::MoneySettled { outcome } => {
                self.end.outcome = Some(*outcome);
                self.end.settled_at = version;
            }
            TripEvent::Closed => self.is_closed = true,
        }
    }

    fn take(&mut self, request: &Arc<TripRequest>) {
        self.step = Step::Requested;
        self.is_closed = false;
        if self.is_tombstone() || self.end.quote.is_some() {
            self.end.tombstone = None;
            self.end.quote = None;
        }
        self.order = Some(Arc::clone(request));
    }

    const fn go_on(&mut self, step: Step, at: Timestamp) {
        self.step = step;
        self.since = at;
    }

    /// An authorisation only follows on the loss of those before it.
    fn note_loss(&mut self, lost: AuthorizationNumber, version: Version) {
        self.lost = self.lost.max(Some(lost));
        self.secured = self.secured.filter(|secured| !is_lost(*secured, lost));
        self.payment_notes.push(PaymentNote::Lost(version, lost));
    }

    fn reassign(&mut self, round: u8, version: Version) {
        self.step = Step::Reassigning;
        self.round = round;
        self.wrong_codes = 0;
        self.let_go(version);
    }

    fn cancel(&mut self, cancelled: &Cancelled, version: Version) {
        if self.step == Step::Absent || self.is_tombstone() {
            self.bury(cancelled.by);
        }
        self.end(Step::Cancelled, cancelled.due, version);
        if let Some(receipt) = &cancelled.receipt {
            self.settle(receipt.total());
        }
    }

    fn bury(&mut self, by: Actor) {
        self.is_closed = false;
        self.end.tombstone.get_or_insert_default().push(by);
    }

    fn end(&mut self, step: Step, due: Option<Money>, version: Version) {
        self.step = step;
        self.end.due = due;
        self.end.ended_at = version;
        self.let_go(version);
    }

    fn let_go(&mut self, version: Version) {
        for note in self.driver_notes.iter_mut().filter(|note| !note.is_let_go()) {
            note.let_go = version;
        }
    }

    fn settle(&mut self, total: Money) {
        self.end.total = Some(total);
        self.end.receipts = self.end.receipts.saturating_add(1);
    }
}

/// What is remembered of a trip that closed in the past.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past {
    pub(super) step: Step,
    /// When the ride ended.
    pub(super) since: Timestamp,
    /// What the receipt in force comes to, and how many there were.
    pub(super) total: Option<Money>,
    pub(super) receipts: u16,
    /// What the order held at most, in minor units, if it was paid by card.
    pub(super) card_hold_minor: Option<i64>,
}

/// Whether the loss of authorisation `lost` ends what secures the payment.
fn is_lost(secured: Secured, lost: AuthorizationNumber) -> bool {
    secured != Secured::Waived && secured <= Secured::Authorized(lost)
}
