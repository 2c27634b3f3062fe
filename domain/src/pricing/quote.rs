//! A quote: a price for a ride before it is driven, and what it may become.
//!
//! ```
//! # use fiacre_domain::money::Currency;
//! # use fiacre_domain::pricing::{Meter, Segment, Tariff};
//! # use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::pricing::{Recorder, Ride, Surge};
//! use fiacre_domain::units::{Millimetres, Millis};
//! use std::sync::Arc;
//! # let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! # let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! let tariff = Arc::new(Tariff::new("nyc".parse()?, 1, Currency::USD, meter));
//! let at = "2018-07-03T10:00".parse()?;
//! let ride = Ride::new(Millimetres::new(8_046_720), Millis::from_minutes(20)).with_slow(Millis::from_minutes(5));
//! let quote = tariff.quote(&ride, at, Surge::NONE)?;
//! assert_eq!(quote.total().to_string(), "17.00 USD");
//!
//! let mut recorder = quote.recorder(at)?;
//! recorder.drive(Millimetres::new(8_046_720), Millis::from_minutes(15))?;
//! recorder.drive(Millimetres::ZERO, Millis::from_minutes(6))?;
//! let receipt = quote.settle(&recorder.finish()?)?;
//! assert_eq!(receipt.total().to_string(), "17.50 USD");
//! receipt.verify(&tariff)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::accepted::Accepted;
use super::cancellation::Cancellation;
use super::course::Course;
use super::edition::TariffEdition;
use super::error::PricingError;
use super::line::Line;
use super::pay::Pay;
use super::reading::MeterReading;
use super::receipt::{Computed, Happened, Receipt, ReceiptParts};
use super::recorder::Recorder;
use super::ride::Ride;
use super::settle::{self, Asked};
use super::stage::Stage;
use super::stages::{self, Priced};
use super::surge::Surge;
use super::tariff::Tariff;
use crate::canonical::{Canonical, CanonicalBytes};
use crate::money::{Currency, Money};
use crate::time::CivilDateTime;
use crate::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

/// A quote as data: for those who store or send it. What its tariff holds is not in it, only which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteParts {
    /// The tariff, as it was when the quote was made.
    pub tariff: TariffEdition,
    /// Its currency.
    pub currency: Currency,
    /// The ride as it was asked for.
    pub ride: Ride,
    /// The local time of the planned start.
    pub at: CivilDateTime,
    /// The surge, frozen with its inputs.
    pub surge: Surge,
    /// What the rider would pay, in minor units.
    pub total_minor: i64,
    /// What is held of the rider's money, in minor units.
    pub hold_minor: i64,
    /// What the driver would earn, in minor units.
    pub driver_pay_minor: i64,
}

/// Which tariff a quote was priced with, and what it holds if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Basis {
    Known(Arc<Tariff>),
    Named(Box<TariffName>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TariffName {
    edition: TariffEdition,
    currency: Currency,
}

impl TariffName {
    fn of(tariff: &Tariff) -> Self {
        Self {
            edition: tariff.edition(),
            currency: tariff.currency(),
        }
    }
}

impl Basis {
    fn name(&self) -> TariffName {
        match self {
            Self::Known(tariff) => TariffName::of(tariff),
            Self::Named(name) => **name,
        }
    }
}

/// A price with everything that it was computed from. It keeps no lines: [`Quote::lines`] computes them again.
///
/// A quote is a promise: what it says stands, also where it was stored and read by a release that would price otherwise, or by a
/// reader who does not know its tariff. Such a reader can say what was promised, and cannot settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    basis: Basis,
    ride: Ride,
    at: CivilDateTime,
    /// None is [`Surge::NONE`], which is most of them.
    surge: Option<Box<Surge>>,
    total_minor: i64,
    hold_minor: i64,
    driver_pay_minor: i64,
}

impl Canonical for Quote {
    /// The tariff enters by name, version and fingerprint, which stands for its content.
    fn write_canonical(&self, out: &mut CanonicalBytes) {
        let Self {
            basis,
            ride,
            at,
            surge: _,
            total_minor,
            hold_minor,
            driver_pay_minor,
        } = self;
        let TariffName { edition, currency } = basis.name();
        edition.write_canonical(out);
        currency.write_canonical(out);
        ride.write_canonical(out);
        at.write_canonical(out);
        self.surge().write_canonical(out);
        total_minor.write_canonical(out);
        hold_minor.write_canonical(out);
        driver_pay_minor.write_canonical(out);
    }
}

