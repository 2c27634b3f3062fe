//! A backup holds what was acknowledged before it, whole; what is not as it was written is not restored.

use super::world::{World, copy_of, empty_folder};
use crate::at_rest::{AtRest, Kept};
use crate::backup::{RestoreError, restore};
use crate::database::{Database, Options};
use fiacre_conformance::sample::Ids;
use fiacre_ports::{Appended, EventStore};
use std::fs;
use std::io::Cursor;
use std::path::Path;

const IDS: Ids = Ids::new(29);

fn append(world: &World, commits: std::ops::Range<u32>) {
    let database = world.database();
    let store = database.event_store(world.clock());
    for expected in commits {
        let commit = IDS.commit(IDS.driver(1), expected, u64::from(expected));
        let answers = world.time.block_on(&database, store.append(vec![commit]));
        assert!(matches!(answers[..], [Appended::Applied(_)]));
    }
}

fn commits(folder: &Path) -> usize {
    AtRest::open(folder, &Options::default())
        .unwrap()
        .streams(Kept::Drivers)
        .count()
}

fn beside() -> Vec<(String, Vec<u8>)> {
    vec![("run.json".to_owned(), b"{}".to_vec())]
}

fn backed_up(world: &World) -> Vec<u8> {
    let mut file = Vec::new();
    world.database().backup(&beside(), &mut file).unwrap();
    file
}

fn code(file: &[u8]) -> Option<&'static str> {
    let folder = empty_folder();
    let restored = restore(Cursor::new(file), folder.path(), 1);
    let code = restored.as_ref().err().map(RestoreError::code);
    assert_eq!(folder.path().join("db").exists(), code.is_none());
    code
}

#[test]
fn what_was_written_by_then_is_restored_and_what_came_later_is_not() {
    let world = World::new();
    append(&world, 0..70);
    let file = backed_up(&world);
    append(&world, 70..75);
    let folder = empty_folder();
    let restored = restore(Cursor::new(&file), folder.path(), 0).unwrap();
    assert_eq!(restored.epoch, 1);
    assert_eq!(commits(folder.path()), 70);
    assert_eq!(fs::read(folder.path().join("run.json")).unwrap(), b"{}");
    let again = AtRest::open(folder.path(), &Options::default()).unwrap();
    let mut second = Vec::new();
    again.backup(&beside(), &mut second).unwrap();
    // Everything but the epoch and what follows from it is the same: table by table, row by row.
    assert_eq!(second.len(), file.len());
    let line = file.iter().position(|byte| *byte == b'\n').unwrap() + 5;
    assert_eq!(second[line..file.len() - 16], file[line..file.len() - 16]);
}

#[test]
fn epochs_rise_above_the_backups_and_above_what_is_asked() {
    let file = backed_up(&World::new());
    let (first, second) = (empty_folder(), empty_folder());
    restore(Cursor::new(&file), first.path(), 1_800_000_000).unwrap();
    let database = Database::open(first.path()).unwrap();
    assert_eq!(database.epoch(), 1_800_000_000);
    let mut later = Vec::new();
    database.backup(&[], &mut later).unwrap();
    assert_eq!(
        restore(Cursor::new(&later), second.path(), 7).unwrap().epoch,
        1_800_000_001
    );
}

#[test]
fn a_backup_that_is_cut_anywhere_is_refused() {
    let world = World::new();
    append(&world, 0..2);
    let file = backed_up(&world);
    assert_eq!(code(&file), None);
    for length in 0..file.len() {
        let expected = if length < 26 {
            "backup_not_fiacre"
        } else {
            "backup_damaged"
        };
        assert_eq!(
            code(&file[..length]),
            Some(expected),
            "{length} of {}",
            file.len()
        );
    }
    let longer: Vec<_> = file.iter().copied().chain([0]).collect();
    assert_eq!(code(&longer), Some("backup_damaged"));
}

#[test]
fn a_backup_with_an_edited_byte_is_refused() {
    let world = World::new();
    append(&world, 0..1);
    let file = backed_up(&world);
    for place in 0..file.len() {
        let mut edited = file.clone();
        edited[place] ^= 0x10;
        assert!(code(&edited).is_some(), "byte {place}");
    }
}

#[test]
fn a_newer_backup_and_what_is_none_are_told_apart() {
    assert_eq!(code(b"Fiacre's backup, format 9\n"), Some("backup_newer"));
    assert_eq!(code(b"dear\n"), Some("backup_not_fiacre"));
    assert_eq!(code(b""), Some("backup_not_fiacre"));
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let world = World::new();
    append(&world, 0..1);
    let file = backed_up(&world);
    let left = copy_of(world.state.borrow().folder.path());
    let restored = restore(Cursor::new(&file), left.path(), 1).unwrap_err();
    assert_eq!(restored.code(), "store_not_empty");
    let foreign = empty_folder();
    fs::write(foreign.path().join("letter.txt"), "dear").unwrap();
    let restored = restore(Cursor::new(&file), foreign.path(), 1).unwrap_err();
    assert_eq!(restored.code(), "folder_foreign");
}
