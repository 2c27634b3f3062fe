//! Who reacts to what, and which timers an event sets.

mod aftermath;

use super::*;
use crate::decision::Aggregate;
use crate::dispatch::{DispatchEvent, OfferCounts, OfferNumber};
use crate::driver::{Driver, DriverEvent};
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::fixture::{self, ANN, CARD, DEVICE, RIDER, TRIP, act, at_s, fence, request, usd};
use crate::id::{PrincipalId, RegionId};
use crate::matching::{Terms, Verdicts};
use crate::ops::{Erasure, OpsEvent};
use crate::payment::{
    AuthorizationStart, Charge, DeclineReason, Payment, PaymentEvent, SettlementBasis, Waiver,
};
use crate::requirements::Capabilities;
use crate::stream::{EventId, TimerId, TimerKind, Version};
use crate::time::Timestamp;
use crate::trip::{
    Actor, AuthorizationNumber, CancelReason, FailReason, MoneyOutcome, PaymentMethodId, ReassignReason,
    Secured, Trip, TripEvent,
};
use crate::units::Millimetres;
use std::sync::Arc;

const FARE: StreamId = StreamId::Payment(TRIP, ChargeNumber::FARE);
const TIP: StreamId = StreamId::Payment(TRIP, ChargeNumber(1));
const ON_DRIVER: StreamId = StreamId::Driver(ANN);
const NOW: Timestamp = at_s(10);

fn region() -> RegionId {
    "manhattan".parse().unwrap()
}

fn locked() -> DriverEvent {
    DriverEvent::Locked {
        trip: TRIP,
        round: 2,
        fence: fence(3),
        slot: 0,
        review_at: at_s(1_800),
    }
}

fn started(budget_ends_at: Timestamp) -> PaymentEvent {
    PaymentEvent::AuthorizationStarted(Arc::new(AuthorizationStart {
        charge: Charge::FARE,
        authorization: AuthorizationNumber(1),
        epoch: 0,
        amount: usd(100),
        method: PaymentMethodId(1),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
        budget_ends_at,
    }))
}

/// The events of a trip's whole life, by deciding them.
fn life(commands: &[trip::Command]) -> Vec<TripEvent> {
    let mut trip = Trip::default();
    let mut events = Vec::new();
    for command in commands {
        events.extend(act(&mut trip, command, NOW).unwrap());
    }
    events
}

fn ride() -> Vec<TripEvent> {
    let (driver, fence) = (ANN, fence(1));
    life(&[
        trip::Command::Request(request()),
        trip::Command::NotePayment {
            secured: Secured::Authorized(AuthorizationNumber(0)),
        },
        trip::Command::NoteDriver {
            round: 0,
            fence,
            driver,
        },
        trip::Command::Arrive {
            driver,
            fence,
            distance_to_pick_up: Millimetres::ZERO,
            device: DEVICE,
        },
        trip::Command::Start {
            driver,
            fence,
            check: trip::StartCheck::Proven(trip::StartProof::Code),
            device: DEVICE,
        },
        trip::Command::Complete {
            fence,
            by: Actor::Driver(ANN),
            reading: fixture::reading(&fixture::quote()),
            device: DEVICE,
        },
        trip::Command::ClearLock,
        trip::Command::SettleMoney {
            outcome: MoneyOutcome::default(),
        },
    ])
}

fn cancelled() -> Vec<TripEvent> {
    life(&[
        trip::Command::Request(request()),
        trip::Command::Cancel {
            by: Actor::Rider(RIDER),
            reason: CancelReason::ChangedPlans,
        },
    ])
}

/// What each service does about an event, in the order of [`Service::ALL`].
fn reactions(stream: StreamId, event: impl Into<Event>) -> [Option<Command>; 3] {
    let (event, setting) = (event.into(), Setting::default());
    [
        trip_service(stream, &event),
        driver_service(stream, &event, &setting, NOW),
        payment_service(stream, &event, &setting),
    ]
}

