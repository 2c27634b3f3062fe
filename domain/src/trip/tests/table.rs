//! The saga's table: every fact in every state, with stale rounds, fences and authorisation numbers.

use super::*;
use crate::fingerprint::Fingerprint;
use crate::fixture::{Cells, OPERATOR, STRANGER};
use crate::trip::TIP_WINDOW;
use crate::units::Millis;
use std::collections::BTreeSet;

/// Every column of the table, and what else the answers turn on: which of driver and payment is noted.
fn states() -> Vec<(&'static str, Trip)> {
    let rider = Actor::Rider(RIDER);
    let withdrawn = withdraw(ANN, fence(1));
    let mut old = std::sync::Arc::unwrap_or_clone(fixture::request());
    old = old.with_expiry(at_s(1)).unwrap();
    vec![
        ("absent", Trip::default()),
        ("tombstone", absent_and(&[cancel(rider)])),
        ("rejected", absent_and(&[Command::Request(old.into())])),
        ("requested", requested_and(&[])),
        ("requested+d", requested_and(&[driver(0, ANN, 1)])),
        ("requested+p", requested_and(&[payment(A0)])),
        (
            "reassigning",
            requested_and(&[driver(0, ANN, 1), withdrawn.clone()]),
        ),
        (
            "reassigning+d",
            requested_and(&[driver(0, ANN, 1), withdrawn.clone(), driver(1, BOB, 1)]),
        ),
        ("reassigning+p", confirmed_and(&[withdrawn])),
        ("confirmed", confirmed_and(&[])),
        ("confirmed-lost", confirmed_and(&[loss(0)])),
        ("arrived", arrived_and(&[])),
        ("started", started_and(&[])),
        ("completed", started_and(&[complete(rider, fence(1))])),
        ("cancelled", confirmed_and(&[cancel(rider)])),
        ("failed", requested_and(&[Command::DeclinePayment])),
        (
            "closed",
            confirmed_and(&[cancel(rider), settle_money(), Command::ClearLock]),
        ),
    ]
}

