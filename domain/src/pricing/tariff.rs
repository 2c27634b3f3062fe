//! A tariff: all that prices a ride, as data.
//!
//! Zones and windows come first, since the rest refers to them; charges come before the flats that name them.
//!
//! ```
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::pricing::{Charge, ChargeAmount, Meter, Segment, Tariff};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::Millimetres;
//! let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! let tariff = Tariff::new("nyc".parse()?, 1, Currency::USD, meter)
//!     .with_charge(Charge::surcharge("improvement".parse()?, ChargeAmount::Once(30)))?;
//! assert_eq!(tariff.currency(), Currency::USD);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::cancellation::CancellationMatrix;
use super::charge::{Charge, Flat};
use super::discount::Discount;
use super::error::{PricingError, TariffError, TariffFault};
use super::limits;
use super::meter::{Meter, TimeRule};
use super::pay::PayPolicy;
use super::stage::{RoundingPlan, Stage};
use super::surge::SURGE_BPS_MAX;
use super::tax::Tax;
use super::waiting::Waiting;
use super::window::{Schedule, WindowSet};
use super::zone::{ZoneSet, Zones};
use crate::id::{ExtraId, TariffId, WindowId, ZoneId};
use crate::money::Currency;
use crate::ratio::Ratio;
use crate::units::BasisPoints;
use crate::{canonical_enum, canonical_struct};
use std::collections::BTreeSet;

/// How many charges, flats, discounts, taxes, rates, scales, multipliers or areas (each) a tariff may have.
pub const TARIFF_ENTRIES_MAX: usize = 64;

/// Another meter in force during some windows. The fraction of a begun unit is kept across the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rate {
    during: WindowSet,
    pub(super) meter: Meter,
}
canonical_struct!(Rate { during, meter });

/// A factor on the units driven during some windows; never on the units that the initial price pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) during: WindowSet,
    pub(super) factor: Ratio,
}
canonical_struct!(Scale { during, factor });

/// A factor on the metered price during one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Multiplier {
    pub(super) id: WindowId,
    pub(super) during: WindowSet,
    pub(super) factor: Ratio,
}
canonical_struct!(Multiplier { id, during, factor });

/// What driving inside an area does to the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaEffect {
    /// Multiplies the price of the part inside: 3/2 adds half of it.
    Multiply(Ratio),
    /// Time costs nothing inside and all driving counts by distance: an expressway.
    TimeOff,
}
canonical_enum!(AreaEffect { 0 = Multiply(factor), 1 = TimeOff });

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateArea {
    pub(super) id: ZoneId,
    pub(super) zone: ZoneSet,
    pub(super) effect: AreaEffect,
}
canonical_struct!(RateArea { id, zone, effect });

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

    /// The quote stands up to `up` above it and `down` below it (0 to 10,000); beyond, the meter decides, up to `cap` plus
    /// `cap_fixed_minor` above the quote.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a share below zero, `Contradiction` where the quote could fall below nothing,
    /// `Negative` or `TooLarge` for the fixed part.
    pub fn new(
        up: BasisPoints,
        down: BasisPoints,
        cap: BasisPoints,
        cap_fixed_minor: i64,
    ) -> Result<Self, TariffError> {
        if up.get() < 0 || down.get() < 0 || cap.get() < 0 {
            return Err(TariffError::new("settlement band", TariffFault::Negative));
        }
        if down > BasisPoints::ONE || up > cap || cap.get() > SURGE_BPS_MAX {
            return Err(TariffError::new("settlement band", TariffFault::Contradiction));
        }
        limits::price("settlement cap", cap_fixed_minor)?;
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
        let share = |bps: i32| quoted.checked_mul(Ratio::new(10_000 + i128::from(bps), 10_000)?);
        let cap = share(self.cap.get())?.checked_add(Ratio::from(self.cap_fixed_minor))?;
        Ok((share(-self.down.get())?, share(self.up.get())?, cap))
    }
}

