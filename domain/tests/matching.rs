//! What a person reads of a match: who was considered for a trip, who got it, and why the others did not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::canonical::{Canonical, CanonicalBytes};
use fiacre_domain::geo::{AreaError, ServiceArea};
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{
    Availability, Batch, Market, Outcome, Pair, Policy, Request, Sample, Standing, StraightLine, Supply,
    Terms, Verdict, VerdictCounts, Verdicts, assign, candidates, greedy,
};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{BasisPoints, Millis};

const NOW: Timestamp = Timestamp::from_ms(1_000_000);
const TRIP: TripId = TripId::from_u128(1);
const OTHER: TripId = TripId::from_u128(2);
const NEAR: DriverId = DriverId::from_u128(11);
const FAR: DriverId = DriverId::from_u128(12);
const BUSY: DriverId = DriverId::from_u128(13);

/// `units` ten-millionths of a degree east of the pick-up: 1.1 cm each.
fn east(units: i32) -> Place {
    Place::from_e7(407_000_000, -739_000_000 + units).unwrap()
}

fn supply() -> Supply {
    let corners = (
        Place::from_e7(406_000_000, -740_000_000),
        Place::from_e7(408_000_000, -738_000_000),
    );
    Supply::new(ServiceArea::bounding(corners.0.unwrap(), corners.1.unwrap()).unwrap())
}

/// A driver with one seat, so many units east, heard of just now.
fn add(supply: &mut Supply, driver: DriverId, units: i32, availability: Availability) {
    supply.set_capabilities(driver, Capabilities::new(1).unwrap());
    supply.set_availability(driver, availability);
    supply.report(&[Sample::new(driver, east(units), NOW, 1)]);
}

/// One near, one far, and one who has a trip.
fn street() -> Supply {
    let free = Availability::Free { since: NOW };
    let mut supply = supply();
    add(&mut supply, NEAR, 10_000, free);
    add(&mut supply, FAR, 20_000, free);
    add(&mut supply, BUSY, 5_000, Availability::Busy);
    supply
}

fn request(trip: TripId) -> Request {
    Request::new(trip, east(0), Requirements::ONE_SEAT, NOW)
}

fn elsewhere() -> Request {
    let swapped = Place::from_e7(-739_000_000, 407_000_000).unwrap();
    Request::new(OTHER, swapped, Requirements::ONE_SEAT, NOW)
}

fn batch(requests: &[Request], supply: &Supply) -> Batch {
    assign(requests, supply, &Policy::city(), NOW)
}

#[test]
fn the_chosen_comes_first_and_each_other_says_by_how_much_they_were_dearer() {
    let considered = candidates(&request(TRIP), &street(), &Policy::city(), NOW).unwrap();
    assert_eq!(considered.trip(), TRIP);
    let cost = |index: usize| considered.able()[index].terms().cost_ms();
    assert!(cost(0) < cost(1));
    let drivers = |verdicts: &Verdicts| verdicts.listed().iter().map(Verdict::driver).collect::<Vec<_>>();
    let excess = |verdicts: &Verdicts| {
        verdicts
            .listed()
            .iter()
            .map(Verdict::excess_ms)
            .collect::<Vec<_>>()
    };
    let [near, far] = [considered.able()[0], considered.able()[1]];
    let chosen = considered.verdicts(Some(near), |_| None);
    assert_eq!(drivers(&chosen), [NEAR, FAR, BUSY]);
    assert_eq!(excess(&chosen), [Some(0), Some(cost(1) - cost(0)), None]);
    let passed_over = considered.verdicts(Some(far), |_| None);
    assert_eq!(drivers(&passed_over), [FAR, NEAR, BUSY]);
    assert_eq!(
        excess(&passed_over),
        [Some(0), Some(0), None],
        "never less than nothing"
    );
    let nobody = considered.verdicts(None, |_| None);
    assert_eq!(drivers(&nobody), [NEAR, FAR, BUSY]);
    assert_eq!(
        excess(&nobody),
        [Some(0), Some(0), None],
        "both cost less than to wait"
    );
}

