//! Where the platform keeps what it knows: in memory, or in a folder on disk, by the same rules and with the same digest.
//!
//! In memory what a closed trip has left is dropped, so that a day fits; a folder keeps it. On disk a write takes as long as
//! in memory, by virtual time, and both answer in the same order.

mod folders;

pub use folders::Folders;

use crate::run::CityError;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::saga::deadline;
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_embedded::{BackupService, Database, OpenError, WriteError};
use fiacre_memory::{
    Dropped, Executor, Group, MemoryBoard, MemoryBus, MemoryEventStore, MemoryTimers, Outside, Paced,
    VirtualTime,
};
use fiacre_ports::{
    Bus, Clock, Consistency, DispatchBoard, EventStore, LoadRequest, PortError, Timer, Timers,
};
use fiacre_sandbox_payments::{self as sandbox, Sandbox};
use fiacre_vault::VaultError;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// How long it takes, by virtual time, until what was written is durable: as long as a slow disk takes, so that a group holds
/// what many do.
pub const WRITE_TAKES: Millis = Millis::new(100);

/// Where in a folder the payment company's records lie.
const COMPANY: &str = "sandbox-payments";

/// What lies in a run's folder beside the database and belongs to it, in a backup as well: how the run began.
pub const BESIDE: &[&str] = &[crate::run::NOTE];

/// Where the platform keeps what it knows.
#[derive(Debug, Clone, Default)]
pub enum Keep {
    /// In memory: it is gone when the process ends.
    #[default]
    Memory,
    /// In a folder on disk, and the payment company's records in one of their own within it.
    Folder(Database),
}

impl Keep {
    /// The store's epoch, which fences and gateway keys carry.
    pub(crate) fn epoch(&self) -> u32 {
        match self {
            Self::Memory => 0,
            Self::Folder(database) => database.epoch(),
        }
    }
}

/// Why the platform cannot keep what it knows where it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The payment company's records cannot be opened.
    #[error(transparent)]
    Company(#[from] sandbox::OpenError),
    /// The folder holds another run.
    #[error(
        "failed to begin in {}: it holds another run; go on with that by `fiacre resume`, or name a folder that is empty or missing",
        .0.display()
    )]
    OtherRun(PathBuf),
    /// The vault of keys cannot be opened, or not be written.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The vault is to lie in what it must lie apart from.
    #[error(
        "failed to make the vault in {}: that is within the folder whose keys it holds, and in each copy of it; name a folder elsewhere by --vault",
        .0.display()
    )]
    VaultWithin(PathBuf),
    /// The vault holds keys already.
    #[error(
        "failed to begin with the vault in {}: it holds the keys of another run; name one that is empty or missing by --vault",
        .0.display()
    )]
    UsedVault(PathBuf),
    /// There is no vault where that of the run was looked for.
    #[error(
        "failed to go on with the vault in {}: there is none; name the run's own by --vault, or, if its keys are lost, go on by --without-vault: then every rider is taken for forgotten",
        .0.display()
    )]
    NoVault(PathBuf),
    /// The vault holds other keys than those that the run began with.
    #[error(
        "failed to go on with the vault in {}: its keys are not this run's, and every rider would be taken for forgotten; name the run's own by --vault",
        .0.display()
    )]
    OtherVault(PathBuf),
    /// The folder holds no run.
    #[error("failed to go on in {}: no run was begun there; name the folder of one", .0.display())]
    NoRun(PathBuf),
    /// The payment company's records are not there, though the log names payments.
    #[error(
        "failed to go on in {}: the payment company's records, which no backup holds, are not in its folder {COMPANY}; move them there, for a new company knows none of the run's payments",
        .0.display()
    )]
    NoCompany(PathBuf),
    /// The note of how a run began cannot be written or read.
    #[error("failed to note how the run began, or to read it, in {}: {}", .0.display(), .1)]
    Note(PathBuf, #[source] io::Error),
    /// The note of how a run began is none, or a newer release's.
    #[error("failed to read how the run began: {}: {}; restore it from a backup, or use that release", .0.display(), .1)]
    UnreadableNote(PathBuf, String),
    /// Nothing more can be written to the folder.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nothing more can be written to the payment company's records.
    #[error(
        "failed to write the payment company's records: {0}; make room, or mend the disk; then go on by `fiacre resume`"
    )]
    CompanyWrite(io::ErrorKind),
}

