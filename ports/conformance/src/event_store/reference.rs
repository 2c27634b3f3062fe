//! The reference model: a list of commits, searched from end to end.

use super::{Capability, EventStoreHarness, Unreadable};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind,
    Scope, Snapshot, Ticket,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// What the model holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) log: Vec<Arc<Commit>>,
    pub(super) published: BTreeSet<Ticket>,
    pub(super) snapshots: BTreeMap<StreamId, Snapshot>,
    /// Commits on hold, and until when.
    pub(super) on_hold: BTreeMap<Ticket, Timestamp>,
    /// Commits that cannot be read, and why.
    pub(super) unreadable: BTreeMap<Ticket, PortErrorKind>,
    /// Commits in flight that have not landed.
    pub(super) held: Vec<NewCommit>,
    hold_next: bool,
    lose_next: bool,
}

impl State {
    pub(super) fn of(&self, stream: StreamId) -> impl DoubleEndedIterator<Item = &Arc<Commit>> {
        self.log.iter().filter(move |commit| commit.stream == stream)
    }

    pub(super) fn head(&self, stream: StreamId) -> Version {
        self.of(stream)
            .last()
            .map_or(Version::EMPTY, |commit| commit.version)
    }

    /// A commit as it is read.
    pub(super) fn entry(&self, commit: &Arc<Commit>) -> Entry {
        let ticket = ticket(commit);
        let commit = match self.unreadable.get(&ticket) {
            Some(&kind) => Err(PortError::new(kind, "read a commit")),
            None => Ok(Arc::clone(commit)),
        };
        Entry { ticket, commit }
    }

    fn load(&self, request: &LoadRequest) -> Result<Loaded, PortError> {
        let is_newer = |snapshot: &&Snapshot| snapshot.version > request.after;
        let snapshot = self.snapshots.get(&request.stream).filter(is_newer).cloned();
        let start = snapshot
            .as_ref()
            .map_or(request.after, |snapshot| snapshot.version);
        let after = self.of(request.stream).filter(|commit| commit.version > start);
        let commits = after
            .map(|commit| self.entry(commit).commit.map(Arc::unwrap_or_clone))
            .collect::<Result<_, _>>()?;
        Ok(Loaded {
            commits,
            head: self.head(request.stream),
            snapshot,
        })
    }

    /// The oldest of `scope` at `now` that are neither published nor on hold.
    fn feed(&self, scope: Scope, max: usize, now: Timestamp) -> Vec<Entry> {
        let is_due = |entry: &Entry| {
            let until = self.on_hold.get(&entry.ticket);
            !self.published.contains(&entry.ticket) && until.is_none_or(|until| *until <= now)
        };
        let own = self.log.iter().filter(|commit| scope.covers(commit.stream));
        own.map(|commit| self.entry(commit))
            .filter(is_due)
            .take(max)
            .collect()
    }

    /// Writes without looking: what planted bugs do.
    pub(super) fn force(&mut self, commit: NewCommit) -> Appended {
        let commit = commit.into_commit();
        let version = commit.version;
        self.log.push(Arc::new(commit));
        Appended::Applied(version)
    }

    fn append(&mut self, commit: NewCommit) -> Appended {
        if commit.events.is_empty() {
            return invalid("append a commit without events");
        }
        if let Some(known) = self.of(commit.stream).find(|known| known.cause == commit.cause) {
            return Appended::Duplicate(known.version);
        }
        let head = self.head(commit.stream);
        if head != commit.expected || head.next() == head {
            return Appended::Conflict { head: Some(head) };
        }
        self.force(commit)
    }
}

fn invalid(doing: &'static str) -> Appended {
    Appended::Failed(PortError::new(PortErrorKind::Invalid, doing))
}

pub(super) fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

/// An event store that obviously keeps every clause.
#[derive(Debug)]
pub struct Reference {
    time: VirtualTime,
    state: Mutex<State>,
}

