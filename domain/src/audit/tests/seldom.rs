//! What seldom happens is judged like the rest: plans that change, drivers who go home, searches that pause, policies.

use super::aftermath::*;
use super::bookings::*;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::audit::{Audit, Finding, Flaw};
use crate::dispatch::{DispatchEvent, SearchBrief};
use crate::driver::DriverEvent;
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::id::PrincipalId;
use crate::money::{Currency, Money};
use crate::ops::{Erasure, OpsEvent, PolicyChange, PolicyKind};
use crate::payment::{AuthorizationStart, Charge, PaymentEvent, Waiver};
use crate::pricing::{Publication, Quote, Ride, Surge, Tariff, TariffEvent};
use crate::stream::{ChargeNumber, StreamId};
use crate::time::Timestamp;
use crate::trip::{Actor, Cancelled, RejectReason, TripEvent};
use crate::units::{Millimetres, Millis};
use Why::{Asked, On};
use std::sync::Arc;

fn tariff_stream() -> StreamId {
    StreamId::Tariff("test".parse().unwrap())
}

fn quoted(tariff: &Arc<Tariff>, kilometres: i64) -> Arc<Quote> {
    let ride = Ride::new(Millimetres::new(kilometres * 1_000_000), Millis::from_minutes(20));
    Arc::new(
        tariff
            .quote(&ride, "2018-07-03T10:00".parse().unwrap(), Surge::NONE)
            .unwrap(),
    )
}

fn policy_changed() -> OpsEvent {
    let (operator, after) = (PrincipalId::from_u128(2), Fingerprint::new([1; 32]));
    OpsEvent::PolicyChanged(Arc::new(PolicyChange::first(PolicyKind::Trip, operator, after)))
}

fn published() -> TariffEvent {
    let operator = PrincipalId::from_u128(2);
    let tariff = Arc::clone(quote().tariff().unwrap());
    TariffEvent::Published(Arc::new(Publication::new(tariff, operator)))
}

#[test]
fn a_change_of_plan_must_fit_the_hold() {
    let changed = |quote| {
        whole()
            .with_events(TRIP, 4, [plan_changed(quote, plan()), arrived(0)])
            .codes()
    };
    let tariff = || Arc::clone(quote().tariff().unwrap());
    assert_eq!(changed(quote()), [""; 0]);
    let settled_as_ordered = "audit_receipt_of_another_quote";
    assert_eq!(changed(quoted(&tariff(), 4)), [settled_as_ordered]);
    assert_eq!(
        changed(quoted(&tariff(), 80)),
        ["audit_hold_above_quote", settled_as_ordered]
    );
    let yen = Tariff::new(
        "test".parse().unwrap(),
        1,
        Currency::JPY,
        tariff().meter().clone(),
    );
    let of_another_tariff = [
        "audit_currency_mixed",
        "audit_tariff_replaced",
        settled_as_ordered,
    ];
    assert_eq!(changed(quoted(&Arc::new(yen), 8)), of_another_tariff);
}

#[test]
fn nothing_changes_before_it_was_there() {
    let first = Log::default().with(TRIP, Asked, [plan_changed(quote(), plan())]);
    assert!(
        first.codes().contains(&"audit_out_of_place"),
        "{:?}",
        first.codes()
    );
    let early = whole().with_events(TRIP, 4, [arrived(0), correction(fare())]);
    assert!(
        early.codes().contains(&"audit_out_of_place"),
        "{:?}",
        early.codes()
    );
}

#[test]
fn a_driver_goes_home_after_the_ride_and_not_during_it() {
    let moved = DriverEvent::RegionChanged {
        from: "manhattan".parse().unwrap(),
        region: "brooklyn".parse().unwrap(),
    };
    let lock = locked(TRIP_ID, 0, 1);
    let leaving = whole().with_events(
        DRIVER,
        2,
        [moved.clone(), lock.clone(), DriverEvent::OfflineRequested],
    );
    let gone = leaving.with_events(DRIVER, 3, [released(TRIP_ID, 1), DriverEvent::Offline]);
    assert_eq!(gone.codes(), [""; 0]);
    for (version, events) in [
        (1, vec![moved, online()]),
        (2, vec![DriverEvent::OfflineRequested, lock.clone()]),
        (2, vec![lock, DriverEvent::Offline]),
    ] {
        let codes = whole().with_events(DRIVER, version, events.clone()).codes();
        assert!(codes.contains(&"audit_out_of_place"), "{events:?}: {codes:?}");
    }
}

