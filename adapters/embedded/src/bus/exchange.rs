//! The queues, the log of messages that they share, and what a group writes of them.

use super::entry::{
    Binding, Body, Cursor, DeferredRow, LogEntry, ParkedRow, log_key, log_row, own_key, read_log_key,
    read_log_row, read_own_key,
};
use super::queue::{News, Origin, Queue, Queued};
use super::routing::Routing;
use crate::codec::{Keys, encode_message};
use crate::database::Core;
use crate::draft::Draft;
use crate::lock::lock;
use crate::signal::Signal;
use crate::tables::{ReadError, Table, Tables};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Message, ParkReason, ParkingId, PortError, PortErrorKind, Published, QueueName, QueueSpec,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// How many messages stand at most in a row of the log of messages.
const ROW_MAX: usize = 256;

/// The bus of one database.
#[derive(Debug)]
pub(crate) struct Exchange(pub(super) Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    routing: Routing,
    numbers: BTreeMap<String, u16>,
    pub(super) lines: BTreeMap<u16, Line>,
    /// The rows of the log of messages: the first position of each, and the one after its last.
    rows: VecDeque<(u64, u64)>,
    position_next: u64,
    /// Numbers deferred and parked messages.
    number_last: u64,
    pub(super) tag_last: u64,
    /// What memory knows and the disk does not yet.
    unwritten: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
}

/// A queue, and what its consumers wait for.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) queue: Queue,
    /// There is something to deliver; as many are told as may find something.
    pub(super) filled: Signal,
}

impl Line {
    /// Tells consumers what came since: one, if it can be delivered now (what it leaves, it tells the next of), and all, if
    /// it comes later than they sleep, or is for one of them alone.
    pub(super) fn tell(&mut self) {
        match self.queue.take_news() {
            News::Nothing => {}
            News::Ready if !self.queue.is_single_active() => self.filled.notify_some(1),
            News::Ready | News::Later => self.filled.notify(),
        }
    }
}

/// What a group publishes, and how far its queues have come.
#[derive(Debug, Default)]
pub(crate) struct Publications {
    messages: Vec<(LogEntry, Arc<Message>)>,
    /// The positions of the messages, once they are known.
    first: u64,
    cursors: BTreeMap<u16, Cursor>,
    /// What was parked and is put back.
    replayed: Vec<(u16, Queued)>,
}

impl State {
    /// The last position that a group adds to each queue and that may be handed out before the next group.
    fn coming(&self, publications: &Publications) -> BTreeMap<u16, u64> {
        let mut coming: BTreeMap<u16, (usize, Option<u64>)> = BTreeMap::new();
        for (position, (entry, _)) in (publications.first..).zip(&publications.messages) {
            for taker in &entry.takers {
                let left = || self.lines.get(taker).map_or(0, |line| line.queue.lead_left());
                let (left, last) = coming.entry(*taker).or_insert_with(|| (left(), None));
                if *left > 0 {
                    *left -= 1;
                    *last = Some(position);
                }
            }
        }
        let last = coming.into_iter();
        last.filter_map(|(queue, (_, last))| Some((queue, last?)))
            .collect()
    }

    fn number(&mut self) -> u64 {
        self.number_last += 1;
        self.number_last
    }

    pub(super) fn queue(&self, name: &QueueName, doing: &'static str) -> Result<u16, PortError> {
        let number = self.numbers.get(name.as_str()).copied();
        number.ok_or_else(|| {
            PortError::new(PortErrorKind::Invalid, doing).with_source("no such queue is declared")
        })
    }

    pub(super) fn attempts_max(&self, queue: u16) -> u32 {
        self.routing
            .binding(queue)
            .map_or(u32::MAX, |binding| binding.attempts_max)
    }

    fn write(&mut self, table: Table, key: Vec<u8>, row: Option<Vec<u8>>) {
        self.unwritten.insert((table, key), row);
    }

    /// Ends what a queue had of a message.
    pub(super) fn forget(&mut self, queue: u16, origin: Origin) {
        match origin {
            Origin::Log(position) => {
                if let Some(line) = self.lines.get_mut(&queue) {
                    line.queue.settle(position);
                }
            }
            Origin::Deferred(number) => self.write(Table::Deferred, own_key(queue, number), None),
        }
    }

    /// Takes a message out of the log, or notes anew how it stands, until it is due.
    pub(super) fn defer(&mut self, queue: u16, queued: Queued, row: DeferredRow) {
        self.forget(queue, queued.origin);
        let number = self.number();
        self.write(Table::Deferred, own_key(queue, number), Some(row.write()));
        if let Some(line) = self.lines.get_mut(&queue) {
            let queued = Queued {
                origin: Origin::Deferred(number),
                failed: row.failed,
                body: Some(Arc::new(row.body)),
                ..queued
            };
            line.queue.push_later(queued, row.due_at);
        }
    }

