//! The whole platform on the memory adapters, struck by faults: every process that dies is begun anew.

use crate::broken::BrokenStore;
use crate::people::People;
use crate::setup::{Setup, Skews};
use async_trait::async_trait;
use fiacre_domain::audit::Audit;
use fiacre_domain::event::Event;
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::ledger::Ledger;
use fiacre_domain::money::Currency;
use fiacre_domain::payment::Payment;
use fiacre_domain::place::Place;
use fiacre_domain::saga::{self, Service};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    EstimatedRoutes, Executor, Faults, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations,
    MemoryTimers, SeededIds, SkewedClock, Step, TaskId, VirtualTime,
};
use fiacre_ports::{Bus, Clock, Cursor, EventStore, ParkReason, PaymentGateway, QueueSpec};
use fiacre_sandbox_payments::{Sandbox, deliver_notices};
use fiacre_services::composition::{Composition, Ground, Role};
use fiacre_services::desk::{DeskPorts, DriverDesk, RiderDesk, SupportDesk};
use fiacre_services::fleet::{FleetConfig, FleetPorts};
use fiacre_services::observer::NoObserver;
use fiacre_services::process::{Process, Turn, run};
use fiacre_services::reactor::ServicePorts;
use fiacre_services::state::State;
use fiacre_wire::seal::KeyedSeal;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A Friday afternoon in 2018, in New York.
pub(crate) const START: Timestamp = Timestamp::from_ms(1_527_890_400_000);
const BATCH_MAX: usize = 64;

/// What the services stand on, each with a clock of its own, struck by faults.
struct Machines {
    store: BrokenStore,
    memory: MemoryEventStore,
    bus: MemoryBus,
    timers: MemoryTimers,
    board: MemoryBoard,
    locations: MemoryLocations,
    company: Arc<Sandbox>,
    ids: [Arc<SeededIds>; 2],
    clocks: [(Service, SkewedClock); 3],
    faults: Faults,
}

impl Machines {
    fn clock(&self, service: Service) -> SkewedClock {
        let of_service = self.clocks.iter().find(|(of, _)| *of == service);
        of_service.unwrap().1.clone()
    }
}

fn clocks(time: &VirtualTime, skews: Skews) -> [(Service, SkewedClock); 3] {
    let Skews {
        trip,
        driver,
        payment,
    } = skews;
    let clock = |service, skew| (service, SkewedClock::new(time.clone(), skew));
    [
        clock(Service::Trip, trip),
        clock(Service::Driver, driver),
        clock(Service::Payment, payment),
    ]
}

impl Ground for Machines {
    /// A process that begins anew remembers nothing of an earlier life.
    fn service(&self, service: Service) -> ServicePorts {
        let clock = || self.clock(service);
        let memory = self.memory.for_clock(clock()).with_faults(&self.faults);
        ServicePorts {
            store: Arc::new(self.store.over(memory)),
            bus: Arc::new(self.bus.for_clock(clock()).with_faults(&self.faults)),
            timers: Arc::new(self.timers.for_clock(clock()).with_faults(&self.faults)),
            clock: Arc::new(clock()),
            observer: Arc::new(NoObserver),
            recent: Arc::default(),
        }
    }

    /// A matcher that begins anew begins with the latest sample of every driver.
    fn fleet(&self, number: u16) -> FleetPorts {
        FleetPorts {
            service: self.service(Service::Driver),
            board: Arc::new(self.board.clone().with_faults(&self.faults)),
            locations: Arc::new(self.locations.clone().with_faults(&self.faults)),
            ids: Arc::clone(&self.ids[usize::from(number)]) as _,
            routes: Arc::new(EstimatedRoutes::default().with_faults(&self.faults)),
        }
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        Arc::clone(&self.company) as _
    }
}

/// Carries the company's notices, and may die like everyone.
struct Messenger(Arc<Machines>);