/// When the first round of a whole booking ends, and what is left of it at its second commit.
fn round_ends() -> (Timestamp, i64) {
    let ends_at = whole().at(SEARCH, 1).plus(Millis::from_minutes(2));
    (ends_at, ends_at.since(whole().at(SEARCH, 2)).get())
}

#[test]
fn a_search_resumes_the_round_that_it_paused() {
    let (budget_ends_at, left_ms) = round_ends();
    let round = |round| {
        let paused = DispatchEvent::SearchPaused { round: 0, left_ms };
        let resumed = DispatchEvent::SearchResumed {
            round,
            budget_ends_at,
        };
        whole()
            .with_events(SEARCH, 2, [paused, resumed, offer(1, ADA, 0)])
            .codes()
    };
    assert_eq!(round(0), [""; 0]);
    assert!(round(1).contains(&"audit_out_of_place"));
}

#[test]
fn a_pause_keeps_what_was_left_of_the_round() {
    let (ends_at, left_ms) = round_ends();
    let paused = |by_ms, resumed_ms| {
        let left_ms = left_ms + by_ms;
        let budget_ends_at = ends_at.plus(Millis::new(resumed_ms));
        let events = [
            DispatchEvent::SearchPaused { round: 0, left_ms },
            DispatchEvent::SearchResumed {
                round: 0,
                budget_ends_at,
            },
            offer(1, ADA, 0),
        ];
        whole().with_events(SEARCH, 2, events).codes()
    };
    assert_eq!(paused(0, 0), [""; 0]);
    for (by_ms, resumed_ms) in [(1, 1), (0, 1), (0, -1)] {
        assert_eq!(paused(by_ms, resumed_ms), ["audit_search_budget_differs"]);
    }
}

#[test]
fn a_search_hears_of_each_plan_once() {
    let changed = |plan_revision| {
        let DispatchEvent::SearchStarted { brief, .. } = search(0) else {
            return search(0);
        };
        DispatchEvent::SearchChanged {
            brief: Arc::new(SearchBrief {
                plan_revision,
                ..SearchBrief::clone(&brief)
            }),
        }
    };
    let heard = |revisions: &[u16]| {
        let changes = revisions.iter().map(|revision| changed(*revision));
        let events: Vec<_> = [offer(1, ADA, 0)].into_iter().chain(changes).collect();
        whole().with_events(SEARCH, 2, events).codes()
    };
    assert_eq!(heard(&[1, 3]), [""; 0]);
    assert!(heard(&[1, 1]).contains(&"audit_out_of_place"));
}

#[test]
fn a_search_resumes_while_no_lock_is_awaited() {
    let resumed = DispatchEvent::SearchResumed {
        round: 0,
        budget_ends_at: round_ends().0,
    };
    let anew = whole().with_events(SEARCH, 2, [resumed.clone(), offer(1, ADA, 0)]);
    assert_eq!(
        anew.codes(),
        [""; 0],
        "a refused lock sets the budget's timer anew"
    );
    let early = whole().with_events(SEARCH, 3, [accepted(1, ADA, 0), resumed]);
    assert!(
        early.codes().contains(&"audit_out_of_place"),
        "{:?}",
        early.codes()
    );
}

