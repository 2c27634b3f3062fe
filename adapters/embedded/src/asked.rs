//! Backups that another process asks for, of a folder that this one uses.
//!
//! Who asks leaves a file in the folder `asked`, which names the file to write; the process that has the folder takes it, by another
//! name, writes the backup, and leaves the answer. So whoever may write in the folder may ask, and nobody else; and nothing is
//! listened to where no one has asked.

use crate::at_rest::AtRest;
use crate::backup::{Backup, BackupError};
use crate::database::{Database, Options};
use fiacre_folder::OpenError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where requests lie in a platform's folder.
const ASKED: &str = "asked";
/// How often either looks at what the other has left.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often whoever asks looks until a request must have been seen: for 10 s.
const LOOKS_UNTIL_TAKEN: u32 = 200;
/// Every so many looks it sees whether the process is still there.
const LOOKS_UNTIL_ENDED: u32 = 20;

/// Why another process did not write a backup.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The request cannot be left in the folder, or the answer not be read.
    #[error("failed to ask for a backup in {}: {}; ask as a user who may write there", .0.display(), .1)]
    Folder(PathBuf, #[source] io::Error),
    /// The file's name cannot be passed on.
    #[error("failed to ask for a backup to {}: its name is no text; give another path", .0.display())]
    Unnameable(PathBuf),
    /// The process that uses the folder takes no requests.
    #[error(
        "failed to get a backup: the process that uses {} did not answer within 10 s; it is stopped, or an older release: end it and ask again",
        .0.display()
    )]
    Silent(PathBuf),
    /// It ended before the backup was written.
    #[error("failed to get a backup: the process that used {} has ended; ask again", .0.display())]
    Ended(PathBuf),
    /// It tried, and could not.
    #[error("{0}")]
    Failed(String),
}

impl AskError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder(..) => "backup_ask_folder",
            Self::Unnameable(_) => "backup_ask_unnameable",
            Self::Silent(_) => "backup_ask_silent",
            Self::Ended(_) => "backup_ask_ended",
            Self::Failed(_) => "backup_ask_failed",
        }
    }
}

/// Writes the backups that others ask for, on a thread of its own, until this is dropped; one that is being written is finished
/// first.
#[derive(Debug)]
#[must_use = "nobody answers once this is dropped"]
pub struct BackupService {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Database {
    /// Writes the backups that [`ask_for_backup`] asks for, until what this gives is dropped. `beside` names files of the folder
    /// that belong to the database, where they are there.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn serve_backups(&self, beside: &'static [&'static str]) -> io::Result<BackupService> {
        let (database, ends) = (self.clone(), Arc::new(AtomicBool::new(false)));
        let place = self.folder().join(ASKED);
        // Whoever asked a process before this one is told that it has ended.
        let _none = fs::remove_dir_all(&place);
        let is_over = Arc::clone(&ends);
        let thread = thread::Builder::new()
            .name("fiacre-backups".to_owned())
            .spawn(move || {
                while !is_over.load(Ordering::Acquire) {
                    answer_all(&database, &place, beside);
                    thread::park_timeout(LOOK_EVERY);
                }
            })?;
        Ok(BackupService {
            ends,
            thread: Some(thread),
        })
    }
}

impl Drop for BackupService {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // Had it panicked, whoever asked sees that nobody answers.
            let _ended = thread.join();
        }
    }
}

fn answer_all(database: &Database, place: &Path, beside: &[&str]) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for asked in entries.flatten().map(|entry| entry.path()) {
        if asked.extension().is_some_and(|kind| kind == "ask")
            && let Err(error) = answer(database, &asked, beside)
        {
            tracing::warn!(request = %asked.display(), %error, "a request for a backup cannot be answered");
        }
    }
}