#[test]
fn the_order_starts_a_search_and_a_hold() {
    let [of_trip, of_driver, of_payment] = reactions(StreamId::Trip(TRIP), TripEvent::Requested(request()));
    assert_eq!(of_trip, None);
    let Some(Command::Dispatch(
        TRIP,
        dispatch::Command::Search {
            round: 0,
            budget,
            brief,
        },
    )) = of_driver
    else {
        panic!("no search: {of_driver:?}")
    };
    assert_eq!(budget, request().policy().search_budget);
    assert_eq!(brief.driver_pay, request().quote().driver_pay());
    let Some(Command::Payment(TRIP, ChargeNumber::FARE, payment::Command::Authorize(authorize))) = of_payment
    else {
        panic!("no hold: {of_payment:?}")
    };
    assert_eq!(
        (authorize.payment, authorize.amount),
        (CARD, request().quote().hold())
    );
}

#[test]
fn a_reassignment_starts_the_next_round() {
    let reassigning = TripEvent::Reassigning {
        change: None,
        round: 2,
        reason: ReassignReason::Withdrawn,
        request: request(),
    };
    let [_, search, _] = reactions(StreamId::Trip(TRIP), reassigning);
    assert!(matches!(
        search,
        Some(Command::Dispatch(
            TRIP,
            dispatch::Command::Search { round: 2, .. }
        ))
    ));
}

#[test]
fn every_end_ends_the_search_and_settles() {
    let failed = TripEvent::Failed {
        reason: FailReason::NoDriver,
    };
    let (ride, cancelled) = (ride(), cancelled());
    let completed = ride
        .iter()
        .find(|event| event.name() == "TripCompleted")
        .cloned()
        .unwrap();
    let fare = fixture::receipt(&fixture::quote()).total();
    for (end, basis, due) in [
        (completed, SettlementBasis::Fare, Some(fare)),
        (cancelled[1].clone(), SettlementBasis::Fee, Some(usd(0))),
        (failed, SettlementBasis::Nothing, None),
    ] {
        let charge = Charge::FARE;
        let settle = payment::Command::AskSettlement { charge, basis, due };
        let name = end.name();
        let expected = [
            None,
            Some(Command::Dispatch(TRIP, dispatch::Command::End)),
            Some(Command::Payment(TRIP, ChargeNumber::FARE, settle)),
        ];
        assert_eq!(reactions(StreamId::Trip(TRIP), end), expected, "{name}");
    }
}

#[test]
fn nobody_reacts_to_what_only_the_trip_needs_to_know() {
    let answered = ["TripRequested", "TripCompleted", "TripCancelled"];
    for event in [ride(), cancelled()].concat() {
        let reacts = reactions(StreamId::Trip(TRIP), event.clone())
            .iter()
            .any(Option::is_some);
        assert_eq!(reacts, answered.contains(&event.name()), "{}", event.name());
    }
}

