//! Where a trip stands on each of its streams, and what it waits for.

use super::words::{plain, short};
use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::{Dispatch, Phase as SearchPhase};
use fiacre_domain::event::Event;
use fiacre_domain::money::Money;
use fiacre_domain::payment::{Hold, Operation, Payment};
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Phase, Trip, TripEvent};
use std::collections::BTreeMap;

/// Something that has to come before the trip goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What, in words.
    pub what: String,
    /// When a deadline will end the wait, if one will.
    pub until: Option<Timestamp>,
}

/// Where a trip stands.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The trip.
    pub trip: Trip,
    /// Its search for a driver.
    pub search: Dispatch,
    /// Its charges, by number.
    pub charges: BTreeMap<ChargeNumber, Payment>,
    /// When the driver counts as overdue, the rider as not coming, or the ride as not ending, whichever is next.
    due_at: Option<Timestamp>,
}

impl Standing {
    /// After these commits, in an order that keeps each stream's.
    pub(crate) fn of(commits: &[Commit]) -> Self {
        let mut standing = Self::default();
        for commit in commits {
            for event in commit.events.iter() {
                standing.fold(commit, event);
            }
        }
        standing
    }

    fn fold(&mut self, commit: &Commit, event: &Event) {
        match event {
            Event::Trip(event) => {
                self.trip.evolve(event, commit.at);
                if let TripEvent::Confirmed {
                    arrival_due_at: due_at,
                    ..
                }
                | TripEvent::DriverArrived {
                    no_show_due_at: due_at,
                    ..
                } = event
                {
                    self.due_at = Some(*due_at);
                } else if let TripEvent::Started(start) = event {
                    self.due_at = Some(start.overdue_at);
                }
            }
            Event::Dispatch(event) => self.search.evolve(event, commit.at),
            Event::Payment(event) => {
                if let StreamId::Payment(_, number) = commit.stream {
                    self.charges.entry(number).or_default().evolve(event, commit.at);
                }
            }
            Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {}
        }
    }

    /// The trip's state in a few words.
    pub fn trip_state(&self) -> String {
        let control = self.trip.control();
        let closed = if control.closed { ", closed" } else { "" };
        format!("{}{closed}", control.phase.name())
    }

    /// The search's state in a few words.
    pub fn search_state(&self) -> String {
        let control = self.search.control();
        if control.phase == SearchPhase::Absent {
            return "not begun".to_owned();
        }
        format!("{}, round {}", plain(&control.phase), control.round)
    }

    /// A charge's state in a few words.
    pub fn charge_state(charge: &Payment) -> String {
        let control = charge.control();
        let hold = match (control.hold, charge.held()) {
            (Hold::Open, Some(held)) => format!("{held} held"),
            (Hold::Captured, _) => match charge.captured() {
                Some(captured) => format!("{captured} captured"),
                None => "captured".to_owned(),
            },
            (Hold::None, _) => "nothing asked yet".to_owned(),
            (Hold::Ended, _) => "nothing held".to_owned(),
            (Hold::Waived(waiver), _) => format!("no hold needed ({})", plain(&waiver)),
            (hold, _) => format!("hold {}", plain(&hold)),
        };
        let debt = match (charge.debt_minor(), charge.start()) {
            (0, _) => String::new(),
            (minor, Some(start)) => format!(", {} owed", Money::new(minor, start.amount.currency())),
            (minor, None) => format!(", {minor} minor units owed"),
        };
        format!("{hold}{debt}{}", if control.closed { ", closed" } else { "" })
    }

    /// What has to come before the trip goes on; nothing for one that is over.
    pub fn waits_for(&self) -> Vec<Wait> {
        let mut waits = Vec::new();
        let control = self.trip.control();
        match control.phase {
            Phase::Absent | Phase::Rejected => {}
            Phase::Requested | Phase::Reassigning => {
                if !control.driver_noted {
                    waits.extend(self.search_waits());
                }
                if control.secured.is_none() {
                    waits.push(self.hold_wait());
                }
                if waits.is_empty() {
                    waits.push(wait("the trip to confirm", None));
                }
            }
            Phase::Confirmed => waits.push(wait("the driver to arrive", self.due_at)),
            Phase::Arrived => waits.push(wait("the rider to come and the ride to start", self.due_at)),
            Phase::Started => waits.push(wait("the ride to end", self.due_at)),
            Phase::Completed | Phase::Cancelled | Phase::Failed => waits.extend(self.end_waits()),
        }
        for (number, charge) in &self.charges {
            let is_open = !charge.control().closed && *number != ChargeNumber::FARE;
            let is_refund = charge.control().closed && charge.control().operation == Operation::Refunding;
            if is_open || is_refund {
                waits.push(charge_wait(&format!("charge {}: ", number.0), charge));
            }
        }
        waits
    }

