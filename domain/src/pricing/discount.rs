//! Discounts that a tariff grants by itself.
//!
//! ```
//! use fiacre_domain::pricing::{Discount, LineGroups, StageRounding};
//! use fiacre_domain::units::BasisPoints;
//! // Tokyo: a tenth off what the meter shows above 9,000 yen.
//! let long_ride = Discount::new("long-ride".parse()?, LineGroups::METER, BasisPoints::new(1_000))?.above(9_000)?;
//! assert_eq!(long_ride.id().as_str(), "long-ride");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::TariffError;
use super::limits;
use super::line::{LineKind, LineTraits, Payee};
use super::stage::{Stage, StageRounding};
use crate::canonical_struct;
use crate::id::{ChargeId, FunderId};
use crate::ratio::{Overflow, Ratio};
use crate::units::BasisPoints;

/// Groups of lines that a discount looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineGroups(u8);
canonical_struct!(LineGroups(bits));

impl LineGroups {
    /// No line.
    pub const NONE: Self = Self(0);
    /// Meter or flat, time, waiting, and their multipliers.
    pub const METER: Self = Self(1);
    /// Surcharges.
    pub const SURCHARGES: Self = Self(2);
    /// The minimum's top-up.
    pub const MINIMUM: Self = Self(4);
    /// Surge.
    pub const SURGE: Self = Self(8);
    /// Everything before discounts.
    pub const ALL: Self = Self(1 | 2 | 4 | 8);

    /// The groups of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn contains(self, kind: LineKind) -> bool {
        let group = match kind {
            LineKind::Initial
            | LineKind::Units
            | LineKind::Time
            | LineKind::Waiting
            | LineKind::Flat(_)
            | LineKind::Multiplier(_)
            | LineKind::Area(_)
            | LineKind::Rounding(Stage::Meter | Stage::Multipliers) => 1,
            LineKind::Surcharge(_) => 2,
            LineKind::Minimum => 4,
            LineKind::Surge | LineKind::Rounding(Stage::Surge) => 8,
            // What the cap took away is gone from every group.
            LineKind::Cap => 1 | 2 | 4 | 8,
            LineKind::Discount(_)
            | LineKind::Tax(_)
            | LineKind::TaxIncluded(_)
            | LineKind::PassThrough(_)
            | LineKind::Toll(_)
            | LineKind::SettlementCap
            | LineKind::CancellationFee
            | LineKind::Rounding(Stage::Total)
            | LineKind::Accepted => 0,
        };
        self.0 & group != 0
    }
}

/// A share of some lines, of what they come to above a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Discount {
    id: ChargeId,
    on: LineGroups,
    above_minor: i64,
    share: BasisPoints,
    rounding: StageRounding,
    rank: u16,
    funder: Option<FunderId>,
}
canonical_struct!(Discount {
    id,
    on,
    above_minor,
    share,
    rounding,
    rank,
    funder
});

impl Discount {
    /// `share` (0 to 10,000) of the lines in `on`, borne by the driver.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below 0, `TooLarge` above 10,000.
    pub const fn new(id: ChargeId, on: LineGroups, share: BasisPoints) -> Result<Self, TariffError> {
        if let Err(error) = limits::share("discount share", share) {
            return Err(error);
        }
        Ok(Self {
            id,
            on,
            above_minor: 0,
            share,
            rounding: StageRounding::MINOR_UNIT,
            rank: 0,
            funder: None,
        })
    }

    /// Only of what the lines come to above `above_minor`.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn above(self, above_minor: i64) -> Result<Self, TariffError> {
        limits::price("discount above", above_minor)?;
        Ok(Self { above_minor, ..self })
    }

    /// Rounded otherwise: the step, and whether the discount grows (`Ceiling`) or shrinks (`Floor`).
    #[must_use]
    pub const fn with_rounding(self, rounding: StageRounding) -> Self {
        Self { rounding, ..self }
    }

    /// Granted after discounts of a lower rank, on what those that share a line with it leave.
    #[must_use]
    pub const fn with_rank(self, rank: u16) -> Self {
        Self { rank, ..self }
    }

    /// Paid for by a funder instead of the driver.
    #[must_use]
    pub const fn funded_by(self, funder: FunderId) -> Self {
        Self {
            funder: Some(funder),
            ..self
        }
    }

    /// The name.
    pub const fn id(&self) -> ChargeId {
        self.id
    }

    pub(super) const fn on(&self) -> LineGroups {
        self.on
    }

    pub(super) const fn rank(&self) -> u16 {
        self.rank
    }

    /// How much is taken off lines that come to `base_minor`: never more than they are.
    pub(super) fn minor(&self, base_minor: i64) -> Result<i64, Overflow> {
        let beyond = base_minor.saturating_sub(self.above_minor).max(0);
        let exact = Ratio::from(beyond).checked_mul(Ratio::new(i128::from(self.share.get()), 10_000)?)?;
        Ok(self.rounding.apply(exact)?.clamp(0, base_minor.max(0)))
    }

    pub(super) fn traits(&self) -> LineTraits {
        match self.funder {
            None => LineTraits::SURCHARGE,
            Some(funder) => LineTraits::SURCHARGE
                .with_payee(Payee::Funder(funder))
                .with_commission(false),
        }
    }
}
