//! What the disk is made to keep: a file's bytes by a sync of the file, its name by one of the folder that it is in.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes a folder and those that it lies in, as far as they are not there, each with a name that a loss of power leaves.
/// A process that was killed may have made one and not come to sync its name: that of the one that is found is synced first.
///
/// # Errors
/// What the operating system says.
pub fn make_folders(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return match sync_name(path) {
            // Who may not look into the folder above did not make this one.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            synced => synced,
        };
    }
    if let Some(above) = folder_of(path) {
        make_folders(above)?;
    }
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_name(path)
}

/// Returns once the disk has what was written to `file`, which is open at `path`.
///
/// # Errors
/// What the operating system says; then it cannot be said what the disk has.
pub fn sync_file(file: &File, path: &Path) -> io::Result<()> {
    file.sync_data()?;
    saw(path)
}

/// Returns once the disk has the names of what is in a folder.
///
/// # Errors
/// What the operating system says.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    saw(path)
}

/// Gives a file or folder another name in the same folder, and returns once the disk has that.
///
/// # Errors
/// What the operating system says; then it has either name, also after a loss of power.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_name(to)
}

/// Returns once the disk has the name of `path`.
fn sync_name(path: &Path) -> io::Result<()> {
    folder_of(path).map_or(Ok(()), sync_folder)
}

/// The folder that a path's last name is in; none for one that ends in no name.
fn folder_of(path: &Path) -> Option<&Path> {
    path.file_name()?;
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Some(Path::new(".")),
        above => above,
    }
}

#[cfg(all(unix, feature = "power"))]
use crate::power::saw;

#[cfg(not(all(unix, feature = "power")))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the one that watches may fail to read what it keeps"
)]
const fn saw(_: &Path) -> io::Result<()> {
    Ok(())
}