/// A row of the table, as it would be told to a trip, and when.
type Fact = (&'static str, Command, Timestamp);

fn facts(trip: &Trip) -> Vec<Fact> {
    [search_facts(trip), ride_facts(trip)].concat()
}

/// From the order to the driver's way.
fn search_facts(trip: &Trip) -> Vec<Fact> {
    let round = trip.control().round;
    let (noted, noted_fence) = trip.driver().unwrap_or((ANN, fence(1)));
    let other = if noted == ANN { BOB } else { ANN };
    let request = fixture::request();
    let mut foreign = fixture::order(fixture::CARD);
    foreign.rider = STRANGER;
    let foreign = super::super::TripRequest::new(foreign).unwrap().into();
    let reject = Command::Reject {
        reason: RejectReason::Dropped,
    };
    vec![
        ("request", Command::Request(request), NOW),
        ("request of another", Command::Request(foreign), NOW),
        ("reject", reject, NOW),
        ("driver assigned", driver(round, BOB, 9), NOW),
        (
            "driver assigned, older round",
            driver(round.wrapping_sub(1), BOB, 9),
            NOW,
        ),
        ("driver assigned, later round", driver(round + 1, BOB, 9), NOW),
        ("payment a0", payment(A0), NOW),
        ("payment a1", payment(A1), NOW),
        ("payment waived", payment(Secured::Waived), NOW),
        ("lost a0", loss(0), NOW),
        ("lost a1", loss(1), NOW),
        ("declined", Command::DeclinePayment, NOW),
        ("no driver", Command::NoDriver { round }, NOW),
        (
            "no driver, older round",
            Command::NoDriver {
                round: round.wrapping_sub(1),
            },
            NOW,
        ),
        ("expired", Command::Expire, LATE),
        ("expired too early", Command::Expire, NOW),
        ("withdraw", withdraw(noted, noted_fence), NOW),
        ("withdraw, stale fence", withdraw(noted, fence(7)), NOW),
        ("withdraw, other driver", withdraw(other, noted_fence), NOW),
        ("arrival overdue", Command::ArrivalOverdue { round }, LATE),
        (
            "arrival overdue, older round",
            Command::ArrivalOverdue {
                round: round.wrapping_sub(1),
            },
            LATE,
        ),
        (
            "arrival overdue too early",
            Command::ArrivalOverdue { round },
            NOW,
        ),
        ("cancel by the rider", cancel(Actor::Rider(RIDER)), NOW),
        ("cancel by a stranger", cancel(Actor::Rider(STRANGER)), NOW),
        ("cancel by the driver", cancel(Actor::Driver(noted)), NOW),
        ("cancel by an operator", cancel(Actor::Operator(OPERATOR)), NOW),
        ("cancel by a timer", cancel(Actor::Timer), NOW),
    ]
}

/// From the arrival to the end.
fn ride_facts(trip: &Trip) -> Vec<Fact> {
    let round = trip.control().round;
    let (noted, noted_fence) = trip.driver().unwrap_or((ANN, fence(1)));
    let no_show = |driver, fence| Command::NoShow { driver, fence };
    let plan = |by, metres| Command::ChangePlan {
        quote_fingerprint: Fingerprint::new([0; 32]),
        by,
        plan: fixture::plan(),
        quote: fixture::quote_of(&fixture::tariff(1), metres),
    };
    vec![
        ("arrive", arrive(noted, noted_fence), NOW),
        ("arrive, stale fence", arrive(noted, fence(7)), NOW),
        ("no-show", no_show(noted, noted_fence), LATE),
        ("no-show too early", no_show(noted, noted_fence), NOW),
        ("no-show, stale fence", no_show(noted, fence(7)), LATE),
        ("no-show overdue", Command::NoShowOverdue { round }, LATE),
        (
            "no-show overdue, older round",
            Command::NoShowOverdue {
                round: round.wrapping_sub(1),
            },
            LATE,
        ),
        ("no-show overdue too early", Command::NoShowOverdue { round }, NOW),
        ("start", start(noted, noted_fence, RIGHT_CODE), NOW),
        (
            "start, wrong code",
            start(noted, noted_fence, StartCheck::WrongCode),
            NOW,
        ),
        ("start, stale fence", start(noted, fence(7), RIGHT_CODE), NOW),
        ("shorter plan", plan(Actor::Rider(RIDER), 4_000), NOW),
        ("same plan", plan(Actor::Rider(RIDER), 8_046), NOW),
        ("plan of a stranger", plan(Actor::Rider(STRANGER), 4_000), NOW),
        ("complete", complete(Actor::Driver(noted), noted_fence), NOW),
        (
            "complete, stale fence",
            complete(Actor::Driver(noted), fence(7)),
            NOW,
        ),
        (
            "complete by a stranger",
            complete(Actor::Rider(STRANGER), noted_fence),
            NOW,
        ),
        ("ride overdue", Command::RideOverdue, LATE),
        ("ride overdue too early", Command::RideOverdue, NOW),
        ("dispatch closed", Command::ClearLock, NOW),
        ("payment closed", settle_money(), NOW),
        ("adjust the fare", adjust(), NOW),
        ("tip", tip(RIDER, 200), LATE),
        ("tip of a stranger", tip(STRANGER, 200), LATE),
        (
            "tip after its window",
            tip(RIDER, 200),
            NOW.plus(TIP_WINDOW).plus(Millis::from_secs(1)),
        ),
    ]
}

/// States that most rows treat alike.
const GROUPS: &[(&str, &str)] = &[
    ("nowhere", "absent tombstone rejected"),
    (
        "seeking",
        "requested requested+d requested+p reassigning reassigning+d reassigning+p",
    ),
    ("coming", "confirmed confirmed-lost arrived"),
    ("over", "completed cancelled failed closed"),
];

/// Fact → [(answer, states)]; in every state that a row does not name, the fact changes nothing and writes nothing.
#[rustfmt::skip]
const TABLE: &[(&str, Cells)] = &[
    ("request", &[("TripRequested", "absent")]),
    ("request of another", &[("TripRequested", "absent tombstone")]),
    ("reject", &[("TripRejected", "absent")]),
    ("driver assigned", &[("DriverNoted", "requested reassigning"), ("DriverNoted TripConfirmed", "requested+p reassigning+p")]),
    ("driver assigned, older round", &[]),
    ("driver assigned, later round", &[]),
    ("payment a0", &[("PaymentNoted", "requested reassigning"), ("PaymentNoted TripConfirmed", "requested+d reassigning+d")]),
    ("payment a1", &[("PaymentNoted", "requested requested+p reassigning reassigning+p coming"), ("PaymentNoted TripConfirmed", "requested+d reassigning+d")]),
    ("payment waived", &[("PaymentNoted", "requested reassigning confirmed-lost"), ("PaymentNoted TripConfirmed", "requested+d reassigning+d")]),
    ("lost a0", &[("PaymentUnnoted", "seeking confirmed arrived")]),
    ("lost a1", &[("PaymentUnnoted", "seeking coming")]),
    ("declined", &[("TripFailed", "seeking coming")]),
    ("no driver", &[("TripFailed", "requested requested+p reassigning reassigning+p")]),
    ("no driver, older round", &[]),
    ("expired", &[("TripFailed", "requested requested+d requested+p")]),
    ("expired too early", &[("!trip_not_due_yet", "requested requested+d requested+p")]),
    ("withdraw", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_ride_began", "started"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("TripReassigning", "requested+d reassigning+d coming")]),
    ("withdraw, stale fence", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_ride_began", "started"), ("!trip_stale_fence", "seeking coming")]),
    ("withdraw, other driver", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_ride_began", "started"), ("!trip_stale_fence", "seeking coming")]),
    ("arrival overdue", &[("TripReassigning", "confirmed confirmed-lost")]),
    ("arrival overdue, older round", &[]),
    ("arrival overdue too early", &[("!trip_not_due_yet", "confirmed confirmed-lost")]),
    ("cancel by the rider", &[("!trip_ended", "rejected completed failed"), ("!trip_ride_began", "started"), ("TripCancelled", "seeking coming"), ("TripCancelled TripClosed", "absent")]),
    ("cancel by a stranger", &[("!trip_ended", "rejected"), ("!trip_not_yours", "seeking coming started over"), ("TripCancelled TripClosed", "absent tombstone")]),
    ("cancel by the driver", &[("!trip_ended", "completed"), ("!trip_not_found", "nowhere"), ("!trip_not_yours", "requested requested+p reassigning reassigning+p failed"), ("!trip_ride_began", "started"), ("TripCancelled", "requested+d reassigning+d coming")]),
    ("cancel by an operator", &[("!trip_ended", "rejected completed failed"), ("!trip_ride_began", "started"), ("TripCancelled", "seeking coming"), ("TripCancelled TripClosed", "absent tombstone")]),
    ("cancel by a timer", &[("!trip_ended", "completed failed"), ("!trip_not_found", "nowhere"), ("!trip_ride_began", "started"), ("TripCancelled", "seeking coming")]),
    ("arrive", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("!trip_wrong_step", "requested+d reassigning+d"), ("DriverArrived", "confirmed confirmed-lost")]),
    ("arrive, stale fence", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "seeking coming started")]),
    ("no-show", &[("!trip_ended", "completed failed"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("!trip_wrong_step", "requested+d reassigning+d confirmed confirmed-lost started"), ("TripCancelled", "arrived")]),
    ("no-show too early", &[("!trip_ended", "completed failed"), ("!trip_not_due_yet", "arrived"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("!trip_wrong_step", "requested+d reassigning+d confirmed confirmed-lost started")]),
    ("no-show, stale fence", &[("!trip_ended", "completed failed"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "seeking coming started cancelled closed")]),
    ("no-show overdue", &[("TripCancelled", "arrived")]),
    ("no-show overdue, older round", &[]),
    ("no-show overdue too early", &[("!trip_not_due_yet", "arrived")]),
    ("start", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("!trip_wrong_step", "requested+d reassigning+d confirmed confirmed-lost"), ("TripStarted", "arrived")]),
    ("start, wrong code", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "requested requested+p reassigning reassigning+p"), ("!trip_wrong_step", "requested+d reassigning+d confirmed confirmed-lost"), ("StartCodeRefused", "arrived")]),
    ("start, stale fence", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "seeking coming started")]),
    ("shorter plan", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere"), ("TripPlanChanged", "seeking coming started")]),
    ("same plan", &[("!trip_ended", "over"), ("!trip_not_found", "nowhere")]),
    ("plan of a stranger", &[("!trip_not_found", "nowhere"), ("!trip_not_yours", "seeking coming started over")]),
    ("complete", &[("!trip_ended", "cancelled failed closed"), ("!trip_not_found", "nowhere"), ("!trip_wrong_step", "seeking coming"), ("TripCompleted FareSettled", "started")]),
    ("complete, stale fence", &[("!trip_ended", "cancelled failed closed"), ("!trip_not_found", "nowhere"), ("!trip_stale_fence", "started"), ("!trip_wrong_step", "seeking coming")]),
    ("complete by a stranger", &[("!trip_ended", "cancelled failed closed"), ("!trip_not_found", "nowhere"), ("!trip_not_yours", "started"), ("!trip_wrong_step", "seeking coming")]),
    ("ride overdue", &[("TripCompleted FareSettled", "started")]),
    ("ride overdue too early", &[("!trip_not_due_yet", "started")]),
    ("dispatch closed", &[("LockCleared", "completed cancelled failed")]),
    ("payment closed", &[("MoneySettled", "completed cancelled failed")]),
    ("adjust the fare", &[("!trip_wrong_step", "nowhere seeking coming started failed"), ("FareAdjusted", "completed cancelled closed")]),
    ("tip", &[("!trip_not_found", "nowhere"), ("!trip_wrong_step", "seeking coming started"), ("!trip_ended", "cancelled failed closed"), ("TripTipped", "completed")]),
    ("tip of a stranger", &[("!trip_not_found", "nowhere"), ("!trip_not_yours", "seeking coming started completed"), ("!trip_ended", "cancelled failed closed")]),
    ("tip after its window", &[("!trip_not_found", "nowhere"), ("!trip_wrong_step", "seeking coming started"), ("!trip_ended", "cancelled failed closed"), ("!trip_tip_too_late", "completed")]),
];

