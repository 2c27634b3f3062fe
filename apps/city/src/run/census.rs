//! Every trip of a log: which are open, how the others ended, and which payments they name.

use super::orphans::named;
use crate::observer::CommitObserver;
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, TripId};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Phase, TripEvent};
use std::collections::{BTreeMap, BTreeSet};

/// How a trip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Driven to its end.
    Completed,
    /// Given up by the platform.
    Failed,
    /// Given up by its rider, its driver or an agent.
    Cancelled,
    /// Never taken on.
    Rejected,
}

impl End {
    /// How a trip has ended that is in this phase; `None` where it has not.
    const fn of(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Completed => Some(Self::Completed),
            Phase::Failed => Some(Self::Failed),
            Phase::Cancelled => Some(Self::Cancelled),
            Phase::Rejected => Some(Self::Rejected),
            Phase::Absent
            | Phase::Requested
            | Phase::Reassigning
            | Phase::Confirmed
            | Phase::Arrived
            | Phase::Started => None,
        }
    }

    /// All, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Failed, Self::Cancelled, Self::Rejected];

    /// As reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }
}

/// Where a trip stands.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    end: Option<End>,
    is_over: bool,
    /// Whether money may move after its end: its fare was corrected, or a tip was given.
    moves_on: bool,
}

/// Every trip of a log.
#[derive(Debug, Clone, Default)]
pub(super) struct Census {
    trips: BTreeMap<TripId, Standing>,
    pub(super) open: usize,
    pub(super) commits: u64,
    pub(super) events: u64,
    pub(super) last: Option<Timestamp>,
    /// Payments that the log names.
    pub(super) intents: BTreeSet<IntentId>,
}

impl Census {
    pub(super) fn count(&mut self, commit: &Commit) {
        self.commits += 1;
        self.events += commit.events.len() as u64;
        self.last = self.last.max(Some(commit.at));
        self.intents.extend(named(commit));
        let StreamId::Trip(trip) = commit.stream else {
            return;
        };
        let is_new = !self.trips.contains_key(&trip);
        let standing = self.trips.entry(trip).or_default();
        self.open += usize::from(is_new);
        for event in &*commit.events {
            let Event::Trip(event) = event else { continue };
            if standing.is_over && matches!(event, TripEvent::Requested(_)) {
                // Somebody else's order, after a rider took back what they never ordered.
                *standing = Standing::default();
                self.open += 1;
            }
            standing.end = standing.end.or(event.phase().and_then(End::of));
            standing.moves_on |= matches!(event, TripEvent::FareAdjusted(_) | TripEvent::Tipped(_));
            let is_last = matches!(event, TripEvent::Rejected { .. } | TripEvent::Closed);
            if is_last && !standing.is_over {
                standing.is_over = true;
                self.open -= 1;
            }
        }
    }

    pub(super) fn trips(&self) -> usize {
        self.trips.len()
    }

    /// How many trips are over.
    pub(super) fn over(&self) -> usize {
        self.trips.len() - self.open
    }

    pub(super) fn is_over(&self, trip: TripId) -> bool {
        self.trips.get(&trip).is_some_and(|standing| standing.is_over)
    }

    /// The trips that may not be at rest though they are over: those that ended since `found`, and those whose money moves on.
    pub(super) fn restless(&self, found: &Self) -> Vec<TripId> {
        let trips = self.trips.iter();
        let restless = trips.filter(|(trip, standing)| standing.moves_on || !found.is_over(**trip));
        restless.map(|(trip, _)| *trip).collect()
    }

    /// How the trips that are over ended.
    pub(super) fn ends(&self) -> BTreeMap<End, u64> {
        let mut ends: BTreeMap<End, u64> = End::ALL.map(|end| (end, 0)).into();
        for standing in self.trips.values().filter(|standing| standing.is_over) {
            if let Some(end) = standing.end {
                *ends.entry(end).or_default() += 1;
            }
        }
        ends
    }
}

impl CommitObserver for Census {
    fn saw(&mut self, commit: Commit) {
        self.count(&commit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::tests::request;
    use fiacre_domain::id::CommandId;
    use fiacre_domain::stream::{Cause, Version};
    use fiacre_domain::trip::RejectReason;

    fn commit(trip: TripId, version: u32, event: TripEvent) -> Commit {
        Commit {
            stream: StreamId::Trip(trip),
            version: Version::new(version),
            at: Timestamp::from_ms(0),
            cause: Cause::Command(CommandId::from_u128(u128::from(version))),
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: [Event::Trip(event)].into(),
        }
    }

    #[test]
    fn an_order_after_another_riders_tombstone_is_open_again() {
        let trip = TripId::from_u128(1);
        let mut census = Census::default();
        let standing = |census: &Census| (census.trips(), census.open, census.is_over(trip));
        census.count(&commit(trip, 1, TripEvent::Closed));
        assert_eq!(standing(&census), (1, 0, true));
        census.count(&commit(trip, 2, request(trip, Timestamp::from_ms(0))));
        assert_eq!(standing(&census), (1, 1, false));
        let reason = RejectReason::Expired;
        census.count(&commit(trip, 3, TripEvent::Rejected { reason }));
        assert_eq!(standing(&census), (1, 0, true));
        assert_eq!(census.ends()[&End::Rejected], 1);
    }
}
