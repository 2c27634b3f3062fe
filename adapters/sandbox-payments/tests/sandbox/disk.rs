//! The company's records on disk: what is cut, what is refused, and what waits to be written.

use crate::stage::{HandClock, PLAIN, Stage, key, now_or_never, request, usd, with};
use fiacre_domain::units::Millis;
use fiacre_folder::OpenError as Unusable;
use fiacre_ports::{Cursor, GatewayError, IntentView, Operation, PaymentGateway};
use fiacre_sandbox_payments::{OpenError, Policy, Rate, Sandbox, methods};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

fn open(folder: &Path) -> Result<Sandbox, OpenError> {
    Sandbox::open(folder, 1, Arc::new(HandClock::default()))
}

fn all(sandbox: &Sandbox) -> Vec<IntentView> {
    now_or_never(sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents
}

/// A folder with this as its journal, and what it answers.
fn opened_with(journal: &[u8]) -> Result<Vec<IntentView>, OpenError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal"), journal).unwrap();
    let sandbox = open(folder.path())?;
    // A journal may end while the company takes no calls.
    sandbox.set_open(true);
    Ok(all(&sandbox))
}

/// A journal of three trips with the lengths that it had after each call, and what was there then.
fn history() -> (Vec<u8>, Vec<(usize, Vec<IntentView>)>) {
    let stage = Stage::on_disk(1, Policy::default());
    let journal = stage.folder().join("journal");
    let mut steps = Vec::new();
    let mut note = |stage: &Stage| {
        let views = all(&stage.sandbox);
        let bytes = usize::try_from(fs::metadata(&journal).unwrap().len()).unwrap();
        steps.push((bytes, views));
    };
    note(&stage);
    for trip in 1..=3 {
        let view = stage.create(trip, PLAIN).unwrap();
        note(&stage);
        stage.confirm(&view).unwrap();
        note(&stage);
        stage.pass(Millis::from_secs(1));
        stage.capture(&view, 1_500).unwrap();
        note(&stage);
    }
    (fs::read(&journal).unwrap(), steps)
}

#[test]
fn a_journal_cut_anywhere_is_the_company_before_the_call_that_was_cut() {
    let (journal, steps) = history();
    for cut in steps[0].0..=journal.len() {
        let expected = steps.iter().rev().find(|(bytes, _)| *bytes <= cut);
        let found = opened_with(&journal[..cut]).unwrap();
        assert_eq!(Some(&found), expected.map(|(_, views)| views), "cut at {cut}");
    }
}

#[test]
fn what_a_crash_left_of_a_write_is_cut_off_and_written_over() {
    let (journal, steps) = history();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (whole, _) = steps[6];
    // The last call's first half, then a page that never arrived.
    let torn = [&journal[..whole + 40], &[0; 4_096]].concat();
    fs::write(&path, torn).unwrap();
    let sandbox = open(folder.path()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), whole as u64);
    now_or_never(sandbox.create(request(9, methods::PM_OK))).unwrap();
    let expected = all(&sandbox);
    drop(sandbox);
    assert_eq!(all(&open(folder.path()).unwrap()), expected);
}

