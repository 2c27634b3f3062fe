//! The journal of the storage engine, looked at before the engine opens it.
//!
//! Each group is one batch, fsynced before the next is begun: so at most the last batch can be one that a crash or a loss of
//! power cut short, in any way: shorter than it was, with pages that never came, or with others' bytes in them. Such a batch
//! was acknowledged to nobody, and is cut off whole. Anything else that cannot be read is damage: an acknowledged commit
//! would be missing, which the engine itself does not always say (it cuts at the first byte that it cannot read).
//!
//! The journal's format is fjall's third (its file `version` says so): a batch is a start (tag, count of items, sequence
//! number), its items (tag, kind, compression, keyspace, lengths, key, value) and an end (tag, XXH3 of the items, magic).

use fiacre_folder::{rename, sync_file, sync_folder};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];
const START_BYTES: usize = 13;
const END_BYTES: usize = 13;
/// Of an item without its tag: kind, compression, keyspace, and the lengths of key, value, and value as stored.
const ITEM_HEAD: usize = 20;

/// Beside the journals: that one of them is needed no more.
const SETTLED: &str = "settled";
/// The same, until it takes the other's place.
const SETTLED_NEW: &str = "settled.new";

/// What was found wrong.
#[derive(Debug)]
pub(crate) enum JournalError {
    /// What was written before the last batch cannot be read.
    Damaged {
        file: PathBuf,
        at: u64,
    },
    /// A file that no engine wrote.
    Foreign {
        file: PathBuf,
    },
    /// A journal that was there is not.
    Missing {
        file: PathBuf,
    },
    /// It ends before a write that was on disk.
    Short {
        file: PathBuf,
        at: u64,
    },
    Io(io::Error),
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The last write of a process that was cut short: it was acknowledged to nobody, and is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The journal.
    pub(crate) file: PathBuf,
    /// Where it ends now.
    pub(crate) at: u64,
}

/// The newest journal, and the last write in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) journal: u64,
    /// None where nothing is in it.
    pub(crate) write: Option<u64>,
}

impl Tip {
    /// Refuses a journal that ends at byte `at` with the write `last`, where this one was found to go further once.
    fn hold(&self, number: u64, file: &Path, at: u64, last: Option<u64>) -> Result<(), JournalError> {
        if self.journal == number && self.write > last {
            let file = file.to_owned();
            return Err(JournalError::Short { file, at });
        }
        Ok(())
    }
}

/// The journals as they are once they are mended.
#[derive(Debug)]
pub(crate) struct Mended {
    /// What was cut off.
    pub(crate) cut: Option<Cut>,
    /// Where they end.
    pub(crate) tip: Tip,
}

/// Checks the journals in `folder`, oldest first, and cuts off a last batch that is not whole. They must go as far as `least`, of an
/// earlier moment; a journal of then that is not there is one that the engine was done with, if there is a newer one.
pub(crate) fn mend(folder: &Path, least: Option<Tip>) -> Result<Mended, JournalError> {
    let mut journals = journals(folder)?;
    let newest = journals.pop();
    let least = least.unwrap_or(Tip {
        journal: 0,
        write: None,
    });
    let Some((number, active)) = newest.filter(|(number, _)| *number >= least.journal) else {
        let file = folder.join(format!("{}.jnl", least.journal));
        return Err(JournalError::Missing { file });
    };
    let mut last = None;
    for (number, file) in journals {
        let end = Walk::open(&file)?.go_to_the_end(&mut last)?;
        if !end.in_order || !is_zero_from(&file, end.at)? {
            return Err(JournalError::Damaged { file, at: end.at });
        }
        least.hold(number, &file, end.at, last)?;
    }
    let sealed = last;
    let cut = mend_last(number, active, &mut last, least)?;
    let write = last.filter(|_| last != sealed);
    let tip = Tip {
        journal: number,
        write,
    };
    Ok(Mended { cut, tip })
}

/// The newest journal in `folder`.
pub(crate) fn newest(folder: &Path) -> Result<Option<(u64, PathBuf)>, JournalError> {
    Ok(journals(folder)?.pop())
}

/// Where the journals in `folder` end, which are whole.
pub(crate) fn tip(folder: &Path) -> Result<Option<Tip>, JournalError> {
    let Some((journal, file)) = newest(folder)? else {
        return Ok(None);
    };
    let mut write = None;
    Walk::open(&file)?.go_to_the_end(&mut write)?;
    Ok(Some(Tip { journal, write }))
}

/// Returns once the disk has the journals in `folder` as they are: a killed process may have written a batch and not come to
/// sync it, which from now on counts.
pub(crate) fn make_durable(folder: &Path) -> Result<(), JournalError> {
    for (_, file) in journals(folder)? {
        sync_file(&File::open(&file)?, &file)?;
    }
    Ok(sync_folder(folder)?)
}

