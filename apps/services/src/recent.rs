//! States that were decided on lately: the next decision on a stream begins where the last one ended, without a load.
//!
//! A cache over the log and nothing else. Whatever it holds was true at its version: an append at a version that the stream
//! has left behind is a conflict, and an answer without events is never believed before a load at the confirmed head
//! ([`crate::writer`]), which gives only what is newer. So it may be stale, empty, shared or lost at any time, and costs a load at most.

use crate::backoff::mixed;
use crate::known::{Known, Lines};
use fiacre_domain::stream::StreamId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many shelves there are: the saga's steps of a stream follow each other within a minute or two.
const SHELVES: usize = 4_096;
/// How many states a shelf holds.
const SHELF_ROOM: usize = 4;

/// The states of up to about sixteen thousand streams, shared by the processes of a service. Whoever works on a state takes it
/// out: a process that dies within a run takes what it held along.
#[derive(Debug, Default)]
pub struct RecentStates(Mutex<Vec<Shelf>>);

/// A few states, the latest first: what no longer has room is what was not used for longest.
#[derive(Debug, Default)]
struct Shelf([Option<(StreamId, Box<Known>)>; SHELF_ROOM]);

impl Shelf {
    fn take(&mut self, stream: StreamId) -> Option<Box<Known>> {
        let is_it = |kept: &Option<(StreamId, _)>| kept.as_ref().is_some_and(|(kept, _)| *kept == stream);
        let place = self.0.iter().position(is_it)?;
        let after = self.0.get_mut(place..)?;
        let (_, known) = after.first_mut()?.take()?;
        after.rotate_left(1);
        Some(known)
    }

    /// Of two states of one stream the newer stays.
    fn put(&mut self, stream: StreamId, known: Box<Known>) {
        let newer = match self.take(stream) {
            Some(other) if other.head >= known.head => other,
            Some(_) | None => known,
        };
        self.0.rotate_right(1);
        if let Some(first) = self.0.first_mut() {
            *first = Some((stream, newer));
        }
    }
}

impl RecentStates {
    /// Takes out what is known of these streams, unconfirmed.
    pub(crate) fn recall(&self, lines: &mut Lines) {
        let shelves = &mut *self.shelves();
        for line in lines.iter_mut() {
            let shelf = shelves.get_mut(place(line.stream));
            line.known = shelf.and_then(|shelf| shelf.take(line.stream));
            if let Some(known) = &mut line.known {
                known.confirmed = false;
                line.is_lively = true;
            }
        }
    }

    /// Keeps what is likely to be asked for again.
    pub(crate) fn keep(&self, lines: Lines) {
        let shelves = &mut *self.shelves();
        if shelves.is_empty() {
            shelves.resize_with(SHELVES, Shelf::default);
        }
        for line in lines {
            if let Some(known) = line.known.filter(|_| line.is_lively)
                && let Some(shelf) = shelves.get_mut(place(line.stream))
            {
                shelf.put(line.stream, known);
            }
        }
    }

    fn shelves(&self) -> MutexGuard<'_, Vec<Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shelf of a stream.
fn place(stream: StreamId) -> usize {
    let (kind, id) = match stream {
        StreamId::Trip(trip) => (1, trip.to_u128()),
        StreamId::Dispatch(trip) => (2, trip.to_u128()),
        StreamId::Driver(driver) => (3, driver.to_u128()),
        StreamId::Payment(trip, charge) => (4 + u64::from(charge.0), trip.to_u128()),
        // These hold no aggregate.
        StreamId::Ops(_) | StreamId::Tariff(_) => (0, 0),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves, and the low bits, are cut on purpose"
    )]
    let scattered = mixed((id >> 64) as u64 ^ mixed(id as u64 ^ mixed(kind))) as usize;
    scattered % SHELVES
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::id::TripId;
    use fiacre_domain::stream::Version;
    use fiacre_ports::{Consistency, LoadRequest, Loaded};

    fn trip(number: u128) -> StreamId {
        StreamId::Trip(TripId::from_u128(number))
    }

    /// Of a stream it was learnt that its head is `head`.
    fn learnt(stream: StreamId, head: u32) -> Lines {
        let mut lines = Lines::of(std::iter::once(stream));
        let line = lines.find_mut(stream).unwrap();
        line.is_lively = true;
        let head = Version::new(head);
        let loaded = Loaded {
            head,
            ..Loaded::default()
        };
        let known = line.learn(LoadRequest::whole(stream, Consistency::Linearizable), &loaded);
        assert!(known.unwrap().confirmed);
        lines
    }

    /// The head up to which a stream is remembered; asking takes it out.
    fn recalled(recent: &RecentStates, stream: StreamId) -> Option<u32> {
        let mut lines = Lines::of(std::iter::once(stream));
        recent.recall(&mut lines);
        let known = lines.find(stream)?.known.as_ref()?;
        assert!(!known.confirmed, "what was confirmed is so in its own run only");
        Some(known.head.get())
    }

    #[test]
    fn what_is_kept_is_taken_out_once() {
        let recent = RecentStates::default();
        assert_eq!(recalled(&recent, trip(1)), None);
        recent.keep(learnt(trip(1), 3));
        assert_eq!(recalled(&recent, StreamId::Dispatch(TripId::from_u128(1))), None);
        assert_eq!(recalled(&recent, trip(1)), Some(3));
        assert_eq!(recalled(&recent, trip(1)), None);
    }

    #[test]
    fn of_two_states_of_a_stream_the_newer_stays() {
        for heads in [[2, 5], [5, 2]] {
            let recent = RecentStates::default();
            for head in heads {
                recent.keep(learnt(trip(1), head));
            }
            assert_eq!(recalled(&recent, trip(1)), Some(5));
            assert_eq!(recalled(&recent, trip(1)), None);
        }
    }

    #[test]
    fn what_a_deadline_only_looked_at_is_not_kept() {
        let recent = RecentStates::default();
        let mut lines = learnt(trip(1), 3);
        lines.iter_mut().for_each(|line| line.is_lively = false);
        recent.keep(lines);
        assert_eq!(recalled(&recent, trip(1)), None);
    }

    #[test]
    fn where_there_is_no_room_what_was_used_last_stays() {
        let recent = RecentStates::default();
        let of_a_shelf = (1..).map(trip).filter(|stream| place(*stream) == 0);
        let streams: Vec<StreamId> = of_a_shelf.take(SHELF_ROOM + 1).collect();
        for stream in &streams[..SHELF_ROOM] {
            recent.keep(learnt(*stream, 1));
        }
        recent.keep(learnt(streams[0], 2));
        recent.keep(learnt(streams[SHELF_ROOM], 1));
        let kept: Vec<_> = streams.iter().map(|stream| recalled(&recent, *stream)).collect();
        assert_eq!(kept, [Some(2), None, Some(1), Some(1), Some(1)]);
    }

    #[test]
    fn streams_are_spread_over_the_shelves() {
        let mut counts = vec![0; SHELVES];
        for number in 0..SHELVES as u128 {
            let id = TripId::from_u128(number << 64 | number);
            for stream in [StreamId::Trip(id), StreamId::Dispatch(id)] {
                counts[place(stream)] += 1;
            }
        }
        let crowded = counts.iter().filter(|count| **count > 2 * SHELF_ROOM).count();
        assert!(crowded <= SHELVES / 100, "{crowded}");
    }
}
