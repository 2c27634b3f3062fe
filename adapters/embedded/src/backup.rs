//! A database as one file, written as of one moment while writes go on.
//!
//! The file: a line that says the format, the epoch, then records. A record is a tag (1 a row, 2 a file beside the database, 0 the end),
//! for a row its table, and for both the lengths and bytes of key (or name) and value. The end says how many records there were, and
//! is followed by the XXH3 (128 bits) of everything before it: a file that is cut or changed by accident is refused.
//! Numbers are big-endian. Who edits on purpose can make the checksum right; the chain of each stream still tells.

use crate::archive::place_of;
use crate::asked::AskError;
use crate::at_rest::AtRest;
use crate::database::Database;
use crate::tables::{ReadError, Table, Tables};
use fiacre_folder::is_full;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::Xxh3;

/// The newest format of backups that this release reads: of a database that has an archive.
pub(crate) const FORMAT: u32 = 2;
/// The format without an archive, which releases before archives restore as well.
pub(crate) const FORMAT_PLAIN: u32 = 1;
pub(crate) const LINE: &str = "Fiacre's backup, format ";
pub(crate) const END: u8 = 0;
pub(crate) const ROW: u8 = 1;
pub(crate) const FILE: u8 = 2;
/// How the name of a backup that is not whole yet begins and ends.
const UNFINISHED: (&str, &str) = (".fiacre-", ".backup-unfinished");
/// How many records are written between two words of it.
const RECORDS_A_WORD: u64 = 8_192;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The epoch of the store: raised by each restore.
    pub epoch: u32,
    /// How many rows and files.
    pub records: u64,
    /// The folders in which the segments lay that it does not hold, when it was written; none is told of once it is restored.
    pub segments_in: BTreeSet<PathBuf>,
}

/// Why a backup could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read.
    #[error("failed to back up {}: it cannot be read: {why}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What was found.
        why: String,
    },
    /// The file cannot be written.
    #[error("failed to write the backup: {0}; make room on a disk that can be written, or give another path")]
    Unwritten(#[from] io::Error),
    /// The file cannot be made where it was asked for.
    #[error("failed to write {}: {}; give a path that can be written, and where nothing is yet", .0.display(), .1)]
    Unplaced(PathBuf, #[source] io::Error),
    /// The process that uses the folder did not write it.
    #[error(transparent)]
    Asked(AskError),
}

impl BackupError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "backup_unreadable",
            Self::Unwritten(_) => "backup_unwritten",
            Self::Unplaced(..) => "backup_unplaced",
            Self::Asked(error) => error.code(),
        }
    }
}

/// Writes or reads, and hashes what goes by.
pub(crate) struct Hashed<W> {
    pub(crate) inner: W,
    pub(crate) hash: Xxh3,
}

