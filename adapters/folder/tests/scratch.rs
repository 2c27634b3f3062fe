//! What is left of folders to work in for a while.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use fiacre_folder::ScratchFolder;
use std::fs::{self, File};
use std::path::Path;
use tempfile::tempdir;

/// As a process leaves it that was killed, after it got so far.
fn left(place: &Path, name: &str, files: &[&str]) {
    fs::create_dir_all(place.join(name).join("work/db")).unwrap();
    for file in files {
        fs::write(place.join(name).join(file), "half").unwrap();
    }
}

fn names(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_a_killed_process_has_left_is_removed_by_the_next_and_nothing_else_is() {
    let place = tempdir().unwrap();
    left(place.path(), "fiacre-scratch-1-0", &["lock", "work/db/0.jnl"]);
    left(place.path(), "fiacre-scratch-1-1", &["lock", "work/db/0.jnl"]);
    fs::create_dir(place.path().join("fiacre-scratch-2-0")).unwrap();
    fs::write(place.path().join("fiacre-scratch-2-0/lock"), "").unwrap();
    let in_use = place.path().join("fiacre-scratch-1-1");
    let lock = File::open(in_use.join("lock")).unwrap();
    lock.lock().unwrap();
    left(place.path(), "fiacre-scratch-begun", &["lock.new"]);
    left(place.path(), "letters", &["lock"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("letters", place.path().join("fiacre-scratch-link")).unwrap();

    let first = ScratchFolder::make_in(place.path()).unwrap();
    for gone in ["fiacre-scratch-1-0", "fiacre-scratch-2-0"] {
        assert!(!place.path().join(gone).exists(), "{gone}");
    }
    assert!(in_use.join("work/db/0.jnl").exists());
    assert!(place.path().join("letters/lock").exists());
    let stay = names(place.path());

    let second = ScratchFolder::make_in(place.path()).unwrap();
    fs::write(first.path().join("mine"), "").unwrap();
    assert!(!second.path().join("mine").exists());
    drop((first, second));
    assert_eq!(names(place.path()).len(), stay.len() - 1);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempdir().unwrap();
    let scratch = ScratchFolder::make_in(place.path()).unwrap();
    let folder = scratch.path().parent().unwrap();
    let mode = fs::metadata(folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn where_nothing_can_be_made_it_is_said() {
    let place = tempdir().unwrap();
    assert!(ScratchFolder::make_in(&place.path().join("none")).is_err());
}
