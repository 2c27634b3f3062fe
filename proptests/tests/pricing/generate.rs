//! Tariffs, rides and readings of every shape.

use super::surges::surge_limits;
use fiacre_domain::money::Currency;
use fiacre_domain::pricing::{
    AgeRange, AreaEffect, CancellationMatrix, CancellationStageKind, Charge, ChargeAmount, Circumstances,
    Condition, DecidedBy, Discount, Fault, FeeBase, FeePayer, FeeRule, Flat, Grace, LineGroups, LineTraits,
    Meter, Party, PayPolicy, PricingError, RateCard, Recorder, Ride, RoundingPlan, Schedule, Segment,
    SettlementPolicy, SlowRule, Span, Speed, StageRounding, Tariff, Tax, TaxScope, TimeBasis, TimeRate, Toll,
    Units, Waiting, WaitingRate, Weekdays, Window, ZoneSet, Zones,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay, Weekday};
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn ratio(above: i64, below: i64) -> Ratio {
    Ratio::new(i128::from(above), i128::from(below)).unwrap()
}

/// What a generated tariff may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Everything.
    Any,
    /// Any meter, windows, areas and flats. What stands behind the meter keeps the order of what the meter shows.
    Onward,
    /// The same behind the meter; what it shows depends neither on when nor on where in the ride, and there is one segment.
    Estimated,
    /// For rides of which slow time is known: segments too, and a price of slow time. Where distance and time are joint,
    /// a unit takes the same price and time in each segment.
    Known,
    /// Segments make units shorter or longer on the way; each costs the same.
    Alike,
}

impl Shape {
    /// Whether what stands behind the meter keeps the order of what it shows.
    const fn keeps_order(self) -> bool {
        match self {
            Self::Any => false,
            Self::Onward | Self::Estimated | Self::Known | Self::Alike => true,
        }
    }

    /// Whether windows that change the meter may do so on the way.
    const fn changes_on_the_way(self) -> bool {
        match self {
            Self::Any | Self::Onward => true,
            Self::Estimated | Self::Known | Self::Alike => false,
        }
    }
}

fn units() -> impl Strategy<Value = Units> {
    prop_oneof![Just(Units::Begun), Just(Units::Completed), Just(Units::ProRata)]
}

