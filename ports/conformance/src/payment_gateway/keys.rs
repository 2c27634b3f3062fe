//! Checks of keys: what is repeated is done once.

use super::PaymentGatewayHarness;
use super::steps::{Gateway, HELD_MINOR, expect_captured, expect_held, expect_refused, granted, usd};
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::script::{Script, side_by_side};
use crate::told::Told;
use fiacre_domain::id::IntentId;
use fiacre_ports::{GatewayError, IntentRequest, IntentStatus, IntentView, Operation};

pub(super) fn same_key_is_one_effect<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let request = script.request(1, script.harness().method());
    let first = granted(script.create(&gateway, request))?;
    expect_same("the same creation", &Ok(first), &script.create(&gateway, request))?;
    let intent = first.intent;
    let key = script.key(1, Operation::Confirm);
    let first = granted(script.confirm(&gateway, intent, key))?;
    expect_same(
        "the same confirmation",
        &Ok(first),
        &script.confirm(&gateway, intent, key),
    )?;
    let key = script.key(1, Operation::Capture);
    let first = granted(script.capture(&gateway, intent, 15_00, key))?;
    expect_same(
        "the same capture",
        &Ok(first),
        &script.capture(&gateway, intent, 15_00, key),
    )?;
    let key = script.key(1, Operation::Refund(0));
    let first = script.refund(&gateway, intent, 5_00, key);
    expect_same(
        "the same refund",
        &first,
        &script.refund(&gateway, intent, 5_00, key),
    )?;
    let standing = script.standing(&gateway, intent)?;
    expect_captured(&standing, 15_00)?;
    expect_same("what was given back", &5_00, &standing.refunded_minor)?;
    expect_same("the count of intents", &1, &script.list(&gateway, 10)?.len())
}

pub(super) fn key_of_another_request_is_refused<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.held(&gateway, 1)?;
    let other = IntentRequest {
        amount: usd(HELD_MINOR + 1),
        ..script.request(1, script.harness().method())
    };
    expect_refused(&script.create(&gateway, other), GatewayError::KeyReused)?;
    let key = script.key(1, Operation::Capture);
    granted(script.capture(&gateway, intent, 15_00, key))?;
    expect_refused(
        &script.capture(&gateway, intent, 14_00, key),
        GatewayError::KeyReused,
    )?;
    let key = script.key(1, Operation::Refund(0));
    let first = script.refund(&gateway, intent, 5_00, key);
    expect(first.is_ok(), "a refund", first)?;
    expect_refused(
        &script.refund(&gateway, intent, 6_00, key),
        GatewayError::KeyReused,
    )?;
    let standing = script.standing(&gateway, intent)?;
    expect_captured(&standing, 15_00)?;
    expect_same("what was given back", &5_00, &standing.refunded_minor)
}

/// Asks for something whose answer must be lost.
fn lose<H: PaymentGatewayHarness, T: Told>(
    script: &Script<'_, H>,
    call: impl FnOnce() -> Result<T, GatewayError>,
) -> Check {
    script.harness().lose_next_answer();
    let answer = call();
    expect_refused(&answer, GatewayError::OutcomeUnknown)
}

/// The intent of trip 1, found by its key.
fn found<H: PaymentGatewayHarness>(script: &Script<'_, H>, gateway: &Gateway) -> Check<IntentView> {
    let key = script.key(1, Operation::Create);
    let mut listed = script.list(gateway, 10)?;
    listed.retain(|view| view.key == key);
    match listed.as_slice() {
        [view] => Ok(*view),
        others => Err(Mismatch {
            expected: format!("one intent under {key}"),
            observed: others.told(),
        }),
    }
}

pub(super) fn unknown_outcome_is_readable<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let request = script.request(1, script.harness().method_with_lost_answers());
    lose(script, || script.create(&gateway, request))?;
    let IntentView { intent, .. } = found(script, &gateway)?;
    lose(script, || {
        script.confirm(&gateway, intent, script.key(1, Operation::Confirm))
    })?;
    expect_held(&script.standing(&gateway, intent)?, HELD_MINOR)?;
    lose(script, || {
        script.capture(&gateway, intent, 15_00, script.key(1, Operation::Capture))
    })?;
    expect_captured(&script.standing(&gateway, intent)?, 15_00)?;
    lose(script, || {
        script.refund(&gateway, intent, 5_00, script.key(1, Operation::Refund(0)))
    })?;
    let refunded = script.standing(&gateway, intent)?.refunded_minor;
    expect_same("what was given back", &5_00, &refunded)
}

