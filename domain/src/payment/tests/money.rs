//! How much: what is held, taken, given back, owed and disputed.

use super::*;

fn events(payment: &Payment, command: &Command) -> Vec<PaymentEvent> {
    act(&mut payment.clone(), command, NOW).unwrap()
}

#[test]
fn what_needs_no_hold_is_waived_and_says_why() {
    for (method, cents, waiver) in [
        (PaymentMethod::Cash, HOLD, Waiver::Cash),
        (PaymentMethod::Account, HOLD, Waiver::Account),
        (CARD, 0, Waiver::NothingDue),
    ] {
        let waived = events(&Payment::default(), &authorize(method, cents));
        let charge = Charge::FARE;
        assert_eq!(waived, [PaymentEvent::Waived { charge, waiver }]);
    }
}

#[test]
fn what_a_waived_charge_ends_with() {
    use SettlementBasis::{Fare, Fee};
    for (method, hold, basis, due, outcome) in [
        (PaymentMethod::Cash, HOLD, Fare, FARE, (0, 0, FARE)),
        (PaymentMethod::Cash, HOLD, Fee, 300, (0, 300, 0)),
        (PaymentMethod::Cash, HOLD, Fare, 0, (0, 0, 0)),
        (PaymentMethod::Account, HOLD, Fare, FARE, (0, FARE, 0)),
        (PaymentMethod::Account, HOLD, Fee, 0, (0, 0, 0)),
        (CARD, 0, Fare, FARE, (0, FARE, 0)),
        (CARD, 0, Fare, 0, (0, 0, 0)),
    ] {
        let payment = given(&[authorize(method, hold), settle(basis, due)]);
        assert_eq!(ended(&payment), Some(outcome), "{method:?} {basis:?} {due}");
        assert_eq!(payment.debt_minor(), outcome.1);
        assert_eq!(payment.next_call(), None);
    }
}

#[test]
fn a_fare_is_captured_and_the_rest_of_the_hold_is_free() {
    let payment = open_and(&[FARE_DUE]);
    let told = events(&payment, &captured(0, FARE));
    let taken = PaymentEvent::Captured {
        charge: Charge::FARE,
        authorization: number(0),
        captured: usd(FARE),
        released_minor: HOLD - FARE,
    };
    assert_eq!(told.first(), Some(&taken));
    let payment = after(payment, &[captured(0, FARE)], NOW);
    assert_eq!(ended(&payment), Some((FARE, 0, 0)));
    assert_eq!((payment.captured(), payment.held()), (Some(usd(FARE)), None));
    assert_eq!(
        payment.outcome().and_then(|outcome| outcome.currency),
        Some(Currency::USD)
    );
}

#[test]
fn what_is_due_above_the_hold_is_captured_up_to_it_and_owed_beyond() {
    let asked = settle(SettlementBasis::Fare, HOLD + 250);
    for payment in [
        open_and(std::slice::from_ref(&asked)),
        created_and(&[asked, authorized(0)]),
    ] {
        assert!(
            matches!(payment.next_call(), Some(GatewayCall::Capture { amount, .. }) if amount == usd(HOLD))
        );
        let payment = after(payment, &[captured(0, HOLD)], NOW);
        assert_eq!(ended(&payment), Some((HOLD, 250, 0)));
    }
}

#[test]
fn a_hold_that_ended_leaves_what_is_due_as_a_debt() {
    let debts = [
        (open_and(&[FARE_DUE, gone(0)]), DebtReason::CaptureFailed),
        (created_and(&[FARE_DUE, gone(0)]), DebtReason::NoHold),
        (created_and(&[gone(0), FARE_DUE]), DebtReason::NoHold),
    ];
    for (payment, _) in &debts {
        assert_eq!(ended(payment), Some((0, FARE, 0)));
    }
    let failing = open_and(&[FARE_DUE]);
    let reason = events(&failing, &gone(0)).into_iter().find_map(|event| {
        if let PaymentEvent::DebtRecorded { reason, .. } = event {
            Some(reason)
        } else {
            None
        }
    });
    assert_eq!(reason, Some(debts[0].1));
}

