//! `fiacre city` as its users meet it: its exit codes, its JSON and its table of trips.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fiacre_city::trips_csv::COLUMNS;
use serde_json::{Value, json};
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

fn played(line: &str) -> Value {
    let output = fiacre(&format!("{line} --json"));
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn count(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap()
}

#[test]
fn what_cannot_be_played_is_bad_usage_and_says_what_to_do() {
    for options in [
        "--weekday sat",
        "--weekday sun",
        "--weekday Sunday",
        "--weekday fryday",
        "--from 5",
        "--from 123:00",
        "--weekday fri --from 23:30 --hours 1",
        "--from 24:00",
        "--from noon",
        "--hours 0",
        "--hours -1",
        "--hours 24.01",
        "--hours NaN",
        "--hours 0.0001",
        "--hours 1e-9",
        "--hours -0",
        "--demand -1",
        "--demand -0",
        "--demand -0.0",
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
        "--tariff chicago",
        "--tariff tokyo",
        "--tariff tokyo --elsewhere expresway",
        "--elsewhere manhattan",
        "--extra pick-up",
        "--tariff /dev/null",
        "--matching best",
        "--cancel-rate -0.1",
        "--cancel-rate -0",
        "--cancel-rate 1.1",
        "--decline-rate NaN",
        "--payment-decline-rate -0",
        "--payment-decline-rate 2",
        "--payment-decline-rate 0.00001",
        "--burst 18:30",
        "--burst 18:30-18:30:2",
        "--burst 18:30-18:45:-1",
        "--burst 18:30-18:45:-0",
        "--burst 18:30-18:45",
        "--burst 25:00-26:00:2",
        "--burst 18:45-18:30:2",
        "--burst 10:00-11:00:2",
        "--burst 24:00-24:00:2",
        "--burst 16:00-17:00:2",
        "--burst 16:59-17:30:2",
        "--burst 18:00-24:00:2",
        "--burst 18:00–18:30:2",
        "--speed 0",
        "--speed -1",
        "--speed -0",
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
        ("--burst 18:00-24:00:2", "begin and end within the run"),
        ("--burst 18:45-18:30:2", "ends before it begins"),
        ("--burst 18:00-25:00:2", "25:00 is no time of day"),
        ("--burst 18:00-18:30", "write it as HH:MM-HH:MM:X"),
        ("--cancel-rate 5%", "between 0 and 1, such as 0.03"),
        ("--cancel-rate 5", "between 0 and 1, such as 0.03"),
        ("--drivers 1000000", "from 0 to 100000"),
        ("--demand 101", "from 0 to 100,"),
        ("--demand NaN", "from 0 to 100,"),
        ("--demand -1", "from 0 to 100,"),
        ("--demand 50 --burst 18:00-18:10:3", "at most 100 times"),
        ("--hours 1e-9", "a minute or more"),
        ("--seed -1", "from 0 to 18446744073709551615"),
        ("--speed -3", "write max, or a whole number from 1 on"),
        ("--tariff=", "a value is required"),
        (
            "--tariff chicago",
            "say that they lie elsewhere: in the city, by --elsewhere airport --elsewhere ohare --elsewhere midway --elsewhere suburbs",
        ),
        (
            "--tariff tokyo --extra pick-up",
            "zones of tariff tokyo on the map",
        ),
        ("--tariff tokyo --elsewhere expresway", "; is expressway meant?"),
        (
            "--tariff tokyo --elsewhere expressway --extra dog",
            "--extra dog: tariff tokyo has pick-up",
        ),
        ("--elsewhere manhattan", "it lies in Manhattan"),
        ("--from 7:5", "as 07:05"),
        ("--weekday sun", "business days"),
        ("--weekday SUN", "business days"),
        ("--weekday Sunday", "business days"),
        ("--weekday saturday", "business days"),
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
fn a_burst_may_end_the_day_whose_name_is_read_in_any_case() {
    let day = played(
        "city --weekday Fri --from 23:57 --hours 0.05 --demand 0.03 --drivers 50 --burst 23:58-24:00:5",
    );
    assert!(count(&day, "/trips/requested") > 0);
}

#[test]
fn a_day_may_be_written_in_full_and_an_hour_with_one_digit() {
    let day = played("city --weekday Friday --from 5:00 --hours 0.05 --demand 0 --drivers 0");
    assert_eq!(
        (&day["run"]["weekday"], &day["run"]["from"]),
        (&json!("fri"), &json!("05:00"))
    );
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

/// The same, for a reader who closes the pipe before anything comes.
fn unread(line: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_who_has_seen_enough_does_not_hide_that_the_table_is_incomplete() {
    let output = unread(&format!("{TOWN} --trips /dev/full"));
    assert_eq!(output.status.code(), Some(74));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/dev/full"), "{said}");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error_and_nothing_is_said() {
    let output = unread(TOWN);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "",
        "no terminal, no progress, no panic"
    );
}

/// What programs rely on: every name, how it nests, and of what kind it is. `count` is a whole number from 0 on, `minor` a
/// whole number of minor units, `maybe` a number or null where nothing was measured.
fn shape() -> Value {
    let timing = json!({ "mean": "number", "p50": "count", "p95": "count" });
    json!({
        "seed": "count",
        "digest": "text",
        "trips": {
            "requested": "count", "confirmed": "count", "completed": "count",
            "failed": "count", "cancelled": "count", "rejected": "count", "flagged": "count",
        },
        "failed_by_reason": {
            "no_driver": "count", "payment_declined": "count", "payment_unconfirmed": "count", "payment_unanswered": "count", "payment_lost": "count",
            "expired": "count", "reassignments_used_up": "count",
        },
        "cancelled_by": { "rider": "count", "driver": "count", "operator": "count", "timer": "count" },
        "peak_live_trips": "count",
        "assign_s": timing,
        "wait_s": timing,
        "pickup_s": timing,
        "eta_error_s": { "bias": "number", "mae": "number", "p90": "count" },
        "offers": {
            "made": "count", "accepted": "count", "declined": "count", "expired": "count", "withdrawn": "count",
        },
        "drivers": {
            "count": "count",
            "occupied_share": "share",
            "enroute_share": "share",
            "deadhead_share_m": "share",
            "completed_per_h": "number",
            "earnings_per_h": { "p10": "minor", "p50": "minor", "p90": "minor" },
            "gini": "share",
        },
        "zones": [{
            "zone": "count", "requested": "count", "unserved": "count", "wait_p50": "maybe", "wait_p95": "maybe",
        }],
        "money": {
            "currency": "text", "authorised": "minor", "captured": "minor", "released": "minor",
            "open": "minor", "debt": "minor", "debt_on_account": "minor", "ledger_sum": "minor",
        },
        "audit": {
            "events": "count", "findings": "count", "receipts_verified": "count", "batches": "count", "batches_verified": "count",
            "parked": "count",
        },
        "virtual_s": "number",
        "wall_s": "number",
        "events_per_s": "count",
        "saga": [{ "state": "text", "fact": "text", "count": "count" }],
        "rss_peak_bytes": "maybe",
    })
}

/// What of `shape` is not so in `value`, by its path.
fn amiss(value: &Value, shape: &Value, path: &str) -> Vec<String> {
    match (shape, value) {
        (Value::Object(fields), _) => fields
            .iter()
            .flat_map(|(name, shape)| {
                let path = format!("{path}/{name}");
                match value.get(name) {
                    Some(value) => amiss(value, shape, &path),
                    None => vec![format!("{path} is missing")],
                }
            })
            .collect(),
        (Value::Array(shapes), Value::Array(values)) if !values.is_empty() => values
            .iter()
            .flat_map(|value| amiss(value, &shapes[0], path))
            .collect(),
        (Value::String(kind), _) => {
            let is_so = match kind.as_str() {
                "count" => value.is_u64(),
                "minor" => value.is_i64() || value.is_u64(),
                "number" => value.is_number(),
                "share" => value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
                "maybe" => value.is_null() || value.is_u64(),
                "text" => value.is_string(),
                _ => false,
            };
            if is_so {
                Vec::new()
            } else {
                vec![format!("{path} is no {kind}: {value}")]
            }
        }
        _ => vec![format!("{path} is {value}")],
    }
}

#[test]
fn json_is_one_object_of_the_promised_shape() {
    let mut day = played(TOWN);
    assert_eq!(amiss(&day, &shape(), ""), Vec::<String>::new());
    let saga: std::collections::BTreeSet<_> = day["saga"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| (cell["state"].to_string(), cell["fact"].to_string()))
        .collect();
    assert_eq!(
        saga.len(),
        10 * 23,
        "reached or not, every fact at every step of a trip"
    );
    // And what is not as promised is found.
    day["audit"]["findings"] = json!([]);
    day["money"]["captured"] = json!(12.5);
    day["wait_s"].as_object_mut().unwrap().remove("p95");
    assert_eq!(
        amiss(&day, &shape(), ""),
        [
            "/audit/findings is no count: []",
            "/money/captured is no minor: 12.5",
            "/wait_s/p95 is missing",
        ]
    );
}

#[test]
fn the_books_of_the_day_are_closed() {
    let day = played(&format!("{TOWN} --seed 3"));
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
        played(&format!("{TOWN} --seed 3"))["digest"],
        "one seed, one digest"
    );
}

#[test]
fn every_trip_is_a_line_of_the_table() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("city-trips.csv");
    let _ = std::fs::remove_file(&path);
    let day = played(&format!("{TOWN} --trips {}", path.display()));
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
fn the_columns_of_the_table_are_documented_as_they_are() {
    let readme = include_str!("../README.md");
    let (_, table) = readme.split_once("## The table of trips").unwrap();
    let (_, rows) = table.split_once("|---|---|\n").unwrap();
    let rows = rows.lines().take_while(|line| line.starts_with('|'));
    let documented: Vec<&str> = rows.collect();
    let columns = COLUMNS.map(|(name, what)| format!("| `{name}` | {what} |"));
    assert_eq!(documented, columns);
}

#[test]
fn a_person_gets_a_page_without_colours_where_there_is_no_terminal() {
    let output = fiacre(TOWN);
    assert_eq!(output.status.code(), Some(0));
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("→ the platform"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn the_report_names_the_tariff_that_was_played() {
    let output = fiacre("city --from 18:00 --hours 0.05 --demand 0 --tariff nyc-2022");
    let page = String::from_utf8(output.stdout).unwrap();
    // What is published knows no commission; the city takes one.
    assert!(page.contains("nyc-2022.c20 (version "), "{page}");
}

/// The state's surcharge is due on nearly every ride of Manhattan, and used to be on none.
#[test]
fn a_surcharge_by_zone_is_charged_settled_and_owed_to_its_authority() {
    let day = played(&format!("{TOWN} --tariff nyc-2022 --payment-decline-rate 0"));
    let owed = |authority: &str| {
        let accounts = day["accounts"].as_array().unwrap().iter();
        let balances = accounts.filter(|it| it["account"] == format!("authority {authority}"));
        balances.map(|it| it["minor"].as_i64().unwrap()).sum::<i64>()
    };
    let completed = count(&day, "/trips/completed");
    // Credits stand below zero; complaints give a part of some back, and rides uptown owe nothing.
    let surcharges = -owed("nys");
    assert!(
        (completed * 250 * 6 / 10..=completed * 250).contains(&surcharges),
        "{surcharges} cents of {completed} rides"
    );
    assert_eq!(surcharges % 250, 0, "once a ride, and whole");
    assert_eq!(count(&day, "/audit/findings"), 0);
    assert_eq!(count(&day, "/money/debt"), 0, "the hold suffices");
    let page = String::from_utf8(fiacre(&format!("{TOWN} --tariff nyc-2022")).stdout).unwrap();
    assert!(page.contains("→ nys, a public charge"), "{page}");
}

#[test]
fn a_tariff_of_another_city_is_played_once_its_zones_are_said_to_lie_elsewhere() {
    let day = played(&format!(
        "{TOWN} --tariff tokyo --elsewhere expressway --extra pick-up"
    ));
    assert!(count(&day, "/trips/completed") > 0);
    assert_eq!(count(&day, "/audit/findings"), 0);
}

#[test]
fn the_report_says_what_the_rates_came_to() {
    let day = played(&format!(
        "{TOWN} --cancel-rate 1 --decline-rate 0 --payment-decline-rate 0"
    ));
    for (rate, asked, realised) in [
        ("cancel", 1.0, 0.9..=1.0),
        ("decline", 0.0, 0.0..=0.0),
        ("payment_decline", 0.0, 0.0..=0.0),
    ] {
        let share = |of: &str| day["rates"][rate][of].as_f64().unwrap();
        assert_eq!(share("asked").to_string(), f64::to_string(&asked), "{rate}");
        assert!(
            realised.contains(&share("realised")),
            "{rate}: {}",
            share("realised")
        );
    }
    assert_eq!(count(&day, "/trips/completed"), 0);
}
