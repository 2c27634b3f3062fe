//! Going on with a run that a crash has ended: the services alone, until every trip is over.

use super::census::{Census, End};
use super::left::Beginning;
use super::options::{UTC_OFFSET, approaches, fleet};
use super::orphans::{self, Orphan, Unexplained};
use super::{CityError, SLICE};
use crate::capacity::Capacity;
use crate::chronicle::lock;
use crate::keep::{Folders, Keep, KeepError, has_company};
use crate::manhattan::Manhattan;
use crate::observer::CommitObserver;
use crate::platform::{Platform, PlatformConfig};
use crate::players::players_queue;
use crate::roads::Roads;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_embedded::{Database, OpenError};
use fiacre_memory::{Executor, SkewedClock, VirtualTime};
use fiacre_ports::{Bus, Cursor, EventStore, PortError, PortErrorKind, Prefetch, QueueSpec, Settlement};
use fiacre_services::observer::NoObserver;
use fiacre_services::state::State;
use fiacre_wire::seal::KeyedSeal;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

/// How long nothing may happen before a folder without open trips is at rest: longer than any message is put off.
const REST: Millis = Millis::from_minutes(3);
/// How long the services may take to bring every trip to its end: longer than the longest hold.
const RESUME_MAX: Millis = Millis::from_minutes(30 * 24 * 60);
/// How many commits are read at a time.
const PAGE: usize = 4_096;

/// How far going on with a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The log is read: so many commits of it.
    Reading {
        /// How many.
        commits: u64,
    },
    /// Trips are brought to their end.
    Ending {
        /// How many were open, so far as the log says.
        of: u64,
        /// How many of them are not any more.
        ended: u64,
    },
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
    /// Payments that the company had and the log did not name, and what became of them.
    pub orphans: Vec<Orphan>,
}

/// Goes on with the run in `folders`, with the services alone: nobody rides, drives or answers any more, so that deadlines bring
/// every trip to its end, and its money to rest. Then payments that the log does not name are ended: those of a time that was lost, where
/// an older backup was restored. `accepted` are trips that must be there.
///
/// # Errors
///
/// `CityError::Keep` where the folders hold no run or cannot be used, `CityError::NotClosed` where trips stay open, and what a port
/// says.
pub fn resume(
    folders: &Folders,
    accepted: &[TripId],
    unexplained: Unexplained,
) -> Result<Resumed, CityError> {
    resume_watched(folders, accepted, unexplained, |_| {})
}

/// As [`resume`]; `look` is called at each page of the log, and then every ten seconds of virtual time.
///
/// # Errors
///
/// As [`resume`].
pub fn resume_watched(
    folders: &Folders,
    accepted: &[TripId],
    unexplained: Unexplained,
    look: impl FnMut(Way),
) -> Result<Resumed, CityError> {
    go_on(folders, accepted, unexplained, look).map_err(|error| {
        let CityError::Port(damage) = &error else {
            return error;
        };
        if damage.kind() != PortErrorKind::Damaged {
            return error;
        }
        let what = format!(
            "what is stored cannot be read ({}); `fiacre audit check` names it",
            innermost(damage)
        );
        KeepError::Folder(OpenError::damaged(folders.data(), what)).into()
    })
}

/// What was found, without who found it.
fn innermost(error: &PortError) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn go_on(
    folders: &Folders,
    accepted: &[TripId],
    unexplained: Unexplained,
    mut look: impl FnMut(Way),
) -> Result<Resumed, CityError> {
    let mut census = Census::default();
    let Some(beginning) = Beginning::read(folders.data())? else {
        // It was killed before anything could be accepted.
        if folders.is_empty()? {
            return Ok(Resumed {
                missing: accepted.to_vec(),
                ..Resumed::nothing()
            });
        }
        return Err(KeepError::NoRun(folders.data().to_owned()).into());
    };
    let database = folders.reopen(&beginning)?;
    let epoch = database.epoch();
    read(&database, &mut census, &mut look)?;
    if !census.intents.is_empty() && !has_company(&database) {
        return Err(KeepError::NoCompany(folders.data().to_owned()).into());
    }
    let from = census.last.unwrap_or(beginning.start);
    let found = census.clone();
    let census = Arc::new(Mutex::new(census));
    let capacity = Capacity::for_open(found.open as u64);
    let mut platform = begin(database, &beginning, from, capacity, Arc::clone(&census) as _)?;
    let (bus, time) = (Arc::clone(&platform.bus), platform.time.clone());
    let players = players_queue("manhattan".parse()?);
    platform.executor.spawn("players", async move {
        if let Err(error) = hear_nothing(&*bus, &players, &time).await {
            tracing::warn!(%error, "what was meant for players stays in their queue");
        }
    });
    let from = platform.time.now();
    let mut until = drain(&mut platform, &census, &found, from, &mut look)?;
    let known = lock(&census).intents.clone();
    let orphans = orphans::settle(&mut platform, &known, unexplained, epoch)?;
    if !orphans.is_empty() {
        // The company tells of them too.
        until = drain(&mut platform, &census, &found, from, &mut look)?;
    }
    let missing = missing(&mut platform, accepted)?;
    drop(platform);
    let resumed = summed_up(&lock(&census), &found);
    Ok(Resumed {
        from,
        until,
        missing,
        orphans,
        ..resumed
    })
}

