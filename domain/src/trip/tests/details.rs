//! What the events carry, and what follows from them later.

use super::*;
use crate::driver::Fence;
use crate::fixture::{
    CARD, FEE_EN_ROUTE, FEE_NO_SHOW, OPERATOR, STRANGER, order, quote, quote_of, reading, request, tariff,
    usd,
};
use crate::id::PrincipalId;
use crate::money::Currency;
use crate::place::Place;
use crate::pricing::{Fault, Receipt, SlowRule, Speed, Tariff};
use crate::requirements::Requirements;
use crate::trip::{
    Cancelled, CommandKind, FailReason, Order, PLAN_STOPS_MAX, PaymentMethod, PersonalPlace, PersonalPlan,
    ReassignReason, Refusal, RequestError, Stage, TripPolicy, TripRequest,
};
use crate::units::Millis;
use std::sync::Arc;

fn cancelled(trip: &Trip, command: &Command, now: Timestamp) -> Arc<Cancelled> {
    let events = act(&mut trip.clone(), command, now).unwrap();
    match &events[..] {
        [TripEvent::Cancelled(cancelled)] => Arc::clone(cancelled),
        other => panic!("not a cancellation: {other:?}"),
    }
}

#[test]
fn an_order_that_comes_too_late_or_with_too_many_people_is_rejected() {
    let reason = |request: Arc<TripRequest>, now| {
        let events = act(&mut Trip::default(), &Command::Request(request), now).unwrap();
        match events[..] {
            [TripEvent::Rejected { reason }] => reason,
            ref other => panic!("not a rejection: {other:?}"),
        }
    };
    assert_eq!(reason(request(), at_s(600)), RejectReason::Expired);
    let five = TripRequest::new(order(CARD)).unwrap();
    let five = five.with_party(5, Requirements::new(4).unwrap()).unwrap();
    assert_eq!(reason(Arc::new(five), NOW), RejectReason::PartyTooLarge);
}

#[test]
fn a_confirmation_names_the_lock_and_the_newest_hold() {
    let mut trip = requested_and(&[payment(A0), payment(A1)]);
    let events = act(&mut trip, &driver(0, BOB, 3), NOW).unwrap();
    let confirmed = TripEvent::Confirmed {
        round: 0,
        fence: fence(3),
        secured: A1,
        arrival_due_at: NOW.plus(Millis::from_minutes(20)),
    };
    assert_eq!(events.last(), Some(&confirmed));
    assert_eq!(trip.driver(), Some((BOB, fence(3))));
    assert!(trip.control().was_confirmed);
}

#[test]
fn the_fee_follows_stage_and_fault() {
    let (rider, late) = (Actor::Rider(RIDER), at_s(2 * 3_600));
    let seeking = requested_and(&[driver(0, ANN, 1)]);
    let again = confirmed_and(&[withdraw(ANN, fence(1))]);
    let asked = |by, reason| Command::Cancel { by, reason };
    let plain = CancelReason::ChangedPlans;
    let (ann, operator) = (Actor::Driver(ANN), Actor::Operator(OPERATOR));
    let (coming, arrived) = (confirmed_and(&[]), arrived_and(&[]));
    for (trip, by, reason, now, stage, fault, fee) in [
        (
            &seeking,
            rider,
            plain,
            NOW,
            Stage::BeforeConfirmed,
            Fault::Rider,
            0,
        ),
        (&again, rider, plain, NOW, Stage::BeforeConfirmed, Fault::Rider, 0),
        (
            &coming,
            rider,
            plain,
            NOW,
            Stage::EnRoute,
            Fault::Rider,
            FEE_EN_ROUTE,
        ),
        (&coming, rider, plain, late, Stage::EnRoute, Fault::Driver, 0),
        (&coming, ann, plain, NOW, Stage::EnRoute, Fault::Driver, 0),
        (
            &coming,
            rider,
            CancelReason::DriverAsked,
            NOW,
            Stage::EnRoute,
            Fault::Rider,
            FEE_EN_ROUTE,
        ),
        (
            &coming,
            operator,
            CancelReason::DriverAsked,
            NOW,
            Stage::EnRoute,
            Fault::Driver,
            0,
        ),
        (&coming, operator, plain, NOW, Stage::EnRoute, Fault::Platform, 0),
        (&arrived, rider, plain, NOW, Stage::Arrived, Fault::Rider, 400),
    ] {
        let end = cancelled(trip, &asked(by, reason), now);
        assert_eq!(
            (end.stage, end.fault, end.due),
            (stage, fault, Some(usd(fee))),
            "{by:?}"
        );
        assert_eq!(end.receipt.is_some(), stage != Stage::BeforeConfirmed);
    }
}

