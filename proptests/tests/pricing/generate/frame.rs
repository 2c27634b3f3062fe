//! Zones, windows and what refers to them: rates, areas, charges and flats.

use super::{Shape, ratio};
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    AgeRange, AreaEffect, Charge, ChargeAmount, Condition, DecidedBy, Flat, HolidayRule, LineTraits, Meter,
    Payee, Schedule, Span, Tariff, TariffError, Weekdays, Window, WindowSet, ZoneSet, Zones,
};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::time::{CivilDate, TimeOfDay, Weekday};
use proptest::collection::vec;
use proptest::prelude::*;

/// A holiday of each generated tariff; rides may say that they are on another.
const NEW_YEAR: &str = "2026-01-01";

fn span() -> impl Strategy<Value = Span> {
    let rules = vec![HolidayRule::Any, HolidayRule::Except, HolidayRule::Only];
    let dates = prop::option::of((0_i64..365, 0_i64..365));
    (
        vec(0_usize..7, 1..7),
        0_u32..96,
        0_u32..96,
        prop::sample::select(rules),
        dates,
    )
        .prop_map(|(days, from, to, holidays, dates)| {
            let days: Vec<Weekday> = days.into_iter().map(|day| Weekday::ALL[day]).collect();
            let quarter = |number: u32| TimeOfDay::from_ms(number * 900_000).unwrap();
            let weekdays = Weekdays::of(&days).unwrap();
            let span = if from == to {
                Span::whole_day(weekdays)
            } else {
                Span::new(weekdays, quarter(from), quarter(to)).unwrap()
            };
            let span = span.with_holidays(holidays);
            let of_2026 = |day: i64| CivilDate::from_epoch_days(20_454 + day).unwrap();
            dates.map_or(span, |(one, other)| {
                let dates = (of_2026(one.min(other)), of_2026(one.max(other)));
                span.with_dates(dates.0, dates.1).unwrap()
            })
        })
}

pub(super) fn windows(shape: Shape) -> impl Strategy<Value = Vec<(DecidedBy, Vec<Span>)>> {
    let either = || prop_oneof![Just(DecidedBy::Start), Just(DecidedBy::Running)];
    let meters = if shape.changes_on_the_way() {
        either().boxed()
    } else {
        Just(DecidedBy::Start).boxed()
    };
    // The first changes what the meter shows, the second adds a surcharge.
    let spans = || vec(span(), 1..3);
    ((meters, spans()), (either(), spans())).prop_map(|(one, two)| vec![one, two])
}

/// How much the charges are that each ride owes, and whose and in which stages one of them is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charges {
    booking_minor: i64,
    booking: LineTraits,
    pet_minor: i64,
}

pub(super) fn charges(shape: Shape) -> impl Strategy<Value = Charges> {
    let payee = prop::sample::select(vec![Payee::Driver, Payee::Platform]);
    (0_i64..500, payee, any::<[bool; 4]>(), 0_i64..500).prop_map(
        move |(booking_minor, payee, [surged, commissioned, taxed, in_minimum], pet_minor)| Charges {
            booking_minor,
            booking: LineTraits::untouched(payee)
                .with_surge(surged)
                .with_commission(commissioned)
                // Where there is a cap, it takes less off what is taxed as what is untaxed before it grows.
                .with_tax(taxed || shape.keeps_order())
                .with_minimum(in_minimum),
            pet_minor,
        },
    )
}

/// The zones, `quay` within `centre`, `tunnel` within `motorway`.
struct Places {
    zones: Zones,
    centre: ZoneSet,
    airport: ZoneSet,
    motorway: ZoneSet,
    suburbs: ZoneSet,
}

fn places() -> Places {
    let mut zones = Zones::new();
    let mut add = |name: &str, within| zones.add(name.parse().unwrap(), within).unwrap();
    let centre = add("centre", ZoneSet::NONE);
    let airport = add("airport", ZoneSet::NONE);
    let motorway = add("motorway", ZoneSet::NONE);
    let suburbs = add("suburbs", ZoneSet::NONE);
    add("quay", centre);
    add("tunnel", motorway);
    Places {
        zones,
        centre,
        airport,
        motorway,
        suburbs,
    }
}

