//! Moves streams out of the log: the segment first, whole and on disk; then the store, in one write; its name last.
//!
//! Killed before the store's write, the log is as it was, and a file without a name is left. The next move notes it if it would
//! write the same, as it does when it is asked for the same again; else it writes another in its place. In a place that other stores
//! may use as well it is refused instead, if it is whole: they may have noted it. Killed after the store's write, the file is found
//! without its name, and gets it when the folder is opened again. At no moment is a commit in neither, and at none in both.

use super::segment::{Draft as SegmentDraft, Segment};
use super::stub::{Piece, Stub};
use super::{ARCHIVE, Archive, Entry, UNNAMED, segment_key, stub_key};
use crate::database::{Core, Database};
use crate::draft::Draft;
use crate::folder::Folder;
use crate::group::Failure;
use crate::lock::lock;
use crate::store::{Log, Tip, commit_key, split};
use crate::tables::{ReadError, Table};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_folder::{make_folders, rename, sync_file, sync_folder};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

/// Why streams could not be moved. Then they are in the log as they were, but for [`Unknown`](Self::Unknown).
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The log cannot be read.
    #[error("failed to archive: the log of {} cannot be read: {why}; see `fiacre audit check`", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What was found.
        why: String,
    },
    /// A stream has gone on meanwhile.
    #[error("failed to archive {stream}: it has gone on meanwhile; archive it once it has come to rest")]
    Moved {
        /// The stream.
        stream: StreamId,
    },
    /// A segment of this number is there that the store does not know.
    #[error(
        "failed to archive: {} is there already, and is none of this store's; name an empty folder, or the one that holds this store's segments",
        .0.display()
    )]
    Occupied(PathBuf),
    /// A whole segment without a name is there that the store does not know: of a move that was killed and is now asked for
    /// otherwise, or of another store that writes there.
    #[error(
        "failed to archive: {} is whole, and this store has not noted it; if no other store writes there, remove it, and ask again",
        .0.display()
    )]
    Unnoted(PathBuf),
    /// The place is there for something else of Fiacre's: a platform's folder, its database, a vault, a company's records.
    #[error(
        "failed to archive to {}: it is a folder that a platform, a vault or a payment company keeps its own in; name one for segments alone, such as {}",
        .0.display(), .0.join(ARCHIVE).display()
    )]
    Taken(PathBuf),
    /// The place cannot be named in the store.
    #[error("failed to archive to {}: its name is no text; name another folder", .0.display())]
    Unnameable(PathBuf),
    /// The segment cannot be written.
    #[error("failed to write {}: {}; make room, or name another folder", .0.display(), .1)]
    Unwritten(PathBuf, #[source] io::Error),
    /// A stream's commits are longer together than a segment can say.
    #[error("failed to archive {stream}: its commits are longer than 4 GiB; leave it in the log")]
    TooLong {
        /// The stream.
        stream: StreamId,
    },
    /// The store cannot be written.
    #[error("failed to archive: the store cannot be written: {0}")]
    Store(String),
    /// The store's write has failed, and may be on disk all the same: the streams are in the log or in the segment, whole in either.
    #[error(
        "failed to archive: the store's write has failed ({0}), and it cannot be said whether it is on disk; open the folder again, which finds the streams wherever they are"
    )]
    Unknown(String),
    /// What was moved is moved, and its place on the disk is not given back yet.
    #[error(
        "failed to give back to the disk what was moved: {0}; it is archived, and its place comes back as the store goes on"
    )]
    Uncompacted(String),
}

impl ArchiveError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "archive_unreadable",
            Self::Moved { .. } => "archive_moved",
            Self::Occupied(_) => "archive_occupied",
            Self::Unnoted(_) => "archive_unnoted",
            Self::Taken(_) => "archive_taken",
            Self::Unnameable(_) => "archive_unnameable",
            Self::Unwritten(..) => "archive_unwritten",
            Self::TooLong { .. } => "archive_too_long",
            Self::Store(_) => "archive_store",
            Self::Unknown(_) => "archive_unknown",
            Self::Uncompacted(_) => "archive_uncompacted",
        }
    }
}

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The segment is being written.
    Begun,
    /// It is on disk, without a name, and the store does not know of it.
    Written,
    /// The store knows it, and no longer holds its commits.
    Noted,
    /// It has its name.
    Named,
}

/// A stream's commits that are to be moved, and what of it stays.
struct Move {
    stream: StreamId,
    /// The version after which its commits lie in the log.
    after: Version,
    stub: Stub,
}

impl Database {
    /// Moves streams into one segment, whole up to the versions given, at which they must end: then whoever loads them finds
    /// them as before, and their commits are no longer in the log. A stream that lies in segments already, and has gone on
    /// since, is moved from there on. Streams that have nothing in the log are left out, as are repetitions; nothing where that is
    /// all.
    ///
    /// The segment is written to `to`, or else to the folder `archive` within this one. What still waits in a queue, or
    /// is to be published, need not be at rest for this; but whoever waits reads it from the segment then.
    ///
    /// # Errors
    /// [`ArchiveError`]; then the streams are in the log as they were, but for [`ArchiveError::Unknown`].
    pub fn archive(
        &self,
        streams: &[(StreamId, Version)],
        to: Option<&Path>,
    ) -> Result<Option<Segment>, ArchiveError> {
        self.archive_in_steps(streams, to, |_| ())
    }

