//! Plans, how they change, and the prices that belong to them.

use super::*;
use crate::fingerprint::Fingerprint;
use crate::fixture::{CARD, OPERATOR, order, quote, quote_for, quote_of, request, tariff};
use crate::place::Place;
use crate::requirements::Requirements;
use crate::trip::{Order, PersonalPlace, PersonalPlan, Refusal, TripRequest};
use std::sync::Arc;

#[test]
fn a_changed_plan_is_numbered_and_goes_with_every_later_search() {
    let mut trip = confirmed_and(&[]);
    for (stops, revision) in [(1, 1), (2, 2)] {
        let (plan, quote) = (fixture::plan_with_stops(revision), quote_for(4_000, stops, 1));
        let change = Command::ChangePlan {
            by: Actor::Rider(RIDER),
            plan: plan.clone(),
            quote: Arc::clone(&quote),
            quote_fingerprint: Fingerprint::new([9; 32]),
        };
        let events = act(&mut trip, &change, NOW).unwrap();
        let [TripEvent::PlanChanged(changed)] = &events[..] else {
            panic!("not one change: {events:?}")
        };
        assert_eq!(usize::from(changed.revision), revision);
        assert_eq!((&changed.plan, &changed.quote), (&plan, &quote));
        assert_eq!(
            (changed.quote_fingerprint, &changed.request),
            (Fingerprint::new([9; 32]), &request())
        );
    }
    let events = act(&mut trip, &withdraw(ANN, fence(1)), NOW).unwrap();
    let [TripEvent::Reassigning { change, .. }] = &events[..] else {
        panic!("not reassigning: {events:?}")
    };
    assert_eq!(
        (change, change.as_ref().map(|change| change.revision)),
        (&trip.plan_change().cloned(), Some(2))
    );
}

#[test]
fn a_plan_keeps_its_pick_up_and_has_its_limits() {
    let change = |plan: PersonalPlan| Command::ChangePlan {
        by: Actor::Rider(RIDER),
        quote: quote_for(4_000, u16::try_from(plan.stops.len()).unwrap(), 1),
        plan,
        quote_fingerprint: Fingerprint::new([0; 32]),
    };
    let mut elsewhere = fixture::plan();
    elsewhere.pick_up = PersonalPlace::Known(Place::from_e7(0, 0).unwrap());
    let trip = requested_and(&[]);
    for (plan, refused) in [
        (elsewhere, "!trip_pick_up_fixed"),
        (fixture::plan_with_stops(9), "!trip_too_many_stops"),
        (fixture::plan_with_stops(8), "TripPlanChanged"),
    ] {
        assert_eq!(answer(&trip, &change(plan), NOW), refused);
    }
}

/// Another way for the same price used to be taken for the same plan.
#[test]
fn another_way_at_the_same_price_is_another_plan() {
    let change = Command::ChangePlan {
        by: Actor::Rider(RIDER),
        plan: PersonalPlan {
            destination: Some(PersonalPlace::Known(
                Place::from_e7(407_600_000, -739_800_000).unwrap(),
            )),
            ..fixture::plan()
        },
        quote: quote(),
        quote_fingerprint: Fingerprint::new([0; 32]),
    };
    assert_eq!(answer(&requested_and(&[]), &change, NOW), "TripPlanChanged");
}

/// A price for one alone without a stop used to pay for four by three stops.
#[test]
fn a_price_is_for_the_stops_and_the_people_that_it_was_given_for() {
    let answer_to = |stops: usize, people: u8, quote: Arc<_>| {
        let plan = fixture::plan_with_stops(stops);
        let change = Command::ChangePlan {
            by: Actor::Rider(RIDER),
            plan: plan.clone(),
            quote: Arc::clone(&quote),
            quote_fingerprint: Fingerprint::new([0; 32]),
        };
        let order = Order {
            quote,
            plan,
            ..order(CARD)
        };
        let request = TripRequest::new(order).unwrap();
        let request = request.with_party(people, Requirements::new(4).unwrap()).unwrap();
        let ordered = answer(&Trip::default(), &Command::Request(Arc::new(request)), NOW);
        (ordered, answer(&requested_and(&[]), &change, NOW))
    };
    // The trip whose plan changes was ordered for one.
    for (stops, people, quote, ordered, changed) in [
        (1, 1, quote_for(4_000, 1, 1), "TripRequested", "TripPlanChanged"),
        (
            1,
            1,
            quote_for(4_000, 0, 1),
            "TripRejected",
            "!trip_quote_of_another_ride",
        ),
        (
            0,
            1,
            quote_for(4_000, 1, 1),
            "TripRejected",
            "!trip_quote_of_another_ride",
        ),
        (
            0,
            1,
            quote_for(4_000, 0, 2),
            "TripRejected",
            "!trip_quote_of_another_ride",
        ),
        (0, 2, quote_for(4_000, 0, 1), "TripRejected", "TripPlanChanged"),
        (
            0,
            2,
            quote_for(4_000, 0, 2),
            "TripRequested",
            "!trip_quote_of_another_ride",
        ),
    ] {
        let answers = answer_to(stops, people, quote);
        assert_eq!(
            answers,
            (ordered.to_owned(), changed.to_owned()),
            "{stops} stops, {people} people"
        );
    }
    let four = TripRequest::new(order(CARD)).unwrap();
    let four = four.with_party(4, Requirements::new(4).unwrap()).unwrap();
    let rejected = act(&mut Trip::default(), &Command::Request(Arc::new(four)), NOW);
    let reason = RejectReason::QuoteOfAnotherRide;
    assert_eq!(rejected, Ok(vec![TripEvent::Rejected { reason }]));
}

#[test]
fn a_changed_plan_stays_within_the_first_hold_and_is_what_the_ride_settles_at() {
    let plan = |quote: &Arc<_>| Command::ChangePlan {
        quote_fingerprint: Fingerprint::new([0; 32]),
        by: Actor::Operator(OPERATOR),
        plan: fixture::plan(),
        quote: Arc::clone(quote),
    };
    let mut trip = started_and(&[]);
    let dearer = quote_of(&tariff(1), 50_000);
    let other_terms = quote_of(&tariff(2), 4_000);
    for refused in [&dearer, &other_terms] {
        assert_eq!(act(&mut trip, &plan(refused), NOW), Err(Refusal::QuoteBeyondHold));
    }
    let shorter = quote_of(&tariff(1), 4_000);
    let mut trip = after(trip, &[plan(&shorter)], NOW);
    assert_eq!(trip.quote(), Some(&shorter));
    act(&mut trip, &Command::RideOverdue, LATE).unwrap();
    assert_eq!(trip.due(), Some(shorter.total()));
}
