//! The tables of the database.

use crate::bytes::Malformed;
use crate::draft::Draft;
use fiacre_ports::{PortError, PortErrorKind};
use fiacre_wire::stored::StoredError;
use fjall::{AbstractTree, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MIB: u64 = 1 << 20;

/// A table; the layout of each stands in the crate's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Commits,
    Causes,
    Outbox,
    Snapshots,
    Timers,
    Views,
    Riders,
    Board,
    Queues,
    Cursors,
    Messages,
    Deferred,
    Parked,
    Stubs,
    Segments,
}

impl Table {
    const ALL: [Self; 15] = [
        Self::Commits,
        Self::Causes,
        Self::Outbox,
        Self::Snapshots,
        Self::Timers,
        Self::Views,
        Self::Riders,
        Self::Board,
        Self::Queues,
        Self::Cursors,
        Self::Messages,
        Self::Deferred,
        Self::Parked,
        Self::Stubs,
        Self::Segments,
    ];

    /// Its number in a backup, for ever.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    /// The table with this number in a backup.
    pub(crate) fn numbered(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Commits => "commits",
            Self::Causes => "causes",
            Self::Outbox => "outbox",
            Self::Snapshots => "snapshots",
            Self::Timers => "timers",
            Self::Views => "views",
            Self::Riders => "riders",
            Self::Board => "board",
            Self::Queues => "queues",
            Self::Cursors => "cursors",
            Self::Messages => "messages",
            Self::Deferred => "deferred",
            Self::Parked => "parked",
            Self::Stubs => "stubs",
            Self::Segments => "segments",
        }
    }

    /// How much of it is in memory before it is written to a file of its own.
    const fn memory_bytes(self) -> u64 {
        match self {
            Self::Commits | Self::Messages => 16 * MIB,
            Self::Causes | Self::Outbox | Self::Snapshots | Self::Timers | Self::Views | Self::Riders => {
                8 * MIB
            }
            Self::Board
            | Self::Queues
            | Self::Cursors
            | Self::Deferred
            | Self::Parked
            | Self::Stubs
            | Self::Segments => 4 * MIB,
        }
    }
}

/// The database, by table.
pub(crate) struct Tables {
    keyspaces: [Keyspace; Table::ALL.len()],
    // Dropped last: its threads work on the tables.
    engine: fjall::Database,
}

impl Tables {
    /// Opens every table; makes those that are not there.
    pub(crate) fn open(engine: fjall::Database) -> Result<Self, fjall::Error> {
        let open = |table: Table| {
            let options = || KeyspaceCreateOptions::default().max_memtable_size(table.memory_bytes());
            engine.keyspace(table.name(), options)
        };
        let keyspaces = Table::ALL.map(open);
        let mut opened = Vec::with_capacity(keyspaces.len());
        for keyspace in keyspaces {
            opened.push(keyspace?);
        }
        let keyspaces = opened.try_into().map_err(|_| fjall::Error::Unrecoverable)?;
        Ok(Self { keyspaces, engine })
    }

    const fn keyspace(&self, table: Table) -> &Keyspace {
        &self.keyspaces[table as usize]
    }

    /// Writes a group as one batch, and returns once it is on disk. A batch that fails is in no table, though it may be in the
    /// journal.
    pub(crate) fn write(&self, draft: &mut Draft) -> Result<(), fjall::Error> {
        let mut batch = self.engine.batch().durability(Some(PersistMode::SyncData));
        for (table, key, value) in draft.take_rows() {
            match value {
                Some(value) => batch.insert(self.keyspace(table), key, value),
                None => batch.remove(self.keyspace(table), key),
            }
        }
        batch.commit()
    }

    /// The number that the next batch gets, or one before it.
    pub(crate) fn next_write(&self) -> u64 {
        self.engine.seqno()
    }

    /// Whether no table has a row.
    pub(crate) fn is_empty(&self) -> Result<bool, ReadError> {
        for table in Table::ALL {
            if !self.keyspace(table).is_empty()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a table has no row.
    pub(crate) fn is_table_empty(&self, table: Table) -> Result<bool, ReadError> {
        Ok(self.keyspace(table).is_empty()?)
    }

    /// One row.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<fjall::Slice>, ReadError> {
        Ok(self.keyspace(table).get(key)?)
    }

    /// All tables as they are now, whatever is written later.
    pub(crate) fn moment(&self) -> Moment<'_> {
        let snapshot = self.engine.snapshot();
        Moment {
            tables: self,
            snapshot,
        }
    }

