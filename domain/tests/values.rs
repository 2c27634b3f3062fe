//! Values as people read and write them, and what they refuse to be.

use fiacre_domain::canonical::{Canonical, CanonicalBytes};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, PrincipalId, TariffId, TripId, ZoneId};
use fiacre_domain::ledger::{Account, Reason};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::ops::{Erasure, OpsEvent};
use fiacre_domain::payment::{Charge, PaymentEvent};
use fiacre_domain::pricing::{LineKind, Stage};
use fiacre_domain::ratio::{Overflow, Ratio, Rounding};
use fiacre_domain::stream::{Cause, Commit, EventId, StreamId, TraceContext, Version};
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay, Timestamp, Weekday};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::Arc;

/// Each text is none of these values, and it says so.
fn refused<T: FromStr + Debug>(texts: &[&str]) {
    for text in texts {
        assert!(
            text.parse::<T>().is_err(),
            "{text:?} was read as {:?}",
            text.parse::<T>().ok()
        );
    }
}

const REASONS: [Reason; 14] = [
    Reason::Fare,
    Reason::FareReversed,
    Reason::Fee,
    Reason::Tip,
    Reason::Capture,
    Reason::Cash,
    Reason::Debt,
    Reason::DebtSettled,
    Reason::DebtWrittenOff,
    Reason::DebtReduced,
    Reason::CashReturned,
    Reason::Refund,
    Reason::Dispute,
    Reason::GatewayFee,
];

/// No two of them are written alike.
fn different(values: &[impl Display]) {
    let texts: BTreeSet<_> = values.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), values.len(), "{texts:?}");
}

fn bytes(value: &impl Canonical) -> Vec<u8> {
    let mut out = CanonicalBytes::new();
    value.write_canonical(&mut out);
    out.as_slice().to_vec()
}

#[test]
fn what_is_written_is_read_back() {
    let trip = TripId::from_u128(7);
    assert_eq!(trip.to_string().parse(), Ok(trip));
    assert_eq!(format!("{trip:?}"), format!("TripId({trip})"));
    let zone: ZoneId = "east-village_2.0".get(..15).unwrap().parse().unwrap();
    assert_eq!(format!("{zone:?}"), "ZoneId(east-village_2.)");
    let fingerprint = Fingerprint::new([0xa7; 32]);
    assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
    assert_eq!(fingerprint.bytes(), &[0xa7; 32]);
    assert_eq!(
        format!("{fingerprint:?}"),
        format!("Fingerprint({})", "a7".repeat(32))
    );
}

#[test]
fn what_is_no_value_is_refused() {
    refused::<Fingerprint>(&[
        "",
        "a7",
        &"a".repeat(65),
        &"A7".repeat(32),
        &"g7".repeat(32),
        &"7g".repeat(32),
    ]);
    refused::<TariffId>(&["", "a tariff", "Tariff", "twenty-three-letters-is", "ü"]);
    refused::<ZoneId>(&["", "a zone", "sixteen-letters-"]);
    let longest = "twenty-two-letters-are";
    assert_eq!(
        longest.parse::<TariffId>().map(|id| id.to_string()),
        Ok(longest.to_owned())
    );
    refused::<DriverId>(&["", "7", "00000000-0000-0000-0000-00000000000g"]);
    refused::<StreamId>(&[
        "",
        "trip",
        "trip-7",
        "taxi-00000000-0000-0000-0000-000000000007",
        "payment-x-1",
    ]);
    refused::<EventId>(&[
        "",
        "/1/0",
        "ops-nyc",
        "ops-nyc/1",
        "ops-nyc/x/0",
        "ops-nyc/1/x",
        "ops-nyc/1/0/0",
    ]);
    refused::<CivilDate>(&[
        "2018-02-29",
        "2018-7-4",
        "0000-01-01",
        "99999-01-01",
        "2018-07-04x",
    ]);
    refused::<CivilDateTime>(&[
        "2018-07-04",
        "2018-07-04T24:00",
        "2018-07-04T1:00",
        "2018-07-04T10:00:00.1.1",
    ]);
    refused::<CivilDateTime>(&["2018-07-04T256:00", "2018-07-04T10:300", "2018-07-04T10:00:60"]);
}

