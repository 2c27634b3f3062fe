//! Every fact in every state of a charge, with stale authorisation numbers.

use super::*;
use crate::fixture::Cells;

fn states() -> Vec<(&'static str, Payment)> {
    let lost = || open_and(&[gone(0)]);
    let lost_again = after(lost(), &[intent(1), authorized(1), gone(1)], NOW);
    vec![
        ("absent", Payment::default()),
        ("waived", given(&[authorize(PaymentMethod::Cash, HOLD)])),
        ("pending", pending_and(&[])),
        ("created", created_and(&[])),
        ("action", created_and(&[action(0)])),
        ("open", open_and(&[])),
        ("declined", created_and(&[gone(0)])),
        ("again", lost()),
        ("again-open", after(lost(), &[intent(1), authorized(1)], NOW)),
        ("lost-again", lost_again),
        ("pending+fare", pending_and(&[FARE_DUE])),
        ("created+fare", created_and(&[FARE_DUE])),
        ("action+fare", created_and(&[action(0), FARE_DUE])),
        ("capturing", open_and(&[FARE_DUE])),
        ("pending+void", pending_and(&[NOTHING_DUE])),
        ("created+void", created_and(&[NOTHING_DUE])),
        ("action+void", created_and(&[action(0), NOTHING_DUE])),
        ("voiding", open_and(&[NOTHING_DUE])),
        ("returning", open_and(&[NOTHING_DUE, captured(0, HOLD)])),
        ("captured", open_and(&[FARE_DUE, captured(0, FARE)])),
        ("voided", open_and(&[NOTHING_DUE, gone(0)])),
        ("owed", open_and(&[FARE_DUE, gone(0)])),
        ("tombstone", given(&[NOTHING_DUE])),
        (
            "refunding",
            open_and(&[FARE_DUE, captured(0, FARE), correct(1, 500)]),
        ),
    ]
}

/// States that most rows treat alike.
const GROUPS: &[(&str, &str)] = &[
    ("deciding", "created action"),
    ("deciding+fare", "created+fare action+fare"),
    ("deciding+void", "created+void action+void"),
    ("given-up", "declined lost-again"),
    (
        "unpaid",
        "absent waived pending created action open declined again again-open lost-again pending+fare created+fare action+fare capturing pending+void created+void action+void voiding",
    ),
];

/// Fact, when, → [(answer, states)]; in a state that a row does not name, the fact changes nothing and writes nothing.
#[rustfmt::skip]
fn table() -> Vec<(&'static str, Command, Timestamp, Cells)> {
    vec![
        ("authorise", authorize(CARD, HOLD), NOW, &[("AuthorizationStarted", "absent")]),
        ("intent", intent(0), NOW, &[("IntentCreated", "pending pending+fare"), ("IntentCreated VoidStarted", "pending+void")]),
        ("intent of the next", intent(1), NOW, &[("IntentCreated", "again")]),
        ("action required", action(0), NOW, &[("ActionRequired", "created created+fare created+void")]),
        ("action required of the next", action(1), NOW, &[]),
        ("authorised", authorized(0), NOW, &[("PaymentAuthorized", "deciding deciding+void"), ("PaymentAuthorized CaptureStarted", "deciding+fare")]),
        ("authorised, the next", authorized(1), NOW, &[]),
        ("gone", gone(0), NOW, &[("AuthorizationLost AuthorizationStarted", "open"), ("CaptureFailed DebtRecorded PaymentClosed", "capturing"), ("PaymentDeclined", "pending deciding"), ("PaymentDeclined DebtRecorded PaymentClosed", "pending+fare deciding+fare"), ("PaymentDeclined PaymentClosed", "pending+void"), ("PaymentVoided PaymentClosed", "deciding+void voiding")]),
        ("gone, the next", gone(1), NOW, &[("AuthorizationLost PaymentDeclined", "again-open"), ("PaymentDeclined", "again")]),
        ("abandon", abandon(0), LATE, &[("PaymentDeclined", "pending"), ("PaymentDeclined DebtRecorded PaymentClosed", "pending+fare"), ("PaymentDeclined PaymentClosed", "pending+void")]),
        ("abandon too early", abandon(0), NOW, &[("!payment_not_due_yet", "pending pending+fare pending+void")]),
        ("abandon the next", abandon(1), LATE, &[("PaymentDeclined", "again")]),
        ("fare due", FARE_DUE, NOW, &[("SettlementAsked", "pending deciding again"), ("SettlementAsked CaptureStarted", "open again-open"), ("SettlementAsked DebtRecorded PaymentClosed", "absent given-up"), ("SettlementAsked PaymentClosed", "waived")]),
        ("nothing due", NOTHING_DUE, NOW, &[("SettlementAsked", "pending again"), ("SettlementAsked PaymentClosed", "absent waived given-up"), ("SettlementAsked VoidStarted", "deciding open again-open")]),
        ("captured as asked", captured(0, FARE), NOW, &[("PaymentCaptured PaymentClosed", "capturing"), ("VoidRefused RefundStarted", "voiding")]),
        ("captured from the next", captured(1, FARE), NOW, &[]),
        ("corrected to the same", correct(2, FARE), NOW, &[("CorrectionAsked", "unpaid returning captured owed refunding"), ("CorrectionAsked FurtherChargeAsked", "voided"), ("CorrectionAsked DebtRecorded", "tombstone")]),
        ("corrected to less", correct(2, 500), NOW, &[("CorrectionAsked", "unpaid returning refunding"), ("CorrectionAsked RefundStarted", "captured"), ("CorrectionAsked DebtReduced", "owed"), ("CorrectionAsked FurtherChargeAsked", "voided"), ("CorrectionAsked DebtRecorded", "tombstone")]),
        ("corrected to more", correct(2, HOLD), NOW, &[("CorrectionAsked", "unpaid returning refunding"), ("CorrectionAsked FurtherChargeAsked", "captured owed voided"), ("CorrectionAsked DebtRecorded", "tombstone")]),
        ("refunded", Command::RecordRefunded { refund: 1 }, NOW, &[("PaymentRefunded PaymentClosed", "returning"), ("PaymentRefunded", "refunding")]),
        ("refund failed", Command::RecordRefundFailed { refund: 1 }, NOW, &[("RefundFailed PaymentClosed", "returning"), ("RefundFailed", "refunding")]),
        ("refunded, another", Command::RecordRefunded { refund: 2 }, NOW, &[]),
        ("debt paid", Command::SettleDebt { amount: usd(FARE) }, NOW, &[("!payment_above_debt", "unpaid returning captured voided tombstone refunding"), ("DebtSettled", "owed")]),
        ("debt written off", Command::WriteOffDebt { amount: usd(FARE) }, NOW, &[("!payment_above_debt", "unpaid returning captured voided tombstone refunding"), ("DebtWrittenOff", "owed")]),
    ]
}