/// Notes that the engine's tables in `folder` hold everything that its journal does, which ends where it ends now. The engine keeps
/// its last journal until that is long; emptied before it is opened next, it takes no room and need not be gone through.
pub(crate) fn note_settled(folder: &Path) -> io::Result<()> {
    let Ok(Some((_, said))) = settled(folder) else {
        return Ok(());
    };
    let (note, new) = (folder.join(SETTLED), folder.join(SETTLED_NEW));
    let mut file = File::create(&new)?;
    file.write_all(said.as_bytes())?;
    sync_file(&file, &new)?;
    rename(&new, &note)
}

/// Empties the journal in `folder` if it was noted that it may go, and nothing was written since; before it does, calls `first`. The
/// note goes first of all that follows: it is about one moment. Says whether it was emptied.
pub(crate) fn empty_settled(
    folder: &Path,
    first: impl FnOnce() -> io::Result<()>,
) -> Result<bool, JournalError> {
    let note = folder.join(SETTLED);
    let noted = match std::fs::read(&note) {
        Ok(noted) => noted,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let found = settled(folder)?.filter(|(_, said)| said.as_bytes() == noted);
    if let Some((file, _)) = &found {
        first()?;
        let open = OpenOptions::new().write(true).open(file)?;
        open.set_len(0)?;
        sync_file(&open, file)?;
    }
    std::fs::remove_file(&note)?;
    sync_folder(folder)?;
    Ok(found.is_some())
}

/// The one journal in `folder`, and a line that says where it ends; none where there are several, or where it is empty.
fn settled(folder: &Path) -> Result<Option<(PathBuf, String)>, JournalError> {
    let mut journals = journals(folder)?.into_iter();
    let (Some((number, file)), None) = (journals.next(), journals.next()) else {
        return Ok(None);
    };
    let mut last = None;
    let End { at, in_order } = Walk::open(&file)?.go_to_the_end(&mut last)?;
    let is_whole = in_order && is_zero_from(&file, at)?;
    let last = last.filter(|_| is_whole);
    Ok(last.map(|last| (file, format!("journal {number} up to byte {at}, write {last}\n"))))
}

/// The journals in `folder` with their numbers, oldest first.
fn journals(folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let mut journals = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "jnl") {
            let number = file
                .file_stem()
                .and_then(|name| name.to_str()?.parse::<u64>().ok());
            match number {
                Some(number) if file.is_file() => journals.push((number, file)),
                _ => return Err(JournalError::Foreign { file }),
            }
        }
    }
    journals.sort_unstable();
    Ok(journals)
}

fn mend_last(
    number: u64,
    file: PathBuf,
    last: &mut Option<u64>,
    least: Tip,
) -> Result<Option<Cut>, JournalError> {
    let mut walk = Walk::open(&file)?;
    let End { at, in_order } = walk.go_to_the_end(last)?;
    let is_whole = in_order && is_zero_from(&file, at)?;
    if !in_order || (!is_whole && walk.finds_batch_after(at + 1)?) {
        return Err(JournalError::Damaged { file, at });
    }
    least.hold(number, &file, at, *last)?;
    if is_whole {
        return Ok(None);
    }
    let open = OpenOptions::new().write(true).open(&file)?;
    open.set_len(at)?;
    Ok(Some(Cut { file, at }))
}

/// Whether nothing was ever written from `at` on: the engine reserves room ahead.
fn is_zero_from(file: &Path, at: u64) -> io::Result<bool> {
    let mut open = File::open(file)?;
    open.seek(SeekFrom::Start(at))?;
    let (zeros, mut buffer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let length = open.read(&mut buffer)?;
        if length == 0 {
            return Ok(true);
        }
        if buffer.get(..length) != zeros.get(..length) {
            return Ok(false);
        }
    }
}

/// Where the last whole batch ends.
struct End {
    at: u64,
    /// Whether no whole batch of a lower sequence number follows: one of the two would not be as it was written, and the
    /// sequence number is the one thing that a batch's checksum leaves out.
    in_order: bool,
}

/// A whole batch.
struct Batch {
    end: u64,
    sequence: u64,
}

/// Goes through a journal, batch by batch.
struct Walk {
    reader: BufReader<File>,
    length: u64,
    buffer: Vec<u8>,
}

impl Walk {
    fn open(file: &Path) -> io::Result<Self> {
        let file = File::open(file)?;
        Ok(Self {
            length: file.metadata()?.len(),
            reader: BufReader::with_capacity(1 << 16, file),
            buffer: Vec::new(),
        })
    }

