//! Files of a folder are lost: what is left is never taken for a platform to which nothing happened.

use super::time::Time;
use super::world::{World, copy_of, empty_folder};
use crate::at_rest::AtRest;
use crate::database::{Database, Options};
use crate::journal;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_folder::OpenError;
use fiacre_ports::{Appended, EventStore};
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const IDS: Ids = Ids::new(29);
const JOURNAL: &str = "db/0.jnl";
const WITNESS: &str = "db/written";

fn append(database: &Database, time: &Time, expected: u32) {
    let store = database.event_store(Arc::new(time.clone()));
    let commit = IDS.commit(IDS.driver(0), expected, u64::from(expected) + 1);
    let answers = time.block_on(database, store.append(vec![commit]));
    assert!(matches!(answers[..], [Appended::Applied(_)]), "{answers:?}");
}

/// Of a process that was killed once it had written so many groups.
fn killed_after(groups: u32) -> TempDir {
    let world = World::new();
    (0..groups).for_each(|group| append(&world.database(), &world.time, group));
    copy_of(world.state.borrow().folder.path())
}

/// Of a process that has ended in order.
fn ended_after(groups: u32) -> TempDir {
    let (folder, time) = (empty_folder(), Time::starting_at(AT));
    let database = Database::open(folder.path()).unwrap();
    (0..groups).for_each(|group| append(&database, &time, group));
    drop(database);
    folder
}

/// What whoever writes to a folder is told, and whoever reads it: the same.
fn refused(folder: &Path) -> OpenError {
    let read = AtRest::open(folder, &Options::default()).unwrap_err();
    let opened = Database::open(folder).unwrap_err();
    assert_eq!(read.to_string(), opened.to_string());
    opened
}

/// Where each group ends in a journal: a byte more is one of the next.
fn written(journal: &Path) -> u64 {
    let bytes = fs::read(journal).unwrap();
    bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1) as u64
}

#[test]
fn what_the_engine_would_make_anew_is_missed() {
    for folder in [killed_after(1), ended_after(1)] {
        let keyspaces = fs::read_dir(folder.path().join("db/keyspaces")).unwrap();
        let keyspaces: Vec<_> = keyspaces.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(keyspaces.len(), 16);
        let keyspaces = keyspaces
            .iter()
            .map(|name| format!("db/keyspaces/{}", name.display()));
        let files = [JOURNAL, "db/version", "db/keyspaces"].map(str::to_owned);
        for lost in files.into_iter().chain(keyspaces) {
            let copy = copy_of(folder.path());
            let path = copy.path().join(&lost);
            if path.is_dir() {
                fs::remove_dir_all(&path).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            for _ in 0..2 {
                let error = refused(copy.path());
                assert_eq!(error.code(), "folder_damaged", "{lost}: {error}");
                assert!(error.to_string().contains(&lost), "{lost}: {error}");
            }
            assert!(!path.exists(), "{lost} is not made anew");
        }
    }
}

#[test]
fn a_journal_that_went_further_is_refused_and_left_as_it_is() {
    for (folder, groups) in [(killed_after(1), 1), (ended_after(1), 1), (ended_after(3), 3)] {
        let end = written(&folder.path().join(JOURNAL));
        for length in [0, 1, end / 2, end - 1] {
            let copy = copy_of(folder.path());
            let journal = copy.path().join(JOURNAL);
            OpenOptions::new()
                .write(true)
                .open(&journal)
                .unwrap()
                .set_len(length)
                .unwrap();
            let error = refused(copy.path());
            assert_eq!(error.code(), "folder_damaged", "{groups}, {length}: {error}");
            assert!(error.to_string().contains(JOURNAL), "{error}");
            assert_eq!(
                fs::metadata(&journal).unwrap().len(),
                length,
                "nothing is cut off"
            );
        }
    }
}

/// The last group of a process that was killed may be one that was acknowledged to nobody.
#[test]
fn a_torn_end_is_no_loss() {
    let folder = killed_after(3);
    let journal = folder.path().join(JOURNAL);
    let end = written(&journal);
    OpenOptions::new()
        .write(true)
        .open(&journal)
        .unwrap()
        .set_len(end - 1)
        .unwrap();
    assert!(AtRest::open(folder.path(), &Options::default()).unwrap().is_cut());
    drop(Database::open(folder.path()).unwrap());
}

#[test]
fn where_nothing_was_written_nothing_is_missed() {
    for folder in [killed_after(0), ended_after(0)] {
        File::create(folder.path().join(JOURNAL)).unwrap();
        let read = AtRest::open(folder.path(), &Options::default()).unwrap();
        assert_eq!(read.commits_about(), 0);
        drop(read);
        assert!(Database::open(folder.path()).unwrap().is_empty().unwrap());
    }
}

#[test]
fn a_folder_from_before_there_were_witnesses_gets_one() {
    let folder = killed_after(2);
    fs::remove_file(folder.path().join(WITNESS)).unwrap();
    drop(Database::open(folder.path()).unwrap());
    File::create(folder.path().join(JOURNAL)).unwrap();
    assert_eq!(refused(folder.path()).code(), "folder_damaged");
}

#[test]
fn a_witness_that_says_something_else_is_none() {
    let folder = killed_after(1);
    for text in [
        "",
        "journal 0\nwrite 1\n",
        "journal 0\nwrite 1\nkeyspaces 16",
        "journal 0\nwrite x\nkeyspaces 16\n",
    ] {
        fs::write(folder.path().join(WITNESS), text).unwrap();
        let error = refused(folder.path());
        assert_eq!(error.code(), "folder_damaged", "{text}");
        assert!(error.to_string().contains(WITNESS), "{error}");
    }
}

/// The engine removes a journal once the tables hold what is in it; a newer one is there then.
#[test]
fn a_journal_may_go_once_there_is_a_newer_one() {
    let folder = killed_after(1);
    let database = folder.path().join("db");
    let least = journal::mend(&database, None).unwrap().tip;
    assert!(least.write.is_some());
    fs::remove_file(database.join("0.jnl")).unwrap();
    File::create(database.join("1.jnl")).unwrap();
    let tip = journal::mend(&database, Some(least)).unwrap().tip;
    assert_eq!((tip.journal, tip.write), (1, None));
}
