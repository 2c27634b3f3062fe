//! Folders with the log of a few minutes of the city.

use fiacre_city::players::Driven;
use fiacre_city::run::{self, CityOptions, RunObserver};
use fiacre_domain::pricing::Tariff;
use fiacre_domain::stream::{Commit, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_embedded::{AtRest, Database, Options};
use fiacre_memory::{SkewedClock, VirtualTime};
use fiacre_ports::{Appended, Clock, EventStore, NewCommit};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;

/// The log of some minutes of the city, and what it was priced with.
pub(crate) struct City {
    pub(crate) commits: Vec<Commit>,
    pub(crate) tariff: Arc<Tariff>,
}

struct Listener(Vec<Commit>);

impl RunObserver for Listener {
    fn saw(&mut self, commit: &Commit) {
        self.0.push(commit.clone());
    }

    fn drove(&mut self, _: Driven) {}
}

/// Two minutes of it.
pub(crate) fn city_options() -> CityOptions {
    let tariff = Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap());
    let mut options = CityOptions::friday(tariff);
    options.length = Millis::from_minutes(2);
    options.drivers = 60;
    options
}

/// The city, played once for all tests.
pub(crate) fn city() -> &'static City {
    static CITY: OnceLock<City> = OnceLock::new();
    CITY.get_or_init(|| {
        let options = city_options();
        let (played, listener) = run::play(&options, Listener(Vec::new()), |_, _| {}).unwrap();
        assert_eq!(played.audit.findings(), []);
        City {
            commits: listener.0,
            tariff: played.tariff,
        }
    })
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    Arc::new(SkewedClock::new(time, Millis::ZERO))
}

pub(crate) fn options() -> Options {
    Options::default().with_tariffs([Arc::clone(&city().tariff)])
}

/// A folder that holds these commits.
pub(crate) fn folder_of<'c>(commits: impl IntoIterator<Item = &'c Commit>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open_with(folder.path(), options()).unwrap();
    write(&database, commits);
    folder
}

/// Appends commits as they are, but for their versions, which follow the head; many in a group.
pub(crate) fn write<'c>(database: &Database, commits: impl IntoIterator<Item = &'c Commit>) {
    let store = database.event_store(clock());
    let commits: Vec<_> = commits.into_iter().collect();
    let mut context = Context::from_waker(Waker::noop());
    for group in commits.chunks(1_024) {
        let mut calls: Vec<_> = group
            .iter()
            .map(|commit| store.append(vec![as_new(commit)]))
            .collect();
        assert!(
            calls
                .iter_mut()
                .all(|call| call.as_mut().poll(&mut context).is_pending())
        );
        database.sync();
        for call in &mut calls {
            let answer = call.as_mut().poll(&mut context);
            let is_applied =
                matches!(&answer, Poll::Ready(answers) if matches!(answers[..], [Appended::Applied(_)]));
            assert!(is_applied, "{answer:?}");
        }
    }
}

fn as_new(commit: &Commit) -> NewCommit {
    let Commit {
        stream,
        version,
        at,
        cause,
        region,
        trace,
        events,
    } = commit.clone();
    let expected = Version::new(version.get() - 1);
    NewCommit {
        stream,
        expected,
        cause,
        at,
        region,
        trace,
        events,
    }
}

pub(crate) fn at_rest(folder: &Path) -> AtRest {
    AtRest::open(folder, &options()).unwrap()
}

/// The whole city's folder, made once.
pub(crate) fn folder() -> &'static TempDir {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| folder_of(&city().commits))
}

/// Drives what never waits.
pub(crate) fn block_on_ready<F: Future>(call: F) -> F::Output {
    let mut call = std::pin::pin!(call);
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits"),
    }
}
