//! Why a stored commit could not be written or read.

use crate::error::{WireError, joined};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TariffId;
use fiacre_ports::{PortError, PortErrorKind};
use std::fmt;

/// What a newer release may have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// The envelope.
    Format,
    /// An event of this name.
    Event(&'static str),
    /// A kind of event that has no name here; its place in its aggregate.
    Kind,
    /// The state of a stream.
    State,
    /// A tariff.
    Tariff,
}

/// Why a stored commit could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredError {
    /// A newer release wrote it: it is held until this one is replaced.
    Newer {
        /// What is newer.
        what: Newer,
        /// The version that was found, or the place of the unknown kind.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// It cannot be understood and never will be.
    Damaged {
        /// The fields that lead there, from the outermost; empty for the whole.
        path: String,
        /// Why.
        why: String,
    },
    /// It is longer than [`COMMIT_BYTES_MAX`](super::COMMIT_BYTES_MAX).
    TooLarge {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// A quote's tariff is not among those given, or not as it was; load its stream (`tariff-{id}`) and try again.
    TariffUnknown {
        /// Its name.
        tariff: TariffId,
        /// Its version.
        version: u32,
        /// The hash of its content.
        fingerprint: Fingerprint,
    },
}

impl StoredError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "stored_newer",
            Self::Damaged { .. } => "stored_damaged",
            Self::TooLarge { .. } => "stored_too_large",
            Self::TariffUnknown { .. } => "stored_tariff_unknown",
        }
    }

    /// What a caller of a port can do about it.
    pub const fn kind(&self) -> PortErrorKind {
        match self {
            Self::Newer { .. } => PortErrorKind::Newer,
            Self::Damaged { .. } => PortErrorKind::Damaged,
            Self::TooLarge { .. } => PortErrorKind::Invalid,
            Self::TariffUnknown { .. } => PortErrorKind::Unavailable,
        }
    }

    /// As the error of a port; `doing` completes "failed to …".
    pub fn into_port_error(self, doing: &'static str) -> PortError {
        PortError::new(self.kind(), doing).with_source(self)
    }

    pub(crate) fn damaged(why: impl fmt::Display) -> Self {
        Self::Damaged {
            path: String::new(),
            why: why.to_string(),
        }
    }

    /// The same, found in `field`.
    pub(crate) fn within(self, field: &str) -> Self {
        match self {
            Self::Damaged { path, why } => Self::Damaged {
                path: joined(field, &path),
                why,
            },
            same @ (Self::Newer { .. } | Self::TooLarge { .. } | Self::TariffUnknown { .. }) => same,
        }
    }
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { what, found, known } => {
                f.write_str("failed to read what is stored: ")?;
                match what {
                    Newer::Format => write!(f, "its format is {found}")?,
                    Newer::Event(name) => write!(f, "{name} is of version {found}")?,
                    Newer::Kind => write!(f, "it holds an event of the unknown kind {found}")?,
                    Newer::State => write!(f, "the state is of version {found}")?,
                    Newer::Tariff => write!(f, "the tariff is of version {found}")?,
                }
                write!(f, ", and {known} is known here; upgrade this release")
            }
            Self::Damaged { path, why } if path.is_empty() => {
                write!(f, "failed to read what is stored: {why}; restore it from a copy")
            }
            Self::Damaged { path, why } => {
                write!(
                    f,
                    "failed to read what is stored: {path}: {why}; restore it from a copy"
                )
            }
            Self::TooLarge { bytes } => write!(
                f,
                "failed to store: it takes {bytes} bytes, and {} may be; split it",
                super::COMMIT_BYTES_MAX
            ),
            Self::TariffUnknown {
                tariff,
                version,
                fingerprint,
            } => write!(
                f,
                "failed to read what is stored: version {version} of tariff {tariff} is needed, with the content whose fingerprint is {fingerprint}; load its stream first"
            ),
        }
    }
}

impl std::error::Error for StoredError {}

impl From<WireError> for StoredError {
    fn from(error: WireError) -> Self {
        let (path, why) = error.into_place();
        Self::Damaged { path, why }
    }
}

impl From<postcard::Error> for StoredError {
    fn from(error: postcard::Error) -> Self {
        Self::damaged(error)
    }
}

impl From<serde_json::Error> for StoredError {
    fn from(error: serde_json::Error) -> Self {
        Self::damaged(error)
    }
}
