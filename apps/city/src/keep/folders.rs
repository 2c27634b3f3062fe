//! Where on disk a run is kept: what it knows in one folder, and the keys of riders and places in another.

use super::KeepError;
use crate::run::Beginning;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::Tariff;
use fiacre_embedded::{Database, Options};
use fiacre_vault::FolderVault;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a run is kept on disk.
///
/// ```
/// use fiacre_city::keep::Folders;
/// use std::path::Path;
///
/// let folders = Folders::new("runs/friday");
/// assert_eq!(folders.vault(), Some(Path::new("runs/friday.vault")));
/// assert_eq!(folders.with_vault("keys").vault(), Some(Path::new("keys")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    data: PathBuf,
    vault: Option<PathBuf>,
}

impl Folders {
    /// In the folder `data`, with the keys in the folder of the same name with `.vault` beside it.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        let vault = Some(beside(&data));
        Self { data, vault }
    }

    /// With the keys elsewhere: on another disk, say, so that no copy of the one holds the other.
    #[must_use]
    pub fn with_vault(self, vault: impl Into<PathBuf>) -> Self {
        Self {
            vault: Some(vault.into()),
            ..self
        }
    }

    /// Without keys: a run that begins so is kept in the clear, and one that was sealed goes on as if every rider were forgotten.
    #[must_use]
    pub fn without_vault(self) -> Self {
        Self { vault: None, ..self }
    }

    /// The folder of what the run knows.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of the keys, if there are any.
    pub fn vault(&self) -> Option<&Path> {
        self.vault.as_deref()
    }

    /// Opens it for a new run, and makes what is not there; gives also what the vault is known by.
    pub(crate) fn begin(&self, tariff: &Arc<Tariff>) -> Result<(Database, Option<Fingerprint>), KeepError> {
        if let Some(vault) = self.vault.as_ref().filter(|vault| vault.starts_with(&self.data)) {
            return Err(KeepError::VaultWithin(vault.clone()));
        }
        // Looked at before keys are made for it.
        if !self.open(Options::default())?.is_empty()? {
            return Err(KeepError::OtherRun(self.data.clone()));
        }
        let options = Options::default().with_tariffs([Arc::clone(tariff)]);
        let Some(folder) = &self.vault else {
            return Ok((self.open(options)?, None));
        };
        let vault = FolderVault::open(folder)?.grouped();
        if vault.trips() > 0 {
            return Err(KeepError::UsedVault(folder.clone()));
        }
        let identity = vault.identify()?;
        vault.sync()?;
        Ok((self.open(sealed(options, vault))?, Some(identity)))
    }

    /// Opens it for whoever goes on with a run that began so.
    pub(crate) fn reopen(&self, beginning: &Beginning) -> Result<Database, KeepError> {
        let options = Options::default().with_tariffs([Arc::clone(&beginning.tariff)]);
        let (Some(folder), Some(identity)) = (&self.vault, beginning.vault) else {
            return self.open(options);
        };
        let vault = FolderVault::open_made(folder)?.grouped();
        if vault.identity() != Some(identity) {
            return Err(KeepError::OtherVault(folder.clone()));
        }
        self.open(sealed(options, vault))
    }

    /// Opens a folder in which no run was begun; gives whether that is all that can be said of it.
    pub(crate) fn is_empty(&self) -> Result<bool, KeepError> {
        if self.data.is_dir() {
            Ok(self.open(Options::default())?.is_empty()?)
        } else {
            Err(KeepError::NoRun(self.data.clone()))
        }
    }

    fn open(&self, options: Options) -> Result<Database, KeepError> {
        Ok(Database::open_with(&self.data, options)?)
    }
}

/// Sealed with the keys of a vault, whose disk has each before anything is written under it.
fn sealed(options: Options, vault: FolderVault) -> Options {
    let keys = Arc::new(vault.clone());
    options.with_vault(keys).with_first(move || vault.sync())
}

/// `DIR.vault`, next to `DIR`.
fn beside(data: &Path) -> PathBuf {
    let real = match data.file_name() {
        Some(_) => data.to_owned(),
        // `.` and the like have a name of their own where they are.
        None => std::fs::canonicalize(data).unwrap_or_else(|_| data.to_owned()),
    };
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(".vault");
    real.with_file_name(name)
}
