//! What a ride brings with it: zones, extras, tolls, passengers, holidays, and how much of each is a ride at all.

use crate::*;
use fiacre_domain::pricing::{
    CIRCUMSTANCES_MAX, CancellationMatrix, CancellationStageKind, Charge, ChargeAmount, Circumstances,
    Condition, DecidedBy, Discount, Fault, FeeBase, FeePayer, FeeRule, HolidayRule, Line, LineGroups,
    LineKind, PricingError, RidePart, RoundingPlan, STOPS_MAX, SlowRule, Span, Speed, Stage, StageRounding,
    SurgeInputs, SurgePolicy, TimeBasis, TimeRate, Toll, Weekdays, Window,
};
use fiacre_domain::ratio::Rounding;
use fiacre_domain::time::TimeOfDay;
use fiacre_domain::units::BasisPoints;
use std::num::NonZero;

fn refused(tariff: &Tariff, ride: &Ride) -> Option<PricingError> {
    Arc::new(tariff.clone()).quote(ride, morning(), Surge::NONE).err()
}

fn toll(minor: i64) -> Toll {
    Toll::new("mta".parse().unwrap(), minor).unwrap()
}

/// Three dollars for each ride of which `condition` holds.
fn charging(tariff: Tariff, condition: Condition) -> Tariff {
    let three = Charge::surcharge(charge_id("extra"), ChargeAmount::Once(300));
    tariff.with_charge(three.under(condition)).unwrap()
}

#[test]
fn a_zone_on_the_way_is_charged_and_one_elsewhere_is_not() {
    let (tariff, port) = with_port(tariff());
    let tariff = charging(tariff, Condition::ANY.touching(port));
    assert_eq!(cents(&tariff, &ride()), 1_250);
    assert_eq!(cents(&tariff, &ride().through(zone("hills"))), 1_250);
    assert_eq!(cents(&tariff, &ride().through(zone("port"))), 1_550);
}

#[test]
fn an_extra_is_charged_to_who_asked_for_it() {
    let tariff = charging(tariff(), Condition::default().on_request("pets".parse().unwrap()));
    assert_eq!(cents(&tariff, &ride()), 1_250);
    assert_eq!(cents(&tariff, &ride().with_extra("bike".parse().unwrap())), 1_250);
    assert_eq!(cents(&tariff, &ride().with_extra("pets".parse().unwrap())), 1_550);
}

#[test]
fn a_toll_is_passed_on_to_its_authority() {
    let quote = quote(tariff(), &ride().with_toll(toll(612)));
    assert_eq!(quote.total().minor(), 1_862);
    let lines = quote.lines().unwrap();
    assert_eq!(
        lines.last().unwrap().kind(),
        LineKind::Toll("mta".parse().unwrap())
    );
    assert_eq!(
        quote.pay().unwrap().total(),
        quote.driver_pay(),
        "the toll is not the driver's"
    );
    assert_eq!(quote.driver_pay().minor(), 1_250);
}

#[test]
fn a_holiday_opens_windows_that_are_for_holidays_only() {
    let spans = vec![Span::whole_day(Weekdays::ALL).with_holidays(HolidayRule::Only)];
    let holidays = Window::new("holidays".parse().unwrap(), DecidedBy::Start, spans).unwrap();
    assert_eq!(holidays.id(), "holidays".parse().unwrap());
    let (tariff, on_holidays) = with_window(tariff(), holidays);
    let three = Charge::surcharge(charge_id("extra"), ChargeAmount::Once(300));
    let tariff = tariff.with_charge(three.during(on_holidays)).unwrap();
    assert_eq!(cents(&tariff, &ride()), 1_250);
    assert_eq!(cents(&tariff, &ride().on_holiday()), 1_550);
}

