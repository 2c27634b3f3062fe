//! What manifests must say.

use crate::workspace::{Role, Workspace};
use crate::{Plant, Rule, Violation};
use toml::Value;

pub(crate) const VIRTUAL_ROOT: Rule = Rule {
    because: "`cargo run --release -- city` in a fresh clone runs one binary, and a virtual root infers no resolver",
    check: virtual_root,
    plants: &[
        Plant {
            name: "a root that is a package",
            plant: |workspace| {
                workspace
                    .manifest
                    .insert("package".to_owned(), Value::Table(toml::Table::new()));
            },
        },
        Plant {
            name: "a root without a resolver",
            plant: |workspace| {
                workspace.manifest["workspace"]
                    .as_table_mut()
                    .unwrap()
                    .remove("resolver");
            },
        },
        Plant {
            name: "a second default member",
            plant: |workspace| workspace.default_members.push("fiacre-city".to_owned()),
        },
        Plant {
            name: "unsafe code that is only denied, so that a crate can allow it",
            plant: |workspace| {
                let lints = &mut workspace.manifest["workspace"]["lints"]["rust"];
                lints["unsafe_code"] = Value::String("deny".to_owned());
            },
        },
    ],
};

fn virtual_root(workspace: &Workspace) -> Vec<Violation> {
    let root = &workspace.manifest;
    let mut violations = Vec::new();
    if root.contains_key("package") {
        violations.push(Violation::new("Cargo.toml", "is a package"));
    }
    if root["workspace"].get("resolver").and_then(Value::as_str) != Some("3") {
        violations.push(Violation::new("Cargo.toml", "must say resolver = \"3\""));
    }
    if root["workspace"]["lints"]["rust"]["unsafe_code"].as_str() != Some("forbid") {
        violations.push(Violation::new("Cargo.toml", "must forbid unsafe code"));
    }
    if workspace.default_members != ["fiacre"] {
        violations.push(Violation::new(
            "Cargo.toml",
            "must say default-members = [\"apps/fiacre\"]",
        ));
    }
    violations
}

pub(crate) const SHARED_LINTS: Rule = Rule {
    because: "a crate without `[lints] workspace = true` is checked by nothing",
    check: |workspace| {
        workspace
            .packages
            .values()
            .filter(|package| !inherits(package.manifest.get("lints")))
            .map(|package| Violation::new(&package.folder, "lacks `[lints] workspace = true`"))
            .collect()
    },
    plants: &[Plant {
        name: "a crate with lints of its own",
        plant: |workspace| {
            workspace.package("fiacre-city").manifest.remove("lints");
        },
    }],
};

fn inherits(value: Option<&Value>) -> bool {
    value
        .and_then(|table| table.get("workspace"))
        .and_then(Value::as_bool)
        == Some(true)
}

pub(crate) const SHARED_FIELDS: Rule = Rule {
    because: "one edition, one minimum toolchain, one licence, and nothing is published by accident",
    check: |workspace| {
        let mut violations = Vec::new();
        for package in workspace.packages.values() {
            let fields = &package.manifest["package"];
            for field in ["version", "edition", "rust-version", "license", "publish"] {
                if !inherits(fields.get(field)) {
                    violations.push(Violation::new(
                        &package.folder,
                        format!("must say {field}.workspace = true"),
                    ));
                }
            }
            if fields.get("description").is_none() {
                violations.push(Violation::new(&package.folder, "does not say what it is"));
            }
        }
        violations
    },
    plants: &[Plant {
        name: "a crate with a toolchain of its own",
        plant: |workspace| {
            let fields = &mut workspace.package("fiacre-city").manifest["package"];
            fields["rust-version"] = Value::String("1.70".to_owned());
        },
    }],
};

pub(crate) const DECLARED_ONCE: Rule = Rule {
    because: "a version that is declared twice drifts; the root says why each dependency is there",
    check: |workspace| {
        let mut violations = Vec::new();
        for package in workspace.packages.values() {
            for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let Some(section) = package.manifest.get(section).and_then(Value::as_table) else {
                    continue;
                };
                for (name, _) in section
                    .iter()
                    .filter(|(_, dependency)| !inherits(Some(dependency)))
                {
                    violations.push(Violation::new(
                        &package.folder,
                        format!("{name} is not the workspace's"),
                    ));
                }
            }
        }
        violations
    },
    plants: &[Plant {
        name: "a version in a member",
        plant: |workspace| {
            let dependencies = &mut workspace.package("fiacre-tariffs").manifest["dependencies"];
            dependencies["serde"] = Value::String("1".to_owned());
        },
    }],
};

/// What hides an input from a pure function.
const HIDDEN_INPUTS: [&str; 4] = [
    "std::time::Instant",
    "std::time::SystemTime",
    "std::collections::HashMap",
    "std::collections::HashSet",
];

pub(crate) const REASONED_BANS: Rule = Rule {
    because: "clock, randomness and hash order hide inputs of domain and services; whoever meets a ban must learn why",
    check: reasoned_bans,
    plants: &[
        Plant {
            name: "a domain without bans",
            plant: |workspace| workspace.package("fiacre-domain").clippy = None,
        },
        Plant {
            name: "services that may read the clock",
            plant: |workspace| {
                let clippy = workspace.package("fiacre-services").clippy.as_mut().unwrap();
                clippy["disallowed-types"].as_array_mut().unwrap().remove(0);
            },
        },
        Plant {
            name: "a ban without a reason",
            plant: |workspace| {
                let clippy = workspace.package("fiacre-city").clippy.as_mut().unwrap();
                clippy["disallowed-methods"][0] = Value::String("f64::sin".to_owned());
            },
        },
    ],
};

fn reasoned_bans(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in workspace.packages.values() {
        let banned: Vec<&Value> = package
            .clippy
            .iter()
            .flat_map(|clippy| ["disallowed-types", "disallowed-methods"].map(|key| clippy.get(key)))
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .collect();
        let place = format!("{}/clippy.toml", package.folder);
        for ban in &banned {
            if ban
                .get("reason")
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                violations.push(Violation::new(&place, format!("{ban:?} has no reason")));
            }
        }
        if matches!(Role::of(&package.folder), Some(Role::Domain | Role::Services)) {
            for path in HIDDEN_INPUTS {
                if !banned
                    .iter()
                    .any(|ban| ban.get("path").and_then(Value::as_str) == Some(path))
                {
                    violations.push(Violation::new(&place, format!("does not disallow {path}")));
                }
            }
        }
    }
    violations
}
