//! What is just within a limit is sound, and a millisecond, a cent or one time more is not.

use super::aftermath::*;
use super::bookings::*;
use super::endings::*;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::audit::Audit;
use crate::id::{CommandId, PrincipalId};
use crate::payment::{Charge, PaymentEvent, SettlementBasis, Waiver};
use crate::pricing::Fault;
use crate::stream::{Cause, StreamId};
use crate::trip::{Actor, CancelReason, PaymentMethod, TripEvent};
use crate::units::Millis;
use Why::Asked;

/// The limit's finding is among those of the log with one commit a millisecond earlier, and not of the log as it is.
fn assert_first_moment(log: &Log, (stream, version): (StreamId, u32), code: &str) {
    assert_eq!(log.codes(), [""; 0], "{code} at the limit");
    let early = log.clone().moved(stream, version, -1).codes();
    assert!(early.contains(&code), "{code} is not among {early:?}");
}

#[test]
fn a_deadline_may_be_met_at_its_very_moment() {
    for (log, place, code) in [
        (expired(), (TRIP, 3), "audit_expired_early"),
        (late_and_last(), (TRIP, 4), "audit_arrival_overdue_early"),
        (no_show_reported(), (TRIP, 5), "audit_no_show_early"),
        (no_show_overdue(), (TRIP, 5), "audit_no_show_early"),
        (ended_by_deadline(), (TRIP, 6), "audit_ride_overdue_early"),
        (unanswered(), (SEARCH, 3), "audit_offer_expired_early"),
        (unanswered(), (SEARCH, 4), "audit_search_given_up_early"),
    ] {
        assert_first_moment(&log, place, code);
    }
}

/// The gateway is called in between, and the service's clock may have been set back meanwhile.
#[test]
fn an_attempt_is_given_up_early_by_no_more_than_a_clock_is_set_back() {
    let early = |by_ms: i64| declined().moved(FARE, 3, -by_ms).codes();
    assert_eq!(early(5_000), [""; 0]);
    assert_eq!(early(5_001), ["audit_authorization_given_up_early"]);
}

#[test]
fn an_order_is_taken_until_the_moment_before_it_expires() {
    let taken = |by_ms: i64| expired().moved(TRIP, 1, by_ms).codes();
    assert!(!taken(599_999).contains(&"audit_order_expired"));
    assert!(taken(600_000).contains(&"audit_order_expired"));
}

#[test]
fn the_last_start_code_may_be_right_and_no_other_is_tried() {
    let tried = |wrong: u8| {
        let wrong = (1..=wrong).map(|attempts| TripEvent::StartCodeRefused { round: 0, attempts });
        whole().with_events(TRIP, 5, wrong.chain([started()])).codes()
    };
    assert_eq!(tried(4), [""; 0]);
    assert_eq!(tried(5), ["audit_start_unvouched"]);
    assert_eq!(tried(6), ["audit_start_codes_exceeded", "audit_start_unvouched"]);
}

/// Tips come when the trip was long forgotten, but for what they are held to.
#[test]
fn tips_are_held_to_their_limits_after_the_trip_was_forgotten() {
    let tips = |tips: &[i64], by_ms: i64| {
        let (ended_at, window) = (whole().at(TRIP, 6), Millis::from_minutes(30 * 24 * 60));
        let log = whole().with(
            TRIP,
            Asked,
            (1..).zip(tips).map(|(number, minor)| tipped_as(number, *minor)),
        );
        let given_at = ended_at.plus(window).plus(Millis::new(by_ms));
        let log = log.with_changed(TRIP, 9, |commit| commit.at = given_at);
        let codes = log.codes();
        codes
            .into_iter()
            .filter(|code| code.starts_with("audit_tip") && *code != "audit_tip_differs")
            .collect::<Vec<_>>()
    };
    let most = 2 * hold().minor();
    assert_eq!(tips(&[most], 0), [""; 0]);
    assert_eq!(tips(&[most], 1), ["audit_tip_too_late"]);
    assert_eq!(tips(&[most - 1, 1], 0), [""; 0]);
    assert_eq!(tips(&[most, 1], 0), ["audit_tips_too_high"]);
    assert_eq!(tips(&[1; 8], 0), [""; 0]);
    assert_eq!(tips(&[1; 9], 0), ["audit_tips_too_many"]);
}

