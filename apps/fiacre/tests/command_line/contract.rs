//! The one contract of every command, as `README.md` states it: with `--json` exactly one object on one line of stdout, whatever
//! happens; an `error` in it where the exit code is not 0, and only there; exit codes of the table, and words on stderr alone.

use crate::folder::empty_folder;
use crate::{commands, fiacre, words};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What a command is asked: well, badly, and of what cannot be read. `{}` is a place with the files below.
struct Asked {
    command: &'static str,
    well: (&'static str, i32),
    badly: &'static str,
    unreadable: (&'static str, i32),
}

const RIDE: &str = "--distance-m 5000 --duration-s 900 --at 2018-07-03T17:00";

/// Each command that does something; one that is missing here fails the test.
const ASKED: [Asked; 14] = [
    Asked {
        command: "city",
        well: ("--from 18:00 --hours 0.05 --demand 0.01 --drivers 20", 0),
        badly: "--weekday sat",
        unreadable: ("--data {}/rubbish", 3),
    },
    Asked {
        command: "resume",
        well: ("--data {}/data", 0),
        badly: "",
        unreadable: ("--data {}/nowhere", 3),
    },
    Asked {
        command: "audit check",
        well: ("{}/data --ended", 0),
        badly: "",
        unreadable: ("{}/rubbish", 3),
    },
    Asked {
        command: "audit reconcile",
        well: ("{}/data", 0),
        badly: "{}/data --company",
        unreadable: ("{}/data --company {}/rubbish", 3),
    },
    Asked {
        command: "audit segments",
        well: ("{}/data/archive", 0),
        badly: "",
        unreadable: ("{}/nowhere", 3),
    },
    Asked {
        command: "tariff check",
        well: ("tokyo", 0),
        badly: "tokyo tokyo",
        unreadable: ("{}/nowhere", 64),
    },
    Asked {
        command: "quote",
        well: ("--tariff nyc-2018 RIDE", 0),
        badly: "--tariff nyc-2018 RIDE --stops many",
        unreadable: ("--tariff {}/nowhere RIDE", 64),
    },
    Asked {
        command: "receipt verify",
        well: ("{}/receipt.json --tariff nyc-2018", 0),
        badly: "{}/receipt.json",
        unreadable: ("{}/rubbish --tariff nyc-2018", 64),
    },
    Asked {
        command: "archive",
        well: ("--data {}/data --before 2030-01-01 --dry-run", 0),
        badly: "--data {}/data --before yesterday",
        unreadable: ("--data {}/rubbish --before 2030-01-01", 3),
    },
    Asked {
        command: "backup",
        well: ("--data {}/data {}/another.backup", 0),
        badly: "--data {}/data {}/receipt.json",
        unreadable: ("--data {}/nowhere {}/third.backup", 3),
    },
    Asked {
        command: "restore",
        well: ("{}/friday.backup --data {}/restored", 0),
        badly: "{}/friday.backup --data {}/data",
        unreadable: ("{}/receipt.json --data {}/unmade", 3),
    },
    Asked {
        command: "trip list",
        well: ("--data {}/data --limit 3", 0),
        badly: "--data {}/data --state flying",
        unreadable: ("--data {}/rubbish", 3),
    },
    Asked {
        command: "trip explain",
        // No such trip is a finding.
        well: ("00000000-0000-0000-0000-000000000009 --data {}/data", 2),
        badly: "nine --data {}/data",
        unreadable: ("00000000-0000-0000-0000-000000000009 --data {}/nowhere", 3),
    },
    Asked {
        command: "",
        well: ("--version", 0),
        badly: "fly",
        unreadable: ("", 64),
    },
];

/// The exit codes that the README's table has, in its first column.
fn documented() -> BTreeSet<i32> {
    let readme = include_str!("../../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" |").next()?.trim().parse().ok())
        .collect()
}

/// The answer to a line, held to the contract; with its exit code.
fn answered(line: &str) -> (i32, Value) {
    let output = fiacre(&words(line));
    let code = output.status.code().unwrap();
    let (said, page) = (
        String::from_utf8(output.stderr).unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    );
    assert!(documented().contains(&code), "{line}: {code}: {said}");
    assert!(
        page.ends_with("}\n") && page.lines().count() == 1,
        "{line}: {page}"
    );
    let answer: Value = serde_json::from_str(&page).unwrap();
    assert!(answer.is_object(), "{line}: {page}");
    assert_eq!(code != 0, answer.get("error").is_some(), "{line}: {page}");
    assert_eq!(code != 0, !said.is_empty(), "{line}: {said}");
    if let Some(error) = answer.get("error") {
        assert_eq!(error["exit_code"], code, "{line}");
        let named = error["code"].as_str().unwrap();
        assert!(is_snake_case(named), "{line}: {named}");
        let message = error["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && !message.contains("\n\n"),
            "{line}: {message}"
        );
    }
    assert_names(&answer, line);
    (code, answer)
}

fn is_snake_case(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Every name of every object in an answer is in snake case.
fn assert_names(value: &Value, line: &str) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                assert!(is_snake_case(name), "{line}: {name}");
                assert_names(field, line);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_names(item, line)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A platform that was played and archived, a backup of it, a receipt, and a folder of something else.
fn furnish(place: &Path) {
    let rubbish = place.join("rubbish");
    std::fs::create_dir(&rubbish).unwrap();
    std::fs::write(rubbish.join("letter.txt"), "Dear all").unwrap();
    let place = place.display();
    for line in [
        format!("city --from 18:00 --hours 0.05 --demand 0.01 --drivers 20 --data {place}/data"),
        format!("backup --data {place}/data {place}/friday.backup"),
        format!("archive --data {place}/data --before 2030-01-01"),
        format!("quote --tariff nyc-2018 {RIDE} --receipt {place}/receipt.json"),
    ] {
        assert_eq!(answered(&format!("{line} --json")).0, 0, "{line}");
    }
}

#[test]
fn every_command_answers_with_one_object_and_an_exit_code_of_the_table() {
    let place = empty_folder();
    furnish(place.path());
    let at = place.path().display().to_string();
    let commands = commands();
    let is_group = |command: &String| {
        commands
            .iter()
            .any(|other| other.starts_with(&format!("{command} ")))
    };
    let acting = commands
        .iter()
        .filter(|command| !command.is_empty() && !is_group(command));
    for command in acting.clone() {
        let has = |asked: &Asked| asked.command == *command;
        assert!(ASKED.iter().any(has), "`{command}` is not held to the contract");
    }
    assert_eq!(acting.count() + 1, ASKED.len(), "a command that is gone is asked");
    for asked in ASKED {
        for (options, expected) in [asked.well, (asked.badly, 64), asked.unreadable] {
            let options = options.replace("RIDE", RIDE).replace("{}", &at);
            let line = format!("{} {options} --json", asked.command);
            let (code, answer) = answered(&line);
            assert_eq!(code, expected, "{line}: {answer}");
        }
    }
}

#[test]
fn groups_of_commands_and_helps_answer_likewise() {
    for command in commands() {
        let (code, help) = answered(&format!("{command} --help --json"));
        assert_eq!(code, 0);
        assert!(help["help"].as_str().unwrap().contains("Examples:"), "{command}");
    }
    for line in ["audit --json", "--json", "--json fly", "trip list --json --limit"] {
        assert_eq!(answered(line).0, 64, "{line}");
    }
}

/// What an option takes comes back under its name, and as it is written there.
#[test]
fn what_was_asked_comes_back_as_it_was_written() {
    let quote = "quote --tariff nyc-2022 --at 2025-03-04T17:00:00 --distance-m 24000.5 --duration-s 2400 --slow-s 12.25 --wait-s 60 \
                 --stops 2 --passengers 3 --passenger-age 8 --holiday --pickup-zone jfk --dropoff-zone newark --via manhattan \
                 --first-stop-zone lga --part jfk:1000.5:60 --json";
    let (_, answer) = answered(quote);
    for (place, value) in [
        ("/tariff", Value::from("nyc-2022")),
        ("/at", "2025-03-04T17:00:00".into()),
        ("/ride/distance_m", 24_000.5.into()),
        ("/ride/duration_s", 2_400.into()),
        ("/ride/slow_s", 12.25.into()),
        ("/ride/wait_s", 60.into()),
        ("/ride/stops", 2.into()),
        ("/ride/passengers", 3.into()),
        ("/ride/passenger_age", vec![8].into()),
        ("/ride/holiday", true.into()),
        ("/ride/pickup_zone", "jfk".into()),
        ("/ride/dropoff_zone", "newark".into()),
        ("/ride/via", vec!["manhattan"].into()),
        ("/ride/first_stop_zone", "lga".into()),
        ("/ride/part", vec!["jfk:1000.5:60"].into()),
    ] {
        assert_eq!(answer.pointer(place), Some(&value), "{place} of {answer}");
    }
    let (_, check) = answered("tariff check nyc-2022 --json");
    assert_eq!(answer["tariff_fingerprint"], check["tariff_fingerprint"]);
    let city = "city --weekday tue --from 18:00 --hours 0.0333333 --demand 0.5 --drivers 9 --seed 7 --tariff nyc-2018 \
                --matching greedy --cancel-rate 0.25 --decline-rate 0.125 --payment-decline-rate 0.0125 --speed 1000000 \
                --burst 18:00-18:01:1.50 --store memory --json";
    let (_, answer) = answered(city);
    for (name, value) in [
        ("hours", Value::from(0.033_333_3)),
        ("demand", 0.5.into()),
        ("drivers", 9.into()),
        ("seed", 7.into()),
        ("tariff", "nyc-2018".into()),
        ("cancel_rate", 0.25.into()),
        ("decline_rate", 0.125.into()),
        ("payment_decline_rate", 0.0125.into()),
        ("speed", "1000000".into()),
        ("burst", vec!["18:00-18:01:1.50"].into()),
        ("store", "memory".into()),
        ("elsewhere", Value::Array(Vec::new())),
        ("extra", Value::Array(Vec::new())),
        ("trips", Value::Null),
        ("data", Value::Null),
        ("ack_log", Value::Null),
        ("vault", Value::Null),
    ] {
        assert_eq!(
            answer["run"].get(name),
            Some(&value),
            "{name} of {}",
            answer["run"]
        );
    }
    let city = "city --weekday tue --from 18:00 --hours 0.05 --demand 0 --drivers 0 --matching greedy --json";
    let (_, answer) = answered(city);
    for (name, value) in [("weekday", "tue"), ("from", "18:00"), ("matching", "greedy")] {
        assert_eq!(answer["run"][name], value, "{answer}");
    }
}
