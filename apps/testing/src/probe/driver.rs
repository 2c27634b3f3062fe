//! A driver, by name.

use super::{Record, fail};
use fiacre_domain::driver::{Driver, Duty};
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::stream::StreamId;
use std::fmt;

/// A driver as they were when the probe was taken; it does not change with the platform.
#[derive(Clone)]
pub struct DriverProbe {
    driver: DriverId,
    name: String,
    record: Record,
    state: Driver,
}

impl fmt::Debug for DriverProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverProbe")
            .field("name", &self.name)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl DriverProbe {
    pub(crate) fn new(driver: DriverId, name: &str, record: Record) -> Self {
        let state = record.state(StreamId::Driver(driver), |event| match event {
            Event::Driver(event) => Some(event),
            Event::Trip(_) | Event::Dispatch(_) | Event::Payment(_) | Event::Ops(_) | Event::Tariff(_) => {
                None
            }
        });
        Self {
            driver,
            name: name.to_owned(),
            record,
            state,
        }
    }

    /// The driver's id.
    pub const fn id(&self) -> DriverId {
        self.driver
    }

    /// The driver service's own state.
    pub fn state(&self) -> Driver {
        self.state.clone()
    }

    /// The trip that they are locked to.
    pub fn trip(&self) -> Option<TripId> {
        self.state.control().lock.map(|(trip, _)| trip)
    }

    /// Whether they are on duty with no trip.
    pub fn is_free(&self) -> bool {
        self.trip().is_none() && self.state.control().duty == Duty::On
    }

    /// They are on duty with no trip.
    ///
    /// # Panics
    ///
    /// If they are not.
    #[track_caller]
    pub fn assert_free(&self) {
        if !self.is_free() {
            let (name, control) = (&self.name, self.state.control());
            let timeline = self.trip().map(|trip| self.record.timeline(trip));
            fail(
                &format!("the driver {name} is not free: {control:?}"),
                &timeline.unwrap_or_default(),
                self.record.run,
            );
        }
    }

    /// They are locked to this trip.
    ///
    /// # Panics
    ///
    /// If they are not.
    #[track_caller]
    pub fn assert_on(&self, trip: TripId) {
        if self.trip() != Some(trip) {
            let (name, lock) = (&self.name, self.trip());
            fail(
                &format!("the driver {name} is on {lock:?}, expected {trip}"),
                &self.record.timeline(trip),
                self.record.run,
            );
        }
    }
}
