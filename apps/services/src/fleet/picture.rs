//! What a matcher believes of its region: a cache over the log, refreshed stream by stream.

use crate::state::State;
use crate::writer::Writer;
use fiacre_domain::dispatch::{Dispatch, LockState, Phase, SearchBrief};
use fiacre_domain::driver::{Driver, Duty};
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{DriverId, RegionId, TripId};
use fiacre_domain::matching::{Availability, Request, Sample, Supply};
use fiacre_domain::stream::{StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{OpenSearch, PortError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A search that waits for a driver.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) brief: Arc<SearchBrief>,
    pub(super) round: u8,
    pub(super) wave: u8,
    pub(super) excluded: Vec<DriverId>,
    pub(super) trace: Option<Arc<TraceContext>>,
}

/// Drivers, searches, and what has changed since they were last loaded.
#[derive(Debug)]
pub(super) struct Picture {
    region: RegionId,
    fan_out: usize,
    supply: Supply,
    waiting: BTreeMap<TripId, Waiting>,
    /// Who is asked about which trip: not to be asked about another.
    asked: BTreeMap<TripId, Vec<DriverId>>,
    busy_with: BTreeMap<DriverId, TripId>,
    /// On duty, free or not, or on a trip.
    on_duty: BTreeSet<DriverId>,
    /// On duty and not locked, since when.
    free_since: BTreeMap<DriverId, Timestamp>,
    doubted_searches: BTreeMap<TripId, Option<Arc<TraceContext>>>,
    doubted_drivers: BTreeSet<DriverId>,
    /// Searches that the board listed and nobody has looked at yet.
    listed: BTreeSet<TripId>,
}

impl Picture {
    pub(super) fn new(region: RegionId, area: ServiceArea, fan_out: u8) -> Self {
        Self {
            region,
            fan_out: usize::from(fan_out),
            supply: Supply::new(area),
            waiting: BTreeMap::new(),
            asked: BTreeMap::new(),
            busy_with: BTreeMap::new(),
            on_duty: BTreeSet::new(),
            free_since: BTreeMap::new(),
            doubted_searches: BTreeMap::new(),
            doubted_drivers: BTreeSet::new(),
            listed: BTreeSet::new(),
        }
    }

    pub(super) const fn supply(&self) -> &Supply {
        &self.supply
    }

    pub(super) fn waiting(&self, trip: TripId) -> Option<&Waiting> {
        self.waiting.get(&trip)
    }

    /// This search may have changed.
    pub(super) fn doubt_search(&mut self, trip: TripId, trace: Option<Arc<TraceContext>>) {
        let known = self.doubted_searches.entry(trip).or_default();
        *known = trace.or(known.take());
    }

    /// Another may have heard of all this: what the board lists and is not known to wait, what waits and the board does not
    /// list any more, every open offer, and every driver on duty. A search that is known and listed is not loaded: what is
    /// believed of it is refused where it is wrong, and then it is doubted.
    pub(super) fn doubt_all(&mut self, listed: Vec<OpenSearch>) {
        let listed: BTreeSet<TripId> = listed.into_iter().map(|search| search.trip).collect();
        let gone = self.waiting.keys().filter(|trip| !listed.contains(trip));
        let doubted: Vec<TripId> = gone.chain(self.asked.keys()).copied().collect();
        for trip in doubted {
            self.doubt_search(trip, None);
        }
        for trip in listed {
            if !self.waiting.contains_key(&trip) {
                self.listed.insert(trip);
                self.doubt_search(trip, None);
            }
        }
        self.doubted_drivers.extend(&self.on_duty);
    }

    /// This driver may have changed.
    pub(super) fn doubt_driver(&mut self, driver: DriverId) {
        self.doubted_drivers.insert(driver);
    }

    /// Takes in where drivers are; whoever is seen for the first time, or was not on duty here when last seen, is loaded: a
    /// driver who comes from another region is heard of by their samples.
    pub(super) fn locate(&mut self, samples: &[Sample]) {
        let doubted = &mut self.doubted_drivers;
        self.supply.report_noting(samples, |driver| {
            doubted.insert(driver);
        });
    }

