//! Streams that have come to rest, moved out of the log into segments: files that never change and name each other.
//!
//! Of each such stream a stub stays in the store. Whoever loads the stream finds it whole: what lies in a segment is read from
//! there. It goes on where it ended; what is added lies in the log until it is moved as well.

mod merged;
mod moving;
mod segment;
mod stub;
mod verify;

pub use moving::ArchiveError;
pub use segment::{Segment, SegmentFault};
pub use verify::{CheckedSegment, verify_segments};

pub(crate) use merged::Merged;
#[cfg(test)]
pub(crate) use moving::Step;
#[cfg(test)]
pub(crate) use segment::Draft as SegmentDraft;
pub(crate) use stub::Stub;

use crate::at_rest::LogRow;
use crate::bytes::{Malformed, Reader, Row};
use crate::lock::lock;
use crate::tables::{Moment, ReadError, Table, Tables};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::Ticket;
use segment::{commits_of, follow};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use stub::Piece;

/// Where in a platform's folder its segments lie, unless another place was named.
pub(crate) const ARCHIVE: &str = "archive";
/// Added to the name of a segment's file until the store knows it.
const UNNAMED: &str = ".new";
/// How many segments are kept open at most.
const FILES_MAX: usize = 16;

/// The segments of a store.
#[derive(Debug)]
pub(crate) struct Archive {
    folder: PathBuf,
    /// Whether there is any segment: most stores have none, and look for no stub.
    is_used: AtomicBool,
    /// Held while streams are moved.
    moving: Mutex<()>,
    #[cfg(test)]
    pub(crate) after_stub: crate::planted::Planted<()>,
    #[cfg(test)]
    pub(crate) after_path: crate::planted::Planted<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    catalog: BTreeMap<u32, Entry>,
    files: BTreeMap<u32, File>,
}

/// The version before a piece, the piece, and its commits.
type PieceRead = (Version, Piece, Result<Vec<Vec<u8>>, ReadError>);

/// A segment as the store knows it.
#[derive(Debug, Clone)]
struct Entry {
    segment: Segment,
    /// Where it lies, if not in the platform's folder.
    place: Option<PathBuf>,
}

impl Entry {
    fn write(&self) -> Vec<u8> {
        let Segment {
            number: _,
            hash,
            prev,
            streams,
            commits,
            bytes,
        } = &self.segment;
        let mut row = Row::default();
        row.raw(hash.bytes()).option(prev.as_ref(), |row, prev| {
            row.raw(prev.bytes());
        });
        row.u64(*streams).u64(*commits).u64(*bytes);
        let place = self.place.as_deref().and_then(Path::to_str);
        row.option(place, |row, place| {
            row.text(place);
        });
        row.into_vec()
    }

    fn read(key: &[u8], value: &[u8]) -> Result<Self, Malformed> {
        let (mut key, mut row) = (Reader::new(key), Reader::new(value));
        let fingerprint = |row: &mut Reader<'_>| {
            let bytes = row.raw(32)?.try_into().map_err(|_| Malformed)?;
            Ok(Fingerprint::new(bytes))
        };
        let segment = Segment {
            number: key.u32()?,
            hash: fingerprint(&mut row)?,
            prev: row.option(fingerprint)?,
            streams: row.u64()?,
            commits: row.u64()?,
            bytes: row.u64()?,
        };
        let place = row.option(Reader::text)?.map(PathBuf::from);
        row.end()?;
        key.end()?;
        Ok(Self { segment, place })
    }
}

impl Archive {
    /// Reads which segments there are.
    pub(crate) fn read(tables: &Tables, folder: &Path) -> Result<Self, ReadError> {
        let mut catalog = BTreeMap::new();
        for row in tables.prefix(Table::Segments, &[]) {
            let (key, value) = row?;
            let entry = Entry::read(&key, &value)?;
            catalog.insert(entry.segment.number, entry);
        }
        Ok(Self {
            folder: folder.to_owned(),
            is_used: AtomicBool::new(!catalog.is_empty()),
            moving: Mutex::default(),
            #[cfg(test)]
            after_stub: crate::planted::Planted::default(),
            #[cfg(test)]
            after_path: crate::planted::Planted::default(),
            state: Mutex::new(State {
                catalog,
                files: BTreeMap::new(),
            }),
        })
    }

    /// How many commits lie in segments.
    pub(crate) fn commits_count(&self) -> u64 {
        let catalog = &lock(&self.state).catalog;
        catalog.values().map(|entry| entry.segment.commits).sum()
    }

    /// What stays in the store of a stream that was moved, if it was.
    pub(crate) fn stub(&self, moment: &Moment<'_>, stream: StreamId) -> Result<Option<Stub>, ReadError> {
        if !self.is_used.load(Ordering::Acquire) {
            return Ok(None);
        }
        let row = moment.get(Table::Stubs, &stub_key(stream))?;
        #[cfg(test)]
        self.after_stub.happen();
        row.map(|row| Ok(Stub::read(&row)?)).transpose()
    }

    /// The commits of a stream after a version that lie in segments, in order, as the wire stored them.
    pub(crate) fn commits(
        &self,
        moment: &Moment<'_>,
        stream: StreamId,
        after: Version,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut commits = Vec::new();
        if let Some(stub) = self.stub(moment, stream)? {
            for (before, _, read) in self.pieces(stream, &stub, after) {
                let skipped = after.get().saturating_sub(before.get());
                commits.extend(read?.into_iter().skip(skipped as usize));
            }
        }
        Ok(commits)
    }

