//! The folder: whose it is, of which format, and who uses it now.

use crate::error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The newest format of the folder that this release reads, and the one that it writes.
pub(crate) const FORMAT: u32 = 1;

const LOCK: &str = "lock";
const DATABASE: &str = "db";
/// Where a database is made; it gets its name once it is whole.
const UNFINISHED: &str = "db.new";
/// In the database's folder: says that it is Fiacre's, and of which format.
const MARKER: &str = "fiacre";
const MARKER_LINE: &str = "Fiacre's embedded store, format ";
/// In the database's folder: the store's epoch, once it was restored from a backup.
const EPOCH: &str = "epoch";
const KEYSPACES: &str = "keyspaces";

/// A folder that this process alone uses, as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The operating system unlocks it when it is closed, however the process ends. None where the folder is only read and
    /// nobody ever locked it.
    _lock: Option<File>,
}

impl Folder {
    /// Takes a folder for this process; makes it where there is none.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::from_io(path, error);
        std::fs::create_dir_all(path).map_err(failed)?;
        if !path.join(DATABASE).is_dir() {
            refuse_foreign(path)?;
        }
        let lock = take_lock(path)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: Some(lock),
        })
    }

    /// Keeps processes that would write from a folder, which is only read and in which nothing is changed, and gives the
    /// database's own folder, checked.
    pub(crate) fn take_to_read(path: &Path) -> Result<(Self, PathBuf), OpenError> {
        let database = path.join(DATABASE);
        if !database.is_dir() {
            refuse_foreign(path)?;
            return Err(OpenError::Empty {
                folder: path.to_owned(),
            });
        }
        let folder = Self {
            path: path.to_owned(),
            _lock: share_lock(path)?,
        };
        folder.check(&database)?;
        Ok((folder, database))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a database.
    pub(crate) fn has_database(&self) -> bool {
        self.path.join(DATABASE).exists()
    }

    /// Notes the epoch of a database that is being made in `path`.
    pub(crate) fn write_epoch(path: &Path, epoch: u32) -> io::Result<()> {
        let mut file = File::create(path.join(EPOCH))?;
        writeln!(file, "{epoch}")?;
        file.sync_all()
    }

    /// The epoch of the database in `path`: 0 for one that was never restored.
    pub(crate) fn epoch(&self, path: &Path) -> Result<u32, OpenError> {
        match std::fs::read_to_string(path.join(EPOCH)) {
            Ok(epoch) => {
                let number = epoch.trim_end().parse();
                number.map_err(|_| {
                    OpenError::damaged(&self.path, format!("{DATABASE}/{EPOCH} holds no number"))
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(OpenError::from_io(&self.path, error)),
        }
    }

    /// The database's own folder, checked; `make` makes one where there is none, which is there whole or not at all.
    pub(crate) fn database(
        &self,
        make: impl FnOnce(&Path) -> Result<(), OpenError>,
    ) -> Result<PathBuf, OpenError> {
        let failed = |error| OpenError::from_io(&self.path, error);
        let (database, unfinished) = (self.path.join(DATABASE), self.path.join(UNFINISHED));
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(failed)?;
        }
        if !database.exists() {
            make(&unfinished)?;
            self.finish(&unfinished, &database).map_err(failed)?;
        }
        self.check(&database)?;
        Ok(database)
    }

    fn finish(&self, unfinished: &Path, database: &Path) -> io::Result<()> {
        let mut marker = File::create_new(unfinished.join(MARKER))?;
        writeln!(marker, "{MARKER_LINE}{FORMAT}")?;
        marker.sync_all()?;
        File::open(unfinished)?.sync_all()?;
        std::fs::rename(unfinished, database)?;
        File::open(&self.path)?.sync_all()
    }

    /// Whether a database of this or an older release stands there, and nothing that the engine would stumble over.
    fn check(&self, database: &Path) -> Result<(), OpenError> {
        let failed = |error| OpenError::from_io(&self.path, error);
        let marker = match std::fs::read_to_string(database.join(MARKER)) {
            Ok(marker) => marker,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::NotFiacre {
                    folder: self.path.clone(),
                    found: DATABASE.to_owned(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let format = marker
            .strip_prefix(MARKER_LINE)
            .and_then(|format| format.trim_end().parse().ok());
        match format {
            Some(FORMAT) => {}
            Some(found) if found > FORMAT => {
                return Err(OpenError::Newer {
                    folder: self.path.clone(),
                    found,
                    known: FORMAT,
                });
            }
            _ => {
                let what = format!("{DATABASE}/{MARKER} does not say which format it is");
                return Err(OpenError::damaged(&self.path, what));
            }
        }
        let keyspaces = std::fs::read_dir(database.join(KEYSPACES)).map_err(failed)?;
        for entry in keyspaces {
            let name = entry.map_err(failed)?.file_name();
            if name.to_str().is_none_or(|name| name.parse::<u64>().is_err()) {
                let what = format!("{DATABASE}/{KEYSPACES}/{} is not of the engine", name.display());
                return Err(OpenError::damaged(&self.path, what));
            }
        }
        Ok(())
    }
}

/// A folder that is to become a store holds nothing yet, but for what a first start left that was cut short.
fn refuse_foreign(folder: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::from_io(folder, error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name != LOCK && name != UNFINISHED {
            return Err(OpenError::NotFiacre {
                folder: folder.to_owned(),
                found: name.display().to_string(),
            });
        }
    }
    Ok(())
}

/// Readers share the lock; where no process ever was, there is none.
fn share_lock(folder: &Path) -> Result<Option<File>, OpenError> {
    let failed = |error| OpenError::from_io(folder, error);
    let lock = match File::open(folder.join(LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(in_use(folder, lock)),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn in_use(folder: &Path, mut lock: File) -> OpenError {
    let mut holder = String::new();
    // Only to name it: whoever holds the lock may be writing it just now.
    let _read = lock.read_to_string(&mut holder);
    OpenError::InUse {
        folder: folder.to_owned(),
        process: holder.trim().parse().ok(),
    }
}

fn take_lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |error| OpenError::from_io(folder, error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut lock = options.open(folder.join(LOCK)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        // Who shares it reads, and has not said who it is: the file still names the last one who wrote.
        Err(TryLockError::WouldBlock) if lock.try_lock_shared().is_ok() => {
            return Err(OpenError::InUse {
                folder: folder.to_owned(),
                process: None,
            });
        }
        Err(TryLockError::WouldBlock) => return Err(in_use(folder, lock)),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    lock.set_len(0).map_err(failed)?;
    writeln!(lock, "{}", std::process::id()).map_err(failed)?;
    Ok(lock)
}
