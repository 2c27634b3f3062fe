//! Backups that another process asks for, of a folder that this one uses.
//!
//! Who asks leaves a file in the folder `asked`, under a name that nobody had before, which holds the path to write; the process
//! that has the folder takes it, by another name, writes the backup, leaves the answer, and lets go of what it took. While it writes
//! it keeps a file of how far it is. So whoever may write in the folder may ask, and nobody else; nothing is listened to where no one
//! has asked; and whoever waits can tell work from silence.
//!
//! A process that ends leaves the answers that it gave, and the requests that it has not taken: whoever left those sees that nobody
//! uses the folder any more. The next process clears both away.

use crate::backup::{Backup, BackupError};
use crate::database::Database;
use crate::folder::Folder;
use fiacre_folder::{OpenError, make_folders, rename};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where requests lie in a platform's folder.
const ASKED: &str = "asked";
/// Among them, while a backup is written: how many of its records are.
const AT_WORK: &str = "at-work";
/// As what files there are of a request, one after the other.
const REQUEST_KINDS: [&str; 4] = ["new", "ask", "taken", "answer"];
/// How often either looks at what the other has left.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Every so many looks whoever asks sees whether the process is still there.
const LOOKS_UNTIL_ENDED: u32 = 20;
/// How many letters of chance tell requests apart: 95 bits.
const NAME_LETTERS: usize = 16;

/// How often whoever asks looks before it gives up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a process that is not at work to take the request.
    pub(crate) until_taken: u32,
    /// For one that is at work to come any further: longer than a disk takes to sync what it was given.
    pub(crate) at_work: u32,
}

impl Patience {
    pub(crate) const USUAL: Self = Self {
        // 10 s.
        until_taken: 200,
        // 10 minutes.
        at_work: 12_000,
    };
}

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
        "failed to get a backup: the process that uses {} did not answer within 10 s; it is stopped, an older release, or a command that ends soon: let it end, and ask again",
        .0.display()
    )]
    Silent(PathBuf),
    /// It took the request, and comes no further.
    #[error(
        "failed to get a backup: the process that uses {} took the request, and has come no further for 10 minutes; see whether it or its disk hangs, and ask again",
        .0.display()
    )]
    Stuck(PathBuf),
    /// It is done with the request and could not say how, or it has ended and another has begun.
    #[error(
        "failed to learn of the backup: the process that used {} could not leave its answer, or has ended, and another uses it now; if {} is there it is whole; if not, see that there is room, and ask again",
        .folder.display(), .file.display()
    )]
    Lost {
        /// The folder that it uses.
        folder: PathBuf,
        /// The file that it was asked to write.
        file: PathBuf,
    },
    /// It ended before the backup was written.
    #[error("failed to get a backup: the process that used {} has ended; ask again", .0.display())]
    Ended(PathBuf),
    /// It tried, and could not.
    #[error("{why}")]
    Failed {
        /// What failed there.
        cause: AskedFailure,
        /// In its words.
        why: String,
    },
}

/// What failed in the process that was asked; each as the variant of [`BackupError`] with the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFailure {
    /// The database cannot be read.
    Unreadable,
    /// The file cannot be written.
    Unwritten,
    /// The file cannot be made where it was asked for.
    Unplaced,
    /// The request cannot be read, or the answer not be understood.
    Request,
}

impl AskedFailure {
    const ALL: [Self; 4] = [Self::Unreadable, Self::Unwritten, Self::Unplaced, Self::Request];

    const fn of(error: &BackupError) -> Self {
        match error {
            BackupError::Unreadable { .. } => Self::Unreadable,
            BackupError::Unwritten(_) => Self::Unwritten,
            BackupError::Unplaced(..) => Self::Unplaced,
            BackupError::Asked(_) => Self::Request,
        }
    }

    /// The stable code of this failure.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "backup_unreadable",
            Self::Unwritten => "backup_unwritten",
            Self::Unplaced => "backup_unplaced",
            Self::Request => "backup_ask_request",
        }
    }
}

