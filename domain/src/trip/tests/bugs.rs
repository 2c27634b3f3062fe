//! Mistakes that were made once.

use super::*;
use crate::fixture::{FEE_NO_SHOW, OPERATOR, request, usd};
use crate::pricing::Fault;
use crate::trip::Refusal;

#[test]
fn a_replaced_driver_with_an_equal_fence_is_not_the_assigned_one() {
    // Each driver counts their own locks, so that Ann's first fence equals Bob's first.
    let mut trip = confirmed_and(&[withdraw(ANN, fence(1)), driver(1, BOB, 1)]);
    assert_eq!(trip.control().phase, Phase::Confirmed);
    for late in [
        withdraw(ANN, fence(1)),
        arrive(ANN, fence(1)),
        Command::NoShow {
            driver: ANN,
            fence: fence(1),
        },
        start(ANN, fence(1), RIGHT_CODE),
    ] {
        assert_eq!(act(&mut trip, &late, NOW), Err(Refusal::StaleFence), "{late:?}");
    }
    let mut started = after(
        trip,
        &[arrive(BOB, fence(1)), start(BOB, fence(1), RIGHT_CODE)],
        NOW,
    );
    let late = complete(Actor::Driver(ANN), fence(1));
    assert_eq!(act(&mut started, &late, NOW), Err(Refusal::NotYours));
}

#[test]
fn a_later_loss_that_overtakes_an_earlier_one_un_notes_the_earlier_hold() {
    let trip = requested_and(&[payment(A0), loss(1)]);
    assert_eq!(trip.control().secured, None);
    assert_eq!(answer(&trip, &loss(0), NOW), "-");
    assert_eq!(answer(&trip, &driver(0, ANN, 1), NOW), "DriverNoted");
}

#[test]
fn the_loss_of_an_earlier_hold_leaves_the_later_one() {
    let trip = requested_and(&[payment(A1), loss(0)]);
    assert_eq!(trip.control().secured, Some(A1));
}

#[test]
fn an_operator_who_cancels_before_the_order_came_cancels_it() {
    let mut trip = absent_and(&[cancel(Actor::Operator(OPERATOR))]);
    assert_eq!(act(&mut trip, &Command::Request(request()), NOW), Ok(vec![]));
}

#[test]
fn a_driver_or_a_timer_cannot_cancel_a_trip_that_nobody_ordered() {
    for by in [Actor::Driver(ANN), Actor::Timer] {
        assert_eq!(
            act(&mut Trip::default(), &cancel(by), NOW),
            Err(Refusal::NoSuchTrip)
        );
    }
}

#[test]
fn a_driver_who_reports_a_no_show_after_the_start_is_refused() {
    let no_show = Command::NoShow {
        driver: ANN,
        fence: fence(1),
    };
    assert_eq!(
        act(&mut started_and(&[]), &no_show, LATE),
        Err(Refusal::WrongStep)
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_a_rider_from_cancelling() {
    for trip in [confirmed_and(&[]), arrived_and(&[])] {
        assert_eq!(
            answer(&trip, &cancel(Actor::Rider(RIDER)), at_s(0)),
            "TripCancelled"
        );
    }
}

#[test]
fn a_no_show_that_is_noticed_after_a_year_of_outage_still_ends_the_trip() {
    let a_year_on = at_s(365 * 24 * 3_600);
    let overdue = Command::NoShowOverdue { round: 0 };
    assert_eq!(answer(&arrived_and(&[]), &overdue, a_year_on), "TripCancelled");
}

#[test]
fn a_fee_receipt_can_be_adjusted_too() {
    let trip = confirmed_and(&[cancel(Actor::Rider(RIDER)), adjust()]);
    assert_eq!(answer(&trip, &adjust(), NOW), "-");
}

/// Who stood at the car, with a code that the driver mistyped, used to pay for not having come.
#[test]
fn a_rider_who_was_at_the_car_owes_no_fee_for_a_no_show() {
    let wrong = start(ANN, fence(1), StartCheck::WrongCode);
    let said = Command::NoShow {
        driver: ANN,
        fence: fence(1),
    };
    for no_show in [said, Command::NoShowOverdue { round: 0 }] {
        for (tried, fault, fee) in [
            (0, Fault::Rider, FEE_NO_SHOW),
            (1, Fault::Platform, 0),
            (5, Fault::Platform, 0),
        ] {
            let mut trip = arrived_and(&vec![wrong.clone(); tried]);
            let events = act(&mut trip, &no_show, LATE).unwrap();
            let [TripEvent::Cancelled(cancelled)] = &events[..] else {
                panic!("not a cancellation: {events:?}")
            };
            assert_eq!(
                (cancelled.fault, cancelled.due),
                (fault, Some(usd(fee))),
                "{tried}"
            );
        }
    }
}
