//! A segment: streams as they lay in the log, moved into one file that never changes.
//!
//! The file: a line that says the format; its number and the SHA-256 of the segment before it (zeros for the first); then
//! pieces of streams: 1, the stream, the version of its first commit, how many there are, and each as the wire stored it, with
//! its length; 0 and how many pieces and commits there were; and the SHA-256 of everything before. Numbers are big-endian.
//!
//! A segment says by itself whether it is as it was written. Who edits one and mends its hash meets the one after it, which
//! names the hash of the one before; who mends them all meets the store, which knows the hash of each.

use crate::bytes::{Malformed, Reader, Row};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_wire::digest;
use fiacre_wire::stored::{COMMIT_BYTES_MAX, Chain, Stored};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// The format of segments that this release writes, and the newest that it reads.
const FORMAT: u32 = 1;
const LINE: &str = "Fiacre's archive, format ";
/// No first line is longer.
const LINE_BYTES_MAX: usize = 64;
const END: u8 = 0;
const PIECE: u8 = 1;
const HASH_BYTES: usize = 32;
const NO_HASH: [u8; HASH_BYTES] = [0; HASH_BYTES];

/// What a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub(super) number: u32,
    pub(super) hash: Fingerprint,
    pub(super) prev: Option<Fingerprint>,
    pub(super) streams: u64,
    pub(super) commits: u64,
    pub(super) bytes: u64,
}

impl Segment {
    /// Its place in the chain of segments, from 1 on.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The SHA-256 of what it holds: what the next one names.
    pub const fn hash(&self) -> Fingerprint {
        self.hash
    }

    /// The hash of the one before it; none for the first.
    pub const fn prev(&self) -> Option<Fingerprint> {
        self.prev
    }

    /// How many streams it holds, or parts of them.
    pub const fn streams(&self) -> u64 {
        self.streams
    }

    /// How many commits it holds.
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// How long the file is, in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The name of a segment's file.
    pub fn file_name(number: u32) -> String {
        format!("{number:06}.segment")
    }

    /// The number of a file that is named as a segment.
    pub(super) fn numbered(name: &str) -> Option<u32> {
        let number = name.strip_suffix(".segment")?.parse().ok()?;
        (number > 0 && Self::file_name(number) == name).then_some(number)
    }

    /// Reads a file, and holds it to itself: its hash, its shape, and the chain of each stream in it.
    ///
    /// # Errors
    /// [`SegmentFault`], of what can be seen of the file alone.
    pub fn verify(file: &Path) -> Result<Self, SegmentFault> {
        let bytes = fs::read(file).map_err(|error| SegmentFault::of_io(&error))?;
        read(&bytes)
    }
}

/// What is wrong with a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentFault {
    /// The file is not there.
    Missing,
    /// The file is not there, nor are those that follow it up to this number.
    MissingUntil {
        /// The last that is missing.
        last: u32,
    },
    /// The operating system does not give it.
    Unreadable {
        /// What it said.
        why: String,
    },
    /// The file is no segment.
    Foreign,
    /// A newer release wrote it.
    Newer {
        /// The format that was found.
        found: u32,
    },
    /// Its end is missing.
    Cut,
    /// Its bytes are not those that were written.
    Edited,
    /// It is another one than its name says: files were renamed or put in another order.
    Misplaced {
        /// Its number.
        found: u32,
    },
    /// It does not name the one before it: one of the two was replaced.
    ChainBroken,
    /// It is whole, and is not the one that the store has moved there: it was replaced.
    Replaced,
    /// A commit in it is not the next of its stream.
    Commit {
        /// The stream.
        stream: StreamId,
        /// Where.
        version: Version,
    },
}

impl SegmentFault {
    /// The stable code of this kind.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing | Self::MissingUntil { .. } => "segment_missing",
            Self::Unreadable { .. } => "segment_unreadable",
            Self::Foreign => "segment_foreign",
            Self::Newer { .. } => "segment_newer",
            Self::Cut => "segment_cut",
            Self::Edited => "segment_edited",
            Self::Misplaced { .. } => "segment_misplaced",
            Self::ChainBroken => "segment_chain_broken",
            Self::Replaced => "segment_replaced",
            Self::Commit { .. } => "segment_commit_broken",
        }
    }

    fn of_io(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::Missing
        } else {
            let why = error.to_string();
            Self::Unreadable { why }
        }
    }
}

