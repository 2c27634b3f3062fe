//! Charges beside the meter: surcharges and what is passed to an authority, each with its window and condition.
//!
//! ```
//! use fiacre_domain::pricing::{Charge, ChargeAmount, Condition, ZoneSet, Zones};
//! let mut zones = Zones::new();
//! let new_jersey = zones.add("new-jersey".parse()?, ZoneSet::NONE)?;
//! let mta = Charge::passed_to("mta".parse()?, "mta".parse()?, ChargeAmount::Once(50))
//!     .under(Condition::ANY.ending_outside(new_jersey));
//! assert_eq!(mta.id().as_str(), "mta");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::{TariffError, TariffFault};
use super::limits;
use super::line::{LineTraits, Payee};
use super::party::{AgeRange, Party};
use super::window::WindowSet;
use super::zone::ZoneSet;
use crate::id::{AuthorityId, ChargeId, ExtraId};
use crate::{canonical_enum, canonical_struct};

/// Which rides a charge is for. Everything that is asked must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition {
    start: ZoneSet,
    end: ZoneSet,
    touched: ZoneSet,
    not_start: ZoneSet,
    not_end: ZoneSet,
    not_touched: ZoneSet,
    extra: Option<ExtraId>,
}
canonical_struct!(Condition {
    start,
    end,
    touched,
    not_start,
    not_end,
    not_touched,
    extra
});

impl Condition {
    /// Every ride.
    pub const ANY: Self = Self {
        start: ZoneSet::NONE,
        end: ZoneSet::NONE,
        touched: ZoneSet::NONE,
        not_start: ZoneSet::NONE,
        not_end: ZoneSet::NONE,
        not_touched: ZoneSet::NONE,
        extra: None,
    };

    /// Picked up in one of `zones`.
    #[must_use]
    pub const fn starting_in(self, zones: ZoneSet) -> Self {
        Self { start: zones, ..self }
    }

    /// Ending in one of `zones`.
    #[must_use]
    pub const fn ending_in(self, zones: ZoneSet) -> Self {
        Self { end: zones, ..self }
    }

    /// Starting, ending or driving in one of `zones`.
    #[must_use]
    pub const fn touching(self, zones: ZoneSet) -> Self {
        Self {
            touched: zones,
            ..self
        }
    }

    /// Not picked up in any of `zones`.
    #[must_use]
    pub const fn starting_outside(self, zones: ZoneSet) -> Self {
        Self {
            not_start: zones,
            ..self
        }
    }

    /// Not ending in any of `zones`.
    #[must_use]
    pub const fn ending_outside(self, zones: ZoneSet) -> Self {
        Self {
            not_end: zones,
            ..self
        }
    }

    /// Never in any of `zones`.
    #[must_use]
    pub const fn avoiding(self, zones: ZoneSet) -> Self {
        Self {
            not_touched: zones,
            ..self
        }
    }

    /// Where the rider asked for `extra`.
    #[must_use]
    pub const fn on_request(self, extra: ExtraId) -> Self {
        Self {
            extra: Some(extra),
            ..self
        }
    }

    pub(super) const fn extra(&self) -> Option<ExtraId> {
        self.extra
    }

    /// Each set of zones that is asked about.
    pub(super) const fn zones(&self) -> [ZoneSet; 6] {
        [
            self.start,
            self.end,
            self.touched,
            self.not_start,
            self.not_end,
            self.not_touched,
        ]
    }

    pub(super) fn holds(&self, start: ZoneSet, end: ZoneSet, touched: ZoneSet, extras: &[ExtraId]) -> bool {
        let wanted = |wanted: ZoneSet, actual: ZoneSet| wanted.is_empty() || wanted.intersects(actual);
        wanted(self.start, start)
            && wanted(self.end, end)
            && wanted(self.touched, touched)
            && !self.not_start.intersects(start)
            && !self.not_end.intersects(end)
            && !self.not_touched.intersects(touched)
            && self.extra.is_none_or(|extra| extras.contains(&extra))
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::ANY
    }
}

/// How much a charge is, in minor units; [`Tariff::with_charge`](super::Tariff::with_charge) refuses negative ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChargeAmount {
    /// Once a ride.
    Once(i64),
    /// For each stop on the way.
    PerStop(i64),
    /// For each passenger of some ages beyond the first `included`: `first` for the next, `further` for each after.
    PerPassenger {
        /// Whose age counts.
        ages: AgeRange,
        /// How many of them are free.
        included: u8,
        /// For the first beyond.
        first: i64,
        /// For each further one.
        further: i64,
    },
}
canonical_enum!(ChargeAmount {
    0 = Once(minor),
    1 = PerStop(minor),
    2 = PerPassenger { ages, included, first, further },
});

impl ChargeAmount {
    pub(super) fn check(&self) -> Result<(), TariffError> {
        match *self {
            Self::Once(minor) | Self::PerStop(minor) => limits::price("charge amount", minor),
            Self::PerPassenger {
                ages: _,
                included: _,
                first,
                further,
            } => {
                limits::price("charge first", first)?;
                limits::price("charge further", further)
            }
        }
    }

