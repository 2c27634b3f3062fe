//! What a driver earns: a policy of its own, apart from what the rider pays.
//!
//! ```
//! use fiacre_domain::money::{Currency, Money};
//! use fiacre_domain::pricing::{PayPolicy, RateCard};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::{Millimetres, Millis};
//! // New York's legal minimum of February 2019: $1.088 a mile and $0.495 a minute.
//! let floor = RateCard::new(0)?
//!     .with_distance(Ratio::new(1_088, 10)?, Ratio::from(1_609_344))?
//!     .with_time(Ratio::new(495, 10)?, Ratio::from(60_000))?;
//! let policy = PayPolicy::rate_card(1, floor);
//! let pay = policy.pay(&[], Millimetres::new(12_070_080), Millis::from_minutes(30), Currency::USD)?;
//! assert_eq!(pay.total(), Money::new(2_301, Currency::USD));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{PricingError, TariffError};
use super::limits;
use super::line::{Line, Payee};
use super::stage::StageRounding;
use super::tax::checked_sum;
use crate::money::{Currency, Money};
use crate::ratio::{Overflow, Ratio};
use crate::units::{BasisPoints, Millimetres, Millis};
use crate::{canonical_enum, canonical_struct};

/// What a line of a driver's pay is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayKind {
    /// The driver's lines of the receipt.
    Fares,
    /// What the platform keeps of them; at most zero.
    Commission,
    /// The rate card's fixed part.
    Base,
    /// The rate card's price of distance.
    Distance,
    /// The rate card's price of time.
    Time,
    /// The difference that rounding made.
    Rounding,
    /// What is missing to the legal floor.
    Floor,
    /// The pay that was offered, where it cannot be computed again.
    Accepted,
}
canonical_enum!(PayKind {
    0 = Fares,
    1 = Commission,
    2 = Base,
    3 = Distance,
    4 = Time,
    5 = Rounding,
    6 = Floor,
    7 = Accepted,
});

/// One line of a driver's pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayLine {
    kind: PayKind,
    amount: Money,
}
canonical_struct!(PayLine { kind, amount });

impl PayLine {
    /// `amount` for `kind`.
    pub const fn new(kind: PayKind, amount: Money) -> Self {
        Self { kind, amount }
    }

    /// What it is for.
    pub const fn kind(&self) -> PayKind {
        self.kind
    }

    /// How much; negative for what is taken away.
    pub const fn amount(&self) -> Money {
        self.amount
    }
}

/// A driver's pay for a ride: lines that sum to the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    lines: Vec<PayLine>,
    total: Money,
}
canonical_struct!(Pay { lines, total });

impl Pay {
    /// A pay as it was stored; [`Receipt::verify`](super::Receipt::verify) recomputes it.
    pub const fn from_parts(lines: Vec<PayLine>, total: Money) -> Self {
        Self { lines, total }
    }

    /// The lines.
    pub fn lines(&self) -> &[PayLine] {
        &self.lines
    }

    /// Their sum.
    pub const fn total(&self) -> Money {
        self.total
    }

    fn push(&mut self, kind: PayKind, minor: i64) -> Result<(), PricingError> {
        if minor != 0 {
            let amount = Money::new(minor, self.total.currency());
            self.total = self.total.checked_add(amount)?;
            self.lines.push(PayLine { kind, amount });
        }
        Ok(())
    }
}

/// A price of distance and time; amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateCard {
    base_minor: i64,
    distance_price: Ratio,
    distance_unit_mm: Ratio,
    time_price: Ratio,
    time_unit_ms: Ratio,
}
canonical_struct!(RateCard {
    base_minor,
    distance_price,
    distance_unit_mm,
    time_price,
    time_unit_ms
});

impl RateCard {
    /// `base_minor` a ride.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn new(base_minor: i64) -> Result<Self, TariffError> {
        limits::price("pay base", base_minor)?;
        Ok(Self {
            base_minor,
            distance_price: Ratio::ZERO,
            distance_unit_mm: Ratio::ONE,
            time_price: Ratio::ZERO,
            time_unit_ms: Ratio::ONE,
        })
    }

    /// And `price` for each `unit_mm` millimetres, pro rata.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a price below zero, `NotPositive` for a unit that is not above it, `TooLarge` where
    /// either does not price exactly.
    pub fn with_distance(self, price: Ratio, unit_mm: Ratio) -> Result<Self, TariffError> {
        limits::at_least_zero("pay distance price", price, limits::Limit::PRICE)?;
        limits::unit_mm("pay distance unit", unit_mm)?;
        Ok(Self {
            distance_price: price,
            distance_unit_mm: unit_mm,
            ..self
        })
    }

    /// And `price` for each `unit_ms` milliseconds, pro rata.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a price below zero, `NotPositive` for a unit that is not above it, `TooLarge` where
    /// either does not price exactly.
    pub fn with_time(self, price: Ratio, unit_ms: Ratio) -> Result<Self, TariffError> {
        limits::at_least_zero("pay time price", price, limits::Limit::PRICE)?;
        limits::unit_ms("pay time unit", unit_ms)?;
        Ok(Self {
            time_price: price,
            time_unit_ms: unit_ms,
            ..self
        })
    }

    fn distance_part(&self, distance: Millimetres) -> Result<Ratio, Overflow> {
        Ratio::from(distance.get())
            .checked_div(self.distance_unit_mm)?
            .checked_mul(self.distance_price)
    }

    fn time_part(&self, duration: Millis) -> Result<Ratio, Overflow> {
        Ratio::from(duration.get())
            .checked_div(self.time_unit_ms)?
            .checked_mul(self.time_price)
    }

    fn exact(&self, distance: Millimetres, duration: Millis) -> Result<Ratio, Overflow> {
        Ratio::from(self.base_minor)
            .checked_add(self.distance_part(distance)?)?
            .checked_add(self.time_part(duration)?)
    }
}