#[test]
fn the_trip_hears_of_drivers_and_money() {
    let (driver, fence, round) = (ANN, fence(3), 2);
    let authorization = AuthorizationNumber(1);
    let outcome = MoneyOutcome::default();
    let authorized = PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization,
        amount: usd(1),
        capture_before: NOW,
    };
    let lost = PaymentEvent::AuthorizationLost {
        charge: Charge::FARE,
        authorization,
        released: usd(1),
    };
    let declined = PaymentEvent::Declined {
        charge: Charge::FARE,
        authorization,
        reason: DeclineReason::Issuer,
    };
    let waived = PaymentEvent::Waived {
        charge: Charge::FARE,
        waiver: Waiver::Cash,
    };
    let dispatch = StreamId::Dispatch(TRIP);
    let heard: Vec<(StreamId, Event, trip::Command)> = vec![
        (
            dispatch,
            DispatchEvent::DriverAssigned { round, fence, driver }.into(),
            trip::Command::NoteDriver { round, fence, driver },
        ),
        (
            dispatch,
            DispatchEvent::NoDriverFound {
                round,
                offers: OfferCounts::default(),
            }
            .into(),
            trip::Command::NoDriver { round },
        ),
        (
            dispatch,
            DispatchEvent::DispatchClosed.into(),
            trip::Command::ClearLock,
        ),
        (
            FARE,
            authorized.into(),
            trip::Command::NotePayment {
                secured: Secured::Authorized(authorization),
            },
        ),
        (
            FARE,
            waived.into(),
            trip::Command::NotePayment {
                secured: Secured::Waived,
            },
        ),
        (FARE, lost.into(), trip::Command::LosePayment { authorization }),
        (FARE, declined.into(), trip::Command::DeclinePayment),
        (
            FARE,
            PaymentEvent::Closed {
                charge: Charge::FARE,
                outcome,
            }
            .into(),
            trip::Command::SettleMoney { outcome },
        ),
    ];
    for (stream, event, command) in heard {
        let name = event.name();
        assert_eq!(
            trip_service(stream, &event),
            Some(Command::Trip(TRIP, command)),
            "{name}"
        );
        if stream == FARE {
            assert_eq!(trip_service(TIP, &event), None, "{name} of a tip");
        }
    }
    assert_eq!(trip_service(FARE, &started(NOW).into()), None);
    assert_eq!(
        trip_service(dispatch, &DispatchEvent::DispatchEnding.into()),
        None
    );
}

#[test]
fn the_search_and_the_driver_answer_each_other() {
    let (driver, fence, round, trip) = (ANN, fence(3), 2, TRIP);
    let offer = OfferNumber(1);
    let accepted = DispatchEvent::OfferAccepted { offer, driver, round };
    let reason = driver::ReleaseReason::TripEnded;
    let asked = DispatchEvent::ReleaseAsked {
        round,
        fence,
        driver,
        reason,
    };
    let lock = driver::Command::Lock {
        trip,
        round,
        epoch: 0,
        review_at: NOW.plus(Setting::default().lock_review),
    };
    let dispatch = StreamId::Dispatch(TRIP);
    let driver_side = |stream, event: Event| driver_service(stream, &event, &Setting::default(), NOW);
    let answers: Vec<(StreamId, Event, Command)> = vec![
        (dispatch, accepted.into(), Command::Driver(ANN, lock)),
        (
            dispatch,
            asked.into(),
            Command::Driver(ANN, driver::Command::Release { trip, fence, reason }),
        ),
        (
            ON_DRIVER,
            locked().into(),
            Command::Dispatch(TRIP, dispatch::Command::LockGranted { driver, round, fence }),
        ),
        (
            ON_DRIVER,
            DriverEvent::LockRefused { trip, round }.into(),
            Command::Dispatch(TRIP, dispatch::Command::LockRefused { driver, round }),
        ),
        (
            ON_DRIVER,
            DriverEvent::Released { trip, fence, reason }.into(),
            Command::Dispatch(TRIP, dispatch::Command::LockReleased { fence, driver }),
        ),
    ];
    for (stream, event, command) in answers {
        assert_eq!(driver_side(stream, event), Some(command));
    }
    assert_eq!(driver_side(ON_DRIVER, DriverEvent::Offline.into()), None);
    assert_eq!(driver_side(dispatch, DispatchEvent::DispatchClosed.into()), None);
    assert_eq!(driver_side(FARE, started(NOW).into()), None);
}

#[test]
fn an_event_on_a_stream_that_is_not_its_own_leads_to_nothing() {
    let ops = StreamId::Ops(region());
    let none = [None, None, None];
    assert_eq!(reactions(ops, TripEvent::Requested(request())), none);
    assert_eq!(reactions(ops, DispatchEvent::DispatchClosed), none);
    assert_eq!(reactions(ops, locked()), none);
    let (rider, key) = (PrincipalId::from_u128(1), Fingerprint::new([1; 32]));
    let erased = OpsEvent::SubjectErased(Arc::new(Erasure::new(rider, rider, key)));
    assert_eq!(reactions(ops, erased), none);
}

