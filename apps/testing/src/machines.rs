//! What the processes stand on: every port in memory, struck by faults, and a clock for each service.

use crate::platform::at_once;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::saga::Service;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Faults, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations, MemoryTimers, MemoryViews, SeededIds,
    SkewedClock, VirtualTime,
};
use fiacre_ports::{
    LocationFeed, LocationReader, PaymentGateway, PortError, RouteProvider, TripView, TripViews,
};
use fiacre_sandbox_payments::Sandbox;
use fiacre_services::composition::Ground;
use fiacre_services::fleet::FleetPorts;
use fiacre_services::observer::NoObserver;
use fiacre_services::reactor::ServicePorts;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Every port.
pub(crate) struct Machines {
    pub(crate) store: MemoryEventStore,
    pub(crate) bus: MemoryBus,
    pub(crate) timers: MemoryTimers,
    pub(crate) board: MemoryBoard,
    pub(crate) views: MemoryViews,
    pub(crate) locations: MemoryLocations,
    pub(crate) company: Arc<Sandbox>,
    pub(crate) approaches: Arc<dyn RouteProvider>,
    pub(crate) ids: MatcherIds,
    pub(crate) clocks: Clocks,
    /// What strikes the services.
    pub(crate) faults: Faults,
    pub(crate) looks: Looks,
}

impl Machines {
    /// The row of a trip, by hand: nothing strikes it.
    pub(crate) fn row(&self, trip: TripId) -> Option<TripView> {
        let rows = at_once(self.views.get(&[trip]))?.ok()?;
        rows.into_iter().next().flatten()
    }
}

/// A clock for each service.
pub(crate) struct Clocks([SkewedClock; Service::ALL.len()]);

impl Clocks {
    pub(crate) fn new(time: &VirtualTime) -> Self {
        Self(Service::ALL.map(|_| SkewedClock::new(time.clone(), Millis::ZERO)))
    }

    pub(crate) const fn of(&self, service: Service) -> &SkewedClock {
        let [trip, driver, payment] = &self.0;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }
}

/// A source of ids for each matcher, which goes on where it was when the matcher begins anew.
pub(crate) struct MatcherIds {
    time: VirtualTime,
    seed: u64,
    sources: Mutex<BTreeMap<u16, Arc<SeededIds>>>,
}

impl MatcherIds {
    pub(crate) const fn new(time: VirtualTime, seed: u64) -> Self {
        Self {
            time,
            seed,
            sources: Mutex::new(BTreeMap::new()),
        }
    }

    fn of(&self, matcher: u16) -> Arc<SeededIds> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let seed = self.seed ^ u64::from(matcher) << 48;
        let new = || Arc::new(SeededIds::new(self.time.clone(), seed));
        Arc::clone(sources.entry(matcher).or_insert_with(new))
    }
}

/// How often a matcher has looked at where drivers are, which it does before each batch.
#[derive(Clone, Default)]
pub(crate) struct Looks(Arc<AtomicU64>);

impl Looks {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts the looks.
struct Counted<T> {
    inner: T,
    looks: Looks,
}

#[async_trait]
impl LocationFeed for Counted<MemoryLocations> {
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError> {
        self.inner.report(region, samples).await
    }

    async fn subscribe(&self, region: RegionId) -> Result<Box<dyn LocationReader>, PortError> {
        let (inner, looks) = (self.inner.subscribe(region).await?, self.looks.clone());
        Ok(Box::new(Counted { inner, looks }))
    }
}

#[async_trait]
impl LocationReader for Counted<Box<dyn LocationReader>> {
    async fn drain(&mut self) -> Result<Vec<Sample>, PortError> {
        let drained = self.inner.drain().await?;
        self.looks.0.fetch_add(1, Ordering::Relaxed);
        Ok(drained)
    }
}

impl Ground for Machines {
    /// A process that begins anew remembers nothing of an earlier life.
    fn service(&self, service: Service) -> ServicePorts {
        let clock = || self.clocks.of(service).clone();
        ServicePorts {
            store: Arc::new(self.store.for_clock(clock()).with_faults(&self.faults)),
            bus: Arc::new(self.bus.for_clock(clock()).with_faults(&self.faults)),
            timers: Arc::new(self.timers.for_clock(clock()).with_faults(&self.faults)),
            clock: Arc::new(clock()),
            observer: Arc::new(NoObserver),
            recent: Arc::default(),
        }
    }

    fn fleet(&self, number: u16) -> FleetPorts {
        let locations = self.locations.clone().with_faults(&self.faults);
        FleetPorts {
            service: self.service(Service::Driver),
            board: Arc::new(self.board.clone().with_faults(&self.faults)),
            locations: Arc::new(Counted {
                inner: locations,
                looks: self.looks.clone(),
            }),
            ids: self.ids.of(number),
            routes: Arc::clone(&self.approaches),
        }
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        Arc::clone(&self.company) as Arc<dyn PaymentGateway>
    }

    fn views(&self) -> Option<Arc<dyn TripViews>> {
        Some(Arc::new(self.views.clone().with_faults(&self.faults)))
    }
}
