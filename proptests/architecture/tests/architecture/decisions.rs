//! Who may decide, and who may only look: rules over what a file names, whatever it calls it.

use crate::syntax::{Call, Named};
use crate::workspace::Workspace;
use crate::{Plant, Rule, Violation};

/// Names of the domain's functions and methods that decide: the last name of a path, or a method.
const DECIDING: [&str; 17] = [
    "assign",
    "cancel",
    "cancel_unpriced",
    "candidates",
    "compute",
    "decide",
    "driver_service",
    "evolve",
    "greedy",
    "nearest",
    "payment_service",
    "quote",
    "settle",
    "settle_as_accepted",
    "settle_as_quoted",
    "timer_command",
    "trip_service",
];

/// Methods of those names that decide nothing: on what they are called.
const HARMLESS: [(&str, &str); 5] = [
    ("company", "cancel"),
    ("consumer", "settle"),
    ("riders", "cancel"),
    ("riders", "quote"),
    ("self", "cancel"),
];

/// What of the domain is for deciding alone.
const FOR_DECIDING: [&str; 3] = [
    "fiacre_domain::decision",
    "fiacre_domain::matching::Matcher",
    "fiacre_domain::matching::Supply",
];

pub(crate) const PLAYED: Rule = Rule {
    because: "the city plays against the platform's entry points: it decides nothing of the domain's",
    check: |workspace| {
        let decides = |named: &Named| {
            let paths = named.paths.iter().filter(|path| is_decision(path)).cloned();
            let calls = named.calls.iter().filter(|call| is_deciding_call(call));
            paths
                .chain(calls.map(|call| format!(".{}()", call.method)))
                .collect()
        };
        broken(workspace, "apps/city/src/", decides)
    },
    plants: &[
        Plant {
            name: "a decision over several lines",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "fn f() { trip\n.\ndecide(&command, now)?; }",
                );
            },
        },
        Plant {
            name: "a reaction under another name",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "use fiacre_domain::saga::trip_service as answer; fn f() { answer(&event); }",
                );
            },
        },
        Plant {
            name: "a reaction by way of a module that goes by another name",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "use fiacre_domain as rules; fn f() { rules::saga::payment_service(e); }",
                );
            },
        },
        Plant {
            name: "everything of a module at once",
            plant: |workspace| {
                workspace.write_line("apps/city/src/roads.rs", "use fiacre_domain::matching::*;");
            },
        },
        Plant {
            name: "a settlement that is handed on as a function",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "fn f() { let price = fiacre_domain::pricing::Quote::\nsettle; ride.map(price); }",
                );
            },
        },
        Plant {
            name: "a settlement of whatever the quote is called",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "fn f() { let receipt = promised.settle(&reading)?; }",
                );
            },
        },
        Plant {
            name: "a fee of the city's own",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "fn f() { let fee = quote.cancel(&cancellation)?; }",
                );
            },
        },
        Plant {
            name: "a surge of the city's own",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "use fiacre_domain::pricing::Surge; fn f() { Surge::compute(policy, inputs); }",
                );
            },
        },
        Plant {
            name: "a matcher of the city's own",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "use fiacre_domain::matching::{Market, Matcher as M}; fn f() { M::new(); }",
                );
            },
        },
        Plant {
            name: "a decision inside a macro",
            plant: |workspace| {
                workspace.write_line(
                    "apps/city/src/roads.rs",
                    "fn f() { println!(\"{:?}\", trip.decide(&command, now)); }",
                );
            },
        },
    ],
};

/// What of matching the verifier of certificates may see: what a batch is about, and itself.
const SEEN_BY_THE_VERIFIER: [&str; 8] = [
    "Availability",
    "Driver",
    "Market",
    "Policy",
    "Request",
    "RouteEstimate",
    "Sample",
    "Supply",
];

/// Methods of the supply that ask its index.
const INDEXED: [&str; 4] = ["nearest", "nearest_into", "nearest_slots", "search"];

pub(crate) const VERIFIED: Rule = Rule {
    because: "a certificate that is checked with the solver's code agrees with the solver's faults",
    check: |workspace| {
        let shares = |named: &Named| {
            let paths = named.paths.iter().filter(|path| is_of_the_solver(path)).cloned();
            let calls = named
                .calls
                .iter()
                .filter(|call| call.arguments > 0 && INDEXED.contains(&call.method.as_str()));
            paths
                .chain(calls.map(|call| format!(".{}()", call.method)))
                .collect()
        };
        broken(workspace, "domain/src/matching/certificate/", shares)
    },
    plants: &[
        Plant {
            name: "a verifier that asks the index",
            plant: |workspace| {
                workspace.write_line(
                    PAIRINGS,
                    "fn f() { self.market.supply().search(Layer::Free, centre, &mut fit); }",
                );
            },
        },
        Plant {
            name: "a verifier that asks the search for candidates",
            plant: |workspace| workspace.write_line(PAIRINGS, "use crate::matching::candidate::Search;"),
        },
        Plant {
            name: "a verifier that weighs as the solver does",
            plant: |workspace| {
                workspace.write_line(PAIRINGS, "fn f() { super::super::candidate::terms(market); }");
            },
        },
        Plant {
            name: "a verifier that takes the nearest from the supply",
            plant: |workspace| {
                workspace.write_line(PAIRINGS, "fn f() { supply.nearest_slots(layer, centre); }");
            },
        },
    ],
};

const PAIRINGS: &str = "domain/src/matching/certificate/pairings.rs";

/// Whether a path leads into matching, elsewhere than to what a batch is about.
fn is_of_the_solver(path: &str) -> bool {
    let within = path
        .strip_prefix("crate::matching::")
        .or_else(|| path.strip_prefix("super::super::"))
        .or_else(|| path.strip_prefix("super::"));
    let names_a_part = |rest: &str| {
        let first = rest.split("::").next().unwrap_or(rest);
        let is_own = ["CertificateFlaw", "Certificate", "pairings"].contains(&first);
        !is_own && !SEEN_BY_THE_VERIFIER.contains(&first)
    };
    within.is_some_and(names_a_part)
}

/// A method that decides. A quote, and a measure of assignments, that are asked for without anything are only read.
fn is_deciding_call(call: &Call) -> bool {
    let is_harmless = |&(on, method): &(&str, &str)| call.on.as_deref() == Some(on) && call.method == method;
    let is_read = call.arguments == 0 && ["assign", "quote"].contains(&call.method.as_str());
    DECIDING.contains(&call.method.as_str()) && !is_read && !HARMLESS.iter().any(is_harmless)
}

/// A path into the domain that decides, or that hides what is named.
fn is_decision(path: &str) -> bool {
    let in_domain = path.starts_with("fiacre_domain::");
    let last = path.rsplit("::").next().unwrap_or(path);
    let is_for_deciding = |part: &str| path == part || path.starts_with(&format!("{part}::"));
    in_domain
        && (last == "*" || DECIDING.contains(&last) || FOR_DECIDING.iter().any(|part| is_for_deciding(part)))
}

/// What the files below a folder name that they may not, tests apart.
fn broken(workspace: &Workspace, folder: &str, faults: impl Fn(&Named) -> Vec<String>) -> Vec<Violation> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let files = workspace
        .sources
        .iter()
        .filter(|(path, _)| path.starts_with(folder) && !is_test(path));
    files
        .flat_map(|(path, text)| {
            let named = match Named::read(text) {
                Ok(named) => faults(&named),
                Err(error) => vec![format!("what cannot be read: {error}")],
            };
            named
                .into_iter()
                .map(move |name| Violation::new(path, format!("names `{name}`")))
        })
        .collect()
}
