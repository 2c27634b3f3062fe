//! What a cancellation costs: a matrix by stage and fault.
//!
//! ```
//! use fiacre_domain::pricing::{CancellationMatrix, CancellationStageKind, Fault, FeeBase, FeeRule};
//! use fiacre_domain::units::BasisPoints;
//! // India, guidelines of 2025: a tenth of the fare, at most 100 rupees.
//! let fee = FeeRule::new(0)?.with_share(BasisPoints::new(1_000), FeeBase::Total)?.with_cap(10_000)?;
//! let matrix = CancellationMatrix::FREE
//!     .with(CancellationStageKind::Assigned, Fault::Rider, fee)
//!     .with(CancellationStageKind::NoShow, Fault::Rider, fee);
//! assert_ne!(matrix, CancellationMatrix::FREE);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{PricingError, TariffError};
use super::limits;
use super::stage::StageRounding;
use super::tariff::Tariff;
use crate::ratio::{Overflow, Ratio};
use crate::units::{BasisPoints, Millis};
use crate::{canonical_enum, canonical_struct};

/// How far the booking had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancellationStage {
    /// No driver yet.
    Searching,
    /// A driver was on the way.
    Assigned {
        /// Since the driver was assigned.
        elapsed: Millis,
    },
    /// The driver stood at the pick-up.
    Arrived {
        /// Since they arrived.
        waited: Millis,
    },
    /// The rider did not come.
    NoShow {
        /// Since the driver arrived.
        waited: Millis,
    },
}
canonical_enum!(CancellationStage {
    0 = Searching,
    1 = Assigned { elapsed },
    2 = Arrived { waited },
    3 = NoShow { waited },
});

/// A row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancellationStageKind {
    /// No driver yet.
    Searching,
    /// A driver was on the way.
    Assigned,
    /// The driver stood at the pick-up.
    Arrived,
    /// The rider did not come.
    NoShow,
}
canonical_enum!(CancellationStageKind { 0 = Searching, 1 = Assigned, 2 = Arrived, 3 = NoShow });

impl CancellationStage {
    const fn kind(self) -> CancellationStageKind {
        match self {
            Self::Searching => CancellationStageKind::Searching,
            Self::Assigned { .. } => CancellationStageKind::Assigned,
            Self::Arrived { .. } => CancellationStageKind::Arrived,
            Self::NoShow { .. } => CancellationStageKind::NoShow,
        }
    }

    /// What a free period is measured against.
    const fn elapsed(self) -> Millis {
        match self {
            Self::Searching => Millis::ZERO,
            Self::Assigned { elapsed } => elapsed,
            Self::Arrived { waited } | Self::NoShow { waited } => waited,
        }
    }
}

/// Whose doing it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The rider's.
    Rider,
    /// The driver's.
    Driver,
    /// The platform's, or nobody's.
    Platform,
}
canonical_enum!(Fault { 0 = Rider, 1 = Driver, 2 = Platform });

/// A cancellation as it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cancellation {
    stage: CancellationStage,
    fault: Fault,
}
canonical_struct!(Cancellation { stage, fault });

impl Cancellation {
    /// At `stage`, by `fault`.
    pub const fn new(stage: CancellationStage, fault: Fault) -> Self {
        Self { stage, fault }
    }

    /// How far the booking had come.
    pub const fn stage(&self) -> CancellationStage {
        self.stage
    }

    /// Whose doing it was.
    pub const fn fault(&self) -> Fault {
        self.fault
    }
}

/// What a share of a fee is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeeBase {
    /// The meter's initial price, or the flat.
    BaseFare,
    /// The quote's total.
    Total,
}
canonical_enum!(FeeBase { 0 = BaseFare, 1 = Total });

/// Who pays a fee. Where the rider does not, the receipt's total is zero and its lines move the fee between the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeePayer {
    /// The rider.
    Rider,
    /// The driver, to the platform.
    Driver,
    /// The platform, to the driver.
    Platform,
}
canonical_enum!(FeePayer { 0 = Rider, 1 = Driver, 2 = Platform });

