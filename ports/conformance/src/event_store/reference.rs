//! The reference model: a list of commits, searched from end to end.

use super::{Capability, EventStoreHarness};
use crate::harness::{Harness, Support};
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Appended, Cursor, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind, Snapshot,
    Ticket,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// What the model holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) log: Vec<Arc<Commit>>,
    pub(super) published: BTreeSet<Ticket>,
    pub(super) snapshots: BTreeMap<StreamId, Snapshot>,
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
        let load = |request: &LoadRequest| {
            let snapshot = state.snapshots.get(&request.stream).cloned();
            let start = snapshot
                .as_ref()
                .map_or(Version::EMPTY, |snapshot| snapshot.version);
            Ok(Loaded {
                commits: state
                    .of(request.stream)
                    .filter(|commit| commit.version > start)
                    .cloned()
                    .collect(),
                head: state.head(request.stream),
                snapshot,
            })
        };
        requests.iter().map(load).collect()
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

    async fn feed(
        &self,
        service: Service,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<(Ticket, Arc<Commit>)>, PortError> {
        let find = || {
            let state = self.state();
            let page: Vec<_> = state
                .log
                .iter()
                .filter(|commit| Service::owner(commit.stream) == Some(service))
                .map(|commit| (ticket(commit), Arc::clone(commit)))
                .filter(|(ticket, _)| !state.published.contains(ticket))
                .take(max)
                .collect();
            (!page.is_empty()).then_some(page)
        };
        Ok(self.time.wait(until, find, || None).await.unwrap_or_default())
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.state().published.extend(tickets);
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
            commits: state.log.get(start..end).unwrap_or_default().to_vec(),
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

impl Harness for ReferenceHarness {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.time.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        self.time.pass(duration);
    }
}

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
            | Capability::ForgetSnapshots => Support::Yes,
        }
    }

    fn restart(&self) {}

    /// Loses what may be lost: marks, snapshots and what is in flight.
    fn crash(&self) {
        let mut state = self.store.state();
        state.published.clear();
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
}
