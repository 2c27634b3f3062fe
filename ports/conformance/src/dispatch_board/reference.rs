//! The reference model: what is known of each search.

use super::{Capability, DispatchBoardHarness};
use crate::harness::{Harness, Support};
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{DispatchBoard, OpenSearch, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// The newest news of each search: its version, and whether it was closed. At one version, closed is the newer news.
pub(super) type News = BTreeMap<(RegionId, TripId), (Version, bool)>;

/// A dispatch board that obviously keeps every clause.
#[derive(Debug, Default)]
pub struct Reference(Mutex<News>);

impl Reference {
    pub(super) fn news(&self) -> MutexGuard<'_, News> {
        lock(&self.0)
    }

    fn learn(&self, region: RegionId, searches: &[OpenSearch], closed: bool) {
        let mut news = self.news();
        for search in searches {
            let heard = (search.version, closed);
            let known = news.entry((region, search.trip)).or_insert(heard);
            *known = heard.max(*known);
        }
    }
}

#[async_trait]
impl DispatchBoard for Reference {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.learn(region, searches, false);
        Ok(())
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.learn(region, searches, true);
        Ok(())
    }

    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        let news = self.news();
        let open = news
            .iter()
            .filter(|((of, _), (_, closed))| *of == region && !closed);
        Ok(open
            .map(|(&(_, trip), &(version, _))| OpenSearch { trip, version })
            .collect())
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    board: Arc<Reference>,
}

impl ReferenceHarness {
    /// An empty board.
    pub fn new() -> Self {
        Self {
            time: VirtualTime::new(AT),
            board: Arc::default(),
        }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.board)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness for ReferenceHarness {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.time.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        self.time.pass(duration);
    }
}

impl DispatchBoardHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn DispatchBoard> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart => Support::Yes,
        }
    }

    fn restart(&self) {}
}
