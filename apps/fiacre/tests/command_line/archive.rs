//! `fiacre archive` and backups of a folder in use, on a city that was played.

use super::{FINDINGS, USAGE, exit, json, text, words};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// In memory, where the system has a place for that: an fsync costs nothing there.
fn empty_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn city(data: &Path, minutes: &str) -> Vec<String> {
    let data = data.display();
    words(&format!(
        "city --from 18:00 --hours {minutes} --demand 0.03 --drivers 200 --json --data {data}"
    ))
}

/// Two minutes of a small city, to their end.
fn played(place: &TempDir) -> PathBuf {
    let data = place.path().join("data");
    assert_eq!(exit(&city(&data, "0.03333333333333333")).0, 0);
    data
}

/// What is said of the platform: trips, one of their timelines, the audit and the books.
fn told(data: &Path) -> (String, String, [Value; 3], Value) {
    let data = data.display();
    let list = text(&format!("trip list --data {data}"));
    let trip = list.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    let timeline = text(&format!("trip explain {trip} --data {data}"));
    let audit = json(&format!("audit check {data} --ended"));
    let counts = ["findings_count", "commits", "receipts_verified"].map(|name| audit[name].clone());
    (list, timeline, counts, json(&format!("audit reconcile {data}")))
}

#[test]
fn what_could_not_be_moved_is_counted_and_is_moved_when_one_asks_again() {
    let place = empty_folder();
    let data = played(&place);
    let cold = place.path().join("cold");
    fs::create_dir(&cold).unwrap();
    fs::write(cold.join("000001.segment"), "another store's").unwrap();
    let line = format!(
        "archive --data {} --before 2030-01-01 --to {}",
        data.display(),
        cold.display()
    );
    let dry = json(&format!("{line} --dry-run"));
    let (code, said) = exit(&words(&line));
    assert_eq!(code, USAGE, "{said}");
    assert!(said.contains("000001.segment is there already"), "{said}");
    let failed = json(&line);
    assert_eq!((&failed["moved"], &failed["left"]), (&0.into(), &dry["moved"]));
    fs::remove_file(cold.join("000001.segment")).unwrap();
    let done = json(&line);
    assert_eq!((&done["moved"], &done["left"]), (&dry["moved"], &0.into()));

    let file = place.path().join("file");
    let backup = json(&format!("backup --data {} {}", data.display(), file.display()));
    let places = [fs::canonicalize(&cold).unwrap()];
    assert_eq!(backup["segments_not_in_it"], serde_json::json!(places));
}

#[test]
fn an_archived_city_is_told_as_before() {
    let place = empty_folder();
    let data = played(&place);
    let before = told(&data);
    assert_eq!(before.2[0], 0);
    let line = format!("archive --data {} --before 2030-01-01", data.display());
    let dry = json(&format!("{line} --dry-run"));
    let trips = before.0.lines().count() - 1;
    assert_eq!(
        (&dry["moved"], &dry["segments"]),
        (&trips.into(), &Value::Array(Vec::new()))
    );
    let done = json(&line);
    assert_eq!(done["moved"], trips);
    assert_eq!(told(&data), before);
    let again = json(&line);
    assert_eq!(
        (&again["moved"], &again["segments"]),
        (&0.into(), &Value::Array(Vec::new()))
    );
    let segments = json(&format!("audit segments {}", data.join("archive").display()));
    assert_eq!(
        (&segments["error"], &segments["segments"][0]["sha256"]),
        (&Value::Null, &done["segments"][0]["sha256"])
    );
    let resumed = json(&format!("resume --data {}", data.display()));
    assert_eq!(
        (&resumed["trips"], &resumed["taken_up"]),
        (&trips.into(), &0.into())
    );
    spoil(&data);
}

