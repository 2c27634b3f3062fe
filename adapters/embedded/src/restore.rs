//! A backup, read back into an empty folder: whole or not at all, and nothing outside of it.
//!
//! The file is read to its end before anything is made, and its checksum is held to it again while the database is made of it. A file
//! may lie anywhere, and come from anybody: what it names beside the database must be on the caller's list.

use crate::backup::{Backup, END, FILE, FORMAT, FORMAT_PLAIN, Hashed, LINE, ROW};
use crate::database::{Options, journal_error, open_engine};
use crate::error::{from_engine, from_read};
use crate::folder::Folder;
use crate::tables::{Table, Tables};
use crate::witness;
use fiacre_folder::{OpenError, rename, sync_file};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// No first line is longer.
const LINE_BYTES_MAX: usize = 64;
/// The longest key or value that is believed: beyond every commit.
const BYTES_MAX: u32 = 64 << 20;
/// The longest key that the engine takes; no row has an empty one.
const KEY_BYTES_MAX: usize = 65_535;
/// How many bytes are restored at a time.
const BATCH_BYTES: usize = 4 << 20;
/// About what a row takes in memory beside its key and its value, here and in the engine's batch.
const ROW_BYTES: usize = 256;

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
    #[error("failed to read the backup: {0}; name a file that `fiacre backup` wrote, or mend its disk")]
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

/// A record as it was read.
enum Record {
    Row(Table, Vec<u8>, Vec<u8>),
    File(&'static str, Vec<u8>),
}

/// Small files beside the database, by their names.
type Beside = BTreeMap<&'static str, Vec<u8>>;

/// Restores a backup into a folder that holds nothing, whole or not at all. The store's epoch becomes `epoch`, or the one after the
/// backup's if that is higher: fences and gateway keys rise above any that were given since the backup was made, if `epoch` rises
/// with every restore, as the seconds of the clock do. `beside` are the only names that files may have which the backup holds beside
/// the database; a backup with others is refused.
///
/// ```
/// use fiacre_embedded::{Database, restore};
/// use std::io::Cursor;
/// let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// let mut file = Vec::new();
/// Database::open(from.path())?.backup(&[], &mut file)?;
/// restore(Cursor::new(&file), to.path(), 7, &[])?;
/// assert_eq!(Database::open(to.path())?.epoch(), 7);
///
/// file.pop();
/// let elsewhere = tempfile::tempdir()?;
/// let cut = restore(Cursor::new(&file), elsewhere.path(), 8, &[]).unwrap_err();
/// assert_eq!(cut.code(), "backup_damaged");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`RestoreError`]; there is no database in the folder then.
pub fn restore(
    mut file: impl Read + Seek,
    folder: impl AsRef<Path>,
    epoch: u32,
    beside: &[&'static str],
) -> Result<Backup, RestoreError> {
    let found = read(BufReader::with_capacity(1 << 16, &mut file), beside, |_| Ok(()))?;
    file.seek(SeekFrom::Start(0))?;
    let folder = Folder::take_to_restore(folder.as_ref(), beside)?;
    if folder.has_database() {
        return Err(RestoreError::NotEmpty {
            folder: folder.path().to_owned(),
        });
    }
    let epoch = epoch.max(found.epoch.saturating_add(1));
    let failed = |error| RestoreError::Folder(OpenError::from_io(folder.path(), error));
    folder.database(|path| {
        let file = BufReader::with_capacity(1 << 16, &mut file);
        Folder::write_epoch(path, epoch).map_err(failed)?;
        let files = fill(file, path, folder.path(), beside)?;
        witness::begin(path).map_err(|error| journal_error(folder.path(), error))?;
        place(&files, folder.path()).map_err(failed)
    })?;
    Ok(Backup { epoch, ..found })
}

/// Fills a database that is being made; gives the files that belong beside it.
fn fill(
    file: impl Read,
    path: &Path,
    folder: &Path,
    beside: &[&'static str],
) -> Result<Beside, RestoreError> {
    let engine_failed = |error| RestoreError::Folder(from_engine(folder, error));
    let tables = open_engine(path, &Options::default())
        .and_then(Tables::open)
        .map_err(engine_failed)?;
    let (mut rows, mut bytes, mut files) = (Vec::new(), 0, Beside::new());
    read(file, beside, |record| {
        match record {
            Record::Row(table, key, value) => {
                bytes += ROW_BYTES + key.len() + value.len();
                rows.push((table, key, value));
            }
            Record::File(name, bytes) => drop(files.insert(name, bytes)),
        }
        if bytes >= BATCH_BYTES {
            bytes = 0;
            tables.fill(std::mem::take(&mut rows)).map_err(engine_failed)?;
        }
        Ok(())
    })?;
    tables.fill(rows).map_err(engine_failed)?;
    tables.persist().map_err(engine_failed)?;
    let read_failed = |error| RestoreError::Folder(from_read(folder, error));
    if !tables.is_table_empty(Table::Segments).map_err(read_failed)? {
        let noted = Folder::write_format(path);
        noted.map_err(|error| RestoreError::Folder(OpenError::from_io(folder, error)))?;
    }
    Ok(files)
}

/// Lays files beside a database that has no name yet: each is there whole, and on disk before the database is.
fn place(files: &Beside, folder: &Path) -> io::Result<()> {
    for (name, bytes) in files {
        let unfinished = folder.join(Folder::unfinished(name));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        sync_file(&file, &unfinished)?;
        rename(&unfinished, &folder.join(name))?;
    }
    Ok(())
}

/// Reads a backup to its end, and says what it holds once all of it is as it was written.
fn read(
    file: impl Read,
    beside: &[&'static str],
    mut take: impl FnMut(Record) -> Result<(), RestoreError>,
) -> Result<Backup, RestoreError> {
    let mut file = Hashed::new(file);
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
                Record::Row(table, key(&mut file)?, bytes(&mut file)?)
            }
            FILE => Record::File(name(&bytes(&mut file)?, beside)?, bytes(&mut file)?),
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
    Ok(Backup {
        epoch,
        records,
        segments_in: BTreeSet::new(),
    })
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

/// A row's key, if the engine takes it: it ends the process over others.
fn key(file: &mut impl Read) -> Result<Vec<u8>, RestoreError> {
    let key = bytes(file)?;
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(RestoreError::Damaged {
            what: "a row's key is empty, or longer than there can be",
        });
    }
    Ok(key)
}

/// A file's name, if it is on the list.
fn name(bytes: &[u8], beside: &[&'static str]) -> Result<&'static str, RestoreError> {
    let name = beside.iter().find(|name| name.as_bytes() == bytes);
    name.copied().ok_or(RestoreError::Damaged {
        what: "it names a file that is none of a platform's",
    })
}
