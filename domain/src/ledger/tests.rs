use super::{Account, Entry, Ledger, LedgerError, Posting, Reason, Statement, entries};
use crate::event::Event;
use crate::id::{AuthorityId, FunderId, TripId};
use crate::money::{Currency, Money};
use crate::payment::{Charge, DebtReason, PaymentEvent, Purpose, SettlementBasis};
use crate::pricing::{
    Charge as Surcharge, ChargeAmount, Discount, Line, LineGroups, LineKind, LineTraits, Meter, PayPolicy,
    Payee, Receipt, Ride, RoundingPlan, Segment, Stage, StageRounding, Surge, Tariff, Tax,
};
use crate::ratio::{Ratio, Rounding};
use crate::stream::{ChargeNumber, StreamId};
use crate::time::Timestamp;
use crate::trip::{AdjustReason, Adjustment, AuthorizationNumber, MoneyOutcome, TripEvent};
use crate::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

const ID: TripId = TripId::from_u128(1);
const TRIP: StreamId = StreamId::Trip(ID);
const FARE: StreamId = StreamId::Payment(ID, ChargeNumber::FARE);
const TIP: Charge = Charge {
    number: ChargeNumber(1),
    purpose: Purpose::Tip,
};

const fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

/// A meter, of which the platform keeps a fifth; a toll of 50 cents; a tenth of tax; a tenth off, paid by a brand; totals in
/// steps of 25 cents.
fn receipt(distance_km: i64) -> Receipt {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(100), Ratio::from(1_000_000)).unwrap();
    let kilometre = kilometre.with_time(Ratio::from(180_000)).unwrap();
    let meter = Meter::joint(Ratio::from(1_003), Ratio::ONE, vec![kilometre]).unwrap();
    let toll = Surcharge::passed_to("bridge".parse().unwrap(), city(), ChargeAmount::Once(50));
    let off = Discount::new(
        "summer".parse().unwrap(),
        LineGroups::METER,
        BasisPoints::new(1_000),
    )
    .unwrap();
    let tax = Tax::added("vat".parse().unwrap(), office(), Ratio::new(1, 10).unwrap()).unwrap();
    let steps = StageRounding::new(25, Rounding::HalfUp).unwrap();
    let tariff = Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter)
        .with_charge(toll)
        .and_then(|tariff| tariff.with_discount(off.funded_by(brand())))
        .and_then(|tariff| tariff.with_tax(tax))
        .unwrap()
        .with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Total, steps))
        .with_pay(PayPolicy::commission(1, BasisPoints::new(2_000)).unwrap());
    let distance = Millimetres::new(distance_km * 1_000_000);
    let ride = Ride::new(distance, Millis::from_minutes(20));
    let at = "2018-07-03T10:00".parse().unwrap();
    let quote = Arc::new(tariff).quote(&ride, at, Surge::NONE).unwrap();
    let mut recorder = quote.recorder(at).unwrap();
    recorder.drive(distance, Millis::from_minutes(20)).unwrap();
    quote.settle(&recorder.finish().unwrap()).unwrap()
}

fn city() -> AuthorityId {
    "city".parse().unwrap()
}

fn office() -> AuthorityId {
    "tax-office".parse().unwrap()
}

fn brand() -> FunderId {
    "brand".parse().unwrap()
}

fn folded(events: impl IntoIterator<Item = (StreamId, Event)>) -> Ledger {
    let mut ledger = Ledger::default();
    for (stream, event) in events {
        ledger.fold(stream, &event).unwrap();
    }
    assert_eq!(ledger.sum(Currency::USD), 0);
    ledger
}

fn on(stream: StreamId, event: impl Into<Event>) -> (StreamId, Event) {
    (stream, event.into())
}

fn settled() -> (StreamId, Event) {
    on(TRIP, TripEvent::FareSettled(Arc::new(receipt(8))))
}

fn captured(minor: i64) -> (StreamId, Event) {
    let captured = PaymentEvent::Captured {
        charge: Charge::FARE,
        authorization: AuthorizationNumber(0),
        captured: usd(minor),
        released_minor: 0,
    };
    on(FARE, captured)
}

#[test]
fn a_fare_goes_to_whom_its_lines_name() {
    let (receipt, ledger) = (receipt(8), folded([settled()]));
    let balance = |account| ledger.balance(account, Currency::USD);

    let drivers = receipt.sum_of(|line| line.payee() == Payee::Driver).unwrap();
    let drivers = i128::from(drivers.minor());
    assert_eq!(balance(Account::Rider), i128::from(receipt.total().minor()));
    assert_eq!(balance(Account::Authority(city())), -50);
    assert!(balance(Account::Tax(office())) < 0);
    assert!(balance(Account::Promotion(brand())) > 0);
    assert_ne!(balance(Account::Rounding), 0);
    assert_eq!(
        balance(Account::DriverPayable),
        -i128::from(receipt.pay().total().minor())
    );
    assert_eq!(
        balance(Account::Commission),
        balance(Account::DriverPayable).abs() - drivers
    );
    // A fifth, rounded half up.
    assert_eq!(balance(Account::Commission), -((drivers * 2 + 5) / 10));
}