impl AskError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder(..) => "backup_ask_folder",
            Self::Unnameable(_) => "backup_ask_unnameable",
            Self::Silent(_) => "backup_ask_silent",
            Self::Stuck(_) => "backup_ask_stuck",
            Self::Lost { .. } => "backup_ask_lost",
            Self::Ended(_) => "backup_ask_ended",
            Self::Failed { cause, .. } => cause.code(),
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
    /// Where there is no thread to be had, or the folder cannot be written to.
    pub fn serve_backups(&self, beside: &'static [&'static str]) -> io::Result<BackupService> {
        let (database, ends) = (self.clone(), Arc::new(AtomicBool::new(false)));
        let place = self.folder().join(ASKED);
        // What was asked of a process before this one, and what it answered. The folder is this process's own: another user may ask.
        let _none = fs::remove_dir_all(&place);
        // Somebody who asks may have made it again meanwhile.
        fs::create_dir_all(&place)?;
        let is_over = Arc::clone(&ends);
        let thread = thread::Builder::new()
            .name("fiacre-backups".to_owned())
            .spawn(move || {
                while !is_over.load(Ordering::Acquire) {
                    answer_all(&database, &place, beside);
                    thread::park_timeout(LOOK_EVERY);
                }
                // Unless something lies there: an answer that is not read yet, or a request of somebody who is to see this end.
                let _left = fs::remove_dir(&place);
            })?;
        Ok(BackupService {
            ends,
            thread: Some(thread),
        })
    }
}

/// Removes what requests have left in a folder that holds no database any more: nobody is there who could answer them. What is not of
/// requests stays, and so does the folder that it is in.
pub(crate) fn clear_left(folder: &Path) {
    let place = folder.join(ASKED);
    let Ok(entries) = fs::read_dir(&place) else {
        return;
    };
    for left in entries.flatten().map(|entry| entry.path()) {
        if is_of_requests(&left) {
            let _gone = fs::remove_file(left);
        }
    }
    // Unless something else lies there, which then is in the way as any other file is.
    let _gone = fs::remove_dir(place);
}

fn is_of_requests(file: &Path) -> bool {
    let is_named = file.file_stem().is_some_and(|name| name.len() == NAME_LETTERS);
    let kind = file.extension().and_then(OsStr::to_str);
    file.file_name().is_some_and(|name| name == AT_WORK)
        || is_named && kind.is_some_and(|kind| REQUEST_KINDS.contains(&kind))
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
    let taken = Taken::of(asked)?;
    let words = match fs::read_to_string(&taken.request) {
        Ok(file) => {
            taken.say(0);
            match database.backup_to(beside, Path::new(&file), |records| taken.say(records)) {
                Ok(backup) => write_done(&backup),
                Err(error) => {
                    tracing::warn!(%error, "a backup that was asked for is not written");
                    format!("failed {} {error}", AskedFailure::of(&error).code())
                }
            }
        }
        Err(error) => {
            let code = AskedFailure::Request.code();
            format!(
                "failed {code} failed to read the request for a backup: {error}; ask as the user of the process"
            )
        }
    };
    leave(&asked.with_extension("answer"), &words)
}

/// A request that is being answered. Whoever asked waits while it is there, and looks for the answer once it is not, however that
/// came.
struct Taken {
    request: PathBuf,
    work: PathBuf,
}

impl Taken {
    fn of(asked: &Path) -> io::Result<Self> {
        let taken = Self {
            request: asked.with_extension("taken"),
            work: asked.with_file_name(AT_WORK),
        };
        rename(asked, &taken.request)?;
        Ok(taken)
    }

    /// Says how many records of the backup are written; it is written all the same where that cannot be said.
    fn say(&self, records: u64) {
        let _unsaid = fs::write(&self.work, records.to_string());
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        for file in [&self.work, &self.request] {
            // What cannot be removed is, when the next process begins; whoever waits for it gives up before.
            let _gone = fs::remove_file(file);
        }
    }
}

/// Leaves a file that is there whole or not at all.
fn leave(file: &Path, words: &str) -> io::Result<()> {
    let unfinished = file.with_extension("new");
    fs::write(&unfinished, words)?;
    rename(&unfinished, file)
}

/// Asks the process that uses a folder to write a backup of it to `file`, which must not be there yet, and waits until it has: with
/// everything that it had acknowledged by then, while it goes on. `progress` is told now and then how many records are written.
///
/// ```
/// use fiacre_embedded::{Database, ask_for_backup};
/// let folder = tempfile::tempdir()?;
/// let database = Database::open(folder.path().join("data"))?;
/// let serving = database.serve_backups(&[])?;
/// let file = folder.path().join("friday.backup");
/// let backup = ask_for_backup(&folder.path().join("data"), &file, |_| ())?;
/// assert_eq!((backup.epoch, file.exists()), (0, true));
/// # drop(serving);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AskError`].
pub fn ask_for_backup(folder: &Path, file: &Path, progress: impl FnMut(u64)) -> Result<Backup, AskError> {
    Request::leave(folder, file)?.wait(Patience::USUAL, progress)
}

/// A request, which is withdrawn when this is dropped.
pub(crate) struct Request {
    pub(crate) folder: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) asked: PathBuf,
}

impl Drop for Request {
    fn drop(&mut self) {
        for kind in ["new", "ask", "answer"] {
            // What is not there needs no removing; what cannot be removed is, when the next process begins.
            let _gone = fs::remove_file(self.asked.with_extension(kind));
        }
    }
}