/// A loss of power may keep any page of the last write, and lose any other.
#[test]
fn a_last_write_that_lost_a_page_is_cut_whichever_it_was() {
    const PAGE: usize = 512;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let sandbox = open(folder.path()).unwrap().grouped();
    let before = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    {
        let mut calls: Vec<_> = (1..=64)
            .map(|trip| Box::pin(sandbox.create(request(trip, PLAIN))))
            .collect();
        let mut context = Context::from_waker(Waker::noop());
        for call in &mut calls {
            assert!(call.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(sandbox.sync(), calls.len());
    }
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > before + 4 * PAGE, "one write, of many pages");
    assert_eq!(opened_with(&whole).unwrap().len(), 64);
    for from in (before..whole.len()).step_by(PAGE) {
        let mut torn = whole.clone();
        let to = whole.len().min(from + PAGE);
        torn[from..to].fill(0);
        assert_eq!(opened_with(&torn).unwrap(), [], "without {from}..{to}");
    }
}

#[test]
fn damage_before_a_whole_call_is_named_with_its_place_and_nothing_is_cut() {
    let (journal, steps) = history();
    let (from, to) = (steps[2].0, steps[3].0);
    for at in from..to {
        let mut damaged = journal.clone();
        damaged[at] ^= 0x40;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        fs::write(&path, &damaged).unwrap();
        let refused = open(folder.path()).unwrap_err();
        assert!(
            refused.code() == "folder_damaged" && refused.to_string().contains(&format!("byte {from} ")),
            "{at}: {refused}"
        );
        assert_eq!(fs::read(&path).unwrap(), damaged, "{at}");
    }
}

#[test]
fn what_is_not_its_own_is_refused_by_name() {
    let code = |folder: &Path| open(folder).unwrap_err().code();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("letters.txt"), "Dear Ann").unwrap();
    assert_eq!(code(path), "folder_foreign");
    fs::remove_file(path.join("letters.txt")).unwrap();
    for (journal, expected) in [
        ("Dear journal\n", "folder_foreign"),
        ("", "folder_foreign"),
        ("Fiacre's payment sandbox, format 0\n", "folder_foreign"),
        ("Fiacre's payment sandbox, format 3\n", "folder_newer"),
        ("Fiacre's payment sandbox, format 1\n", "folder_damaged"),
        ("Fiacre's payment sandbox, format 2\n", "folder_damaged"),
    ] {
        fs::write(path.join("journal"), journal).unwrap();
        assert_eq!(code(path), expected, "{journal}");
        assert_eq!(fs::read_to_string(path.join("journal")).unwrap(), journal);
    }
    fs::remove_file(path.join("journal")).unwrap();
    let clock = || Arc::new(HandClock::default());
    let absent = Sandbox::reopen(path.join("nowhere"), clock()).unwrap_err();
    assert_eq!(absent.code(), "folder_absent");
    assert!(!path.join("nowhere").exists());
    let first = open(path).unwrap();
    let second = open(path).unwrap_err();
    let own = Some(std::process::id());
    assert!(
        matches!(second, OpenError::Folder(Unusable::InUse { process, .. }) if process == own),
        "{second}"
    );
    drop(first);
    let other = Sandbox::open(path, 2, clock()).unwrap_err();
    assert!(
        matches!(other, OpenError::OtherCompany { seed: 1, .. }),
        "{other}"
    );
}

#[test]
fn a_policy_is_kept_and_a_new_one_holds_from_then_on() {
    let always = Policy::default().with_declines(Rate::ALWAYS);
    let stage = Stage::on_disk(1, always);
    let declined = stage.create(1, PLAIN).unwrap();
    stage.confirm(&declined).unwrap();
    let Stage { sandbox, .. } = &stage.restart();
    let view = now_or_never(sandbox.create(request(2, PLAIN))).unwrap();
    let confirm = || now_or_never(sandbox.confirm(view.intent, with(&view, Operation::Confirm)));
    assert_eq!(
        confirm().unwrap().status,
        fiacre_ports::IntentStatus::RequiresConfirmation {
            declined: Some(fiacre_ports::Decline::Unspecified)
        }
    );
}

