//! The database: opened, shared by the adapters, and written in groups.

use crate::archive::Archive;
use crate::background::{BackgroundSync, Bell};
use crate::board::{Boards, EmbeddedBoard};
use crate::bus::{EmbeddedBus, Exchange};
use crate::codec::Codec;
use crate::draft::Draft;
use crate::error::{WriteError, from_engine, from_read};
use crate::folder::Folder;
use crate::group::{Failure, Group, Waiting};
use crate::journal::{self, JournalError};
use crate::lock::lock;
use crate::store::{EmbeddedEventStore, Log};
use crate::tables::Tables;
use crate::timers::{Deadlines, EmbeddedTimers};
use crate::views::EmbeddedViews;
use crate::witness::{self, Notary, Witness};
use fiacre_domain::pricing::Tariff;
use fiacre_folder::OpenError;
use fiacre_ports::{Clock, KeyVault};
use fiacre_wire::stored::COMMIT_BYTES_MAX;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What must be on disk elsewhere before a group is written.
#[derive(Clone)]
struct First(Arc<dyn Fn() -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync>);

impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").finish_non_exhaustive()
    }
}

/// How a database is opened.
#[derive(Clone)]
pub struct Options {
    cache_bytes: u64,
    vault: Option<Arc<dyn KeyVault>>,
    first: Option<First>,
    tariffs: Vec<Arc<Tariff>>,
    message_bytes_max: usize,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cache_bytes", &self.cache_bytes)
            .finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            vault: None,
            first: None,
            tariffs: Vec::new(),
            message_bytes_max: COMMIT_BYTES_MAX,
        }
    }
}

impl Options {
    /// How many bytes of blocks read from files are kept (default 64 MiB).
    #[must_use]
    pub const fn with_cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Seals personal data under the keys of this vault, which lies elsewhere. Without one it is stored in the clear, and
    /// nobody can be forgotten.
    #[must_use]
    pub fn with_vault(mut self, vault: Arc<dyn KeyVault>) -> Self {
        self.vault = Some(vault);
        self
    }

    /// Calls this before each group is written: for a vault that gives keys before its disk has them, since nothing may be sealed
    /// under a key that a crash takes away. Where it fails the group is not written, as if the database's own disk had failed.
    #[must_use]
    pub fn with_first<E: Into<Box<dyn Error + Send + Sync>>>(
        mut self,
        first: impl Fn() -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.first = Some(First(Arc::new(move || first().map_err(Into::into))));
        self
    }

    /// The longest message that the bus takes, in bytes (default and limit: that of a commit); longer ones are refused.
    #[must_use]
    pub const fn with_message_bytes_max(mut self, bytes: usize) -> Self {
        self.message_bytes_max = if bytes < COMMIT_BYTES_MAX {
            bytes
        } else {
            COMMIT_BYTES_MAX
        };
        self
    }

    /// Reads quotes with these tariffs, beside those that the log holds: a quote is stored without its tariff.
    #[must_use]
    pub fn with_tariffs(mut self, tariffs: impl IntoIterator<Item = Arc<Tariff>>) -> Self {
        self.tariffs.extend(tariffs);
        self
    }

    pub(crate) fn tariffs(&self) -> &[Arc<Tariff>] {
        &self.tariffs
    }
}

/// A folder that this process has opened. Clones, and the adapters made of them, are one database; it is closed, with what
/// was still to be written, once the last of them is dropped.
///
/// Calls that write wait for a [`sync`](Self::sync), so that many share one fsync: somebody must call it, an executor when
/// nothing can run, or a thread of its own ([`sync_in_background`](Self::sync_in_background)).
///
/// ```
/// use fiacre_embedded::Database;
/// let folder = tempfile::tempdir()?;
/// let database = Database::open(folder.path())?;
/// let second = Database::open(folder.path()).unwrap_err();
/// assert_eq!(second.code(), "folder_in_use");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Database(Arc<Core>);