impl<W> Hashed<W> {
    pub(crate) fn new(inner: W) -> Self {
        let hash = Xxh3::new();
        Self { inner, hash }
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Database {
    /// Writes the database as it is at this moment, with every acknowledged call, while others go on writing; `beside` are small
    /// files by their names that are to lie in the folder beside it. The payment company's records and the vault of keys are no
    /// part of it.
    ///
    /// # Errors
    /// Where the database cannot be read, or `out` not be written.
    pub fn backup(&self, beside: &[(String, Vec<u8>)], out: impl Write) -> Result<Backup, BackupError> {
        self.write_backup(beside, out, |_| ())
    }

    /// The same to a file, which must not be there yet and is there whole or not at all; `beside` names files of the folder that
    /// belong to the database, where they are there. `progress` is told now and then how many records are written.
    ///
    /// # Errors
    /// As [`backup`](Self::backup); [`BackupError::Unplaced`] where the file cannot be made.
    pub fn backup_to(
        &self,
        beside: &[&str],
        file: &Path,
        progress: impl FnMut(u64),
    ) -> Result<Backup, BackupError> {
        to_file(self.folder(), beside, file, |beside, out| {
            self.write_backup(beside, out, progress)
        })
    }

    fn write_backup(
        &self,
        beside: &[(String, Vec<u8>)],
        out: impl Write,
        progress: impl FnMut(u64),
    ) -> Result<Backup, BackupError> {
        let tables = &self.core().tables;
        write(tables, self.folder(), self.epoch(), beside, out, progress)
    }
}

impl AtRest {
    /// Writes the database to a file; see [`Database::backup_to`].
    ///
    /// # Errors
    /// As there.
    pub fn backup_to(
        &self,
        beside: &[&str],
        file: &Path,
        progress: impl FnMut(u64),
    ) -> Result<Backup, BackupError> {
        to_file(self.folder(), beside, file, |beside, out| {
            write(self.tables(), self.folder(), self.epoch(), beside, out, progress)
        })
    }
}

/// Writes beside the file first, which gets its name once it is whole and on disk.
fn to_file(
    folder: &Path,
    beside: &[&str],
    path: &Path,
    write: impl FnOnce(&[(String, Vec<u8>)], BufWriter<&mut File>) -> Result<Backup, BackupError>,
) -> Result<Backup, BackupError> {
    let unplaced = |error| unplaced(path, error);
    if path.exists() {
        let there = io::Error::new(io::ErrorKind::AlreadyExists, "a file is there already");
        return Err(unplaced(there));
    }
    let place = path.parent().filter(|place| !place.as_os_str().is_empty());
    let place = place.unwrap_or(Path::new("."));
    let mut files = Vec::new();
    for name in beside {
        match fs::read(folder.join(name)) {
            Ok(bytes) => files.push(((*name).to_owned(), bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(BackupError::Unreadable {
                    folder: folder.to_owned(),
                    why: format!("{name}: {error}"),
                });
            }
        }
    }
    let mut file = unfinished_in(place).map_err(unplaced)?;
    let backup = write(&files, BufWriter::new(file.as_file_mut()))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map_err(|error| unplaced(error.error))?;
    File::open(place)?.sync_all()?;
    Ok(backup)
}

/// That a backup cannot be made where it was asked for; a disk that takes nothing is no slip of whoever names it.
fn unplaced(path: &Path, error: io::Error) -> BackupError {
    if is_full(error.kind()) || error.kind() == io::ErrorKind::ReadOnlyFilesystem {
        BackupError::Unwritten(error)
    } else {
        BackupError::Unplaced(path.to_owned(), error)
    }
}

/// A file for a backup that is being written, which this process holds until it has its own name or is gone. What processes that were
/// killed have left of such files in the same place is removed: nobody would ask for the gigabytes again by their names.
fn unfinished_in(place: &Path) -> io::Result<NamedTempFile> {
    for entry in fs::read_dir(place)?.flatten() {
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1))
        {
            remove_left(&entry.path());
        }
    }
    let mut names = tempfile::Builder::new();
    names.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    loop {
        let file = names.tempfile_in(place)?;
        // Another process may have taken it for one that was left, until it is held; where nothing can be held nobody does.
        let is_taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !is_taken && file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes a backup that nobody is writing any more; what cannot be removed stays.
fn remove_left(unfinished: &Path) {
    if let Ok(file) = File::open(unfinished)
        && file.try_lock().is_ok()
    {
        let _left = fs::remove_file(unfinished);
    }
}

/// Writes a database.
pub(crate) fn write(
    tables: &Tables,
    folder: &Path,
    epoch: u32,
    beside: &[(String, Vec<u8>)],
    out: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<Backup, BackupError> {
    let unreadable = |error: ReadError| BackupError::Unreadable {
        folder: folder.to_owned(),
        why: error.to_string(),
    };
    let mut out = Hashed::new(out);
    let moment = tables.moment();
    let is_plain = moment.is_table_empty(Table::Segments).map_err(unreadable)?;
    writeln!(out, "{LINE}{}", if is_plain { FORMAT_PLAIN } else { FORMAT })?;
    out.write_all(&epoch.to_be_bytes())?;
    let (mut records, mut segments_in) = (0_u64, BTreeSet::new());
    for (name, bytes) in beside {
        out.write_all(&[FILE])?;
        write_pair(&mut out, name.as_bytes(), bytes)?;
        records += 1;
    }
    for (table, row) in moment.rows() {
        let (key, value) = row.map_err(unreadable)?;
        out.write_all(&[ROW, table.number()])?;
        write_pair(&mut out, &key, &value)?;
        if table == Table::Segments {
            let place = place_of(&key, &value, folder);
            segments_in.insert(place.map_err(|error| unreadable(error.into()))?);
        }
        records += 1;
        if records.is_multiple_of(RECORDS_A_WORD) {
            progress(records);
        }
    }
    out.write_all(&[END])?;
    out.write_all(&records.to_be_bytes())?;
    let check = out.hash.digest128();
    out.inner.write_all(&check.to_be_bytes())?;
    out.flush()?;
    Ok(Backup {
        epoch,
        records,
        segments_in,
    })
}

fn write_pair(out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<()> {
    for bytes in [key, value] {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        out.write_all(&length.to_be_bytes())?;
        out.write_all(bytes)?;
    }
    Ok(())
}

impl fmt::Display for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records, epoch {}", self.records, self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::unplaced;
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    /// Whoever reads the exit code corrects the path, or mends the disk.
    #[test]
    fn a_disk_that_takes_nothing_is_told_from_a_path_that_is_wrong() {
        let code = |kind: ErrorKind| unplaced(Path::new("today.backup"), Error::from(kind)).code();
        for kind in [
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
        ] {
            assert_eq!(code(kind), "backup_unwritten", "{kind}");
        }
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::AlreadyExists,
            ErrorKind::PermissionDenied,
        ] {
            assert_eq!(code(kind), "backup_unplaced", "{kind}");
        }
    }
}
