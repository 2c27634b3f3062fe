//! Going on with a run that a crash has ended: the services alone, until every trip is over.

use super::left::Beginning;
use super::options::{UTC_OFFSET, approaches, fleet};
use super::stage::lock;
use super::{CityError, SLICE};
use crate::keep::{Folders, Keep, KeepError};
use crate::manhattan::Manhattan;
use crate::observer::CommitObserver;
use crate::platform::{Platform, PlatformConfig};
use crate::roads::Roads;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::TripEvent;
use fiacre_domain::units::Millis;
use fiacre_embedded::Database;
use fiacre_memory::{Executor, SkewedClock, VirtualTime};
use fiacre_ports::{Cursor, EventStore};
use fiacre_services::observer::NoObserver;
use fiacre_wire::seal::KeyedSeal;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// How long nothing may happen before a folder without open trips is at rest: longer than any message is put off.
const REST: Millis = Millis::from_minutes(3);
/// How long the services may take to bring every trip to its end: longer than the longest hold.
const RESUME_MAX: Millis = Millis::from_minutes(30 * 24 * 60);
/// How many commits are read at a time.
const PAGE: usize = 4_096;

/// How a trip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Driven to its end.
    Completed,
    /// Given up by the platform.
    Failed,
    /// Given up by its rider, its driver or an agent.
    Cancelled,
    /// Never taken on.
    Rejected,
}

impl End {
    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Failed, Self::Cancelled, Self::Rejected];

    /// As reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }
}

/// Where a trip stands.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    end: Option<End>,
    is_over: bool,
}

/// Every trip of a log.
#[derive(Debug, Default)]
struct Census {
    trips: BTreeMap<TripId, Standing>,
    open: usize,
    commits: u64,
    events: u64,
    last: Option<Timestamp>,
}

impl Census {
    fn count(&mut self, commit: &Commit) {
        self.commits += 1;
        self.events += commit.events.len() as u64;
        self.last = self.last.max(Some(commit.at));
        let StreamId::Trip(trip) = commit.stream else {
            return;
        };
        let is_new = !self.trips.contains_key(&trip);
        let standing = self.trips.entry(trip).or_default();
        self.open += usize::from(is_new);
        for event in &*commit.events {
            let Event::Trip(event) = event else { continue };
            let (end, is_over) = match event {
                TripEvent::Completed(_) => (Some(End::Completed), false),
                TripEvent::Failed { .. } => (Some(End::Failed), false),
                TripEvent::Cancelled(_) => (Some(End::Cancelled), false),
                TripEvent::Rejected { .. } => (Some(End::Rejected), true),
                TripEvent::Closed => (None, true),
                TripEvent::Requested(_)
                | TripEvent::DriverNoted { .. }
                | TripEvent::PaymentNoted { .. }
                | TripEvent::PaymentUnnoted { .. }
                | TripEvent::Confirmed { .. }
                | TripEvent::Reassigning { .. }
                | TripEvent::DriverArrived { .. }
                | TripEvent::StartCodeRefused { .. }
                | TripEvent::Started(_)
                | TripEvent::PlanChanged(_)
                | TripEvent::FareSettled(_)
                | TripEvent::FareAdjusted(_)
                | TripEvent::LockCleared
                | TripEvent::MoneySettled { .. }
                | TripEvent::Tipped(_) => (None, false),
            };
            standing.end = standing.end.or(end);
            if is_over && !standing.is_over {
                standing.is_over = true;
                self.open -= 1;
            }
        }
    }

    /// How the trips that are over ended.
    fn ends(&self) -> BTreeMap<End, u64> {
        let mut ends: BTreeMap<End, u64> = End::ALL.map(|end| (end, 0)).into();
        for standing in self.trips.values().filter(|standing| standing.is_over) {
            if let Some(end) = standing.end {
                *ends.entry(end).or_default() += 1;
            }
        }
        ends
    }
}

impl CommitObserver for Census {
    fn saw(&mut self, commit: Commit) {
        self.count(&commit);
    }
}

/// What going on with a run came to.
#[derive(Debug, Clone)]
pub struct Resumed {
    /// When virtual time went on: at the last commit.
    pub from: Timestamp,
    /// When everything was at rest.
    pub until: Timestamp,
    /// Trips in the folder.
    pub trips: u64,
    /// Of those, which were open, or accepted and not begun yet.
    pub taken_up: u64,
    /// How those ended that were taken up.
    pub ends: BTreeMap<End, u64>,
    /// Commits that were found.
    pub commits_found: u64,
    /// Commits that were added.
    pub commits_added: u64,
    /// Events that were added.
    pub events_added: u64,
    /// Of the trips that were asked for, those that are not there, or not over.
    pub missing: Vec<TripId>,
}

