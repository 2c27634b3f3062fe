//! Values that are text to people and a few bytes to machines.

use crate::civil;
use crate::error::WireError;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{
    AuthorityId, ChargeId, CommandId, DriverId, ExtraId, FunderId, IntentId, PrincipalId, ProductId,
    RegionId, TariffId, TripId, WebhookId, WindowId, ZoneId,
};
use fiacre_domain::money::Currency;
use fiacre_domain::ratio::Ratio;
use fiacre_domain::stream::{EventId, StreamId};
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::units::Millis;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Display;

/// How a value is written: as text in JSON, packed in bytes.
pub(crate) trait Written: Sized {
    /// What its bytes are made of.
    type Packed: Serialize + DeserializeOwned;

    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Result<Self, String>;
    fn pack(&self) -> Self::Packed;
    fn unpack(packed: Self::Packed) -> Result<Self, String>;
}

/// A value as it was read. What its bytes cannot be is kept, until somebody knows the name of the field; a document
/// knows where it is read, and is refused at once.
#[derive(Debug, Clone)]
pub(crate) struct Text<T>(Result<T, String>);

impl<T: Written> Text<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Ok(value))
    }

    /// The value of `field`.
    pub(crate) fn take(self, field: &'static str) -> Result<T, WireError> {
        self.0.map_err(|why| WireError::value(why).within(field))
    }

    /// The value, or why it is none.
    pub(crate) fn value(self) -> Result<T, String> {
        self.0
    }
}

impl<T: Written> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0.as_ref().map_err(serde::ser::Error::custom)?;
        if serializer.is_human_readable() {
            value.to_text().serialize(serializer)
        } else {
            value.pack().serialize(serializer)
        }
    }
}

impl<'de, T: Written> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let value = T::from_text(&String::deserialize(deserializer)?);
            value.map(Self::new).map_err(serde::de::Error::custom)
        } else {
            Ok(Self(T::unpack(T::Packed::deserialize(deserializer)?)))
        }
    }
}

fn parsed<T: std::str::FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

macro_rules! uuids {
    ($($id:ident),*) => {$(
        impl Written for $id {
            type Packed = [u8; 16];

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Result<Self, String> {
                parsed(text)
            }

            fn pack(&self) -> [u8; 16] {
                self.to_u128().to_be_bytes()
            }

            fn unpack(packed: [u8; 16]) -> Result<Self, String> {
                Ok(Self::from_u128(u128::from_be_bytes(packed)))
            }
        }
    )*};
}
uuids!(CommandId, DriverId, IntentId, PrincipalId, TripId, WebhookId);

macro_rules! texts {
    ($($id:ident),*) => {$(
        impl Written for $id {
            type Packed = String;

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Result<Self, String> {
                parsed(text)
            }

            fn pack(&self) -> String {
                self.to_text()
            }

            fn unpack(packed: String) -> Result<Self, String> {
                Self::from_text(&packed)
            }
        }
    )*};
}
texts!(
    AuthorityId,
    ChargeId,
    EventId,
    ExtraId,
    FunderId,
    ProductId,
    RegionId,
    StreamId,
    TariffId,
    WindowId,
    ZoneId
);

impl Written for Currency {
    type Packed = [u8; 3];

    fn to_text(&self) -> String {
        self.code().to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse::<Self>().map_err(|error| error.to_string())
    }

    fn pack(&self) -> [u8; 3] {
        // A currency has three letters; the padding is never seen.
        self.code().as_bytes().try_into().unwrap_or_default()
    }

    fn unpack(packed: [u8; 3]) -> Result<Self, String> {
        Self::from_text(&String::from_utf8_lossy(&packed))
    }
}

impl Written for Fingerprint {
    type Packed = [u8; 32];

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        parsed(text)
    }

    fn pack(&self) -> [u8; 32] {
        *self.bytes()
    }

    fn unpack(packed: [u8; 32]) -> Result<Self, String> {
        Ok(Self::new(packed))
    }
}

/// Local time: packed as the milliseconds that a clock without an offset would count.
impl Written for CivilDateTime {
    type Packed = i64;

    fn to_text(&self) -> String {
        civil::to_text(*self)
    }

    fn from_text(text: &str) -> Result<Self, String> {
        civil::from_text(text)
    }

    fn pack(&self) -> i64 {
        self.to_timestamp(Millis::ZERO).ms()
    }

    fn unpack(packed: i64) -> Result<Self, String> {
        Self::from_timestamp(Timestamp::from_ms(packed), Millis::ZERO)
            .ok_or_else(|| "failed to read the local time: it is not within the years 1 to 9999".to_owned())
    }
}

/// A fraction: `3/2`, or a whole number.
impl Written for Ratio {
    type Packed = (i128, i128);

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let (above, below) = text.split_once('/').unwrap_or((text, "1"));
        Self::unpack((parsed(above)?, parsed(below)?))
    }

    fn pack(&self) -> (i128, i128) {
        (self.numerator(), self.denominator())
    }

    fn unpack((above, below): (i128, i128)) -> Result<Self, String> {
        let ratio = Self::new(above, below).map_err(|error| error.to_string())?;
        if ratio.pack() == (above, below) {
            Ok(ratio)
        } else {
            Err("write the fraction in lowest terms, with its sign above".to_owned())
        }
    }
}
