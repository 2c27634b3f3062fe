//! Surges, and how far a tariff lets them go: ordinary ones, and those at every limit.

use fiacre_domain::pricing::{SURGE_BPS_MAX, Surge, SurgeInputs, SurgePolicy};
use fiacre_domain::units::BasisPoints;
use proptest::prelude::*;

/// As the format allows them: down to nearly nothing, up to a hundred times, and none at all.
pub(crate) fn surge_limits() -> impl Strategy<Value = (i32, i32)> {
    prop_oneof![
        2 => (5_000_i32..=10_000, 10_000_i32..=30_000),
        1 => Just((1, SURGE_BPS_MAX)),
        1 => Just((10_000, 10_000)),
    ]
}

pub(crate) fn surge() -> impl Strategy<Value = Surge> {
    prop_oneof![
        Just(Surge::NONE),
        (0_u32..100, 0_u32..100).prop_map(|(demand, supply)| {
            let policy = SurgePolicy::new(7, BasisPoints::new(4_000), BasisPoints::new(40_000)).unwrap();
            Surge::compute(
                policy,
                SurgeInputs {
                    zone: Some("centre".parse().unwrap()),
                    demand,
                    supply,
                },
            )
        }),
        extreme_surge(),
    ]
}

/// What a receipt can say at most and at least: the policy's numbers and the inputs at their ends.
fn extreme_surge() -> impl Strategy<Value = Surge> {
    let ends = || prop_oneof![Just(0), Just(1), Just(u32::MAX - 1), Just(u32::MAX)];
    let response = || prop_oneof![Just(1), Just(10_000), Just(i32::MAX)];
    (ends(), ends(), response(), response(), response()).prop_map(
        |(demand, supply, neutral, weight, step)| {
            let bps = BasisPoints::new;
            let policy = SurgePolicy::new(u32::MAX, bps(1), bps(SURGE_BPS_MAX)).unwrap();
            let policy = policy
                .with_response(bps(neutral), bps(weight), bps(step))
                .unwrap();
            let inputs = SurgeInputs {
                zone: None,
                demand,
                supply,
            };
            Surge::compute(policy, inputs)
        },
    )
}
