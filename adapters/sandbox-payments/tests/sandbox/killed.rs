//! The process that the company lives in is killed (SIGKILL) at some moment, again and again; what it answered is there.

use crate::stage::{HandClock, is_held, key, now_or_never, request};
use fiacre_ports::{Cursor, IntentView, Operation, PaymentGateway};
use fiacre_sandbox_payments::{Sandbox, methods};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Names the folder of a child, and where it begins.
const CHILD: &str = "FIACRE_SANDBOX_CHILD";
const KILLS: u128 = 5;
const LINES: usize = 40;

fn open(folder: &Path) -> Sandbox {
    Sandbox::open(folder, 1, Arc::new(HandClock::default())).unwrap()
}

fn all(sandbox: &Sandbox) -> BTreeMap<u128, IntentView> {
    let listed = now_or_never(sandbox.list(&Cursor::default(), usize::MAX))
        .unwrap()
        .intents;
    let by_trip = listed.into_iter().map(|view| (view.key.trip.to_u128(), view));
    by_trip.collect()
}

/// Creates and confirms for ever, says after each what was answered, and writes its journal anew after each trip.
#[test]
fn child() {
    let Ok(place) = std::env::var(CHILD) else {
        return;
    };
    let (first, folder) = place.split_once(' ').unwrap();
    let sandbox = open(folder.as_ref());
    // The harness has begun a line.
    println!();
    for trip in first.parse::<u128>().unwrap().. {
        let view = now_or_never(sandbox.create(request(trip, methods::PM_OK))).unwrap();
        println!("created {trip}");
        now_or_never(sandbox.confirm(view.intent, key(trip, Operation::Confirm))).unwrap();
        println!("held {trip}");
        // In the midst of which it may be killed as well.
        sandbox.compact().unwrap();
    }
}

/// Runs a child that begins at `first` until it has said so much; gives what it said before it died.
fn run(folder: &Path, first: u128) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{first} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut said = said.filter(|line| line.starts_with("created ") || line.starts_with("held "));
    let mut heard: Vec<_> = said.by_ref().take(LINES).collect();
    child.kill().unwrap();
    heard.extend(said);
    child.wait().unwrap();
    heard
}

#[test]
fn whatever_was_answered_before_a_kill_is_there_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut before, mut first) = (BTreeMap::new(), 1);
    for _ in 0..KILLS {
        let said = run(folder.path(), first);
        assert!(said.len() >= LINES);
        let found = all(&open(folder.path()));
        for line in said {
            let (what, trip) = line.split_once(' ').unwrap();
            let view = found[&trip.parse::<u128>().unwrap()];
            assert!(what == "created" || is_held(view.status), "{line}: {view:?}");
        }
        assert!(before.iter().all(|(trip, view)| found.get(trip) == Some(view)));
        first = found.keys().max().unwrap() + 1;
        before = found;
    }
}
