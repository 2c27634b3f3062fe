//! What a suite says about an adapter.

use crate::told::Told;
use std::fmt;
use std::io::Write as _;

/// How a clause went that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The adapter does what it must.
    Passed,
    /// Nothing was checked: the harness cannot do what the clause needs, and says why.
    Skipped(&'static str),
}

/// A clause that an adapter does not keep. Its display is the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    clause: &'static str,
    must: &'static str,
    steps: Vec<String>,
    mismatch: Mismatch,
}

impl Failure {
    pub(crate) const fn new(
        clause: &'static str,
        must: &'static str,
        steps: Vec<String>,
        mismatch: Mismatch,
    ) -> Self {
        Self {
            clause,
            must,
            steps,
            mismatch,
        }
    }

    /// The clause's name.
    pub const fn clause(&self) -> &'static str {
        self.clause
    }

    /// What the adapter must do; follows the word MUST.
    pub const fn must(&self) -> &'static str {
        self.must
    }

    /// What was done, in order, each step with its answer.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// What should have been seen after the last step.
    pub fn expected(&self) -> &str {
        &self.mismatch.expected
    }

    /// What was seen.
    pub fn observed(&self) -> &str {
        &self.mismatch.observed
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is not kept", self.clause)?;
        writeln!(f, "  MUST      {}", self.must)?;
        let mut label = "done";
        for (number, step) in (1_u32..).zip(&self.steps) {
            writeln!(f, "  {label:<8}  {number}. {step}")?;
            label = "";
        }
        writeln!(f, "  expected  {}", self.mismatch.expected)?;
        write!(f, "  observed  {}", self.mismatch.observed)
    }
}

impl std::error::Error for Failure {}

/// What a check expected and what it saw instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    pub(crate) observed: String,
}

/// How a check went.
pub(crate) type Check<T = ()> = Result<T, Mismatch>;

/// Fails with both texts unless `holds`.
pub(crate) fn expect(holds: bool, expected: impl Into<String>, observed: impl Told) -> Check {
    if holds {
        return Ok(());
    }
    Err(Mismatch {
        expected: expected.into(),
        observed: observed.told(),
    })
}

/// Fails unless both are equal; `what` names the thing compared. Words do not say everything that an event carries: where they
/// are the same, that is said.
pub(crate) fn expect_same<T: PartialEq + Told>(what: &str, expected: &T, observed: &T) -> Check {
    if expected == observed {
        return Ok(());
    }
    let (expected, mut observed) = (expected.told(), observed.told());
    if expected == observed {
        observed.push_str(", with other contents");
    }
    Err(Mismatch {
        expected: format!("{what}: {expected}"),
        observed,
    })
}

/// Ends a test: a failure stops it with its report, a skipped clause is printed, also where output is captured.
///
/// # Panics
/// With the report, where the clause is not kept.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub(crate) fn conclude(clause: &'static str, result: Result<Outcome, Failure>) {
    match result {
        Ok(Outcome::Passed) => {}
        Ok(Outcome::Skipped(why)) => {
            // Test runners capture `println!`, not the handle: a skipped clause must be seen. One write, so that lines of
            // tests side by side stay whole; losing the line harms nobody.
            let line = format!("skipped {clause}: {why}\n");
            let _seen = std::io::stderr().write_all(line.as_bytes());
        }
        Err(failure) => panic!("{failure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_from_the_clause_to_what_was_seen() {
        let mismatch = Mismatch {
            expected: "the answer: Duplicate(1)".to_owned(),
            observed: "Applied(2)".to_owned(),
        };
        let steps = vec!["append a".to_owned(), "append b".to_owned()];
        let failure = Failure::new("es_07_duplicate", "answer `Duplicate`", steps, mismatch);
        let report = "es_07_duplicate is not kept\n  \
            MUST      answer `Duplicate`\n  \
            done      1. append a\n            2. append b\n  \
            expected  the answer: Duplicate(1)\n  \
            observed  Applied(2)";
        assert_eq!(failure.to_string(), report);
    }

    #[test]
    #[should_panic(expected = "es_07_duplicate is not kept")]
    fn a_clause_that_is_not_kept_fails_its_test() {
        let mismatch = Mismatch {
            expected: String::new(),
            observed: String::new(),
        };
        let failure = Failure::new("es_07_duplicate", "answer `Duplicate`", Vec::new(), mismatch);
        conclude("es_07_duplicate", Err(failure));
    }
}
