//! Fields that belong to a person: sealed under the key of their trip, and gone with it.
//!
//! A field is sealed with AES-256-GCM-SIV (RFC 8452). The nonce is the field's place (stream, version, event, field),
//! which is not stored: the same field of the same commit has the same bytes however often it is written, and two
//! rivals for one version show nothing but whether they are equal.

use super::error::StoredError;
use super::{NoTariffs, Opening, Privacy};
use crate::bytes::Bytes;
use crate::hash::digest;
use crate::stored::dto::Dto;
use crate::text::Text;
use aes_gcm_siv::aead::{Aead, KeyInit as _};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::Quote;
use fiacre_domain::stream::{ChargeNumber, EventId, StreamId, Version};
use fiacre_domain::trip::{PersonalPlace, PersonalPlan};
use fiacre_ports::SealingKey;
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What is known while an event is written.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    at: EventId,
    privacy: Privacy<'a>,
    /// How many personal fields the event has had so far.
    fields: u8,
    /// The riders that it has named so far.
    riders: Vec<PrincipalId>,
}

impl<'a> Writing<'a> {
    pub(crate) const fn new(at: EventId, privacy: Privacy<'a>) -> Self {
        Self {
            at,
            privacy,
            fields: 0,
            riders: Vec::new(),
        }
    }

    /// How many personal fields the event has had, and the riders that it has named.
    pub(crate) fn into_people(self) -> (u8, Vec<PrincipalId>) {
        (self.fields, self.riders)
    }
}

/// What is known while an event is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    at: EventId,
    opening: Opening<'a>,
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(at: EventId, opening: Opening<'a>) -> Self {
        Self { at, opening }
    }

    /// Where nothing is asked of the place: names and numbers.
    pub(crate) const NOWHERE: Reading<'static> = Reading {
        at: EventId::new(StreamId::Trip(TripId::from_u128(0)), Version::EMPTY, 0),
        opening: Opening::new(&NoTariffs),
    };

    /// The quote with its tariff, if that is known.
    pub(crate) fn with_tariff(&self, quote: Quote) -> Result<Quote, StoredError> {
        let edition = quote.edition();
        match self.opening.tariffs.tariff(edition) {
            Some(tariff) => quote.with_tariff(tariff).map_err(StoredError::damaged),
            None if self.opening.needs_tariffs => Err(StoredError::TariffUnknown {
                tariff: edition.tariff(),
                version: edition.version(),
                fingerprint: edition.fingerprint(),
            }),
            None => Ok(quote),
        }
    }
}

/// The key for one use of a trip's key.
fn derived(key: &SealingKey, purpose: &[u8], about: &[u8]) -> [u8; 32] {
    // RFC 2104: a key shorter than a block is filled up with zeros.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key.bytes());
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&block.into());
    mac.update(purpose);
    mac.update(about);
    mac.finalize().into_bytes().into()
}

fn cipher(key: &SealingKey) -> Aes256GcmSiv {
    Aes256GcmSiv::new(&derived(key, b"fiacre personal field 1", b"").into())
}

/// Where a field stands among all that a trip's key seals: stream, version, event, field.
fn nonce(at: EventId, field: u8) -> Nonce {
    let (kind, ChargeNumber(charge)) = match at.stream() {
        StreamId::Trip(_) => (0_u8, ChargeNumber::FARE),
        StreamId::Dispatch(_) => (1, ChargeNumber::FARE),
        StreamId::Payment(_, charge) => (2, charge),
        StreamId::Driver(_) => (3, ChargeNumber::FARE),
        StreamId::Ops(_) => (4, ChargeNumber::FARE),
        StreamId::Tariff(_) => (5, ChargeNumber::FARE),
    };
    let mut bytes = [0; 12];
    bytes[0] = kind;
    bytes[1..3].copy_from_slice(&charge.to_be_bytes());
    bytes[3..7].copy_from_slice(&at.version().get().to_be_bytes());
    bytes[7..9].copy_from_slice(&at.index().to_be_bytes());
    bytes[9] = field;
    Nonce::from(bytes)
}

/// A field that belongs to a person.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Personal<T> {
    /// In the clear: messages and exports among those who may know.
    Known(T),
    /// Under the trip's key: which of the event's personal fields it is, and its bytes.
    Sealed(u8, Bytes),
    /// Left out, for want of a key.
    Erased,
}

impl<T: Serialize + DeserializeOwned> Personal<T> {
    fn write(value: T, writing: &mut Writing<'_>) -> Self {
        let field = writing.fields;
        writing.fields = field.saturating_add(1);
        match writing.privacy {
            Privacy::Clear => Self::Known(value),
            Privacy::Erased => Self::Erased,
            Privacy::Sealed(key) => {
                // What cannot be sealed is not written: a field of these types always can.
                let sealed = postcard::to_allocvec(&value)
                    .ok()
                    .and_then(|plain| cipher(key).encrypt(&nonce(writing.at, field), &*plain).ok());
                sealed.map_or(Self::Erased, |sealed| Self::Sealed(field, Bytes(sealed)))
            }
        }
    }

