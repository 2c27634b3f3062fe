//! Help, and what bad usage is answered with.

use crate::{USAGE, exit, fiacre, text, words};
use std::process::{Child, Command, Stdio};

/// Every command that has a help of its own.
const COMMANDS: [&str; 17] = [
    "",
    "audit",
    "audit check",
    "audit reconcile",
    "audit segments",
    "archive",
    "backup",
    "restore",
    "city",
    "tariff",
    "tariff check",
    "quote",
    "receipt",
    "receipt verify",
    "trip",
    "trip list",
    "trip explain",
];

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

/// Commands are found in the help itself, so that no new one is overlooked.
#[test]
fn help_fits_a_hundred_columns() {
    fn visit(command: &str) -> usize {
        let help = text(&format!("help {command}"));
        for line in help.lines() {
            assert!(
                line.chars().count() <= 100,
                "`fiacre help {command}` is too wide: {line}"
            );
        }
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let commands = commands.take_while(|line| !line.is_empty());
        let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let own = names.filter(|name| !name.is_empty() && *name != "help");
        1 + own
            .map(|name| visit(format!("{command} {name}").trim()))
            .sum::<usize>()
    }
    assert!(visit("") >= COMMANDS.len());
}

#[test]
fn help_has_examples_everywhere() {
    for line in COMMANDS {
        let help = text(&format!("{line} --help"));
        assert!(help.contains("Examples:\n  fiacre "), "{line}");
        assert_eq!(help, text(&format!("help {line}")), "{line}");
    }
}

/// Each example of the help runs, apart from those about files and folders that only its reader has, and from the city, which without
/// optimisation takes minutes: `.ci/run` plays it.
#[test]
fn examples_run() {
    let mut ran = 0;
    for line in COMMANDS {
        let help = text(&format!("{line} --help")).replace("\\\n", " ");
        let examples = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("fiacre "));
        for example in examples.filter(|example| {
            !["city", "data", "friday", "receipt.json"]
                .iter()
                .any(|it| example.contains(it))
        }) {
            let output = fiacre(&words(example));
            assert!(
                output.status.success(),
                "{example}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            ran += 1;
        }
    }
    assert!(ran >= 4, "only {ran} examples ran");
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
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(quote_into(full.into()).wait().unwrap().code(), Some(74));
}