#[test]
fn nobody_claims_a_no_show_by_cancelling() {
    for trip in [
        requested_and(&[]),
        confirmed_and(&[]),
        arrived_and(&[]),
        Trip::default(),
    ] {
        for by in [
            Actor::Rider(RIDER),
            Actor::Driver(ANN),
            Actor::Operator(OPERATOR),
            Actor::Timer,
        ] {
            let claim = Command::Cancel {
                by,
                reason: CancelReason::NoShow,
            };
            let answer = act(&mut trip.clone(), &claim, NOW.plus(Millis::from_minutes(9)));
            assert_eq!(answer, Err(Refusal::NoShowIsReported), "{by:?}");
        }
    }
}

#[test]
fn a_no_show_is_the_drivers_word_or_the_timers() {
    let trip = arrived_and(&[]);
    let grace_over = NOW.plus(Millis::from_minutes(5));
    let report_over = grace_over.plus(Millis::from_minutes(1));
    let said = Command::NoShow {
        driver: ANN,
        fence: fence(1),
    };
    // The driver has a minute to say so before the platform's own timer does.
    for (command, by, due_at) in [
        (said, Actor::Driver(ANN), grace_over),
        (Command::NoShowOverdue { round: 0 }, Actor::Timer, report_over),
    ] {
        let mut early = trip.clone();
        let too_early = Timestamp::from_ms(due_at.ms() - 1);
        assert_eq!(
            act(&mut early, &command, too_early),
            Err(Refusal::NotDueYet { due_at })
        );
        let end = cancelled(&trip, &command, due_at);
        assert_eq!((end.by, end.due), (by, Some(usd(FEE_NO_SHOW))));
    }
}

#[test]
fn the_last_reassignment_fails_the_trip() {
    let mut trip = confirmed_and(&[]);
    for round in 0..3 {
        let events = act(&mut trip, &withdraw(ANN, fence(1)), NOW).unwrap();
        let next = TripEvent::Reassigning {
            round: round + 1,
            reason: ReassignReason::Withdrawn,
            request: request(),
            change: None,
        };
        assert_eq!(events, [next]);
        trip = after(trip, &[driver(round + 1, ANN, 1)], NOW);
    }
    let events = act(&mut trip, &Command::ArrivalOverdue { round: 3 }, LATE).unwrap();
    let reason = FailReason::ReassignmentsUsedUp;
    assert_eq!(events, [TripEvent::Failed { reason }]);
}

#[test]
fn the_fifth_wrong_code_needs_an_operator() {
    let wrong = start(ANN, fence(1), StartCheck::WrongCode);
    let mut trip = arrived_and(&[]);
    for attempts in 1..=5 {
        let refused = TripEvent::StartCodeRefused { round: 0, attempts };
        assert_eq!(act(&mut trip, &wrong, NOW), Ok(vec![refused]));
    }
    assert_eq!(act(&mut trip, &wrong, NOW), Err(Refusal::StartCodesUsedUp));
    let right = start(ANN, fence(1), RIGHT_CODE);
    assert_eq!(act(&mut trip, &right, NOW), Err(Refusal::StartCodesUsedUp));
    let vouched = StartCheck::Proven(StartProof::Operator(OPERATOR));
    assert_eq!(answer(&trip, &start(ANN, fence(1), vouched), NOW), "TripStarted");
}

/// The next driver used to be locked out by what the last one mistyped.
#[test]
fn wrong_codes_are_counted_driver_by_driver() {
    let wrong = start(ANN, fence(1), StartCheck::WrongCode);
    let used_up = arrived_and(&vec![wrong; 5]);
    let next = [withdraw(ANN, fence(1)), driver(1, BOB, 1), arrive(BOB, fence(1))];
    let mut trip = after(used_up, &next, NOW);
    let wrong = start(BOB, fence(1), StartCheck::WrongCode);
    let first = TripEvent::StartCodeRefused {
        round: 1,
        attempts: 1,
    };
    assert_eq!(act(&mut trip, &wrong, NOW), Ok(vec![first]));
    assert_eq!(
        answer(&trip, &start(BOB, fence(1), RIGHT_CODE), NOW),
        "TripStarted"
    );
}