#[test]
fn a_driver_who_went_to_another_trip_of_the_round_is_lost_to_it() {
    let (supply, policy) = (street(), Policy::city());
    let earlier = Request::new(OTHER, east(0), Requirements::ONE_SEAT, Timestamp::from_ms(0));
    let pairs = greedy(&[request(TRIP), earlier], &supply, &policy, NOW);
    let went_to = |driver| pairs.iter().find(|pair| pair.driver() == driver).map(Pair::trip);
    let considered = candidates(&request(TRIP), &supply, &policy, NOW).unwrap();
    let own = pairs.iter().find(|pair| pair.trip() == TRIP).map(Pair::candidate);
    let verdicts = considered.verdicts(own, went_to).listed();
    assert!(matches!(verdicts[0].outcome(), Outcome::Chosen { .. }) && verdicts[0].driver() == FAR);
    let lost = |outcome| {
        matches!(
            outcome,
            Outcome::Lost {
                to: OTHER,
                by_ms: 0,
                ..
            }
        )
    };
    assert!(
        lost(verdicts[1].outcome()) && verdicts[1].driver() == NEAR,
        "{}",
        verdicts[1]
    );
}

#[test]
fn a_batch_explains_every_standing() {
    let supply = street();
    let batch = batch(&[request(TRIP), elsewhere()], &supply);
    assert_eq!((batch.now(), batch.certificate().now()), (NOW, NOW));
    assert_eq!(
        batch.edge_count(),
        2,
        "both free drivers are candidates of the one trip"
    );
    let told = |trip: TripId| batch.explain(trip).to_string();
    assert!(told(TRIP).starts_with(&format!(
        "trip {TRIP}: to driver {NEAR}\n  driver {NEAR}: chosen: "
    )));
    assert!(told(OTHER).ends_with("the pick-up lies outside the service area"));
    let unknown = TripId::from_u128(3);
    assert_eq!(batch.explain(unknown).trip(), unknown);
    assert!(told(unknown).ends_with("not in this batch"));
    assert_eq!(
        batch.explain(TRIP).compact().listed(),
        batch.explain(TRIP).verdicts()
    );
}

#[test]
fn a_trip_without_a_driver_waits() {
    let batch = batch(&[request(TRIP)], &supply());
    assert_eq!(batch.explain(TRIP).standing(), Standing::Unassigned);
    assert!(batch.explain(TRIP).to_string().ends_with("to nobody this time"));
}

#[test]
fn a_pick_up_outside_the_area_has_no_candidates() {
    let refused = candidates(&elsewhere(), &street(), &Policy::city(), NOW);
    assert_eq!(refused, Err(AreaError::OutsideServiceArea));
}

#[test]
fn faster_roads_reach_further() {
    let crawl = StraightLine::new(BasisPoints::ONE, 100).unwrap();
    assert_eq!(
        (crawl.road_factor(), crawl.speed_mm_per_s()),
        (BasisPoints::ONE, 100)
    );
    let able = |route: StraightLine| {
        let policy = Policy::city().with_route(route);
        let policy = policy.with_pick_up_limit(Millis::from_minutes(10)).unwrap();
        candidates(&request(TRIP), &street(), &policy, NOW)
            .unwrap()
            .able()
            .len()
    };
    assert_eq!(able(StraightLine::CITY), 2);
    assert_eq!(able(crawl), 0, "84 m at 10 cm a second are more than ten minutes");
}

#[test]
fn a_market_is_shared_by_copies() {
    fn copy_of<T: Clone>(value: &T) -> T {
        value.clone()
    }
    let (supply, policy) = (street(), Policy::city());
    let market = Market::new(&supply, &policy, NOW);
    let again = copy_of(&market);
    assert_eq!(
        again.candidates(&request(TRIP)),
        market.candidates(&request(TRIP))
    );
}

