//! A trip, seen from all its streams.

use super::{Record, fail, trip_of};
use fiacre_domain::dispatch::Dispatch;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::payment::Payment;
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::trip::{Phase, Trip};
use std::fmt;

/// A trip as it was when the probe was taken; it does not change with the platform.
///
/// An assertion that fails prints what happened to the trip, and the seed.
#[derive(Clone)]
pub struct TripProbe {
    trip: TripId,
    record: Record,
    state: Trip,
}

impl fmt::Debug for TripProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TripProbe")
            .field("trip", &self.trip)
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}

impl TripProbe {
    pub(crate) fn new(trip: TripId, record: Record) -> Self {
        let state = record.state(StreamId::Trip(trip), |event| match event {
            Event::Trip(event) => Some(event),
            Event::Dispatch(_) | Event::Driver(_) | Event::Payment(_) | Event::Ops(_) | Event::Tariff(_) => {
                None
            }
        });
        Self { trip, record, state }
    }

    /// The trip's id.
    pub const fn id(&self) -> TripId {
        self.trip
    }

    /// Where it stands; [`Phase::Absent`] before the trip service has taken the order.
    pub const fn phase(&self) -> Phase {
        self.state.control().phase
    }

    /// Whether everything about it is over.
    pub const fn is_closed(&self) -> bool {
        self.state.control().closed
    }

    /// The trip service's own state.
    pub fn state(&self) -> Trip {
        self.state.clone()
    }

    /// The search for a driver.
    pub fn search(&self) -> Dispatch {
        let stream = StreamId::Dispatch(self.trip);
        self.record.state(stream, |event| match event {
            Event::Dispatch(event) => Some(event),
            Event::Trip(_) | Event::Driver(_) | Event::Payment(_) | Event::Ops(_) | Event::Tariff(_) => None,
        })
    }

    /// The charge of the fare, or of the fee in its place.
    pub fn payment(&self) -> Payment {
        let stream = StreamId::Payment(self.trip, ChargeNumber::FARE);
        self.record.state(stream, |event| match event {
            Event::Payment(event) => Some(event),
            Event::Trip(_) | Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => None,
        })
    }

    /// The name of the driver who is noted, if there is one.
    pub fn driver(&self) -> Option<String> {
        self.state.driver().map(|(driver, _)| self.name_of(driver))
    }

    fn name_of(&self, driver: DriverId) -> String {
        self.record.name_of(driver)
    }

    /// What is due for it: the fare or the fee, once it has ended.
    pub const fn due(&self) -> Option<Money> {
        self.state.due()
    }

    /// What its rider gave the driver on top, in all.
    pub fn tipped(&self) -> Option<Money> {
        self.state.tipped()
    }

    /// What was captured for it.
    pub fn captured(&self) -> Option<Money> {
        self.payment().captured()
    }

    /// The names of all events that are about it, in the order in which they were written.
    pub fn events(&self) -> Vec<&'static str> {
        let events = self.record.events();
        let about = events.filter(|(_, stream, event)| trip_of(*stream, event) == Some(self.trip));
        about.map(|(_, _, event)| event.name()).collect()
    }

    /// How often an event of this name, such as `OfferMade`, happened to it.
    pub fn count(&self, event: &str) -> usize {
        self.events().iter().filter(|name| **name == event).count()
    }

    /// What happened to it: a line an event, with its time since the start.
    pub fn timeline(&self) -> String {
        self.record.timeline(self.trip)
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        fail(what, &self.timeline(), self.record.run)
    }

    /// It stands there.
    ///
    /// # Panics
    ///
    /// If it does not.
    #[track_caller]
    pub fn assert_state(&self, expected: Phase) {
        if self.phase() != expected {
            self.fail(&format!(
                "the trip is {}, expected {}",
                self.phase().name(),
                expected.name()
            ));
        }
    }

    /// Everything about it is over: the lock is cleared, the money settled.
    ///
    /// # Panics
    ///
    /// If something is not.
    #[track_caller]
    pub fn assert_closed(&self) {
        if !self.is_closed() {
            self.fail(&format!("the trip is {}, expected closed", self.phase().name()));
        }
    }

    /// The driver of this name is noted for it.
    ///
    /// # Panics
    ///
    /// If another one is, or none.
    #[track_caller]
    pub fn assert_driver(&self, expected: &str) {
        let driver = self.driver();
        if driver.as_deref() != Some(expected) {
            let driver = driver.as_deref().unwrap_or("nobody");
            self.fail(&format!("the trip's driver is {driver}, expected {expected}"));
        }
    }

    /// An event of this name happened so often.
    ///
    /// # Panics
    ///
    /// If it happened more or less often.
    #[track_caller]
    pub fn assert_count(&self, event: &str, expected: usize) {
        let count = self.count(event);
        if count != expected {
            self.fail(&format!("{event} happened {count} times, expected {expected}"));
        }
    }

    /// So much was captured, in minor units of its currency.
    ///
    /// # Panics
    ///
    /// If more or less was.
    #[track_caller]
    pub fn assert_captured(&self, expected_minor: i64) {
        let captured_minor = self.captured().map_or(0, Money::minor);
        if captured_minor != expected_minor {
            self.fail(&format!(
                "{captured_minor} minor units were captured, expected {expected_minor}"
            ));
        }
    }
}
