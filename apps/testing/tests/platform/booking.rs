//! Riders and drivers.

use crate::{booked, booked_as, one_driver, ride};
use fiacre_domain::geo::ServiceArea;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::pricing::{Surge, SurgeInputs, SurgePolicy};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::trip::FailReason;
use fiacre_domain::units::{BasisPoints, Millimetres};
use fiacre_services::composition::Composition;
use fiacre_services::fleet::FleetConfig;
use fiacre_testing::{Error, Habit, Millis, Phase, Place, Platform, Ride, Setup, TripId, places};
use std::sync::Arc;

#[test]
fn a_ride_goes_from_the_order_to_a_balanced_ledger() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Confirmed);
    p.trip(trip).assert_driver("ann");
    p.driver("ann").assert_on(trip);
    p.arrive(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Arrived);
    p.pick_up(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Started);
    p.complete(trip).unwrap();
    p.run_until_idle();
    let probe = p.trip(trip);
    probe.assert_state(Phase::Completed);
    probe.assert_closed();
    assert_eq!(probe.due(), probe.captured());
    probe.assert_captured(probe.due().unwrap().minor());
    p.driver("ann").assert_free();
    assert_eq!(p.ledger().sum(Currency::USD), 0);
    assert_eq!(p.view(trip).unwrap().phase, Phase::Completed);
    p.audit().assert_over();
}

#[test]
fn a_booking_is_accepted_before_any_service_has_seen_it() {
    let mut p = one_driver().start();
    let trip = p.book(ride()).unwrap();
    p.trip(trip).assert_state(Phase::Absent);
    assert_eq!(p.view(trip), None);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn the_same_price_booked_twice_is_one_trip() {
    let mut p = one_driver().start();
    let priced = p.price(&ride()).unwrap();
    let first = p.book_at(priced.clone(), ride()).unwrap();
    p.run_until_idle();
    assert_eq!(p.book_at(priced, ride()).unwrap(), first);
    p.run_until_idle();
    p.trip(first).assert_count("TripRequested", 1);
    p.audit().assert_clean();
}

#[test]
fn a_driver_who_declines_is_not_asked_again() {
    let setup = Platform::in_memory().driver_who("ann", places::BRYANT_PARK, Habit::Declines);
    let mut p = setup.driver("bob", places::UNION_SQUARE).start();
    let trip = booked(&mut p);
    p.trip(trip).assert_driver("bob");
    p.trip(trip).assert_count("OfferDeclined", 1);
    p.trip(trip).assert_count("OfferMade", 2);
}

#[test]
fn offers_can_be_answered_by_hand() {
    let at = places::BRYANT_PARK;
    let setup = Platform::in_memory().driver_who("ann", at, Habit::Waits);
    let mut p = setup
        .driver_who("bob", places::UNION_SQUARE, Habit::Waits)
        .start();
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Requested);
    assert_eq!(p.accept(trip, "bob").unwrap_err().code(), "testing_no_offer");
    p.decline(trip, "ann").unwrap();
    p.run_until_idle();
    p.accept(trip, "bob").unwrap();
    p.run_until_idle();
    p.trip(trip).assert_driver("bob");
}

#[test]
fn an_offer_that_nobody_answers_lapses_and_goes_to_the_next() {
    let setup = Platform::in_memory().driver_who("ann", places::BRYANT_PARK, Habit::Waits);
    let mut p = setup.driver("bob", places::UNION_SQUARE).start();
    let trip = booked(&mut p);
    p.trip(trip).assert_count("OfferExpired", 0);
    p.advance_s(30);
    p.trip(trip).assert_count("OfferExpired", 1);
    p.trip(trip).assert_driver("bob");
}

#[test]
fn a_driver_who_gives_a_trip_back_is_replaced() {
    let mut p = one_driver().driver("bob", places::UNION_SQUARE).start();
    let trip = booked(&mut p);
    p.trip(trip).assert_driver("ann");
    p.withdraw(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_driver("bob");
    p.driver("ann").assert_free();
    p.drive(trip).unwrap();
    p.audit().assert_over();
}

#[test]
fn without_drivers_a_trip_fails_when_the_search_is_over() {
    let mut p = Platform::in_memory().start();
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Requested);
    p.advance_s(121);
    p.trip(trip).assert_state(Phase::Failed);
    assert!(
        p.trip(trip)
            .timeline()
            .contains(&format!("TripFailed {:?}", FailReason::NoDriver))
    );
    p.audit().assert_over();
}