/// The ports that keep something.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) timers: Arc<dyn Timers>,
    pub(crate) board: Arc<dyn DispatchBoard>,
}

/// What is opened.
pub(crate) enum Kept {
    Memory {
        store: MemoryEventStore,
        timers: MemoryTimers,
        board: MemoryBoard,
    },
    Folder {
        database: Database,
        ports: Ports,
        /// Trips that are over.
        retired: BTreeSet<TripId>,
        /// Writes the backups that others ask for.
        _backups: Option<BackupService>,
    },
}

/// What a trip's streams held.
pub(crate) enum Held {
    /// Dropped from memory.
    Dropped(Dropped),
    /// Read from the folder, where it stays.
    Read(Vec<Commit>),
}

/// Completes what waits for a database.
struct Writing(Database);

impl Outside for Writing {
    fn complete(&mut self) -> usize {
        self.0.sync()
    }

    fn is_outstanding(&self) -> bool {
        self.0.is_awaited()
    }
}

/// Completes what waits for the payment company's records.
struct Bookkeeping(Arc<Sandbox>);

impl Outside for Bookkeeping {
    fn complete(&mut self) -> usize {
        self.0.sync()
    }

    fn is_outstanding(&self) -> bool {
        self.0.is_awaited()
    }
}

/// Whether the payment company's records are where they were begun.
pub(crate) fn has_company(database: &Database) -> bool {
    database.folder().join(COMPANY).is_dir()
}

