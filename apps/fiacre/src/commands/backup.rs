//! `fiacre backup` and `fiacre restore`: a platform's folder as one file, and back.

use crate::answer::Answer;
use crate::commands::progress::Progress;
use crate::failure::{AtRestFailure, Failure};
use clap::Args;
use fiacre_city::keep::BESIDE;
use fiacre_embedded::{
    AtRest, Backup, BackupError, OpenError, Options, RestoreError, ask_for_backup, restore,
};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre backup --data data today.backup
  fiacre backup --data data tomorrow.backup --json

A folder at rest is read as it lies, and nothing in it is changed. Of a folder that a process uses, that process is asked, and writes \
the backup while it goes on: with all that it had acknowledged; this waits as long as it works. The file is there whole or not at \
all, and takes no other's place. Not in it: the payment company's records, which are the company's; the keys of personal data, which are kept apart on purpose; and the \
segments of an archive, which never change: copy them once, from the places that the answer names.
Exit codes, in use as at rest: 0 done, 3 the folder cannot be read, or the process that uses it does not answer, 64 bad usage or a path \
that cannot be written, such as that of a file that is there, 74 the file cannot be written to its end.")]
pub(crate) struct BackupArguments {
    /// The platform's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// The file to write; it must not be there yet
    file: PathBuf,
}

impl BackupArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let mut progress = Progress::of_unknown("written", "records");
        let backup = match AtRest::open(&self.data, &Options::default()) {
            Ok(folder) => folder.backup_to(BESIDE, &self.file, |records| progress.show(records)),
            Err(OpenError::InUse { .. }) => {
                let asked = ask_for_backup(&self.data, &self.file, |records| progress.show(records));
                asked.map_err(BackupError::from)
            }
            Err(error) => return Err(AtRestFailure::Folder(error).into()),
        };
        drop(progress);
        let backup = backup.map_err(AtRestFailure::Backup)?;
        show_backup(&self.data, &backup, answer)
    }
}

/// Says as well which segments belong to the backup, which does not hold them.
fn show_backup(data: &Path, backup: &Backup, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
    let places = backup.segments_in.iter();
    let places: Vec<String> = places.map(|place| place.display().to_string()).collect();
    if answer.is_json() {
        let mut object = as_json(data, backup);
        object["segments_not_in_it"] = json!(places);
        answer.object(&object)?;
    } else {
        let out = answer.words();
        writeln!(out, "backed up {}: {backup}", data.display())?;
        for place in places {
            writeln!(
                out,
                "not in it: the segments in {place}, which never change; keep a copy of them beside it"
            )?;
        }
    }
    Ok(())
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fiacre restore friday.backup --data restored
  fiacre restore friday.backup --data again --json

The folder must be empty, or not be there. A file that is cut, was changed, or is a newer release's is refused before anything \
is made. The store's epoch rises, by the clock's seconds: locks and payments of the restored platform are never taken for those \
that it made after the backup. The payment company's records are its own: move its folder there afterwards. A restore that was cut \
short leaves no database: ask again.
Exit codes: 0 done, 3 the file cannot be read, is damaged, no backup or a newer release's, or the folder cannot be opened, 64 bad \
usage, such as a folder that is not empty, 74 the folder cannot be written.")]
pub(crate) struct RestoreArguments {
    /// The file that `fiacre backup` wrote
    file: PathBuf,

    /// The folder to make
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl RestoreArguments {
    pub(crate) fn run(self, answer: &mut Answer<impl Write>) -> Result<(), Failure> {
        let unreadable = |error| AtRestFailure::Restore(self.file.clone(), RestoreError::Unreadable(error));
        let file = File::open(&self.file).map_err(unreadable)?;
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        // After the year 2106 epochs rise by one alone.
        let epoch = u32::try_from(seconds).unwrap_or(0);
        let restored = restore(file, &self.data, epoch, BESIDE)
            .map_err(|error| AtRestFailure::Restore(self.file, error))?;
        if answer.is_json() {
            answer.object(&as_json(&self.data, &restored))?;
        } else {
            writeln!(answer.words(), "restored {}: {restored}", self.data.display())?;
        }
        Ok(())
    }
}

fn as_json(data: &Path, backup: &Backup) -> Value {
    let (records, epoch) = (backup.records, backup.epoch);
    json!({ "data": data.display().to_string(), "records": records, "epoch": epoch })
}
