//! Those who drive: where they are, and what they say to offers.

use fiacre_domain::dispatch::{DispatchEvent, OfferNumber};
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId, PrincipalId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::stream::{EventId, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::VirtualTime;
use fiacre_ports::{Body, Message};
use fiacre_services::desk::DriverDesk;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How often a phone says where it is.
const LOCATED_EVERY: Millis = Millis::from_secs(10);
/// After how long a phone repeats what the platform did not take.
const REPEATED_AFTER: Millis = Millis::from_secs(1);
/// Ids of riders begin here, so that they are told from drivers' at a glance.
const FIRST_RIDER: u128 = 0xa000;

/// What a driver does about an offer, without being told by the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Says yes at once.
    Accepts,
    /// Says yes after this long.
    AcceptsAfter(Millis),
    /// Says no at once.
    Declines,
    /// Says nothing: the offer lapses, unless the test [accepts](crate::Platform::accept) or
    /// [declines](crate::Platform::decline) it.
    Waits,
}

/// What a driver says to an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) id: CommandId,
    pub(crate) trip: TripId,
    pub(crate) offer: OfferNumber,
    pub(crate) driver: DriverId,
    pub(crate) accepts: bool,
}

/// Where each phone is.
#[derive(Clone, Default)]
pub(crate) struct Whereabouts(Rc<RefCell<Phones>>);

#[derive(Default)]
struct Phones {
    places: BTreeMap<DriverId, Place>,
    reports: u64,
}

impl Whereabouts {
    pub(crate) fn set(&self, driver: DriverId, place: Place) {
        self.0.borrow_mut().places.insert(driver, place);
    }

    /// What all phones report now.
    pub(crate) fn report(&self, now: Timestamp) -> Vec<Sample> {
        let phones = &mut *self.0.borrow_mut();
        phones.reports += 1;
        let sample = |(driver, place): (&DriverId, &Place)| Sample::new(*driver, *place, now, phones.reports);
        phones.places.iter().map(sample).collect()
    }
}

/// Everyone who has a name.
#[derive(Default)]
pub(crate) struct People {
    drivers: BTreeMap<String, DriverId>,
    riders: BTreeMap<String, PrincipalId>,
    habits: BTreeMap<DriverId, Habit>,
    pub(crate) whereabouts: Whereabouts,
    heard: BTreeSet<EventId>,
    agenda: BTreeMap<(Timestamp, u64), Answer>,
    noted: u64,
}

impl People {
    /// A driver by this name, who may be known already.
    pub(crate) fn meet_driver(&mut self, name: &str, habit: Habit) -> DriverId {
        let next = DriverId::from_u128(self.drivers.len() as u128 + 1);
        let driver = *self.drivers.entry(name.to_owned()).or_insert(next);
        self.habits.insert(driver, habit);
        driver
    }

    pub(crate) fn meet_rider(&mut self, name: &str) -> PrincipalId {
        let next = PrincipalId::from_u128(FIRST_RIDER + self.riders.len() as u128);
        *self.riders.entry(name.to_owned()).or_insert(next)
    }

    pub(crate) fn driver(&self, name: &str) -> Option<DriverId> {
        self.drivers.get(name).copied()
    }

    /// The names of all drivers, for timelines.
    pub(crate) fn names(&self) -> BTreeMap<DriverId, String> {
        let names = self.drivers.iter();
        names.map(|(name, driver)| (*driver, name.clone())).collect()
    }

    /// Hears of an offer, once; gives when the answer to it is due, if there will be one.
    pub(crate) fn hear(&mut self, message: &Message, now: Timestamp, id: CommandId) -> Option<Timestamp> {
        let Body::Event {
            id: event_id,
            event: Event::Dispatch(DispatchEvent::OfferMade(offer)),
            ..
        } = &message.body
        else {
            return None;
        };
        let StreamId::Dispatch(trip) = event_id.stream() else {
            return None;
        };
        if !self.heard.insert(*event_id) {
            return None;
        }
        let (after, accepts) = match self.habits.get(&offer.driver)? {
            Habit::Accepts => (Millis::ZERO, true),
            Habit::AcceptsAfter(after) => (*after, true),
            Habit::Declines => (Millis::ZERO, false),
            Habit::Waits => return None,
        };
        let answer = Answer {
            id,
            trip,
            offer: offer.number,
            driver: offer.driver,
            accepts,
        };
        Some(self.note(now.plus(after), answer))
    }

    /// An answer that the platform did not take: it is given again, under the same id.
    pub(crate) fn repeat(&mut self, now: Timestamp, answer: Answer) -> Timestamp {
        self.note(now.plus(REPEATED_AFTER), answer)
    }

    fn note(&mut self, at: Timestamp, answer: Answer) -> Timestamp {
        self.noted += 1;
        self.agenda.insert((at, self.noted), answer);
        at
    }

    /// The next answer that is due.
    pub(crate) fn next_answer(&mut self, now: Timestamp) -> Option<Answer> {
        let first = self.agenda.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

/// The phones tell where they are, for ever.
pub(crate) async fn tell_whereabouts(desk: DriverDesk, time: VirtualTime, whereabouts: Whereabouts) {
    loop {
        let now = time.now();
        // A phone that cannot be heard is heard the next time.
        let _heard = desk.locate(whereabouts.report(now)).await;
        time.sleep_until(now.plus(LOCATED_EVERY)).await;
    }
}
