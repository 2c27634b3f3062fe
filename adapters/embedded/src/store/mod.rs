//! Streams of commits on disk.

mod append;
mod feed;
mod load;
mod snapshot;
mod tip;

pub(crate) use append::Appends;
pub(crate) use tip::{CAUSES_READ, Tip, key as commit_key};

use crate::bytes::{Malformed, Reader};
use crate::codec::{Keys, for_want_of_keys};
use crate::database::{Core, Database};
use crate::draft::Draft;
use crate::group::Failure;
use crate::lock::lock;
use crate::recent::Recent;
use crate::signal::Signal;
use crate::tables::{ReadError, Table, Tables};
use async_trait::async_trait;
use feed::{Feed, ROW_MAX, outbox_key, outbox_row, read_outbox};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, EventId, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Clock, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, Scope,
    Snapshot, Ticket,
};
use fiacre_wire::stored::People;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

/// How many streams' ends, and how many snapshots, are kept in memory at least, once that many were used.
const KEPT_STREAMS: usize = 65_536;

/// How many commits are kept in memory at least, once that many were appended.
const KEPT_COMMITS: usize = 8_192;

/// The streams, and what is to be published of them.
#[derive(Debug)]
pub(crate) struct Log {
    state: Mutex<State>,
    fed: [Signal; Service::ALL.len()],
}

#[derive(Debug)]
struct State {
    /// The ends of streams, as they are on disk; only a group that was written changes them.
    tips: Recent<StreamId, Tip>,
    snapshots: Recent<StreamId, Snapshot>,
    /// What was appended of late: an event that is published is found there.
    commits: Recent<Ticket, Arc<Commit>>,
    feeds: [Feed; Service::ALL.len()],
    /// The next row of the outbox.
    row_next: u64,
}

/// The streams of which something is to be published.
pub(crate) fn unpublished(tables: &Tables) -> Result<BTreeSet<StreamId>, ReadError> {
    let mut streams = BTreeSet::new();
    for row in tables.prefix(Table::Outbox, &[]) {
        let (key, value) = row?;
        let (_, _, tickets) = read_outbox(&key, &value)?;
        streams.extend(tickets.iter().map(|ticket| ticket.stream));
    }
    Ok(streams)
}

const fn number(service: Service) -> u8 {
    match service {
        Service::Trip => 0,
        Service::Driver => 1,
        Service::Payment => 2,
    }
}

/// A row of the commits: the hash of the cause, and what the wire wrote.
pub(crate) fn split(row: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut row = Reader::new(row);
    Ok((row.u64()?, row.rest()))
}

fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

impl State {
    const fn feed(&mut self, service: Service) -> &mut Feed {
        let [trip, driver, payment] = &mut self.feeds;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }
}

impl Log {
    /// Reads what is to be published.
    pub(crate) fn read(tables: &Tables) -> Result<Self, ReadError> {
        let mut state = State {
            tips: Recent::new(KEPT_STREAMS),
            snapshots: Recent::new(KEPT_STREAMS),
            commits: Recent::new(KEPT_COMMITS),
            feeds: Default::default(),
            row_next: 0,
        };
        for row in tables.prefix(Table::Outbox, &[]) {
            let (key, value) = row?;
            let (tag, row, tickets) = read_outbox(&key, &value)?;
            let service = Service::ALL.into_iter().find(|service| number(*service) == tag);
            let feed = state.feed(service.ok_or(Malformed)?);
            for ticket in tickets {
                feed.push(ticket, row, None);
            }
            state.row_next = state.row_next.max(row + 1);
        }
        Ok(Self {
            state: Mutex::new(state),
            fed: Default::default(),
        })
    }

    const fn fed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.fed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    /// The commit of an event, if it was appended of late.
    pub(crate) fn recent(&self, event: EventId) -> Option<Arc<Commit>> {
        let ticket = Ticket {
            stream: event.stream(),
            version: event.version(),
        };
        lock(&self.state).commits.get(&ticket).cloned()
    }

    /// The commit of an event, read from disk.
    pub(crate) fn commit_of(core: &Core, event: EventId, keys: &Keys) -> Result<Option<Commit>, ReadError> {
        let ticket = Ticket {
            stream: event.stream(),
            version: event.version(),
        };
        load::commit_at(core, ticket, keys)
    }

    /// Adds to a group the outbox: of what it appends, and what was published since the last.
    pub(crate) fn plan_outbox(&self, draft: &mut Draft) {
        let mut state = lock(&self.state);
        for service in Service::ALL {
            for (row, left) in state.feed(service).take_unwritten() {
                let key = outbox_key(number(service), row);
                if left.is_empty() {
                    draft.remove(Table::Outbox, key);
                } else {
                    draft.put(Table::Outbox, key, outbox_row(&left));
                }
            }
        }
        let mut rows = vec![0; draft.appends.commits.len()];
        for service in Service::ALL {
            let own = draft.appends.commits.iter().zip(&mut rows);
            let mut own: Vec<_> = own
                .filter(|(commit, _)| Service::owner(commit.stream) == Some(service))
                .map(|(commit, row)| (ticket(commit), row))
                .collect();
            for part in own.chunks_mut(ROW_MAX) {
                let number_of_row = state.row_next;
                state.row_next += 1;
                for (_, row) in &mut *part {
                    **row = number_of_row;
                }
                let tickets: Vec<_> = part.iter().map(|(ticket, _)| *ticket).collect();
                let key = outbox_key(number(service), number_of_row);
                draft.add(Table::Outbox, key, outbox_row(&tickets));
            }
        }
        draft.appends.rows = rows;
    }