    /// Writes rows of a database that is being made, which nobody was told of.
    pub(crate) fn fill(&self, rows: Vec<(Table, Vec<u8>, Vec<u8>)>) -> Result<(), fjall::Error> {
        let mut batch = self.engine.batch();
        for (table, key, value) in rows {
            batch.insert(self.keyspace(table), key, value);
        }
        batch.commit()
    }

    /// Returns once all that was written is on disk.
    pub(crate) fn persist(&self) -> Result<(), fjall::Error> {
        self.engine.persist(PersistMode::SyncAll)
    }

    /// Writes what is in memory to files, and the tables from which rows are taken for good anew, without those; says whether the
    /// files hold everything, so that the journal is needed no more. Nothing may be written meanwhile.
    pub(crate) fn compact(&self) -> Result<bool, fjall::Error> {
        for keyspace in &self.keyspaces {
            keyspace.rotate_memtable_and_wait()?;
        }
        for table in [Table::Commits, Table::Views, Table::Riders] {
            self.keyspace(table).major_compact()?;
        }
        let is_in_files = |keyspace: &Keyspace| {
            keyspace.tree.active_memtable().is_empty() && keyspace.tree.sealed_memtable_count() == 0
        };
        Ok(self.keyspaces.iter().all(is_in_files))
    }

    /// How much of the disk a table's files take.
    #[cfg(test)]
    pub(crate) fn disk_bytes(&self, table: Table) -> u64 {
        self.keyspace(table).disk_space()
    }

    /// Writes what a table holds in memory to a file of its own.
    #[cfg(test)]
    pub(crate) fn flush(&self, table: Table) {
        self.keyspace(table).rotate_memtable_and_wait().unwrap();
    }

    /// About how many rows a table has; rows that were written anew count again.
    pub(crate) fn count_about(&self, table: Table) -> usize {
        self.keyspace(table).approximate_len()
    }

    /// As [`Moment::prefix`], now.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = RowRead> + use<> {
        self.moment().prefix(table, prefix)
    }

    /// As [`Moment::range`], now.
    pub(crate) fn range<'k, R: std::ops::RangeBounds<&'k [u8]>>(
        &self,
        table: Table,
        range: R,
    ) -> impl DoubleEndedIterator<Item = RowRead> + use<R> {
        self.moment().range(table, range)
    }

    /// As [`Moment::after`], now.
    pub(crate) fn after(
        &self,
        table: Table,
        first: &[u8],
        last: &[u8],
    ) -> impl Iterator<Item = RowRead> + use<> {
        self.moment().after(table, first, last)
    }
}

/// The tables as they were at one moment, whatever is written meanwhile: of each group all or nothing.
pub(crate) struct Moment<'t> {
    tables: &'t Tables,
    snapshot: fjall::Snapshot,
}

impl Moment<'_> {
    /// Whether a table had no row.
    pub(crate) fn is_table_empty(&self, table: Table) -> Result<bool, ReadError> {
        Ok(self.snapshot.is_empty(self.tables.keyspace(table))?)
    }

    /// Every row of every table, table by table.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Table, RowRead)> {
        Table::ALL.into_iter().flat_map(|table| {
            let rows = self.snapshot.iter(self.tables.keyspace(table));
            rows.map(move |row| (table, row.into_inner().map_err(ReadError::from)))
        })
    }

    /// One row.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<fjall::Slice>, ReadError> {
        Ok(self.snapshot.get(self.tables.keyspace(table), key)?)
    }

    pub(crate) fn has(&self, table: Table, key: &[u8]) -> Result<bool, ReadError> {
        Ok(self.snapshot.contains_key(self.tables.keyspace(table), key)?)
    }

    /// Every row whose key begins with `prefix`, in order, from either end.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = RowRead> + use<> {
        let rows = self.snapshot.prefix(self.tables.keyspace(table), prefix);
        rows.map(|row| row.into_inner().map_err(ReadError::from))
    }

    /// Every row with a key within `range`, as [`prefix`](Self::prefix) does.
    pub(crate) fn range<'k, R: std::ops::RangeBounds<&'k [u8]>>(
        &self,
        table: Table,
        range: R,
    ) -> impl DoubleEndedIterator<Item = RowRead> + use<R> {
        self.between(table, (range.start_bound().cloned(), range.end_bound().cloned()))
    }

    /// Every row with a key after `first` and up to `last`, in order.
    pub(crate) fn after(
        &self,
        table: Table,
        first: &[u8],
        last: &[u8],
    ) -> impl Iterator<Item = RowRead> + use<> {
        self.between(table, (Bound::Excluded(first), Bound::Included(last)))
    }

    fn between(
        &self,
        table: Table,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
    ) -> impl DoubleEndedIterator<Item = RowRead> + use<> {
        let rows = self
            .snapshot
            .range::<&[u8], _>(self.tables.keyspace(table), bounds);
        rows.map(|row| row.into_inner().map_err(ReadError::from))
    }
}

