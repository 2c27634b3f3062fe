//! Reads streams and the log.

use super::tip::key;
use super::{snapshot, split};
use crate::archive::Merged;
use crate::at_rest::LogRow;
use crate::bytes::{Reader, Row};
use crate::codec::Keys;
use crate::database::Core;
use crate::lock::lock;
use crate::tables::{Moment, ReadError, Table};
use fiacre_domain::stream::{Commit, Version};
use fiacre_ports::{Cursor, Entry, LoadRequest, Loaded, PortError, PortErrorKind, Snapshot, Ticket};
use std::ops::Bound;
use std::sync::Arc;

/// Rows of the log with their places, and where to go on.
pub(super) type Rows = (Vec<LogRow>, Option<Cursor>);

/// Loads a stream, or the part of it that the asker does not know.
pub(super) fn load(core: &Core, request: &LoadRequest, keys: &Keys) -> Result<Loaded, PortError> {
    let (head, snapshot) = {
        let mut state = lock(&core.log.state);
        let head = state.tips.get(&request.stream).map(|tip| tip.head);
        (head, state.snapshots.get(&request.stream).cloned())
    };
    if let Some(head) = head
        && head <= request.after
    {
        return Ok(Loaded {
            head,
            ..Loaded::default()
        });
    }
    let snapshot = match snapshot {
        Some(snapshot) => Some(snapshot),
        None => kept_on_disk(core, request)?,
    };
    let is_newer = |snapshot: &Snapshot| snapshot.version > request.after;
    let loaded = match snapshot.filter(is_newer) {
        Some(snapshot) => {
            let from_it = read_after(core, request, snapshot.version, keys);
            // One from beyond the head is none of this stream's.
            from_it.map(|loaded| (loaded.head >= snapshot.version).then_some((loaded, snapshot)))
        }
        None => Ok(None),
    };
    match loaded {
        Ok(Some((loaded, snapshot))) => Ok(Loaded {
            snapshot: Some(snapshot),
            ..loaded
        }),
        Ok(None) => {
            read_after(core, request, request.after, keys).map_err(|error| error.into_error("load a stream"))
        }
        Err(error) => Err(error.into_error("load a stream")),
    }
}

/// The snapshot that a process before this one kept, or this one before it kept many others.
fn kept_on_disk(core: &Core, request: &LoadRequest) -> Result<Option<Snapshot>, PortError> {
    let kept = snapshot::read(&core.tables, request.stream);
    let kept = kept.map_err(|error| error.into_error("load a stream"))?;
    if let Some(kept) = &kept {
        let mut state = lock(&core.log.state);
        state.snapshots.insert(request.stream, kept.clone());
    }
    Ok(kept)
}

fn read_after(core: &Core, request: &LoadRequest, after: Version, keys: &Keys) -> Result<Loaded, ReadError> {
    let (first, last) = (
        key(request.stream, after.next()),
        key(request.stream, Version::new(u32::MAX)),
    );
    let mut loaded = Loaded {
        head: after,
        ..Loaded::default()
    };
    let mut take = |bytes: &[u8]| {
        let commit = core.codec.decode(&core.tables, bytes, keys)?;
        loaded.head = loaded.head.next();
        if (commit.stream, commit.version) != (request.stream, loaded.head) {
            return Err(ReadError::Gap);
        }
        loaded.commits.push(commit);
        Ok(())
    };
    // Commits are moved from the one to the other meanwhile.
    let moment = core.tables.moment();
    for archived in core.archive.commits(&moment, request.stream, after)? {
        take(&archived)?;
    }
    for row in moment.range(Table::Commits, first.as_slice()..=last.as_slice()) {
        let (_, row) = row?;
        take(split(&row)?.1)?;
    }
    if loaded.commits.is_empty() {
        loaded.head = head_of(core, &moment, request)?.min(after);
    }
    Ok(loaded)
}

