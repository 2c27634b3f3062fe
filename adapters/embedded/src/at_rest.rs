//! A folder that no process uses, read as it lies.

use crate::archive::{Archive, CheckedSegment, Merged};
use crate::backup::{self, Backup, BackupError};
use crate::bus::ParkedAtRest;
use crate::bytes::{Malformed, Reader, Row};
use crate::codec::{Codec, Keys};
use crate::database::{Options, journal_error, open_engine};
use crate::error::{from_engine, from_read};
use crate::folder::Folder;
use crate::tables::{ReadError, RowRead, Table, Tables};
use crate::witness::{self, Witness};
use crate::{bus, journal, store};
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_folder::{OpenError, ScratchFolder};
use fiacre_ports::{PortError, SealingKey, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DOING: &str = "read the log";

/// A kind of streams, in the order in which the log holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// `trip-{id}`, by id.
    Trips,
    /// `dispatch-{trip}`, by id.
    Searches,
    /// `driver-{id}`, by id.
    Drivers,
    /// `payment-{trip}[-{n}]`, by trip and number.
    Charges,
    /// `ops-{region}`.
    Operations,
    /// `tariff-{id}`.
    Tariffs,
}

impl Kept {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Trips,
        Self::Searches,
        Self::Drivers,
        Self::Charges,
        Self::Operations,
        Self::Tariffs,
    ];

    /// The byte that the keys of such streams begin with.
    const fn tag(self) -> u8 {
        match self {
            Self::Trips => 0,
            Self::Searches => 1,
            Self::Drivers => 2,
            Self::Charges => 3,
            Self::Operations => 4,
            Self::Tariffs => 5,
        }
    }
}

/// A commit as it lies in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    ticket: Ticket,
    bytes: Vec<u8>,
    lost_with: Option<Arc<Path>>,
}

impl LogRow {
    /// These bytes in that place.
    pub const fn new(ticket: Ticket, bytes: Vec<u8>) -> Self {
        Self {
            ticket,
            bytes,
            lost_with: None,
        }
    }

    /// A commit that lies in a segment which cannot be read.
    pub(crate) const fn lost(ticket: Ticket, segment: Arc<Path>) -> Self {
        Self {
            ticket,
            bytes: Vec::new(),
            lost_with: Some(segment),
        }
    }

    /// The segment that it lies in, where that is not there or cannot be read; then there are no bytes of it.
    pub fn lost_with(&self) -> Option<&Path> {
        self.lost_with.as_deref()
    }

    /// Its place in the log, by its key.
    pub const fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// The commit as `fiacre-wire` stored it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn read((key, row): &(fjall::Slice, fjall::Slice)) -> Result<Self, Malformed> {
        let mut key = Reader::new(key);
        let ticket = Ticket {
            stream: key.stream()?,
            version: key.version()?,
        };
        key.end()?;
        // Of a row that is too short for a commit nothing is left, which does not read as one either.
        let bytes = store::split(row).map_or(&[][..], |(_, bytes)| bytes);
        Ok(Self::new(ticket, bytes.to_vec()))
    }
}

/// A folder that no process uses, opened for reading: nothing in it is changed, and no process may begin to use it while this
/// lives. Several readers may share it, and it may lie where nothing can be written.
///
/// The storage engine mends and tidies what it opens. So it is given a folder of its own, among the system's temporary files:
/// its tables, which never change, are links to those of the folder; the journals (as long as what was written of late, at
/// most some hundreds of MB) and lists of files are copies. It is gone once this is dropped, and what a process that was killed has left
/// of one is removed by whoever reads a folder next.
///
/// ```
/// use fiacre_embedded::{AtRest, Database, Kept, Options};
/// let folder = tempfile::tempdir()?;
/// let database = Database::open(folder.path())?;
/// assert_eq!(AtRest::open(folder.path(), &Options::default()).unwrap_err().code(), "folder_in_use");
/// drop(database);
/// let at_rest = AtRest::open(folder.path(), &Options::default())?;
/// assert_eq!(at_rest.streams(Kept::Trips).count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtRest {
    codec: Codec,
    tables: Tables,
    archive: Arc<Archive>,
    is_made: bool,
    is_cut: bool,
    epoch: u32,
    folder: Folder,
    /// Dropped last, when the engine has let go of it.
    _copy: ScratchFolder,
}