/// Takes what players are told: nobody rides or drives any more, and what nobody takes would wait for ever, and its trips with it,
/// which could never be archived.
async fn hear_nothing(bus: &dyn Bus, players: &QueueSpec, time: &VirtualTime) -> Result<(), PortError> {
    bus.declare(players).await?;
    let mut consumer = bus.consume(&players.name, Prefetch(1_024)).await?;
    loop {
        let heard = consumer.next(1_024, time.now().plus(REST)).await?;
        if !heard.is_empty() {
            let acks = heard.iter().map(|delivery| (delivery.tag, Settlement::Ack));
            consumer.settle(acks.collect()).await?;
        }
    }
}

/// Reads the whole log.
fn read(database: &Database, census: &mut Census, look: &mut impl FnMut(Way)) -> Result<(), CityError> {
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let mut executor = Executor::fifo(time.clone());
    let store = database.event_store(Arc::new(SkewedClock::new(time, Millis::ZERO)));
    let mut cursor = Cursor::default();
    loop {
        let page = executor.block_on(store.scan(&cursor, PAGE))??;
        for entry in page.entries {
            census.count(&*entry.commit?);
        }
        look(Way::Reading {
            commits: census.commits,
        });
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
    capacity: Capacity,
    commit_observer: Arc<Mutex<dyn CommitObserver>>,
) -> Result<Platform, CityError> {
    let region = "manhattan".parse()?;
    let config = PlatformConfig {
        keep: Keep::Folder(database),
        capacity,
        region,
        start: from,
        seed: beginning.seed,
        fleet: fleet(region, beginning.matching)?,
        payments: None,
        roads: Arc::new(Roads::new(Arc::new(Manhattan::load()?), UTC_OFFSET)),
        // Nobody asks for a price any more.
        zones: Arc::default(),
        approaches: Arc::new(approaches()),
    };
    let seal = Arc::new(KeyedSeal::new(super::stage::SEAL));
    Platform::begin(config, seal, commit_observer, Arc::new(NoObserver))
}

/// Runs until every trip and its money rest, and nothing happens any more; gives when that was.
fn drain(
    platform: &mut Platform,
    census: &Mutex<Census>,
    found: &Census,
    from: Timestamp,
    look: &mut impl FnMut(Way),
) -> Result<Timestamp, CityError> {
    let mut until = platform.time.now();
    let (mut quiet_since, mut commits) = (until.max(from), lock(census).commits);
    let mut restless: Option<Vec<TripId>> = None;
    loop {
        until = until.plus(SLICE);
        platform.executor.run_until(until)?;
        platform.check()?;
        let (now, open) = {
            let census = lock(census);
            (census.commits, census.open)
        };
        // Orders that were accepted and not begun come on top.
        let of = found.open.max(open) as u64;
        look(Way::Ending {
            of,
            ended: of - open as u64,
        });
        if now != commits {
            (quiet_since, commits, restless) = (until, now, None);
        }
        let mut unsettled = 0;
        if open == 0 && until.since(quiet_since) >= REST {
            let left = restless.get_or_insert_with(|| lock(census).restless(found));
            let mut moving = Vec::with_capacity(left.len());
            for &trip in &*left {
                if !platform.is_at_rest(trip)? {
                    moving.push(trip);
                }
            }
            *left = moving;
            if left.is_empty() {
                return Ok(quiet_since);
            }
            unsettled = left.len();
        }
        if until.since(from) > RESUME_MAX {
            return Err(CityError::NotClosed {
                open: open.saturating_add(unsettled),
                parked: platform.parked()?,
            });
        }
    }
}

/// Of these trips, those that are not there, or not over; one that was archived is.
fn missing(platform: &mut Platform, accepted: &[TripId]) -> Result<Vec<TripId>, CityError> {
    let mut missing = Vec::new();
    for &trip in accepted {
        let is_over = match platform.state(StreamId::Trip(trip))? {
            Some(State::Trip(state)) => state.control().closed,
            Some(State::Dispatch(_) | State::Driver(_) | State::Payment(_)) | None => false,
        };
        if !is_over {
            missing.push(trip);
        }
    }
    Ok(missing)
}

fn summed_up(census: &Census, found: &Census) -> Resumed {
    let (before, after) = (found.ends(), census.ends());
    let ends = after.into_iter().map(|(end, count)| {
        (
            end,
            count.saturating_sub(before.get(&end).copied().unwrap_or_default()),
        )
    });
    Resumed {
        trips: census.trips() as u64,
        taken_up: (census.trips() - found.over()) as u64,
        ends: ends.collect(),
        commits_found: found.commits,
        commits_added: census.commits - found.commits,
        events_added: census.events - found.events,
        ..Resumed::nothing()
    }
}

impl Resumed {
    /// Nothing was there.
    fn nothing() -> Self {
        Self {
            from: Timestamp::from_ms(0),
            until: Timestamp::from_ms(0),
            trips: 0,
            taken_up: 0,
            ends: BTreeMap::new(),
            commits_found: 0,
            commits_added: 0,
            events_added: 0,
            missing: Vec::new(),
            orphans: Vec::new(),
        }
    }
}
