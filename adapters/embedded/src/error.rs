//! Why a folder cannot be used.

use crate::tables::ReadError;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The folder holds files, and none of them says that it is Fiacre's.
    NotFiacre {
        /// The folder.
        folder: PathBuf,
        /// One of the files that are in the way.
        found: String,
    },
    /// There is no database in the folder, and it is only to be read.
    Empty {
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
            Self::InUse { .. } => "store_in_use",
            Self::NotFiacre { .. } => "store_not_fiacre",
            Self::Empty { .. } => "store_empty",
            Self::Newer { .. } => "store_newer",
            Self::Damaged { .. } => "store_damaged",
            Self::ReadOnly { .. } => "store_read_only",
            Self::NoSpace { .. } => "store_no_space",
            Self::Io { .. } => "store_io",
        }
    }

    /// The folder that could not be opened.
    pub fn folder(&self) -> &Path {
        match self {
            Self::InUse { folder, .. }
            | Self::NotFiacre { folder, .. }
            | Self::Empty { folder }
            | Self::Newer { folder, .. }
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
    pub(crate) fn from_io(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { folder, source }
            }
            kind if is_full(kind) => Self::NoSpace { folder, source },
            _ => Self::Io { folder, source },
        }
    }

    /// Sorts what the storage engine said.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the other's kinds grow, and each has its meaning here"
    )]
    pub(crate) fn from_engine(folder: &Path, error: fjall::Error) -> Self {
        match error {
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source))
                if source.kind() != io::ErrorKind::UnexpectedEof =>
            {
                Self::from_io(folder, source)
            }
            fjall::Error::Locked => Self::InUse {
                folder: folder.to_owned(),
                process: None,
            },
            other => Self::Damaged {
                folder: folder.to_owned(),
                what: "the storage engine cannot read its files".to_owned(),
                source: Some(Box::new(other)),
            },
        }
    }

    /// Sorts why what is kept in memory could not be read.
    pub(crate) fn from_read(folder: &Path, error: ReadError) -> Self {
        match error {
            ReadError::Engine(error) => Self::from_engine(folder, error),
            ReadError::Malformed(error) => Self::damaged(folder, error.to_string()),
            ReadError::Stored(error) => Self::damaged(folder, error.to_string()),
            ReadError::Gap => Self::damaged(folder, "a commit is missing"),
            ReadError::Foreign => Self::damaged(folder, "bytes that are no message"),
        }
    }

    pub(crate) fn damaged(folder: &Path, what: impl Into<String>) -> Self {
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
            Self::NotFiacre { found, .. } => write!(
                f,
                "it holds files that are not Fiacre's ({found}); name an empty folder, or one that Fiacre made"
            ),
            Self::Empty { .. } => f.write_str("there is no database in it; name a folder that Fiacre made"),
            Self::Newer { found, known, .. } => write!(
                f,
                "a newer release wrote it (format {found}, this one reads up to {known}); use that release"
            ),
            Self::Damaged { what, .. } => write!(f, "it is damaged: {what}; restore it from a backup"),
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
            Self::InUse { .. } | Self::NotFiacre { .. } | Self::Empty { .. } | Self::Newer { .. } => None,
            Self::Damaged { source, .. } => source.as_ref().map(|source| &**source as &(dyn Error + 'static)),
            Self::ReadOnly { source, .. } | Self::NoSpace { source, .. } | Self::Io { source, .. } => {
                Some(source)
            }
        }
    }
}

/// Why nothing more is written to a folder, and what to do about it.
#[derive(Debug, Clone)]
pub struct WriteError {
    folder: PathBuf,
    is_full: bool,
    why: Arc<str>,
}

impl WriteError {
    pub(crate) fn new(folder: &Path, error: &fjall::Error) -> Self {
        let is_full =
            if let fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) = error {
                is_full(source.kind())
            } else {
                false
            };
        Self {
            folder: folder.to_owned(),
            is_full,
            why: error.to_string().into(),
        }
    }

    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        if self.is_full {
            "store_no_space"
        } else {
            "store_io"
        }
    }

    /// What the storage engine said.
    pub(crate) const fn why(&self) -> &Arc<str> {
        &self.why
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to write to {}: ", self.folder.display())?;
        if self.is_full {
            f.write_str("the disk is full; make room, then go on by `fiacre resume`")
        } else {
            write!(f, "{}; once that is mended, go on by `fiacre resume`", self.why)
        }
    }
}

impl Error for WriteError {}

const fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
