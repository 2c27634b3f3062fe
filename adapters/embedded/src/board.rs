//! The open searches of each region, in memory and on disk.

use crate::bytes::{Malformed, Reader, Row};
use crate::database::{Core, Database};
use crate::draft::Draft;
use crate::lock::lock;
use crate::tables::{ReadError, Table, Tables};
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{CLOSED_KEPT, Clock, DispatchBoard, OpenSearch, PortError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

/// The boards of all regions.
#[derive(Debug, Default)]
pub(crate) struct Boards(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    regions: BTreeMap<RegionId, Searches>,
    /// What memory knows and the disk does not yet: a search, or (without one) that its region is complete.
    unwritten: BTreeSet<(RegionId, Option<TripId>)>,
}

/// How a search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open(Version),
    /// Since when: it is forgotten in time.
    Closed(Version, Timestamp),
}

impl Standing {
    const fn version(self) -> Version {
        match self {
            Self::Open(version) | Self::Closed(version, _) => version,
        }
    }
}

#[derive(Debug, Default)]
struct Searches {
    /// Whether they are known to be all.
    complete: bool,
    by_trip: BTreeMap<TripId, Standing>,
    /// What was closed, oldest first: to be forgotten.
    closings: BTreeSet<(Timestamp, TripId)>,
}

impl Searches {
    fn set(&mut self, trip: TripId, standing: Option<Standing>) {
        let before = match standing {
            Some(standing) => self.by_trip.insert(trip, standing),
            None => self.by_trip.remove(&trip),
        };
        if let Some(Standing::Closed(_, at)) = before {
            self.closings.remove(&(at, trip));
        }
        if let Some(Standing::Closed(_, at)) = standing {
            self.closings.insert((at, trip));
        }
    }

    /// The next search that was closed longer ago than must be remembered.
    fn outlived(&self, now: Timestamp) -> Option<TripId> {
        let &(at, trip) = self.closings.first()?;
        (at.plus(CLOSED_KEPT) < now).then_some(trip)
    }
}

impl State {
    fn set(&mut self, region: RegionId, trip: TripId, standing: Option<Standing>) {
        self.regions.entry(region).or_default().set(trip, standing);
        self.unwritten.insert((region, Some(trip)));
    }

    fn forget_closed(&mut self, region: RegionId, now: Timestamp) {
        while let Some(trip) = self.regions.get(&region).and_then(|known| known.outlived(now)) {
            self.set(region, trip, None);
        }
    }

    fn standing(&self, region: RegionId, trip: TripId) -> Option<Standing> {
        self.regions.get(&region)?.by_trip.get(&trip).copied()
    }

    fn open(&mut self, region: RegionId, searches: &[OpenSearch], now: Timestamp) {
        self.forget_closed(region, now);
        for &OpenSearch { trip, version } in searches {
            // At one version "closed" wins: a commit may open a search and end it.
            let is_news = match self.standing(region, trip) {
                Some(Standing::Open(known) | Standing::Closed(known, _)) => known < version,
                None => true,
            };
            if is_news {
                self.set(region, trip, Some(Standing::Open(version)));
            }
        }
    }

    fn close(&mut self, region: RegionId, searches: &[OpenSearch], now: Timestamp) {
        self.forget_closed(region, now);
        for &OpenSearch { trip, version } in searches {
            let known = self.standing(region, trip).map(Standing::version);
            if known.is_none_or(|known| known <= version) {
                self.set(region, trip, Some(Standing::Closed(version, now)));
            }
        }
    }

    fn row(&self, region: RegionId, trip: Option<TripId>) -> Option<Vec<u8>> {
        let searches = self.regions.get(&region)?;
        let mut row = Row::default();
        match trip {
            None if searches.complete => {}
            None => return None,
            Some(trip) => match searches.by_trip.get(&trip)? {
                Standing::Open(version) => {
                    row.u8(0).version(*version);
                }
                Standing::Closed(version, at) => {
                    row.u8(1).version(*version).i64(at.ms());
                }
            },
        }
        Some(row.into_vec())
    }
}

