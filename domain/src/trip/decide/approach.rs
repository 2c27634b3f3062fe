//! The driver's way to the rider: withdrawals, lateness, arrival, no-show, cancellation.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::driver::Fence;
use crate::id::DriverId;
use crate::money::Money;
use crate::pricing::{Cancellation, CancellationStage, Fault};
use crate::time::Timestamp;
use crate::trip::command::{fault_of, may_act_for};
use crate::trip::{
    Actor, BUDGET_MAX, CancelReason, Cancelled, DeviceFact, FailReason, Part, Phase, ReassignReason, Refusal,
    Stage, Trip, TripEvent, TripRequest,
};
use crate::units::{Millimetres, Millis};
use std::sync::Arc;

/// How many riders may cancel an order that has not come: strangers who guess a trip must not fill its stream.
const TOMBSTONES_MAX: usize = 8;

impl Trip {
    /// The noted lock must be the one that the caller holds. Two drivers' fences may be equal: each counts their own locks.
    pub(super) fn lock_or_refuse(&self, driver: DriverId, fence: Fence) -> Result<(), Refusal> {
        if self.noted == Some((driver, fence)) {
            Ok(())
        } else {
            Err(Refusal::StaleFence)
        }
    }

    pub(super) fn decide_withdraw(&self, driver: DriverId, fence: Fence) -> Answer {
        let request = self.request_or_refuse()?;
        match self.control.phase.part() {
            Part::Seeking | Part::Coming => {}
            Part::Riding => return Err(Refusal::RideBegan),
            Part::Unheard | Part::Over => return Err(Refusal::Ended),
        }
        self.lock_or_refuse(driver, fence)?;
        Ok(Decision::one(
            self.reassignment(request, ReassignReason::Withdrawn),
        ))
    }

    /// A driver who has arrived is not overdue; a round that is over has released its driver already.
    pub(super) fn decide_arrival_overdue(&self, round: u8, now: Timestamp) -> Answer {
        let (Phase::Confirmed, Some(request)) = (self.control.phase, &self.request) else {
            return NOTHING;
        };
        if round != self.control.round {
            return NOTHING;
        }
        let due_at = self.arrival_due_at;
        if now < due_at {
            return Err(Refusal::NotDueYet { due_at });
        }
        Ok(Decision::one(
            self.reassignment(request, ReassignReason::ArrivalOverdue),
        ))
    }

    fn reassignment(&self, request: &Arc<TripRequest>, reason: ReassignReason) -> TripEvent {
        let round = self.control.round.saturating_add(1);
        if round <= request.policy().reassignments_max {
            TripEvent::Reassigning {
                round,
                reason,
                request: Arc::clone(request),
                change: self.change.clone(),
            }
        } else {
            TripEvent::Failed {
                reason: FailReason::ReassignmentsUsedUp,
            }
        }
    }

    pub(super) fn decide_arrival(
        &self,
        (driver, fence): (DriverId, Fence),
        distance_to_pick_up: Millimetres,
        device: DeviceFact,
        now: Timestamp,
    ) -> Answer {
        let request = self.request_or_refuse()?;
        if self.control.phase.is_ended() {
            return Err(Refusal::Ended);
        }
        self.lock_or_refuse(driver, fence)?;
        match self.control.phase.part() {
            Part::Coming if self.control.phase == Phase::Confirmed => {
                let round = self.control.round;
                let no_show_at = now.plus(request.policy().no_show_grace);
                let no_show_due_at = no_show_at.plus(request.policy().no_show_report);
                Ok(Decision::one(TripEvent::DriverArrived {
                    round,
                    distance_to_pick_up,
                    device,
                    no_show_at,
                    no_show_due_at,
                }))
            }
            Part::Coming | Part::Riding => NOTHING,
            Part::Unheard | Part::Seeking | Part::Over => Err(Refusal::WrongStep),
        }
    }

    pub(super) fn decide_no_show(&self, driver: DriverId, fence: Fence, now: Timestamp) -> Answer {
        self.request_or_refuse()?;
        if self.control.phase.is_ended() && self.control.phase != Phase::Cancelled {
            return Err(Refusal::Ended);
        }
        self.lock_or_refuse(driver, fence)?;
        match self.control.phase.part() {
            Part::Coming if self.control.phase == Phase::Arrived => {
                self.no_show(Actor::Driver(driver), self.no_show_at, now)
            }
            Part::Over => NOTHING,
            Part::Unheard | Part::Seeking | Part::Coming | Part::Riding => Err(Refusal::WrongStep),
        }
    }

    /// The platform's timer comes a while after the driver's first chance to report, so that the driver who waited is who
    /// says so.
    pub(super) fn decide_no_show_overdue(&self, round: u8, now: Timestamp) -> Answer {
        if self.control.phase != Phase::Arrived || round != self.control.round {
            return NOTHING;
        }
        self.no_show(Actor::Timer, self.no_show_due_at, now)
    }

