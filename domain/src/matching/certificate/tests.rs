//! Faults planted in what finds and weighs the candidates, each of which the verifier must meet with a refusal.

use super::*;
use crate::geo::ServiceArea;
use crate::matching::{AgeCredit, Availability, Matcher, Sample, StraightLine};
use crate::place::Place;
use crate::requirements::{Capabilities, Requirements};
use crate::units::{BasisPoints, Millimetres, Millis};

const NOW: Timestamp = Timestamp::from_ms(1_000_000);
const DRIVERS: u32 = 400;
const TRIPS: u32 = 60;

/// Numbers without a pattern, below `bound`.
struct Scatter(u32);

impl Scatter {
    fn below(&mut self, bound: u32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from((self.0 >> 8) % bound).unwrap()
    }

    fn place(&mut self) -> Place {
        place(self.below(400_000), self.below(400_000))
    }
}

/// In an area of about 4.5 km by 3.4 km.
fn place(north_e7: i32, east_e7: i32) -> Place {
    Place::from_e7(407_000_000 + north_e7, -740_000_000 + east_e7).unwrap()
}

fn driver(number: u32) -> DriverId {
    DriverId::from_u128(u128::from(number))
}

fn free(number: u32) -> Availability {
    let since = NOW.ms() - 2_000 * i64::from(number);
    Availability::Free {
        since: Timestamp::from_ms(since),
    }
}

fn limit(ms: i64) -> Millis {
    Millis::new(ms)
}

fn credit(share_bp: i32) -> AgeCredit {
    AgeCredit::new(BasisPoints::new(share_bp), limit(600_000)).unwrap()
}

/// Every rule decides something here: few are near enough to be weighed, and every term counts.
fn policy() -> Policy {
    let policy = Policy::city().with_nearest(3).unwrap();
    let policy = policy.with_pick_up_limit(limit(120_000)).unwrap();
    let policy = policy.with_unassigned_cost(limit(150_000)).unwrap();
    let policy = policy.with_decline_cost(limit(60_000)).unwrap();
    let policy = policy.with_turn_cost(limit(60_000)).unwrap();
    policy
        .with_waiting_credit(credit(100))
        .with_idle_credit(credit(500))
}

/// A third were last heard of too long ago, a third lack seats, and one in five is busy.
fn supply() -> Supply {
    let area = ServiceArea::bounding(place(0, 0), place(400_000, 400_000)).unwrap();
    let mut supply = Supply::sized_for(area, 200);
    let mut scatter = Scatter(1);
    for number in 0..DRIVERS {
        let age_ms = if number % 3 == 0 { 40_000 } else { 4_000 };
        let at = Timestamp::from_ms(NOW.ms() - age_ms);
        let heading = u16::try_from(scatter.below(360)).unwrap();
        let sample = Sample::new(driver(number), scatter.place(), at, 1);
        supply.report(&[sample.with_heading_degrees(heading).unwrap()]);
        let seats = if number % 3 == 1 { 2 } else { 4 };
        supply.set_capabilities(driver(number), Capabilities::new(seats).unwrap());
        let is_busy = number % 5 == 4;
        let state = if is_busy { Availability::Busy } else { free(number) };
        supply.set_availability(driver(number), state);
        supply.set_acceptance(driver(number), BasisPoints::new(scatter.below(10_000)));
    }
    supply
}

fn requests_that(need: Requirements, excluded: &[DriverId]) -> Vec<Request> {
    let mut scatter = Scatter(2);
    let request = |number: u32| {
        let since = Timestamp::from_ms(NOW.ms() - 10_000 * i64::from(number));
        let trip = TripId::from_u128(number.into());
        Request::new(trip, scatter.place(), need, since).without(excluded.iter().copied())
    };
    (0..TRIPS).map(request).collect()
}

fn three_seats() -> Requirements {
    Requirements::new(3).unwrap()
}

fn decliners() -> Vec<DriverId> {
    (0..DRIVERS).step_by(4).map(driver).collect()
}

fn requests() -> Vec<Request> {
    requests_that(three_seats(), &decliners())
}

/// What becomes of a batch that was made in one market and is verified in another, where nobody knows of the fault.
fn verified<R: RouteEstimate>(made_of: &[Request], made_in: &Market<'_, R>) -> Result<i128, CertificateFlaw> {
    let batch = Matcher::new().assign(made_of, made_in);
    batch
        .certificate()
        .verify(&requests(), made_in.supply(), &policy())
}

#[test]
fn a_batch_without_a_fault_is_proven() {
    let (supply, policy) = (supply(), policy());
    let proven = verified(&requests(), &Market::new(&supply, &policy, NOW));
    assert!(proven.is_ok_and(|cost_ms| cost_ms > 0), "{proven:?}");
}