    fn search_waits(&self) -> Vec<Wait> {
        let until = Some(self.search.budget_ends_at());
        let expires = self.trip.request().map(|request| request.expires_at());
        match self.search.control().phase {
            SearchPhase::Absent => vec![wait("the search to begin", expires)],
            SearchPhase::Searching => {
                let open = self.search.open_offers().iter().map(|offer| {
                    let driver = short(offer.driver);
                    if offer.accepted {
                        wait(
                            format!(
                                "the lock of driver {driver}, who accepted offer {}",
                                offer.number.0
                            ),
                            None,
                        )
                    } else {
                        wait(
                            format!("driver {driver} to answer offer {}", offer.number.0),
                            Some(offer.expires_at),
                        )
                    }
                });
                let open: Vec<_> = open.collect();
                if open.is_empty() {
                    vec![wait("the matcher to find a driver", until)]
                } else {
                    open
                }
            }
            SearchPhase::Paused => vec![wait("the region to be served again", expires)],
            SearchPhase::Assigned => vec![wait("the trip to note its driver", expires)],
            SearchPhase::Exhausted => vec![wait("the trip to fail for want of a driver", expires)],
            SearchPhase::Ending | SearchPhase::Closed => vec![wait("the trip's own end", expires)],
        }
    }

    fn hold_wait(&self) -> Wait {
        match self.charges.get(&ChargeNumber::FARE) {
            Some(charge) => charge_wait("", charge),
            None => wait(
                "the payment to begin",
                self.trip.request().map(|request| request.expires_at()),
            ),
        }
    }

    fn end_waits(&self) -> Vec<Wait> {
        let control = self.trip.control();
        let mut waits = Vec::new();
        if !control.lock_cleared {
            waits.push(match self.search.control().phase {
                SearchPhase::Closed => wait("the trip to note that no driver is locked", None),
                SearchPhase::Absent
                | SearchPhase::Searching
                | SearchPhase::Paused
                | SearchPhase::Assigned
                | SearchPhase::Exhausted => wait("the search to hear of the end", None),
                SearchPhase::Ending => wait("its driver to be released", None),
            });
        }
        if !control.money_settled {
            waits.push(match self.charges.get(&ChargeNumber::FARE) {
                Some(charge) if charge.control().closed => wait("the trip to note how the money ended", None),
                Some(charge) => charge_wait("", charge),
                None => wait("the payment to hear of the end", None),
            });
        }
        if waits.is_empty() && !control.closed {
            waits.push(wait("the trip to close", None));
        }
        waits
    }
}

fn wait(what: impl Into<String>, until: Option<Timestamp>) -> Wait {
    Wait {
        what: what.into(),
        until,
    }
}

fn charge_wait(prefix: &str, charge: &Payment) -> Wait {
    let control = charge.control();
    let (what, until) = match (control.operation, control.hold) {
        (Operation::Capturing, _) => ("the gateway to take what is due", None),
        (Operation::Voiding, _) => ("the gateway to give the hold back", None),
        (Operation::Refunding, _) => ("the gateway to give money back", None),
        (Operation::None, Hold::Pending) => {
            ("the gateway to create the payment", Some(charge.budget_ends_at()))
        }
        (Operation::None, Hold::Created) => ("the gateway to place the hold", Some(charge.budget_ends_at())),
        (Operation::None, Hold::ActionRequired) => (
            "the rider to prove who they are (3-D Secure)",
            Some(charge.budget_ends_at()),
        ),
        (Operation::None, Hold::None) => ("the payment to begin", None),
        (Operation::None, Hold::Open | Hold::Waived(_)) if control.ask.is_none() => {
            ("the trip to note its payment, or to end", None)
        }
        (Operation::None, Hold::Open | Hold::Waived(_) | Hold::Captured | Hold::Ended) => {
            ("the charge to close", None)
        }
    };
    wait(format!("{prefix}{what}"), until)
}
