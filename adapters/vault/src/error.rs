//! Why a vault cannot be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a vault could not be opened, read or written, and what to do about it.
#[derive(Debug)]
pub enum VaultError {
    /// Another process uses the folder; only one may.
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds files, and none of them is a vault.
    NotAVault {
        /// The folder.
        folder: PathBuf,
    },
    /// A newer release wrote it.
    Newer {
        /// The format that was found.
        found: u8,
        /// The newest format that this release reads.
        known: u8,
    },
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
    /// A write failed before, and what is on disk is not known; the vault must be opened again.
    Unsure,
}

impl VaultError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "vault_in_use",
            Self::NotAVault { .. } => "vault_not_a_vault",
            Self::Newer { .. } => "vault_newer",
            Self::Headless | Self::Damaged { .. } => "vault_damaged",
            Self::NoRandomness => "vault_no_randomness",
            Self::Io { .. } => "vault_io",
            Self::Unsure => "vault_unsure",
        }
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { folder } => write!(
                f,
                "failed to open the vault: another process uses {}; stop it first",
                folder.display()
            ),
            Self::NotAVault { folder } => write!(
                f,
                "failed to open the vault: {} holds other files; give an empty folder, or that of a vault",
                folder.display()
            ),
            Self::Newer { found, known } => write!(
                f,
                "failed to open the vault: its format is {found}, and {known} is known here; upgrade this release"
            ),
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
            Self::Unsure => f.write_str(
                "failed to use the vault: a write failed before, and what is on disk is not known; start again",
            ),
        }
    }
}

impl Error for VaultError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::InUse { .. }
            | Self::NotAVault { .. }
            | Self::Newer { .. }
            | Self::Headless
            | Self::Damaged { .. }
            | Self::NoRandomness
            | Self::Unsure => None,
        }
    }
}