#[test]
fn a_driver_who_comes_or_moves_near_is_found() {
    let mut p = Platform::in_memory().driver("far", places::HARLEM).start();
    let setup_seats = Capabilities::new(6).unwrap();
    let trip = booked_as(&mut p, ride().for_party(5, Requirements::new(5).unwrap()));
    p.trip(trip).assert_state(Phase::Requested);
    p.driver_comes_with("van", places::TIMES_SQUARE, Habit::Accepts, setup_seats)
        .unwrap();
    p.run_until_idle();
    p.trip(trip).assert_driver("van");
    let next = booked(&mut p);
    let waits = p.trip(next).phase() == Phase::Requested;
    p.driver_moves("far", places::COLUMBUS_CIRCLE).unwrap();
    p.run_until_idle();
    p.trip(next).assert_driver("far");
    assert!(waits || p.driver("far").trip() == Some(next));
}

#[test]
fn a_driver_off_duty_is_offered_nothing() {
    let mut p = one_driver().start();
    p.driver_goes("ann").unwrap();
    p.run_until_idle();
    assert!(!p.driver("ann").is_free());
    let trip = booked(&mut p);
    p.trip(trip).assert_count("OfferMade", 0);
}

#[test]
fn a_rider_can_cancel_at_any_time_and_pays_by_the_tariff() {
    let mut p = one_driver().start();
    let early = p.book(ride()).unwrap();
    p.cancel(early).unwrap();
    p.run_until_idle();
    p.trip(early).assert_state(Phase::Cancelled);
    p.trip(early).assert_captured(0);
    let late = booked(&mut p);
    p.cancel(late).unwrap();
    p.run_until_idle();
    p.trip(late).assert_state(Phase::Cancelled);
    p.driver("ann").assert_free();
    p.audit().assert_over();
}

#[test]
fn a_wrong_start_code_does_not_start_the_ride() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.arrive(trip).unwrap();
    p.run_until_idle();
    p.pick_up_wrongly(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Arrived);
    p.trip(trip).assert_count("StartCodeRefused", 1);
    p.pick_up(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Started);
}

#[test]
fn a_no_show_is_taken_after_the_grace_alone() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.arrive(trip).unwrap();
    p.run_until_idle();
    p.no_show(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Arrived);
    p.advance_s(5 * 60);
    p.no_show(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Cancelled);
    p.audit().assert_over();
}

#[test]
fn what_cannot_be_done_says_so() {
    let mut p = Platform::in_memory().start();
    let trip = booked(&mut p);
    let errors: [(Result<(), Error>, &str); 4] = [
        (p.arrive(trip), "testing_no_driver"),
        (p.accept(trip, "nobody"), "testing_no_such_driver"),
        (p.driver_goes("nobody"), "testing_no_such_driver"),
        (p.cancel(TripId::from_u128(1)), "testing_no_such_trip"),
    ];
    for (answer, code) in errors {
        assert_eq!(answer.unwrap_err().code(), code);
    }
}

#[test]
fn a_rider_can_go_elsewhere() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    let quoted = p.trip(trip).state().quote().unwrap().total();
    let nearer = Ride::new(places::TIMES_SQUARE, places::GRAND_CENTRAL);
    p.change_plan(trip, &nearer).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_count("TripPlanChanged", 1);
    p.drive(trip).unwrap();
    assert!(p.trip(trip).due().unwrap().minor() < quoted.minor());
    p.audit().assert_over();
}

#[test]
fn an_agent_can_correct_what_the_meter_showed() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.drive(trip).unwrap();
    let state = p.trip(trip).state();
    let (quote, before) = (state.quote().unwrap(), state.receipt().unwrap().total());
    let mut recorder = quote.recorder(quote.at()).unwrap();
    recorder
        .drive(Millimetres::from_metres(500), Millis::from_minutes(3))
        .unwrap();
    p.correct_reading(trip, recorder.finish().unwrap()).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_count("FareAdjusted", 1);
    assert!(p.trip(trip).state().receipt().unwrap().total().minor() < before.minor());
    p.audit().assert_clean();
}