    /// Goes on to where the last whole batch ends, after one with the sequence number `last`.
    fn go_to_the_end(&mut self, last: &mut Option<u64>) -> io::Result<End> {
        let mut at = 0;
        while let Some(batch) = self.batch(at)? {
            if last.is_some_and(|last| last >= batch.sequence) {
                return Ok(End { at, in_order: false });
            }
            *last = Some(batch.sequence);
            at = batch.end;
        }
        Ok(End { at, in_order: true })
    }

    /// Whether a whole batch stands anywhere after `at`.
    fn finds_batch_after(&mut self, at: u64) -> io::Result<bool> {
        const BEGINNING: usize = START_BYTES + 1;
        self.reader.seek(SeekFrom::Start(at))?;
        let mut places = Vec::new();
        let (mut window, mut chunk, mut base) = (Vec::new(), vec![0; 1 << 16], at);
        loop {
            let length = self.reader.read(&mut chunk)?;
            if length == 0 {
                break;
            }
            window.extend_from_slice(chunk.get(..length).unwrap_or_default());
            let seen = window.windows(BEGINNING).zip(base..);
            let begins = |bytes: &[u8]| matches!(bytes, [START, .., ITEM | CLEAR]);
            places.extend(seen.filter(|(bytes, _)| begins(bytes)).map(|(_, place)| place));
            let seen = window.len().saturating_sub(BEGINNING - 1);
            window.drain(..seen);
            base += seen as u64;
        }
        for place in places {
            if self.batch(place)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The whole batch at `at`, if there is one.
    fn batch(&mut self, at: u64) -> io::Result<Option<Batch>> {
        self.reader.seek_relative_to(at)?;
        let mut start = [0; START_BYTES];
        if !self.fill(&mut start)? {
            return Ok(None);
        }
        let [START, c0, c1, c2, c3, s0, s1, s2, s3, s4, s5, s6, s7] = start else {
            return Ok(None);
        };
        let mut place = at + START_BYTES as u64;
        let mut hash = Xxh3::new();
        for _ in 0..u32::from_le_bytes([c0, c1, c2, c3]) {
            match self.item(place, &mut hash)? {
                Some(next) => place = next,
                None => return Ok(None),
            }
        }
        let mut end = [0; END_BYTES];
        if !self.fill(&mut end)? || !is_end(&end) {
            return Ok(None);
        }
        let is_whole = end.get(1..9) == Some(&hash.digest().to_le_bytes());
        Ok(is_whole.then_some(Batch {
            end: place + END_BYTES as u64,
            sequence: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
        }))
    }

    /// Where the item at `at` ends.
    fn item(&mut self, at: u64, hash: &mut Xxh3) -> io::Result<Option<u64>> {
        let mut tag = [0];
        if !self.fill(&mut tag)? {
            return Ok(None);
        }
        hash.update(&tag);
        let length = match tag {
            [CLEAR] => 8,
            [ITEM] => {
                let mut head = [0; ITEM_HEAD];
                if !self.fill(&mut head)? {
                    return Ok(None);
                }
                hash.update(&head);
                let [
                    _kind,
                    _compression,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    k0,
                    k1,
                    _,
                    _,
                    _,
                    _,
                    v0,
                    v1,
                    v2,
                    v3,
                ] = head;
                let key = u64::from(u16::from_le_bytes([k0, k1]));
                ITEM_HEAD as u64 + key + u64::from(u32::from_le_bytes([v0, v1, v2, v3]))
            }
            _ => return Ok(None),
        };
        let end = at + 1 + length;
        if end > self.length {
            return Ok(None);
        }
        let body = if tag == [ITEM] {
            length - ITEM_HEAD as u64
        } else {
            length
        };
        self.buffer.clear();
        let read = self.reader.by_ref().take(body).read_to_end(&mut self.buffer)?;
        hash.update(&self.buffer);
        Ok((read as u64 == body).then_some(end))
    }

    /// Reads as much as `buffer` takes; says whether there was as much.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        match self.reader.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Goes to a place, without a read where it is at hand.
trait SeekNear {
    fn seek_relative_to(&mut self, at: u64) -> io::Result<()>;
}

impl SeekNear for BufReader<File> {
    fn seek_relative_to(&mut self, at: u64) -> io::Result<()> {
        let now = self.stream_position()?;
        match i64::try_from(i128::from(at) - i128::from(now)) {
            Ok(offset) => self.seek_relative(offset),
            Err(_) => self.seek(SeekFrom::Start(at)).map(|_| ()),
        }
    }
}

fn is_end(bytes: &[u8]) -> bool {
    bytes.first() == Some(&END) && bytes.get(9..END_BYTES) == Some(&MAGIC)
}
