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

/// The longest function, in lines of code.
const LINES_OF_A_FUNCTION_MAX: usize = 60;

pub(crate) const SHORT_FUNCTIONS: Rule = Rule {
    because: "a function that does not fit a screen is understood in parts, and parts deserve names",
    check: |workspace| {
        let shipped = workspace.sources.iter().filter(|(path, _)| is_shipped(path));
        shipped
            .flat_map(|(path, text)| functions(text).into_iter().map(move |function| (path, function)))
            // The texts of an enum are a table, a row a variant.
            .filter(|(_, function)| function.lines > LINES_OF_A_FUNCTION_MAX && function.name != "fmt")
            .map(|(path, function)| {
                let fault = format!("`{}` has {} lines of code", function.name, function.lines);
                Violation::new(format!("{path}:{}", function.at), fault)
            })
            .collect()
    },
    plants: &[
        Plant {
            name: "a function of 61 lines",
            plant: |workspace| {
                let body = "        step();\n".repeat(LINES_OF_A_FUNCTION_MAX + 1);
                workspace.write_line(
                    "domain/src/trip/evolve.rs",
                    &format!("impl Trip {{\n    fn long(\n        self,\n    ) {{\n{body}    }}\n}}"),
                );
            },
        },
        Plant {
            name: "a long main of an example",
            plant: |workspace| {
                let body = "    step();\n".repeat(LINES_OF_A_FUNCTION_MAX + 1);
                workspace.write_line("domain/examples/saga.rs", &format!("fn long() {{\n{body}}}"));
            },
        },
    ],
};

/// Whether a path holds code for others than tests.
fn is_shipped(path: &str) -> bool {
    let is_test = path.split('/').any(|part| part == "tests" || part == "tests.rs");
    !is_test && (path.contains("src/") || path.contains("examples/"))
}

#[derive(Debug, PartialEq, Eq)]
struct Function<'t> {
    name: &'t str,
    /// The number of its first line.
    at: usize,
    /// How many lines of code are between its braces.
    lines: usize,
}

/// The functions of a formatted file, its tests apart: each ends at the first brace that stands as far in as it does.
fn functions(text: &str) -> Vec<Function<'_>> {
    let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines: Vec<&str> = shipped.lines().collect();
    let begins = lines.iter().enumerate();
    begins
        .filter_map(|(at, line)| {
            let name = function_name(line)?;
            let indent = &line[..line.len() - line.trim_start().len()];
            let rest = lines.get(at + 1..)?;
            let end = format!("{indent}}}");
            let length = rest.iter().position(|line| *line == end)?;
            let head = if line.ends_with('{') {
                0
            } else {
                rest.iter().take(length).position(|line| line.ends_with('{'))? + 1
            };
            let is_code = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
            let lines = rest.get(head..length)?.iter().filter(is_code).count();
            Some(Function {
                name,
                at: at + 1,
                lines,
            })
        })
        .collect()
}

/// The name of the function that begins in a line and does not end there.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start().split(' ');
    let is_before_fn =
        |word: &&str| word.starts_with("pub") || word.ends_with(')') || ["const", "async"].contains(word);
    let begins = words.find(|word| !is_before_fn(word)) == Some("fn");
    let name = words.next().filter(|_| begins && !line.ends_with([';', '}']))?;
    name.split(['(', '<']).next()
}

#[test]
fn functions_are_measured_by_their_code() {
    let text = "\
pub(crate) const fn short(a: u8) -> u8 {
    // Why.
    a

}
impl A {
    fn heads<T>(
        self,
        t: T,
    ) -> u8
    where
        T: B,
    {
        match t {
            _ => 1,
        }
    }
    fn empty() {}
}
trait T {
    fn declared(&self);
}
#[cfg(test)]
mod tests {
    fn test() {
        a();
    }
}
";
    let measured: Vec<_> = functions(text)
        .iter()
        .map(|function| (function.name, function.at, function.lines))
        .collect();
    assert_eq!(measured, [("short", 1, 1), ("heads", 7, 3)]);
}

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
