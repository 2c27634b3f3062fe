//! What nobody should pass: an exit code that says so and a message, never a panic, never a crash.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

const FINDINGS: i32 = 2;
const USAGE: i32 = 64;

fn fiacre(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(arguments)
        .output()
        .unwrap()
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The exit code and the message; a crash by a signal has no exit code.
fn exit(arguments: &[String]) -> (i32, String) {
    let output = fiacre(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !said.is_empty() && !said.contains("panicked"),
        "{arguments:?}: {said}"
    );
    (output.status.code().unwrap(), said)
}

fn file(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// Files that are neither tariffs nor receipts.
fn rubbish() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("a null", vec![0]),
        ("no text", (0..=255).collect()),
        ("nested arrays", [b"a = ".to_vec(), vec![b'['; 200_000]].concat()),
        ("nested objects", b"{\"a\":".repeat(40_000)),
        (
            "nested tables",
            [b"[".to_vec(), b"a.".repeat(100_000), b"a]".to_vec()].concat(),
        ),
        ("one long line", vec![b'x'; 250_000]),
        (
            "a number beyond any",
            [b"version = ".to_vec(), vec![b'9'; 100_000]].concat(),
        ),
        (
            "more than is read",
            vec![b' '; fiacre_tariffs::FILE_BYTES_MAX + 1],
        ),
    ]
}

#[test]
fn rubbish_is_no_tariff() {
    for (name, content) in rubbish() {
        let path = file("rubbish.toml", &content);
        let check = ["tariff", "check", path.as_str()].map(str::to_owned);
        assert_eq!(exit(&check).0, FINDINGS, "{name}");
        let quote = format!("quote --tariff {path} --distance-m 1 --duration-s 1 --at 2026-01-01T10:00");
        assert_eq!(exit(&words(&quote)).0, USAGE, "{name}");
    }
}

#[test]
fn rubbish_is_no_receipt() {
    for (name, content) in rubbish() {
        let path = file("rubbish.json", &content);
        let (code, said) = exit(&words(&format!("receipt verify {path} --tariff nyc-2018")));
        assert_eq!(code, USAGE, "{name}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_bad_usage() {
    use std::os::unix::ffi::OsStrExt;
    let rubbish = std::ffi::OsStr::from_bytes(&[0xff, 0xfe]);
    let output = Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(["tariff", "check"])
        .arg(rubbish)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(USAGE));
}

#[test]
fn every_input_has_limits() {
    let (tariff, at) = ("--tariff nyc-2018", "--at 2018-07-03T10:00");
    for line in [
        format!("{tariff} {at} --distance-m -1 --duration-s 60"),
        format!("{tariff} {at} --distance-m 1000000000.001 --duration-s 60"),
        format!("{tariff} {at} --distance-m 99999999999999999999 --duration-s 60"),
        format!("{tariff} {at} --distance-m 1.2345 --duration-s 60"),
        format!("{tariff} {at} --distance-m NaN --duration-s 60"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 10000000.001"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 9223372036854775.807"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --slow-s 61"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --wait-s -1"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --wait-s 9223372036854775.807"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --stops 256"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --passengers 0"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --passengers 16"),
        format!("{tariff} {at} --distance-m 1000 --duration-s 60 --pickup-zone Sixteen_letters!"),
        format!(
            "{tariff} {at} --distance-m 1000 --duration-s 60 {}",
            "--via jfk ".repeat(65)
        ),
        format!("{tariff} --distance-m 1000 --duration-s 60 --at 2018-02-29T10:00"),
        format!("{tariff} --distance-m 1000 --duration-s 60 --at 2018-07-03T24:00"),
        format!("{tariff} --distance-m 1000 --duration-s 60 --at tomorrow"),
        format!("{at} --distance-m 1000 --duration-s 60"),
        format!("--tariff no-such-tariff {at} --distance-m 1000 --duration-s 60"),
    ] {
        let (code, said) = exit(&words(&format!("quote {line}")));
        assert_eq!(code, USAGE, "{line}: {said}");
        assert!(!said.is_empty() && !said.contains("panicked"), "{line}: {said}");
    }
}

#[test]
fn the_longest_ride_is_priced() {
    let line = "quote --tariff nyc-2018 --distance-m 1000000000 --duration-s 10000000 --slow-s 10000000 --stops 255 \
                --passengers 15 --at 2018-07-03T10:00";
    assert!(fiacre(&words(line)).status.success());
}

#[test]
fn a_city_that_starves_or_sleeps_ends_without_a_finding() {
    for options in [
        "--drivers 0",
        "--demand 0",
        "--demand 0 --drivers 0",
        "--demand 3 --drivers 3 --hours 0.016666666666666666",
        "--cancel-rate 1",
        "--decline-rate 1 --payment-decline-rate 1",
        "--burst 18:00-18:01:100 --burst 18:00-18:01:0",
        "--seed 18446744073709551615 --matching greedy",
    ] {
        let town = "--from 18:00 --hours 0.05 --demand 0.01 --drivers 20";
        let kept: Vec<String> = words(town)
            .chunks(2)
            .filter(|pair| !pair.first().is_some_and(|name| options.contains(name.as_str())))
            .flatten()
            .cloned()
            .collect();
        let line = [words("city --json"), kept, words(options)].concat();
        let output = fiacre(&line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{options}: {said}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["money"]["open"], 0, "{options}");
    }
}
