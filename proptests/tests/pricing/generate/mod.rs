//! Tariffs, rides and readings of every shape.

mod behind;
mod frame;
mod meters;
mod rides;

pub(crate) use rides::{Step, civil, parted_ride, ride, steps, take};

use super::surges::surge_limits;
use behind::{discounts, fees, pay, rounding, rounding_to, taxes, waiting};
use fiacre_domain::pricing::{RoundingPlan, SettlementPolicy, Stage, Tariff};
use fiacre_domain::ratio::Ratio;
use fiacre_domain::units::BasisPoints;
use frame::{charges, framed, windows};
use meters::{meter, time};
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

/// A tariff of some shape.
pub(crate) fn tariff(shape: Shape) -> BoxedStrategy<Tariff> {
    let meters = time(shape).prop_flat_map(move |time| (meter(time, shape), meter(time, shape)));
    let frame = (meters, windows(shape), charges(shape), 0_i64..300).prop_map(
        move |((meter, other), windows, charges, percent)| {
            framed(meter, other, windows, charges, shape, percent)
        },
    );
    let bounds = (
        0_i64..3_000,
        prop::option::of(0_i64..20_000),
        (0_i32..=3_000, 0_i32..=3_000, 3_000_i32..=10_000),
        surge_limits(),
    );
    let beside = (waiting(), fees(), pay());
    (frame, bounds, plan(shape), discounts(shape), taxes(shape), beside)
        .prop_map(
            |(tariff, (minimum, cap, (up, down, above), surge), plan, discounts, taxes, beside)| {
                let bps = BasisPoints::new;
                let settlement = SettlementPolicy::new(bps(up), bps(down), bps(above), 100).unwrap();
                let (waiting, fees, pay) = beside;
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

/// Each stage rounds by a rule of its own.
fn plan(shape: Shape) -> impl Strategy<Value = RoundingPlan> {
    // What begins to multiply on the way rounds what was before it, too.
    let multipliers = match shape {
        Shape::Onward => rounding_to(Just(1)).boxed(),
        Shape::Any | Shape::Estimated | Shape::Known | Shape::Alike => rounding().boxed(),
    };
    (rounding(), multipliers, rounding(), rounding()).prop_map(|(meter, multipliers, surge, total)| {
        RoundingPlan::uniform(meter)
            .with(Stage::Multipliers, multipliers)
            .with(Stage::Surge, surge)
            .with(Stage::Total, total)
    })
}
