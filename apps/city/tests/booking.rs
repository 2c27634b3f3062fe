//! The walking skeleton: one trip with a held payment, from the order to the close, through the real ports and services.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail like its body"
)]

use fiacre_city::capacity::Capacity;
use fiacre_city::keep::Keep;
use fiacre_city::observer::CommitObserver;
use fiacre_city::platform::{Platform, PlatformConfig};
use fiacre_domain::audit::Audit;
use fiacre_domain::dispatch::{DispatchEvent, OfferNumber};
use fiacre_domain::driver::Fence;
use fiacre_domain::event::Event;
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{DriverId, PrincipalId, TripId};
use fiacre_domain::ledger::Ledger;
use fiacre_domain::matching::Sample;
use fiacre_domain::money::Currency;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Party, Ride, Surge, Tariff};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::{
    DeviceFact, FailReason, PaymentMethod, PersonalPlace, PersonalPlan, RejectReason, TripEvent,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_memory::EstimatedRoutes;
use fiacre_sandbox_payments::methods::{PM_GONE, PM_OK};
use fiacre_services::desk::Booking;
use fiacre_services::fleet::FleetConfig;
use fiacre_services::observer::NoObserver;
use fiacre_wire::seal::KeyedSeal;
use std::sync::{Arc, Mutex};

const START: Timestamp = Timestamp::from_ms(1_527_890_400_000);
const DRIVER: DriverId = DriverId::from_u128(1);

#[derive(Default)]
struct Log(Vec<Commit>);

impl CommitObserver for Log {
    fn saw(&mut self, commit: Commit) {
        self.0.push(commit);
    }
}

/// One rider, one driver, and the platform between them.
struct Stage {
    platform: Platform,
    log: Arc<Mutex<Log>>,
    tariff: Arc<Tariff>,
    ride: Ride,
    at: CivilDateTime,
}

impl Stage {
    fn new() -> Self {
        let region = "manhattan".parse().unwrap();
        let corner = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
        let area = ServiceArea::bounding(
            corner(406_800_000, -740_500_000),
            corner(408_900_000, -739_000_000),
        );
        let area = area.unwrap();
        let config = PlatformConfig {
            capacity: Capacity::ONE,
            keep: Keep::Memory,
            region,
            fleet: FleetConfig::new(region, area),
            start: START,
            seed: 7,
            payments: Some(fiacre_sandbox_payments::Policy::default()),
            roads: Arc::new(EstimatedRoutes::default()),
            zones: Arc::default(),
            approaches: Arc::new(EstimatedRoutes::default()),
        };
        let log = Arc::new(Mutex::new(Log::default()));
        let commit_observer: Arc<Mutex<dyn CommitObserver>> = Arc::clone(&log) as _;
        let seal = Arc::new(KeyedSeal::new([7; 32]));
        let platform = Platform::begin(config, seal, commit_observer, Arc::new(NoObserver)).unwrap();
        Self {
            platform,
            log,
            tariff: Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap()),
            ride: Ride::new(Millimetres::from_metres(3_000), Millis::from_minutes(10)),
            at: "2018-06-01T18:00".parse().unwrap(),
        }
    }

    /// What a person does, then `seconds` in which the platform works.
    fn then<T>(&mut self, asked: impl Future<Output = T>, seconds: i64) -> T {
        let answer = self.platform.executor.block_on(asked).unwrap();
        let until = self.platform.time.now().plus(Millis::from_secs(seconds));
        self.platform.executor.run_until(until).unwrap();
        answer
    }

    fn last<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> T {
        let log = self.log.lock().unwrap();
        let found = log
            .0
            .iter()
            .rev()
            .flat_map(|commit| commit.events.iter().rev())
            .find_map(pick);
        found.unwrap_or_else(|| panic!("not among {:?}", names(&log.0)))
    }

    fn booking(&self, pick_up: Place) -> Booking {
        let riders = &self.platform.desks.riders;
        let plan = PersonalPlan {
            pick_up: PersonalPlace::Known(pick_up),
            stops: Vec::new(),
            destination: None,
        };
        Booking {
            priced: riders
                .quote(&self.tariff, &plan, &self.ride, self.at, Surge::NONE)
                .unwrap(),
            rider: PrincipalId::from_u128(9),
            plan,
            payment: PaymentMethod::Hold { method: PM_OK },
            product: "taxi".parse().unwrap(),
            party_size: 1,
            requirements: Requirements::ONE_SEAT,
            policy: Arc::default(),
            expires_at: None,
        }
    }

    fn order(&mut self, booking: Booking) -> TripId {
        let riders = self.platform.desks.riders.clone();
        let origin = self.platform.desks.origin();
        self.then(async move { riders.book(origin, booking).await.unwrap() }, 5)
    }

    fn drive(&mut self, trip: TripId, fence: Fence) {
        let drivers = self.platform.desks.drivers.clone();
        let device = |sequence| DeviceFact {
            occurred_at: START,
            sequence,
        };
        let code = self.platform.desks.riders.start_code(trip);
        let (desk, origin) = (drivers.clone(), self.platform.desks.origin());
        self.then(
            async move {
                desk.arrive(origin, trip, DRIVER, fence, Millimetres::ZERO, device(1))
                    .await
                    .unwrap();
            },
            50,
        );
        let (desk, origin) = (drivers.clone(), self.platform.desks.origin());
        self.then(
            async move {
                desk.start(origin, trip, DRIVER, fence, code, device(2))
                    .await
                    .unwrap();
            },
            600,
        );
        let quote = self.tariff.quote(&self.ride, self.at, Surge::NONE).unwrap();
        let mut recorder = quote.recorder(self.at).unwrap();
        recorder
            .drive(Millimetres::from_metres(3_000), Millis::from_minutes(10))
            .unwrap();
        let reading = Arc::new(recorder.finish().unwrap());
        let origin = self.platform.desks.origin();
        self.then(
            async move {
                drivers
                    .complete(origin, trip, fence, DRIVER, reading, device(3))
                    .await
                    .unwrap();
            },
            60,
        );
    }
}