/// Goes on with the run in `folders`, with the services alone: nobody rides, drives or answers any more, so that deadlines bring
/// every trip to its end. `accepted` are trips that must be there.
pub fn resume(folders: &Folders, accepted: &[TripId]) -> Result<Resumed, CityError> {
    let mut census = Census::default();
    let Some(beginning) = Beginning::read(folders.data())? else {
        // It was killed before anything could be accepted.
        if folders.is_empty()? {
            let nothing = Timestamp::from_ms(0);
            return Ok(summed_up(&census, &Census::default(), nothing, nothing, accepted));
        }
        return Err(KeepError::NoRun(folders.data().to_owned()).into());
    };
    let database = folders.reopen(&beginning)?;
    read(&database, &mut census)?;
    let from = census.last.unwrap_or(beginning.start);
    let found = Census {
        trips: census.trips.clone(),
        ..census
    };
    let census = Arc::new(Mutex::new(census));
    let mut platform = begin(database, &beginning, from, Arc::clone(&census) as _)?;
    let until = drain(&mut platform, &census, from)?;
    drop(platform);
    let census = lock(&census);
    Ok(summed_up(&census, &found, from, until, accepted))
}

/// Reads the whole log.
fn read(database: &Database, census: &mut Census) -> Result<(), CityError> {
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let mut executor = Executor::fifo(time.clone());
    let store = database.event_store(Arc::new(SkewedClock::new(time, Millis::ZERO)));
    let mut cursor = Cursor::default();
    loop {
        let page = executor.block_on(store.scan(&cursor, PAGE))??;
        for entry in page.entries {
            census.count(&*entry.commit?);
        }
        match page.next {
            Some(next) => cursor = next,
            None => return Ok(()),
        }
    }
}

fn begin(
    database: Database,
    beginning: &Beginning,
    from: Timestamp,
    commit_observer: Arc<Mutex<dyn CommitObserver>>,
) -> Result<Platform, CityError> {
    let region = "manhattan".parse()?;
    let config = PlatformConfig {
        keep: Keep::Folder(database),
        region,
        start: from,
        seed: beginning.seed,
        fleet: fleet(region, beginning.matching)?,
        payments: None,
        roads: Arc::new(Roads::new(Arc::new(Manhattan::load()?), UTC_OFFSET)),
        approaches: Arc::new(approaches()),
    };
    let seal = Arc::new(KeyedSeal::new(super::stage::SEAL));
    Ok(Platform::begin(
        config,
        seal,
        commit_observer,
        Arc::new(NoObserver),
    )?)
}

/// Runs until no trip is open and nothing happens any more; gives when that was.
fn drain(platform: &mut Platform, census: &Mutex<Census>, from: Timestamp) -> Result<Timestamp, CityError> {
    let (mut until, mut quiet_since, mut commits) = (from, from, 0);
    loop {
        until = until.plus(SLICE);
        platform.executor.run_until(until)?;
        platform.check()?;
        let census = lock(census);
        if census.commits != commits {
            (quiet_since, commits) = (until, census.commits);
        }
        if census.open == 0 && until.since(quiet_since) >= REST {
            return Ok(quiet_since);
        }
        if until.since(from) > RESUME_MAX {
            return Err(CityError::NotClosed { open: census.open });
        }
    }
}

fn summed_up(
    census: &Census,
    found: &Census,
    from: Timestamp,
    until: Timestamp,
    accepted: &[TripId],
) -> Resumed {
    let (before, after) = (found.ends(), census.ends());
    let is_over = |trip: &TripId| census.trips.get(trip).is_some_and(|standing| standing.is_over);
    let ends = after
        .into_iter()
        .map(|(end, count)| (end, count - before.get(&end).copied().unwrap_or_default()));
    let over_before = found.trips.len() - found.open;
    Resumed {
        from,
        until,
        trips: census.trips.len() as u64,
        taken_up: (census.trips.len() - over_before) as u64,
        ends: ends.collect(),
        commits_found: found.commits,
        commits_added: census.commits - found.commits,
        events_added: census.events - found.events,
        missing: accepted.iter().filter(|trip| !is_over(trip)).copied().collect(),
    }
}