#[test]
fn quantities_are_written_with_their_unit() {
    assert_eq!(Millimetres::new(-5).to_string(), "-5 mm");
    assert_eq!(Millis::new(1_500).to_string(), "1500 ms");
    assert_eq!(BasisPoints::new(250).to_string(), "250 bp");
    assert_eq!(Ratio::from(-3).to_string(), "-3");
    assert_eq!(Ratio::new(6, -4).unwrap().to_string(), "-3/2");
}

#[test]
fn quantities_add_and_subtract_within_their_range() {
    let (one, most) = (Millimetres::new(1), Millimetres::new(i64::MAX));
    assert_eq!(one.checked_add(one), Some(Millimetres::new(2)));
    assert_eq!(most.checked_add(one), None);
    assert_eq!(one.checked_sub(most), Some(Millimetres::new(1 - i64::MAX)));
    assert_eq!(Millimetres::new(i64::MIN).checked_sub(one), None);
    let (second, long) = (Millis::new(1_000), Millis::new(i64::MAX));
    assert_eq!(second.checked_add(second), Some(Millis::new(2_000)));
    assert_eq!(long.checked_add(second), None);
    assert_eq!(second.checked_sub(second), Some(Millis::ZERO));
    assert_eq!(Millis::new(i64::MIN).checked_sub(second), None);
}

#[test]
fn fractions_beyond_their_range_overflow() {
    let least = Ratio::new(1, i128::MAX).unwrap();
    let most = Ratio::new(i128::MAX, 1).unwrap();
    assert_eq!(Ratio::new(1, 0), Err(Overflow));
    assert_eq!(
        least.checked_add(Ratio::new(1, 2).unwrap()),
        Err(Overflow),
        "no common denominator"
    );
    assert_eq!(most.checked_add(Ratio::ONE), Err(Overflow));
    assert_eq!(most.checked_add(Ratio::new(1, 2).unwrap()), Err(Overflow));
    assert_eq!(Ratio::new(1, 2).unwrap().checked_add(most), Err(Overflow));
    assert_eq!(most.checked_mul(most), Err(Overflow));
    assert_eq!(least.checked_mul(least), Err(Overflow));
    assert_eq!(Ratio::ONE.checked_div(Ratio::ZERO), Err(Overflow));
    assert_eq!(most.round_to_step(1, Rounding::HalfUp), Err(Overflow));
    assert_eq!(least.round_to_step(0, Rounding::HalfUp), Err(Overflow));
    assert_eq!(
        Ratio::from(i64::MAX).round_to_step(2, Rounding::Ceiling),
        Err(Overflow)
    );
}

#[test]
fn money_rounds_from_a_fraction_and_back() {
    let third = Ratio::new(1_000, 3).unwrap();
    let rounded = Money::rounded(third, 5, Rounding::HalfUp, Currency::USD).unwrap();
    assert_eq!(rounded, Money::new(335, Currency::USD));
    assert_eq!(rounded.to_ratio(), Ratio::from(335));
    assert!(!rounded.is_negative());
    assert!(Money::new(-1, Currency::USD).is_negative());
    let beyond = Ratio::new(i128::MAX, 1).unwrap();
    assert!(Money::rounded(beyond, 1, Rounding::HalfUp, Currency::USD).is_err());
}

#[test]
fn a_date_knows_its_parts_and_its_neighbours() {
    let date: CivilDate = "2018-03-01".parse().unwrap();
    assert_eq!((date.year(), date.month(), date.day()), (2018, 3, 1));
    assert_eq!(date.previous(), "2018-02-28".parse().ok());
    assert_eq!(CivilDate::MIN.previous(), None);
    for (day, before) in Weekday::ALL.iter().zip(Weekday::ALL.iter().cycle().skip(6)) {
        assert_eq!(day.previous(), *before);
    }
}

#[test]
fn time_beyond_the_calendar_is_none() {
    let last = CivilDateTime::new(CivilDate::MAX, TimeOfDay::from_ms(86_399_999).unwrap());
    assert_eq!(last.plus(Millis::ZERO), Some(last));
    for beyond in [1, i64::MAX] {
        assert_eq!(last.plus(Millis::new(beyond)), None);
    }
    let first: CivilDateTime = "0001-01-01T00:00".parse().unwrap();
    assert_eq!(first.plus(Millis::new(-1)), None);
    assert_eq!(TimeOfDay::from_ms(86_400_000).ok(), None);
    for far in [Timestamp::from_ms(i64::MAX), Timestamp::from_ms(i64::MIN)] {
        assert_eq!(CivilDateTime::from_timestamp(far, Millis::ZERO), None);
        assert_eq!(
            CivilDateTime::from_timestamp(far, Millis::new(far.ms())),
            None,
            "beyond 64 bits"
        );
    }
}