fn due(stream: StreamId, event: impl Into<Event>) -> Option<(TimerKind, Timestamp)> {
    let id = EventId::new(stream, Version::new(4), 1);
    let deadline = deadline(id, &event.into())?;
    assert_eq!(
        (deadline.id.stream, deadline.id.version),
        (stream, Version::new(4))
    );
    Some((deadline.id.kind, deadline.due_at))
}

#[test]
fn a_trips_events_set_its_timers() {
    let policy = request().policy().clone();
    let timers: Vec<_> = ride()
        .into_iter()
        .filter_map(|event| due(StreamId::Trip(TRIP), event))
        .collect();
    assert_eq!(
        timers,
        [
            (TimerKind::OrderExpires, request().expires_at()),
            (TimerKind::ArrivalOverdue(0), NOW.plus(policy.arrival_budget)),
            (
                TimerKind::NoShow(0),
                NOW.plus(policy.no_show_grace).plus(policy.no_show_report)
            ),
            (TimerKind::TripOverdue, NOW.plus(policy.ride_budget)),
        ]
    );
}

#[test]
fn searches_drivers_and_charges_set_theirs() {
    let dispatch = StreamId::Dispatch(TRIP);
    let offer = dispatch::Offer {
        plan_revision: 0,
        terms: Terms::default(),
        number: OfferNumber(7),
        driver: ANN,
        round: 0,
        wave: 0,
        expires_at: at_s(25),
        promised_pick_up_at: at_s(300),
        driver_pay: usd(1),
        verdicts: Verdicts::new([]),
    };
    let begun = DispatchEvent::SearchStarted {
        round: 1,
        budget_ends_at: at_s(120),
        brief: fixture::brief(),
    };
    let resumed = DispatchEvent::SearchResumed {
        round: 1,
        budget_ends_at: at_s(140),
    };
    let action = PaymentEvent::ActionRequired {
        charge: Charge::FARE,
        authorization: AuthorizationNumber(0),
        budget_ends_at: at_s(300),
    };
    let held = PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization: AuthorizationNumber(0),
        amount: usd(1),
        capture_before: at_s(86_400),
    };
    for (stream, event, kind, at) in [
        (dispatch, Event::from(begun), TimerKind::SearchBudget(1), 120),
        (dispatch, resumed.into(), TimerKind::SearchBudget(1), 140),
        (
            dispatch,
            DispatchEvent::OfferMade(Arc::new(offer)).into(),
            TimerKind::OfferExpires(7),
            25,
        ),
        (ON_DRIVER, locked().into(), TimerKind::LockReview(0), 1_800),
        (
            FARE,
            started(at_s(120)).into(),
            TimerKind::AuthorizationBudget(1),
            120,
        ),
        (FARE, action.into(), TimerKind::AuthorizationBudget(0), 300),
        (FARE, held.into(), TimerKind::HoldExpires(0), 86_400),
    ] {
        assert_eq!(due(stream, event), Some((kind, at_s(at))));
    }
    assert_eq!(due(dispatch, DispatchEvent::DispatchClosed), None);
    assert_eq!(due(ON_DRIVER, DriverEvent::Offline), None);
    let outcome = MoneyOutcome::default();
    assert_eq!(
        due(
            FARE,
            PaymentEvent::Closed {
                charge: Charge::FARE,
                outcome
            }
        ),
        None
    );
}

