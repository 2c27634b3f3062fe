//! How a tariff is put together: zones and windows first, since the rest refers to them; charges before the flats that name them.

use super::{AreaEffect, Multiplier, Rate, RateArea, Scale, TARIFF_ENTRIES_MAX, Tariff};
use crate::id::{TariffId, WindowId, ZoneId};
use crate::pricing::cancellation::CancellationMatrix;
use crate::pricing::charge::{Charge, Flat};
use crate::pricing::discount::Discount;
use crate::pricing::edition::Memo;
use crate::pricing::error::{TariffError, TariffFault};
use crate::pricing::limits;
use crate::pricing::meter::{Meter, TimeRule};
use crate::pricing::pay::PayPolicy;
use crate::pricing::settlement::SettlementPolicy;
use crate::pricing::stage::RoundingPlan;
use crate::pricing::surge;
use crate::pricing::tax::Tax;
use crate::pricing::waiting::Waiting;
use crate::pricing::window::{Schedule, WindowSet};
use crate::pricing::zone::{ZoneSet, Zones};
use crate::ratio::Ratio;
use crate::units::BasisPoints;

const BEGIN_OTHERWISE: &str =
    "do not begin with those that the tariff has: what refers to them would mean others";

impl Tariff {
    /// As it is, with a fingerprint that is not known yet: each step that changes anything ends here.
    fn changed(self) -> Self {
        Self {
            fingerprint: Memo::default(),
            ..self
        }
    }

    /// With zones; before anything that refers to them. Those that it has may be followed by further ones.
    ///
    /// # Errors
    ///
    /// `TariffFault::Contradiction` where the tariff has zones that these do not begin with: whatever refers to them would mean
    /// others.
    pub fn with_zones(self, zones: Zones) -> Result<Self, TariffError> {
        if !zones.continues(&self.zones) {
            return Err(TariffError::new(
                "zones",
                TariffFault::Contradiction(BEGIN_OTHERWISE),
            ));
        }
        Ok(Self {
            zones,
            ..self.changed()
        })
    }

    /// With windows and holidays; before anything that refers to them. The windows that it has may be followed by further
    /// ones; holidays may be others.
    ///
    /// # Errors
    ///
    /// `TariffFault::Contradiction` where the tariff has windows that these do not begin with: whatever refers to them would
    /// mean others.
    pub fn with_schedule(self, schedule: Schedule) -> Result<Self, TariffError> {
        if !schedule.continues(&self.schedule) {
            return Err(TariffError::new(
                "windows",
                TariffFault::Contradiction(BEGIN_OTHERWISE),
            ));
        }
        Ok(Self {
            schedule,
            ..self.changed()
        })
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
            return Err(TariffError::new(
                "rate time",
                TariffFault::Contradiction(
                    "is counted in another way than by the tariff's own meter: count it alike",
                ),
            ));
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
        Ok(self.changed())
    }

