//! Bytes that are hexadecimal digits to people.

use crate::error::WireError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Some bytes: lower-case digits in JSON, themselves where machines read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    /// The bytes of `field`, which has a fixed number of them.
    pub(crate) fn exactly<const N: usize>(self, field: &'static str) -> Result<[u8; N], WireError> {
        let wrong = |_| WireError::value(format_args!("write {N} bytes as hexadecimal digits")).within(field);
        self.0.try_into().map_err(wrong)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Not pairs of lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotHexadecimal;

impl FromStr for Bytes {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Self, NotHexadecimal> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NotHexadecimal),
        };
        if !rest.is_empty() {
            return Err(NotHexadecimal);
        }
        let byte = |[high, low]: &[u8; 2]| Ok(digit(*high)? << 4 | digit(*low)?);
        pairs.iter().map(byte).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let wrong = |_| serde::de::Error::custom("write bytes as pairs of lower-case hexadecimal digits");
            String::deserialize(deserializer)?.parse().map_err(wrong)
        } else {
            <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
        }
    }
}
