//! Where more of a ride does cost less: each condition of the law in `fiacre_domain::pricing`, left out, with numbers.

use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    AreaEffect, Charge, ChargeAmount, Condition, DecidedBy, Discount, Flat, LineGroups, LineTraits, Meter,
    Payee, Recorder, Ride, RoundingPlan, Schedule, Segment, SlowRule, Span, Speed, Stage, StageRounding,
    Surge, SurgeInputs, SurgePolicy, Tariff, Tax, TaxScope, TimeBasis, TimeRate, Units, Weekdays, Window,
    WindowSet, ZoneSet, Zones,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use std::sync::Arc;

/// A price in cents for each kilometre from some metre on.
fn km(from_metres: i64, cents: i64) -> Segment {
    let from = Millimetres::from_metres(from_metres);
    Segment::new(from, Ratio::from(cents), Ratio::from(1_000_000)).unwrap()
}

/// Distance alone, from nothing, to the millimetre or by units begun.
fn by_distance(segments: Vec<Segment>, units: Units) -> Tariff {
    of(Meter::distance(Ratio::ZERO, Ratio::ZERO, segments, units).unwrap())
}

fn of(meter: Meter) -> Tariff {
    Tariff::new("made-up".parse().unwrap(), 1, Currency::EUR, meter)
}

/// A euro a kilometre to the millimetre: what is driven is what it costs.
fn euro_a_km() -> Tariff {
    by_distance(vec![km(0, 100)], Units::ProRata)
}

fn schedule(decided_by: DecidedBy, from: (u8, u8), to: (u8, u8)) -> (Schedule, WindowSet) {
    let clock = |(hour, minute)| TimeOfDay::new(hour, minute, 0).unwrap();
    let span = Span::new(Weekdays::ALL, clock(from), clock(to)).unwrap();
    let mut schedule = Schedule::new(Vec::new()).unwrap();
    let window = schedule
        .add(Window::new("night".parse().unwrap(), decided_by, vec![span]).unwrap())
        .unwrap();
    (schedule, window)
}

fn zones(names: &[&str]) -> (Zones, Vec<ZoneSet>) {
    let mut zones = Zones::new();
    let sets = names
        .iter()
        .map(|name| zones.add(name.parse().unwrap(), ZoneSet::NONE).unwrap())
        .collect();
    (zones, sets)
}

/// A ride of so many metres in so many minutes.
fn ride(metres: i64, minutes: i64) -> Ride {
    Ride::new(Millimetres::from_metres(metres), Millis::from_minutes(minutes))
}

/// The quoted total in cents of a ride that starts at local time `at` on a Tuesday.
fn quoted_at(tariff: &Tariff, ride: &Ride, at: &str) -> i64 {
    let at = format!("2026-03-03T{at}").parse().unwrap();
    let quote = Arc::new(tariff.clone()).quote(ride, at, Surge::NONE).unwrap();
    quote.total().minor()
}

fn quoted(tariff: &Tariff, ride: &Ride) -> i64 {
    quoted_at(tariff, ride, "12:00")
}