fn slow_rule() -> impl Strategy<Value = SlowRule> {
    prop_oneof![
        Just(SlowRule::BelowCrossover),
        (5_u16..30).prop_map(|kmh| SlowRule::Below(Speed::from_kmh(kmh).unwrap())),
        (5_u16..20).prop_map(|mph| SlowRule::AtOrBelow(Speed::from_mph(mph).unwrap())),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Time {
    Joint,
    Separate(TimeBasis, Units, i64),
    Free,
}

fn time(shape: Shape) -> impl Strategy<Value = Time> {
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

fn meter(time: Time, shape: Shape) -> impl Strategy<Value = Meter> {
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

fn span() -> impl Strategy<Value = Span> {
    (vec(0_usize..7, 1..7), 0_u32..96, 0_u32..96).prop_map(|(days, from, to)| {
        let days: Vec<Weekday> = days.into_iter().map(|day| Weekday::ALL[day]).collect();
        let quarter = |number: u32| TimeOfDay::from_ms(number * 900_000).unwrap();
        let weekdays = Weekdays::of(&days).unwrap();
        if from == to {
            Span::whole_day(weekdays)
        } else {
            Span::new(weekdays, quarter(from), quarter(to)).unwrap()
        }
    })
}

fn windows(shape: Shape) -> impl Strategy<Value = Vec<(DecidedBy, Vec<Span>)>> {
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

fn rounding() -> impl Strategy<Value = StageRounding> {
    rounding_to(prop_oneof![Just(1_i64), Just(5), Just(10)])
}

fn rounding_to(step: impl Strategy<Value = i64>) -> impl Strategy<Value = StageRounding> {
    let rule = prop_oneof![
        Just(Rounding::HalfUp),
        Just(Rounding::HalfEven),
        Just(Rounding::Ceiling),
        Just(Rounding::Floor)
    ];
    (step, rule).prop_map(|(step, rule)| StageRounding::new(step, rule).unwrap())
}

/// Zones, windows and what refers to them.
fn framed(
    meter: Meter,
    other: Meter,
    windows: Vec<(DecidedBy, Vec<Span>)>,
    shape: Shape,
    percent: i64,
) -> Tariff {
    let mut zones = Zones::new();
    let centre = zones.add("centre".parse().unwrap(), ZoneSet::NONE).unwrap();
    let airport = zones.add("airport".parse().unwrap(), ZoneSet::NONE).unwrap();
    zones.add("motorway".parse().unwrap(), ZoneSet::NONE).unwrap();
    zones.add("suburbs".parse().unwrap(), ZoneSet::NONE).unwrap();
    let mut schedule = Schedule::new(vec![CivilDate::new(2026, 1, 1).unwrap()]).unwrap();
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
        sets.push(
            schedule
                .add(Window::new(name.parse().unwrap(), decided_by, spans).unwrap())
                .unwrap(),
        );
    }
    let charge = |name: &str, minor| Charge::surcharge(name.parse().unwrap(), ChargeAmount::Once(minor));
    let mut tariff = Tariff::new("made-up".parse().unwrap(), 3, Currency::EUR, meter)
        .with_zones(zones)
        .unwrap()
        .with_schedule(schedule)
        .unwrap()
        .with_multiplier("one".parse().unwrap(), multiplier)
        .and_then(|tariff| tariff.with_charge(charge("rush", 100).during(sets[1])))
        .and_then(|tariff| tariff.with_charge(charge("surged", 70).with_traits(LineTraits::FARE)?))
        .and_then(|tariff| {
            let passengers = ChargeAmount::PerPassenger {
                ages: AgeRange::new(3, 90)?,
                included: 1,
                first: 100,
                further: 50,
            };
            tariff.with_charge(Charge::surcharge("passengers".parse().unwrap(), passengers))
        })
        .and_then(|tariff| {
            let stops = Charge::surcharge("stops".parse().unwrap(), ChargeAmount::PerStop(75));
            tariff.with_charge(stops.under(Condition::ANY.ending_outside(airport)))
        })
        .and_then(|tariff| {
            let toll = Charge::passed_to(
                "congestion".parse().unwrap(),
                "city".parse().unwrap(),
                ChargeAmount::Once(275),
            );
            tariff.with_charge(toll.under(Condition::ANY.touching(centre)))
        })
        .unwrap();
    let scaled = if shape.changes_on_the_way() {
        sets[1]
    } else {
        sets[0]
    };
    match shape {
        // A rate of its own or an area makes units that do not cost the same.
        Shape::Alike => {}
        Shape::Any | Shape::Onward | Shape::Estimated | Shape::Known => {
            tariff = tariff
                .with_rate(sets[0], other)
                .and_then(|tariff| tariff.with_scale(scaled, factor))
                .and_then(|tariff| tariff.with_area("motorway".parse().unwrap(), AreaEffect::TimeOff))
                .and_then(|tariff| {
                    tariff.with_area("suburbs".parse().unwrap(), AreaEffect::Multiply(ratio(3, 2)))
                })
                .unwrap();
        }
    }
    match shape {
        // A flat leg that grows longer moves the next ones into another segment.
        Shape::Known | Shape::Alike => tariff,
        Shape::Any | Shape::Onward | Shape::Estimated => {
            let named = vec!["rush".parse().unwrap(), "congestion".parse().unwrap()];
            let flat = Flat::new("flat".parse().unwrap(), airport, centre, 4_500, named).unwrap();
            tariff.with_flat(flat).unwrap()
        }
    }
}

fn discounts(shape: Shape) -> impl Strategy<Value = Vec<Discount>> {
    let with_the_meter = LineGroups::METER
        .union(LineGroups::MINIMUM)
        .union(LineGroups::SURGE);
    let (on, step) = if shape.keeps_order() {
        let whole = [LineGroups::ALL, with_the_meter, LineGroups::SURCHARGES];
        (whole.to_vec(), vec![1])
    } else {
        let any = [
            LineGroups::ALL,
            LineGroups::METER,
            LineGroups::SURCHARGES,
            LineGroups::SURGE,
        ];
        (any.to_vec(), vec![1, 5, 10])
    };
    vec(
        (
            prop::sample::select(on),
            0_i32..=10_000,
            0_i64..3_000,
            rounding_to(prop::sample::select(step)),
            0_u16..3,
            any::<bool>(),
        ),
        0..3,
    )
    .prop_map(|discounts| {
        let built = discounts.into_iter().zip(["first", "second", "third"]);
        built
            .map(|((on, share, above, rounding, rank, funded), name)| {
                let discount = Discount::new(name.parse().unwrap(), on, BasisPoints::new(share)).unwrap();
                let discount = discount
                    .above(above)
                    .unwrap()
                    .with_rounding(rounding)
                    .with_rank(rank);
                if funded {
                    discount.funded_by("city".parse().unwrap())
                } else {
                    discount
                }
            })
            .collect()
    })
}

fn taxes(shape: Shape) -> impl Strategy<Value = Vec<Tax>> {
    let scope = prop_oneof![Just(TaxScope::Line), Just(TaxScope::Sum)];
    vec((any::<bool>(), 0_i64..40, scope, rounding()), 0..3).prop_map(move |taxes| {
        let named = taxes.into_iter().zip(["vat", "levy", "duty"]);
        let built = named.map(|((added, percent, scope, rounding), name)| {
            // What is inside the prices leaves the total alone; what is added to each line may fall as the sum rises.
            let scope = if added && shape.keeps_order() {
                TaxScope::Sum
            } else {
                scope
            };
            let make = if added { Tax::added } else { Tax::included };
            let tax = make(
                name.parse().unwrap(),
                "treasury".parse().unwrap(),
                ratio(percent, 100),
            )
            .unwrap();
            tax.with_scope(scope).with_rounding(rounding)
        });
        built.collect()
    })
}

fn waiting() -> impl Strategy<Value = Waiting> {
    prop_oneof![
        Just(Waiting::Metered),
        Just(Waiting::Free),
        (0_i64..200, units(), any::<bool>()).prop_map(|(price, units, per_stop)| {
            let free = Millis::from_minutes(3);
            let grace = if per_stop {
                Grace::PerStop(free)
            } else {
                Grace::PerTrip(free)
            };
            let rate = WaitingRate::new(Ratio::from(price), Ratio::from(60_000), units).unwrap();
            Waiting::Charged(rate.with_grace(grace).unwrap())
        }),
    ]
}

fn fees() -> impl Strategy<Value = CancellationMatrix> {
    (
        0_i64..1_000,
        0_i32..=10_000,
        prop::option::of(0_i64..1_000),
        0_i32..=10_000,
    )
        .prop_map(|(fixed, share, cap, driver_share)| {
            let rule = FeeRule::new(fixed)
                .and_then(|rule| rule.with_share(BasisPoints::new(share), FeeBase::Total))
                .and_then(|rule| rule.with_driver_share(BasisPoints::new(driver_share)))
                .and_then(|rule| cap.map_or(Ok(rule), |cap| rule.with_cap(cap)))
                .unwrap();
            CancellationMatrix::FREE
                .with(
                    CancellationStageKind::Assigned,
                    Fault::Rider,
                    rule.with_free_for(Millis::from_minutes(2)),
                )
                .with(CancellationStageKind::NoShow, Fault::Rider, rule)
                .with(
                    CancellationStageKind::Arrived,
                    Fault::Driver,
                    rule.paid_by(FeePayer::Driver),
                )
                .with(
                    CancellationStageKind::Arrived,
                    Fault::Platform,
                    rule.paid_by(FeePayer::Platform),
                )
        })
}

fn pay() -> impl Strategy<Value = PayPolicy> {
    let card = |base: i64, price: i64| {
        RateCard::new(base)
            .and_then(|card| card.with_distance(ratio(price, 7), Ratio::from(1_000_000)))
            .and_then(|card| card.with_time(ratio(price, 3), Ratio::from(60_000)))
            .unwrap()
    };
    (
        any::<bool>(),
        0_i32..=10_000,
        0_i64..300,
        0_i64..300,
        any::<bool>(),
    )
        .prop_map(move |(commission, share, base, price, floored)| {
            let policy = if commission {
                PayPolicy::commission(1, BasisPoints::new(share)).unwrap()
            } else {
                PayPolicy::rate_card(1, card(base, price))
            };
            if floored {
                policy.with_floor(card(0, base))
            } else {
                policy
            }
        })
}

/// A tariff of some shape.
pub(crate) fn tariff(shape: Shape) -> BoxedStrategy<Tariff> {
    let meters = time(shape).prop_flat_map(move |time| (meter(time, shape), meter(time, shape)));
    let frame = (meters, windows(shape), 0_i64..300)
        .prop_map(move |((meter, other), windows, percent)| framed(meter, other, windows, shape, percent));
    let bounds = (
        0_i64..3_000,
        prop::option::of(0_i64..20_000),
        0_i32..=3_000,
        0_i32..=3_000,
        3_000_i32..=10_000,
        surge_limits(),
    );
    let plan = (rounding(), rounding(), rounding(), rounding());
    (
        frame,
        bounds,
        plan,
        discounts(shape),
        taxes(shape),
        waiting(),
        fees(),
        pay(),
    )
        .prop_map(
            |(tariff, (minimum, cap, up, down, above, surge), plan, discounts, taxes, waiting, fees, pay)| {
                use fiacre_domain::pricing::Stage;
                let plan = RoundingPlan::uniform(plan.0)
                    .with(Stage::Multipliers, plan.1)
                    .with(Stage::Surge, plan.2)
                    .with(Stage::Total, plan.3);
                let bps = BasisPoints::new;
                let settlement = SettlementPolicy::new(bps(up), bps(down), bps(above), 100).unwrap();
                let mut tariff = tariff
                    .with_minimum(minimum)
                    .and_then(|tariff| cap.map_or(Ok(tariff.clone()), |cap| tariff.with_cap(minimum + cap)))
                    .and_then(|tariff| tariff.with_surge_limits(bps(surge.0), bps(surge.1)))
                    .unwrap()
                    .with_rounding(plan)
                    .with_waiting(waiting)
                    .with_settlement(settlement)
                    .with_cancellation(fees)
                    .with_pay(pay);
                for discount in discounts {
                    tariff = tariff.with_discount(discount).unwrap();
                }
                for tax in taxes {
                    tariff = tariff.with_tax(tax).unwrap();
                }
                tariff
            },
        )
        .boxed()
}

/// A local time of 2026, often at a quarter of an hour.
pub(crate) fn civil() -> impl Strategy<Value = CivilDateTime> {
    let time_ms = prop_oneof![
        0_u32..86_400_000,
        (0_u32..96).prop_map(|quarter| quarter * 900_000)
    ];
    (0_i64..365, time_ms).prop_map(|(day, time_ms)| {
        let date = CivilDate::from_epoch_days(20_454 + day).unwrap();
        CivilDateTime::new(date, TimeOfDay::from_ms(time_ms).unwrap())
    })
}

pub(crate) fn circumstances() -> impl Strategy<Value = Circumstances> {
    let zone = || prop::option::of(prop_oneof![Just("centre"), Just("airport"), Just("elsewhere")]);
    (
        zone(),
        zone(),
        0_u8..6,
        any::<bool>(),
        prop::option::of(0_i64..2_000),
    )
        .prop_map(|(start, end, adults, holiday, toll)| {
            let mut circumstances =
                Circumstances::new().with_party(Party::adults(adults).unwrap().with_age(2).unwrap());
            if let Some(start) = start {
                circumstances = circumstances.starting_in(start.parse().unwrap());
            }
            if let Some(end) = end {
                circumstances = circumstances.ending_in(end.parse().unwrap());
            }
            if let Some(toll) = toll {
                circumstances = circumstances.with_toll(Toll::new("bridge".parse().unwrap(), toll).unwrap());
            }
            if holiday {
                circumstances.on_holiday()
            } else {
                circumstances
            }
        })
}

pub(crate) fn ride() -> impl Strategy<Value = Ride> {
    (
        0_i64..60_000_000,
        0_i64..7_200_000,
        prop::option::of(0_i64..=100),
        0_i64..1_200_000,
        0_u16..4,
        circumstances(),
    )
        .prop_map(|(mm, ms, slow_percent, waiting_ms, stops, circumstances)| {
            let ride = Ride::new(Millimetres::new(mm), Millis::new(ms))
                .with_circumstances(circumstances)
                .with_waiting(Millis::new(waiting_ms))
                .with_stops(stops);
            match slow_percent {
                Some(percent) => ride.with_slow(Millis::new(ms * percent / 100)),
                None => ride,
            }
        })
}

/// One thing that happens on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Drive(i64, i64),
    Wait(i64),
    Stop,
    Enter(&'static str),
    Leave(&'static str),
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let zone = || {
        prop_oneof![
            Just("motorway"),
            Just("suburbs"),
            Just("centre"),
            Just("elsewhere")
        ]
    };
    let step = prop_oneof![
        6 => (0_i64..8_000_000, 0_i64..1_200_000).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        1 => (0_i64..1_000, 0_i64..3).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        1 => (0_i64..400_000_000, 0_i64..36_000_000).prop_map(|(mm, ms)| Step::Drive(mm, ms)),
        1 => (0_i64..600_000).prop_map(Step::Wait),
        1 => Just(Step::Stop),
        1 => zone().prop_map(Step::Enter),
        1 => zone().prop_map(Step::Leave),
    ];
    vec(step, 0..12)
}

pub(crate) fn take(recorder: &mut Recorder<'_>, step: Step) -> Result<(), PricingError> {
    match step {
        Step::Drive(mm, ms) => recorder.drive(Millimetres::new(mm), Millis::new(ms)),
        Step::Wait(ms) => recorder.wait(Millis::new(ms)),
        Step::Stop => recorder.stop(Some("centre".parse().unwrap())),
        Step::Enter(zone) => recorder.enter(zone.parse().unwrap()),
        Step::Leave(zone) => {
            recorder.leave(zone.parse().unwrap());
            Ok(())
        }
    }
}
