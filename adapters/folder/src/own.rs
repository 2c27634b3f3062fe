//! The folder: whose it is, and who uses it now.

use crate::disk;
use crate::error::OpenError;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
/// Behind the name of what is being made.
const UNFINISHED: &str = ".new";

/// A folder that this process alone uses, or alone with others that only read it, as long as this lives.
///
/// It is there for one file or folder in it, which it is named with: the database, the journal. Others' files may come to
/// lie beside that, but where it is missing nothing else may be there.
#[derive(Debug)]
pub struct OwnFolder {
    path: PathBuf,
    held: &'static str,
    /// The operating system unlocks it when it is closed, however the process ends. None where the folder is only read and
    /// nobody ever locked it.
    _lock: Option<File>,
}

impl OwnFolder {
    /// Takes the folder at `path`, which is there for `held`; makes the folder where there is none, and those that
    /// it lies in, with names that a loss of power leaves.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while another process uses it, [`OpenError::Foreign`] where it holds other files and not `held`;
    /// else what the operating system says.
    pub fn take(path: &Path, held: &'static str) -> Result<Self, OpenError> {
        let failed = |error| OpenError::from_io(path, error);
        disk::make_folders(path).map_err(failed)?;
        if !path.join(held).exists() {
            refuse_foreign(path, held, &[])?;
        }
        Ok(Self {
            path: path.to_owned(),
            held,
            _lock: Some(take_lock(path)?),
        })
    }

    /// As [`take`](Self::take), of a folder in which `held` is made with files beside it, by these names: such files are removed
    /// where a [`whole`](Self::whole) was cut short after they were made, so that it can be begun anew.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_to_make(path: &Path, held: &'static str, beside: &[&str]) -> Result<Self, OpenError> {
        let failed = |error| OpenError::from_io(path, error);
        disk::make_folders(path).map_err(failed)?;
        if path.join(held).exists() || !path.join(Self::unfinished(held)).exists() {
            return Self::take(path, held);
        }
        refuse_foreign(path, held, beside)?;
        let folder = Self {
            path: path.to_owned(),
            held,
            _lock: Some(take_lock(path)?),
        };
        folder.clear(beside).map_err(failed)?;
        Ok(folder)
    }

    /// Removes what came beside before a making was cut short. Where what they came beside is there by now, another process has
    /// completed it before this one had the lock, and they belong to it.
    fn clear(&self, beside: &[&str]) -> io::Result<()> {
        if self.held().exists() {
            return Ok(());
        }
        for name in beside {
            remove(&self.path.join(name))?;
            remove(&self.path.join(Self::unfinished(name)))?;
        }
        disk::sync_folder(&self.path)
    }

    /// What something that is being made is called until it is whole.
    pub fn unfinished(name: &str) -> String {
        format!("{name}{UNFINISHED}")
    }

    /// As [`take`](Self::take), but of a folder in which `held` must be there.
    ///
    /// # Errors
    /// [`OpenError::Absent`] where it is not; else as [`take`](Self::take).
    pub fn take_existing(path: &Path, held: &'static str) -> Result<Self, OpenError> {
        if path.join(held).exists() {
            Self::take(path, held)
        } else {
            let folder = path.to_owned();
            Err(OpenError::Absent { folder })
        }
    }

    /// Keeps processes that would write from a folder, which is only read and in which nothing is changed. Others may read it
    /// at the same time. Where a first start was cut short, `held` is [not there](Self::is_whole).
    ///
    /// # Errors
    /// [`OpenError::InUse`] while a process may write to it; where `held` is not there [`OpenError::Foreign`] if others' files are,
    /// [`OpenError::Absent`] if nobody ever began to make it; else what the operating system says.
    pub fn take_to_read(path: &Path, held: &'static str) -> Result<Self, OpenError> {
        if !path.join(held).exists() {
            refuse_foreign(path, held, &[])?;
            // A lock alone says no more than that a process was there: `held` may have been taken away since.
            if !path.join(Self::unfinished(held)).exists() {
                let folder = path.to_owned();
                return Err(OpenError::Absent { folder });
            }
        }
        Ok(Self {
            path: path.to_owned(),
            held,
            _lock: share_lock(path)?,
        })
    }

    /// Whether the folder at `path` is, or was, one that a process uses for itself: others have no business in it.
    pub fn is_one(path: &Path) -> bool {
        path.join(LOCK).is_file()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where that which it is there for is, or will be.
    pub fn held(&self) -> PathBuf {
        self.path.join(self.held)
    }

    /// Whether that which it is there for is.
    pub fn is_whole(&self) -> bool {
        self.held().exists()
    }

    /// Where that which it is there for is. Where it is not there yet, `make` makes it at the path that it is given; once the
    /// disk has it, it gets its name, so that it is there whole or not at all. Of a folder `make` syncs the files, and this
    /// their names. What an earlier start left unfinished is removed first.
    ///
    /// # Errors
    /// Those of `make`, and what the operating system says.
    pub fn whole<E: From<OpenError>>(&self, make: impl FnOnce(&Path) -> Result<(), E>) -> Result<PathBuf, E> {
        let failed = |error| E::from(OpenError::from_io(&self.path, error));
        let (held, unfinished) = (self.held(), self.path.join(Self::unfinished(self.held)));
        remove(&unfinished).map_err(failed)?;
        if held.exists() {
            // Who gave it its name may have been killed before the disk had that.
            disk::sync_folder(&self.path).map_err(failed)?;
        } else {
            make(&unfinished)?;
            sync(&unfinished).map_err(failed)?;
            disk::rename(&unfinished, &held).map_err(failed)?;
        }
        Ok(held)
    }
}

fn sync(made: &Path) -> io::Result<()> {
    if made.is_dir() {
        disk::sync_folder(made)
    } else {
        disk::sync_file(&File::open(made)?, made)
    }
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else if path.exists() {
        std::fs::remove_file(path)
    } else {
        Ok(())
    }
}

/// A folder that is still to be begun holds nothing yet, but for what a first start left that was cut short: some of `held`, and of
/// what comes `beside` it.
fn refuse_foreign(folder: &Path, held: &str, beside: &[&str]) -> Result<(), OpenError> {
    let failed = |error| OpenError::from_io(folder, error);
    let is_left = |found: &OsStr| {
        let mut names = beside.iter();
        found == LOCK
            || found == &*OwnFolder::unfinished(held)
            || names.any(|name| found == *name || found == &*OwnFolder::unfinished(name))
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if !is_left(&name) {
            return Err(OpenError::Foreign {
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

fn in_use(folder: &Path, mut lock: File) -> OpenError {
    let mut holder = String::new();
    // Only to name it: whoever holds the lock may be writing it just now.
    let _read = lock.read_to_string(&mut holder);
    OpenError::InUse {
        folder: folder.to_owned(),
        process: holder.trim().parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::OwnFolder;
    use std::fs;

    /// Of two that make the same, the second looks before the first is done, and gets the lock after.
    #[test]
    fn what_came_beside_is_removed_only_where_it_came_beside_nothing() {
        let place = tempfile::tempdir().unwrap();
        let beside = place.path().join("run.json");
        let unfinished = place.path().join("db.new");
        fs::write(&beside, "{}").unwrap();
        fs::write(&unfinished, "ha").unwrap();
        let second = OwnFolder::take_to_make(place.path(), "db", &["run.json"]).unwrap();
        assert!(!beside.exists());

        fs::write(&beside, "{}").unwrap();
        fs::rename(&unfinished, second.held()).unwrap();
        second.clear(&["run.json"]).unwrap();
        assert_eq!(fs::read_to_string(&beside).unwrap(), "{}");
    }
}
