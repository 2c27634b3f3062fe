//! A tariff from its shape, by the domain's own constructors, which check it as they check a tariff file.

use super::fees::matrix;
use super::{
    AreaDto, AreaEffectDto, ChargeAmountDto, ChargeDto, ConditionDto, DateDto, DiscountDto, FlatDto,
    GraceDto, MeterDto, MultiplierDto, PayeeDto, RateDto, RoundingPlanDto, ScaleDto, ScheduleDto, SegmentDto,
    SlowRuleDto, SpanDto, StageRoundingDto, TariffDto, TaxDto, TimeRateDto, TimeRuleDto, TraitsDto,
    WaitingDto, WaitingRateDto, WindowDto, ZoneDto,
};
use crate::stored::dto::Dto;
use crate::stored::error::StoredError;
use crate::stored::personal::Reading;
use crate::text::{Text, Written};
use fiacre_domain::pricing::{
    AgeRange, AreaEffect, Charge, ChargeAmount, Condition, Discount, Flat, Grace, LineGroups, LineTraits,
    Meter, Payee, RoundingPlan, Schedule, Segment, SlowRule, Span, Speed, Stage, StageRounding, Tariff, Tax,
    TaxMode, TimeRate, Waiting, WaitingRate, Weekdays, Window, WindowSet, ZoneSet, Zones,
};
use fiacre_domain::time::{CivilDate, TimeOfDay, Weekday};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::fmt::Display;

const DAY_MS: u64 = 86_400_000;

/// What the domain refuses is damage here: it took it once.
pub(super) fn refused(error: impl Display) -> StoredError {
    StoredError::damaged(error)
}

pub(super) fn value<T: Written>(text: Text<T>) -> Result<T, StoredError> {
    text.value().map_err(StoredError::damaged)
}

/// A name, which knows nothing of where it stands.
pub(super) fn name<T, D: Dto<T>>(shape: D) -> Result<T, StoredError> {
    shape.into_domain(&Reading::NOWHERE)
}

/// The sets that a tariff's bits stand for.
struct Sets {
    zones: Vec<ZoneSet>,
    windows: Vec<WindowSet>,
}

impl Sets {
    fn zones(&self, bits: u64) -> Result<ZoneSet, StoredError> {
        named(bits, &self.zones).map(|sets| sets.fold(ZoneSet::NONE, ZoneSet::union))
    }

    fn windows(&self, bits: u32) -> Result<WindowSet, StoredError> {
        named(bits.into(), &self.windows).map(|sets| sets.fold(WindowSet::NONE, WindowSet::union))
    }
}

/// What the bits that are set name, from the lowest.
fn named<T: Copy>(bits: u64, all: &[T]) -> Result<impl Iterator<Item = T>, StoredError> {
    if u32::try_from(all.len()).is_ok_and(|count| bits.checked_shr(count).unwrap_or(0) != 0) {
        return Err(StoredError::damaged("a set names what is not there"));
    }
    let chosen = (0..64_u32).zip(all).filter(move |(bit, _)| bits >> bit & 1 == 1);
    Ok(chosen.map(|(_, item)| *item))
}

impl TariffDto {
    /// The tariff, if its canonical bytes are those of the shape.
    pub(crate) fn into_tariff(self) -> Result<Tariff, StoredError> {
        let shape = postcard::to_allocvec(&self)?;
        let tariff = self.build().map_err(|error| error.within("tariff"))?;
        let again = Self::of(&tariff).map_err(StoredError::damaged)?;
        if postcard::to_allocvec(&again)? == shape {
            Ok(tariff)
        } else {
            Err(StoredError::damaged(
                "the tariff is not what its parts make of it",
            ))
        }
    }

    fn build(self) -> Result<Tariff, StoredError> {
        let Self {
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
            surge_min_bps,
            surge_max_bps,
            settlement,
            cancellation,
            pay,
            gateway_step_minor,
            // Follows from the meters.
            cuts_mm: _,
        } = self;
        let (zones, zone_sets) = zones_of(zones)?;
        let (schedule, window_sets) = schedule.build()?;
        let sets = Sets {
            zones: zone_sets,
            windows: window_sets,
        };
        let tariff = Tariff::new(value(id)?, version, value(currency.code)?, meter.build()?)
            .with_zones(zones)
            .and_then(|tariff| tariff.with_schedule(schedule))
            .map_err(refused)?
            .with_waiting(waiting.build()?)
            .with_rounding(rounding.build()?)
            .with_settlement(settlement.build()?)
            .with_cancellation(matrix(cancellation)?)
            .with_pay(pay.build()?);
        let surge = (surge_min_bps, surge_max_bps);
        let tariff = limited(tariff, (minimum_minor, cap_minor), surge, gateway_step_minor)?;
        let tariff = timed(tariff, &sets, rates, scales)?;
        let tariff = multiplied(tariff, multipliers, areas)?;
        let tariff = charged(tariff, &sets, charges, flats)?;
        taxed(tariff, discounts, taxes)
    }
}

