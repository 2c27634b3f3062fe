//! Streams of commits in memory.

mod feed;
mod log;
mod stream;

use crate::clock::SkewedClock;
use crate::lock::lock;
use crate::signal::Signal;
use crate::time::VirtualTime;
use async_trait::async_trait;
use feed::Feeds;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Appended, Cursor, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind, Snapshot,
    Ticket,
};
use log::{Log, Place};
use std::sync::{Arc, Mutex};

/// An event store in memory. Clones are the same store.
#[derive(Debug, Clone)]
pub struct MemoryEventStore {
    shared: Arc<Shared>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    fed: [Signal; Service::ALL.len()],
}

#[derive(Debug, Default)]
struct State {
    log: Log,
    feeds: Feeds,
}

impl MemoryEventStore {
    /// An empty store.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::default(),
                fed: Default::default(),
            }),
            clock: SkewedClock::new(time, Millis::ZERO),
        }
    }

    /// The same store for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock,
        }
    }

    /// Drops a stream and gives what it held: its commits, in order. For simulations only, where a stream is closed and
    /// audit and digest have folded it: its inbox is gone with it.
    ///
    /// A later load finds an empty stream; a later append is answered as a duplicate, so that a message that comes late
    /// cannot begin the stream anew. What the feed has not published yet it still publishes.
    pub fn forget(&self, stream: StreamId) -> Vec<Arc<Commit>> {
        lock(&self.shared.state).log.forget(stream)
    }

    /// Drops every snapshot, as an adapter may at any time.
    pub fn forget_snapshots(&self) {
        lock(&self.shared.state).log.forget_snapshots();
    }

    fn fed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.shared.fed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let state = lock(&self.shared.state);
        let load = |request: &LoadRequest| Ok(state.log.load(request.stream, 0));
        requests.iter().map(load).collect()
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut fed = [false; Service::ALL.len()];
        let appended = {
            let State { log, feeds } = &mut *lock(&self.shared.state);
            log.append(commits, |commit| {
                if let Some(service) = Service::owner(commit.stream) {
                    feeds.of(service).push(commit, None);
                    if let Some(fed) = fed.get_mut(service as usize) {
                        *fed = true;
                    }
                }
            })
        };
        for (service, _) in Service::ALL.into_iter().zip(fed).filter(|(_, fed)| *fed) {
            self.fed(service).notify();
        }
        appended
    }

    async fn feed(
        &self,
        service: Service,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<(Ticket, Arc<Commit>)>, PortError> {
        let time = self.clock.time();
        let oldest = || lock(&self.shared.state).feeds.of(service).oldest(time.now(), max);
        let until = self.clock.true_time(until);
        let fed = time.wait(self.fed(service), until, oldest).await;
        Ok(fed.unwrap_or_default())
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        let state = &mut *lock(&self.shared.state);
        for service in Service::ALL {
            let own = |ticket: &&Ticket| Service::owner(ticket.stream) == Some(service);
            state
                .feeds
                .of(service)
                .remove(tickets.iter().filter(own).copied());
        }
        Ok(())
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let state = &mut *lock(&self.shared.state);
        for (stream, snapshot) in snapshots {
            state.log.keep(stream, snapshot);
        }
        Ok(())
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let from = decode(from)?;
        let (mut page, next) = lock(&self.shared.state).log.scan(from, max);
        page.next = next.map(encode);
        Ok(page)
    }
}

fn encode(place: Place) -> Cursor {
    let (number, version) = (place.number.to_be_bytes(), place.version.get().to_be_bytes());
    Cursor([number, version].concat())
}

fn decode(cursor: &Cursor) -> Result<Place, PortError> {
    match cursor.0.as_chunks::<4>() {
        ([], []) => Ok(Place::default()),
        ([number, version], []) => Ok(Place {
            number: u32::from_be_bytes(*number),
            version: Version::new(u32::from_be_bytes(*version)),
        }),
        _ => {
            Err(PortError::new(PortErrorKind::Invalid, "scan the log")
                .with_source("not a cursor of this store"))
        }
    }
}
