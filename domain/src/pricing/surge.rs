//! Surge: a factor on the fare from demand and supply, frozen into the quote with what it was computed from.
//!
//! ```
//! use fiacre_domain::pricing::{Surge, SurgeInputs, SurgePolicy};
//! use fiacre_domain::units::BasisPoints;
//! let policy = SurgePolicy::new(7, BasisPoints::new(10_000), BasisPoints::new(20_000))?;
//! let inputs = SurgeInputs { zone: Some("midtown".parse()?), demand: 30, supply: 20 };
//! let surge = Surge::compute(policy, inputs);
//! assert_eq!(surge.factor(), BasisPoints::new(12_500), "half a request too many for each driver, at half weight");
//! assert_eq!(Surge::from_parts(surge.factor(), Some((policy, inputs))), Ok(surge), "anyone can recompute it");
//! assert_eq!(Surge::NONE.factor(), BasisPoints::ONE);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{PricingError, TariffError, TariffFault};
use crate::canonical_struct;
use crate::id::ZoneId;
use crate::units::BasisPoints;

/// The largest factor that a policy may reach: 100 times.
pub const SURGE_BPS_MAX: i32 = 1_000_000;

/// How demand and supply become a factor. Version and limits are frozen with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SurgePolicy {
    version: u32,
    min: BasisPoints,
    max: BasisPoints,
    neutral: BasisPoints,
    weight: BasisPoints,
    step: BasisPoints,
}
canonical_struct!(SurgePolicy {
    version,
    min,
    max,
    neutral,
    weight,
    step
});

impl SurgePolicy {
    /// Between `min` and `max`; neutral where demand equals supply, half of the imbalance, in steps of 5%.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` for a `min` that is not above zero, `TooLarge` for a `max` beyond [`SURGE_BPS_MAX`],
    /// `OutOfOrder` where `min` is above `max`.
    pub const fn new(version: u32, min: BasisPoints, max: BasisPoints) -> Result<Self, TariffError> {
        if let Err(error) = check_limits(min, max) {
            return Err(error);
        }
        Ok(Self {
            version,
            min,
            max,
            neutral: BasisPoints::ONE,
            weight: BasisPoints::new(5_000),
            step: BasisPoints::new(500),
        })
    }

    /// With the demand for each driver that leaves the price alone, the weight of what goes beyond it (or stays below), and
    /// the step that the factor is cut to; all above zero.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where any of them is not above zero.
    pub const fn with_response(
        self,
        neutral: BasisPoints,
        weight: BasisPoints,
        step: BasisPoints,
    ) -> Result<Self, TariffError> {
        if neutral.get() <= 0 || weight.get() <= 0 || step.get() <= 0 {
            return Err(TariffError::new("surge response", TariffFault::NotPositive));
        }
        Ok(Self {
            neutral,
            weight,
            step,
            ..self
        })
    }

    /// The version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The smallest factor.
    pub const fn min(&self) -> BasisPoints {
        self.min
    }

    /// The largest factor.
    pub const fn max(&self) -> BasisPoints {
        self.max
    }

    /// The demand for each driver that leaves the price alone; 10,000 is one request.
    pub const fn neutral(&self) -> BasisPoints {
        self.neutral
    }

    /// How much of what goes beyond the neutral demand, or stays below, goes into the factor.
    pub const fn weight(&self) -> BasisPoints {
        self.weight
    }

    /// What the factor is cut to multiples of.
    pub const fn step(&self) -> BasisPoints {
        self.step
    }

    fn factor(&self, inputs: &SurgeInputs) -> BasisPoints {
        // 14 bits of a whole, 32 of demand and 31 of weight: no product comes near the end of 128, and nothing here saturates.
        let [whole, neutral, weight, step, min, max] = [
            BasisPoints::ONE,
            self.neutral,
            self.weight,
            self.step,
            self.min,
            self.max,
        ]
        .map(|bps| i128::from(bps.get()));
        // Without a driver each request counts as if there were one.
        let supply = i128::from(inputs.supply.max(1));
        let of = |share: i128, amount: i128, whole: i128| share.saturating_mul(amount).checked_div(whole);
        let raw = of(i128::from(inputs.demand), whole, supply)
            .and_then(|demand_per_driver| of(demand_per_driver.saturating_sub(neutral), weight, whole))
            .map(|beyond| whole.saturating_add(beyond));
        let cut = raw.and_then(|raw| Some(raw.checked_div_euclid(step)?.saturating_mul(step)));
        let held = cut.map(|cut| cut.clamp(min, max));
        held.and_then(|held| i32::try_from(held).ok())
            .map_or(self.max, BasisPoints::new)
    }
}

