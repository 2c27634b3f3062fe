//! A backup is of one moment, its first line as well.

use super::world::World;
use crate::at_rest::AtRest;
use crate::backup::{BackupError, LINE};
use crate::database::Options;
use crate::restore::restore;
use crate::tests::world::empty_folder;
use fiacre_conformance::sample::Ids;
use fiacre_domain::stream::Version;
use fiacre_ports::{Appended, EventStore};
use std::fs::{self, File};
use std::io::{self, Cursor, Write};

const IDS: Ids = Ids::new(29);

pub(super) fn append(world: &World, commits: std::ops::Range<u32>) {
    let database = world.database();
    let store = database.event_store(world.clock());
    for expected in commits {
        let commit = IDS.commit(IDS.driver(1), expected, u64::from(expected));
        let answers = world.time.block_on(&database, store.append(vec![commit]));
        assert!(matches!(answers[..], [Appended::Applied(_)]));
    }
}

/// A backup with a file beside the database.
pub(super) fn backed_up(world: &World) -> Vec<u8> {
    let mut file = Vec::new();
    let beside = [("run.json".to_owned(), b"{}".to_vec())];
    world.database().backup(&beside, &mut file).unwrap();
    file
}

/// A file that somebody acts upon as soon as the first byte of it is written.
struct Watched<F> {
    bytes: Vec<u8>,
    act: Option<F>,
}

impl<F: FnOnce()> Write for Watched<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(act) = self.act.take() {
            act();
        }
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Streams are archived just when the backup has begun: what its first line says of its rows must still be so.
#[test]
fn the_format_is_that_of_the_moment_of_the_rows() {
    let world = World::new();
    append(&world, 0..3);
    let database = world.database();
    let mut file = Watched {
        bytes: Vec::new(),
        act: Some(|| {
            let moved = database.archive(&[(IDS.driver(1), Version::new(3))], None);
            assert!(moved.unwrap().is_some());
        }),
    };
    world.database().backup(&[], &mut file).unwrap();
    assert!(file.bytes.starts_with(format!("{LINE}1\n").as_bytes()));
    let folder = empty_folder();
    restore(Cursor::new(&file.bytes), folder.path(), 1, &[]).unwrap();
    let restored = AtRest::open(folder.path(), &Options::default()).unwrap();
    assert_eq!(restored.archived(IDS.driver(1)).unwrap(), None);

    let mut later = Vec::new();
    world.database().backup(&[], &mut later).unwrap();
    assert!(later.starts_with(format!("{LINE}2\n").as_bytes()));
}

#[test]
fn a_backup_to_a_file_tells_how_far_it_is_and_takes_no_others_place() {
    let world = World::new();
    let database = world.database();
    let store = database.event_store(world.clock());
    let commits: Vec<_> = (0..9_000)
        .map(|driver| IDS.commit(IDS.driver(driver), 0, driver))
        .collect();
    world.time.block_on(&database, store.append(commits));
    let place = empty_folder();
    let file = place.path().join("backup");
    let mut told = Vec::new();
    let backup = database
        .backup_to(&[], &file, |records| told.push(records))
        .unwrap();
    assert!(!told.is_empty() && told.is_sorted() && told.iter().all(|records| *records <= backup.records));
    let again = database.backup_to(&[], &file, |_| ()).unwrap_err();
    assert!(
        matches!(&again, BackupError::Unplaced(path, _) if *path == file),
        "{again}"
    );
}

/// Whoever was killed while it wrote one left all that it had written, under a name of no meaning.
#[test]
fn what_killed_backups_have_left_is_removed_by_the_next_in_that_place() {
    let world = World::new();
    append(&world, 0..2);
    let place = empty_folder();
    let path = |name: &str| place.path().join(name);
    let (left, held) = (".fiacre-0aB1.backup-unfinished", ".fiacre-2cD3.backup-unfinished");
    for name in [left, held, "yesterday.backup", ".fiacre-4eF5"] {
        fs::write(path(name), "half").unwrap();
    }
    let other = File::open(path(held)).unwrap();
    other.lock().unwrap();
    let database = world.database();
    database.backup_to(&[], &path("today.backup"), |_| ()).unwrap();
    let entries = fs::read_dir(place.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [held, ".fiacre-4eF5", "today.backup", "yesterday.backup"]);
}
