//! Trips that were dropped for good.

use crate::hash::FixedState;
use fiacre_domain::id::TripId;
use std::collections::BTreeSet;
use std::hash::BuildHasher;

/// Hashes of trips: sorted runs, and in front of them a set of those that came last. A table has room for up to twice as many as
/// it holds, and this is kept of every trip that ever was.
///
/// Each run is at least twice as long as the next, so that of n hashes none is moved more than log₂ n times, and no more
/// runs are looked into.
///
/// With 10⁶ trips in it, and 10⁶ that are not, a false hit has a chance of about 10⁻⁷.
#[derive(Debug, Default)]
pub(super) struct Forgotten {
    runs: Vec<Vec<u64>>,
    latest: BTreeSet<u64>,
}

impl Forgotten {
    /// How many wait until they are a run.
    const LATEST_MAX: usize = 256;

    pub(super) fn insert(&mut self, trip: TripId) {
        let hash = FixedState.hash_one(trip);
        if self.holds(hash) {
            return;
        }
        self.latest.insert(hash);
        if self.latest.len() < Self::LATEST_MAX {
            return;
        }
        let mut run: Vec<u64> = std::mem::take(&mut self.latest).into_iter().collect();
        while let Some(longer) = self.runs.pop_if(|longer| longer.len() < 2 * run.len()) {
            run = merged(&longer, &run);
        }
        self.runs.push(run);
    }

    pub(super) fn contains(&self, trip: TripId) -> bool {
        self.holds(FixedState.hash_one(trip))
    }

    fn holds(&self, hash: u64) -> bool {
        self.latest.contains(&hash) || self.runs.iter().any(|run| run.binary_search(&hash).is_ok())
    }
}

/// Two runs as one, in exactly the room that it takes.
fn merged(mut one: &[u64], mut other: &[u64]) -> Vec<u64> {
    let mut run = Vec::with_capacity(one.len() + other.len());
    while let ([first, rest @ ..], [other_first, other_rest @ ..]) = (one, other) {
        if first <= other_first {
            run.push(*first);
            one = rest;
        } else {
            run.push(*other_first);
            other = other_rest;
        }
    }
    run.extend_from_slice(one);
    run.extend_from_slice(other);
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_forgotten_is_known_and_nobody_else() {
        let mut forgotten = Forgotten::default();
        for number in 0..5_000 {
            assert!(!forgotten.contains(TripId::from_u128(number)));
            forgotten.insert(TripId::from_u128(number));
            forgotten.insert(TripId::from_u128(number / 2));
        }
        assert!((0..5_000).all(|number| forgotten.contains(TripId::from_u128(number))));
        assert!(!(5_000..10_000).any(|number| forgotten.contains(TripId::from_u128(number))));
    }

    #[test]
    fn each_run_is_sorted_and_at_least_twice_as_long_as_the_next_so_that_little_is_moved() {
        let mut forgotten = Forgotten::default();
        for number in 0..40_000 {
            forgotten.insert(TripId::from_u128(number));
            let runs = &forgotten.runs;
            assert!(runs.windows(2).all(|runs| runs[0].len() >= 2 * runs[1].len()));
            assert!(forgotten.latest.len() < Forgotten::LATEST_MAX);
        }
        assert!(forgotten.runs.iter().all(|run| run.is_sorted()));
        let held: usize = forgotten.runs.iter().map(Vec::len).sum();
        assert_eq!(held + forgotten.latest.len(), 40_000);
    }
}
