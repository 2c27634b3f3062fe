//! The folder: whose it is, and who uses it now.

use super::error::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const JOURNAL: &str = "journal";
/// Where a journal is begun; it gets its name once it says whose it is.
const UNFINISHED: &str = "journal.new";

/// A folder that this process alone uses, as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The operating system unlocks it when it is closed, however the process ends.
    _lock: File,
}

/// Whether a company's journal is there.
pub(super) fn has_journal(path: &Path) -> bool {
    path.join(JOURNAL).is_file()
}

impl Folder {
    /// Takes a folder for this process; makes it where there is none.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::from_io(path, error);
        std::fs::create_dir_all(path).map_err(failed)?;
        if !has_journal(path) {
            refuse_foreign(path)?;
        }
        let lock = take_lock(path)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(super) fn failed(&self, error: io::Error) -> OpenError {
        OpenError::from_io(&self.path, error)
    }

    pub(super) fn damaged(&self, at_byte: u64, what: &'static str) -> OpenError {
        OpenError::Damaged {
            folder: self.path.clone(),
            at_byte,
            what,
        }
    }

    pub(super) fn newer(&self, found: u32, known: u32) -> OpenError {
        OpenError::Newer {
            folder: self.path.clone(),
            found,
            known,
        }
    }

    pub(super) fn foreign(&self) -> OpenError {
        OpenError::NotFiacre {
            folder: self.path.clone(),
            found: JOURNAL.to_owned(),
        }
    }

    pub(super) fn other_company(&self, seed: u64) -> OpenError {
        OpenError::OtherCompany {
            folder: self.path.clone(),
            seed,
        }
    }

    /// The journal; one that begins with `beginning` where there is none, which is there whole or not at all.
    pub(super) fn journal(&self, beginning: &[u8]) -> io::Result<File> {
        let (journal, unfinished) = (self.path.join(JOURNAL), self.path.join(UNFINISHED));
        if unfinished.exists() {
            std::fs::remove_file(&unfinished)?;
        }
        if !journal.exists() {
            let mut begun = File::create_new(&unfinished)?;
            begun.write_all(beginning)?;
            begun.sync_all()?;
            std::fs::rename(&unfinished, &journal)?;
            File::open(&self.path)?.sync_all()?;
        }
        OpenOptions::new().read(true).write(true).open(journal)
    }
}

/// A folder that is to become a company's holds nothing yet, but for what a first start left that was cut short.
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

fn take_lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |error| OpenError::from_io(folder, error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut lock = options.open(folder.join(LOCK)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only to name it: whoever holds the lock may be writing it just now.
            let _read = lock.read_to_string(&mut holder);
            return Err(OpenError::InUse {
                folder: folder.to_owned(),
                process: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    lock.set_len(0).map_err(failed)?;
    writeln!(lock, "{}", std::process::id()).map_err(failed)?;
    Ok(lock)
}
