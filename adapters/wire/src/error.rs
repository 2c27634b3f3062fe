//! Why a message could not be written or read.

use fiacre_domain::pricing::PricingError;
use std::fmt;

/// Why a message could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// Longer than [`JSON_BYTES_MAX`](crate::JSON_BYTES_MAX).
    TooLarge,
    /// Not JSON, an unknown or missing field, or a value of another type; the reason with line and column.
    Malformed(String),
    /// A version that this crate does not read.
    UnsupportedVersion(u32),
    /// A value that the domain does not know; the field, and how to write it.
    Value {
        /// The field.
        field: &'static str,
        /// Why.
        why: String,
    },
    /// The domain refuses a part of the message: where it is, as `happened.driven.slices[0].bands`, and why.
    RefusedAt {
        /// The keys that lead there, from the outermost.
        path: String,
        /// Why.
        error: PricingError,
    },
    /// The domain refuses the ride, the reading or its price.
    Refused(PricingError),
    /// The quote was made with another tariff, version or currency than the one given.
    OtherTariff,
    /// The quote's amounts are not what the tariff makes of its ride.
    QuoteDiffers,
}

impl WireError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "wire_too_large",
            Self::Malformed(_) => "wire_malformed",
            Self::UnsupportedVersion(_) => "wire_unsupported_version",
            Self::Value { .. } => "wire_value",
            Self::RefusedAt { error, .. } | Self::Refused(error) => error.code(),
            Self::OtherTariff => "wire_other_tariff",
            Self::QuoteDiffers => "wire_quote_differs",
        }
    }

    pub(crate) fn value(field: &'static str) -> impl FnOnce(&dyn fmt::Display) -> Self {
        move |why| Self::Value {
            field,
            why: why.to_string(),
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to read the message: ")?;
        match self {
            Self::TooLarge => write!(f, "it is longer than {} bytes", crate::JSON_BYTES_MAX),
            Self::Malformed(why) => f.write_str(why),
            Self::UnsupportedVersion(version) => {
                write!(
                    f,
                    "version {version} is not known here, only {}; use a newer release",
                    crate::JSON_VERSION
                )
            }
            Self::Value { field, why } => write!(f, "{field}: {why}"),
            Self::RefusedAt { path, error } => write!(f, "{path}: {error}"),
            Self::Refused(error) => write!(f, "{error}"),
            Self::OtherTariff => {
                f.write_str("it was made with another tariff or version; read it with that one")
            }
            Self::QuoteDiffers => f.write_str("the quote is not what the tariff makes of its ride"),
        }
    }
}

impl std::error::Error for WireError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::RefusedAt { error, .. } | Self::Refused(error) => Some(error),
            Self::TooLarge
            | Self::Malformed(_)
            | Self::UnsupportedVersion(_)
            | Self::Value { .. }
            | Self::OtherTariff
            | Self::QuoteDiffers => None,
        }
    }
}

impl From<PricingError> for WireError {
    fn from(error: PricingError) -> Self {
        Self::Refused(error)
    }
}

impl From<serde_json::Error> for WireError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Reads a name, number or enum of the domain from its text.
pub(crate) fn parsed<T>(field: &'static str, text: &str) -> Result<T, WireError>
where
    T: std::str::FromStr<Err: fmt::Display>,
{
    text.parse()
        .map_err(|error: T::Err| WireError::value(field)(&error))
}
