//! What each place does with what arrives there, and what people do there: the real aggregates, at two times only.
//!
//! All that a state holds of time is when something becomes due, and all that a decision makes of it is whether that has
//! come. So there is a [moment](EARLY) at which nothing is due and one at which [everything](LATE) is, and whatever turns on
//! it is tried at both. Events are made and folded early, so that no state holds anything but those two.

use super::bounds::Bounds;
use super::flaw::Flaw;
use super::message::{Message, TRIP, sent};
use super::money::Money;
use crate::orders::DRIVERS;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::{self, Dispatch, DispatchEvent};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::event::Event;
use fiacre_domain::saga::{self, Command};
use fiacre_domain::stream::{StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{self, AuthorizationNumber, Secured, Trip, TripEvent};

/// Nothing is due.
pub(crate) const EARLY: Timestamp = Timestamp::from_ms(0);
/// Everything is due.
pub(crate) const LATE: Timestamp = Timestamp::from_ms(30 * 24 * 3_600_000);

/// The state of one place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Local {
    Trip(Box<Trip>),
    Search(Box<Dispatch>),
    Driver(Driver),
    Money(Box<Money>),
}

/// What something led to at one place.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) what: String,
    pub(crate) local: Local,
    pub(crate) messages: Vec<Message>,
    /// Whether what arrived may arrive once more.
    pub(crate) stays: bool,
    /// Whether it happens by itself, sooner or later.
    pub(crate) fair: bool,
    /// What is wrong with it, whatever the other places are at.
    pub(crate) finding: Option<String>,
    /// What a confirmation says secures the trip, and what the trip knew to be lost.
    pub(crate) confirms: Option<(Secured, Option<AuthorizationNumber>)>,
}

impl Outcome {
    pub(crate) fn new(what: impl Into<String>, local: Local, messages: Vec<Message>) -> Self {
        Self {
            what: what.into(),
            local,
            messages,
            stays: false,
            fair: true,
            finding: None,
            confirms: None,
        }
    }

    /// It happens where someone wants it, or where something is out of order.
    pub(crate) fn at_will(mut self) -> Self {
        self.fair = false;
        self
    }
}

/// Decides, and folds early. `None` where nothing happened.
pub(crate) fn decide<A: Aggregate>(
    state: &A,
    command: &A::Command,
    now: Timestamp,
) -> Option<(A, Vec<A::Event>)> {
    let events = state.decide(command, now).ok()?.into_events();
    let mut next = state.clone();
    for event in &events {
        next.evolve(event, EARLY);
    }
    (!events.is_empty()).then_some((next, events))
}

pub(crate) fn named<E: Clone + Into<Event>>(events: Vec<E>) -> Vec<Event> {
    events.into_iter().map(Into::into).collect()
}

/// The world as one place sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) bounds: Bounds,
    pub(crate) flaw: Option<Flaw>,
}

impl Rules {
    pub(crate) fn is(self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// What comes of `message` at `local`: one of these. None, where it changes nothing.
    pub(crate) fn arrives(self, local: &Local, message: &Message) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = match (local, message) {
            (Local::Trip(trip), Message::Order(request)) => {
                let order = trip::Command::Request(request.clone());
                let reason = trip::RejectReason::Dropped;
                let reject = trip::Command::Reject { reason };
                let taken = [(order.clone(), EARLY), (order, LATE), (reject, EARLY)];
                taken
                    .iter()
                    .filter_map(|(command, now)| self.trip(trip, command, *now))
                    .collect()
            }
            (Local::Trip(trip), Message::Fact(Command::Trip(_, command))) => {
                self.trip(trip, command, EARLY).into_iter().collect()
            }
            (Local::Trip(trip), Message::Due(Command::Trip(_, command))) => {
                self.trip(trip, command, LATE).into_iter().collect()
            }
            (Local::Search(search), Message::Fact(Command::Dispatch(_, command))) => {
                // A refused lock ends the search where its budget has run out.
                let times = [EARLY, LATE];
                let is_timed = matches!(command, dispatch::Command::LockRefused { .. });
                times
                    .iter()
                    .take(1 + usize::from(is_timed))
                    .filter_map(|now| self.search(search, command, *now))
                    .collect()
            }
            (Local::Search(search), Message::Due(Command::Dispatch(_, command))) => {
                self.search(search, command, LATE).into_iter().collect()
            }
            (Local::Driver(driver), Message::Fact(Command::Driver(id, command))) => {
                self.driver_hears(*id, driver, command)
            }
            (Local::Driver(driver), Message::Review(place)) => {
                self.review(*place, driver).into_iter().collect()
            }
            (Local::Money(money), Message::Fact(Command::Payment(_, _, command))) => self
                .told("money", money, std::slice::from_ref(command), EARLY)
                .into_iter()
                .collect(),
            (_, _) => Vec::new(),
        };
        if self.is(Flaw::InboxForgotten) {
            for outcome in &mut outcomes {
                outcome.stays = true;
            }
        }
        outcomes
    }

