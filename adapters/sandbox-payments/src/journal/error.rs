//! Why a company's records cannot be opened.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a company's records could not be opened, and what to do about it.
#[derive(Debug)]
pub enum OpenError {
    /// The folder cannot be used.
    Folder(fiacre_folder::OpenError),
    /// The company that is there was founded with another seed.
    OtherCompany {
        /// The folder.
        folder: PathBuf,
        /// Its seed.
        seed: u64,
    },
}

impl OpenError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::OtherCompany { .. } => "sandbox_other_company",
        }
    }

    /// The folder that could not be opened.
    pub fn folder(&self) -> &Path {
        match self {
            Self::Folder(error) => error.folder(),
            Self::OtherCompany { folder, .. } => folder,
        }
    }
}

impl From<fiacre_folder::OpenError> for OpenError {
    fn from(error: fiacre_folder::OpenError) -> Self {
        Self::Folder(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => write!(f, "{error}"),
            Self::OtherCompany { folder, seed } => write!(
                f,
                "failed to open {}: the payment company there was founded with the seed {seed}; give that one, or name \
                 another folder",
                folder.display()
            ),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Folder(error) => error.source(),
            Self::OtherCompany { .. } => None,
        }
    }
}
