//! Streams, commits, and what caused them.
//!
//! One commit is one atomic, immutable write to one stream. Versions count a stream's commits from 1 without a gap;
//! unique (stream, version) is the lock, unique (stream, cause) is the inbox.
//!
//! ```
//! use fiacre_domain::id::TripId;
//! use fiacre_domain::stream::{EventId, StreamId, Version};
//! let trip = TripId::from_u128(42);
//! let id = EventId::new(StreamId::Trip(trip), Version::new(3), 0);
//! assert_eq!(id.to_string(), "trip-00000000-0000-0000-0000-00000000002a/3/0");
//! assert_eq!(id.to_string().parse::<EventId>()?, id);
//! # Ok::<(), fiacre_domain::stream::StreamError>(())
//! ```

use crate::event::Event;
use crate::id::{CommandId, DriverId, RegionId, TariffId, TripId, WebhookId};
use crate::time::Timestamp;
use crate::{canonical_enum, canonical_struct};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Which charge of a trip: 0 is the fare (or the cancellation fee), each tip and each debt has a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ChargeNumber(pub u16);
canonical_struct!(ChargeNumber(number));

impl ChargeNumber {
    /// The fare, or the fee that stands in its place.
    pub const FARE: Self = Self(0);
}

/// A stream: the history of one aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// `trip-{id}`, written by the trip service.
    Trip(TripId),
    /// `dispatch-{trip}`, written by the driver service.
    Dispatch(TripId),
    /// `driver-{id}`, written by the driver service.
    Driver(DriverId),
    /// `payment-{trip}` for charge 0, else `payment-{trip}-{n}`; written by the payment service.
    Payment(TripId, ChargeNumber),
    /// `ops-{region}`: parked messages, policies, erasures.
    Ops(RegionId),
    /// `tariff-{id}`: published tariffs; receipts outlive files.
    Tariff(TariffId),
}
canonical_enum!(StreamId {
    0 = Trip(id),
    1 = Dispatch(id),
    2 = Driver(id),
    3 = Payment(id, charge),
    4 = Ops(region),
    5 = Tariff(id),
});

impl StreamId {
    /// The trip that this stream belongs to, if any.
    pub const fn trip(self) -> Option<TripId> {
        match self {
            Self::Trip(trip) | Self::Dispatch(trip) | Self::Payment(trip, _) => Some(trip),
            Self::Driver(_) | Self::Ops(_) | Self::Tariff(_) => None,
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trip(id) => write!(f, "trip-{id}"),
            Self::Dispatch(id) => write!(f, "dispatch-{id}"),
            Self::Driver(id) => write!(f, "driver-{id}"),
            Self::Payment(id, ChargeNumber::FARE) => write!(f, "payment-{id}"),
            Self::Payment(id, charge) => write!(f, "payment-{id}-{}", charge.0),
            Self::Ops(region) => write!(f, "ops-{region}"),
            Self::Tariff(id) => write!(f, "tariff-{id}"),
        }
    }
}

/// The text names no stream or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamError;

impl StreamError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "stream_malformed"
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read the stream: write it as trip-ID, dispatch-ID, driver-ID, payment-ID[-N], ops-REGION or tariff-ID")
    }
}

impl std::error::Error for StreamError {}

impl FromStr for StreamId {
    type Err = StreamError;

    fn from_str(text: &str) -> Result<Self, StreamError> {
        let (kind, name) = text.split_once('-').ok_or(StreamError)?;
        match kind {
            "trip" => name.parse().map(Self::Trip).map_err(|_| StreamError),
            "dispatch" => name.parse().map(Self::Dispatch).map_err(|_| StreamError),
            "driver" => name.parse().map(Self::Driver).map_err(|_| StreamError),
            "ops" => name.parse().map(Self::Ops).map_err(|_| StreamError),
            "tariff" => name.parse().map(Self::Tariff).map_err(|_| StreamError),
            "payment" => {
                let (trip, charge) = name.split_at_checked(36).ok_or(StreamError)?;
                let trip = trip.parse().map_err(|_| StreamError)?;
                let number = match charge.strip_prefix('-') {
                    Some(digits) => digits
                        .parse()
                        .ok()
                        .filter(|&number| number > 0)
                        .ok_or(StreamError)?,
                    None if charge.is_empty() => 0,
                    None => return Err(StreamError),
                };
                Ok(Self::Payment(trip, ChargeNumber(number)))
            }
            _ => Err(StreamError),
        }
    }
}

/// The number of a commit in its stream, from 1; as a head, the number of commits, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(u32);
canonical_struct!(Version(number));

impl Version {
    /// The head of a stream without a commit.
    pub const EMPTY: Self = Self(0);

    /// Takes the count of commits.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The count of commits.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The version of the commit after this one; held at the limit, where a store refuses it as a conflict.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's identity: stream, version, place in the commit. A republished event keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    stream: StreamId,
    version: Version,
    index: u16,
}
canonical_struct!(EventId {
    stream,
    version,
    index
});

impl EventId {
    /// The `index`th event, from 0, of the commit `version` of `stream`.
    pub const fn new(stream: StreamId, version: Version, index: u16) -> Self {
        Self {
            stream,
            version,
            index,
        }
    }

    /// The stream.
    pub const fn stream(self) -> StreamId {
        self.stream
    }

    /// The commit.
    pub const fn version(self) -> Version {
        self.version
    }

