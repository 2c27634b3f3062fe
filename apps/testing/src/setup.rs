//! How a platform is set up, before it starts.

use crate::machinery::Machinery;
use crate::machines::{Clocks, Looks, Machines, MatcherIds};
use crate::people::{Habit, People, tell_whereabouts};
use crate::platform::{Desks, Platform, Prices, at_once};
use crate::strike::{Run, Strike};
use fiacre_domain::geo::{ServiceArea, ZoneMap};
use fiacre_domain::id::RegionId;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::saga::Service;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    EstimatedRoutes, Executor, Faults, MemoryBoard, MemoryBus, MemoryEventStore, MemoryLocations,
    MemoryTimers, MemoryViews, SeededIds, SkewedClock, VirtualTime,
};
use fiacre_ports::{
    Bus, Clock, Consumer, EventKinds, IdSource, LocationFeed, Prefetch, QueueSpec, RouteProvider,
};
use fiacre_sandbox_payments::{Policy, Sandbox};
use fiacre_services::composition::Composition;
use fiacre_services::desk::{DeskPorts, DriverDesk, RiderDesk, SupportDesk};
use fiacre_services::fleet::FleetConfig;
use fiacre_services::topology;
use fiacre_wire::seal::KeyedSeal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Friday, 1 June 2018, 18:00 in New York.
pub const START: Timestamp = Timestamp::from_ms(1_527_890_400_000);
/// New York's summer time.
const UTC_OFFSET: Millis = Millis::from_minutes(-4 * 60);
/// Two polls of each task an instant are ordinary; this many are tasks that wake each other.
const POLLS_PER_INSTANT_MAX: u64 = 1_000_000;

/// A platform that has not started yet: made by [`Platform::in_memory`].
#[derive(Debug)]
pub struct Setup {
    run: Run,
    is_traced: bool,
    start: Timestamp,
    utc_offset: Millis,
    tariff: Option<Arc<Tariff>>,
    zones: Option<ZoneMap>,
    payments: Policy,
    composition: Option<Composition>,
    skews: Vec<(Service, Millis)>,
    company: Option<PathBuf>,
    drivers: Vec<(String, Place, Habit)>,
}

impl Platform {
    /// A platform in memory: a region of Manhattan, New York's tariff of 2018, one process of each kind, nobody there yet.
    pub fn in_memory() -> Setup {
        Setup {
            run: Run::default(),
            is_traced: false,
            start: START,
            utc_offset: UTC_OFFSET,
            tariff: None,
            zones: None,
            payments: Policy::default(),
            composition: None,
            skews: Vec::new(),
            company: None,
            drivers: Vec::new(),
        }
    }
}

/// What an expectation of this crate's own says; a test that sees it has found a bug here.
pub(crate) fn own<T, E: std::fmt::Display>(value: Result<T, E>, what: &str) -> T {
    match value {
        Ok(value) => value,
        Err(error) => unreachable!("{what}: {error}"),
    }
}

fn region() -> RegionId {
    own("manhattan".parse(), "a name of a region")
}

/// Manhattan and a little of what lies around it.
fn area() -> ServiceArea {
    let corner = |latitude_e7, longitude_e7| own(Place::from_e7(latitude_e7, longitude_e7), "a place");
    let (south_west, north_east) = (
        corner(406_800_000, -740_500_000),
        corner(408_900_000, -739_000_000),
    );
    own(ServiceArea::bounding(south_west, north_east), "an area")
}