#[test]
fn every_cell_of_the_table() {
    let states = states();
    for (row, (fact, cells)) in TABLE.iter().enumerate() {
        let actual: Vec<_> = states
            .iter()
            .map(|(state, trip)| {
                let (name, command, now) = facts(trip).swap_remove(row);
                assert_eq!(name, *fact, "the table's rows are in the order of the facts");
                format!("{state}: {}", answer(trip, &command, now))
            })
            .collect();
        assert_eq!(actual, fixture::expected(&states, GROUPS, cells), "{fact}");
    }
    assert_eq!(TABLE.len(), facts(&Trip::default()).len());
}

/// What a command does, it does once: told again, it changes nothing. Only a wrong start code and a tip count each time.
#[test]
fn a_repeated_fact_changes_nothing() {
    for (state, trip) in states() {
        for (fact, command, now) in facts(&trip) {
            let mut told = trip.clone();
            let first = act(&mut told, &command, now);
            let once = told.clone();
            let again = act(&mut told, &command, now);
            if first.is_ok() && !["start, wrong code", "tip"].contains(&fact) {
                let changed = again.is_ok_and(|events| !events.is_empty());
                assert!(!changed && told == once, "{fact} twice in {state}");
            }
        }
    }
}

#[test]
fn the_facts_are_of_every_kind() {
    use crate::trip::CommandKind;
    let kinds: BTreeSet<_> = facts(&Trip::default())
        .into_iter()
        .map(|(_, command, _)| command.kind())
        .collect();
    assert_eq!(kinds, CommandKind::ALL.into_iter().collect());
    let names: BTreeSet<_> = CommandKind::ALL.map(CommandKind::name).into();
    assert_eq!(names.len(), CommandKind::ALL.len());
}

#[test]
fn the_states_are_of_every_phase() {
    let phases: BTreeSet<_> = states().iter().map(|(_, trip)| trip.control().phase).collect();
    assert_eq!(phases, Phase::ALL.into_iter().collect());
    let names: BTreeSet<_> = Phase::ALL.map(Phase::name).into();
    assert_eq!(names.len(), Phase::ALL.len());
    for (_, trip) in states() {
        let phase = trip.control().phase;
        assert!(!(phase.is_in_progress() && phase.is_ended()));
    }
}
