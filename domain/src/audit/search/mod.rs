//! A trip's search as the auditor sees it: rounds, offers, locks.
//!
//! What may follow what: [`sequence`]. How long rounds and offers last: [`budgets`].

mod budgets;
mod sequence;

use super::few::Few;
use super::finding::{Flaw, Notes};
use crate::dispatch::{DispatchEvent, Offer, OfferCounts, OfferNumber, SearchBrief};
use crate::driver::Fence;
use crate::event::Event;
use crate::id::{DriverId, TripId};
use crate::stream::{Cause, Commit, StreamId, Version};
use crate::time::Timestamp;
use crate::units::Millis;

/// Where the search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Step {
    #[default]
    Absent,
    Searching,
    Paused,
    Assigned,
    Exhausted,
    Ending,
    Closed,
}

/// What became of the lock that a round asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockStep {
    Asked,
    Refused,
    Held(Fence),
    Releasing(Fence),
    Released,
}

/// A lock that an accepted offer asked for. A refused one only tells that it was asked for.
#[derive(Debug, Clone, Copy)]
struct AskedLock {
    round: u8,
    driver: DriverId,
    step: LockStep,
}

#[derive(Debug, Clone, Copy)]
struct OpenOffer {
    number: OfferNumber,
    driver: DriverId,
    expires_at: Timestamp,
    /// The round that accepted it.
    accepted: Option<u8>,
}

/// A driver who was assigned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment {
    pub(super) version: Version,
    pub(super) round: u8,
    pub(super) fence: Fence,
    pub(super) driver: DriverId,
}

/// The first time that a lock's release was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    pub(super) version: Version,
    pub(super) fence: Fence,
    pub(super) driver: DriverId,
    /// The trip's commit that caused it, if one did.
    pub(super) trip_version: Option<Version>,
}

/// A search.
#[derive(Debug, Default)]
pub(super) struct Search {
    step: Step,
    round: u8,
    /// The last round that ended without a driver.
    pub(super) exhausted: Option<u8>,
    /// When the present round's time is over; while it is paused, what is left of it.
    budget_ms: i64,
    /// What the rounds were given, each alike; nothing where there was none.
    pub(super) given: Option<Millis>,
    locks: Few<AskedLock>,
    open: Few<OpenOffer>,
    excluded: Few<DriverId>,
    offers: u16,
    round_offers: OfferCounts,
    plan_revision: u16,
    pub(super) assignments: Few<Assignment>,
    pub(super) releases: Few<Release>,
}

