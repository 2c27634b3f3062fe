//! A folder that has lost files, or whose files were changed: each command says so, and none takes it for another folder.

use super::folder::empty_folder;
use super::{UNREADABLE, exit, fiacre, text, words};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A short evening, on a folder.
pub(crate) fn played(place: &Path) -> PathBuf {
    let data = place.join("played");
    let line = format!(
        "city --from 18:00 --hours 0.05 --demand 0.02 --drivers 100 --json --data {}",
        data.display()
    );
    let output = fiacre(&words(&line));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    data
}

/// What every command says that opens the folder: its exit code, and `error`.
fn each_command(place: &Path, data: &Path) -> Vec<(String, i32, Value)> {
    let (shown, backup) = (data.display(), place.join("backup"));
    let lines = [
        format!("city --hours 0.05 --data {shown}"),
        format!("audit check {shown}"),
        format!("audit reconcile {shown}"),
        format!("trip list --data {shown}"),
        format!("backup --data {shown} {}", backup.display()),
        format!("archive --data {shown} --before 2030-01-01"),
        format!("resume --data {shown}"),
    ];
    let answers = lines.into_iter().map(|line| {
        let output = fiacre(&words(&format!("{line} --json")));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        (line, output.status.code().unwrap(), answer["error"].clone())
    });
    let answers = answers.collect();
    assert!(!backup.exists(), "no backup is made of what is left");
    answers
}

/// Archived, then edited or lost: whoever goes on needs it, and is told in which folder, and what to do.
#[test]
fn a_segment_that_cannot_be_read_is_no_error_of_ours() {
    let place = empty_folder();
    let data = played(place.path());
    let shown = data.display();
    text(&format!("archive --data {shown} --before 2030-01-01"));
    let segments = fs::read_dir(data.join("archive")).unwrap();
    let segment = segments.last().unwrap().unwrap().path();
    let resume = words(&format!("resume --data {shown} --json"));
    let refused = || {
        let output = fiacre(&resume);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = &answer["error"];
        assert_eq!(output.status.code(), Some(UNREADABLE), "{error}");
        assert_eq!(error["code"], "folder_damaged");
        assert_eq!(error["file"], shown.to_string());
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`fiacre audit check` names it"), "{message}");
    };
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    refused();
    fs::remove_file(&segment).unwrap();
    refused();
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    assert_eq!(exit(&words(&format!("resume --data {shown}"))).0, 0);
}

/// As a kill leaves it in the first second: before the database has its name, and before the payment company is founded.
#[test]
fn a_run_that_was_killed_in_its_first_second_is_clean_and_goes_on() {
    let place = empty_folder();
    let folder = |name: &str| {
        let data = place.path().join(name);
        fs::create_dir(&data).unwrap();
        data
    };
    let (begun, made, founded) = (folder("begun"), folder("made"), folder("founded"));
    fs::create_dir(begun.join("db.new")).unwrap();
    fs::write(begun.join("lock"), "1\n").unwrap();
    for data in [&made, &founded] {
        drop(fiacre_embedded::Database::open(data).unwrap());
    }
    fs::create_dir(founded.join("sandbox-payments")).unwrap();
    fs::write(founded.join("sandbox-payments/lock"), "1\n").unwrap();
    for data in [&begun, &made, &founded] {
        let shown = data.display();
        let checked = text(&format!("audit check {shown}"));
        assert!(checked.contains("verdict  clean"), "{checked}");
        assert_eq!(checked.contains("before anything was accepted"), data == &begun);
        let books = text(&format!("audit reconcile {shown}"));
        assert!(books.contains("the books agree"), "{books}");
    }
    let resume = words(&format!("resume --data {}", begun.display()));
    assert_eq!(exit(&resume), (0, String::new()));
    let city = words(&format!(
        "city --from 18:00 --hours 0.05 --demand 0.01 --drivers 100 --json --data {}",
        begun.display()
    ));
    assert_eq!(exit(&city).0, 0);
}

#[test]
fn a_folder_that_lost_its_journal_or_a_keyspace_is_damaged_for_every_command() {
    let place = empty_folder();
    let data = played(place.path());
    let vault = |data: &Path| data.with_extension("vault");
    let company = fs::read(data.join("sandbox-payments/journal")).unwrap();
    for lost in ["db/0.jnl", "db/keyspaces/0", "db/keyspaces/1", "db/keyspaces/11"] {
        let copy = place.path().join(lost.replace('/', "-"));
        super::folder::copy(&data, &copy);
        super::folder::copy(&vault(&data), &vault(&copy));
        let path = copy.join(lost);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        for (line, code, error) in each_command(place.path(), &copy) {
            assert_eq!(code, UNREADABLE, "{line}: {error}");
            assert_eq!(error["code"], "folder_damaged", "{line}: {error}");
            assert_eq!(error["file"], copy.display().to_string(), "{line}: {error}");
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(lost) && message.contains("backup"),
                "{line}: {message}"
            );
        }
        let kept = fs::read(copy.join("sandbox-payments/journal")).unwrap();
        assert!(kept == company, "no payment is released for want of a log");
    }
}
