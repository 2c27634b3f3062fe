//! Where on disk a run is kept: what it knows in one folder, and the keys of riders and places in another.

use super::KeepError;
use crate::run::Beginning;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::pricing::Tariff;
use fiacre_embedded::{Database, OpenError, Options};
use fiacre_vault::{FolderVault, VaultError};
use std::path::{Component, Path, PathBuf};
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
    /// In the folder `data`, with the keys in the folder of the same name with `.vault` beside it. Where `data` is a link, that is beside
    /// the folder which it leads to: whoever comes by another name finds the same keys.
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
        let data = real(&self.data);
        if let Some(vault) = self.vault.as_ref().filter(|vault| real(vault).starts_with(&data)) {
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
        match FolderVault::open_made(folder) {
            Ok(vault) if vault.identity() == Some(identity) => self.open(sealed(options, vault.grouped())),
            Ok(_) => Err(KeepError::OtherVault(folder.clone())),
            Err(error) => {
                // What is wrong with the folder is said first: whoever uses it uses its vault as well.
                self.open(options)?;
                if let VaultError::Folder(OpenError::Absent { folder }) = error {
                    return Err(KeepError::NoVault(folder));
                }
                Err(error.into())
            }
        }
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

/// Where a path leads: links are followed, and `..` is left, as far as there is anything.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut real = PathBuf::new();
    for component in absolute.components() {
        if component == Component::ParentDir {
            real.pop();
        } else {
            real.push(component);
            real = std::fs::canonicalize(&real).unwrap_or(real);
        }
    }
    real
}

/// `DIR.vault`, next to `DIR`.
fn beside(data: &Path) -> PathBuf {
    // A slash at its end would hide that it is a link.
    let named: PathBuf = data.components().collect();
    let real = if named.file_name().is_none() || named.is_symlink() {
        // `.` and the like have a name of their own where they are, and a link where it leads to.
        real(&named)
    } else {
        named
    };
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(".vault");
    real.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::pricing::Tariff;
    use std::fs;

    fn tariff() -> Arc<Tariff> {
        Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn the_vault_lies_beside_the_folder_and_not_beside_a_link_to_it() {
        let place = tempfile::tempdir().unwrap();
        let place = fs::canonicalize(place.path()).unwrap();
        let path = |name: &str| place.join(name);
        fs::create_dir_all(path("disk/friday")).unwrap();
        std::os::unix::fs::symlink(path("disk/friday"), path("now")).unwrap();
        std::os::unix::fs::symlink(path("now"), path("latest")).unwrap();
        std::os::unix::fs::symlink(path("disk"), path("mounted")).unwrap();
        for (data, vault) in [
            ("disk/friday", "disk/friday.vault"),
            ("now", "disk/friday.vault"),
            ("now/", "disk/friday.vault"),
            ("latest", "disk/friday.vault"),
            // Beside it by either name.
            ("mounted/friday", "mounted/friday.vault"),
            ("nowhere", "nowhere.vault"),
        ] {
            assert_eq!(Folders::new(path(data)).vault(), Some(&*path(vault)), "{data}");
        }
    }

    /// However it is spelt, and through whichever link: a vault within the folder is in each copy of it.
    #[cfg(unix)]
    #[test]
    fn a_vault_within_the_folder_is_found_by_where_it_leads() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::create_dir(path("data")).unwrap();
        std::os::unix::fs::symlink(path("data"), path("link")).unwrap();
        let away = std::path::absolute(".").unwrap();
        let up: PathBuf = away.components().skip(1).map(|_| "..").collect();
        let relative = up.join(path("data/keys").strip_prefix("/").unwrap());
        for (data, vault) in [
            (path("data"), path("data")),
            (path("data"), path("data/not/there/yet")),
            (path("data"), path("link/keys")),
            (path("link"), path("data/keys")),
            (path("data"), path("elsewhere/../data/keys")),
            (path("data/../data"), path("data/keys")),
            (path("data"), relative),
        ] {
            let refused = Folders::new(&data)
                .with_vault(&vault)
                .begin(&tariff())
                .unwrap_err();
            assert!(
                matches!(&refused, KeepError::VaultWithin(named) if *named == vault),
                "{} in {}: {refused}",
                vault.display(),
                data.display()
            );
            assert_eq!(fs::read_dir(path("data")).unwrap().count(), 0);
        }
        // A name that only begins alike is another folder, and so is one that leads out again.
        for vault in [path("data.vault"), path("data/../keys")] {
            let (_, identity) = Folders::new(path("data"))
                .with_vault(&vault)
                .begin(&tariff())
                .unwrap();
            assert!(identity.is_some());
        }
    }
}