    pub(crate) fn trip(self, trip: &Trip, command: &trip::Command, now: Timestamp) -> Option<Outcome> {
        let (next, events) = decide(trip, command, now)?;
        let beyond = |event: &TripEvent| matches!(event, TripEvent::PlanChanged(change) if change.revision > self.bounds.plan_changes);
        if events.iter().any(beyond) {
            return None;
        }
        let confirms = events.iter().find_map(|event| {
            if let TripEvent::Confirmed { secured, .. } = event {
                Some((*secured, next.control().lost))
            } else {
                None
            }
        });
        let over = trip.control().closed && trip.request().is_some();
        let finding = over.then(|| format!("the trip goes on after its end: {}", command.kind().name()));
        let messages = sent(StreamId::Trip(TRIP), &named(events), self.flaw);
        let what = format!(
            "trip: {}{}",
            command.kind().name(),
            if now == LATE { ", late" } else { "" }
        );
        Some(Outcome {
            finding,
            confirms,
            ..Outcome::new(what, Local::Trip(Box::new(next)), messages)
        })
    }

    pub(crate) fn search(
        self,
        search: &Dispatch,
        command: &dispatch::Command,
        now: Timestamp,
    ) -> Option<Outcome> {
        let (next, events) = decide(search, command, now)?;
        let beyond = |event: &DispatchEvent| matches!(event, DispatchEvent::OfferMade(offer) if offer.number.0 > self.bounds.offers);
        if events.iter().any(beyond) {
            return None;
        }
        let over = search.control().phase == dispatch::Phase::Closed;
        let finding = over.then(|| format!("the search goes on after its end: {events:?}"));
        let names: Vec<_> = events.iter().map(DispatchEvent::name).collect();
        let what = format!("search: {}", names.join(" "));
        let messages = sent(StreamId::Dispatch(TRIP), &named(events), self.flaw);
        Some(Outcome {
            finding,
            ..Outcome::new(what, Local::Search(Box::new(next)), messages)
        })
    }

    /// Whether a driver is on duty matters only while a lock is decided: that is when it is chosen.
    fn driver_hears(
        self,
        id: fiacre_domain::id::DriverId,
        driver: &Driver,
        command: &driver::Command,
    ) -> Vec<Outcome> {
        let stream = StreamId::Driver(id);
        let place = DRIVERS.iter().position(|known| *known == id).unwrap_or_default();
        let mut outcomes = Vec::new();
        if let Some((next, events)) = decide(driver, command, EARLY) {
            let locks = next.fence().count;
            let what = format!("driver {place}: {}", driver_names(&events));
            let messages = sent(stream, &named(events), self.flaw);
            let mut outcome = Outcome::new(what, Local::Driver(next), messages);
            outcome.finding =
                (locks > u32::from(self.bounds.offers)).then(|| "more locks than offers".to_owned());
            outcomes.push(outcome);
        }
        let off = decide(driver, &driver::Command::GoOffline, EARLY);
        if let (driver::Command::Lock { .. }, None, Some((off, _))) = (command, driver.control().lock, off)
            && let Some((_, events)) = decide(&off, command, EARLY)
        {
            let what = format!("driver {place}, off duty: {}", driver_names(&events));
            let messages = sent(stream, &named(events), self.flaw);
            outcomes.push(Outcome::new(what, Local::Driver(driver.clone()), messages));
        }
        outcomes
    }

    fn review(self, place: usize, driver: &Driver) -> Option<Outcome> {
        let id = DRIVERS[place];
        let timer = TimerId {
            stream: StreamId::Driver(id),
            version: Version::EMPTY.next(),
            kind: TimerKind::LockReview(0),
        };
        let command = saga::timer_command(timer, Some(driver))?;
        let message = match driver.control().lock {
            Some((trip, _)) if self.is(Flaw::LockExpires) => {
                let (fence, reason) = (driver.fence(), driver::ReleaseReason::StaleRound);
                Message::Fact(Command::Driver(
                    id,
                    driver::Command::Release { trip, fence, reason },
                ))
            }
            Some(_) | None => Message::Fact(command),
        };
        let what = format!("driver {place} is asked about");
        let mut outcome = Outcome::new(what, Local::Driver(driver.clone()), vec![message]);
        outcome.stays = true;
        Some(outcome)
    }
}

fn driver_names(events: &[driver::DriverEvent]) -> String {
    let names: Vec<_> = events.iter().map(driver::DriverEvent::name).collect();
    names.join(" ")
}