#[test]
fn a_due_timer_asks_the_stream_that_set_it() {
    let asks = |stream, kind| {
        let version = Version::new(1);
        timer_command(
            TimerId {
                stream,
                version,
                kind,
            },
            None,
        )
    };
    let (trip, dispatch) = (StreamId::Trip(TRIP), StreamId::Dispatch(TRIP));
    let round = 1;
    for (stream, kind, command) in [
        (
            trip,
            TimerKind::OrderExpires,
            Command::Trip(TRIP, trip::Command::Expire),
        ),
        (
            trip,
            TimerKind::ArrivalOverdue(round),
            Command::Trip(TRIP, trip::Command::ArrivalOverdue { round }),
        ),
        (
            trip,
            TimerKind::NoShow(round),
            Command::Trip(TRIP, trip::Command::NoShowOverdue { round }),
        ),
        (
            trip,
            TimerKind::TripOverdue,
            Command::Trip(TRIP, trip::Command::RideOverdue),
        ),
        (
            dispatch,
            TimerKind::SearchBudget(round),
            Command::Dispatch(TRIP, dispatch::Command::SearchBudgetOver { round }),
        ),
        (
            dispatch,
            TimerKind::OfferExpires(7),
            Command::Dispatch(
                TRIP,
                dispatch::Command::ExpireOffer {
                    offer: OfferNumber(7),
                },
            ),
        ),
    ] {
        assert_eq!(asks(stream, kind), Some(command));
        assert_eq!(asks(StreamId::Ops(region()), kind), None);
    }
    // What the payment company must be asked first is no command yet.
    assert_eq!(asks(FARE, TimerKind::AuthorizationBudget(0)), None);
    assert_eq!(asks(FARE, TimerKind::HoldExpires(0)), None);
    assert_eq!(asks(ON_DRIVER, TimerKind::LockReview(0)), None);
}

#[test]
fn a_review_asks_about_the_lock_that_stands() {
    let mut state = Driver::default();
    let id = TimerId {
        stream: ON_DRIVER,
        version: Version::new(1),
        kind: TimerKind::LockReview(0),
    };
    assert_eq!(timer_command(id, Some(&state)), None);
    state.evolve(&locked(), NOW);
    let (driver, round, fence) = (ANN, 2, fence(3));
    let review = dispatch::Command::ReviewLock { driver, round, fence };
    assert_eq!(
        timer_command(id, Some(&state)),
        Some(Command::Dispatch(TRIP, review))
    );
    let elsewhere = TimerId { stream: FARE, ..id };
    assert_eq!(timer_command(elsewhere, Some(&state)), None);
}

#[test]
fn every_stream_has_its_service() {
    let online = driver::Command::GoOnline {
        region: region(),
        capabilities: Capabilities::new(4).unwrap(),
    };
    for command in [
        Command::Trip(TRIP, trip::Command::Expire),
        Command::Dispatch(TRIP, dispatch::Command::End),
        Command::Driver(ANN, online),
        Command::Payment(
            TRIP,
            ChargeNumber(1),
            payment::Command::RecordRefunded { refund: 1 },
        ),
    ] {
        assert_eq!(Service::owner(command.stream()), Some(command.service()));
    }
    assert_eq!(Service::owner(StreamId::Ops(region())), None);
    assert_eq!(Service::owner(StreamId::Tariff("nyc".parse().unwrap())), None);
    let names = Service::ALL.map(Service::name);
    assert_eq!(names, ["trip-service", "driver-service", "payment-service"]);
}

#[test]
fn commands_of_one_reaction_are_decided_one_after_the_other_or_not_at_all() {
    let authorize = match reactions(StreamId::Trip(TRIP), TripEvent::Requested(request())) {
        [_, _, Some(Command::Payment(_, _, command))] => command,
        other => panic!("no hold: {other:?}"),
    };
    let settle = payment::Command::SettleDebt { amount: usd(1) };
    let payment = Payment::default();
    let twice = payment.decide_all([&authorize, &authorize], NOW).unwrap();
    assert_eq!(twice.len(), 1, "the second finds what the first did");
    assert!(payment.decide_all([&authorize, &settle], NOW).is_err());
}
