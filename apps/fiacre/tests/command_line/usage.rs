//! Help, and what bad usage is answered with.

use crate::{USAGE, commands, exit, text, words};
use std::process::{Child, Command, Stdio};

#[test]
fn bad_usage_exits_64() {
    for line in [
        "",
        "fly",
        "quote",
        "quote --tariff",
        "receipt",
        "tariff check",
        "tariff check a b",
        "--nonsense",
    ] {
        let (code, said) = exit(&words(line));
        assert_eq!(code, USAGE, "{line}: {said}");
        assert!(
            said.contains("Usage:") || said.contains("--help"),
            "{line} is not told what to do: {said}"
        );
    }
}

#[test]
fn an_unknown_option_is_told_of_one_that_looks_like_it() {
    let (_, said) = exit(&words("city --hour 1"));
    assert!(said.contains("'--hours'"), "{said}");
}

#[test]
fn whoever_needs_a_tariff_is_told_which_are_built_in() {
    let names = fiacre_tariffs::built_in_names().collect::<Vec<_>>().join(", ");
    for command in ["city", "quote", "tariff check"] {
        assert!(
            unwrapped(&text(&format!("help {command}"))).contains(&names),
            "{command} misses {names}"
        );
    }
    let (_, said) = exit(&words("tariff check nyc-2081"));
    assert!(said.contains(&names), "{said}");
}

/// A text as it was before it was cut into lines.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn help_fits_a_hundred_columns_and_has_examples_everywhere() {
    for command in commands() {
        let help = text(&format!("help {command}"));
        for line in help.lines() {
            assert!(
                line.chars().count() <= 100,
                "`fiacre help {command}` is too wide: {line}"
            );
        }
        assert!(help.contains("Examples:\n  fiacre "), "{command}");
        assert_eq!(help, text(&format!("{command} --help")), "{command}");
    }
}

#[test]
fn the_version_is_an_answer() {
    assert_eq!(
        text("--version").trim(),
        concat!("fiacre ", env!("CARGO_PKG_VERSION"))
    );
}

/// A quote, as a process with this stdout.
fn quote_into(stdout: Stdio) -> Child {
    let line = "quote --tariff tokyo --distance-m 4600 --duration-s 900 --at 2023-03-07T10:00";
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(words(line))
        .stdout(stdout)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let mut child = quote_into(Stdio::piped());
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_exits_74() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(quote_into(full().into()).wait().unwrap().code(), Some(74));
    for line in [
        "--help",
        "--version",
        "--version --json",
        "help quote",
        "tariff check tokyo",
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fiacre"));
        let output = command.args(words(line)).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(74), "{line}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("failed to write the answer"), "{line}: {said}");
    }
}
