//! Streams of commits in memory.

mod cause;
mod dropped;
mod faulty;
mod feed;
mod forgotten;
mod kept;
mod log;
mod numbers;
mod records;
mod stream;
mod streams;
mod unreadable;

pub use dropped::Dropped;

use crate::clock::SkewedClock;
use crate::faults::{Call, Faults, unknown};
use crate::group::{self, Group, Hearers, Plan};
use crate::lock::lock;
use crate::signal::Signal;
use crate::time::VirtualTime;
use async_trait::async_trait;
use feed::{Feeds, LateCommits};
use fiacre_domain::id::TripId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Appended, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind,
    Scope, Snapshot, Ticket,
};
use log::{Log, Place};
use std::sync::{Arc, Mutex};
use unreadable::Unreadable;

/// An event store in memory. Clones are the same store.
///
/// Every append is durable when it returns. [In a group](Self::in_group) it waits for the group, and a crash loses what was
/// not written.
#[derive(Debug, Clone)]
pub struct MemoryEventStore {
    shared: Arc<Shared>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
    faults: Faults,
    group: Option<Group>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    fed: [Signal; Service::ALL.len()],
}

#[derive(Debug, Default)]
struct State {
    log: Log,
    feeds: Feeds,
    unreadable: Unreadable,
    /// Every commit with its true time, in the order in which they were written; `None` where nobody asked for it.
    history: Option<Vec<(Timestamp, Arc<Commit>)>>,
    /// What their readers were not told yet.
    news: News,
}

impl State {
    /// What a request asks for, of the stream without its last `hidden` commits.
    fn load(&self, request: &LoadRequest, hidden: usize) -> Result<Loaded, PortError> {
        self.unreadable.check(self.log.load(request, hidden))
    }

    /// Writes a batch; `late` says which commits their feed sees later than `now`.
    fn write(&mut self, commits: Vec<NewCommit>, late: &LateCommits, now: Timestamp) -> Vec<Appended> {
        let Self {
            log,
            feeds,
            news,
            history,
            ..
        } = self;
        log.append(commits, |commit| {
            if let Some(history) = history {
                history.push((now, Arc::clone(&commit)));
            }
            if let Some(service) = Service::owner(commit.stream) {
                let visible_at = late.get(&commit.stream).copied();
                feeds.of(service).push(commit, visible_at);
                news.note(service);
            }
        })
    }
}

/// Which services' feeds have news.
#[derive(Debug, Clone, Copy, Default)]
struct News {
    trip: bool,
    driver: bool,
    payment: bool,
}

impl News {
    const fn note(&mut self, service: Service) {
        match service {
            Service::Trip => self.trip = true,
            Service::Driver => self.driver = true,
            Service::Payment => self.payment = true,
        }
    }
}

impl MemoryEventStore {
    /// An empty store whose every append is durable at once.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            shared: Arc::default(),
            clock: SkewedClock::new(time, Millis::ZERO),
            faults: Faults::none(),
            group: None,
        }
    }

    /// The same store, whose appends are written with the group.
    #[must_use]
    pub fn in_group(mut self, group: &Group) -> Self {
        self.group = Some(group.clone());
        self
    }

    /// The same store for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock,
            faults: self.faults.clone(),
            group: self.group.clone(),
        }
    }

    /// The same store, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Dies and is there again: what its group has not written is lost, and its callers are told that they cannot know;
    /// snapshots, which are a cache, are lost too.
    pub fn crash(&self) {
        lock(&self.shared.state).log.forget_snapshots();
        if let Some(group) = &self.group {
            group.lose(Hearers::Feeds);
        }
    }

    /// Drops what ends with a trip (its own stream, its search's and its fare's) and gives what they held: their commits,
    /// in order, one stream after the other. For simulations only, where a trip is closed and audit and digest have folded
    /// it: its inbox is gone with it.
    ///
    /// A later load finds empty streams; a later append is answered as a duplicate, so that a message that comes late
    /// cannot begin a stream anew. What the feed has not published yet it still publishes.
    pub fn forget(&self, trip: TripId) -> Dropped {
        lock(&self.shared.state).log.forget(trip)
    }

    /// Drops the commits of a stream that its snapshot has folded in, and gives them, in order; their causes stay known.
    /// For simulations only, where the streams of drivers grow all day and are never closed.
    ///
    /// A scan then begins after what was dropped, and that snapshot is not forgotten any more.
    pub fn trim(&self, stream: StreamId) -> Dropped {
        lock(&self.shared.state).log.trim(stream)
    }

    /// The same store, which remembers from now on in which order its commits are written, and when: for tests that tell
    /// what happened. It forgets nothing, whatever is [forgotten](Self::forget).
    #[must_use]
    pub fn with_history(self) -> Self {
        lock(&self.shared.state).history.get_or_insert_default();
        self
    }

    /// Every commit from the `from`th on, counted from 0, with the true time at which it was written, in that order; none
    /// without a [history](Self::with_history).
    pub fn history(&self, from: usize) -> Vec<(Timestamp, Arc<Commit>)> {
        let state = lock(&self.shared.state);
        let history = state.history.as_deref().unwrap_or_default();
        history.get(from..).unwrap_or_default().to_vec()
    }

    /// How many commits its [history](Self::history) has.
    pub fn history_len(&self) -> usize {
        lock(&self.shared.state).history.as_ref().map_or(0, Vec::len)
    }

    /// How many commits of a service's streams are not published yet, whether or not its feed shows them already.
    pub fn unpublished(&self, service: Service) -> usize {
        lock(&self.shared.state).feeds.of(service).len()
    }

    /// Drops every snapshot, as an adapter may at any time.
    pub fn forget_snapshots(&self) {
        lock(&self.shared.state).log.forget_snapshots();
    }

    /// Makes a commit unreadable from now on: [`Newer`](PortErrorKind::Newer), as if a newer release had written it, or
    /// [`Damaged`](PortErrorKind::Damaged).
    pub fn make_unreadable(&self, commit: Ticket, kind: PortErrorKind) {
        lock(&self.shared.state).unreadable.add(commit, kind);
    }

    /// Makes it readable again, as an upgrade or a restore does.
    pub fn make_readable(&self, commit: Ticket) {
        lock(&self.shared.state).unreadable.remove(commit);
    }

    /// Writes a batch now, or with the group.
    async fn write(&self, commits: Vec<NewCommit>, late: LateCommits) -> Vec<Appended> {
        if commits.is_empty() {
            return Vec::new();
        }
        let shared = Arc::clone(&self.shared);
        let append = Append {
            shared,
            time: self.clock.time().clone(),
            commits,
            late,
        };
        group::write(self.group.as_ref(), append).await
    }
}