fn limited(
    tariff: Tariff,
    (minimum_minor, cap_minor): (i64, Option<i64>),
    (surge_min_bps, surge_max_bps): (i32, i32),
    gateway_step_minor: i64,
) -> Result<Tariff, StoredError> {
    let surge = (BasisPoints::new(surge_min_bps), BasisPoints::new(surge_max_bps));
    let tariff = tariff
        .with_minimum(minimum_minor)
        .and_then(|tariff| tariff.with_surge_limits(surge.0, surge.1))
        .and_then(|tariff| tariff.with_gateway_step(gateway_step_minor))
        .map_err(refused)?;
    match cap_minor {
        Some(cap_minor) => tariff.with_cap(cap_minor).map_err(refused),
        None => Ok(tariff),
    }
}

fn timed(
    mut tariff: Tariff,
    sets: &Sets,
    rates: Vec<RateDto>,
    scales: Vec<ScaleDto>,
) -> Result<Tariff, StoredError> {
    for RateDto { during, meter } in rates {
        let during = sets.windows(during)?;
        tariff = tariff.with_rate(during, meter.build()?).map_err(refused)?;
    }
    for ScaleDto { during, factor } in scales {
        let during = sets.windows(during)?;
        tariff = tariff.with_scale(during, value(factor)?).map_err(refused)?;
    }
    Ok(tariff)
}

fn multiplied(
    mut tariff: Tariff,
    multipliers: Vec<MultiplierDto>,
    areas: Vec<AreaDto>,
) -> Result<Tariff, StoredError> {
    for multiplier in multipliers {
        tariff = tariff
            .with_multiplier(value(multiplier.id)?, value(multiplier.factor)?)
            .map_err(refused)?;
    }
    for area in areas {
        let effect = match area.effect {
            AreaEffectDto::Multiply(factor) => AreaEffect::Multiply(value(factor)?),
            AreaEffectDto::TimeOff => AreaEffect::TimeOff,
        };
        tariff = tariff.with_area(value(area.id)?, effect).map_err(refused)?;
    }
    Ok(tariff)
}

/// Charges come before the flats that name them.
fn charged(
    mut tariff: Tariff,
    sets: &Sets,
    charges: Vec<ChargeDto>,
    flats: Vec<FlatDto>,
) -> Result<Tariff, StoredError> {
    for charge in charges {
        tariff = tariff.with_charge(charge.build(sets)?).map_err(refused)?;
    }
    for flat in flats {
        tariff = tariff.with_flat(flat.build(sets)?).map_err(refused)?;
    }
    Ok(tariff)
}

fn taxed(mut tariff: Tariff, discounts: Vec<DiscountDto>, taxes: Vec<TaxDto>) -> Result<Tariff, StoredError> {
    for discount in discounts {
        tariff = tariff.with_discount(discount.build()?).map_err(refused)?;
    }
    for tax in taxes {
        tariff = tariff.with_tax(tax.build()?).map_err(refused)?;
    }
    Ok(tariff)
}

fn zones_of(shapes: Vec<ZoneDto>) -> Result<(Zones, Vec<ZoneSet>), StoredError> {
    let (mut zones, mut sets) = (Zones::new(), Vec::new());
    for ZoneDto { id, around } in shapes {
        let own = 1_u64
            .checked_shl(u32::try_from(sets.len()).unwrap_or(u32::MAX))
            .unwrap_or(0);
        let within = named(around & !own, &sets)?.fold(ZoneSet::NONE, ZoneSet::union);
        sets.push(zones.add(value(id)?, within).map_err(refused)?);
    }
    Ok((zones, sets))
}

impl DateDto {
    fn build(self) -> Result<CivilDate, StoredError> {
        CivilDate::new(self.year, self.month, self.day).map_err(refused)
    }
}

impl ScheduleDto {
    fn build(self) -> Result<(Schedule, Vec<WindowSet>), StoredError> {
        // What is running and where its edges are follows from the windows.
        let Self {
            windows,
            holidays,
            running: _,
            edges_ms: _,
        } = self;
        let holidays: Result<Vec<_>, _> = holidays.into_iter().map(DateDto::build).collect();
        let mut schedule = Schedule::new(holidays?).map_err(refused)?;
        let mut sets = Vec::new();
        for WindowDto {
            id,
            decided_by,
            spans,
        } in windows
        {
            let spans: Result<Vec<_>, _> = spans.into_iter().map(SpanDto::build).collect();
            let window = Window::new(value(id)?, name(decided_by)?, spans?).map_err(refused)?;
            sets.push(schedule.add(window).map_err(refused)?);
        }
        Ok((schedule, sets))
    }
}

