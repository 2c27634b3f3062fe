//! Where the keys of riders and places lie.

use crate::failure::Failure;
use clap::Args;
use fiacre_city::keep::{Folders, KeepError};
use fiacre_city::run::CityError;
use fiacre_domain::id::TripId;
use fiacre_ports::SealingKey;
use fiacre_vault::{Said, VaultAtRest};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct VaultArguments {
    /// The folder of the keys that riders and places are sealed with [default: DIR.vault, next to the folder DIR of --data; where that is a link, next to the folder that it leads to]
    #[arg(long, value_name = "DIR")]
    vault: Option<PathBuf>,
}

/// What may be read of a trip's rider and places, where they were sealed.
#[derive(Debug)]
pub(crate) enum Privacy {
    /// All of it, with this key.
    Open(SealingKey),
    /// Nothing: there is no key for it here.
    Sealed,
    /// Nothing any more.
    Forgotten,
}

impl Privacy {
    /// The key, if there is one.
    pub(crate) const fn key(&self) -> Option<&SealingKey> {
        match self {
            Self::Open(key) => Some(key),
            Self::Sealed | Self::Forgotten => None,
        }
    }

    /// As answers call it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Sealed => "sealed",
            Self::Forgotten => "forgotten",
        }
    }
}

impl VaultArguments {
    /// The folder that was named, if one was.
    pub(crate) fn named(&self) -> Option<&Path> {
        self.vault.as_deref()
    }

    /// The folders of a run whose data lie in `data`.
    pub(crate) fn folders(&self, data: &Path) -> Folders {
        let folders = Folders::new(data);
        match &self.vault {
            Some(vault) => folders.with_vault(vault),
            None => folders,
        }
    }

    /// What the vault of a run says of a trip; what is sealed stays so where there is no vault, and none was named.
    pub(crate) fn ask(&self, data: &Path, trip: TripId) -> Result<Privacy, Failure> {
        let folders = self.folders(data);
        let vault = folders.vault().unwrap_or(data);
        if !self.is_named() && !vault.is_dir() {
            return Ok(Privacy::Sealed);
        }
        let vault = VaultAtRest::open(vault)
            .map_err(|error| Failure::City(CityError::Keep(KeepError::from(error))))?;
        Ok(match vault.ask(trip) {
            Said::Key(key) => Privacy::Open(key),
            Said::Forgotten => Privacy::Forgotten,
            Said::Nothing => Privacy::Sealed,
        })
    }

    /// Whether a folder was named.
    pub(crate) const fn is_named(&self) -> bool {
        self.vault.is_some()
    }
}
