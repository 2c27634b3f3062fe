//! Rows of trips in memory.

use crate::faults::{Call, Faults, unknown};
use crate::group::{self, Group, Hearers, Plan};
use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{PortError, TripView, TripViews};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

/// Views in memory. Clones are the same views.
#[derive(Debug, Clone, Default)]
pub struct MemoryViews {
    rows: Arc<Mutex<Rows>>,
    faults: Faults,
    group: Option<Group>,
}

#[derive(Debug, Default)]
struct Rows {
    by_trip: BTreeMap<TripId, TripView>,
    by_rider: BTreeSet<(PrincipalId, TripId)>,
}

impl Rows {
    fn put(&mut self, view: TripView) {
        let known = self.by_trip.get(&view.trip);
        if known.is_some_and(|known| known.version >= view.version) {
            return;
        }
        self.remove(view.trip);
        self.by_rider.extend(view.rider.map(|rider| (rider, view.trip)));
        self.by_trip.insert(view.trip, view);
    }

    fn of_rider(&self, rider: PrincipalId, after: Option<TripId>, max: usize) -> Vec<TripView> {
        let first = Bound::Included((rider, TripId::from_u128(0)));
        let end = match after {
            Some(after) => Bound::Excluded((rider, after)),
            None => Bound::Included((rider, TripId::from_u128(u128::MAX))),
        };
        let newest_first = self.by_rider.range((first, end)).rev().take(max);
        newest_first
            .filter_map(|(_, trip)| self.by_trip.get(trip).copied())
            .collect()
    }

    fn remove(&mut self, trip: TripId) {
        let rider = self.by_trip.remove(&trip).and_then(|view| view.rider);
        if let Some(rider) = rider {
            self.by_rider.remove(&(rider, trip));
        }
    }
}

impl MemoryViews {
    /// The same views, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// The same views, whose rows are written with the group.
    #[must_use]
    pub fn in_group(mut self, group: &Group) -> Self {
        self.group = Some(group.clone());
        self
    }

    /// Forgets the row of a trip; for simulations, once the trip is closed.
    pub fn forget(&self, trip: TripId) {
        lock(&self.rows).remove(trip);
    }
}

/// Rows that are to be written.
struct Put {
    rows: Arc<Mutex<Rows>>,
    views: Vec<TripView>,
}

impl Plan for Put {
    type Answer = Result<(), PortError>;
    const HEARERS: Hearers = Hearers::Nobody;

    fn write(&mut self) -> Result<(), PortError> {
        let mut rows = lock(&self.rows);
        for view in std::mem::take(&mut self.views) {
            rows.put(view);
        }
        Ok(())
    }

    fn tell(&self) {}

    fn lose(&mut self) -> Result<(), PortError> {
        Err(unknown(Call::PutViews))
    }
}

#[async_trait]
impl TripViews for MemoryViews {
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::PutViews).await?;
        if !views.is_empty() {
            let rows = Arc::clone(&self.rows);
            group::write(self.group.as_ref(), Put { rows, views }).await?;
        }
        strike.leave(()).await
    }

    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        let strike = self.faults.enter(Call::GetViews).await?;
        let views = {
            let rows = lock(&self.rows);
            trips.iter().map(|trip| rows.by_trip.get(trip).copied()).collect()
        };
        strike.leave(views).await
    }

    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        let strike = self.faults.enter(Call::ViewsOfRider).await?;
        let views = lock(&self.rows).of_rider(rider, after, max);
        strike.leave(views).await
    }
}
