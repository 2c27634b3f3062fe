//! What stands behind the meter: rounding, discounts, taxes, waiting, fees and pay.

use super::meters::units;
use super::{Shape, ratio};
use fiacre_domain::pricing::{
    CancellationMatrix, CancellationStageKind, Discount, Fault, FeeBase, FeePayer, FeeRule, Grace,
    LineGroups, PayPolicy, RateCard, StageRounding, Tax, TaxScope, Waiting, WaitingRate,
};
use fiacre_domain::ratio::{Ratio, Rounding};
use fiacre_domain::units::{BasisPoints, Millis};
use proptest::collection::vec;
use proptest::prelude::*;

/// Most of them as coins are in use, some as coarse as a banknote.
pub(super) fn rounding() -> impl Strategy<Value = StageRounding> {
    rounding_to(prop_oneof![
        4 => prop::sample::select(vec![1_i64, 5, 10]),
        2 => prop::sample::select(vec![2_i64, 20, 25, 50, 100]),
        1 => prop::sample::select(vec![250_i64, 500, 1_000]),
    ])
}

pub(super) fn rounding_to(step: impl Strategy<Value = i64>) -> impl Strategy<Value = StageRounding> {
    let rule = prop_oneof![
        Just(Rounding::HalfUp),
        Just(Rounding::HalfEven),
        Just(Rounding::Ceiling),
        Just(Rounding::Floor)
    ];
    (step, rule).prop_map(|(step, rule)| StageRounding::new(step, rule).unwrap())
}

pub(super) fn discounts(shape: Shape) -> impl Strategy<Value = Vec<Discount>> {
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

pub(super) fn taxes(shape: Shape) -> impl Strategy<Value = Vec<Tax>> {
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

pub(super) fn waiting() -> impl Strategy<Value = Waiting> {
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

fn fee() -> impl Strategy<Value = FeeRule> {
    let base = prop::sample::select(vec![FeeBase::BaseFare, FeeBase::Total]);
    let cap = prop::option::of(0_i64..1_000);
    (
        0_i64..1_000,
        0_i32..=10_000,
        base,
        cap,
        0_i32..=10_000,
        rounding(),
    )
        .prop_map(|(fixed, share, base, cap, driver_share, rounding)| {
            FeeRule::new(fixed)
                .and_then(|rule| rule.with_share(BasisPoints::new(share), base))
                .and_then(|rule| rule.with_driver_share(BasisPoints::new(driver_share)))
                .and_then(|rule| cap.map_or(Ok(rule), |cap| rule.with_cap(cap)))
                .unwrap()
                .with_rounding(rounding)
        })
}

pub(super) fn fees() -> impl Strategy<Value = CancellationMatrix> {
    (fee(), fee(), fee(), fee()).prop_map(|(assigned, no_show, drivers, platforms)| {
        let free_for = Millis::from_minutes(2);
        CancellationMatrix::FREE
            .with(
                CancellationStageKind::Assigned,
                Fault::Rider,
                assigned.with_free_for(free_for).unwrap(),
            )
            .with(CancellationStageKind::NoShow, Fault::Rider, no_show)
            .with(
                CancellationStageKind::Arrived,
                Fault::Driver,
                drivers.paid_by(FeePayer::Driver),
            )
            .with(
                CancellationStageKind::Arrived,
                Fault::Platform,
                platforms.paid_by(FeePayer::Platform),
            )
    })
}

pub(super) fn pay() -> impl Strategy<Value = PayPolicy> {
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
        rounding(),
    )
        .prop_map(move |(commission, share, base, price, floored, rounding)| {
            let policy = if commission {
                PayPolicy::commission(1, BasisPoints::new(share)).unwrap()
            } else {
                PayPolicy::rate_card(1, card(base, price))
            };
            let policy = policy.with_rounding(rounding);
            if floored {
                policy.with_floor(card(0, base))
            } else {
                policy
            }
        })
}