#[async_trait]
impl Process for Messenger {
    fn name(&self) -> &'static str {
        "notices"
    }

    async fn turn(&mut self, _: Timestamp) -> Turn {
        let ServicePorts { bus, clock, .. } = self.0.service(Service::Payment);
        deliver_notices(Arc::clone(&self.0.company), bus, clock, region()).await;
        Turn::Closed
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
    machines: Arc<Machines>,
    queues: Vec<QueueSpec>,
    lives: BTreeMap<TaskId, Role>,
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

/// One process of each kind; or, with twins, two of each, also two active matchers, of which relays and processes for deadlines take half a service each.
fn composition(twins: bool) -> Composition {
    let count = if twins { 2 } else { 1 };
    Composition {
        consumers: count,
        matchers: count,
        payment_callers: 2,
        batch_max: BATCH_MAX,
        ..Composition::new(FleetConfig::new(region(), area()))
    }
    .with_shards(count)
    .unwrap()
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
        let bus = if setup.twins {
            bus.with_every_queue_shared()
        } else {
            bus
        };
        let locations = MemoryLocations::default();
        let company = Arc::new(Sandbox::new(setup.seed, Arc::clone(&clock)).with_policy(setup.payments));
        let ids = |twin: u64| Arc::new(SeededIds::new(time.clone(), setup.seed ^ (twin << 63)));
        let machines = Arc::new(Machines {
            store: BrokenStore::new(store.clone(), setup.breakage),
            memory: store.clone(),
            bus: bus.clone(),
            timers: MemoryTimers::new(time.clone()),
            board: MemoryBoard::new(time.clone()),
            locations: locations.clone(),
            company,
            ids: [ids(0), ids(1)],
            clocks: clocks(&time, setup.skews),
            faults: faults.clone(),
        });
        let desk = DeskPorts {
            bus: Arc::new(bus.clone().with_faults(&phones)),
            clock: Arc::clone(&clock),
            ids: Arc::new(SeededIds::new(time.clone(), !setup.seed)),
            seal: Arc::new(KeyedSeal::new([7; 32])),
            locations: Arc::new(locations.with_faults(&phones)),
            routes: Arc::new(EstimatedRoutes::default().with_faults(&phones)),
        };
        let executor = if setup.seeded {
            Executor::seeded(time.clone(), setup.seed)
        } else {
            Executor::fifo(time.clone())
        };
        let desks = (
            RiderDesk::new(region(), desk.clone()),
            DriverDesk::new(region(), desk.clone()),
            SupportDesk::new(region(), desk),
        );
        let mut world = Self {
            executor: executor.with_polls_per_instant_max(200_000),
            faults,
            phones,
            people: People::new(setup.habits, setup.seed, desks),
            seed: setup.seed,
            store,
            bus,
            time,
            machines,
            queues: Vec::new(),
            lives: BTreeMap::new(),
            crashes: 0,
        };
        world.begin_all(&composition(setup.twins));
        let (people, bus) = (world.people.clone(), world.bus.clone());
        world
            .executor
            .spawn("people", async move { people.live(&bus, clock).await });
        world
    }

    fn begin_all(&mut self, composition: &Composition) {
        self.queues = composition.queues(&*self.machines);
        self.queues.push(People::queue(region()));
        for queue in &self.queues {
            at_once(self.bus.declare(queue)).unwrap();
        }
        for role in composition.roles(&self.machines) {
            self.begin(role);
        }
        let machines = Arc::clone(&self.machines);
        self.begin(Role::new("notices", move || Messenger(Arc::clone(&machines))));
    }

    /// Begins a process, which is begun anew whenever it dies.
    fn begin(&mut self, role: Role) {
        let task = self.executor.spawn(role.name().to_owned(), run(role.begin()));
        self.lives.insert(task, role);
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
                let role = self.lives.remove(&task).unwrap();
                self.begin(role);
                self.crashes += 1;
            }
        }
    }

    /// Ends the processes of this name where they are, and begins them anew.
    pub(crate) fn begin_anew(&mut self, name: &str) {
        let is_meant = |life: &(&TaskId, &Role)| life.1.name() == name;
        let tasks: Vec<_> = self
            .lives
            .iter()
            .filter(is_meant)
            .map(|(task, _)| *task)
            .collect();
        for task in tasks {
            self.executor.crash(task);
            let role = self.lives.remove(&task).unwrap();
            self.begin(role);
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

    /// The trips that have ended, and whose money has.
    fn ended(&self) -> BTreeSet<TripId> {
        let mut states = BTreeMap::<StreamId, State>::new();
        for commit in self.log() {
            if let Some(empty) = State::empty(commit.stream) {
                let state = states.entry(commit.stream).or_insert(empty);
                state.evolve_all(&commit.events, commit.at);
            }
        }
        let charge = |trip, number| match states.get(&StreamId::Payment(trip, number)) {
            Some(State::Payment(charge)) => charge.clone(),
            _ => Payment::default(),
        };
        let trips = states.iter().filter_map(|(stream, state)| match (stream, state) {
            (StreamId::Trip(id), State::Trip(trip)) => Some((*id, trip)),
            _ => None,
        });
        trips
            .filter(|(id, trip)| saga::is_at_rest(trip, |number| charge(*id, number)))
            .map(|(id, _)| id)
            .collect()
    }

    /// Whether every order that was accepted has ended, and nothing is left to be told.
    pub(crate) fn has_converged(&self) -> bool {
        let ended = self.ended();
        self.people.has_asked_all() && self.people.accepted().iter().all(|trip| ended.contains(trip))
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
        self.machines.store.broken()
    }

    /// Drops every snapshot that is kept.
    pub(crate) fn forget_snapshots(&self) {
        self.store.forget_snapshots();
    }

    /// Loses what the matchers have written down of open searches.
    pub(crate) fn lose_board(&self) {
        self.machines.board.lose();
    }

    /// Sets the clock of a service, from now on.
    pub(crate) fn set_skew(&self, service: Service, skew: Millis) {
        for (_, clock) in self.machines.clocks.iter().filter(|(of, _)| *of == service) {
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
            .machines
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
