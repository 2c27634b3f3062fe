//! What a test looks at, and what it says when it was wrong: the timeline and the seed.

mod audit;
mod driver;
mod timeline;
mod trip;

pub use audit::AuditProbe;
pub use driver::DriverProbe;
pub use trip::TripProbe;

use crate::strike::Run;
use fiacre_domain::audit::Audit;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::driver::DriverEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::ledger::Ledger;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What had happened when a probe was taken.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) run: Run,
    pub(crate) start: Timestamp,
    pub(crate) log: Vec<(Timestamp, Arc<Commit>)>,
    pub(crate) names: BTreeMap<DriverId, String>,
}

impl Record {
    fn commits(&self) -> impl Iterator<Item = &Commit> {
        self.log.iter().map(|(_, commit)| &**commit)
    }

    /// What a stream comes to; `own` takes its events.
    fn state<A: Aggregate>(&self, stream: StreamId, own: impl Fn(&Event) -> Option<&A::Event>) -> A {
        let mut state = A::default();
        for commit in self.commits().filter(|commit| commit.stream == stream) {
            for event in commit.events.iter().filter_map(&own) {
                state.evolve(event, commit.at);
            }
        }
        state
    }

    /// Every event with its place, in the order in which they were written.
    fn events(&self) -> impl Iterator<Item = (Timestamp, StreamId, &Event)> {
        let of_commit = |(at, commit): &(Timestamp, Arc<Commit>)| (*at, commit.stream);
        self.log.iter().flat_map(move |entry| {
            let (at, stream) = of_commit(entry);
            entry.1.events.iter().map(move |event| (at, stream, event))
        })
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let mut audit = Audit::default();
        for commit in self.commits() {
            audit.observe(commit);
        }
        audit.ledger().clone()
    }

    fn name_of(&self, driver: DriverId) -> String {
        let name = self.names.get(&driver).cloned();
        name.unwrap_or_else(|| driver.to_string())
    }
}

/// The trip that an event is about.
fn trip_of(stream: StreamId, event: &Event) -> Option<TripId> {
    match (stream.trip(), event) {
        (
            None,
            Event::Driver(
                DriverEvent::Locked { trip, .. }
                | DriverEvent::LockRefused { trip, .. }
                | DriverEvent::Released { trip, .. },
            ),
        ) => Some(*trip),
        (trip, _) => trip,
    }
}

/// Fails a test's assertion.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by panicking")]
fn fail(what: &str, timeline: &str, run: Run) -> ! {
    panic!("{what}\n{timeline}{run}")
}
