//! How far what a ride comes to may leave what was quoted.

use super::error::{PricingError, TariffError, TariffFault};
use super::limits;
use super::surge::SURGE_BPS_MAX;
use crate::canonical_struct;
use crate::ratio::Ratio;
use crate::units::BasisPoints;

/// How far a settlement may leave the quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SettlementPolicy {
    up: BasisPoints,
    down: BasisPoints,
    cap: BasisPoints,
    cap_fixed_minor: i64,
}
canonical_struct!(SettlementPolicy {
    up,
    down,
    cap,
    cap_fixed_minor
});

impl SettlementPolicy {
    /// The meter decides, up to half above the quote.
    pub const METERED: Self = Self {
        up: BasisPoints::ZERO,
        down: BasisPoints::ZERO,
        cap: BasisPoints::new(5_000),
        cap_fixed_minor: 0,
    };

    /// The quote stands up to `up` above it and `down` below it (`down` 0 to 10,000); beyond, the meter decides, up to `cap` plus
    /// `cap_fixed_minor` above the quote. `up` is at most `cap`, which is at most [`SURGE_BPS_MAX`].
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a share below zero; `TooLarge` for a `down` above 10,000 or a `cap` above
    /// [`SURGE_BPS_MAX`], `Contradiction` for an `up` above `cap`; `Negative` or `TooLarge` for the fixed part.
    pub fn new(
        up: BasisPoints,
        down: BasisPoints,
        cap: BasisPoints,
        cap_fixed_minor: i64,
    ) -> Result<Self, TariffError> {
        for (field, share) in [("settlement up", up), ("settlement cap", cap)] {
            if share < BasisPoints::ZERO {
                return Err(TariffError::new(field, TariffFault::Negative));
            }
        }
        limits::share("settlement down", down)?;
        if cap.get() > SURGE_BPS_MAX {
            let how = TariffFault::TooLarge {
                max: "100 times (10,000%)",
            };
            return Err(TariffError::new("settlement cap", how));
        }
        if up > cap {
            let how = TariffFault::Contradiction("reaches above the cap: raise the cap, or lower it");
            return Err(TariffError::new("settlement up", how));
        }
        limits::price("settlement fixed cap", cap_fixed_minor)?;
        Ok(Self {
            up,
            down,
            cap,
            cap_fixed_minor,
        })
    }

    /// The lowest and highest total inside the band, and the cap, exact in minor units.
    pub(super) fn bounds(&self, quoted_minor: i64) -> Result<(Ratio, Ratio, Ratio), PricingError> {
        let quoted = Ratio::from(quoted_minor);
        // Shares are held to SURGE_BPS_MAX, far inside 32 bits.
        let share =
            |bps: i32| quoted.checked_mul(Ratio::new(i128::from(bps.saturating_add(10_000)), 10_000)?);
        let cap = share(self.cap.get())?.checked_add(Ratio::from(self.cap_fixed_minor))?;
        Ok((
            share(self.down.get().saturating_neg())?,
            share(self.up.get())?,
            cap,
        ))
    }
}