#[test]
fn a_running_surcharge_is_charged_once_however_often_its_window_opens() {
    let quarter = |from: u8, to: u8| {
        let time = |minute| TimeOfDay::new(10, minute, 0).unwrap();
        Span::new(Weekdays::ALL, time(from), time(to)).unwrap()
    };
    let spans = vec![quarter(5, 7), quarter(10, 12)];
    let window = Window::new("busy".parse().unwrap(), DecidedBy::Running, spans).unwrap();
    let (tariff, busy) = with_window(tariff(), window);
    let three = Charge::surcharge(charge_id("extra"), ChargeAmount::Once(300));
    let tariff = tariff.with_charge(three.during(busy)).unwrap();
    // Ten kilometres by the minute: both openings, the second alone, up to the first, and after the last.
    for (at, minutes, expected) in [
        ("2018-07-03T10:00", 20, 1_550),
        ("2018-07-03T10:08", 20, 1_550),
        ("2018-07-03T10:00", 5, 1_250),
        ("2018-07-03T10:12", 20, 1_250),
    ] {
        let ride = Ride::new(metres(10_000), Millis::from_minutes(minutes));
        let quote = Arc::new(tariff.clone())
            .quote(&ride, at.parse().unwrap(), Surge::NONE)
            .unwrap();
        assert_eq!(quote.total().minor(), expected, "{at} {minutes}");
    }
}

#[test]
fn a_tariff_names_the_extras_that_it_prices_once_each() {
    let [pet, pick_up] = ["pet", "pick-up"].map(|name| name.parse().unwrap());
    let charges = [
        ("called", Some(pick_up)),
        ("dog", Some(pet)),
        ("cat", Some(pet)),
        ("night", None),
    ];
    let priced = charges.into_iter().fold(tariff(), |tariff, (name, extra)| {
        let charge = Charge::surcharge(charge_id(name), ChargeAmount::Once(300));
        let condition = extra.map_or(Condition::ANY, |extra| Condition::ANY.on_request(extra));
        tariff.with_charge(charge.under(condition)).unwrap()
    });
    assert_eq!(priced.extras().collect::<Vec<_>>(), [pet, pick_up]);
    assert_eq!(tariff().extras().count(), 0);
}

#[test]
fn a_tariff_under_another_name_does_not_take_its_receipts() {
    let changed = Arc::new(tariff().with_id("test.c20".parse().unwrap()));
    assert_eq!(changed.id().as_str(), "test.c20");
    let published = Arc::new(tariff());
    let quote = published.quote(&ride(), morning(), Surge::NONE).unwrap();
    let mut recorder = quote.recorder(morning()).unwrap();
    recorder.drive(metres(10_000), Millis::from_minutes(20)).unwrap();
    let receipt = quote.settle(&recorder.finish().unwrap()).unwrap();
    assert_eq!(receipt.verify(&published), Ok(()));
    assert!(receipt.verify(&changed).is_err());
}

#[test]
fn all_windows_that_a_tariff_can_have_are_known_to_it() {
    let mut schedule = Schedule::default();
    let mut all = WindowSet::NONE;
    for number in 0..fiacre_domain::pricing::WINDOWS_MAX {
        let window = Window::new(
            format!("w{number}").parse().unwrap(),
            DecidedBy::Start,
            vec![Span::whole_day(Weekdays::ALL)],
        );
        all = all.union(schedule.add(window.unwrap()).unwrap());
    }
    let tariff = tariff()
        .with_schedule(schedule)
        .unwrap()
        .with_scale(all, ratio(2))
        .unwrap();
    assert_eq!(
        cents(&tariff, &ride()),
        2_250,
        "units count twice, the initial price once"
    );
}

#[test]
fn a_discount_on_two_groups_takes_its_share_of_both() {
    let tariff = charging(tariff(), Condition::ANY);
    let tenth = |groups| Discount::new(charge_id("less"), groups, BasisPoints::new(1_000)).unwrap();
    let both = LineGroups::METER.union(LineGroups::SURCHARGES);
    let less = |groups| cents(&tariff.clone().with_discount(tenth(groups)).unwrap(), &ride());
    assert_eq!(less(LineGroups::METER), 1_425);
    assert_eq!(less(LineGroups::SURCHARGES), 1_520);
    assert_eq!(less(both), 1_395);
    assert_eq!(less(LineGroups::NONE), 1_550);
}