#[test]
fn two_of_each_process_share_the_work() {
    let composition = Composition {
        consumers: 2,
        matchers: 2,
        ..Setup::ordinary_composition()
    };
    let setup = one_driver().driver("bob", places::COLUMBUS_CIRCLE);
    let mut p = setup.composition(composition.with_shards(2).unwrap()).start();
    let trips = [booked(&mut p), booked(&mut p)];
    for trip in trips {
        p.trip(trip).assert_count("TripConfirmed", 1);
        p.drive(trip).unwrap();
    }
    p.audit().assert_over();
}

/// Three drivers near the rider who wait to be told, of whom so many are asked at a time.
fn asked_at_a_time(fan_out: u8) -> Platform {
    let mut composition = Setup::ordinary_composition();
    composition.fleet = composition.fleet.with_fan_out(fan_out).unwrap();
    let mut setup = Platform::in_memory().composition(composition);
    for (name, at) in [
        ("ann", places::BRYANT_PARK),
        ("bob", places::COLUMBUS_CIRCLE),
        ("cat", places::UNION_SQUARE),
    ] {
        setup = setup.driver_who(name, at, Habit::Waits);
    }
    setup.start()
}

/// How many offers of a trip are open.
fn open_offers(p: &Platform, trip: TripId) -> usize {
    p.trip(trip).search().open_offers().len()
}

#[test]
fn of_several_who_are_asked_at_a_time_one_gets_the_trip_and_the_other_offers_are_withdrawn() {
    for fan_out in [2, 3] {
        for first in ["ann", "bob"] {
            let mut p = asked_at_a_time(fan_out);
            let trip = booked(&mut p);
            let asked = usize::from(fan_out);
            let all_asked = |p: &Platform| open_offers(p, trip) == asked;
            p.advance_until(Millis::from_secs(15), all_asked);
            p.trip(trip).assert_count("OfferMade", asked);
            p.accept(trip, first).unwrap();
            p.run_until_idle();
            p.trip(trip).assert_driver(first);
            p.trip(trip).assert_state(Phase::Confirmed);
            p.trip(trip).assert_count("OfferAccepted", 1);
            p.trip(trip).assert_count("OfferWithdrawn", asked - 1);
            assert_eq!(open_offers(&p, trip), 0);
            for other in ["ann", "bob", "cat"].into_iter().filter(|name| *name != first) {
                p.driver(other).assert_free();
                assert_eq!(p.accept(trip, other).unwrap_err().code(), "testing_no_offer");
            }
            p.drive(trip).unwrap();
            p.audit().assert_over();
        }
    }
}

#[test]
fn who_is_withdrawn_from_one_trip_is_asked_for_the_next_and_a_decline_asks_one_more() {
    let mut p = asked_at_a_time(2);
    let trip = booked(&mut p);
    p.advance_until(Millis::from_secs(15), |p| open_offers(p, trip) == 2);
    p.decline(trip, "ann").unwrap();
    p.advance_until(Millis::from_secs(15), |p| p.trip(trip).count("OfferMade") == 3);
    p.accept(trip, "cat").unwrap();
    p.run_until_idle();
    p.trip(trip).assert_driver("cat");
    p.trip(trip).assert_count("OfferWithdrawn", 1);
    let next = booked(&mut p);
    p.advance_until(Millis::from_secs(15), |p| open_offers(p, next) == 2);
    p.accept(next, "bob").unwrap();
    p.run_until_idle();
    p.trip(next).assert_driver("bob");
    for trip in [trip, next] {
        p.drive(trip).unwrap();
    }
    p.audit().assert_over();
}

#[test]
fn two_who_say_yes_at_once_are_one_driver() {
    let mut p = asked_at_a_time(3);
    let trip = booked(&mut p);
    p.advance_until(Millis::from_secs(15), |p| open_offers(p, trip) == 3);
    for name in ["cat", "ann", "bob"] {
        p.accept(trip, name).unwrap();
    }
    p.run_until_idle();
    p.trip(trip).assert_count("DriverAssigned", 1);
    p.trip(trip).assert_count("TripConfirmed", 1);
    let free = ["ann", "bob", "cat"]
        .into_iter()
        .filter(|name| p.driver(name).is_free());
    assert_eq!(free.count(), 2);
    p.drive(trip).unwrap();
    p.audit().assert_over();
}

