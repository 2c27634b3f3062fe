//! Causes as bytes: a live trip has a dozen commits with one each, half of them events of its own streams.

use super::numbers::{Numbers, Short};
use fiacre_domain::id::{CommandId, DriverId, TripId, WebhookId};
use fiacre_domain::stream::{Cause, ChargeNumber, EventId, StreamId, Version};

const TRIP: u8 = 0;
const DISPATCH: u8 = 1;
const FARE: u8 = 2;
const DRIVER: u8 = 3;
const COMMAND: u8 = 4;
const WEBHOOK: u8 = 5;
/// Beside the first three: the trip is the one that the stream itself belongs to, and no id follows.
const OWN: u8 = 0x10;
/// A cause that is kept apart.
pub(super) const APART: u8 = 0xff;

/// Packs a cause of a stream that belongs to trip `own`; none for the rarer causes. Equal causes are equal bytes.
pub(super) fn pack(cause: &Cause, own: Option<TripId>) -> Option<Short> {
    let mut bytes = Short::new();
    match *cause {
        Cause::Event(id) => {
            let of_trip = |kind: u8, trip: TripId| {
                if own == Some(trip) {
                    (kind | OWN, None)
                } else {
                    (kind, Some(trip.to_u128()))
                }
            };
            let (tag, stream) = match id.stream() {
                StreamId::Trip(trip) => of_trip(TRIP, trip),
                StreamId::Dispatch(trip) => of_trip(DISPATCH, trip),
                StreamId::Payment(trip, ChargeNumber::FARE) => of_trip(FARE, trip),
                StreamId::Driver(driver) => (DRIVER, Some(driver.to_u128())),
                StreamId::Payment(..) | StreamId::Ops(_) | StreamId::Tariff(_) => return None,
            };
            bytes.bytes(&[tag]);
            if let Some(stream) = stream {
                bytes.bytes(&stream.to_be_bytes());
            }
            bytes.number(id.version().get());
            bytes.number(id.index());
        }
        Cause::Command(id) => {
            bytes.bytes(&[COMMAND]);
            bytes.bytes(&id.to_u128().to_be_bytes());
        }
        Cause::Webhook(id) => {
            bytes.bytes(&[WEBHOOK]);
            bytes.bytes(&id.to_u128().to_be_bytes());
        }
        Cause::Timer(_) => return None,
    }
    Some(bytes)
}

/// What was packed, of a stream that belongs to trip `own`; none for [`APART`].
pub(super) fn unpack(bytes: &[u8], own: Option<TripId>) -> Option<Cause> {
    let mut bytes = Numbers(bytes);
    let tag = bytes.byte()?;
    let trip = |bytes: &mut Numbers<'_>| match tag & OWN {
        0 => bytes.id().map(TripId::from_u128),
        _ => own,
    };
    let stream = match tag & !OWN {
        TRIP => StreamId::Trip(trip(&mut bytes)?),
        DISPATCH => StreamId::Dispatch(trip(&mut bytes)?),
        FARE => StreamId::Payment(trip(&mut bytes)?, ChargeNumber::FARE),
        DRIVER => StreamId::Driver(DriverId::from_u128(bytes.id()?)),
        COMMAND => return Some(Cause::Command(CommandId::from_u128(bytes.id()?))),
        WEBHOOK => return Some(Cause::Webhook(WebhookId::from_u128(bytes.id()?))),
        _ => return None,
    };
    let version = Version::new(bytes.number()?.try_into().ok()?);
    let index = bytes.number()?.try_into().ok()?;
    Some(Cause::Event(EventId::new(stream, version, index)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::stream::{TimerId, TimerKind};

    #[test]
    fn every_cause_comes_back_and_the_rarer_ones_are_kept_apart() {
        let (own, other) = (TripId::from_u128(7), TripId::from_u128(u128::MAX));
        let event = |stream| Cause::Event(EventId::new(stream, Version::new(u32::MAX), u16::MAX));
        let fare = |trip| StreamId::Payment(trip, ChargeNumber::FARE);
        for (cause, length) in [
            (event(StreamId::Trip(own)), 9),
            (event(StreamId::Dispatch(own)), 9),
            (event(fare(own)), 9),
            (event(StreamId::Trip(other)), 25),
            (event(StreamId::Dispatch(other)), 25),
            (event(fare(other)), 25),
            (event(StreamId::Driver(DriverId::from_u128(8))), 25),
            (Cause::Command(CommandId::from_u128(9)), 17),
            (Cause::Webhook(WebhookId::from_u128(9)), 17),
        ] {
            let packed = pack(&cause, Some(own)).unwrap();
            assert_eq!(packed.as_slice().len(), length, "{cause:?}");
            assert_eq!(unpack(packed.as_slice(), Some(own)), Some(cause));
        }
        let timer = TimerId {
            stream: StreamId::Trip(own),
            version: Version::new(3),
            kind: TimerKind::OrderExpires,
        };
        for cause in [
            event(StreamId::Payment(own, ChargeNumber(1))),
            event(StreamId::Ops("manhattan".parse().unwrap())),
            event(StreamId::Tariff("nyc".parse().unwrap())),
            Cause::Timer(timer),
        ] {
            assert!(pack(&cause, Some(own)).is_none(), "{cause:?}");
        }
        assert_eq!(unpack(&[APART], Some(own)), None);
    }
}
