//! `fiacre backup` and `fiacre restore`: a platform's folder as one file, and back.

use crate::failure::{AtRestFailure, Failure};
use clap::Args;
use fiacre_embedded::{AtRest, Backup, Options, restore};
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// What lies beside the database and belongs to it: how the city's run began.
const BESIDE: [&str; 1] = ["run.json"];

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre backup --data data friday.backup
  fiacre backup --data data friday.backup --json

The folder is read as it lies, and nothing in it is changed; one that a process uses is refused: a running process writes its own \
backup (`Database::backup`). The file is there whole or not at all, and takes no other's place. Not in it: the payment company's \
records, which are the company's, and the keys of personal data, which are kept apart on purpose.
Exit codes: 0 done, 3 the folder cannot be read, 64 bad usage or a path that cannot be written, 74 the file cannot be written.")]
pub(crate) struct BackupArguments {
    /// The platform's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// The file to write; it must not be there yet
    file: PathBuf,
}

impl BackupArguments {
    pub(crate) fn run(self, json: bool, out: &mut impl Write) -> Result<(), Failure> {
        let folder = AtRest::open(&self.data, &Options::default()).map_err(AtRestFailure::Folder)?;
        let backup = write(&folder, &self.data, &self.file)?;
        show("backed up", &self.data, &backup, json, out)
    }
}

/// Writes beside the file first, which gets its name once it is whole and on disk.
fn write(folder: &AtRest, data: &Path, path: &Path) -> Result<Backup, Failure> {
    let unwritable = |error| Failure::Unwritable(path.to_owned(), error);
    if path.exists() {
        return Err(unwritable(io::ErrorKind::AlreadyExists.into()));
    }
    let place = path
        .parent()
        .filter(|place| !place.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut beside = Vec::new();
    for name in BESIDE {
        match fs::read(data.join(name)) {
            Ok(bytes) => beside.push((name.to_owned(), bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::Unreadable(data.join(name), error)),
        }
    }
    let mut file = NamedTempFile::new_in(place).map_err(unwritable)?;
    let backup = folder
        .backup(&beside, BufWriter::new(file.as_file_mut()))
        .map_err(AtRestFailure::Backup)?;
    let unwritten = |error| Failure::Unwritten(path.to_owned(), error);
    file.as_file().sync_all().map_err(unwritten)?;
    file.persist_noclobber(path)
        .map_err(|error| unwritable(error.error))?;
    File::open(place)
        .and_then(|place| place.sync_all())
        .map_err(unwritten)?;
    Ok(backup)
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre restore friday.backup --data restored
  fiacre restore friday.backup --data restored --json

The folder must be empty, or not be there. A file that is cut, was changed, or is a newer release's is refused before anything \
is made. The store's epoch rises, by the clock's seconds: locks and payments of the restored platform are never taken for those \
that it made after the backup. The payment company's records are its own: move its folder there.
Exit codes: 0 done, 2 the file is damaged or no backup, 3 a newer release wrote it, or the folder cannot be used, 64 bad usage or a \
file that cannot be read.")]
pub(crate) struct RestoreArguments {
    /// The file that `fiacre backup` wrote
    file: PathBuf,

    /// The folder to make
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl RestoreArguments {
    pub(crate) fn run(self, json: bool, out: &mut impl Write) -> Result<(), Failure> {
        let file = File::open(&self.file).map_err(|error| Failure::Unreadable(self.file.clone(), error))?;
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        // After the year 2106 epochs rise by one alone.
        let epoch = u32::try_from(seconds).unwrap_or(0);
        let restored =
            restore(file, &self.data, epoch).map_err(|error| AtRestFailure::Restore(self.file, error))?;
        show("restored", &self.data, &restored, json, out)
    }
}

fn show(done: &str, data: &Path, backup: &Backup, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    if json {
        let answer =
            json!({ "data": data.display().to_string(), "records": backup.records, "epoch": backup.epoch });
        writeln!(out, "{answer:#}")?;
    } else {
        writeln!(out, "{done} {}: {backup}", data.display())?;
    }
    Ok(())
}
