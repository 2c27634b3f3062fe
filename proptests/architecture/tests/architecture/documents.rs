//! What documents say of the workspace must be there.

use crate::workspace::{self, Role, Workspace};
use crate::{Plant, Rule, Violation};

/// The map.
const MAP: &str = "ARCHITECTURE.md";

pub(crate) const WHOLE_MAP: Rule = Rule {
    because: "a crate that is not on the map is not found, and a map with gaps is not trusted",
    check: |workspace| {
        let map = &workspace.documents[MAP];
        workspace
            .packages
            .values()
            .filter(|package| !map.contains(&format!("| `{}` | `{}` |", package.folder, package.name)))
            .map(|package| {
                Violation::new(
                    MAP,
                    format!("does not show {} in {}", package.name, package.folder),
                )
            })
            .collect()
    },
    plants: &[
        Plant {
            name: "a crate that is not on the map",
            plant: |workspace| workspace.package("fiacre-city").name = "fiacre-village".into(),
        },
        Plant {
            name: "a crate that has moved",
            plant: |workspace| workspace.package("fiacre-city").folder = "apps/village".into(),
        },
    ],
};

pub(crate) const FRONT_DOORS: Rule = Rule {
    because: "who opens a crate copies its first example: it must be there, be tested, and hide nothing that it needs",
    check: |workspace| {
        let mut violations = Vec::new();
        for package in workspace.packages.values() {
            let readme = format!("{}/README.md", package.folder);
            let library = format!("{}/src/lib.rs", package.folder);
            let is_proof = Role::of(&package.folder) == Some(Role::Proof);
            let Some(source) = workspace.sources.get(&library).filter(|_| !is_proof) else {
                continue;
            };
            if !workspace.documents.contains_key(&readme) {
                violations.push(Violation::new(&package.name, "has no README"));
            } else if !source.starts_with("#![doc = include_str!(\"../README.md\")]") {
                violations.push(Violation::new(
                    library,
                    "does not begin with the README, so that nothing tests it",
                ));
            }
        }
        for (document, text) in &workspace.documents {
            let hidden = text
                .split("```rust")
                .skip(1)
                .filter_map(|rest| rest.split("```").next())
                .flat_map(str::lines)
                .filter(|line| line.starts_with("# "));
            violations.extend(hidden.map(|line| Violation::new(document, format!("hides {line}"))));
        }
        violations
    },
    plants: &[
        Plant {
            name: "a crate without a README",
            plant: |workspace| {
                workspace.documents.remove("domain/README.md");
            },
        },
        Plant {
            name: "a README that nothing tests",
            plant: |workspace| {
                let source = workspace.sources.get_mut("domain/src/lib.rs").unwrap();
                *source = source.replace("README", "LIESMICH");
            },
        },
        Plant {
            name: "an example that hides what it needs",
            plant: |workspace| say(workspace, "```rust\n# use fiacre_domain::id::TripId;\n```"),
        },
    ],
};

pub(crate) const LIVE_PATHS: Rule = Rule {
    because: "a document that names what is gone sends its readers astray",
    check: |workspace| {
        let mut violations = Vec::new();
        for (document, text) in &workspace.documents {
            let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
            let links = links(text).map(|link| {
                if folder.is_empty() {
                    link
                } else {
                    format!("{folder}/{link}")
                }
            });
            for path in links.chain(quoted_paths(text)) {
                if !workspace::root().join(&path).exists() {
                    violations.push(Violation::new(
                        document,
                        format!("names {path}, which is not there"),
                    ));
                }
            }
        }
        violations
    },
    plants: &[
        Plant {
            name: "a link that leads nowhere",
            plant: |workspace| say(workspace, "See [the atlas](docs/atlas.md)."),
        },
        Plant {
            name: "a file that is gone",
            plant: |workspace| say(workspace, "Look in `domain/src/gone.rs`."),
        },
    ],
};