/// From the moment at which the driver is late on, it is not the rider's fault.
#[test]
fn a_rider_who_waits_for_a_late_driver_is_not_at_fault() {
    let after = |wait: Millis, fault| {
        let free = cancelled_with((None, 0), |cancelled| cancelled.fault = fault);
        let confirmed = confirmed_ride();
        let tick = Millis::from_secs(1);
        let log = confirmed
            .later(wait.saturating_sub(tick))
            .with(TRIP, Asked, [free]);
        let codes = log.codes();
        codes
            .into_iter()
            .filter(|code| code.contains("_f"))
            .collect::<Vec<_>>()
    };
    let late = Millis::from_minutes(20);
    let nearly = late.saturating_sub(Millis::new(1));
    assert_eq!(after(late, Fault::Driver), [""; 0]);
    assert_eq!(after(late, Fault::Rider), ["audit_fault_differs"]);
    assert_eq!(after(nearly, Fault::Rider), ["audit_fee_missing"]);
    let twice = ["audit_fault_differs", "audit_fee_missing"];
    assert_eq!(after(nearly, Fault::Driver), twice);
}

/// An operator who cancels on the driver's word does not charge the rider; nor does the driver.
#[test]
fn a_fee_is_the_riders_only_where_the_fault_is() {
    let reasons = [
        (Actor::Driver(ADA), CancelReason::Safety, Fault::Driver),
        (operator(), CancelReason::DriverAsked, Fault::Driver),
        (operator(), CancelReason::Safety, Fault::Platform),
        (Actor::Timer, CancelReason::Other, Fault::Platform),
    ];
    for (by, reason, fault) in reasons {
        let cancelled = |receipt, due_minor| {
            let event = cancelled_with((receipt, due_minor), |cancelled| {
                (cancelled.by, cancelled.reason, cancelled.fault) = (by, reason, fault);
            });
            let codes = cancelled_late().with_events(TRIP, 4, [event]).codes();
            codes
                .into_iter()
                .filter(|code| code.contains("_f"))
                .collect::<Vec<_>>()
        };
        assert_eq!(cancelled(None, 0), [""; 0], "{by:?} {reason:?}");
        let charged = cancelled(Some(fee()), FEE_MINOR);
        assert_eq!(
            charged,
            ["audit_fee_receipt_differs", "audit_fee_unowed"],
            "{by:?} {reason:?}"
        );
    }
}

fn operator() -> Actor {
    Actor::Operator(PrincipalId::from_u128(9))
}

/// Where the rider must act, there is more time, once.
#[test]
fn an_attempt_that_waits_for_the_rider_takes_longer() {
    let acting = |more: Millis| {
        let declined = declined();
        let budget_ends_at = declined.at(FARE, 1).plus(Millis::from_minutes(5)).plus(more);
        let required = PaymentEvent::ActionRequired {
            charge: Charge::FARE,
            authorization: A0,
            budget_ends_at,
        };
        declined.with_events(FARE, 2, [intent(A0), required])
    };
    let waited = |log: Log| log.moved(FARE, 3, 180_000).moved(FARE, 4, 180_000).codes();
    let log = acting(Millis::ZERO);
    assert_eq!(log.codes(), ["audit_authorization_given_up_early"]);
    assert_eq!(waited(log), [""; 0]);
    let longer = waited(acting(Millis::new(1)));
    assert_eq!(longer, ["audit_authorization_budget_differs"]);
}

/// A driver who gives the trip back is not late, and none is sought after the last.
#[test]
fn the_last_driver_may_give_the_trip_back_at_any_time() {
    let withdrawn = late_and_last()
        .with_changed(TRIP, 4, |commit| {
            commit.cause = Cause::Command(CommandId::from_u128(99));
        })
        .moved(TRIP, 4, -1_000);
    assert_eq!(withdrawn.codes(), [""; 0]);
}

#[test]
fn nothing_is_settled_of_a_trip_that_goes_on() {
    let asked = asked(SettlementBasis::Fare, Some(usd(FARE_MINOR)));
    let codes = confirmed_ride().with(FARE, Asked, [asked]).codes();
    assert!(codes.contains(&"audit_basis_differs"), "{codes:?}");
}

#[test]
fn an_account_is_billed_where_the_order_says_so() {
    let billed = |waiver| {
        let waived = PaymentEvent::Waived {
            charge: Charge::FARE,
            waiver,
        };
        let codes = in_cash()
            .with_events(TRIP, 1, [TripEvent::Requested(paid_by(PaymentMethod::Account))])
            .with_events(FARE, 1, [waived])
            .codes();
        codes.contains(&"audit_waived_unasked")
    };
    assert!(!billed(Waiver::Account));
    assert!(billed(Waiver::Cash));
}

/// A log from before 1970 is audited like any other; only its trips are not remembered in short.
#[test]
fn a_trip_whose_end_does_not_fit_is_kept_whole() {
    let mut log = whole();
    for commit in &mut log.commits {
        commit.at = commit.at.plus(Millis::from_minutes(-60));
    }
    let mut audit = Audit::default();
    log.commits.iter().for_each(|commit| audit.observe(commit));
    assert_eq!((audit.trips_kept(), audit.trips_open()), (1, 0));
}
