//! All streams of one trip together: what one of them claims, another must have seen.

use super::charge::Charge;
use super::correction::Charges;
use super::few::Few;
use super::finding::{Flaw, Notes};
use super::search::Search;
use super::tape::Tape;
use super::trip::{DriverNote, PaymentNote, Step, Trip};
use crate::driver::Fence;
use crate::id::{DriverId, TripId};
use crate::money::{Currency, Money};
use crate::stream::{ChargeNumber, Commit, StreamId, Version};
use crate::trip::Secured;

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
    pub(super) fn observe(&mut self, commit: &Commit, notes: &mut Notes<'_>) -> bool {
        match commit.stream {
            StreamId::Trip(_) => {
                let is_new = self.trip_tape.observe(commit, notes);
                if is_new {
                    self.trip.observe(&commit.events, notes);
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

    /// Whether nothing is outstanding on any stream.
    pub(super) fn is_complete(&self) -> bool {
        // Another rider's order may still come after a tombstone.
        let was_rejected = self.trip.step == Step::Rejected;
        self.trip.is_over()
            && !self.trip.is_tombstone()
            && (self.search.is_closed() || (was_rejected && self.search_tape.is_empty()))
            && (self.fare.is_closed() || (was_rejected && self.fare.tape.is_empty()))
            && self.others.iter().all(|(_, charge)| charge.is_closed())
            && self
                .charges()
                .have_heard(self.trip.receipts.saturating_sub(1), self.trip.tips())
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

    /// Compares the charges with the trip: when it is forgotten, or when the log ends, since corrections and tips come after
    /// everything was closed.
    pub(super) fn judge_charges(&self, trip: TripId, notes: &mut Notes<'_>) {
        self.charges()
            .judge(trip, (self.trip.total, self.trip.tips()), notes);
    }

    /// Compares the streams, once, when all that they say about each other is known.
    pub(super) fn judge(&mut self, trip: TripId, notes: &mut Notes<'_>) {
        if self.is_judged {
            return;
        }
        self.is_judged = true;
        self.judge_locks(trip, notes);
        self.judge_payment_notes(trip, notes);
        self.judge_money(trip, notes);
    }

    fn judge_locks(&self, trip: TripId, notes: &mut Notes<'_>) {
        for note in &*self.trip.driver_notes {
            let is_assigned = self.search.assignments.iter().any(|assigned| {
                (assigned.driver, assigned.round, assigned.fence) == (note.driver, note.round, note.fence)
            });
            if !is_assigned {
                let driver = note.driver;
                notes.add_at(
                    StreamId::Trip(trip),
                    note.version,
                    Flaw::DriverNoteUnfounded { driver },
                );
            }
        }
        for assigned in &*self.search.assignments {
            let is_locked = self.locks.iter().any(|lock| {
                (lock.driver, lock.round, lock.fence) == (assigned.driver, assigned.round, assigned.fence)
            });
            if !is_locked {
                let driver = assigned.driver;
                notes.add_at(
                    StreamId::Dispatch(trip),
                    assigned.version,
                    Flaw::AssignedUnlocked { driver },
                );
            }
        }
        for lock in &*self.locks {
            let stream = StreamId::Driver(lock.driver);
            if !self.search.has_asked(lock.driver, lock.round) {
                notes.add_at(stream, lock.version, Flaw::LockUnasked);
            }
            let is_asked = self
                .search
                .releases
                .iter()
                .any(|release| release.fence == lock.fence && release.driver == lock.driver);
            if lock.is_released && !is_asked {
                notes.add_at(stream, lock.version, Flaw::ReleasedUnasked);
            }
        }
        self.judge_releases(trip, notes);
    }

    /// The trip itself must have let go of the driver, and that must have led to the release.
    fn judge_releases(&self, trip: TripId, notes: &mut Notes<'_>) {
        for release in &*self.search.releases {
            let is_it = |note: &&DriverNote| note.fence == release.fence && note.driver == release.driver;
            let Some(note) = self.trip.driver_notes.iter().find(is_it) else {
                continue;
            };
            let led_to_it = |let_go| release.trip_version.is_some_and(|cause| let_go <= cause);
            let was_let_go = note.let_go.is_some_and(led_to_it);
            if !was_let_go {
                notes.add_at(
                    StreamId::Dispatch(trip),
                    release.version,
                    Flaw::ReleasedInProgress,
                );
            }
        }
    }

    fn judge_payment_notes(&self, trip: TripId, notes: &mut Notes<'_>) {
        for note in &*self.trip.payment_notes {
            let (version, is_founded) = match *note {
                PaymentNote::Secured(version, Secured::Waived) => (version, self.fare.is_waived()),
                PaymentNote::Secured(version, Secured::Authorized(number)) => {
                    (version, self.fare.has_held(number))
                }
                PaymentNote::Lost(version, number) => (version, self.fare.has_lost(number)),
            };
            if !is_founded {
                notes.add_at(StreamId::Trip(trip), version, Flaw::PaymentNoteUnfounded);
            }
        }
    }

    fn judge_money(&self, trip: TripId, notes: &mut Notes<'_>) {
        let stream = StreamId::Payment(trip, ChargeNumber::FARE);
        if self.trip.step.is_ended() && self.fare.is_closed() {
            let (due_minor, asked_minor) = (self.trip.due_minor(), self.fare.due.map_or(0, Money::minor));
            if due_minor != asked_minor {
                let flaw = Flaw::DueDiffers {
                    due_minor,
                    asked_minor,
                };
                notes.add_at(stream, self.fare.asked_at, flaw);
            }
        }
        if self.trip.outcome.is_some() && self.trip.outcome != self.fare.outcome {
            notes.add_at(StreamId::Trip(trip), self.trip.settled_at, Flaw::OutcomeDiffers);
        }
        if self.trip.wants_hold && self.fare.is_waived() {
            notes.add_at(stream, Version::new(1), Flaw::WaivedUnasked);
        }
        if let (Some(hold), Some(wanted)) = (self.trip.hold(), self.fare.wanted) {
            if hold.currency() != wanted.currency() {
                notes.add_at(stream, self.fare.tape.head(), Flaw::CurrencyMixed);
            } else if wanted.minor() > hold.minor() {
                notes.add_at(stream, self.fare.tape.head(), Flaw::HoldAboveQuote);
            }
        }
    }

    /// What the end of the log leaves open.
    pub(super) fn finish(&mut self, trip: TripId, notes: &mut Notes<'_>) {
        self.judge(trip, notes);
        let trip_stream = StreamId::Trip(trip);
        if !self.trip.step.is_ended() {
            notes.add_at(trip_stream, self.trip_tape.head(), Flaw::NeverEnded);
            return;
        }
        if !self.trip.is_over() {
            notes.add_at(trip_stream, self.trip_tape.head(), Flaw::NeverClosed);
        }
        let must_close = self.trip.step != Step::Rejected && !self.trip.is_tombstone();
        if !self.search.is_closed() && (must_close || !self.search_tape.is_empty()) {
            notes.add_at(
                StreamId::Dispatch(trip),
                self.search_tape.head(),
                Flaw::NeverClosed,
            );
        }
        if must_close || !self.fare.tape.is_empty() {
            finish_charge(trip, ChargeNumber::FARE, &self.fare, notes);
        }
        for (number, charge) in &*self.others {
            finish_charge(trip, *number, charge, notes);
        }
        for lock in self.locks.iter().filter(|lock| !lock.is_released) {
            notes.add_at(
                StreamId::Driver(lock.driver),
                lock.version,
                Flaw::LockAfterEnd { trip },
            );
        }
    }

    /// What must be remembered of a complete booking; none where more must be, and it is kept whole.
    pub(super) fn closed(&self) -> Option<Closed> {
        if !self.others.is_empty() || !(self.fare.is_plain() || self.fare.tape.is_empty()) {
            return None;
        }
        let minor = |minor: i64| i32::try_from(minor).ok();
        let head = |tape: &Tape| u16::try_from(tape.head().get()).ok();
        Some(Closed {
            step: self.trip.step,
            receipts: u8::try_from(self.trip.receipts).ok()?,
            total_minor: minor(self.trip.total.map_or(0, Money::minor))?,
            captured_minor: minor(self.fare.captured_minor)?,
            debt_minor: minor(self.fare.debt_minor)?,
            currency: self.trip.total.map(Money::currency).or(self.fare.currency),
            trip_head: head(&self.trip_tape)?,
            search_head: head(&self.search_tape)?,
            fare_head: head(&self.fare.tape)?,
        })
    }

    /// A booking that completed, for what may still come: a refund, a dispute, a correction, a tip.
    pub(super) fn resumed(closed: &Closed) -> Self {
        let total = closed
            .currency
            .filter(|_| closed.receipts > 0)
            .map(|currency| Money::new(closed.total_minor.into(), currency));
        let resumed = |head: u16| Tape::resumed(Version::new(head.into()));
        Self {
            trip_tape: resumed(closed.trip_head),
            trip: Trip::resumed(closed.step, total, closed.receipts.into()),
            search_tape: resumed(closed.search_head),
            search: Search::resumed(),
            fare: Charge::resumed(
                resumed(closed.fare_head),
                closed.currency,
                closed.total_minor.into(),
                (closed.captured_minor.into(), closed.debt_minor.into()),
            ),
            is_judged: true,
            ..Self::default()
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

fn finish_charge(trip: TripId, number: ChargeNumber, charge: &Charge, notes: &mut Notes<'_>) {
    let stream = StreamId::Payment(trip, number);
    if !charge.is_closed() {
        notes.add_at(stream, charge.tape.head(), Flaw::NeverClosed);
    }
    if charge.is_holding() {
        notes.add_at(stream, charge.tape.head(), Flaw::HoldAfterEnd);
    }
}

/// What is remembered of a trip that is closed on every stream: 24 bytes. A trip that does not fit is kept whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closed {
    total_minor: i32,
    captured_minor: i32,
    debt_minor: i32,
    currency: Option<Currency>,
    trip_head: u16,
    search_head: u16,
    fare_head: u16,
    receipts: u8,
    step: Step,
}

impl Closed {
    /// Whether one of the trip's streams holds a commit.
    pub(super) fn holds(&self, stream: StreamId, version: Version) -> bool {
        let head = match stream {
            StreamId::Trip(_) => self.trip_head,
            StreamId::Dispatch(_) => self.search_head,
            StreamId::Payment(_, ChargeNumber::FARE) => self.fare_head,
            StreamId::Payment(..) | StreamId::Driver(_) | StreamId::Ops(_) | StreamId::Tariff(_) => {
                return false;
            }
        };
        version > Version::EMPTY && version.get() <= u32::from(head)
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
        assert!(!booking.observe(&commit, &mut Notes::new(&mut findings, ann, commit.version)));
        assert!(!booking.holds(ann, commit.version, 0));
        assert_eq!(findings.count, 0);
    }

    #[test]
    fn an_open_trip_stays_small() {
        assert!(size_of::<Booking>() <= 568, "{}", size_of::<Booking>());
    }

    #[test]
    fn a_trip_that_is_too_long_to_be_remembered_in_short_is_kept_whole() {
        let booking = |trip_head| Booking {
            trip_tape: Tape::resumed(Version::new(trip_head)),
            ..Booking::default()
        };
        assert!(booking(65_535).closed().is_some());
        assert!(booking(65_536).closed().is_none());
    }
}