    /// Parks what a queue had of a message.
    pub(super) fn park(&mut self, queue: u16, origin: Origin, row: &ParkedRow) {
        self.forget(queue, origin);
        let number = self.number();
        self.write(Table::Parked, own_key(queue, number), Some(row.write()));
    }

    /// What is parked, seen by a group that is being planned: by what it has changed itself, else by what is on disk.
    fn take_parked(
        &mut self,
        tables: &Tables,
        queue: u16,
        parking: ParkingId,
    ) -> Result<Option<ParkedRow>, ReadError> {
        let Ok(number) = u64::try_from(parking.to_u128()) else {
            return Ok(None);
        };
        let place = (Table::Parked, own_key(queue, number));
        let row = match self.unwritten.get(&place) {
            Some(row) => row.clone(),
            None => tables.get(place.0, &place.1)?.map(|row| row.to_vec()),
        };
        let Some(row) = row else {
            return Ok(None);
        };
        let row = ParkedRow::read(&row)?;
        self.unwritten.insert(place, None);
        Ok(Some(row))
    }

    /// Puts a body into a queue, as if it came for the first time, once the group is written.
    fn put(&mut self, queue: u16, body: Body, now: Timestamp) -> Queued {
        let row = DeferredRow {
            due_at: now,
            failed: 0,
            body,
        };
        let number = self.number();
        self.write(Table::Deferred, own_key(queue, number), Some(row.write()));
        Queued {
            origin: Origin::Deferred(number),
            message: None,
            body: Some(Arc::new(row.body)),
            failed: 0,
            redelivered: false,
        }
    }
}

impl Exchange {
    /// Reads every queue, and what it has not settled.
    pub(crate) fn read(tables: &Tables) -> Result<Self, ReadError> {
        let mut state = State::default();
        let mut cursors = BTreeMap::new();
        for row in tables.prefix(Table::Cursors, &[]) {
            let (key, value) = row?;
            cursors.insert(crate::bytes::Reader::new(&key).u16()?, Cursor::read(&value)?);
        }
        for row in tables.prefix(Table::Queues, &[]) {
            let (name, value) = row?;
            let (queue, binding) = Binding::read(&value)?;
            let name = String::from_utf8(name.to_vec()).map_err(|_| crate::bytes::Malformed)?;
            let cursor = cursors.entry(queue).or_default();
            state.position_next = state.position_next.max(cursor.through);
            let mut line = Line {
                queue: Queue::at(cursor),
                filled: Signal::default(),
            };
            line.queue.follow(&binding);
            state.lines.insert(queue, line);
            state.routing.bind(queue, binding);
            state.numbers.insert(name, queue);
        }
        for row in tables.prefix(Table::Messages, &[]) {
            let (key, value) = row?;
            let first = read_log_key(&key)?;
            let mut position = first;
            for entry in read_log_row(&value)? {
                for taker in entry.takers {
                    let cursor = cursors.entry(taker).or_default();
                    if let Some(line) = state.lines.get_mut(&taker).filter(|_| cursor.is_open(position)) {
                        line.queue.push(Queued {
                            origin: Origin::Log(position),
                            message: None,
                            body: None,
                            failed: 0,
                            redelivered: position < cursor.handed,
                        });
                    }
                }
                position += 1;
            }
            state.rows.push_back((first, position));
            state.position_next = state.position_next.max(position);
        }
        state.read_own(tables)?;
        Ok(Self(Mutex::new(state)))
    }

    /// Makes a queue, or binds it anew; says whether there is room for it.
    pub(super) fn plan_declare(&self, draft: &mut Draft, spec: &QueueSpec) -> bool {
        let state = &mut *lock(&self.0);
        let known = state.numbers.get(spec.name.as_str()).copied();
        let Some(queue) = known.or_else(|| state.routing.next_number()) else {
            return false;
        };
        let binding = Binding::from(spec);
        if known.is_none() || state.routing.binding(queue) != Some(&binding) {
            let key = spec.name.as_str().as_bytes().to_vec();
            draft.put(Table::Queues, key, binding.write(queue));
            state.lines.entry(queue).or_default().queue.follow(&binding);
            state.routing.bind(queue, binding);
            state.numbers.insert(spec.name.as_str().to_owned(), queue);
        }
        true
    }

