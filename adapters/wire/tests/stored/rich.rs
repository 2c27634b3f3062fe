//! A tariff with something of everything.

use crate::rides::segment;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    AgeRange, AreaEffect, CancellationMatrix, CancellationStageKind, Charge, ChargeAmount, Condition,
    DecidedBy, Discount, Fault, FeeBase, FeePayer, FeeRule, Flat, Grace, HolidayRule, LineGroups, Meter,
    PayPolicy, RateCard, RoundingPlan, Schedule, SettlementPolicy, SlowRule, Span, Speed, StageRounding,
    Tariff, TariffError, Tax, TaxScope, TimeBasis, TimeRate, Units, Waiting, WaitingRate, Weekdays, Window,
    WindowSet, ZoneSet, Zones,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::time::{CivilDate, TimeOfDay};
use fiacre_domain::units::{BasisPoints, Millis};

fn ratio(above: i128, below: i128) -> Ratio {
    Ratio::new(above, below).unwrap()
}

fn step() -> StageRounding {
    StageRounding::new(5, Rounding::HalfEven).unwrap()
}

/// Zones: a city with an airport inside, and what lies beyond.
struct Areas {
    zones: Zones,
    airport: ZoneSet,
    beyond: ZoneSet,
}

fn areas() -> Areas {
    let mut zones = Zones::new();
    let city = zones.add("city".parse().unwrap(), ZoneSet::NONE).unwrap();
    let airport = zones.add("airport".parse().unwrap(), city).unwrap();
    let beyond = zones.add("beyond".parse().unwrap(), ZoneSet::NONE).unwrap();
    Areas {
        zones,
        airport,
        beyond,
    }
}

/// Nights, which run, and rush hours, which are decided at the start.
fn schedule() -> (Schedule, WindowSet, WindowSet) {
    let hour = |hour| TimeOfDay::new(hour, 0, 0).unwrap();
    let day = |month, day| CivilDate::new(2018, month, day).unwrap();
    let mut schedule = Schedule::new(vec![day(7, 4), day(12, 25)]).unwrap();
    let weekdays = Span::new(Weekdays::MONDAY_TO_FRIDAY, hour(20), hour(6))
        .and_then(|span| {
            span.with_holidays(HolidayRule::Except)
                .with_dates(day(1, 1), day(12, 31))
        })
        .unwrap();
    let spans = vec![weekdays, Span::whole_day(Weekdays::WEEKEND)];
    let night = Window::new("night".parse().unwrap(), DecidedBy::Running, spans).unwrap();
    let rush = vec![Span::new(Weekdays::ALL, hour(16), hour(20)).unwrap()];
    let rush = Window::new("rush".parse().unwrap(), DecidedBy::Start, rush).unwrap();
    let (night, rush) = (schedule.add(night).unwrap(), schedule.add(rush).unwrap());
    (schedule, night, rush)
}

fn meter(initial: i64) -> Meter {
    let rate = TimeRate::new(
        Ratio::from(20),
        Ratio::from(36_000),
        Units::Completed,
        TimeBasis::Elapsed,
    )
    .and_then(|rate| rate.with_included(Millis::from_secs(90)))
    .unwrap();
    let segments = vec![segment(0), segment(9_656_100)];
    Meter::distance(Ratio::from(initial), ratio(1_096, 255), segments, Units::ProRata)
        .and_then(|meter| {
            meter
                .with_slow(SlowRule::AtOrBelow(Speed::from_kmh(10).unwrap()))
                .unwrap()
                .with_time(rate)
        })
        .unwrap()
}

fn pay() -> PayPolicy {
    let card = RateCard::new(100)
        .and_then(|card| card.with_distance(ratio(1_088, 10), Ratio::from(1_609_344)))
        .and_then(|card| card.with_time(ratio(495, 10), Ratio::from(60_000)))
        .unwrap();
    PayPolicy::rate_card(3, card)
        .with_floor(card)
        .with_rounding(step())
}