#[test]
fn a_rider_can_tip_once_the_ride_is_over_and_not_before() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.tip(trip, 300).unwrap();
    p.run_until_idle();
    assert_eq!(p.trip(trip).tipped(), None);
    p.drive(trip).unwrap();
    let fare = p.trip(trip).captured().unwrap();
    p.tip(trip, 300).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_count("TripTipped", 1);
    assert_eq!(p.trip(trip).tipped(), Some(Money::new(300, Currency::USD)));
    // A charge of its own, beside the fare's.
    p.trip(trip).assert_captured(fare.minor());
    let totals = p.company().totals();
    let taken_minor = totals[&Currency::USD].captured_minor;
    assert_eq!(taken_minor, i128::from(fare.minor() + 300));
    p.audit().assert_over();
}

#[test]
fn a_ride_has_the_surge_that_the_test_says() {
    let mut p = one_driver().start();
    let policy = SurgePolicy::new(1, BasisPoints::ONE, BasisPoints::new(30_000)).unwrap();
    let busy = SurgeInputs {
        zone: None,
        demand: 90,
        supply: 10,
    };
    let surge = Surge::compute(policy, busy);
    assert_eq!(p.price(&ride()).unwrap().quote.surge(), &Surge::NONE);
    let trip = p.book(ride().with_surge(surge)).unwrap();
    p.run_until_idle();
    p.drive(trip).unwrap();
    let state = p.trip(trip).state();
    assert_eq!(state.quote().unwrap().surge(), &surge);
    p.audit().assert_over();
}

#[test]
fn a_ride_has_the_extras_and_waits_that_the_test_says() {
    let mut p = tokyo().start();
    let plain = Ride::new(ginza(), ueno());
    let called = plain.clone().with_extra("pick-up".parse().unwrap());
    let waiting = plain.clone().with_waiting(Millis::from_minutes(9));
    let mut total = |ride: &Ride| p.price(ride).unwrap().quote.total().minor();
    assert!(total(&called) > total(&plain));
    assert!(total(&waiting) > total(&plain));
    let unknown = plain.with_extra("dog".parse().unwrap());
    assert_eq!(p.price(&unknown).unwrap_err().code(), "desk_extra");
}

fn at(latitude_e7: i32, longitude_e7: i32) -> Place {
    Place::from_e7(latitude_e7, longitude_e7).unwrap()
}

fn ginza() -> Place {
    at(356_717_000, 1_397_650_000)
}

fn ueno() -> Place {
    at(357_141_000, 1_397_774_000)
}

/// Another city, with a driver in Ginza.
fn tokyo() -> Setup {
    let tariff = Arc::new(fiacre_tariffs::built_in("tokyo").unwrap());
    let area = ServiceArea::bounding(at(355_000_000, 1_396_000_000), at(358_000_000, 1_399_000_000));
    let composition = Composition::new(FleetConfig::new("tokyo".parse().unwrap(), area.unwrap()));
    let setup = Platform::in_memory().tariff(tariff).composition(composition);
    let setup = setup.utc_offset(Millis::from_minutes(9 * 60));
    setup.driver("ken", ginza())
}

#[test]
fn another_city_is_a_tariff_an_area_and_a_clock() {
    let mut p = tokyo().start();
    let trip = p.book(Ride::new(ginza(), ueno())).unwrap();
    p.run_until_idle();
    p.drive(trip).unwrap();
    assert_eq!(p.trip(trip).due().unwrap().currency().code(), "JPY");
    p.audit().assert_over();
}

/// There used to be no way on but the no-show, at the rider's cost.
#[test]
fn after_five_wrong_codes_an_agent_vouches_and_the_ride_begins() {
    let mut p = one_driver().start();
    let trip = booked(&mut p);
    p.arrive(trip).unwrap();
    p.run_until_idle();
    for _ in 0..6 {
        p.pick_up_wrongly(trip).unwrap();
        p.run_until_idle();
    }
    p.pick_up(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_count("StartCodeRefused", 5);
    p.trip(trip).assert_state(Phase::Arrived);
    p.vouch(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Started);
    p.complete(trip).unwrap();
    p.run_until_idle();
    p.audit().assert_over();
}
