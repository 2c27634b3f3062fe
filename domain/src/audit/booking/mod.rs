//! All streams of one trip together.
//!
//! What one of them claims and another must have seen: [`judgement`]. What is remembered once all have ended: [`closed`].

mod closed;
mod judgement;

pub(super) use closed::Closed;

use super::charge::Charge;
use super::charge::correction::Charges;
use super::few::Few;
use super::finding::Notes;
use super::receipts::Receipts;
use super::search::Search;
use super::tape::Tape;
use super::trip::{Step, Trip};
use crate::driver::Fence;
use crate::id::DriverId;
use crate::stream::{ChargeNumber, Commit, StreamId, Version};

/// A lock that a driver's stream granted to the trip.
#[derive(Debug, Clone, Copy)]
struct Lock {
    version: Version,
    driver: DriverId,
    round: u8,
    fence: Fence,
    is_released: bool,
}

/// The streams of one trip.
#[derive(Debug, Default)]
pub(super) struct Booking {
    trip_tape: Tape,
    trip: Trip,
    search_tape: Tape,
    search: Search,
    fare: Charge,
    /// Tips, debts and corrections.
    others: Few<(ChargeNumber, Charge)>,
    locks: Few<Lock>,
    /// The streams were compared already.
    is_judged: bool,
}

impl Booking {
    /// Folds a commit of one of the trip's own streams; tells whether it was new.
    pub(super) fn observe(&mut self, commit: &Commit, tariffs: &Receipts, notes: &mut Notes<'_>) -> bool {
        match commit.stream {
            StreamId::Trip(_) => {
                let is_new = self.trip_tape.observe(commit, notes);
                if is_new {
                    self.trip.observe(commit, tariffs, notes);
                }
                is_new
            }
            StreamId::Dispatch(trip) => {
                let is_new = self.search_tape.observe(commit, notes);
                if is_new {
                    self.search.observe(trip, commit, notes);
                }
                is_new
            }
            StreamId::Payment(_, number) => {
                let charge = self.charge_mut(number);
                let is_new = charge.tape.observe(commit, notes);
                if is_new {
                    charge.observe(number, commit, notes);
                }
                is_new
            }
            StreamId::Driver(_) | StreamId::Ops(_) | StreamId::Tariff(_) => false,
        }
    }

    fn charge_mut(&mut self, number: ChargeNumber) -> &mut Charge {
        if number == ChargeNumber::FARE {
            return &mut self.fare;
        }
        let place = match self.others.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(place) => place,
            Err(place) => {
                self.others.insert(place, (number, Charge::default()));
                place
            }
        };
        &mut self.others[place].1
    }

    /// Notes a driver's lock; tells whether it may come: every lock that was asked for is answered before all is closed.
    pub(super) fn lock(&mut self, version: Version, driver: DriverId, round: u8, fence: Fence) -> bool {
        self.locks.push(Lock {
            version,
            driver,
            round,
            fence,
            is_released: false,
        });
        !self.is_judged
    }

    /// Notes a driver's release; tells whether there was such a lock.
    pub(super) fn release(&mut self, driver: DriverId, fence: Fence) -> bool {
        let is_it = |lock: &&mut Lock| lock.driver == driver && lock.fence == fence;
        let held = self.locks.iter_mut().find(is_it);
        held.map(|lock| lock.is_released = true).is_some()
    }

    /// Whether one of the trip's streams holds an event.
    pub(super) fn holds(&self, stream: StreamId, version: Version, index: u16) -> bool {
        let tape = match stream {
            StreamId::Trip(_) => &self.trip_tape,
            StreamId::Dispatch(_) => &self.search_tape,
            StreamId::Payment(_, ChargeNumber::FARE) => &self.fare.tape,
            StreamId::Payment(_, number) => match self.others.iter().find(|(known, _)| *known == number) {
                Some((_, charge)) => &charge.tape,
                None => return false,
            },
            StreamId::Driver(_) | StreamId::Ops(_) | StreamId::Tariff(_) => return false,
        };
        tape.holds(version, index)
    }

    /// Whether nothing is outstanding on any stream, and no order can come that begins it anew.
    pub(super) fn is_complete(&self) -> bool {
        // Another rider's order may still come after a tombstone.
        !self.trip.is_tombstone() && self.is_ended()
    }

    /// Whether nothing is outstanding on any stream.
    pub(super) fn is_ended(&self) -> bool {
        let may_lack = self.trip.step == Step::Rejected || self.trip.is_tombstone();
        self.trip.is_over()
            && (self.search.is_closed() || (may_lack && self.search_tape.is_empty()))
            && (self.fare.is_closed() || (may_lack && self.fare.tape.is_empty()))
            && self.others.iter().all(|(_, charge)| charge.is_closed())
            && self
                .charges()
                .have_heard(self.trip.end.receipts.saturating_sub(1), self.trip.tips())
            && self.locks.iter().all(|lock| lock.is_released)
            && self.search.releases.iter().all(|release| {
                let is_it = |lock: &Lock| lock.fence == release.fence && lock.driver == release.driver;
                self.locks.iter().any(is_it)
            })
    }

    fn charges(&self) -> Charges<'_> {
        Charges {
            fare: &self.fare,
            others: &self.others,
        }
    }

    /// Forgets what only open streams need.
    pub(super) fn trim(&mut self) {
        self.trip_tape.trim();
        self.search_tape.trim();
        self.fare.tape.trim();
        for (_, charge) in &mut *self.others {
            charge.tape.trim();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The auditor gives a booking its own streams only; anything else is nobody's event.
    #[test]
    fn a_booking_has_nothing_of_other_streams() {
        let ann = StreamId::Driver(DriverId::from_u128(1));
        let commit = Commit {
            stream: ann,
            version: Version::new(1),
            at: crate::time::Timestamp::from_ms(0),
            cause: crate::stream::Cause::Command(crate::id::CommandId::from_u128(1)),
            region: "manhattan".parse().unwrap(),
            trace: None,
            events: [].into(),
        };
        let (mut findings, mut booking) = (crate::audit::finding::Findings::default(), Booking::default());
        assert!(!booking.observe(
            &commit,
            &Receipts::default(),
            &mut Notes::new(&mut findings, ann, commit.version)
        ));
        assert!(!booking.holds(ann, commit.version, 0));
        assert_eq!(findings.count, 0);
    }

    #[test]
    fn an_open_trip_stays_small() {
        assert!(size_of::<Booking>() <= 368, "{}", size_of::<Booking>());
    }
}
