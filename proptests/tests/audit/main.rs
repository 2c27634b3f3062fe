//! Laws of audit and ledger, over logs that a small platform leaves behind.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod dice;
mod edits;
mod forgotten;
mod world;

use dice::Dice;
use fiacre_domain::audit::{Audit, Report};
use fiacre_domain::event::Event;
use fiacre_domain::ledger::{Account, Ledger};
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{Charge, DebtReason, PaymentEvent};
use fiacre_domain::pricing::Fault;
use fiacre_domain::stream::{Cause, Commit, StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, MoneyOutcome, TripEvent};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use world::World;

/// A few trips among fewer drivers, at rest.
fn world(seed: u64) -> World {
    let mut world = World::new(seed, 4, 3);
    for _ in 0..300 {
        world.step();
    }
    world.drain();
    world
}

/// The log of such a world, with what comes after the end of its trips.
fn log(seed: u64) -> Vec<Commit> {
    let mut world = world(seed);
    world.look_back();
    world.log
}

/// The same commits in another order, each stream in its own.
fn shuffled(log: &[Commit], seed: u64) -> Vec<Commit> {
    let mut dice = Dice::new(seed);
    let mut streams: BTreeMap<StreamId, VecDeque<Commit>> = BTreeMap::new();
    for commit in log {
        streams
            .entry(commit.stream)
            .or_default()
            .push_back(commit.clone());
    }
    let mut queues: Vec<_> = streams.into_values().collect();
    let mut shuffled = Vec::new();
    while !queues.is_empty() {
        let place = dice.below(queues.len());
        shuffled.extend(queues[place].pop_front());
        queues.retain(|queue| !queue.is_empty());
    }
    shuffled
}

/// Puts commits where they do not belong, and amounts, versions and times at their limits.
fn garble(log: &mut Vec<Commit>, seed: u64) {
    let mut dice = Dice::new(seed);
    let limits = [i64::MIN, -1, 0, 1, i64::MAX];
    for _ in 0..log.len() / 2 {
        let (one, other) = (dice.below(log.len()), dice.below(log.len()));
        let limit = limits[dice.below(limits.len())];
        match dice.below(6) {
            0 => log[one].stream = log[other].stream,
            1 => log[one].events = Arc::clone(&log[other].events),
            2 => log[one].version = Version::new([0, 1, u32::MAX][dice.below(3)]),
            3 => log[one].at = Timestamp::from_ms(limit),
            4 => log[one].cause = log[other].cause,
            _ => {
                let mut extreme = log[one].clone();
                extreme.events = extremes(Money::new(limit, Currency::USD)).into();
                extreme.version = extreme.version.next();
                log.push(extreme);
            }
        }
    }
}

/// Every event of a charge that moves money, with this amount.
fn extremes(amount: Money) -> Vec<Event> {
    let (charge, authorization) = (Charge::FARE, AuthorizationNumber(u8::MAX));
    let released_minor = amount.minor();
    let (captured, released, refund, dispute) = (amount, amount, u16::MAX, u16::MAX);
    let outcome = MoneyOutcome {
        currency: Some(amount.currency()),
        captured_minor: released_minor,
        debt_minor: released_minor,
        cash_minor: released_minor,
    };
    let events = [
        PaymentEvent::Authorized {
            charge,
            authorization,
            amount,
            capture_before: Timestamp::MAX,
        },
        PaymentEvent::CaptureStarted {
            charge,
            authorization,
            amount,
        },
        PaymentEvent::Captured {
            charge,
            authorization,
            captured,
            released_minor,
        },
        PaymentEvent::VoidRefused {
            charge,
            authorization,
            captured,
            released_minor,
        },
        PaymentEvent::Voided {
            charge,
            authorization,
            released,
        },
        PaymentEvent::DebtRecorded {
            charge,
            amount,
            reason: DebtReason::NoHold,
        },
        PaymentEvent::DebtSettled { charge, amount },
        PaymentEvent::RefundStarted {
            charge,
            refund,
            amount,
        },
        PaymentEvent::Refunded {
            charge,
            refund,
            amount,
        },
        PaymentEvent::DisputeFundsMoved {
            charge,
            dispute,
            movement: 1,
            amount,
        },
        PaymentEvent::Closed { charge, outcome },
    ];
    events.map(Event::from).into()
}

fn audited(log: &[Commit]) -> Report {
    let mut audit = Audit::default();
    for commit in log {
        audit.observe(commit);
    }
    audit.finish()
}

fn texts(report: &Report) -> Vec<String> {
    report.findings().iter().map(ToString::to_string).collect()
}