#[test]
fn grouped_answers_wait_for_one_sync_and_nothing_is_answered_before() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = open(folder.path()).unwrap().grouped();
    let mut context = Context::from_waker(Waker::noop());
    let bytes = || fs::metadata(folder.path().join("journal")).unwrap().len();
    let before = bytes();
    let mut first = pin!(sandbox.create(request(1, PLAIN)));
    let mut second = pin!(sandbox.create(request(2, PLAIN)));
    // A look at what is not on disk yet waits with the others: it would tell of what a crash may lose.
    let from = Cursor::default();
    let mut look = pin!(sandbox.list(&from, 9));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(look.as_mut().poll(&mut context).is_pending());
    assert_eq!(bytes(), before);
    assert_eq!(sandbox.sync(), 3);
    assert!(bytes() > before);
    assert!(first.as_mut().poll(&mut context).is_ready());
    assert!(second.as_mut().poll(&mut context).is_ready());
    assert!(matches!(look.as_mut().poll(&mut context), Poll::Ready(Ok(page)) if page.intents.len() == 2));
    // Now there is nothing to wait for.
    assert_eq!(sandbox.sync(), 0);
    assert!(
        pin!(sandbox.list(&Cursor::default(), 9))
            .poll(&mut context)
            .is_ready()
    );
}

#[test]
fn a_grouped_company_in_memory_waits_as_well() {
    let sandbox = Sandbox::new(1, Arc::new(HandClock::default())).grouped();
    let mut context = Context::from_waker(Waker::noop());
    let mut call = pin!(sandbox.create(request(1, PLAIN)));
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert_eq!(sandbox.sync(), 1);
    assert!(call.as_mut().poll(&mut context).is_ready());
}

/// What a release wrote is read by every later one, and its company does what it did: if this fails, what the company does
/// for a deed has changed, and with it the format's number.
fn assert_golden(format: u32, stage: &Stage) {
    let path = golden_path(format);
    if std::env::var_os("FIACRE_BLESS").is_some() && !path.exists() {
        fs::copy(stage.folder().join("journal"), &path).unwrap();
    }
    let golden = fs::read(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("journal"), golden).unwrap();
    let reopened = Sandbox::reopen(folder.path(), stage.clock.clone()).unwrap();
    assert_eq!(all(&reopened), all(&stage.sandbox));
    assert_eq!(reopened.totals(), stage.sandbox.totals());
    assert_eq!(reopened.next_notice_at(), stage.sandbox.next_notice_at());
    assert_eq!(reopened.trips_with_notices(), stage.sandbox.trips_with_notices());
}

#[test]
fn the_journal_of_the_first_format_gives_the_company_that_wrote_it() {
    assert_golden(1, &ordinary_life());
}

#[test]
fn the_journal_of_the_second_format_gives_the_company_that_wrote_it() {
    let stage = ordinary_life().compact();
    stage.create(20_000, PLAIN).ok();
    assert_golden(2, &stage);
}

fn golden_path(format: u32) -> PathBuf {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    golden.join(format!("journal-{format}"))
}