impl Database {
    /// Opens the database in `folder`; makes both where there is none. A last write that a crash cut short is cut off: it was
    /// acknowledged to nobody.
    ///
    /// # Errors
    ///
    /// As [`open_with`](Self::open_with).
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(folder, Options::default())
    }

    /// As [`open`](Self::open), with options.
    ///
    /// # Errors
    ///
    /// An [`OpenError`]: another process has the folder, it holds something else, a newer release wrote it, it is damaged elsewhere
    /// than in a last write, it may not be written to, the disk is full, or the operating system fails otherwise.
    pub fn open_with(folder: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let folder = Folder::take(folder.as_ref())?;
        let database = folder.database(|path| {
            let made = open_engine(path, &options).and_then(Tables::open);
            made.map(drop)
                .map_err(|error| from_engine(folder.path(), error))?;
            witness::begin(path).map_err(|error| journal_error(folder.path(), error))
        })?;
        make_ready(&folder, &database)?;
        let tables = open_engine(&database, &options)
            .and_then(Tables::open)
            .map_err(|error| from_engine(folder.path(), error))?;
        let epoch = folder.epoch(&database)?;
        let core = Core::read(tables, options, folder, epoch)?;
        core.archive.name_all();
        Ok(Self(Arc::new(core)))
    }

    /// Writes what calls wait for, as one batch, and answers them in their order once it is on disk; gives how many there
    /// were. What nobody waits for is written with it, and waits where nobody does.
    pub fn sync(&self) -> usize {
        if lock(&self.0.group).is_pressing() {
            self.0.sync_all()
        } else {
            0
        }
    }

    /// The store's epoch: 0, until it is restored from a backup. Fences and gateway keys carry it.
    pub fn epoch(&self) -> u32 {
        self.0.epoch
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// Whether nothing was ever written to it.
    ///
    /// # Errors
    ///
    /// `OpenError` where what is stored cannot be read.
    pub fn is_empty(&self) -> Result<bool, OpenError> {
        let is_empty = self.0.tables.is_empty();
        is_empty.map_err(|error| from_read(self.folder(), error))
    }

    /// Whether it is still written to: after a failed write it is not, until it is opened again.
    ///
    /// # Errors
    ///
    /// The [`WriteError`] that ended the writing.
    pub fn check(&self) -> Result<(), WriteError> {
        lock(&self.0.failed).clone().map_or(Ok(()), Err)
    }

    /// Whether any call waits for a [`sync`](Self::sync).
    pub fn is_awaited(&self) -> bool {
        lock(&self.0.group).is_awaited()
    }

    /// Writes groups as they come on a thread of its own, until what this gives is dropped.
    ///
    /// # Errors
    ///
    /// The operating system's, where it gives no thread.
    pub fn sync_in_background(&self) -> std::io::Result<BackgroundSync> {
        BackgroundSync::start(self)
    }

    /// The event store, for a process with this clock.
    pub fn event_store(&self, clock: Arc<dyn Clock>) -> EmbeddedEventStore {
        EmbeddedEventStore::new(self, clock)
    }

    /// The bus, for a process with this clock.
    pub fn bus(&self, clock: Arc<dyn Clock>) -> EmbeddedBus {
        EmbeddedBus::new(self, clock)
    }

    /// The timers, for a process with this clock.
    pub fn timers(&self, clock: Arc<dyn Clock>) -> EmbeddedTimers {
        EmbeddedTimers::new(self, clock)
    }

    /// The trip views.
    pub fn views(&self) -> EmbeddedViews {
        EmbeddedViews::new(self)
    }

    /// The dispatch board, for a process with this clock.
    pub fn board(&self, clock: Arc<dyn Clock>) -> EmbeddedBoard {
        EmbeddedBoard::new(self, clock)
    }

    pub(crate) const fn core(&self) -> &Arc<Core> {
        &self.0
    }
}