#[test]
fn a_ride_ends_with_what_is_due_and_its_receipt() {
    for by in [Actor::Driver(ANN), Actor::Rider(RIDER), Actor::Operator(OPERATOR)] {
        let mut trip = started_and(&[]);
        let events = act(&mut trip, &complete(by, fence(1)), NOW).unwrap();
        let [TripEvent::Completed(completion), TripEvent::FareSettled(receipt)] = &events[..] else {
            panic!("not an end: {events:?}")
        };
        assert_eq!(completion.due, receipt.total());
        assert!(!completion.is_flagged());
        assert_eq!(
            (trip.due(), trip.receipt()),
            (Some(receipt.total()), Some(receipt))
        );
    }
    let mut trip = started_and(&[]);
    let events = act(&mut trip, &Command::RideOverdue, LATE).unwrap();
    assert!(matches!(&events[0], TripEvent::Completed(completion) if completion.is_flagged()));
    assert_eq!(trip.due(), Some(quote().total()));
}

#[test]
fn a_reading_of_another_tariff_settles_only_where_its_price_is_certain() {
    let complete = |reading| Command::Complete {
        fence: fence(1),
        by: Actor::Driver(ANN),
        reading,
        device: DEVICE,
    };
    let foreign = reading(&quote_of(&tariff(2), 8_046));
    assert!(act(&mut started_and(&[]), &complete(foreign), NOW).is_ok());
    // At 15.06 km/h: on which side of this threshold nobody who reads whole kilometres an hour can tell.
    let between = SlowRule::Below(Speed::from_mm_per_hour(15_500_000).unwrap());
    let meter = tariff(1).meter().clone().with_slow(between).unwrap();
    let strict = Arc::new(Tariff::new(tariff(1).id(), 1, Currency::USD, meter));
    let foreign = quote_of(&tariff(2), 8_046);
    let mut recorder = foreign.recorder(foreign.at()).unwrap();
    recorder
        .drive(foreign.ride().distance(), Millis::from_secs(1_923))
        .unwrap();
    let uncertain = complete(Arc::new(recorder.finish().unwrap()));
    let request = TripRequest::new(Order {
        quote: quote_of(&strict, 8_046),
        ..order(CARD)
    });
    let steps = [
        Command::Request(Arc::new(request.unwrap())),
        driver(0, ANN, 1),
        payment(A0),
        arrive(ANN, fence(1)),
        start(ANN, fence(1), RIGHT_CODE),
    ];
    let refused = act(&mut absent_and(&steps), &uncertain, NOW).unwrap_err();
    assert_eq!(refused.code(), "trip_pricing");
}

#[test]
fn an_adjustment_supersedes_the_receipt_before_it() {
    let mut trip = started_and(&[complete(Actor::Driver(ANN), fence(1))]);
    for supersedes in 0..3_u16 {
        let receipt = fixture::receipt_of_drive(&quote(), 4_000 + i64::from(supersedes));
        let command = Command::AdjustFare {
            reason: AdjustReason::LateToll,
            receipt: Arc::clone(&receipt),
        };
        let events = act(&mut trip, &command, NOW).unwrap();
        assert!(
            matches!(&events[..], [TripEvent::FareAdjusted(adjustment)] if adjustment.supersedes == supersedes)
        );
        assert_eq!(trip.receipt(), Some(&receipt));
    }
}

/// Whoever corrects a fare sends a receipt, and may have made it up.
#[test]
fn a_correction_follows_from_the_trips_quote_and_tariff() {
    let trip = started_and(&[complete(Actor::Driver(ANN), fence(1))]);
    let (quote, refused) = (quote(), |receipt| {
        let reason = AdjustReason::Goodwill;
        answer(&trip, &Command::AdjustFare { reason, receipt }, NOW)
    });
    let of_another = "!trip_receipt_of_another_quote";
    assert_eq!(
        refused(fixture::receipt(&quote_of(&tariff(2), 8_046))),
        of_another
    );
    assert_eq!(
        refused(fixture::receipt(&quote_of(&tariff(1), 80_460))),
        of_another
    );
    let mut parts = fixture::receipt_of_drive(&quote, 4_000).parts().clone();
    parts.computed.total = usd(100_000_000);
    let made_up = Arc::new(Receipt::from_parts(parts));
    assert_eq!(refused(made_up), "!trip_receipt_unfounded");

    for metres in [1, 4_000, 20_000, 1_000_000] {
        let receipt = fixture::receipt_of_drive(&quote, metres);
        assert!(receipt.total().minor() <= quote.hold().minor(), "{metres} m");
        assert_eq!(refused(receipt), "FareAdjusted", "{metres} m");
    }
}

