//! What is not published yet.

use crate::bytes::{Malformed, Reader, Row};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Shard, Ticket};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many commits of a feed are kept in memory as they were appended; what lies beyond is read from disk.
const KEPT_MAX: usize = 16_384;

/// How many commits stand at most in a row of the outbox, which is written anew when some of them are published.
pub(super) const ROW_MAX: usize = 256;

/// The unpublished commits of one service's streams, in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Feed {
    slots: VecDeque<Slot>,
    /// How many slots hold their commit.
    kept: usize,
    /// Commits that were set aside, and until when.
    on_hold: BTreeMap<Ticket, Timestamp>,
    /// Rows of the outbox that hold what was published since they were written.
    unwritten: BTreeSet<u64>,
}

#[derive(Debug)]
struct Slot {
    ticket: Ticket,
    /// The row of the outbox that it stands in; rising.
    row: u64,
    commit: Option<Arc<Commit>>,
    is_published: bool,
}

/// A commit that is to be published; without its commit where that is to be read.
pub(super) type Fed = (Ticket, Option<Arc<Commit>>);

impl Feed {
    pub(super) fn push(&mut self, ticket: Ticket, row: u64, commit: Option<Arc<Commit>>) {
        let commit = commit.filter(|_| self.kept < KEPT_MAX);
        self.kept += usize::from(commit.is_some());
        self.slots.push_back(Slot {
            ticket,
            row,
            commit,
            is_published: false,
        });
    }

    /// The oldest commits that are not on hold at `now`, at most `max`; else when the next will be.
    pub(super) fn oldest(&mut self, shard: Shard, now: Timestamp, max: usize) -> Result<Vec<Fed>, Timestamp> {
        if !self.on_hold.is_empty() {
            self.on_hold.retain(|_, until| *until > now);
        }
        let own = self.slots.iter().filter(|slot| {
            !slot.is_published
                && shard.covers(slot.ticket.stream)
                && (self.on_hold.is_empty() || !self.on_hold.contains_key(&slot.ticket))
        });
        let oldest: Vec<_> = own
            .take(max)
            .map(|slot| (slot.ticket, slot.commit.clone()))
            .collect();
        if oldest.is_empty() {
            return Err(self.on_hold.values().min().copied().unwrap_or(Timestamp::MAX));
        }
        Ok(oldest)
    }

    pub(super) fn hold(&mut self, ticket: Ticket, until: Timestamp) {
        self.on_hold.insert(ticket, until);
    }

    /// Notes what was published. Tickets mostly come as the feed gave them: then nothing is searched.
    pub(super) fn mark(&mut self, tickets: impl Iterator<Item = Ticket>) {
        let mut others: BTreeSet<_> = tickets.collect();
        for slot in &mut self.slots {
            if others.is_empty() {
                break;
            }
            if !slot.is_published && others.remove(&slot.ticket) {
                slot.is_published = true;
                self.kept -= usize::from(slot.commit.take().is_some());
                self.unwritten.insert(slot.row);
            }
        }
        while self.slots.front().is_some_and(|first| first.is_published) {
            self.slots.pop_front();
        }
    }

    /// The rows of the outbox that hold what was published since, with what they are to hold now.
    pub(super) fn take_unwritten(&mut self) -> Vec<(u64, Vec<Ticket>)> {
        let rows = std::mem::take(&mut self.unwritten);
        rows.into_iter()
            .map(|row| {
                let first = self.slots.partition_point(|slot| slot.row < row);
                let of_row = self.slots.range(first..).take_while(|slot| slot.row == row);
                let left = of_row.filter(|slot| !slot.is_published);
                (row, left.map(|slot| slot.ticket).collect())
            })
            .collect()
    }

    /// Forgets the commits that are kept: they are read from disk.
    #[cfg(test)]
    pub(super) fn forget_kept(&mut self) {
        for slot in &mut self.slots {
            slot.commit = None;
        }
        self.kept = 0;
    }
}

pub(super) fn outbox_key(service: u8, row: u64) -> Vec<u8> {
    let mut key = Row::default();
    key.u8(service).u64(row);
    key.into_vec()
}

pub(super) fn outbox_row(tickets: &[Ticket]) -> Vec<u8> {
    let mut row = Row::default();
    for ticket in tickets {
        row.stream(ticket.stream).version(ticket.version);
    }
    row.into_vec()
}

/// A row of the outbox: service, number, tickets.
pub(super) fn read_outbox(key: &[u8], value: &[u8]) -> Result<(u8, u64, Vec<Ticket>), Malformed> {
    let (mut key, mut value) = (Reader::new(key), Reader::new(value));
    let (service, row) = (key.u8()?, key.u64()?);
    key.end()?;
    let mut tickets = Vec::new();
    while !value.is_empty() {
        tickets.push(Ticket {
            stream: value.stream()?,
            version: value.version()?,
        });
    }
    Ok((service, row, tickets))
}
