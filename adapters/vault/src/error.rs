//! Why a vault cannot be used.

use fiacre_folder::OpenError;
use std::error::Error;
use std::fmt;
use std::io;

/// Why a vault could not be opened, read or written, and what to do about it.
#[derive(Debug)]
pub enum VaultError {
    /// The folder cannot be used.
    Folder(OpenError),
    /// Neither of the file's heads is one.
    Headless,
    /// What is there is not what was written.
    Damaged {
        /// Which of its entries, from 0.
        entry: u64,
    },
    /// The operating system gives no random bytes.
    NoRandomness,
    /// The operating system failed.
    Io {
        /// What was being done; completes "failed to …".
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// A write failed before, in this way, and what is on disk is not known; the vault must be opened again.
    Unsure(io::ErrorKind),
}

impl VaultError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Headless | Self::Damaged { .. } => "vault_damaged",
            Self::NoRandomness => "vault_no_randomness",
            Self::Io { .. } => "vault_io",
            Self::Unsure(_) => "vault_unsure",
        }
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

impl From<OpenError> for VaultError {
    fn from(error: OpenError) -> Self {
        Self::Folder(error)
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => write!(f, "{error}"),
            Self::Headless => f.write_str(
                "failed to open the vault: its file is none of a vault; restore the folder from a copy, and forget again who \
                 was forgotten since",
            ),
            Self::Damaged { entry } => write!(
                f,
                "failed to open the vault: entry {entry} is not what was written; restore the folder from a copy, and forget \
                 again who was forgotten since"
            ),
            Self::NoRandomness => {
                f.write_str("failed to make a key: the operating system gives no random bytes; try again")
            }
            Self::Io { doing, source } => {
                write!(f, "failed to {doing}: {source}; mend it, and start again")
            }
            Self::Unsure(kind) => write!(
                f,
                "failed to use the vault: a write failed before ({kind}), and what is on disk is not known; mend it, and start again"
            ),
        }
    }
}

impl Error for VaultError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Folder(error) => error.source(),
            Self::Headless | Self::Damaged { .. } | Self::NoRandomness | Self::Unsure(_) => None,
        }
    }
}
