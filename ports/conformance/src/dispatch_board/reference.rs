//! The reference model: what is known of each search.

use super::{Capability, DispatchBoardHarness};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{CLOSED_KEPT, DispatchBoard, OpenSearch, PortError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// What was heard last of a search: its version, and when it was closed, if it was. At one version, closed is the newer
/// news.
pub(super) type Heard = (Version, Option<Timestamp>);

/// What the model holds.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) news: BTreeMap<(RegionId, TripId), Heard>,
    /// The regions that were restored.
    pub(super) complete: BTreeSet<RegionId>,
}

/// A dispatch board that obviously keeps every clause.
#[derive(Debug)]
pub struct Reference {
    time: VirtualTime,
    state: Mutex<State>,
}

impl Reference {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn learn(&self, region: RegionId, searches: &[OpenSearch], closed: Option<Timestamp>) {
        let mut state = self.state();
        let long_ago = Timestamp::from_ms(self.time.now().ms() - CLOSED_KEPT.get());
        state
            .news
            .retain(|_, (_, closed)| closed.is_none_or(|at| at >= long_ago));
        for search in searches {
            let heard = (search.version, closed);
            let known = state.news.entry((region, search.trip)).or_insert(heard);
            *known = heard.max(*known);
        }
    }
}

#[async_trait]
impl DispatchBoard for Reference {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.learn(region, searches, None);
        Ok(())
    }

    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.learn(region, searches, Some(self.time.now()));
        Ok(())
    }

    async fn list(&self, region: RegionId) -> Result<Option<Vec<OpenSearch>>, PortError> {
        let state = self.state();
        let open = state
            .news
            .iter()
            .filter(|((of, _), (_, closed))| *of == region && closed.is_none());
        let open = open.map(|(&(_, trip), &(version, _))| OpenSearch { trip, version });
        Ok(state.complete.contains(&region).then(|| open.collect()))
    }

    async fn restore(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.learn(region, searches, None);
        self.state().complete.insert(region);
        Ok(())
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
        let time = VirtualTime::new(AT);
        let board = Arc::new(Reference {
            time: time.clone(),
            state: Mutex::default(),
        });
        Self { time, board }
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

keeps_time!(ReferenceHarness, world => world.time);

impl DispatchBoardHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn DispatchBoard> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart | Capability::Lose | Capability::LetHoursPass => Support::Yes,
        }
    }

    fn restart(&self) {}

    fn lose(&self) {
        *self.board.state() = State::default();
    }
}