#[test]
fn a_sample_keeps_what_the_device_measured() {
    let plain = Sample::new(NEAR, east(0), NOW, 1);
    assert_eq!(
        (
            plain.accuracy_mm(),
            plain.speed_mm_per_s(),
            plain.heading_degrees()
        ),
        (None, None, None)
    );
    let full = plain
        .with_accuracy_mm(5_000)
        .with_speed_mm_per_s(8_000)
        .with_heading_degrees(359)
        .unwrap();
    assert_eq!(
        (full.accuracy_mm(), full.speed_mm_per_s(), full.heading_degrees()),
        (Some(5_000), Some(8_000), Some(359))
    );
    assert!(plain.with_heading_degrees(360).is_err());
}

/// One of every outcome.
fn outcomes() -> [Outcome; 8] {
    let terms = Terms {
        travel_ms: 60_000,
        waiting_ms: 0,
        idle_ms: 0,
        acceptance_ms: 0,
        heading_ms: 0,
    };
    [
        Outcome::Chosen { terms },
        Outcome::Lost {
            terms,
            to: OTHER,
            by_ms: 1,
        },
        Outcome::Dearer { terms, by_ms: 2 },
        Outcome::Busy,
        Outcome::StaleLocation { age_ms: 3 },
        Outcome::WrongCapability,
        Outcome::Declined,
        Outcome::TooFar { travel_ms: 4 },
    ]
}

#[test]
fn each_outcome_is_counted_as_what_it_is() {
    let count = |outcome: &Outcome| {
        let mut counts = VerdictCounts::NONE;
        counts.add(outcome);
        assert_eq!(VerdictCounts::from_array(counts.to_array()), counts);
        counts.to_array()
    };
    for (place, outcome) in outcomes().iter().enumerate() {
        let mut expected = [0; VerdictCounts::KINDS];
        expected[place] = 1;
        assert_eq!(count(outcome), expected, "{outcome}");
    }
}

#[test]
fn verdicts_read_one_a_line_and_then_how_many_more() {
    let verdicts = Verdicts::new(outcomes().map(|outcome| Verdict::new(NEAR, outcome)));
    let text = verdicts.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 8);
    for (line, expected) in lines.iter().zip([
        "chosen: ",
        "lost to trip ",
        "too dear by 2 ms: ",
        "busy",
        "stale location: 3 ms old",
        "lacks what the trip requires",
        "declined this trip before",
        "too far: 4 ms to the pick-up",
    ]) {
        assert!(line.starts_with(&format!("driver {NEAR}: {expected}")), "{line}");
    }
    let mut rest = VerdictCounts::NONE;
    rest.add(&Outcome::Busy);
    rest.add(&Outcome::Declined);
    let more = Verdicts::with_rest(verdicts.listed(), rest).to_string();
    let expected = "and 0 chosen, 0 lost, 0 too dear, 1 busy, 0 stale, 0 lacking, 1 declined, 0 too far";
    assert_eq!(more.lines().last(), Some(expected));
}

#[test]
fn verdicts_print_and_hash_as_what_they_hold_however_it_is_packed() {
    let mut rest = VerdictCounts::NONE;
    rest.add(&Outcome::Busy);
    let verdicts = Verdicts::with_rest(outcomes().map(|outcome| Verdict::new(NEAR, outcome)), rest);
    let (listed, rest) = (verdicts.listed(), verdicts.rest());
    let printed = format!("Verdicts {{ listed: {listed:?}, rest: {rest:?} }}");
    assert_eq!(format!("{verdicts:?}"), printed);
    let (mut packed, mut whole) = (CanonicalBytes::new(), CanonicalBytes::new());
    verdicts.write_canonical(&mut packed);
    listed.write_canonical(&mut whole);
    rest.write_canonical(&mut whole);
    assert_eq!(packed, whole);
}