    /// The same, as they would lie in the log; what cannot be read is a row without a commit.
    pub(crate) fn rows(&self, stream: StreamId, stub: &Stub, after: Version) -> Vec<LogRow> {
        let mut rows = Vec::new();
        for (before, piece, read) in self.pieces(stream, stub, after) {
            let (mut commits, lost_with) = match read {
                Ok(commits) => (commits.into_iter(), None),
                Err(error) => {
                    tracing::debug!(%stream, ?error, "a part of the stream cannot be read");
                    (Vec::new().into_iter(), error.lost_segment())
                }
            };
            for version in before.get().saturating_add(1)..=piece.until.get() {
                let bytes = commits.next().unwrap_or_default();
                let version = Version::new(version);
                if version > after {
                    let ticket = Ticket { stream, version };
                    rows.push(match &lost_with {
                        Some(segment) => LogRow::lost(ticket, Arc::clone(segment)),
                        None => LogRow::new(ticket, bytes),
                    });
                }
            }
        }
        rows
    }

    /// The pieces that hold a commit after a version, in order, each with the version before its first commit and its commits. The
    /// stub says what the last piece ends in, and that what the piece before it does.
    fn pieces(&self, stream: StreamId, stub: &Stub, after: Version) -> Vec<PieceRead> {
        let mut end = Some(stub.hash);
        let read = |(before, piece): (Version, Piece)| {
            let read = self.piece(stream, before, piece, end);
            end = read.as_ref().ok().and_then(|(_, before)| *before);
            (before, piece, read.map(|(commits, _)| commits))
        };
        let mut pieces: Vec<_> = stub.after(after).rev().map(read).collect();
        pieces.reverse();
        pieces
    }

    /// The commits of a piece, which begins after a version and ends in a hash, if that is known; and the hash before it, if that is
    /// known then.
    fn piece(
        &self,
        stream: StreamId,
        before: Version,
        piece: Piece,
        end: Option<Fingerprint>,
    ) -> Result<(Vec<Vec<u8>>, Option<Fingerprint>), ReadError> {
        let unreadable = |why: String| ReadError::Archived {
            segment: self.path(piece.segment),
            is_lost: false,
            why,
        };
        let bytes = self.bytes(piece).map_err(|error| ReadError::Archived {
            segment: self.path(piece.segment),
            is_lost: true,
            why: error.to_string(),
        })?;
        let commits = commits_of(&bytes).map_err(|_| unreadable(SegmentFault::Edited.to_string()))?;
        if commits.len() != piece.until.get().saturating_sub(before.get()) as usize {
            return Err(unreadable(SegmentFault::Edited.to_string()));
        }
        let prev = follow(stream, before, &commits, end).map_err(|fault| unreadable(fault.to_string()))?;
        Ok((commits.into_iter().map(<[u8]>::to_vec).collect(), prev))
    }

    fn bytes(&self, piece: Piece) -> io::Result<Vec<u8>> {
        let mut state = lock(&self.state);
        let State { catalog, files } = &mut *state;
        if !files.contains_key(&piece.segment) {
            if files.len() >= FILES_MAX {
                files.clear();
            }
            let entry = catalog.get(&piece.segment).ok_or(io::ErrorKind::NotFound)?;
            files.insert(piece.segment, File::open(self.lookup(entry))?);
        }
        let file = files.get_mut(&piece.segment).ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(piece.span.offset))?;
        let mut bytes = Vec::new();
        file.take(piece.span.length.into()).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Where a segment lies now; while the state is not locked, it may get its name at once.
    fn lookup(&self, entry: &Entry) -> PathBuf {
        let path = entry.path(&self.folder);
        #[cfg(test)]
        self.after_path.happen();
        path
    }

    /// Where a segment lies, or should.
    fn path(&self, number: u32) -> PathBuf {
        let catalog = &lock(&self.state).catalog;
        match catalog.get(&number) {
            Some(entry) => entry.path(&self.folder),
            None => self.folder.join(ARCHIVE).join(Segment::file_name(number)),
        }
    }
}

impl Entry {
    /// Where it lies: where it was put, or in the platform's folder, with its name or (after a crash) without; where it should, if
    /// it is nowhere.
    fn path(&self, folder: &Path) -> PathBuf {
        let name = Segment::file_name(self.segment.number);
        let own = folder.join(ARCHIVE);
        let first = self.place.as_deref().unwrap_or(&own);
        let places = [first, &own];
        let named = places.iter().map(|place| place.join(&name));
        let unnamed = places.iter().map(|place| place.join(format!("{name}{UNNAMED}")));
        let mut found = named.chain(unnamed).filter(|path| path.is_file());
        found.next().unwrap_or_else(|| first.join(&name))
    }
}

/// The folder in which a segment lies, or should, by the row that the store keeps of it.
pub(crate) fn place_of(key: &[u8], row: &[u8], folder: &Path) -> Result<PathBuf, Malformed> {
    let file = Entry::read(key, row)?.path(folder);
    let place = file.parent().unwrap_or(folder);
    // Whoever asks may stand elsewhere.
    Ok(std::path::absolute(place).unwrap_or_else(|_| place.to_owned()))
}

fn stub_key(stream: StreamId) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(stream);
    key.into_vec()
}

fn segment_key(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}