#[test]
fn a_void_gives_back_what_was_held_and_nothing_where_nothing_was() {
    let released = |payment: &Payment| {
        let told = events(payment, &gone(0));
        told.into_iter().find_map(|event| {
            if let PaymentEvent::Voided { released, .. } = event {
                Some(released)
            } else {
                None
            }
        })
    };
    assert_eq!(released(&open_and(&[NOTHING_DUE])), Some(usd(HOLD)));
    assert_eq!(released(&created_and(&[NOTHING_DUE])), Some(usd(0)));
    let late = created_and(&[NOTHING_DUE, authorized(0)]);
    assert_eq!(
        released(&late),
        Some(usd(HOLD)),
        "a hold that came after the void"
    );
}

#[test]
fn a_lost_hold_is_placed_anew_once_with_a_new_budget() {
    let lost = after(open_and(&[]), &[gone(0)], at_s(1_000));
    assert_eq!(
        (lost.authorization(), lost.intent(), lost.held()),
        (number(1), None, None)
    );
    assert_eq!(lost.budget_ends_at(), at_s(1_120));
    assert_eq!(lost.start().map(|start| start.amount), Some(usd(HOLD)));
    let again = after(lost, &[intent(1), authorized(1), gone(1)], NOW);
    assert_eq!(again.control().hold, Hold::Ended);
    assert_eq!(ended(&after(again, &[FARE_DUE], NOW)), Some((0, FARE, 0)));
}

#[test]
fn an_authorisation_is_overdue_after_its_budget_and_later_where_the_rider_must_act() {
    let payment = created_and(&[]);
    assert!(!payment.is_overdue(number(0), at_s(119)));
    assert!(payment.is_overdue(number(0), at_s(120)));
    assert!(!payment.is_overdue(number(1), at_s(120)));
    let acting = created_and(&[action(0)]);
    assert!(!acting.is_overdue(number(0), at_s(299)));
    assert!(acting.is_overdue(number(0), at_s(300)));
    assert!(!open_and(&[]).is_overdue(number(0), LATE));
}

#[test]
fn a_debt_is_paid_or_given_up_in_parts() {
    let owed = open_and(&[FARE_DUE, gone(0)]);
    let paid = after(owed, &[Command::SettleDebt { amount: usd(1_000) }], NOW);
    assert_eq!(paid.debt_minor(), 500);
    let more = Command::WriteOffDebt { amount: usd(501) };
    assert_eq!(answer(&paid, &more), "!payment_above_debt");
    let clear = after(paid, &[Command::WriteOffDebt { amount: usd(500) }], NOW);
    assert_eq!(clear.debt_minor(), 0);
}

#[test]
fn money_moves_above_zero_and_in_one_currency() {
    let yen = Money::new(100, Currency::JPY);
    let captured_all = open_and(&[FARE_DUE, captured(0, FARE)]);
    let owed = open_and(&[FARE_DUE, gone(0)]);
    for (payment, command) in [
        (
            &captured_all,
            Command::Correct {
                charge: Charge::FARE,
                correction: Correction {
                    revision: 1,
                    due: yen,
                    further: ChargeNumber(1),
                },
            },
        ),
        (&owed, Command::SettleDebt { amount: yen }),
        (&owed, Command::WriteOffDebt { amount: yen }),
        (
            &created_and(&[]),
            Command::RecordAuthorized {
                authorization: number(0),
                amount: yen,
                capture_before: LATE,
            },
        ),
        (
            &pending_and(&[]),
            Command::AskSettlement {
                charge: Charge::FARE,
                basis: SettlementBasis::Fare,
                due: Some(yen),
            },
        ),
        (
            &open_and(&[FARE_DUE]),
            Command::RecordCaptured {
                authorization: number(0),
                captured: yen,
            },
        ),
    ] {
        assert_eq!(
            answer(payment, &command),
            "!payment_currency_mismatch",
            "{command:?}"
        );
    }
    for (payment, command) in [
        (&captured_all, correct(1, -1)),
        (&owed, Command::SettleDebt { amount: usd(-1) }),
        (&open_and(&[FARE_DUE]), captured(0, 0)),
    ] {
        assert_eq!(answer(payment, &command), "!payment_not_positive", "{command:?}");
    }
}

