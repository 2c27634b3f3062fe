//! The open searches of each region in memory.

use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_ports::{DispatchBoard, OpenSearch, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A dispatch board in memory. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct MemoryBoard(Arc<Mutex<BTreeMap<RegionId, Searches>>>);

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
}

impl MemoryBoard {
    /// Forgets everything of a trip, also what keeps late news out; for simulations, once the trip is closed.
    pub fn forget(&self, trip: TripId) {
        for searches in lock(&self.0).values_mut() {
            searches.open.remove(&trip);
            searches.closed.remove(&trip);
        }
    }
}

#[async_trait]
impl DispatchBoard for MemoryBoard {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let mut board = lock(&self.0);
        let known = board.entry(region).or_default();
        for search in searches {
            // At one version "closed" wins: a commit may open a search and end it.
            if known.is_news(*search) && known.closed.get(&search.trip) != Some(&search.version) {
                known.closed.remove(&search.trip);
                known.open.insert(search.trip, search.version);
            }
        }
        Ok(())
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        let mut board = lock(&self.0);
        let known = board.entry(region).or_default();
        for search in searches {
            if known.is_news(*search) {
                known.open.remove(&search.trip);
                known.closed.insert(search.trip, search.version);
            }
        }
        Ok(())
    }

    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        let board = lock(&self.0);
        let open = board.get(&region).into_iter().flat_map(|searches| &searches.open);
        Ok(open
            .map(|(&trip, &version)| OpenSearch { trip, version })
            .collect())
    }
}