    /// With units that count `factor` times (0 to 1,000) during `windows`.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for windows that the tariff does not have (yet: they come first), `Negative` or `TooLarge`
    /// for the factor, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_scale(mut self, during: WindowSet, factor: Ratio) -> Result<Self, TariffError> {
        self.check_windows(during)?;
        limits::at_least_zero("scale", factor, limits::Limit::FACTOR)?;
        push(&mut self.scales, Scale { during, factor }, "scales")?;
        Ok(self.changed())
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
        limits::at_least_zero("multiplier", factor, limits::Limit::FACTOR)?;
        push(
            &mut self.multipliers,
            Multiplier {
                id: window,
                during,
                factor,
            },
            "multipliers",
        )?;
        Ok(self.changed())
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
                limits::at_least_zero("area multiplier", factor, limits::Limit::FACTOR)?;
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
        Ok(self.changed())
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
        self.check_zones(&charge.condition().zones())?;
        if self.charges.iter().any(|known| known.id() == charge.id()) {
            return Err(TariffError::new(
                "charge",
                TariffFault::Duplicate(charge.id().into()),
            ));
        }
        push(&mut self.charges, charge, "charges")?;
        Ok(self.changed())
    }

    /// With a fixed price; the first flat that covers a ride is its price. The charges it names come before it.
    ///
    /// # Errors
    ///
    /// `TariffFault::Unknown` for zones or charges that the tariff does not have (yet: they come first), `Duplicate` for a name
    /// that a flat of it has, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_flat(mut self, flat: Flat) -> Result<Self, TariffError> {
        self.check_zones(&flat.zones())?;
        let known = |id| self.charges.iter().any(|charge| charge.id() == id);
        if !flat.charges().iter().copied().all(known) {
            return Err(TariffError::new("flat charge", TariffFault::Unknown));
        }
        if self.flats.iter().any(|known| known.id() == flat.id()) {
            return Err(TariffError::new("flat", TariffFault::Duplicate(flat.id().into())));
        }
        push(&mut self.flats, flat, "flats")?;
        Ok(self.changed())
    }

    /// With what waiting costs.
    #[must_use]
    pub fn with_waiting(self, waiting: Waiting) -> Self {
        Self {
            waiting,
            ..self.changed()
        }
    }

    /// With a minimum, in minor units: what is missing becomes a line.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly, `Contradiction` above the cap.
    pub fn with_minimum(self, minimum_minor: i64) -> Result<Self, TariffError> {
        limits::price("minimum", minimum_minor)?;
        if self.cap_minor.is_some_and(|cap_minor| minimum_minor > cap_minor) {
            let how = TariffFault::Contradiction("is above the cap: no ride could keep to both");
            return Err(TariffError::new("minimum", how));
        }
        Ok(Self {
            minimum_minor,
            ..self.changed()
        })
    }

    /// With a highest price before discounts, taxes and what is passed to authorities, in minor units.
    ///
    /// # Errors
    ///
    /// `TariffFault::Negative` below zero, `TooLarge` beyond what prices exactly, `Contradiction` below the minimum.
    pub fn with_cap(self, cap_minor: i64) -> Result<Self, TariffError> {
        limits::price("cap", cap_minor)?;
        if cap_minor < self.minimum_minor {
            let how = TariffFault::Contradiction("is below the minimum: no ride could keep to both");
            return Err(TariffError::new("cap", how));
        }
        Ok(Self {
            cap_minor: Some(cap_minor),
            ..self.changed()
        })
    }

    /// With a discount; granted by rank, equals as listed.
    ///
    /// # Errors
    ///
    /// `TariffFault::Duplicate` for a name that a discount of it has, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_discount(mut self, discount: Discount) -> Result<Self, TariffError> {
        if self.discounts.iter().any(|known| known.id() == discount.id()) {
            return Err(TariffError::new(
                "discount",
                TariffFault::Duplicate(discount.id().into()),
            ));
        }
        push(&mut self.discounts, discount, "discounts")?;
        self.discounts.sort_by_key(Discount::rank);
        Ok(self.changed())
    }

    /// With a tax.
    ///
    /// # Errors
    ///
    /// `TariffFault::Duplicate` for a name that a tax of it has, `TooMany` beyond [`TARIFF_ENTRIES_MAX`].
    pub fn with_tax(mut self, tax: Tax) -> Result<Self, TariffError> {
        if self.taxes.iter().any(|known| known.id() == tax.id()) {
            return Err(TariffError::new("tax", TariffFault::Duplicate(tax.id().into())));
        }
        push(&mut self.taxes, tax, "taxes")?;
        Ok(self.changed())
    }

    /// With another rounding.
    #[must_use]
    pub fn with_rounding(self, rounding: RoundingPlan) -> Self {
        Self {
            rounding,
            ..self.changed()
        }
    }

    /// With surge allowed from `min` to `max`; what a policy computes beyond is held at them. Without this there is none.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` for a `min` that is not above zero, `TooLarge` for a `max` beyond the largest surge,
    /// `OutOfOrder` where `min` is above `max`, `Contradiction` where 1 is not between them: a price that every ride pays is the
    /// tariff's, and no surge.
    pub fn with_surge_limits(self, min: BasisPoints, max: BasisPoints) -> Result<Self, TariffError> {
        surge::check_limits(min, max)?;
        if !(min..=max).contains(&BasisPoints::ONE) {
            return Err(TariffError::new(
                "surge limits",
                TariffFault::Contradiction("leave no ride at its price: put 1 between them"),
            ));
        }
        Ok(Self {
            surge_min: min,
            surge_max: max,
            ..self.changed()
        })
    }

    /// With another band and cap for settlements.
    #[must_use]
    pub fn with_settlement(self, settlement: SettlementPolicy) -> Self {
        Self {
            settlement,
            ..self.changed()
        }
    }

    /// With fees for cancellations.
    #[must_use]
    pub fn with_cancellation(self, cancellation: CancellationMatrix) -> Self {
        Self {
            cancellation,
            ..self.changed()
        }
    }

    /// With what the driver earns.
    #[must_use]
    pub fn with_pay(self, pay: PayPolicy) -> Self {
        Self {
            pay,
            ..self.changed()
        }
    }

    /// Under another name: a tariff that is not as published must not go by the published one's.
    #[must_use]
    pub fn with_id(self, id: TariffId) -> Self {
        Self { id, ..self.changed() }
    }

    /// With the step that the payment gateway takes, in minor units: by default 10 for currencies with three decimals, else 1.
    ///
    /// # Errors
    ///
    /// `TariffFault::NotPositive` where the step is not above zero, `TooLarge` beyond what prices exactly.
    pub fn with_gateway_step(self, step_minor: i64) -> Result<Self, TariffError> {
        limits::above_zero("gateway step", Ratio::from(step_minor), limits::Limit::PRICE)?;
        Ok(Self {
            gateway_step_minor: step_minor,
            ..self.changed()
        })
    }

    fn check_windows(&self, windows: WindowSet) -> Result<(), TariffError> {
        if self.schedule.knows(windows) {
            Ok(())
        } else {
            Err(TariffError::new("window", TariffFault::Unknown))
        }
    }

    fn check_zones(&self, sets: &[ZoneSet]) -> Result<(), TariffError> {
        if sets.iter().all(|zones| self.zones.knows(*zones)) {
            Ok(())
        } else {
            Err(TariffError::new("zone", TariffFault::Unknown))
        }
    }
}

fn push<T>(entries: &mut Vec<T>, entry: T, field: &'static str) -> Result<(), TariffError> {
    if entries.len() >= TARIFF_ENTRIES_MAX {
        return Err(TariffError::new(
            field,
            TariffFault::TooMany {
                max: TARIFF_ENTRIES_MAX,
            },
        ));
    }
    entries.push(entry);
    Ok(())
}
