//! Entries: postings that sum to zero.

use super::Account;
use crate::money::{Currency, Money};
use std::fmt;

/// Why an entry was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A fare was settled.
    Fare,
    /// A fare that is corrected is taken back.
    FareReversed,
    /// A fee for a cancellation or a no-show is due.
    Fee,
    /// The gateway took a tip.
    Tip,
    /// The gateway took money.
    Capture,
    /// The driver took cash.
    Cash,
    /// Something is owed.
    Debt,
    /// What was owed is being collected.
    DebtSettled,
    /// What was owed is given up.
    DebtWrittenOff,
    /// Less is owed after a correction.
    DebtReduced,
    /// The driver owes the rider cash after a correction.
    CashReturned,
    /// Money was given back.
    Refund,
    /// A dispute moved money.
    Dispute,
    /// The gateway's own fee.
    GatewayFee,
}

impl Reason {
    /// The reason's name, for statements.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fare => "fare",
            Self::FareReversed => "fare reversed",
            Self::Fee => "fee",
            Self::Tip => "tip",
            Self::Capture => "capture",
            Self::Cash => "cash",
            Self::Debt => "debt",
            Self::DebtSettled => "debt settled",
            Self::DebtWrittenOff => "debt written off",
            Self::DebtReduced => "debt reduced",
            Self::CashReturned => "cash returned",
            Self::Refund => "refund",
            Self::Dispute => "dispute",
            Self::GatewayFee => "gateway fee",
        }
    }
}

/// Why nothing was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerError {
    /// The postings do not sum to zero.
    Unbalanced {
        /// In this currency.
        currency: Currency,
        /// But to this, in minor units.
        sum_minor: i128,
    },
    /// An amount does not fit 64 bits of minor units.
    Overflow,
}

impl LedgerError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unbalanced { .. } => "ledger_unbalanced",
            Self::Overflow => "ledger_overflow",
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbalanced { currency, sum_minor } => write!(
                f,
                "failed to post: the entry sums to {sum_minor} minor units of {currency} instead of zero"
            ),
            Self::Overflow => f.write_str("failed to post: an amount does not fit 64 bits of minor units"),
        }
    }
}

impl std::error::Error for LedgerError {}

/// An amount on one account: a debit above zero, a credit below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    account: Account,
    amount: Money,
}

impl Posting {
    /// `amount` on `account`.
    pub const fn new(account: Account, amount: Money) -> Self {
        Self { account, amount }
    }

    /// The account.
    pub const fn account(&self) -> Account {
        self.account
    }

    /// The amount.
    pub const fn amount(&self) -> Money {
        self.amount
    }
}

/// Postings that sum to zero in each currency, and why they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    reason: Reason,
    postings: Vec<Posting>,
}

impl Entry {
    /// Takes postings that balance; those of nothing are left out.
    ///
    /// # Errors
    /// [`LedgerError::Unbalanced`] with the first currency whose postings do not sum to zero.
    pub fn new(reason: Reason, mut postings: Vec<Posting>) -> Result<Self, LedgerError> {
        postings.retain(|posting| !posting.amount.is_zero());
        for posting in &postings {
            let currency = posting.amount.currency();
            let sum_minor = postings
                .iter()
                .filter(|other| other.amount.currency() == currency)
                .fold(0_i128, |sum, other| {
                    sum.saturating_add(i128::from(other.amount.minor()))
                });
            if sum_minor != 0 {
                return Err(LedgerError::Unbalanced { currency, sum_minor });
            }
        }
        Ok(Self { reason, postings })
    }

    /// `amount` from one account to another: a credit on `from`, a debit on `to`.
    ///
    /// # Errors
    ///
    /// `LedgerError::Overflow` where `amount` has no opposite (the least number of 64 bits).
    pub fn transfer(reason: Reason, from: Account, to: Account, amount: Money) -> Result<Self, LedgerError> {
        Self::new(
            reason,
            vec![Posting::new(to, amount), Posting::new(from, negated(amount)?)],
        )
    }

    /// What a gateway kept of what it had collected.
    ///
    /// # Errors
    ///
    /// `LedgerError::Overflow` where `amount` has no opposite (the least number of 64 bits).
    pub fn gateway_fee(amount: Money) -> Result<Self, LedgerError> {
        Self::transfer(
            Reason::GatewayFee,
            Account::Clearing,
            Account::GatewayFees,
            amount,
        )
    }

    /// The entry that takes this one back.
    ///
    /// # Errors
    ///
    /// `LedgerError::Overflow` where an amount has no opposite (the least number of 64 bits).
    pub fn reversed(&self, reason: Reason) -> Result<Self, LedgerError> {
        let postings = self
            .postings
            .iter()
            .map(|posting| Ok(Posting::new(posting.account, negated(posting.amount)?)))
            .collect::<Result<_, LedgerError>>()?;
        Ok(Self { reason, postings })
    }

    /// Why it was made.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Its postings; none of them is nothing.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

pub(super) fn negated(amount: Money) -> Result<Money, LedgerError> {
    let minor = amount.minor().checked_neg().ok_or(LedgerError::Overflow)?;
    Ok(Money::new(minor, amount.currency()))
}
