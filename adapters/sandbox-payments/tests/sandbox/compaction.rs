//! The journal that begins anew: how long it gets, what it remembers, and what a crash in the middle leaves.

use crate::stage::{DAY, HandClock, PLAIN, Stage, key, now_or_never, request, usd, with};
use fiacre_domain::units::Millis;
use fiacre_ports::{Cursor, GatewayError, IntentView, Operation, PaymentGateway, RefundStatus};
use fiacre_sandbox_payments::{Policy, Rate, Sandbox, Span, methods};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

fn bytes(stage: &Stage) -> u64 {
    fs::metadata(stage.folder().join("journal")).unwrap().len()
}

fn all(sandbox: &Sandbox) -> Vec<IntentView> {
    now_or_never(sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents
}

/// A ride that is paid for, its notices fetched and acknowledged.
fn pay(stage: &Stage, trip: u128) -> IntentView {
    let view = stage.held(trip, PLAIN);
    let view = stage.capture(&view, 1_500).unwrap();
    for notice in stage.sandbox.due_notices(stage.now(), usize::MAX) {
        stage.sandbox.acknowledge(notice.id);
    }
    view
}

/// Where syncing is cheap: these tests write thousands of times.
fn company() -> Stage {
    Stage::in_folder(
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap(),
        1,
        Policy::default(),
    )
}

#[test]
fn a_journal_is_at_most_twice_as_long_as_what_there_is_to_remember() {
    const TRIPS: u128 = 6_000;
    let stage = company();
    for trip in 0..TRIPS {
        pay(&stage, trip);
        stage.pass(Millis::from_minutes(10));
    }
    let grown = bytes(&stage);
    let stage = stage.compact();
    let remembered = bytes(&stage);
    assert!(
        grown <= 2 * remembered + (256 << 10),
        "{grown} of {remembered} bytes"
    );
    // Most of them are a day old: an id each for intent and trip, and less again for everything else.
    let each = u128::from(remembered) / TRIPS;
    assert!(each <= 64, "{each} bytes a trip");
    let listed = all(&stage.sandbox);
    assert_eq!(listed.len() as u128, TRIPS);
    assert_eq!(all(&stage.restart().sandbox), listed);
}

#[test]
fn what_is_over_is_answered_as_ever_once_its_history_is_gone() {
    let stage = company();
    let paid = pay(&stage, 1);
    assert_eq!(stage.refund(&paid, 0, 400), Ok(RefundStatus::Succeeded));
    let cancelled = stage.held(2, PLAIN);
    let cancelled = stage.cancel(&cancelled).unwrap();
    stage.pass(DAY);
    stage.pass(DAY);
    let stage = stage.compact().restart();
    let seen = stage.get(paid.intent).unwrap();
    assert_eq!((seen.status, seen.refunded_minor), (paid.status, 400));
    assert_eq!(stage.status(&cancelled), cancelled.status);
    // Nothing is done twice: neither what the status tells, nor a refund, whose key is kept for ever.
    assert_eq!(
        stage.capture(&paid, 1_500).map(|view| view.status),
        Ok(paid.status)
    );
    assert_eq!(stage.refund(&paid, 0, 400), Ok(RefundStatus::Succeeded));
    assert_eq!(stage.refund(&paid, 0, 500), Err(GatewayError::KeyReused));
    assert_eq!(stage.totals().refunded_minor, 400);
    assert_eq!(stage.refund(&paid, 1, 1_101), Err(GatewayError::WrongStatus));
    assert_eq!(stage.refund(&paid, 1, 1_100), Ok(RefundStatus::Succeeded));
}

/// A journal that tells of its last deed keeps the time of that, for whoever comes back with an older clock.
#[test]
fn what_is_under_way_goes_on_from_where_it_was() {
    let hour = Millis::from_minutes(60);
    let later = Span::new(hour, hour).unwrap();
    let policy = Policy::default()
        .with_refunds_pending(Rate::ALWAYS, later)
        .with_disputes(Rate::ALWAYS, later, Rate::ALWAYS);
    let stage = Stage::on_disk(1, policy);
    let paid = stage.held(1, PLAIN);
    let paid = stage.capture(&paid, 1_500).unwrap();
    assert_eq!(stage.refund(&paid, 0, 400), Ok(RefundStatus::Pending));
    let held = stage.held(2, methods::PM_OK);
    stage.pass(Millis::from_secs(5));
    let told = stage.sandbox.due_notices(stage.now(), 1);
    let (left_at, next) = (stage.now(), stage.sandbox.next_notice_at());
    let stage = stage.compact().crash();
    assert_eq!(stage.sandbox.left_at(), Some(left_at));
    assert_eq!(stage.sandbox.next_notice_at(), next);
    stage.sandbox.acknowledge(told[0].id);
    stage.pass(hour);
    assert_eq!(stage.refund(&paid, 0, 400), Ok(RefundStatus::Succeeded));
    assert!(stage.sandbox.dispute(paid.intent).is_some());
    assert!(
        stage
            .sandbox
            .due_notices(stage.now(), 99)
            .iter()
            .all(|notice| notice.id != told[0].id)
    );
    let confirm = now_or_never(
        stage
            .sandbox
            .confirm(held.intent, with(&held, Operation::Confirm)),
    );
    assert_eq!(confirm.map(|view| view.status), Ok(held.status));
}

/// A company with a journal of the first format, and one that begins anew, cut short at any byte: the old one counts.
#[test]
fn a_compaction_cut_anywhere_leaves_the_old_journal() {
    let stage = company();
    pay(&stage, 1);
    let old = fs::read(stage.folder().join("journal")).unwrap();
    let expected = all(&stage.sandbox);
    let stage = stage.compact();
    let new = fs::read(stage.folder().join("journal")).unwrap();
    assert_ne!(old, new);
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap();
    for cut in 0..=new.len() {
        fs::write(folder.path().join("journal"), &old).unwrap();
        fs::write(folder.path().join("journal.new"), &new[..cut]).unwrap();
        let sandbox = open(folder.path());
        assert_eq!(all(&sandbox), expected, "cut at {cut}");
        assert!(!folder.path().join("journal.new").exists(), "cut at {cut}");
    }
}

/// The disk had all of it before it got its name, so that what is missing or other is damage, and not a write cut short.
#[test]
fn a_beginning_that_is_not_whole_is_damage_wherever_it_is() {
    let stage = company();
    pay(&stage, 1);
    let whole = fs::read(stage.compact().folder().join("journal")).unwrap();
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap();
    let path = folder.path().join("journal");
    let refused = |journal: &[u8], what: String| {
        fs::write(&path, journal).unwrap();
        let refused = Sandbox::open(folder.path(), 1, Arc::new(HandClock::default())).unwrap_err();
        let codes = ["folder_damaged", "folder_foreign", "folder_newer"];
        assert!(codes.contains(&refused.code()), "{what}: {refused}");
        assert_eq!(fs::read(&path).unwrap(), journal, "{what}");
    };
    for at in 0..whole.len() {
        refused(&whole[..at], format!("cut at {at}"));
        let mut other = whole.clone();
        other[at] ^= 0x40;
        refused(&other, format!("another byte at {at}"));
    }
}

#[test]
fn a_compaction_that_cannot_be_written_leaves_the_company_as_it_was() {
    let stage = company();
    let view = pay(&stage, 1);
    let in_the_way = stage.folder().join("journal.new");
    fs::create_dir(&in_the_way).unwrap();
    stage.sandbox.compact().unwrap_err();
    assert_eq!(stage.sandbox.failure(), None);
    assert_eq!(stage.refund(&view, 0, 400), Ok(RefundStatus::Succeeded));
    fs::remove_dir(in_the_way).unwrap();
    let stage = stage.compact().crash();
    assert_eq!(stage.get(view.intent).unwrap().refunded_minor, 400);
}

#[test]
fn in_memory_there_is_nothing_to_compact() {
    let stage = Stage::new();
    stage.create(1, PLAIN).unwrap();
    stage.sandbox.compact().unwrap();
    assert_eq!(stage.create(1, PLAIN).unwrap().amount, usd(2_000));
}

fn open(folder: &Path) -> Sandbox {
    Sandbox::open(folder, 1, Arc::new(HandClock::default())).unwrap()
}

#[cfg(unix)]
mod power {
    use super::*;
    use fiacre_folder::PowerWatch;

    fn hold(sandbox: &Sandbox, trip: u128) {
        let view = now_or_never(sandbox.create(request(trip, PLAIN))).unwrap();
        now_or_never(sandbox.confirm(view.intent, key(trip, Operation::Confirm))).unwrap();
    }

    #[test]
    fn power_loss_after_a_compaction_leaves_what_was_answered_before_and_after() {
        let place = tempdir().unwrap();
        let watch = PowerWatch::begin();
        let sandbox = open(&place.path().join("bank"));
        hold(&sandbox, 1);
        for trip in 2..4 {
            sandbox.compact().unwrap();
            let left = tempdir().unwrap();
            watch.lose_power(place.path(), left.path()).unwrap();
            assert_eq!(all(&open(&left.path().join("bank"))), all(&sandbox));
            hold(&sandbox, trip);
        }
        let left = tempdir().unwrap();
        watch.lose_power(place.path(), left.path()).unwrap();
        assert_eq!(all(&open(&left.path().join("bank"))), all(&sandbox));
    }

    #[test]
    fn power_loss_at_every_byte_past_a_compaction() {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap();
        let sandbox = open(folder.path());
        hold(&sandbox, 1);
        sandbox.compact().unwrap();
        let told = all(&sandbox);
        let journal = folder.path().join("journal");
        let synced = fs::read(&journal).unwrap().len();
        hold(&sandbox, 2);
        let written = fs::read(&journal).unwrap();
        let left = tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap();
        let found = |bytes: &[u8]| {
            fs::write(left.path().join("journal"), bytes).unwrap();
            all(&open(left.path()))
        };
        assert_eq!(found(&written), all(&sandbox));
        for length in synced..written.len() {
            let mut torn = written[..length].to_vec();
            assert_eq!(found(&torn)[..1], told, "{length} bytes");
            torn.resize(written.len() + 4_096, 0);
            assert_eq!(found(&torn)[..1], told, "zeros from {length}");
        }
    }
}