#[test]
fn a_rule_that_the_solver_has_wrong_is_seen() {
    let (right, supply) = (policy(), supply());
    let wrong = [
        ("one driver fewer is looked at", right.with_nearest(2)),
        ("one driver more is looked at", right.with_nearest(4)),
        (
            "drivers come from too far",
            right.with_pick_up_limit(limit(160_000)),
        ),
        (
            "drivers are looked for too near",
            right.with_pick_up_limit(limit(80_000)),
        ),
        (
            "old locations are believed",
            right.with_stale_limit(limit(50_000)),
        ),
        (
            "new locations are not believed",
            right.with_stale_limit(limit(3_000)),
        ),
        (
            "waiting for nobody is too cheap",
            right.with_unassigned_cost(limit(149_000)),
        ),
        (
            "a decline costs too little",
            right.with_decline_cost(limit(59_000)),
        ),
        ("a turn costs too little", right.with_turn_cost(limit(59_000))),
        (
            "a wait earns too much",
            Ok(right.with_waiting_credit(credit(101))),
        ),
        (
            "idleness earns too little",
            Ok(right.with_idle_credit(credit(490))),
        ),
    ];
    for (fault, wrong) in wrong {
        let refused = verified(&requests(), &Market::new(&supply, &wrong.unwrap(), NOW));
        assert!(refused.is_err(), "{fault}");
    }
}

#[test]
fn a_driver_who_should_not_have_been_asked_is_seen() {
    let (supply, policy) = (supply(), policy());
    let market = Market::new(&supply, &policy, NOW);
    let wrong = [
        (
            "too few seats",
            requests_that(Requirements::ONE_SEAT, &decliners()),
        ),
        ("declined before", requests_that(three_seats(), &[])),
    ];
    for (fault, wrong) in wrong {
        assert!(verified(&wrong, &market).is_err(), "{fault}");
    }
}

/// Routes of which the search and the solver are told something else than the verifier.
struct Lying {
    /// Of the distance that a driver can come from, how much is searched.
    reach_percent: i64,
    /// What is added to each travel time while the batch is made.
    added_ms: std::cell::Cell<i64>,
}

impl RouteEstimate for Lying {
    fn travel(&self, from: Place, to: Place, distance: Millimetres) -> Millis {
        let travel = StraightLine::CITY.travel(from, to, distance);
        Millis::new(travel.get() + self.added_ms.get() * i64::from(from.latitude_e7() % 2))
    }

    fn reach(&self, limit: Millis) -> Millimetres {
        Millimetres::new(StraightLine::CITY.reach(limit).get() * self.reach_percent / 100)
    }
}

#[test]
fn a_search_that_ends_too_near_and_a_wrong_cost_are_seen() {
    let (supply, policy) = (supply(), policy());
    for (reach_percent, added_ms, holds) in [
        (100, 0, true),
        (1_000, 0, true),
        (60, 0, false),
        (100, 900, false),
    ] {
        let added_ms = std::cell::Cell::new(added_ms);
        let routes = Lying {
            reach_percent,
            added_ms,
        };
        let market = Market::new(&supply, &policy, NOW).with_routes(&routes);
        let batch = Matcher::new().assign(&requests(), &market);
        routes.added_ms.set(0);
        let verdict = batch.certificate().verify_in(&requests(), &market);
        assert_eq!(verdict.is_ok(), holds, "{reach_percent}% {verdict:?}");
    }
}

/// The driver of the batch that is made of a sound index.
fn somebody_who_is_wanted() -> DriverId {
    let (supply, policy) = (supply(), policy());
    let batch = Matcher::new().assign(&requests(), &Market::new(&supply, &policy, NOW));
    batch.pairs()[0].driver()
}

#[test]
fn an_index_that_is_not_what_is_known_is_seen() {
    let (policy, wanted) = (policy(), somebody_who_is_wanted());
    let refused = |plant: &dyn Fn(&mut Supply)| {
        let mut supply = supply();
        plant(&mut supply);
        verified(&requests(), &Market::new(&supply, &policy, NOW))
            .unwrap_err()
            .code()
    };
    assert_eq!(
        refused(&|supply| supply.lose_from_grid(wanted)),
        "certificate_trip_price_too_high"
    );
    assert_eq!(
        refused(&|supply| supply.misplace_in_grid(wanted, place(1, 1))),
        "certificate_trip_price_too_high"
    );
    assert_eq!(
        refused(&|supply| supply.leave_in_grid_as_free(wanted, Availability::Busy)),
        "certificate_no_such_pairing"
    );
    assert_eq!(
        refused(&|supply| supply.lose_from_slots(wanted)),
        "certificate_driver_known_twice"
    );
}
