//! Meters of every shape.

use super::{Shape, ratio};
use fiacre_domain::pricing::{Meter, Segment, SlowRule, Speed, TimeBasis, TimeRate, Units};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::units::{Millimetres, Millis};
use proptest::prelude::*;

pub(super) fn units() -> impl Strategy<Value = Units> {
    prop_oneof![Just(Units::Begun), Just(Units::Completed), Just(Units::ProRata)]
}

fn slow_rule() -> impl Strategy<Value = SlowRule> {
    prop_oneof![
        Just(SlowRule::BelowCrossover),
        (5_u16..30).prop_map(|kmh| SlowRule::Below(Speed::from_kmh(kmh).unwrap())),
        (5_u16..20).prop_map(|mph| SlowRule::AtOrBelow(Speed::from_mph(mph).unwrap())),
    ]
}

/// How a tariff counts time; all its meters alike.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    Joint,
    Separate(TimeBasis, Units, i64),
    Free,
}

pub(super) fn time(shape: Shape) -> impl Strategy<Value = Time> {
    // Where slow time is an estimate, it may shrink as a ride grows longer.
    let basis = match shape {
        Shape::Any | Shape::Onward | Shape::Known => {
            prop_oneof![Just(TimeBasis::Slow), Just(TimeBasis::Elapsed)].boxed()
        }
        Shape::Estimated | Shape::Alike => Just(TimeBasis::Elapsed).boxed(),
    };
    prop_oneof![
        3 => Just(Time::Joint),
        2 => (basis, units(), 0_i64..100).prop_map(|(basis, units, price)| Time::Separate(basis, units, price)),
        1 => Just(Time::Free),
    ]
}

fn segment(from_mm: i64, price: i64, metres: i64, secs: i64) -> Segment {
    Segment::new(
        Millimetres::new(from_mm),
        Ratio::from(price),
        ratio(metres * 10_000, 7),
    )
    .and_then(|segment| segment.with_time(ratio(secs * 1_000, 3)))
    .unwrap()
}

pub(super) fn meter(time: Time, shape: Shape) -> impl Strategy<Value = Meter> {
    let segments = (1_i64..200, 20_i64..2_000, 5_i64..300);
    let far = match shape {
        Shape::Any | Shape::Onward | Shape::Known | Shape::Alike => {
            prop::option::of((100_000_i64..20_000_000, 0_i64..200, 20_i64..2_000, 5_i64..300)).boxed()
        }
        Shape::Estimated => Just(None).boxed(),
    };
    (0_i64..1_000, 0_i64..2_000, segments, far, units(), slow_rule()).prop_map(
        move |(initial, initial_units, (price, metres, secs), far, units, slow)| {
            let mut segments = vec![segment(0, price, metres, secs)];
            let is_joint = matches!(time, Time::Joint);
            segments.extend(far.map(|(from, far_price, far_metres, far_secs)| match shape {
                Shape::Alike => segment(from, price, far_metres, far_secs),
                Shape::Known if is_joint => segment(from, price, far_metres, secs),
                Shape::Any | Shape::Onward | Shape::Estimated | Shape::Known => {
                    segment(from, far_price, far_metres, far_secs)
                }
            }));
            let (initial, initial_units) = (Ratio::from(initial), ratio(initial_units, 255));
            match time {
                Time::Joint => Meter::joint(initial, initial_units, segments)
                    .unwrap()
                    .with_units(units)
                    .with_slow(slow)
                    .unwrap(),
                Time::Free => Meter::distance(initial, initial_units, segments, units)
                    .unwrap()
                    .with_slow(slow)
                    .unwrap(),
                Time::Separate(basis, time_units, price) => {
                    let rate = TimeRate::new(ratio(price, 3), Ratio::from(36_000), time_units, basis)
                        .and_then(|rate| rate.with_included(Millis::from_secs(90)))
                        .unwrap();
                    let metered = Meter::distance(initial, initial_units, segments, units).unwrap();
                    metered.with_slow(slow).unwrap().with_time(rate).unwrap()
                }
            }
        },
    )
}