#[test]
fn each_stage_rounds_by_its_own_step() {
    let to_a_dollar = StageRounding::new(100, Rounding::HalfUp).unwrap();
    let metered = tariff().with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Meter, to_a_dollar));
    let quote = quote(metered, &ride());
    assert_eq!(quote.total().minor(), 1_300);
    let kinds: Vec<_> = quote.lines().unwrap().iter().map(Line::kind).collect();
    assert_eq!(
        kinds,
        [
            LineKind::Initial,
            LineKind::Units,
            LineKind::Rounding(Stage::Meter)
        ]
    );
}

#[test]
fn a_total_that_the_gateway_does_not_take_is_refused() {
    let nickels = tariff().with_gateway_step(5).unwrap();
    assert_eq!(
        refused(&nickels, &ride()),
        Some(PricingError::StepDoesNotFitGateway {
            gateway_step_minor: 5
        })
    );
    let to_nickels = StageRounding::new(5, Rounding::HalfUp).unwrap();
    let rounded = nickels.with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Total, to_nickels));
    assert_eq!(refused(&rounded, &ride()), None);
}

#[test]
fn a_fee_that_the_gateway_does_not_take_is_refused() {
    let to_nickels = StageRounding::new(5, Rounding::HalfUp).unwrap();
    let nickels = tariff()
        .with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Total, to_nickels))
        .with_gateway_step(5)
        .unwrap();
    let fixed = |minor| FeeRule::new(minor).unwrap();
    let shared = fixed(300)
        .with_share(BasisPoints::new(1_000), FeeBase::Total)
        .unwrap();
    let refusal = PricingError::StepDoesNotFitGateway {
        gateway_step_minor: 5,
    };
    for (rule, expected) in [
        (fixed(300), None),
        (fixed(301), Some(refusal)),
        (fixed(301).paid_by(FeePayer::Driver), None),
        (fixed(301).with_rounding(to_nickels), None),
        (shared, Some(refusal)),
        (shared.with_rounding(to_nickels), None),
        (
            shared.with_rounding(to_nickels).with_cap(333).unwrap(),
            Some(refusal),
        ),
    ] {
        let fees = CancellationMatrix::FREE.with(CancellationStageKind::NoShow, Fault::Rider, rule);
        let tariff = nickels.clone().with_cancellation(fees);
        assert_eq!(refused(&tariff, &ride()), expected, "{rule:?}");
    }
}

#[test]
fn cards_take_no_third_decimal() {
    let dinars = Tariff::new("test".parse().unwrap(), 1, Currency::KWD, by_distance());
    assert_eq!(
        refused(&dinars, &ride()),
        Some(PricingError::StepDoesNotFitGateway {
            gateway_step_minor: 10
        })
    );
    let to_ten_fils = StageRounding::new(10, Rounding::HalfUp).unwrap();
    let rounded = dinars.with_rounding(RoundingPlan::MINOR_UNITS.with(Stage::Total, to_ten_fils));
    assert_eq!(refused(&rounded, &ride()), None);
}

#[test]
fn a_surge_that_does_not_follow_from_its_inputs_is_refused() {
    let policy = SurgePolicy::new(1, BasisPoints::ONE, BasisPoints::new(20_000)).unwrap();
    let inputs = SurgeInputs {
        zone: None,
        demand: 30,
        supply: 10,
    };
    let surge = Surge::compute(policy, inputs);
    assert!(Arc::new(tariff()).quote(&ride(), morning(), surge).is_ok());
    for basis in [surge.basis().copied(), None] {
        let forged = Surge::from_parts(BasisPoints::new(15_000), basis);
        assert_eq!(forged, Err(PricingError::SurgeNotRecomputable));
    }
    assert_eq!(
        Surge::from_parts(surge.factor(), surge.basis().copied()),
        Ok(surge)
    );
}