/// The metered total in cents of what `drive` records.
fn driven(tariff: &Tariff, drive: impl Fn(&mut Recorder<'_>)) -> i64 {
    surged(tariff, Surge::NONE, drive)
}

fn surged(tariff: &Tariff, surge: Surge, drive: impl Fn(&mut Recorder<'_>)) -> i64 {
    let quote = Arc::new(tariff.clone())
        .quote(&ride(0, 0), "2026-03-03T12:00".parse().unwrap(), surge)
        .unwrap();
    let mut recorder = quote.recorder(quote.at()).unwrap();
    drive(&mut recorder);
    let receipt = quote.settle(&recorder.finish().unwrap()).unwrap();
    receipt.metered().unwrap().minor()
}

fn metres(recorder: &mut Recorder<'_>, metres: i64) {
    recorder
        .drive(Millimetres::from_metres(metres), Millis::from_minutes(1))
        .unwrap();
}

fn off(on: LineGroups, share_bps: i32) -> Discount {
    Discount::new("off".parse().unwrap(), on, BasisPoints::new(share_bps)).unwrap()
}

mod a_plan_of_which_slow_time_is_not_known {
    use super::*;

    #[test]
    fn farther_in_the_same_time_is_faster_and_has_less_slow_time() {
        let rate = TimeRate::new(
            Ratio::from(100),
            Ratio::from(60_000),
            Units::ProRata,
            TimeBasis::Slow,
        )
        .unwrap();
        let meter = Meter::distance(Ratio::ZERO, Ratio::ZERO, vec![km(0, 100)], Units::ProRata)
            .unwrap()
            .with_slow(SlowRule::Below(Speed::from_kmh(12).unwrap()))
            .unwrap()
            .with_time(rate)
            .unwrap();
        let tariff = of(meter);
        assert_eq!(
            quoted(&tariff, &ride(5_000, 30)),
            500 + 3_000,
            "all of it slow, at 10 km/h"
        );
        assert_eq!(
            quoted(&tariff, &ride(7_000, 30)),
            700 + 900,
            "three tenths of it, at 14 km/h"
        );
    }

    #[test]
    fn farther_in_the_same_time_spends_more_of_it_where_time_is_cheap() {
        let segment = |from, secs: i64| km(from, 200).with_time(Ratio::from(secs * 1_000)).unwrap();
        let meter = Meter::joint(
            Ratio::ZERO,
            Ratio::ZERO,
            vec![segment(0, 200), segment(10_000, 2_000)],
        )
        .unwrap()
        .with_units(Units::ProRata);
        let tariff = of(meter);
        assert_eq!(
            quoted(&tariff, &ride(10_000, 120)),
            (36 + 3) * 200,
            "two hours at 200 s a unit"
        );
        assert_eq!(
            quoted(&tariff, &ride(20_000, 120)),
            (18 + 3) * 200 + 2_108,
            "one of them at 2,000 s a unit"
        );
    }
}

mod a_plan_whose_units_do_not_all_cost_the_same {
    use super::*;

    #[test]
    fn a_slower_ride_lets_a_unit_begin_before_the_price_rises() {
        let segment = |from, cents| km(from, cents).with_time(Ratio::from(60_000)).unwrap();
        let tariff = of(Meter::joint(
            Ratio::ZERO,
            Ratio::ZERO,
            vec![segment(0, 10), segment(1_000, 100)],
        )
        .unwrap());
        let slow = |secs| ride(1_500, 3).with_slow(Millis::from_secs(secs));
        assert_eq!(quoted(&tariff, &slow(0)), 10 + 100);
        assert_eq!(
            quoted(&tariff, &slow(30)),
            10 + 10,
            "the second unit begins within the first kilometre"
        );
    }

    #[test]
    fn a_slower_ride_gets_out_of_the_night() {
        let (schedule, _) = schedule(DecidedBy::Running, (22, 0), (6, 0));
        let tariff = euro_a_km()
            .with_schedule(schedule)
            .unwrap()
            .with_multiplier("night".parse().unwrap(), Ratio::from(2))
            .unwrap();
        assert_eq!(
            quoted_at(&tariff, &ride(10_000, 20), "05:50"),
            500 + 1_000,
            "half of it by night"
        );
        assert_eq!(
            quoted_at(&tariff, &ride(10_000, 40), "05:50"),
            750 + 500,
            "a quarter of it"
        );
    }

    #[test]
    fn a_longer_ride_lets_a_unit_begin_before_the_night() {
        let (schedule, _) = schedule(DecidedBy::Running, (22, 0), (6, 0));
        let tariff = by_distance(vec![km(0, 100)], Units::Begun)
            .with_schedule(schedule)
            .unwrap()
            .with_multiplier("night".parse().unwrap(), Ratio::from(2))
            .unwrap();
        assert_eq!(
            quoted_at(&tariff, &ride(2_800, 20), "21:46"),
            200 + 200,
            "1.96 km by day, so two units"
        );
        assert_eq!(
            quoted_at(&tariff, &ride(2_900, 20), "21:46"),
            300,
            "2.03 km by day, so all three"
        );
    }

    #[test]
    fn a_longer_flat_leg_moves_the_next_one_into_the_cheaper_segment() {
        let (zones, sets) = zones(&["airport", "centre"]);
        let flat = Flat::new("flat".parse().unwrap(), sets[0], sets[1], 4_500, Vec::new()).unwrap();
        let tariff = by_distance(vec![km(0, 300), km(10_000, 0)], Units::ProRata)
            .with_zones(zones)
            .unwrap()
            .with_flat(flat)
            .unwrap();
        let by_the_centre = |metres| {
            let ride = ride(metres, 30)
                .starting_in("airport".parse().unwrap())
                .with_stops(1);
            let circumstances = ride
                .circumstances()
                .clone()
                .stopping_first_in("centre".parse().unwrap());
            ride.with_circumstances(circumstances)
        };
        assert_eq!(quoted(&tariff, &by_the_centre(10_000)), 4_500 + 1_500);
        assert_eq!(
            quoted(&tariff, &by_the_centre(20_000)),
            4_500,
            "the second leg begins where it is free"
        );
    }
}

mod whatever_the_meter_shows {
    use super::*;

    #[test]
    fn what_runs_and_takes_off_undoes_the_rounding_before_it() {
        let (zones, _) = zones(&["suburbs"]);
        let tens = StageRounding::new(10, Rounding::HalfUp).unwrap();
        let tariff = euro_a_km()
            .with_zones(zones)
            .unwrap()
            .with_area(
                "suburbs".parse().unwrap(),
                AreaEffect::Multiply(Ratio::new(1, 2).unwrap()),
            )
            .unwrap()
            .with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Meter, tens));
        let suburban = |driven_metres| {
            driven(&tariff, |recorder| {
                recorder.enter("suburbs".parse().unwrap()).unwrap();
                metres(recorder, driven_metres);
            })
        };
        assert_eq!(suburban(960), 100 - 48, "96 cents, as 100, less half of 96");
        assert_eq!(suburban(1_040), 100 - 52, "104 cents, as 100, less half of 104");
    }

    #[test]
    fn what_runs_and_rounds_in_coarser_steps_than_the_meter_takes_off_where_it_begins() {
        let (zones, _) = zones(&["suburbs"]);
        let half_more = AreaEffect::Multiply(Ratio::new(3, 2).unwrap());
        let tariff = euro_a_km()
            .with_zones(zones)
            .and_then(|tariff| tariff.with_area("suburbs".parse().unwrap(), half_more))
            .unwrap();
        let in_steps_of = |step_minor| {
            let rounding = StageRounding::new(step_minor, Rounding::HalfUp).unwrap();
            let plan = RoundingPlan::MINOR_UNITS.with(Stage::Multipliers, rounding);
            tariff.clone().with_rounding(plan)
        };
        let on = |tariff: &Tariff, suburban_metres| {
            driven(tariff, |recorder| {
                metres(recorder, 1_200);
                recorder.enter("suburbs".parse().unwrap()).unwrap();
                metres(recorder, suburban_metres);
            })
        };
        let (halves, cents) = (in_steps_of(50), in_steps_of(1));
        let without = driven(&halves, |recorder| metres(recorder, 1_200));
        assert_eq!(
            without, 120,
            "nothing multiplies, so that nothing is rounded to 50"
        );
        assert_eq!(on(&halves, 20), 100, "122 and half of 2, in steps of 50");
        assert_eq!(on(&cents, 20), 123);
    }

    #[test]
    fn a_discount_in_coarse_steps_takes_more_than_was_added() {
        let tens = StageRounding::new(10, Rounding::Ceiling).unwrap();
        let tenth = off(LineGroups::ALL, 1_000);
        let tariff = euro_a_km().with_discount(tenth.with_rounding(tens)).unwrap();
        assert_eq!(driven(&tariff, |recorder| metres(recorder, 1_000)), 100 - 10);
        assert_eq!(driven(&tariff, |recorder| metres(recorder, 1_010)), 101 - 20);
    }

    #[test]
    fn a_discount_on_the_meter_alone_takes_from_the_minimum() {
        let with = |on| {
            euro_a_km()
                .with_minimum(1_000)
                .unwrap()
                .with_discount(off(on, 5_000))
                .unwrap()
        };
        let alone = with(LineGroups::METER);
        assert_eq!(driven(&alone, |recorder| metres(recorder, 5_000)), 1_000 - 250);
        assert_eq!(driven(&alone, |recorder| metres(recorder, 8_000)), 1_000 - 400);
        let both = with(LineGroups::METER.union(LineGroups::MINIMUM));
        assert_eq!(driven(&both, |recorder| metres(recorder, 5_000)), 500);
        assert_eq!(driven(&both, |recorder| metres(recorder, 8_000)), 500);
    }

    #[test]
    fn a_discount_that_leaves_a_low_surge_out_takes_more_than_it_left() {
        let booking = Charge::surcharge("booking".parse().unwrap(), ChargeAmount::Once(1_000));
        let half = BasisPoints::new(5_000);
        let policy = SurgePolicy::new(1, half, BasisPoints::ONE).unwrap();
        let nobody = SurgeInputs {
            zone: None,
            demand: 0,
            supply: 1,
        };
        let driven = |tariff: &Tariff, drive: &dyn Fn(&mut Recorder<'_>)| {
            surged(tariff, Surge::compute(policy, nobody), drive)
        };
        let with = |on| {
            euro_a_km()
                .with_charge(booking)
                .and_then(|tariff| {
                    tariff
                        .with_surge_limits(half, BasisPoints::ONE)?
                        .with_discount(off(on, 6_000))
                })
                .unwrap()
        };
        let alone = with(LineGroups::METER);
        assert_eq!(
            driven(&alone, &|recorder| metres(recorder, 10_000)),
            1_000 + 500 - 600
        );
        assert_eq!(
            driven(&alone, &|recorder| metres(recorder, 20_000)),
            1_000 + 1_000 - 1_200
        );
        let both = with(LineGroups::METER.union(LineGroups::SURGE));
        assert_eq!(
            driven(&both, &|recorder| metres(recorder, 10_000)),
            1_000 + 500 - 300
        );
        assert_eq!(
            driven(&both, &|recorder| metres(recorder, 20_000)),
            1_000 + 1_000 - 600
        );
    }

    #[test]
    fn a_tax_that_is_added_line_by_line_rounds_by_how_they_are_split() {
        let tenth = Tax::added(
            "vat".parse().unwrap(),
            "treasury".parse().unwrap(),
            Ratio::new(1, 10).unwrap(),
        )
        .unwrap();
        let with = |scope| {
            euro_a_km()
                .with_minimum(10)
                .unwrap()
                .with_tax(tenth.with_scope(scope))
                .unwrap()
        };
        let by_line = with(TaxScope::Line);
        assert_eq!(
            driven(&by_line, |recorder| metres(recorder, 50)),
            10 + 1 + 1,
            "5 and 5 cents"
        );
        assert_eq!(
            driven(&by_line, |recorder| metres(recorder, 60)),
            10 + 1,
            "6 and 4 cents"
        );
        let on_the_sum = with(TaxScope::Sum);
        assert_eq!(driven(&on_the_sum, |recorder| metres(recorder, 60)), 10 + 1);
    }

    #[test]
    fn an_untaxed_surcharge_takes_the_place_of_taxed_lines_under_a_cap() {
        let (zones, sets) = zones(&["centre"]);
        let untaxed = LineTraits::untouched(Payee::Platform);
        let charge = Charge::surcharge("centre".parse().unwrap(), ChargeAmount::Once(100))
            .with_traits(untaxed)
            .unwrap()
            .under(Condition::ANY.touching(sets[0]));
        let tenth = Tax::added(
            "vat".parse().unwrap(),
            "treasury".parse().unwrap(),
            Ratio::new(1, 10).unwrap(),
        )
        .unwrap();
        let tariff = euro_a_km()
            .with_zones(zones)
            .unwrap()
            .with_charge(charge)
            .and_then(|tariff| tariff.with_cap(1_000)?.with_tax(tenth))
            .unwrap();
        assert_eq!(driven(&tariff, |recorder| metres(recorder, 12_000)), 1_000 + 100);
        let into_the_centre = |recorder: &mut Recorder<'_>| {
            metres(recorder, 12_000);
            recorder.enter("centre".parse().unwrap()).unwrap();
            metres(recorder, 1_000);
        };
        assert_eq!(driven(&tariff, into_the_centre), 1_000 + 90);
    }

    #[test]
    fn a_charge_for_staying_out_of_a_zone_is_lost_on_the_way_into_it() {
        let (zones, sets) = zones(&["centre"]);
        let outside = Charge::surcharge("outside".parse().unwrap(), ChargeAmount::Once(500));
        let tariff = euro_a_km()
            .with_zones(zones)
            .unwrap()
            .with_charge(outside.under(Condition::ANY.avoiding(sets[0])))
            .unwrap();
        assert_eq!(driven(&tariff, |recorder| metres(recorder, 1_000)), 100 + 500);
        let into_the_centre = |recorder: &mut Recorder<'_>| {
            metres(recorder, 1_000);
            recorder.enter("centre".parse().unwrap()).unwrap();
            metres(recorder, 1_000);
        };
        assert_eq!(driven(&tariff, into_the_centre), 200);
    }
}