impl fmt::Display for SegmentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingUntil { last } => write!(
                f,
                "the segments from here to {last} are missing; bring them back, from a copy if need be"
            ),
            Self::Missing => f.write_str("the segment is not there; bring it back, from a copy if need be"),
            Self::Unreadable { why } => write!(f, "the segment cannot be read: {why}"),
            Self::Foreign => f.write_str("the file is no segment of an archive; bring the segment back"),
            Self::Newer { found } => {
                write!(f, "a newer release wrote the segment (format {found}); use that release")
            }
            Self::Cut => f.write_str("the segment is cut off; bring it back from a copy"),
            Self::Edited => f.write_str("the segment is not as it was written; bring it back from a copy"),
            Self::Misplaced { found } => {
                write!(f, "the file is segment {found}; give each file the name of its number again")
            }
            Self::ChainBroken => f.write_str(
                "the segment does not name the one before it: one of the two was replaced; compare both with a copy",
            ),
            Self::Replaced => {
                f.write_str("the segment is not the one that was moved there; bring it back from a copy")
            }
            Self::Commit { stream, version } => write!(
                f,
                "in the segment, {stream}/{version} is not the next commit of its stream; compare it with a copy"
            ),
        }
    }
}

impl From<Malformed> for SegmentFault {
    /// Bytes end, or begin something else, where the shape says otherwise.
    fn from(_: Malformed) -> Self {
        Self::Cut
    }
}

/// Where in a segment a piece of a stream lies: its commits, beginning with the length of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// A segment that is being made.
pub(crate) struct Draft {
    bytes: Vec<u8>,
    number: u32,
    prev: Option<Fingerprint>,
    streams: u64,
    commits: u64,
}

impl Draft {
    pub(crate) fn begin(number: u32, prev: Option<Fingerprint>) -> Self {
        let mut head = Row::default();
        head.raw(format!("{LINE}{FORMAT}\n").as_bytes()).u32(number);
        head.raw(prev.as_ref().map_or(&NO_HASH, Fingerprint::bytes).as_slice());
        Self {
            bytes: head.into_vec(),
            number,
            prev,
            streams: 0,
            commits: 0,
        }
    }

    /// Adds commits of a stream that follow each other; none where they are longer than a piece can be.
    pub(crate) fn add(&mut self, stream: StreamId, first: Version, commits: &[Vec<u8>]) -> Option<Span> {
        let mut piece = Row::default();
        piece.u8(PIECE).stream(stream).version(first).count(commits.len());
        self.bytes.extend(piece.into_vec());
        let offset = self.bytes.len();
        for commit in commits {
            let length = u32::try_from(commit.len()).ok()?;
            self.bytes.extend(length.to_be_bytes());
            self.bytes.extend(commit);
        }
        self.streams += 1;
        self.commits += commits.len() as u64;
        Some(Span {
            offset: offset as u64,
            length: u32::try_from(self.bytes.len() - offset).ok()?,
        })
    }

    pub(crate) fn finish(self) -> (Vec<u8>, Segment) {
        let mut end = Row::default();
        end.u8(END).u64(self.streams).u64(self.commits);
        let mut bytes = self.bytes;
        bytes.extend(end.into_vec());
        let hash = digest(&bytes);
        bytes.extend(hash.bytes());
        let segment = Segment {
            number: self.number,
            hash,
            prev: self.prev,
            streams: self.streams,
            commits: self.commits,
            bytes: bytes.len() as u64,
        };
        (bytes, segment)
    }
}

/// The commits of a piece, by their lengths.
pub(super) fn commits_of(piece: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut piece = Reader::new(piece);
    let mut commits = Vec::new();
    while !piece.is_empty() {
        commits.push(piece.bytes()?);
    }
    Ok(commits)
}

/// Holds commits to their stream, the version before them, each other and, where it is known, the hash that they end in; gives the
/// hash before them, as far as that is known then. One that this release cannot read is left to whoever decodes it.
pub(super) fn follow(
    stream: StreamId,
    before: Version,
    commits: &[&[u8]],
    end: Option<Fingerprint>,
) -> Result<Option<Fingerprint>, SegmentFault> {
    let mut prev = None;
    let mut chain = Chain::of(stream);
    for bytes in commits {
        let Ok(commit) = Stored::read(bytes) else {
            return Ok(None);
        };
        let version = chain.head().max(before).next();
        let broken = || SegmentFault::Commit { stream, version };
        if chain.head() < before {
            prev = commit.prev();
            chain = Chain::after(stream, before, prev.ok_or_else(broken)?);
        }
        chain.follow(&commit).map_err(|_| broken())?;
    }
    if end.is_none_or(|end| chain.hash() == Some(end)) {
        Ok(prev)
    } else {
        Err(SegmentFault::Replaced)
    }
}

