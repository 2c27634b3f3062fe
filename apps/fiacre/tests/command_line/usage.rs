//! Help, and what bad usage is answered with.

use crate::{USAGE, exit, fiacre, text, words};

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
fn help_has_examples_everywhere() {
    for line in ["", "tariff check", "quote", "receipt verify"] {
        let help = text(&format!("{line} --help"));
        assert!(help.contains("Examples:\n  fiacre "), "{line}");
        assert_eq!(help, text(&format!("help {line}")), "{line}");
    }
}

/// Each example of the help runs, apart from those about files that only its reader has.
#[test]
fn examples_run() {
    let mut ran = 0;
    for line in ["", "tariff check", "quote", "receipt verify"] {
        let help = text(&format!("{line} --help")).replace("\\\n", " ");
        let examples = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("fiacre "));
        for example in
            examples.filter(|example| !example.contains("my-city") && !example.contains("receipt.json"))
        {
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