#[test]
fn more_than_a_ride_can_have_is_refused_by_name() {
    let many = NonZero::new(CIRCUMSTANCES_MAX + 1).unwrap().get();
    let crowded = |add: &dyn Fn(Circumstances) -> Circumstances| {
        ride().with_circumstances((0..many).fold(Circumstances::new(), |asked, _| add(asked)))
    };
    let part = RidePart::new(zone("port"), Millimetres::ZERO, Millis::ZERO);
    let beyond = |field, max| PricingError::RideBeyondLimit { field, max };
    let count = |of: &'static str| beyond(of, "64");
    let (far, long) = (Millimetres::new(1_000_000_000_001), Millis::new(10_000_000_001));
    let negative = PricingError::RideNegative;
    for (error, ride) in [
        (beyond("number of stops", "255"), ride().with_stops(STOPS_MAX + 1)),
        (
            count("number of zones on the way"),
            crowded(&|asked| asked.through(zone("port"))),
        ),
        (
            count("number of extras"),
            crowded(&|asked| asked.with_extra("pets".parse().unwrap())),
        ),
        (
            count("number of tolls"),
            crowded(&|asked| asked.with_toll(toll(1))),
        ),
        (
            count("number of parts inside zones"),
            (0..many).fold(ride(), |ride, _| ride.with_part(part)),
        ),
        (
            beyond("distance", "1,000,000 km (1,000,000,000 m)"),
            Ride::new(far, Millis::ZERO),
        ),
        (
            beyond("duration", "10,000,000 s (about 115 days)"),
            Ride::new(Millimetres::ZERO, long),
        ),
        (
            PricingError::SlowBeyondDuration,
            ride().with_slow(Millis::from_minutes(21)),
        ),
        (
            PricingError::PartsBeyondRide("distance"),
            ride().with_part(RidePart::new(
                zone("port"),
                Millimetres::new(999_999_999_999),
                Millis::ZERO,
            )),
        ),
        (
            PricingError::PartsBeyondRide("duration"),
            ride().with_part(RidePart::new(
                zone("port"),
                Millimetres::ZERO,
                Millis::from_minutes(21),
            )),
        ),
        (
            negative("distance"),
            Ride::new(Millimetres::new(-1), Millis::ZERO),
        ),
        (
            negative("duration"),
            Ride::new(Millimetres::ZERO, Millis::new(-1)),
        ),
        (negative("waiting"), ride().with_waiting(Millis::new(-1))),
    ] {
        assert_eq!(refused(&tariff(), &ride), Some(error));
    }
}

#[test]
fn a_meter_without_joint_time_estimates_distance_alone() {
    let rate = TimeRate::new(ratio(1), ratio(1_000), Units::Begun, TimeBasis::Elapsed).unwrap();
    let joint = Meter::joint(
        ratio(250),
        Ratio::ZERO,
        vec![segment(0, 100).with_time(ratio(60_000)).unwrap()],
    );
    let estimate = |meter: &Meter| {
        meter
            .estimate_units(metres(10_000), Millis::from_minutes(20))
            .unwrap()
    };
    for meter in [by_distance(), by_distance().with_time(rate).unwrap()] {
        let units = estimate(&meter);
        assert_eq!([units.low(), units.likely(), units.high()], [ratio(10); 3]);
    }
    let units = estimate(&joint.unwrap());
    assert_eq!(
        [units.low(), units.likely(), units.high()],
        [ratio(20), ratio(23), ratio(30)]
    );
}