impl AtRest {
    /// Opens a folder for reading. The options' vault is not used: who has keys gives them to [`decode`](Self::decode).
    ///
    /// # Errors
    /// [`OpenError::InUse`] while a process uses the folder; [`OpenError::Absent`] where nobody ever began to make a database; else
    /// as [`Database::open`](crate::Database::open).
    pub fn open(folder: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let (folder, database) = Folder::take_to_read(folder.as_ref())?;
        let failed = |error| OpenError::from_io(folder.path(), error);
        let copy = ScratchFolder::make().map_err(failed)?;
        let mut is_cut = false;
        if let Some(database) = &database {
            let database = fs::canonicalize(database).map_err(failed)?;
            mirror(&database, copy.path()).map_err(failed)?;
            let least = witness::check(folder.path(), copy.path())?;
            let mended = journal::mend(copy.path(), least.as_ref().map(Witness::tip))
                .map_err(|error| journal_error(folder.path(), error))?;
            is_cut = mended.cut.is_some();
        }
        let tables = open_engine(copy.path(), options)
            .and_then(Tables::open)
            .map_err(|error| from_engine(folder.path(), error))?;
        let archive =
            Archive::read(&tables, folder.path()).map_err(|error| from_read(folder.path(), error))?;
        Ok(Self {
            codec: Codec::new(None, options.tariffs()),
            tables,
            archive: Arc::new(archive),
            is_made: database.is_some(),
            is_cut,
            epoch: folder.epoch(copy.path())?,
            folder,
            _copy: copy,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether there is a database: where a first start was cut short there is none, and nothing was ever accepted.
    pub const fn is_made(&self) -> bool {
        self.is_made
    }

    /// Whether the last write was cut short by a crash, and is left out: it was acknowledged to nobody.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The store's epoch: 0, until it is restored from a backup.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Writes the database as it lies; see [`Database::backup`](crate::Database::backup).
    ///
    /// # Errors
    /// Where the database cannot be read, or `out` not be written.
    pub fn backup(&self, beside: &[(String, Vec<u8>)], out: impl Write) -> Result<Backup, BackupError> {
        backup::write(&self.tables, self.folder(), self.epoch, beside, out, |_| ())
    }

    pub(crate) const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// About how many commits the log holds, and its archive.
    pub fn commits_about(&self) -> usize {
        let archived = usize::try_from(self.archive.commits_count()).unwrap_or(usize::MAX);
        self.tables.count_about(Table::Commits).saturating_add(archived)
    }

    /// Reads every segment of the archive to its end, and holds it to its own hash, to the one before it and to what the store
    /// knows of it; `seen` is told of each.
    pub fn check_archive(&self, seen: impl FnMut(&CheckedSegment)) -> Vec<CheckedSegment> {
        self.archive.verify(seen)
    }

    /// The version up to which a stream is archived; none where it is not.
    ///
    /// # Errors
    /// Where the row cannot be read.
    pub fn archived(&self, stream: StreamId) -> Result<Option<Version>, PortError> {
        let stub = self.archive.stub(&self.tables.moment(), stream);
        let stub = stub.map_err(|error| error.into_error(DOING))?;
        Ok(stub.map(|stub| stub.head()))
    }

    /// The trips that have anything in the log beside what is archived.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub fn trips_in_log(&self) -> Result<BTreeSet<TripId>, PortError> {
        let mut trips = BTreeSet::new();
        for kind in [Kept::Trips, Kept::Searches, Kept::Charges] {
            for row in self.tables.prefix(Table::Commits, &[kind.tag()]) {
                trips.extend(log_row(row)?.ticket.stream.trip());
            }
        }
        Ok(trips)
    }

    /// Every commit of the streams of a kind, stream by stream, in order, whether it lies in the log or in the archive. What
    /// cannot be read in a segment is a row without a commit.
    pub fn streams(&self, kind: Kept) -> impl Iterator<Item = Result<LogRow, PortError>> + use<> {
        self.merged(&[kind.tag()])
    }

    /// The commits of one stream after a version, in order, as [`streams`](Self::streams) gives them.
    pub fn stream(
        &self,
        stream: StreamId,
        after: Version,
    ) -> impl Iterator<Item = Result<LogRow, PortError>> + use<> {
        let archived = self.archive.stub(&self.tables.moment(), stream).map(|stub| {
            let rows = stub.map(|stub| self.archive.rows(stream, &stub, after));
            rows.unwrap_or_default()
        });
        let (archived, failed) = match archived {
            Ok(rows) => (rows, None),
            Err(error) => (Vec::new(), Some(Err(error.into_error(DOING)))),
        };
        let (first, last) = (
            commit_key(stream, after),
            commit_key(stream, Version::new(u32::MAX)),
        );
        let in_log = self.tables.after(Table::Commits, &first, &last).map(log_row);
        failed
            .into_iter()
            .chain(archived.into_iter().map(Ok))
            .chain(in_log)
    }

    /// The commits of all charges of a trip, charge by charge.
    pub fn charges(&self, trip: TripId) -> impl Iterator<Item = Result<LogRow, PortError>> + use<> {
        let mut prefix = Row::default();
        prefix.u8(Kept::Charges.tag()).u128(trip.to_u128());
        self.merged(&prefix.into_vec())
    }

    fn merged(
        &self,
        prefix: &[u8],
    ) -> Merged<impl Iterator<Item = RowRead> + use<>, impl Iterator<Item = RowRead> + use<>> {
        let in_log = self.tables.prefix(Table::Commits, prefix);
        let stubs = self.tables.prefix(Table::Stubs, prefix);
        Merged::new(Arc::clone(&self.archive), in_log, stubs)
    }

    /// The commit of a row; without the trip's key, personal data that was sealed is read as erased.
    ///
    /// # Errors
    /// [`Newer`](fiacre_ports::PortErrorKind::Newer) for what a newer release wrote,
    /// [`Damaged`](fiacre_ports::PortErrorKind::Damaged) for what is not as it was written.
    pub fn decode(&self, row: &LogRow, key: Option<&SealingKey>) -> Result<Commit, PortError> {
        let keys = match (key, row.ticket.stream.trip()) {
            (Some(key), Some(trip)) => Keys::Sealed(BTreeMap::from([(trip, key.clone())])),
            _ => Keys::Clear,
        };
        let commit = self.codec.decode(&self.tables, &row.bytes, &keys);
        commit.map_err(|error| error.into_error(DOING))
    }

    /// The streams that messages are about which wait in some queue, are put back or parked: what was accepted, and is not
    /// answered in the log yet. Events are not among them: they lie in the log.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub fn waiting(&self) -> Result<BTreeSet<StreamId>, PortError> {
        bus::waiting(&self.tables).map_err(|error| error.into_error("read the messages"))
    }
}

pub(crate) fn log_row(row: RowRead) -> Result<LogRow, PortError> {
    let read = row.and_then(|row| Ok(LogRow::read(&row)?));
    read.map_err(|error| error.into_error(DOING))
}

impl AtRest {
    /// What is parked in all queues, each oldest first: a person decides what becomes of it.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub fn parked(&self) -> Result<Vec<ParkedAtRest>, PortError> {
        bus::parked(&self.tables).map_err(|error| error.into_error("read the messages"))
    }