#[test]
fn what_is_shared_has_the_bytes_of_what_it_shares() {
    let trip = TripId::from_u128(7);
    assert_eq!(bytes(&Arc::new(trip)), bytes(&trip));
    assert_eq!(bytes(&&trip), bytes(&trip));
    assert_eq!(bytes(&Box::new(trip)), bytes(&trip));
}

#[test]
fn each_account_reason_and_line_has_a_name_of_its_own() {
    let (id, authority) = ("x".parse().unwrap(), "mta".parse().unwrap());
    different(&[
        Account::Rider,
        Account::Clearing,
        Account::DriverPayable,
        Account::DriverCash,
        Account::Commission,
        Account::Tax(authority),
        Account::Authority(authority),
        Account::Tips,
        Account::Promotion("ad".parse().unwrap()),
        Account::Debts,
        Account::GatewayFees,
        Account::Rounding,
        Account::Losses,
    ]);
    different(&REASONS.map(Reason::name));
    different(&[
        LineKind::Initial,
        LineKind::Units,
        LineKind::Time,
        LineKind::Waiting,
        LineKind::Flat(id),
        LineKind::Multiplier("x".parse().unwrap()),
        LineKind::Area("x".parse().unwrap()),
        LineKind::Surcharge(id),
        LineKind::Minimum,
        LineKind::Surge,
        LineKind::Cap,
        LineKind::Discount(id),
        LineKind::Tax(id),
        LineKind::TaxIncluded(id),
        LineKind::PassThrough(id),
        LineKind::Toll(authority),
        LineKind::SettlementCap,
        LineKind::CancellationFee,
        LineKind::Rounding(Stage::Total),
        LineKind::Accepted,
    ]);
}

#[test]
fn a_commits_bytes_are_all_of_it_but_the_trace() {
    let commit = Commit {
        stream: StreamId::Ops("manhattan".parse().unwrap()),
        version: Version::new(1),
        at: Timestamp::from_ms(7),
        cause: Cause::Command(CommandId::from_u128(1)),
        region: "manhattan".parse().unwrap(),
        trace: None,
        events: [erased(1)].into(),
    };
    let traced = TraceContext {
        trace_id: [1; 16],
        span_id: [2; 8],
        flags: 1,
    };
    let same = Commit {
        trace: Some(Arc::new(traced)),
        ..commit.clone()
    };
    assert_eq!(
        bytes(&same),
        bytes(&commit),
        "diagnosis does not change what happened"
    );
    let other = |change: fn(&mut Commit)| {
        let mut other = commit.clone();
        change(&mut other);
        bytes(&other)
    };
    for edited in [
        other(|commit| commit.stream = StreamId::Ops("queens".parse().unwrap())),
        other(|commit| commit.version = Version::new(2)),
        other(|commit| commit.at = Timestamp::from_ms(8)),
        other(|commit| commit.cause = Cause::Command(CommandId::from_u128(2))),
        other(|commit| commit.region = "queens".parse().unwrap()),
        other(|commit| commit.events = [erased(2)].into()),
    ] {
        assert_ne!(edited, bytes(&commit));
    }
}

fn erased(subject: u128) -> Event {
    let (subject, key) = (PrincipalId::from_u128(subject), Fingerprint::new([1; 32]));
    Event::from(OpsEvent::SubjectErased(Arc::new(Erasure::new(
        subject, subject, key,
    ))))
}

#[test]
fn a_dispute_has_three_events() {
    let (dispute, amount) = (1, Money::new(500, Currency::USD));
    let names = [
        PaymentEvent::DisputeOpened {
            charge: Charge::FARE,
            dispute,
            amount,
        },
        PaymentEvent::DisputeFundsMoved {
            charge: Charge::FARE,
            movement: 1,
            dispute,
            amount,
        },
        PaymentEvent::DisputeClosed {
            charge: Charge::FARE,
            dispute,
            won: false,
        },
    ]
    .map(|event| event.name());
    assert_eq!(names, ["DisputeOpened", "DisputeFundsMoved", "DisputeClosed"]);
}
