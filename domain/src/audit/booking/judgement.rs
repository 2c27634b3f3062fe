//! What one stream of a trip claims of another, judged once all that they say of each other is known.

use super::Booking;
use crate::audit::charge::Charge;
use crate::audit::finding::{Flaw, Notes};
use crate::audit::trip::{DriverNote, PaymentNote, Step};
use crate::id::TripId;
use crate::money::Money;
use crate::payment::{SettlementBasis, Waiver};
use crate::stream::{ChargeNumber, StreamId, Version};
use crate::trip::{FailReason, PaymentMethod, Secured};

impl Booking {
    /// Compares the charges with the trip: when it is forgotten, or when the log ends, since corrections and tips come after
    /// everything was closed.
    pub(in crate::audit) fn judge_charges(&self, trip: TripId, notes: &mut Notes<'_>) {
        self.charges()
            .judge(trip, (self.trip.end.total, self.trip.tips()), notes);
        self.judge_attempts(trip, notes);
    }

    /// Compares the streams, once, when all that they say about each other is known.
    pub(in crate::audit) fn judge(&mut self, trip: TripId, notes: &mut Notes<'_>) {
        if self.is_judged {
            return;
        }
        self.is_judged = true;
        self.judge_locks(trip, notes);
        self.judge_budget(trip, notes);
        self.judge_failure(trip, notes);
        self.judge_payment_notes(trip, notes);
        self.judge_waiver(trip, notes);
        self.judge_money(trip, notes);
    }

    /// Every round was given what the order says.
    fn judge_budget(&self, trip: TripId, notes: &mut Notes<'_>) {
        let Some((order, given)) = self.trip.order.as_ref().zip(self.search.given) else {
            return;
        };
        let by_ms = given.get().saturating_sub(order.policy().search_budget.get());
        if by_ms != 0 {
            let (stream, first) = (StreamId::Dispatch(trip), Version::new(1));
            notes.add_at(stream, first, Flaw::SearchBudgetDiffers { by_ms });
        }
    }

    /// A trip that failed for its search or its payment failed for what these say.
    fn judge_failure(&self, trip: TripId, notes: &mut Notes<'_>) {
        let is_founded = match self.trip.end.failed_for {
            Some(FailReason::NoDriver) => self.search.exhausted == Some(self.trip.round),
            Some(FailReason::PaymentDeclined) => self.fare.is_declined,
            Some(FailReason::Expired | FailReason::ReassignmentsUsedUp) | None => true,
        };
        if !is_founded {
            notes.add_at(
                StreamId::Trip(trip),
                self.trip.end.ended_at,
                Flaw::FailureUnfounded,
            );
        }
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
            let was_let_go = release
                .trip_version
                .is_some_and(|cause| note.was_let_go_by(cause));
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
            let (due_minor, asked_minor) = (self.trip.due_minor(), self.fare.end.due.map_or(0, Money::minor));
            if due_minor != asked_minor {
                let flaw = Flaw::DueDiffers {
                    due_minor,
                    asked_minor,
                };
                notes.add_at(stream, self.fare.end.asked_at, flaw);
            }
        }
        if self.trip.end.outcome.is_some() && self.trip.end.outcome != self.fare.end.outcome {
            notes.add_at(
                StreamId::Trip(trip),
                self.trip.end.settled_at,
                Flaw::OutcomeDiffers,
            );
        }
        if self
            .fare
            .end
            .basis
            .is_some_and(|basis| Some(basis) != self.basis())
        {
            notes.add_at(stream, self.fare.end.asked_at, Flaw::BasisDiffers);
        }
        if let (Some(hold), Some(start)) = (self.trip.hold(), &self.fare.start) {
            if hold.currency() != start.amount.currency() {
                notes.add_at(stream, self.fare.tape.head(), Flaw::CurrencyMixed);
            } else if start.amount.minor() > hold.minor() {
                notes.add_at(stream, self.fare.tape.head(), Flaw::HoldAboveQuote);
            }
        }
    }

    /// What a settlement stands on, by how the trip ended.
    const fn basis(&self) -> Option<SettlementBasis> {
        match self.trip.step {
            Step::Completed => Some(SettlementBasis::Fare),
            Step::Cancelled => Some(SettlementBasis::Fee),
            Step::Failed => Some(SettlementBasis::Nothing),
            Step::Absent
            | Step::Requested
            | Step::Reassigning
            | Step::Confirmed
            | Step::Arrived
            | Step::Started
            | Step::Rejected => None,
        }
    }

    /// Nothing is held where, and only where, the order says so.
    fn judge_waiver(&self, trip: TripId, notes: &mut Notes<'_>) {
        let (Some(order), Some(waiver)) = (&self.trip.order, self.fare.waiver()) else {
            return;
        };
        let is_asked = match order.payment() {
            PaymentMethod::Cash => waiver == Waiver::Cash,
            PaymentMethod::Account => waiver == Waiver::Account,
            PaymentMethod::Hold { .. } => waiver == Waiver::NothingDue && order.quote().hold().minor() <= 0,
        };
        if !is_asked {
            let stream = StreamId::Payment(trip, ChargeNumber::FARE);
            notes.add_at(stream, Version::new(1), Flaw::WaivedUnasked);
        }
    }

    /// Each charge that holds money holds it of the order's card, and tries as long as the order's policy says.
    fn judge_attempts(&self, trip: TripId, notes: &mut Notes<'_>) {
        let Some(order) = &self.trip.order else { return };
        let others = self.others.iter().map(|(number, charge)| (*number, charge));
        for (number, charge) in std::iter::once((ChargeNumber::FARE, &self.fare)).chain(others) {
            let Some(start) = &charge.start else { continue };
            let mut add = |flaw| notes.add_at(StreamId::Payment(trip, number), charge.tape.head(), flaw);
            match self.trip.card() {
                None => add(Flaw::HoldUnasked),
                Some(card) if card != start.method => add(Flaw::CardDiffers),
                Some(_) => {}
            }
            let policy = order.policy();
            let by_ms = [
                (start.budget, policy.authorization_budget),
                (start.action_budget, policy.action_budget),
            ]
            .map(|(given, said)| given.get().saturating_sub(said.get()));
            if let Some(by_ms) = by_ms.into_iter().find(|by_ms| *by_ms != 0) {
                add(Flaw::AuthorizationBudgetDiffers { by_ms });
            }
        }
    }

    /// What the end of the log leaves open.
    pub(in crate::audit) fn finish(&mut self, trip: TripId, notes: &mut Notes<'_>) {
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
