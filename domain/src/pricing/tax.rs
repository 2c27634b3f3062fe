//! Taxes: added to prices, or already in them.
//!
//! ```
//! use fiacre_domain::pricing::{Tax, TaxScope};
//! use fiacre_domain::ratio::Ratio;
//! let gst = Tax::added("gst".parse()?, "gst-council".parse()?, Ratio::new(5, 100)?)?.with_scope(TaxScope::Sum);
//! assert_eq!(gst.id().as_str(), "gst");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::TariffError;
use super::limits;
use super::stage::StageRounding;
use crate::id::{AuthorityId, ChargeId};
use crate::ratio::{Overflow, Ratio};
use crate::{canonical_enum, canonical_struct};

/// What is rounded: the tax on each line, or the tax on their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxScope {
    /// Each line on its own.
    Line,
    /// The sum of the taxable lines.
    Sum,
}
canonical_enum!(TaxScope { 0 = Line, 1 = Sum });

/// Whether prices are before or after tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxMode {
    /// On top of the prices.
    Added,
    /// Inside the prices, `r / (1 + r)` of them: the total does not change.
    Included,
}
canonical_enum!(TaxMode { 0 = Added, 1 = Included });

/// A tax on the taxable lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    id: ChargeId,
    authority: AuthorityId,
    rate: Ratio,
    mode: TaxMode,
    scope: TaxScope,
    rounding: StageRounding,
}
canonical_struct!(Tax {
    id,
    authority,
    rate,
    mode,
    scope,
    rounding
});

impl Tax {
    /// `rate` (5% is 1/20) on top of the prices, on their sum.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a rate below zero, `TooLarge` above 100%.
    pub fn added(id: ChargeId, authority: AuthorityId, rate: Ratio) -> Result<Self, TariffError> {
        Self::new(id, authority, rate, TaxMode::Added)
    }

    /// `rate` inside the prices, on their sum.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a rate below zero, `TooLarge` above 100%.
    pub fn included(id: ChargeId, authority: AuthorityId, rate: Ratio) -> Result<Self, TariffError> {
        Self::new(id, authority, rate, TaxMode::Included)
    }

    fn new(id: ChargeId, authority: AuthorityId, rate: Ratio, mode: TaxMode) -> Result<Self, TariffError> {
        limits::at_least_zero("tax rate", rate, limits::Limit::SHARE)?;
        Ok(Self {
            id,
            authority,
            rate,
            mode,
            scope: TaxScope::Sum,
            rounding: StageRounding::MINOR_UNIT,
        })
    }

    /// On each line or on the sum.
    #[must_use]
    pub const fn with_scope(self, scope: TaxScope) -> Self {
        Self { scope, ..self }
    }

    /// Rounded otherwise.
    #[must_use]
    pub const fn with_rounding(self, rounding: StageRounding) -> Self {
        Self { rounding, ..self }
    }

    /// The name.
    pub const fn id(&self) -> ChargeId {
        self.id
    }

    pub(super) const fn authority(&self) -> AuthorityId {
        self.authority
    }

    pub(super) const fn mode(&self) -> TaxMode {
        self.mode
    }

    /// The tax on taxable amounts, in minor units; no authority pays riders, where rounding or a discount leaves less than nothing.
    pub(super) fn minor(&self, taxable_minor: impl Iterator<Item = i64>) -> Result<i64, Overflow> {
        let share = match self.mode {
            TaxMode::Added => self.rate,
            TaxMode::Included => self.rate.checked_div(Ratio::ONE.checked_add(self.rate)?)?,
        };
        let on = |minor: i64| self.rounding.apply(Ratio::from(minor).checked_mul(share)?);
        let tax_minor = match self.scope {
            TaxScope::Sum => on(checked_sum(taxable_minor)?)?,
            TaxScope::Line => {
                let mut tax = 0_i64;
                for minor in taxable_minor {
                    tax = tax.checked_add(on(minor)?).ok_or(Overflow)?;
                }
                tax
            }
        };
        Ok(tax_minor.max(0))
    }
}

pub(super) fn checked_sum(mut minors: impl Iterator<Item = i64>) -> Result<i64, Overflow> {
    minors.try_fold(0_i64, i64::checked_add).ok_or(Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio::Rounding;

    fn tenth() -> Tax {
        let rate = Ratio::new(1, 10).unwrap();
        Tax::added("vat".parse().unwrap(), "treasury".parse().unwrap(), rate).unwrap()
    }

    #[test]
    fn a_tax_is_on_the_sum_or_on_each_line() {
        assert_eq!(tenth().minor([104, 104].into_iter()), Ok(21));
        let by_line = tenth().with_scope(TaxScope::Line);
        assert_eq!(by_line.minor([104, 104].into_iter()), Ok(20));
        assert_eq!(by_line.minor([i64::MAX; 11].into_iter()), Err(Overflow));
    }

    #[test]
    fn a_tax_is_never_less_than_nothing() {
        let down_to_ten = StageRounding::new(1_000, Rounding::Floor).unwrap();
        let by_line = tenth().with_scope(TaxScope::Line).with_rounding(down_to_ten);
        assert_eq!(
            by_line.minor([900, -5].into_iter()),
            Ok(0),
            "0 - 1,000, line by line"
        );
        assert_eq!(
            tenth().minor([-500].into_iter()),
            Ok(0),
            "a taxed discount on what is untaxed"
        );
    }
}
