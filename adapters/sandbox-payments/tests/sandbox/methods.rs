//! Every scripted method does what its name says.

use crate::stage::{Stage, is_held, now_or_never, usd};
use fiacre_domain::units::Millis;
use fiacre_ports::{Decline, GatewayError, IntentStatus, PaymentGateway, RefundStatus, RiderAction};
use fiacre_sandbox_payments::methods::*;
use fiacre_sandbox_payments::{DisputeStatus, Policy, Rate};

const DECLINED: IntentStatus = declined(Decline::Unspecified);

const fn declined(decline: Decline) -> IntentStatus {
    IntentStatus::RequiresConfirmation {
        declined: Some(decline),
    }
}

#[test]
fn ok_is_held_and_captured_in_part() {
    let stage = Stage::new();
    let view = stage.held(1, PM_OK);
    let captured = stage.capture(&view, 1_200).unwrap();
    assert_eq!(captured.status, IntentStatus::Succeeded { captured: usd(1_200) });
    let totals = stage.totals();
    assert_eq!((totals.authorised_minor, totals.captured_minor), (2_000, 1_200));
    assert_eq!((totals.released_minor, totals.open_minor), (800, 0));
}

#[test]
fn creating_moves_no_money() {
    let stage = Stage::new();
    let view = stage.create(1, PM_OK).unwrap();
    assert_eq!(view.status, IntentStatus::RequiresConfirmation { declined: None });
    assert!(stage.sandbox.totals().is_empty());
}

#[test]
fn a_decline_is_not_final_until_it_is_cancelled() {
    let stage = Stage::new();
    let view = stage.create(1, PM_DECLINE).unwrap();
    assert_eq!(stage.confirm(&view).unwrap().status, DECLINED);
    assert_eq!(stage.cancel(&view).unwrap().status, IntentStatus::Canceled);
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
    assert!(stage.sandbox.totals().is_empty());
}

#[test]
fn a_decline_has_its_reason() {
    let stage = Stage::new();
    for (trip, method, reason) in [
        (1, PM_NO_FUNDS, Decline::InsufficientFunds),
        (2, PM_EXPIRED, Decline::CardExpired),
    ] {
        let view = stage.create(trip, method).unwrap();
        assert_eq!(stage.confirm(&view).unwrap().status, declined(reason));
    }
}

#[test]
fn the_rider_acts_after_a_while() {
    let stage = Stage::new();
    let view = stage.create(1, PM_3DS).unwrap();
    assert_eq!(stage.confirm(&view).unwrap().status, IntentStatus::RequiresAction);
    assert_eq!(stage.capture(&view, 1), Err(GatewayError::WrongStatus));
    stage.pass(ACTION_DELAY.saturating_sub(Millis::new(1)));
    assert_eq!(stage.status(&view), IntentStatus::RequiresAction);
    stage.pass(Millis::new(1));
    assert!(is_held(stage.status(&view)));
}

#[test]
fn an_abandoned_action_waits_until_it_is_cancelled() {
    let stage = Stage::new();
    let view = stage.create(1, PM_3DS_ABANDONED).unwrap();
    stage.confirm(&view).unwrap();
    stage.pass(Millis::from_minutes(100 * 24 * 60));
    assert_eq!(stage.status(&view), IntentStatus::RequiresAction);
    assert_eq!(stage.cancel(&view).unwrap().status, IntentStatus::Canceled);
    assert!(!stage.sandbox.complete_action(view.intent));
}

#[test]
fn riders_act_with_secrets_of_their_own_while_they_must() {
    let stage = Stage::new();
    let secrets: Vec<RiderAction> = [1, 2]
        .map(|trip| {
            let view = stage.create(trip, PM_3DS).unwrap();
            stage.confirm(&view).unwrap();
            let secret = now_or_never(stage.sandbox.action(view.intent)).unwrap();
            stage.pass(ACTION_DELAY);
            assert_eq!(
                now_or_never(stage.sandbox.action(view.intent)),
                Err(GatewayError::WrongStatus)
            );
            secret
        })
        .into();
    assert_ne!(secrets[0], secrets[1]);
}

#[test]
fn an_action_cancelled_in_time_is_never_held() {
    let stage = Stage::new();
    let view = stage.create(1, PM_3DS).unwrap();
    stage.confirm(&view).unwrap();
    stage.cancel(&view).unwrap();
    stage.pass(ACTION_DELAY);
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
    assert!(stage.sandbox.totals().is_empty());
}

#[test]
fn a_timeout_after_success_has_done_it() {
    let stage = Stage::new();
    let began = stage.now();
    assert_eq!(
        stage.create(1, PM_TIMEOUT_AFTER_SUCCESS),
        Err(GatewayError::OutcomeUnknown)
    );
    assert_eq!(
        stage.now().since(began),
        Millis::from_secs(10),
        "waited for the answer"
    );
    let view = stage.create(1, PM_TIMEOUT_AFTER_SUCCESS).unwrap();
    assert_eq!(stage.confirm(&view), Err(GatewayError::OutcomeUnknown));
    assert!(is_held(stage.status(&view)));
    assert_eq!(stage.capture(&view, 500), Err(GatewayError::OutcomeUnknown));
    assert_eq!(
        stage.status(&view),
        IntentStatus::Succeeded { captured: usd(500) }
    );
    assert_eq!(stage.refund(&view, 1, 200), Err(GatewayError::OutcomeUnknown));
    assert_eq!(stage.get(view.intent).unwrap().refunded_minor, 200);
    assert_eq!(stage.refund(&view, 1, 200), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.totals().refunded_minor, 200);
}