fn golden(format: u32) -> Vec<u8> {
    fs::read(golden_path(format)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the bytes are: a company, or an error that says what is wrong, and never more than was written.
    #[test]
    fn a_journal_with_any_bytes_is_opened_or_refused(
        format in 1_u32..=2,
        edits in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in any::<Index>(),
        garbage in vec(any::<u8>(), 0..64),
    ) {
        let mut journal = golden(format);
        // The last of its deeds forgets one.
        let written = opened_with(&journal).unwrap().len() + 1;
        for (at, byte) in edits {
            let at = at.index(journal.len());
            journal[at] = byte;
        }
        journal.truncate(cut.index(journal.len()) + 1);
        journal.extend(garbage);
        match opened_with(&journal) {
            Ok(views) => prop_assert!(views.len() <= written),
            Err(error) => prop_assert!(
                matches!(error.code(), "folder_damaged" | "folder_foreign" | "folder_newer" | "sandbox_other_company"),
                "{}", error
            ),
        }
    }
}

/// A company to which everything is done that can be, with every method, and which does everything that it does by itself.
fn ordinary_life() -> Stage {
    let stage = Stage::on_disk(1, crate::laws::rough());
    let sandbox = &stage.sandbox;
    for round in 0_u16..16 {
        // Those that there were when the golden journals were written.
        let scripted = methods::ALL.into_iter().take(15);
        let methods = scripted.map(|(_, method)| method).chain([PLAIN]);
        for (trip, method) in (1..).zip(methods) {
            let trip = trip + 100 * u128::from(round / 8);
            let _ = stage.create(trip, method);
            let Some(view) = all(sandbox)
                .into_iter()
                .find(|view| view.key == key(trip, Operation::Create))
            else {
                continue;
            };
            match round % 8 {
                0 | 1 => drop(stage.confirm(&view)),
                2 if trip % 5 == 0 => drop(stage.cancel(&view)),
                2 if trip % 5 == 1 => drop(sandbox.lose_hold(view.intent)),
                2 => drop(sandbox.complete_action(view.intent)),
                3 | 4 => drop(stage.capture(&view, 1_500)),
                5 => drop(stage.refund(&view, round, 200)),
                6 => drop(sandbox.open_dispute(view.intent)),
                _ => drop(sandbox.close_dispute(view.intent)),
            }
        }
        for notice in sandbox.due_notices(stage.now(), 16).iter().take(12) {
            sandbox.acknowledge(notice.id);
        }
        sandbox.set_open(false);
        let _ = now_or_never(sandbox.create(request(10_000, PLAIN)));
        sandbox.set_open(true);
        stage.pass(Millis::from_minutes(90));
    }
    let captured = all(sandbox).into_iter().next().unwrap();
    sandbox.forget(captured.intent);
    let _ = now_or_never(sandbox.refund(captured.intent, usd(1), key(9_999, Operation::Refund(0))));
    stage
}

/// Gives a folder a file system of its own, or changes that.
fn mount(folder: &Path, options: &str) {
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    assert!(mount.status().unwrap().success(), "failed to mount: be root");
}

fn unmount(folder: &Path) {
    let unmounted = std::process::Command::new("umount").arg(folder).status();
    assert!(unmounted.unwrap().success());
}

/// As root, with `just disk-faults`: it mounts a file system of its own.
#[test]
#[ignore = "mounts a file system, for which one must be root: just disk-faults"]
fn disk_faults_a_full_disk_is_said_and_what_was_answered_is_there_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |options: &str| mount(folder.path(), options);
    mount("size=64k");
    let sandbox = open(folder.path()).unwrap();
    let mut answered = 0;
    let error = loop {
        match now_or_never(sandbox.create(request(answered + 1, PLAIN))) {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, GatewayError::OutcomeUnknown);
    let closed = now_or_never(sandbox.list(&Cursor::default(), 9)).unwrap_err();
    assert_eq!(closed, GatewayError::Unavailable);
    drop(sandbox);
    mount("remount,size=1m");
    let sandbox = open(folder.path()).unwrap();
    assert_eq!(all(&sandbox).len() as u128, answered);
    now_or_never(sandbox.create(request(answered + 1, PLAIN))).unwrap();
    drop(sandbox);
    mount("remount,ro");
    assert_eq!(open(folder.path()).unwrap_err().code(), "folder_read_only");
    unmount(folder.path());
}

/// As root, with `just disk-faults`.
#[test]
#[ignore = "mounts a file system, for which one must be root: just disk-faults"]
fn disk_faults_without_room_for_a_new_journal_the_old_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    mount(folder.path(), "size=64k");
    let sandbox = open(folder.path()).unwrap();
    let mut created = 0;
    while fs::metadata(&journal).unwrap().len() < 40 << 10 {
        created += 1;
        now_or_never(sandbox.create(request(created, PLAIN))).unwrap();
    }
    let refused = sandbox.compact().unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(sandbox.failure(), None);
    assert!(!folder.path().join("journal.new").exists(), "it takes no room");
    now_or_never(sandbox.create(request(created + 1, PLAIN))).unwrap();
    let expected = all(&sandbox);
    mount(folder.path(), "remount,size=1m");
    sandbox.compact().unwrap();
    drop(sandbox);
    assert_eq!(all(&open(folder.path()).unwrap()), expected);
    unmount(folder.path());
}
