//! The projection: what riders and operators read, one row a trip, made from the log.
//!
//! A message only says that a trip has come to a version. A row that speaks of it already stays as it is; for every other the
//! trip is loaded, whatever of it was missed or came out of order, and its row says what the log says. So rows may be lost,
//! and messages late, doubled or dropped: the next message of a trip puts its row right.

use crate::backoff::PAUSE;
use crate::inbox::{self, Ask, Inbox, Plan, Work};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::topology;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::Trip;
use fiacre_ports::{
    Body, Consistency, Delivery, EventStore, LoadRequest, Loaded, PortError, Prefetch, Settlement, TripView,
    TripViews,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keeps the rows of one region's trips.
#[derive(Debug)]
pub struct Views {
    inbox: Inbox,
    projection: Projection,
}

/// Makes rows of what the log says.
struct Projection {
    region: RegionId,
    store: Arc<dyn EventStore>,
    views: Arc<dyn TripViews>,
}

impl std::fmt::Debug for Projection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Projection")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// How far messages say that a trip has come, and when it did.
#[derive(Debug, Clone, Copy)]
struct News {
    version: Version,
    at: Timestamp,
}

impl Views {
    /// Of `region`, up to `prefetch` messages at a time, into `views`.
    pub fn new(region: RegionId, views: Arc<dyn TripViews>, ports: ServicePorts, prefetch: Prefetch) -> Self {
        let store = Arc::clone(&ports.store);
        Self {
            inbox: Inbox::new(ports, topology::views_queue(region), prefetch),
            projection: Projection { region, store, views },
        }
    }
}

impl Work for Projection {
    async fn plan(&mut self, batch: Vec<Delivery>, inbox: &mut Inbox) {
        let mut news: BTreeMap<TripId, News> = BTreeMap::new();
        for (trip, told) in batch.iter().filter_map(heard) {
            let newest = news.entry(trip).or_insert(told);
            if told.version > newest.version {
                *newest = told;
            }
        }
        let failures = self.catch_up(&news).await;
        let plan = |delivery: Delivery| {
            let ask = match heard(&delivery) {
                None => Ask::Settle(inbox::refused("wrong_service", "the message speaks of no trip")),
                Some((trip, _)) => failures
                    .get(&trip)
                    .map_or(Ask::Settle(Settlement::Ack), |failure| match failure {
                        Some(error) => inbox::not_loaded(&delivery, error),
                        None => Ask::Later(PAUSE),
                    }),
            };
            (delivery, Plan::from(ask))
        };
        inbox.finish(batch.into_iter().map(plan).collect()).await;
    }
}

/// What a message says of which trip.
fn heard(delivery: &Delivery) -> Option<(TripId, News)> {
    match &delivery.message.body {
        Body::Event { id, committed_at, .. } => match id.stream() {
            StreamId::Trip(trip) => {
                let (version, at) = (id.version(), *committed_at);
                Some((trip, News { version, at }))
            }
            StreamId::Dispatch(_)
            | StreamId::Driver(_)
            | StreamId::Payment(..)
            | StreamId::Ops(_)
            | StreamId::Tariff(_) => None,
        },
        Body::Command { .. } | Body::Notice(_) => None,
    }
}

impl Projection {
    /// Brings the rows of these trips at least as far as the news; gives the trips whose rows it could not, with the load's
    /// error where that is why.
    async fn catch_up(&self, news: &BTreeMap<TripId, News>) -> BTreeMap<TripId, Option<PortError>> {
        let trips: Vec<TripId> = news.keys().copied().collect();
        let known = match self.views.get(&trips).await {
            Ok(known) => known,
            Err(error) => return self.none_of(&trips, &error),
        };
        let behind: Vec<TripId> = news
            .iter()
            .zip(known)
            .filter(|((_, news), row)| row.is_none_or(|row| row.version < news.version))
            .map(|((trip, _), _)| *trip)
            .collect();
        let (mut rows, mut failures) = (Vec::with_capacity(behind.len()), BTreeMap::new());
        for (trip, loaded) in behind.iter().zip(self.load(&behind).await) {
            let told = news.get(trip);
            match loaded.map(|loaded| self.row(*trip, &loaded, told)) {
                Ok(row) => rows.extend(row),
                Err(error) => {
                    tracing::warn!(%trip, %error, "trip not loaded; its row is put right later");
                    failures.insert(*trip, Some(error));
                }
            }
        }
        let put: Vec<TripId> = rows.iter().map(|row| row.trip).collect();
        if !rows.is_empty()
            && let Err(error) = self.views.put(rows).await
        {
            failures.extend(self.none_of(&put, &error));
        }
        failures
    }

    fn none_of(&self, trips: &[TripId], error: &PortError) -> BTreeMap<TripId, Option<PortError>> {
        tracing::warn!(region = %self.region, %error, "rows not reached; the messages come again");
        trips.iter().map(|trip| (*trip, None)).collect()
    }

    async fn load(&self, trips: &[TripId]) -> Vec<Result<Loaded, PortError>> {
        let request = |trip: &TripId| LoadRequest::whole(StreamId::Trip(*trip), Consistency::Linearizable);
        match trips {
            [] => Vec::new(),
            trips => {
                self.store
                    .load(&trips.iter().map(request).collect::<Vec<_>>())
                    .await
            }
        }
    }

    /// The row of a trip as it was loaded; none where nothing of it is left in the log.
    fn row(&self, trip: TripId, loaded: &Loaded, told: Option<&News>) -> Option<TripView> {
        let Some(State::Trip(state)) = State::fold(StreamId::Trip(trip), loaded) else {
            return None;
        };
        let changed_at = match (loaded.commits.last(), told) {
            (Some(commit), _) => commit.at,
            (None, Some(news)) => news.at,
            (None, None) => return None,
        };
        (loaded.head > Version::EMPTY).then(|| row(trip, self.region, &state, loaded.head, changed_at))
    }
}

fn row(trip: TripId, region: RegionId, state: &Trip, version: Version, changed_at: Timestamp) -> TripView {
    let control = state.control();
    TripView {
        trip,
        version,
        rider: state.request().map(|request| request.rider()),
        region,
        phase: control.phase,
        reason: state.ended_for(),
        driver: state.driver().map(|(driver, _)| driver),
        quoted: state.quote().map(|quote| quote.total()),
        due: state.due(),
        changed_at,
        closed: control.closed,
        flagged: state.is_flagged(),
    }
}

#[async_trait]
impl Process for Views {
    fn name(&self) -> &str {
        self.inbox.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        self.inbox.turn(&mut self.projection, until).await
    }
}
