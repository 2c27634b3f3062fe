//! Checks of amounts: what is held, taken and given back.

use super::PaymentGatewayHarness;
use super::steps::{HELD_MINOR, expect_captured, expect_held, expect_refused, granted};
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use fiacre_ports::{GatewayError, Operation, RefundStatus};

pub(super) fn amounts_are_conserved<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.held(&gateway, 1)?;
    for (attempt, impossible) in (1..).zip([HELD_MINOR + 1, 0, -1]) {
        let key = script.key_again(1, attempt, Operation::Capture);
        let answer = script.capture(&gateway, intent, impossible, key);
        expect_refused(&answer, GatewayError::WrongStatus)?;
        expect_held(&script.standing(&gateway, intent)?, HELD_MINOR)?;
    }
    let captured = script.capture(&gateway, intent, 12_00, script.key(1, Operation::Capture));
    expect_captured(&granted(captured)?, 12_00)?;
    for (number, impossible) in (10..).zip([12_01, 0, -1]) {
        let key = script.key(1, Operation::Refund(number));
        let answer = script.refund(&gateway, intent, impossible, key);
        let refused = matches!(answer, Err(GatewayError::WrongStatus) | Ok(RefundStatus::Failed));
        expect(refused, "WrongStatus, or a refund that failed", answer)?;
    }
    let part = script.refund(&gateway, intent, 7_00, script.key(1, Operation::Refund(0)));
    expect(part.is_ok(), "a refund", part)?;
    let above = script.refund(&gateway, intent, 5_01, script.key(1, Operation::Refund(1)));
    let refused = matches!(above, Err(GatewayError::WrongStatus) | Ok(RefundStatus::Failed));
    expect(refused, "WrongStatus, or a refund that failed", above)?;
    let standing = script.standing(&gateway, intent)?;
    expect_captured(&standing, 12_00)?;
    expect_same("what was given back", &7_00, &standing.refunded_minor)
}

pub(super) fn capture_is_final<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    for (number, part) in [(1, 12_00), (2, HELD_MINOR)] {
        let intent = script.captured(&gateway, number, part)?;
        let again = script.capture(
            &gateway,
            intent,
            1_00,
            script.key_again(number, 1, Operation::Capture),
        );
        expect_refused(&again, GatewayError::WrongStatus)?;
        expect_captured(&script.standing(&gateway, intent)?, part)?;
    }
    Ok(())
}

pub(super) fn refunds_add_up<H: PaymentGatewayHarness>(script: &Script<'_, H>) -> Check {
    let gateway = script.open_gateway();
    let intent = script.captured(&gateway, 1, 12_00)?;
    let mut sum = 0;
    // Two of the same amount: only their numbers tell them apart.
    for (number, minor) in (0..).zip([3_00, 3_00, 6_00]) {
        let status = script.refund(&gateway, intent, minor, script.key(1, Operation::Refund(number)));
        expect(status.is_ok(), "a refund", status)?;
        sum += minor;
        let refunded = script.standing(&gateway, intent)?.refunded_minor;
        expect_same("what was given back", &sum, &refunded)?;
    }
    expect_captured(&script.standing(&gateway, intent)?, 12_00)
}
