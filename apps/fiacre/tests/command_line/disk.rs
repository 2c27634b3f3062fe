//! A city whose disk fails in the middle of a commit: it says so, nothing is half-written, and it goes on once there is room.
//!
//! The disk fails by a limit that the system sets upon a running process: what lies beyond it in a file cannot be written any more.
//! `.ci/disk-full` does the same with file systems that are full.

use super::{UNWRITTEN, json, words};
use crate::folder::{empty_folder, lines};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Of each file nothing is written beyond so many bytes: more than the vault, the company's records and the list of trips have, so that
/// it is the store whose disk fails.
const LIMIT: &str = "--fsize=100000";

/// Runs `fiacre` once the shell has done what `first` says; a write beyond a limit fails, as on a disk, where else the signal for
/// it would end the process.
fn begin(first: &str, line: &str) -> Child {
    let script = format!("trap '' XFSZ; {first} exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_fiacre")])
        .args(words(line))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Its exit code and stable code are those of a folder that cannot be written, and its words say how to go on.
fn assert_unwritten(process: Child) {
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(UNWRITTEN), "{said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = &answer["error"];
    assert_eq!(
        (&error["code"], &error["exit_code"]),
        (&"folder_unwritten".into(), &UNWRITTEN.into())
    );
    assert!(
        said.contains("File too large (os error 27); once that is mended, go on by `fiacre resume`"),
        "{said}"
    );
}

fn assert_clean(data: &Path, accepted: &Path, more: &str) {
    let line = format!(
        "audit check {} --ack-log {}{more}",
        data.display(),
        accepted.display()
    );
    let checked = json(&line);
    assert_eq!(checked["error"], Value::Null, "{checked}");
}

#[test]
fn a_city_whose_disk_fails_says_so_and_goes_on_once_it_is_mended() {
    let place = empty_folder();
    let (data, accepted) = (place.path().join("data"), place.path().join("accepted"));
    let line = format!(
        "city --from 18:00 --hours 0.2 --demand 0.05 --drivers 200 --json --data {} --ack-log {}",
        data.display(),
        accepted.display()
    );
    let mut city = begin("", &line);
    while lines(&accepted) < 20 {
        assert!(city.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let process = city.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &process, LIMIT]).status();
    assert!(limited.unwrap().success());
    assert_unwritten(city);
    assert_clean(&data, &accepted, "");

    let line = format!(
        "resume --data {} --ack-log {}",
        data.display(),
        accepted.display()
    );
    assert_unwritten(begin(
        &format!("prlimit --pid $$ {LIMIT};"),
        &format!("{line} --json"),
    ));
    assert_clean(&data, &accepted, "");

    let resumed = json(&line);
    assert_eq!(resumed["error"], Value::Null, "{resumed}");
    assert!(resumed["taken_up"].as_u64().unwrap() > 0, "{resumed}");
    assert_clean(&data, &accepted, " --ended");
    let books = json(&format!("audit reconcile {}", data.display()));
    assert_eq!(books["error"], Value::Null, "{books}");
}