#[test]
fn who_cancels_before_the_order_silences_their_own_order_only() {
    let cancelled_by = |by| {
        let TripEvent::Cancelled(first) = cancelled_early(None) else {
            return cancelled_early(None);
        };
        TripEvent::Cancelled(Arc::new(Cancelled {
            by,
            ..Cancelled::clone(&first)
        }))
    };
    let ordered_after = |by: &[Actor]| {
        let tombstones = by.iter().map(|by| cancelled_by(*by));
        let events: Vec<_> = tombstones.chain([TripEvent::Requested(request())]).collect();
        let codes = Log::default().with(TRIP, Asked, events).codes();
        !codes.contains(&"audit_out_of_place")
    };
    let rider = |number| Actor::Rider(PrincipalId::from_u128(number));
    assert!(ordered_after(&[rider(9)]));
    assert!(ordered_after(&[rider(9), rider(8)]));
    assert!(!ordered_after(&[rider(9), rider(1)]));
    assert!(!ordered_after(&[Actor::Operator(PrincipalId::from_u128(9))]));
}

#[test]
fn a_release_that_is_asked_again_is_the_same_release() {
    let again = [
        DispatchEvent::DispatchEnding,
        release_asked(ADA, 0, 1),
        release_asked(ADA, 0, 1),
    ];
    assert_eq!(whole().with_events(SEARCH, 5, again).codes(), [""; 0]);
    let other = [
        DispatchEvent::DispatchEnding,
        release_asked(ADA, 0, 1),
        release_asked(ADA, 0, 2),
    ];
    assert!(
        whole()
            .with_events(SEARCH, 5, other)
            .codes()
            .contains(&"audit_out_of_place")
    );
}

#[test]
fn what_began_for_a_rejected_order_must_end() {
    let reject = |log: Log| {
        let reason = RejectReason::Expired;
        log.with(TRIP, Asked, [TripEvent::Rejected { reason }]).codes()
    };
    let searched = reject(Log::default().with(SEARCH, Asked, [search(0)]));
    assert_eq!(searched, ["audit_never_closed"]);
    let charged = reject(Log::default().with(FARE, Asked, [start(A0)]));
    assert!(charged.contains(&"audit_never_closed"), "{charged:?}");
}

#[test]
fn tariffs_and_policies_can_be_causes() {
    let after = |why| {
        Log::default()
            .with(tariff_stream(), Asked, [published()])
            .with(ops(), why, [policy_changed()])
            .codes()
    };
    assert_eq!(after(On(tariff_stream(), 1)), [""; 0]);
    assert_eq!(after(On(tariff_stream(), 2)), ["audit_cause_missing"]);
    assert_eq!(
        after(On(StreamId::Tariff("other".parse().unwrap()), 1)),
        ["audit_cause_missing"]
    );
}

#[test]
fn a_person_may_be_erased_at_any_time() {
    let (rider, key) = (PrincipalId::from_u128(1), Fingerprint::new([4; 32]));
    let erased = OpsEvent::SubjectErased(Arc::new(Erasure::new(rider, rider, key)));
    assert_eq!(whole().with(ops(), Asked, [erased]).codes(), [""; 0]);
}

#[test]
fn a_tariff_on_another_ones_stream_is_found() {
    let other = StreamId::Tariff("other".parse().unwrap());
    let log = Log::default().with(other, Asked, [published()]);
    assert_eq!(log.codes(), ["audit_tariff_out_of_place"]);
}

#[test]
fn an_event_on_a_stream_of_another_kind_is_found() {
    let waived = PaymentEvent::Waived {
        charge: TIPPED,
        waiver: Waiver::Account,
    };
    for log in [
        Log::default().with(tariff_stream(), Asked, [policy_changed()]),
        Log::default().with(ops(), Asked, [published()]),
        whole().with(FARE, Asked, [waived]),
    ] {
        assert!(log.codes().contains(&"audit_wrong_stream"), "{:?}", log.codes());
    }
}

#[test]
fn a_commit_that_comes_again_is_not_folded_again() {
    let twice = |mut log: Log, place: usize| {
        let again = log.commits[place].clone();
        log.commits.push(again);
        log.codes()
    };
    assert_eq!(
        twice(parked(), 0),
        ["audit_version_repeated"],
        "nothing is parked anew"
    );
    let tariff = Log::default().with(tariff_stream(), Asked, [published()]);
    assert_eq!(twice(tariff, 0), ["audit_version_repeated"]);
}

