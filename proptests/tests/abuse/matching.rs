//! Matching at the limits of its numbers.

use fiacre_domain::geo::{AreaError, ServiceArea, great_circle};
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{
    self, Availability, Market, Matcher, Policy, Request, RouteEstimate, Sample, Standing, Supply,
};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};

const EXTREMES: [i64; 5] = [i64::MIN, -1, 0, 1, i64::MAX];

fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
    Place::from_e7(latitude_e7, longitude_e7).unwrap()
}

fn area() -> ServiceArea {
    ServiceArea::bounding(place(406_800_000, -740_500_000), place(408_900_000, -738_900_000)).unwrap()
}

fn times_square() -> Place {
    place(407_580_000, -739_855_000)
}

fn request(number: u128, pick_up: Place, since: Timestamp) -> Request {
    Request::new(TripId::from_u128(number), pick_up, Requirements::ONE_SEAT, since)
}

fn free_driver(supply: &mut Supply, number: u128, at: Place, when: Timestamp) {
    let driver = DriverId::from_u128(number);
    supply.set_capabilities(driver, Capabilities::new(4).unwrap());
    supply.set_availability(driver, Availability::Free { since: when });
    supply.report(&[Sample::new(driver, at, when, 0)]);
}

#[test]
fn nobody_and_nothing_make_an_empty_batch() {
    let (supply, policy, now) = (
        Supply::sized_for(area(), 0),
        Policy::city(),
        Timestamp::from_ms(0),
    );
    let none = matching::assign(&[], &supply, &policy, now);
    assert_eq!(none.pairs(), []);
    assert_eq!(none.certificate().verify(&[], &supply, &policy), Ok(0));

    let requests = [request(1, times_square(), now)];
    let batch = matching::assign(&requests, &supply, &policy, now);
    assert_eq!(
        batch.explain(TripId::from_u128(1)).standing(),
        Standing::Unassigned
    );
    assert_eq!(
        batch.explain(TripId::from_u128(2)).standing(),
        Standing::NotInBatch
    );
    assert_eq!(
        batch.certificate().verify(&requests, &supply, &policy),
        Ok(i128::from(policy.unassigned_ms()))
    );
    assert!(matching::greedy(&requests, &supply, &policy, now).is_empty());
    assert_eq!(matching::nearest(&requests[0], &supply, &policy, now), Ok(None));
}

#[test]
fn ten_thousand_at_one_point_are_matched_by_id() {
    let now = Timestamp::from_ms(0);
    let mut supply = Supply::sized_for(area(), 10);
    for number in (0..10_000).rev() {
        free_driver(&mut supply, number, times_square(), now);
    }
    let requests: Vec<_> = (0..20)
        .map(|number| request(number, times_square(), now))
        .collect();
    let policy = Policy::city();
    let batch = matching::assign(&requests, &supply, &policy, now);
    // Sixteen drivers are nearest to all of them; the other four riders wait.
    let drivers: Vec<_> = batch.pairs().iter().map(|pair| pair.driver().to_u128()).collect();
    assert_eq!(drivers.iter().max(), Some(&15));
    assert_eq!((drivers.len(), batch.unassigned().count()), (16, 4));
    assert!(batch.certificate().verify(&requests, &supply, &policy).is_ok());
}

