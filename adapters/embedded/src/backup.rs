//! A database as one file: written at one moment while writes go on, and read back into an empty folder.
//!
//! The file: a line that says the format, the epoch, then records. A record is a tag (1 a row, 2 a file beside the database, 0 the end),
//! for a row its table, and for both the lengths and bytes of key (or name) and value. The end says how many records there were, and
//! is followed by the XXH3 (128 bits) of everything before it: a file that is cut or changed by accident is refused.
//! Numbers are big-endian. Who edits on purpose can make the checksum right; the chain of each stream still tells.

use crate::asked::AskError;
use crate::at_rest::AtRest;
use crate::database::{Database, Options, open_engine};
use crate::error::{from_engine, from_read};
use crate::folder::Folder;
use crate::tables::{ReadError, Table, Tables};
use fiacre_folder::OpenError;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::Xxh3;

/// The newest format of backups that this release reads: of a database that has an archive.
const FORMAT: u32 = 2;
/// The format without an archive, which releases before archives restore as well.
const FORMAT_PLAIN: u32 = 1;
const LINE: &str = "Fiacre's backup, format ";
/// No first line is longer.
const LINE_BYTES_MAX: usize = 64;
const END: u8 = 0;
const ROW: u8 = 1;
const FILE: u8 = 2;
/// The longest key or value that is believed: beyond every commit.
const BYTES_MAX: u32 = 64 << 20;
/// How many bytes are restored at a time.
const BATCH_BYTES: usize = 4 << 20;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// The epoch of the store: raised by each restore.
    pub epoch: u32,
    /// How many rows and files.
    pub records: u64,
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
    #[error("failed to write the backup: {0}; make room, or give another path")]
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

/// Why a backup could not be restored. Then there is no database in the folder.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is no backup.
    #[error("failed to restore: the file is no backup of Fiacre's; give one that `backup` wrote")]
    NoBackup,
    /// A newer release wrote it.
    #[error(
        "failed to restore: a newer release wrote the backup (format {found}, this one reads up to {known}); use that release"
    )]
    Newer {
        /// The format that was found.
        found: u32,
        /// The newest format that this release reads.
        known: u32,
    },
    /// It is cut off, or is not as it was written.
    #[error("failed to restore: the backup is damaged: {what}; use another one")]
    Damaged {
        /// What was found.
        what: &'static str,
    },
    /// A database is in the folder already.
    #[error("failed to restore: {} holds a database already; name an empty folder", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// The backup cannot be read.
    #[error("failed to read the backup: {0}")]
    Unreadable(io::Error),
}

impl RestoreError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoBackup => "backup_not_fiacre",
            Self::Newer { .. } => "backup_newer",
            Self::Damaged { .. } => "backup_damaged",
            Self::NotEmpty { .. } => "store_not_empty",
            Self::Folder(error) => error.code(),
            Self::Unreadable(_) => "backup_unreadable",
        }
    }
}

impl From<io::Error> for RestoreError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damaged {
                what: "it is cut off",
            }
        } else {
            Self::Unreadable(error)
        }
    }
}

/// Writes, and hashes what it writes.
struct Hashed<W> {
    inner: W,
    hash: Xxh3,
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
    /// files by their names that are to lie in the folder beside it. The payment company's records and the vault of
    /// keys are no part of it.
    ///
    /// # Errors
    /// Where the database cannot be read, or `out` not be written.
    pub fn backup(&self, beside: &[(String, Vec<u8>)], out: impl Write) -> Result<Backup, BackupError> {
        write(&self.core().tables, self.folder(), self.epoch(), beside, out)
    }
}

impl Database {
    /// The same to a file, which must not be there yet and is there whole or not at all; `beside` names files of the folder that
    /// belong to the database, where they are there.
    ///
    /// # Errors
    /// As [`backup`](Self::backup); [`BackupError::Unplaced`] where the file cannot be made.
    pub fn backup_to(&self, beside: &[&str], file: &Path) -> Result<Backup, BackupError> {
        to_file(self.folder(), beside, file, |beside, out| {
            self.backup(beside, out)
        })
    }
}

