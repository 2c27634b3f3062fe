//! Streams of commits in memory.

mod dropped;
mod faulty;
mod feed;
mod group;
mod log;
mod origin;
mod stream;
mod unreadable;

pub use dropped::Dropped;

use crate::clock::SkewedClock;
use crate::executor::Outside;
use crate::faults::{Call, Faults, unknown};
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
use group::Group;
use log::{Log, Place};
use std::sync::{Arc, Mutex};
use unreadable::Unreadable;

/// An event store in memory. Clones are the same store.
///
/// Every append is durable when it returns. In a [grouped](Self::grouped) store it waits for [`sync`](Self::sync), which
/// an [`Executor`](crate::Executor) calls when no task can run: a group is written at once, and a crash loses what was
/// not synced.
#[derive(Debug, Clone)]
pub struct MemoryEventStore {
    shared: Arc<Shared>,
    /// The clock of the process that asks: its deadlines are read by it.
    clock: SkewedClock,
    faults: Faults,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    fed: [Signal; Service::ALL.len()],
    written: Signal,
}

#[derive(Debug, Default)]
struct State {
    log: Log,
    feeds: Feeds,
    unreadable: Unreadable,
    /// What waits for the next sync; `None` where every append is one.
    group: Option<Group>,
    /// Every commit with its true time, in the order in which they were written; `None` where nobody asked for it.
    history: Option<Vec<(Timestamp, Arc<Commit>)>>,
}

impl State {
    /// What a request asks for, of the stream without its last `hidden` commits.
    fn load(&self, request: &LoadRequest, hidden: usize) -> Result<Loaded, PortError> {
        self.unreadable.check(self.log.load(request, hidden))
    }

    /// Writes a batch, and says whose feeds have news; `late` says which commits their feed sees later than now.
    fn write(
        &mut self,
        commits: Vec<NewCommit>,
        late: &LateCommits,
        now: Timestamp,
    ) -> (Vec<Appended>, News) {
        let mut news = News::default();
        let Self {
            log, feeds, history, ..
        } = self;
        let appended = log.append(commits, |commit| {
            if let Some(history) = history {
                history.push((now, Arc::clone(&commit)));
            }
            if let Some(service) = Service::owner(commit.stream) {
                let visible_at = late.get(&commit.stream).copied();
                feeds.of(service).push(commit, visible_at);
                news.note(service);
            }
        });
        (appended, news)
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
        Self::with_group(time, None)
    }

    /// An empty store whose appends become durable, and return, at the next [`sync`](Self::sync).
    pub fn grouped(time: VirtualTime) -> Self {
        Self::with_group(time, Some(Group::default()))
    }

    fn with_group(time: VirtualTime, group: Option<Group>) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    group,
                    ..State::default()
                }),
                fed: Default::default(),
                written: Signal::default(),
            }),
            clock: SkewedClock::new(time, Millis::ZERO),
            faults: Faults::none(),
        }
    }

    /// The same store for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock,
            faults: self.faults.clone(),
        }
    }

    /// The same store, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Writes what waits for it, in the order of the calls; gives how many batches there were.
    pub fn sync(&self) -> usize {
        let now = self.clock.time().now();
        let (batches, news) = {
            let state = &mut *lock(&self.shared.state);
            let waiting = state.group.as_mut().map(Group::take).unwrap_or_default();
            let mut all_news = Vec::with_capacity(waiting.len());
            for batch in &waiting {
                let (appended, news) = state.write(batch.take(), batch.late(), now);
                batch.answer(appended);
                all_news.push(news);
            }
            (waiting.len(), all_news)
        };
        for news in news {
            self.tell(news);
        }
        self.shared.written.notify();
        batches
    }

    /// Dies and is there again: what was not synced is lost, and its callers are told that they cannot know; snapshots,
    /// which are a cache, are lost too.
    pub fn crash(&self) {
        {
            let state = &mut *lock(&self.shared.state);
            state.log.forget_snapshots();
            for batch in state.group.as_mut().map(Group::take).unwrap_or_default() {
                let lost = batch.take();
                let unknown = lost.iter().map(|_| Appended::Failed(unknown(Call::Append)));
                batch.answer(unknown.collect());
            }
        }
        self.shared.written.notify();
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

    fn fed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.shared.fed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    fn tell(&self, news: News) {
        let News {
            trip,
            driver,
            payment,
        } = news;
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

    /// Writes a batch now, or with the group.
    async fn write(&self, commits: Vec<NewCommit>, late: LateCommits) -> Vec<Appended> {
        let batch = {
            let state = &mut *lock(&self.shared.state);
            let Some(group) = &mut state.group else {
                let (appended, news) = state.write(commits, &late, self.clock.time().now());
                self.tell(news);
                return appended;
            };
            group.join(commits, late)
        };
        let answered = || batch.answered().ok_or(Timestamp::MAX);
        let time = self.clock.time();
        let answer = time.wait(&self.shared.written, Timestamp::MAX, answered).await;
        answer.unwrap_or_default()
    }
}

impl Outside for MemoryEventStore {
    fn complete(&mut self) -> usize {
        self.sync()
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
        let fed = time.wait(self.fed(scope.service()), until, oldest).await;
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