#[test]
fn every_fact_in_every_state() {
    let states = states();
    for (fact, command, now, cells) in table() {
        let actual: Vec<_> = states
            .iter()
            .map(|(state, payment)| format!("{state}: {}", answer_at(payment, &command, now)))
            .collect();
        assert_eq!(actual, fixture::expected(&states, GROUPS, cells), "{fact}");
    }
}

/// What a fact does, it does once. Requests of persons count each time: the store's inbox knows one from its repeat.
#[test]
fn a_repeated_fact_changes_nothing() {
    for (state, payment) in states() {
        for (fact, command, now, _) in table() {
            let mut told = payment.clone();
            let first = act(&mut told, &command, now);
            let once = told.clone();
            let again = act(&mut told, &command, now);
            if first.is_ok() {
                let changed = again.is_ok_and(|events| !events.is_empty());
                assert!(!changed && told == once, "{fact} twice when {state}");
            }
        }
    }
}

/// The call that each state wants made at the gateway.
#[test]
fn every_state_wants_its_call() {
    let cancel = GatewayCall::Cancel { intent: INTENT };
    let calls = [
        ("pending again pending+fare pending+void", GatewayCall::Create),
        ("created created+fare", GatewayCall::Confirm { intent: INTENT }),
        ("deciding+void voiding", cancel),
        (
            "capturing",
            GatewayCall::Capture {
                intent: INTENT,
                amount: usd(FARE),
            },
        ),
        (
            "returning",
            GatewayCall::Refund {
                intent: INTENT,
                refund: 1,
                amount: usd(HOLD),
            },
        ),
        (
            "refunding",
            GatewayCall::Refund {
                intent: INTENT,
                refund: 1,
                amount: usd(FARE - 500),
            },
        ),
    ];
    let states = states();
    let calls = calls.map(|(names, call)| (format!("{call:?}"), names));
    let cells: Vec<(&str, &str)> = calls
        .iter()
        .map(|(call, names)| (call.as_str(), *names))
        .collect();
    let actual: Vec<_> = states
        .iter()
        .map(|(state, payment)| {
            let call = payment.next_call();
            format!(
                "{state}: {}",
                call.map_or("-".to_owned(), |call| format!("{call:?}"))
            )
        })
        .collect();
    assert_eq!(actual, fixture::expected(&states, GROUPS, &cells));
}