/// Mends the journal of a database before the engine opens it, empties it where it is needed no more, and notes how far it goes.
fn make_ready(folder: &Folder, database: &Path) -> Result<(), OpenError> {
    let failed = |error| journal_error(folder.path(), error);
    let noted = witness::check(folder.path(), database)?;
    let least = noted.as_ref().map(Witness::tip);
    let mended = journal::mend(database, least).map_err(failed)?;
    if let Some(cut) = mended.cut {
        tracing::warn!(
            journal = %cut.file.display(),
            at = cut.at,
            "cut off a last write that was cut short: it was acknowledged to nobody"
        );
    }
    let found = Witness::of(database, mended.tip);
    let first = || found.without_journal().write(database);
    let is_emptied = journal::empty_settled(database, first).map_err(failed)?;
    journal::make_durable(database).map_err(failed)?;
    if is_emptied || noted == Some(found) {
        return Ok(());
    }
    let written = found.write(database);
    written.map_err(|error| OpenError::from_io(folder.path(), error))
}

pub(crate) fn open_engine(path: &Path, options: &Options) -> Result<fjall::Database, fjall::Error> {
    fjall::Database::builder(path)
        .cache_size(options.cache_bytes)
        .worker_threads(2)
        .manual_journal_persist(true)
        .open()
}

/// Why a folder's journals cannot be used.
pub(crate) fn journal_error(folder: &Path, error: JournalError) -> OpenError {
    match error {
        JournalError::Damaged { file, at } => OpenError::damaged(
            folder,
            format!(
                "{} cannot be read at byte {at}, and more was written after it",
                name_of(&file).display()
            ),
        ),
        JournalError::Foreign { file } => OpenError::damaged(
            folder,
            format!("{} is no journal of the engine", name_of(&file).display()),
        ),
        JournalError::Missing { file } => {
            OpenError::damaged(folder, format!("{} is missing", name_of(&file).display()))
        }
        JournalError::Short { file, at } => OpenError::damaged(
            folder,
            format!(
                "{} ends at byte {at}, and went further once",
                name_of(&file).display()
            ),
        ),
        JournalError::Io(error) => OpenError::from_io(folder, error),
    }
}

/// A journal's name in the folder: a reader's copy lies elsewhere.
fn name_of(file: &Path) -> PathBuf {
    Path::new("db").join(file.file_name().unwrap_or_default())
}

/// What the adapters of one database share.
#[derive(Debug)]
pub(crate) struct Core {
    group: Mutex<Group>,
    /// Held while a group is written.
    writing: Mutex<()>,
    /// Why nothing is written any more, once a write has failed.
    failed: Mutex<Option<WriteError>>,
    bell: Bell,
    pub(crate) log: Log,
    pub(crate) deadlines: Deadlines,
    pub(crate) boards: Boards,
    pub(crate) exchange: Exchange,
    pub(crate) archive: Arc<Archive>,
    pub(crate) codec: Codec,
    pub(crate) message_bytes_max: usize,
    first: Option<First>,
    epoch: u32,
    #[cfg(test)]
    pub(crate) after_write: crate::planted::Planted<Result<(), fjall::Error>>,
    notary: Notary,
    pub(crate) tables: Tables,
    /// Dropped last: then another process may open it.
    folder: Folder,
}