impl AtRest {
    /// Writes the database to a file; see [`Database::backup_to`].
    ///
    /// # Errors
    /// As there.
    pub fn backup_to(&self, beside: &[&str], file: &Path) -> Result<Backup, BackupError> {
        to_file(self.folder(), beside, file, |beside, out| {
            self.backup(beside, out)
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
    let unplaced = |error| BackupError::Unplaced(path.to_owned(), error);
    if path.exists() {
        return Err(unplaced(io::ErrorKind::AlreadyExists.into()));
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
    let mut file = NamedTempFile::new_in(place).map_err(unplaced)?;
    let backup = write(&files, BufWriter::new(file.as_file_mut()))?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)
        .map_err(|error| unplaced(error.error))?;
    File::open(place)?.sync_all()?;
    Ok(backup)
}

/// Writes a database.
pub(crate) fn write(
    tables: &Tables,
    folder: &Path,
    epoch: u32,
    beside: &[(String, Vec<u8>)],
    out: impl Write,
) -> Result<Backup, BackupError> {
    let unreadable = |error: ReadError| BackupError::Unreadable {
        folder: folder.to_owned(),
        why: error.to_string(),
    };
    let mut out = Hashed {
        inner: out,
        hash: Xxh3::new(),
    };
    let is_plain = tables.is_table_empty(Table::Segments).map_err(unreadable)?;
    writeln!(out, "{LINE}{}", if is_plain { FORMAT_PLAIN } else { FORMAT })?;
    out.write_all(&epoch.to_be_bytes())?;
    let mut records = 0_u64;
    for (name, bytes) in beside {
        out.write_all(&[FILE])?;
        write_pair(&mut out, name.as_bytes(), bytes)?;
        records += 1;
    }
    for (table, row) in tables.all_rows() {
        let (key, value) = row.map_err(unreadable)?;
        out.write_all(&[ROW, table.number()])?;
        write_pair(&mut out, &key, &value)?;
        records += 1;
    }
    out.write_all(&[END])?;
    out.write_all(&records.to_be_bytes())?;
    let check = out.hash.digest128();
    out.inner.write_all(&check.to_be_bytes())?;
    out.flush()?;
    Ok(Backup { epoch, records })
}

fn write_pair(out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<()> {
    for bytes in [key, value] {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        out.write_all(&length.to_be_bytes())?;
        out.write_all(bytes)?;
    }
    Ok(())
}

/// A record as it was read.
enum Record {
    Row(Table, Vec<u8>, Vec<u8>),
    File(String, Vec<u8>),
}

/// Restores a backup into a folder that holds nothing, whole or not at all. The store's epoch becomes `epoch`, or the one
/// after the backup's if that is higher: fences and gateway keys rise above any that were given since the backup was made,
/// if `epoch` rises with every restore, as the seconds of the clock do.
///
/// ```
/// use fiacre_embedded::{Database, restore};
/// use std::io::Cursor;
/// let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// let mut file = Vec::new();
/// Database::open(from.path())?.backup(&[], &mut file)?;
/// restore(Cursor::new(&file), to.path(), 7)?;
/// assert_eq!(Database::open(to.path())?.epoch(), 7);
///
/// file.pop();
/// let elsewhere = tempfile::tempdir()?;
/// assert_eq!(restore(Cursor::new(&file), elsewhere.path(), 8).unwrap_err().code(), "backup_damaged");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`RestoreError`]; there is no database in the folder then.
pub fn restore(
    mut file: impl Read + Seek,
    folder: impl AsRef<Path>,
    epoch: u32,
) -> Result<Backup, RestoreError> {
    let found = read(BufReader::with_capacity(1 << 16, &mut file), |_| Ok(()))?;
    file.seek(SeekFrom::Start(0))?;
    let folder = Folder::take(folder.as_ref())?;
    if folder.has_database() {
        return Err(RestoreError::NotEmpty {
            folder: folder.path().to_owned(),
        });
    }
    let epoch = epoch.max(found.epoch.saturating_add(1));
    folder.database(|path| {
        fill(BufReader::with_capacity(1 << 16, &mut file), path, &folder)?;
        Folder::write_epoch(path, epoch)
            .map_err(|error| RestoreError::Folder(OpenError::from_io(folder.path(), error)))
    })?;
    Ok(Backup { epoch, ..found })
}

/// Fills a database that is being made.
fn fill(file: impl Read, path: &Path, folder: &Folder) -> Result<(), RestoreError> {
    let engine_failed = |error| RestoreError::Folder(from_engine(folder.path(), error));
    let tables = open_engine(path, &Options::default())
        .and_then(Tables::open)
        .map_err(engine_failed)?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    read(file, |record| match record {
        Record::Row(table, key, value) => {
            bytes += key.len() + value.len();
            rows.push((table, key, value));
            if bytes >= BATCH_BYTES {
                bytes = 0;
                tables.fill(std::mem::take(&mut rows)).map_err(engine_failed)?;
            }
            Ok(())
        }
        Record::File(name, bytes) => {
            let written = fs::write(folder.path().join(name), bytes);
            written.map_err(|error| RestoreError::Folder(OpenError::from_io(folder.path(), error)))
        }
    })?;
    tables.fill(rows).map_err(engine_failed)?;
    tables.persist().map_err(engine_failed)?;
    let read_failed = |error| RestoreError::Folder(from_read(folder.path(), error));
    if !tables.is_table_empty(Table::Segments).map_err(read_failed)? {
        let noted = Folder::write_format(path);
        noted.map_err(|error| RestoreError::Folder(OpenError::from_io(folder.path(), error)))?;
    }
    Ok(())
}

/// Reads a backup to its end, and says what it holds once all of it is as it was written.
fn read(
    file: impl Read,
    mut take: impl FnMut(Record) -> Result<(), RestoreError>,
) -> Result<Backup, RestoreError> {
    let mut file = Hashed {
        inner: file,
        hash: Xxh3::new(),
    };
    check_format(&first_line(&mut file)?)?;
    let epoch = u32::from_be_bytes(array(&mut file)?);
    let mut records = 0_u64;
    loop {
        let [tag] = array(&mut file)?;
        let record = match tag {
            END => break,
            ROW => {
                let [table] = array(&mut file)?;
                let table = Table::numbered(table).ok_or(RestoreError::Damaged {
                    what: "it names a table that is none",
                })?;
                Record::Row(table, bytes(&mut file)?, bytes(&mut file)?)
            }
            FILE => Record::File(name(bytes(&mut file)?)?, bytes(&mut file)?),
            _ => {
                return Err(RestoreError::Damaged {
                    what: "it holds a record that is none",
                });
            }
        };
        records = records.saturating_add(1);
        take(record)?;
    }
    let counted = u64::from_be_bytes(array(&mut file)?);
    let check = file.hash.digest128();
    if counted != records || u128::from_be_bytes(array(&mut file)?) != check {
        return Err(RestoreError::Damaged {
            what: "its bytes are not those that were written",
        });
    }
    if file.read(&mut [0])? > 0 {
        return Err(RestoreError::Damaged {
            what: "bytes follow its end",
        });
    }
    Ok(Backup { epoch, records })
}

fn first_line(file: &mut impl Read) -> Result<String, RestoreError> {
    let mut line = Vec::new();
    while line.len() < LINE_BYTES_MAX {
        match array(file) {
            Ok([b'\n']) => return String::from_utf8(line).map_err(|_| RestoreError::NoBackup),
            Ok([byte]) => line.push(byte),
            Err(RestoreError::Damaged { .. }) => return Err(RestoreError::NoBackup),
            Err(error) => return Err(error),
        }
    }
    Err(RestoreError::NoBackup)
}

fn check_format(line: &str) -> Result<(), RestoreError> {
    let format = line.strip_prefix(LINE).and_then(|format| format.parse().ok());
    match format {
        Some(FORMAT_PLAIN..=FORMAT) => Ok(()),
        Some(found) if found > FORMAT => Err(RestoreError::Newer { found, known: FORMAT }),
        Some(_) | None => Err(RestoreError::NoBackup),
    }
}

fn array<const N: usize>(file: &mut impl Read) -> Result<[u8; N], RestoreError> {
    let mut array = [0; N];
    file.read_exact(&mut array)?;
    Ok(array)
}

fn bytes(file: &mut impl Read) -> Result<Vec<u8>, RestoreError> {
    let length = u32::from_be_bytes(array(file)?);
    if length > BYTES_MAX {
        return Err(RestoreError::Damaged {
            what: "a length is beyond what there can be",
        });
    }
    let mut bytes = Vec::new();
    file.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() < length as usize {
        return Err(RestoreError::Damaged {
            what: "it is cut off",
        });
    }
    Ok(bytes)
}

/// A file's own name, which leads nowhere else.
fn name(bytes: Vec<u8>) -> Result<String, RestoreError> {
    let name = String::from_utf8(bytes).ok();
    let is_plain = |name: &String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
            && !name.starts_with('.')
    };
    name.filter(is_plain).ok_or(RestoreError::Damaged {
        what: "it names a file that may not be",
    })
}

impl fmt::Display for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records, epoch {}", self.records, self.epoch)
    }
}