    pub(crate) fn archive_in_steps(
        &self,
        streams: &[(StreamId, Version)],
        to: Option<&Path>,
        mut done: impl FnMut(Step),
    ) -> Result<Option<Segment>, ArchiveError> {
        let core = self.core();
        let _one_at_a_time = lock(&core.archive.moving);
        if let Some(failure) = core.failure() {
            // Of a failed write that may be on disk the segment is the only copy: nothing is written over.
            return Err(ArchiveError::Store(failure.to_string()));
        }
        core.archive.name_all();
        let place = core.archive.place(to)?;
        let (number, prev) = core.archive.next();
        let mut segment = SegmentDraft::begin(number, prev);
        let mut moves = Vec::new();
        for (stream, head) in streams.iter().collect::<BTreeSet<_>>() {
            moves.extend(core.gather(*stream, *head, number, &mut segment)?);
        }
        if moves.is_empty() {
            return Ok(None);
        }
        let (bytes, segment) = segment.finish();
        let entry = Entry { segment, place };
        let file = core.archive.vacant(&entry)?;
        let written = match Segment::verify(&file) {
            // Who wrote it may have been killed before the disk had it.
            Ok(left) if left.hash == entry.segment.hash => sync_written(&file),
            Ok(_) | Err(_) => write_file(&file, &bytes, || done(Step::Begun)),
        };
        written.map_err(|error| ArchiveError::Unwritten(file, error))?;
        done(Step::Written);
        core.archive.announce(entry.clone());
        let noted = self.note(moves, &entry);
        if noted.is_err() {
            core.archive.withdraw(number);
        }
        noted?;
        done(Step::Noted);
        // Moved it is by now, and found without its name as well.
        core.archive.name(&entry);
        done(Step::Named);
        Ok(Some(segment))
    }

    /// Lets the store know of a segment, and forget what lies in it, in one write.
    fn note(&self, moves: Vec<Move>, entry: &Entry) -> Result<(), ArchiveError> {
        let core = self.core();
        core.raise_format()
            .map_err(|error| ArchiveError::Store(error.to_string()))?;
        let row = (segment_key(entry.segment.number), entry.write());
        let waiting = core.join(move |core, draft| plan(core, draft, &moves, row));
        core.sync_all();
        let mut waiting = pin!(waiting);
        let answer = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match answer {
            Poll::Ready(Ok(planned)) => planned,
            Poll::Ready(Err(failure @ Failure::NotDone(_))) => Err(ArchiveError::Store(failure.to_string())),
            Poll::Ready(Err(Failure::Unknown(why))) => Err(ArchiveError::Unknown(why.to_string())),
            Poll::Pending => Err(ArchiveError::Store("nothing was written".to_owned())),
        }
    }

    /// Gives back to the disk what was taken out of the tables; takes about as long as writing anew what is left in them. Others
    /// write once it is done. The room of the engine's journal is free when the folder is opened next.
    ///
    /// # Errors
    /// Where the tables cannot be read or written.
    pub fn compact(&self) -> Result<(), ArchiveError> {
        let compacted = self.core().compact();
        compacted.map_err(|error| ArchiveError::Uncompacted(error.to_string()))
    }
}

impl Core {
    /// Adds to a segment what of a stream lies in the log; nothing where nothing does.
    fn gather(
        &self,
        stream: StreamId,
        head: Version,
        number: u32,
        segment: &mut SegmentDraft,
    ) -> Result<Option<Move>, ArchiveError> {
        let unreadable = |error: ReadError| ArchiveError::Unreadable {
            folder: self.folder().to_owned(),
            why: error.to_string(),
        };
        let moved = || ArchiveError::Moved { stream };
        let before = self.archive.stub(&self.tables.moment(), stream);
        let before = before.map_err(unreadable)?;
        let after = before.as_ref().map_or(Version::EMPTY, Stub::head);
        let tip = Tip::read(&self.tables, &self.archive, stream).map_err(unreadable)?;
        if tip.head() != head {
            return Err(moved());
        }
        let Some(hash) = tip.hash().filter(|_| head > after) else {
            return Ok(None);
        };
        let mut commits = Vec::new();
        let (first, last) = (commit_key(stream, after.next()), commit_key(stream, head));
        for row in self
            .tables
            .range(Table::Commits, first.as_slice()..=last.as_slice())
        {
            let (_, row) = row.map_err(unreadable)?;
            let (_, bytes) = split(&row).map_err(|error| unreadable(error.into()))?;
            commits.push(bytes.to_vec());
        }
        if commits.len() != (head.get() - after.get()) as usize {
            return Err(unreadable(ReadError::Gap));
        }
        let span = segment.add(stream, after.next(), &commits);
        let span = span.ok_or(ArchiveError::TooLong { stream })?;
        let mut pieces = before.map_or_else(Vec::new, |stub| stub.pieces);
        pieces.push(Piece {
            segment: number,
            until: head,
            span,
        });
        let causes = tip.causes().to_vec();
        let stub = Stub {
            head,
            hash,
            causes,
            pieces,
        };
        Ok(Some(Move { stream, after, stub }))
    }
}

