//! What is not as it was written is not restored; nor is what a stranger made, wherever it would lead.

use super::world::{World, copy_of, empty_folder};
use crate::at_rest::{AtRest, Kept};
use crate::backup::{FILE, LINE, ROW};
use crate::database::{Database, Options};
use crate::restore::{RestoreError, restore};
use crate::tests::backup::{append, backed_up};
use fiacre_folder::OpenError;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

const BESIDE: &[&str] = &["run.json"];

/// What is said of a file that is not restored; then there is nothing in the folder but its lock.
fn code(file: &[u8]) -> Option<&'static str> {
    let folder = empty_folder();
    let restored = restore(Cursor::new(file), folder.path(), 1, BESIDE);
    let code = restored.as_ref().err().map(RestoreError::code);
    if code.is_some() {
        let left = fs::read_dir(folder.path()).unwrap();
        let mut left = left.map(|entry| entry.unwrap().file_name());
        assert!(left.all(|name| name == "lock"), "{code:?}");
    }
    code
}

/// A backup of these records, as somebody would make it who knows how: its count and its checksum are right.
fn made(records: &[&[u8]]) -> Vec<u8> {
    let mut file = format!("{LINE}1\n").into_bytes();
    file.extend(0_u32.to_be_bytes());
    file.extend(records.iter().flat_map(|record| record.iter().copied()));
    file.push(0);
    file.extend((records.len() as u64).to_be_bytes());
    let check = xxh3_128(&file);
    file.extend(check.to_be_bytes());
    file
}

fn with_pair(tag: &[u8], name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [tag, &length(name), name, &length(bytes), bytes].concat()
}

fn file_record(name: &str) -> Vec<u8> {
    with_pair(&[FILE], name.as_bytes(), b"evil")
}

#[test]
fn a_file_of_another_name_is_refused_wherever_it_leads() {
    let place = empty_folder();
    let outside = place.path().join("outside");
    let names = [
        "../outside",
        "../../outside",
        "run.json/../../outside",
        outside.to_str().unwrap(),
        "",
        ".",
        "..",
        "/",
        "db",
        "db.new",
        "lock",
        "archive",
        "run.json.new",
        "run.json\0",
        "RUN.JSON",
    ];
    for name in names {
        let folder = place.path().join("data");
        let file = made(&[&file_record(name)]);
        let refused = restore(Cursor::new(&file), &folder, 1, BESIDE).unwrap_err();
        assert_eq!(refused.code(), "backup_damaged", "{name:?}");
        assert!(!folder.exists() && !outside.exists(), "{name:?}");
    }
    assert_eq!(code(&made(&[&file_record("run.json")])), None);
}

#[test]
fn a_backup_that_lies_about_its_sizes_is_refused_before_they_are_believed() {
    let too_long = [&[FILE][..], &u32::MAX.to_be_bytes()].concat();
    let beyond_its_end = [&[ROW, 0][..], &1_000_u32.to_be_bytes()].concat();
    let no_table = with_pair(&[ROW, 200], b"key", b"value");
    for record in [too_long, beyond_its_end, no_table, vec![7]] {
        assert_eq!(code(&made(&[&record])), Some("backup_damaged"), "{record:?}");
    }
    let keyed = |length| code(&made(&[&with_pair(&[ROW, 0], &vec![7; length], b"value")]));
    for (length, refused) in [(0, true), (1, false), (65_535, false), (65_536, true)] {
        let expected = refused.then_some("backup_damaged");
        assert_eq!(keyed(length), expected, "a key of {length} bytes");
    }
    let mut miscounted = made(&[]);
    let count = miscounted.len() - 17;
    miscounted[count] = 9;
    let checked = miscounted.len() - 16;
    let check = xxh3_128(&miscounted[..checked]).to_be_bytes();
    miscounted[checked..].copy_from_slice(&check);
    assert_eq!(code(&miscounted), Some("backup_damaged"));
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
    let restored = restore(Cursor::new(&file), left.path(), 1, BESIDE).unwrap_err();
    assert_eq!(restored.code(), "store_not_empty");
    for letter in ["letter.txt", "run.json", "run.json.new"] {
        let foreign = empty_folder();
        fs::write(foreign.path().join(letter), "dear").unwrap();
        let restored = restore(Cursor::new(&file), foreign.path(), 1, BESIDE).unwrap_err();
        assert_eq!(restored.code(), "folder_foreign", "{letter}");
        assert_eq!(fs::read(foreign.path().join(letter)).unwrap(), b"dear");
    }
}

