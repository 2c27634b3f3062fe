//! Taking an order, or not.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::time::Timestamp;
use crate::trip::{Part, Phase, Refusal, RejectReason, Trip, TripEvent, TripRequest};
use std::sync::Arc;

impl Trip {
    pub(super) fn decide_request(&self, request: &Arc<TripRequest>, now: Timestamp) -> Answer {
        let silenced = self.request.is_some() || self.tombstones.silences(request.rider());
        match self.control.phase.part() {
            Part::Unheard => {}
            Part::Over if self.control.phase == Phase::Cancelled && !silenced => {}
            Part::Seeking | Part::Coming | Part::Riding | Part::Over => return NOTHING,
        }
        let reject = |reason| Ok(Decision::one(TripEvent::Rejected { reason }));
        if now >= request.expires_at() {
            return reject(RejectReason::Expired);
        }
        if request.party_size() > request.requirements().seats().max(1) {
            return reject(RejectReason::PartyTooLarge);
        }
        if !request.is_as_quoted() {
            return reject(RejectReason::QuoteOfAnotherRide);
        }
        Ok(Decision::one(TripEvent::Requested(Arc::clone(request))))
    }

    pub(super) fn decide_reject(&self, reason: RejectReason) -> Answer {
        match self.control.phase.part() {
            Part::Unheard => Ok(Decision::one(TripEvent::Rejected { reason })),
            Part::Seeking | Part::Coming | Part::Riding | Part::Over => NOTHING,
        }
    }

    pub(super) fn request_or_refuse(&self) -> Result<&Arc<TripRequest>, Refusal> {
        self.request.as_ref().ok_or(Refusal::NoSuchTrip)
    }
}