#[test]
fn unavailable_once_has_done_nothing_and_then_works() {
    let stage = Stage::new();
    assert_eq!(
        stage.create(1, PM_UNAVAILABLE_ONCE),
        Err(GatewayError::Unavailable)
    );
    let view = stage.create(1, PM_UNAVAILABLE_ONCE).unwrap();
    assert_eq!(stage.get(view.intent), Err(GatewayError::Unavailable));
    assert_eq!(stage.confirm(&view), Err(GatewayError::Unavailable));
    assert_eq!(stage.status(&view), view.status);
    assert!(is_held(stage.confirm(&view).unwrap().status));
}

#[test]
fn a_lost_hold_cancels_the_intent() {
    let stage = Stage::new();
    let view = stage.held(1, PM_LOST_HOLD);
    stage.pass(HOLD_LOST_DELAY);
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
    assert_eq!(stage.capture(&view, 1), Err(GatewayError::WrongStatus));
    let totals = stage.totals();
    assert_eq!((totals.released_minor, totals.open_minor), (2_000, 0));
}

#[test]
fn a_failed_capture_releases_the_hold_for_good() {
    let stage = Stage::new();
    let view = stage.held(1, PM_CAPTURE_FAILS);
    assert_eq!(stage.capture(&view, 700), Err(GatewayError::WrongStatus));
    assert_eq!(
        stage.capture(&view, 700),
        Err(GatewayError::WrongStatus),
        "recorded"
    );
    assert_eq!(stage.status(&view), IntentStatus::Canceled);
    assert_eq!(stage.totals().released_minor, 2_000);
}

#[test]
fn slow_takes_its_time_and_is_worked_on() {
    let stage = Stage::new();
    let began = stage.now();
    let view = stage.create(1, PM_SLOW).unwrap();
    assert_eq!(stage.now().since(began), CALL_DELAY);
    assert_eq!(stage.confirm(&view).unwrap().status, IntentStatus::Processing);
    stage.pass(PROCESSING_DELAY);
    assert!(is_held(stage.status(&view)));
}

#[test]
fn a_dispute_takes_what_was_not_refunded() {
    let stage = Stage::new();
    let view = stage.held(1, PM_DISPUTE);
    stage.capture(&view, 1_500).unwrap();
    stage.refund(&view, 1, 500).unwrap();
    assert_eq!(stage.sandbox.dispute(view.intent), None);
    stage.pass(DISPUTE_DELAY);
    let dispute = stage.sandbox.dispute(view.intent).unwrap();
    assert_eq!(
        (dispute.amount(), dispute.status()),
        (usd(1_000), DisputeStatus::Open)
    );
    assert_eq!(
        stage.refund(&view, 2, 100),
        Ok(RefundStatus::Failed),
        "disputed money is not there"
    );
    stage.pass(DISPUTE_DELAY);
    let dispute = stage.sandbox.dispute(view.intent).unwrap();
    assert_eq!(dispute.status(), DisputeStatus::Lost);
    assert_eq!(stage.totals().disputed_minor, 1_000);
}

#[test]
fn a_refund_that_fails_gives_nothing_back() {
    let stage = Stage::new();
    let view = stage.held(1, PM_REFUND_FAILS);
    stage.capture(&view, 1_500).unwrap();
    assert_eq!(stage.refund(&view, 1, 500), Ok(RefundStatus::Failed));
    assert_eq!(stage.get(view.intent).unwrap().refunded_minor, 0);
    assert_eq!(stage.totals().refunded_minor, 0);
}

#[test]
fn a_pending_refund_is_decided_later_and_counts_meanwhile() {
    let stage = Stage::new();
    let view = stage.held(1, PM_REFUND_PENDING);
    stage.capture(&view, 900).unwrap();
    assert_eq!(stage.refund(&view, 1, 500), Ok(RefundStatus::Pending));
    assert_eq!(stage.refund(&view, 2, 500), Err(GatewayError::WrongStatus));
    stage.pass(REFUND_DELAY);
    assert_eq!(stage.refund(&view, 1, 500), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.totals().refunded_minor, 500);
}

#[test]
fn no_policy_touches_a_script() {
    let policy = Policy::default()
        .with_declines(Rate::ALWAYS)
        .with_unavailable(Rate::ALWAYS)
        .with_captures_failing(Rate::ALWAYS);
    let stage = Stage::with_policy(policy);
    let view = stage.held(1, PM_OK);
    assert!(stage.capture(&view, 2_000).is_ok());
}
