//! The cells of the saga's table that nothing can reach, as the city's report has them, under every order of events.

use crate::world::World;
use fiacre_city::coverage::{Impossible, LIVING, impossible};
use fiacre_domain::trip::{CommandKind, Phase};
use std::collections::BTreeSet;

/// No walk came where nothing can come. That an order is a trip's first is a law of the desk, which no walk goes through.
pub(crate) fn hold(world: &World) -> Result<(), String> {
    let broken = |(phase, fact): &&(Phase, CommandKind)| {
        matches!(
            impossible(*phase, *fact),
            Some(Impossible::RoundEnded | Impossible::ArmedLater | Impossible::NotEnded)
        )
    };
    match world.met.iter().find(broken) {
        Some((phase, fact)) => Err(format!("{} came at {}", fact.name(), phase.name())),
        None => Ok(()),
    }
}

/// What could be reached, and was not. No agent corrects fares here.
pub(crate) fn missed(met: &BTreeSet<(Phase, CommandKind)>) -> Vec<(Phase, CommandKind)> {
    LIVING
        .into_iter()
        .flat_map(|phase| CommandKind::ALL.map(|fact| (phase, fact)))
        .filter(|(phase, fact)| impossible(*phase, *fact).is_none() && *fact != CommandKind::AdjustFare)
        .filter(|cell| !met.contains(cell))
        .collect()
}

#[test]
fn a_fact_that_comes_where_nothing_can_reach_is_named() {
    let mut world = World::new(None);
    world.met.insert((Phase::Requested, CommandKind::NoDriver));
    assert_eq!(hold(&world), Ok(()));
    for (phase, fact) in [
        (Phase::Started, CommandKind::NoDriver),
        (Phase::Requested, CommandKind::ArrivalOverdue),
        (Phase::Confirmed, CommandKind::ClearLock),
    ] {
        let mut world = World::new(None);
        world.met.insert((phase, fact));
        assert_eq!(
            hold(&world),
            Err(format!("{} came at {}", fact.name(), phase.name()))
        );
    }
}