impl Reference {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[async_trait]
impl EventStore for Reference {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let state = self.state();
        requests.iter().map(|request| state.load(request)).collect()
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let hold = std::mem::take(&mut self.state().hold_next);
        if hold {
            self.state().held.clone_from(&commits);
            let landed = || self.state().held.is_empty().then_some(());
            self.time
                .wait(Timestamp::from_ms(i64::MAX), landed, || None)
                .await;
        }
        let mut state = self.state();
        let stands_once = |commit: &NewCommit| {
            let times = commits
                .iter()
                .filter(|other| other.stream == commit.stream)
                .count();
            times == 1
        };
        let mut answers = Vec::new();
        for commit in &commits {
            answers.push(if stands_once(commit) {
                state.append(commit.clone())
            } else {
                invalid("append two commits of one stream at once")
            });
        }
        if std::mem::take(&mut state.lose_next) {
            answers = commits.iter().map(|_| lost()).collect();
        }
        self.time.changed();
        answers
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        let find = || {
            let page = self.state().feed(scope, max, self.time.now());
            (!page.is_empty()).then_some(page)
        };
        let next = || {
            let now = self.time.now();
            let state = self.state();
            state.on_hold.values().copied().filter(|&until| until > now).min()
        };
        Ok(self.time.wait(until, find, next).await.unwrap_or_default())
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.state().published.extend(tickets);
        Ok(())
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        let on_hold = tickets.iter().map(|&ticket| (ticket, until));
        self.state().on_hold.extend(on_hold);
        Ok(())
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let mut state = self.state();
        for (stream, snapshot) in snapshots {
            let newer = state
                .snapshots
                .get(&stream)
                .is_none_or(|known| known.version < snapshot.version);
            if newer && snapshot.version <= state.head(stream) {
                state.snapshots.insert(stream, snapshot);
            }
        }
        Ok(())
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let start = from.0.as_slice().try_into().map_or(0, |bytes| {
            usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX)
        });
        let state = self.state();
        let end = start.saturating_add(max).min(state.log.len());
        Ok(Page {
            entries: state
                .log
                .get(start..end)
                .unwrap_or_default()
                .iter()
                .map(|commit| state.entry(commit))
                .collect(),
            next: (end < state.log.len()).then(|| Cursor((end as u64).to_le_bytes().to_vec())),
        })
    }
}

fn lost() -> Appended {
    Appended::Failed(PortError::new(
        PortErrorKind::OutcomeUnknown,
        "hear the store's answer",
    ))
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    store: Arc<Reference>,
}

impl ReferenceHarness {
    /// An empty model.
    pub fn new() -> Self {
        let time = VirtualTime::new(AT);
        let store = Arc::new(Reference {
            time: time.clone(),
            state: Mutex::default(),
        });
        Self { time, store }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.store)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.time);

impl EventStoreHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn EventStore> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart
            | Capability::Crash
            | Capability::HoldAppend
            | Capability::LoseAnswer
            | Capability::ForgetSnapshots
            | Capability::Unreadable => Support::Yes,
        }
    }

    fn restart(&self) {}

    /// Loses what may be lost: marks, snapshots and what is in flight.
    fn crash(&self) {
        let mut state = self.store.state();
        state.published.clear();
        state.on_hold.clear();
        state.snapshots.clear();
        state.held.clear();
    }

    fn hold_next_append(&self) {
        self.store.state().hold_next = true;
    }

    fn release_append(&self) {
        self.store.state().held.clear();
        self.time.changed();
    }

    fn lose_next_answer(&self) {
        self.store.state().lose_next = true;
    }

    fn forget_snapshots(&self) {
        self.store.state().snapshots.clear();
    }

    fn make_unreadable(&self, commit: Ticket, how: Unreadable) {
        self.store.state().unreadable.insert(commit, how.kind());
    }

    fn make_readable(&self, commit: Ticket) {
        self.store.state().unreadable.remove(&commit);
    }
}