    /// Loads what may have changed. What cannot be loaded stays in doubt until the next time, and holds up nobody else. Gives
    /// the searches that the board listed and that are over: they came to it late, and are to be closed there.
    pub(super) async fn refresh(&mut self, writer: &Writer, now: Timestamp) -> Vec<OpenSearch> {
        let mut over = Vec::new();
        let searches: Vec<StreamId> = self
            .doubted_searches
            .keys()
            .copied()
            .map(StreamId::Dispatch)
            .collect();
        let drivers: Vec<StreamId> = self
            .doubted_drivers
            .iter()
            .copied()
            .map(StreamId::Driver)
            .collect();
        let streams: Vec<StreamId> = searches.into_iter().chain(drivers).collect();
        if streams.is_empty() {
            return over;
        }
        let learn = |stream, loaded: Result<(&State, Version), PortError>| match (stream, loaded) {
            (StreamId::Dispatch(trip), Ok((State::Dispatch(dispatch), version))) => {
                self.learn_search(trip, dispatch, now);
                let listed = self.listed.remove(&trip);
                if listed && dispatch.control().phase != Phase::Searching {
                    over.push(OpenSearch { trip, version });
                }
            }
            (StreamId::Driver(driver), Ok((State::Driver(state), _))) => {
                self.learn_driver(driver, state, now);
            }
            (_, Ok(_)) => {}
            (_, Err(error)) => {
                tracing::warn!(%stream, %error, "not loaded; loaded again at the next tick");
            }
        };
        writer.states(&streams, learn).await;
        over
    }

    fn learn_search(&mut self, trip: TripId, dispatch: &Dispatch, now: Timestamp) {
        let trace = self.doubted_searches.remove(&trip).flatten();
        let asked: Vec<DriverId> = dispatch.open_offers().iter().map(|offer| offer.driver).collect();
        self.ask(trip, asked, now);
        let control = dispatch.control();
        let open = control.phase == Phase::Searching && control.lock(control.round) == LockState::None;
        let room = dispatch.open_offers().len() < self.fan_out;
        match dispatch.brief().filter(|_| open && room) {
            None => {
                self.waiting.remove(&trip);
            }
            Some(brief) => {
                let trace = trace.or(self.waiting.remove(&trip).and_then(|known| known.trace));
                let waiting = Waiting {
                    brief: Arc::clone(brief),
                    round: control.round,
                    wave: u8::try_from(dispatch.open_offers().len()).unwrap_or(u8::MAX),
                    excluded: dispatch.excluded().to_vec(),
                    trace,
                };
                self.waiting.insert(trip, waiting);
            }
        }
    }

    /// Notes whom the trip's open offers are with now; those it had before are free again.
    pub(super) fn ask(&mut self, trip: TripId, drivers: Vec<DriverId>, now: Timestamp) {
        let before = if drivers.is_empty() {
            self.asked.remove(&trip)
        } else {
            self.asked.insert(trip, drivers.clone())
        };
        for driver in before
            .into_iter()
            .flatten()
            .filter(|driver| !drivers.contains(driver))
        {
            if self.busy_with.get(&driver) == Some(&trip) {
                self.busy_with.remove(&driver);
                self.set_availability(driver, now);
            }
        }
        for driver in drivers {
            self.busy_with.insert(driver, trip);
            self.set_availability(driver, now);
        }
    }

    /// An offer was made beside those that are open.
    pub(super) fn ask_also(&mut self, trip: TripId, driver: DriverId, now: Timestamp) {
        let mut drivers = self.asked.get(&trip).cloned().unwrap_or_default();
        drivers.push(driver);
        if drivers.len() >= self.fan_out {
            self.waiting.remove(&trip);
        } else if let Some(waiting) = self.waiting.get_mut(&trip) {
            // The next batch may come before the offer is heard of.
            waiting.wave = u8::try_from(drivers.len()).unwrap_or(u8::MAX);
        }
        self.ask(trip, drivers, now);
    }

    fn learn_driver(&mut self, driver: DriverId, state: &Driver, now: Timestamp) {
        self.doubted_drivers.remove(&driver);
        let control = state.control();
        let shift = state
            .shift()
            .filter(|shift| shift.region == self.region && control.duty == Duty::On);
        match shift.filter(|_| control.lock.is_none()) {
            None => {
                self.free_since.remove(&driver);
            }
            Some(shift) => {
                self.supply.set_capabilities(driver, shift.capabilities);
                self.free_since.entry(driver).or_insert(now);
            }
        }
        if shift.is_none() && control.lock.is_none() {
            self.on_duty.remove(&driver);
            self.supply.set_availability(driver, Availability::Offline);
        } else {
            self.on_duty.insert(driver);
            self.set_availability(driver, now);
        }
    }

    fn set_availability(&mut self, driver: DriverId, now: Timestamp) {
        let asked = self.busy_with.contains_key(&driver);
        let availability = match self.free_since.get(&driver) {
            Some(&since) if !asked => Availability::Free {
                since: since.min(now),
            },
            Some(_) | None => Availability::Busy,
        };
        self.supply.set_availability(driver, availability);
    }

    /// The requests of every waiting search whose pick-up is known, in the order of trips.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.waiting
            .iter()
            .filter_map(|(trip, waiting)| {
                let pick_up = waiting.brief.plan.pick_up.known()?;
                let request = Request::new(
                    *trip,
                    pick_up,
                    waiting.brief.requirements,
                    waiting.brief.requested_at,
                );
                Some(request.without(waiting.excluded.iter().copied()))
            })
            .collect()
    }
}
