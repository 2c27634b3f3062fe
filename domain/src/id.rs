//! Identities. Ids come from outside (an [`IdSource` port](https://docs.rs/fiacre-ports) draws them); ties between equals
//! break by id, so every id is ordered.
//!
//! ```
//! use fiacre_domain::id::{RegionId, TripId};
//! let trip = TripId::from_u128(0x0192_f0c1_7000_7000_8000_0000_0000_002a);
//! assert_eq!(trip.to_string(), "0192f0c1-7000-7000-8000-00000000002a");
//! assert_eq!(trip.to_string().parse::<TripId>()?, trip);
//! assert_eq!("manhattan".parse::<RegionId>()?.as_str(), "manhattan");
//! # Ok::<(), fiacre_domain::id::IdError>(())
//! ```

use crate::canonical::{Canonical, CanonicalBytes};
use crate::canonical_struct;
use std::fmt;
use std::str::FromStr;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdError {
    /// Not 32 hexadecimal digits in the grouping 8-4-4-4-12.
    NotAUuid,
    /// Not 1 to `length_max` characters out of `a–z 0–9 - _ .`.
    NotASlug {
        /// How long a name of this kind may be.
        length_max: u8,
    },
}

impl IdError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAUuid => "id_not_a_uuid",
            Self::NotASlug { .. } => "id_not_a_slug",
        }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAUuid => f.write_str("failed to read the id: write it as 8-4-4-4-12 hexadecimal digits"),
            Self::NotASlug { length_max } => write!(
                f,
                "failed to read the name: use 1 to {length_max} characters out of a-z, 0-9, '-', '_' and '.'"
            ),
        }
    }
}

impl std::error::Error for IdError {}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            // Two halves, not a u128: eight-byte alignment keeps events small.
            high: u64,
            low: u64,
        }
        canonical_struct!($name { high, low });

        impl $name {
            /// From the 128 bits of a UUID.
            #[expect(clippy::cast_possible_truncation, reason = "the halves are cut on purpose")]
            pub const fn from_u128(bits: u128) -> Self {
                Self { high: (bits >> 64) as u64, low: bits as u64 }
            }

            /// The 128 bits.
            pub const fn to_u128(self) -> u128 {
                (self.high as u128) << 64 | self.low as u128
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    self.high >> 32,
                    self.high >> 16 & 0xffff,
                    self.high & 0xffff,
                    self.low >> 48,
                    self.low & 0xffff_ffff_ffff
                )
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_uuid(text).map(Self::from_u128)
            }
        }
    };
}

fn parse_uuid(text: &str) -> Result<u128, IdError> {
    let mut bits = 0_u128;
    if text.len() != 36 {
        return Err(IdError::NotAUuid);
    }
    for (position, byte) in text.bytes().enumerate() {
        match (position, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return Err(IdError::NotAUuid),
            (_, digit) => {
                let value = char::from(digit).to_digit(16).ok_or(IdError::NotAUuid)?;
                bits = bits << 4 | u128::from(value);
            }
        }
    }
    Ok(bits)
}

uuid_id!(
    /// A trip; the same as its quote's id.
    TripId
);
uuid_id!(
    /// A driver with their vehicle.
    DriverId
);
uuid_id!(
    /// A rider, driver or operator who asks for something.
    PrincipalId
);
uuid_id!(
    /// A command that someone sent; the cause of what it leads to.
    CommandId
);
uuid_id!(
    /// A notice from a payment gateway; the cause of what it leads to.
    WebhookId
);
uuid_id!(
    /// An object at a payment gateway: a payment intent. Adapters map it to the gateway's own text.
    IntentId
);

/// How long a name is, unless it says otherwise.
const NAME_LENGTH_MAX: u8 = 15;
/// How long a tariff's name may be: as long as fits into a [`StreamId`](crate::stream::StreamId) beside a trip's id and number,
/// for every commit and message holds one.
pub const TARIFF_NAME_LENGTH_MAX: u8 = 22;