#[test]
fn fare_and_payment_may_come_in_either_order() {
    let total = receipt(8).total().minor();
    let one = folded([settled(), captured(total)]);
    let other = folded([captured(total), settled()]);
    assert_eq!(one, other);
    assert_eq!(one.balance(Account::Rider, Currency::USD), 0);
    assert_eq!(one.balance(Account::Clearing, Currency::USD), i128::from(total));
}

#[test]
fn a_correction_takes_back_the_whole_old_receipt() {
    let adjustment = Adjustment {
        supersedes: 0,
        reason: AdjustReason::WrongReading,
        superseded: Arc::new(receipt(8)),
        receipt: Arc::new(receipt(3)),
        further: ChargeNumber(1),
    };
    let corrected = folded([settled(), on(TRIP, TripEvent::FareAdjusted(Arc::new(adjustment)))]);
    let anew = folded([on(TRIP, TripEvent::FareSettled(Arc::new(receipt(3))))]);
    assert!(corrected.balances().eq(anew.balances()));
}

#[test]
fn what_is_paid_or_owed_is_not_the_riders_any_more() {
    let total = receipt(8).total().minor();
    let owed = |amount| PaymentEvent::DebtRecorded {
        charge: Charge::FARE,
        amount,
        reason: DebtReason::NoHold,
    };
    let cash = PaymentEvent::Closed {
        charge: Charge::FARE,
        outcome: MoneyOutcome {
            currency: Some(Currency::USD),
            cash_minor: total,
            ..MoneyOutcome::default()
        },
    };
    for (event, account) in [(owed(usd(total)), Account::Debts), (cash, Account::DriverCash)] {
        let ledger = folded([settled(), on(FARE, event)]);
        assert_eq!(ledger.balance(Account::Rider, Currency::USD), 0);
        assert_eq!(ledger.balance(account, Currency::USD), i128::from(total));
    }
    let given_up = PaymentEvent::DebtWrittenOff {
        charge: Charge::FARE,
        amount: usd(total),
    };
    let ledger = folded([settled(), on(FARE, owed(usd(total))), on(FARE, given_up)]);
    assert_eq!(ledger.balance(Account::Debts, Currency::USD), 0);
    assert_eq!(ledger.balance(Account::Losses, Currency::USD), i128::from(total));
    assert_eq!(ledger.movements(Currency::USD).debt_minor, 0);
}

#[test]
fn a_debt_is_collected_by_the_charge_that_settles_it() {
    let total = receipt(8).total().minor();
    let owed = PaymentEvent::DebtRecorded {
        charge: Charge::FARE,
        amount: usd(total),
        reason: DebtReason::NoHold,
    };
    let collected = PaymentEvent::DebtSettled {
        charge: Charge::FARE,
        amount: usd(total),
    };
    let ledger = folded([settled(), on(FARE, owed), on(FARE, collected), captured(total)]);
    for account in [Account::Rider, Account::Debts] {
        assert_eq!(ledger.balance(account, Currency::USD), 0, "{account}");
    }
}

#[test]
fn a_tip_is_the_drivers_until_it_is_given_back() {
    let stream = StreamId::Payment(ID, TIP.number);
    let due = Some(usd(200));
    let tip = [
        PaymentEvent::SettlementAsked {
            charge: TIP,
            basis: SettlementBasis::Fare,
            due,
        },
        PaymentEvent::Captured {
            charge: TIP,
            authorization: AuthorizationNumber(0),
            captured: usd(200),
            released_minor: 0,
        },
        PaymentEvent::Refunded {
            charge: TIP,
            refund: 1,
            amount: usd(200),
        },
    ];
    let [asked, captured, refunded] = tip.map(|event| on(stream, event));
    let ledger = folded([asked.clone(), captured.clone()]);
    assert_eq!(ledger.balance(Account::Tips, Currency::USD), -200);
    assert_eq!(ledger.balance(Account::Rider, Currency::USD), 0);
    let ledger = folded([asked, captured, refunded]);
    assert!(ledger.balances().all(|(_, _, minor)| minor == 0));
}

#[test]
fn a_lost_dispute_is_a_loss_and_a_won_one_is_not() {
    let moved = |minor| {
        on(
            FARE,
            PaymentEvent::DisputeFundsMoved {
                charge: Charge::FARE,
                movement: 1,
                dispute: 1,
                amount: usd(minor),
            },
        )
    };
    let lost = folded([moved(-900)]);
    assert_eq!(lost.balance(Account::Losses, Currency::USD), 900);
    assert_eq!(lost.balance(Account::Clearing, Currency::USD), -900);
    assert_eq!(
        folded([moved(-900), moved(900)]).balance(Account::Losses, Currency::USD),
        0
    );
}

