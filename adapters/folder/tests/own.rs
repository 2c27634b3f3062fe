//! What a folder that one process uses promises, and what whoever cannot use it is told.

use fiacre_folder::{OpenError, OwnFolder};
use std::fs;
use std::io;
use std::path::Path;
use tempfile::tempdir;

fn write(path: &Path) -> Result<(), OpenError> {
    fs::write(path, "whole").map_err(|error| OpenError::from_io(path, error))
}

#[test]
fn the_second_is_told_who_is_there_until_the_first_lets_go() {
    let place = tempdir().unwrap();
    let first = OwnFolder::take(place.path(), "db").unwrap();
    for second in [
        OwnFolder::take(place.path(), "db"),
        OwnFolder::take_to_read(place.path(), "lock"),
    ] {
        let error = second.unwrap_err();
        assert!(
            matches!(error, OpenError::InUse { process, .. } if process == Some(std::process::id())),
            "{error}"
        );
    }
    drop(first);
    assert!(OwnFolder::take(place.path(), "db").is_ok());
}

#[test]
fn readers_share_it_and_keep_writers_out() {
    let place = tempdir().unwrap();
    let folder = OwnFolder::take(place.path(), "db").unwrap();
    folder.whole(write).unwrap();
    drop(folder);
    let readers = [(); 2].map(|()| OwnFolder::take_to_read(place.path(), "db").unwrap());
    let error = OwnFolder::take(place.path(), "db").unwrap_err();
    assert!(matches!(error, OpenError::InUse { process: None, .. }), "{error}");
    drop(readers);
    assert!(OwnFolder::take(place.path(), "db").is_ok());
}

#[test]
fn files_of_others_are_left_alone() {
    let place = tempdir().unwrap();
    fs::write(place.path().join("letter.txt"), "dear").unwrap();
    for refused in [
        OwnFolder::take(place.path(), "db"),
        OwnFolder::take_to_read(place.path(), "db"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.code(), "folder_foreign");
        assert!(error.to_string().contains("letter.txt"), "{error}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_was_used_is_known_for_one() {
    let place = tempdir().unwrap();
    assert!(!OwnFolder::is_one(place.path()));
    drop(OwnFolder::take(place.path(), "db").unwrap());
    assert!(OwnFolder::is_one(place.path()));
}

#[test]
fn what_is_to_be_there_and_is_not_is_said() {
    let place = tempdir().unwrap();
    for refused in [
        OwnFolder::take_existing(place.path(), "db"),
        OwnFolder::take_to_read(place.path(), "db"),
    ] {
        assert_eq!(refused.unwrap_err().code(), "folder_absent");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    fs::write(place.path().join("db.new"), "ha").unwrap();
    let begun = OwnFolder::take_to_read(place.path(), "db").unwrap();
    assert!(!begun.is_whole(), "its making was cut short");
    let nowhere = place.path().join("nowhere");
    assert_eq!(
        OwnFolder::take_to_read(&nowhere, "db").unwrap_err().code(),
        "folder_io"
    );
}

/// Whatever a first start left that was cut short, a file or a folder: it is begun anew, and never taken for whole.
#[test]
fn it_is_there_whole_or_not_at_all() {
    let place = tempdir().unwrap();
    let folder = OwnFolder::take(place.path(), "db").unwrap();
    let cut_short = folder.whole(|path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("half"), "").unwrap();
        Err(OpenError::damaged(path, "cut short"))
    });
    assert_eq!(cut_short.unwrap_err().code(), "folder_damaged");
    assert!(!folder.held().exists());
    drop(folder);

    let folder = OwnFolder::take(place.path(), "db").unwrap();
    fs::remove_dir_all(place.path().join("db.new")).unwrap();
    fs::write(place.path().join("db.new"), "ha").unwrap();
    let held = folder.whole(write).unwrap();
    assert_eq!(fs::read_to_string(&held).unwrap(), "whole");
    assert!(!place.path().join("db.new").exists());
    let again: Result<_, OpenError> = folder.whole(|path| Err(OpenError::damaged(path, "made twice")));
    assert_eq!(again.unwrap(), held);
}

#[test]
fn what_the_system_says_is_sorted() {
    let code = |kind: io::ErrorKind| OpenError::from_io(Path::new("data"), kind.into()).code();
    assert_eq!(code(io::ErrorKind::PermissionDenied), "folder_read_only");
    assert_eq!(code(io::ErrorKind::ReadOnlyFilesystem), "folder_read_only");
    assert_eq!(code(io::ErrorKind::StorageFull), "folder_no_space");
    assert_eq!(code(io::ErrorKind::QuotaExceeded), "folder_no_space");
    assert_eq!(code(io::ErrorKind::TimedOut), "folder_io");
}