/// Plans the move, if every stream still ends where it did.
fn plan(
    core: &Core,
    draft: &mut Draft,
    moves: &[Move],
    (key, entry): (Vec<u8>, Vec<u8>),
) -> Result<(), ArchiveError> {
    for Move { stream, stub, .. } in moves {
        let head = Log::planned_head(core, draft, *stream).map_err(|error| ArchiveError::Unreadable {
            folder: core.folder().to_owned(),
            why: error.to_string(),
        })?;
        if head != stub.head {
            return Err(ArchiveError::Moved { stream: *stream });
        }
    }
    for Move { stream, after, stub } in moves {
        for version in after.get() + 1..=stub.head.get() {
            draft.remove(Table::Commits, commit_key(*stream, Version::new(version)));
        }
        draft.put(Table::Stubs, stub_key(*stream), stub.write());
    }
    draft.put(Table::Segments, key, entry);
    Ok(())
}

impl Archive {
    /// The place as the store notes it: nothing for that in its own folder.
    fn place(&self, to: Option<&Path>) -> Result<Option<PathBuf>, ArchiveError> {
        let Some(to) = to else { return Ok(None) };
        let unwritten = |error| ArchiveError::Unwritten(to.to_owned(), error);
        if fs::canonicalize(to).is_ok_and(|place| Folder::is_taken(&place)) {
            return Err(ArchiveError::Taken(to.to_owned()));
        }
        make_folders(to).map_err(unwritten)?;
        let place = fs::canonicalize(to).map_err(unwritten)?;
        if fs::canonicalize(self.folder.join(ARCHIVE)).is_ok_and(|own| own == place) {
            return Ok(None);
        }
        if place.to_str().is_none() {
            return Err(ArchiveError::Unnameable(place));
        }
        Ok(Some(place))
    }

    /// The next segment's number, and the hash of the one before it.
    fn next(&self) -> (u32, Option<fiacre_domain::fingerprint::Fingerprint>) {
        let state = lock(&self.state);
        match state.catalog.last_key_value() {
            Some((number, entry)) => (number.saturating_add(1), Some(entry.segment.hash)),
            None => (1, None),
        }
    }

    /// Where a segment is to be written before it gets its name, or lies already.
    fn vacant(&self, entry: &Entry) -> Result<PathBuf, ArchiveError> {
        let own = self.folder.join(ARCHIVE);
        let folder = entry.place.as_deref().unwrap_or(&own);
        let name = Segment::file_name(entry.segment.number);
        let (file, unnamed) = (folder.join(&name), folder.join(format!("{name}{UNNAMED}")));
        if file.exists() {
            return Err(ArchiveError::Occupied(file));
        }
        if entry.place.is_some()
            && let Ok(whole) = Segment::verify(&unnamed)
            && whole.hash != entry.segment.hash
        {
            // It may be what another store that uses this place has noted.
            return Err(ArchiveError::Unnoted(unnamed));
        }
        Ok(unnamed)
    }

    /// Lets readers find a segment that the store is about to note: they may come upon its stubs at once.
    fn announce(&self, entry: Entry) {
        lock(&self.state).catalog.insert(entry.segment.number, entry);
        self.is_used.store(true, Ordering::Release);
    }

    /// Forgets a segment that the store has not noted.
    fn withdraw(&self, number: u32) {
        let mut state = lock(&self.state);
        state.catalog.remove(&number);
        state.files.remove(&number);
    }

    /// Gives their names to segments that a crash or the system has left without.
    pub(crate) fn name_all(&self) {
        let catalog: Vec<Entry> = lock(&self.state).catalog.values().cloned().collect();
        for entry in &catalog {
            self.name(entry);
        }
    }

    /// Gives its name to a segment that the store has noted, if it is still without.
    fn name(&self, entry: &Entry) {
        // Readers find it by the one name or by the other, and open it before that changes.
        let _nobody_opens = lock(&self.state);
        let path = entry.path(&self.folder);
        let named = path.with_file_name(Segment::file_name(entry.segment.number));
        if path != named && path.is_file() {
            // It is found without its name as well; the next opening, or the next move, tries again.
            if let Err(error) = rename(&path, &named) {
                tracing::warn!(segment = %path.display(), %error, "a segment keeps the name of one that is being written");
            }
        }
    }
}

/// Lets the disk have a file that lies there whole, and its name.
fn sync_written(file: &Path) -> io::Result<()> {
    sync_file(&File::open(file)?, file)?;
    sync_folder(file.parent().unwrap_or(file))
}

fn write_file(file: &Path, bytes: &[u8], begun: impl FnOnce()) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    make_folders(folder)?;
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = File::create_new(file)?;
    out.write_all(first)?;
    begun();
    out.write_all(rest)?;
    sync_file(&out, file)?;
    sync_folder(folder)
}