impl Request {
    pub(crate) fn leave(folder: &Path, file: &Path) -> Result<Self, AskError> {
        let failed = |error| AskError::Folder(folder.to_owned(), error);
        let file = std::path::absolute(file).map_err(failed)?;
        let Some(words) = file.to_str() else {
            return Err(AskError::Unnameable(file));
        };
        let place = folder.join(ASKED);
        make_folders(&place).map_err(failed)?;
        let unfinished = tempfile::Builder::new()
            .prefix("")
            .suffix(".new")
            .rand_bytes(NAME_LETTERS)
            // As the user's mask has it: another user's process is to read it.
            .make_in(&place, |path| File::create_new(path).map(drop))
            .map_err(failed)?;
        let request = Self {
            folder: folder.to_owned(),
            asked: unfinished.path().with_extension("ask"),
            file: file.clone(),
        };
        leave(&request.asked, words).map_err(failed)?;
        Ok(request)
    }

    pub(crate) fn wait(&self, patience: Patience, mut progress: impl FnMut(u64)) -> Result<Backup, AskError> {
        let (mut work, mut since, mut look) = (None, 0, 0_u32);
        loop {
            look = look.saturating_add(1);
            if let Some(answer) = self.answer()? {
                return read_answer(&answer);
            }
            // In the order in which the one becomes the other.
            let is_waiting = self.asked.exists();
            if !is_waiting && !self.asked.with_extension("taken").exists() {
                return self.last_answer(AskError::Lost {
                    folder: self.folder.clone(),
                    file: self.file.clone(),
                });
            }
            let now_at = fs::read_to_string(self.asked.with_file_name(AT_WORK)).ok();
            if now_at != work {
                (work, since) = (now_at, look);
                let records = work.as_deref().and_then(|records| records.parse().ok());
                records
                    .filter(|_| !is_waiting)
                    .into_iter()
                    .for_each(&mut progress);
            }
            let (looks, folder) = (look - since, || self.folder.clone());
            if is_waiting && work.is_none() && looks >= patience.until_taken {
                return Err(AskError::Silent(folder()));
            }
            if looks >= patience.at_work {
                return Err(AskError::Stuck(folder()));
            }
            if look.is_multiple_of(LOOKS_UNTIL_ENDED) && !self.is_in_use() {
                return self.last_answer(AskError::Ended(self.folder.clone()));
            }
            pause();
        }
    }

    fn answer(&self) -> Result<Option<String>, AskError> {
        match fs::read_to_string(self.asked.with_extension("answer")) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(AskError::Folder(self.folder.clone(), error)),
        }
    }

    /// The answer, if it came since one has looked for it.
    fn last_answer(&self, otherwise: AskError) -> Result<Backup, AskError> {
        match self.answer()? {
            Some(answer) => read_answer(&answer),
            None => Err(otherwise),
        }
    }

    /// Whether there is still a process that could answer.
    fn is_in_use(&self) -> bool {
        matches!(Folder::take_to_read(&self.folder), Err(OpenError::InUse { .. }))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever asks waits for another process, in its own time, on a thread that does nothing else"
)]
fn pause() {
    thread::sleep(LOOK_EVERY);
}

fn read_answer(answer: &str) -> Result<Backup, AskError> {
    let not_understood = || AskError::Failed {
        cause: AskedFailure::Request,
        why: format!("failed to understand the answer of the process that was asked for a backup: {answer}"),
    };
    if let Some((code, why)) = answer
        .strip_prefix("failed ")
        .and_then(|words| words.split_once(' '))
    {
        let cause = AskedFailure::ALL.into_iter().find(|cause| cause.code() == code);
        let why = why.to_owned();
        return Err(cause.map_or_else(not_understood, |cause| AskError::Failed { cause, why }));
    }
    let backup = answer.strip_prefix("done ").and_then(read_done);
    backup.ok_or_else(not_understood)
}

/// The epoch and the count; then, each behind a byte that no path holds, where segments lie.
fn write_done(backup: &Backup) -> String {
    let Backup {
        epoch,
        records,
        segments_in,
    } = backup;
    let places = segments_in.iter().map(|place| format!("\0{}", place.display()));
    format!("done {epoch} {records}{}", places.collect::<String>())
}

fn read_done(words: &str) -> Option<Backup> {
    let mut words = words.split('\0');
    let (epoch, records) = words.next()?.split_once(' ')?;
    Some(Backup {
        epoch: epoch.parse().ok()?,
        records: records.parse().ok()?,
        segments_in: words.map(PathBuf::from).collect(),
    })
}

impl From<AskError> for BackupError {
    fn from(error: AskError) -> Self {
        Self::Asked(error)
    }
}
