//! A call may come twice, after a timeout or by mistake: one key is one effect.

use crate::stage::{Stage, key, now_or_never, request, usd, with};
use fiacre_domain::id::IntentId;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::units::Millis;
use fiacre_ports::{Cursor, GatewayError, IntentStatus, Operation, PaymentGateway, RefundStatus};
use fiacre_sandbox_payments::methods::{PM_3DS, PM_DECLINE, PM_OK};

#[test]
fn every_operation_repeated_answers_like_the_first() {
    let stage = Stage::new();
    let created = stage.create(1, PM_OK).unwrap();
    let confirmed = stage.confirm(&created).unwrap();
    assert_eq!(stage.create(1, PM_OK), Ok(created), "as it was then");
    let captured = stage.capture(&created, 900).unwrap();
    assert_eq!(stage.confirm(&created), Ok(confirmed));
    assert_eq!(stage.capture(&created, 900), Ok(captured));
    assert_eq!(stage.refund(&created, 1, 100), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.refund(&created, 1, 100), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.refund(&created, 2, 100), Ok(RefundStatus::Succeeded));
    let totals = stage.totals();
    assert_eq!((totals.authorised_minor, totals.captured_minor), (2_000, 900));
    assert_eq!(totals.refunded_minor, 200);
}

#[test]
fn a_recorded_error_is_repeated_though_it_would_work_now() {
    let stage = Stage::new();
    let view = stage.create(1, PM_3DS).unwrap();
    stage.confirm(&view).unwrap();
    assert_eq!(stage.capture(&view, 900), Err(GatewayError::WrongStatus));
    stage.pass(Millis::from_minutes(1));
    assert_eq!(stage.capture(&view, 900), Err(GatewayError::WrongStatus));
    let fresh = fiacre_ports::IdempotencyKey {
        epoch: 2,
        ..with(&view, Operation::Capture)
    };
    let captured = now_or_never(stage.sandbox.capture(view.intent, usd(900), fresh));
    assert_eq!(
        captured.unwrap().status,
        IntentStatus::Succeeded { captured: usd(900) }
    );
}

#[test]
fn another_request_with_a_used_key_is_refused() {
    let stage = Stage::new();
    let view = stage.held(1, PM_OK);
    let other = stage.held(2, PM_OK);
    assert_eq!(stage.create(1, PM_DECLINE), Err(GatewayError::KeyReused));
    let mut dearer = request(1, PM_OK);
    dearer.amount = usd(2_001);
    assert_eq!(
        now_or_never(stage.sandbox.create(dearer)),
        Err(GatewayError::KeyReused)
    );
    let confirm = with(&view, Operation::Confirm);
    assert_eq!(
        now_or_never(stage.sandbox.confirm(other.intent, confirm)),
        Err(GatewayError::KeyReused)
    );
    assert_eq!(
        now_or_never(stage.sandbox.refund(other.intent, usd(1), confirm)),
        Err(GatewayError::KeyReused)
    );
    stage.capture(&view, 900).unwrap();
    assert_eq!(stage.capture(&view, 901), Err(GatewayError::KeyReused));
    stage.refund(&view, 1, 10).unwrap();
    assert_eq!(stage.refund(&view, 1, 11), Err(GatewayError::KeyReused));
    let refund = with(&view, Operation::Refund(1));
    assert_eq!(
        now_or_never(stage.sandbox.cancel(other.intent, refund)),
        Err(GatewayError::KeyReused)
    );
    let misnamed = fiacre_ports::IntentRequest {
        key: key(3, Operation::Cancel),
        ..request(3, PM_OK)
    };
    assert_eq!(
        now_or_never(stage.sandbox.create(misnamed)),
        Err(GatewayError::KeyReused)
    );
}

#[test]
fn cancelled_is_final_and_captured_is_not_cancelled() {
    let stage = Stage::new();
    let cancelled = stage.create(1, PM_OK).unwrap();
    stage.cancel(&cancelled).unwrap();
    assert_eq!(stage.confirm(&cancelled), Err(GatewayError::WrongStatus));
    assert_eq!(stage.status(&cancelled), IntentStatus::Canceled);
    let captured = stage.held(2, PM_OK);
    stage.capture(&captured, 900).unwrap();
    let answer = stage.cancel(&captured).unwrap();
    assert_eq!(answer.status, IntentStatus::Succeeded { captured: usd(900) });
    assert_eq!(stage.totals().captured_minor, 900);
}

#[test]
fn amounts_that_cannot_be_are_refused_and_leave_the_key_unused() {
    let stage = Stage::new();
    for minor in [0, -1, i64::MIN] {
        let mut wrong = request(1, PM_OK);
        wrong.amount = usd(minor);
        assert_eq!(
            now_or_never(stage.sandbox.create(wrong)),
            Err(GatewayError::WrongStatus)
        );
    }
    let view = stage.held(1, PM_OK);
    for minor in [0, -1, 2_001, i64::MAX] {
        assert_eq!(
            stage.capture(&view, minor),
            Err(GatewayError::WrongStatus),
            "{minor}"
        );
    }
    let euros = Money::new(900, Currency::EUR);
    let capture = with(&view, Operation::Capture);
    assert_eq!(
        now_or_never(stage.sandbox.capture(view.intent, euros, capture)),
        Err(GatewayError::WrongStatus)
    );
    stage.capture(&view, 900).unwrap();
    for minor in [0, -1, 901, i64::MAX] {
        assert_eq!(
            stage.refund(&view, 1, minor),
            Err(GatewayError::WrongStatus),
            "{minor}"
        );
    }
    assert_eq!(stage.refund(&view, 1, 900), Ok(RefundStatus::Succeeded));
}

#[test]
fn what_was_never_created_is_not_found() {
    let stage = Stage::new();
    let mut ghost = stage.create(1, PM_OK).unwrap();
    ghost.intent = IntentId::from_u128(0);
    ghost.key = key(9, Operation::Create);
    assert_eq!(stage.get(ghost.intent), Err(GatewayError::NotFound));
    assert_eq!(stage.confirm(&ghost), Err(GatewayError::NotFound));
    assert_eq!(stage.capture(&ghost, 1), Err(GatewayError::NotFound));
    assert_eq!(stage.cancel(&ghost), Err(GatewayError::NotFound));
    assert_eq!(stage.refund(&ghost, 1, 1), Err(GatewayError::NotFound));
}

#[test]
fn a_closed_door_does_nothing() {
    let stage = Stage::new();
    let view = stage.held(1, PM_OK);
    stage.sandbox.set_open(false);
    assert_eq!(stage.capture(&view, 900), Err(GatewayError::Unavailable));
    assert_eq!(stage.get(view.intent), Err(GatewayError::Unavailable));
    assert_eq!(
        now_or_never(stage.sandbox.list(&Cursor::default(), 1)),
        Err(GatewayError::Unavailable)
    );
    stage.sandbox.set_open(true);
    assert_eq!(stage.status(&view), view.status);
    assert!(stage.capture(&view, 900).is_ok());
}
