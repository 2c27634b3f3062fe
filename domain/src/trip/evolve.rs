//! How a trip's state follows from its events.

use super::{
    Actor, AuthorizationNumber, Cancelled, Completion, Control, EndReason, RejectReason, Secured, Tip, Trip,
    TripEvent, TripRequest,
};
use crate::pricing::Receipt;
use crate::time::Timestamp;
use std::sync::Arc;

impl Trip {
    pub(super) fn apply(&mut self, event: &TripEvent, at: Timestamp) {
        if let Some(phase) = event.phase() {
            self.control.phase = phase;
        }
        match event {
            TripEvent::Requested(request) => self.take(request),
            TripEvent::Rejected { reason } => self.reject(*reason),
            TripEvent::DriverNoted { fence, driver, .. } => {
                self.control.driver_noted = true;
                self.noted = Some((*driver, *fence));
            }
            TripEvent::PaymentNoted { secured } => self.control.secured = Some(*secured),
            TripEvent::PaymentUnnoted { authorization } => self.lose(*authorization),
            TripEvent::Confirmed { arrival_due_at, .. } => self.confirm(at, *arrival_due_at),
            TripEvent::Reassigning { round, .. } => self.seek_again(*round),
            TripEvent::DriverArrived {
                no_show_at,
                no_show_due_at,
                ..
            } => {
                self.arrived_at = at;
                self.no_show_at = *no_show_at;
                self.no_show_due_at = *no_show_due_at;
            }
            TripEvent::StartCodeRefused { attempts, .. } => self.control.wrong_codes = *attempts,
            TripEvent::Started(start) => self.overdue_at = start.overdue_at,
            TripEvent::PlanChanged(change) => {
                self.quote = Some(Arc::clone(&change.quote));
                self.change = Some(Arc::clone(change));
            }
            TripEvent::Completed(completion) => self.complete(at, completion),
            TripEvent::Cancelled(cancelled) => self.cancel(cancelled),
            TripEvent::Failed { reason } => self.ended_for = Some(EndReason::Failed(*reason)),
            TripEvent::FareSettled(receipt) => self.note_receipt(receipt),
            TripEvent::FareAdjusted(adjustment) => {
                self.note_receipt(&adjustment.receipt);
                self.charges = adjustment.further.0;
            }
            TripEvent::LockCleared => self.control.lock_cleared = true,
            TripEvent::MoneySettled { outcome } => {
                self.control.money_settled = true;
                self.outcome = Some(*outcome);
            }
            TripEvent::Closed => self.control.closed = true,
            TripEvent::Tipped(tip) => self.tip(tip),
        }
    }

    /// A tombstone that another rider left is of no more use.
    fn take(&mut self, request: &Arc<TripRequest>) {
        self.control = Control {
            phase: self.control.phase,
            ..Control::default()
        };
        self.ended_for = None;
        self.quote = Some(Arc::clone(request.quote()));
        self.request = Some(Arc::clone(request));
    }

    const fn reject(&mut self, reason: RejectReason) {
        self.ended_for = Some(EndReason::Rejected(reason));
        self.control.closed = true;
    }

    const fn confirm(&mut self, at: Timestamp, arrival_due_at: Timestamp) {
        self.control.was_confirmed = true;
        self.confirmed_at = at;
        self.arrival_due_at = arrival_due_at;
    }

    fn seek_again(&mut self, round: u8) {
        self.control.round = round;
        self.control.driver_noted = false;
        self.control.wrong_codes = 0;
        self.noted = None;
    }

    fn lose(&mut self, authorization: AuthorizationNumber) {
        self.control.lost = self.control.lost.max(Some(authorization));
        // A later hold is only placed once the earlier one is lost: the loss of one tells the loss of all before it.
        if let Some(Secured::Authorized(noted)) = self.control.secured
            && noted <= authorization
        {
            self.control.secured = None;
        }
    }

    fn complete(&mut self, at: Timestamp, completion: &Completion) {
        self.completed_at = at;
        self.due = Some(completion.due);
    }

    const fn tip(&mut self, tip: &Tip) {
        self.charges = tip.charge.0;
        self.tips = self.tips.saturating_add(1);
        self.tipped_minor = self.tipped_minor.saturating_add(tip.amount.minor());
    }

    fn note_receipt(&mut self, receipt: &Arc<Receipt>) {
        self.receipts = self.receipts.saturating_add(1);
        self.receipt = Some(Arc::clone(receipt));
    }

    fn cancel(&mut self, cancelled: &Cancelled) {
        self.ended_for = Some(EndReason::Cancelled(cancelled.reason));
        self.due = cancelled.due;
        if let Some(receipt) = &cancelled.receipt {
            self.note_receipt(receipt);
        }
        if self.request.is_none() {
            match cancelled.by {
                Actor::Rider(principal) => self.tombstones.riders.push(principal),
                Actor::Operator(_) | Actor::Timer | Actor::Driver(_) => self.tombstones.is_for_all = true,
            }
        }
    }
}
