//! A charge, as given, when, then.

mod corrections;
mod money;
mod table;

use super::*;
use crate::decision::Aggregate;
use crate::fixture::{self, CARD, INTENT, act, after, at_s, usd};
use crate::money::Currency;
use crate::stream::ChargeNumber;
use crate::trip::{AuthorizationNumber, PaymentMethod};
use crate::units::Millis;

const NOW: Timestamp = at_s(0);
/// After the budget of an authorisation that began at [`NOW`], with and without the rider's action.
const LATE: Timestamp = at_s(3_600);
const HOLD: i64 = 2_000;
const FARE: i64 = 1_500;

const fn authorize(payment: PaymentMethod, cents: i64) -> Command {
    Command::Authorize(Authorize {
        charge: Charge::FARE,
        payment,
        amount: usd(cents),
        budget: Millis::from_secs(120),
        action_budget: Millis::from_secs(180),
        epoch: 0,
    })
}

const fn number(authorization: u8) -> AuthorizationNumber {
    AuthorizationNumber(authorization)
}

const fn intent(authorization: u8) -> Command {
    Command::RecordIntent {
        authorization: number(authorization),
        intent: INTENT,
    }
}

const fn action(authorization: u8) -> Command {
    Command::RecordActionRequired {
        authorization: number(authorization),
    }
}

const fn authorized(authorization: u8) -> Command {
    Command::RecordAuthorized {
        authorization: number(authorization),
        amount: usd(HOLD),
        capture_before: at_s(86_400),
    }
}

const fn gone(authorization: u8) -> Command {
    Command::RecordCancelled {
        authorization: number(authorization),
        reason: DeclineReason::Issuer,
    }
}

const fn abandon(authorization: u8) -> Command {
    Command::AbandonAuthorization {
        authorization: number(authorization),
    }
}

const fn settle(basis: SettlementBasis, cents: i64) -> Command {
    Command::AskSettlement {
        charge: Charge::FARE,
        basis,
        due: Some(usd(cents)),
    }
}

const FARE_DUE: Command = settle(SettlementBasis::Fare, FARE);
const NOTHING_DUE: Command = Command::AskSettlement {
    charge: Charge::FARE,
    basis: SettlementBasis::Nothing,
    due: None,
};

const fn captured(authorization: u8, cents: i64) -> Command {
    Command::RecordCaptured {
        authorization: number(authorization),
        captured: usd(cents),
    }
}

/// The fare's correction number `revision`; a further charge over it would take the same number.
const fn correct(revision: u16, cents: i64) -> Command {
    Command::Correct {
        charge: Charge::FARE,
        correction: Correction {
            revision,
            due: usd(cents),
            further: ChargeNumber(revision),
        },
    }
}

fn given(commands: &[Command]) -> Payment {
    after(Payment::default(), commands, NOW)
}

fn pending_and(commands: &[Command]) -> Payment {
    after(given(&[authorize(CARD, HOLD)]), commands, NOW)
}

fn created_and(commands: &[Command]) -> Payment {
    after(pending_and(&[intent(0)]), commands, NOW)
}

fn open_and(commands: &[Command]) -> Payment {
    after(created_and(&[authorized(0)]), commands, NOW)
}

fn answer_at(payment: &Payment, command: &Command, now: Timestamp) -> String {
    let answered = act(&mut payment.clone(), command, now).map_err(|refusal| refusal.code());
    fixture::answer(answered, PaymentEvent::name)
}

fn answer(payment: &Payment, command: &Command) -> String {
    answer_at(payment, command, NOW)
}

/// How the money ended: captured, owed, in cash, in cents.
fn ended(payment: &Payment) -> Option<(i64, i64, i64)> {
    payment
        .outcome()
        .map(|outcome| (outcome.captured_minor, outcome.debt_minor, outcome.cash_minor))
}