    /// Forgets what is kept of commits: snapshots, and what is to be published; it is read from disk.
    #[cfg(test)]
    pub(crate) fn forget_kept(&self, tables: &Tables) {
        snapshot::forget(tables);
        let mut state = lock(&self.state);
        state.snapshots.clear();
        state.feeds.iter_mut().for_each(Feed::forget_kept);
    }

    /// Learns what a group has written.
    pub(crate) fn learn(&self, written: &mut Appends) {
        let mut news = [false; Service::ALL.len()];
        {
            let mut state = lock(&self.state);
            for (stream, tip) in std::mem::take(&mut written.tips) {
                state.tips.insert(stream, tip);
            }
            for (ticket, row, commit) in written.take() {
                if let Some(service) = Service::owner(ticket.stream) {
                    state.commits.insert(ticket, Arc::clone(&commit));
                    state.feed(service).push(ticket, row, Some(commit));
                    if let Some(has_news) = news.get_mut(usize::from(number(service))) {
                        *has_news = true;
                    }
                }
            }
        }
        for (service, _) in Service::ALL
            .into_iter()
            .zip(news)
            .filter(|(_, has_news)| *has_news)
        {
            self.fed(service).notify();
        }
    }
}

/// The event store on disk, for a process with a clock of its own.
///
/// A stream that was [archived](Database::archive) is loaded and scanned as ever, its commits read from their segment.
///
/// A commit is on disk when [`append`](EventStore::append) says that it is applied. That one is published, and the snapshots of
/// drivers, whose streams grow for years, are written with the next group; other snapshots are kept in memory.
#[derive(Clone)]
pub struct EmbeddedEventStore {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
}

impl EmbeddedEventStore {
    pub(crate) fn new(database: &Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            core: Arc::clone(database.core()),
            clock,
        }
    }

    /// The entry of a commit that is to be published.
    fn entry(&self, fed: feed::Fed, keys: &Keys) -> Result<Entry, PortError> {
        match fed {
            (_, Some(commit)) => Ok(commit.into()),
            (ticket, None) => load::entry_at(&self.core, ticket, keys, "read the feed"),
        }
    }
}

impl fmt::Debug for EmbeddedEventStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedEventStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl EventStore for EmbeddedEventStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let keys = self
            .core
            .codec
            .keys(requests.iter().map(|request| request.stream))
            .await;
        match keys {
            Ok(keys) => {
                let load = |request| load::load(&self.core, request, &keys);
                requests.iter().map(load).collect()
            }
            Err(error) => {
                let failed = for_want_of_keys(error, "load a stream");
                requests.iter().map(|_| Err(failed())).collect()
            }
        }
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let count = commits.len();
        if count == 0 {
            return Vec::new();
        }
        let failed = |error: &dyn Fn() -> PortError| (0..count).map(|_| Appended::Failed(error())).collect();
        let people = |commit: &NewCommit| People::of(&commit.clone().into_commit());
        let keys = match self.core.codec.keys_to_write(&commits, people).await {
            Ok(keys) => keys,
            Err(error) => {
                return failed(&for_want_of_keys(error, append::DOING));
            }
        };
        let plan = move |core: &Core, draft: &mut Draft| Log::plan_append(core, draft, commits, &keys);
        let written = self.core.join(plan).await;
        written.unwrap_or_else(|failure: Failure| failed(&|| failure.clone().into_error(append::DOING)))
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        let (log, service) = (&self.core.log, scope.service());
        let oldest = || {
            lock(&log.state)
                .feed(service)
                .oldest(scope.shard(), self.clock.now(), max)
        };
        let fed = log.fed(service).wait(&*self.clock, until, oldest).await;
        let fed = fed.unwrap_or_default();
        let unread = fed.iter().filter(|(_, commit)| commit.is_none());
        let keys = self
            .core
            .codec
            .keys(unread.map(|(ticket, _)| ticket.stream))
            .await?;
        fed.into_iter().map(|fed| self.entry(fed, &keys)).collect()
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        let mut state = lock(&self.core.log.state);
        for service in Service::ALL {
            let own = |ticket: &&Ticket| Service::owner(ticket.stream) == Some(service);
            state.feed(service).mark(tickets.iter().filter(own).copied());
        }
        Ok(())
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        let mut state = lock(&self.core.log.state);
        for ticket in tickets {
            if let Some(service) = Service::owner(ticket.stream) {
                state.feed(service).hold(*ticket, until);
            }
        }
        Ok(())
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let news: Vec<_> = {
            let mut state = lock(&self.core.log.state);
            let mut is_newer = |(stream, snapshot): &(StreamId, Snapshot)| {
                let known = state.snapshots.get(stream);
                known.is_none_or(|known| known.version < snapshot.version)
            };
            let news: Vec<_> = snapshots.into_iter().filter(&mut is_newer).collect();
            for (stream, snapshot) in &news {
                state.snapshots.insert(*stream, snapshot.clone());
            }
            news
        };
        if !news.is_empty() {
            self.core.hint(move |_, draft| snapshot::plan(draft, &news));
        }
        Ok(())
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let (rows, next) = load::page(&self.core, from, max)?;
        let streams = rows.iter().map(|row| row.ticket().stream);
        let keys = self.core.codec.keys(streams).await?;
        let entries = rows
            .iter()
            .map(|row| load::entry(&self.core, row, &keys, "scan the log"));
        Ok(Page {
            entries: entries.collect::<Result<_, _>>()?,
            next,
        })
    }
}
