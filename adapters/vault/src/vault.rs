//! The port.

use crate::error::VaultError;
use crate::file::VaultFile;
use crate::keys::Keys;
use async_trait::async_trait;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{Binding, KeyVault, PortError, PortErrorKind, SealingKey};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A vault in a folder. Clones are the same vault; the folder is free again once all of them are gone.
#[derive(Debug, Clone)]
pub struct FolderVault(Arc<Mutex<Vault>>);

#[derive(Debug)]
struct Vault {
    file: VaultFile,
    keys: Keys,
}

impl FolderVault {
    /// Opens the vault of `folder`, which is made where there is none.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, VaultError> {
        let (file, entries) = VaultFile::open(folder.as_ref())?;
        let mut keys = Keys::default();
        for (place, slot) in (0..).zip(entries) {
            keys.take(place, slot);
        }
        Ok(Self(Arc::new(Mutex::new(Vault { file, keys }))))
    }

    fn vault(&self) -> MutexGuard<'_, Vault> {
        // Whoever panicked changed the file last, if at all: what is known here is behind it at most.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault {
    fn bind(&mut self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, VaultError> {
        let added = self.keys.added(bindings, random)?;
        if !added.is_empty() {
            let first = self.file.append(&added)?;
            for (place, slot) in (first..).zip(added) {
                self.keys.take(place, slot);
            }
        }
        let keys = bindings
            .iter()
            .map(|binding| self.keys.key(binding.trip).cloned());
        Ok(keys.collect())
    }

    fn forget(&mut self, subject: PrincipalId) -> Result<Option<Fingerprint>, VaultError> {
        if let Some(steps) = self.keys.forgetting(subject) {
            for step in steps {
                self.file.overwrite(&step)?;
            }
            self.keys.forget(subject);
        }
        Ok(self.keys.erased(subject))
    }
}

/// 32 bytes that nobody can guess.
fn random() -> Result<[u8; 32], VaultError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

/// A write that failed may still have been done: it is asked again, or read back once the vault is opened again.
fn failed(doing: &'static str) -> impl FnOnce(VaultError) -> PortError {
    move |error| {
        let kind = match error {
            VaultError::Io { .. } => PortErrorKind::OutcomeUnknown,
            // It was opened: nothing of the folder goes wrong any more.
            VaultError::Unsure | VaultError::NoRandomness | VaultError::Folder(_) => {
                PortErrorKind::Unavailable
            }
            VaultError::Headless | VaultError::Damaged { .. } => PortErrorKind::Damaged,
        };
        PortError::new(kind, doing).with_source(error)
    }
}

#[async_trait]
impl KeyVault for FolderVault {
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        self.vault()
            .bind(bindings)
            .map_err(failed("bind trips to their riders"))
    }

    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let vault = self.vault();
        Ok(trips.iter().map(|trip| vault.keys.key(*trip).cloned()).collect())
    }

    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        self.vault().forget(subject).map_err(failed("forget a person"))
    }
}
