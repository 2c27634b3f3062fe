//! Where a commit comes from, kept small: a trip has a dozen commits, and each has a cause, a region and a trace.

use fiacre_domain::id::{CommandId, DriverId, TripId, WebhookId};
use fiacre_domain::stream::{Cause, ChargeNumber, EventId, StreamId, TraceContext, Version};
use std::sync::Arc;

/// What nearly every commit comes from, in 24 bytes; a cause alone takes 40.
#[derive(Debug)]
pub(super) enum Origin {
    /// An event of a trip, by version and place.
    Trip(TripId, Version, u16),
    /// An event of a search.
    Dispatch(TripId, Version, u16),
    /// An event of a driver.
    Driver(DriverId, Version, u16),
    /// An event of a fare.
    Fare(TripId, Version, u16),
    /// Somebody's command.
    Command(CommandId),
    /// A gateway's notice.
    Webhook(WebhookId),
    /// Any other, and every one of a commit that has a trace, or another region than its stream.
    Other(Box<Full>),
}

/// An origin with everything that there may be.
#[derive(Debug)]
pub(super) struct Full {
    pub(super) cause: Cause,
    /// The region's number.
    pub(super) region: u32,
    pub(super) trace: Option<Arc<TraceContext>>,
}

impl Origin {
    /// Of a commit without a trace, in the region of its stream; none for the rarer causes.
    pub(super) const fn plain(cause: &Cause) -> Option<Self> {
        match *cause {
            Cause::Event(id) => match id.stream() {
                StreamId::Trip(trip) => Some(Self::Trip(trip, id.version(), id.index())),
                StreamId::Dispatch(trip) => Some(Self::Dispatch(trip, id.version(), id.index())),
                StreamId::Driver(driver) => Some(Self::Driver(driver, id.version(), id.index())),
                StreamId::Payment(trip, ChargeNumber::FARE) => {
                    Some(Self::Fare(trip, id.version(), id.index()))
                }
                StreamId::Payment(..) | StreamId::Ops(_) | StreamId::Tariff(_) => None,
            },
            Cause::Command(id) => Some(Self::Command(id)),
            Cause::Webhook(id) => Some(Self::Webhook(id)),
            Cause::Timer(_) => None,
        }
    }

    /// The cause, as it was given.
    pub(super) const fn cause(&self) -> Cause {
        let (stream, version, index) = match *self {
            Self::Trip(trip, version, index) => (StreamId::Trip(trip), version, index),
            Self::Dispatch(trip, version, index) => (StreamId::Dispatch(trip), version, index),
            Self::Driver(driver, version, index) => (StreamId::Driver(driver), version, index),
            Self::Fare(trip, version, index) => (StreamId::Payment(trip, ChargeNumber::FARE), version, index),
            Self::Command(id) => return Cause::Command(id),
            Self::Webhook(id) => return Cause::Webhook(id),
            Self::Other(ref full) => return full.cause,
        };
        Cause::Event(EventId::new(stream, version, index))
    }

    /// What only an origin that is not plain says.
    pub(super) const fn full(&self) -> Option<&Full> {
        match self {
            Self::Other(full) => Some(full),
            Self::Trip(..)
            | Self::Dispatch(..)
            | Self::Driver(..)
            | Self::Fare(..)
            | Self::Command(_)
            | Self::Webhook(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::stream::{TimerId, TimerKind};

    #[test]
    fn every_cause_comes_back_and_the_rarer_ones_are_not_plain() {
        let trip = TripId::from_u128(7);
        let event = |stream| Cause::Event(EventId::new(stream, Version::new(3), 1));
        let plain = [
            event(StreamId::Trip(trip)),
            event(StreamId::Dispatch(trip)),
            event(StreamId::Driver(DriverId::from_u128(8))),
            event(StreamId::Payment(trip, ChargeNumber::FARE)),
            Cause::Command(CommandId::from_u128(9)),
            Cause::Webhook(WebhookId::from_u128(9)),
        ];
        for cause in plain {
            assert_eq!(Origin::plain(&cause).map(|origin| origin.cause()), Some(cause));
        }
        let timer = TimerId {
            stream: StreamId::Trip(trip),
            version: Version::new(3),
            kind: TimerKind::OrderExpires,
        };
        let rare = [
            event(StreamId::Payment(trip, ChargeNumber(1))),
            event(StreamId::Ops("manhattan".parse().unwrap())),
            event(StreamId::Tariff("nyc".parse().unwrap())),
            Cause::Timer(timer),
        ];
        for cause in rare {
            assert!(Origin::plain(&cause).is_none(), "{cause:?}");
        }
    }
}