impl Core {
    /// Reads what is kept in memory.
    fn read(tables: Tables, options: Options, folder: Folder, epoch: u32) -> Result<Self, OpenError> {
        let failed = |error| from_read(folder.path(), error);
        Ok(Self {
            group: Mutex::default(),
            writing: Mutex::default(),
            failed: Mutex::default(),
            bell: Bell::default(),
            log: Log::read(&tables).map_err(failed)?,
            deadlines: Deadlines::read(&tables).map_err(failed)?,
            boards: Boards::read(&tables).map_err(failed)?,
            exchange: Exchange::read(&tables).map_err(failed)?,
            archive: Arc::new(Archive::read(&tables, folder.path()).map_err(failed)?),
            codec: Codec::new(options.vault, &options.tariffs),
            message_bytes_max: options.message_bytes_max,
            first: options.first,
            epoch,
            #[cfg(test)]
            after_write: crate::planted::Planted::default(),
            notary: Notary::new(folder.database_path()),
            tables,
            folder,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Says that releases before archives may not use the folder: they would take what was archived for what never was.
    pub(crate) fn raise_format(&self) -> std::io::Result<()> {
        self.folder.raise_format()
    }

    /// Joins the next group, and waits for it.
    pub(crate) fn join<T: Send + 'static>(
        &self,
        plan: impl FnOnce(&Self, &mut Draft) -> T + Send + 'static,
    ) -> Waiting<T> {
        let waiting = lock(&self.group).join(plan);
        self.bell.ring();
        waiting
    }

    /// Joins the next group, and does not wait: a crash may lose it.
    pub(crate) fn hint(&self, plan: impl FnOnce(&Self, &mut Draft) + Send + 'static) {
        let mut group = lock(&self.group);
        group.hint(plan);
        if group.is_pressing() {
            self.bell.ring();
        }
    }

    pub(crate) const fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Writes all that is to be written; gives how many calls waited for it.
    pub(crate) fn sync_all(&self) -> usize {
        let _one_at_a_time = lock(&self.writing);
        let (plans, awaited) = lock(&self.group).take();
        let earlier = lock(&self.failed).clone();
        let mut draft = Draft::default();
        let answers: Vec<_> = plans.into_iter().map(|plan| plan(self, &mut draft)).collect();
        self.log.plan_outbox(&mut draft);
        self.boards.plan(&mut draft);
        self.exchange.plan(&mut draft);
        let written = match earlier {
            Some(error) => Err(Failure::NotDone(Arc::clone(error.why()))),
            None => self.write(&mut draft),
        };
        if written.is_ok() {
            self.log.learn(&mut draft.appends);
            self.exchange.learn(&mut draft.publications);
            self.deadlines.learn(&mut draft.timers);
        }
        for answer in answers {
            answer(written.as_ref().copied());
        }
        awaited
    }

    /// Writes the tables anew, and notes that their journal may go, if it may.
    pub(crate) fn compact(&self) -> Result<(), fjall::Error> {
        let _nothing_is_written = lock(&self.writing);
        let is_settled = self.tables.compact()?;
        if is_settled && self.failure().is_none() {
            journal::note_settled(&self.folder.database_path())?;
        }
        Ok(())
    }

    fn write(&self, draft: &mut Draft) -> Result<(), Failure> {
        if draft.is_empty() {
            return Ok(());
        }
        let folder = self.folder.path();
        let first = self.first.as_ref().map_or(Ok(()), |First(first)| first());
        first
            .map_err(|error| WriteError::before(folder, &*error))
            .and_then(|()| {
                let witness = self.notary.before_group(self.tables.next_write());
                let written = self.tables.write(draft);
                if let (Ok(()), Some(witness)) = (&written, &witness) {
                    self.notary.after_group(witness);
                }
                #[cfg(test)]
                let written = written.and_then(|()| self.after_write.happen().unwrap_or(Ok(())));
                written.map_err(|error| WriteError::new(folder, &error))
            })
            .map_err(|error| {
                tracing::error!(%error, "nothing is written any more until the folder is opened again");
                let why = Arc::clone(error.why());
                *lock(&self.failed) = Some(error);
                Failure::Unknown(why)
            })
    }

    /// Why nothing is written any more, if so.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let failed = lock(&self.failed);
        failed
            .as_ref()
            .map(|error| Failure::NotDone(Arc::clone(error.why())))
    }

    /// As if a write had failed.
    #[cfg(test)]
    pub(crate) fn fail(&self, why: &str) {
        let error = fjall::Error::Io(std::io::Error::other(why));
        *lock(&self.failed) = Some(WriteError::new(self.folder.path(), &error));
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.sync_all();
        if self.failure().is_none() {
            self.notary.end();
        }
    }
}