impl SpanDto {
    fn build(self) -> Result<Span, StoredError> {
        let Self {
            weekdays,
            from_ms,
            length_ms,
            holidays,
            first,
            last,
        } = self;
        let days: Vec<Weekday> = named(weekdays.into(), &Weekday::ALL)?.collect();
        let to_ms = (u64::from(from_ms) + u64::from(length_ms)) % DAY_MS;
        let to = TimeOfDay::from_ms(u32::try_from(to_ms).map_err(refused)?).map_err(refused)?;
        let from = TimeOfDay::from_ms(from_ms).map_err(refused)?;
        let weekdays = Weekdays::of(&days).map_err(refused)?;
        let span = if from == TimeOfDay::MIDNIGHT && u64::from(length_ms) == DAY_MS {
            Span::whole_day(weekdays)
        } else {
            Span::new(weekdays, from, to).map_err(refused)?
        };
        span.with_holidays(name(holidays)?)
            .with_dates(first.build()?, last.build()?)
            .map_err(refused)
    }
}

impl SegmentDto {
    fn build(self) -> Result<Segment, StoredError> {
        let Self {
            from_mm,
            price,
            unit_mm,
            unit_ms,
        } = self;
        let segment =
            Segment::new(Millimetres::new(from_mm), value(price)?, value(unit_mm)?).map_err(refused)?;
        match unit_ms {
            Some(unit_ms) => segment.with_time(value(unit_ms)?).map_err(refused),
            None => Ok(segment),
        }
    }
}

impl TimeRateDto {
    fn build(self) -> Result<TimeRate, StoredError> {
        let Self {
            price,
            unit_ms,
            included_ms,
            units,
            basis,
        } = self;
        TimeRate::new(value(price)?, value(unit_ms)?, name(units)?, name(basis)?)
            .and_then(|rate| rate.with_included(Millis::new(included_ms)))
            .map_err(refused)
    }
}

impl MeterDto {
    fn build(self) -> Result<Meter, StoredError> {
        let Self {
            initial,
            initial_units,
            segments,
            slow,
            time,
            units,
        } = self;
        let (initial, initial_units, units) = (value(initial)?, value(initial_units)?, name(units)?);
        let segments = segments
            .into_iter()
            .map(SegmentDto::build)
            .collect::<Result<Vec<_>, _>>()?;
        let speed = |mm_per_hour| Speed::from_mm_per_hour(mm_per_hour).map_err(refused);
        let slow = match slow {
            SlowRuleDto::BelowCrossover => SlowRule::BelowCrossover,
            SlowRuleDto::BelowMmPerHour(limit) => SlowRule::Below(speed(limit)?),
            SlowRuleDto::AtOrBelowMmPerHour(limit) => SlowRule::AtOrBelow(speed(limit)?),
        };
        match time {
            TimeRuleDto::Joint => Meter::joint(initial, initial_units, segments)
                .and_then(|meter| meter.with_units(units).with_slow(slow))
                .map_err(refused),
            TimeRuleDto::Free => Meter::distance(initial, initial_units, segments, units)
                .and_then(|meter| meter.with_slow(slow))
                .map_err(refused),
            TimeRuleDto::Separate(rate) => {
                let rate = rate.build()?;
                Meter::distance(initial, initial_units, segments, units)
                    .and_then(|meter| meter.with_slow(slow)?.with_time(rate))
                    .map_err(refused)
            }
        }
    }
}

impl ChargeDto {
    fn build(self, sets: &Sets) -> Result<Charge, StoredError> {
        let Self {
            id,
            amount,
            during,
            condition,
            traits,
            passed_through,
            flat_only,
        } = self;
        let (id, amount) = (value(id)?, amount.build()?);
        let charge = match (passed_through, traits.build()?) {
            (true, (Payee::Authority(authority), _)) => Charge::passed_to(id, authority, amount),
            (true, (Payee::Driver | Payee::Platform | Payee::Funder(_), _)) => {
                return Err(StoredError::damaged("a charge is passed to nobody"));
            }
            (false, (_, traits)) => Charge::surcharge(id, amount)
                .with_traits(traits)
                .map_err(refused)?,
        };
        let charge = charge.under(condition.build(sets)?);
        let charge = match during {
            Some(bits) => charge.during(sets.windows(bits)?),
            None => charge,
        };
        Ok(if flat_only { charge.on_flats_only() } else { charge })
    }
}

impl ChargeAmountDto {
    fn build(self) -> Result<ChargeAmount, StoredError> {
        Ok(match self {
            Self::Once(minor) => ChargeAmount::Once(minor),
            Self::PerStop(minor) => ChargeAmount::PerStop(minor),
            Self::PerPassenger {
                ages,
                included,
                first,
                further,
            } => ChargeAmount::PerPassenger {
                ages: AgeRange::new(ages.youngest, ages.oldest).map_err(refused)?,
                included,
                first,
                further,
            },
        })
    }
}

