//! The join: a driver and a payment, in whatever order they are told.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::driver::Fence;
use crate::id::DriverId;
use crate::time::Timestamp;
use crate::trip::{AuthorizationNumber, Control, FailReason, Part, Phase, Refusal, Secured, Trip, TripEvent};

impl Trip {
    /// Whether a driver is sought in `round`, and none is noted.
    fn awaits_driver(&self, round: u8) -> bool {
        let Control {
            phase, driver_noted, ..
        } = self.control;
        phase.part() == Part::Seeking && round == self.control.round && !driver_noted
    }

    pub(super) fn decide_driver(&self, round: u8, fence: Fence, driver: DriverId, now: Timestamp) -> Answer {
        if !self.awaits_driver(round) {
            return NOTHING;
        }
        let mut events = vec![TripEvent::DriverNoted { round, fence, driver }];
        if let Some(secured) = self.control.secured {
            events.push(self.confirmed(round, fence, secured, now));
        }
        Ok(Decision::Applied(events))
    }

    pub(super) fn decide_payment(&self, secured: Secured, now: Timestamp) -> Answer {
        let lost = self
            .control
            .lost
            .is_some_and(|lost| secured <= Secured::Authorized(lost));
        let newer = Some(secured) > self.control.secured && !(lost && secured != Secured::Waived);
        if !newer {
            return NOTHING;
        }
        let note = TripEvent::PaymentNoted { secured };
        match (self.control.phase.part(), self.noted) {
            (Part::Seeking, Some((_, fence))) => Ok(Decision::Applied(vec![
                note,
                self.confirmed(self.control.round, fence, secured, now),
            ])),
            (Part::Seeking, None) | (Part::Coming, _) => Ok(Decision::one(note)),
            (Part::Unheard | Part::Riding | Part::Over, _) => NOTHING,
        }
    }

    fn confirmed(&self, round: u8, fence: Fence, secured: Secured, now: Timestamp) -> TripEvent {
        let arrival_due_at = self.request.as_ref().map_or(Timestamp::MAX, |request| {
            now.plus(request.policy().arrival_budget)
        });
        TripEvent::Confirmed {
            round,
            fence,
            secured,
            arrival_due_at,
        }
    }

    /// A loss is remembered even before its authorisation was noted: the late note must find it.
    pub(super) fn decide_loss(&self, authorization: AuthorizationNumber) -> Answer {
        match self.control.phase.part() {
            Part::Seeking | Part::Coming if self.control.lost < Some(authorization) => {
                Ok(Decision::one(TripEvent::PaymentUnnoted { authorization }))
            }
            Part::Unheard | Part::Seeking | Part::Coming | Part::Riding | Part::Over => NOTHING,
        }
    }

    pub(super) fn decide_decline(&self) -> Answer {
        match self.control.phase.part() {
            Part::Seeking | Part::Coming => Ok(Decision::one(TripEvent::Failed {
                reason: FailReason::PaymentDeclined,
            })),
            Part::Unheard | Part::Riding | Part::Over => NOTHING,
        }
    }

    pub(super) fn decide_no_driver(&self, round: u8) -> Answer {
        if !self.awaits_driver(round) {
            return NOTHING;
        }
        Ok(Decision::one(TripEvent::Failed {
            reason: FailReason::NoDriver,
        }))
    }

    pub(super) fn decide_expiry(&self, now: Timestamp) -> Answer {
        let Some(request) = self
            .request
            .as_ref()
            .filter(|_| self.control.phase == Phase::Requested)
        else {
            return NOTHING;
        };
        if now < request.expires_at() {
            return Err(Refusal::NotDueYet {
                due_at: request.expires_at(),
            });
        }
        Ok(Decision::one(TripEvent::Failed {
            reason: FailReason::Expired,
        }))
    }
}
