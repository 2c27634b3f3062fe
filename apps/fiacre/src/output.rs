//! Files that commands write: one rule for all of them.

use crate::failure::Failure;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the file that was asked for. One that is there is somebody's, of this very command perhaps: it is left as it is. Devices
/// and pipes hold nothing, and are written to.
pub(crate) fn create(path: &Path) -> Result<File, Failure> {
    let made = match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_stream(path) => {
            OpenOptions::new().write(true).open(path)
        }
        made => made,
    };
    made.map_err(|error| Failure::Unwritten(path.to_owned(), error))
}

/// Removes what [`create`] made, for a command that was refused after all: the next attempt may name the same file.
pub(crate) fn take_back(path: &Path) {
    if !is_stream(path) {
        // What is left over is in nobody's way but the next attempt's, which says so.
        let _ = fs::remove_file(path);
    }
}

/// Neither a file nor a folder: a device, a pipe, a socket.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}
