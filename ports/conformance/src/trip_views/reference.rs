//! The reference model: a list of rows.

use super::{Capability, TripViewsHarness};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{PortError, TripView, TripViews};
use std::sync::{Arc, Mutex, MutexGuard};

/// Trip views that obviously keep every clause.
#[derive(Debug, Default)]
pub struct Reference(Mutex<Vec<TripView>>);

impl Reference {
    pub(super) fn rows(&self) -> MutexGuard<'_, Vec<TripView>> {
        lock(&self.0)
    }
}

#[async_trait]
impl TripViews for Reference {
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError> {
        let mut rows = self.rows();
        for view in views {
            match rows.iter_mut().find(|known| known.trip == view.trip) {
                Some(known) if known.version < view.version => *known = view,
                Some(_) => {}
                None => rows.push(view),
            }
        }
        Ok(())
    }

    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        let rows = self.rows();
        let find = |trip: &TripId| rows.iter().find(|row| row.trip == *trip).copied();
        Ok(trips.iter().map(find).collect())
    }

    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        let mut own = self.rows().clone();
        own.retain(|row| row.rider == Some(rider) && after.is_none_or(|after| row.trip < after));
        own.sort_by_key(|row| std::cmp::Reverse(row.trip));
        own.truncate(max);
        Ok(own)
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    views: Arc<Reference>,
}

impl ReferenceHarness {
    /// No rows.
    pub fn new() -> Self {
        Self {
            time: VirtualTime::new(AT),
            views: Arc::default(),
        }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.views)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.time);

impl TripViewsHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn TripViews> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart => Support::Yes,
        }
    }

    fn restart(&self) {}
}
