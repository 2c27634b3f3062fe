//! `fiacre city` as its users meet it: its exit codes, its JSON and its table of trips.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const USAGE: i32 = 64;
/// Three minutes of a Friday evening in a small town: a second or two, also where nothing is optimised.
const TOWN: &str = "city --from 18:00 --hours 0.05 --demand 0.03 --drivers 150";

fn fiacre(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

fn json(line: &str) -> Value {
    let output = fiacre(&format!("{line} --json"));
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect()
}

fn assert_keys(value: &Value, expected: &str) {
    let mut found = keys(value);
    let mut expected: Vec<&str> = expected.split_whitespace().collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

fn count(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap()
}

#[test]
fn what_cannot_be_played_is_bad_usage_and_says_what_to_do() {
    for options in [
        "--weekday sat",
        "--weekday sun",
        "--weekday friday",
        "--weekday fri --from 23:30 --hours 1",
        "--from 24:00",
        "--from noon",
        "--hours 0",
        "--hours -1",
        "--hours 24.01",
        "--hours NaN",
        "--hours 0.0001",
        "--demand -1",
        "--demand NaN",
        "--demand inf",
        "--demand 1e30",
        "--demand 101",
        "--demand 50 --burst 18:00-18:10:3",
        "--drivers -1",
        "--drivers 100001",
        "--drivers 4294967296",
        "--drivers zwölf",
        "--drivers 1.5",
        "--seed -1",
        "--seed 18446744073709551616",
        "--tariff no-such-tariff",
        "--tariff /dev/null",
        "--matching best",
        "--cancel-rate -0.1",
        "--cancel-rate 1.1",
        "--decline-rate NaN",
        "--payment-decline-rate 2",
        "--burst 18:30",
        "--burst 18:30-18:30:2",
        "--burst 18:30-18:45:-1",
        "--burst 18:30-18:45",
        "--burst 25:00-26:00:2",
        "--burst 18:45-18:30:2",
        "--burst 10:00-11:00:2",
        "--burst 24:00-24:00:2",
        "--burst 16:00-17:00:2",
        "--burst 18:00–18:30:2",
        "--speed 0",
        "--speed -1",
        "--speed fast",
        "--trips /no/such/folder/trips.csv",
        "--trips /",
        "--tariff /",
        "--tariff=",
        "--tariff 東京",
        "--no-such-option",
    ] {
        let output = fiacre(&format!("city {options}"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(USAGE), "{options}: {said}");
        assert!(
            !said.is_empty() && !said.contains("panicked"),
            "{options}: {said}"
        );
        assert!(output.stdout.is_empty(), "{options}");
    }
}

#[test]
fn a_wrong_option_is_told_what_is_wrong_with_it() {
    for (options, told) in [
        ("--burst 10:00-11:00:2", "outside the run"),
        ("--burst 18:45-18:30:2", "ends before it begins"),
        ("--burst 18:00-25:00:2", "25:00 is no time of day"),
        ("--drivers 1000000", "from 0 to 100000"),
        ("--demand 101", "at most 100 times"),
        ("--tariff=", "a value is required"),
        ("--weekday sun", "business days"),
        ("--hours 0.0001", "whole minutes"),
        (
            "--trips /no/such/folder/trips.csv",
            "give a path that can be written",
        ),
    ] {
        let output = fiacre(&format!("city {options}"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(told), "{options}: {said}");
    }
}

#[test]
fn a_burst_may_end_the_day() {
    let day = json("city --from 23:57 --hours 0.05 --demand 0.03 --drivers 50 --burst 23:58-24:00:5");
    assert!(count(&day, "/trips/requested") > 0);
}

#[test]
fn help_names_every_exit_code() {
    let help = String::from_utf8(fiacre("city --help").stdout).unwrap();
    let codes = help.split_once("Exit codes:").unwrap().1;
    for code in ["0 ", "2 ", "64 ", "70 ", "74 "] {
        assert!(codes.contains(code), "{code}: {codes}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_that_cannot_be_written_to_its_end_exits_74_and_the_report_is_there_all_the_same() {
    let output = fiacre(&format!("{TOWN} --trips /dev/full"));
    assert_eq!(output.status.code(), Some(74));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/dev/full") && said.contains("make room"), "{said}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("→ the platform")
    );
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error_and_nothing_is_said() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(TOWN.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "",
        "no terminal, no progress, no panic"
    );
}

#[test]
fn json_is_one_object_with_the_promised_keys() {
    let day = json(TOWN);
    for key in "seed digest trips failed_by_reason cancelled_by peak_live_trips assign_s wait_s pickup_s eta_error_s \
                offers drivers zones money audit virtual_s wall_s events_per_s saga rss_peak_bytes"
        .split_whitespace()
    {
        assert!(day.get(key).is_some(), "{key}");
    }
    assert_keys(
        &day["trips"],
        "requested confirmed completed failed cancelled rejected",
    );
    for times in ["assign_s", "wait_s", "pickup_s"] {
        assert_keys(&day[times], "mean p50 p95");
    }
    assert_keys(&day["eta_error_s"], "bias mae p90");
    assert_keys(&day["offers"], "made accepted declined expired withdrawn");
    for key in
        "count occupied_share enroute_share deadhead_share_m completed_per_h earnings_per_h gini".split(' ')
    {
        assert!(day["drivers"].get(key).is_some(), "{key}");
    }
    assert_keys(&day["drivers"]["earnings_per_h"], "p10 p50 p90");
    for key in "zone requested unserved wait_p50 wait_p95".split(' ') {
        assert!(day["zones"][0].get(key).is_some(), "{key}");
    }
    assert_keys(
        &day["money"],
        "currency authorised captured released open debt ledger_sum",
    );
    assert!(day["audit"].get("events").is_some() && day["audit"].get("findings").is_some());
    assert_keys(&day["saga"][0], "state fact count");
}

#[test]
fn the_books_of_the_day_are_closed() {
    let day = json(&format!("{TOWN} --seed 3"));
    let trips = |end: &str| count(&day, &format!("/trips/{end}"));
    let money = |moved: &str| count(&day, &format!("/money/{moved}"));
    assert!(trips("requested") > 20);
    assert_eq!(
        trips("requested"),
        trips("completed") + trips("failed") + trips("cancelled") + trips("rejected")
    );
    assert_eq!(
        money("authorised"),
        money("captured") + money("released") + money("open")
    );
    assert_eq!((money("open"), money("ledger_sum")), (0, 0));
    assert_eq!(count(&day, "/audit/findings"), 0);
    assert_eq!(
        day["digest"],
        json(&format!("{TOWN} --seed 3"))["digest"],
        "one seed, one digest"
    );
}

#[test]
fn every_trip_is_a_line_of_the_table() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("city-trips.csv");
    let day = json(&format!("{TOWN} --trips {}", path.display()));
    let table = std::fs::read_to_string(path).unwrap();
    let mut lines = table.lines();
    let columns = lines.next().unwrap().split(',').count();
    let trips: Vec<&str> = lines.collect();
    assert_eq!(
        i64::try_from(trips.len()).unwrap(),
        count(&day, "/trips/requested")
    );
    assert!(trips.iter().all(|trip| trip.split(',').count() == columns));
    let completed = trips.iter().filter(|trip| trip.contains(",completed,")).count();
    assert_eq!(i64::try_from(completed).unwrap(), count(&day, "/trips/completed"));
}

#[test]
fn a_person_gets_a_page_without_colours_where_there_is_no_terminal() {
    let output = fiacre(TOWN);
    assert_eq!(output.status.code(), Some(0));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("→ the platform"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}
