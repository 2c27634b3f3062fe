//! The cells of the saga's table that nothing can reach, as the city's report has them, under every order of events.

use fiacre_city::coverage::{LIVING, Reason, reason};
use fiacre_domain::trip::{CommandKind, Phase};
use std::collections::BTreeSet;

/// Nothing came where nothing can come. That an order is a trip's first is a law of the desk: it holds where each order is
/// sent once. That people know of a trip before they speak of it is one of the city: here they say anything at any time.
pub(crate) fn hold(met: &BTreeSet<(Phase, CommandKind)>, orders_come_once: bool) -> Result<(), String> {
    let broken = |(phase, fact): &&(Phase, CommandKind)| match reason(*phase, *fact) {
        Some(Reason::RoundEnded | Reason::ArmedLater | Reason::NotEnded | Reason::NotBegun) => true,
        Some(Reason::NotFirst) => orders_come_once,
        Some(Reason::Unknown | Reason::Dropped | Reason::NoneRejected | Reason::Crossed) | None => false,
    };
    match met.iter().find(broken) {
        Some((phase, fact)) => Err(format!("{} came at {}", fact.name(), phase.name())),
        None => Ok(()),
    }
}

/// What an ordinary day reaches while a trip lives, and was not.
pub(crate) fn missed(met: &BTreeSet<(Phase, CommandKind)>) -> Vec<(Phase, CommandKind)> {
    LIVING
        .into_iter()
        .flat_map(|phase| CommandKind::ALL.map(|fact| (phase, fact)))
        .filter(|(phase, fact)| reason(*phase, *fact).is_none())
        .filter(|cell| !met.contains(cell))
        .collect()
}

#[test]
fn a_fact_that_comes_where_nothing_can_reach_is_named() {
    let taken_again = BTreeSet::from([
        (Phase::Requested, CommandKind::NoDriver),
        (Phase::Started, CommandKind::Request),
    ]);
    assert_eq!(hold(&taken_again, false), Ok(()));
    assert_eq!(
        hold(&taken_again, true),
        Err("request came at started".to_owned())
    );
    for (phase, fact) in [
        (Phase::Started, CommandKind::NoDriver),
        (Phase::Requested, CommandKind::ArrivalOverdue),
        (Phase::Confirmed, CommandKind::ClearLock),
        (Phase::Absent, CommandKind::NotePayment),
        (Phase::Failed, CommandKind::RideOverdue),
    ] {
        let named = Err(format!("{} came at {}", fact.name(), phase.name()));
        assert_eq!(hold(&BTreeSet::from([(phase, fact)]), false), named);
    }
}