#[test]
fn the_gateways_movements_balance_only_if_holds_end_whole() {
    let authorization = AuthorizationNumber(0);
    let authorized = PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization,
        amount: usd(2_500),
        capture_before: Timestamp::MAX,
    };
    let ended = |released_minor| PaymentEvent::Captured {
        charge: Charge::FARE,
        authorization,
        captured: usd(1_700),
        released_minor,
    };
    let open = folded([on(FARE, authorized.clone())]).movements(Currency::USD);
    assert_eq!((open.authorised_minor, open.open_minor), (2_500, 2_500));
    for (released_minor, is_balanced) in [(800, true), (799, false), (801, false)] {
        let ledger = folded([on(FARE, authorized.clone()), on(FARE, ended(released_minor))]);
        let movements = ledger.movements(Currency::USD);
        assert_eq!(movements.is_balanced(), is_balanced, "{released_minor}");
        assert_eq!((movements.captured_minor, movements.open_minor), (1_700, 0));
    }
}

#[test]
fn an_entry_that_does_not_balance_is_refused() {
    let yen = Money::new(1, Currency::JPY);
    let refused = |postings| Entry::new(Reason::Fare, postings).unwrap_err();
    let (rider, tips) = (Account::Rider, Account::Tips);
    assert_eq!(
        refused(vec![Posting::new(rider, usd(1)), Posting::new(tips, usd(-2))]),
        LedgerError::Unbalanced {
            currency: Currency::USD,
            sum_minor: -1
        }
    );
    // A dollar does not pay for a yen.
    let mixed = refused(vec![Posting::new(rider, usd(1)), Posting::new(tips, yen)]);
    assert_eq!(mixed.code(), "ledger_unbalanced");
    let most = Money::new(i64::MIN, Currency::USD);
    let transfer = Entry::transfer(Reason::Fare, rider, tips, most);
    assert_eq!(transfer, Err(LedgerError::Overflow));
}

#[test]
fn an_edited_receipt_posts_nothing() {
    let mut parts = receipt(8).parts().clone();
    parts.computed.total = usd(parts.computed.total.minor() + 1);
    let (stream, event) = on(TRIP, TripEvent::FareSettled(Arc::new(Receipt::from_parts(parts))));
    let mut ledger = Ledger::default();
    let refused = ledger.fold(stream, &event).unwrap_err();
    assert_eq!(refused.code(), "ledger_unbalanced");
    assert_eq!(ledger, Ledger::default());
}

#[test]
fn a_line_in_another_currency_posts_nothing() {
    let mut parts = receipt(8).parts().clone();
    let line = Line::new(
        LineKind::Time,
        Money::new(100, Currency::JPY),
        LineTraits::untouched(Payee::Driver),
    );
    parts.computed.lines.push(line);
    let event = Event::from(TripEvent::FareSettled(Arc::new(Receipt::from_parts(parts))));
    assert_eq!(
        entries(&event).map_err(|error| error.code()),
        Err("ledger_unbalanced")
    );
}

#[test]
fn a_line_of_the_platforms_is_commission() {
    let balance = |extra: LineTraits| {
        let booking = Surcharge::surcharge("booking".parse().unwrap(), ChargeAmount::Once(250));
        let tariff = Tariff::clone(&crate::fixture::tariff(1));
        let tariff = tariff.with_charge(booking.with_traits(extra).unwrap()).unwrap();
        let receipt = crate::fixture::receipt(&crate::fixture::quote_of(&Arc::new(tariff), 8_000));
        let ledger = folded([on(TRIP, TripEvent::FareSettled(receipt))]);
        ledger.balance(Account::Commission, Currency::USD)
    };
    let of = |payee| balance(LineTraits::untouched(payee));
    assert_eq!(of(Payee::Platform) - of(Payee::Driver), -250, "a credit");
}

#[test]
fn a_gateways_own_fee_comes_out_of_what_it_collected() {
    let mut ledger = folded([captured(1_700)]);
    ledger.post(&Entry::gateway_fee(usd(79)).unwrap());
    assert_eq!(ledger.balance(Account::Clearing, Currency::USD), 1_621);
    assert_eq!(ledger.balance(Account::GatewayFees, Currency::USD), 79);
    assert_eq!(ledger.sum(Currency::USD), 0);
    assert!(ledger.currencies().eq([Currency::USD]));
}

#[test]
fn a_statement_holds_its_trip_alone_and_sums_like_the_ledger() {
    let total = receipt(8).total().minor();
    let other = (StreamId::Trip(TripId::from_u128(2)), settled().1);
    let mut statement = Statement::new(ID);
    for (stream, event) in [settled(), captured(total), other] {
        statement.fold(stream, &event).unwrap();
    }
    let reasons: Vec<Reason> = statement.entries().iter().map(Entry::reason).collect();
    assert_eq!(reasons, [Reason::Fare, Reason::Capture]);
    assert_eq!(statement.trip(), ID);
    let balances = statement.balances();
    assert_eq!(balances.values().sum::<i128>(), 0);
    assert!(!balances.contains_key(&(Currency::USD, Account::Rider)));
    assert!(statement.to_string().contains("tax tax-office"), "{statement}");
}

#[test]
fn entries_depend_on_the_event_alone() {
    let (_, event) = settled();
    assert_eq!(entries(&event), entries(&event.clone()));
    assert_eq!(entries(&Event::from(TripEvent::LockCleared)), Ok(Vec::new()));
}