/// All that prices a ride. Shared behind an [`Arc`](std::sync::Arc) by the quotes made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    id: TariffId,
    version: u32,
    currency: Currency,
    pub(super) zones: Zones,
    pub(super) schedule: Schedule,
    meter: Meter,
    pub(super) rates: Vec<Rate>,
    pub(super) scales: Vec<Scale>,
    pub(super) multipliers: Vec<Multiplier>,
    pub(super) areas: Vec<RateArea>,
    pub(super) flats: Vec<Flat>,
    pub(super) charges: Vec<Charge>,
    pub(super) waiting: Waiting,
    pub(super) minimum_minor: i64,
    pub(super) cap_minor: Option<i64>,
    pub(super) discounts: Vec<Discount>,
    pub(super) taxes: Vec<Tax>,
    pub(super) rounding: RoundingPlan,
    pub(super) surge_min: BasisPoints,
    pub(super) surge_max: BasisPoints,
    pub(super) settlement: SettlementPolicy,
    pub(super) cancellation: CancellationMatrix,
    pub(super) pay: PayPolicy,
    gateway_step_minor: i64,
    /// Distances of a ride at which some meter's segment begins, ascending.
    cuts_mm: Vec<i64>,
}
canonical_struct!(Tariff {
    id,
    version,
    currency,
    zones,
    schedule,
    meter,
    rates,
    scales,
    multipliers,
    areas,
    flats,
    charges,
    waiting,
    minimum_minor,
    cap_minor,
    discounts,
    taxes,
    rounding,
    surge_min,
    surge_max,
    settlement,
    cancellation,
    pay,
    gateway_step_minor,
    cuts_mm,
});

impl Tariff {
    /// A tariff of one meter, without anything else. `version` grows with each change of what is published.
    pub fn new(id: TariffId, version: u32, currency: Currency, meter: Meter) -> Self {
        let cuts_mm = meter
            .segments()
            .iter()
            .skip(1)
            .map(|segment| segment.from().get())
            .collect();
        Self {
            id,
            version,
            currency,
            zones: Zones::new(),
            schedule: Schedule::default(),
            meter,
            rates: Vec::new(),
            scales: Vec::new(),
            multipliers: Vec::new(),
            areas: Vec::new(),
            flats: Vec::new(),
            charges: Vec::new(),
            waiting: Waiting::Metered,
            minimum_minor: 0,
            cap_minor: None,
            discounts: Vec::new(),
            taxes: Vec::new(),
            rounding: RoundingPlan::MINOR_UNITS,
            surge_min: BasisPoints::ONE,
            surge_max: BasisPoints::ONE,
            settlement: SettlementPolicy::METERED,
            cancellation: CancellationMatrix::FREE,
            pay: PayPolicy::NO_COMMISSION,
            // Card networks take three-decimal currencies with a last digit of 0 only.
            gateway_step_minor: if currency.exponent() == 3 { 10 } else { 1 },
            cuts_mm,
        }
    }

    /// With zones; before anything that refers to them.
    #[must_use]
    pub fn with_zones(self, zones: Zones) -> Self {
        Self { zones, ..self }
    }