#[test]
fn a_trip_closes_when_lock_and_money_have_cleared_in_either_order() {
    let outcome = MoneyOutcome {
        captured_minor: 300,
        ..MoneyOutcome::default()
    };
    let (lock, money) = (Command::ClearLock, Command::SettleMoney { outcome });
    for (first, second, names) in [
        (&lock, &money, "MoneySettled TripClosed"),
        (&money, &lock, "LockCleared TripClosed"),
    ] {
        let ended = confirmed_and(&[cancel(Actor::Rider(RIDER))]);
        let trip = after(ended, std::slice::from_ref(first), NOW);
        assert!(!trip.control().closed);
        assert_eq!(answer(&trip, second, NOW), names);
        let trip = after(trip, std::slice::from_ref(second), NOW);
        assert_eq!(trip.outcome(), Some(outcome));
    }
}

/// Anyone may guess a trip's id before its order comes: a stranger's cancel must not silence the rider's order.
#[test]
fn only_the_same_rider_cancels_an_order_that_has_not_come() {
    let by = |rider| cancel(Actor::Rider(rider));
    let strangers = absent_and(&[by(STRANGER)]);
    let mut ordered = strangers.clone();
    let taken = TripEvent::Requested(request());
    assert_eq!(
        act(&mut ordered, &Command::Request(request()), NOW),
        Ok(vec![taken])
    );
    assert_eq!(
        (ordered.control(), ordered.due()),
        (requested_and(&[]).control(), None)
    );
    assert_eq!(answer(&ordered, &by(STRANGER), NOW), "!trip_not_yours");

    let both = after(strangers, &[by(RIDER)], NOW);
    assert_eq!(answer(&both, &Command::Request(request()), NOW), "-");
    assert_eq!(answer(&both, &by(RIDER), NOW), "-");
}

#[test]
fn strangers_do_not_fill_a_trip_that_nobody_ordered() {
    let mut trip = Trip::default();
    for stranger in 100..108 {
        let cancel = cancel(Actor::Rider(PrincipalId::from_u128(stranger)));
        act(&mut trip, &cancel, NOW).unwrap();
    }
    assert_eq!(
        answer(&trip, &cancel(Actor::Rider(STRANGER)), NOW),
        "!trip_not_yours"
    );
    assert_eq!(answer(&trip, &Command::Request(request()), NOW), "TripRequested");
    let silenced = after(trip, &[cancel(Actor::Operator(OPERATOR))], NOW);
    assert_eq!(answer(&silenced, &Command::Request(request()), NOW), "-");
}

#[test]
fn an_order_says_everything_or_is_refused() {
    let new = || TripRequest::new(order(CARD)).unwrap();
    let with_policy = |change: fn(&mut TripPolicy)| {
        let mut policy = TripPolicy::default();
        change(&mut policy);
        new().with_policy(Arc::new(policy)).err()
    };
    assert_eq!(with_policy(|_| ()), None);
    for outside in [
        (|policy| policy.search_budget = Millis::ZERO) as fn(&mut TripPolicy),
        |policy| policy.ride_budget = Millis::MAX,
        |policy| policy.reassignments_max = 8,
        |policy| policy.start_codes_max = 0,
        |policy| policy.start_codes_max = 21,
    ] {
        assert_eq!(with_policy(outside), Some(RequestError::PolicyOutOfRange));
    }
    let stops = vec![PersonalPlace::Erased; PLAN_STOPS_MAX + 1];
    let crowded = Order {
        plan: PersonalPlan {
            stops,
            ..fixture::plan()
        },
        ..order(CARD)
    };
    let errors = [
        TripRequest::new(crowded).unwrap_err(),
        new().with_expiry(at_s(0)).unwrap_err(),
        new().with_party(0, Requirements::ONE_SEAT).unwrap_err(),
        RequestError::PolicyOutOfRange,
    ];
    let codes: std::collections::BTreeSet<_> = errors.iter().map(RequestError::code).collect();
    assert_eq!(codes.len(), errors.len());
    for error in errors {
        assert!(error.to_string().starts_with("failed to order: "));
    }
}

