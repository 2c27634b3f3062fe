//! The event store in the storm.

use crate::{CALM, FAILS_AFTER, FAILS_BEFORE, Storm};
use async_trait::async_trait;
use fiacre_conformance::event_store::reference::ReferenceHarness;
use fiacre_conformance::event_store::{Capability, Clause, EventStoreHarness, Unreadable, broken, run};
use fiacre_conformance::{Outcome, Support};
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind,
    Scope, Snapshot, Ticket,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A way to the store, and what it does to the next call.
struct Way {
    inner: Arc<dyn EventStore>,
    next: Arc<AtomicU8>,
}

impl Way {
    /// The store, unless the way fails before the call.
    fn begin(&self) -> Result<(Arc<dyn EventStore>, Option<PortError>), PortError> {
        let unavailable = || PortError::new(PortErrorKind::Unavailable, "reach the store");
        let inner = Arc::clone(&self.inner);
        match self.next.swap(CALM, Ordering::Relaxed) {
            FAILS_BEFORE => Err(unavailable()),
            FAILS_AFTER => {
                let lost = PortError::new(PortErrorKind::OutcomeUnknown, "hear the store");
                Ok((inner, Some(lost)))
            }
            _ => Ok((inner, None)),
        }
    }
}

#[async_trait]
impl EventStore for Way {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        match self.begin() {
            Ok((inner, None)) => inner.load(requests).await,
            Ok((_, Some(error))) | Err(error) => requests
                .iter()
                .map(|_| Err(PortError::new(error.kind(), "load")))
                .collect(),
        }
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let fail = |count: usize, error: &PortError| -> Vec<_> {
            let failed = |_| Appended::Failed(PortError::new(error.kind(), "append"));
            (0..count).map(failed).collect()
        };
        let count = commits.len();
        match self.begin() {
            Ok((inner, lost)) => {
                let answers = inner.append(commits).await;
                lost.map_or(answers, |error| fail(count, &error))
            }
            Err(error) => fail(count, &error),
        }
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        let (inner, lost) = self.begin()?;
        let fed = inner.feed(scope, max, until).await;
        lost.map_or(fed, Err)
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        let (inner, lost) = self.begin()?;
        let marked = inner.mark_published(tickets).await;
        lost.map_or(marked, Err)
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        let (inner, lost) = self.begin()?;
        let held = inner.hold(tickets, until).await;
        lost.map_or(held, Err)
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        let (inner, lost) = self.begin()?;
        let saved = inner.save_snapshots(snapshots).await;
        lost.map_or(saved, Err)
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let (inner, lost) = self.begin()?;
        let page = inner.scan(from, max).await;
        lost.map_or(page, Err)
    }
}

impl<H: EventStoreHarness> EventStoreHarness for Storm<H> {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(Way {
            inner: self.harness.open(),
            next: Arc::clone(&self.next),
        })
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart
            | Capability::Crash
            | Capability::ForgetSnapshots
            | Capability::Unreadable => Support::Yes,
            Capability::HoldAppend | Capability::LoseAnswer => Support::No("the storm does as it likes"),
        }
    }

    fn restart(&self) {
        self.harness.restart();
    }

    fn crash(&self) {
        self.harness.crash();
    }

    fn forget_snapshots(&self) {
        self.harness.forget_snapshots();
    }

    fn make_unreadable(&self, commit: Ticket, how: Unreadable) {
        self.harness.make_unreadable(commit, how);
    }

    fn make_readable(&self, commit: Ticket) {
        self.harness.make_readable(commit);
    }
}

fiacre_conformance::event_store_suite!(Storm::around(ReferenceHarness::new()));

/// The storm hides no bug: what a clause finds in calm weather it finds here.
#[test]
fn planted_bugs_are_found_in_the_storm() {
    let hidden: Vec<_> = Clause::ALL
        .iter()
        .filter(|&&clause| run(&Storm::around(broken::broken(clause)), clause) == Ok(Outcome::Passed))
        .map(|clause| clause.name())
        .collect();
    assert_eq!(hidden, Vec::<&str>::new());
}
