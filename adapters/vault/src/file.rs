//! The vault's file: two heads, and the entries.
//!
//! New entries are written behind those that are there, and count once the disk has them. The heads take turns at
//! saying how many the disk has at least: what is wrong among those is damage, and what is wrong behind them is a
//! write that a crash cut short. Entries that are changed, to be forgotten, are overwritten in place.

use crate::error::VaultError;
use crate::keys::Overwrite;
use crate::slot::{SLOT_BYTES, Slot, checked};
use fiacre_folder::{OpenError, OwnFolder, sync_file};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the folder is there for.
const VAULT: &str = "vault";
const MAGIC: &[u8; 12] = b"fiacre vault";
/// The format that this release writes, and the newest that it reads.
const FORMAT: u8 = 1;
const HEADS: u64 = 2;

/// The file of a folder that this process alone uses, as long as this lives.
#[derive(Debug)]
pub(crate) struct VaultFile {
    file: File,
    path: PathBuf,
    /// How many entries count.
    count: u64,
    /// Of the head that was written last.
    turn: u64,
    /// Whether the disk may lack what was added last, or the head that says that it has it.
    is_behind: bool,
    /// A write failed, and how: what is on disk is not known.
    unsure: Option<io::ErrorKind>,
    /// Another process may have it once this is dropped.
    _folder: OwnFolder,
}

impl VaultFile {
    /// Opens the vault of a folder, and gives its entries; makes folder and vault where there are none.
    pub(crate) fn open_or_make(folder: &Path) -> Result<(Self, Vec<Slot>), VaultError> {
        Self::open(OwnFolder::take(folder, VAULT)?)
    }

    /// Opens the vault of a folder that is there, and gives its entries.
    pub(crate) fn open_made(folder: &Path) -> Result<(Self, Vec<Slot>), VaultError> {
        Self::open(OwnFolder::take_existing(folder, VAULT)?)
    }

    fn open(folder: OwnFolder) -> Result<(Self, Vec<Slot>), VaultError> {
        let opening = || |error| OpenError::from_io(folder.path(), error);
        let path = folder.whole(|path| make(path).map_err(opening()))?;
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).map_err(opening())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(opening())?;
        let (head, entries) = entries_of(&bytes, folder.path())?;
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        // A later entry must not make an older one, which was cut short, count again.
        file.set_len(place(count)).map_err(opening())?;
        // What a killed process has left, also of those whom it forgot, may be in the system's memory alone.
        sync_file(&file, &path).map_err(opening())?;
        let vault = Self {
            file,
            path,
            count,
            turn: head.turn,
            is_behind: count > head.count,
            unsure: None,
            _folder: folder,
        };
        Ok((vault, entries))
    }

    /// Writes new entries, which the disk has after the next [`sync`](Self::sync), and gives the place of the first.
    pub(crate) fn append(&mut self, slots: &[Slot]) -> Result<u64, VaultError> {
        let first = self.count;
        let added = u64::try_from(slots.len()).unwrap_or(u64::MAX);
        self.writing(|file, _| {
            let bytes: Vec<u8> = slots.iter().flat_map(|slot| slot.to_bytes()).collect();
            write_at(file, place(first), &bytes)
        })?;
        self.count = first.saturating_add(added);
        self.is_behind = true;
        Ok(first)
    }

    /// Waits until the disk has what was added.
    pub(crate) fn sync(&mut self) -> Result<(), VaultError> {
        if let Some(kind) = self.unsure {
            return Err(VaultError::io("write the vault")(kind.into()));
        }
        if !self.is_behind {
            return Ok(());
        }
        let head = Head {
            turn: self.turn.wrapping_add(1),
            count: self.count,
        };
        self.writing(|file, path| {
            sync_file(file, path)?;
            // Reaches the disk by the next sync, and is not missed until then.
            write_at(file, head.place(), &head.to_bytes())
        })?;
        (self.turn, self.is_behind) = (head.turn, false);
        Ok(())
    }

    /// Writes over entries that are there.
    pub(crate) fn overwrite(&mut self, slots: &[Overwrite]) -> Result<(), VaultError> {
        self.writing(|file, path| {
            for (entry, slot) in slots {
                write_at(file, place(*entry), &slot.to_bytes())?;
            }
            sync_file(file, path)
        })
    }

    /// After a write that failed nothing is known of the disk, nor whether a later sync would tell.
    fn writing(&mut self, write: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> Result<(), VaultError> {
        if let Some(kind) = self.unsure {
            return Err(VaultError::Unsure(kind));
        }
        let written = write(&mut self.file, &self.path);
        self.unsure = written.as_ref().err().map(io::Error::kind);
        written.map_err(VaultError::io("write the vault"))
    }
}