impl Setup {
    /// What every order of tasks, every id and the payment company's chance come from (default 0): the same seed and the same
    /// test are the same run, another seed is another order of everything that may come in another order.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.run.seed = seed;
        self
    }

    /// Writes down every call that a fault can strike.
    pub(crate) const fn traced(mut self) -> Self {
        self.is_traced = true;
        self
    }

    /// With this fault, once.
    pub(crate) const fn struck(mut self, strike: Strike) -> Self {
        self.run.strike = Some(strike);
        self
    }

    /// With a driver on duty, with four seats, who [accepts](Habit::Accepts) whatever is offered.
    #[must_use]
    pub fn driver(self, name: impl Into<String>, at: Place) -> Self {
        self.driver_who(name, at, Habit::Accepts)
    }

    /// With a driver on duty who answers offers like this.
    #[must_use]
    pub fn driver_who(mut self, name: impl Into<String>, at: Place, habit: Habit) -> Self {
        self.drivers.push((name.into(), at, habit));
        self
    }

    /// Beginning at another time than [`START`].
    #[must_use]
    pub const fn starting_at(mut self, start: Timestamp) -> Self {
        self.start = start;
        self
    }

    /// With local time so far ahead of UTC (default −4 h).
    #[must_use]
    pub const fn utc_offset(mut self, offset: Millis) -> Self {
        self.utc_offset = offset;
        self
    }

    /// Where the tariff's zones lie. Unless the test says, they all lie elsewhere: no ride is charged for one.
    #[must_use]
    pub fn zones(mut self, zones: ZoneMap) -> Self {
        self.zones = Some(zones);
        self
    }

    /// With this tariff.
    #[must_use]
    pub fn tariff(mut self, tariff: Arc<Tariff>) -> Self {
        self.tariff = Some(tariff);
        self
    }

    /// With a payment company that treats methods without a script like this.
    #[must_use]
    pub const fn payments(mut self, policy: Policy) -> Self {
        self.payments = policy;
        self
    }

    /// With other numbers of processes, another region, other ways of matching: begin with
    /// [`Setup::ordinary_composition`].
    #[must_use]
    pub fn composition(mut self, composition: Composition) -> Self {
        self.composition = Some(composition);
        self
    }

    /// One process of each kind, in Manhattan.
    pub fn ordinary_composition() -> Composition {
        Composition::new(FleetConfig::new(region(), area()))
    }

    /// With the clock of a service so far ahead (behind, if negative).
    #[must_use]
    pub fn skew(mut self, service: Service, ahead: Millis) -> Self {
        self.skews.push((service, ahead));
        self
    }

    /// With a payment company whose records are in this folder, so that it outlives the platform: the next one that is started
    /// with it, and the same seed, meets the company as it was left, holds and all.
    #[must_use]
    pub fn company_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.company = Some(folder.into());
        self
    }

    /// Starts every process, and lets the drivers go on duty.
    ///
    /// # Panics
    ///
    /// If the payment company's records [cannot be opened](Self::company_in).
    #[track_caller]
    pub fn start(mut self) -> Platform {
        let drivers = std::mem::take(&mut self.drivers);
        let mut platform = self.begin();
        for (name, at, habit) in drivers {
            // Nothing can go wrong yet: nobody has asked for a fault.
            own(platform.driver_comes(&name, at, habit), "a driver on duty");
        }
        platform.run_until_idle();
        platform
    }

    #[track_caller]
    fn begin(self) -> Platform {
        let time = VirtualTime::starting_at(self.start);
        let company = Arc::new(self.found_company(&time));
        let composition = self.composition.unwrap_or_else(Self::ordinary_composition);
        let region = composition.fleet.region();
        let seed = self.run.seed;
        let machines = Arc::new(machines(&time, seed, company));
        self.run.strike.inspect(|strike| strike.script(&machines.faults));
        if self.is_traced {
            machines.faults.trace();
        }
        for (service, ahead) in self.skews {
            machines.clocks.of(service).set_offset(ahead);
        }
        let phones = Faults::new(time.clone(), !seed);
        let desk = desk_ports(&time, seed, &machines, &phones);
        let nyc = || {
            own(
                fiacre_tariffs::built_in("nyc-2018"),
                "a tariff that comes with the crate",
            )
        };
        let tariff = self.tariff.unwrap_or_else(|| Arc::new(nyc()));
        let zones = self.zones.unwrap_or_else(|| all_elsewhere(&tariff));
        let desks = Desks {
            riders: RiderDesk::new(region, desk.clone()).with_zones(Arc::new(zones)),
            drivers: DriverDesk::new(region, desk.clone()),
            support: SupportDesk::new(region, desk.clone()),
            ids: desk.ids,
        };
        let executor = Executor::seeded(time.clone(), seed);
        let executor = executor.with_polls_per_instant_max(POLLS_PER_INSTANT_MAX);
        let mut machinery = Machinery::new(executor, Arc::clone(&machines), &composition);
        let hears = declare(&machines, &machinery, region);
        machinery.begin_all();
        let people = People::default();
        let tells = tell_whereabouts(desks.drivers.clone(), time, people.whereabouts.clone());
        machinery.executor.spawn("phones", tells);
        Platform {
            run: self.run,
            start: self.start,
            machinery,
            machines,
            phones,
            desks,
            people,
            prices: Prices {
                tariff,
                utc_offset: self.utc_offset,
            },
            riders: BTreeMap::new(),
            hears,
            looked_at: None,
            moves: 0,
        }
    }
}

