//! The open searches of each region in memory.

use crate::faults::{Call, Faults};
use crate::group::{self, Group};
use crate::lock::lock;
use crate::time::VirtualTime;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{CLOSED_KEPT, DispatchBoard, OpenSearch, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A dispatch board in memory. Clones are the same board.
#[derive(Debug, Clone)]
pub struct MemoryBoard {
    regions: Arc<Mutex<BTreeMap<RegionId, Searches>>>,
    time: VirtualTime,
    faults: Faults,
    group: Option<Group>,
}

#[derive(Debug, Default)]
struct Searches {
    /// Whether they are known to be all.
    complete: bool,
    open: BTreeMap<TripId, Version>,
    closed: Closed,
}

/// At which version searches were closed: keeps a late "open" of an older version from undoing a "close".
///
/// They lie by spans of [`CLOSED_KEPT`], of which the one before the latest is forgotten as a whole: a search is kept for one
/// to two of them, and nobody needs to know when each was closed.
#[derive(Debug, Default)]
struct Closed {
    earlier: BTreeMap<TripId, Version>,
    latest: BTreeMap<TripId, Version>,
    latest_since: Timestamp,
}

impl Closed {
    fn at(&self, trip: TripId) -> Option<Version> {
        let earlier = || self.earlier.get(&trip);
        self.latest.get(&trip).or_else(earlier).copied()
    }

    fn insert(&mut self, search: OpenSearch) {
        self.remove(search.trip);
        self.latest.insert(search.trip, search.version);
    }

    fn remove(&mut self, trip: TripId) {
        self.latest.remove(&trip);
        self.earlier.remove(&trip);
    }

    /// Forgets what was closed longer ago than must be remembered.
    fn forget_old(&mut self, now: Timestamp) {
        if now.since(self.latest_since) <= CLOSED_KEPT {
            return;
        }
        let next_since = self.latest_since.plus(CLOSED_KEPT);
        self.earlier = std::mem::take(&mut self.latest);
        self.latest_since = next_since;
        if now.since(next_since) > CLOSED_KEPT {
            self.earlier.clear();
            self.latest_since = now;
        }
    }
}

impl Searches {
    fn is_news(&self, search: OpenSearch) -> bool {
        let open = self.open.get(&search.trip).copied();
        open.max(self.closed.at(search.trip))
            .is_none_or(|known| known <= search.version)
    }

    fn open(&mut self, searches: &[OpenSearch], now: Timestamp) {
        self.closed.forget_old(now);
        for search in searches {
            // At one version "closed" wins: a commit may open a search and end it.
            if self.is_news(*search) && self.closed.at(search.trip) != Some(search.version) {
                self.closed.remove(search.trip);
                self.open.insert(search.trip, search.version);
            }
        }
    }

    fn close(&mut self, searches: &[OpenSearch], now: Timestamp) {
        self.closed.forget_old(now);
        for search in searches {
            if self.is_news(*search) {
                self.open.remove(&search.trip);
                self.closed.insert(*search);
            }
        }
    }

    fn list(&self) -> Vec<OpenSearch> {
        let open = self.open.iter();
        open.map(|(&trip, &version)| OpenSearch { trip, version })
            .collect()
    }
}

impl MemoryBoard {
    /// A board that is complete for no region yet.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            regions: Arc::default(),
            time,
            faults: Faults::none(),
            group: None,
        }
    }

    /// The same board, on which a search is durable, and a call that opens one ends, with the group.
    #[must_use]
    pub fn in_group(mut self, group: &Group) -> Self {
        self.group = Some(group.clone());
        self
    }

    /// The same board, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Forgets everything of a trip, also what keeps late news out; for simulations, once the trip is closed.
    pub fn forget(&self, trip: TripId) {
        for searches in lock(&self.regions).values_mut() {
            searches.open.remove(&trip);
            searches.closed.remove(trip);
        }
    }

    /// Loses everything: every region is to be restored.
    pub fn lose(&self) {
        lock(&self.regions).clear();
    }

    fn with_region<T>(&self, region: RegionId, use_it: impl FnOnce(&mut Searches, Timestamp) -> T) -> T {
        let now = self.time.now();
        use_it(lock(&self.regions).entry(region).or_default(), now)
    }
}

#[async_trait]
impl DispatchBoard for MemoryBoard {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::OpenSearches).await?;
        if !searches.is_empty() {
            self.with_region(region, |known, now| known.open(searches, now));
            group::end_of(self.group.as_ref()).await;
        }
        strike.leave(()).await
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::CloseSearches).await?;
        self.with_region(region, |known, now| known.close(searches, now));
        strike.leave(()).await
    }

    async fn list(&self, region: RegionId) -> Result<Option<Vec<OpenSearch>>, PortError> {
        let strike = self.faults.enter(Call::ListSearches).await?;
        let open = self.with_region(region, |known, _| known.complete.then(|| known.list()));
        strike.leave(open).await
    }

    async fn restore(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::RestoreSearches).await?;
        self.with_region(region, |known, now| {
            known.open(searches, now);
            known.complete = true;
        });
        group::end_of(self.group.as_ref()).await;
        strike.leave(()).await
    }
}