/// The entries of a vault that is only read, whoever uses it.
pub(crate) fn read(folder: &Path) -> Result<Vec<Slot>, VaultError> {
    let bytes = std::fs::read(folder.join(VAULT)).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let folder = folder.to_owned();
            OpenError::Absent { folder }
        } else {
            OpenError::from_io(folder, error)
        }
    })?;
    let (_, entries) = entries_of(&bytes, folder)?;
    Ok(entries)
}

/// What the file says, up to a write that was cut short.
fn entries_of(bytes: &[u8], folder: &Path) -> Result<(Head, Vec<Slot>), VaultError> {
    let (slots, _) = bytes.as_chunks::<SLOT_BYTES>();
    let head = Head::newest(slots, folder)?;
    let entries = slots.iter().skip(2);
    let entries: Vec<Slot> = entries.map_while(|bytes| Slot::from_bytes(*bytes)).collect();
    match u64::try_from(entries.len()).unwrap_or(u64::MAX) {
        entry if entry < head.count => Err(VaultError::Damaged { entry }),
        _ => Ok((head, entries)),
    }
}

/// Where an entry begins, in bytes.
fn place(entry: u64) -> u64 {
    let length = u64::try_from(SLOT_BYTES).unwrap_or(u64::MAX);
    HEADS.saturating_add(entry).saturating_mul(length)
}

fn write_at(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// What a head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    /// The greater one is the newer.
    turn: u64,
    /// How many entries the disk has at least.
    count: u64,
}

impl Head {
    const fn place(self) -> u64 {
        // Both heads lie before the entries.
        if self.turn.is_multiple_of(HEADS) {
            0
        } else {
            SLOT_BYTES as u64
        }
    }

    fn to_bytes(self) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        bytes[..12].copy_from_slice(MAGIC);
        bytes[12] = FORMAT;
        bytes[13..21].copy_from_slice(&self.turn.to_be_bytes());
        bytes[21..29].copy_from_slice(&self.count.to_be_bytes());
        checked(bytes)
    }

    /// The newer of the two; a crash may have cut one of them short.
    fn newest(slots: &[[u8; SLOT_BYTES]], folder: &Path) -> Result<Self, VaultError> {
        let mut newest = None;
        for bytes in slots.iter().take(2).filter(|bytes| checked(**bytes) == **bytes) {
            let (magic, rest) = bytes.split_at(MAGIC.len());
            match rest.split_first() {
                Some((&FORMAT, rest)) if magic == MAGIC => newest = newest.max(Self::from_bytes(rest)),
                Some((&found, _)) if magic == MAGIC && found > FORMAT => {
                    return Err(VaultError::Folder(OpenError::Newer {
                        folder: folder.to_owned(),
                        found: found.into(),
                        known: FORMAT.into(),
                    }));
                }
                Some(_) | None => {}
            }
        }
        newest.ok_or(VaultError::Headless)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (turn, rest) = bytes.split_first_chunk::<8>()?;
        let count = rest.first_chunk::<8>()?;
        Some(Self {
            turn: u64::from_be_bytes(*turn),
            count: u64::from_be_bytes(*count),
        })
    }
}

/// A vault without entries, for its owner's eyes alone.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let heads = [0, 1].map(|turn| Head { turn, count: 0 }.to_bytes());
    file.write_all(&heads.concat())
}