/// The payment company: it stands for one outside, so that its records lie in a folder of their own.
pub(crate) fn company(
    keep: &Keep,
    seed: u64,
    executor: &mut Executor,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<Sandbox>, KeepError> {
    let company = match keep {
        Keep::Memory => Sandbox::new(seed, Arc::clone(clock)),
        Keep::Folder(database) => Sandbox::open(database.folder().join(COMPANY), seed, Arc::clone(clock))?,
    };
    let company = Arc::new(company.grouped());
    let takes = Paced::new(
        Bookkeeping(Arc::clone(&company)),
        executor.time().clone(),
        WRITE_TAKES,
    );
    executor.add_outside(takes);
    Ok(company)
}

/// What ends with a trip: its own stream, its search's and its fare's.
const fn of_trip(trip: TripId) -> [StreamId; 3] {
    let fare = StreamId::Payment(trip, ChargeNumber::FARE);
    [StreamId::Trip(trip), StreamId::Dispatch(trip), fare]
}

/// A run goes on without: whoever asks for a backup is told that nobody answers.
fn serve_backups(database: &Database) -> Option<BackupService> {
    let serving = database.serve_backups(BESIDE);
    serving
        .inspect_err(|error| tracing::warn!(%error, "no backup of the folder can be asked for"))
        .ok()
}

impl Kept {
    /// Makes its ports for processes on `clock`, and lets `executor` complete what they write.
    pub(crate) fn begin(keep: &Keep, executor: &mut Executor, clock: &Arc<dyn Clock>) -> (Self, Ports) {
        let time = executor.time().clone();
        match keep {
            Keep::Memory => Self::in_memory(executor, time),
            Keep::Folder(database) => {
                let ports = Ports {
                    store: Arc::new(database.event_store(Arc::clone(clock))),
                    bus: Arc::new(database.bus(Arc::clone(clock))),
                    timers: Arc::new(database.timers(Arc::clone(clock))),
                    board: Arc::new(database.board(Arc::clone(clock))),
                };
                executor.add_outside(Paced::new(Writing(database.clone()), time, WRITE_TAKES));
                let kept = Self::Folder {
                    database: database.clone(),
                    ports: ports.clone(),
                    retired: BTreeSet::new(),
                    _backups: serve_backups(database),
                };
                (kept, ports)
            }
        }
    }

    fn in_memory(executor: &mut Executor, time: VirtualTime) -> (Self, Ports) {
        let group = Group::default();
        let store = MemoryEventStore::new(time.clone()).in_group(&group);
        let bus = MemoryBus::new(time.clone()).in_group(&group);
        let timers = MemoryTimers::new(time.clone()).in_group(&group);
        let board = MemoryBoard::new(time.clone()).in_group(&group);
        executor.add_outside(Paced::new(group, time, WRITE_TAKES));
        let ports = Ports {
            store: Arc::new(store.clone()),
            bus: Arc::new(bus),
            timers: Arc::new(timers.clone()),
            board: Arc::new(board.clone()),
        };
        let kept = Self::Memory { store, timers, board };
        (kept, ports)
    }

    /// Why nothing more can be written, if so.
    pub(crate) fn check(&self) -> Result<(), KeepError> {
        match self {
            Self::Memory { .. } => Ok(()),
            Self::Folder { database, .. } => Ok(database.check()?),
        }
    }

    /// Ends the deadlines of a closed trip, and gives what its streams hold: dropped from memory, read from a folder.
    pub(crate) fn retire(&mut self, trip: TripId, executor: &mut Executor) -> Result<Held, CityError> {
        match self {
            Self::Memory { store, timers, board } => {
                board.forget(trip);
                for stream in of_trip(trip) {
                    timers.forget(stream);
                }
                Ok(Held::Dropped(store.forget(trip)))
            }
            Self::Folder { ports, retired, .. } => {
                retired.insert(trip);
                let commits = executor.block_on(read(ports, trip))??;
                Ok(Held::Read(commits))
            }
        }
    }

    /// Drops from memory what of a stream is folded into its snapshot; gives it. A folder keeps it.
    pub(crate) fn trim(&self, stream: StreamId) -> Option<Dropped> {
        match self {
            Self::Memory { store, .. } => Some(store.trim(stream)),
            Self::Folder { .. } => None,
        }
    }

    /// Whether a stream was given by [`retire`](Self::retire), and is still there.
    pub(crate) fn was_given(&self, stream: StreamId) -> bool {
        match self {
            Self::Memory { .. } => false,
            Self::Folder { retired, .. } => stream
                .trip()
                .is_some_and(|trip| retired.contains(&trip) && of_trip(trip).contains(&stream)),
        }
    }
}

/// Everything of a closed trip; its deadlines are ended.
async fn read(ports: &Ports, trip: TripId) -> Result<Vec<Commit>, PortError> {
    let requests = of_trip(trip).map(|stream| LoadRequest::whole(stream, Consistency::Linearizable));
    let mut commits = Vec::new();
    for loaded in ports.store.load(&requests).await {
        commits.extend(loaded?.commits);
    }
    let timers: Vec<_> = commits.iter().flat_map(timers_of).collect();
    ports.timers.done(&timers).await?;
    Ok(commits)
}

/// The timers that a commit has set, whenever they are due.
fn timers_of(commit: &Commit) -> impl Iterator<Item = Timer> {
    let deadlines = commit.numbered().filter_map(|(id, event)| deadline(id, event));
    deadlines.map(|deadline| Timer {
        id: deadline.id,
        due_at: Timestamp::MAX,
        region: commit.region,
        trace: None,
    })
}

impl Held {
    /// What happened in them, in order.
    pub(crate) fn events(&self) -> Box<dyn Iterator<Item = Event> + '_> {
        match self {
            Self::Dropped(dropped) => Box::new(dropped.events()),
            Self::Read(commits) => Box::new(commits.iter().flat_map(|commit| commit.events.iter().cloned())),
        }
    }
}
