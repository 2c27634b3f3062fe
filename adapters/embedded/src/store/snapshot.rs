//! Folded states on disk: a cache that may be thrown away, and is where it cannot be read.

use crate::bytes::{Reader, Row};
use crate::draft::Draft;
use crate::tables::{ReadError, Table, Tables};
use fiacre_domain::stream::StreamId;
use fiacre_ports::{Snapshot, SnapshotState};
use fiacre_wire::stored::{self, NoTariffs, Opening, Privacy};
use std::sync::Arc;

fn key(stream: StreamId) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(stream);
    key.into_vec()
}

/// Adds to a group the snapshots of streams that grow long enough for it.
pub(super) fn plan(draft: &mut Draft, snapshots: &[(StreamId, Snapshot)]) {
    for (stream, snapshot) in snapshots {
        let Snapshot { version, state } = snapshot;
        // A driver's state names no rider: nothing in it is sealed.
        if matches!(**state, SnapshotState::Driver(_))
            && let Ok(state) = stored::encode_state(*stream, *version, state, Privacy::Erased)
        {
            let mut row = Row::with_room(state.len() + size_of::<u32>());
            row.version(*version).raw(&state);
            draft.put(Table::Snapshots, key(*stream), row.into_vec());
        }
    }
}

/// The snapshot of a stream, if one is kept that this release can read.
pub(super) fn read(tables: &Tables, stream: StreamId) -> Result<Option<Snapshot>, ReadError> {
    let Some(row) = tables.get(Table::Snapshots, &key(stream))? else {
        return Ok(None);
    };
    let mut row = Reader::new(&row);
    let Ok(version) = row.version() else {
        tracing::debug!(%stream, "a snapshot is not whole: its stream is folded");
        return Ok(None);
    };
    let state = stored::decode_state(stream, version, row.rest(), Opening::new(&NoTariffs));
    if let Err(error) = &state {
        tracing::debug!(%stream, %error, "a snapshot is not used: its stream is folded");
    }
    let state = state.ok().map(Arc::new);
    Ok(state.map(|state| Snapshot { version, state }))
}

#[cfg(test)]
pub(super) fn forget(tables: &Tables) {
    let mut draft = Draft::default();
    for row in tables.prefix(Table::Snapshots, &[]) {
        draft.remove(Table::Snapshots, row.unwrap().0.to_vec());
    }
    if !draft.is_empty() {
        tables.write(&mut draft).unwrap();
    }
}
