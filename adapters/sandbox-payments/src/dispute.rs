//! What a rider disputes with their bank.

use crate::journal::stored_fields;
use fiacre_domain::money::Money;
use fiacre_domain::time::Timestamp;

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The money is withdrawn until it is decided.
    Open,
    /// The money came back.
    Won,
    /// The money is gone.
    Lost,
}

/// A dispute of a captured intent; there is one an intent at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dispute {
    amount: Money,
    opened_at: Timestamp,
    status: DisputeStatus,
}

stored_fields! { Dispute { amount opened_at status } }

impl Dispute {
    pub(crate) const fn open(amount: Money, opened_at: Timestamp) -> Self {
        Self {
            amount,
            opened_at,
            status: DisputeStatus::Open,
        }
    }

    pub(crate) const fn close(&mut self, won: bool) {
        self.status = if won {
            DisputeStatus::Won
        } else {
            DisputeStatus::Lost
        };
    }

    pub(crate) const fn holds_the_money(&self) -> bool {
        match self.status {
            DisputeStatus::Open | DisputeStatus::Lost => true,
            DisputeStatus::Won => false,
        }
    }

    /// How much is disputed: what was captured and not refunded when the dispute opened.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// When it opened.
    pub const fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// Where it stands.
    pub const fn status(&self) -> DisputeStatus {
        self.status
    }
}