/// A row, or why it cannot be read.
pub(crate) type RowRead = Result<(fjall::Slice, fjall::Slice), ReadError>;

/// Why rows cannot be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    Engine(fjall::Error),
    Malformed(Malformed),
    Stored(StoredError),
    /// A commit is not where it must be.
    Gap,
    /// Bytes that are no message.
    Foreign,
    /// A commit lies in a segment of the archive that cannot be read.
    Archived {
        segment: PathBuf,
        /// Whether nothing of the segment can be read, as where it is not there.
        is_lost: bool,
        why: String,
    },
}

impl ReadError {
    /// As the error of a port that failed to do `doing`.
    pub(crate) fn into_error(self, doing: &'static str) -> PortError {
        match self {
            Self::Engine(fjall::Error::Io(error)) if !is_lost(error.kind()) => {
                PortError::new(PortErrorKind::Unavailable, doing).with_source(error)
            }
            Self::Engine(error) => {
                // The engine's own words name neither a file nor what to do.
                tracing::error!(%error, "the storage engine cannot read a table");
                let what = "a file of the storage engine's under db/keyspaces is missing, or is not as it was written";
                PortError::new(PortErrorKind::Damaged, doing).with_source(what)
            }
            Self::Malformed(error) => PortError::new(PortErrorKind::Damaged, doing).with_source(error),
            Self::Stored(error) => error.into_port_error(doing),
            Self::Gap => PortError::new(PortErrorKind::Damaged, doing).with_source("a commit is missing"),
            Self::Foreign => {
                PortError::new(PortErrorKind::Damaged, doing).with_source("these bytes are no message")
            }
            // One trip's history, which somebody may bring back: neither a reason to stop all others nor to drop its messages.
            Self::Archived { .. } => {
                PortError::new(PortErrorKind::Damaged, doing).with_source(self.to_string())
            }
        }
    }
}

impl ReadError {
    /// The segment of which nothing can be read, if that is it.
    pub(crate) fn lost_segment(self) -> Option<Arc<Path>> {
        match self {
            Self::Archived {
                segment,
                is_lost: true,
                ..
            } => Some(segment.into()),
            Self::Archived { .. }
            | Self::Engine(_)
            | Self::Malformed(_)
            | Self::Stored(_)
            | Self::Gap
            | Self::Foreign => None,
        }
    }
}

/// Whether a file of the engine's is not there, or is cut off.
pub(crate) const fn is_lost(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof)
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Engine(error) => write!(f, "{error}"),
            Self::Malformed(error) => write!(f, "{error}"),
            Self::Stored(error) => write!(f, "{error}"),
            Self::Gap => f.write_str("a commit is missing"),
            Self::Foreign => f.write_str("bytes that are no message"),
            Self::Archived { segment, why, .. } => write!(
                f,
                "it was archived in {}, which cannot be read ({why}); bring that file back",
                segment.display()
            ),
        }
    }
}

impl From<fjall::Error> for ReadError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the engine's kinds grow, and one is taken out here"
    )]
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Storage(fjall::LsmError::Io(error)) => Self::Engine(fjall::Error::Io(error)),
            other => Self::Engine(other),
        }
    }
}

impl From<StoredError> for ReadError {
    fn from(error: StoredError) -> Self {
        Self::Stored(error)
    }
}

impl From<Malformed> for ReadError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}