#[test]
fn swapped_polar_and_antimeridian_places_are_refused_one_by_one() {
    let now = Timestamp::from_ms(0);
    let mut supply = Supply::new(area());
    free_driver(&mut supply, 1, times_square(), now);
    let outside = [
        place(-739_855_000, 407_580_000),
        place(900_000_000, 0),
        place(-900_000_000, 1_800_000_000),
        place(0, -1_800_000_000),
    ];
    let policy = Policy::city();
    for (number, place) in (2..).zip(outside) {
        let stray = request(number, place, now);
        assert_eq!(supply.nearest(place, 1), Err(AreaError::OutsideServiceArea));
        assert_eq!(
            matching::nearest(&stray, &supply, &policy, now),
            Err(AreaError::OutsideServiceArea)
        );
        assert_eq!(
            matching::candidates(&stray, &supply, &policy, now).map_err(|error| error.code()),
            Err("place_outside_service_area")
        );
        // In a batch it does not stop its neighbour.
        let requests = [stray, request(1, times_square(), now)];
        let batch = matching::assign(&requests, &supply, &policy, now);
        assert_eq!(
            batch.driver_of(TripId::from_u128(1)),
            Some(DriverId::from_u128(1))
        );
        let standing = batch.explain(TripId::from_u128(number)).standing();
        assert_eq!(standing, Standing::OutsideServiceArea);
        assert!(batch.certificate().verify(&requests, &supply, &policy).is_ok());
        assert!(great_circle(times_square(), place).get() > 0);

        free_driver(&mut supply, number, place, now);
        assert_eq!(supply.free_count(), 1);
    }
}

#[test]
fn times_at_the_limits_age_nobody_wrongly() {
    let mut policies = vec![Policy::city()];
    let day = Millis::new(86_400_000);
    policies.push(
        Policy::city()
            .with_stale_limit(day)
            .and_then(|policy| policy.with_pick_up_limit(day))
            .and_then(|policy| policy.with_unassigned_cost(day))
            .unwrap(),
    );
    for now in EXTREMES.map(Timestamp::from_ms) {
        for (sampled, since) in EXTREMES.iter().flat_map(|a| EXTREMES.map(|b| (*a, b))) {
            let (sampled, since) = (Timestamp::from_ms(sampled), Timestamp::from_ms(since));
            let mut supply = Supply::new(area());
            free_driver(&mut supply, 1, times_square(), since);
            supply.report(&[Sample::new(
                DriverId::from_u128(1),
                times_square(),
                sampled,
                u64::MAX,
            )]);
            let requests = [request(1, times_square(), since)];
            for policy in &policies {
                let batch = matching::assign(&requests, &supply, policy, now);
                let fresh = now.since(sampled).get().unsigned_abs() < 10_000;
                assert_eq!(batch.pairs().len(), usize::from(fresh), "{now} {sampled} {since}");
                assert!(batch.certificate().verify(&requests, &supply, policy).is_ok());
            }
        }
    }
}

/// Travel times as no road has them.
struct Nonsense(i64);

impl RouteEstimate for Nonsense {
    fn travel(&self, _: Place, _: Place, _: Millimetres) -> Millis {
        Millis::new(self.0)
    }

    fn reach(&self, _: Millis) -> Millimetres {
        Millimetres::new(self.0)
    }
}

#[test]
fn nonsense_from_a_route_provider_is_bounded() {
    let now = Timestamp::from_ms(0);
    let mut supply = Supply::new(area());
    free_driver(&mut supply, 1, times_square(), now);
    supply.set_acceptance(DriverId::from_u128(1), BasisPoints::new(i32::MIN));
    let requests = [request(1, times_square(), now)];
    let policy = Policy::city();
    for (travel, served) in EXTREMES.into_iter().zip([1, 1, 1, 1, 0]) {
        let nonsense = Nonsense(travel);
        let market = Market::new(&supply, &policy, now).with_routes(&nonsense);
        let batch = Matcher::new().assign(&requests, &market);
        assert_eq!(batch.pairs().len(), served, "{travel}");
        assert!(batch.certificate().verify_in(&requests, &market).is_ok());
    }
}

#[test]
fn a_trip_that_is_requested_twice_gets_one_driver() {
    let now = Timestamp::from_ms(0);
    let mut supply = Supply::new(area());
    free_driver(&mut supply, 1, times_square(), now);
    free_driver(&mut supply, 2, times_square(), now);
    let requests = [
        request(1, times_square(), now),
        request(1, times_square(), Timestamp::from_ms(-1)),
    ];
    let policy = Policy::city();
    let batch = matching::assign(&requests, &supply, &policy, now);
    assert_eq!(batch.pairs().len(), 1);
    assert!(batch.certificate().verify(&requests, &supply, &policy).is_ok());
    assert_eq!(matching::greedy(&requests, &supply, &policy, now).len(), 1);
}