    /// The streams that something is still to be done about: their events are to be published, or a message about them waits,
    /// is put back or parked.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub fn unsettled(&self) -> Result<BTreeSet<StreamId>, PortError> {
        let read = || {
            let mut streams = bus::unsettled_streams(&self.tables)?;
            streams.extend(store::unpublished(&self.tables)?);
            Ok(streams)
        };
        read().map_err(|error: ReadError| error.into_error("read the messages"))
    }
}

fn commit_key(stream: StreamId, version: Version) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(stream).version(version);
    key.into_vec()
}

/// Makes in `to` what the engine may write of what is in `from`, and links to the tables, which it only reads or unlinks.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() == "tables" {
            fs::create_dir(&target)?;
            for table in fs::read_dir(entry.path())? {
                let table = table?;
                link(&table.path(), &target.join(table.file_name()))?;
            }
        } else {
            fs::create_dir(&target)?;
            mirror(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &PathBuf, to: &PathBuf) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &PathBuf, to: &PathBuf) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// Copies a file; room that is reserved and was never written stays so.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut to) = (File::open(from)?, File::create_new(to)?);
    let (zeros, mut chunk) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut length = 0_u64;
    loop {
        let read = from.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        if zeros.get(..read) != Some(bytes) {
            to.seek(SeekFrom::Start(length))?;
            to.write_all(bytes)?;
        }
        length = length.saturating_add(bytes.len() as u64);
    }
    to.set_len(length)
}