impl Tariff {
    /// The price of `ride` when it starts at local time `at`.
    ///
    /// # Errors
    /// What no ride is: `PricingError::RideNegative`, `RideBeyondLimit` (a million kilometres, say), `SlowBeyondDuration`,
    /// `PartsBeyondRide`, `RideWithoutPassenger`, `RideOutOfCalendar`. `StepDoesNotFitGateway` for a total or fee in steps that the
    /// payment gateway does not take, `Overflow` for amounts that leave 64 bits.
    pub fn quote(
        self: &Arc<Self>,
        ride: &Ride,
        at: CivilDateTime,
        surge: Surge,
    ) -> Result<Quote, PricingError> {
        let quoted = Quoted::new(self, ride, at, &surge)?;
        Ok(Quote {
            basis: Basis::Known(Arc::clone(self)),
            ride: ride.clone(),
            at,
            surge: (surge != Surge::NONE).then(|| Box::new(surge)),
            total_minor: quoted.priced.total_minor,
            hold_minor: quoted.hold_minor,
            driver_pay_minor: quoted.pay.total().minor(),
        })
    }

    /// The surge factor within this tariff's limits.
    pub(super) fn held_surge(&self, surge: &Surge) -> BasisPoints {
        surge.factor().clamp(self.surge_min, self.surge_max)
    }
}

/// Everything that follows from a tariff, a ride, a time and a surge.
#[derive(Debug)]
pub(super) struct Quoted {
    pub(super) priced: Priced,
    pub(super) pay: Pay,
    /// The highest total that a settlement may reach.
    pub(super) cap_minor: i64,
    /// The cap, and at least any fee that the rider may come to owe.
    pub(super) hold_minor: i64,
}

impl Quoted {
    pub(super) fn new(
        tariff: &Tariff,
        ride: &Ride,
        at: CivilDateTime,
        surge: &Surge,
    ) -> Result<Self, PricingError> {
        tariff.check_gateway_step()?;
        let course = Course::planned(tariff, ride, at)?;
        let priced = stages::price(&course, tariff.held_surge(surge))?;
        let (mm, ms) = course.totals();
        let (distance, duration) = (Millimetres::new(mm), Millis::new(ms));
        let pay = tariff
            .pay
            .pay(&priced.lines, distance, duration, tariff.currency())?;
        let (_, _, cap) = tariff.settlement.bounds(priced.total_minor)?;
        // The cap is a total too: it is rounded like one, but never below the quote.
        let cap_minor = tariff
            .rounding
            .of(Stage::Total)
            .apply(cap)?
            .max(priced.total_minor);
        let fee_max_minor = tariff
            .cancellation
            .rider_fee_max_minor(priced.base_fare_minor, priced.total_minor)?;
        Ok(Self {
            priced,
            pay,
            cap_minor,
            hold_minor: cap_minor.max(fee_max_minor),
        })
    }
}

impl Quote {
    /// A quote from what was stored of it. Nothing is priced: what was promised stands. Its tariff is known by name only, until
    /// [`Quote::with_tariff`] gives it.
    ///
    /// # Errors
    /// What no ride is, as for [`Tariff::quote`]; [`PricingError::QuoteIncoherent`] for a total below zero or above the hold.
    pub fn from_parts(parts: QuoteParts) -> Result<Self, PricingError> {
        let QuoteParts {
            tariff: edition,
            currency,
            ride,
            at,
            surge,
            total_minor,
            hold_minor,
            driver_pay_minor,
        } = parts;
        ride.check()?;
        at.plus(ride.duration()).ok_or(PricingError::RideOutOfCalendar)?;
        if total_minor < 0 {
            return Err(PricingError::QuoteIncoherent("total"));
        }
        if hold_minor < total_minor {
            return Err(PricingError::QuoteIncoherent("hold"));
        }
        Ok(Self {
            basis: Basis::Named(Box::new(TariffName { edition, currency })),
            ride,
            at,
            surge: (surge != Surge::NONE).then(|| Box::new(surge)),
            total_minor,
            hold_minor,
            driver_pay_minor,
        })
    }

    /// As data.
    pub fn parts(&self) -> QuoteParts {
        let TariffName { edition, currency } = self.basis.name();
        QuoteParts {
            tariff: edition,
            currency,
            ride: self.ride.clone(),
            at: self.at,
            surge: *self.surge(),
            total_minor: self.total_minor,
            hold_minor: self.hold_minor,
            driver_pay_minor: self.driver_pay_minor,
        }
    }

