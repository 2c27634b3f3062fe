//! What a loss of power leaves of a folder, once whoever took it was told that it is there.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_folder::{OpenError, OwnFolder, PowerWatch, make_folders};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

fn make(path: &Path) -> Result<(), OpenError> {
    fs::write(path, "whole").map_err(|error| OpenError::from_io(path, error))
}

/// What is left of a file of `place` after a loss of power.
fn left(watch: &PowerWatch, place: &Path, file: &str) -> Option<String> {
    let left = tempdir().unwrap();
    watch.lose_power(place, left.path()).unwrap();
    fs::read_to_string(left.path().join(file)).ok()
}

#[test]
fn power_loss_leaves_what_was_made_and_each_folder_that_it_lies_in() {
    let place = tempdir().unwrap();
    let watch = PowerWatch::begin();
    let folder = OwnFolder::take(&place.path().join("a/b/c"), "db").unwrap();
    folder.whole(make).unwrap();
    assert_eq!(left(&watch, place.path(), "a/b/c/db").as_deref(), Some("whole"));
}

#[test]
fn power_loss_before_it_is_whole_leaves_nothing_with_its_name() {
    let place = tempdir().unwrap();
    let watch = PowerWatch::begin();
    let folder = OwnFolder::take(&place.path().join("a"), "db").unwrap();
    let seen = |path: &Path| {
        make(path)?;
        assert_eq!(left(&watch, place.path(), "a/db"), None);
        Ok(())
    };
    folder.whole::<OpenError>(seen).unwrap();
    assert!(left(&watch, place.path(), "a/db").is_some());
}

#[test]
fn power_loss_leaves_names_that_a_killed_process_did_not_come_to_sync() {
    let place = tempdir().unwrap();
    let path = place.path().join("a");
    OwnFolder::take(&path, "db").unwrap().whole(make).unwrap();
    let watch = PowerWatch::begin();
    OwnFolder::take(&path, "db").unwrap().whole(make).unwrap();
    assert!(left(&watch, place.path(), "a/db").is_some());
}

#[test]
fn a_path_may_end_in_no_name_and_begin_here() {
    for path in [".", "/", "src/..", "src"] {
        make_folders(Path::new(path)).unwrap();
    }
    let place = tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(make_folders(&file.join("folder")).is_err());
    assert!(make_folders(&file).is_err());
}