impl Search {
    /// A search that closed in the past.
    pub(super) fn resumed() -> Self {
        Self {
            step: Step::Closed,
            ..Self::default()
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.step == Step::Closed
    }

    pub(super) fn observe(&mut self, trip: TripId, commit: &Commit, notes: &mut Notes<'_>) {
        for event in commit.events.iter() {
            let Event::Dispatch(event) = event else {
                notes.add(Flaw::WrongStream { event: event.name() });
                continue;
            };
            if !self.may_follow(event) {
                notes.out_of_place(event.name());
            }
            self.check(event, commit.at, notes);
            self.fold(event, commit, || trip_version(&commit.cause, trip));
        }
    }

    fn offer(&self, number: OfferNumber, driver: DriverId) -> Option<&OpenOffer> {
        self.open
            .iter()
            .find(|offer| offer.number == number && offer.driver == driver)
    }

    /// Whether a lock of the driver was asked for in this round, whatever became of it.
    pub(super) fn has_asked(&self, driver: DriverId, round: u8) -> bool {
        let is_it = |lock: &AskedLock| lock.round == round && lock.driver == driver;
        self.locks.iter().any(is_it)
    }

    /// The locks that were not refused.
    fn standing(&self) -> impl Iterator<Item = &AskedLock> {
        self.locks.iter().filter(|lock| lock.step != LockStep::Refused)
    }

    fn lock(&self, round: u8, driver: DriverId) -> Option<LockStep> {
        self.standing()
            .find(|lock| lock.round == round && lock.driver == driver)
            .map(|lock| lock.step)
    }

    fn has_lock(&self, round: u8) -> bool {
        self.standing().any(|lock| lock.round == round)
    }

    fn is_outstanding(&self) -> bool {
        self.standing().any(|lock| lock.step != LockStep::Released)
    }

    fn check(&self, event: &DispatchEvent, at: Timestamp, notes: &mut Notes<'_>) {
        match *event {
            DispatchEvent::SearchStarted { budget_ends_at, .. } => {
                self.check_given(budget_ends_at, at, notes);
            }
            DispatchEvent::SearchPaused { left_ms, .. } => self.check_paused(left_ms, at, notes),
            DispatchEvent::SearchResumed { budget_ends_at, .. } => {
                self.check_resumed(budget_ends_at, at, notes);
            }
            DispatchEvent::OfferMade(ref offer) => {
                let driver = offer.driver;
                let is_new = !self.excluded.contains(&driver);
                notes.expect(is_new, Flaw::DeclinerOffered { driver });
            }
            DispatchEvent::OfferExpired { offer, driver } => {
                self.check_offer_expired((offer, driver), at, notes);
            }
            DispatchEvent::NoDriverFound { .. } => self.check_given_up(at, notes),
            DispatchEvent::DispatchClosed => notes.expect(!self.is_outstanding(), Flaw::ClosedWithLock),
            DispatchEvent::SearchChanged { .. }
            | DispatchEvent::OfferAccepted { .. }
            | DispatchEvent::OfferDeclined { .. }
            | DispatchEvent::OfferWithdrawn { .. }
            | DispatchEvent::DriverAssigned { .. }
            | DispatchEvent::ReleaseAsked { .. }
            | DispatchEvent::ReleaseNoted { .. }
            | DispatchEvent::DispatchEnding => {}
        }
    }

    fn fold(&mut self, event: &DispatchEvent, commit: &Commit, cause: impl Fn() -> Option<Version>) {
        let version = commit.version;
        match *event {
            DispatchEvent::SearchStarted {
                round,
                budget_ends_at,
                ref brief,
            } => {
                self.start(round, brief);
                self.give(budget_ends_at, commit.at);
            }
            DispatchEvent::SearchChanged { ref brief } => self.plan_revision = brief.plan_revision,
            DispatchEvent::SearchPaused { left_ms, .. } => {
                self.step = Step::Paused;
                self.budget_ms = left_ms;
            }
            DispatchEvent::SearchResumed { budget_ends_at, .. } => {
                self.step = Step::Searching;
                self.budget_ms = budget_ends_at.ms();
            }
            DispatchEvent::OfferMade(ref offer) => self.make(offer),
            DispatchEvent::OfferAccepted { offer, driver, round } => self.accept(offer, driver, round),
            DispatchEvent::OfferDeclined { offer, driver } => self.decline(offer, driver),
            DispatchEvent::OfferExpired { offer, driver } => self.expire(offer, driver),
            DispatchEvent::OfferWithdrawn { offer, driver, .. } => self.withdraw(offer, driver),
            DispatchEvent::DriverAssigned { round, fence, driver } => self.assign(Assignment {
                version,
                round,
                fence,
                driver,
            }),
            DispatchEvent::ReleaseAsked {
                round, fence, driver, ..
            } => {
                let trip_version = cause();
                let release = Release {
                    version,
                    fence,
                    driver,
                    trip_version,
                };
                self.ask_release(round, release);
            }
            DispatchEvent::ReleaseNoted { round, fence } => self.note_release(round, fence),
            DispatchEvent::NoDriverFound { round, .. } => {
                self.step = Step::Exhausted;
                self.exhausted = Some(round);
            }
            DispatchEvent::DispatchEnding => self.step = Step::Ending,
            DispatchEvent::DispatchClosed => self.step = Step::Closed,
        }
    }

    fn start(&mut self, round: u8, brief: &SearchBrief) {
        self.step = Step::Searching;
        self.round = round;
        self.round_offers = OfferCounts::default();
        self.plan_revision = brief.plan_revision;
    }

    fn decline(&mut self, number: OfferNumber, driver: DriverId) {
        self.round_offers.declined = self.round_offers.declined.saturating_add(1);
        self.exclude(number, driver);
    }

    fn expire(&mut self, number: OfferNumber, driver: DriverId) {
        self.round_offers.expired = self.round_offers.expired.saturating_add(1);
        self.exclude(number, driver);
    }

    fn make(&mut self, offer: &Offer) {
        self.offers = offer.number.0;
        self.round_offers.made = self.round_offers.made.saturating_add(1);
        self.open.push(OpenOffer {
            number: offer.number,
            driver: offer.driver,
            expires_at: offer.expires_at,
            accepted: None,
        });
    }

    /// Where the offer was accepted, its lock was refused.
    fn withdraw(&mut self, number: OfferNumber, driver: DriverId) {
        let round = self.offer(number, driver).and_then(|open| open.accepted);
        if round == Some(self.round) {
            self.round_offers.lock_refused = self.round_offers.lock_refused.saturating_add(1);
        }
        self.open.retain(|open| open.number != number);
        for lock in &mut *self.locks {
            if Some(lock.round) == round && lock.step == LockStep::Asked {
                lock.step = LockStep::Refused;
            }
        }
    }

    fn assign(&mut self, assignment: Assignment) {
        let Assignment {
            round, fence, driver, ..
        } = assignment;
        self.step = Step::Assigned;
        self.set_lock(round, driver, LockStep::Held(fence));
        self.open.retain(|open| open.driver != driver);
        self.excluded.push(driver);
        self.assignments.push(assignment);
    }

    fn note_release(&mut self, round: u8, fence: Fence) {
        for lock in &mut *self.locks {
            if lock.round == round && lock.step == LockStep::Releasing(fence) {
                lock.step = LockStep::Released;
            }
        }
    }

    fn accept(&mut self, number: OfferNumber, driver: DriverId, round: u8) {
        for open in self.open.iter_mut().filter(|open| open.number == number) {
            open.accepted = Some(round);
        }
        self.locks.push(AskedLock {
            round,
            driver,
            step: LockStep::Asked,
        });
    }

    fn exclude(&mut self, number: OfferNumber, driver: DriverId) {
        self.open.retain(|open| open.number != number);
        self.excluded.push(driver);
    }

    fn set_lock(&mut self, round: u8, driver: DriverId, step: LockStep) {
        for lock in &mut *self.locks {
            if lock.round == round && lock.driver == driver && lock.step != LockStep::Refused {
                lock.step = step;
            }
        }
    }

    /// A release that is asked again stands on the first time.
    fn ask_release(&mut self, round: u8, release: Release) {
        self.set_lock(round, release.driver, LockStep::Releasing(release.fence));
        self.open.retain(|open| open.driver != release.driver);
        let is_known = self
            .releases
            .iter()
            .any(|known| known.fence == release.fence && known.driver == release.driver);
        if !is_known {
            self.releases.push(release);
        }
    }
}

/// The commit of the trip's own stream that is the cause.
fn trip_version(cause: &Cause, trip: TripId) -> Option<Version> {
    match cause {
        Cause::Event(id) if id.stream() == StreamId::Trip(trip) => Some(id.version()),
        Cause::Event(_) | Cause::Command(_) | Cause::Timer(_) | Cause::Webhook(_) => None,
    }
}