/// The parts of a decision's page, in their order.
const PARTS: [&str; 4] = [
    "\n## Context\n",
    "\n## Decision\n",
    "\n## Rejected\n",
    "\n## How we would notice that it was wrong\n",
];
const DECISIONS: &str = "docs/adr/";
const INDEX: &str = "docs/adr/README.md";

pub(crate) const WHOLE_DECISIONS: Rule = Rule {
    because: "a decision without its reasons, or that another has silently replaced, misleads whoever relies on it",
    check: |workspace| {
        let pages = workspace
            .documents
            .iter()
            .filter(|(path, _)| path.starts_with(DECISIONS) && path.as_str() != INDEX);
        let faults = pages.flat_map(|(path, text)| {
            let faults = faults_of_decision(workspace, path.trim_start_matches(DECISIONS), text);
            faults.into_iter().map(move |fault| Violation::new(path, fault))
        });
        faults.collect()
    },
    plants: &[
        Plant {
            name: "a decision that does not say how it would be found wrong",
            plant: |workspace| {
                doctor(workspace, FIRST, |text| {
                    text.replace("## How we would", "## How one would")
                });
            },
        },
        Plant {
            name: "a decision that the index does not name",
            plant: |workspace| doctor(workspace, INDEX, |text| text.replace("0001", "0000")),
        },
        Plant {
            name: "a decision under another title than in the index",
            plant: |workspace| {
                doctor(workspace, FIRST, |text| {
                    text.replace("# 0001 ", "# 0001 Perhaps: ")
                });
            },
        },
        Plant {
            name: "a decision that was superseded by one that does not say so",
            plant: |workspace| {
                doctor(workspace, FIRST, |text| {
                    text + "\nSuperseded by [ADR 2](0002-one-commit-one-write.md)."
                });
            },
        },
    ],
};

/// The page of a decision that every rule above is tried on.
const FIRST: &str = "docs/adr/0001-zero-dependency-domain.md";

/// What is wrong with the page `name` of a decision.
fn faults_of_decision(workspace: &Workspace, name: &str, text: &str) -> Vec<String> {
    let found: Vec<_> = PARTS.iter().map(|part| text.find(part)).collect();
    let mut faults = Vec::new();
    if found.contains(&None) || !found.is_sorted() {
        faults.push("has not its four parts in their order".to_owned());
    }
    let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    let number = name.split('-').next().unwrap_or_default();
    let index = workspace.documents.get(INDEX).map_or("", String::as_str);
    if !title.starts_with(number) || !index.contains(&format!("- [{title}]({name})\n")) {
        faults.push(format!("is not in the index as [{title}]({name})"));
    }
    let unbroken = text.replace('\n', " ");
    for (_, after) in unbroken
        .match_indices("uperseded by [ADR ")
        .map(|(at, _)| unbroken.split_at(at))
    {
        let later = links(after).next().unwrap_or_default();
        let page = workspace.documents.get(&format!("{DECISIONS}{later}"));
        if !page.is_some_and(|page| page.contains(name)) {
            faults.push(format!("is superseded by {later}, which does not say so"));
        }
    }
    faults
}

/// Changes a document.
fn doctor(workspace: &mut Workspace, document: &str, change: fn(String) -> String) {
    if let Some(text) = workspace.documents.get_mut(document) {
        *text = change(std::mem::take(text));
    }
}

fn say(workspace: &mut Workspace, line: &str) {
    workspace
        .documents
        .entry("README.md".to_owned())
        .or_default()
        .push_str(line);
}

/// Targets of links within the repository, without their anchors.
fn links(text: &str) -> impl Iterator<Item = String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .map(str::to_owned)
}

/// Paths from the root in backticks: what begins with a folder of the workspace.
fn quoted_paths(text: &str) -> impl Iterator<Item = String> {
    const FOLDERS: [&str; 6] = ["adapters/", "apps/", "docs/", "domain/", "ports/", "proptests/"];
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|quoted| FOLDERS.iter().any(|folder| quoted.starts_with(folder)))
        .filter(|quoted| !quoted.contains(['{', '*', '…', ' ']))
        .map(str::to_owned)
}
