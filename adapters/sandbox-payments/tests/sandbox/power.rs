//! Power is lost after a kill: what the next process has answered of the dead one's records is there all the same.

use crate::stage::{HandClock, PLAIN, key, now_or_never, request};
use fiacre_folder::PowerWatch;
use fiacre_ports::{Cursor, IntentView, Operation, PaymentGateway};
use fiacre_sandbox_payments::Sandbox;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

fn open(folder: &Path) -> Sandbox {
    Sandbox::open(folder, 1, Arc::new(HandClock::default())).unwrap()
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("journal")
}

fn all(sandbox: &Sandbox) -> Vec<IntentView> {
    now_or_never(sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents
}

fn hold(sandbox: &Sandbox, trip: u128) {
    let view = now_or_never(sandbox.create(request(trip, PLAIN))).unwrap();
    now_or_never(sandbox.confirm(view.intent, key(trip, Operation::Confirm))).unwrap();
}

/// A folder in memory, where the system has a place for that: a sync costs nothing there.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempdir()).unwrap()
}

/// What a loss of power surely leaves of a folder.
fn left(watch: &PowerWatch, folder: &Path) -> TempDir {
    let left = in_memory();
    watch.lose_power(folder, left.path()).unwrap();
    left
}

/// A company with a hold in the system's memory alone, opened by a process that has told of it.
fn killed_and_opened() -> (TempDir, PowerWatch, Sandbox) {
    let folder = tempdir().unwrap();
    let sandbox = open(folder.path());
    hold(&sandbox, 1);
    drop(sandbox);
    let watch = PowerWatch::begin();
    let sandbox = open(folder.path());
    assert_eq!(all(&sandbox).len(), 1);
    (folder, watch, sandbox)
}

#[test]
fn power_loss_after_a_kill_leaves_what_the_next_process_has_answered() {
    let (folder, watch, sandbox) = killed_and_opened();
    let left = left(&watch, folder.path());
    assert_eq!(all(&open(left.path())), all(&sandbox));
}

#[test]
fn power_loss_at_every_byte_past_the_last_sync_after_a_kill() {
    let (folder, watch, sandbox) = killed_and_opened();
    let told = all(&sandbox);
    let synced = watch.synced(&journal(folder.path())).unwrap();
    hold(&sandbox, 2);
    let written = fs::read(journal(folder.path())).unwrap();
    let left = in_memory();
    let found = |bytes: &[u8]| {
        fs::write(journal(left.path()), bytes).unwrap();
        all(&open(left.path()))
    };
    assert_eq!(found(&written), all(&sandbox));
    for length in synced.len()..written.len() {
        let mut torn = written[..length].to_vec();
        assert!(found(&torn).starts_with(&told), "{length} bytes");
        torn.resize(written.len() + 4_096, 0);
        assert!(found(&torn).starts_with(&told), "zeros from {length}");
        torn[length..].fill(0xa5);
        assert!(found(&torn).starts_with(&told), "others' bytes from {length}");
    }
}

#[test]
fn power_loss_leaves_a_company_that_was_founded_in_a_new_folder() {
    let place = tempdir().unwrap();
    let watch = PowerWatch::begin();
    let sandbox = open(&place.path().join("a/bank"));
    hold(&sandbox, 1);
    let left = left(&watch, place.path());
    assert_eq!(all(&open(&left.path().join("a/bank"))), all(&sandbox));
}
