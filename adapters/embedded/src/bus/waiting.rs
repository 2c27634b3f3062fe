//! What waits on disk, for a reader who runs no queue.

use super::entry::{Binding, Body, Cursor, DeferredRow, ParkedRow, read_log_key, read_log_row, read_own_key};
use crate::bytes::{Malformed, Reader};
use crate::tables::{ReadError, Table, Tables};
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::ParkReason;
use fiacre_wire::stored::StoredMessage;
use std::collections::{BTreeMap, BTreeSet};

/// A message that is parked, as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedAtRest {
    /// The queue.
    pub queue: String,
    /// When it was parked.
    pub at: Timestamp,
    /// How often it had failed.
    pub attempts: u32,
    /// Why.
    pub reason: ParkReason,
    /// The stream that it is about, where it says so.
    pub stream: Option<StreamId>,
}

impl ParkedAtRest {
    /// What was said when it was parked.
    pub fn text(&self) -> &str {
        match &self.reason {
            ParkReason::AttemptsUsedUp { text, .. }
            | ParkReason::Refused { text, .. }
            | ParkReason::Undecodable { text } => text,
        }
    }
}

/// What is parked, queue by queue, oldest first.
pub(crate) fn parked(tables: &Tables) -> Result<Vec<ParkedAtRest>, ReadError> {
    let mut names = BTreeMap::new();
    for row in tables.prefix(Table::Queues, &[]) {
        let (name, value) = row?;
        let (queue, _) = Binding::read(&value)?;
        names.insert(queue, String::from_utf8(name.to_vec()).map_err(|_| Malformed)?);
    }
    let rows = tables.prefix(Table::Parked, &[]).map(|row| {
        let (key, value) = row?;
        let (queue, _) = read_own_key(&key)?;
        let ParkedRow {
            at,
            attempts,
            reason,
            body,
        } = ParkedRow::read(&value)?;
        Ok(ParkedAtRest {
            queue: names.get(&queue).cloned().unwrap_or_else(|| queue.to_string()),
            at,
            attempts,
            reason,
            stream: super::stream_of(&body),
        })
    });
    rows.collect()
}

/// The streams that messages are about which some queue has not settled, has put back or parked, but for events that lie in
/// the log, and bytes that are no message.
pub(crate) fn waiting(tables: &Tables) -> Result<BTreeSet<StreamId>, ReadError> {
    unsettled(tables, stream_of)
}

/// The same, and those whose events are such messages.
pub(crate) fn unsettled_streams(tables: &Tables) -> Result<BTreeSet<StreamId>, ReadError> {
    unsettled(tables, super::stream_of)
}

fn unsettled(
    tables: &Tables,
    stream_of: impl Fn(&Body) -> Option<StreamId>,
) -> Result<BTreeSet<StreamId>, ReadError> {
    let mut cursors = BTreeMap::new();
    for row in tables.prefix(Table::Cursors, &[]) {
        let (key, value) = row?;
        cursors.insert(Reader::new(&key).u16()?, Cursor::read(&value)?);
    }
    let is_open = |queue: &u16, position| {
        cursors
            .get(queue)
            .is_none_or(|cursor: &Cursor| cursor.is_open(position))
    };
    let mut streams = BTreeSet::new();
    for row in tables.prefix(Table::Messages, &[]) {
        let (key, value) = row?;
        for (position, entry) in (read_log_key(&key)?..).zip(read_log_row(&value)?) {
            if entry.takers.iter().any(|queue| is_open(queue, position)) {
                streams.extend(stream_of(&entry.body));
            }
        }
    }
    for row in tables.prefix(Table::Deferred, &[]) {
        streams.extend(stream_of(&DeferredRow::read(&row?.1)?.body));
    }
    for row in tables.prefix(Table::Parked, &[]) {
        streams.extend(stream_of(&ParkedRow::read(&row?.1)?.body));
    }
    Ok(streams)
}

fn stream_of(body: &Body) -> Option<StreamId> {
    match body {
        // What cannot be read is the queue's reader's to park.
        Body::Whole(bytes) => StoredMessage::read(bytes).ok()?.stream(),
        Body::InLog { .. } | Body::Foreign(_) => None,
    }
}