/// An edited segment is a finding, wherever one asks.
fn spoil(data: &Path) {
    let file = data.join("archive/000001.segment");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    for line in [
        format!("audit check {}", data.display()),
        format!("audit segments {}", data.join("archive").display()),
    ] {
        let (code, said) = exit(&words(&line));
        assert_eq!(code, FINDINGS, "{line}: {said}");
        assert!(json(&line).to_string().contains("segment_edited"), "{line}");
    }
    fs::remove_file(file).unwrap();
    let (code, said) = exit(&words(&format!("audit check {}", data.display())));
    assert_eq!(code, FINDINGS, "{said}");
    let checked = json(&format!("audit check {}", data.display()));
    assert_eq!(checked["findings_count"], 1, "{checked}");
    let text = checked["findings"][0]["text"].to_string();
    assert!(text.contains("commits cannot be read without it"), "{text}");
    let trip = &json(&format!("trip list --data {} --limit 1", data.display()))["trips"][0];
    assert_eq!(
        (&trip["state"], &trip["began_at"], &trip["over"]),
        (&"unreadable".into(), &Value::Null, &Value::Null)
    );
}

/// Another platform's folder, or one of keys, is no place for segments.
#[test]
fn a_place_that_is_there_for_something_else_is_refused() {
    let place = empty_folder();
    let path = |name: &str| place.path().join(name);
    for data in ["data", "other"] {
        assert_eq!(exit(&city(&path(data), "0.1")).0, 0);
    }
    for to in [
        "other",
        "other.vault",
        "data",
        "data/db",
        "other/db/keyspaces",
        "other/sandbox-payments",
    ] {
        let archive = format!(
            "archive --data {} --before 2030-01-01 --to {}",
            path("data").display(),
            path(to).display()
        );
        let answer = json(&archive);
        assert_eq!(answer["error"]["code"], "archive_taken", "{to}: {answer}");
        assert_eq!(answer["error"]["exit_code"], USAGE, "{to}: {answer}");
        assert!(!path(to).join("000001.segment").exists(), "{to}");
    }
}

#[test]
fn what_cannot_be_archived_is_said_by_its_exit_code() {
    let place = empty_folder();
    let data = place.path().join("data");
    let line = format!("archive --data {} --before", data.display());
    assert_eq!(exit(&words(&format!("{line} yesterday"))).0, USAGE);
    assert_eq!(exit(&words(&format!("{line} 2030-01-01"))).0, super::UNREADABLE);
    let nowhere = place.path().join("nowhere");
    assert_eq!(
        exit(&words(&format!("audit segments {}", nowhere.display()))).0,
        super::UNREADABLE
    );
}

/// A city that plays until it is killed.
fn begin(data: &Path, accepted: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(city(data, "0.1"))
        .arg("--ack-log")
        .arg(accepted)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_backup_of_a_folder_in_use_holds_all_that_was_accepted_and_goes_on() {
    let place = empty_folder();
    let path = |name: &str| place.path().join(name);
    let (data, restored) = (path("data"), path("restored"));
    let (accepted, by_then) = (path("accepted"), path("by-then"));
    let mut city = begin(&data, &accepted);
    while fs::read_to_string(&accepted).map_or(0, |text| text.lines().count()) < 10 {
        assert!(city.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    fs::copy(&accepted, &by_then).unwrap();
    let backup = format!("backup --data {} {}", data.display(), path("file").display());
    let answer = json(&backup);
    let is_running = city.try_wait().unwrap().is_none();
    let in_use = exit(&words(&backup));
    city.kill().unwrap();
    city.wait().unwrap();
    assert!(is_running, "it ended by itself");
    assert!(answer["records"].as_u64().unwrap() > 0, "{answer}");
    assert_eq!(in_use.0, USAGE, "a backup takes no other's place: {}", in_use.1);
    assert_eq!(exit(&words(&backup)), in_use, "at rest it is the same mistake");

    let restore = format!("restore {} --data {}", path("file").display(), restored.display());
    assert!(json(&restore)["epoch"].as_u64().unwrap() > 0);
    copy(&data.join("sandbox-payments"), &restored.join("sandbox-payments"));
    copy(&path("data.vault"), &path("restored.vault"));
    let check = |data: &Path, ended: &str| {
        let line = format!(
            "audit check {} --ack-log {}{ended}",
            data.display(),
            by_then.display()
        );
        let (code, said) = exit(&words(&line));
        assert_eq!(code, 0, "{said}");
    };
    check(&restored, "");
    let resume = format!(
        "resume --data {} --ack-log {}",
        restored.display(),
        by_then.display()
    );
    let (code, said) = exit(&words(&resume));
    assert_eq!(code, 0, "{said}");
    check(&restored, " --ended");
}