    /// The place in the commit, from 0.
    pub const fn index(self) -> u16 {
        self.index
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.stream, self.version, self.index)
    }
}

impl FromStr for EventId {
    type Err = StreamError;

    fn from_str(text: &str) -> Result<Self, StreamError> {
        let mut parts = text.rsplitn(3, '/');
        let index = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or(StreamError)?;
        let version = parts
            .next()
            .and_then(|part| part.parse().ok())
            .ok_or(StreamError)?;
        let stream = parts.next().ok_or(StreamError)?.parse()?;
        Ok(Self {
            stream,
            version: Version(version),
            index,
        })
    }
}

/// Which deadline of a commit a timer stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// The rider's own `expires_at` has come.
    OrderExpires,
    /// The search of this round has used its budget.
    SearchBudget(u8),
    /// An offer has not been answered; its number, since one commit may make several.
    OfferExpires(u16),
    /// The authorisation of this number has used its budget.
    AuthorizationBudget(u8),
    /// The driver of this round should have arrived.
    ArrivalOverdue(u8),
    /// The rider should have come to the car of this round.
    NoShow(u8),
    /// The ride should have ended.
    TripOverdue,
    /// A lock has stood for long: the driver side asks the trip, each time that it comes round; which time, from 0.
    LockReview(u16),
    /// The hold of the authorisation of this number lapses at the gateway.
    HoldExpires(u8),
}
canonical_enum!(TimerKind {
    0 = OrderExpires,
    1 = SearchBudget(round),
    2 = OfferExpires(offer),
    3 = AuthorizationBudget(authorization),
    4 = ArrivalOverdue(round),
    5 = NoShow(round),
    6 = TripOverdue,
    7 = LockReview(time),
    8 = HoldExpires(authorization),
});

/// A timer's identity: arming the same deadline twice is one timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    /// The stream whose commit set the deadline.
    pub stream: StreamId,
    /// That commit.
    pub version: Version,
    /// Which of its deadlines.
    pub kind: TimerKind,
}
canonical_struct!(TimerId {
    stream,
    version,
    kind
});

/// What led to a commit. One cause makes at most one commit per stream, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A published event that a service reacted to.
    Event(EventId),
    /// A command that someone sent.
    Command(CommandId),
    /// A deadline.
    Timer(TimerId),
    /// A notice from a payment gateway.
    Webhook(WebhookId),
}
canonical_enum!(Cause { 0 = Event(id), 1 = Command(id), 2 = Timer(id), 3 = Webhook(id) });

/// W3C trace context (`traceparent`) of the request that a commit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceContext {
    /// The trace, 16 bytes.
    pub trace_id: [u8; 16],
    /// The parent span, 8 bytes.
    pub span_id: [u8; 8],
    /// Trace flags; bit 0 is "sampled".
    pub flags: u8,
}

/// One atomic, immutable write to one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The stream.
    pub stream: StreamId,
    /// Its place in the stream, from 1.
    pub version: Version,
    /// When the writing service decided it, by its clock.
    pub at: Timestamp,
    /// What led to it.
    pub cause: Cause,
    /// The region whose queues carry it; a trip's is its pick-up's, for life.
    pub region: RegionId,
    /// The request that it belongs to. Not part of the canonical bytes: diagnosis does not change what happened.
    pub trace: Option<Arc<TraceContext>>,
    /// What happened, in order; never empty.
    pub events: Arc<[Event]>,
}

impl Commit {
    /// Its events with their ids.
    pub fn numbered(&self) -> impl Iterator<Item = (EventId, &Event)> {
        (0_u16..)
            .zip(self.events.iter())
            .map(|(index, event)| (EventId::new(self.stream, self.version, index), event))
    }
}

impl crate::canonical::Canonical for Commit {
    fn write_canonical(&self, out: &mut crate::canonical::CanonicalBytes) {
        let Self {
            stream,
            version,
            at,
            cause,
            region,
            trace: _,
            events,
        } = self;
        stream.write_canonical(out);
        version.write_canonical(out);
        at.write_canonical(out);
        cause.write_canonical(out);
        region.write_canonical(out);
        events.write_canonical(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_stream_survives_its_name() {
        let trip = TripId::from_u128(7);
        let streams = [
            StreamId::Trip(trip),
            StreamId::Dispatch(trip),
            StreamId::Driver(DriverId::from_u128(9)),
            StreamId::Payment(trip, ChargeNumber::FARE),
            StreamId::Payment(trip, ChargeNumber(3)),
            StreamId::Ops("manhattan".parse().unwrap()),
            StreamId::Tariff("bengaluru-auto.c20".parse().unwrap()),
        ];
        for stream in streams {
            assert_eq!(stream.to_string().parse::<StreamId>(), Ok(stream));
        }
    }

    #[test]
    fn names_that_are_no_stream_are_refused() {
        let id = TripId::from_u128(7);
        for wrong in [
            "",
            "trip",
            "trip-",
            "car-7",
            &format!("payment-{id}-0"),
            &format!("payment-{id}x"),
            "payment-é",
        ] {
            assert_eq!(wrong.parse::<StreamId>(), Err(StreamError), "{wrong}");
        }
        assert_eq!(format!("trip-{id}/x/0").parse::<EventId>(), Err(StreamError));
    }

    #[test]
    fn identities_stay_small() {
        assert_eq!(size_of::<StreamId>(), 24);
        assert_eq!(size_of::<EventId>(), 32);
        assert_eq!(size_of::<Cause>(), 40);
    }
}
