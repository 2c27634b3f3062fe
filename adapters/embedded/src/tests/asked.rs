//! Whoever asks another process for a backup gets its own answer, and learns why none comes.

use super::world::World;
use crate::asked::{AskError, Patience, Request, ask_for_backup};
use crate::database::Database;
use crate::tests::world::empty_folder;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const SHORT: Patience = Patience {
    until_taken: 3,
    at_work: 6,
};

fn folder_of(world: &World) -> PathBuf {
    world.state.borrow().folder.path().to_owned()
}

/// A request at a process that uses the folder and takes none.
fn asked(world: &World) -> Request {
    Request::leave(&folder_of(world), Path::new("/nowhere/file")).unwrap()
}

fn code(request: &Request) -> &'static str {
    request.wait(SHORT, |_| ()).unwrap_err().code()
}

#[test]
fn a_backup_is_written_once_and_the_answer_is_the_same_as_at_rest() {
    let (world, place) = (World::new(), empty_folder());
    let (folder, file) = (folder_of(&world), place.path().join("backup"));
    let database = world.database();
    let serving = database.serve_backups(&[]).unwrap();
    assert_eq!(ask_for_backup(&folder, &file, |_| ()).unwrap().epoch, 0);
    let again = ask_for_backup(&folder, &file, |_| ()).unwrap_err();
    let at_rest = database.backup_to(&[], &file, |_| ()).unwrap_err();
    assert_eq!(
        (again.code(), again.to_string()),
        (at_rest.code(), at_rest.to_string())
    );
    assert_eq!(fs::read_dir(folder.join("asked")).unwrap().count(), 0);
    drop(serving);
    assert!(!folder.join("asked").exists());
}

/// Processes' ids come again: what another has left must not be taken for an answer to this one.
#[test]
fn an_answer_that_was_left_for_another_is_not_taken() {
    let (world, place) = (World::new(), empty_folder());
    let (folder, file) = (folder_of(&world), place.path().join("backup"));
    let serving = world.database().serve_backups(&[]).unwrap();
    for number in 0..100 {
        let name = format!("asked/{}-{number}.answer", std::process::id());
        fs::write(folder.join(name), "done 77 77").unwrap();
    }
    let backup = ask_for_backup(&folder, &file, |_| ()).unwrap();
    assert_eq!((backup.epoch, file.exists()), (0, true));
    drop(serving);
    let (one, other) = (asked(&world), asked(&world));
    assert_ne!(one.asked, other.asked);
}

#[test]
fn a_process_that_takes_no_requests_is_silent_and_one_at_work_is_not() {
    let world = World::new();
    let request = asked(&world);
    assert_eq!(code(&request), "backup_ask_silent");
    // It writes another's backup, and comes no further with it.
    let work = request.asked.with_file_name("at-work");
    fs::write(&work, "5").unwrap();
    assert_eq!(code(&request), "backup_ask_stuck");
    fs::remove_file(&work).unwrap();
    fs::rename(&request.asked, request.asked.with_extension("taken")).unwrap();
    assert_eq!(code(&request), "backup_ask_stuck");
}

#[test]
fn a_process_that_comes_further_is_waited_for_and_heard() {
    let world = World::new();
    let request = asked(&world);
    let taken = request.asked.with_extension("taken");
    fs::rename(&request.asked, &taken).unwrap();
    let work = request.asked.with_file_name("at-work");
    fs::write(&work, "0").unwrap();
    let heard = RefCell::new(Vec::new());
    // Each word is answered with the next, and the last with the end: as slowly as it likes.
    let answer = request.wait(SHORT, |records| {
        heard.borrow_mut().push(records);
        if records < 9 {
            fs::write(&work, (records + 1).to_string()).unwrap();
        } else {
            fs::write(request.asked.with_extension("answer"), "done 3 9").unwrap();
        }
    });
    assert_eq!(
        (answer.unwrap().epoch, heard.into_inner()),
        (3, (0..=9).collect())
    );
}

#[test]
fn an_answer_that_cannot_be_left_is_not_waited_for() {
    let world = World::new();
    let request = asked(&world);
    fs::remove_file(&request.asked).unwrap();
    let lost = request.wait(Patience::USUAL, |_| ()).unwrap_err();
    assert!(
        matches!(&lost, AskError::Lost { file, .. } if file == Path::new("/nowhere/file")),
        "{lost}"
    );
}

#[test]
fn a_process_that_has_ended_is_told_apart() {
    let place = empty_folder();
    drop(Database::open(place.path()).unwrap());
    let request = Request::leave(place.path(), Path::new("/nowhere/file")).unwrap();
    let ended = request.wait(Patience::USUAL, |_| ()).unwrap_err();
    assert_eq!(ended.code(), "backup_ask_ended");
}

#[test]
fn a_backup_that_is_finished_as_the_process_ends_is_answered() {
    let (world, place) = (World::new(), empty_folder());
    let (folder, file) = (folder_of(&world), place.path().join("backup"));
    let serving = world.database().serve_backups(&[]).unwrap();
    let request = Request::leave(&folder, &file).unwrap();
    while request.asked.exists() {
        thread::yield_now();
    }
    drop(serving);
    let backup = request.wait(Patience::USUAL, |_| ()).unwrap();
    assert_eq!((backup.epoch, file.exists()), (0, true));
}

#[test]
fn a_request_that_waits_as_the_process_ends_learns_that_it_has_ended() {
    let place = empty_folder();
    let database = Database::open(place.path()).unwrap();
    let serving = database.serve_backups(&[]).unwrap();
    let request = Request {
        folder: place.path().to_owned(),
        file: place.path().join("backup"),
        asked: place.path().join("asked/waits.ask"),
    };
    // Nothing takes a folder's name, so that the request is not taken.
    fs::create_dir(request.asked.with_extension("taken")).unwrap();
    fs::write(&request.asked, "/nowhere/file").unwrap();
    drop((serving, database));
    let ended = request.wait(Patience::USUAL, |_| ()).unwrap_err();
    assert_eq!(ended.code(), "backup_ask_ended", "{ended}");
}

#[test]
fn a_folder_that_somebody_makes_as_the_process_begins_is_taken() {
    let world = World::new();
    let place = folder_of(&world).join("asked");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                let _made = fs::create_dir_all(&place);
            }
        });
        let served: Vec<_> = (0..100)
            .map(|_| world.database().serve_backups(&[]).map(drop))
            .collect();
        is_over.store(true, Ordering::Release);
        for serving in served {
            serving.unwrap();
        }
    });
}

#[test]
fn a_request_that_cannot_be_read_is_answered() {
    let world = World::new();
    let serving = world.database().serve_backups(&[]).unwrap();
    let folder = folder_of(&world).join("asked");
    let request = Request {
        folder: folder_of(&world),
        file: PathBuf::new(),
        asked: folder.join("no-text.ask"),
    };
    fs::write(folder.join("no-text.new"), [0xff, 0xfe]).unwrap();
    fs::rename(folder.join("no-text.new"), &request.asked).unwrap();
    let refused = request.wait(Patience::USUAL, |_| ()).unwrap_err();
    assert_eq!(refused.code(), "backup_ask_request", "{refused}");
    drop(serving);
}

#[test]
fn an_answer_of_another_release_is_not_guessed_at() {
    let world = World::new();
    for answer in [
        "",
        "done",
        "done x y",
        "failed",
        "failed new_code why",
        "maybe 1 2",
    ] {
        let request = asked(&world);
        fs::write(request.asked.with_extension("answer"), answer).unwrap();
        assert_eq!(code(&request), "backup_ask_request", "{answer:?}");
    }
}