/// How the pay comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayRule {
    /// The driver's lines less a share of the commissionable ones.
    Commission(BasisPoints),
    /// A rate card, whatever the rider pays.
    RateCard(RateCard),
}
canonical_enum!(PayRule { 0 = Commission(share), 1 = RateCard(card) });

/// A pay policy: a rule, and where the law sets one, a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayPolicy {
    version: u32,
    rule: PayRule,
    floor: Option<RateCard>,
    rounding: StageRounding,
}
canonical_struct!(PayPolicy {
    version,
    rule,
    floor,
    rounding
});

impl PayPolicy {
    /// The driver keeps all of the driver's lines.
    pub const NO_COMMISSION: Self = Self {
        version: 0,
        rule: PayRule::Commission(BasisPoints::ZERO),
        floor: None,
        rounding: StageRounding::MINOR_UNIT,
    };

    /// The driver's lines less `share` (0 to 10,000) of the commissionable ones.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below 0, `TooLarge` above 10,000.
    pub const fn commission(version: u32, share: BasisPoints) -> Result<Self, TariffError> {
        if let Err(error) = limits::share("commission", share) {
            return Err(error);
        }
        Ok(Self {
            version,
            rule: PayRule::Commission(share),
            ..Self::NO_COMMISSION
        })
    }

    /// A rate card, whatever the rider pays.
    pub const fn rate_card(version: u32, card: RateCard) -> Self {
        Self {
            version,
            rule: PayRule::RateCard(card),
            ..Self::NO_COMMISSION
        }
    }

    /// Never less than `floor` for a ride that was driven.
    #[must_use]
    pub const fn with_floor(self, floor: RateCard) -> Self {
        Self {
            floor: Some(floor),
            ..self
        }
    }

    /// With commission, rate card and floor rounded otherwise.
    #[must_use]
    pub const fn with_rounding(self, rounding: StageRounding) -> Self {
        Self { rounding, ..self }
    }

    /// The version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The pay for a ride of `distance` and `duration` (waiting included) whose receipt has these lines.
    ///
    /// # Errors
    ///
    /// `PricingError::RideNegative` and `RideBeyondLimit` for a distance or duration that no ride has, `Overflow` where
    /// the pay leaves 64 bits, `CurrencyMismatch` where a line is in another currency.
    pub fn pay(
        &self,
        lines: &[Line],
        distance: Millimetres,
        duration: Millis,
        currency: Currency,
    ) -> Result<Pay, PricingError> {
        limits::distance("distance", distance)?;
        limits::duration("duration", duration)?;
        if lines.iter().any(|line| line.amount().currency() != currency) {
            return Err(PricingError::CurrencyMismatch);
        }
        let mut pay = Pay {
            lines: Vec::with_capacity(4),
            total: Money::zero(currency),
        };
        match &self.rule {
            PayRule::Commission(share) => self.after_commission(*share, lines, &mut pay)?,
            PayRule::RateCard(card) => self.by_rate_card(card, distance, duration, &mut pay)?,
        }
        if let Some(floor) = &self.floor {
            let floor_minor = self.rounding.apply(floor.exact(distance, duration)?)?;
            let missing = floor_minor
                .checked_sub(pay.total.minor())
                .ok_or(PricingError::Overflow)?;
            pay.push(PayKind::Floor, missing.max(0))?;
        }
        Ok(pay)
    }

    /// What a fee receipt gives the driver: its lines, without commission or floor.
    pub(super) fn pay_fee(lines: &[Line], currency: Currency) -> Result<Pay, PricingError> {
        let mut pay = Pay {
            lines: Vec::new(),
            total: Money::zero(currency),
        };
        Self::NO_COMMISSION.after_commission(BasisPoints::ZERO, lines, &mut pay)?;
        Ok(pay)
    }

    fn after_commission(
        &self,
        share: BasisPoints,
        lines: &[Line],
        pay: &mut Pay,
    ) -> Result<(), PricingError> {
        let drivers = lines.iter().filter(|line| line.payee() == Payee::Driver);
        let fares = checked_sum(drivers.map(|line| line.amount().minor()))?;
        pay.push(PayKind::Fares, fares)?;
        let commissioned = lines.iter().filter(|line| line.is_commissionable());
        let commissionable = checked_sum(commissioned.map(|line| line.amount().minor()))?;
        let exact = Ratio::from(commissionable).checked_mul(Ratio::new(i128::from(share.get()), 10_000)?)?;
        let kept = self.rounding.apply(exact)?.clamp(0, pay.total.minor().max(0));
        pay.push(PayKind::Commission, kept.saturating_neg())
    }

    fn by_rate_card(
        &self,
        card: &RateCard,
        distance: Millimetres,
        duration: Millis,
        pay: &mut Pay,
    ) -> Result<(), PricingError> {
        pay.push(PayKind::Base, card.base_minor)?;
        let for_distance = self.rounding.narrow(card.distance_part(distance)?)?;
        pay.push(PayKind::Distance, for_distance)?;
        let for_time = self.rounding.narrow(card.time_part(duration)?)?;
        pay.push(PayKind::Time, for_time)?;
        let due = self.rounding.apply(card.exact(distance, duration)?)?;
        pay.push(
            PayKind::Rounding,
            due.checked_sub(pay.total.minor()).ok_or(PricingError::Overflow)?,
        )
    }
}