impl Setup {
    #[track_caller]
    #[expect(clippy::panic, reason = "a test fails by panicking")]
    fn found_company(&self, time: &VirtualTime) -> Sandbox {
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(time.clone(), Millis::ZERO));
        let company = match &self.company {
            None => Ok(Sandbox::new(self.run.seed, clock)),
            Some(folder) => Sandbox::open(folder, self.run.seed, clock),
        };
        match company {
            Ok(company) => company.with_policy(self.payments),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Declares every queue, and gives where drivers hear of offers. In memory, neither waits for anything nor fails.
fn declare(machines: &Machines, machinery: &Machinery, region: RegionId) -> Box<dyn Consumer> {
    let phones = phones_queue(region);
    for queue in machinery.queues().iter().chain([&phones]) {
        own(in_memory(machines.bus.declare(queue)), "a queue");
    }
    own(
        in_memory(machines.bus.consume(&phones.name, Prefetch::default())),
        "a consumer",
    )
}

fn in_memory<T>(asked: impl Future<Output = T>) -> T {
    at_once(asked).unwrap_or_else(|| unreachable!("memory need not wait"))
}

/// Where drivers hear of offers.
fn phones_queue(region: RegionId) -> QueueSpec {
    QueueSpec {
        events: EventKinds::All,
        ..topology::reader_queue("phones", region, &[])
    }
}

fn machines(time: &VirtualTime, seed: u64, company: Arc<Sandbox>) -> Machines {
    let faults = Faults::new(time.clone(), seed);
    Machines {
        store: MemoryEventStore::new(time.clone()).with_history(),
        bus: MemoryBus::new(time.clone()),
        timers: MemoryTimers::new(time.clone()),
        board: MemoryBoard::new(time.clone()),
        views: MemoryViews::default(),
        locations: MemoryLocations::default(),
        company,
        approaches: Arc::new(EstimatedRoutes::default().with_faults(&faults)) as Arc<dyn RouteProvider>,
        ids: MatcherIds::new(time.clone(), seed),
        clocks: Clocks::new(time),
        faults,
        looks: Looks::default(),
    }
}

fn desk_ports(time: &VirtualTime, seed: u64, machines: &Machines, phones: &Faults) -> DeskPorts {
    DeskPorts {
        bus: Arc::new(machines.bus.clone().with_faults(phones)),
        clock: Arc::new(SkewedClock::new(time.clone(), Millis::ZERO)),
        ids: Arc::new(SeededIds::new(time.clone(), !seed)) as Arc<dyn IdSource>,
        seal: Arc::new(KeyedSeal::new([7; 32])),
        locations: Arc::new(machines.locations.clone().with_faults(phones)) as Arc<dyn LocationFeed>,
        routes: Arc::new(EstimatedRoutes::default().with_faults(phones)),
    }
}

/// A map on which no ride touches a zone of the tariff.
fn all_elsewhere(tariff: &Tariff) -> ZoneMap {
    let zones = tariff.zones().ids();
    zones.fold(ZoneMap::default(), ZoneMap::with_elsewhere)
}
