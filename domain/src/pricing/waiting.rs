//! Waiting at the pick-up and at stops.
//!
//! ```
//! use fiacre_domain::pricing::{Grace, Units, Waiting, WaitingRate};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::Millis;
//! // Bengaluru cabs: five minutes free, then a rupee a minute.
//! let rate = WaitingRate::new(Ratio::from(100), Ratio::from(60_000), Units::Begun)?
//!     .with_grace(Grace::PerTrip(Millis::from_minutes(5)))?;
//! assert_ne!(Waiting::Charged(rate), Waiting::Free);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::error::TariffError;
use super::limits;
use super::meter::{UnitCounter, Units};
use super::tariff::Tariff;
use crate::ratio::{Overflow, Ratio};
use crate::units::Millis;
use crate::{canonical_enum, canonical_struct};

/// Waiting that costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grace {
    /// At each stop anew.
    PerStop(Millis),
    /// Once over the whole trip.
    PerTrip(Millis),
}
canonical_enum!(Grace { 0 = PerStop(free), 1 = PerTrip(free) });

impl Grace {
    const fn free(self) -> Millis {
        match self {
            Self::PerStop(free) | Self::PerTrip(free) => free,
        }
    }
}

/// A price of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRate {
    price: Ratio,
    unit_ms: Ratio,
    units: Units,
    grace: Grace,
}
canonical_struct!(WaitingRate {
    price,
    unit_ms,
    units,
    grace
});

impl WaitingRate {
    /// `price` minor units for each `unit_ms` milliseconds, from the first one.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a price below zero, `NotPositive` for a unit that is not above it, `TooLarge` where
    /// either does not price exactly.
    pub fn new(price: Ratio, unit_ms: Ratio, units: Units) -> Result<Self, TariffError> {
        limits::at_least_zero("waiting price", price, limits::Limit::PRICE)?;
        limits::unit_ms("waiting unit", unit_ms)?;
        Ok(Self {
            price,
            unit_ms,
            units,
            grace: Grace::PerTrip(Millis::ZERO),
        })
    }

    /// With free time before.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond the longest ride.
    pub fn with_grace(self, grace: Grace) -> Result<Self, TariffError> {
        limits::at_least_zero(
            "waiting grace",
            Ratio::from(grace.free().get()),
            limits::Limit::DURATION,
        )?;
        Ok(Self { grace, ..self })
    }
}

/// What waiting costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waiting {
    /// The meter goes on: waiting is slow time.
    #[default]
    Metered,
    /// Nothing.
    Free,
    /// A price of its own.
    Charged(WaitingRate),
}
canonical_enum!(Waiting { 0 = Metered, 1 = Free, 2 = Charged(rate) });

/// Charges the waiting of a ride, moment by moment.
#[derive(Debug)]
pub(super) struct WaitingCounter<'t> {
    rate: &'t WaitingRate,
    counter: UnitCounter,
    stop: u16,
}

impl<'t> WaitingCounter<'t> {
    pub(super) fn new(rate: &'t WaitingRate) -> Result<Self, Overflow> {
        Ok(Self {
            rate,
            counter: Self::counter(rate)?,
            stop: 0,
        })
    }

    fn counter(rate: &WaitingRate) -> Result<UnitCounter, Overflow> {
        Ok(UnitCounter::new(
            Ratio::from(rate.grace.free().get()).checked_div(rate.unit_ms)?,
        ))
    }

    /// What `ms` more of waiting at `stop` cost, exactly.
    pub(super) fn advance(&mut self, ms: i64, stop: u16) -> Result<Ratio, Overflow> {
        match self.rate.grace {
            Grace::PerStop(_) if stop != self.stop => {
                self.counter = Self::counter(self.rate)?;
                self.stop = stop;
            }
            Grace::PerStop(_) | Grace::PerTrip(_) => {}
        }
        let units = Ratio::from(ms).checked_div(self.rate.unit_ms)?;
        self.counter
            .advance(units, self.rate.units)?
            .checked_mul(self.rate.price)
    }
}

impl Tariff {
    /// Whether waiting has a rule of its own, from the moment at which the driver has come. Where it has none, the meter begins
    /// with the ride, and counts a wait at a stop as time that passes slowly.
    pub const fn prices_waiting(&self) -> bool {
        match self.waiting {
            Waiting::Metered => false,
            Waiting::Free | Waiting::Charged(_) => true,
        }
    }
}
