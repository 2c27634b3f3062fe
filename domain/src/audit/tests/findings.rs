//! Each kind of finding has a log that triggers it, one change away from a log that does not.

use super::aftermath::*;
use super::bookings::*;
use super::events::*;
use super::log::*;
use super::orders::*;
use super::rules;
use crate::audit::{Audit, FINDINGS_MAX, Finding, Flaw};
use crate::dispatch::{DispatchEvent, OfferNumber};
use crate::event::Event;
use crate::fixture::OPERATOR;
use crate::money::{Currency, Money};
use crate::ops::OpsEvent;
use crate::payment::{Charge, PaymentEvent, SettlementBasis};
use crate::pricing::{Meter, Publication, Quote, Receipt, Ride, Segment, Surge, Tariff, TariffEvent, Units};
use crate::ratio::Ratio;
use crate::stream::{Cause, EventId, StreamId, Version};
use crate::time::Timestamp;
use crate::trip::{Secured, TripEvent};
use crate::units::{Millimetres, Millis};
use Why::Asked;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A code, a log without a flaw, and the change that makes the flaw.
pub(super) struct Case {
    code: &'static str,
    sound: fn() -> Log,
    flaw: fn(Log) -> Log,
}

pub(super) const fn case(code: &'static str, sound: fn() -> Log, flaw: fn(Log) -> Log) -> Case {
    Case { code, sound, flaw }
}

fn caused_by(stream: StreamId, version: u32) -> Cause {
    Cause::Event(EventId::new(stream, Version::new(version), 0))
}

fn capture(minor: i64) -> [PaymentEvent; 2] {
    [
        asked(SettlementBasis::Fare, Some(usd(FARE_MINOR))),
        capture_started(minor),
    ]
}

/// The fare's receipt with another total than its lines sum to.
fn edited() -> Receipt {
    let mut parts = fare().parts().clone();
    parts.computed.total = usd(FARE_MINOR + 1);
    Receipt::from_parts(parts)
}

/// Sound in itself, but not this trip's: a ride twice as long.
fn fare_of_another_ride() -> Receipt {
    another_quote().settle_as_quoted().unwrap()
}

fn fee_of_another_ride() -> Receipt {
    another_quote().cancel(&late()).unwrap()
}

fn another_quote() -> Quote {
    let longer = Ride::new(Millimetres::new(16_000_000), Millis::from_minutes(20));
    let at = "2018-07-03T10:00".parse().unwrap();
    quote().tariff().unwrap().quote(&longer, at, Surge::NONE).unwrap()
}

/// A receipt is held to the tariff that the auditor was given, not to one that the log made up under its name.
#[test]
fn receipts_are_held_to_the_tariff_that_is_known() {
    let log = whole();
    let audited = |audit: Audit| {
        let mut audit = audit;
        log.commits.iter().for_each(|commit| audit.observe(commit));
        audit.finish()
    };
    let known = audited(Audit::default().with_tariff(quote().tariff().unwrap()));
    assert_eq!((known.findings(), known.receipts_verified()), (&[][..], 1));
    let other = audited(Audit::default().with_tariff(&namesake()));
    let codes: Vec<&str> = other.findings().iter().map(Finding::code).collect();
    assert_eq!(codes, ["audit_tariff_edited", "audit_receipt_unfounded"]);
    assert_eq!(other.receipts_verified(), 0);
}

/// Another tariff by the name and version of the one that the bookings are priced with.
fn namesake() -> Arc<Tariff> {
    let kilometre = Segment::new(Millimetres::ZERO, Ratio::from(1), Ratio::from(1_000_000)).unwrap();
    let cheap = Meter::distance(Ratio::ONE, Ratio::ONE, vec![kilometre], Units::Begun).unwrap();
    Arc::new(Tariff::new("test".parse().unwrap(), 1, Currency::USD, cheap))
}

/// The log, after the publication of a [`namesake`] of its tariff.
fn after_a_namesake(log: Log) -> Log {
    let publication = Publication::new(namesake(), OPERATOR);
    let published = [TariffEvent::Published(Arc::new(publication))];
    let mut after = Log::default().with(StreamId::Tariff(namesake().id()), Asked, published);
    after.commits.extend(log.commits);
    after
}

