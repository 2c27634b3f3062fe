//! Every event of every stream, as the log holds them.
//!
//! ```
//! use fiacre_domain::event::Event;
//! use fiacre_domain::dispatch::DispatchEvent;
//! let event = Event::from(DispatchEvent::DispatchClosed);
//! assert_eq!(event.name(), "DispatchClosed");
//! ```

use crate::canonical_enum;
use crate::dispatch::DispatchEvent;
use crate::driver::DriverEvent;
use crate::ops::OpsEvent;
use crate::payment::PaymentEvent;
use crate::pricing::TariffEvent;
use crate::trip::TripEvent;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// To a trip.
    Trip(TripEvent),
    /// To a trip's search.
    Dispatch(DispatchEvent),
    /// To a driver.
    Driver(DriverEvent),
    /// To a charge.
    Payment(PaymentEvent),
    /// To a region's operation.
    Ops(OpsEvent),
    /// To a tariff.
    Tariff(TariffEvent),
}
canonical_enum!(Event {
    0 = Trip(event),
    1 = Dispatch(event),
    2 = Driver(event),
    3 = Payment(event),
    4 = Ops(event),
    5 = Tariff(event),
});

impl Event {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Trip(event) => event.name(),
            Self::Dispatch(event) => event.name(),
            Self::Driver(event) => event.name(),
            Self::Payment(event) => event.name(),
            Self::Ops(event) => event.name(),
            Self::Tariff(event) => event.name(),
        }
    }
}

macro_rules! event_from {
    ($($variant:ident($event:ty)),*) => {$(
        impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        }
    )*};
}
event_from!(
    Trip(TripEvent),
    Dispatch(DispatchEvent),
    Driver(DriverEvent),
    Payment(PaymentEvent),
    Ops(OpsEvent),
    Tariff(TariffEvent)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::fixture::{OPERATOR, RIDER, tariff};
    use crate::ops::{Erasure, ParkedMessage, ParkingRuling, PolicyChange, PolicyKind};
    use crate::pricing::Publication;
    use std::sync::Arc;

    #[test]
    fn events_of_operators_and_tariffs_are_named_in_the_log() {
        let parked = ParkedMessage::new("p", "payments", "raw", "undecodable").unwrap();
        let ruling = Arc::new(ParkingRuling::on(&parked, OPERATOR, "no message").unwrap());
        let print = Fingerprint::new([0; 32]);
        let change = PolicyChange::first(PolicyKind::Trip, OPERATOR, print);
        let published = Publication::new(tariff(1), OPERATOR);
        for (event, name) in [
            (
                Event::from(OpsEvent::MessageParked(Arc::new(parked))),
                "MessageParked",
            ),
            (
                OpsEvent::MessageReplayed(Arc::clone(&ruling)).into(),
                "MessageReplayed",
            ),
            (OpsEvent::MessageDropped(ruling).into(), "MessageDropped"),
            (OpsEvent::PolicyChanged(Arc::new(change)).into(), "PolicyChanged"),
            (
                OpsEvent::SubjectErased(Arc::new(Erasure::new(RIDER, OPERATOR, print))).into(),
                "SubjectErased",
            ),
            (
                TariffEvent::Published(Arc::new(published)).into(),
                "TariffPublished",
            ),
        ] {
            assert_eq!(event.name(), name);
        }
    }

    #[test]
    fn an_event_stays_within_48_bytes() {
        assert!(size_of::<Event>() <= 48, "{}", size_of::<Event>());
    }
}