fn fees() -> CancellationMatrix {
    let fee = FeeRule::new(500)
        .and_then(|fee| fee.with_share(BasisPoints::new(1_000), FeeBase::BaseFare))
        .and_then(|fee| fee.with_cap(900))
        .and_then(|fee| fee.with_driver_share(BasisPoints::new(8_000)))
        .and_then(|fee| fee.with_free_for(Millis::from_minutes(2)))
        .unwrap()
        .with_rounding(step());
    let drivers = fee.paid_by(FeePayer::Driver);
    CancellationMatrix::FREE
        .with(CancellationStageKind::Assigned, Fault::Rider, fee)
        .with(CancellationStageKind::NoShow, Fault::Driver, drivers)
}

fn waiting() -> Waiting {
    let rate = WaitingRate::new(Ratio::from(10), Ratio::from(60_000), Units::Begun)
        .and_then(|rate| rate.with_grace(Grace::PerStop(Millis::from_minutes(5))));
    Waiting::Charged(rate.unwrap())
}

fn settlement() -> SettlementPolicy {
    let bps = BasisPoints::new;
    SettlementPolicy::new(bps(100), bps(200), bps(3_000), 50).unwrap()
}

fn with_charges(tariff: Tariff, areas: &Areas, rush: WindowSet) -> Result<Tariff, TariffError> {
    let passengers = ChargeAmount::PerPassenger {
        ages: AgeRange::new(13, 64)?,
        included: 1,
        first: 100,
        further: 50,
    };
    let condition = Condition::ANY
        .starting_in(areas.airport)
        .ending_outside(areas.beyond)
        .on_request("pet".parse().unwrap());
    let people = Charge::surcharge("people".parse().unwrap(), passengers)
        .during(rush)
        .under(condition);
    let (mta, authority) = ("mta".parse().unwrap(), "mta".parse().unwrap());
    let passed = Charge::passed_to(mta, authority, ChargeAmount::Once(50)).on_flats_only();
    let jfk = Flat::new(
        "jfk".parse().unwrap(),
        areas.airport,
        areas.beyond,
        5_200,
        vec![mta],
    )?;
    let groups = LineGroups::METER.union(LineGroups::SURGE);
    let loyal = Discount::new("loyal".parse().unwrap(), groups, BasisPoints::new(1_000))?
        .above(9_000)?
        .with_rounding(step())
        .with_rank(3)
        .funded_by("city-hall".parse().unwrap());
    let vat = Tax::included("vat".parse().unwrap(), "state".parse().unwrap(), ratio(7, 100))?
        .with_scope(TaxScope::Line)
        .with_rounding(step());
    tariff
        .with_charge(people)?
        .with_charge(passed)?
        .with_flat(jfk)?
        .with_discount(loyal)?
        .with_tax(vat)
}

/// The tariff.
pub(crate) fn tariff() -> Tariff {
    let areas = areas();
    let (schedule, night, rush) = schedule();
    Tariff::new("rich".parse().unwrap(), 7, Currency::EUR, meter(350))
        .with_zones(areas.zones.clone())
        .and_then(|tariff| tariff.with_schedule(schedule))
        .unwrap()
        .with_waiting(waiting())
        .with_rounding(RoundingPlan::uniform(step()))
        .with_settlement(settlement())
        .with_cancellation(fees())
        .with_pay(pay())
        .with_rate(night, meter(400))
        .and_then(|tariff| tariff.with_scale(night, ratio(6, 5)))
        .and_then(|tariff| tariff.with_multiplier("rush".parse().unwrap(), ratio(3, 2)))
        .and_then(|tariff| tariff.with_area("beyond".parse().unwrap(), AreaEffect::Multiply(ratio(3, 2))))
        .and_then(|tariff| tariff.with_area("city".parse().unwrap(), AreaEffect::TimeOff))
        .and_then(|tariff| with_charges(tariff, &areas, rush))
        .and_then(|tariff| tariff.with_minimum(700))
        .and_then(|tariff| tariff.with_cap(90_000))
        .and_then(|tariff| tariff.with_surge_limits(BasisPoints::new(9_000), BasisPoints::new(25_000)))
        .and_then(|tariff| tariff.with_gateway_step(5))
        .unwrap()
}