    /// With the tariff that it was made with, so that it can be settled.
    ///
    /// # Errors
    /// [`PricingError::QuoteOfAnotherTariff`] where the name, version or currency is another, [`PricingError::TariffEdited`] where
    /// they are the same and the content is not.
    pub fn with_tariff(self, tariff: Arc<Tariff>) -> Result<Self, PricingError> {
        let (named, given) = (self.basis.name(), TariffName::of(&tariff));
        let (id, version) = (named.edition.tariff(), named.edition.version());
        if named == given {
            Ok(Self {
                basis: Basis::Known(tariff),
                ..self
            })
        } else if named.edition.has_the_name_of(given.edition) && named.currency == given.currency {
            Err(PricingError::TariffEdited { tariff: id, version })
        } else {
            Err(PricingError::QuoteOfAnotherTariff { tariff: id, version })
        }
    }

    /// Whether its tariff comes to the same amounts today. A stored quote of an older release may not; a quote that a stranger
    /// brings must.
    ///
    /// # Errors
    /// [`PricingError::TariffUnknown`], and what [`Tariff::quote`] refuses.
    pub fn is_recomputable(&self) -> Result<bool, PricingError> {
        match self.quoted() {
            Ok(_) => Ok(true),
            Err(PricingError::QuoteNotRecomputable) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the rider would pay if the ride went as planned.
    pub fn total(&self) -> Money {
        self.money(self.total_minor)
    }

    /// What is held of the rider's money: the most that a settlement or a fee may come to.
    pub fn hold(&self) -> Money {
        self.money(self.hold_minor)
    }

    /// What the driver would earn; [`Quote::pay`] has the lines.
    pub fn driver_pay(&self) -> Money {
        self.money(self.driver_pay_minor)
    }

    /// The currency of every amount.
    pub fn currency(&self) -> Currency {
        match &self.basis {
            Basis::Known(tariff) => tariff.currency(),
            Basis::Named(name) => name.currency,
        }
    }

    /// Which tariff it was priced with: its name, version and fingerprint.
    pub fn edition(&self) -> TariffEdition {
        self.basis.name().edition
    }

    /// The tariff that it was priced with.
    ///
    /// # Errors
    /// [`PricingError::TariffUnknown`] where it was read without it.
    pub fn tariff(&self) -> Result<&Arc<Tariff>, PricingError> {
        match &self.basis {
            Basis::Known(tariff) => Ok(tariff),
            Basis::Named(name) => Err(PricingError::TariffUnknown {
                tariff: name.edition.tariff(),
                version: name.edition.version(),
            }),
        }
    }

    /// The ride as it was asked for.
    pub const fn ride(&self) -> &Ride {
        &self.ride
    }

    /// Whether it was given for a ride with so many stops on the way.
    pub fn is_for_stops(&self, stops: usize) -> bool {
        usize::from(self.ride.circumstances().stops()) == stops
    }

    /// Whether it was given for so many passengers.
    pub const fn is_for_party(&self, passengers: u8) -> bool {
        self.ride.circumstances().party().count() == passengers
    }

    /// The local time of the planned start.
    pub const fn at(&self) -> CivilDateTime {
        self.at
    }

    /// The surge, frozen with its inputs.
    pub fn surge(&self) -> &Surge {
        self.surge.as_deref().unwrap_or(&Surge::NONE)
    }

    /// The lines, which sum to the total.
    ///
    /// # Errors
    ///
    /// None where the quote was made by [`Tariff::quote`]. Where it was read, `PricingError::TariffUnknown` without its tariff,
    /// and `QuoteNotRecomputable` where that comes to other amounts than the quote's.
    pub fn lines(&self) -> Result<Vec<Line>, PricingError> {
        Ok(self.quoted()?.priced.lines)
    }

    /// The meter's initial price, or the flat: what a fee for a cancellation may be a share of.
    ///
    /// # Errors
    ///
    /// Those of [`Quote::lines`].
    pub fn base_fare(&self) -> Result<Money, PricingError> {
        Ok(self.money(self.quoted()?.priced.base_fare_minor))
    }

    /// The driver's pay with its lines.
    ///
    /// # Errors
    ///
    /// Those of [`Quote::lines`].
    pub fn pay(&self) -> Result<Pay, PricingError> {
        Ok(self.quoted()?.pay)
    }

    /// A recorder for this ride, which starts at local time `started`.
    ///
    /// # Errors
    /// [`PricingError::TariffUnknown`].
    pub fn recorder(&self, started: CivilDateTime) -> Result<Recorder<'_>, PricingError> {
        let circumstances = self.ride.circumstances().clone();
        Ok(Recorder::new(self.tariff()?, started, circumstances))
    }

    /// The receipt for what was driven: inside the tariff's band the quoted price stands; outside it the metered price, up
    /// to the cap. Its total is never above [`Quote::hold`]. The reading must have been recorded under the quote's tariff, or be
    /// certain under it all the same.
    ///
    /// # Errors
    ///
    /// `PricingError::ReadingOfAnotherTariff` where the reading's price is not certain under the quote's tariff, `TariffEdited`
    /// where it was recorded under another content of it, `ReadingNotCut` where it runs across a price change. `TariffUnknown`
    /// where the quote's tariff is not known here, `QuoteNotRecomputable` where it comes to other amounts than the quote's.
    /// `RideOutOfCalendar` where the reading leaves the years, `Overflow` where an amount leaves 64 bits. An operator settles
    /// such a ride by hand.
    pub fn settle(&self, reading: &MeterReading) -> Result<Receipt, PricingError> {
        settle::settle(self.asked()?, self.quoted()?, reading)
    }

    /// The receipt for a ride whose reading never came: the quoted price stands.
    ///
    /// # Errors
    ///
    /// Those of [`Quote::lines`].
    pub fn settle_as_quoted(&self) -> Result<Receipt, PricingError> {
        Ok(settle::settle_as_quoted(self.asked()?, self.quoted()?))
    }

    /// The receipt for a cancellation or a rider who did not come; its total may be zero, and is never above [`Quote::hold`].
    ///
    /// # Errors
    ///
    /// Those of [`Quote::lines`]; `PricingError::RideNegative` and `RideBeyondLimit` for a time or distance that no
    /// cancellation has, `Overflow` where an amount leaves 64 bits.
    pub fn cancel(&self, cancellation: &Cancellation) -> Result<Receipt, PricingError> {
        settle::cancel(self.asked()?, &self.quoted()?, cancellation)
    }

    /// The receipt for a ride whose price cannot be computed again here, because the tariff is not known or comes to other amounts
    /// than were accepted: the quoted price stands, in one line. It never fails, so that every ride has an end; an operator looks
    /// at it.
    pub fn settle_as_accepted(&self) -> Receipt {
        self.unpriced(Happened::UnpricedRide, self.accepted().for_ride())
    }

    /// The receipt for a cancellation whose fee cannot be computed here, for the same reasons: it is free.
    pub fn cancel_unpriced(&self, cancellation: &Cancellation) -> Receipt {
        let happened = Happened::UnpricedCancellation(*cancellation);
        self.unpriced(happened, self.accepted().for_cancellation())
    }

    /// Whether `receipt` settles this quote: the same ride, at the same time, under the same surge and the same tariff.
    /// That its amounts follow is for [`Receipt::verify`] to say; if they do, its total is within [`Quote::hold`]. Of a receipt
    /// that was made [without pricing](Receipt::is_unpriced) they must be this quote's.
    pub fn is_settled_by(&self, receipt: &Receipt) -> bool {
        let parts = receipt.parts();
        let is_as_accepted = match parts.happened {
            Happened::Driven(_) | Happened::Cancelled(_) | Happened::Unread => true,
            Happened::UnpricedRide => parts.computed == self.accepted().for_ride(),
            Happened::UnpricedCancellation(_) => parts.computed == self.accepted().for_cancellation(),
        };
        is_as_accepted
            && parts.tariff == self.edition()
            && (&parts.ride, parts.at, &parts.surge) == (&self.ride, self.at, self.surge())
    }

    fn accepted(&self) -> Accepted {
        Accepted {
            total: self.total(),
            hold: self.hold(),
            driver_pay: self.driver_pay(),
        }
    }

    fn unpriced(&self, happened: Happened, computed: Computed) -> Receipt {
        Receipt::from_parts(ReceiptParts {
            tariff: self.edition(),
            currency: self.currency(),
            ride: self.ride.clone(),
            at: self.at,
            surge: *self.surge(),
            happened,
            computed,
        })
    }

    /// What it was made from, if its tariff comes to its amounts still.
    fn quoted(&self) -> Result<Quoted, PricingError> {
        let quoted = self.asked()?.quoted()?;
        let today = (
            quoted.priced.total_minor,
            quoted.hold_minor,
            quoted.pay.total().minor(),
        );
        if today == (self.total_minor, self.hold_minor, self.driver_pay_minor) {
            Ok(quoted)
        } else {
            Err(PricingError::QuoteNotRecomputable)
        }
    }

    fn asked(&self) -> Result<Asked<'_>, PricingError> {
        Ok(Asked {
            tariff: self.tariff()?,
            ride: &self.ride,
            at: self.at,
            surge: self.surge(),
        })
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_quote_is_small() {
        assert!(size_of::<Quote>() <= 240, "{}", size_of::<Quote>());
    }
}
