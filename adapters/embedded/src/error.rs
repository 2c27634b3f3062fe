//! Why a folder cannot be used.

use crate::tables::{ReadError, is_lost};
use fiacre_folder::{OpenError, is_full};
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sorts what the storage engine said.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other's kinds grow, and each has its meaning here"
)]
pub(crate) fn from_engine(folder: &Path, error: fjall::Error) -> OpenError {
    match error {
        fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source))
            if !is_lost(source.kind()) =>
        {
            OpenError::from_io(folder, source)
        }
        fjall::Error::Locked => OpenError::InUse {
            folder: folder.to_owned(),
            process: None,
        },
        other => OpenError::Damaged {
            folder: folder.to_owned(),
            what: "the storage engine cannot read its files under db".to_owned(),
            source: Some(Box::new(other)),
        },
    }
}

/// Sorts why what is kept in memory could not be read.
pub(crate) fn from_read(folder: &Path, error: ReadError) -> OpenError {
    match error {
        ReadError::Engine(error) => from_engine(folder, error),
        ReadError::Malformed(error) => OpenError::damaged(folder, error.to_string()),
        ReadError::Stored(error) => OpenError::damaged(folder, error.to_string()),
        ReadError::Gap => OpenError::damaged(folder, "a commit is missing"),
        error @ (ReadError::Foreign | ReadError::Archived { .. }) => {
            OpenError::damaged(folder, error.to_string())
        }
    }
}

/// Why nothing more is written to a folder, and what to do about it.
#[derive(Debug, Clone)]
pub struct WriteError {
    folder: PathBuf,
    is_full: bool,
    /// Whether it was the disk of what is written first that failed.
    is_elsewhere: bool,
    why: Arc<str>,
}

impl WriteError {
    pub(crate) fn new(folder: &Path, error: &fjall::Error) -> Self {
        let (is_full, why) =
            if let fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) = error {
                (is_full(source.kind()), source.to_string())
            } else {
                (false, error.to_string())
            };
        Self {
            folder: folder.to_owned(),
            is_full,
            is_elsewhere: false,
            why: why.into(),
        }
    }

    /// What had to be written elsewhere first could not be.
    pub(crate) fn before(folder: &Path, error: &(dyn Error + 'static)) -> Self {
        let (mut is_full_up, mut cause) = (false, Some(error));
        while let Some(error) = cause {
            let said = error.downcast_ref::<io::Error>();
            is_full_up |= said.is_some_and(|error| is_full(error.kind()));
            cause = error.source();
        }
        Self {
            folder: folder.to_owned(),
            is_full: is_full_up,
            is_elsewhere: true,
            why: error.to_string().into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
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
        if self.is_full && !self.is_elsewhere {
            f.write_str("the disk is full; make room, then go on by `fiacre resume`")
        } else {
            write!(f, "{}; once that is mended, go on by `fiacre resume`", self.why)
        }
    }
}

impl Error for WriteError {}
