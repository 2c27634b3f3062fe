//! How many commits a second become durable in groups of 256, beside a file that is only appended to and synced.
//!
//! `cargo run --release -p fiacre-embedded --example append_rate -- [GROUPS] [FOLDER]`

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::disallowed_types, reason = "it measures time as it goes by")]

use async_trait::async_trait;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::time::Timestamp;
use fiacre_embedded::Database;
use fiacre_ports::{Appended, Clock, Consistency, EventStore, LoadRequest, NewCommit, Ticket};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

const GROUP: u64 = 256;
/// Events a commit: about as many bytes as an order takes.
const EVENTS: u64 = 8;
/// What such a commit takes.
const BYTES: usize = 400;
/// Commits a stream, as a trip has them.
const COMMITS: u64 = 12;

/// A clock that nobody waits for.
#[derive(Debug)]
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        AT
    }

    async fn wait_until(&self, _: Timestamp) {}
}

/// The commits of one group: each of another stream.
fn group(number: u64) -> Vec<NewCommit> {
    let ids = Ids::new(1);
    let (round, version) = (number / COMMITS, number % COMMITS);
    (0..GROUP)
        .map(|place| {
            let stream = ids.driver(round * GROUP + place);
            let expected = u32::try_from(version).unwrap_or_default();
            let mut commit = ids.commit(stream, expected, number * GROUP + place);
            let event = |event: u64| ids.event(stream, u8::try_from(event).unwrap_or_default());
            commit.events = (0..EVENTS).map(event).collect();
            commit
        })
        .collect()
}

/// Drives a call to its end: writes groups until it has its answer.
fn drive<F: Future>(database: &Database, future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        database.sync();
    }
}

/// Seconds for each group to be written and synced on its own.
fn embedded_s(folder: &Path, groups: u64) -> Result<f64, Box<dyn Error>> {
    let database = Database::open(folder.join("embedded"))?;
    let store = database.event_store(Arc::new(Still));
    let mut spent = 0.0;
    for number in 0..groups {
        let commits = group(number);
        let tickets: Vec<_> = commits
            .iter()
            .map(|commit| Ticket {
                stream: commit.stream,
                version: commit.expected.next(),
            })
            .collect();
        let begun = Instant::now();
        let answers = drive(&database, store.append(commits));
        drive(&database, store.mark_published(&tickets))?;
        spent += begun.elapsed().as_secs_f64();
        if !answers
            .iter()
            .all(|answer| matches!(answer, Appended::Applied(_)))
        {
            return Err("a commit was not applied".into());
        }
    }
    Ok(spent)
}

/// Seconds to open the folder again, as after a crash, and to find the last group in it.
fn reopen_s(folder: &Path, groups: u64) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    let database = Database::open(folder.join("embedded"))?;
    let spent = begun.elapsed().as_secs_f64();
    let store = database.event_store(Arc::new(Still));
    for commit in group(groups.saturating_sub(1)) {
        let request = LoadRequest::whole(commit.stream, Consistency::Linearizable);
        for loaded in drive(&database, store.load(&[request])) {
            if loaded?.head != commit.expected.next() {
                return Err("a commit is missing".into());
            }
        }
    }
    Ok(spent)
}

/// The same bytes, appended to a file.
fn raw_s(folder: &Path, groups: u64) -> Result<f64, Box<dyn Error>> {
    let mut file = File::create(folder.join("raw"))?;
    let commit = vec![0x5a; BYTES];
    let begun = Instant::now();
    for _ in 0..groups {
        let group: Vec<u8> = (0..GROUP).flat_map(|_| commit.iter().copied()).collect();
        file.write_all(&group)?;
        file.sync_data()?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let groups = arguments.next().map_or(Ok(1_000), |groups| groups.parse())?;
    let here = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(here)?;
    let commits = f64::from(u32::try_from(groups * GROUP)?);
    let raw = raw_s(folder.path(), groups)?;
    let embedded = embedded_s(folder.path(), groups)?;
    println!("groups of {GROUP}, {groups} of them, {BYTES} bytes a commit");
    println!("embedded              {:>9.0} commits/s", commits / embedded);
    println!(
        "opened again in       {:>9.3} s",
        reopen_s(folder.path(), groups)?
    );
    println!("append and fdatasync  {:>9.0} commits/s", commits / raw);
    Ok(())
}
