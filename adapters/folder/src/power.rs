//! A loss of power, for tests: what the disk surely had when it came.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file or folder, whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    device: u64,
    number: u64,
    is_folder: bool,
}

/// What a sync left on the disk.
#[derive(Debug)]
enum Kept {
    Bytes(Vec<u8>),
    Names(BTreeMap<OsString, Node>),
}

/// What was synced last of each file and folder; it is kept open, lest its number is given to another.
type Disk = BTreeMap<Node, (File, Kept)>;

thread_local! {
    static DISK: RefCell<Option<Disk>> = const { RefCell::new(None) };
}

/// Watches what this thread syncs by the functions of this crate, as long as it lives. What was written before counts as lost
/// until it is synced: as if a process that was killed had left it in the system's memory.
///
/// ```
/// use fiacre_folder::{PowerWatch, sync_file, sync_folder};
/// let place = tempfile::tempdir()?;
/// let (old, new) = (place.path().join("old"), place.path().join("new"));
/// let watch = PowerWatch::begin();
/// std::fs::write(&old, "whole")?;
/// sync_file(&std::fs::File::open(&old)?, &old)?;
/// sync_folder(place.path())?;
/// std::fs::rename(&old, &new)?;
/// let left = tempfile::tempdir()?;
/// watch.lose_power(place.path(), left.path())?;
/// assert_eq!(std::fs::read_to_string(left.path().join("old"))?, "whole");
/// assert!(!left.path().join("new").exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "it watches as long as it lives"]
pub struct PowerWatch(());

impl PowerWatch {
    /// Begins anew.
    pub fn begin() -> Self {
        DISK.set(Some(BTreeMap::new()));
        Self(())
    }

    /// Puts into the folder `left` what the disk surely has of the folder `lost`: the names that were synced, and of each file
    /// what was synced of it (nothing, where it never was).
    ///
    /// # Errors
    /// Where `left` cannot be written.
    pub fn lose_power(&self, lost: &Path, left: &Path) -> io::Result<()> {
        let node = node(lost)?;
        DISK.with_borrow(|disk| disk.as_ref().map_or(Ok(()), |disk| restore(disk, node, left)))
    }

    /// What was synced of a file, whatever became of its name; nothing where it never was.
    pub fn synced(&self, file: &Path) -> Option<Vec<u8>> {
        let node = node(file).ok()?;
        DISK.with_borrow(|disk| match disk.as_ref()?.get(&node)? {
            (_, Kept::Bytes(bytes)) => Some(bytes.clone()),
            (_, Kept::Names(_)) => None,
        })
    }
}

impl Drop for PowerWatch {
    fn drop(&mut self) {
        DISK.set(None);
    }
}

/// That a file or folder was synced.
pub(crate) fn saw(path: &Path) -> io::Result<()> {
    DISK.with_borrow_mut(|disk| {
        let Some(disk) = disk else { return Ok(()) };
        let kept = if path.is_dir() {
            // Others may take theirs away meanwhile, in a folder for everybody.
            let entries = fs::read_dir(path)?.filter_map(Result::ok);
            let names = entries.filter_map(|entry| Some((entry.file_name(), node(&entry.path()).ok()?)));
            Kept::Names(names.collect())
        } else {
            Kept::Bytes(fs::read(path)?)
        };
        disk.insert(node(path)?, (File::open(path)?, kept));
        Ok(())
    })
}

fn node(path: &Path) -> io::Result<Node> {
    let metadata = fs::metadata(path)?;
    Ok(Node {
        device: metadata.dev(),
        number: metadata.ino(),
        is_folder: metadata.is_dir(),
    })
}

fn restore(disk: &Disk, node: Node, left: &Path) -> io::Result<()> {
    match disk.get(&node) {
        Some((_, Kept::Names(names))) => {
            fs::create_dir_all(left)?;
            let mut paths = names.iter().map(|(name, node)| (left.join(name), *node));
            paths.try_for_each(|(path, node): (PathBuf, Node)| restore(disk, node, &path))
        }
        Some((_, Kept::Bytes(bytes))) => fs::write(left, bytes),
        // What was never synced has a name at most.
        None if node.is_folder => fs::create_dir_all(left),
        None => fs::write(left, ""),
    }
}
