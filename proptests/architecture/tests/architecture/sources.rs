//! What files may be called and how long they may be.

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
