//! The auditor's word.

use super::{Record, fail};
use fiacre_domain::audit::{Audit, Finding};
use fiacre_domain::ledger::{Ledger, Movements};
use fiacre_domain::money::Currency;
use fiacre_sandbox_payments::Totals;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// What an auditor made of the log when the probe was taken; it does not change with the platform.
#[derive(Clone)]
pub struct AuditProbe {
    record: Record,
    /// Of a log that goes on.
    findings: Vec<Finding>,
    /// Of a log that is complete.
    at_the_end: Vec<Finding>,
    ledger: Ledger,
    books: BTreeMap<Currency, Totals>,
    parked: usize,
}

impl fmt::Debug for AuditProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditProbe")
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl AuditProbe {
    pub(crate) fn new(record: Record, books: BTreeMap<Currency, Totals>, parked: usize) -> Self {
        let mut audit = Audit::default();
        for commit in record.commits() {
            audit.observe(commit);
        }
        let (findings, ledger) = (audit.findings(), audit.ledger().clone());
        let at_the_end = audit.finish().findings().to_vec();
        Self {
            record,
            findings,
            at_the_end,
            ledger,
            books,
            parked,
        }
    }

    /// What is wrong, whatever comes yet. What is merely not over is no finding.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What is wrong if nothing comes any more: [findings](Self::findings), and trips that have not come to their end.
    pub fn findings_at_the_end(&self) -> &[Finding] {
        &self.at_the_end
    }

    /// Every account.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// No finding, and a ledger that sums to zero. Trips may be under way.
    ///
    /// # Panics
    ///
    /// If there is a finding, or the ledger does not sum to zero.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.assert_none(&self.findings);
        for currency in self.ledger.currencies() {
            let sum = self.ledger.sum(currency);
            if sum != 0 {
                self.fail(&format!(
                    "the ledger sums to {sum} minor units of {currency}, expected 0"
                ));
            }
        }
    }

    /// [Clean](Self::assert_clean), and everything over: every trip closed, nothing held, nothing parked, and the payment
    /// company's own books say what the ledger says.
    ///
    /// # Panics
    ///
    /// If anything is otherwise.
    #[track_caller]
    pub fn assert_over(&self) {
        self.assert_clean();
        self.assert_none(&self.at_the_end);
        if self.parked > 0 {
            self.fail(&format!("{} messages are parked, expected none", self.parked));
        }
        let currencies: BTreeSet<Currency> = self
            .ledger
            .currencies()
            .chain(self.books.keys().copied())
            .collect();
        for currency in currencies {
            let books = self.books.get(&currency).copied().unwrap_or_default();
            let (ours, theirs) = (told(&self.ledger.movements(currency)), told_by(&books));
            if ours != theirs {
                self.fail(&format!(
                    "the ledger has {ours:?} captured, held, kept and refunded in {currency}, the company {theirs:?}"
                ));
            }
            if ours.1 != 0 {
                self.fail(&format!(
                    "{} minor units of {currency} are held, expected none",
                    ours.1
                ));
            }
        }
    }

    /// There is a finding of this code, such as `audit_locked_twice`.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn assert_finds(&self, code: &str) {
        if !self.at_the_end.iter().any(|finding| finding.code() == code) {
            self.fail(&format!(
                "the auditor did not find {code}, but {:?}",
                self.at_the_end
            ));
        }
    }

    #[track_caller]
    fn assert_none(&self, findings: &[Finding]) {
        if findings.is_empty() {
            return;
        }
        let mut what = format!("the auditor found {}, expected nothing:", findings.len());
        for finding in findings {
            let _always_written = write!(what, "\n  {finding}");
        }
        let trips: BTreeSet<_> = findings
            .iter()
            .filter_map(|finding| finding.stream().trip())
            .collect();
        let timelines: String = trips.iter().map(|trip| self.record.timeline(*trip)).collect();
        fail(&what, &timelines, self.record.run);
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        fail(what, "", self.record.run)
    }
}

/// Captured, held, kept and refunded, in minor units. A hold that was lost before anyone could know of it is in the company's
/// books alone, given and taken back: hence what was kept of holds, not what was ever held.
type Told = (i128, i128, i128, i128);

const fn told(ours: &Movements) -> Told {
    (
        ours.captured_minor,
        ours.open_minor,
        ours.authorised_minor - ours.released_minor,
        ours.refunded_minor,
    )
}

const fn told_by(books: &Totals) -> Told {
    (
        books.captured_minor,
        books.open_minor,
        books.authorised_minor - books.released_minor,
        books.refunded_minor,
    )
}