pub(super) fn repetition_after_a_timeout_is_one_effect<H: PaymentGatewayHarness>(
    script: &Script<'_, H>,
) -> Check {
    let gateway = script.open_gateway();
    let method = script.harness().method_with_lost_answers();
    let request = script.request(1, method);
    lose(script, || script.create(&gateway, request))?;
    let intent = granted(script.create(&gateway, request))?.intent;
    expect_same("the created intent", &intent, &found(script, &gateway)?.intent)?;
    let key = script.key(1, Operation::Confirm);
    lose(script, || script.confirm(&gateway, intent, key))?;
    expect_held(&granted(script.confirm(&gateway, intent, key))?, HELD_MINOR)?;
    let key = script.key(1, Operation::Capture);
    lose(script, || script.capture(&gateway, intent, 15_00, key))?;
    expect_captured(&granted(script.capture(&gateway, intent, 15_00, key))?, 15_00)?;
    let key = script.key(1, Operation::Refund(0));
    lose(script, || script.refund(&gateway, intent, 10_00, key))?;
    let again = script.refund(&gateway, intent, 10_00, key);
    expect(again.is_ok(), "a refund", again)?;
    let refunded = script.standing(&gateway, intent)?.refunded_minor;
    expect_same("what was given back", &10_00, &refunded)?;
    cancelled_twice(script, &gateway, script.request(2, method))
}

fn cancelled_twice<H: PaymentGatewayHarness>(
    script: &Script<'_, H>,
    gateway: &Gateway,
    request: IntentRequest,
) -> Check {
    lose(script, || script.create(gateway, request))?;
    let intent = granted(script.create(gateway, request))?.intent;
    let key = script.key(2, Operation::Cancel);
    lose(script, || script.cancel(gateway, intent, key))?;
    let again = granted(script.cancel(gateway, intent, key))?;
    expect_same("the status", &IntentStatus::Canceled, &again.status)
}

/// The intents that calls side by side answered with.
fn intents(answers: Vec<Result<IntentView, GatewayError>>) -> Check<Vec<IntentId>> {
    answers
        .into_iter()
        .map(|answer| granted(answer).map(|view| view.intent))
        .collect()
}

pub(super) fn same_key_side_by_side_is_one_effect<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    const CALLS: usize = 4;
    let harness = script.harness();
    let gateway = script.open_gateway();
    let request = script.request(1, harness.method());
    let calls = (0..CALLS).map(|_| gateway.create(request)).collect();
    let answers = harness.block_on(side_by_side(calls));
    script.note(format!(
        "create {CALLS} times side by side under one key → {}",
        answers.told()
    ));
    let created = intents(answers)?;
    let intent = granted(script.create(&gateway, request))?.intent;
    expect_same("the created intents", &vec![intent; CALLS], &created)?;
    expect_same("the count of intents", &1, &script.list(&gateway, 10)?.len())?;
    granted(script.confirm(&gateway, intent, script.key(1, Operation::Confirm)))?;
    granted(script.capture(&gateway, intent, 15_00, script.key(1, Operation::Capture)))?;
    let key = script.key(1, Operation::Refund(0));
    let calls = (0..CALLS)
        .map(|_| gateway.refund(intent, usd(3_00), key))
        .collect();
    let answers = harness.block_on(side_by_side(calls));
    script.note(format!(
        "refund {CALLS} times side by side under one key → {}",
        answers.told()
    ));
    let refunded = script.standing(&gateway, intent)?.refunded_minor;
    expect_same("what was given back", &3_00, &refunded)
}

pub(super) fn answered_survives_a_crash<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let taken = script.captured(&gateway, 1, 15_00)?;
    let refund = script.key(1, Operation::Refund(0));
    let given_back = script.refund(&gateway, taken, 5_00, refund);
    expect(given_back.is_ok(), "a refund", given_back)?;
    let held = script.held(&gateway, 2)?;
    let before = script.list(&gateway, 10)?;
    drop(gateway);
    script.harness().crash();
    script.note("crash, and begin again");
    let gateway = script.open_gateway();
    expect_same("the intents", &before, &script.list(&gateway, 10)?)?;
    let again = script.refund(&gateway, taken, 5_00, refund);
    expect(again.is_ok(), "the refund", again)?;
    let refunded = script.standing(&gateway, taken)?.refunded_minor;
    expect_same("what was given back", &5_00, &refunded)?;
    let confirmed = granted(script.confirm(&gateway, held, script.key(2, Operation::Confirm)))?;
    expect_held(&confirmed, HELD_MINOR)?;
    let capture = script.capture(&gateway, held, 15_00, script.key(2, Operation::Capture));
    expect_captured(&granted(capture)?, 15_00)
}
