//! What must be absent where: ARCHITECTURE.md's absences, as a table.

use crate::workspace::Workspace;
use crate::{Plant, Rule, Violation};

/// Words that may not be written in the code below a folder.
struct Absence {
    folder: &'static str,
    words: &'static [&'static str],
    /// Below this folder they may.
    except: Option<&'static str>,
    because: &'static str,
}

const ABSENCES: [Absence; 6] = [
    Absence {
        folder: "domain/src/",
        words: &["async", ".await"],
        except: None,
        because: "the domain never awaits",
    },
    Absence {
        folder: "domain/src/",
        words: &[
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
        ],
        except: None,
        because: "the domain does no I/O and runs nothing",
    },
    Absence {
        folder: "domain/src/",
        words: &["f32", "f64"],
        except: Some("domain/src/geo/"),
        because: "floats are only inside great-circle distance",
    },
    Absence {
        folder: "apps/services/src/",
        words: &["tokio", "spawn", "select!", "mpsc", "sleep", "std::thread"],
        except: None,
        because: "services take turns: no task, no channel, no sleep, no runtime named",
    },
    Absence {
        folder: "apps/services/src/",
        words: &["serde", "serde_json"],
        except: None,
        because: "events cross ports as types; only adapters encode",
    },
    Absence {
        folder: "ports/src/",
        words: &["serde", "serde_json"],
        except: None,
        because: "events and states cross a port as types",
    },
];

pub(crate) const ABSENT: Rule = Rule {
    because: "an absence that nobody checks does not last",
    check: |workspace| {
        ABSENCES
            .iter()
            .flat_map(|absence| found(absence, workspace))
            .collect()
    },
    plants: &[
        Plant {
            name: "a domain that awaits",
            plant: |workspace| {
                workspace.write_line("domain/src/trip/mod.rs", "    let answer = road.ask().await;");
            },
        },
        Plant {
            name: "a domain that reads its environment",
            plant: |workspace| workspace.write_line("domain/src/money.rs", "use std::env;"),
        },
        Plant {
            name: "a price in floating point",
            plant: |workspace| {
                workspace.write_line("domain/src/pricing/surge.rs", "    let factor: f64 = 1.2;");
            },
        },
        Plant {
            name: "a service that starts a task",
            plant: |workspace| workspace.write_line("apps/services/src/relay.rs", "    tokio::spawn(relay);"),
        },
        Plant {
            name: "a service that encodes",
            plant: |workspace| workspace.write_line("apps/services/src/relay.rs", "use serde::Serialize;"),
        },
    ],
};

fn found<'a>(absence: &'a Absence, workspace: &'a Workspace) -> impl Iterator<Item = Violation> + 'a {
    workspace
        .sources
        .iter()
        .filter(|(path, _)| path.starts_with(absence.folder))
        .filter(|(path, _)| absence.except.is_none_or(|except| !path.starts_with(except)))
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .map(move |(index, line)| (path, index + 1, line))
        })
        .filter(|(_, _, line)| !line.trim_start().starts_with("//"))
        .flat_map(move |(path, number, line)| {
            let written = absence.words.iter().filter(move |word| mentions(line, word));
            written.map(move |word| {
                Violation::new(
                    format!("{path}:{number}"),
                    format!("says `{word}`, but {}", absence.because),
                )
            })
        })
}

/// Whether `word` stands in `line` as a word: `.await` is not in `self.awaited`.
fn mentions(line: &str, word: &str) -> bool {
    let is_part_of_name = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let starts_name = word.starts_with(char::is_alphabetic);
        !(is_part_of_name(after) || starts_name && is_part_of_name(before))
    })
}

#[test]
fn words_are_found_as_words() {
    for (line, word, expected) in [
        ("x.await?", ".await", true),
        ("self.awaited", ".await", false),
        ("let rate: f64", "f64", true),
        ("let buf64 = 1", "f64", false),
        ("Trip::decide(", "::decide", true),
        ("trip.decided(", ".decide", false),
    ] {
        assert_eq!(mentions(line, word), expected, "{line} {word}");
    }
}