const STREAMS: [Case; 11] = [
    case("audit_tariff_edited", whole, after_a_namesake),
    case("audit_version_gap", whole, |log| log.without(TRIP, 4)),
    case("audit_version_repeated", whole, |mut log| {
        let again = log.commits[2].clone();
        log.commits.push(again);
        log
    }),
    case("audit_empty_commit", whole, |log| {
        log.with::<Event>(DRIVER, Asked, [])
    }),
    case("audit_cause_repeated", whole, |log| {
        let first = log.commits[0].cause;
        log.with_changed(TRIP, 4, |commit| commit.cause = first)
    }),
    case("audit_cause_not_before", whole, |log| {
        log.with_changed(TRIP, 4, |commit| commit.cause = caused_by(TRIP, 4))
    }),
    case("audit_cause_missing", whole, |log| {
        log.with_changed(TRIP, 4, |commit| commit.cause = caused_by(SEARCH, 99))
    }),
    case("audit_time_runs_back", whole, |log| {
        log.with_changed(TRIP, 4, |commit| commit.at = Timestamp::from_ms(-60_000))
    }),
    case("audit_wrong_stream", whole, |log| {
        log.with(DRIVER, Asked, [TripEvent::LockCleared])
    }),
    case("audit_out_of_place", whole, |log| {
        log.with_events(TRIP, 5, [arrived(0)])
    }),
    case("audit_currency_mixed", lost_twice, |log| {
        let amount = Money::new(FARE_MINOR, Currency::EUR);
        log.with_events(
            FARE,
            9,
            [PaymentEvent::DebtSettled {
                charge: Charge::FARE,
                amount,
            }],
        )
    }),
];

const TRIPS: [Case; 18] = [
    case("audit_waived_unasked", in_cash, |log| {
        log.with_events(TRIP, 1, [TripEvent::Requested(request())])
    }),
    case("audit_confirmed_unrequested", whole, |log| {
        log.with_events(TRIP, 4, [confirmed(0, 1, Secured::Authorized(A0))])
    }),
    case("audit_confirmed_unlocked", whole, |log| {
        log.with_events(
            TRIP,
            3,
            [noted(ADA, 0, 1), confirmed(0, 2, Secured::Authorized(A0))],
        )
    }),
    case("audit_confirmed_unsecured", whole, |log| {
        log.with_events(
            TRIP,
            3,
            [noted(ADA, 0, 1), confirmed(0, 1, Secured::Authorized(A1))],
        )
    }),
    case("audit_confirmation_missed", whole, |log| {
        log.with_events(TRIP, 3, [noted(ADA, 0, 1)])
    }),
    case("audit_driver_note_unfounded", whole, |log| {
        log.with_events(
            TRIP,
            3,
            [noted(BOB, 0, 1), confirmed(0, 1, Secured::Authorized(A0))],
        )
    }),
    case("audit_payment_note_unfounded", whole, |log| {
        log.with_events(TRIP, 2, [secured(A1)]).with_events(
            TRIP,
            3,
            [noted(ADA, 0, 1), confirmed(0, 1, Secured::Authorized(A1))],
        )
    }),
    case("audit_fee_unconfirmed", late_hold_voided, |log| {
        log.with_events(TRIP, 2, [cancelled(Some(fee()), Some(usd(FEE_MINOR)))])
    }),
    case("audit_fare_unsettled", whole, |log| {
        log.with_events(TRIP, 6, [completed(FARE_MINOR)])
    }),
    case("audit_receipt_differs", whole, |log| {
        log.with_events(TRIP, 6, [completed(FARE_MINOR - 1), settled()])
    }),
    case("audit_receipt_of_another_quote", whole, |log| {
        let other = fare_of_another_ride();
        let due = other.total();
        log.with_events(
            TRIP,
            6,
            [completed(due.minor()), TripEvent::FareSettled(Arc::new(other))],
        )
    }),
    case("audit_receipt_of_another_quote", cancelled_late, |log| {
        log.with_events(
            TRIP,
            4,
            [cancelled(Some(fee_of_another_ride()), Some(usd(FEE_MINOR)))],
        )
    }),
    case("audit_correction_differs", with_aftermath, |log| {
        log.with_events(TRIP, 9, [correction(fee())])
    }),
    case("audit_correction_unfounded", with_aftermath, |log| {
        log.with_events(TRIP, 9, [corrected(fare(), fare_of_another_ride())])
    }),
    case("audit_receipt_unfounded", with_aftermath, |log| {
        let mut parts = fee().parts().clone();
        parts.computed.hold = usd(FEE_MINOR);
        log.with_events(TRIP, 9, [corrected(fare(), Receipt::from_parts(parts))])
    }),
    case("audit_entry_unbalanced", whole, |log| {
        let receipt = TripEvent::FareSettled(Arc::new(edited()));
        log.with_events(TRIP, 6, [completed(FARE_MINOR + 1), receipt])
    }),
    case("audit_never_ended", whole, |log| log.until(TRIP, 6)),
    case("audit_never_closed", whole, |log| log.without(TRIP, 8)),
];