impl Shared {
    const fn fed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.fed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    /// Tells the readers of feeds what they were not told yet.
    fn tell(&self) {
        let News {
            trip,
            driver,
            payment,
        } = std::mem::take(&mut lock(&self.state).news);
        for (service, has_news) in [
            (Service::Trip, trip),
            (Service::Driver, driver),
            (Service::Payment, payment),
        ] {
            if has_news {
                self.fed(service).notify();
            }
        }
    }
}

/// A batch that is to be written.
struct Append {
    shared: Arc<Shared>,
    time: VirtualTime,
    commits: Vec<NewCommit>,
    late: LateCommits,
}

impl Plan for Append {
    type Answer = Vec<Appended>;
    const HEARERS: Hearers = Hearers::Feeds;

    fn write(&mut self) -> Vec<Appended> {
        let commits = std::mem::take(&mut self.commits);
        lock(&self.shared.state).write(commits, &self.late, self.time.now())
    }

    fn tell(&self) {
        self.shared.tell();
    }

    fn lose(&mut self) -> Vec<Appended> {
        let lost = std::mem::take(&mut self.commits).into_iter();
        lost.map(|_| Appended::Failed(unknown(Call::Append))).collect()
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        if self.faults.are_possible() {
            return self.load_with_faults(requests).await;
        }
        let state = lock(&self.shared.state);
        requests.iter().map(|request| state.load(request, 0)).collect()
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        if self.faults.are_possible() {
            return self.append_with_faults(commits).await;
        }
        self.write(commits, LateCommits::new()).await
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        let strike = self.faults.enter(Call::Feed).await?;
        let time = self.clock.time();
        let oldest = || {
            let State {
                feeds, unreadable, ..
            } = &mut *lock(&self.shared.state);
            let oldest = feeds.of(scope.service()).oldest(scope.shard(), time.now(), max)?;
            Ok(oldest
                .into_iter()
                .map(|commit| unreadable.entry(commit))
                .collect())
        };
        let until = self.clock.true_time(until);
        let fed = time.wait(self.shared.fed(scope.service()), until, oldest).await;
        strike.leave(fed.unwrap_or_default()).await
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::MarkPublished).await?;
        lock(&self.shared.state).feeds.mark_published(tickets);
        strike.leave(()).await
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Hold).await?;
        let until = self.clock.true_time(until);
        lock(&self.shared.state).feeds.hold(tickets, until);
        strike.leave(()).await
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::SaveSnapshots).await?;
        for (stream, snapshot) in snapshots {
            lock(&self.shared.state).log.keep(stream, snapshot);
        }
        strike.leave(()).await
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let strike = self.faults.enter(Call::Scan).await?;
        let from = decode(from)?;
        let page = {
            let state = lock(&self.shared.state);
            let (commits, next) = state.log.scan(from, max);
            Page {
                entries: commits
                    .into_iter()
                    .map(|commit| state.unreadable.entry(commit))
                    .collect(),
                next: next.map(encode),
            }
        };
        strike.leave(page).await
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
