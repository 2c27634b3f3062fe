//! Power is lost while a group is written: of its last write, anything may be on disk.

use super::time::Time;
use super::world::{World, copy_into, copy_of, empty_folder};
use crate::database::Database;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::stream::Version;
use fiacre_folder::PowerWatch;
use fiacre_ports::{Appended, Consistency, Cursor, EventStore, LoadRequest};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

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

/// A folder whose last group a killed process has left in the system's memory, opened by a process that has told of it.
fn killed_and_opened(world: &World) -> (TempDir, PowerWatch) {
    let folder = copy_of(world.state.borrow().folder.path());
    let watch = PowerWatch::begin();
    let told = heads(folder.path(), 1);
    assert_eq!(told, 3);
    (folder, watch)
}

#[test]
fn power_loss_after_a_kill_leaves_what_the_next_process_has_answered() {
    let loss = Loss::of_groups(1);
    let (folder, watch) = killed_and_opened(&loss.world);
    let synced = watch.synced(&folder.path().join(JOURNAL)).unwrap();
    assert_eq!(loss.found(&synced), 3);
}

#[test]
fn power_loss_at_every_byte_of_a_group_after_a_kill() {
    let loss = Loss::of_groups(1);
    let (folder, watch) = killed_and_opened(&loss.world);
    let mut synced = watch.synced(&folder.path().join(JOURNAL)).unwrap();
    synced.truncate(loss.after.len());
    let before = copy_of(loss.world.state.borrow().folder.path());
    append(&loss.world, 1, 3);
    let written = journal(loss.world.state.borrow().folder.path());
    // What is noted of a group is noted once it is on disk.
    let found = |journal: &[u8]| {
        let copy = copy_of(before.path());
        fs::write(copy.path().join(JOURNAL), journal).unwrap();
        heads(copy.path(), 1)
    };
    assert!(written.starts_with(&synced) && written.len() > synced.len());
    for length in synced.len()..written.len() {
        assert_eq!(found(&written[..length]), 3, "cut at {length}");
        let mut torn = written[..length].to_vec();
        torn.resize(written.len(), 0xa5);
        assert_eq!(found(&torn), 3, "others' bytes from {length}");
    }
}

/// What a loss of power surely leaves of a folder, but for what the engine syncs by itself: that is as it is.
fn left(watch: &PowerWatch, place: &Path, folder: &str) -> TempDir {
    let left = empty_folder();
    watch.lose_power(place, left.path()).unwrap();
    let database = Path::new(folder).join("db");
    if left.path().join(&database).exists() {
        copy_into(&place.join(&database), &left.path().join(&database));
    }
    left
}

#[test]
fn power_loss_leaves_a_database_that_was_made_in_a_new_folder() {
    let place = empty_folder();
    let watch = PowerWatch::begin();
    drop(Database::open(place.path().join("a/data")).unwrap());
    let left = left(&watch, place.path(), "a/data");
    assert!(left.path().join("a/data/db/fiacre").exists());
    Database::open(left.path().join("a/data")).unwrap();
}

/// Once the store has let go of what lies in a segment, the disk has the segment, wherever it is.
#[test]
fn power_loss_at_any_step_of_an_archive_leaves_every_commit() {
    for elsewhere in [false, true] {
        let place = empty_folder();
        let world = World::new();
        append(&world, 1, 0);
        append(&world, 1, 1);
        append(&world, 1, 2);
        let data = place.path().join("data");
        copy_into(world.state.borrow().folder.path(), &data);
        let watch = PowerWatch::begin();
        let database = Database::open(&data).unwrap();
        let to = elsewhere.then(|| place.path().join("tapes/one"));
        let stream = (IDS.driver(0), Version::new(3));
        let mut steps = 0;
        let moved = database.archive_in_steps(&[stream], to.as_deref(), |step| {
            steps += 1;
            let left = left(&watch, place.path(), "data");
            let (tapes, away) = (place.path().join("tapes"), place.path().join("away"));
            if elsewhere {
                // The store names the place whole: what is left of that is found in the folder's own archive instead.
                copy_into(&left.path().join("tapes/one"), &left.path().join("data/archive"));
                fs::rename(&tapes, &away).unwrap();
            }
            assert_eq!(heads(&left.path().join("data"), 1), 3, "{step:?}");
            if elsewhere {
                fs::rename(&away, &tapes).unwrap();
            }
        });
        assert!(moved.unwrap().is_some());
        assert_eq!(steps, 4);
    }
}
