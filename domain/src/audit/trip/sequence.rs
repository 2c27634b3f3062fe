//! What may follow what on a trip's stream.

use super::{Step, Trip, is_lost};
use crate::money::Money;
use crate::trip::{Actor, FailReason, ReassignReason, TripEvent};

impl Trip {
    pub(super) fn may_follow(&self, event: &TripEvent) -> bool {
        // Of a closed trip only the receipt is ever corrected, and a tip given.
        if let Some(by) = &self.end.tombstone {
            return self.may_follow_tombstone(by, event);
        }
        if self.is_over() {
            return self.may_follow_end(event);
        }
        match *event {
            TripEvent::Requested(_) | TripEvent::Rejected { .. } => self.step == Step::Absent,
            TripEvent::DriverNoted { round, .. } => {
                self.step.is_open() && round == self.round && self.noted().is_none()
            }
            TripEvent::PaymentNoted { secured } => {
                let is_lost = self.lost.is_some_and(|lost| is_lost(secured, lost));
                self.step.is_before_ride() && Some(secured) > self.secured && !is_lost
            }
            TripEvent::PaymentUnnoted { authorization } => {
                self.step.is_before_ride() && Some(authorization) > self.lost
            }
            // Findings of their own say what was missing.
            TripEvent::Confirmed { .. } => true,
            TripEvent::Reassigning {
                round,
                reason,
                ref change,
                ..
            } => {
                let revision = change.as_ref().map_or(0, |change| change.revision);
                self.may_reassign(reason)
                    && revision == self.plan_revision
                    && Some(round) == self.round.checked_add(1)
            }
            TripEvent::DriverArrived { round, .. } => self.step == Step::Confirmed && round == self.round,
            // That the count goes on is a finding of its own.
            TripEvent::StartCodeRefused { round, .. } => self.step == Step::Arrived && round == self.round,
            TripEvent::Started(_) => self.step == Step::Arrived,
            TripEvent::PlanChanged(ref change) => {
                (Step::Requested..=Step::Started).contains(&self.step)
                    && Some(change.revision) == self.plan_revision.checked_add(1)
            }
            TripEvent::Completed(_) => self.step == Step::Started,
            TripEvent::Cancelled(_) => self.step == Step::Absent || self.step.is_before_ride(),
            TripEvent::Failed { reason } => self.may_fail(reason),
            TripEvent::FareSettled(_) => self.step == Step::Completed && self.end.receipts == 0,
            TripEvent::FareAdjusted(_) | TripEvent::Tipped(_) => self.may_follow_end(event),
            TripEvent::LockCleared => self.step.is_ended() && !self.is_lock_cleared,
            TripEvent::MoneySettled { .. } => self.step.is_ended() && self.end.outcome.is_none(),
            TripEvent::Closed => self.step.is_ended() && self.is_lock_cleared && self.end.outcome.is_some(),
        }
    }

    /// Who has arrived is not overdue.
    fn may_reassign(&self, reason: ReassignReason) -> bool {
        match reason {
            ReassignReason::Withdrawn => self.step.is_before_ride() && self.noted().is_some(),
            ReassignReason::ArrivalOverdue => self.step == Step::Confirmed,
        }
    }

    fn may_fail(&self, reason: FailReason) -> bool {
        match reason {
            FailReason::NoDriver => self.step.is_open() && self.noted().is_none(),
            FailReason::PaymentDeclined => self.step.is_before_ride(),
            FailReason::Expired => self.step == Step::Requested,
            FailReason::ReassignmentsUsedUp => self.step.is_before_ride() && self.noted().is_some(),
        }
    }

    /// Each correction and each tip names a charge that nothing was asked of before.
    fn may_follow_end(&self, event: &TripEvent) -> bool {
        match event {
            TripEvent::FareAdjusted(adjustment) => {
                self.end.receipts > 0 && adjustment.further.0 > self.end.charges
            }
            TripEvent::Tipped(tip) => {
                let currency = self.end.total.map(Money::currency);
                self.step == Step::Completed
                    && tip.charge.0 > self.end.charges
                    && tip.amount.minor() > 0
                    && Some(tip.amount.currency()) == currency
            }
            TripEvent::Requested(_)
            | TripEvent::Rejected { .. }
            | TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::Confirmed { .. }
            | TripEvent::Reassigning { .. }
            | TripEvent::DriverArrived { .. }
            | TripEvent::StartCodeRefused { .. }
            | TripEvent::Started(_)
            | TripEvent::PlanChanged(_)
            | TripEvent::Completed(_)
            | TripEvent::Cancelled(_)
            | TripEvent::Failed { .. }
            | TripEvent::FareSettled(_)
            | TripEvent::LockCleared
            | TripEvent::MoneySettled { .. }
            | TripEvent::Closed => false,
        }
    }

    /// An order that has not come may be cancelled by several; only the order of one who did not may still come.
    fn may_follow_tombstone(&self, by: &[Actor], event: &TripEvent) -> bool {
        let is_silenced = |rider| {
            by.iter().any(|by| match by {
                Actor::Rider(silenced) => *silenced == rider,
                Actor::Driver(_) | Actor::Operator(_) | Actor::Timer => true,
            })
        };
        matches!(event, TripEvent::Requested(request) if !is_silenced(request.rider()))
            || matches!(event, TripEvent::Cancelled(cancelled) if cancelled.due.is_none())
            || (matches!(event, TripEvent::Closed) && !self.is_closed)
    }
}
