//! Supply, candidates, batches and their certificates against plain models.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_domain::geo::{ServiceArea, great_circle};
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::matching::{
    self, AgeCredit, Availability, Batch, Candidate, Certificate, Driver, Market, Matcher, Outcome, Pair,
    Policy, Request, RouteEstimate, Sample, Standing, StraightLine, Supply, Verdict,
};
use fiacre_domain::place::Place;
use fiacre_domain::requirements::{Capabilities, Feature, Requirements};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use proptest::collection::vec;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_ms(1_000_000);
/// Places lie on a lattice this coarse, so that equal distances are common.
const LATTICE_E7: i32 = 10_000;

fn place(north: i32, east: i32) -> Place {
    Place::from_e7(407_000_000 + north * LATTICE_E7, -740_000_000 + east * LATTICE_E7).unwrap()
}

/// 40 × 40 steps of the lattice: about 4.5 km by 3.4 km.
fn area() -> ServiceArea {
    ServiceArea::bounding(place(0, 0), place(40, 40)).unwrap()
}

fn driver(number: u8) -> DriverId {
    DriverId::from_u128(u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// One thing that becomes known of a driver.
#[derive(Debug, Clone)]
enum News {
    At(u8, (i32, i32), u64, i64),
    Heading(u8, (i32, i32), u64, u16),
    Is(u8, Availability),
    Offers(u8, Capabilities),
    Accepts(u8, i32),
    Gone(u8),
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    (1_u8..6, any::<bool>()).prop_map(|(seats, wheelchair)| {
        let vehicle = Capabilities::new(seats).unwrap();
        if wheelchair {
            vehicle.with(Feature::Wheelchair)
        } else {
            vehicle
        }
    })
}

fn requirements() -> impl Strategy<Value = Requirements> {
    (1_u8..4, prop::bool::weighted(0.2)).prop_map(|(seats, wheelchair)| {
        let needs = Requirements::new(seats).unwrap();
        if wheelchair {
            needs.with(Feature::Wheelchair)
        } else {
            needs
        }
    })
}

fn news() -> impl Strategy<Value = News> {
    let who = || 0_u8..40;
    // One step beyond the area on each side.
    let at = || (-1..=41, -1..=41);
    let availability = prop_oneof![
        6 => (-2_000_000_i64..2_000_000).prop_map(|ms| Availability::Free { since: Timestamp::from_ms(ms) }),
        2 => Just(Availability::Busy),
        1 => Just(Availability::Offline),
    ];
    prop_oneof![
        6 => (who(), at(), 0_u64..1_000, 960_000_i64..1_010_000).prop_map(|(who, at, n, ms)| News::At(who, at, n, ms)),
        2 => (who(), at(), 0_u64..1_000, 0_u16..360).prop_map(|(who, at, n, heading)| News::Heading(who, at, n, heading)),
        6 => (who(), availability).prop_map(|(who, availability)| News::Is(who, availability)),
        6 => (who(), capabilities()).prop_map(|(who, capabilities)| News::Offers(who, capabilities)),
        1 => (who(), -1..=10_001).prop_map(|(who, share)| News::Accepts(who, share)),
        1 => who().prop_map(News::Gone),
    ]
}

fn tell(supply: &mut Supply, news: &News) {
    match *news {
        News::At(who, (north, east), sequence, ms) => {
            let sample = Sample::new(driver(who), place(north, east), Timestamp::from_ms(ms), sequence);
            supply.report(&[sample]);
        }
        News::Heading(who, (north, east), sequence, heading) => {
            let sample = Sample::new(driver(who), place(north, east), NOW, sequence);
            supply.report(&[sample.with_heading_degrees(heading).unwrap()]);
        }
        News::Is(who, availability) => supply.set_availability(driver(who), availability),
        News::Offers(who, capabilities) => supply.set_capabilities(driver(who), capabilities),
        News::Accepts(who, share) => supply.set_acceptance(driver(who), BasisPoints::new(share)),
        News::Gone(who) => {
            supply.remove(driver(who));
        }
    }
}

/// Laid out for few drivers (one cell), as many, or far more.
fn supply_of(news: &[News], sized_for: usize) -> Supply {
    let mut supply = Supply::sized_for(area(), sized_for);
    for news in news {
        tell(&mut supply, news);
    }
    supply
}

fn supply() -> impl Strategy<Value = Supply> {
    (
        vec(news(), 0..400),
        prop::sample::select(vec![1_usize, 40, 4_000]),
    )
        .prop_map(|(news, sized_for)| supply_of(&news, sized_for))
}

fn request() -> impl Strategy<Value = Request> {
    (
        0_u128..60,
        (0..=40, 0..=40),
        requirements(),
        -500_000_i64..1_200_000,
        vec(0_u8..40, 0..4),
    )
        .prop_map(|(trip, (north, east), requirements, since, excluded)| {
            Request::new(
                TripId::from_u128(trip),
                place(north, east),
                requirements,
                Timestamp::from_ms(since),
            )
            .without(excluded.into_iter().map(driver))
        })
}

fn policy() -> impl Strategy<Value = Policy> {
    (
        1_u16..12,
        60_000_i64..1_500_000,
        10_000_i64..60_000,
        0_i64..1_800_000,
        (0_i32..=10_000, 0_i64..600_000),
        (0_i32..=10_000, 0_i64..600_000),
        (0_i64..300_000, 0_i64..300_000),
    )
        .prop_map(|(nearest, limit, stale, alone, waiting, idle, (decline, turn))| {
            let credit =
                |(share, limit)| AgeCredit::new(BasisPoints::new(share), Millis::new(limit)).unwrap();
            Policy::city()
                .with_nearest(nearest)
                .and_then(|policy| policy.with_pick_up_limit(Millis::new(limit)))
                .and_then(|policy| policy.with_stale_limit(Millis::new(stale)))
                .and_then(|policy| policy.with_unassigned_cost(Millis::new(alone)))
                .and_then(|policy| policy.with_decline_cost(Millis::new(decline)))
                .and_then(|policy| policy.with_turn_cost(Millis::new(turn)))
                .unwrap()
                .with_waiting_credit(credit(waiting))
                .with_idle_credit(credit(idle))
        })
}

/// Every driver known of, with the square of their distance to a place, if in the area; nearest first, ties by id.
fn by_distance(supply: &Supply, from: Place) -> Vec<(i64, &Driver)> {
    let from = supply.area().project(from).unwrap();
    let known = (0..40).filter_map(|number| supply.driver(driver(number)));
    let mut located: Vec<_> = known
        .filter_map(|driver| {
            let point = supply.area().project(driver.sample()?.place()).ok()?;
            Some((from.squared_distance(point), driver))
        })
        .collect();
    located.sort_by_key(|(distance, driver)| (*distance, driver.id()));
    located
}

fn is_free(driver: &Driver) -> bool {
    matches!(driver.availability(), Availability::Free { .. })
}

/// Why a free driver cannot take a trip, in a plain order of tests.
fn unfit(driver: &Driver, request: &Request, policy: &Policy) -> bool {
    let age_ms = NOW.since(driver.sample().unwrap().at()).get();
    !driver.capabilities().meet(request.requirements())
        || request.excluded().contains(&driver.id())
        || age_ms.abs() >= i64::from(policy.stale_ms())
}

/// The least that a batch costs, by trying all; requests as lists of (driver, cost).
fn brute_force(requests: &[Vec<(DriverId, i64)>], unassigned: i64, taken: &mut Vec<DriverId>) -> i64 {
    let Some((first, rest)) = requests.split_first() else {
        return 0;
    };
    let mut least = unassigned + brute_force(rest, unassigned, taken);
    for (driver, cost) in first {
        if !taken.contains(driver) {
            taken.push(*driver);
            least = least.min(cost + brute_force(rest, unassigned, taken));
            taken.pop();
        }
    }
    least
}

/// For each request who could take it, and at which cost.
fn edges(requests: &[Request], supply: &Supply, policy: &Policy) -> Vec<Vec<(DriverId, i64)>> {
    let able = |request: &Request| {
        let found = matching::candidates(request, supply, policy, NOW).unwrap();
        let able = found.able().iter();
        able.map(|candidate| (candidate.driver(), candidate.terms().cost_ms()))
            .collect()
    };
    requests.iter().map(able).collect()
}

type TripPrices = Vec<(TripId, Option<DriverId>, i64)>;
type DriverPrices = Vec<(DriverId, i64)>;

fn one_a_trip(requests: &[Request]) -> Vec<Request> {
    let mut sorted = requests.to_vec();
    sorted.sort();
    sorted.dedup_by_key(|request| request.trip());
    sorted
}

fn cost_of(batch: &Batch, policy: &Policy) -> i64 {
    let pairs: i64 = batch.pairs().iter().map(|pair| pair.terms().cost_ms()).sum();
    let alone = i64::try_from(batch.unassigned().count()).unwrap();
    pairs + alone * i64::from(policy.unassigned_ms())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nearest_is_what_sorting_everyone_finds(supply in supply(), at in (0..=40, 0..=40), count in 0_usize..50) {
        let at = place(at.0, at.1);
        let free = by_distance(&supply, at).into_iter().filter(|(_, driver)| is_free(driver));
        let expected: Vec<_> = free.map(|(_, driver)| driver.id()).take(count).collect();
        prop_assert_eq!(supply.nearest(at, count).unwrap(), expected);
        let located = |free: bool| {
            let busy = |driver: &Driver| driver.availability() == Availability::Busy;
            by_distance(&supply, at).iter().filter(|(_, driver)| if free { is_free(driver) } else { busy(driver) }).count()
        };
        prop_assert_eq!((supply.free_count(), supply.busy_count()), (located(true), located(false)));
    }

    #[test]
    fn candidates_are_what_going_through_everyone_finds(
        supply in supply(), request in request(), policy in policy(),
    ) {
        let found = matching::candidates(&request, &supply, &policy, NOW).unwrap();
        let limit = Millis::new(i64::from(policy.pick_up_ms_max()));
        let reach = supply.area().plane_reach(policy.route().reach(limit));
        let all = by_distance(&supply, request.pick_up());
        let within: Vec<_> = all.into_iter().filter(|(distance, _)| *distance <= reach * reach).collect();
        let fit = within.iter().filter(|(_, driver)| is_free(driver) && !unfit(driver, &request, &policy));
        let fit: Vec<_> = fit.copied().take(usize::from(policy.nearest())).collect();
        let travel_ms = |driver: &Driver| {
            let from = driver.sample().unwrap().place();
            policy.route().travel(from, request.pick_up(), great_circle(from, request.pick_up()))
        };
        let (able, too_far): (Vec<_>, Vec<_>) = fit.iter().copied().partition(|(_, driver)| travel_ms(driver) <= limit);

        let mut found_able: Vec<_> = found.able().iter().map(Candidate::driver).collect();
        let mut expected_able: Vec<_> = able.iter().map(|(_, driver)| driver.id()).collect();
        found_able.sort();
        expected_able.sort();
        prop_assert_eq!(found_able, expected_able);
        prop_assert!(found.able().is_sorted_by_key(|candidate| (candidate.terms().cost_ms(), candidate.driver())));

        let full = fit.len() == usize::from(policy.nearest());
        let last = fit.last().filter(|_| full).map_or((i64::MAX, driver(0)), |(distance, driver)| (*distance, driver.id()));
        let mut out = [0; 3];
        for verdict in found.out() {
            let kind = match verdict.outcome() {
                Outcome::TooFar { .. } => 0,
                Outcome::Busy => 1,
                Outcome::StaleLocation { .. } | Outcome::WrongCapability | Outcome::Declined => 2,
                Outcome::Chosen { .. } | Outcome::Lost { .. } | Outcome::Dearer { .. } => return Err(TestCaseError::fail("able")),
            };
            out[kind] += 1;
        }
        let busy = within.iter().filter(|(distance, driver)| driver.availability() == Availability::Busy && *distance <= last.0);
        let unfit = within.iter().filter(|(distance, driver)| {
            is_free(driver) && unfit(driver, &request, &policy) && (*distance, driver.id()) < last
        });
        prop_assert_eq!(out, [too_far.len(), busy.count().min(usize::from(policy.nearest())), unfit.count()]);
    }

    #[test]
    fn a_small_batch_costs_what_trying_all_finds(
        supply in supply(), requests in vec(request(), 0..6), policy in policy(),
    ) {
        let policy = policy.with_nearest(policy.nearest().min(5)).unwrap();
        let batch = matching::assign(&requests, &supply, &policy, NOW);
        let edges = edges(&one_a_trip(&requests), &supply, &policy);
        let least = brute_force(&edges, i64::from(policy.unassigned_ms()), &mut Vec::new());
        prop_assert_eq!(cost_of(&batch, &policy), least);
        let proven = batch.certificate().verify(&requests, &supply, &policy);
        prop_assert_eq!(proven, Ok(i128::from(least)));
    }

    #[test]
    fn a_driver_missed_a_trip_by_what_insisting_on_them_adds_to_the_batch(
        supply in supply(), requests in vec(request(), 1..6), policy in policy(),
    ) {
        let policy = policy.with_nearest(policy.nearest().min(5)).unwrap();
        let batch = matching::assign(&requests, &supply, &policy, NOW);
        let explainer = batch.explainer();
        let requests = one_a_trip(&requests);
        let edges = edges(&requests, &supply, &policy);
        let unassigned = i64::from(policy.unassigned_ms());
        let least = brute_force(&edges, unassigned, &mut Vec::new());
        for (place, request) in requests.iter().enumerate() {
            let explanation = explainer.explain(request.trip());
            prop_assert_eq!(&explanation, &batch.explain(request.trip()));
            let mut others = edges.clone();
            for (driver, cost) in others.remove(place) {
                let forced = cost + brute_force(&others, unassigned, &mut vec![driver]);
                let verdict = explanation.verdicts().iter().find(|verdict| verdict.driver() == driver);
                prop_assert_eq!(verdict.and_then(Verdict::excess_ms), Some(forced - least), "{:?}", verdict);
            }
            let first = explanation.verdicts().first().map(Verdict::driver);
            prop_assert!(batch.driver_of(request.trip()).is_none_or(|chosen| first == Some(chosen)));
        }
    }

    #[test]
    fn the_order_of_requests_and_of_news_changes_nothing(
        news in vec(news(), 0..200),
        requests in vec(request(), 0..20),
        policy in policy(),
        seed in any::<u64>(),
    ) {
        let batch = matching::assign(&requests, &supply_of(&news, 40), &policy, NOW);
        // Other slots, another grid: drivers become known in another order, some after having been forgotten.
        let mut other = Supply::sized_for(area(), 4_000);
        for number in (0..40).rev() {
            let busy = (seed >> number & 1) == 0;
            other.set_availability(driver(number), if busy { Availability::Busy } else { Availability::Offline });
        }
        (0..40).for_each(|number| { other.remove(driver(number)); });
        for news in &news {
            tell(&mut other, news);
        }
        let mut shuffled = requests.clone();
shuffled.sort_by_key(|request| (request.trip().to_u128() ^ u128::from(seed)).wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff);
        prop_assert_eq!(batch, matching::assign(&shuffled, &other, &policy, NOW));
    }

    #[test]
    fn a_matcher_that_is_used_again_decides_alike(
        supplies in vec(supply(), 2..4), requests in vec(request(), 0..20), policy in policy(),
    ) {
        let mut matcher = Matcher::new();
        for supply in &supplies {
            let again = matcher.assign(&requests, &Market::new(supply, &policy, NOW));
            prop_assert_eq!(again, matching::assign(&requests, supply, &policy, NOW));
        }
    }

    #[test]
    fn greedy_is_never_cheaper_and_nobody_is_sent_twice(
        supply in supply(), requests in vec(request(), 0..30), policy in policy(),
    ) {
        let requests = one_a_trip(&requests);
        // With every driver in reach considered, what greedy takes is an assignment of the batch too.
        let policy = policy.with_nearest(64).unwrap();
        let batch = matching::assign(&requests, &supply, &policy, NOW);
        let greedy = matching::greedy(&requests, &supply, &policy, NOW);
        let alone = i64::try_from(requests.len() - greedy.len()).unwrap() * i64::from(policy.unassigned_ms());
        let greedy_cost = greedy.iter().map(|pair| pair.terms().cost_ms()).sum::<i64>() + alone;
        prop_assert!(cost_of(&batch, &policy) <= greedy_cost);
        for pairs in [batch.pairs(), &greedy] {
            let mut drivers: Vec<_> = pairs.iter().map(Pair::driver).collect();
            drivers.sort();
            drivers.dedup();
            prop_assert_eq!(drivers.len(), pairs.len());
        }
        if let Some(first) = requests.iter().min_by_key(|request| (request.waiting_since(), *request)) {
            let best = matching::nearest(first, &supply, &policy, NOW).unwrap();
            let taken = greedy.first().filter(|pair| pair.trip() == first.trip());
            prop_assert_eq!(best.map(|best| best.driver()), taken.map(Pair::driver));
        }
    }

    #[test]
    fn every_candidate_has_a_verdict_that_fits_the_outcome(
        supply in supply(), requests in vec(request(), 1..20), policy in policy(),
    ) {
        let batch = matching::assign(&requests, &supply, &policy, NOW);
        for request in &one_a_trip(&requests) {
            let explanation = batch.explain(request.trip());
            let winner = batch.driver_of(request.trip());
            prop_assert_eq!(explanation.standing(), winner.map_or(Standing::Unassigned, Standing::Assigned));
            let mut chosen = None;
            for verdict in explanation.verdicts() {
                match verdict.outcome() {
                    Outcome::Chosen { .. } => chosen = Some(verdict.driver()),
                    Outcome::Lost { to, by_ms, .. } => {
                        prop_assert!(by_ms >= 0);
                        prop_assert_eq!(batch.driver_of(to), Some(verdict.driver()));
                    }
                    Outcome::Dearer { by_ms, .. } => {
                        prop_assert!(by_ms >= 0);
                        prop_assert!(batch.pairs().iter().all(|pair| pair.driver() != verdict.driver()));
                    }
                    Outcome::Busy | Outcome::StaleLocation { .. } | Outcome::WrongCapability | Outcome::Declined | Outcome::TooFar { .. } => {}
                }
            }
            prop_assert_eq!(chosen, winner);
            let found = matching::candidates(request, &supply, &policy, NOW).unwrap();
            let able = explanation.verdicts().iter().filter(|verdict| verdict.excess_ms().is_some()).count();
            prop_assert_eq!(able, found.able().len());
        }
    }

    #[test]
    fn an_edited_certificate_is_refused(
        supply in supply(), requests in vec(request(), 1..30), policy in policy(),
        pick in any::<prop::sample::Index>(),
        change in prop_oneof![-1_000_i64..0, 1_i64..1_000],
    ) {
        let requests = one_a_trip(&requests);
        let batch = matching::assign(&requests, &supply, &policy, NOW);
        let sound = batch.certificate();
        let trips: Vec<_> = sound.trips().collect();
        let drivers: Vec<_> = sound.drivers().collect();
        let verify = |certificate: Certificate| certificate.verify(&requests, &supply, &policy).map_err(|flaw| flaw.code());
        let edited = |edit: &dyn Fn(&mut TripPrices, &mut DriverPrices)| {
            let (mut trips, mut drivers) = (trips.clone(), drivers.clone());
            edit(&mut trips, &mut drivers);
            verify(Certificate::new(NOW, trips, drivers))
        };
        let number = pick.index(trips.len());
        let untouched = edited(&|_, _| {});
        prop_assert!(untouched.is_ok());
        prop_assert!(edited(&|trips, _| trips[number].2 += change).is_err());
        prop_assert_eq!(edited(&|trips, _| { trips.remove(number); }), Err("certificate_trip_missing"));
        prop_assert_eq!(
            edited(&|trips, _| trips.push((TripId::from_u128(1_000), None, 0))),
            Err("certificate_trip_unknown")
        );
        if !drivers.is_empty() {
            let number = pick.index(drivers.len());
            prop_assert!(edited(&|_, drivers| drivers[number].1 += change).is_err());
        }
        if let Some(pair) = batch.pairs().first() {
            let at = trips.iter().position(|(trip, _, _)| *trip == pair.trip()).unwrap();
            prop_assert_eq!(edited(&|trips, _| trips[at].1 = None), Err("certificate_gap"));
            prop_assert_eq!(
                edited(&|trips, _| trips[at].1 = Some(DriverId::from_u128(u128::MAX))),
                Err("certificate_no_such_pairing")
            );
            for other in (0..trips.len()).filter(|other| *other != at) {
                prop_assert!(edited(&|trips, _| trips[other].1 = Some(pair.driver())).is_err());
            }
        }
        let later = Market::new(&supply, &policy, NOW.plus(Millis::new(1)));
        prop_assert_eq!(
            sound.verify_in(&requests, &later).map_err(|flaw| flaw.code()),
            Err("certificate_other_time")
        );
    }

    #[test]
    fn no_prices_prove_a_dearer_driver(supply in supply(), request in request(), policy in policy()) {
        let found = matching::candidates(&request, &supply, &policy, NOW).unwrap();
        let alone = i64::from(policy.unassigned_ms());
        let costs = found.able().iter().map(|candidate| (candidate.driver(), candidate.terms().cost_ms()));
        let useful: Vec<_> = costs.filter(|(_, cost)| *cost < alone).collect();
        prop_assume!(!useful.is_empty());
        let (best, least) = useful[0];
        let requests = [request];
        let trip = requests[0].trip();
        let verify = |driver, price, drivers: &[(DriverId, i64)]| {
            let certificate = Certificate::new(NOW, [(trip, driver, price)], drivers.iter().copied());
            certificate.verify(&requests, &supply, &policy).map_err(|flaw| flaw.code())
        };
        prop_assert_eq!(verify(Some(best), least, &[]), Ok(i128::from(least)));
        // Each of these claims prices that add up to what the choice costs.
        let dearer = useful.iter().map(|(driver, cost)| (Some(*driver), *cost)).chain([(None, alone)]);
        for (driver, cost) in dearer.filter(|(_, cost)| *cost > least) {
            prop_assert_eq!(verify(driver, cost, &[]), Err("certificate_trip_price_too_high"));
            prop_assert_eq!(
                verify(driver, least, &[(DriverId::from_u128(u128::MAX), cost - least)]),
                Err("certificate_driver_price_above_zero")
            );
        }
    }

    #[test]
    fn routes_from_outside_are_weighed_and_certified(
        supply in supply(), requests in vec(request(), 1..20), policy in policy(),
    ) {
        let market = Market::new(&supply, &policy, NOW).with_routes(&River);
        let batch = Matcher::new().assign(&requests, &market);
        prop_assert!(batch.certificate().verify_in(&requests, &market).is_ok());
        for pair in batch.pairs() {
            let from = supply.driver(pair.driver()).unwrap().sample().unwrap().place();
            let to = requests.iter().filter(|request| request.trip() == pair.trip()).min().unwrap().pick_up();
            let travel = River.travel(from, to, great_circle(from, to)).get();
            prop_assert_eq!(i64::from(pair.terms().travel_ms), travel);
        }
    }
}

/// A road network with one river and no bridge worth taking.
struct River;

impl RouteEstimate for River {
    fn travel(&self, from: Place, to: Place, distance: Millimetres) -> Millis {
        let bank = |place: Place| place.longitude_e7() < -739_800_000;
        let detour = if bank(from) == bank(to) { 0 } else { 600_000 };
        Millis::new(StraightLine::CITY.travel(from, to, distance).get() + detour)
    }

    fn reach(&self, limit: Millis) -> Millimetres {
        StraightLine::CITY.reach(limit)
    }
}