#[test]
fn a_refund_that_fails_is_over() {
    let failed = PaymentEvent::RefundFailed {
        charge: Charge::FARE,
        refund: 1,
        amount: usd(FARE_MINOR - FEE_MINOR),
    };
    assert_eq!(with_aftermath().with_events(FARE, 7, [failed]).codes(), [""; 0]);
}

#[test]
fn another_charge_of_the_trip_is_followed_to_its_own_end() {
    let owing = corrected_and_declined();
    let settled = PaymentEvent::DebtSettled {
        charge: FURTHER,
        amount: usd(RISE_MINOR),
    };
    assert_eq!(owing.with(MORE, Asked, [settled]).codes(), [""; 0]);
    let after = |log: Log, stream| log.with(ops(), On(stream, 1), [policy_changed()]).codes();
    let unknown = StreamId::Payment(TRIP_ID, ChargeNumber(3));
    assert_eq!(after(with_aftermath(), TIP), [""; 0]);
    assert_eq!(after(with_aftermath(), unknown), ["audit_cause_missing"]);
    assert_eq!(
        after(whole(), TIP),
        ["audit_cause_missing"],
        "of a trip that was closed and forgotten"
    );
    assert_eq!(with_aftermath().until(TIP, 2).codes(), ["audit_never_closed"]);
    assert_eq!(
        with_aftermath().until(TIP, 1).codes(),
        ["audit_tip_differs"],
        "a tip that nobody asked for"
    );
}

/// What is decided about a fare and never told to its charge, and the other way round.
#[test]
fn money_that_does_not_follow_the_receipt_is_found() {
    let not_moved = ["audit_fare_not_moved"];
    for (log, stream, version) in [
        (corrected_upwards(), FARE, 6),
        (corrected_upwards(), MORE, 1),
        (cash_corrected(), FARE, 3),
        (cash_corrected(), FARE, 5),
        (corrected_back_and_forth(), FARE, 7),
    ] {
        let cut = log.until(stream, version);
        assert_eq!(cut.codes(), not_moved, "without {stream}/{version}");
    }
    let told_twice = corrected_upwards().with(FARE, Asked, [told(Charge::FARE, 2, FARE_MINOR)]);
    assert_eq!(told_twice.codes(), ["audit_due_differs"]);
    let told_more = corrected_upwards().with(FARE, Asked, [shared(1, RISE_MINOR + 1)]);
    assert_eq!(told_more.codes(), ["audit_due_differs"]);
    let unasked = whole().with(FARE, Asked, [shared(1, RISE_MINOR)]);
    assert_eq!(unasked.codes(), ["audit_out_of_place", "audit_due_differs"]);
}

#[test]
fn a_hold_beyond_the_quote_is_found_where_it_was_asked() {
    let asked_for = |amount: Money| {
        let PaymentEvent::AuthorizationStarted(start) = start(A0) else {
            return Vec::new();
        };
        let start = AuthorizationStart {
            amount,
            ..AuthorizationStart::clone(&start)
        };
        let started = PaymentEvent::AuthorizationStarted(Arc::new(start));
        whole().with_events(FARE, 1, [started]).codes()
    };
    assert_eq!(asked_for(hold()), [""; 0]);
    let dearer = asked_for(usd(hold().minor() + 1));
    assert!(dearer.contains(&"audit_hold_above_quote"), "{dearer:?}");
    let yen = asked_for(Money::new(hold().minor(), Currency::JPY));
    assert!(yen.contains(&"audit_currency_mixed"), "{yen:?}");
}

#[test]
fn the_auditor_keeps_a_ledger_and_findings_tell_their_flaw() {
    let mut audit = Audit::default();
    for commit in &whole().commits {
        audit.observe(commit);
    }
    assert!(audit.ledger().currencies().eq([Currency::USD]));
    assert_eq!(audit.ledger().sum(Currency::USD), 0);
    let report = Log::default().with::<Event>(DRIVER, Asked, []).audited();
    let flaws: Vec<Flaw> = report.findings().iter().map(Finding::flaw).collect();
    assert_eq!(flaws, [Flaw::EmptyCommit]);
}
