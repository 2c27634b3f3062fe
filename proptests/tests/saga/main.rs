//! The booking saga as a composed system: three services, drivers, riders, timers and a payment gateway, walked at random.
//!
//! The network is the set of facts ever emitted: any fact may come at any time, in any order, any number of times. The
//! store's rule is on: one cause makes at most one commit per stream. After every step the promises P2 to P5 are checked
//! by plain code of this test's own; afterwards, once every fact, call and timer has been handled once, every trip must
//! have come to its end. A failure prints the shrunk walk.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod canaries;
mod cells;
mod gateway;
mod ledger;
mod orders;
mod promises;
mod states;
mod topology;
mod walk;
mod world;

use fiacre_domain::event::Event;
use fiacre_domain::trip::CommandKind;
use proptest::collection::vec;
use proptest::prelude::*;
use walk::Step;
use world::{Slow, World};

/// Walks, checking every promise after every step, then lets everything come to its end.
fn check(slow: Option<Slow>, steps: &[Step]) -> Result<World, String> {
    let mut world = World::new(slow);
    for (place, step) in steps.iter().enumerate() {
        let facts = world.facts().len();
        world.step(step);
        // What wrote nothing changed nothing: a state is what its log says.
        if world.facts().len() == facts && world.findings.is_empty() {
            continue;
        }
        promises::hold(&world).map_err(|broken| format!("after step {place}, {step:?}: {broken}"))?;
    }
    world.settle()?;
    promises::hold(&world).map_err(|broken| format!("at the end: {broken}"))?;
    promises::all_ended(&world)?;
    // Riders order the same trip again here.
    cells::hold(&world.met, false)?;
    promises::replays(&world)?;
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn no_walk_breaks_a_promise(slow in walk::slow(), steps in vec(walk::step(), 0..240)) {
        if let Err(broken) = check(slow, &steps) {
            return Err(TestCaseError::fail(broken));
        }
    }
}

/// The walk is worth nothing if it does not get anywhere: over a fixed number of walks every event must have happened, at
/// every step that it can come at, and the services' queues take exactly what the services wanted of all that.
#[test]
fn the_walks_reach_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = (walk::slow(), vec(walk::step(), 120..160));
    let mut seen = std::collections::BTreeSet::new();
    let mut met = std::collections::BTreeSet::new();
    let mut wanted = topology::Wanted::default();
    for _ in 0..10_000 {
        let (slow, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let world = check(slow, &steps).unwrap();
        seen.extend(world.facts().map(Event::name));
        met.extend(&world.met);
        wanted.add(&world);
    }
    let missing: Vec<_> = orders::REACHABLE
        .iter()
        .filter(|name| !seen.contains(*name))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
    wanted.assert_routed();
    let mut missed = cells::missed(&met);
    // Nobody corrects fares here.
    missed.retain(|(_, fact)| *fact != CommandKind::AdjustFare);
    assert_eq!(missed, [], "cells that no walk reached");
}