/// A factor of zero would make every ride free, which no imbalance means.
pub(super) const fn check_limits(min: BasisPoints, max: BasisPoints) -> Result<(), TariffError> {
    if min.get() <= 0 {
        return Err(TariffError::new("surge min", TariffFault::NotPositive));
    }
    if max.get() > SURGE_BPS_MAX {
        return Err(TariffError::new(
            "surge max",
            TariffFault::TooLarge {
                max: "100 times (1,000,000 basis points)",
            },
        ));
    }
    if min.get() > max.get() {
        return Err(TariffError::new(
            "surge limits",
            TariffFault::OutOfOrder("must ascend: the smallest is above the largest"),
        ));
    }
    Ok(())
}

/// What a surge was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SurgeInputs {
    /// Where; `None` for a whole region.
    pub zone: Option<ZoneId>,
    /// Requests in the period.
    pub demand: u32,
    /// Drivers free in the period.
    pub supply: u32,
}
canonical_struct!(SurgeInputs { zone, demand, supply });

/// A factor on surgeable lines, with its policy and inputs, so that anyone can recompute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Surge {
    factor: BasisPoints,
    basis: Option<(SurgePolicy, SurgeInputs)>,
}
canonical_struct!(Surge { factor, basis });

impl Surge {
    /// No surge.
    pub const NONE: Self = Self {
        factor: BasisPoints::ONE,
        basis: None,
    };

    /// What the policy makes of the inputs.
    pub fn compute(policy: SurgePolicy, inputs: SurgeInputs) -> Self {
        Self {
            factor: policy.factor(&inputs),
            basis: Some((policy, inputs)),
        }
    }

    /// A surge as it was stored.
    ///
    /// # Errors
    ///
    /// [`PricingError::SurgeNotRecomputable`] where the factor does not follow from policy and inputs, or is not 10,000 without
    /// them: there is no surge that nobody can recompute.
    pub fn from_parts(
        factor: BasisPoints,
        basis: Option<(SurgePolicy, SurgeInputs)>,
    ) -> Result<Self, PricingError> {
        let computed = basis.map_or(Self::NONE, |(policy, inputs)| Self::compute(policy, inputs));
        if computed.factor == factor {
            Ok(computed)
        } else {
            Err(PricingError::SurgeNotRecomputable)
        }
    }

    /// The factor; 10,000 leaves the price alone.
    pub const fn factor(&self) -> BasisPoints {
        self.factor
    }

    /// Policy and inputs; `None` for [`Surge::NONE`].
    pub const fn basis(&self) -> Option<&(SurgePolicy, SurgeInputs)> {
        self.basis.as_ref()
    }
}

impl Default for Surge {
    fn default() -> Self {
        Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surge(demand: u32, supply: u32) -> i32 {
        let policy = SurgePolicy::new(1, BasisPoints::new(5_000), BasisPoints::new(20_000)).unwrap();
        Surge::compute(
            policy,
            SurgeInputs {
                zone: None,
                demand,
                supply,
            },
        )
        .factor()
        .get()
    }

    #[test]
    fn surge_stays_between_its_limits_whatever_the_inputs() {
        assert_eq!(surge(10, 10), 10_000);
        assert_eq!(surge(0, 10), 5_000);
        assert_eq!(surge(0, 0), 5_000);
        assert_eq!(surge(1_000, 0), 20_000);
        assert_eq!(surge(u32::MAX, 1), 20_000);
        assert_eq!(surge(5, 10), 7_500);
    }

    /// As a forged receipt might have it: the highest of all that it can say.
    #[test]
    fn the_highest_inputs_come_to_the_highest_factor() {
        let highest = BasisPoints::new(i32::MAX);
        let policy = SurgePolicy::new(1, BasisPoints::ONE, BasisPoints::new(20_000)).unwrap();
        let policy = policy
            .with_response(BasisPoints::ONE, highest, BasisPoints::new(500))
            .unwrap();
        let inputs = SurgeInputs {
            zone: None,
            demand: u32::MAX,
            supply: 1,
        };
        let surge = Surge::compute(policy, inputs);
        assert_eq!(surge.factor().get(), 20_000);
        assert_eq!(
            Surge::from_parts(BasisPoints::ONE, surge.basis().copied()),
            Err(PricingError::SurgeNotRecomputable)
        );
    }

    #[test]
    fn a_factor_without_inputs_is_no_surge() {
        let edited = Surge::from_parts(BasisPoints::new(12_000), None);
        assert_eq!(edited, Err(PricingError::SurgeNotRecomputable));
        assert_eq!(Surge::from_parts(BasisPoints::ONE, None), Ok(Surge::NONE));
    }

    #[test]
    fn no_policy_makes_rides_free() {
        let policy = |min| SurgePolicy::new(1, BasisPoints::new(min), BasisPoints::new(20_000));
        assert_eq!(policy(0).unwrap_err().code(), "tariff_not_positive");
        assert!(policy(1).is_ok());
    }
}
