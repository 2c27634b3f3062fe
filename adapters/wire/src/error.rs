//! Why a document could not be written or read.

use fiacre_domain::pricing::PricingError;
use std::fmt;

/// Why a document could not be written or read.
///
/// A `path` names the keys that lead to the place, from the outermost, as `computed.lines[2].amount`; it is empty
/// where the whole document is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireError {
    /// Longer than [`JSON_BYTES_MAX`](crate::JSON_BYTES_MAX).
    TooLarge,
    /// Not text in UTF-8.
    NotText {
        /// How many bytes of it are text.
        valid_bytes: usize,
    },
    /// Not JSON.
    NotJson {
        /// The line where it stops being JSON, from 1.
        line: usize,
        /// The column there, from 1.
        column: usize,
        /// Whether nothing follows: it may have been cut off.
        is_cut_off: bool,
    },
    /// A key is unknown, missing or there twice, or something else must be written in its place.
    Malformed {
        /// Where.
        path: String,
        /// Why, and what to write.
        why: String,
    },
    /// A version that this crate does not read.
    UnsupportedVersion(u32),
    /// A value that the domain does not know.
    Value {
        /// Where.
        path: String,
        /// Why, and what to write.
        why: String,
    },
    /// The domain refuses the ride, the reading or its price.
    Refused {
        /// Where.
        path: String,
        /// Why.
        error: PricingError,
    },
    /// The quote's amounts are not what the tariff makes of its ride.
    QuoteDiffers,
    /// It cannot be written; the serializer's reason.
    Unwritable(String),
}

impl WireError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "wire_too_large",
            Self::NotText { .. } => "wire_not_text",
            Self::NotJson { .. } => "wire_not_json",
            Self::Malformed { .. } => "wire_malformed",
            Self::UnsupportedVersion(_) => "wire_unsupported_version",
            Self::Value { .. } => "wire_value",
            Self::Refused { error, .. } => error.code(),
            Self::QuoteDiffers => "wire_quote_differs",
            Self::Unwritable(_) => "wire_unwritable",
        }
    }

    pub(crate) fn value(why: impl fmt::Display) -> Self {
        Self::Value {
            path: String::new(),
            why: why.to_string(),
        }
    }

    pub(crate) fn refused(key: &str, error: PricingError) -> Self {
        Self::from(error).within(key)
    }

    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line().max(1),
            column: error.column().max(1),
            is_cut_off: error.is_eof(),
        }
    }

    /// The same, found at `key`.
    pub(crate) fn within(self, key: &str) -> Self {
        match self {
            Self::Malformed { path, why } => Self::Malformed {
                path: joined(key, &path),
                why,
            },
            Self::Value { path, why } => Self::Value {
                path: joined(key, &path),
                why,
            },
            Self::Refused { path, error } => Self::Refused {
                path: joined(key, &path),
                error,
            },
            same @ (Self::TooLarge
            | Self::NotText { .. }
            | Self::NotJson { .. }
            | Self::UnsupportedVersion(_)
            | Self::QuoteDiffers
            | Self::Unwritable(_)) => same,
        }
    }

    /// Where it is, and why.
    pub(crate) fn into_place(self) -> (String, String) {
        match self {
            Self::Malformed { path, why } | Self::Value { path, why } => (path, why),
            Self::Refused { path, error } => (path, error.to_string()),
            whole @ (Self::TooLarge
            | Self::NotText { .. }
            | Self::NotJson { .. }
            | Self::UnsupportedVersion(_)
            | Self::QuoteDiffers
            | Self::Unwritable(_)) => (String::new(), whole.to_string()),
        }
    }
}

/// A key before what lies behind it: another key, or a place in a list.
pub(crate) fn joined(key: &str, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{key}{dot}{path}")
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unwritable(why) = self {
            return write!(f, "failed to write the document: {why}");
        }
        f.write_str("failed to read the document: ")?;
        match self {
            Self::TooLarge => write!(f, "it is longer than {} bytes", crate::JSON_BYTES_MAX),
            Self::NotText { valid_bytes } => {
                write!(
                    f,
                    "what follows its first {valid_bytes} bytes is no text in UTF-8"
                )
            }
            Self::NotJson {
                line,
                column,
                is_cut_off,
            } => {
                let why = if *is_cut_off {
                    "it is cut off here; take the whole document"
                } else {
                    "it is no JSON from here on; take the document as it was written"
                };
                write!(f, "line {line}, column {column}: {why}")
            }
            Self::Malformed { path, why } | Self::Value { path, why } => at(f, path, why),
            Self::UnsupportedVersion(version) => {
                write!(
                    f,
                    "version {version} is not known here, only {}; use a newer release",
                    crate::JSON_VERSION
                )
            }
            Self::Refused { path, error } => at(f, path, error),
            Self::QuoteDiffers => f.write_str("the quote is not what the tariff makes of its ride"),
            Self::Unwritable(why) => f.write_str(why),
        }
    }
}

fn at(f: &mut fmt::Formatter<'_>, path: &str, why: &dyn fmt::Display) -> fmt::Result {
    if path.is_empty() {
        write!(f, "{why}")
    } else {
        write!(f, "{path}: {why}")
    }
}

impl std::error::Error for WireError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused { error, .. } => Some(error),
            Self::TooLarge
            | Self::NotText { .. }
            | Self::NotJson { .. }
            | Self::Malformed { .. }
            | Self::UnsupportedVersion(_)
            | Self::Value { .. }
            | Self::QuoteDiffers
            | Self::Unwritable(_) => None,
        }
    }
}

impl From<PricingError> for WireError {
    fn from(error: PricingError) -> Self {
        Self::Refused {
            path: String::new(),
            error,
        }
    }
}

impl From<serde_json::Error> for WireError {
    /// Documents are read elsewhere; this is what writing one may come to.
    fn from(error: serde_json::Error) -> Self {
        Self::Unwritable(error.to_string())
    }
}
