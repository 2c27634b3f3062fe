//! The event store's suite through a way that fails at every third call before, and at every third after it was done: the
//! reference model still keeps every clause, since what failed on the way is repeated and judged by what is left.

use async_trait::async_trait;
use fiacre_conformance::event_store::reference::ReferenceHarness;
use fiacre_conformance::event_store::{Capability, Clause, EventStoreHarness, broken, run};
use fiacre_conformance::{Harness, Support, Weather};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Appended, Cursor, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, PortErrorKind, Snapshot,
    Ticket,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

const CALM: u8 = 0;
const FAILS_BEFORE: u8 = 1;
const FAILS_AFTER: u8 = 2;

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

    async fn feed(
        &self,
        service: Service,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<(Ticket, Arc<Commit>)>, PortError> {
        let (inner, lost) = self.begin()?;
        let fed = inner.feed(service, max, until).await;
        lost.map_or(fed, Err)
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        let (inner, lost) = self.begin()?;
        let marked = inner.mark_published(tickets).await;
        lost.map_or(marked, Err)
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

/// A world whose way fails.
struct Storm<H> {
    harness: H,
    calls: AtomicU32,
    next: Arc<AtomicU8>,
}

impl<H> Storm<H> {
    fn around(harness: H) -> Self {
        Self {
            harness,
            calls: AtomicU32::new(0),
            next: Arc::default(),
        }
    }
}

impl<H: EventStoreHarness> Harness for Storm<H> {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.harness.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.harness.now()
    }

    fn pass(&self, duration: Millis) {
        self.harness.pass(duration);
    }

    fn weather(&self) -> Weather {
        Weather::Stormy
    }

    fn disturb(&self) {
        let fault = match self.calls.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => FAILS_AFTER,
            1 => CALM,
            _ => FAILS_BEFORE,
        };
        self.next.store(fault, Ordering::Relaxed);
    }

    fn heal(&self) {
        self.next.store(CALM, Ordering::Relaxed);
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
            Capability::Restart | Capability::Crash | Capability::ForgetSnapshots => Support::Yes,
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
}

fiacre_conformance::event_store_suite!(Storm::around(ReferenceHarness::new()));

/// The storm hides no bug: what a clause finds in calm weather it finds here.
#[test]
fn planted_bugs_are_found_in_the_storm() {
    let hidden: Vec<_> = Clause::ALL
        .iter()
        .filter(|&&clause| {
            run(&Storm::around(broken::broken(clause)), clause) == Ok(fiacre_conformance::Outcome::Passed)
        })
        .map(|clause| clause.name())
        .collect();
    assert_eq!(hidden, Vec::<&str>::new());
}