    /// Whether a queue is bound as this says already.
    pub(super) fn is_declared(&self, spec: &QueueSpec) -> bool {
        let state = lock(&self.0);
        let known = state.numbers.get(spec.name.as_str());
        known.and_then(|queue| state.routing.binding(*queue)) == Some(&Binding::from(spec))
    }

    /// Publishes a batch, each message on its own.
    pub(super) fn plan_publish(
        core: &Core,
        draft: &mut Draft,
        messages: Vec<Message>,
        keys: &Keys,
    ) -> Vec<Published> {
        let publish = |message: Message| {
            let takers = lock(&core.exchange.0).routing.queues(&message);
            if takers.is_empty() {
                return if message.mandatory {
                    Published::Returned
                } else {
                    Published::Confirmed
                };
            }
            let body = match body_of(core, &message, keys) {
                Ok(body) => body,
                Err(error) => return Published::Refused(error),
            };
            let entry = LogEntry {
                takers: takers.to_vec(),
                body,
            };
            draft.publications.messages.push((entry, Arc::new(message)));
            Published::Confirmed
        };
        messages.into_iter().map(publish).collect()
    }

    /// Takes what is parked; puts it back into its queue, if it is replayed; says of each whether it was there.
    pub(super) fn plan_parked(
        core: &Core,
        draft: &mut Draft,
        queue: u16,
        parkings: &[ParkingId],
        replay_at: Option<Timestamp>,
    ) -> Result<Vec<bool>, ReadError> {
        let state = &mut *lock(&core.exchange.0);
        let take = |parking: &ParkingId| {
            let taken = state.take_parked(&core.tables, queue, *parking)?;
            let was_there = taken.is_some();
            if let (Some(row), Some(now)) = (taken, replay_at) {
                draft
                    .publications
                    .replayed
                    .push((queue, state.put(queue, row.body, now)));
            }
            Ok(was_there)
        };
        parkings.iter().map(take).collect()
    }

    /// Adds to a group what is not on disk yet: messages, what was settled, and how far each queue has come.
    pub(crate) fn plan(&self, draft: &mut Draft) {
        let state = &mut *lock(&self.0);
        for ((table, key), row) in std::mem::take(&mut state.unwritten) {
            match row {
                Some(row) => draft.put(table, key, row),
                None => draft.remove(table, key),
            }
        }
        draft.publications.first = state.position_next;
        let mut rows = Vec::new();
        for part in draft.publications.messages.chunks(ROW_MAX) {
            let entries: Vec<_> = part.iter().map(|(entry, _)| entry.clone()).collect();
            rows.push((log_key(state.position_next), log_row(&entries)));
            let first = state.position_next;
            state.position_next += part.len() as u64;
            state.rows.push_back((first, state.position_next));
        }
        for (key, row) in rows {
            draft.add(Table::Messages, key, row);
        }
        let coming = state.coming(&draft.publications);
        for (queue, line) in &mut state.lines {
            if let Some(cursor) = line.queue.cursor(coming.get(queue).copied()) {
                draft.put(Table::Cursors, queue.to_be_bytes().to_vec(), cursor.write());
                draft.publications.cursors.insert(*queue, cursor);
            }
        }
        state.trim(draft);
    }

    /// Learns what a group has written.
    pub(crate) fn learn(&self, written: &mut Publications) {
        let state = &mut *lock(&self.0);
        let positions = written.first..;
        for (position, (entry, message)) in positions.zip(std::mem::take(&mut written.messages)) {
            for taker in entry.takers {
                if let Some(line) = state.lines.get_mut(&taker) {
                    line.queue.push(Queued {
                        origin: Origin::Log(position),
                        message: Some(Arc::clone(&message)),
                        body: None,
                        failed: 0,
                        redelivered: false,
                    });
                }
            }
        }
        for (queue, queued) in std::mem::take(&mut written.replayed) {
            if let Some(line) = state.lines.get_mut(&queue) {
                line.queue.push(queued);
            }
        }
        let cursors = std::mem::take(&mut written.cursors);
        for (queue, line) in &mut state.lines {
            line.queue.learn(cursors.get(queue));
            line.tell();
        }
    }
}

impl State {
    /// Reads what queues keep on their own.
    fn read_own(&mut self, tables: &Tables) -> Result<(), ReadError> {
        for row in tables.prefix(Table::Deferred, &[]) {
            let (key, value) = row?;
            let (queue, number) = read_own_key(&key)?;
            let row = DeferredRow::read(&value)?;
            self.number_last = self.number_last.max(number);
            if let Some(line) = self.lines.get_mut(&queue) {
                let queued = Queued {
                    origin: Origin::Deferred(number),
                    message: None,
                    body: None,
                    failed: row.failed,
                    redelivered: true,
                };
                line.queue.push_later(queued, row.due_at);
            }
        }
        for row in tables.prefix(Table::Parked, &[]) {
            let (_, number) = read_own_key(&row?.0)?;
            self.number_last = self.number_last.max(number);
        }
        Ok(())
    }

