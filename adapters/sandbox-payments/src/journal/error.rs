//! Why a company's records cannot be opened.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a company's records could not be opened, and what to do about it.
#[derive(Debug)]
pub enum OpenError {
    /// Another process uses the folder; only one may.
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other process, if it has said who it is.
        process: Option<u32>,
    },
    /// No company's records are there.
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds files, and none of them is a company's journal.
    NotFiacre {
        /// The folder.
        folder: PathBuf,
        /// One of the files that are in the way.
        found: String,
    },
    /// A newer release wrote it.
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The format that was found.
        found: u32,
        /// The newest format that this release reads.
        known: u32,
    },
    /// The company that is there was founded with another seed.
    OtherCompany {
        /// The folder.
        folder: PathBuf,
        /// Its seed.
        seed: u64,
    },
    /// What is written is not what was written, elsewhere than in a last write that a crash cut short.
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// Where in the journal, in bytes from its beginning.
        at_byte: u64,
        /// What was found there.
        what: &'static str,
    },
    /// It may not be written to.
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk is full.
    NoSpace {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system failed otherwise.
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl OpenError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "sandbox_in_use",
            Self::Absent { .. } => "sandbox_absent",
            Self::NotFiacre { .. } => "sandbox_not_fiacre",
            Self::Newer { .. } => "sandbox_newer",
            Self::OtherCompany { .. } => "sandbox_other_company",
            Self::Damaged { .. } => "sandbox_damaged",
            Self::ReadOnly { .. } => "sandbox_read_only",
            Self::NoSpace { .. } => "sandbox_no_space",
            Self::Io { .. } => "sandbox_io",
        }
    }

    /// The folder that could not be opened.
    pub fn folder(&self) -> &Path {
        match self {
            Self::InUse { folder, .. }
            | Self::Absent { folder }
            | Self::NotFiacre { folder, .. }
            | Self::Newer { folder, .. }
            | Self::OtherCompany { folder, .. }
            | Self::Damaged { folder, .. }
            | Self::ReadOnly { folder, .. }
            | Self::NoSpace { folder, .. }
            | Self::Io { folder, .. } => folder,
        }
    }

    /// Sorts what the operating system said.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other's kinds grow, and each has its meaning here"
    )]
    pub(super) fn from_io(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { folder, source }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { folder, source },
            _ => Self::Io { folder, source },
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder().display();
        write!(f, "failed to open the payment sandbox in {folder}: ")?;
        match self {
            Self::InUse { process, .. } => {
                match process {
                    Some(process) => write!(f, "process {process} uses it")?,
                    None => f.write_str("another process uses it")?,
                }
                f.write_str("; end that one first, or name another folder")
            }
            Self::Absent { .. } => {
                f.write_str("there is none; name the folder of one that was opened before")
            }
            Self::NotFiacre { found, .. } => write!(
                f,
                "it holds files that are not the sandbox's ({found}); name an empty folder, or one that it made"
            ),
            Self::Newer { found, known, .. } => write!(
                f,
                "a newer release wrote it (format {found}, this one reads up to {known}); use that release"
            ),
            Self::OtherCompany { seed, .. } => write!(
                f,
                "the company there was founded with the seed {seed}; give that one, or name another folder"
            ),
            Self::Damaged { at_byte, what, .. } => write!(
                f,
                "its journal is damaged: {what} at byte {at_byte}; restore it from a backup"
            ),
            Self::ReadOnly { .. } => {
                f.write_str("it may not be written to; give this user the right to, or name another folder")
            }
            Self::NoSpace { .. } => f.write_str("the disk is full; make room and start again"),
            Self::Io { source, .. } => write!(f, "{source}"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InUse { .. }
            | Self::Absent { .. }
            | Self::NotFiacre { .. }
            | Self::Newer { .. }
            | Self::OtherCompany { .. }
            | Self::Damaged { .. } => None,
            Self::ReadOnly { source, .. } | Self::NoSpace { source, .. } | Self::Io { source, .. } => {
                Some(source)
            }
        }
    }
}
