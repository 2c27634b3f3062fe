//! The journal's file: a line that says what it is, then frames. A frame is what one sync wrote, so at most one frame, the
//! last, was not acknowledged when a process ends.
//!
//! ```text
//! Fiacre's payment sandbox, format 2\n
//! mark (4 bytes) · length of what follows the head (u32) · XXH3-64 of it, seeded with the frame's place (u64) · entries
//! ```
//!
//! The first frame holds the company's seed, and behind it, where the file was [written anew](Volume::begin_anew), the company
//! as it was then; format 1 had the seed alone. What follows the last whole frame is cut off when the file is opened, if no
//! whole frame stands in it: it was answered to nobody. Otherwise the file is damaged.
//!
//! A file that is written anew gets the old one's name once the disk has it: whenever a process ends, one of the two is there,
//! whole.

use super::bytes::{Reader, Stored};
use super::entry::Entry;
use super::error::OpenError;
use fiacre_folder::OpenError as Unusable;
use fiacre_folder::{OwnFolder, rename, sync_file};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The newest format that this release reads, and the one that it writes. What the company does for a deed is a part of the
/// format: whoever changes it raises this number.
const FORMAT: u32 = 2;
/// The oldest format that this release reads.
const FORMAT_OLDEST: u32 = 1;

/// What the folder is there for.
const JOURNAL: &str = "journal";
const TITLE: &str = "Fiacre's payment sandbox, format ";
/// A title's length at most, its end included.
const TITLE_BYTES_MAX: u64 = 64;
const MARK: [u8; 4] = *b"\x9efrm";
const HEAD_BYTES: usize = 16;
/// How much is done again at most before it is worth writing the file anew, however small the company is.
const TAIL_BYTES_MIN: u64 = 256 << 10;

/// The file of a company's journal, open and locked.
#[derive(Debug)]
pub(super) struct Volume {
    folder: OwnFolder,
    file: File,
    seed: u64,
    end: u64,
    /// At which length it is to be written anew.
    long_at: u64,
}

/// The company as it was when its file was begun; no bytes where it was founded then.
pub(super) struct Picture {
    place: u64,
    bytes: Vec<u8>,
}

impl Picture {
    pub(super) fn bytes(&self) -> Option<Reader<'_>> {
        (!self.bytes.is_empty()).then(|| Reader::new(&self.bytes))
    }
}

/// Why a file could not be written anew.
#[derive(Debug)]
pub(super) enum AnewError {
    /// The old one is as it was.
    NotBegun(io::Error),
    /// It cannot be said which of the two has the name.
    Unknown(io::Error),
}

/// The head and the body of what begins at `place`, if a whole frame begins there.
fn frame_at(bytes: &[u8], place: u64) -> Option<&[u8]> {
    let (mark, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (checksum, rest) = rest.split_first_chunk()?;
    let body = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let is_whole = *mark == MARK && u64::from_le_bytes(*checksum) == xxh3_64_with_seed(body, place);
    is_whole.then_some(body)
}

/// Puts a frame for what stands behind the head's room in `frame`; nothing if it is too long for one.
fn seal(frame: &mut [u8], place: u64) -> io::Result<()> {
    let Some((head, body)) = frame.split_first_chunk_mut::<HEAD_BYTES>() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let checksum = xxh3_64_with_seed(body, place);
    for (byte, value) in head.iter_mut().zip(
        MARK.into_iter()
            .chain(length.to_le_bytes())
            .chain(checksum.to_le_bytes()),
    ) {
        *byte = value;
    }
    Ok(())
}

/// An empty frame, to be written behind.
pub(super) fn blank_frame() -> Vec<u8> {
    vec![0; HEAD_BYTES]
}

/// Whether anything was written into a frame.
pub(super) const fn is_blank(frame: &[u8]) -> bool {
    frame.len() <= HEAD_BYTES
}

/// Writes a journal that begins with the company of `seed`, as `picture` writes it; gives the file and its length.
fn begin(path: &Path, seed: u64, picture: impl FnOnce(&mut Vec<u8>)) -> io::Result<(File, u64)> {
    let title = title();
    let mut frame = blank_frame();
    seed.write(&mut frame);
    picture(&mut frame);
    seal(&mut frame, title.len() as u64)?;
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create_new(true).open(path)?;
    file.write_all(title.as_bytes())?;
    file.write_all(&frame)?;
    Ok((file, title.len() as u64 + frame.len() as u64))
}

fn title() -> String {
    format!("{TITLE}{FORMAT}\n")
}

/// The number of the format that a journal's first bytes tell of, and how long its title is.
fn format_of(beginning: &[u8]) -> Option<(u32, u64)> {
    let line = beginning.split_inclusive(|byte| *byte == b'\n').next()?;
    let number = line.strip_suffix(b"\n")?.strip_prefix(TITLE.as_bytes())?;
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, line.len() as u64))
}

