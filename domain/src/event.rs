//! Every event of every stream, as the log holds them.
//!
//! ```
//! use fiacre_domain::event::Event;
//! use fiacre_domain::dispatch::DispatchEvent;
//! let event = Event::from(DispatchEvent::DispatchClosed);
//! assert_eq!(event.name(), "DispatchClosed");
//! ```

use crate::dispatch::DispatchEvent;
use crate::driver::DriverEvent;
use crate::fingerprint::Fingerprint;
use crate::id::{PrincipalId, TariffId};
use crate::payment::PaymentEvent;
use crate::pricing::Tariff;
use crate::trip::TripEvent;
use crate::{canonical_enum, canonical_struct};
use std::sync::Arc;

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

/// A message that was parked, replayed or dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedNote {
    /// The message's id, as the bus knows it.
    pub message: String,
    /// Why it was parked.
    pub reason: String,
    /// How often it had been tried.
    pub attempts: u32,
}
canonical_struct!(ParkedNote {
    message,
    reason,
    attempts
});

/// What happened to a region's operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpsEvent {
    /// A message was parked.
    MessageParked(Arc<ParkedNote>),
    /// A parked message was sent again.
    MessageReplayed(Arc<ParkedNote>),
    /// A parked message was dropped by an operator.
    MessageDropped(Arc<ParkedNote>),
    /// A policy was changed by an operator.
    PolicyChanged {
        /// Who changed it.
        by: PrincipalId,
        /// The new policy's fingerprint.
        policy: Arc<Fingerprint>,
    },
    /// A person's data was erased.
    SubjectErased {
        /// Whose.
        subject: PrincipalId,
    },
}
canonical_enum!(OpsEvent {
    0 = MessageParked(note),
    1 = MessageReplayed(note),
    2 = MessageDropped(note),
    3 = PolicyChanged { by, policy },
    4 = SubjectErased { subject },
});

impl OpsEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::MessageParked(_) => "MessageParked",
            Self::MessageReplayed(_) => "MessageReplayed",
            Self::MessageDropped(_) => "MessageDropped",
            Self::PolicyChanged { .. } => "PolicyChanged",
            Self::SubjectErased { .. } => "SubjectErased",
        }
    }
}

/// What happened to a tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TariffEvent {
    /// A version was published; receipts outlive files.
    Published {
        /// The tariff.
        id: TariffId,
        /// All of it.
        tariff: Arc<Tariff>,
    },
}
canonical_enum!(TariffEvent { 0 = Published { id, tariff } });

impl TariffEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Published { .. } => "TariffPublished",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_operators_and_tariffs_are_named_in_the_log() {
        let note = Arc::new(ParkedNote {
            message: "m".to_owned(),
            reason: "undecodable".to_owned(),
            attempts: 1,
        });
        let somebody = PrincipalId::from_u128(1);
        let published = TariffEvent::Published {
            id: "test".parse().unwrap(),
            tariff: crate::fixture::tariff(1),
        };
        for (event, name) in [
            (
                Event::from(OpsEvent::MessageParked(Arc::clone(&note))),
                "MessageParked",
            ),
            (
                OpsEvent::MessageReplayed(Arc::clone(&note)).into(),
                "MessageReplayed",
            ),
            (OpsEvent::MessageDropped(note).into(), "MessageDropped"),
            (
                OpsEvent::PolicyChanged {
                    by: somebody,
                    policy: Arc::new(Fingerprint::new([0; 32])),
                }
                .into(),
                "PolicyChanged",
            ),
            (
                OpsEvent::SubjectErased { subject: somebody }.into(),
                "SubjectErased",
            ),
            (published.into(), "TariffPublished"),
        ] {
            assert_eq!(event.name(), name);
        }
    }

    #[test]
    fn an_event_stays_within_48_bytes() {
        assert!(size_of::<Event>() <= 48, "{}", size_of::<Event>());
    }
}
