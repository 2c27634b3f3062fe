//! What is remembered of trips that are closed on every stream.

use super::booking::Closed;
use crate::id::TripId;
use std::collections::BTreeMap;

/// Closed trips by id: a sorted list, and in front of it a map of those that closed since it was last sorted. A map alone
/// would take as much again as what it holds, and this is kept of every trip that ever was.
#[derive(Debug, Default)]
pub(super) struct Archive {
    sorted: Vec<(TripId, Closed)>,
    latest: BTreeMap<TripId, Closed>,
}

impl Archive {
    /// How many wait to be sorted in, at the least.
    const LATEST_MIN: usize = 256;

    pub(super) fn insert(&mut self, trip: TripId, closed: Closed) {
        self.latest.insert(trip, closed);
        if self.latest.len() >= Self::LATEST_MIN.max(self.sorted.len() / 16) {
            let latest = std::mem::take(&mut self.latest);
            let first = latest.first_key_value().map(|(trip, _)| *trip);
            // Ids begin with a time: what lies before the first of these is most of the list, and stays as it is.
            let kept = self.sorted.partition_point(|(trip, _)| Some(*trip) < first);
            self.sorted.reserve_exact(latest.len());
            self.sorted.extend(latest);
            self.sorted[kept..].sort_by_key(|(trip, _)| *trip);
        }
    }

    pub(super) fn get(&self, trip: TripId) -> Option<&Closed> {
        let sorted = || Some(&self.sorted.get(self.place(trip)?)?.1);
        self.latest.get(&trip).or_else(sorted)
    }

    /// Takes out a trip that comes back; there are few.
    pub(super) fn remove(&mut self, trip: TripId) -> Option<Closed> {
        let latest = self.latest.remove(&trip);
        latest.or_else(|| Some(self.sorted.remove(self.place(trip)?).1))
    }

    fn place(&self, trip: TripId) -> Option<usize> {
        self.sorted.binary_search_by_key(&trip, |(trip, _)| *trip).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::booking::Booking;

    #[test]
    fn every_trip_is_found_whatever_the_order_of_closing_and_comes_out_once() {
        let mut archive = Archive::default();
        // A prime step walks through all of them in no order.
        let trips: Vec<_> = (0..2_000_u128)
            .map(|number| TripId::from_u128(number * 769 % 2_000))
            .collect();
        for &trip in &trips {
            assert!(archive.get(trip).is_none());
            archive.insert(trip, Booking::default().closed().unwrap());
        }
        assert!(
            archive.latest.len() < Archive::LATEST_MIN && archive.sorted.is_sorted_by_key(|(trip, _)| *trip)
        );
        for &trip in &trips {
            assert!(archive.get(trip).is_some());
            assert!(archive.remove(trip).is_some());
            assert!(archive.remove(trip).is_none() && archive.get(trip).is_none());
        }
    }

    #[test]
    fn a_closed_trip_takes_40_bytes_with_its_id() {
        assert_eq!(size_of::<(TripId, Closed)>(), 40);
    }
}
