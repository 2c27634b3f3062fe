//! What one group writes.

use crate::bus::Publications;
use crate::store::Appends;
use crate::tables::Table;
use fiacre_domain::id::TripId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::TimerId;
use fiacre_ports::{Timer, TripView};
use std::collections::BTreeMap;

/// The rows of one batch, and what memory learns once they are on disk.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    added: Vec<(Table, Vec<u8>, Vec<u8>)>,
    /// By key, since a batch may hold each key once.
    changed: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    /// Commits that the group appends.
    pub(crate) appends: Appends,
    /// Messages that the group publishes, and how far its queues have come.
    pub(crate) publications: Publications,
    /// Timers as the group leaves them; nothing for one that it ends.
    pub(crate) timers: BTreeMap<(Service, TimerId), Option<Timer>>,
    /// Trip views as the group leaves them.
    pub(crate) views: BTreeMap<TripId, TripView>,
}

impl Draft {
    /// Adds a row whose key was never written before, and is not again in this group.
    pub(crate) fn add(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.added.push((table, key, value));
    }

    /// Writes a row, whatever it was.
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.changed.insert((table, key), Some(value));
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.changed.insert((table, key), None);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty()
    }

    /// Every row, each key once; nothing for one that is to be removed.
    pub(crate) fn take_rows(&mut self) -> impl Iterator<Item = (Table, Vec<u8>, Option<Vec<u8>>)> {
        let added = std::mem::take(&mut self.added).into_iter();
        let added = added.map(|(table, key, value)| (table, key, Some(value)));
        let changed = std::mem::take(&mut self.changed).into_iter();
        added.chain(changed.map(|((table, key), value)| (table, key, value)))
    }
}