fn read(bytes: &[u8]) -> Result<Segment, SegmentFault> {
    let content = check_format(bytes)?;
    let before_hash = bytes.len().checked_sub(HASH_BYTES).ok_or(SegmentFault::Cut)?;
    let (hashed, hash) = bytes.split_at_checked(before_hash).ok_or(SegmentFault::Cut)?;
    let found = digest(hashed);
    let read = read_content(content, found, bytes.len());
    match (found.bytes().as_slice() == hash, read) {
        (true, read) => read,
        // What was written has another end: what is there ends before it, or goes on after it.
        (false, Err(SegmentFault::Cut)) => Err(SegmentFault::Cut),
        (false, _) => Err(SegmentFault::Edited),
    }
}

/// What follows the first line, once that says a format that is known.
fn check_format(bytes: &[u8]) -> Result<&[u8], SegmentFault> {
    let line = bytes.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n');
    let Some((line, content)) = line.and_then(|end| bytes.split_at_checked(end)) else {
        let begins = LINE.as_bytes().starts_with(bytes);
        return Err(if begins {
            SegmentFault::Cut
        } else {
            SegmentFault::Foreign
        });
    };
    let line = std::str::from_utf8(line).map_err(|_| SegmentFault::Foreign)?;
    match line.strip_prefix(LINE).and_then(|format| format.parse().ok()) {
        Some(FORMAT) => Ok(content.get(1..).unwrap_or_default()),
        Some(found) if found > FORMAT => Err(SegmentFault::Newer { found }),
        Some(_) | None => Err(SegmentFault::Foreign),
    }
}

fn read_content(content: &[u8], hash: Fingerprint, length: usize) -> Result<Segment, SegmentFault> {
    let content = content
        .get(..content.len().saturating_sub(HASH_BYTES))
        .unwrap_or_default();
    let mut reader = Reader::new(content);
    let number = reader.u32()?;
    let prev: [u8; HASH_BYTES] = reader.raw(HASH_BYTES)?.try_into().map_err(|_| Malformed)?;
    let (mut seen, mut commits) = (BTreeSet::new(), 0_u64);
    loop {
        match reader.u8()? {
            END => break,
            PIECE => commits += read_piece(&mut reader, &mut seen)?,
            _ => return Err(SegmentFault::Edited),
        }
    }
    let streams = seen.len() as u64;
    if (reader.u64()?, reader.u64()?) != (streams, commits) || !reader.is_empty() {
        return Err(SegmentFault::Edited);
    }
    Ok(Segment {
        number,
        hash,
        prev: (prev != NO_HASH).then(|| Fingerprint::new(prev)),
        streams,
        commits,
        bytes: length as u64,
    })
}

/// Follows the commits of one stream, which the segment has not had yet; gives how many there are.
fn read_piece(reader: &mut Reader<'_>, seen: &mut BTreeSet<StreamId>) -> Result<u64, SegmentFault> {
    let (stream, first, count) = (reader.stream()?, reader.version()?, reader.u32()?);
    if !seen.insert(stream) {
        let version = first;
        return Err(SegmentFault::Commit { stream, version });
    }
    let mut chain: Option<Chain> = (first == Version::new(1)).then(|| Chain::of(stream));
    let mut version = first;
    for _ in 0..count {
        let bytes = reader.bytes()?;
        let broken = || SegmentFault::Commit { stream, version };
        let stored = (bytes.len() <= COMMIT_BYTES_MAX)
            .then(|| Stored::read(bytes).ok())
            .flatten()
            .ok_or_else(broken)?;
        match &mut chain {
            Some(chain) => chain.follow(&stored).map_err(|_| broken())?,
            None if (stored.stream(), stored.version()) != (stream, version) => return Err(broken()),
            None => chain = Some(Chain::after(stream, version, stored.hash())),
        }
        version = version.next();
    }
    Ok(count.into())
}
