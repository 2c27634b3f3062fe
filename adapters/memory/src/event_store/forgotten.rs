//! Trips that were dropped for good.

use crate::hash::FixedState;
use fiacre_domain::id::TripId;
use std::collections::BTreeSet;
use std::hash::BuildHasher;

/// Hashes of trips: a sorted list, and in front of it a set of those that came since it was last sorted. A table has room for up
/// to twice as many as it holds, and this is kept of every trip that ever was.
///
/// With 10⁶ trips in it, and 10⁶ that are not, a false hit has a chance of about 10⁻⁷.
#[derive(Debug, Default)]
pub(super) struct Forgotten {
    sorted: Vec<u64>,
    latest: BTreeSet<u64>,
}

impl Forgotten {
    /// How many wait to be sorted in, at the least.
    const LATEST_MIN: usize = 256;

    pub(super) fn insert(&mut self, trip: TripId) {
        self.latest.insert(FixedState.hash_one(trip));
        if self.latest.len() >= Self::LATEST_MIN.max(self.sorted.len() / 16) {
            let latest = std::mem::take(&mut self.latest);
            self.sorted.reserve_exact(latest.len());
            self.sorted.extend(latest);
            // Two runs, each in order: in place, since merging them would need as much room again for a moment.
            self.sorted.sort_unstable();
            self.sorted.dedup();
        }
    }

    pub(super) fn contains(&self, trip: TripId) -> bool {
        let hash = FixedState.hash_one(trip);
        self.latest.contains(&hash) || self.sorted.binary_search(&hash).is_ok()
    }
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
        assert!(forgotten.latest.len() < Forgotten::LATEST_MIN.max(forgotten.sorted.len() / 16));
    }
}
