//! What a folder that cannot be used is told.

use super::time::Time;
use super::world::{World, copy_of, empty_folder};
use crate::database::Database;
use fiacre_conformance::sample::Ids;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Clock, PortErrorKind, Scope, Timer, Timers};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const IDS: Ids = Ids::new(7);

fn timer(number: u32) -> Timer {
    Timer {
        id: TimerId {
            stream: StreamId::Trip(IDS.trip(1)),
            version: Version::new(number),
            kind: TimerKind::OrderExpires,
        },
        due_at: Timestamp::from_ms(0),
        region: IDS.region(),
        trace: None,
    }
}

fn schedule(world: &World, number: u32) {
    let database = world.database();
    let timers = database.timers(world.clock());
    let call = timers.schedule(vec![timer(number)]);
    world.time.block_on(&database, call).unwrap();
}

/// The versions of the timers that are in a folder.
fn found(database: &Database) -> Vec<u32> {
    let time = Time::starting_at(Timestamp::from_ms(0));
    let timers = database.timers(Arc::new(time.clone()));
    let due = timers.due(Scope::of(Service::Trip), 1000, time.now());
    let due = time.block_on(database, due).unwrap();
    due.iter().map(|timer| timer.id.version.get()).collect()
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("db/0.jnl")
}

/// How long a journal is without the room that is reserved.
fn written(journal: &[u8]) -> usize {
    journal
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1)
}

#[test]
fn a_second_process_is_told_who_is_there() {
    let world = World::new();
    let state = world.state.borrow();
    let error = Database::open(state.folder.path()).unwrap_err();
    assert_eq!(error.code(), "folder_in_use");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
}

#[test]
fn a_folder_with_files_of_others_is_left_alone() {
    let folder = empty_folder();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    let error = Database::open(folder.path()).unwrap_err();
    assert_eq!(error.code(), "folder_foreign");
    assert!(error.to_string().contains("letter.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_database_of_others_is_left_alone() {
    let folder = empty_folder();
    fs::create_dir(folder.path().join("db")).unwrap();
    assert_eq!(
        Database::open(folder.path()).unwrap_err().code(),
        "folder_foreign"
    );
}

#[test]
fn a_database_that_a_copy_has_left_without_its_marker_is_told_which_is_missing() {
    let world = World::new();
    let copy = copy_of(world.state.borrow().folder.path());
    fs::remove_file(copy.path().join("db/fiacre")).unwrap();
    let error = Database::open(copy.path()).unwrap_err();
    assert_eq!(error.code(), "folder_unmarked");
    assert!(error.to_string().contains("db/fiacre is missing"), "{error}");
}

#[test]
fn a_newer_format_is_said() {
    let world = World::new();
    let copy = copy_of(world.state.borrow().folder.path());
    fs::write(
        copy.path().join("db/fiacre"),
        "Fiacre's embedded store, format 999\n",
    )
    .unwrap();
    let error = Database::open(copy.path()).unwrap_err();
    assert_eq!(error.code(), "folder_newer");
    fs::write(copy.path().join("db/fiacre"), "?").unwrap();
    assert_eq!(Database::open(copy.path()).unwrap_err().code(), "folder_damaged");
}

#[test]
fn a_start_that_was_cut_short_is_begun_anew() {
    let folder = empty_folder();
    fs::create_dir(folder.path().join("db.new")).unwrap();
    fs::write(folder.path().join("db.new/0.jnl"), "half").unwrap();
    drop(Database::open(folder.path()).unwrap());
    assert!(!folder.path().join("db.new").exists());
}

#[test]
fn foreign_files_among_the_engines_are_said() {
    let world = World::new();
    for foreign in ["db/notes.jnl", "db/keyspaces/notes"] {
        let copy = copy_of(world.state.borrow().folder.path());
        fs::write(copy.path().join(foreign), "?").unwrap();
        let error = Database::open(copy.path()).unwrap_err();
        assert_eq!(error.code(), "folder_damaged", "{foreign}");
    }
}

/// A folder of two groups, and where the first ends in its journal.
fn two_groups() -> (World, usize, usize) {
    let world = World::new();
    let length = |world: &World| written(&fs::read(journal(world.state.borrow().folder.path())).unwrap());
    schedule(&world, 1);
    let first = length(&world);
    schedule(&world, 2);
    let second = length(&world);
    (world, first, second)
}

#[test]
fn damage_before_the_last_group_is_said() {
    let (world, first, _) = two_groups();
    for at in [0, 1, 5, 13, 14, 40, first - 14, first - 13, first - 10, first - 1] {
        let copy = copy_of(world.state.borrow().folder.path());
        let mut bytes = fs::read(journal(copy.path())).unwrap();
        bytes[at] ^= 0xff;
        fs::write(journal(copy.path()), bytes).unwrap();
        let error = Database::open(copy.path()).unwrap_err();
        assert_eq!(error.code(), "folder_damaged", "byte {at}: {error}");
    }
}

#[test]
fn a_journal_that_goes_on_after_a_cut_is_written_further() {
    let (world, _, second) = two_groups();
    schedule(&world, 3);
    let copy = copy_of(world.state.borrow().folder.path());
    let bytes = fs::read(journal(copy.path())).unwrap();
    let third = written(&bytes);
    fs::write(journal(copy.path()), &bytes[..usize::midpoint(second, third)]).unwrap();
    for number in 4..7 {
        let database = Database::open(copy.path()).unwrap();
        let time = Time::starting_at(Timestamp::from_ms(0));
        let timers = database.timers(Arc::new(time.clone()));
        let call = timers.schedule(vec![timer(number)]);
        time.block_on(&database, call).unwrap();
    }
    assert_eq!(found(&Database::open(copy.path()).unwrap()), [1, 2, 4, 5, 6]);
}

#[test]
fn sealed_journals_are_checked_to_their_end() {
    let (world, _, second) = two_groups();
    let copy = copy_of(world.state.borrow().folder.path());
    // As after a rotation: the next journal is there, and the first one is not as it was left.
    let mut next = fs::File::create(copy.path().join("db/1.jnl")).unwrap();
    next.write_all(&[0; 64]).unwrap();
    let mut bytes = fs::read(journal(copy.path())).unwrap();
    bytes[second - 1] ^= 0xff;
    fs::write(journal(copy.path()), bytes).unwrap();
    assert_eq!(Database::open(copy.path()).unwrap_err().code(), "folder_damaged");
}

#[test]
fn after_a_failed_write_nothing_is_written_any_more() {
    let (world, ..) = two_groups();
    let database = world.database();
    database.core().fail("the disk is gone");
    let timers = database.timers(world.clock());
    let call = timers.schedule(vec![timer(3)]);
    let error = world.time.block_on(&database, call).unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert_eq!(found(&database), [1, 2]);
}

#[test]
fn a_thread_of_its_own_writes_groups() {
    let folder = empty_folder();
    let database = Database::open(folder.path()).unwrap();
    let clock = Arc::new(Time::starting_at(Timestamp::from_ms(0)));
    let writing = database.sync_in_background().unwrap();
    let callers: Vec<_> = (1..=4)
        .map(|number| {
            let timers = database.timers(clock.clone());
            std::thread::spawn(move || {
                let call = timers.schedule(vec![timer(number)]);
                super::time::block_on_thread(call).unwrap();
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    drop(writing);
    assert_eq!(found(&database), [1, 2, 3, 4]);
}
