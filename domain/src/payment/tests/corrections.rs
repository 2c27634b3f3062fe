//! Money after the fare was corrected, and charges beside the fare.

use super::*;
use std::collections::BTreeMap;

const FURTHER: Charge = Charge {
    number: ChargeNumber(1),
    purpose: Purpose::Correction,
};
const TIP: Charge = Charge {
    number: ChargeNumber(2),
    purpose: Purpose::Tip,
};

const fn collect(charge: Charge, revision: u16, cents: i64) -> Command {
    Command::Collect(Collect {
        charge,
        revision,
        due: usd(cents),
        method: crate::trip::PaymentMethodId(1),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
        epoch: 0,
    })
}

const REFUNDED: Command = Command::RecordRefunded { refund: 1 };
const REFUND_FAILED: Command = Command::RecordRefundFailed { refund: 1 };

fn paid() -> Payment {
    open_and(&[FARE_DUE, captured(0, FARE)])
}

fn cash() -> Payment {
    given(&[authorize(PaymentMethod::Cash, HOLD), FARE_DUE])
}

/// What a command moves: the event's name, and the amount.
fn moves(payment: &Payment, command: &Command) -> Vec<(&'static str, i64)> {
    let events = act(&mut payment.clone(), command, NOW).unwrap();
    let amount = |event: &PaymentEvent| {
        if let PaymentEvent::FurtherChargeAsked(further) = event {
            return Some(further.due);
        }
        if let PaymentEvent::DebtRecorded { amount, .. }
        | PaymentEvent::DebtReduced { amount, .. }
        | PaymentEvent::CashReturned { amount, .. }
        | PaymentEvent::RefundStarted { amount, .. } = event
        {
            return Some(*amount);
        }
        None
    };
    let moved = events
        .iter()
        .filter_map(|event| Some((event.name(), amount(event)?.minor())));
    moved.collect()
}

#[test]
fn what_was_taken_above_the_corrected_fare_is_given_back() {
    assert_eq!(moves(&paid(), &correct(1, 900)), [("RefundStarted", FARE - 900)]);
    let done = after(paid(), &[correct(1, 900), REFUNDED], NOW);
    assert_eq!(moves(&done, &correct(2, 900)), []);
    assert_eq!(
        ended(&done),
        Some((FARE, 0, 0)),
        "a correction does not rewrite the end"
    );
    assert_eq!(
        moves(&done, &correct(2, 0)),
        [("RefundStarted", 900)],
        "never more than is left"
    );
}

#[test]
fn a_correction_is_a_level_of_which_the_latest_stands() {
    let corrected = after(paid(), &[correct(2, 900), REFUNDED], NOW);
    for stale in [1, 2] {
        assert_eq!(answer(&corrected, &correct(stale, 100)), "-");
    }
}

/// An adjustment that overtakes the capture, or the ride's end itself.
#[test]
fn a_correction_waits_for_the_charges_end() {
    for early in [
        open_and(&[correct(1, 900)]),
        given(&[correct(1, 900), authorize(CARD, HOLD), intent(0), authorized(0)]),
    ] {
        let capturing = after(early, &[FARE_DUE], NOW);
        assert!(
            matches!(capturing.next_call(), Some(GatewayCall::Capture { amount, .. }) if amount == usd(FARE)),
            "what the ride's end asked is taken first"
        );
        assert_eq!(
            moves(&capturing, &captured(0, FARE)),
            [("RefundStarted", FARE - 900)]
        );
    }
    let failing = open_and(&[correct(1, 900), FARE_DUE]);
    assert_eq!(
        answer(&failing, &gone(0)),
        "CaptureFailed DebtRecorded PaymentClosed DebtReduced"
    );
}

#[test]
fn corrections_that_waited_for_a_refund_are_one_difference() {
    let refunding = after(paid(), &[correct(1, 900)], NOW);
    let (lower, higher) = (
        after(refunding.clone(), &[correct(2, 1_200), correct(3, 500)], NOW),
        after(refunding.clone(), &[correct(2, 200), correct(3, 1_000)], NOW),
    );
    assert_eq!(moves(&lower, &REFUNDED), [("RefundStarted", 400)]);
    assert_eq!(moves(&higher, &REFUNDED), [("FurtherChargeAsked", 100)]);
    // Nothing was given back: what is missing is less.
    assert_eq!(moves(&higher, &REFUND_FAILED), [("RefundStarted", FARE - 1_000)]);
}

#[test]
fn a_refund_that_fails_is_tried_again_by_the_next_correction_only() {
    let failed = after(paid(), &[correct(1, 900), REFUND_FAILED], NOW);
    assert_eq!(failed.next_call(), None);
    assert_eq!(moves(&failed, &correct(2, 900)), [("RefundStarted", FARE - 900)]);
}