#[test]
fn an_order_answers_what_it_was_made_of() {
    let made = order(PaymentMethod::Cash);
    let request = TripRequest::new(made.clone()).unwrap();
    assert_eq!(request.expires_at(), at_s(600));
    let request = request
        .with_expiry(at_s(60))
        .and_then(|request| request.with_party(2, Requirements::new(2).unwrap()))
        .unwrap()
        .with_pick_up_at(at_s(30));
    assert_eq!((request.trip(), request.rider()), (made.trip, made.rider));
    assert_eq!((request.region(), request.product()), (made.region, made.product));
    assert_eq!((request.accepted_at(), request.expires_at()), (at_s(0), at_s(60)));
    assert_eq!((request.quote(), request.plan()), (&made.quote, &made.plan));
    assert_eq!(request.quote_fingerprint(), &made.quote_fingerprint);
    assert_eq!((request.party_size(), request.requirements().seats()), (2, 2));
    assert_eq!(
        (request.payment(), request.pick_up_at()),
        (made.payment, Some(at_s(30)))
    );
    assert_eq!(**request.policy(), TripPolicy::default());
}

#[test]
fn a_personal_place_can_be_forgotten() {
    let place = Place::from_e7(1, 2).unwrap();
    assert_eq!(PersonalPlace::Known(place).known(), Some(place));
    assert_eq!(PersonalPlace::Erased.known(), None);
}

#[test]
fn a_trip_that_ended_without_a_ride_says_why() {
    use crate::trip::{EndReason, FailReason};
    let cancelled = EndReason::Cancelled(CancelReason::ChangedPlans);
    let failed = EndReason::Failed(FailReason::NoDriver);
    let dropped = Command::Reject {
        reason: RejectReason::Dropped,
    };
    for (trip, reason) in [
        (
            absent_and(&[dropped]),
            Some(EndReason::Rejected(RejectReason::Dropped)),
        ),
        (confirmed_and(&[cancel(Actor::Rider(RIDER))]), Some(cancelled)),
        (requested_and(&[Command::NoDriver { round: 0 }]), Some(failed)),
        (started_and(&[complete(Actor::Driver(ANN), fence(1))]), None),
    ] {
        assert_eq!(trip.ended_for(), reason);
    }
    let stranger = cancel(Actor::Rider(STRANGER));
    let ordered = absent_and(&[stranger, Command::Request(request())]);
    assert_eq!(ordered.ended_for(), None, "somebody else's tombstone");
    let all: std::collections::BTreeSet<_> = EndReason::ALL.into();
    assert_eq!(all.len(), EndReason::ALL.len());
}

#[test]
fn every_refusal_says_what_it_is() {
    let refusals = [
        Refusal::NoSuchTrip,
        Refusal::NotYours,
        Refusal::WrongStep,
        Refusal::RideBegan,
        Refusal::NoShowIsReported,
        Refusal::Ended,
        Refusal::StaleFence,
        Refusal::StartCodesUsedUp,
        Refusal::NotDueYet { due_at: NOW },
        Refusal::QuoteBeyondHold,
        Refusal::QuoteOfAnotherRide,
        Refusal::TipWithoutCard,
        Refusal::TipWithoutHold,
        Refusal::TipsUsedUp,
        Refusal::TipTooLate { until: NOW },
        Refusal::TipOutOfBounds { most: usd(1) },
        Refusal::from(crate::pricing::PricingError::Overflow),
    ];
    let codes: std::collections::BTreeSet<_> = refusals.iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), refusals.len());
    for refusal in refusals {
        assert!(refusal.to_string().starts_with("failed to "), "{refusal}");
    }
}

#[test]
fn a_fence_reads_as_epoch_and_count() {
    assert_eq!(Fence { epoch: 2, count: 7 }.to_string(), "2.7");
    assert_eq!(complete(Actor::Timer, fence(1)).kind(), CommandKind::Complete);
}
