//! Rows rewritten behind the adapters' backs.

use super::world::World;
use crate::bytes::Row;
use crate::draft::Draft;
use crate::tables::Table;
use fiacre_conformance::event_store::Unreadable;
use fiacre_ports::Ticket;
use fiacre_wire::stored;

/// What the hash of the cause takes before the stored commit.
const CAUSE_BYTES: usize = 8;
/// What ends a stored commit: the beginning of its hash.
const CHECK_BYTES: usize = 4;

fn key(commit: Ticket) -> Vec<u8> {
    let mut key = Row::default();
    key.stream(commit.stream).version(commit.version);
    key.into_vec()
}

/// The same row as a release writes it whose format is one higher.
fn newer(row: &[u8]) -> Vec<u8> {
    let mut row = row.to_vec();
    row[CAUSE_BYTES] += 1;
    let check = stored::hash(&row[CAUSE_BYTES..]);
    let end = row.len() - CHECK_BYTES;
    row[end..].copy_from_slice(&check.bytes()[..CHECK_BYTES]);
    row
}

impl World {
    fn put_row(&self, commit: Ticket, row: Vec<u8>) {
        let database = self.database();
        let mut draft = Draft::default();
        draft.put(Table::Commits, key(commit), row);
        database.core().tables.write(&mut draft).unwrap();
        database.core().log.forget_kept();
    }

    pub(super) fn rewrite(&self, commit: Ticket, how: Unreadable) {
        let row = self.database().core().tables.get(Table::Commits, &key(commit));
        let row = row.unwrap().unwrap().to_vec();
        let spoilt = match how {
            Unreadable::Newer => newer(&row),
            Unreadable::Damaged => {
                let mut spoilt = row.clone();
                spoilt[CAUSE_BYTES + 20] ^= 1;
                spoilt
            }
        };
        self.put_row(commit, spoilt);
        self.spoilt.borrow_mut().insert(commit, row);
    }

    pub(super) fn put_back(&self, commit: Ticket) {
        let row = self.spoilt.borrow_mut().remove(&commit).unwrap();
        self.put_row(commit, row);
    }
}
