//! Checks of where an intent stands.

use super::PaymentGatewayHarness;
use super::steps::{HELD_MINOR, expect_captured, expect_refused, granted, usd};
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use fiacre_domain::trip::PaymentMethodId;
use fiacre_ports::{GatewayError, IntentStatus, IntentView, Operation};

const UNCONFIRMED: IntentStatus = IntentStatus::RequiresConfirmation { declined: None };

pub(super) fn creating_moves_no_money<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let request = script.request(1, script.harness().method());
    let created = granted(script.create(&gateway, request))?;
    let expected = IntentView {
        intent: created.intent,
        key: request.key,
        amount: request.amount,
        status: UNCONFIRMED,
        refunded_minor: 0,
    };
    expect_same("the created intent", &expected, &created)?;
    let standing = script.standing(&script.open_gateway(), created.intent)?;
    expect_same("the intent as it stands", &expected, &standing)
}

pub(super) fn confirming_holds<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.created(&gateway, 1, script.harness().method())?;
    let key = script.key(1, Operation::Confirm);
    let answer = granted(script.confirm(&gateway, intent, key))?;
    let standing = script.standing(&gateway, intent)?;
    for view in [answer, standing] {
        let lasts = match view.status {
            IntentStatus::RequiresCapture {
                amount,
                capture_before,
            } => amount == usd(HELD_MINOR) && capture_before > script.harness().now(),
            IntentStatus::RequiresConfirmation { .. }
            | IntentStatus::RequiresAction
            | IntentStatus::Processing
            | IntentStatus::Succeeded { .. }
            | IntentStatus::Canceled => false,
        };
        expect(lasts, format!("a hold of {} that lasts", usd(HELD_MINOR)), view)?;
    }
    Ok(())
}

/// The intent must be cancelled for good.
fn expect_cancelled<H: PaymentGatewayHarness>(
    script: &Script<'_, H>,
    gateway: &super::steps::Gateway,
    view: &IntentView,
    number: u64,
) -> Check {
    expect_same("the status", &IntentStatus::Canceled, &view.status)?;
    let again = script.key_again(number, 1, Operation::Confirm);
    expect_refused(
        &script.confirm(gateway, view.intent, again),
        GatewayError::WrongStatus,
    )?;
    let capture = script.key_again(number, 1, Operation::Capture);
    let captured = script.capture(gateway, view.intent, 1_00, capture);
    expect_refused(&captured, GatewayError::WrongStatus)?;
    let standing = script.standing(gateway, view.intent)?;
    expect_same("the status", &IntentStatus::Canceled, &standing.status)
}

pub(super) fn cancelled_is_final<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.held(&gateway, 1)?;
    let cancel = script.key(1, Operation::Cancel);
    let cancelled = granted(script.cancel(&gateway, intent, cancel))?;
    expect_cancelled(script, &gateway, &cancelled, 1)?;
    let again = granted(script.cancel(&gateway, intent, script.key_again(1, 1, Operation::Cancel)))?;
    expect_same("the status", &IntentStatus::Canceled, &again.status)
}

pub(super) fn cancel_before_confirm_wins<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.created(&gateway, 1, script.harness().method())?;
    let cancelled = granted(script.cancel(&gateway, intent, script.key(1, Operation::Cancel)))?;
    expect_same("the status", &IntentStatus::Canceled, &cancelled.status)?;
    for _ in 0..2 {
        let late = script.confirm(&gateway, intent, script.key(1, Operation::Confirm));
        expect_refused(&late, GatewayError::WrongStatus)?;
    }
    let standing = script.standing(&gateway, intent)?;
    expect_same("the status", &IntentStatus::Canceled, &standing.status)
}

pub(super) fn captured_is_not_cancelled<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.captured(&gateway, 1, 12_00)?;
    let answer = script.cancel(&gateway, intent, script.key(1, Operation::Cancel));
    expect_captured(&granted(answer)?, 12_00)?;
    expect_captured(&script.standing(&gateway, intent)?, 12_00)
}

