//! The whole platform on the memory adapters, struck by faults: every process that dies is begun anew.

use crate::broken::BrokenStore;
use crate::people::People;
use crate::setup::{Setup, Skews};
use fiacre_domain::audit::Audit;
use fiacre_domain::event::Event;
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::ledger::Ledger;
use fiacre_domain::money::Currency;
use fiacre_domain::place::Place;
use fiacre_domain::saga::{Service, Setting};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    EstimatedRoutes, Executor, Faults, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations,
    MemoryTimers, SeededIds, SkewedClock, Step, TaskId, VirtualTime,
};
use fiacre_ports::{
    Body, Bus, Clock, Cursor, EventStore, Message, ParkReason, PaymentGateway, Prefetch, Published,
    QueueSpec, Shard,
};
use fiacre_sandbox_payments::Sandbox;
use fiacre_services::deadlines::Deadlines;
use fiacre_services::desk::{DeskPorts, DriverDesk, RiderDesk};
use fiacre_services::fleet::{Fleet, FleetConfig, FleetPorts};
use fiacre_services::observer::NoObserver;
use fiacre_services::payments::{PaymentCalls, PaymentDeadlines};
use fiacre_services::process::run;
use fiacre_services::reactor::{Reactor, ServicePorts};
use fiacre_services::relay::Relay;
use fiacre_services::topology;
use fiacre_wire::seal::KeyedSeal;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A Friday afternoon in 2018, in New York.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_527_890_400_000);
const BATCH_MAX: usize = 64;
const PAYMENT_CALLERS: usize = 2;

type Life = Pin<Box<dyn Future<Output = ()>>>;
type Begin = Box<dyn Fn() -> Life>;

/// What the services stand on, each with a clock of its own.
struct Ground {
    store: BrokenStore,
    memory: MemoryEventStore,
    bus: MemoryBus,
    timers: MemoryTimers,
    clocks: [(Service, SkewedClock); 3],
}

impl Ground {
    fn new(memory: MemoryEventStore, bus: MemoryBus, time: &VirtualTime, setup: &Setup) -> Self {
        let Skews {
            trip,
            driver,
            payment,
        } = setup.skews;
        let clock = |service, skew| (service, SkewedClock::new(time.clone(), skew));
        Self {
            store: BrokenStore::new(memory.clone(), setup.breakage),
            memory,
            bus,
            timers: MemoryTimers::new(time.clone()),
            clocks: [
                clock(Service::Trip, trip),
                clock(Service::Driver, driver),
                clock(Service::Payment, payment),
            ],
        }
    }

    /// The ports of a new process of `service`, struck by `faults`.
    fn ports(&self, service: Service, faults: &Faults) -> ServicePorts {
        let of_service = self.clocks.iter().find(|(of, _)| *of == service);
        let clock = || of_service.unwrap().1.clone();
        let memory = self.memory.for_clock(clock()).with_faults(faults);
        ServicePorts {
            store: Arc::new(self.store.over(memory)),
            bus: Arc::new(self.bus.for_clock(clock()).with_faults(faults)),
            timers: Arc::new(self.timers.for_clock(clock()).with_faults(faults)),
            clock: Arc::new(clock()),
            observer: Arc::new(NoObserver),
            recent: Arc::default(),
        }
    }
}

/// The platform, the people who use it, and what strikes it.
pub(crate) struct World {
    pub(crate) executor: Executor,
    /// What strikes the services.
    pub(crate) faults: Faults,
    /// What strikes the phones' way to the platform.
    pub(crate) phones: Faults,
    pub(crate) people: People,
    seed: u64,
    time: VirtualTime,
    store: MemoryEventStore,
    bus: MemoryBus,
    board: MemoryBoard,
    ground: Ground,
    company: Arc<Sandbox>,
    queues: Vec<QueueSpec>,
    lives: BTreeMap<TaskId, (String, Begin)>,
    crashes: u64,
}

fn region() -> RegionId {
    "manhattan".parse().unwrap()
}

fn area() -> ServiceArea {
    let corner = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
    ServiceArea::bounding(
        corner(406_800_000, -740_500_000),
        corner(408_900_000, -739_000_000),
    )
    .unwrap()
}

/// What readers that share a service take each: all of it, or a half.
fn shards(twins: bool) -> Vec<Shard> {
    let count = if twins { 2 } else { 1 };
    (0..count)
        .map(|index| Shard::new(index, count).unwrap())
        .collect()
}

/// The same ports for a process that remembers nothing of an earlier life.
fn forgetful(ports: &ServicePorts) -> ServicePorts {
    ServicePorts {
        recent: Arc::default(),
        ..ports.clone()
    }
}

/// What a future gives that need not wait.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits"),
    }
}