#[test]
fn disputes_open_and_close_once_and_move_money_in_between() {
    let open = Command::OpenDispute {
        dispute: 1,
        amount: usd(FARE),
    };
    let moved = |dispute, movement| Command::MoveDisputeFunds {
        dispute,
        movement,
        amount: usd(-FARE),
    };
    let close = |dispute| Command::CloseDispute { dispute, won: true };
    let payment = open_and(&[FARE_DUE, captured(0, FARE)]);
    assert_eq!(answer(&payment, &close(1)), "-");
    let payment = after(payment, &[open.clone(), moved(1, 1)], NOW);
    assert_eq!(answer(&payment, &open), "-");
    assert_eq!(answer(&payment, &moved(1, 1)), "-", "told twice, it moved once");
    for further in [moved(1, 2), moved(2, 1)] {
        assert_eq!(answer(&payment, &further), "DisputeFundsMoved");
    }
    assert_eq!(answer(&payment, &close(2)), "-");
    let payment = after(payment, &[close(1)], NOW);
    assert_eq!(answer(&payment, &close(1)), "-");
}

#[test]
fn nothing_is_noted_of_a_charge_that_was_never_asked() {
    let open = Command::OpenDispute {
        dispute: 1,
        amount: usd(FARE),
    };
    let moved = Command::MoveDisputeFunds {
        dispute: 1,
        movement: 1,
        amount: usd(-FARE),
    };
    let close = Command::CloseDispute {
        dispute: 1,
        won: true,
    };
    for command in [open, moved, close] {
        assert_eq!(answer(&given(&[]), &command), "!payment_no_such_charge");
    }
}

#[test]
fn an_intent_found_captured_while_voiding_is_refunded_before_the_end() {
    let payment = open_and(&[NOTHING_DUE, captured(0, HOLD)]);
    assert_eq!(ended(&payment), None);
    let payment = after(payment, &[Command::RecordRefunded { refund: 1 }], NOW);
    assert_eq!(ended(&payment), Some((0, 0, 0)));
}

/// A hold that was never heard of, found captured: the hold is told first, in the same commit.
#[test]
fn an_intent_found_captured_before_its_hold_was_known_is_refunded_too() {
    let voiding = created_and(&[NOTHING_DUE]);
    assert_eq!(answer(&voiding, &captured(0, HOLD)), "-");
    let told = voiding
        .decide_all(&[authorized(0), captured(0, HOLD)], NOW)
        .unwrap();
    let names: Vec<_> = told.iter().map(PaymentEvent::name).collect();
    assert_eq!(names, ["PaymentAuthorized", "VoidRefused", "RefundStarted"]);
}

/// The charge used to close as if nothing had been taken, though the refund had failed.
#[test]
fn a_failed_refund_of_a_refused_void_does_not_close_as_if_nothing_was_taken() {
    let payment = open_and(&[NOTHING_DUE, captured(0, HOLD)]);
    let payment = after(payment, &[Command::RecordRefundFailed { refund: 1 }], NOW);
    assert_eq!(ended(&payment), Some((HOLD, 0, 0)));
    assert_eq!(
        answer(&payment, &correct(1, 0)),
        "CorrectionAsked RefundStarted",
        "an agent who corrects the fee tries again"
    );
}

/// More than was due was kept when someone captured the whole hold in the gateway's own pages.
#[test]
fn what_was_captured_above_what_is_due_is_refunded_before_the_end() {
    let payment = open_and(&[FARE_DUE, captured(0, HOLD)]);
    assert_eq!(ended(&payment), None);
    assert!(
        matches!(payment.next_call(), Some(GatewayCall::Refund { amount, .. }) if amount == usd(HOLD - FARE))
    );
    let payment = after(payment, &[Command::RecordRefunded { refund: 1 }], NOW);
    assert_eq!(ended(&payment), Some((FARE, 0, 0)));
}

#[test]
fn a_capture_above_the_hold_is_not_believed() {
    let payment = open_and(&[FARE_DUE]);
    assert_eq!(
        answer(&payment, &captured(0, HOLD + 1)),
        "!payment_capture_above_hold"
    );
}

#[test]
fn every_refusal_says_what_it_is() {
    let refusals = [
        Refusal::AboveDebt,
        Refusal::NotPositive,
        Refusal::CurrencyMismatch,
        Refusal::CaptureAboveHold,
    ];
    let texts: BTreeSet<_> = refusals.iter().map(Refusal::to_string).collect();
    let codes: BTreeSet<_> = refusals.iter().map(Refusal::code).collect();
    assert_eq!((texts.len(), codes.len()), (refusals.len(), refusals.len()));
    assert!(texts.iter().all(|text| text.starts_with("failed to ")));
}
