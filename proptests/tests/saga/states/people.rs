//! What people do, whenever they like.

use super::local::{EARLY, LATE, Local, Outcome, Rules};
use crate::orders::{self, DRIVERS, OPERATOR, RIDER, STRANGER};
use fiacre_domain::dispatch::{self, Dispatch, Proposal};
use fiacre_domain::driver::Fence;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::DriverId;
use fiacre_domain::matching::{Terms, Verdicts};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    self, Actor, AdjustReason, CancelReason, DeviceFact, StartCheck, StartProof, Trip,
};
use fiacre_domain::units::Millimetres;
use std::sync::Arc;

impl Rules {
    /// All that people can do at a place.
    pub(crate) fn people(self, local: &Local) -> Vec<Outcome> {
        let outcomes: Vec<Outcome> = match local {
            Local::Trip(trip) => {
                let asked = self.asked_of_trip(trip);
                asked
                    .iter()
                    .filter_map(|(command, now)| self.trip(trip, command, *now))
                    .collect()
            }
            Local::Search(search) => {
                let asked = self.asked_of_search(search);
                asked
                    .iter()
                    .filter_map(|command| self.search(search, command, EARLY))
                    .collect()
            }
            // Duty is chosen where it matters: while a lock is decided.
            Local::Driver(_) => Vec::new(),
            Local::Money(money) => return self.happens(money),
        };
        // Nobody lets a search stand still for ever.
        let resumes = |outcome: &Outcome| outcome.what.ends_with("SearchResumed");
        outcomes
            .into_iter()
            .map(|outcome| {
                if resumes(&outcome) {
                    outcome
                } else {
                    outcome.at_will()
                }
            })
            .collect()
    }

    /// Every request that people may send to a trip, whatever it is at.
    pub(crate) fn asked_of_trip(self, trip: &Trip) -> Vec<(trip::Command, Timestamp)> {
        let cancel = |by, reason| trip::Command::Cancel { by, reason };
        let by_rider = cancel(Actor::Rider(RIDER), CancelReason::ChangedPlans);
        let mut asked = vec![
            (by_rider.clone(), EARLY),
            (by_rider, LATE),
            (cancel(Actor::Operator(OPERATOR), CancelReason::Safety), EARLY),
        ];
        if self.bounds.strangers {
            asked.push((cancel(Actor::Rider(STRANGER), CancelReason::ChangedPlans), EARLY));
        }
        for driver in DRIVERS.into_iter().take(self.bounds.drivers) {
            asked.push((cancel(Actor::Driver(driver), CancelReason::Other), EARLY));
            for count in 1..=u32::from(self.bounds.offers) {
                asked.extend(drives(driver, Fence { epoch: 0, count }));
            }
        }
        for shorter in [false, true] {
            let plan = trip::Command::ChangePlan {
                by: Actor::Rider(RIDER),
                plan: orders::plan(),
                quote: orders::quote(shorter),
                quote_fingerprint: Fingerprint::new([0; 32]),
            };
            asked.push((plan, EARLY));
        }
        // Afterwards corrections and tips are without end: those that move money of this charge are among what happens to it.
        if !trip.control().phase.is_ended() {
            let receipt = Arc::new(orders::quote(false).settle(&orders::READING).unwrap());
            let reason = AdjustReason::WrongReading;
            asked.push((trip::Command::AdjustFare { reason, receipt }, EARLY));
            let (rider, amount) = (RIDER, orders::quote(false).hold());
            asked.push((trip::Command::Tip { rider, amount }, EARLY));
        }
        asked
    }

    fn asked_of_search(self, search: &Dispatch) -> Vec<dispatch::Command> {
        let mut asked = Vec::new();
        if self.bounds.pauses {
            asked.extend([dispatch::Command::Pause, dispatch::Command::Resume]);
        }
        for driver in DRIVERS.into_iter().take(self.bounds.drivers) {
            asked.push(dispatch::Command::Propose(Proposal {
                round: search.control().round,
                driver,
                wave: 0,
                expires_at: LATE,
                promised_pick_up_at: LATE,
                plan_revision: search.brief().map_or(0, |brief| brief.plan_revision),
                terms: Terms::default(),
                verdicts: Verdicts::new([]),
            }));
        }
        for open in search.open_offers() {
            let (offer, driver) = (open.number, open.driver);
            asked.push(dispatch::Command::Accept { offer, driver });
            asked.push(dispatch::Command::Decline { offer, driver });
        }
        asked
    }
}

/// All that a driver may say who believes to hold this lock.
fn drives(driver: DriverId, fence: Fence) -> Vec<(trip::Command, Timestamp)> {
    let device = DeviceFact {
        occurred_at: EARLY,
        sequence: 0,
    };
    let start = |check| trip::Command::Start {
        driver,
        fence,
        check,
        device,
    };
    let arrive = trip::Command::Arrive {
        driver,
        fence,
        distance_to_pick_up: Millimetres::ZERO,
        device,
    };
    let complete = trip::Command::Complete {
        fence,
        by: Actor::Driver(driver),
        reading: orders::READING.clone(),
        device,
    };
    let early = [
        trip::Command::Withdraw { driver, fence },
        arrive,
        start(StartCheck::Proven(StartProof::Code)),
        start(StartCheck::WrongCode),
        start(StartCheck::Proven(StartProof::Operator(OPERATOR))),
        complete,
    ];
    let mut said: Vec<_> = early.into_iter().map(|command| (command, EARLY)).collect();
    said.push((trip::Command::NoShow { driver, fence }, LATE));
    said
}
