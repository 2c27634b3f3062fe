//! The whole platform in one process, in memory, on a virtual clock: the same processes as everywhere, composed.

use crate::players::Desks;
use crate::witness::{Witness, Witnessed};
use fiacre_domain::event::Event;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::saga::{Service, Setting};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Dropped, Executor, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations, MemoryTimers, SeededIds,
    SkewedClock, VirtualTime,
};
use fiacre_ports::{
    Body, Bus, Clock, IdSource, Message, PaymentGateway, PaymentNotice, Prefetch, Published, QueueSpec,
    RouteProvider, Seal,
};
use fiacre_sandbox_payments::Sandbox;
use fiacre_services::deadlines::Deadlines;
use fiacre_services::desk::{DeskPorts, DriverDesk, RiderDesk, SupportDesk};
use fiacre_services::fleet::{Fleet, FleetConfig, FleetPorts};
use fiacre_services::observer::Observer;
use fiacre_services::payments::{PaymentCalls, PaymentDeadlines};
use fiacre_services::process::run;
use fiacre_services::reactor::{Reactor, ServicePorts};
use fiacre_services::relay::Relay;
use fiacre_services::topology;
use std::sync::{Arc, Mutex};

/// How many processes compete for calls at the payment gateway.
const PAYMENT_CALLERS: usize = 8;
/// How many commits a relay, and timers a timer process, takes at a time.
const BATCH_MAX: usize = 256;
/// How often the company's notices are fetched.
const NOTICES_EVERY: Millis = Millis::from_secs(1);

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
        let locations = Arc::new(MemoryLocations::default());
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
            clock: Arc::clone(&clock),
            ids: Arc::clone(&desk_ids) as Arc<dyn IdSource>,
            seal,
            locations: Arc::clone(&locations) as Arc<dyn fiacre_ports::LocationFeed>,
            routes: config.roads,
        };
        let fleet_ports = FleetPorts {
            service: ports.clone(),
            board: Arc::new(board.clone()),
            locations,
            ids,
            routes: config.approaches,
        };
        let mut platform = Self {
            executor: Executor::fifo(time.clone()),
            time,
            store,
            bus,
            company,
            desks: Desks {
                riders: RiderDesk::new(config.region, desk.clone()),
                drivers: DriverDesk::new(config.region, desk.clone()),
                support: SupportDesk::new(config.region, desk),
                ids: desk_ids,
            },
            timers,
            board,
        };
        platform.spawn_services(config.region, &ports);
        platform.spawn_payments(config.region, &ports);
        platform
            .executor
            .spawn("matcher", run(Fleet::new(config.fleet, fleet_ports)));
        platform
    }

    fn spawn_services(&mut self, region: RegionId, ports: &ServicePorts) {
        let setting = Setting::default();
        for service in Service::ALL {
            self.declare(topology::service_queue(service, region));
            let name = service.name();
            let reactor = Reactor::new(service, region, setting, ports.clone(), Prefetch::default());
            self.executor.spawn(name, run(reactor));
            self.executor.spawn(
                format!("{name}.relay"),
                run(Relay::new(service, ports.clone(), BATCH_MAX)),
            );
        }
        for service in [Service::Trip, Service::Driver] {
            let timers = Deadlines::new(service, setting, ports.clone(), BATCH_MAX);
            self.executor
                .spawn(format!("{}.timers", service.name()), run(timers));
        }
        self.declare(topology::matcher_queue(region));
    }

    fn spawn_payments(&mut self, region: RegionId, ports: &ServicePorts) {
        self.declare(topology::payment_calls_queue(region));
        let gateway: Arc<dyn PaymentGateway> = Arc::clone(&self.company) as Arc<dyn PaymentGateway>;
        for number in 0..PAYMENT_CALLERS {
            let calls = PaymentCalls::new(region, Arc::clone(&gateway), ports.clone(), Prefetch::default());
            self.executor.spawn(format!("payment-calls.{number}"), run(calls));
        }
        let timers = PaymentDeadlines::new(gateway, ports.clone(), BATCH_MAX);
        self.executor.spawn("payment-service.timers", run(timers));
        let (company, bus, clock) = (
            Arc::clone(&self.company),
            self.bus.clone(),
            Arc::clone(&ports.clock),
        );
        self.executor
            .spawn("notices", deliver_notices(company, bus, clock, region));
    }

    /// Queues exist before anything is published: a message without a queue is nowhere.
    fn declare(&mut self, queue: QueueSpec) {
        let bus = self.bus.clone();
        self.executor.spawn("declare", async move {
            if let Err(error) = bus.declare(&queue).await {
                // In memory this cannot fail; over a broker the consumers declare again.
                debug_assert!(false, "{error}");
            }
        });
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

/// Carries the company's notices to the bus; a notice is acknowledged once the bus has it.
async fn deliver_notices(company: Arc<Sandbox>, bus: MemoryBus, clock: Arc<dyn Clock>, region: RegionId) {
    loop {
        let now = clock.now();
        let notices = company.due_notices(now, BATCH_MAX);
        let more = notices.len() == BATCH_MAX;
        let messages: Vec<Message> = notices.iter().map(|notice| message(*notice, region)).collect();
        for (notice, published) in notices.iter().zip(bus.publish(messages).await) {
            if matches!(published, Published::Confirmed) {
                company.acknowledge(notice.id);
            }
        }
        if !more {
            clock.wait_until(now.plus(NOTICES_EVERY)).await;
        }
    }
}

const fn message(notice: PaymentNotice, region: RegionId) -> Message {
    Message {
        body: Body::Notice(notice),
        region,
        trace: None,
        mandatory: true,
    }
}
