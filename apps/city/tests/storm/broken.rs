//! Stores that do what a store may do at worst, and stores that do what none may: what the checks are for.

use async_trait::async_trait;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_memory::MemoryEventStore;
use fiacre_ports::{
    Appended, Consistency, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError,
    PortErrorKind, Scope, Snapshot, Ticket,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Every how many appends of several members one breaks.
const BREAKS_EVERY: u64 = 2;

/// How a store breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breakage {
    /// It does not.
    Sound,
    /// It dies between the members of an append: the first are written, the others are not, and nobody knows which.
    Torn,
    /// Planted: it dies like that and says that all are written.
    TornAndDenied,
    /// Planted: it writes to drivers' streams whatever is there already.
    Overwriting,
    /// Planted: it forgets what is folded into a snapshot, and does not miss it where the snapshot is gone.
    Trimming,
}

/// A store that breaks, over one that does not. Clones break together, and count together.
#[derive(Debug, Clone)]
pub(crate) struct BrokenStore {
    inner: MemoryEventStore,
    breakage: Breakage,
    batches: Arc<AtomicU64>,
    broken: Arc<AtomicU64>,
    folded: Arc<Mutex<BTreeMap<StreamId, Version>>>,
}

impl BrokenStore {
    pub(crate) fn new(inner: MemoryEventStore, breakage: Breakage) -> Self {
        Self {
            inner,
            breakage,
            batches: Arc::default(),
            broken: Arc::default(),
            folded: Arc::default(),
        }
    }

    /// The same over the same store for another process.
    pub(crate) fn over(&self, inner: MemoryEventStore) -> Self {
        Self {
            inner,
            ..self.clone()
        }
    }

    /// How often it broke.
    pub(crate) fn broken(&self) -> u64 {
        self.broken.load(Ordering::Acquire)
    }

    fn breaks_now(&self, members: usize) -> bool {
        let breaks = members > 1
            && self
                .batches
                .fetch_add(1, Ordering::AcqRel)
                .is_multiple_of(BREAKS_EVERY);
        self.broken.fetch_add(u64::from(breaks), Ordering::AcqRel);
        breaks
    }

    async fn tear(&self, mut commits: Vec<NewCommit>) -> Vec<Appended> {
        let lost = commits.split_off(commits.len() / 2);
        let written = self.inner.append(commits).await;
        self.inner.crash();
        if self.breakage == Breakage::TornAndDenied {
            let denied = lost
                .iter()
                .map(|commit| Appended::Applied(commit.expected.next()));
            return written.into_iter().chain(denied).collect();
        }
        let unknown = || PortError::new(PortErrorKind::OutcomeUnknown, "append to a store that died");
        let members = written.len() + lost.len();
        (0..members).map(|_| Appended::Failed(unknown())).collect()
    }

    fn trim(&self, stream: StreamId, loaded: &mut Loaded) {
        let folded = self
            .folded
            .lock()
            .unwrap()
            .get(&stream)
            .copied()
            .unwrap_or_default();
        let before = loaded.commits.len();
        if loaded.snapshot.is_none() {
            loaded.commits.retain(|commit| commit.version > folded);
        }
        let trimmed = u64::from(loaded.commits.len() < before);
        self.broken.fetch_add(trimmed, Ordering::AcqRel);
    }

    async fn overwrite(&self, mut commits: Vec<NewCommit>) -> Vec<Appended> {
        for commit in &mut commits {
            let request = LoadRequest::whole(commit.stream, Consistency::Linearizable);
            let loaded = self.inner.load(&[request]).await.pop();
            if let (StreamId::Driver(_), Some(Ok(Loaded { head, .. }))) = (commit.stream, loaded) {
                self.broken
                    .fetch_add(u64::from(commit.expected != head), Ordering::AcqRel);
                commit.expected = head;
            }
        }
        self.inner.append(commits).await
    }
}

#[async_trait]
impl EventStore for BrokenStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let mut answers = self.inner.load(requests).await;
        if self.breakage == Breakage::Trimming {
            for (request, loaded) in requests.iter().zip(answers.iter_mut().flatten()) {
                self.trim(request.stream, loaded);
            }
        }
        answers
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        match self.breakage {
            Breakage::Torn | Breakage::TornAndDenied if self.breaks_now(commits.len()) => {
                self.tear(commits).await
            }
            Breakage::Overwriting => self.overwrite(commits).await,
            Breakage::Sound | Breakage::Torn | Breakage::TornAndDenied | Breakage::Trimming => {
                self.inner.append(commits).await
            }
        }
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        self.inner.feed(scope, max, until).await
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.inner.mark_published(tickets).await
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        self.inner.hold(tickets, until).await
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let folded = snapshots.iter().map(|(stream, kept)| (*stream, kept.version));
        self.folded.lock().unwrap().extend(folded);
        self.inner.save_snapshots(snapshots).await
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        self.inner.scan(from, max).await
    }
}
