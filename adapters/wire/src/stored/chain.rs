//! Commits of a stream, linked by their hashes.

use super::Stored;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{StreamId, Version};
use std::fmt;

/// Why a commit is not the next of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainError {
    /// It is of another stream.
    OtherStream {
        /// The stream that was followed.
        expected: StreamId,
        /// The commit's.
        found: StreamId,
    },
    /// It is not the next version.
    Gap {
        /// The next version.
        expected: Version,
        /// The commit's.
        found: Version,
    },
    /// It names another commit before it than the one that is there: one of the two was changed or replaced.
    Broken {
        /// The commit that names it.
        version: Version,
    },
}

impl ChainError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherStream { .. } => "chain_other_stream",
            Self::Gap { .. } => "chain_gap",
            Self::Broken { .. } => "chain_broken",
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to follow the chain: ")?;
        match self {
            Self::OtherStream { expected, found } => write!(f, "a commit of {found} lies in {expected}"),
            Self::Gap { expected, found } => {
                write!(f, "version {expected} must come next, and {found} does")
            }
            Self::Broken { version } => write!(
                f,
                "version {version} does not name the commit that lies before it; compare both with a copy"
            ),
        }
    }
}

impl std::error::Error for ChainError {}

/// Follows the commits of one stream from the first, or from a head that is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    stream: StreamId,
    head: Version,
    hash: Option<Fingerprint>,
}

impl Chain {
    /// From before the first commit of `stream`.
    pub const fn of(stream: StreamId) -> Self {
        Self {
            stream,
            head: Version::EMPTY,
            hash: None,
        }
    }

    /// From a head of `stream` and its hash.
    pub const fn after(stream: StreamId, head: Version, hash: Fingerprint) -> Self {
        Self {
            stream,
            head,
            hash: Some(hash),
        }
    }

    /// The last version that was followed.
    pub const fn head(&self) -> Version {
        self.head
    }

    /// The hash of the last commit that was followed: what the next one names.
    pub const fn hash(&self) -> Option<Fingerprint> {
        self.hash
    }

    /// Goes on to the next commit.
    ///
    /// # Errors
    /// Where it is not the next; then the chain stays where it is.
    pub fn follow(&mut self, commit: &Stored) -> Result<(), ChainError> {
        let (expected, found) = (self.head.next(), commit.version());
        if commit.stream() != self.stream {
            return Err(ChainError::OtherStream {
                expected: self.stream,
                found: commit.stream(),
            });
        }
        if found != expected {
            return Err(ChainError::Gap { expected, found });
        }
        if commit.prev() != self.hash {
            return Err(ChainError::Broken { version: found });
        }
        self.head = found;
        self.hash = Some(commit.hash());
        Ok(())
    }
}
