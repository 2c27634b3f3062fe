//! What moves at the gateway, held against the ledger.

use super::*;

#[test]
fn money_moves_like_the_ledger_says() {
    let mut measures = measures();
    let mut ledger = fiacre_domain::ledger::Ledger::default();
    let (charge, authorization) = (Charge::FARE, A0);
    let held = PaymentEvent::Authorized {
        charge,
        authorization,
        amount: usd(2_000),
        capture_before: Timestamp::MAX,
    };
    let ends = [
        Some(PaymentEvent::Captured {
            charge,
            authorization,
            captured: usd(1_500),
            released_minor: 500,
        }),
        Some(PaymentEvent::Voided {
            charge,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::AuthorizationLost {
            charge: Charge::FARE,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::CaptureFailed {
            charge: Charge::FARE,
            authorization,
            released: usd(2_000),
        }),
        Some(PaymentEvent::VoidRefused {
            charge: Charge::FARE,
            authorization,
            captured: usd(2_000),
            released_minor: 0,
        }),
        Some(PaymentEvent::DebtRecorded {
            charge,
            amount: usd(70),
            reason: DebtReason::NoHold,
        }),
        None,
    ];
    for (number, end) in (1..).zip(ends) {
        let stream = StreamId::Payment(id(number), ChargeNumber::FARE);
        for event in [Some(held.clone()), end].into_iter().flatten() {
            ledger.fold(stream, &Event::from(event.clone())).unwrap();
            measures.see(stream, 0, [event]);
        }
    }
    let (money, movements) = (measures.money(), ledger.movements(Currency::USD));
    assert_eq!(money.authorised, money.captured + money.released + money.open);
    assert_eq!(
        (
            money.authorised,
            money.captured,
            money.released,
            money.open,
            money.debt
        ),
        (
            movements.authorised_minor,
            movements.captured_minor,
            movements.released_minor,
            movements.open_minor,
            movements.debt_minor
        )
    );
    assert_eq!(money.open, 4_000);
    assert_eq!((money.debt, money.debt_on_account), (70, 0));
    let billed = StreamId::Payment(id(8), ChargeNumber::FARE);
    let waiver = Waiver::Account;
    let owed = |minor| PaymentEvent::DebtRecorded {
        charge,
        amount: usd(minor),
        reason: DebtReason::Account,
    };
    measures.see(billed, 0, [PaymentEvent::Waived { charge, waiver }, owed(300)]);
    let amount = usd(40);
    measures.see(billed, 1, [PaymentEvent::DebtReduced { charge, amount }]);
    let money = measures.money();
    assert_eq!((money.debt, money.debt_on_account), (330, 260));
    let amount = Money::new(9, Currency::EUR);
    let elsewhere = PaymentEvent::DebtRecorded {
        charge,
        amount,
        reason: DebtReason::NoHold,
    };
    measures.see(StreamId::Payment(id(9), ChargeNumber::FARE), 0, [elsewhere]);
    assert_eq!(measures.money(), money, "two currencies are never added");
}