const LOCKS: [Case; 10] = [
    case("audit_decliner_offered", failed, |log| {
        let declined = DispatchEvent::OfferDeclined {
            offer: OfferNumber(1),
            driver: ADA,
        };
        log.with_events(SEARCH, 3, [declined, offer(2, ADA, 0)])
    }),
    case("audit_assigned_unlocked", whole, |log| {
        log.with_events(DRIVER, 2, [locked(TRIP_ID, 1, 1)])
    }),
    case("audit_closed_with_lock", whole, |log| {
        log.with_events(SEARCH, 6, [DispatchEvent::DispatchClosed])
    }),
    case("audit_locked_twice", whole, |log| {
        log.with_events(DRIVER, 2, [locked(TRIP_ID, 0, 1), locked(OTHER_ID, 0, 2)])
    }),
    case("audit_fence_not_next", whole, |log| {
        log.with_events(DRIVER, 2, [locked(TRIP_ID, 0, 2)])
    }),
    case("audit_lock_unasked", whole, |log| {
        log.with(DRIVER, Asked, [locked(OTHER_ID, 0, 2)])
    }),
    case("audit_released_wrong_fence", whole, |log| {
        log.with_events(DRIVER, 3, [released(TRIP_ID, 2)])
    }),
    case("audit_released_unasked", whole, |log| {
        log.with_changed(DRIVER, 3, |commit| commit.cause = caused_by(TRIP, 6))
    }),
    case("audit_released_in_progress", whole, |log| {
        log.with_changed(SEARCH, 5, |commit| commit.cause = caused_by(TRIP, 5))
    }),
    case("audit_lock_after_end", whole, |log| log.without(DRIVER, 3)),
];

const MONEY: [Case; 14] = [
    case("audit_two_holds", lost_twice, |log| {
        log.with_events(FARE, 4, [start(A1)])
    }),
    case("audit_hold_above_quote", whole, |log| {
        let amount = usd(hold().minor() + 1);
        log.with_events(
            FARE,
            3,
            [PaymentEvent::Authorized {
                charge: Charge::FARE,
                authorization: A0,
                amount,
                capture_before: Timestamp::MAX,
            }],
        )
    }),
    case("audit_capture_above_hold", whole, |log| {
        log.with_events(FARE, 4, capture(FARE_MINOR + 1))
    }),
    case("audit_captured_twice", whole, |log| {
        let once = captured(A0, FARE_MINOR);
        log.with_events(FARE, 5, [once.clone(), once, ended(CAPTURED)])
    }),
    case("audit_hold_unbalanced", whole, |log| {
        let short = PaymentEvent::Captured {
            charge: Charge::FARE,
            authorization: A0,
            captured: usd(FARE_MINOR),
            released_minor: hold().minor(),
        };
        log.with_events(FARE, 5, [short, ended(CAPTURED)])
    }),
    case("audit_closed_with_hold", whole, |log| {
        log.with_events(FARE, 5, [ended(CAPTURED)])
    }),
    case("audit_hold_after_end", late_hold_voided, |log| log.until(FARE, 5)),
    case("audit_due_differs", whole, |log| {
        log.with_events(TRIP, 6, [completed(FARE_MINOR + 1), settled()])
    }),
    case("audit_not_covered", whole, |log| {
        log.with_events(
            FARE,
            5,
            [captured(A0, FARE_MINOR - 1), ended(outcome(FARE_MINOR - 1, 0, 0))],
        )
    }),
    case("audit_outcome_differs", whole, |log| {
        log.with_events(
            TRIP,
            8,
            [money_settled(outcome(0, 0, FARE_MINOR)), TripEvent::Closed],
        )
    }),
    case("audit_fare_not_moved", whole, |log| {
        log.with(TRIP, Asked, [correction(fare())])
    }),
    case("audit_tip_differs", tip_declined, |log| {
        log.with_events(TRIP, 9, [tipped(TIP_MINOR + 1)])
    }),
    case("audit_refund_above_captured", with_aftermath, |log| {
        let amount = usd(FARE_MINOR + 1);
        log.with_events(
            FARE,
            6,
            [
                told(Charge::FARE, 1, FEE_MINOR),
                PaymentEvent::RefundStarted {
                    charge: Charge::FARE,
                    refund: 1,
                    amount,
                },
            ],
        )
    }),
    case("audit_debt_above_owed", lost_twice, |log| {
        let amount = usd(FARE_MINOR + 1);
        log.with_events(
            FARE,
            9,
            [PaymentEvent::DebtSettled {
                charge: Charge::FARE,
                amount,
            }],
        )
    }),
];