/// At which length a file is to be written anew that began with so many bytes.
const fn long_at(beginning: u64) -> u64 {
    let tail_max = if beginning > TAIL_BYTES_MIN {
        beginning
    } else {
        TAIL_BYTES_MIN
    };
    beginning.saturating_add(tail_max)
}

fn damaged(folder: &OwnFolder, at_byte: u64, what: &str) -> OpenError {
    let what = format!("{what} at byte {at_byte} of its {JOURNAL}");
    OpenError::Folder(Unusable::damaged(folder.path(), what))
}

impl Volume {
    /// Opens a company's file, and begins one with `seed` where there is none; gives it with the company that it begins with.
    pub(super) fn open(path: &Path, seed: u64) -> Result<(Self, Picture), OpenError> {
        Self::of_folder(OwnFolder::take(path, JOURNAL)?, seed)
    }

    /// Opens a company's file, which must be there; gives it with the company that it begins with.
    pub(super) fn open_existing(path: &Path) -> Result<(Self, Picture), OpenError> {
        Self::of_folder(OwnFolder::take_existing(path, JOURNAL)?, 0)
    }

    fn of_folder(folder: OwnFolder, seed: u64) -> Result<(Self, Picture), OpenError> {
        let failed = |error| Unusable::from_io(folder.path(), error);
        let journal = folder.whole(|path| begin(path, seed, |_| {}).map(drop).map_err(failed))?;
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(journal).map_err(failed)?;
        let mut beginning = Vec::new();
        Read::by_ref(&mut file)
            .take(TITLE_BYTES_MAX)
            .read_to_end(&mut beginning)
            .map_err(failed)?;
        let place = match format_of(&beginning) {
            Some((FORMAT_OLDEST..=FORMAT, place)) => place,
            Some((found, _)) if found > FORMAT => {
                return Err(OpenError::Folder(Unusable::Newer {
                    folder: folder.path().to_owned(),
                    found,
                    known: FORMAT,
                }));
            }
            Some(_) | None => {
                return Err(OpenError::Folder(Unusable::Foreign {
                    folder: folder.path().to_owned(),
                    found: JOURNAL.to_owned(),
                }));
            }
        };
        file.seek(SeekFrom::Start(place)).map_err(failed)?;
        let mut frame = Vec::new();
        read_frame(&mut BufReader::new(&file), &mut frame).map_err(failed)?;
        let begun = frame_at(&frame, place).and_then(|body| Some((Reader::new(body).read().ok()?, body)));
        let Some((seed, body)) = begun else {
            return Err(damaged(&folder, place, "no beginning"));
        };
        let picture = Picture {
            place,
            bytes: body.get(size_of::<u64>()..).unwrap_or_default().to_vec(),
        };
        let end = place + frame.len() as u64;
        let volume = Self {
            folder,
            file,
            seed,
            end,
            long_at: long_at(end),
        };
        Ok((volume, picture))
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// That the picture that it begins with is none of a company.
    pub(super) fn no_company(&self, picture: &Picture) -> OpenError {
        damaged(&self.folder, picture.place, "what is no company")
    }

    /// That the company is another than the one with the seed that was asked for.
    pub(super) fn other_company(&self) -> OpenError {
        OpenError::OtherCompany {
            folder: self.folder.path().to_owned(),
            seed: self.seed,
        }
    }

    /// Shows every entry to `visit`, which says what is wrong with one, and cuts off what was not written whole. Once it returns
    /// the disk has all of it: what a killed process wrote may be in the system's memory alone.
    pub(super) fn read(
        &mut self,
        mut visit: impl FnMut(Entry) -> Result<(), &'static str>,
    ) -> Result<(), OpenError> {
        let failed = |error| Unusable::from_io(self.folder.path(), error);
        self.file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        let mut reader = BufReader::new(&self.file);
        let mut frame = Vec::new();
        while read_frame(&mut reader, &mut frame).map_err(failed)? {
            let Some(body) = frame_at(&frame, self.end) else {
                break;
            };
            let mut entries = Reader::new(body);
            while !entries.is_empty() {
                let entry = entries.read().map_err(|_| "what is no entry");
                entry
                    .and_then(&mut visit)
                    .map_err(|what| damaged(&self.folder, self.end, what))?;
            }
            self.end += frame.len() as u64;
            frame.clear();
        }
        reader.read_to_end(&mut frame).map_err(failed)?;
        self.cut(&frame)
    }

    /// Cuts off `rest`, which follows the last whole frame: what a crash left of a write that nobody was answered for.
    fn cut(&mut self, rest: &[u8]) -> Result<(), OpenError> {
        let failed = |error| Unusable::from_io(self.folder.path(), error);
        let later = (1..rest.len()).find(|&skipped| {
            let rest = rest.get(skipped..).unwrap_or_default();
            rest.starts_with(&MARK) && frame_at(rest, self.end + skipped as u64).is_some()
        });
        if later.is_some() {
            return Err(damaged(
                &self.folder,
                self.end,
                "bytes that are no frame, and frames after them",
            ));
        }
        if !rest.is_empty() {
            let bytes = rest.len();
            tracing::warn!(
                at_byte = self.end,
                bytes,
                "a last write that a crash cut short is cut off"
            );
            self.file.set_len(self.end).map_err(failed)?;
        }
        sync_file(&self.file, &self.folder.held()).map_err(failed)?;
        self.file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        Ok(())
    }

    /// Writes a frame that was [blank](blank_frame) before, and syncs it.
    pub(super) fn append(&mut self, frame: &mut [u8]) -> io::Result<()> {
        seal(frame, self.end)?;
        self.file.write_all(frame)?;
        sync_file(&self.file, &self.folder.held())?;
        self.end += frame.len() as u64;
        Ok(())
    }

    /// Whether more was done since it began than it began with: then writing it anew is worth its time.
    pub(super) const fn is_long(&self) -> bool {
        self.end >= self.long_at
    }

    /// Writes a file that begins with the company as `picture` writes it, in the place of this one, of which nothing is kept.
    pub(super) fn begin_anew(&mut self, picture: impl FnOnce(&mut Vec<u8>)) -> Result<(), AnewError> {
        let path = self.unfinished();
        let written = begin(&path, self.seed, picture).and_then(|(file, end)| {
            sync_file(&file, &path)?;
            Ok((file, end))
        });
        let (file, end) = written.map_err(|error| {
            // It is removed when the folder is opened as well; here for the room that it takes.
            let _removed = std::fs::remove_file(&path);
            self.long_at = self.end.saturating_mul(2);
            AnewError::NotBegun(error)
        })?;
        rename(&path, &self.folder.held()).map_err(AnewError::Unknown)?;
        (self.file, self.end, self.long_at) = (file, end, long_at(end));
        Ok(())
    }

    fn unfinished(&self) -> PathBuf {
        self.folder.path().join(OwnFolder::unfinished(JOURNAL))
    }
}

/// Reads what may be a frame, or what is left where none fits; says whether there is anything.
fn read_frame(reader: &mut impl Read, frame: &mut Vec<u8>) -> io::Result<bool> {
    reader.take(HEAD_BYTES as u64).read_to_end(frame)?;
    let length = frame.get(MARK.len()..).and_then(|rest| rest.first_chunk());
    if let Some(length) = length
        && frame.len() == HEAD_BYTES
    {
        let length = u32::from_le_bytes(*length);
        reader.take(u64::from(length)).read_to_end(frame)?;
    }
    Ok(!frame.is_empty())
}
