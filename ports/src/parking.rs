//! What was set aside because nobody could handle it, until a person decides: dead letters, as many brokers call them.

use crate::bus::{Body, Message};
use crate::scope::Fnv1a;
use fiacre_domain::time::Timestamp;
use std::error::Error;
use std::fmt::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

/// Names a parking, within its queue: made by the adapter when it parks. Later ones are greater.
///
/// ```
/// use fiacre_ports::ParkingId;
/// let parking = ParkingId::from_u128(0x2a);
/// assert_eq!(parking.to_string(), "0000000000000000000000000000002a");
/// assert_eq!(parking.to_string().parse::<ParkingId>()?, parking);
/// # Ok::<(), fiacre_ports::ParkingIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParkingId(u128);

impl ParkingId {
    /// From the adapter's number: a UUID of version 7, or a counter of the queue's own.
    pub const fn from_u128(number: u128) -> Self {
        Self(number)
    }

    /// The adapter's number.
    pub const fn to_u128(self) -> u128 {
        self.0
    }
}

impl fmt::Display for ParkingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkingIdError;

impl ParkingIdError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "parking_id_malformed"
    }
}

impl fmt::Display for ParkingIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read the parking's id: write it as 32 lower-case hexadecimal digits")
    }
}

impl Error for ParkingIdError {}

impl FromStr for ParkingId {
    type Err = ParkingIdError;

    fn from_str(text: &str) -> Result<Self, ParkingIdError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(ParkingIdError);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| ParkingIdError)
    }
}

/// Why a message was parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkReason {
    /// It failed too often; the last error's code and text.
    AttemptsUsedUp {
        /// The error's stable code.
        code: String,
        /// The error's text.
        text: String,
    },
    /// It will never be handled; the error's code and text.
    Refused {
        /// The error's stable code.
        code: String,
        /// The error's text.
        text: String,
    },
    /// Its bytes could not be decoded.
    Undecodable {
        /// What the decoder said.
        text: String,
    },
}

impl ParkReason {
    /// The stable code of what went wrong.
    pub fn code(&self) -> &str {
        match self {
            Self::AttemptsUsedUp { code, .. } | Self::Refused { code, .. } => code,
            Self::Undecodable { .. } => "undecodable",
        }
    }
}

/// Bytes that are no message, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMessage {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// The headers that they came with, as text; what is no text is escaped.
    pub headers: Vec<(String, String)>,
}

/// What is parked.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A message; its headers have become its fields.
    Message(Arc<Message>),
    /// Bytes that nobody could decode.
    Raw(RawMessage),
}

impl Content {
    /// The message, if it is one.
    pub const fn message(&self) -> Option<&Arc<Message>> {
        match self {
            Self::Message(message) => Some(message),
            Self::Raw(_) => None,
        }
    }

    /// What kind of message it is: the event's name, the service that a command asks, `notice`, or `raw`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message(message) => match &message.body {
                Body::Event { event, .. } => event.name(),
                Body::Command { command, .. } => command.service().name(),
                Body::Notice(_) => "notice",
            },
            Self::Raw(_) => "raw",
        }
    }
}

/// A parked message.
#[derive(Debug, Clone, PartialEq)]
pub struct Parked {
    /// To replay or drop it by.
    pub id: ParkingId,
    /// What it is.
    pub content: Content,
    /// Why.
    pub reason: ParkReason,
    /// How many attempts it had, the last one included; 0 where it was never delivered.
    pub attempts: u32,
    /// When it was parked.
    pub at: Timestamp,
}

impl Parked {
    /// The same for all that failed alike, whatever their streams: FNV-1a of what kind of message it is and of the reason's
    /// code, so that a thousand parkings of one defect are one line to whoever looks.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv1a::default();
        // Writing to a hash cannot fail.
        let _always_written = write!(hash, "{}\n{}", self.content.kind(), self.reason.code());
        hash.finish()
    }
}