fn key(region: RegionId, trip: Option<TripId>) -> Vec<u8> {
    let mut row = Row::default();
    row.region(region).option(trip, |row, trip| {
        row.u128(trip.to_u128());
    });
    row.into_vec()
}

fn read_standing(value: &[u8]) -> Result<Standing, Malformed> {
    let mut row = Reader::new(value);
    let (tag, version) = (row.u8()?, row.version()?);
    let standing = match tag {
        0 => Standing::Open(version),
        1 => Standing::Closed(version, Timestamp::from_ms(row.i64()?)),
        _ => return Err(Malformed),
    };
    row.end()?;
    Ok(standing)
}

impl Boards {
    /// Reads every board.
    pub(crate) fn read(tables: &Tables) -> Result<Self, ReadError> {
        let mut state = State::default();
        for row in tables.prefix(Table::Board, &[]) {
            let (key, value) = row?;
            let mut key = Reader::new(&key);
            let region = key.region()?;
            let trip = key.option(Reader::trip)?;
            key.end()?;
            let searches = state.regions.entry(region).or_default();
            match trip {
                None => searches.complete = true,
                Some(trip) => searches.set(trip, Some(read_standing(&value)?)),
            }
        }
        Ok(Self(Mutex::new(state)))
    }

    /// Adds to a group what is not on disk yet.
    pub(crate) fn plan(&self, draft: &mut Draft) {
        let mut state = lock(&self.0);
        for (region, trip) in std::mem::take(&mut state.unwritten) {
            match state.row(region, trip) {
                Some(row) => draft.put(Table::Board, key(region, trip), row),
                None => draft.remove(Table::Board, key(region, trip)),
            }
        }
    }
}

/// The dispatch board on disk, for a process with a clock of its own.
///
/// What was opened is on disk when [`open`](DispatchBoard::open) returns, so that a board that calls itself complete is. That
/// a search is closed is written with the next group: a crash may forget it, and the matcher that loads the search closes it
/// again.
#[derive(Clone)]
pub struct EmbeddedBoard {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
}

impl EmbeddedBoard {
    pub(crate) fn new(database: &Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            core: Arc::clone(database.core()),
            clock,
        }
    }

    fn change(&self, change: impl FnOnce(&mut State, Timestamp)) {
        change(&mut lock(&self.core.boards.0), self.clock.now());
    }

    /// Waits until what memory knows by now is on disk.
    async fn written(&self, doing: &'static str) -> Result<(), PortError> {
        // The group writes what is unwritten, whoever made it so.
        let written = self.core.join(|_, _| ()).await;
        written.map_err(|failure| failure.into_error(doing))
    }
}

impl fmt::Debug for EmbeddedBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedBoard").finish_non_exhaustive()
    }
}

#[async_trait]
impl DispatchBoard for EmbeddedBoard {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        if searches.is_empty() {
            return Ok(());
        }
        self.change(|state, now| state.open(region, searches, now));
        self.written("put searches on the board").await
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.change(|state, now| state.close(region, searches, now));
        Ok(())
    }

    async fn list(&self, region: RegionId) -> Result<Option<Vec<OpenSearch>>, PortError> {
        let state = lock(&self.core.boards.0);
        let complete = state.regions.get(&region).filter(|searches| searches.complete);
        Ok(complete.map(|searches| {
            let open = searches
                .by_trip
                .iter()
                .filter_map(|(&trip, standing)| match *standing {
                    Standing::Open(version) => Some(OpenSearch { trip, version }),
                    Standing::Closed(..) => None,
                });
            open.collect()
        }))
    }

    async fn restore(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.change(|state, now| {
            state.open(region, searches, now);
            state.regions.entry(region).or_default().complete = true;
            state.unwritten.insert((region, None));
        });
        self.written("restore the board").await
    }
}
