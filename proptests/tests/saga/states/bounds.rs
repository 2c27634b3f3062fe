//! How far the states are enumerated.

use fiacre_domain::payment::AUTHORIZATIONS_MAX;
use fiacre_domain::trip::PaymentMethod;
use std::fmt;

/// What there is at most, of all that could go on for ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How the rider pays.
    pub(crate) method: PaymentMethod,
    /// Drivers whom the trip may be offered to.
    pub(crate) drivers: usize,
    /// Offers, in all rounds together: hence locks that are asked.
    pub(crate) offers: u16,
    /// Rounds after the first.
    pub(crate) reassignments: u8,
    /// Wrong start codes a round.
    pub(crate) codes: u8,
    /// Changes of the plan.
    pub(crate) plan_changes: u16,
    /// Corrections of the fare, each to less.
    pub(crate) corrections: u16,
    /// Whether the search may stand still.
    pub(crate) pauses: bool,
    /// Whether someone who ordered nothing may cancel the trip before its order comes.
    pub(crate) strangers: bool,
    /// Whether the desk may send the same order again.
    pub(crate) orders_again: bool,
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.method {
            PaymentMethod::Cash => "cash",
            PaymentMethod::Account => "account",
            PaymentMethod::Hold { .. } => "card",
        };
        write!(
            f,
            "1 trip by {method}, {} drivers, {} offers, {} rounds, {AUTHORIZATIONS_MAX} authorisations, {} wrong codes a round, \
             {} changes of plan, {} corrections, {}",
            self.drivers,
            self.offers,
            self.reassignments + 1,
            self.codes,
            self.plan_changes,
            self.corrections,
            if self.pauses { "pauses" } else { "no pause" },
        )?;
        f.write_str(if self.strangers {
            ", strangers"
        } else {
            ", no strangers"
        })?;
        f.write_str(if self.orders_again {
            ", its order again and again"
        } else {
            ""
        })
    }
}