impl World {
    pub(crate) fn new(setup: Setup) -> Self {
        let time = VirtualTime::starting_at(START);
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(time.clone(), Millis::ZERO));
        let (faults, phones) = (
            Faults::new(time.clone(), setup.seed),
            Faults::new(time.clone(), !setup.seed),
        );
        let store = MemoryEventStore::new(time.clone());
        let bus = MemoryBus::new(time.clone());
        let locations = MemoryLocations::default();
        let company = Arc::new(Sandbox::new(setup.seed, Arc::clone(&clock)).with_policy(setup.payments));
        let ground = Ground::new(store.clone(), bus.clone(), &time, &setup);
        let desk = DeskPorts {
            bus: Arc::new(bus.clone().with_faults(&phones)),
            clock: Arc::clone(&clock),
            ids: Arc::new(SeededIds::new(time.clone(), !setup.seed)),
            seal: Arc::new(KeyedSeal::new([7; 32])),
            locations: Arc::new(locations.clone().with_faults(&phones)),
            routes: Arc::new(EstimatedRoutes::default().with_faults(&phones)),
        };
        let executor = if setup.seeded {
            Executor::seeded(time.clone(), setup.seed)
        } else {
            Executor::fifo(time.clone())
        };
        let (riders, drivers) = (
            RiderDesk::new(region(), desk.clone()),
            DriverDesk::new(region(), desk),
        );
        let mut world = Self {
            executor: executor.with_polls_per_instant_max(200_000),
            faults,
            phones,
            people: People::new(setup.habits, setup.seed, riders, drivers),
            seed: setup.seed,
            store,
            bus,
            board: MemoryBoard::new(time.clone()),
            time,
            ground,
            company,
            queues: Vec::new(),
            lives: BTreeMap::new(),
            crashes: 0,
        };
        world.declare_queues();
        world.begin_services(setup.twins);
        world.begin_payments(setup.twins);
        world.begin_matchers(&locations, setup.twins);
        let (people, bus) = (world.people.clone(), world.bus.clone());
        world
            .executor
            .spawn("people", async move { people.live(&bus, clock).await });
        world
    }

    fn declare_queues(&mut self) {
        self.queues = Service::ALL
            .map(|service| topology::service_queue(service, region()))
            .into_iter()
            .chain([
                topology::payment_calls_queue(region()),
                topology::matcher_queue(region()),
                People::queue(region()),
            ])
            .collect();
        for queue in &self.queues {
            at_once(self.bus.declare(queue)).unwrap();
        }
    }

    /// Begins a process, which is begun anew whenever it dies.
    fn live(&mut self, name: impl Into<String>, begin: impl Fn() -> Life + 'static) {
        self.begin(name.into(), Box::new(begin));
    }

    fn begin(&mut self, name: String, begin: Begin) {
        let task = self.executor.spawn(name.clone(), begin());
        self.lives.insert(task, (name, begin));
    }

    fn begin_reactor(&mut self, service: Service, ports: ServicePorts) {
        self.live(service.name(), move || {
            let (ports, prefetch) = (forgetful(&ports), Prefetch::default());
            Box::pin(run(Reactor::new(
                service,
                region(),
                Setting::default(),
                ports,
                prefetch,
            )))
        });
    }

    fn begin_services(&mut self, twins: bool) {
        let setting = Setting::default();
        for service in Service::ALL {
            let name = service.name();
            let own = self.ground.ports(service, &self.faults);
            self.begin_reactor(service, own.clone());
            for shard in shards(twins) {
                let own = own.clone();
                self.live(format!("{name}.relay"), move || {
                    let relay = Relay::new(service, own.clone(), BATCH_MAX);
                    Box::pin(run(relay.with_shard(shard)))
                });
            }
        }
        for service in [Service::Trip, Service::Driver] {
            for shard in shards(twins) {
                let own = self.ground.ports(service, &self.faults);
                self.live(format!("{}.timers", service.name()), move || {
                    let deadlines = Deadlines::new(service, setting, own.clone(), BATCH_MAX);
                    Box::pin(run(deadlines.with_shard(shard)))
                });
            }
        }
    }

    fn begin_matchers(&mut self, locations: &MemoryLocations, twins: bool) {
        for twin in 0..=u64::from(twins) {
            let fleet = FleetPorts {
                service: self.ground.ports(Service::Driver, &self.faults),
                board: Arc::new(self.board.clone().with_faults(&self.faults)),
                // A reader that starts anew begins with the latest sample of every driver.
                locations: Arc::new(locations.clone().with_faults(&self.faults)),
                ids: Arc::new(SeededIds::new(self.time.clone(), self.seed ^ (twin << 63))),
                routes: Arc::new(EstimatedRoutes::default().with_faults(&self.faults)),
            };
            self.live("matcher", move || {
                let config = FleetConfig::new(region(), area());
                let service = forgetful(&fleet.service);
                Box::pin(run(Fleet::new(
                    config,
                    FleetPorts {
                        service,
                        ..fleet.clone()
                    },
                )))
            });
        }
        if twins {
            let ports = self.ground.ports(Service::Driver, &self.faults);
            self.begin_reactor(Service::Driver, ports);
        }
    }

    fn begin_payments(&mut self, twins: bool) {
        let ports = self.ground.ports(Service::Payment, &self.faults);
        let gateway: Arc<dyn PaymentGateway> = Arc::clone(&self.company) as _;
        for number in 0..PAYMENT_CALLERS {
            let (own, gateway) = (ports.clone(), Arc::clone(&gateway));
            self.live(format!("payment-calls.{number}"), move || {
                let gateway = Arc::clone(&gateway);
                Box::pin(run(PaymentCalls::new(
                    region(),
                    gateway,
                    own.clone(),
                    Prefetch(8),
                )))
            });
        }
        for shard in shards(twins) {
            let (own, gateway) = (ports.clone(), Arc::clone(&gateway));
            self.live("payment-service.timers", move || {
                let deadlines = PaymentDeadlines::new(Arc::clone(&gateway), own.clone(), BATCH_MAX);
                Box::pin(run(deadlines.with_shard(shard)))
            });
        }
        let (company, bus, clock) = (
            Arc::clone(&self.company),
            Arc::clone(&ports.bus),
            Arc::clone(&ports.clock),
        );
        self.live("notices", move || {
            Box::pin(deliver_notices(
                Arc::clone(&company),
                Arc::clone(&bus),
                Arc::clone(&clock),
            ))
        });
    }

    /// Runs for `span`; a process that a fault kills is begun anew at once.
    pub(crate) fn run_for(&mut self, span: Millis) {
        let until = self.time.now().plus(span);
        while self.time.now() < until {
            let step = self.executor.step().unwrap_or_else(|error| panic!("{error}"));
            if let Some(call) = self.faults.take_crash() {
                let Step::Polled(task) = step else {
                    panic!("{} died in {}", "nobody", call.name());
                };
                self.executor.crash(task);
                let (name, begin) = self.lives.remove(&task).unwrap();
                self.begin(name, begin);
                self.crashes += 1;
            }
        }
    }

    /// Ends the processes of this name where they are, and begins them anew.
    pub(crate) fn begin_anew(&mut self, name: &str) {
        let is_meant = |life: &(&TaskId, &(String, Begin))| life.1.0 == name;
        let tasks: Vec<_> = self
            .lives
            .iter()
            .filter(is_meant)
            .map(|(task, _)| *task)
            .collect();
        for task in tasks {
            self.executor.crash(task);
            let (name, begin) = self.lives.remove(&task).unwrap();
            self.begin(name, begin);
        }
    }

    pub(crate) const fn crashes(&self) -> u64 {
        self.crashes
    }

    /// Every commit, stream by stream.
    pub(crate) fn log(&self) -> Vec<Arc<Commit>> {
        let (mut commits, mut from) = (Vec::new(), Some(Cursor::default()));
        while let Some(cursor) = from {
            let page = at_once(self.store.scan(&cursor, 1_000)).unwrap();
            from = page.next.filter(|_| !page.entries.is_empty());
            commits.extend(page.entries.into_iter().map(|entry| entry.commit.unwrap()));
        }
        commits
    }

    /// How often each event is in the log.
    pub(crate) fn events(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for event in self.log().iter().flat_map(|commit| commit.events.iter()) {
            *counts.entry(event.name()).or_default() += 1;
        }
        counts
    }

    /// The trips that have ended.
    fn ended(&self) -> BTreeSet<TripId> {
        let log = self.log();
        let ends = |commit: &Commit| {
            let is_end = |event: &Event| ["TripClosed", "TripRejected"].contains(&event.name());
            commit.events.iter().any(is_end)
        };
        log.iter()
            .filter(|commit| ends(commit))
            .filter_map(|commit| match commit.stream {
                StreamId::Trip(trip) => Some(trip),
                _ => None,
            })
            .collect()
    }

    /// Whether every order that was accepted has ended, and nothing is left to be told.
    pub(crate) fn has_converged(&self) -> bool {
        let ended = self.ended();
        self.people.has_booked_all() && self.people.accepted().iter().all(|trip| ended.contains(trip))
    }

    /// Runs until every accepted order has ended, for `most` at most; says what is left where it does not.
    pub(crate) fn converge(&mut self, most: Millis) {
        let until = self.time.now().plus(most);
        while !self.has_converged() {
            if self.time.now() >= until {
                let ended = self.ended();
                let left = self
                    .people
                    .accepted()
                    .into_iter()
                    .find(|trip| !ended.contains(trip));
                panic!(
                    "seed {}: no end of {left:?} after {most:?}: {:?}; parked {:?}; queues {:?}",
                    self.seed,
                    left.map(|trip| self.story(trip)),
                    self.parked(),
                    self.depths()
                );
            }
            self.run_for(Millis::from_minutes(1));
        }
        // What is late is told, too.
        self.run_for(Millis::from_minutes(1));
    }

    fn depths(&self) -> Vec<String> {
        let depth = |queue: &QueueSpec| format!("{} {:?}", queue.name, self.bus.depth(&queue.name));
        self.queues.iter().map(depth).collect()
    }

    /// What happened on the streams of a trip.
    fn story(&self, trip: TripId) -> Vec<String> {
        let log = self.log();
        let of_trip = log.iter().filter(|commit| commit.stream.trip() == Some(trip));
        let mut told: Vec<_> = of_trip
            .map(|commit| {
                let names: Vec<_> = commit.events.iter().map(Event::name).collect();
                let kind = commit.stream.to_string();
                let kind = kind.split('-').next().unwrap_or_default().to_owned();
                (
                    commit.at,
                    format!("{}s {kind} {names:?}", commit.at.since(START).get() / 1_000),
                )
            })
            .collect();
        told.sort();
        told.into_iter().map(|(_, text)| text).collect()
    }

    /// Why messages are parked.
    pub(crate) fn parked(&self) -> Vec<ParkReason> {
        let parked = |queue: &QueueSpec| at_once(self.bus.parked(&queue.name, None, 100)).unwrap();
        self.queues
            .iter()
            .flat_map(parked)
            .map(|parked| parked.reason)
            .collect()
    }

    /// How often the store broke.
    pub(crate) fn broken(&self) -> u64 {
        self.ground.store.broken()
    }

    /// Drops every snapshot that is kept.
    pub(crate) fn forget_snapshots(&self) {
        self.store.forget_snapshots();
    }

    /// Loses what the matchers have written down of open searches.
    pub(crate) fn lose_board(&self) {
        self.board.lose();
    }

    /// Sets the clock of a service, from now on.
    pub(crate) fn set_skew(&self, service: Service, skew: Millis) {
        for (_, clock) in self.ground.clocks.iter().filter(|(of, _)| *of == service) {
            clock.set_offset(skew);
        }
    }

    /// The codes of what the auditor finds.
    pub(crate) fn findings(&self) -> BTreeSet<&'static str> {
        let mut audit = Audit::default();
        for commit in self.log() {
            audit.observe(&commit);
        }
        let report = audit.finish();
        report
            .findings()
            .iter()
            .map(|finding| finding.flaw().code())
            .collect()
    }

    /// No audit finding, a ledger that sums to nothing and agrees with the company's books, nothing held, nothing parked.
    pub(crate) fn assert_clean(&self) {
        let (mut ledger, mut audit) = (Ledger::default(), Audit::default());
        for commit in self.log() {
            audit.observe(&commit);
            for event in commit.events.iter() {
                ledger.fold(commit.stream, event).unwrap();
            }
        }
        let report = audit.finish();
        assert_eq!(report.findings(), [], "seed {}", self.seed);
        assert_eq!(ledger.sum(Currency::USD), 0);
        let ours = ledger.movements(Currency::USD);
        let books = self
            .company
            .totals()
            .get(&Currency::USD)
            .copied()
            .unwrap_or_default();
        // A hold that was lost before anyone could know of it is in the company's books alone, given and taken back.
        let of_company = (
            books.captured_minor,
            books.open_minor,
            books.authorised_minor - books.released_minor,
            books.refunded_minor,
        );
        let of_ledger = (
            ours.captured_minor,
            ours.open_minor,
            ours.authorised_minor - ours.released_minor,
            ours.refunded_minor,
        );
        assert_eq!(
            of_ledger, of_company,
            "seed {}: captured, open, kept, refunded",
            self.seed
        );
        assert!(ours.authorised_minor <= books.authorised_minor && ours.is_balanced());
        assert_eq!(
            (ours.open_minor, self.parked()),
            (0, Vec::new()),
            "seed {}",
            self.seed
        );
    }
}

/// Carries the company's notices to the bus.
async fn deliver_notices(company: Arc<Sandbox>, bus: Arc<dyn Bus>, clock: Arc<dyn Clock>) {
    loop {
        let now = clock.now();
        for notice in company.due_notices(now, BATCH_MAX) {
            let message = Message {
                body: Body::Notice(notice),
                region: region(),
                trace: None,
                mandatory: true,
            };
            if matches!(bus.publish(vec![message]).await[..], [Published::Confirmed]) {
                company.acknowledge(notice.id);
            }
        }
        clock.wait_until(now.plus(Millis::from_secs(1))).await;
    }
}