    /// With windows and holidays; before anything that refers to them.
    #[must_use]
    pub fn with_schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// With another meter during `windows`. The first rate whose window counts is in force, else the tariff's own meter.
    /// Its time must be joint, separate or free like that of the tariff's own.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for windows that the tariff does not have (yet: they come first), `Contradiction` where
    /// this meter counts time in another way than the tariff's own, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_rate(mut self, during: WindowSet, meter: Meter) -> Result<Self, TariffError> {
        self.check_windows(during)?;
        let alike = match (self.meter.time(), meter.time()) {
            (TimeRule::Joint, TimeRule::Joint) | (TimeRule::Free, TimeRule::Free) => true,
            (TimeRule::Separate(own), TimeRule::Separate(other)) => own.basis() == other.basis(),
            (TimeRule::Joint | TimeRule::Free | TimeRule::Separate(_), _) => false,
        };
        if !alike {
            return Err(TariffError::new("rate time", TariffFault::Contradiction));
        }
        self.cuts_mm.extend(
            meter
                .segments()
                .iter()
                .skip(1)
                .map(|segment| segment.from().get()),
        );
        self.cuts_mm.sort_unstable();
        self.cuts_mm.dedup();
        push(&mut self.rates, Rate { during, meter }, "rates")?;
        Ok(self)
    }

    /// With units that count `factor` times (0 to 1,000) during `windows`.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for windows that the tariff does not have (yet: they come first), `Negative` or `TooLarge`
    /// for the factor, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_scale(mut self, during: WindowSet, factor: Ratio) -> Result<Self, TariffError> {
        self.check_windows(during)?;
        limits::at_least_zero("scale", factor, limits::FACTOR_MAX)?;
        push(&mut self.scales, Scale { during, factor }, "scales")?;
        Ok(self)
    }

    /// With the metered price (or flat) times `factor` (0 to 1,000) during one window.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for a window that the tariff does not have (yet: they come first), `Negative` or `TooLarge`
    /// for the factor, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_multiplier(mut self, window: WindowId, factor: Ratio) -> Result<Self, TariffError> {
        let during = self
            .schedule
            .get(window)
            .ok_or(TariffError::new("window", TariffFault::Unknown))?;
        limits::at_least_zero("multiplier", factor, limits::FACTOR_MAX)?;
        push(
            &mut self.multipliers,
            Multiplier {
                id: window,
                during,
                factor,
            },
            "multipliers",
        )?;
        Ok(self)
    }

    /// With an area in which driving is priced differently.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for a zone that the tariff does not have (yet: they come first), `Negative` or `TooLarge`
    /// for a multiplier, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_area(mut self, zone: ZoneId, effect: AreaEffect) -> Result<Self, TariffError> {
        let set = self
            .zones
            .get(zone)
            .ok_or(TariffError::new("zone", TariffFault::Unknown))?;
        match effect {
            AreaEffect::Multiply(factor) => {
                limits::at_least_zero("area multiplier", factor, limits::FACTOR_MAX)?;
            }
            AreaEffect::TimeOff => {}
        }
        push(
            &mut self.areas,
            RateArea {
                id: zone,
                zone: set,
                effect,
            },
            "areas",
        )?;
        Ok(self)
    }

    /// With a surcharge, or a charge passed to an authority.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` or `TooLarge` for the amount, `Unknown` for windows or zones that the tariff does not have
    /// (yet: they come first), `Duplicate` for a name that it has, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_charge(mut self, charge: Charge) -> Result<Self, TariffError> {
        charge.amount().check()?;
        if let Some(windows) = charge.window() {
            self.check_windows(windows)?;
        }
        self.check_zones(charge.condition().zones())?;
        if self.charges.iter().any(|known| known.id() == charge.id()) {
            return Err(TariffError::new("charge", TariffFault::Duplicate));
        }
        push(&mut self.charges, charge, "charges")?;
        Ok(self)
    }

    /// With a fixed price; the first flat that covers a ride is its price. The charges it names come before it.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for zones or charges that the tariff does not have (yet: they come first), `TooMany` beyond
    /// [`TARIFF_ENTRIES_MAX`].
    pub fn with_flat(mut self, flat: Flat) -> Result<Self, TariffError> {
        self.check_zones(flat.zones())?;
        let known = |id| self.charges.iter().any(|charge| charge.id() == id);
        if !flat.charges().iter().copied().all(known) {
            return Err(TariffError::new("flat charge", TariffFault::Unknown));
        }
        push(&mut self.flats, flat, "flats")?;
        Ok(self)
    }

    /// With what waiting costs.
    #[must_use]
    pub fn with_waiting(self, waiting: Waiting) -> Self {
        Self { waiting, ..self }
    }

    /// With a minimum, in minor units: what is missing becomes a line.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn with_minimum(self, minimum_minor: i64) -> Result<Self, TariffError> {
        limits::price("minimum", minimum_minor)?;
        Ok(Self {
            minimum_minor,
            ..self
        })
    }

    /// With a highest price before discounts, taxes and what is passed to authorities, in minor units.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly.
    pub fn with_cap(self, cap_minor: i64) -> Result<Self, TariffError> {
        limits::price("cap", cap_minor)?;
        Ok(Self {
            cap_minor: Some(cap_minor),
            ..self
        })
    }

    /// With a discount; granted by rank, equals as listed.
    ///
    /// # Errors
    ///
    /// `TariffFault::TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_discount(mut self, discount: Discount) -> Result<Self, TariffError> {
        push(&mut self.discounts, discount, "discounts")?;
        self.discounts.sort_by_key(Discount::rank);
        Ok(self)
    }

    /// With a tax.
    ///
    /// # Errors
    ///
    /// `TariffFault::TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_tax(mut self, tax: Tax) -> Result<Self, TariffError> {
        push(&mut self.taxes, tax, "taxes")?;
        Ok(self)
    }

    /// With another rounding.
    #[must_use]
    pub fn with_rounding(self, rounding: RoundingPlan) -> Self {
        Self { rounding, ..self }
    }

    /// With surge allowed from `min` to `max`; what a policy computes beyond is held at them. Without this there is none.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` for a `min` below zero, `TooLarge` for a `max` beyond the largest surge, `OutOfOrder`
    /// where `min` is above `max`.
    pub fn with_surge_limits(self, min: BasisPoints, max: BasisPoints) -> Result<Self, TariffError> {
        if min.get() < 0 {
            return Err(TariffError::new("surge min", TariffFault::Negative));
        }
        if max.get() > SURGE_BPS_MAX {
            return Err(TariffError::new("surge max", TariffFault::TooLarge));
        }
        if min > max {
            return Err(TariffError::new("surge limits", TariffFault::OutOfOrder));
        }
        Ok(Self {
            surge_min: min,
            surge_max: max,
            ..self
        })
    }

    /// With another band and cap for settlements.
    #[must_use]
    pub fn with_settlement(self, settlement: SettlementPolicy) -> Self {
        Self { settlement, ..self }
    }

    /// With fees for cancellations.
    #[must_use]
    pub fn with_cancellation(self, cancellation: CancellationMatrix) -> Self {
        Self { cancellation, ..self }
    }

    /// With what the driver earns.
    #[must_use]
    pub fn with_pay(self, pay: PayPolicy) -> Self {
        Self { pay, ..self }
    }

    /// Under another name: a tariff that is not as published must not go by the published one's.
    #[must_use]
    pub fn with_id(self, id: TariffId) -> Self {
        Self { id, ..self }
    }

    /// With the step that the payment gateway takes, in minor units: by default 10 for currencies with three decimals, else 1.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where the step is not above zero, `TooLarge` beyond what prices exactly.
    pub fn with_gateway_step(self, step_minor: i64) -> Result<Self, TariffError> {
        limits::above_zero("gateway step", Ratio::from(step_minor), limits::PRICE_MINOR_MAX)?;
        Ok(Self {
            gateway_step_minor: step_minor,
            ..self
        })
    }

    /// The name.
    pub const fn id(&self) -> TariffId {
        self.id
    }

    /// The version of what is published.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The currency of every amount.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The meter where no other rate is in force.
    pub const fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The zones that the tariff names.
    pub const fn zones(&self) -> &Zones {
        &self.zones
    }

    /// What riders may ask for that has a price here, each once and by name. A ride with another extra is priced without it.
    pub fn extras(&self) -> impl Iterator<Item = ExtraId> + use<> {
        let asked = self
            .charges
            .iter()
            .filter_map(|charge| charge.condition().extra());
        asked.collect::<BTreeSet<_>>().into_iter()
    }

    /// The windows and holidays of the tariff.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What the driver earns.
    pub const fn pay(&self) -> &PayPolicy {
        &self.pay
    }

    /// The meter in force while `windows` count.
    pub(super) fn meter_during(&self, windows: WindowSet) -> &Meter {
        self.rates
            .iter()
            .find(|rate| rate.during.intersects(windows))
            .map_or(&self.meter, |rate| &rate.meter)
    }

    /// Millimetres to the next distance at which a segment begins.
    pub(super) fn until_cut_mm(&self, travelled_mm: i64) -> Option<i64> {
        self.cuts_mm
            .iter()
            .find(|cut_mm| **cut_mm > travelled_mm)
            .map(|cut_mm| cut_mm - travelled_mm)
    }

    pub(super) fn check_gateway_step(&self) -> Result<(), PricingError> {
        if self.rounding.of(Stage::Total).step_minor() % self.gateway_step_minor == 0 {
            Ok(())
        } else {
            Err(PricingError::StepDoesNotFitGateway)
        }
    }

    fn check_windows(&self, windows: WindowSet) -> Result<(), TariffError> {
        if self.schedule.knows(windows) {
            Ok(())
        } else {
            Err(TariffError::new("window", TariffFault::Unknown))
        }
    }

    fn check_zones(&self, zones: ZoneSet) -> Result<(), TariffError> {
        if self.zones.knows(zones) {
            Ok(())
        } else {
            Err(TariffError::new("zone", TariffFault::Unknown))
        }
    }
}

fn push<T>(entries: &mut Vec<T>, entry: T, field: &'static str) -> Result<(), TariffError> {
    if entries.len() >= TARIFF_ENTRIES_MAX {
        return Err(TariffError::new(field, TariffFault::TooMany));
    }
    entries.push(entry);
    Ok(())
}
