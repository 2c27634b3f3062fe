//! The booking saga's choreography: how each service reacts to each event. There is no orchestrator.
//!
//! A reaction is a list of commands, all on streams of the reacting service; the event is their cause. Nothing here relies
//! on the order of messages: facts carry round, fence or authorisation number, and the aggregates ignore what is stale.
//!
//! | service | writes | reacts here |
//! |---|---|---|
//! | trip | `trip-{id}` | [`trip_service`] |
//! | driver | `dispatch-{trip}`, `driver-{id}` | [`driver_service`] |
//! | payment | `payment-{trip}[-{n}]` | [`payment_service`] |
//!
//! [`is_at_rest`] says when nothing more will happen to a trip by itself. [`deadline`] says which timer an event sets, [`timer_command`] what a timer asks when it is due.
//!
//! ```
//! use fiacre_domain::dispatch::DispatchEvent;
//! use fiacre_domain::id::TripId;
//! use fiacre_domain::saga::{self, Service, Setting};
//! use fiacre_domain::stream::StreamId;
//! use fiacre_domain::time::Timestamp;
//!
//! // A search that has closed: the trip notes that no driver is locked for it any more, and nobody else does anything.
//! let (search, closed) = (StreamId::Dispatch(TripId::from_u128(1)), DispatchEvent::DispatchClosed.into());
//! let command = saga::trip_service(search, &closed).ok_or("a reaction")?;
//! assert_eq!((command.service(), command.stream().to_string().starts_with("trip-")), (Service::Trip, true));
//! assert_eq!(saga::driver_service(search, &closed, &Setting::default(), Timestamp::from_ms(0)), None);
//! assert_eq!(saga::payment_service(search, &closed, &Setting::default()), None);
//! # Ok::<(), &str>(())
//! ```

mod deadline;
mod react;
mod rest;
#[cfg(test)]
mod tests;

pub use deadline::{Deadline, deadline, timer_command};
pub use react::{driver_service, payment_service, trip_service};
pub use rest::is_at_rest;

use crate::id::{DriverId, TripId};
use crate::stream::{ChargeNumber, StreamId};
use crate::units::Millis;
use crate::{dispatch, driver, payment, trip};

/// A command on one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// On `trip-{id}`.
    Trip(TripId, trip::Command),
    /// On `dispatch-{trip}`.
    Dispatch(TripId, dispatch::Command),
    /// On `driver-{id}`.
    Driver(DriverId, driver::Command),
    /// On `payment-{trip}[-{n}]`.
    Payment(TripId, ChargeNumber, payment::Command),
}

impl Command {
    /// The stream that answers it.
    pub const fn stream(&self) -> StreamId {
        match self {
            Self::Trip(trip, _) => StreamId::Trip(*trip),
            Self::Dispatch(trip, _) => StreamId::Dispatch(*trip),
            Self::Driver(driver, _) => StreamId::Driver(*driver),
            Self::Payment(trip, charge, _) => StreamId::Payment(*trip, *charge),
        }
    }

    /// The service that owns the stream.
    pub const fn service(&self) -> Service {
        match self {
            Self::Trip(..) => Service::Trip,
            Self::Dispatch(..) | Self::Driver(..) => Service::Driver,
            Self::Payment(..) => Service::Payment,
        }
    }
}

/// Who owns which streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Trips.
    Trip,
    /// Searches and drivers.
    Driver,
    /// Charges.
    Payment,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Trip, Self::Driver, Self::Payment];

    /// The service's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trip => "trip-service",
            Self::Driver => "driver-service",
            Self::Payment => "payment-service",
        }
    }

    /// The service that owns `stream`; operations and tariffs are written by whoever operates.
    pub const fn owner(stream: StreamId) -> Option<Self> {
        match stream {
            StreamId::Trip(_) => Some(Self::Trip),
            StreamId::Dispatch(_) | StreamId::Driver(_) => Some(Self::Driver),
            StreamId::Payment(..) => Some(Self::Payment),
            StreamId::Ops(_) | StreamId::Tariff(_) => None,
        }
    }
}

/// What the driver and payment side add to a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The store's epoch: raised by a restore from backup, part of fences and gateway keys.
    pub epoch: u32,
    /// After which time a lock asks its trip whether it is still wanted.
    pub lock_review: Millis,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            epoch: 0,
            lock_review: Millis::from_minutes(30),
        }
    }
}
