//! Finished intents shrink to small records: what was done stays known and is not done again.

use crate::stage::{DAY, Stage, key, now_or_never, usd, with};
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Cursor, GatewayError, IdempotencyKey, IntentStatus, IntentView, Operation, PaymentGateway, RefundStatus,
};
use fiacre_sandbox_payments::Policy;
use fiacre_sandbox_payments::methods::PM_OK;

fn all(stage: &Stage) -> Vec<IntentView> {
    now_or_never(stage.sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents
}

#[test]
fn the_list_is_the_same_before_and_after_keys_expire() {
    let stage = Stage::new();
    for trip in 0..20 {
        let view = stage.held(trip, PM_OK);
        if trip % 3 == 0 {
            stage.cancel(&view).unwrap();
        } else {
            stage.capture(&view, 900).unwrap();
            stage.refund(&view, 1, 100).unwrap();
        }
    }
    let before = all(&stage);
    stage.pass(DAY);
    assert_eq!(all(&stage), before);
}

#[test]
fn only_what_is_over_can_be_forgotten_and_the_books_are_kept() {
    let stage = Stage::new();
    let (over, open) = (stage.held(1, PM_OK), stage.held(2, PM_OK));
    stage.capture(&over, 900).unwrap();
    let books = stage.totals();
    for view in [&over, &open] {
        stage.sandbox.forget(view.intent);
    }
    let left: Vec<_> = all(&stage).iter().map(|view| view.intent).collect();
    assert_eq!(left, [open.intent]);
    assert_eq!(stage.totals(), books);
    stage.pass(DAY);
    assert!(stage.capture(&open, 900).is_ok());
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let stage = Stage::new();
    for trip in 0..25 {
        stage.create(trip, PM_OK).unwrap();
    }
    let mut paged = Vec::new();
    let mut next = Some(Cursor::default());
    while let Some(from) = next {
        let page = now_or_never(stage.sandbox.list(&from, 4)).unwrap();
        paged.extend(page.intents);
        next = page.next;
    }
    assert_eq!(paged, all(&stage));
    assert!(paged.is_sorted_by_key(|view| view.intent));
    assert_eq!(paged.len(), 25);
}

#[test]
fn keys_last_as_long_as_the_policy_says() {
    let kept = Millis::from_minutes(5);
    let stage = Stage::with_policy(Policy::default().with_keys_kept(kept).unwrap());
    let view = stage.held(1, PM_OK);
    stage.capture(&view, 900).unwrap();
    let held = stage.confirm(&view);
    assert!(held.is_ok(), "the key of the confirmation is kept");
    stage.pass(kept);
    assert_eq!(stage.confirm(&view), Err(GatewayError::WrongStatus), "expired");
}

#[test]
fn after_expiry_nothing_is_done_twice() {
    let stage = Stage::new();
    let captured = stage.held(1, PM_OK);
    stage.capture(&captured, 900).unwrap();
    stage.refund(&captured, 1, 100).unwrap();
    let cancelled = stage.create(2, PM_OK).unwrap();
    stage.cancel(&cancelled).unwrap();
    stage.pass(DAY);
    let before = stage.totals();

    let is_captured = IntentStatus::Succeeded { captured: usd(900) };
    assert_eq!(stage.create(1, PM_OK).unwrap().intent, captured.intent);
    assert_eq!(stage.capture(&captured, 900).unwrap().status, is_captured);
    assert_eq!(stage.capture(&captured, 800), Err(GatewayError::WrongStatus));
    assert_eq!(stage.cancel(&captured).unwrap().status, is_captured);
    assert_eq!(stage.refund(&captured, 1, 100), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.refund(&captured, 1, 101), Err(GatewayError::KeyReused));
    assert_eq!(stage.confirm(&cancelled), Err(GatewayError::WrongStatus));
    assert_eq!(stage.cancel(&cancelled).unwrap().status, IntentStatus::Canceled);
    assert_eq!(stage.totals(), before);

    assert_eq!(stage.refund(&captured, 2, 800), Ok(RefundStatus::Succeeded));
    let fresh = IdempotencyKey {
        epoch: 2,
        ..with(&captured, Operation::Refund(3))
    };
    let too_much = now_or_never(stage.sandbox.refund(captured.intent, usd(1), fresh));
    assert_eq!(too_much, Err(GatewayError::WrongStatus));
    assert_eq!(stage.totals().refunded_minor, 900);
}

#[test]
fn a_key_of_another_authorisation_expires_with_the_intent_that_it_was_used_on() {
    let stage = Stage::new();
    let first = stage.held(1, PM_OK);
    let second = stage.held(2, PM_OK);
    let foreign = key(3, Operation::Capture);
    let capture = |view: &IntentView| now_or_never(stage.sandbox.capture(view.intent, usd(900), foreign));
    capture(&first).unwrap();
    assert_eq!(capture(&second), Err(GatewayError::KeyReused));
    stage.pass(DAY);
    let captured = capture(&second).unwrap();
    assert_eq!(captured.status, IntentStatus::Succeeded { captured: usd(900) });
}

#[test]
fn a_live_hold_keeps_its_keys_however_old() {
    let stage = Stage::new();
    let view = stage.held(1, PM_OK);
    stage.pass(Millis::new(6 * DAY.get()));
    assert_eq!(stage.confirm(&view), Ok(view));
}