#[test]
fn what_is_missing_is_a_charge_of_its_own_and_given_back_first() {
    assert_eq!(
        moves(&paid(), &correct(1, FARE + 300)),
        [("FurtherChargeAsked", 300)]
    );
    let risen = after(paid(), &[correct(1, FARE + 300), correct(2, FARE + 500)], NOW);
    assert_eq!(
        moves(&risen, &correct(3, FARE + 100)),
        [("FurtherChargeAsked", 0), ("FurtherChargeAsked", 100)],
        "the newest first"
    );
    assert_eq!(
        moves(&risen, &correct(3, FARE - 100)),
        [
            ("FurtherChargeAsked", 0),
            ("FurtherChargeAsked", 0),
            ("RefundStarted", 100)
        ]
    );
    let fallen = after(risen, &[correct(3, FARE + 100)], NOW);
    assert_eq!(
        moves(&fallen, &correct(4, FARE + 250)),
        [("FurtherChargeAsked", 150)]
    );
}

#[test]
fn debts_shrink_before_anything_is_given_back() {
    let part = open_and(&[settle(SettlementBasis::Fare, HOLD + 250), captured(0, HOLD)]);
    assert_eq!(moves(&part, &correct(1, HOLD + 50)), [("DebtReduced", 200)]);
    assert_eq!(
        moves(&part, &correct(1, HOLD - 50)),
        [("DebtReduced", 250), ("RefundStarted", 50)]
    );
    let account = given(&[authorize(PaymentMethod::Account, HOLD), FARE_DUE]);
    assert_eq!(moves(&account, &correct(1, 900)), [("DebtReduced", FARE - 900)]);
    assert_eq!(moves(&account, &correct(1, FARE + 100)), [("DebtRecorded", 100)]);
}

#[test]
fn cash_is_settled_with_the_driver_and_what_is_missing_is_owed() {
    assert_eq!(moves(&cash(), &correct(1, 900)), [("CashReturned", FARE - 900)]);
    assert_eq!(moves(&cash(), &correct(1, FARE + 100)), [("DebtRecorded", 100)]);
    let both = after(cash(), &[correct(1, 900), correct(2, FARE)], NOW);
    assert_eq!(both.debt_minor(), FARE - 900);
    assert_eq!(
        moves(&both, &correct(3, 0)),
        [("DebtReduced", FARE - 900), ("CashReturned", 900)]
    );
}

/// The books stay with what was dealt with: an agent looks at the charge that collected it.
#[test]
fn a_debt_that_was_dealt_with_is_not_given_back_here() {
    for dealt in [
        Command::SettleDebt { amount: usd(FARE) },
        Command::WriteOffDebt { amount: usd(FARE) },
    ] {
        let owed = open_and(&[FARE_DUE, gone(0), dealt]);
        assert_eq!(moves(&owed, &correct(1, 900)), []);
    }
}

#[test]
fn another_charge_is_held_and_taken_in_one_go() {
    for charge in [FURTHER, TIP] {
        let revision = u16::from(charge == FURTHER);
        let asked = given(&[collect(charge, revision, 300)]);
        assert_eq!(asked.next_call(), Some(GatewayCall::Create));
        let held = Command::RecordAuthorized {
            authorization: number(0),
            amount: usd(300),
            capture_before: LATE,
        };
        let asked = after(asked, &[intent(0)], NOW);
        assert_eq!(asked.next_call(), Some(GatewayCall::Confirm { intent: INTENT }));
        assert_eq!(answer(&asked, &held), "PaymentAuthorized CaptureStarted");
        let taken = after(asked, &[held, captured(0, 300)], NOW);
        assert_eq!(ended(&taken), Some((300, 0, 0)));
        assert_eq!(answer(&taken, &collect(charge, revision, 300)), "-");
    }
}

#[test]
fn a_declined_correction_is_owed_and_a_declined_tip_is_not() {
    let ends: BTreeMap<_, _> = [(FURTHER, 1), (TIP, 0)]
        .map(|(charge, revision)| {
            let asked = given(&[collect(charge, revision, 300), intent(0)]);
            (charge.purpose, answer(&asked, &gone(0)))
        })
        .into();
    assert_eq!(
        ends[&Purpose::Correction],
        "PaymentDeclined DebtRecorded PaymentClosed"
    );
    assert_eq!(ends[&Purpose::Tip], "PaymentDeclined PaymentClosed");
    let short = given(&[collect(TIP, 0, 300), intent(0)]);
    let held = Command::RecordAuthorized {
        authorization: number(0),
        amount: usd(200),
        capture_before: LATE,
    };
    let short = after(short, &[held, captured(0, 200)], NOW);
    assert_eq!((ended(&short), short.debt_minor()), (Some((200, 0, 0)), 0));
}

#[test]
fn a_further_charge_may_hear_first_that_it_is_to_give_back() {
    let less = given(&[collect(FURTHER, 2, 100)]);
    assert_eq!(answer(&less, &collect(FURTHER, 1, 300)), "-");
    assert_eq!(less.start().map(|start| start.amount), Some(usd(100)));
    let nothing = given(&[collect(FURTHER, 2, 0)]);
    assert_eq!(ended(&nothing), Some((0, 0, 0)));
    assert_eq!(
        answer(&Payment::default(), &collect(TIP, 0, 0)),
        "!payment_not_positive"
    );
    let held = Command::RecordAuthorized {
        authorization: number(0),
        amount: usd(300),
        capture_before: LATE,
    };
    let taken = given(&[collect(FURTHER, 1, 300), intent(0), held, captured(0, 300)]);
    assert_eq!(moves(&taken, &collect(FURTHER, 2, 100)), [("RefundStarted", 200)]);
}