/// Whether a stream belongs to a trip: a driver's may end anywhere.
fn is_of_a_trip(commit: &Commit) -> bool {
    commit.stream.trip().is_some()
}

/// Whether a commit is all that there is of a trip that was cancelled before it was ordered.
fn is_before_order(commit: &Commit) -> bool {
    commit.events.iter().any(
        |event| matches!(event, Event::Trip(TripEvent::Cancelled(cancelled)) if cancelled.is_before_order()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_the_aggregates_write_has_no_finding_in_any_interleaving(seed: u64, order: u64) {
        let log = log(seed);
        let report = audited(&log);
        prop_assert_eq!(texts(&report), Vec::<String>::new());
        let other = audited(&shuffled(&log, order));
        prop_assert_eq!(texts(&other), Vec::<String>::new());
        prop_assert_eq!(other.ledger(), report.ledger());
    }

    #[test]
    fn a_commit_that_is_missing_is_found(seed: u64, place: prop::sample::Index) {
        // Nothing asks for what may come after the end, nor tells of a cancellation that nobody ordered.
        let mut log = world(seed).log;
        let is_asked_for = |commit: &Commit| is_of_a_trip(commit) && !is_before_order(commit);
        let of_trips: Vec<usize> = (0..log.len()).filter(|&place| is_asked_for(&log[place])).collect();
        log.remove(of_trips[place.index(of_trips.len())]);
        prop_assert!(audited(&log).findings_count() > 0);
    }

    #[test]
    fn two_events_that_change_places_are_found(seed: u64, place: prop::sample::Index) {
        let mut log = log(seed);
        // An event in another commit of its stream, where the other's events would stand.
        let streams: Vec<StreamId> = log.iter().filter(|commit| is_of_a_trip(commit)).map(|commit| commit.stream).collect();
        let stream = streams[place.index(streams.len())];
        let own: Vec<usize> = (0..log.len()).filter(|&place| log[place].stream == stream).collect();
        prop_assume!(own.len() > 1);
        let (one, other) = (own[0], own[1]);
        prop_assume!(log[one].events != log[other].events);
        let events = Arc::clone(&log[one].events);
        log[one].events = Arc::clone(&log[other].events);
        log[other].events = events;
        prop_assert!(audited(&log).findings_count() > 0);
    }

    #[test]
    fn an_amount_that_is_edited_is_found(seed: u64, place: prop::sample::Index, by in prop_oneof![Just(-1_i64), Just(1)]) {
        let mut log = log(seed);
        let edits: Vec<(usize, Arc<[Event]>)> =
            log.iter().enumerate().flat_map(|(place, commit)| edits::of(commit, by).map(move |edit| (place, edit))).collect();
        prop_assume!(!edits.is_empty());
        let (commit, events) = &edits[place.index(edits.len())];
        log[*commit].events = Arc::clone(events);
        prop_assert!(audited(&log).findings_count() > 0, "{:?}", events);
    }

    #[test]
    fn a_deadline_that_is_moved_is_found(seed: u64, place: prop::sample::Index, by in prop_oneof![Just(-1_i64), Just(1)]) {
        let mut log = log(seed);
        let edits: Vec<(usize, Arc<[Event]>)> =
            log.iter().enumerate().filter_map(|(place, commit)| Some((place, edits::deadline_moved(commit, by)?))).collect();
        prop_assume!(!edits.is_empty());
        let (commit, events) = &edits[place.index(edits.len())];
        log[*commit].events = Arc::clone(events);
        let report = audited(&log);
        let is_named = |code: &str| code.ends_with("_deadline_differs") || code.ends_with("_budget_differs");
        prop_assert!(report.findings().iter().any(|finding| is_named(finding.code())), "{:?}", events);
    }

    #[test]
    fn a_deadline_that_fires_early_is_found(seed: u64, place: prop::sample::Index) {
        let mut log = log(seed);
        // A lock's review decides nothing by itself, and an attempt at a hold is given up after a call that takes its time.
        let fired: Vec<(usize, TimerId)> = log
            .iter()
            .enumerate()
            .filter_map(|(place, commit)| if let Cause::Timer(timer) = commit.cause { Some((place, timer)) } else { None })
            .filter(|(_, timer)| !matches!(timer.kind, TimerKind::LockReview(_) | TimerKind::AuthorizationBudget(_)))
            .collect();
        prop_assume!(!fired.is_empty());
        let (place, timer) = fired[place.index(fired.len())];
        let set = log.iter().find(|commit| (commit.stream, commit.version) == (timer.stream, timer.version));
        log[place].at = set.unwrap().at;
        let report = audited(&log);
        let is_named = |code: &str| code.ends_with("_early");
        prop_assert!(report.findings().iter().any(|finding| is_named(finding.code())), "{:?}", log[place]);
    }

    /// Receipt, fee and fault agree with each other and with the tariff: only what happened before tells that they are wrong.
    #[test]
    fn a_cancellation_that_blames_another_is_found(seed: u64, place: prop::sample::Index, fault in prop_oneof![
        Just(Fault::Rider), Just(Fault::Driver), Just(Fault::Platform)
    ]) {
        let mut log = log(seed);
        let edits: Vec<(usize, Arc<[Event]>)> =
            log.iter().enumerate().filter_map(|(place, commit)| Some((place, edits::blamed(&log, commit, fault)?))).collect();
        prop_assume!(!edits.is_empty());
        let (commit, events) = &edits[place.index(edits.len())];
        log[*commit].events = Arc::clone(events);
        let report = audited(&log);
        prop_assert!(report.findings().iter().any(|finding| finding.code() == "audit_fault_differs"));
        prop_assert!(report.findings().iter().all(|finding| finding.code() != "audit_receipt_unfounded"));
    }

    #[test]
    fn a_true_receipt_of_another_quote_is_found(seed: u64, place: prop::sample::Index) {
        let mut log = log(seed);
        let settled: Vec<(usize, Arc<[Event]>)> =
            log.iter().enumerate().filter_map(|(place, commit)| Some((place, edits::settled_later(&log, commit)?))).collect();
        prop_assume!(!settled.is_empty());
        let (commit, events) = &settled[place.index(settled.len())];
        log[*commit].events = Arc::clone(events);
        let report = audited(&log);
        prop_assert!(report.findings().iter().any(|finding| finding.code() == "audit_receipt_of_another_quote"));
        prop_assert!(report.findings().iter().all(|finding| finding.code() != "audit_receipt_unfounded"));
    }

    #[test]
    fn no_log_makes_the_auditor_panic(seed: u64, order: u64) {
        let mut log = log(seed);
        garble(&mut log, order);
        let report = audited(&log);
        prop_assert!(report.findings_count() > 0);
        prop_assert_eq!(report.ledger().sum(Currency::USD), 0);
    }

    #[test]
    fn the_ledger_sums_to_zero_at_every_step(seed: u64, order: u64) {
        let mut ledger = Ledger::default();
        for commit in shuffled(&log(seed), order) {
            for event in commit.events.iter() {
                ledger.fold(commit.stream, event).unwrap();
            }
            prop_assert_eq!(ledger.sum(Currency::USD), 0);
            prop_assert!(ledger.movements(Currency::USD).is_balanced());
        }
        prop_assert_eq!(ledger.movements(Currency::USD).open_minor, 0);
        prop_assert_eq!(ledger.balance(Account::Rider, Currency::USD), 0);
    }
}

/// The laws above say nothing unless the platform does what bookings can do.
#[test]
fn the_platform_goes_through_everything_that_happens_in_bookings() {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    for seed in 0..300 {
        seen.extend(
            log(seed)
                .iter()
                .flat_map(|commit| commit.events.iter())
                .map(Event::name),
        );
    }
    let expected = [
        "ActionRequired",
        "AuthorizationLost",
        "AuthorizationStarted",
        "CaptureFailed",
        "CaptureStarted",
        "CashReturned",
        "CorrectionAsked",
        "DebtRecorded",
        "DebtReduced",
        "DebtWrittenOff",
        "DispatchClosed",
        "DispatchEnding",
        "DriverArrived",
        "DriverAssigned",
        "DriverLocked",
        "DriverNoted",
        "DriverOnline",
        "DriverReleased",
        "FareAdjusted",
        "FareSettled",
        "FurtherChargeAsked",
        "IntentCreated",
        "LockCleared",
        "LockRefused",
        "MoneySettled",
        "NoDriverFound",
        "OfferAccepted",
        "OfferDeclined",
        "OfferExpired",
        "OfferMade",
        "OfferWithdrawn",
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentClosed",
        "PaymentDeclined",
        "PaymentNoted",
        "PaymentRefunded",
        "PaymentUnnoted",
        "PaymentVoided",
        "PaymentWaived",
        "RefundStarted",
        "ReleaseAsked",
        "ReleaseNoted",
        "SearchResumed",
        "SearchStarted",
        "SettlementAsked",
        "StartCodeRefused",
        "TripCancelled",
        "TripClosed",
        "TripCompleted",
        "TripConfirmed",
        "TripFailed",
        "TripReassigning",
        "TripRequested",
        "TripStarted",
        "TripTipped",
        "VoidRefused",
        "VoidStarted",
    ];
    assert!(seen.iter().eq(expected.iter()), "{seen:?}");
}