pub(super) fn absent_is_not_found<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let absent = script.ids().intent(99);
    let not_found = GatewayError::NotFound;
    expect_refused(&script.get(&gateway, absent), not_found)?;
    expect_refused(&script.action(&gateway, absent), not_found)?;
    let key = |operation| script.key(1, operation);
    expect_refused(
        &script.confirm(&gateway, absent, key(Operation::Confirm)),
        not_found,
    )?;
    expect_refused(
        &script.capture(&gateway, absent, 1_00, key(Operation::Capture)),
        not_found,
    )?;
    expect_refused(
        &script.cancel(&gateway, absent, key(Operation::Cancel)),
        not_found,
    )?;
    expect_refused(
        &script.refund(&gateway, absent, 1_00, key(Operation::Refund(0))),
        not_found,
    )
}

pub(super) fn list_is_complete<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let mut intents = Vec::new();
    for number in 1..=5 {
        intents.push(script.created(&gateway, number, script.harness().method())?);
    }
    intents.sort_unstable();
    let mut in_order = Vec::new();
    for max in [1, 2, 5, 100] {
        let listed = script.list(&gateway, max)?;
        let listed: Vec<_> = listed.iter().map(|view| view.intent).collect();
        let mut sorted = listed.clone();
        sorted.sort_unstable();
        expect_same("the listed intents", &intents, &sorted)?;
        if in_order.is_empty() {
            in_order.clone_from(&listed);
        }
        expect_same("their order", &in_order, &listed)?;
    }
    Ok(())
}

/// Confirms an intent that the confirmation must leave as `expected`, and cancels it.
fn unheld<H: PaymentGatewayHarness>(
    script: &Script<'_, H>,
    method: PaymentMethodId,
    expected: &str,
    is_expected: impl Fn(IntentStatus) -> bool,
) -> Check {
    let gateway = script.open_gateway();
    let intent = script.created(&gateway, 1, method)?;
    let answer = granted(script.confirm(&gateway, intent, script.key(1, Operation::Confirm)))?;
    expect(is_expected(answer.status), expected, answer)?;
    let capture = script.capture(&gateway, intent, 1_00, script.key(1, Operation::Capture));
    expect_refused(&capture, GatewayError::WrongStatus)?;
    let cancelled = granted(script.cancel(&gateway, intent, script.key(1, Operation::Cancel)))?;
    expect_cancelled(script, &gateway, &cancelled, 1)
}

pub(super) fn decline_is_an_answer<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    unheld(
        script,
        script.harness().method_declined(),
        "declined, with a reason or without",
        |status| matches!(status, IntentStatus::RequiresConfirmation { declined: Some(_) }),
    )
}

pub(super) fn challenge_holds_nothing<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    unheld(
        script,
        script.harness().method_challenged(),
        "waiting for the rider",
        |status| status == IntentStatus::RequiresAction,
    )
}

pub(super) fn action_is_given_while_it_is_asked<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.created(&gateway, 1, script.harness().method_challenged())?;
    let wrong = GatewayError::WrongStatus;
    expect_refused(&script.action(&gateway, intent), wrong)?;
    let challenged = granted(script.confirm(&gateway, intent, script.key(1, Operation::Confirm)))?;
    expect_same("the status", &IntentStatus::RequiresAction, &challenged.status)?;
    for _ in 0..2 {
        let given = script.action(&gateway, intent);
        expect(given.is_ok(), "what the rider acts with", &given)?;
    }
    let standing = script.standing(&gateway, intent)?;
    expect_same("the status", &IntentStatus::RequiresAction, &standing.status)?;
    granted(script.cancel(&gateway, intent, script.key(1, Operation::Cancel)))?;
    expect_refused(&script.action(&gateway, intent), wrong)
}

pub(super) fn refused_for_good_is_said<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let refused = GatewayError::Refused;
    let gateway = script.open_gateway();
    let request = script.request(1, script.harness().method_refused());
    let Ok(view) = script.create(&gateway, request) else {
        return expect_refused(&script.create(&gateway, request), refused);
    };
    for attempt in 0..2 {
        let key = script.key_again(1, attempt, Operation::Confirm);
        expect_refused(&script.confirm(&gateway, view.intent, key), refused)?;
    }
    let unheld = IntentStatus::RequiresConfirmation { declined: None };
    let seen = script.get(&gateway, view.intent).map(|view| view.status);
    expect_same("the intent afterwards", &Ok(unheld), &seen)?;
    let key = script.key(1, Operation::Cancel);
    let cancelled = script.cancel(&gateway, view.intent, key).map(|view| view.status);
    expect_same("the cancelled intent", &Ok(IntentStatus::Canceled), &cancelled)
}