/// As a kill, or a loss of power, leaves it between any two of its steps: the next restore begins anew.
#[test]
fn a_restore_that_was_cut_short_is_done_again() {
    let world = World::new();
    append(&world, 0..3);
    let file = backed_up(&world);
    for left in [
        &[][..],
        &["run.json.new"],
        &["run.json"],
        &["run.json", "run.json.new"],
    ] {
        let folder = empty_folder();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("db.new")).unwrap();
        fs::write(path("db.new/epoch"), "").unwrap();
        for name in left {
            fs::write(path(name), "half").unwrap();
        }
        let read = AtRest::open(folder.path(), &Options::default());
        assert!(matches!(
            read.unwrap_err(),
            OpenError::Absent { .. } | OpenError::Foreign { .. }
        ));
        restore(Cursor::new(&file), folder.path(), 1, BESIDE).unwrap();
        assert_eq!(fs::read(path("run.json")).unwrap(), b"{}");
        assert!(!path("run.json.new").exists() && !path("db.new").exists());
        assert_eq!(commits(folder.path()), 3);
    }
}

/// A process that was killed leaves them; then its database is moved away, and a backup is to take its place.
#[test]
fn requests_that_nobody_answers_any_more_are_not_in_the_way() {
    let file = backed_up(&World::new());
    let folder = empty_folder();
    let path = |name: &str| folder.path().join("asked").join(name);
    let leave = |names: &[&str]| {
        fs::create_dir_all(path("")).unwrap();
        for name in names {
            fs::write(path(name), "").unwrap();
        }
    };
    let letters = ["letter.ask", "0123456789abcdef.txt"];
    leave(&letters);
    leave(&["0123456789abcdef.ask"]);
    let refused = restore(Cursor::new(&file), folder.path(), 1, BESIDE).unwrap_err();
    assert_eq!(refused.code(), "folder_foreign");
    for letter in letters {
        fs::remove_file(path(letter)).unwrap();
    }
    leave(&["at-work", "0123456789abcdef.taken", "fedcba9876543210.answer"]);
    restore(Cursor::new(&file), folder.path(), 1, BESIDE).unwrap();
    assert!(!path("").exists());

    let begun = empty_folder();
    fs::create_dir(begun.path().join("asked")).unwrap();
    drop(Database::open(begun.path()).unwrap());
}

fn commits(folder: &Path) -> usize {
    AtRest::open(folder, &Options::default())
        .unwrap()
        .streams(Kept::Drivers)
        .count()
}

#[test]
fn what_was_written_by_then_is_restored_and_what_came_later_is_not() {
    let world = World::new();
    append(&world, 0..70);
    let file = backed_up(&world);
    append(&world, 70..75);
    let folder = empty_folder();
    let restored = restore(Cursor::new(&file), folder.path(), 0, BESIDE).unwrap();
    assert_eq!(restored.epoch, 1);
    assert_eq!(commits(folder.path()), 70);
    assert_eq!(fs::read(folder.path().join("run.json")).unwrap(), b"{}");
    let again = AtRest::open(folder.path(), &Options::default()).unwrap();
    let mut second = Vec::new();
    again
        .backup(&[("run.json".to_owned(), b"{}".to_vec())], &mut second)
        .unwrap();
    // Everything but the epoch and what follows from it is the same: table by table, row by row.
    assert_eq!(second.len(), file.len());
    let line = file.iter().position(|byte| *byte == b'\n').unwrap() + 5;
    assert_eq!(second[line..file.len() - 16], file[line..file.len() - 16]);
}

#[test]
fn epochs_rise_above_the_backups_and_above_what_is_asked() {
    let file = backed_up(&World::new());
    let (first, second) = (empty_folder(), empty_folder());
    restore(Cursor::new(&file), first.path(), 1_800_000_000, BESIDE).unwrap();
    let database = Database::open(first.path()).unwrap();
    assert_eq!(database.epoch(), 1_800_000_000);
    let mut later = Vec::new();
    database.backup(&[], &mut later).unwrap();
    assert_eq!(
        restore(Cursor::new(&later), second.path(), 7, BESIDE)
            .unwrap()
            .epoch,
        1_800_000_001
    );
}
