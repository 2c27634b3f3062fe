//! A trip as the auditor sees it: the rules of the saga's table, written down a second time.

use super::few::Few;
use super::finding::{Flaw, Notes};
use crate::driver::Fence;
use crate::event::Event;
use crate::id::DriverId;
use crate::money::Money;
use crate::pricing::{Quote, Receipt};
use crate::stream::{ChargeNumber, Version};
use crate::trip::{
    Actor, Adjustment, AuthorizationNumber, Cancelled, MoneyOutcome, PaymentMethod, Secured, TripEvent,
    TripRequest,
};
use std::sync::Arc;

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
    /// The commit that ended the trip's use of the driver.
    pub(super) let_go: Option<Version>,
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
    pub(super) is_closed: bool,
    /// The order's quote, and the one in force: that of the last change of plan.
    ordered: Option<Arc<Quote>>,
    quote: Option<Arc<Quote>>,
    /// Whether the order is to be paid from a hold of more than nothing.
    pub(super) wants_hold: bool,
    pub(super) due: Option<Money>,
    pub(super) outcome: Option<Box<MoneyOutcome>>,
    /// The commits that ended it, and that noted its money's end.
    pub(super) ended_at: Version,
    pub(super) settled_at: Version,
    pub(super) driver_notes: Few<DriverNote>,
    pub(super) payment_notes: Few<PaymentNote>,
    /// The total of the receipt in force, and how many there were.
    pub(super) total: Option<Money>,
    pub(super) receipts: u16,
    round: u8,
    driver: Option<Fence>,
    secured: Option<Secured>,
    lost: Option<AuthorizationNumber>,
    wrong_codes: u8,
    plan_revision: u16,
    /// Where it was cancelled before it was ordered: by whom.
    tombstone: Option<Few<Actor>>,
    is_lock_cleared: bool,
    /// The last number of a charge beside the fare.
    charges: u16,
    tips: Option<Box<Few<(ChargeNumber, Money)>>>,
}

impl Trip {
    /// A trip that closed in the past.
    pub(super) fn resumed(step: Step, total: Option<Money>, receipts: u16) -> Self {
        Self {
            step,
            is_closed: true,
            is_lock_cleared: true,
            due: total,
            outcome: Some(Box::default()),
            total,
            receipts,
            ..Self::default()
        }
    }

    /// Nothing is outstanding on this stream.
    pub(super) fn is_over(&self) -> bool {
        self.is_closed || self.step == Step::Rejected
    }

    /// Cancelled, and never ordered.
    pub(super) const fn is_tombstone(&self) -> bool {
        self.tombstone.is_some()
    }

    /// What the order's quote holds at most.
    pub(super) fn hold(&self) -> Option<Money> {
        self.ordered.as_ref().map(|quote| quote.hold())
    }

    /// What the rider tipped, by charge.
    pub(super) fn tips(&self) -> &[(ChargeNumber, Money)] {
        self.tips.as_ref().map_or(&[], |tips| tips)
    }

    pub(super) fn due_minor(&self) -> i64 {
        self.due.map_or(0, Money::minor)
    }

