//! Rows rewritten behind the adapters' backs.

use super::world::World;
use crate::bus::lowered;
use crate::bytes::Row;
use crate::draft::Draft;
use crate::tables::Table;
use fiacre_conformance::event_store::Unreadable;
use fiacre_domain::time::Timestamp;
use fiacre_ports::Ticket;
use fiacre_ports::{Body, Message, QueueName, RawMessage};
use fiacre_wire::stored::{self, Privacy};

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
    let (cause, commit) = row.split_at(CAUSE_BYTES);
    [cause, &with_format(commit, 1)].concat()
}

impl World {
    fn put_row(&self, commit: Ticket, row: Vec<u8>) {
        let database = self.database();
        let mut draft = Draft::default();
        draft.put(Table::Commits, key(commit), row);
        database.core().tables.write(&mut draft).unwrap();
        database.core().log.forget_kept(&database.core().tables);
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

impl World {
    /// Puts bytes into a queue that are no message.
    pub(super) fn put_foreign(&self, queue: &QueueName, raw: &RawMessage) {
        let database = self.database();
        let (queue, raw) = (queue.clone(), raw.clone());
        let put = database
            .core()
            .join(move |core, draft| core.exchange.put_foreign(draft, &queue, raw));
        self.time.block_on(&database, put).unwrap();
    }

    /// Puts a message into a queue as a release writes it whose format is one higher.
    pub(super) fn put_newer_message(&self, queue: &QueueName, message: &Message) {
        let bytes = stored::encode_message(message, Privacy::Clear).unwrap();
        let database = self.database();
        let (queue, bytes) = (queue.clone(), with_format(&bytes, 1));
        let put = database
            .core()
            .join(move |core, draft| core.exchange.put_whole(draft, &queue, bytes));
        self.time.block_on(&database, put).unwrap();
    }

    /// Writes every message that waits on its own as this release does, as if this one had become the newer.
    pub(super) fn lower_messages(&self) {
        let database = self.database();
        let mut draft = Draft::default();
        for row in database.core().tables.prefix(Table::Deferred, &[]) {
            let (key, value) = row.unwrap();
            let lowered = lowered(&value, |bytes| with_format(bytes, -1));
            draft.put(Table::Deferred, key.to_vec(), lowered);
        }
        database.core().tables.write(&mut draft).unwrap();
        database.core().exchange.forget_kept();
    }
}

/// The same bytes under another format.
fn with_format(bytes: &[u8], by: i8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[0] = bytes[0].checked_add_signed(by).unwrap();
    let check = stored::hash(&bytes);
    let end = bytes.len() - CHECK_BYTES;
    bytes[end..].copy_from_slice(&check.bytes()[..CHECK_BYTES]);
    bytes
}

/// The same event, committed at a time that takes more bytes than any.
pub(super) fn too_long(message: Message) -> Message {
    let Body::Event { id, event, .. } = message.body else {
        return message;
    };
    Message {
        body: Body::Event {
            id,
            committed_at: Timestamp::MAX,
            event,
        },
        ..message
    }
}
