//! Who may know whom: domain ← ports ← {adapters, services} ← apps.

use crate::workspace::DependencyKind::{Build, Dev, Normal};
use crate::workspace::{Package, Role, Workspace};
use crate::{Plant, Rule, Violation};
use std::collections::BTreeMap;

pub(crate) const ONE_WAY: Rule = Rule {
    because: "domain ← ports ← {adapters, services} ← apps: adapters never know services or each other, except `wire` and `folder`",
    check: one_way,
    plants: &[
        Plant {
            name: "ports that know an adapter",
            plant: |workspace| workspace.draw_arrow("fiacre-ports", "fiacre-memory", Normal),
        },
        Plant {
            name: "an adapter that knows services",
            plant: |workspace| workspace.draw_arrow("fiacre-memory", "fiacre-services", Normal),
        },
        Plant {
            name: "an adapter that knows another",
            plant: |workspace| workspace.draw_arrow("fiacre-sandbox-payments", "fiacre-memory", Normal),
        },
        Plant {
            name: "a folder that knows what is kept in it",
            plant: |workspace| workspace.draw_arrow("fiacre-folder", "fiacre-ports", Normal),
        },
        Plant {
            name: "services that know an adapter",
            plant: |workspace| workspace.draw_arrow("fiacre-services", "fiacre-memory", Normal),
        },
        Plant {
            name: "services that know an app, through their build script",
            plant: |workspace| workspace.draw_arrow("fiacre-services", "fiacre-city", Build),
        },
        Plant {
            name: "a test of an adapter that knows services",
            plant: |workspace| workspace.draw_arrow("fiacre-memory", "fiacre-services", Dev),
        },
        Plant {
            name: "an app that knows the proofs",
            plant: |workspace| workspace.draw_arrow("fiacre-city", "fiacre-proptests", Normal),
        },
        Plant {
            name: "a crate in a folder of its own",
            plant: |workspace| workspace.package("fiacre-city").folder = "tools/city".into(),
        },
    ],
};

/// What a crate of `role` may know of the workspace in what it ships.
const fn may_know(role: Role) -> &'static [Role] {
    match role {
        Role::Domain | Role::Folder => &[],
        Role::Ports => &[Role::Domain],
        Role::Conformance | Role::Wire | Role::Services => &[Role::Domain, Role::Ports],
        Role::Adapter => &[Role::Domain, Role::Ports, Role::Wire, Role::Folder],
        Role::App => &[
            Role::Domain,
            Role::Ports,
            Role::Wire,
            Role::Folder,
            Role::Adapter,
            Role::Services,
            Role::App,
        ],
        Role::Proof => &[],
    }
}

/// What its tests may know beside that: services are tried on adapters, adapters by the conformance suites, and proofs
/// look at everything.
const fn tests_may_know(role: Role) -> &'static [Role] {
    match role {
        Role::Domain | Role::Ports | Role::Conformance | Role::Folder => &[],
        Role::Wire | Role::Adapter => &[Role::Conformance],
        Role::Services | Role::App => &[Role::Adapter, Role::Conformance],
        Role::Proof => &[
            Role::Domain,
            Role::Ports,
            Role::Conformance,
            Role::Wire,
            Role::Folder,
            Role::Adapter,
            Role::Services,
            Role::App,
        ],
    }
}

fn one_way(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    for package in workspace.packages.values() {
        let Some(role) = Role::of(&package.folder) else {
            violations.push(Violation::new(&package.folder, "is no folder of the blueprint"));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(other) = workspace.packages.get(&dependency.name) else {
                continue;
            };
            let allowed = Role::of(&other.folder).is_some_and(|known| {
                may_know(role).contains(&known)
                    || dependency.kind == Dev
                        && (other.name == package.name || tests_may_know(role).contains(&known))
            });
            if !allowed {
                violations.push(Violation::new(
                    &package.name,
                    format!("may not know {}", other.name),
                ));
            }
        }
    }
    violations
}

pub(crate) const PURE_DOMAIN: Rule = Rule {
    because: "whoever embeds the rules gets the rules and nothing else, and they build for every target",
    check: |workspace| {
        dependencies_of(&workspace.packages["fiacre-domain"])
            .map(|name| Violation::new("domain/Cargo.toml", format!("depends on {name}")))
            .collect()
    },
    plants: &[
        Plant {
            name: "a dependency of the domain",
            plant: |workspace| workspace.draw_arrow("fiacre-domain", "serde", Normal),
        },
        Plant {
            name: "a dependency of the domain's tests",
            plant: |workspace| workspace.draw_arrow("fiacre-domain", "proptest", Dev),
        },
    ],
};

fn dependencies_of(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
}

pub(crate) const OWNED_DRIVERS: Rule = Rule {
    because: "a driver has one owner (deny.toml names it), so that its types cross no port and it can be replaced",
    check: owned_drivers,
    plants: &[
        Plant {
            name: "services that use a broker's driver",
            plant: |workspace| workspace.draw_arrow("fiacre-services", "lapin", Normal),
        },
        Plant {
            name: "an adapter that decides where traces go",
            plant: |workspace| workspace.draw_arrow("fiacre-memory", "tracing-subscriber", Normal),
        },
        Plant {
            name: "a crate that nobody may use",
            plant: |workspace| workspace.draw_arrow("fiacre-city", "openssl-sys", Normal),
        },
        Plant {
            name: "a ban without a reason",
            plant: |workspace| {
                bans(workspace)[0]
                    .as_table_mut()
                    .unwrap()
                    .retain(|key, _| key != "reason");
            },
        },
        Plant {
            name: "a driver without an owner",
            plant: |workspace| bans(workspace).retain(|ban| ban["crate"].as_str() != Some("mongodb")),
        },
    ],
};

/// Drivers that deny.toml must give an owner to.
const DRIVERS: [&str; 6] = [
    "async-stripe",
    "fjall",
    "lapin",
    "mongodb",
    "opentelemetry",
    "scylla",
];

fn bans(workspace: &mut Workspace) -> &mut Vec<toml::Value> {
    workspace.deny["bans"]["deny"].as_array_mut().unwrap()
}

fn owned_drivers(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut owners = BTreeMap::new();
    for ban in workspace.deny["bans"]["deny"].as_array().unwrap() {
        let name = ban["crate"].as_str().unwrap();
        owners.insert(name, ban["wrappers"].as_array().unwrap());
        if ban
            .get("reason")
            .and_then(toml::Value::as_str)
            .is_none_or(str::is_empty)
        {
            violations.push(Violation::new(
                "deny.toml",
                format!("{name} is banned without a reason"),
            ));
        }
    }
    for driver in DRIVERS {
        if !owners.contains_key(driver) {
            violations.push(Violation::new("deny.toml", format!("{driver} has no owner")));
        }
    }
    for package in workspace.packages.values() {
        for name in dependencies_of(package) {
            let known = owners.get(name);
            if known.is_some_and(|owners| !owners.iter().any(|owner| owner.as_str() == Some(&package.name))) {
                violations.push(Violation::new(&package.name, format!("may not use {name}")));
            }
        }
    }
    violations
}
