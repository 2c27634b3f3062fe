//! Folders to work in for a while, of which a kill leaves nothing for long.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// How the names of such folders begin.
const PREFIX: &str = "fiacre-scratch-";
/// Held as long as the process that made the folder works in it.
const LOCK: &str = "lock";
/// The same, until it is held: who finds the other's name finds it held, or nobody there any more.
const LOCK_NEW: &str = "lock.new";
const WORK: &str = "work";

/// A folder for this process to work in, gone once this is dropped. What a process that was killed has left is removed by whoever makes
/// the next one, in the same place and as the same user.
///
/// ```
/// use fiacre_folder::ScratchFolder;
/// let scratch = ScratchFolder::make()?;
/// let draft = scratch.path().join("draft");
/// std::fs::write(&draft, "dear")?;
/// drop(scratch);
/// assert!(!draft.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ScratchFolder {
    folder: PathBuf,
    work: PathBuf,
    /// The operating system unlocks it however the process ends.
    _lock: File,
}

impl ScratchFolder {
    /// Makes one among the system's temporary files, which nobody else may read.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn make() -> io::Result<Self> {
        Self::make_in(&std::env::temp_dir())
    }

    /// As [`make`](Self::make), in a folder that is there.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn make_in(place: &Path) -> io::Result<Self> {
        let folder = vacant(place)?;
        let (new, held) = (folder.join(LOCK_NEW), folder.join(LOCK));
        let made = || {
            let lock = File::create_new(&new)?;
            lock.lock()?;
            fs::rename(&new, &held)?;
            let work = folder.join(WORK);
            fs::create_dir(&work)?;
            Ok((lock, work))
        };
        match made() {
            Ok((lock, work)) => {
                sweep(place, &folder);
                Ok(Self {
                    folder,
                    work,
                    _lock: lock,
                })
            }
            Err(error) => {
                let _none = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    /// Where to work: an empty folder.
    pub fn path(&self) -> &Path {
        &self.work
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Makes a folder of a name that nobody has: process ids come again, also side by side where two systems share a place.
fn vacant(place: &Path) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut number = 0_u64;
    loop {
        let folder = place.join(format!("{PREFIX}{}-{number}", std::process::id()));
        match builder.create(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number = number.saturating_add(1),
            made => return made.map(|()| folder),
        }
    }
}

/// Removes what processes that are gone have left in `place`; what cannot be removed stays until somebody can.
fn sweep(place: &Path, own: &Path) {
    let (Ok(entries), Ok(user)) = (fs::read_dir(place), fs::symlink_metadata(own)) else {
        return;
    };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let is_one = name.to_str().is_some_and(|name| name.starts_with(PREFIX)) && path != own;
        // Not through a link, and not another user's: that one knows what it is.
        if is_one
            && fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir() && is_same_user(&found, &user))
        {
            remove_left(&path);
        }
    }
}

fn remove_left(folder: &Path) {
    if let Ok(lock) = File::open(folder.join(LOCK))
        && lock.try_lock().is_ok()
    {
        remove(folder);
    }
}

/// Removes a folder, its lock last: of what is left where this is cut short, the next can tell that nobody has it.
fn remove(folder: &Path) {
    let work = folder.join(WORK);
    let removed = fs::remove_dir_all(&work);
    if removed.is_ok() || !work.exists() {
        let _left = fs::remove_dir_all(folder);
    }
}

#[cfg(unix)]
fn is_same_user(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
const fn is_same_user(_: &Metadata, _: &Metadata) -> bool {
    true
}
