//! The binary as its users meet it: what it answers, and how it exits.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive;
mod audit;
mod contract;
mod damage;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(unix)]
mod examples;
mod folder;
mod outputs;
mod quote;
mod receipt;
mod restored;
mod tariff;
mod totals;
mod usage;

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

const FINDINGS: i32 = 2;
const UNREADABLE: i32 = 3;
const USAGE: i32 = 64;
#[cfg(target_os = "linux")]
const UNWRITTEN: i32 = 74;

fn fiacre<S: AsRef<str>>(arguments: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fiacre"))
        .args(arguments.iter().map(AsRef::as_ref))
        .output()
        .unwrap()
}

/// The exit code, and what was said on stderr.
fn exit<S: AsRef<str>>(arguments: &[S]) -> (i32, String) {
    let output = fiacre(arguments);
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Every command that has a help of its own, as the help itself names them, so that no new one is overlooked; `""` is all of them.
fn commands() -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut next = 0;
    while let Some(command) = commands.get(next).cloned() {
        let help = text(&format!("help {command}"));
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let listed = listed.take_while(|line| !line.is_empty());
        let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let own = names.filter(|name| !name.is_empty() && *name != "help");
        commands.extend(own.map(|name| format!("{command} {name}").trim().to_owned()));
        next += 1;
    }
    commands
}

/// The words of a line of the shell, without quotes.
fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The JSON on stdout, whatever the exit code.
fn json(line: &str) -> Value {
    let output = fiacre(&words(&format!("{line} --json")));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Text on stdout of a command that succeeds.
fn text(line: &str) -> String {
    let output = fiacre(&words(line));
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A path for one test's file, in the folder that cargo gives to integration tests.
/// What an earlier run left there is gone.
fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path
}