/// Zones, windows and what refers to them.
pub(super) fn framed(
    meter: Meter,
    other: Meter,
    windows: Vec<(DecidedBy, Vec<Span>)>,
    charges: Charges,
    shape: Shape,
    percent: i64,
) -> Tariff {
    let places = places();
    let mut schedule = Schedule::new(vec![NEW_YEAR.parse().unwrap()]).unwrap();
    let factor = ratio(percent, 100);
    // What is added on the way to an amount that was rounded, and is less than nothing, undoes the rounding.
    let is_running = windows
        .first()
        .is_some_and(|(decided_by, _)| *decided_by == DecidedBy::Running);
    let multiplier = if shape.keeps_order() && is_running {
        factor.max(Ratio::ONE)
    } else {
        factor
    };
    let mut sets = Vec::new();
    for ((decided_by, spans), name) in windows.into_iter().zip(["one", "two"]) {
        let window = Window::new(name.parse().unwrap(), decided_by, spans).unwrap();
        sets.push(schedule.add(window).unwrap());
    }
    let tariff = Tariff::new("made-up".parse().unwrap(), 3, Currency::EUR, meter)
        .with_zones(places.zones.clone())
        .and_then(|tariff| tariff.with_schedule(schedule))
        .and_then(|tariff| tariff.with_multiplier("one".parse().unwrap(), multiplier))
        .unwrap();
    let charged = with_charges(tariff, &places, sets[1], charges, shape).unwrap();
    let scaled = if shape.changes_on_the_way() {
        sets[1]
    } else {
        sets[0]
    };
    let rated = match shape {
        // A rate of its own or an area makes units that do not cost the same.
        Shape::Alike => charged,
        Shape::Any | Shape::Onward | Shape::Estimated | Shape::Known => charged
            .with_rate(sets[0], other)
            .and_then(|tariff| tariff.with_scale(scaled, factor))
            .and_then(|tariff| tariff.with_area("motorway".parse().unwrap(), AreaEffect::TimeOff))
            .and_then(|tariff| {
                tariff.with_area("suburbs".parse().unwrap(), AreaEffect::Multiply(ratio(3, 2)))
            })
            .unwrap(),
    };
    match shape {
        // A flat leg that grows longer moves the next ones into another segment.
        Shape::Known | Shape::Alike => rated,
        Shape::Any | Shape::Onward | Shape::Estimated => with_flats(rated, &places).unwrap(),
    }
}

fn with_charges(
    tariff: Tariff,
    places: &Places,
    rush: WindowSet,
    charges: Charges,
    shape: Shape,
) -> Result<Tariff, TariffError> {
    let charge = |name: &str, amount| Charge::surcharge(name.parse().unwrap(), amount);
    let once = |name: &str, minor| charge(name, ChargeAmount::Once(minor));
    let passengers = ChargeAmount::PerPassenger {
        ages: AgeRange::new(3, 90)?,
        included: 1,
        first: 100,
        further: 50,
    };
    let stops = charge("stops", ChargeAmount::PerStop(75));
    let authority = "city".parse().unwrap();
    let toll = Charge::passed_to("congestion".parse().unwrap(), authority, ChargeAmount::Once(275));
    let on_request = Condition::ANY.on_request("pet".parse().unwrap());
    let tariff = tariff
        .with_charge(once("rush", 100).during(rush))?
        .with_charge(once("surged", 70).with_traits(LineTraits::FARE)?)?
        .with_charge(once("booking", charges.booking_minor).with_traits(charges.booking)?)?
        .with_charge(once("pet", charges.pet_minor).under(on_request))?
        .with_charge(charge("passengers", passengers))?
        .with_charge(stops.under(Condition::ANY.ending_outside(places.airport)))?
        .with_charge(once("outside", 60).under(Condition::ANY.starting_outside(places.centre)))?
        .with_charge(once("gate", 300).on_flats_only())?
        .with_charge(toll.under(Condition::ANY.touching(places.centre)))?;
    match shape {
        // A ride that goes on may come to what it avoided.
        Shape::Onward => Ok(tariff),
        Shape::Any | Shape::Estimated | Shape::Known | Shape::Alike => {
            tariff.with_charge(once("untolled", 45).under(Condition::ANY.avoiding(places.motorway)))
        }
    }
}

fn with_flats(tariff: Tariff, places: &Places) -> Result<Tariff, TariffError> {
    let named = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let rush = named(&["rush", "congestion"]);
    let gate = named(&["gate", "pet"]);
    let outward = places.suburbs.union(places.motorway);
    tariff
        .with_flat(Flat::new(
            "flat".parse().unwrap(),
            places.airport,
            places.centre,
            4_500,
            rush,
        )?)?
        .with_flat(Flat::new(
            "gate".parse().unwrap(),
            outward,
            places.airport,
            3_200,
            gate,
        )?)
}
