//! What the payment company does.

use crate::{booked_as, one_driver, ride};
use fiacre_sandbox_payments::{Policy, Rate};
use fiacre_testing::{Phase, payments};

#[test]
fn a_declined_method_fails_the_trip_and_frees_the_driver() {
    let mut p = one_driver().start();
    let trip = booked_as(&mut p, ride().paid_with(payments::PM_DECLINE));
    p.trip(trip).assert_state(Phase::Failed);
    p.driver("ann").assert_free();
    p.audit().assert_over();
}

#[test]
fn a_rider_who_must_act_holds_up_the_confirmation_until_they_do() {
    let mut p = one_driver().start();
    let trip = booked_as(&mut p, ride().paid_with(payments::PM_3DS_ABANDONED));
    p.trip(trip).assert_state(Phase::Requested);
    assert!(p.rider_acts(trip).unwrap());
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
    assert!(!p.rider_acts(trip).unwrap());
}

#[test]
fn a_rider_who_acts_by_themselves_takes_their_time() {
    let mut p = one_driver().start();
    let trip = booked_as(&mut p, ride().paid_with(payments::PM_3DS));
    p.trip(trip).assert_state(Phase::Requested);
    p.advance(payments::ACTION_DELAY);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn an_abandoned_challenge_ends_with_its_budget() {
    let mut p = one_driver().start();
    let trip = booked_as(&mut p, ride().paid_with(payments::PM_3DS_ABANDONED));
    p.advance_s(301);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Failed);
    p.audit().assert_over();
}

#[test]
fn a_lost_hold_is_placed_once_more() {
    let mut p = one_driver().start();
    let trip = booked_as(&mut p, ride());
    assert!(p.bank_drops_hold(trip).unwrap());
    p.run_until_idle();
    p.trip(trip).assert_count("AuthorizationLost", 1);
    p.trip(trip).assert_count("PaymentAuthorized", 2);
    p.drive(trip).unwrap();
    p.audit().assert_over();
}

#[test]
fn every_scripted_method_comes_to_an_end_that_the_auditor_likes() {
    for (name, method) in payments::ALL {
        let mut p = one_driver().start();
        let trip = booked_as(&mut p, ride().paid_with(method));
        p.advance_s(60);
        if p.trip(trip).phase() == Phase::Confirmed {
            p.drive(trip).unwrap();
        }
        p.advance_s(3_600);
        assert!(p.trip(trip).is_closed(), "{name}\n{}", p.trip(trip).timeline());
        p.audit().assert_clean();
    }
}

#[test]
fn the_company_closes_its_door_and_opens_it_again() {
    let mut p = one_driver().start();
    p.company().set_open(false);
    let trip = p.book(ride()).unwrap();
    p.advance_s(30);
    p.trip(trip).assert_state(Phase::Requested);
    p.company().set_open(true);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn a_policy_plays_with_methods_that_have_no_script() {
    let policy = Policy::default().with_declines(Rate::ALWAYS);
    let mut p = one_driver().payments(policy).start();
    let plain = fiacre_domain::trip::PaymentMethodId(1);
    let trip = booked_as(&mut p, ride().paid_with(plain));
    p.trip(trip).assert_state(Phase::Failed);
    let cash = booked_as(&mut p, ride().paid_in_cash());
    p.trip(cash).assert_state(Phase::Confirmed);
    p.drive(cash).unwrap();
    p.trip(cash).assert_captured(0);
    p.audit().assert_over();
}
