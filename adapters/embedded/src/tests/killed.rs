//! A process is killed (SIGKILL) at some moment, again and again; what it was told is there.

use super::time::{Time, block_on_thread};
use super::world::empty_folder;
use crate::database::Database;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::stream::EventId;
use fiacre_ports::{
    Appended, Body, Bus, Consistency, EventKinds, EventStore, LoadRequest, Message, Prefetch, Published,
    QueueName, QueueSpec,
};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const IDS: Ids = Ids::new(13);
/// Names the folder of a child, and where it begins.
const CHILD: &str = "FIACRE_EMBEDDED_CHILD";
const KILLS: u64 = 6;

fn queue() -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader("killed", IDS.region()),
        region: IDS.region(),
        events: EventKinds::All,
        commands_of: None,
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

/// The event that is published of driver `number`'s only commit.
fn message(number: u64) -> Message {
    let commit = IDS.commit(IDS.driver(number), 0, number);
    Message {
        body: Body::Event {
            id: EventId::new(commit.stream, commit.expected.next(), 0),
            committed_at: commit.at,
            event: commit.events[0].clone(),
        },
        region: commit.region,
        trace: commit.trace,
        mandatory: true,
    }
}

/// Appends and publishes for ever, and says after each what is acknowledged.
#[test]
fn child() {
    let Ok(place) = std::env::var(CHILD) else {
        return;
    };
    let (first, folder) = place.split_once(' ').unwrap();
    let database = Database::open(folder).unwrap();
    let _writing = database.sync_in_background().unwrap();
    let clock = Arc::new(Time::starting_at(AT));
    let (store, bus) = (database.event_store(clock.clone()), database.bus(clock));
    block_on_thread(bus.declare(&queue())).unwrap();
    // The harness has begun a line.
    println!();
    for number in first.parse::<u64>().unwrap().. {
        let commit = IDS.commit(IDS.driver(number), 0, number);
        let appended = block_on_thread(store.append(vec![commit]));
        assert!(matches!(appended[..], [Appended::Applied(_)]));
        println!("appended {number}");
        let published = block_on_thread(bus.publish(vec![message(number)]));
        assert!(matches!(published[..], [Published::Confirmed]));
        println!("published {number}");
    }
}

/// Runs a child that begins at `first` until it has said `lines` things; gives what it said before it died.
fn run(folder: &Path, first: u64, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "tests::killed::child",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, format!("{first} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut said = said.filter(|line| line.starts_with("appended ") || line.starts_with("published "));
    let mut heard: Vec<_> = said.by_ref().take(lines).collect();
    child.kill().unwrap();
    heard.extend(said);
    child.wait().unwrap();
    heard
}

fn numbers(said: &[String], what: &str) -> BTreeSet<u64> {
    let of_it = said.iter().filter_map(|line| line.strip_prefix(what));
    of_it.map(|number| number.parse().unwrap()).collect()
}

/// Which drivers' commits, and messages, are found.
fn found(folder: &Path, below: u64) -> (BTreeSet<u64>, Vec<Message>) {
    let database = Database::open(folder).unwrap();
    let time = Time::starting_at(AT);
    let (store, bus) = (
        database.event_store(Arc::new(time.clone())),
        database.bus(Arc::new(time.clone())),
    );
    let requests: Vec<_> = (0..below)
        .map(|number| LoadRequest::whole(IDS.driver(number), Consistency::Linearizable))
        .collect();
    let loaded = time.block_on(&database, store.load(&requests));
    let heads = loaded.into_iter().map(|loaded| loaded.unwrap().head.get());
    let there = (0..)
        .zip(heads)
        .filter(|(_, head)| *head == 1)
        .map(|(number, _)| number);
    let messages = async {
        // The child may have died before it did so.
        bus.declare(&queue()).await.unwrap();
        let mut consumer = bus.consume(&queue().name, Prefetch(u16::MAX)).await.unwrap();
        let mut messages = Vec::new();
        loop {
            let deliveries = consumer.next(usize::MAX, AT).await.unwrap();
            if deliveries.is_empty() {
                return messages;
            }
            messages.extend(deliveries.iter().map(|delivery| (*delivery.message).clone()));
        }
    };
    (there.collect(), time.block_on(&database, messages))
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let folder = empty_folder();
    let (mut appended, mut published) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..KILLS {
        // The first is killed while it makes the folder. Each has numbers of its own: of those before, one may be there that
        // was not acknowledged.
        let lines = usize::try_from(round * 37 % 90).unwrap();
        let said = run(folder.path(), round * 1_000, lines);
        appended.extend(numbers(&said, "appended "));
        published.extend(numbers(&said, "published "));
        let below = appended.last().map_or(0, |last| last + 1);
        let (there, messages) = found(folder.path(), below);
        assert!(appended.is_subset(&there));
        for number in &published {
            let sent = message(*number);
            assert!(messages.contains(&sent), "message {number}");
        }
    }
    assert!(!published.is_empty());
}