impl ConditionDto {
    fn build(self, sets: &Sets) -> Result<Condition, StoredError> {
        let Self {
            start,
            end,
            touched,
            not_start,
            not_end,
            not_touched,
            extra,
        } = self;
        let condition = Condition::ANY
            .starting_in(sets.zones(start)?)
            .ending_in(sets.zones(end)?)
            .touching(sets.zones(touched)?)
            .starting_outside(sets.zones(not_start)?)
            .ending_outside(sets.zones(not_end)?)
            .avoiding(sets.zones(not_touched)?);
        Ok(match extra {
            Some(extra) => condition.on_request(value(extra)?),
            None => condition,
        })
    }
}

impl TraitsDto {
    fn build(self) -> Result<(Payee, LineTraits), StoredError> {
        let Self {
            payee,
            surged,
            commissioned,
            taxed,
            in_minimum,
        } = self;
        let payee = match payee {
            PayeeDto::Driver => Payee::Driver,
            PayeeDto::Platform => Payee::Platform,
            PayeeDto::Authority(id) => Payee::Authority(value(id)?),
            PayeeDto::Funder(id) => Payee::Funder(value(id)?),
        };
        let traits = LineTraits::untouched(payee)
            .with_surge(surged)
            .with_commission(commissioned)
            .with_tax(taxed)
            .with_minimum(in_minimum);
        Ok((payee, traits))
    }
}

impl FlatDto {
    fn build(self, sets: &Sets) -> Result<Flat, StoredError> {
        let Self {
            id,
            from,
            to,
            price_minor,
            charges,
        } = self;
        let charges = charges.into_iter().map(value).collect::<Result<_, _>>()?;
        Flat::new(
            value(id)?,
            sets.zones(from)?,
            sets.zones(to)?,
            price_minor,
            charges,
        )
        .map_err(refused)
    }
}

impl WaitingDto {
    fn build(self) -> Result<Waiting, StoredError> {
        Ok(match self {
            Self::Metered => Waiting::Metered,
            Self::Free => Waiting::Free,
            Self::Charged(WaitingRateDto {
                price,
                unit_ms,
                units,
                grace,
            }) => {
                let grace = match grace {
                    GraceDto::PerStopMs(ms) => Grace::PerStop(Millis::new(ms)),
                    GraceDto::PerTripMs(ms) => Grace::PerTrip(Millis::new(ms)),
                };
                let rate = WaitingRate::new(value(price)?, value(unit_ms)?, name(units)?);
                Waiting::Charged(rate.and_then(|rate| rate.with_grace(grace)).map_err(refused)?)
            }
        })
    }
}

impl DiscountDto {
    fn build(self) -> Result<Discount, StoredError> {
        let Self {
            id,
            on,
            above_minor,
            share_bps,
            rounding,
            rank,
            funder,
        } = self;
        let groups = [
            LineGroups::METER,
            LineGroups::SURCHARGES,
            LineGroups::MINIMUM,
            LineGroups::SURGE,
        ];
        let on = named(on.into(), &groups)?.fold(LineGroups::NONE, LineGroups::union);
        let discount = Discount::new(value(id)?, on, BasisPoints::new(share_bps))
            .and_then(|discount| discount.above(above_minor))
            .map_err(refused)?
            .with_rounding(rounding.build()?)
            .with_rank(rank);
        Ok(match funder {
            Some(funder) => discount.funded_by(value(funder)?),
            None => discount,
        })
    }
}

impl TaxDto {
    fn build(self) -> Result<Tax, StoredError> {
        let Self {
            id,
            authority,
            rate,
            mode,
            scope,
            rounding,
        } = self;
        let (id, authority, rate) = (value(id)?, value(authority)?, value(rate)?);
        let tax = match name(mode)? {
            TaxMode::Added => Tax::added(id, authority, rate),
            TaxMode::Included => Tax::included(id, authority, rate),
        };
        let tax = tax.map_err(refused)?.with_scope(name(scope)?);
        Ok(tax.with_rounding(rounding.build()?))
    }
}

impl StageRoundingDto {
    pub(super) fn build(self) -> Result<StageRounding, StoredError> {
        StageRounding::new(self.step_minor, name(self.rule)?).map_err(refused)
    }
}

impl RoundingPlanDto {
    fn build(self) -> Result<RoundingPlan, StoredError> {
        let Self {
            meter,
            multipliers,
            surge,
            total,
        } = self;
        Ok(RoundingPlan::MINOR_UNITS
            .with(Stage::Meter, meter.build()?)
            .with(Stage::Multipliers, multipliers.build()?)
            .with(Stage::Surge, surge.build()?)
            .with(Stage::Total, total.build()?))
    }
}
