//! A trip's deadlines: each is set as the order's policy says, and nothing that waits for one comes before it.
//!
//! Each is counted from the commit that began the wait, by the clock of the service that wrote it, and the policy is the
//! order's own: what an event says of its deadline is compared, and never believed.

use super::{Step, Trip};
use crate::audit::finding::{Flaw, Notes};
use crate::stream::{Cause, TimerKind};
use crate::time::Timestamp;
use crate::trip::{Actor, Completion, FailReason, ReassignReason, TripPolicy, TripRequest};
use crate::units::Millis;

/// By how much `claimed` is later than `expected`.
pub(in crate::audit) const fn apart_ms(claimed: Timestamp, expected: Timestamp) -> i64 {
    claimed.since(expected).get()
}

/// How long before `due_at` it was; nothing where it was not.
pub(in crate::audit) fn early_ms(at: Timestamp, due_at: Timestamp) -> Option<i64> {
    (at < due_at).then(|| due_at.since(at).get())
}

impl Trip {
    /// A deadline that the order's policy puts so long after `from`; none where the order is not known.
    fn due_after(&self, from: Timestamp, budget: impl Fn(&TripPolicy) -> Millis) -> Option<Timestamp> {
        let order = self.order.as_ref()?;
        Some(from.plus(budget(order.policy())))
    }

    /// When the driver who is on the way should have arrived.
    pub(super) fn arrival_due_at(&self) -> Option<Timestamp> {
        self.due_after(self.since, |policy| policy.arrival_budget)
    }

    pub(super) fn check_order_in_time(request: &TripRequest, at: Timestamp, notes: &mut Notes<'_>) {
        let expired_at = request.expires_at();
        if at >= expired_at {
            let by_ms = apart_ms(at, expired_at);
            notes.add(Flaw::OrderExpired { by_ms });
        }
    }

    pub(super) fn check_arrival_due(&self, claimed: Timestamp, at: Timestamp, notes: &mut Notes<'_>) {
        let due_at = self.due_after(at, |policy| policy.arrival_budget);
        if let Some(by_ms) = differs_ms(claimed, due_at) {
            notes.add(Flaw::ArrivalDeadlineDiffers { by_ms });
        }
    }

    /// Until when the driver waits, and until when the driver alone may say so.
    pub(super) fn check_no_show_due(
        &self,
        (report_at, due_at): (Timestamp, Timestamp),
        at: Timestamp,
        notes: &mut Notes<'_>,
    ) {
        let reported = self.due_after(at, |policy| policy.no_show_grace);
        let due = self.due_after(at, |policy| {
            policy.no_show_grace.saturating_add(policy.no_show_report)
        });
        let by_ms = differs_ms(report_at, reported).or_else(|| differs_ms(due_at, due));
        if let Some(by_ms) = by_ms {
            notes.add(Flaw::NoShowDeadlineDiffers { by_ms });
        }
    }

    pub(super) fn check_ride_due(&self, claimed: Timestamp, at: Timestamp, notes: &mut Notes<'_>) {
        let due_at = self.due_after(at, |policy| policy.ride_budget);
        if let Some(by_ms) = differs_ms(claimed, due_at) {
            notes.add(Flaw::RideDeadlineDiffers { by_ms });
        }
    }

    /// A driver is given up as late only once the time to arrive is over.
    pub(super) fn check_reassigned_in_time(
        &self,
        reason: ReassignReason,
        at: Timestamp,
        notes: &mut Notes<'_>,
    ) {
        match reason {
            ReassignReason::ArrivalOverdue => self.check_arrival_overdue(at, notes),
            ReassignReason::Withdrawn => {}
        }
    }

    fn check_arrival_overdue(&self, at: Timestamp, notes: &mut Notes<'_>) {
        if let Some(by_ms) = self.arrival_due_at().and_then(|due_at| early_ms(at, due_at)) {
            notes.add(Flaw::ArrivalOverdueEarly { by_ms });
        }
    }

    /// A trip that fails over its last driver does not say whether that one gave it back or was late: its cause does.
    pub(super) fn check_failed_in_time(
        &self,
        reason: FailReason,
        (at, cause): (Timestamp, &Cause),
        notes: &mut Notes<'_>,
    ) {
        match reason {
            FailReason::Expired => {
                let expires_at = self.order.as_ref().map(|order| order.expires_at());
                if let Some(by_ms) = expires_at.and_then(|due_at| early_ms(at, due_at)) {
                    notes.add(Flaw::ExpiredEarly { by_ms });
                }
            }
            FailReason::ReassignmentsUsedUp if is_arrival_overdue(cause) => {
                self.check_arrival_overdue(at, notes);
            }
            FailReason::ReassignmentsUsedUp | FailReason::NoDriver | FailReason::PaymentDeclined => {}
        }
    }

    /// The driver may report a no-show after the grace, counted from when their arrival was written; the platform's own
    /// timer comes later. Nobody else was there to say so.
    pub(super) fn check_no_show(&self, by: Actor, at: Timestamp, notes: &mut Notes<'_>) {
        let due_at = match by {
            Actor::Driver(_) => self.due_after(self.since, |policy| policy.no_show_grace),
            Actor::Timer => self.due_after(self.since, |policy| {
                policy.no_show_grace.saturating_add(policy.no_show_report)
            }),
            Actor::Rider(_) | Actor::Operator(_) => {
                notes.add(Flaw::NoShowUnreported);
                return;
            }
        };
        if self.step != Step::Arrived {
            notes.add(Flaw::NoShowUnreported);
        } else if let Some(by_ms) = due_at.and_then(|due_at| early_ms(at, due_at)) {
            notes.add(Flaw::NoShowEarly { by_ms });
        }
    }

    pub(super) fn check_ended_in_time(&self, completion: &Completion, at: Timestamp, notes: &mut Notes<'_>) {
        match completion.by {
            Actor::Timer => {
                let due_at = self.due_after(self.since, |policy| policy.ride_budget);
                if let Some(by_ms) = due_at.and_then(|due_at| early_ms(at, due_at)) {
                    notes.add(Flaw::RideOverdueEarly { by_ms });
                }
            }
            Actor::Rider(_) | Actor::Driver(_) | Actor::Operator(_) => {}
        }
    }
}

fn differs_ms(claimed: Timestamp, expected: Option<Timestamp>) -> Option<i64> {
    let by_ms = apart_ms(claimed, expected?);
    (by_ms != 0).then_some(by_ms)
}

const fn is_arrival_overdue(cause: &Cause) -> bool {
    match cause {
        Cause::Timer(timer) => matches!(timer.kind, TimerKind::ArrivalOverdue(_)),
        Cause::Event(_) | Cause::Command(_) | Cause::Webhook(_) => false,
    }
}