/// One cell: `fixed + share × base`, at most a cap, free for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeeRule {
    fixed_minor: i64,
    share: BasisPoints,
    of: FeeBase,
    cap_minor: Option<i64>,
    free_for: Option<Millis>,
    rounding: StageRounding,
    driver_share: BasisPoints,
    payer: FeePayer,
}
canonical_struct!(FeeRule {
    fixed_minor,
    share,
    of,
    cap_minor,
    free_for,
    rounding,
    driver_share,
    payer
});

impl FeeRule {
    /// `fixed_minor`, paid by the rider, all of it to the driver.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn new(fixed_minor: i64) -> Result<Self, TariffError> {
        limits::price("fee fixed", fixed_minor)?;
        Ok(Self {
            fixed_minor,
            share: BasisPoints::ZERO,
            of: FeeBase::Total,
            cap_minor: None,
            free_for: None,
            rounding: StageRounding::MINOR_UNIT,
            driver_share: BasisPoints::ONE,
            payer: FeePayer::Rider,
        })
    }

    /// And a share (0 to 10,000) of a base.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below 0, `TooLarge` above 10,000.
    pub fn with_share(self, share: BasisPoints, of: FeeBase) -> Result<Self, TariffError> {
        limits::share("fee share", share)?;
        Ok(Self { share, of, ..self })
    }

    /// At most `cap_minor`.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn with_cap(self, cap_minor: i64) -> Result<Self, TariffError> {
        limits::price("fee cap", cap_minor)?;
        Ok(Self {
            cap_minor: Some(cap_minor),
            ..self
        })
    }

    /// Nothing up to and including this long after the assignment, or after the arrival.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond the longest ride.
    pub fn with_free_for(self, free_for: Millis) -> Result<Self, TariffError> {
        let free_ms = Ratio::from(free_for.get());
        limits::at_least_zero("fee free time", free_ms, limits::Limit::DURATION)?;
        Ok(Self {
            free_for: Some(free_for),
            ..self
        })
    }

    /// Rounded otherwise.
    #[must_use]
    pub const fn with_rounding(self, rounding: StageRounding) -> Self {
        Self { rounding, ..self }
    }

    /// With this share (0 to 10,000) of the rider's fee to the driver, the rest to the platform.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below 0, `TooLarge` above 10,000.
    pub fn with_driver_share(self, driver_share: BasisPoints) -> Result<Self, TariffError> {
        limits::share("fee driver share", driver_share)?;
        Ok(Self { driver_share, ..self })
    }

    /// Paid by another.
    #[must_use]
    pub const fn paid_by(self, payer: FeePayer) -> Self {
        Self { payer, ..self }
    }

    /// The part that is due whatever the fare, in minor units.
    pub const fn fixed_minor(&self) -> i64 {
        self.fixed_minor
    }

    /// The share of the base that is added, and what the base is.
    pub const fn share(&self) -> (BasisPoints, FeeBase) {
        (self.share, self.of)
    }

    /// The most that it comes to, in minor units.
    pub const fn cap_minor(&self) -> Option<i64> {
        self.cap_minor
    }

    /// For how long after the assignment, or after the arrival, nothing is due.
    pub const fn free_for(&self) -> Option<Millis> {
        self.free_for
    }

    /// How it is rounded.
    pub const fn rounding(&self) -> StageRounding {
        self.rounding
    }

    /// The driver's share of a rider's fee.
    pub const fn driver_share(&self) -> BasisPoints {
        self.driver_share
    }

    /// Who pays it.
    pub const fn payer(&self) -> FeePayer {
        self.payer
    }

    /// The driver's part of a rider's fee, in minor units.
    pub(super) fn driver_minor(&self, fee_minor: i64) -> Result<i64, Overflow> {
        Ratio::from(fee_minor)
            .checked_mul(Ratio::new(i128::from(self.driver_share.get()), 10_000)?)?
            .round_to_step(1, crate::ratio::Rounding::HalfUp)
    }

    /// Whether it always comes to a multiple of `step_minor`.
    fn is_multiple_of(&self, step_minor: i64) -> Result<bool, Overflow> {
        let fits = |minor: i64| minor.checked_rem(step_minor) == Some(0);
        let is_fixed = self.share == BasisPoints::ZERO;
        let rounded = fits(self.rounding.step_minor())
            || (is_fixed && fits(self.rounding.apply(Ratio::from(self.fixed_minor))?));
        Ok(rounded && self.cap_minor.is_none_or(fits))
    }

    fn minor(&self, base_fare_minor: i64, total_minor: i64) -> Result<i64, Overflow> {
        let base_minor = match self.of {
            FeeBase::BaseFare => base_fare_minor,
            FeeBase::Total => total_minor,
        };
        let share = Ratio::from(base_minor).checked_mul(Ratio::new(i128::from(self.share.get()), 10_000)?)?;
        let rounded = self
            .rounding
            .apply(Ratio::from(self.fixed_minor).checked_add(share)?)?;
        Ok(self.cap_minor.map_or(rounded, |cap_minor| rounded.min(cap_minor)))
    }
}

