//! Entries of the vault's file: each of one length, within one sector of any disk, and with a check of its own.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_wire::digest;

/// The length of an entry: a whole number of them fills a sector, so that none lies in two.
pub(crate) const SLOT_BYTES: usize = 64;
/// Where the check begins: behind the kind, an id and a value.
const CHECK_AT: usize = 1 + 16 + 32;

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Nothing any more.
    Free,
    /// A person's secret.
    Person(PrincipalId, [u8; 32]),
    /// A trip's key.
    Trip(TripId, [u8; 32]),
    /// Whose trip it is.
    Bound(TripId, PrincipalId),
    /// A person who was forgotten, and the fingerprint of their secret.
    Erased(PrincipalId, Fingerprint),
    /// A trip that was forgotten.
    Forgotten(TripId),
}

impl Slot {
    pub(crate) fn to_bytes(self) -> [u8; SLOT_BYTES] {
        let (kind, id, value) = match self {
            Self::Free => (0, 0, [0; 32]),
            Self::Person(rider, secret) => (1, rider.to_u128(), secret),
            Self::Trip(trip, key) => (2, trip.to_u128(), key),
            Self::Bound(trip, rider) => (3, trip.to_u128(), wide(rider)),
            Self::Erased(rider, fingerprint) => (4, rider.to_u128(), *fingerprint.bytes()),
            Self::Forgotten(trip) => (5, trip.to_u128(), [0; 32]),
        };
        let mut bytes = [0; SLOT_BYTES];
        bytes[0] = kind;
        bytes[1..17].copy_from_slice(&id.to_be_bytes());
        bytes[17..CHECK_AT].copy_from_slice(&value);
        checked(bytes)
    }

    /// The entry of these bytes; none for what no entry is.
    pub(crate) fn from_bytes(bytes: [u8; SLOT_BYTES]) -> Option<Self> {
        if checked(bytes) != bytes {
            return None;
        }
        let (kind, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (value, _) = rest.split_first_chunk::<32>()?;
        let id = u128::from_be_bytes(*id);
        Some(match kind {
            0 => Self::Free,
            1 => Self::Person(PrincipalId::from_u128(id), *value),
            2 => Self::Trip(TripId::from_u128(id), *value),
            3 => Self::Bound(TripId::from_u128(id), narrow(value)?),
            4 => Self::Erased(PrincipalId::from_u128(id), Fingerprint::new(*value)),
            5 => Self::Forgotten(TripId::from_u128(id)),
            _ => return None,
        })
    }
}

fn wide(rider: PrincipalId) -> [u8; 32] {
    let mut value = [0; 32];
    value[..16].copy_from_slice(&rider.to_u128().to_be_bytes());
    value
}

fn narrow(value: &[u8; 32]) -> Option<PrincipalId> {
    let id = value.first_chunk::<16>()?;
    Some(PrincipalId::from_u128(u128::from_be_bytes(*id)))
}

/// The same bytes with the check that is theirs: the first of their hash.
pub(crate) fn checked(mut bytes: [u8; SLOT_BYTES]) -> [u8; SLOT_BYTES] {
    let hash = digest(&bytes[..CHECK_AT]);
    let room = SLOT_BYTES - CHECK_AT;
    bytes[CHECK_AT..].copy_from_slice(&hash.bytes()[..room]);
    bytes
}
