//! The walking skeleton: one trip with a held payment, from the order to the close, through the real ports and services.

use fiacre_city::platform::{Platform, PlatformConfig};
use fiacre_city::witness::Witness;
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::id::{DriverId, PrincipalId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Quote, Ride, Surge};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{DeviceFact, PaymentMethod, PersonalPlace, PersonalPlan, TripEvent};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_domain::{dispatch::DispatchEvent, driver::Fence};
use fiacre_ports::Seal;
use fiacre_sandbox_payments::methods::PM_OK;
use fiacre_services::desk::Booking;
use fiacre_services::fleet::FleetConfig;
use fiacre_services::observer::NoObserver;
use std::sync::{Arc, Mutex};

struct PlainSeal;

impl Seal for PlainSeal {
    fn fingerprint(&self, _quote: &Quote) -> Fingerprint {
        Fingerprint::new([7; 32])
    }

    fn start_code(&self, _trip: TripId) -> u16 {
        1_234
    }
}

#[derive(Default)]
struct Log(Vec<Commit>);

impl Witness for Log {
    fn saw(&mut self, commit: &Commit) {
        self.0.push(commit.clone());
    }
}

fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
    Place::from_e7(latitude_e7, longitude_e7).unwrap()
}

#[test]
fn a_trip_goes_from_the_order_to_a_captured_fare_and_closes() {
    let start = Timestamp::from_ms(1_527_890_400_000);
    let region = "manhattan".parse().unwrap();
    let area =
        ServiceArea::bounding(place(406_800_000, -740_500_000), place(408_900_000, -739_000_000)).unwrap();
    let config = PlatformConfig {
        region,
        fleet: FleetConfig::new(region, area.clone()),
        area,
        start,
        seed: 7,
        payments: fiacre_sandbox_payments::Policy::default(),
    };
    let log = Arc::new(Mutex::new(Log::default()));
    let witness: Arc<Mutex<dyn Witness>> = log.clone();
    let mut platform = Platform::begin(config, Arc::new(PlainSeal), witness, Arc::new(NoObserver));
    let (riders, drivers) = (platform.riders.clone(), platform.drivers.clone());
    let driver = DriverId::from_u128(1);
    let pick_up = place(407_580_000, -739_855_000);
    let tariff = Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap());
    let ride = Ride::new(Millimetres::from_metres(3_000), Millis::from_minutes(10));
    let at = "2018-06-01T18:00".parse().unwrap();

    platform.executor.run_until(start).unwrap();
    let trip = {
        let (riders, drivers) = (riders.clone(), drivers.clone());
        let priced = riders.quote(&tariff, &ride, at, Surge::NONE).unwrap();
        platform
            .executor
            .block_on(async move {
                drivers
                    .go_online(driver, Capabilities::new(4).unwrap())
                    .await
                    .unwrap();
                drivers
                    .locate(vec![Sample::new(driver, pick_up, start, 1)])
                    .await
                    .unwrap();
                riders
                    .book(Booking {
                        priced,
                        rider: PrincipalId::from_u128(9),
                        plan: PersonalPlan {
                            pick_up: PersonalPlace::Known(pick_up),
                            stops: Vec::new(),
                            destination: None,
                        },
                        payment: PaymentMethod::Hold { method: PM_OK },
                        product: "taxi".parse().unwrap(),
                        party_size: 1,
                        requirements: Requirements::ONE_SEAT,
                        policy: Arc::default(),
                        expires_at: None,
                    })
                    .await
                    .unwrap()
            })
            .unwrap()
    };
    platform
        .executor
        .run_until(start.plus(Millis::from_secs(5)))
        .unwrap();
    let offer = last(&log, |event| match event {
        Event::Dispatch(DispatchEvent::OfferMade(offer)) => Some(offer.number),
        _ => None,
    });
    let desk = drivers.clone();
    platform
        .executor
        .block_on(async move { desk.accept(trip, offer, driver).await.unwrap() })
        .unwrap();
    platform
        .executor
        .run_until(start.plus(Millis::from_secs(10)))
        .unwrap();
    let fence: Fence = last(&log, |event| match event {
        Event::Trip(TripEvent::Confirmed { fence, .. }) => Some(*fence),
        _ => None,
    });
    let device = |sequence| DeviceFact {
        occurred_at: start,
        sequence,
    };
    let code = riders.start_code(trip);
    let desk = drivers.clone();
    platform
        .executor
        .block_on(async move {
            desk.arrive(trip, driver, fence, Millimetres::ZERO, device(1))
                .await
                .unwrap()
        })
        .unwrap();
    platform
        .executor
        .run_until(start.plus(Millis::from_secs(60)))
        .unwrap();
    let desk = drivers.clone();
    platform
        .executor
        .block_on(async move { desk.start(trip, driver, fence, code, device(2)).await.unwrap() })
        .unwrap();
    platform
        .executor
        .run_until(start.plus(Millis::from_secs(61)))
        .unwrap();
    let quote = tariff.quote(&ride, at, Surge::NONE).unwrap();
    let mut recorder = quote.recorder(at);
    recorder
        .drive(Millimetres::from_metres(3_000), Millis::from_minutes(10))
        .unwrap();
    let reading = Arc::new(recorder.finish().unwrap());
    let desk = drivers.clone();
    platform
        .executor
        .block_on(async move {
            desk.complete(trip, fence, driver, reading, device(3))
                .await
                .unwrap()
        })
        .unwrap();
    platform
        .executor
        .run_until(start.plus(Millis::from_secs(120)))
        .unwrap();

    let names: Vec<&str> = log
        .lock()
        .unwrap()
        .0
        .iter()
        .flat_map(|commit| commit.events.iter().map(Event::name))
        .collect();
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
    let totals = platform.company.totals();
    let dollars = totals.get(&fiacre_domain::money::Currency::USD).unwrap();
    assert_eq!(dollars.open_minor, 0, "{dollars:?}");
}

fn last<T>(log: &Mutex<Log>, pick: impl Fn(&Event) -> Option<T>) -> T {
    let log = log.lock().unwrap();
    let found = log
        .0
        .iter()
        .flat_map(|commit| commit.events.iter())
        .filter_map(&pick)
        .last();
    let names: Vec<&str> = log
        .0
        .iter()
        .flat_map(|commit| commit.events.iter().map(Event::name))
        .collect();
    found.unwrap_or_else(|| panic!("not in {names:?}"))
}
