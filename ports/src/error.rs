//! Why a port could not do what it was asked.

use std::error::Error;
use std::fmt;

/// An adapter's own error, kept as a source for whoever diagnoses.
pub type BoxedError = Box<dyn Error + Send + Sync>;

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortErrorKind {
    /// It was not done, and may be tried again: the other side cannot be reached or is overloaded.
    Unavailable,
    /// It may have been done, or may still be done: ask again with the same identity, or read back.
    OutcomeUnknown,
    /// It will never be done as asked.
    Invalid,
    /// It was written by a newer release: it stays where it is until this one is replaced. Never parked, never skipped.
    Newer,
    /// What was stored cannot be understood and never will be: it is mended from a copy, or explained by a person.
    Damaged,
}

impl PortErrorKind {
    /// The stable code of this kind.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Invalid => "invalid",
            Self::Newer => "newer",
            Self::Damaged => "damaged",
        }
    }
}

/// A failure of a port: its kind, what was being done, and the adapter's own error.
#[derive(Debug)]
pub struct PortError {
    kind: PortErrorKind,
    doing: &'static str,
    source: Option<BoxedError>,
}

impl PortError {
    /// `doing` completes "failed to …".
    pub const fn new(kind: PortErrorKind, doing: &'static str) -> Self {
        Self {
            kind,
            doing,
            source: None,
        }
    }

    /// With the adapter's own error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxedError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a caller can do about it.
    pub const fn kind(&self) -> PortErrorKind {
        self.kind
    }

    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.kind {
            PortErrorKind::Unavailable => "not done, try again",
            PortErrorKind::OutcomeUnknown => "the outcome is unknown, ask again with the same identity",
            PortErrorKind::Invalid => "it cannot be done as asked",
            PortErrorKind::Newer => "a newer release wrote it, upgrade this one",
            PortErrorKind::Damaged => "what is stored is damaged, restore it from a copy",
        };
        write!(f, "failed to {}: {advice}", self.doing)
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn Error + 'static))
    }
}