/// One commit, if it is there.
pub(super) fn commit_at(core: &Core, at: Ticket, keys: &Keys) -> Result<Option<Commit>, ReadError> {
    let decode = |bytes: &[u8]| core.codec.decode(&core.tables, bytes, keys);
    match core.tables.get(Table::Commits, &key(at.stream, at.version))? {
        Some(row) => decode(split(&row)?.1).map(Some),
        None => archived(core, at)?.map(|bytes| decode(&bytes)).transpose(),
    }
}

/// One commit that lies in the archive, if it does.
fn archived(core: &Core, at: Ticket) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(before) = at.version.get().checked_sub(1) else {
        return Ok(None);
    };
    // It is not in the log any more, so that a later moment finds it as well.
    let moment = core.tables.moment();
    let commits = core.archive.commits(&moment, at.stream, Version::new(before))?;
    Ok(commits.into_iter().next())
}

/// The entry of a commit by its place.
pub(super) fn entry_at(
    core: &Core,
    ticket: Ticket,
    keys: &Keys,
    doing: &'static str,
) -> Result<Entry, PortError> {
    let found = commit_at(core, ticket, keys).and_then(|commit| commit.ok_or(ReadError::Gap));
    entry_of(ticket, found, doing)
}

/// The entry of a commit that was read.
pub(super) fn entry(core: &Core, row: &LogRow, keys: &Keys, doing: &'static str) -> Result<Entry, PortError> {
    entry_of(
        row.ticket(),
        core.codec.decode(&core.tables, row.bytes(), keys),
        doing,
    )
}

/// The commit, or why this release cannot read it; an error where it may be read later.
fn entry_of(
    ticket: Ticket,
    commit: Result<Commit, ReadError>,
    doing: &'static str,
) -> Result<Entry, PortError> {
    match commit.map(Arc::new).map_err(|error| error.into_error(doing)) {
        Err(error) if !matches!(error.kind(), PortErrorKind::Newer | PortErrorKind::Damaged) => Err(error),
        commit => Ok(Entry { ticket, commit }),
    }
}

/// At most `max` rows of the log and its archive from a place on.
pub(super) fn page(core: &Core, from: &Cursor, max: usize) -> Result<Rows, PortError> {
    const DOING: &str = "scan the log";
    let place = from.0.as_slice();
    let (first, stream) = if place.is_empty() {
        (Bound::Unbounded, Vec::new())
    } else {
        let ticket = ticket_of(place)
            .map_err(|error| PortError::new(PortErrorKind::Invalid, DOING).with_source(error))?;
        let mut stream = Row::default();
        stream.stream(ticket.stream);
        (Bound::Excluded(place), stream.into_vec())
    };
    let moment = core.tables.moment();
    let in_log = moment.range(Table::Commits, (first, Bound::Unbounded));
    let stubs = moment.range(Table::Stubs, stream.as_slice()..);
    let mut rows: Vec<LogRow> = Vec::new();
    for row in Merged::new(Arc::clone(&core.archive), in_log, stubs) {
        let row = row?;
        let ticket = row.ticket();
        if key(ticket.stream, ticket.version).as_slice() <= place {
            // Of the stream that the page before has ended in.
            continue;
        }
        if rows.len() >= max {
            let last = rows.last().map(LogRow::ticket);
            let next = last.map(|last| Cursor(key(last.stream, last.version)));
            return Ok((rows, next.or_else(|| Some(from.clone()))));
        }
        rows.push(row);
    }
    Ok((rows, None))
}

fn ticket_of(key: &[u8]) -> Result<Ticket, crate::bytes::Malformed> {
    let mut key = Reader::new(key);
    let ticket = Ticket {
        stream: key.stream()?,
        version: key.version()?,
    };
    key.end()?;
    Ok(ticket)
}

/// The version of a stream's last commit.
fn head_of(core: &Core, moment: &Moment<'_>, request: &LoadRequest) -> Result<Version, ReadError> {
    let mut prefix = Row::default();
    prefix.stream(request.stream);
    let last = moment.prefix(Table::Commits, &prefix.into_vec()).next_back();
    if let Some((place, _)) = last.transpose()? {
        return Ok(ticket_of(&place)?.version);
    }
    let archived = core.archive.stub(moment, request.stream)?;
    Ok(archived.map_or(Version::EMPTY, |stub| stub.head()))
}
