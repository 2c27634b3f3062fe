//! Why a folder cannot be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a folder could not be opened, and what to do about it.
#[derive(Debug)]
pub enum OpenError {
    /// Another process uses the folder; only one may.
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other process, if it has said who it is.
        process: Option<u32>,
    },
    /// The folder holds files, and none of them is what was looked for.
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// One of the files that are in the way.
        found: String,
    },
    /// What was looked for is there, without the file that says whose it is and of which format.
    Unmarked {
        /// The folder.
        folder: PathBuf,
        /// The file that is missing, by its path in the folder.
        marker: String,
    },
    /// There is nothing in the folder, which is only to be read or gone on with.
    Absent {
        /// The folder.
        folder: PathBuf,
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
    /// What is stored is not what was written, elsewhere than in a last write that a crash cut short.
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What was found, and where.
        what: String,
        /// What the storage engine said, if it was the one to find it.
        source: Option<Box<dyn Error + Send + Sync>>,
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
            Self::InUse { .. } => "folder_in_use",
            Self::Foreign { .. } => "folder_foreign",
            Self::Unmarked { .. } => "folder_unmarked",
            Self::Absent { .. } => "folder_absent",
            Self::Newer { .. } => "folder_newer",
            Self::Damaged { .. } => "folder_damaged",
            Self::ReadOnly { .. } => "folder_read_only",
            Self::NoSpace { .. } => "folder_no_space",
            Self::Io { .. } => "folder_io",
        }
    }

    /// The folder that could not be opened.
    pub fn folder(&self) -> &Path {
        match self {
            Self::InUse { folder, .. }
            | Self::Foreign { folder, .. }
            | Self::Unmarked { folder, .. }
            | Self::Absent { folder }
            | Self::Newer { folder, .. }
            | Self::Damaged { folder, .. }
            | Self::ReadOnly { folder, .. }
            | Self::NoSpace { folder, .. }
            | Self::Io { folder, .. } => folder,
        }
    }

    /// Sorts what the operating system said of `folder`.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other's kinds grow, and each has its meaning here"
    )]
    pub fn from_io(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { folder, source }
            }
            kind if is_full(kind) => Self::NoSpace { folder, source },
            _ => Self::Io { folder, source },
        }
    }

    /// That `what` in `folder` is not as it was written.
    pub fn damaged(folder: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            folder: folder.to_owned(),
            what: what.into(),
            source: None,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to open {}: ", self.folder().display())?;
        match self {
            Self::InUse { process, .. } => {
                match process {
                    Some(process) => write!(f, "process {process} uses it")?,
                    None => f.write_str("another process uses it")?,
                }
                f.write_str("; end that one first, or name another folder")
            }
            Self::Foreign { found, .. } => write!(
                f,
                "it holds files that are not Fiacre's ({found}); name an empty folder, or one that Fiacre made"
            ),
            Self::Unmarked { marker, .. } => write!(
                f,
                "{marker} is missing, which says whose it is and of which format; bring that file back from where the folder was copied, or restore a backup into an empty folder"
            ),
            Self::Absent { .. } => f.write_str("there is nothing in it; name a folder that Fiacre made"),
            Self::Newer { found, known, .. } => write!(
                f,
                "a newer release wrote it (format {found}, this one reads up to {known}); use that release"
            ),
            Self::Damaged { what, .. } => write!(f, "it is damaged: {what}; restore it from a backup"),
            Self::ReadOnly { .. } => {
                f.write_str("it may not be written to; give this user the right to, or name another folder")
            }
            Self::NoSpace { .. } => f.write_str("the disk is full; make room and start again"),
            Self::Io { source, .. } if is_nowhere(source.kind()) => {
                write!(f, "{source}; name a folder that Fiacre made")
            }
            Self::Io { source, .. } => write!(f, "{source}; mend that, or name another folder"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InUse { .. }
            | Self::Foreign { .. }
            | Self::Unmarked { .. }
            | Self::Absent { .. }
            | Self::Newer { .. } => None,
            Self::Damaged { source, .. } => source.as_ref().map(|source| &**source as &(dyn Error + 'static)),
            Self::ReadOnly { source, .. } | Self::NoSpace { source, .. } | Self::Io { source, .. } => {
                Some(source)
            }
        }
    }
}

/// Whether there is no folder where one was looked for.
const fn is_nowhere(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether the disk, or the user's share of it, is full.
pub const fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