/// A short lower-case name held in place: 1 to `MAX` characters out of `a–z 0–9 - _ .`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Slug<const MAX: usize> {
    bytes: [u8; MAX],
    length: u8,
}

impl<const MAX: usize> Slug<MAX> {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl<const MAX: usize> FromStr for Slug<MAX> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let refused = IdError::NotASlug {
            length_max: u8::try_from(MAX).unwrap_or(u8::MAX),
        };
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if text.is_empty() || !text.bytes().all(plain) {
            return Err(refused);
        }
        let mut bytes = [0; MAX];
        let room = bytes.get_mut(..text.len()).ok_or(refused)?;
        room.copy_from_slice(text.as_bytes());
        Ok(Self {
            bytes,
            length: u8::try_from(text.len()).map_err(|_| refused)?,
        })
    }
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        slug_id!($(#[$doc])* $name, NAME_LENGTH_MAX);
    };
    ($(#[$doc:meta])* $name:ident, $length_max:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Slug<{ $length_max as usize }>);

        impl $name {
            /// The name.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl Canonical for $name {
            fn write_canonical(&self, out: &mut CanonicalBytes) {
                self.as_str().write_canonical(out);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self)
            }
        }
    };
}

slug_id!(
    /// A region: the area that one matcher serves. A trip's region is its pick-up's, for life.
    RegionId
);
slug_id!(
    /// A tariff, without its version.
    TariffId,
    TARIFF_NAME_LENGTH_MAX
);
slug_id!(
    /// A zone of a tariff or of a service area.
    ZoneId
);
slug_id!(
    /// A line that a tariff can add to a receipt: a surcharge, flat, discount or tax.
    ChargeId
);
slug_id!(
    /// A window of a tariff: when a surcharge, a multiplier or another rate is in force.
    WindowId
);
slug_id!(
    /// A name in a tariff, whatever it names: what an error calls it.
    EntryId
);

impl From<ChargeId> for EntryId {
    fn from(ChargeId(name): ChargeId) -> Self {
        Self(name)
    }
}

impl From<WindowId> for EntryId {
    fn from(WindowId(name): WindowId) -> Self {
        Self(name)
    }
}

impl From<ZoneId> for EntryId {
    fn from(ZoneId(name): ZoneId) -> Self {
        Self(name)
    }
}

slug_id!(
    /// Something extra that a rider asks for and a tariff may price: `pick-up`, `pet`.
    ExtraId
);
slug_id!(
    /// An authority that money is collected for: a city, a tax office, a toll road.
    AuthorityId
);
slug_id!(
    /// Who pays for a discount.
    FunderId
);
slug_id!(
    /// A product that riders choose: `taxi`, `xl`, `wheelchair`.
    ProductId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_text_and_order_like_their_bits() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = TripId::from_u128(bits);
            assert_eq!(id.to_u128(), bits);
            assert_eq!(id.to_string().parse::<TripId>(), Ok(id));
        }
        assert!(TripId::from_u128(1 << 64) > TripId::from_u128(u128::from(u64::MAX)));
    }

    #[test]
    fn malformed_ids_are_refused() {
        for wrong in [
            "",
            "0192f0c1-7000-7000-8000-00000000002",
            "0192f0c1_7000-7000-8000-00000000002a",
            "0192f0c1-7000-7000-8000-00000000002g",
            "é192f0c1-7000-7000-8000-00000000002",
        ] {
            assert_eq!(wrong.parse::<TripId>(), Err(IdError::NotAUuid), "{wrong}");
        }
        for wrong in ["", "Manhattan", "a name", "sixteen-letters-", "ü"] {
            let refused = Err(IdError::NotASlug { length_max: 15 });
            assert_eq!(wrong.parse::<RegionId>(), refused, "{wrong}");
        }
    }

    #[test]
    fn ids_stay_small() {
        assert_eq!((size_of::<TripId>(), align_of::<TripId>()), (16, 8));
        assert_eq!((size_of::<RegionId>(), size_of::<TariffId>()), (16, 23));
    }
}