    pub(super) fn minor(&self, party: &Party, stops: u16) -> Option<i64> {
        match *self {
            Self::Once(minor) => Some(minor),
            Self::PerStop(minor) => minor.checked_mul(i64::from(stops)),
            Self::PerPassenger {
                ages,
                included,
                first,
                further,
            } => match party.count_in(ages).checked_sub(i64::from(included))? {
                ..=0 => Some(0),
                beyond => further.checked_mul(beyond.checked_sub(1)?)?.checked_add(first),
            },
        }
    }
}

/// A charge: what, when, for which rides, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Charge {
    id: ChargeId,
    amount: ChargeAmount,
    during: Option<WindowSet>,
    condition: Condition,
    traits: LineTraits,
    passed_through: bool,
    flat_only: bool,
}
canonical_struct!(Charge {
    id,
    amount,
    during,
    condition,
    traits,
    passed_through,
    flat_only
});

impl Charge {
    /// A surcharge, the driver's unless [`Charge::with_traits`] says otherwise.
    pub const fn surcharge(id: ChargeId, amount: ChargeAmount) -> Self {
        Self {
            id,
            amount,
            during: None,
            condition: Condition::ANY,
            traits: LineTraits::SURCHARGE,
            passed_through: false,
            flat_only: false,
        }
    }

    /// A charge collected for `authority`: after surge, discounts and taxes, which leave it alone.
    pub const fn passed_to(id: ChargeId, authority: AuthorityId, amount: ChargeAmount) -> Self {
        Self {
            traits: LineTraits::untouched(Payee::Authority(authority)),
            passed_through: true,
            ..Self::surcharge(id, amount)
        }
    }

    /// Only where one of `windows` counts: at the start of the ride, or at any moment of it if the window is a running one.
    #[must_use]
    pub const fn during(self, windows: WindowSet) -> Self {
        Self {
            during: Some(windows),
            ..self
        }
    }

    /// Only for rides of which `condition` holds.
    #[must_use]
    pub const fn under(self, condition: Condition) -> Self {
        Self { condition, ..self }
    }

    /// With other traits. What is passed to an authority keeps its own.
    ///
    /// # Errors
    ///
    /// `TariffFault::Contradiction` for a charge that is passed to an authority.
    pub const fn with_traits(self, traits: LineTraits) -> Result<Self, TariffError> {
        if self.passed_through {
            return Err(TariffError::new(
                "charge traits",
                TariffFault::Contradiction(
                    "cannot be changed where the charge is passed to an authority: leave them out",
                ),
            ));
        }
        Ok(Self { traits, ..self })
    }

    /// Only on flats that name it.
    #[must_use]
    pub const fn on_flats_only(self) -> Self {
        Self {
            flat_only: true,
            ..self
        }
    }

    /// The name.
    pub const fn id(&self) -> ChargeId {
        self.id
    }

    pub(super) const fn amount(&self) -> &ChargeAmount {
        &self.amount
    }

    pub(super) const fn window(&self) -> Option<WindowSet> {
        self.during
    }

    pub(super) const fn condition(&self) -> &Condition {
        &self.condition
    }

    pub(super) const fn traits(&self) -> LineTraits {
        self.traits
    }

    pub(super) const fn is_passed_through(&self) -> bool {
        self.passed_through
    }

    pub(super) const fn is_flat_only(&self) -> bool {
        self.flat_only
    }
}

/// A fixed price from zone to zone, as far as the first stop; beyond it the meter runs. A quote for a ride with stops takes its legs
/// as equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    id: ChargeId,
    from: ZoneSet,
    to: ZoneSet,
    price_minor: i64,
    charges: Vec<ChargeId>,
}
canonical_struct!(Flat {
    id,
    from,
    to,
    price_minor,
    charges
});

impl Flat {
    /// `price_minor` for a ride from one of `from` to one of `to`; of the tariff's charges only those in `charges` are added.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` or `TooLarge` for the price, `Missing` where no zone is named at either end.
    pub fn new(
        id: ChargeId,
        from: ZoneSet,
        to: ZoneSet,
        price_minor: i64,
        charges: Vec<ChargeId>,
    ) -> Result<Self, TariffError> {
        limits::price("flat price", price_minor)?;
        if from.is_empty() || to.is_empty() {
            return Err(TariffError::new(
                "flat zones",
                TariffFault::Missing("are missing: name at least one at either end"),
            ));
        }
        Ok(Self {
            id,
            from,
            to,
            price_minor,
            charges,
        })
    }

    /// The name.
    pub const fn id(&self) -> ChargeId {
        self.id
    }

    pub(super) const fn price_minor(&self) -> i64 {
        self.price_minor
    }

    pub(super) fn charges(&self) -> &[ChargeId] {
        &self.charges
    }

    /// Those at either end.
    pub(super) const fn zones(&self) -> [ZoneSet; 2] {
        [self.from, self.to]
    }

    pub(super) const fn covers(&self, start: ZoneSet, first_stop: ZoneSet) -> bool {
        self.from.intersects(start) && self.to.intersects(first_stop)
    }
}
