//! How each stage rounds: once, to its step, by its rule; the difference to its parts is a line.
//!
//! ```
//! use fiacre_domain::pricing::StageRounding;
//! use fiacre_domain::ratio::{Ratio, Rounding};
//! let to_ten_yen = StageRounding::new(10, Rounding::HalfUp)?;
//! assert_eq!(to_ten_yen.apply(Ratio::from(705))?, 710);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{TariffError, TariffFault};
use super::limits;
use crate::ratio::{Overflow, Ratio, Rounding};
use crate::{canonical_enum, canonical_struct};

/// A stage of pricing that rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Meter or flat, with time and waiting.
    Meter,
    /// Multipliers of windows and rate areas.
    Multipliers,
    /// Surge.
    Surge,
    /// The total.
    Total,
}
canonical_enum!(Stage { 0 = Meter, 1 = Multipliers, 2 = Surge, 3 = Total });

/// A step in minor units and the rule that picks a multiple of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StageRounding {
    step_minor: i64,
    rule: Rounding,
}
canonical_struct!(StageRounding { step_minor, rule });

impl StageRounding {
    /// To the nearest minor unit, ties up.
    pub const MINOR_UNIT: Self = Self {
        step_minor: 1,
        rule: Rounding::HalfUp,
    };

    /// To multiples of `step_minor`, which is 1, 2, 2.5 or 5 times a power of ten, as coins are: 25 cents, 10 yen.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where the step is not above zero, `TooLarge` beyond what prices exactly, `UnusualStep` for
    /// any other: 3 cents, say, are 30 with a digit lost, or a price that was taken for a step.
    pub fn new(step_minor: i64, rule: Rounding) -> Result<Self, TariffError> {
        if step_minor <= 0 {
            return Err(TariffError::new("rounding step", TariffFault::NotPositive));
        }
        limits::price("rounding step", step_minor)?;
        if !is_rounded_to(step_minor) {
            return Err(TariffError::new("rounding step", TariffFault::UnusualStep));
        }
        Ok(Self { step_minor, rule })
    }

    /// The multiple of the step that the rule picks, in minor units.
    ///
    /// # Errors
    ///
    /// [`Overflow`] where the amount leaves 64 bits.
    pub fn apply(self, exact_minor: Ratio) -> Result<i64, Overflow> {
        exact_minor.round_to_step(self.step_minor, self.rule)
    }

    /// The step, in minor units.
    pub const fn step_minor(self) -> i64 {
        self.step_minor
    }

    /// The whole minor unit that the rule picks: what a single part of the stage becomes.
    pub(super) fn narrow(self, exact_minor: Ratio) -> Result<i64, Overflow> {
        exact_minor.round_to_step(1, self.rule)
    }
}

/// Whether coins or notes are made of it.
const fn is_rounded_to(step_minor: i64) -> bool {
    let mut digits = step_minor;
    while digits % 10 == 0 && digits > 0 {
        digits /= 10;
    }
    matches!(digits, 1 | 2 | 5 | 25)
}

/// The rounding of every stage of a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoundingPlan {
    meter: StageRounding,
    multipliers: StageRounding,
    surge: StageRounding,
    total: StageRounding,
}
canonical_struct!(RoundingPlan {
    meter,
    multipliers,
    surge,
    total
});

impl RoundingPlan {
    /// Every stage to the nearest minor unit, ties up.
    pub const MINOR_UNITS: Self = Self::uniform(StageRounding::MINOR_UNIT);

    /// Every stage alike.
    pub const fn uniform(rounding: StageRounding) -> Self {
        Self {
            meter: rounding,
            multipliers: rounding,
            surge: rounding,
            total: rounding,
        }
    }

    /// With another rounding of one stage.
    #[must_use]
    pub const fn with(mut self, stage: Stage, rounding: StageRounding) -> Self {
        match stage {
            Stage::Meter => self.meter = rounding,
            Stage::Multipliers => self.multipliers = rounding,
            Stage::Surge => self.surge = rounding,
            Stage::Total => self.total = rounding,
        }
        self
    }

    /// The rounding of one stage.
    pub const fn of(&self, stage: Stage) -> StageRounding {
        match stage {
            Stage::Meter => self.meter,
            Stage::Multipliers => self.multipliers,
            Stage::Surge => self.surge,
            Stage::Total => self.total,
        }
    }
}