const MESSAGES: [Case; 3] = [
    case("audit_message_unknown", parked, |log| {
        log.with_events(ops(), 2, [OpsEvent::MessageReplayed(ruling("c"))])
    }),
    case("audit_message_dropped_unasked", parked, |log| {
        log.with_changed(ops(), 3, |commit| commit.cause = caused_by(ops(), 1))
    }),
    case("audit_message_still_parked", parked, |log| log.without(ops(), 3)),
];

const OPERATION: [Case; 2] = [
    case("audit_policy_out_of_order", changed_twice, |log| {
        log.with_events(ops(), 1, [OpsEvent::PolicyChanged(policy(0, 3))])
    }),
    case("audit_tariff_out_of_place", published_twice, |log| {
        log.with_events(tariffs(), 2, [published(1)])
    }),
];

fn cases() -> impl Iterator<Item = &'static Case> {
    STREAMS
        .iter()
        .chain(&TRIPS)
        .chain(&LOCKS)
        .chain(&MONEY)
        .chain(&MESSAGES)
        .chain(&OPERATION)
        .chain(&rules::DEADLINES)
        .chain(&rules::LIMITS)
        .chain(&rules::FEES)
        .chain(&rules::CHARGES)
}

#[test]
fn each_kind_is_found_where_it_is_and_not_where_it_is_not() {
    for case in cases() {
        let sound = (case.sound)();
        assert_eq!(sound.codes(), [""; 0], "{} before the change", case.code);
        let codes = (case.flaw)(sound).codes();
        assert!(codes.contains(&case.code), "{} is not among {codes:?}", case.code);
    }
}

#[test]
fn every_kind_has_a_case() {
    let tried: BTreeSet<&str> = cases().map(|case| case.code).collect();
    let known: BTreeSet<&str> = Flaw::CODES.iter().copied().collect();
    assert_eq!(tried, known);
    assert_eq!(known.len(), Flaw::CODES.len(), "a code is used twice");
}

#[test]
fn findings_come_sorted_and_say_where() {
    for case in cases() {
        let report = (case.flaw)((case.sound)()).audited();
        assert!(report.findings().is_sorted(), "{}", case.code);
        for finding in report.findings() {
            let place = format!("{}/{}: ", finding.stream(), finding.version());
            assert!(finding.to_string().starts_with(&place), "{finding}");
        }
    }
}

/// A trip that was closed and forgotten is judged on when something comes later.
#[test]
fn what_comes_after_the_end_is_still_judged() {
    let refund = |amount| PaymentEvent::RefundStarted {
        charge: Charge::FARE,
        refund: 1,
        amount,
    };
    let after = |events: PaymentEvent| whole().with(FARE, Asked, [events]).codes();
    assert_eq!(
        after(refund(usd(FARE_MINOR + 1))),
        [
            "audit_out_of_place",
            "audit_never_closed",
            "audit_refund_above_captured"
        ]
    );
    assert_eq!(
        after(captured(A0, 1)),
        ["audit_out_of_place", "audit_fare_not_moved"]
    );
    let relocked = whole().with(DRIVER, Asked, [locked(TRIP_ID, 0, 2)]).codes();
    assert_eq!(relocked, ["audit_lock_unasked", "audit_lock_after_end"]);
    let reopened = whole()
        .with(TRIP, Asked, [TripEvent::Requested(request())])
        .codes();
    assert!(reopened.contains(&"audit_out_of_place"), "{reopened:?}");
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let log = whole();
    let mut audit = Audit::default();
    for _ in 0..FINDINGS_MAX + 2 {
        audit.observe(&log.commits[0]);
    }
    assert_eq!(audit.findings().len(), FINDINGS_MAX);
    // All but the first repeat a version; besides, the trip never ended.
    let report = audit.finish();
    assert_eq!(report.findings().len(), FINDINGS_MAX);
    assert_eq!(report.findings_count(), FINDINGS_MAX as u64 + 2);
}
