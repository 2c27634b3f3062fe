//! A city on a folder: killed, resumed, audited; and what is said of folders that cannot be used.

use super::{UNREADABLE, USAGE, exit, fiacre, json, words};
use fiacre_domain::id::PrincipalId;
use fiacre_domain::time::Timestamp;
use fiacre_memory::{Executor, VirtualTime};
use fiacre_ports::KeyVault;
use fiacre_vault::FolderVault;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// In memory, where the system has a place for that: an fsync costs nothing there.
pub(crate) fn empty_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn city(data: &Path, demand: &str) -> Vec<String> {
    let data = data.display();
    words(&format!(
        "city --from 18:00 --hours 0.1 --demand {demand} --drivers 200 --json --store embedded --data {data}"
    ))
}

/// A city that plays until it is killed.
fn begin(data: &Path, accepted: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(city(data, "0.03"))
        .arg("--ack-log")
        .arg(accepted)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

pub(crate) fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

fn resumed(data: &Path, accepted: &Path) -> Value {
    let (data, accepted) = (data.display(), accepted.display());
    let output = fiacre(&words(&format!(
        "resume --json --data {data} --ack-log {accepted}"
    )));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_was_accepted_before_a_kill_is_there_and_ends_by_resume() {
    let place = empty_folder();
    let (data, accepted) = (place.path().join("data"), place.path().join("accepted"));
    let mut city = begin(&data, &accepted);
    while lines(&accepted) < 20 {
        assert!(city.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    city.kill().unwrap();
    city.wait().unwrap();
    assert_books_agree_but_for_calls_under_way(&data);

    let first = resumed(&data, &accepted);
    assert!(first["taken_up"].as_u64().unwrap() > 0, "{first}");
    let ended: u64 = first["ended"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(ended, first["taken_up"].as_u64().unwrap(), "{first}");
    assert!(first["trips"].as_u64().unwrap() >= 20, "{first}");
    let second = resumed(&data, &accepted);
    assert_eq!(
        (&second["taken_up"], &second["commits"]["added"]),
        (&0.into(), &0.into())
    );
    let checked = format!("audit check {} --ack-log {}", data.display(), accepted.display());
    let (code, said) = exit(&words(&checked));
    assert_eq!(code, 0, "{said}");
    // What was meant for its players does not wait for them: every trip is over and done with.
    let archived = json(&format!("archive --data {} --before 2030-01-01", data.display()));
    assert_eq!(archived["moved"], first["trips"], "{archived}");
}

/// As after a restore, where the records were forgotten: a new company would know none of the payments.
#[test]
fn a_run_does_not_go_on_with_a_company_that_knows_nothing_of_it() {
    let place = empty_folder();
    let (data, away) = (place.path().join("data"), place.path().join("away"));
    assert_eq!(exit(&city(&data, "0.01")).0, 0);
    let records = data.join("sandbox-payments");
    std::fs::rename(&records, &away).unwrap();
    let resume = words(&format!("resume --data {}", data.display()));
    let (code, said) = exit(&resume);
    assert_eq!(code, UNREADABLE, "{said}");
    assert!(said.contains("sandbox-payments; move them there"), "{said}");
    assert!(!records.exists(), "no new company is founded");
    std::fs::rename(&away, &records).unwrap();
    assert_eq!(exit(&resume).0, 0);
}

/// What the company is ahead of the log in is told, to the cent.
fn assert_books_agree_but_for_calls_under_way(data: &Path) {
    let books = json(&format!("audit reconcile {}", data.display()));
    assert_eq!(books["error"], Value::Null, "{books}");
    for sums in books["sums"].as_array().unwrap() {
        for name in ["captured", "refunded", "held"] {
            let minor = |of: &str| sums[name][of].as_i64().unwrap();
            assert_eq!(
                minor("company") - minor("log"),
                minor("under_way"),
                "{name}: {books}"
            );
        }
    }
}

#[test]
fn a_trip_that_was_accepted_and_is_not_there_is_named() {
    let place = empty_folder();
    let (data, accepted) = (place.path().join("data"), place.path().join("accepted"));
    assert_eq!(exit(&city(&data, "0")).0, 0);
    std::fs::write(&accepted, "00000000-0000-0000-0000-000000000001\n").unwrap();
    let line = format!(
        "resume --data {} --ack-log {}",
        data.display(),
        accepted.display()
    );
    let output = fiacre(&words(&line));
    assert_eq!(output.status.code(), Some(2));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(
        page.contains("MISSING: 00000000-0000-0000-0000-000000000001"),
        "{page}"
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_and_it_is_said_what_to_do() {
    let place = empty_folder();
    let foreign = place.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("letter.txt"), "Dear all").unwrap();
    let played = place.path().join("played");
    assert_eq!(exit(&city(&played, "0")).0, 0);
    let newer = place.path().join("newer");
    copy(&played, &newer);
    copy(&vault_of(&played), &vault_of(&newer));
    std::fs::write(newer.join("db/fiacre"), "Fiacre's embedded store, format 999\n").unwrap();
    let no_folder = PathBuf::from("/dev/null/data");
    let absent = place.path().join("absent");
    for (command, data, code, says) in [
        ("city", &foreign, UNREADABLE, "letter.txt"),
        ("city", &played, USAGE, "fiacre resume"),
        ("city", &newer, UNREADABLE, "newer release"),
        ("city", &no_folder, UNREADABLE, "failed to open"),
        ("resume", &foreign, UNREADABLE, "letter.txt"),
        ("resume", &newer, UNREADABLE, "newer release"),
        ("resume", &absent, UNREADABLE, "no run was begun there"),
    ] {
        let options = match command {
            "city" => city(data, "0"),
            _ => words(&format!("resume --data {}", data.display())),
        };
        let (found, said) = exit(&options);
        assert_eq!(found, code, "{command} {}: {said}", data.display());
        assert!(said.contains(says), "{command}: {said}");
    }
    assert!(!absent.exists(), "resume makes no folder");
}

#[test]
fn a_folder_is_used_by_one_process_at_a_time() {
    let place = empty_folder();
    let (data, accepted) = (place.path().join("data"), place.path().join("accepted"));
    let mut first = begin(&data, &accepted);
    while lines(&accepted) == 0 {
        assert!(first.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let (code, said) = exit(&words(&format!("resume --data {}", data.display())));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(code, UNREADABLE);
    // The folder, not its vault, which that process uses as well.
    let says = format!(
        "failed to open {}: process {} uses it",
        data.display(),
        first.id()
    );
    assert!(said.contains(&says), "{said}");
}

#[test]
fn a_store_and_a_folder_belong_together() {
    for (line, says) in [
        ("city --store embedded", "--data DIR"),
        ("city --store memory --data x", "has no use for --data"),
    ] {
        let (code, said) = exit(&words(line));
        assert_eq!(code, USAGE, "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn where_a_trip_began_is_told_with_its_key_and_is_sealed_without_and_forgotten_with_its_rider() {
    let place = empty_folder();
    let (data, accepted) = (place.path().join("data"), place.path().join("accepted"));
    let mut line = city(&data, "0.002");
    line.extend(words(&format!("--ack-log {}", accepted.display())));
    assert_eq!(exit(&line).0, 0);
    let acknowledged = std::fs::read_to_string(&accepted).unwrap();
    let trip = acknowledged.lines().next().unwrap();
    let told = |more: &str| {
        let line = format!("trip explain {trip} --data {}{more}", data.display());
        let output = fiacre(&words(&line));
        assert_eq!(output.status.code(), Some(0), "{line}");
        String::from_utf8(output.stdout).unwrap()
    };
    let page = told("");
    assert!(page.contains("pick-up 40."), "{page}");
    let state = &serde_json::from_str::<Value>(&told(" --json")).unwrap()["state"];
    let codes = [&state["trip"], &state["search"], &state["charges"][0]["state"]];
    for code in codes.map(|code| code.as_str().unwrap()) {
        let is_code = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(is_code, "a word for programs: {state}");
    }
    assert_eq!(
        (&state["trip_closed"], &state["charges"][0]["closed"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(state["charges"][0]["debt"], json!(0));
    let checked = fiacre(&words(&format!("audit check {}", data.display())));
    let checked = String::from_utf8(checked.stdout).unwrap();
    assert!(
        checked.contains("ledger   sums to 0.00 USD (0 is right)"),
        "{checked}"
    );

    let early = format!(
        "trip explain {trip} --data {} --at 2000-01-01T00:00",
        data.display()
    );
    let (code, said) = exit(&words(&early));
    assert!(code == 2 && said.contains("it began at 2018-06-08T"), "{said}");

    let (vault, away) = (vault_of(&data), place.path().join("away"));
    std::fs::rename(&vault, &away).unwrap();
    let page = told("");
    assert!(
        page.contains("places   sealed") && !page.contains("pick-up 40."),
        "{page}"
    );
    let elsewhere = format!(" --vault {}", away.display());
    assert!(told(&elsewhere).contains("pick-up 40."));
    // What is sealed is audited all the same.
    let (code, said) = exit(&words(&format!("audit check {} --ended", data.display())));
    assert_eq!(code, 0, "{said}");

    let keys = FolderVault::open_made(&away).unwrap();
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    // The city numbers its riders.
    for rider in 0..100 {
        let forgotten = keys.forget(PrincipalId::from_u128(rider));
        Executor::fifo(time.clone()).block_on(forgotten).unwrap().unwrap();
    }
    drop(keys);
    let page = told(&elsewhere);
    assert!(
        page.contains("places   forgotten") && !page.contains("pick-up 40."),
        "{page}"
    );
    let resume = format!("resume --data {}", data.display());
    let (code, said) = exit(&words(&resume));
    assert!(
        code == UNREADABLE && said.contains(&vault.display().to_string()),
        "{said}"
    );
    assert!(
        said.contains("--vault, or") && said.contains("--without-vault"),
        "{said}"
    );
    assert_eq!(json(&resume)["error"]["code"], "vault_absent");
    let resume = format!("{resume}{elsewhere}");
    assert_eq!(exit(&words(&resume)).0, 0, "it is at rest");
}

/// Where the keys of a run lie, unless another place is named.
pub(crate) fn vault_of(data: &Path) -> PathBuf {
    let mut vault = data.as_os_str().to_owned();
    vault.push(".vault");
    vault.into()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
