//! The port.

use crate::error::VaultError;
use crate::file::{self, VaultFile};
use crate::keys::{Keys, Known};
use crate::slot::Slot;
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
    /// Whether who writes under a key syncs first, for many at once.
    is_grouped: bool,
}

/// What a vault says of a trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// What its personal data is sealed with.
    Key(SealingKey),
    /// It was forgotten.
    Forgotten,
    /// It was never bound here.
    Nothing,
}

/// The keys of a vault that is only read, as they were when it was: nothing in its folder is changed, and another process may use
/// it.
#[derive(Debug)]
pub struct VaultAtRest(Keys);

impl VaultAtRest {
    /// Reads the vault of `folder`, which must be there.
    ///
    /// # Errors
    /// [`OpenError::Absent`](fiacre_folder::OpenError::Absent) where there is none, else as [`FolderVault::open`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, VaultError> {
        Ok(Self(Keys::of(file::read(folder.as_ref())?)))
    }

    /// What the vault is known by; see [`FolderVault::identity`].
    pub fn identity(&self) -> Option<Fingerprint> {
        self.0.secret(IDENTITY.rider)
    }

    /// What it says of a trip.
    pub fn ask(&self, trip: TripId) -> Said {
        match self.0.known(trip) {
            Some(Known::Key(key)) => Said::Key(key.clone()),
            Some(Known::Forgotten) => Said::Forgotten,
            None => Said::Nothing,
        }
    }
}

/// Bound in a vault that is identified: no trip, and nobody.
const IDENTITY: Binding = Binding {
    trip: TripId::from_u128(0),
    rider: PrincipalId::from_u128(0),
};

impl FolderVault {
    /// Opens the vault of `folder`, which is made where there is none.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, VaultError> {
        Ok(Self::of(VaultFile::open_or_make(folder.as_ref())?))
    }

    /// Opens the vault of `folder`, which must be there.
    ///
    /// # Errors
    /// [`OpenError::Absent`](fiacre_folder::OpenError::Absent) where there is none, else as [`open`](Self::open).
    pub fn open_made(folder: impl AsRef<Path>) -> Result<Self, VaultError> {
        Ok(Self::of(VaultFile::open_made(folder.as_ref())?))
    }

    fn of((file, entries): (VaultFile, Vec<Slot>)) -> Self {
        let vault = Vault {
            file,
            keys: Keys::of(entries),
            is_grouped: false,
        };
        Self(Arc::new(Mutex::new(vault)))
    }

    /// Gives new keys at once: the disk has them after the next [`sync`](Self::sync), which whoever writes under a key must
    /// await first. So one sync does for all keys of a group, and for all clones of this vault. What was bound without it may be
    /// gone after a crash, and then nothing was sealed with it.
    #[must_use]
    pub fn grouped(self) -> Self {
        self.vault().is_grouped = true;
        self
    }

    /// Waits until the disk has every key that was given; at once where it has.
    ///
    /// # Errors
    /// [`VaultError::Io`] where it cannot be said what the disk has, also because an earlier write failed.
    pub fn sync(&self) -> Result<(), VaultError> {
        self.vault().file.sync()
    }

    /// What this vault alone is known by, once it was [identified](Self::identify): so that nobody takes another vault for it, and
    /// every rider for forgotten.
    pub fn identity(&self) -> Option<Fingerprint> {
        self.vault().keys.secret(IDENTITY.rider)
    }

    /// The same; an identity is made where there is none.
    ///
    /// # Errors
    /// Where none can be made or written.
    pub fn identify(&self) -> Result<Fingerprint, VaultError> {
        let mut vault = self.vault();
        vault.bind(&[IDENTITY])?;
        vault.keys.secret(IDENTITY.rider).ok_or(VaultError::Headless)
    }

    /// How many trips it has bound, those among them that were forgotten.
    pub fn trips(&self) -> usize {
        let vault = self.vault();
        let identity = usize::from(vault.keys.known(IDENTITY.trip).is_some());
        vault.keys.trips().saturating_sub(identity)
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
        if !self.is_grouped {
            self.file.sync()?;
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
            VaultError::Unsure(_) | VaultError::NoRandomness | VaultError::Folder(_) => {
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
