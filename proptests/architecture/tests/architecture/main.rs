//! The architecture, as rules over `cargo metadata`, the manifests and the sources. Each rule holds for the workspace, and
//! catches each violation that is planted for it: a rule that could not fail would not compile without its plant.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod absences;
mod arrows;
mod decisions;
mod documents;
mod manifests;
mod sources;
mod syntax;
mod workspace;

use std::fmt;
use std::sync::LazyLock;
use workspace::Workspace;

/// The workspace as it is, read once.
static AS_IT_IS: LazyLock<Workspace> = LazyLock::new(Workspace::read);

/// Where a rule is broken, how, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    place: String,
    fault: String,
}

impl Violation {
    fn new(place: impl fmt::Display, fault: impl fmt::Display) -> Self {
        Self {
            place: place.to_string(),
            fault: fault.to_string(),
        }
    }
}

/// A rule of the architecture.
struct Rule {
    /// Why the workspace is better for it.
    because: &'static str,
    check: fn(&Workspace) -> Vec<Violation>,
    /// Changes to the workspace, each of which the rule must refuse.
    plants: &'static [Plant],
}

struct Plant {
    name: &'static str,
    plant: fn(&mut Workspace),
}

impl Rule {
    fn holds(&self) {
        let violations = (self.check)(&AS_IT_IS);
        let list: Vec<String> = violations
            .iter()
            .map(|violation| format!("  {}: {}", violation.place, violation.fault))
            .collect();
        assert!(list.is_empty(), "{}\nbecause {}", list.join("\n"), self.because);
    }

    fn catches_its_plants(&self) {
        assert!(
            !self.plants.is_empty(),
            "a rule needs a violation that it catches"
        );
        let before = (self.check)(&AS_IT_IS);
        for plant in self.plants {
            let mut doctored = AS_IT_IS.clone();
            (plant.plant)(&mut doctored);
            let new = (self.check)(&doctored)
                .into_iter()
                .filter(|violation| !before.contains(violation))
                .count();
            assert!(new > 0, "the rule overlooks: {}", plant.name);
        }
    }
}

/// Two tests a rule: it holds, and it catches what is planted.
macro_rules! rules {
    ($($module:ident :: $rule:ident => $test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::$module::$rule;

            #[test]
            fn holds() {
                $rule.holds();
            }

            #[test]
            fn catches_its_plants() {
                $rule.catches_its_plants();
            }
        }
    )+};
}

rules! {
    arrows::ONE_WAY => arrows_run_one_way,
    arrows::PURE_DOMAIN => the_domain_depends_on_nothing,
    arrows::OWNED_DRIVERS => drivers_have_one_owner,
    manifests::VIRTUAL_ROOT => the_root_is_virtual_and_runs_one_binary,
    manifests::SHARED_LINTS => every_crate_takes_the_workspace_lints,
    manifests::SHARED_FIELDS => every_crate_takes_the_workspace_fields,
    manifests::DECLARED_ONCE => dependencies_are_declared_once,
    manifests::REASONED_BANS => clippy_bans_have_reasons,
    sources::SHORT_FILES => files_stay_short,
    sources::SHORT_FUNCTIONS => functions_stay_short,
    sources::NAMES_BY_CONCEPT => names_are_by_concept,
    sources::SPELT_PAIRS => no_arm_takes_every_pair,
    documents::WHOLE_MAP => every_crate_is_on_the_map,
    documents::FRONT_DOORS => front_doors_work_when_copied,
    documents::LIVE_PATHS => documents_name_what_is_there,
    documents::WHOLE_DECISIONS => decisions_are_whole,
    absences::ABSENT => what_must_be_absent_is_absent,
    decisions::PLAYED => the_city_decides_nothing,
    decisions::VERIFIED => the_verifier_shares_nothing_with_the_solver,
}