    pub(super) fn observe(&mut self, events: &[Event], notes: &mut Notes<'_>) {
        for event in events {
            let Event::Trip(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            if !self.may_follow(event) {
                notes.out_of_place(event.name());
            }
            self.check(event, notes);
            self.fold(event, notes.version());
        }
        let is_joined = self.step.is_open() && self.driver.is_some() && self.secured.is_some();
        notes.expect(!is_joined, Flaw::ConfirmationMissed);
        let is_settled = self.step != Step::Completed || self.receipts > 0;
        notes.expect(is_settled, Flaw::FareUnsettled);
    }

    fn may_follow(&self, event: &TripEvent) -> bool {
        // Of a closed trip only the receipt is ever corrected, and a tip given.
        if let Some(by) = &self.tombstone {
            return self.may_follow_tombstone(by, event);
        }
        if self.is_over() {
            return self.may_follow_end(event);
        }
        match *event {
            TripEvent::Requested(_) | TripEvent::Rejected { .. } => self.step == Step::Absent,
            TripEvent::DriverNoted { round, .. } => {
                self.step.is_open() && round == self.round && self.driver.is_none()
            }
            TripEvent::PaymentNoted { secured } => {
                let is_lost = self.lost.is_some_and(|lost| is_lost(secured, lost));
                self.step.is_before_ride() && Some(secured) > self.secured && !is_lost
            }
            TripEvent::PaymentUnnoted { authorization } => {
                self.step.is_before_ride() && Some(authorization) > self.lost
            }
            // Findings of their own say what was missing.
            TripEvent::Confirmed { .. } => true,
            TripEvent::Reassigning {
                round, ref change, ..
            } => {
                let revision = change.as_ref().map_or(0, |change| change.revision);
                self.step.is_before_ride()
                    && revision == self.plan_revision
                    && self.driver.is_some()
                    && Some(round) == self.round.checked_add(1)
            }
            TripEvent::DriverArrived { round, .. } => self.step == Step::Confirmed && round == self.round,
            TripEvent::StartCodeRefused { round, attempts } => {
                self.step == Step::Arrived
                    && round == self.round
                    && Some(attempts) == self.wrong_codes.checked_add(1)
            }
            TripEvent::Started(_) => self.step == Step::Arrived,
            TripEvent::PlanChanged(ref change) => {
                (Step::Requested..=Step::Started).contains(&self.step)
                    && Some(change.revision) == self.plan_revision.checked_add(1)
            }
            TripEvent::Completed(_) => self.step == Step::Started,
            TripEvent::Cancelled(_) => self.step == Step::Absent || self.step.is_before_ride(),
            TripEvent::Failed { .. } => self.step.is_before_ride(),
            TripEvent::FareSettled(_) => self.step == Step::Completed && self.receipts == 0,
            TripEvent::FareAdjusted(_) | TripEvent::Tipped(_) => self.may_follow_end(event),
            TripEvent::LockCleared => self.step.is_ended() && !self.is_lock_cleared,
            TripEvent::MoneySettled { .. } => self.step.is_ended() && self.outcome.is_none(),
            TripEvent::Closed => self.step.is_ended() && self.is_lock_cleared && self.outcome.is_some(),
        }
    }

    /// Each correction and each tip names a charge that nothing was asked of before.
    fn may_follow_end(&self, event: &TripEvent) -> bool {
        match event {
            TripEvent::FareAdjusted(adjustment) => self.receipts > 0 && adjustment.further.0 > self.charges,
            TripEvent::Tipped(tip) => {
                let currency = self.total.map(Money::currency);
                self.step == Step::Completed
                    && tip.charge.0 > self.charges
                    && tip.amount.minor() > 0
                    && Some(tip.amount.currency()) == currency
            }
            TripEvent::Requested(_)
            | TripEvent::Rejected { .. }
            | TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::Confirmed { .. }
            | TripEvent::Reassigning { .. }
            | TripEvent::DriverArrived { .. }
            | TripEvent::StartCodeRefused { .. }
            | TripEvent::Started(_)
            | TripEvent::PlanChanged(_)
            | TripEvent::Completed(_)
            | TripEvent::Cancelled(_)
            | TripEvent::Failed { .. }
            | TripEvent::FareSettled(_)
            | TripEvent::LockCleared
            | TripEvent::MoneySettled { .. }
            | TripEvent::Closed => false,
        }
    }

    /// An order that has not come may be cancelled by several; only the order of one who did not may still come.
    fn may_follow_tombstone(&self, by: &[Actor], event: &TripEvent) -> bool {
        let is_silenced = |rider| {
            by.iter().any(|by| match by {
                Actor::Rider(silenced) => *silenced == rider,
                Actor::Driver(_) | Actor::Operator(_) | Actor::Timer => true,
            })
        };
        matches!(event, TripEvent::Requested(request) if !is_silenced(request.rider()))
            || matches!(event, TripEvent::Cancelled(cancelled) if cancelled.due.is_none())
            || (matches!(event, TripEvent::Closed) && !self.is_closed)
    }

    fn check(&self, event: &TripEvent, notes: &mut Notes<'_>) {
        match event {
            TripEvent::Confirmed {
                round,
                fence,
                secured,
                ..
            } => {
                notes.expect(self.step.is_open(), Flaw::ConfirmedUnrequested);
                let is_locked = *round == self.round && self.driver == Some(*fence);
                notes.expect(is_locked, Flaw::ConfirmedUnlocked);
                notes.expect(self.secured == Some(*secured), Flaw::ConfirmedUnsecured);
            }
            TripEvent::PlanChanged(change) => {
                let hold = change.quote.hold();
                match self.hold() {
                    Some(first) if first.currency() != hold.currency() => {
                        notes.add(Flaw::CurrencyMixed);
                    }
                    Some(first) => notes.expect(hold.minor() <= first.minor(), Flaw::HoldAboveQuote),
                    None => {}
                }
            }
            TripEvent::Cancelled(cancelled) => self.check_fee(cancelled, notes),
            TripEvent::FareSettled(receipt) => {
                compare(self.due, receipt.total(), notes);
                notes.expect(self.is_settled_by(receipt), Flaw::ReceiptOfAnotherQuote);
            }
            TripEvent::FareAdjusted(adjustment) => self.check_correction(adjustment, notes),
            TripEvent::Requested(_)
            | TripEvent::Rejected { .. }
            | TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::Reassigning { .. }
            | TripEvent::DriverArrived { .. }
            | TripEvent::StartCodeRefused { .. }
            | TripEvent::Started(_)
            | TripEvent::Completed(_)
            | TripEvent::Failed { .. }
            | TripEvent::LockCleared
            | TripEvent::MoneySettled { .. }
            | TripEvent::Closed
            | TripEvent::Tipped(_) => {}
        }
    }

    fn check_fee(&self, cancelled: &Cancelled, notes: &mut Notes<'_>) {
        let fee_minor = cancelled.due.map_or(0, Money::minor);
        let may_cost = self.step == Step::Confirmed || self.step == Step::Arrived;
        notes.expect(may_cost || fee_minor == 0, Flaw::FeeUnconfirmed { fee_minor });
        match &cancelled.receipt {
            Some(receipt) => {
                compare(cancelled.due, receipt.total(), notes);
                notes.expect(self.is_settled_by(receipt), Flaw::ReceiptOfAnotherQuote);
            }
            None => notes.expect(
                fee_minor == 0,
                Flaw::ReceiptDiffers {
                    due_minor: fee_minor,
                    total_minor: 0,
                },
            ),
        }
    }

    fn check_correction(&self, adjustment: &Adjustment, notes: &mut Notes<'_>) {
        let is_latest = self.receipts.checked_sub(1) == Some(adjustment.supersedes)
            && self.total == Some(adjustment.superseded.total());
        notes.expect(is_latest, Flaw::CorrectionDiffers);
        let currency = adjustment.receipt.total().currency();
        let is_same = self.total.is_none_or(|total| total.currency() == currency);
        notes.expect(is_same, Flaw::CurrencyMixed);
        let asked = |receipt: &Receipt| {
            let parts = receipt.parts();
            (receipt.tariff(), parts.ride.clone(), parts.at, parts.surge)
        };
        let (before, now) = (&adjustment.superseded, &adjustment.receipt);
        let is_within = now.total().minor() <= before.parts().computed.hold.minor();
        notes.expect(
            is_within && asked(before) == asked(now) && self.is_settled_by(now),
            Flaw::CorrectionUnfounded,
        );
    }

    /// Whether the receipt is of the quote in force; of a trip that was forgotten nobody can tell.
    fn is_settled_by(&self, receipt: &Receipt) -> bool {
        self.quote
            .as_ref()
            .is_none_or(|quote| quote.is_settled_by(receipt))
    }

    fn fold(&mut self, event: &TripEvent, version: Version) {
        match event {
            TripEvent::Requested(request) => self.order(request),
            TripEvent::Rejected { .. } => self.step = Step::Rejected,
            TripEvent::DriverNoted { round, fence, driver } => self.note_driver(DriverNote {
                version,
                round: *round,
                fence: *fence,
                driver: *driver,
                let_go: None,
            }),
            TripEvent::PaymentNoted { secured } => {
                self.secured = Some(*secured);
                self.payment_notes.push(PaymentNote::Secured(version, *secured));
            }
            TripEvent::PaymentUnnoted { authorization } => self.note_loss(*authorization, version),
            TripEvent::Confirmed { .. } => self.step = Step::Confirmed,
            TripEvent::Reassigning { round, .. } => self.reassign(*round, version),
            TripEvent::DriverArrived { .. } => self.step = Step::Arrived,
            TripEvent::StartCodeRefused { attempts, .. } => self.wrong_codes = *attempts,
            TripEvent::Started(_) => self.step = Step::Started,
            TripEvent::PlanChanged(change) => {
                self.plan_revision = change.revision;
                self.quote = Some(Arc::clone(&change.quote));
            }
            TripEvent::Completed(completion) => {
                self.end(Step::Completed, Some(completion.due), version);
            }
            TripEvent::Cancelled(cancelled) => self.cancel(cancelled, version),
            TripEvent::Failed { .. } => self.end(Step::Failed, None, version),
            TripEvent::FareSettled(receipt) => self.settle(receipt.total()),
            TripEvent::FareAdjusted(adjustment) => {
                self.settle(adjustment.receipt.total());
                self.charges = adjustment.further.0;
            }
            TripEvent::Tipped(tip) => {
                self.tips.get_or_insert_default().push((tip.charge, tip.amount));
                self.charges = tip.charge.0;
            }
            TripEvent::LockCleared => self.is_lock_cleared = true,
            TripEvent::MoneySettled { outcome } => {
                self.outcome = Some(Box::new(*outcome));
                self.settled_at = version;
            }
            TripEvent::Closed => self.is_closed = true,
        }
    }

    fn order(&mut self, request: &TripRequest) {
        self.step = Step::Requested;
        self.tombstone = None;
        self.is_closed = false;
        let quote = request.quote();
        self.ordered = Some(Arc::clone(quote));
        self.quote = Some(Arc::clone(quote));
        self.wants_hold = quote.hold().minor() > 0 && matches!(request.payment(), PaymentMethod::Hold { .. });
    }

    fn note_driver(&mut self, note: DriverNote) {
        self.driver = Some(note.fence);
        self.driver_notes.push(note);
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
        self.driver = None;
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
        self.tombstone.get_or_insert_default().push(by);
    }

    fn end(&mut self, step: Step, due: Option<Money>, version: Version) {
        self.step = step;
        self.due = due;
        self.ended_at = version;
        self.let_go(version);
    }

    fn let_go(&mut self, version: Version) {
        for note in self.driver_notes.iter_mut().filter(|note| note.let_go.is_none()) {
            note.let_go = Some(version);
        }
    }

    fn settle(&mut self, total: Money) {
        self.total = Some(total);
        self.receipts = self.receipts.saturating_add(1);
    }
}

/// Whether the loss of authorisation `lost` ends what secures the payment.
fn is_lost(secured: Secured, lost: AuthorizationNumber) -> bool {
    secured != Secured::Waived && secured <= Secured::Authorized(lost)
}

fn compare(due: Option<Money>, total: Money, notes: &mut Notes<'_>) {
    let is_same = due.map_or(total.is_zero(), |due| due == total);
    let flaw = Flaw::ReceiptDiffers {
        due_minor: due.map_or(0, Money::minor),
        total_minor: total.minor(),
    };
    notes.expect(is_same, flaw);
}
