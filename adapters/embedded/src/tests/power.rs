//! Power is lost while a group is written: of its last write, anything may be on disk.

use super::time::Time;
use super::world::{World, copy_of};
use crate::database::Database;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_ports::{Appended, Consistency, Cursor, EventStore, LoadRequest};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const IDS: Ids = Ids::new(11);
const PAGE: usize = 4096;
const JOURNAL: &str = "db/0.jnl";

/// Appends one group: a commit to each of `streams` drivers.
fn append(world: &World, streams: u64, expected: u32) {
    let database = world.database();
    let store = database.event_store(world.clock());
    let commits = (0..streams)
        .map(|driver| IDS.commit(IDS.driver(driver), expected, u64::from(expected) * 1_000 + driver))
        .collect();
    let answers = world.time.block_on(&database, store.append(commits));
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Appended::Applied(_)))
    );
}

/// What the disk has written of the journal.
fn journal(folder: &Path) -> Vec<u8> {
    let mut bytes = fs::read(folder.join(JOURNAL)).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(written);
    bytes
}

/// How many commits a folder holds of each of its streams: all of them alike, since a group is there whole or not at all.
fn heads(folder: &Path, streams: u64) -> u32 {
    let database = Database::open(folder).unwrap();
    let time = Time::starting_at(AT);
    let store = database.event_store(Arc::new(time.clone()));
    let requests: Vec<_> = (0..streams)
        .map(|driver| LoadRequest::whole(IDS.driver(driver), Consistency::Linearizable))
        .collect();
    let loaded = time.block_on(&database, store.load(&requests));
    let heads: Vec<_> = loaded
        .into_iter()
        .map(|loaded| loaded.unwrap().head.get())
        .collect();
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    let scanned = time
        .block_on(&database, store.scan(&Cursor::default(), usize::MAX))
        .unwrap();
    assert_eq!(scanned.entries.len() as u64, u64::from(heads[0]) * streams);
    heads[0]
}

/// A folder in which three groups are acknowledged, and the journal before and after the third.
struct Loss {
    world: World,
    streams: u64,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Loss {
    fn of_groups(streams: u64) -> Self {
        let world = World::new();
        let journal = |world: &World| journal(world.state.borrow().folder.path());
        append(&world, streams, 0);
        append(&world, streams, 1);
        let before = journal(&world);
        append(&world, streams, 2);
        let after = journal(&world);
        Self {
            world,
            streams,
            before,
            after,
        }
    }

    /// What is found where the disk holds this journal.
    fn found(&self, journal: &[u8]) -> u32 {
        let copy = copy_of(self.world.state.borrow().folder.path());
        fs::write(copy.path().join(JOURNAL), journal).unwrap();
        heads(copy.path(), self.streams)
    }
}

#[test]
fn power_loss_at_every_byte_past_the_last_fsync() {
    let loss = Loss::of_groups(1);
    for length in loss.before.len()..loss.after.len() {
        assert_eq!(loss.found(&loss.after[..length]), 2, "cut at {length}");
    }
    assert_eq!(loss.found(&loss.after), 3);
}

#[test]
fn power_loss_leaves_room_that_was_reserved() {
    let loss = Loss::of_groups(1);
    for length in (loss.before.len()..loss.after.len()).step_by(7) {
        let mut journal = loss.after[..length].to_vec();
        journal.resize(loss.after.len() + PAGE, 0);
        assert_eq!(loss.found(&journal), 2, "zeros from {length}");
    }
}

#[test]
fn power_loss_tears_each_page_of_the_last_group() {
    let loss = Loss::of_groups(80);
    let (first, end) = (loss.before.len(), loss.after.len());
    assert!(end - first > 3 * PAGE);
    let pages = (first / PAGE)..end.div_ceil(PAGE);
    for page in pages {
        let torn = (page * PAGE).max(first)..((page + 1) * PAGE).min(end);
        for garbage in [0, 0xa5, 1] {
            let mut journal = loss.after.clone();
            journal[torn.clone()].fill(garbage);
            assert_eq!(loss.found(&journal), 2, "page {page} full of {garbage}");
        }
        let mut journal = loss.after.clone();
        let (from, length) = (torn.start, torn.len());
        journal.copy_within(first..first + length, from);
        let found = loss.found(&journal);
        assert_eq!(
            found,
            if from == first { 3 } else { 2 },
            "page {page} from elsewhere"
        );
    }
}

#[test]
fn power_loss_while_the_first_group_is_written() {
    let world = World::new();
    let empty = copy_of(world.state.borrow().folder.path());
    append(&world, 1, 0);
    let written = journal(world.state.borrow().folder.path());
    for length in (0..written.len()).step_by(5) {
        let copy = copy_of(empty.path());
        fs::write(copy.path().join(JOURNAL), &written[..length]).unwrap();
        assert_eq!(heads(copy.path(), 1), 0, "cut at {length}");
    }
}