impl Tariff {
    /// The fees for cancellations.
    pub const fn cancellation(&self) -> &CancellationMatrix {
        &self.cancellation
    }
}

/// Stages × faults: what a cancellation costs. A cell without a rule is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CancellationMatrix {
    cells: [[Option<FeeRule>; 3]; 4],
}

impl crate::canonical::Canonical for CancellationMatrix {
    fn write_canonical(&self, out: &mut crate::canonical::CanonicalBytes) {
        for cell in self.cells.as_flattened() {
            cell.write_canonical(out);
        }
    }
}

impl CancellationMatrix {
    /// Every cancellation is free.
    pub const FREE: Self = Self {
        cells: [[None; 3]; 4],
    };

    /// With a rule for one cell.
    #[must_use]
    pub const fn with(mut self, stage: CancellationStageKind, fault: Fault, rule: FeeRule) -> Self {
        self.cells[stage as usize][fault as usize] = Some(rule);
        self
    }

    /// The rule for one cell.
    pub const fn rule(&self, stage: CancellationStageKind, fault: Fault) -> Option<&FeeRule> {
        self.cells[stage as usize][fault as usize].as_ref()
    }

    /// Rule and fee of a cancellation; no rule, or a fee of 0, where it is free.
    pub(super) fn fee(
        &self,
        cancellation: &Cancellation,
        base_fare_minor: i64,
        total_minor: i64,
    ) -> Result<(Option<&FeeRule>, i64), PricingError> {
        let elapsed = cancellation.stage.elapsed();
        limits::duration("cancellation time", elapsed)?;
        let Some(rule) = self.rule(cancellation.stage.kind(), cancellation.fault) else {
            return Ok((None, 0));
        };
        if rule.free_for.is_some_and(|free_for| elapsed <= free_for) {
            return Ok((Some(rule), 0));
        }
        Ok((Some(rule), rule.minor(base_fare_minor, total_minor)?))
    }

    /// Whether each fee that a rider may owe always comes to a multiple of `step_minor`.
    pub(super) fn rider_fees_are_multiples_of(&self, step_minor: i64) -> Result<bool, Overflow> {
        for rule in self.cells.as_flattened().iter().flatten() {
            let fits = match rule.payer {
                FeePayer::Rider => rule.is_multiple_of(step_minor)?,
                FeePayer::Driver | FeePayer::Platform => true,
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The most that a rider may owe for a cancellation.
    pub(super) fn rider_fee_max_minor(
        &self,
        base_fare_minor: i64,
        total_minor: i64,
    ) -> Result<i64, Overflow> {
        let mut most = 0;
        for rule in self.cells.as_flattened().iter().flatten() {
            match rule.payer {
                FeePayer::Rider => most = rule.minor(base_fare_minor, total_minor)?.max(most),
                FeePayer::Driver | FeePayer::Platform => {}
            }
        }
        Ok(most)
    }
}
