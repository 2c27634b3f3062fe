//! The whole platform in one process, in memory, on a virtual clock: the same processes as everywhere, composed.

use crate::players::Desks;
use crate::witness::{Witness, Witnessed};
use fiacre_domain::event::Event;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Dropped, Executor, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations, MemoryTimers, SeededIds,
    SkewedClock, VirtualTime,
};
use fiacre_ports::{Bus, Clock, IdSource, LocationFeed, PaymentGateway, RouteProvider, Seal};
use fiacre_sandbox_payments::{Sandbox, deliver_notices};
use fiacre_services::composition::{Composition, Ground};
use fiacre_services::desk::DeskPorts;
use fiacre_services::fleet::{FleetConfig, FleetPorts};
use fiacre_services::observer::Observer;
use fiacre_services::process::run;
use fiacre_services::reactor::ServicePorts;
use std::sync::{Arc, Mutex};

/// How the platform is set up.
pub struct PlatformConfig {
    /// The region that is served.
    pub region: RegionId,
    /// When virtual time begins.
    pub start: Timestamp,
    /// What every id, and the payment company's chance, comes from.
    pub seed: u64,
    /// How drivers are matched.
    pub fleet: FleetConfig,
    /// How the payment company behaves.
    pub payments: fiacre_sandbox_payments::Policy,
    /// Ways by road, as desks price rides by them.
    pub roads: Arc<dyn RouteProvider>,
    /// Ways by road, as drivers' arrivals are promised by them.
    pub approaches: Arc<dyn RouteProvider>,
}

impl std::fmt::Debug for PlatformConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlatformConfig")
            .field("region", &self.region)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// All processes in one, which share what they remember.
struct InProcess {
    service: ServicePorts,
    fleet: FleetPorts,
    company: Arc<Sandbox>,
}

impl Ground for InProcess {
    fn service(&self, _: Service) -> ServicePorts {
        self.service.clone()
    }

    fn fleet(&self, _: u16) -> FleetPorts {
        self.fleet.clone()
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        Arc::clone(&self.company) as Arc<dyn PaymentGateway>
    }
}

/// The platform, composed and begun.
pub struct Platform {
    /// Runs everything.
    pub executor: Executor,
    /// The virtual clock.
    pub time: VirtualTime,
    /// The log.
    pub store: MemoryEventStore,
    /// The bus.
    pub bus: MemoryBus,
    /// The payment company.
    pub company: Arc<Sandbox>,
    /// Where people ask.
    pub desks: Desks,
    timers: MemoryTimers,
    board: MemoryBoard,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform")
            .field("now", &self.time.now())
            .finish_non_exhaustive()
    }
}

impl Platform {
    /// Composes the platform and spawns its processes. `witness` sees every commit, `observer` every decision.
    pub fn begin(
        config: PlatformConfig,
        seal: Arc<dyn Seal>,
        witness: Arc<Mutex<dyn Witness>>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let time = VirtualTime::starting_at(config.start);
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(time.clone(), Millis::ZERO));
        let store = MemoryEventStore::new(time.clone());
        let bus = MemoryBus::new(time.clone());
        let timers = MemoryTimers::new(time.clone());
        let board = MemoryBoard::new(time.clone());
        let locations: Arc<MemoryLocations> = Arc::default();
        let company = Arc::new(Sandbox::new(config.seed, Arc::clone(&clock)).with_policy(config.payments));
        let ids = Arc::new(SeededIds::new(time.clone(), config.seed));
        let ports = ServicePorts {
            store: Arc::new(Witnessed::new(Arc::new(store.clone()), witness)),
            bus: Arc::new(bus.clone()),
            timers: Arc::new(timers.clone()),
            clock: Arc::clone(&clock),
            observer,
            recent: Arc::default(),
        };
        let desk_ids = Arc::new(SeededIds::new(time.clone(), !config.seed));
        let desk = DeskPorts {
            bus: Arc::new(bus.clone()),
            clock,
            ids: Arc::clone(&desk_ids) as Arc<dyn IdSource>,
            seal,
            locations: Arc::clone(&locations) as Arc<dyn LocationFeed>,
            routes: config.roads,
        };
        let fleet_ports = FleetPorts {
            service: ports.clone(),
            board: Arc::new(board.clone()),
            locations,
            ids,
            routes: config.approaches,
        };
        let ground = Arc::new(InProcess {
            service: ports,
            fleet: fleet_ports,
            company: Arc::clone(&company),
        });
        let mut platform = Self {
            executor: Executor::fifo(time.clone()),
            time,
            store,
            bus,
            company,
            desks: Desks::new(config.region, desk, desk_ids),
            timers,
            board,
        };
        platform.begin_roles(&Composition::new(config.fleet), &ground);
        platform
    }

    fn begin_roles(&mut self, composition: &Composition, ground: &Arc<InProcess>) {
        for queue in composition.queues(&**ground) {
            let bus = self.bus.clone();
            self.executor.spawn("declare", async move {
                if let Err(error) = bus.declare(&queue).await {
                    // In memory this cannot fail; over a broker the consumers declare again.
                    debug_assert!(false, "{error}");
                }
            });
        }
        for role in composition.roles(ground) {
            self.executor.spawn(role.name().to_owned(), run(role.begin()));
        }
        let (company, bus) = (Arc::clone(&self.company), Arc::new(self.bus.clone()));
        let (clock, region) = (Arc::clone(&ground.service.clock), composition.fleet.region);
        self.executor
            .spawn("notices", deliver_notices(company, bus, clock, region));
    }

    /// Drops a closed trip's streams and what is kept for it elsewhere; gives their commits, stream by stream.
    pub fn forget(&self, trip: TripId) -> Dropped {
        self.board.forget(trip);
        let fare = StreamId::Payment(trip, ChargeNumber::FARE);
        for stream in [StreamId::Trip(trip), StreamId::Dispatch(trip), fare] {
            self.timers.forget(stream);
        }
        let dropped = self.store.forget(trip);
        for event in dropped.events() {
            if let Event::Payment(PaymentEvent::IntentCreated { intent, .. }) = event {
                self.company.forget(*intent);
            }
        }
        dropped
    }
}