fn answer(database: &Database, asked: &Path, beside: &[&str]) -> io::Result<()> {
    let taken = asked.with_extension("taken");
    fs::rename(asked, &taken)?;
    let file = PathBuf::from(fs::read_to_string(&taken)?);
    let words = match database.backup_to(beside, &file) {
        Ok(Backup { epoch, records }) => format!("done {epoch} {records}"),
        Err(error) => {
            tracing::warn!(%error, "a backup that was asked for is not written");
            format!("failed {error}")
        }
    };
    fs::remove_file(taken)?;
    leave(&asked.with_extension("answer"), &words)
}

/// Leaves a file that is there whole or not at all.
fn leave(file: &Path, words: &str) -> io::Result<()> {
    let unfinished = file.with_extension("new");
    fs::write(&unfinished, words)?;
    fs::rename(unfinished, file)
}

/// A request, which is withdrawn when this is dropped.
struct Request {
    folder: PathBuf,
    asked: PathBuf,
}

impl Drop for Request {
    fn drop(&mut self) {
        for kind in ["ask", "answer"] {
            // What is not there needs no removing; what cannot be removed is, when the next process begins.
            let _gone = fs::remove_file(self.asked.with_extension(kind));
        }
        // Unless others ask as well.
        let _gone = self.asked.parent().map(fs::remove_dir);
    }
}

/// Asks the process that uses a folder to write a backup of it to `file`, which must not be there yet, and waits until it has: with
/// everything that it had acknowledged by then, while it goes on.
///
/// ```
/// use fiacre_embedded::{Database, ask_for_backup};
/// let folder = tempfile::tempdir()?;
/// let database = Database::open(folder.path().join("data"))?;
/// let serving = database.serve_backups(&[])?;
/// let file = folder.path().join("friday.backup");
/// let backup = ask_for_backup(&folder.path().join("data"), &file)?;
/// assert_eq!((backup.epoch, file.exists()), (0, true));
/// # drop(serving);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AskError`].
pub fn ask_for_backup(folder: &Path, file: &Path) -> Result<Backup, AskError> {
    let failed = |error| AskError::Folder(folder.to_owned(), error);
    let file = std::path::absolute(file).map_err(failed)?;
    let Some(words) = file.to_str() else {
        return Err(AskError::Unnameable(file));
    };
    let place = folder.join(ASKED);
    fs::create_dir_all(&place).map_err(failed)?;
    let name = format!("{}-{}.ask", std::process::id(), number());
    let request = Request {
        folder: folder.to_owned(),
        asked: place.join(name),
    };
    leave(&request.asked, words).map_err(failed)?;
    request.wait()
}

/// Tells the requests of one process apart.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Request {
    fn wait(&self) -> Result<Backup, AskError> {
        for look in 1_u32.. {
            match fs::read_to_string(self.asked.with_extension("answer")) {
                Ok(answer) => return read_answer(&answer),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(AskError::Folder(self.folder.clone(), error)),
            }
            if look >= LOOKS_UNTIL_TAKEN && self.asked.exists() {
                break;
            }
            if look.is_multiple_of(LOOKS_UNTIL_ENDED) {
                self.check_in_use()?;
            }
            thread::park_timeout(LOOK_EVERY);
        }
        Err(AskError::Silent(self.folder.clone()))
    }

    /// Whether there is still a process that could answer.
    fn check_in_use(&self) -> Result<(), AskError> {
        match AtRest::open(&self.folder, &Options::default()) {
            Err(OpenError::InUse { .. }) => Ok(()),
            Ok(_) | Err(_) => Err(AskError::Ended(self.folder.clone())),
        }
    }
}

fn read_answer(answer: &str) -> Result<Backup, AskError> {
    if let Some(why) = answer.strip_prefix("failed ") {
        return Err(AskError::Failed(why.to_owned()));
    }
    let words = answer
        .strip_prefix("done ")
        .and_then(|words| words.split_once(' '));
    let backup = words.and_then(|(epoch, records)| {
        Some(Backup {
            epoch: epoch.parse().ok()?,
            records: records.parse().ok()?,
        })
    });
    backup.ok_or_else(|| AskError::Failed(format!("failed to understand the answer: {answer}")))
}

impl From<AskError> for BackupError {
    fn from(error: AskError) -> Self {
        Self::Asked(error)
    }
}
