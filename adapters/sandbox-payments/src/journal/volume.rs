//! The journal's file: a line that says what it is, then frames. A frame is what one sync wrote, so at most one frame, the
//! last, was not acknowledged when a process ends.
//!
//! ```text
//! Fiacre's payment sandbox, format 1\n
//! mark (4 bytes) · length of what follows the head (u32) · XXH3-64 of it, seeded with the frame's place (u64) · entries
//! ```
//!
//! The first frame holds the company's seed alone. What follows the last whole frame is cut off when the file is opened, if
//! no whole frame stands in it: it was answered to nobody. Otherwise the file is damaged.

use super::bytes::{Reader, Stored};
use super::entry::Entry;
use super::error::OpenError;
use fiacre_folder::OpenError as Unusable;
use fiacre_folder::{OwnFolder, sync_file};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The newest format that this release reads, and the one that it writes. What the company does for a deed is a part of the
/// format: whoever changes it raises this number.
pub(super) const FORMAT: u32 = 1;

/// What the folder is there for.
const JOURNAL: &str = "journal";
const TITLE: &[u8] = b"Fiacre's payment sandbox, format ";
/// A title's length at most, its end included.
const TITLE_BYTES_MAX: u64 = 64;
const MARK: [u8; 4] = *b"\x9efrm";
const HEAD_BYTES: usize = 16;

/// The file of a company's journal, open and locked.
#[derive(Debug)]
pub(super) struct Volume {
    folder: OwnFolder,
    file: File,
    end: u64,
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

/// Writes a journal in which nothing was done yet.
fn begin(path: &Path, seed: u64) -> io::Result<()> {
    File::create_new(path)?.write_all(&beginning(seed)?)
}

fn damaged(folder: &OwnFolder, at_byte: u64, what: &str) -> OpenError {
    let what = format!("{what} at byte {at_byte} of its {JOURNAL}");
    OpenError::Folder(Unusable::damaged(folder.path(), what))
}

fn beginning(seed: u64) -> io::Result<Vec<u8>> {
    let mut bytes = TITLE.to_vec();
    writeln!(bytes, "{FORMAT}")?;
    let place = bytes.len();
    let mut frame = blank_frame();
    seed.write(&mut frame);
    seal(&mut frame, place as u64)?;
    bytes.extend_from_slice(&frame);
    Ok(bytes)
}

impl Volume {
    /// Opens a company's file, and begins one with `seed` where there is none; gives the seed of the company that is there,
    /// and where its entries begin.
    pub(super) fn open(path: &Path, seed: u64) -> Result<(Self, u64), OpenError> {
        Self::of_folder(OwnFolder::take(path, JOURNAL)?, seed)
    }

    /// Opens a company's file, which must be there; gives the company's seed.
    pub(super) fn open_existing(path: &Path) -> Result<(Self, u64), OpenError> {
        Self::of_folder(OwnFolder::take_existing(path, JOURNAL)?, 0)
    }

    fn of_folder(folder: OwnFolder, seed: u64) -> Result<(Self, u64), OpenError> {
        let failed = |error| Unusable::from_io(folder.path(), error);
        let journal = folder.whole(|path| begin(path, seed).map_err(failed))?;
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(journal).map_err(failed)?;
        let mut title = Vec::new();
        Read::by_ref(&mut file)
            .take(TITLE_BYTES_MAX)
            .read_to_end(&mut title)
            .map_err(failed)?;
        let format = title
            .split_inclusive(|byte| *byte == b'\n')
            .next()
            .and_then(|line| line.strip_suffix(b"\n")?.strip_prefix(TITLE))
            .and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
        match format {
            Some(FORMAT) => {}
            Some(found) if found > FORMAT => {
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
        }
        let place = TITLE.len() as u64 + 2;
        let mut frame = vec![0; HEAD_BYTES + size_of::<u64>()];
        file.seek(SeekFrom::Start(place)).map_err(failed)?;
        let read = file.read_exact(&mut frame);
        let seed = read
            .ok()
            .and_then(|()| frame_at(&frame, place))
            .and_then(|body| Reader::new(body).read().ok());
        let Some(seed) = seed else {
            return Err(damaged(&folder, place, "no seed"));
        };
        let end = place + frame.len() as u64;
        Ok((Self { folder, file, end }, seed))
    }

    /// That the company is another than the one with the seed that was asked for.
    pub(super) fn other_company(&self, seed: u64) -> OpenError {
        OpenError::OtherCompany {
            folder: self.folder.path().to_owned(),
            seed,
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
