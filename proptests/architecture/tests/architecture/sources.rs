//! What files may be called, how long they may be, and the arms that no lint sees.

use crate::workspace::Workspace;
use crate::{Plant, Rule, Violation};

/// The longest source file, in lines.
const LINES_MAX: usize = 600;

pub(crate) const SHORT_FILES: Rule = Rule {
    because: "a file beyond 600 lines holds two concepts that deserve names",
    check: |workspace| {
        workspace
            .sources
            .iter()
            .map(|(path, text)| (path, text.lines().count()))
            .filter(|(_, lines)| *lines > LINES_MAX)
            .map(|(path, lines)| Violation::new(path, format!("has {lines} lines")))
            .collect()
    },
    plants: &[Plant {
        name: "a file of 601 lines",
        plant: |workspace| workspace.write_line("domain/src/long.rs", &"\n".repeat(LINES_MAX)),
    }],
};

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 8] = [
    "common", "core", "helper", "helpers", "manager", "misc", "util", "utils",
];

pub(crate) const NAMES_BY_CONCEPT: Rule = Rule {
    because: "a newcomer looks for a concept; everything fits into `utils`, so nothing is found there",
    check: names_by_concept,
    plants: &[
        Plant {
            name: "a crate named fiacre-common",
            plant: |workspace| workspace.package("fiacre-city").name = "fiacre-common".into(),
        },
        Plant {
            name: "a module named helpers",
            plant: |workspace| workspace.write_line("apps/services/src/helpers.rs", ""),
        },
        Plant {
            name: "a module folder named utils",
            plant: |workspace| workspace.write_line("apps/services/src/utils/mod.rs", ""),
        },
    ],
};

fn names_by_concept(workspace: &Workspace) -> Vec<Violation> {
    let names = workspace.packages.values().map(|package| package.name.as_str());
    let paths = workspace.sources.keys().flat_map(|path| path.split('/'));
    names
        .chain(paths)
        .filter(|name| {
            name.trim_end_matches(".rs")
                .split(['-', '_'])
                .any(|part| EMPTY_NAMES.contains(&part))
        })
        .map(|name| Violation::new(name, "names no concept"))
        .collect()
}

pub(crate) const SPELT_PAIRS: Rule = Rule {
    because: "a new variant should break the build where it matters, and clippy looks for `_` outside tuples only",
    check: |workspace| {
        let shipped = workspace.sources.iter().filter(|(path, _)| path.contains("src/"));
        shipped
            .flat_map(|(path, text)| {
                text.lines()
                    .zip(1..)
                    .map(move |(line, number)| (path, number, line))
            })
            .filter(|(_, _, line)| is_arm_for_all_else(line))
            .map(|(path, number, line)| Violation::new(format!("{path}:{number}"), line.trim()))
            .collect()
    },
    plants: &[
        Plant {
            name: "an arm for all other pairs",
            plant: |workspace| {
                workspace.write_line("domain/src/trip/decide/join.rs", "            (_, _) => NOTHING,");
            },
        },
        Plant {
            name: "an arm for all other triples, under a condition",
            plant: |workspace| {
                workspace.write_line(
                    "domain/src/payment/mod.rs",
                    "            (_, _, _) if is_due => None,",
                );
            },
        },
    ],
};

/// Whether a line begins a match arm that takes every tuple: `(_, _) =>`, with or without a guard.
fn is_arm_for_all_else(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("| ");
    let Some((fields, rest)) = line.strip_prefix('(').and_then(|line| line.split_once(')')) else {
        return false;
    };
    let rest = rest.trim_start();
    fields.contains(',')
        && fields
            .trim_end_matches(',')
            .split(',')
            .all(|field| field.trim() == "_")
        && (rest.starts_with("=>") || rest.starts_with("if "))
}

#[test]
fn arms_for_all_else_are_told_from_others() {
    for (line, expected) in [
        ("    (_, _) => None,", true),
        ("    | (_, _, _) => None,", true),
        ("    (_, _) if now > due => None,", true),
        ("    (Phase::Started, _) => None,", false),
        ("    |(_, _, line)| line.is_empty(),", false),
        ("    let (_, _) = pair;", false),
        ("    () => ($rule),", false),
    ] {
        assert_eq!(is_arm_for_all_else(line), expected, "{line}");
    }
}
