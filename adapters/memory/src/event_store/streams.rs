//! Every stream, found by id and scanned by number.

use super::dropped::Part;
use super::stream::Stream;
use crate::hash::{FixedState, Index};
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{ChargeNumber, StreamId};
use std::hash::{BuildHasher, Hash};

/// A trip's own stream, its search's and its fare's: they end together, and so lie together.
const OF_TRIP: u32 = 3;

/// The first number of those that do not end with a trip.
const OTHERS_FROM: u32 = 1 << 31;

/// The streams of trips, and all others: most of these are drivers'.
#[derive(Debug, Default)]
pub(super) struct Streams {
    trips: Table<TripId, [Stream; OF_TRIP as usize]>,
    others: Table<StreamId, Stream>,
}

/// What ends with a trip, in the order in which it lies.
const fn of_trip(trip: TripId) -> [StreamId; OF_TRIP as usize] {
    let fare = StreamId::Payment(trip, ChargeNumber::FARE);
    [StreamId::Trip(trip), StreamId::Dispatch(trip), fare]
}

/// The trip that a stream ends with, and its place among those.
pub(super) fn ends_with(stream: StreamId) -> Option<(TripId, u32)> {
    let trip = stream.trip()?;
    let place = of_trip(trip).iter().position(|own| *own == stream)?;
    Some((trip, u32::try_from(place).ok()?))
}

impl Streams {
    /// The number of a stream, if there is one.
    pub(super) fn number(&self, stream: StreamId) -> Option<u32> {
        match ends_with(stream) {
            Some((trip, place)) => self.trips.find(trip).map(|slot| slot * OF_TRIP + place),
            None => self.others.find(stream).map(|slot| OTHERS_FROM + slot),
        }
    }

    /// The number of a stream of which nothing is known yet.
    pub(super) fn create(&mut self, stream: StreamId) -> u32 {
        match ends_with(stream) {
            Some((trip, place)) => self.trips.create(trip) * OF_TRIP + place,
            None => OTHERS_FROM + self.others.create(stream),
        }
    }

    /// The stream with this number.
    pub(super) fn get(&self, number: u32) -> Option<(StreamId, &Stream)> {
        if let Some(slot) = number.checked_sub(OTHERS_FROM) {
            let (id, stream) = self.others.get(slot)?;
            return Some((*id, stream));
        }
        let (trip, streams) = self.trips.get(number / OF_TRIP)?;
        let place = (number % OF_TRIP) as usize;
        Some((*of_trip(*trip).get(place)?, streams.get(place)?))
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Stream> {
        match number.checked_sub(OTHERS_FROM) {
            Some(slot) => self.others.get_mut(slot),
            None => self
                .trips
                .get_mut(number / OF_TRIP)?
                .get_mut((number % OF_TRIP) as usize),
        }
    }

    /// The first number from this one on that a stream has.
    pub(super) fn first_from(&self, number: u32) -> Option<u32> {
        let is_used = |number: &u32| self.get(*number).is_some();
        [number, OTHERS_FROM.max(number)].into_iter().find(is_used)
    }

    /// Every stream.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        let of_trips = self.trips.iter_mut().flatten();
        of_trips.chain(self.others.iter_mut())
    }

    /// Takes out what ends with a trip.
    pub(super) fn take(&mut self, trip: TripId) -> Vec<Part> {
        let streams = self.trips.take(trip).into_iter().flatten();
        let named = of_trip(trip).into_iter().zip(streams);
        named.flat_map(|(id, stream)| stream.into_parts(id)).collect()
    }
}

/// What is found by key, and lies at a number for as long as it is there.
#[derive(Debug)]
struct Table<K, V> {
    index: Index,
    slots: Vec<(K, V)>,
    free: Vec<u32>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            index: Index::default(),
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<K: Copy + Eq + Hash, V: Default> Table<K, V> {
    fn get(&self, number: u32) -> Option<&(K, V)> {
        self.slots.get(number as usize)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut V> {
        self.slots.get_mut(number as usize).map(|(_, value)| value)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.iter_mut().map(|(_, value)| value)
    }

    fn find(&self, key: K) -> Option<u32> {
        let is_it = |number| self.get(number).is_some_and(|(known, _)| *known == key);
        self.index.find(hash_of(key), is_it)
    }

    fn create(&mut self, key: K) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            if self.slots.len() == self.slots.capacity() {
                self.slots.reserve_exact((self.slots.len() / 16).max(64));
            }
            self.slots.push((key, V::default()));
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some((known, _)) = self.slots.get_mut(number as usize) {
            *known = key;
        }
        let slots = &self.slots;
        let hash_at = |number: u32| slots.get(number as usize).map_or(0, |(key, _)| hash_of(*key));
        self.index.insert(hash_of(key), number, hash_at);
        number
    }

    /// Takes out a value; another is put where it lay, and nothing until then.
    fn take(&mut self, key: K) -> Option<V> {
        let slots = &self.slots;
        let is_it = |number: u32| slots.get(number as usize).is_some_and(|(known, _)| *known == key);
        let number = self.index.remove(hash_of(key), is_it)?;
        self.free.push(number);
        self.get_mut(number).map(std::mem::take)
    }
}

fn hash_of(key: impl Hash) -> u64 {
    FixedState.hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::id::DriverId;

    #[test]
    fn a_trip_takes_160_bytes_beside_its_commits() {
        assert_eq!(size_of::<(TripId, [Stream; 3])>(), 160);
    }

    #[test]
    fn streams_are_found_by_id_and_number_and_a_walk_meets_each_once() {
        let mut streams = Streams::default();
        let trips = [1, 2, 3].map(TripId::from_u128);
        let driver = StreamId::Driver(DriverId::from_u128(1));
        let tip = StreamId::Payment(trips[0], ChargeNumber(1));
        for stream in [
            StreamId::Dispatch(trips[0]),
            driver,
            StreamId::Trip(trips[1]),
            tip,
        ] {
            assert_eq!(streams.number(stream), None);
            let number = streams.create(stream);
            assert_eq!(streams.number(stream), Some(number));
            assert_eq!(streams.get(number).map(|(id, _)| id), Some(stream));
        }
        let after = |number: &u32| streams.first_from(number + 1);
        let numbers: Vec<_> = std::iter::successors(streams.first_from(0), after).collect();
        let met: Vec<_> = numbers
            .iter()
            .map(|number| streams.get(*number).unwrap().0)
            .collect();
        let expected = [of_trip(trips[0]), of_trip(trips[1])].into_iter().flatten();
        assert_eq!(met, expected.chain([driver, tip]).collect::<Vec<_>>());

        streams.take(trips[0]);
        assert_eq!(streams.number(StreamId::Trip(trips[0])), None);
        let again = streams.create(StreamId::Payment(trips[2], ChargeNumber::FARE));
        assert_eq!(again, OF_TRIP - 1, "what is free is used anew");
        assert_eq!(streams.iter_mut().count(), 8);
    }
}