    /// The value; none where it was erased, or its key is not there.
    fn read(self, reading: &Reading<'_>) -> Result<Option<T>, StoredError> {
        match (self, reading.opening.key) {
            (Self::Known(value), _) => Ok(Some(value)),
            (Self::Erased, _) | (Self::Sealed(..), None) => Ok(None),
            (Self::Sealed(field, Bytes(sealed)), Some(key)) => {
                let plain = cipher(key)
                    .decrypt(&nonce(reading.at, field), &*sealed)
                    .map_err(|_| StoredError::damaged("personal data does not open with the trip's key"))?;
                Ok(Some(postcard::from_bytes(&plain)?))
            }
        }
    }
}

/// A rider. Who is forgotten keeps a mark that tells riders of one trip apart, and leads nowhere without the trip's
/// key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiderDto {
    mark: [u8; 4],
    id: Personal<Text<PrincipalId>>,
}

impl Dto<PrincipalId> for RiderDto {
    fn of(value: &PrincipalId, writing: &mut Writing<'_>) -> Self {
        writing.riders.push(*value);
        let mark = match writing.privacy {
            Privacy::Sealed(key) => {
                let [a, b, c, d, ..] = derived(key, b"fiacre rider 1", &value.to_u128().to_be_bytes());
                [a, b, c, d]
            }
            Privacy::Clear | Privacy::Erased => [0; 4],
        };
        Self {
            mark,
            id: Personal::write(Text::new(*value), writing),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<PrincipalId, StoredError> {
        match self.id.read(reading)? {
            Some(id) => id.value().map_err(StoredError::damaged),
            None => Ok(stand_in(reading.at.stream(), self.mark)),
        }
    }
}

/// Who stands for a rider who was forgotten: the same throughout a trip, and another on every other.
fn stand_in(stream: StreamId, mark: [u8; 4]) -> PrincipalId {
    let trip = stream.trip().map_or(0, TripId::to_u128);
    let mut about = b"fiacre forgotten rider 1".to_vec();
    about.extend_from_slice(&trip.to_be_bytes());
    about.extend_from_slice(&mark);
    let hash = digest(&about);
    let bits = hash
        .bytes()
        .iter()
        .take(16)
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    PrincipalId::from_u128(bits)
}

/// A plan. Its shape is clear: how many stops, and whether a destination was said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanDto {
    stops: u16,
    has_destination: bool,
    /// Pick-up, stops, destination.
    places: Personal<Vec<PlaceDto>>,
}

/// A place in 1e-7 degrees; erased places stay erased.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum PlaceDto {
    Known { latitude_e7: i32, longitude_e7: i32 },
    Erased,
}

impl PlaceDto {
    const fn of(place: PersonalPlace) -> Self {
        match place {
            PersonalPlace::Known(place) => Self::Known {
                latitude_e7: place.latitude_e7(),
                longitude_e7: place.longitude_e7(),
            },
            PersonalPlace::Erased => Self::Erased,
        }
    }

    fn into_domain(self) -> Result<PersonalPlace, StoredError> {
        match self {
            Self::Known {
                latitude_e7,
                longitude_e7,
            } => Place::from_e7(latitude_e7, longitude_e7)
                .map(PersonalPlace::Known)
                .map_err(StoredError::damaged),
            Self::Erased => Ok(PersonalPlace::Erased),
        }
    }
}

impl Dto<PersonalPlan> for PlanDto {
    fn of(value: &PersonalPlan, writing: &mut Writing<'_>) -> Self {
        let PersonalPlan {
            pick_up,
            stops,
            destination,
        } = value;
        let places = std::iter::once(pick_up).chain(stops).chain(destination);
        Self {
            // A plan has few stops; what has more is refused when it is read.
            stops: u16::try_from(stops.len()).unwrap_or(u16::MAX),
            has_destination: destination.is_some(),
            places: Personal::write(places.copied().map(PlaceDto::of).collect(), writing),
        }
    }

    fn into_domain(self, reading: &Reading<'_>) -> Result<PersonalPlan, StoredError> {
        let Self {
            stops,
            has_destination,
            places,
        } = self;
        let count = 1 + usize::from(stops) + usize::from(has_destination);
        let mut places = match places.read(reading)? {
            Some(places) => places
                .into_iter()
                .map(PlaceDto::into_domain)
                .collect::<Result<Vec<_>, _>>()?,
            None => vec![PersonalPlace::Erased; count],
        };
        if places.len() != count {
            return Err(StoredError::damaged(
                "the plan has another number of places than it says",
            ));
        }
        let pick_up = places.remove(0);
        let destination = if has_destination { places.pop() } else { None };
        Ok(PersonalPlan {
            pick_up,
            stops: places,
            destination,
        })
    }
}
