//! The lines of a quote or receipt: what is charged, for whom, and what later stages do with it.
//!
//! ```
//! use fiacre_domain::money::{Currency, Money};
//! use fiacre_domain::pricing::{Line, LineKind, LineTraits, Payee};
//! let initial = Line::new(LineKind::Initial, Money::new(250, Currency::USD), LineTraits::FARE);
//! assert!(initial.is_surgeable() && initial.is_in_minimum());
//! assert_eq!(initial.payee(), Payee::Driver);
//! ```

use super::stage::Stage;
use crate::id::{AuthorityId, ChargeId, FunderId, WindowId, ZoneId};
use crate::money::Money;
use crate::{canonical_enum, canonical_struct};
use std::fmt;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// The initial price of the meter.
    Initial,
    /// Units of the meter beyond those that the initial price pays for.
    Units,
    /// Time, where its price is apart from distance.
    Time,
    /// Waiting at the pick-up or a stop.
    Waiting,
    /// A fixed price from zone to zone.
    Flat(ChargeId),
    /// What a window's multiplier adds.
    Multiplier(WindowId),
    /// What a rate area's multiplier adds.
    Area(ZoneId),
    /// A surcharge.
    Surcharge(ChargeId),
    /// What is missing to the minimum.
    Minimum,
    /// What surge adds, or takes away below 100%.
    Surge,
    /// What is above the tariff's highest price.
    Cap,
    /// A discount; at most zero.
    Discount(ChargeId),
    /// A tax.
    Tax(ChargeId),
    /// The other side of a tax that prices include: takes out of them what the tax line shows.
    TaxIncluded(ChargeId),
    /// A charge passed to an authority, without surge or tax.
    PassThrough(ChargeId),
    /// A toll passed to an authority.
    Toll(AuthorityId),
    /// What is above the highest total that a settlement may reach.
    SettlementCap,
    /// A fee for a cancellation or a rider who did not come.
    CancellationFee,
    /// The difference that rounding a stage made.
    Rounding(Stage),
    /// The price that was accepted, where it cannot be computed again.
    Accepted,
}
canonical_enum!(LineKind {
    0 = Initial,
    1 = Units,
    2 = Time,
    3 = Waiting,
    4 = Flat(id),
    5 = Multiplier(id),
    6 = Area(id),
    7 = Surcharge(id),
    8 = Minimum,
    9 = Surge,
    10 = Cap,
    11 = Discount(id),
    12 = Tax(id),
    13 = TaxIncluded(id),
    14 = PassThrough(id),
    15 = Toll(id),
    16 = SettlementCap,
    17 = CancellationFee,
    18 = Rounding(stage),
    19 = Accepted,
});

impl fmt::Display for LineKind {
    /// As a receipt names it: `initial price`, `surcharge rush`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initial => f.write_str("initial price"),
            Self::Units => f.write_str("metered units"),
            Self::Time => f.write_str("time"),
            Self::Waiting => f.write_str("waiting"),
            Self::Flat(id) => write!(f, "flat {id}"),
            Self::Multiplier(id) => write!(f, "multiplier {id}"),
            Self::Area(id) => write!(f, "area {id}"),
            Self::Surcharge(id) => write!(f, "surcharge {id}"),
            Self::Minimum => f.write_str("up to the minimum"),
            Self::Surge => f.write_str("surge"),
            Self::Cap => f.write_str("above the highest price"),
            Self::Discount(id) => write!(f, "discount {id}"),
            Self::Tax(id) => write!(f, "tax {id}"),
            Self::TaxIncluded(id) => write!(f, "tax {id}, included"),
            Self::PassThrough(id) => write!(f, "passed through {id}"),
            Self::Toll(id) => write!(f, "toll {id}"),
            Self::SettlementCap => f.write_str("above the hold"),
            Self::CancellationFee => f.write_str("cancellation fee"),
            Self::Rounding(_) => f.write_str("rounding"),
            Self::Accepted => f.write_str("price as accepted"),
        }
    }
}

/// Whose money a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payee {
    /// The driver's, before commission.
    Driver,
    /// The platform's.
    Platform,
    /// An authority's: taxes, tolls, congestion charges.
    Authority(AuthorityId),
    /// A funder's, who pays for a discount (the amount is negative).
    Funder(FunderId),
}
canonical_enum!(Payee { 0 = Driver, 1 = Platform, 2 = Authority(id), 3 = Funder(id) });

/// Whose a line is, and which later stages it enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent questions that each stage asks of a line"
)]
pub struct LineTraits {
    payee: Payee,
    surgeable: bool,
    commissionable: bool,
    taxable: bool,
    in_minimum: bool,
}
canonical_struct!(LineTraits {
    payee,
    surgeable,
    commissionable,
    taxable,
    in_minimum
});

impl LineTraits {
    /// The fare itself: the driver's, and in every stage.
    pub const FARE: Self = Self {
        payee: Payee::Driver,
        surgeable: true,
        commissionable: true,
        taxable: true,
        in_minimum: true,
    };
    /// A surcharge as most cities have it: the driver's, taxed and in the commission, not surged, not in the minimum.
    pub const SURCHARGE: Self = Self {
        payee: Payee::Driver,
        surgeable: false,
        commissionable: true,
        taxable: true,
        in_minimum: false,
    };

    /// Somebody's money that no later stage touches.
    pub const fn untouched(payee: Payee) -> Self {
        Self {
            payee,
            surgeable: false,
            commissionable: false,
            taxable: false,
            in_minimum: false,
        }
    }

    /// The same for another payee.
    #[must_use]
    pub const fn with_payee(self, payee: Payee) -> Self {
        Self { payee, ..self }
    }

    /// In or out of surge.
    #[must_use]
    pub const fn with_surge(self, surgeable: bool) -> Self {
        Self { surgeable, ..self }
    }

    /// In or out of the commission's base.
    #[must_use]
    pub const fn with_commission(self, commissionable: bool) -> Self {
        Self {
            commissionable,
            ..self
        }
    }

    /// In or out of the tax base.
    #[must_use]
    pub const fn with_tax(self, taxable: bool) -> Self {
        Self { taxable, ..self }
    }

    /// In or out of what the minimum looks at.
    #[must_use]
    pub const fn with_minimum(self, in_minimum: bool) -> Self {
        Self { in_minimum, ..self }
    }
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    kind: LineKind,
    amount: Money,
    traits: LineTraits,
}
canonical_struct!(Line { kind, amount, traits });

impl Line {
    /// `amount` for `kind`.
    pub const fn new(kind: LineKind, amount: Money, traits: LineTraits) -> Self {
        Self { kind, amount, traits }
    }

    /// What it is for.
    pub const fn kind(&self) -> LineKind {
        self.kind
    }

    /// How much; negative for what is taken away.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// Whose it is.
    pub const fn payee(&self) -> Payee {
        self.traits.payee
    }

    /// Whether surge multiplies it.
    pub const fn is_surgeable(&self) -> bool {
        self.traits.surgeable
    }

    /// Whether the commission is taken of it.
    pub const fn is_commissionable(&self) -> bool {
        self.traits.commissionable
    }

    /// Whether it is taxed.
    pub const fn is_taxable(&self) -> bool {
        self.traits.taxable
    }

    /// Whether the minimum looks at it.
    pub const fn is_in_minimum(&self) -> bool {
        self.traits.in_minimum
    }
}
