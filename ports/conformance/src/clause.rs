//! One table a port: the enum of clauses, their names, sentences, needs and checks, and the macro that makes tests of them.

/// What a clause needs of a harness, if anything.
macro_rules! needs {
    () => {
        None
    };
    ($capability:ident) => {
        Some(Capability::$capability)
    };
}
pub(crate) use needs;

/// Makes `Clause`, `run`, `verify` and the exported suite macro from one table, so that none can miss a row.
///
/// The table's first token is `$`: a macro that is made by a macro has no other way to name its own arguments.
macro_rules! clauses {
    (
        $dollar:tt $suite:ident for $port:literal in $module:ident over $harness:ident;
        $($variant:ident $name:ident $(needs $capability:ident)? by $check:path: $must:literal;)*
    ) => {
        #[doc = concat!("What ", $port, " must do; each variant's text follows the word MUST.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Clause {
            $(#[doc = concat!("`", stringify!($name), "`: MUST ", $must, ".")] $variant,)*
        }

        impl Clause {
            /// Every clause.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name of its test.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// What an adapter must do; follows the word MUST.
            pub const fn must(self) -> &'static str {
                match self {
                    $(Self::$variant => $must,)*
                }
            }

            /// What a harness must be able to do for it to be checked.
            pub const fn needs(self) -> Option<Capability> {
                match self {
                    $(Self::$variant => $crate::clause::needs!($($capability)?),)*
                }
            }
        }

        /// Checks one clause in a world of its own.
        ///
        /// # Errors
        ///
        /// The failure, which is the report, where the clause is not kept.
        pub fn run<H: $harness>(
            harness: &H,
            clause: Clause,
        ) -> Result<$crate::Outcome, $crate::Failure> {
            if let Some(capability) = clause.needs()
                && let $crate::Support::No(why) = harness.support(capability)
            {
                return Ok($crate::Outcome::Skipped(why));
            }
            let script = $crate::script::Script::new(harness);
            let checked = match clause {
                $(Clause::$variant => $check(&script),)*
            };
            match checked {
                Ok(()) => Ok($crate::Outcome::Passed),
                Err(mismatch) => {
                    let steps = script.into_steps();
                    Err($crate::Failure::new(clause.name(), clause.must(), steps, mismatch))
                }
            }
        }

        /// [`run`] as the body of a test.
        ///
        /// # Panics
        /// With the report, where the clause is not kept.
        pub fn verify<H: $harness>(harness: &H, clause: Clause) {
            $crate::report::conclude(clause.name(), run(harness, clause));
        }

        /// Each planted bug is found by its clause, and by no other than those that the bug names.
        #[cfg(test)]
        mod planted {
            use super::{Clause, broken::{also, broken}, run};

            /// What the bug of a clause is reported as reads from the clause to what was seen, in words.
            #[test]
            fn every_report_is_in_words() {
                for &clause in Clause::ALL {
                    let report = run(&broken(clause), clause).map_err(|failure| failure.to_string());
                    let structures = report.as_ref().map_err(|report| $crate::told::structures_in(report));
                    assert_eq!(structures, Err(Vec::new()), "{report:?}");
                }
            }

            fn is_found(planted: Clause) {
                let mut expected: Vec<_> = also(planted).map(|(clause, _why)| clause).collect();
                expected.push(planted);
                expected.sort_unstable();
                let fails = |clause: &Clause| run(&broken(planted), *clause).is_err();
                let failed: Vec<_> = Clause::ALL.iter().copied().filter(fails).collect();
                assert_eq!(failed, expected);
            }

            $(
                #[test]
                fn $name() {
                    is_found(Clause::$variant);
                }
            )*
        }

        #[doc = concat!("One `#[test]` for each clause of ", $port, "; takes an expression that makes a fresh harness.")]
        #[macro_export]
        macro_rules! $suite {
            ($dollar harness:expr) => {
                $(
                    #[test]
                    fn $name() {
                        $crate::$module::verify(&$dollar harness, $crate::$module::Clause::$variant);
                    }
                )*
            };
        }
    };
}
pub(crate) use clauses;