#[test]
fn slow_speed_may_stand_in_for_a_unit_of_time() {
    let slow = TimeRate::new(ratio(100), ratio(60_000), Units::ProRata, TimeBasis::Slow).unwrap();
    let meter = by_distance()
        .with_slow(SlowRule::Below(Speed::from_kmh(15).unwrap()))
        .unwrap()
        .with_time(slow)
        .unwrap();
    assert_eq!(Speed::from_kmh(15).unwrap().mm_per_hour(), 15_000_000);
    let tariff = named("slow", meter);
    assert_eq!(cents(&tariff, &ride().with_slow(Millis::ZERO)), 1_250);
    assert_eq!(cents(&tariff, &ride().with_slow(Millis::from_minutes(5))), 1_750);
}

#[test]
fn an_embedder_reads_a_tariff_back() {
    let (tariff, port) = with_port(tariff());
    assert_eq!(tariff.zones().get(zone("port")), Some(port));
    assert_eq!(tariff.pay().version(), 0);
    assert_eq!(tariff.meter().initial(), ratio(250));
}

#[test]
fn slow_time_that_is_cut_where_segments_begin_stays_whole() {
    let segment = |from_metres| {
        let from = Millimetres::from_metres(from_metres);
        Segment::new(from, Ratio::ZERO, Ratio::from(1_000_000)).unwrap()
    };
    let cent_a_second = TimeRate::new(Ratio::ONE, Ratio::from(1_000), Units::Completed, TimeBasis::Slow);
    let meter = Meter::distance(
        Ratio::ZERO,
        Ratio::ZERO,
        vec![segment(0), segment(1_000)],
        Units::ProRata,
    )
    .unwrap()
    .with_slow(SlowRule::Below(Speed::from_kmh(10).unwrap()))
    .unwrap()
    .with_time(cent_a_second.unwrap())
    .unwrap();
    let tariff = Tariff::new("test".parse().unwrap(), 1, Currency::USD, meter);
    // A third of 100,001 ms, and of 60,000 ms of it, is no whole millisecond.
    let ride =
        Ride::new(Millimetres::from_metres(3_000), Millis::new(100_001)).with_slow(Millis::from_secs(60));
    assert_eq!(cents(&tariff, &ride), 60);
}

#[test]
fn discounts_that_share_no_line_do_not_take_from_each_other() {
    let off = |name: &str, on, share| Discount::new(charge_id(name), on, BasisPoints::new(share)).unwrap();
    let with = |first: Discount, second: Discount| {
        let tariff = charging(tariff(), Condition::ANY).with_discount(first);
        cents(
            &tariff
                .and_then(|tariff| tariff.with_discount(second.with_rank(1)))
                .unwrap(),
            &ride(),
        )
    };
    let fifth = off("fifth", LineGroups::METER, 2_000);
    assert_eq!(
        with(fifth, off("half", LineGroups::SURCHARGES, 5_000)),
        1_250 - 250 + 300 - 150
    );
    assert_eq!(
        with(fifth, off("half", LineGroups::METER, 5_000)),
        1_250 - 250 - 500 + 300,
        "half of what the first left"
    );
}

#[test]
fn all_groups_of_lines_are_those_before_discounts() {
    let groups = [
        LineGroups::METER,
        LineGroups::SURCHARGES,
        LineGroups::MINIMUM,
        LineGroups::SURGE,
    ];
    let all = groups.into_iter().fold(LineGroups::NONE, LineGroups::union);
    assert_eq!(all, LineGroups::ALL);
    for group in groups {
        assert_eq!(all.union(group), all, "what is in is not taken out");
    }
}

#[test]
fn a_discount_looks_above_its_threshold_and_rounds_to_its_own_step() {
    let tens = StageRounding::new(10, Rounding::Ceiling).unwrap();
    let tenth = Discount::new(charge_id("tenth"), LineGroups::ALL, BasisPoints::new(1_000)).unwrap();
    let tariff = tariff().with_discount(tenth.above(1_000).unwrap().with_rounding(tens));
    assert_eq!(
        cents(&tariff.unwrap(), &ride()),
        1_250 - 30,
        "a tenth of 250, to the next ten"
    );
}
