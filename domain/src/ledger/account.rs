//! The accounts.

use crate::id::{AuthorityId, FunderId};
use std::fmt;

/// Whose money, or what it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What riders owe for what was settled; credits where they paid before it was.
    Rider,
    /// What the payment gateway collected for us.
    Clearing,
    /// What drivers earned, until it is paid out: the platform pays nobody out, and no event posts that.
    DriverPayable,
    /// What drivers collected in cash.
    DriverCash,
    /// What the platform keeps, or adds where a driver is paid more than the rider's lines.
    Commission,
    /// What is owed to a tax office.
    Tax(AuthorityId),
    /// What is passed on: tolls, congestion and airport charges.
    Authority(AuthorityId),
    /// Tips, owed to drivers in full.
    Tips,
    /// What a funder of discounts owes.
    Promotion(FunderId),
    /// What riders owe beyond what could be captured.
    Debts,
    /// What a gateway kept for its service. No event posts it: what a payment cost is in the gateway's statements, or in the
    /// balance transaction that its notice of a capture names, and whoever reads those posts it with
    /// [`Entry::gateway_fee`](super::Entry::gateway_fee).
    GatewayFees,
    /// What rounding totals made.
    Rounding,
    /// Debts given up, and disputes lost.
    Losses,
}

impl Account {
    /// The account's name, without whose it is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rider => "rider",
            Self::Clearing => "clearing",
            Self::DriverPayable => "driver payable",
            Self::DriverCash => "driver cash",
            Self::Commission => "commission",
            Self::Tax(_) => "tax",
            Self::Authority(_) => "authority",
            Self::Tips => "tips",
            Self::Promotion(_) => "promotion",
            Self::Debts => "debts",
            Self::GatewayFees => "gateway fees",
            Self::Rounding => "rounding",
            Self::Losses => "losses",
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Tax(authority) | Self::Authority(authority) => write!(f, " {authority}"),
            Self::Promotion(funder) => write!(f, " {funder}"),
            Self::Rider
            | Self::Clearing
            | Self::DriverPayable
            | Self::DriverCash
            | Self::Commission
            | Self::Tips
            | Self::Debts
            | Self::GatewayFees
            | Self::Rounding
            | Self::Losses => Ok(()),
        }
    }
}
