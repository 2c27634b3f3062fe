//! Many bookings, struck by whatever a seed draws.

use crate::people::Habits;
use crate::setup::Setup;
use crate::world::{START, World};
use fiacre_city::random::Random;
use fiacre_domain::units::Millis;
use fiacre_memory::{FaultKind, FaultPolicy, Port};
use fiacre_sandbox_payments::Policy;
use fiacre_sandbox_payments::methods;
use std::collections::BTreeMap;

const SEEDS: u64 = 200;
const FAULTS_LAST: Millis = Millis::from_minutes(12);
const CONVERGES_IN: Millis = Millis::from_minutes(240);

/// About half of the kinds of fault, each with a rate of its own of up to a tenth; deaths are rarer.
fn policy(random: &mut Random, dies: bool) -> FaultPolicy {
    let crashes = [FaultKind::CrashBefore, FaultKind::CrashAfter];
    let mut policy = FaultPolicy::none();
    for kind in FaultKind::ALL {
        let rate_ppm = u32::try_from(random.below(if crashes.contains(&kind) { 10_000 } else { 100_000 }));
        if random.happens(1, 2) && (dies || !crashes.contains(&kind)) {
            policy = policy.with_rate_ppm(kind, rate_ppm.unwrap());
        }
    }
    policy
}

fn run(seed: u64) -> World {
    let mut random = Random::keyed(seed, &[2]);
    let all: Vec<_> = methods::ALL.iter().map(|(_, method)| *method).collect();
    let drawn = (0..6)
        .map(|_| all[usize::try_from(random.below(11)).unwrap()])
        .collect();
    let mut world = World::new(Setup {
        seed,
        seeded: true,
        payments: Policy::default(),
        habits: Habits::mixed(drawn),
        ..Setup::golden()
    });
    world.faults.set_policy(policy(&mut random, true));
    world.phones.set_policy(policy(&mut random, false));
    let ports = [
        Port::EventStore,
        Port::Bus,
        Port::Timers,
        Port::Board,
        Port::Locations,
    ];
    let port = ports[usize::try_from(random.below(5)).unwrap()];
    let seconds = |random: &mut Random| Millis::from_secs(i64::try_from(random.below(300)).unwrap());
    let from = START.plus(seconds(&mut random));
    world.faults.outage(port, from, from.plus(seconds(&mut random)));
    world.run_for(FAULTS_LAST);
    world.faults.heal();
    world.phones.heal();
    world.converge(CONVERGES_IN);
    world
}

#[test]
fn whatever_strikes_every_accepted_order_ends_and_every_cent_is_accounted_for() {
    let (mut fired, mut crashes) = (BTreeMap::new(), 0);
    for seed in 0..SEEDS {
        let world = run(seed);
        world.assert_clean();
        crashes += world.crashes();
        for ((_, kind), count) in world.faults.fired() {
            *fired.entry(kind).or_insert(0) += count;
        }
    }
    for kind in FaultKind::ALL {
        let count = fired.get(&kind).copied().unwrap_or_default();
        assert!(count >= SEEDS, "{} struck {count} times", kind.name());
    }
    assert!(crashes >= SEEDS, "{crashes} deaths");
}
