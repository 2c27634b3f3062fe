//! The open searches of each region in memory.

use crate::faults::{Call, Faults};
use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_ports::{DispatchBoard, OpenSearch, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A dispatch board in memory. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct MemoryBoard {
    regions: Arc<Mutex<BTreeMap<RegionId, Searches>>>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Searches {
    open: BTreeMap<TripId, Version>,
    /// Keeps a late "open" of an older version from undoing a "close".
    closed: BTreeMap<TripId, Version>,
}

impl Searches {
    fn is_news(&self, search: OpenSearch) -> bool {
        let known = self.open.get(&search.trip).max(self.closed.get(&search.trip));
        known.is_none_or(|known| *known <= search.version)
    }

    fn open(&mut self, searches: &[OpenSearch]) {
        for search in searches {
            // At one version "closed" wins: a commit may open a search and end it.
            if self.is_news(*search) && self.closed.get(&search.trip) != Some(&search.version) {
                self.closed.remove(&search.trip);
                self.open.insert(search.trip, search.version);
            }
        }
    }

    fn close(&mut self, searches: &[OpenSearch]) {
        for search in searches {
            if self.is_news(*search) {
                self.open.remove(&search.trip);
                self.closed.insert(search.trip, search.version);
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
            searches.closed.remove(&trip);
        }
    }
}

#[async_trait]
impl DispatchBoard for MemoryBoard {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::OpenSearches).await?;
        lock(&self.regions).entry(region).or_default().open(searches);
        strike.leave(()).await
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::CloseSearches).await?;
        lock(&self.regions).entry(region).or_default().close(searches);
        strike.leave(()).await
    }

    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        let strike = self.faults.enter(Call::ListSearches).await?;
        let open = lock(&self.regions).get(&region).map(Searches::list);
        strike.leave(open.unwrap_or_default()).await
    }
}