    fn no_show(&self, by: Actor, due_at: Timestamp, now: Timestamp) -> Answer {
        if now < due_at {
            return Err(Refusal::NotDueYet { due_at });
        }
        self.cancellation(by, CancelReason::NoShow, now)
            .map(Decision::one)
    }

    pub(super) fn decide_cancel(&self, by: Actor, reason: CancelReason, now: Timestamp) -> Answer {
        if reason == CancelReason::NoShow {
            return Err(Refusal::NoShowIsReported);
        }
        let Some(request) = &self.request else {
            return self.decide_early_cancel(by, reason);
        };
        if !may_act_for(by, request.rider(), self.noted.map(|(driver, _)| driver)) {
            return Err(Refusal::NotYours);
        }
        match self.control.phase.part() {
            Part::Seeking | Part::Coming => self.cancellation(by, reason, now).map(Decision::one),
            Part::Riding => Err(Refusal::RideBegan),
            Part::Over if self.control.phase == Phase::Cancelled => NOTHING,
            Part::Unheard | Part::Over => Err(Refusal::Ended),
        }
    }

    /// A cancel that overtook its order: only whoever could have ordered may leave a tombstone, and it silences nobody
    /// else's order.
    fn decide_early_cancel(&self, by: Actor, reason: CancelReason) -> Answer {
        let is_known = match by {
            Actor::Rider(rider) => self.tombstones.silences(rider),
            Actor::Operator(_) => self.tombstones.is_for_all,
            Actor::Driver(_) | Actor::Timer => return Err(Refusal::NoSuchTrip),
        };
        match self.control.phase.part() {
            Part::Unheard => {}
            Part::Over if self.control.phase == Phase::Cancelled => {
                if is_known {
                    return NOTHING;
                }
                if matches!(by, Actor::Rider(_)) && self.tombstones.riders.len() >= TOMBSTONES_MAX {
                    return Err(Refusal::NotYours);
                }
            }
            Part::Seeking | Part::Coming | Part::Riding | Part::Over => return Err(Refusal::Ended),
        }
        Ok(Decision::Applied(vec![
            TripEvent::Cancelled(Arc::new(Cancelled {
                by,
                reason,
                stage: Stage::BeforeConfirmed,
                fault: fault_of(by, reason, false),
                receipt: None,
                due: None,
            })),
            TripEvent::Closed,
        ]))
    }

    /// The end by cancellation, with its fee: nothing before the trip was confirmed, by the tariff's matrix afterwards. A fee that
    /// cannot be priced is none: it keeps no trip from ending.
    fn cancellation(&self, by: Actor, reason: CancelReason, now: Timestamp) -> Result<TripEvent, Refusal> {
        let quote = self.quote.as_ref().ok_or(Refusal::NoSuchTrip)?;
        let late = self.control.phase == Phase::Confirmed && now >= self.arrival_due_at;
        let fault = if reason == CancelReason::NoShow && self.control.wrong_codes > 0 {
            // Somebody stood at the car and had a code to try: that no operator vouched in time is not the rider's doing.
            Fault::Platform
        } else {
            fault_of(by, reason, late)
        };
        let (stage, priced) = self.cancelled_at(reason, now);
        let receipt = priced.map(|stage| {
            let cancellation = Cancellation::new(stage, fault);
            let fee = quote.cancel(&cancellation);
            Arc::new(fee.unwrap_or_else(|_| quote.cancel_unpriced(&cancellation)))
        });
        let fee = receipt
            .as_ref()
            .map_or(Money::zero(quote.currency()), |receipt| receipt.total());
        let due = Some(fee);
        Ok(TripEvent::Cancelled(Arc::new(Cancelled {
            by,
            reason,
            stage,
            fault,
            receipt,
            due,
        })))
    }

    /// How far the trip has come, and what of that a tariff may price.
    fn cancelled_at(&self, reason: CancelReason, now: Timestamp) -> (Stage, Option<CancellationStage>) {
        let waited = lasted(self.arrived_at, now);
        match self.control.phase.part() {
            Part::Coming if self.control.phase == Phase::Confirmed => {
                let elapsed = lasted(self.confirmed_at, now);
                (Stage::EnRoute, Some(CancellationStage::Assigned { elapsed }))
            }
            Part::Coming if reason == CancelReason::NoShow => {
                (Stage::Arrived, Some(CancellationStage::NoShow { waited }))
            }
            Part::Coming => (Stage::Arrived, Some(CancellationStage::Arrived { waited })),
            Part::Unheard | Part::Seeking | Part::Riding | Part::Over => (Stage::BeforeConfirmed, None),
        }
    }
}

/// How long it is since `from`, within what can be priced: a clock that was set back, or a timer that fires after a long
/// outage, must not keep a trip from ending.
fn lasted(from: Timestamp, now: Timestamp) -> Millis {
    now.since(from).clamp(Millis::ZERO, BUDGET_MAX)
}
