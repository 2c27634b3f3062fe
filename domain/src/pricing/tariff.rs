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

mod building;

use super::cancellation::CancellationMatrix;
use super::charge::{Charge, Flat};
use super::discount::Discount;
use super::edition::{Memo, TariffEdition};
use super::error::PricingError;
use super::meter::Meter;
use super::pay::PayPolicy;
use super::settlement::SettlementPolicy;
use super::stage::{RoundingPlan, Stage};
use super::tax::Tax;
use super::waiting::Waiting;
use super::window::{Schedule, WindowSet};
use super::zone::{ZoneSet, Zones};
use crate::fingerprint::Fingerprint;
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
    /// Multiplies the price of the part inside: 3/2 adds half of it. The initial price, or a flat's, falls due where the ride
    /// starts: inside, it is multiplied too.
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
    fingerprint: Memo,
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
    fingerprint,
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
            fingerprint: Memo::default(),
        }
    }

    /// The name.
    pub const fn id(&self) -> TariffId {
        self.id
    }

    /// Which tariff it is: name, version, and the fingerprint of all that it holds.
    pub fn edition(&self) -> TariffEdition {
        TariffEdition::new(self.id, self.version, self.fingerprint())
    }

    /// The SHA-256 of its canonical bytes, computed once.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint.of(self)
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
            .map(|cut_mm| cut_mm.saturating_sub(travelled_mm))
    }

    /// Whether the gateway takes whatever a rider may owe: totals, and fees.
    pub(super) fn check_gateway_step(&self) -> Result<(), PricingError> {
        let step_minor = self.rounding.of(Stage::Total).step_minor();
        if step_minor.checked_rem(self.gateway_step_minor) == Some(0)
            && self
                .cancellation
                .rider_fees_are_multiples_of(self.gateway_step_minor)?
        {
            Ok(())
        } else {
            Err(PricingError::StepDoesNotFitGateway {
                gateway_step_minor: self.gateway_step_minor,
            })
        }
    }
}