    /// Removes the rows of the log of messages that no queue needs any more, but for the last: it says where the log ends.
    fn trim(&mut self, draft: &mut Draft) {
        let oldest = self.lines.values().filter_map(|line| line.queue.oldest()).min();
        let needed = oldest
            .unwrap_or(draft.publications.first)
            .min(draft.publications.first);
        while self.rows.len() > 1
            && let Some(&(first, end)) = self.rows.front()
            && end <= needed
        {
            draft.remove(Table::Messages, log_key(first));
            self.rows.pop_front();
        }
    }
}

/// A message as it is to be stored: an event that lies in the log as it is said is only named.
fn body_of(core: &Core, message: &Message, keys: &Keys) -> Result<Body, PortError> {
    if let fiacre_ports::Body::Event {
        id,
        committed_at,
        event,
    } = &message.body
    {
        let commit = core.log.recent(*id);
        let is_it = commit.is_some_and(|commit| {
            commit.at == *committed_at
                && commit.region == message.region
                && commit.trace == message.trace
                && commit.events.get(usize::from(id.index())) == Some(event)
        });
        if is_it {
            return Ok(Body::InLog {
                id: *id,
                mandatory: message.mandatory,
            });
        }
    }
    let bytes = encode_message(message, keys).map_err(|error| error.into_port_error("publish a message"))?;
    if bytes.len() > core.message_bytes_max {
        let error = PortError::new(PortErrorKind::Invalid, "publish a message");
        return Err(error.with_source("the message is longer than a message may be"));
    }
    Ok(Body::Whole(bytes))
}

/// The body of a message that is stored there; nothing where there is none.
pub(super) fn stored_body(tables: &Tables, queue: u16, origin: Origin) -> Result<Option<Body>, ReadError> {
    match origin {
        Origin::Deferred(number) => {
            let row = tables.get(Table::Deferred, &own_key(queue, number))?;
            Ok(row
                .map(|row| DeferredRow::read(&row))
                .transpose()?
                .map(|row| row.body))
        }
        Origin::Log(position) => {
            let last = log_key(position);
            let row = tables.range(Table::Messages, ..=last.as_slice()).next_back();
            let Some((key, value)) = row.transpose()? else {
                return Ok(None);
            };
            let place = position.saturating_sub(read_log_key(&key)?);
            let entry = read_log_row(&value)?
                .into_iter()
                .nth(usize::try_from(place).unwrap_or(usize::MAX));
            Ok(entry.map(|entry| entry.body))
        }
    }
}

/// Why bytes that could not be read are parked.
pub(super) fn undecodable(text: String) -> ParkReason {
    ParkReason::Undecodable { text }
}

#[cfg(test)]
impl Exchange {
    /// Puts bytes into a queue that are no message.
    pub(crate) fn put_foreign(&self, draft: &mut Draft, queue: &QueueName, raw: fiacre_ports::RawMessage) {
        self.put(draft, queue, Body::Foreign(raw));
    }

    /// Puts stored bytes into a queue.
    pub(crate) fn put_whole(&self, draft: &mut Draft, queue: &QueueName, bytes: Vec<u8>) {
        self.put(draft, queue, Body::Whole(bytes));
    }

    fn put(&self, draft: &mut Draft, queue: &QueueName, body: Body) {
        let state = &mut *lock(&self.0);
        let queue = state.queue(queue, "put bytes into a queue").unwrap();
        let queued = state.put(queue, body, Timestamp::from_ms(0));
        draft.publications.replayed.push((queue, queued));
    }

    /// Forgets what is kept of stored bytes: they are read from disk.
    pub(crate) fn forget_kept(&self) {
        let state = &mut *lock(&self.0);
        state
            .lines
            .values_mut()
            .for_each(|line| line.queue.forget_bodies());
    }
}

/// A row of a deferred message with other bytes.
#[cfg(test)]
pub(crate) fn lowered(row: &[u8], lower: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let row = DeferredRow::read(row).unwrap();
    let body = match row.body {
        Body::Whole(bytes) => Body::Whole(lower(&bytes)),
        other @ (Body::InLog { .. } | Body::Foreign(_)) => other,
    };
    DeferredRow { body, ..row }.write()
}