fn names(commits: &[Commit]) -> Vec<&'static str> {
    commits
        .iter()
        .flat_map(|commit| commit.events.iter().map(Event::name))
        .collect()
}

fn corner() -> Place {
    Place::from_e7(407_580_000, -739_855_000).unwrap()
}

fn assert_sound(commits: &[Commit]) {
    let (mut ledger, mut audit) = (Ledger::default(), Audit::default());
    for commit in commits {
        audit.observe(commit);
        for event in commit.events.iter() {
            ledger.fold(commit.stream, event).unwrap();
        }
    }
    assert_eq!(audit.finish().findings(), []);
    assert_eq!(ledger.sum(Currency::USD), 0);
}

fn made(event: &Event) -> Option<OfferNumber> {
    if let Event::Dispatch(DispatchEvent::OfferMade(offer)) = event {
        Some(offer.number)
    } else {
        None
    }
}

fn confirmed(event: &Event) -> Option<Fence> {
    if let Event::Trip(TripEvent::Confirmed { fence, .. }) = event {
        Some(*fence)
    } else {
        None
    }
}

#[test]
fn a_trip_goes_from_the_order_to_a_balanced_ledger_and_closes() {
    let mut stage = Stage::new();
    let pick_up = corner();
    let drivers = stage.platform.desks.drivers.clone();
    let origin = stage.platform.desks.origin();
    let shift = async move {
        drivers
            .go_online(origin, DRIVER, Capabilities::new(4).unwrap())
            .await
            .unwrap();
        drivers
            .locate(vec![Sample::new(DRIVER, pick_up, START, 1)])
            .await
            .unwrap();
    };
    stage.then(shift, 1);
    let trip = stage.order(stage.booking(pick_up));
    let offer = stage.last(made);
    let (drivers, origin) = (
        stage.platform.desks.drivers.clone(),
        stage.platform.desks.origin(),
    );
    stage.then(
        async move { drivers.accept(origin, trip, offer, DRIVER).await.unwrap() },
        5,
    );
    let fence = stage.last(confirmed);
    stage.drive(trip, fence);

    let log = stage.log.lock().unwrap();
    let names = names(&log.0);
    for wanted in [
        "TripConfirmed",
        "TripCompleted",
        "PaymentCaptured",
        "DriverReleased",
        "TripClosed",
    ] {
        assert_eq!(
            names.iter().filter(|name| **name == wanted).count(),
            1,
            "{wanted} in {names:?}"
        );
    }
    assert_sound(&log.0);
    let books = stage.platform.company.totals()[&Currency::USD];
    assert_eq!((books.open_minor, books.captured_minor > 0), (0, true));
}

/// The order was accepted, since the bus has it; that it is refused, and why, is an event that its rider is told.
#[test]
fn an_order_that_is_refused_says_why_and_leaves_nothing_else() {
    let mut stage = Stage::new();
    stage.ride = stage.ride.with_party(Party::adults(3).unwrap());
    let booking = Booking {
        party_size: 3,
        ..stage.booking(corner())
    };
    let trip = stage.order(booking.clone());
    let why = stage.last(|event| {
        if let Event::Trip(TripEvent::Rejected { reason }) = event {
            Some(*reason)
        } else {
            None
        }
    });
    assert_eq!(why, RejectReason::PartyTooLarge);
    assert_eq!(stage.order(booking), trip, "a quote is used once");
    let log = stage.log.lock().unwrap();
    assert_eq!(names(&log.0), ["TripRejected"], "once refused, always refused");
    assert_sound(&log.0);
}

/// The payment company will never take this way of paying.
#[test]
fn an_order_that_can_never_be_paid_for_fails_at_once_and_says_why() {
    let mut stage = Stage::new();
    let booking = Booking {
        payment: PaymentMethod::Hold { method: PM_GONE },
        ..stage.booking(corner())
    };
    let began = stage.platform.time.now();
    let trip = stage.order(booking);
    let why = stage.last(|event| {
        if let Event::Trip(TripEvent::Failed { reason, .. }) = event {
            Some(*reason)
        } else {
            None
        }
    });
    assert_eq!(why, FailReason::PaymentDeclined);
    let log = stage.log.lock().unwrap();
    let failed = log
        .0
        .iter()
        .find(|commit| names(std::slice::from_ref(commit)).contains(&"TripFailed"))
        .unwrap();
    assert_eq!(failed.stream, StreamId::Trip(trip));
    assert!(
        failed.at.since(began) < Millis::from_secs(5),
        "not when the budget is over"
    );
    assert_eq!(names(&log.0).last(), Some(&"TripClosed"));
    assert_sound(&log.0);
}
