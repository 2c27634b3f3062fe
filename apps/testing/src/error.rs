//! What a test cannot do, or what the platform would not take.

use fiacre_domain::id::TripId;
use fiacre_ports::PortError;
use fiacre_services::desk::DeskError;

/// Why something that a person would do could not be done. What a service refuses later is no error: it is in the trip.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The desk did not take it, as an app would be told.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// No driver has this name.
    #[error("failed to find the driver {0}: begin with `Platform::in_memory().driver(…)`")]
    NoSuchDriver(String),
    /// The trip was not booked here.
    #[error("failed to find the trip {0}: book it with `book`")]
    NoSuchTrip(TripId),
    /// The driver has no open offer of the trip.
    #[error("failed to answer: the driver {driver} has no open offer of the trip {trip}")]
    NoOffer {
        /// The trip.
        trip: TripId,
        /// The driver.
        driver: String,
    },
    /// No driver is noted for the trip.
    #[error("failed to act as the trip's driver: the trip {0} has none")]
    NoDriver(TripId),
    /// Nothing is held for the trip that could be lost or acted upon.
    #[error("failed to reach the payment company's intent: the trip {0} has none")]
    NoIntent(TripId),
    /// A parked message could not be reached.
    #[error("failed to reach what is parked: {0}")]
    Parking(#[source] PortError),
}

impl Error {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Desk(error) => error.code(),
            Self::NoSuchDriver(_) => "testing_no_such_driver",
            Self::NoSuchTrip(_) => "testing_no_such_trip",
            Self::NoOffer { .. } => "testing_no_offer",
            Self::NoDriver(_) => "testing_no_driver",
            Self::NoIntent(_) => "testing_no_intent",
            Self::Parking(error) => error.code(),
        }
    }
}
