//! Rows of trips in memory.

use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{PortError, TripView, TripViews};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Views in memory. Clones are the same views.
#[derive(Debug, Clone, Default)]
pub struct MemoryViews(Arc<Mutex<Rows>>);

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

    fn remove(&mut self, trip: TripId) {
        let rider = self.by_trip.remove(&trip).and_then(|view| view.rider);
        if let Some(rider) = rider {
            self.by_rider.remove(&(rider, trip));
        }
    }
}

impl MemoryViews {
    /// Forgets the row of a trip; for simulations, once the trip is closed.
    pub fn forget(&self, trip: TripId) {
        lock(&self.0).remove(trip);
    }
}

#[async_trait]
impl TripViews for MemoryViews {
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError> {
        let mut rows = lock(&self.0);
        for view in views {
            rows.put(view);
        }
        Ok(())
    }

    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        let rows = lock(&self.0);
        Ok(trips.iter().map(|trip| rows.by_trip.get(trip).copied()).collect())
    }

    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        let rows = lock(&self.0);
        let first = (rider, TripId::from_u128(0));
        let newest_first: Box<dyn Iterator<Item = _>> = match after {
            Some(after) => Box::new(rows.by_rider.range(first..(rider, after)).rev()),
            None => Box::new(
                rows.by_rider
                    .range(first..=(rider, TripId::from_u128(u128::MAX)))
                    .rev(),
            ),
        };
        let found = newest_first.take(max);
        Ok(found
            .filter_map(|(_, trip)| rows.by_trip.get(trip).copied())
            .collect())
    }
}
