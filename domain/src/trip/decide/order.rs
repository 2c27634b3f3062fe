//! Taking an order, or not.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::time::Timestamp;
use crate::trip::{Phase, Refusal, RejectReason, Trip, TripEvent, TripRequest};
use std::sync::Arc;

impl Trip {
    pub(super) fn decide_request(&self, request: &Arc<TripRequest>, now: Timestamp) -> Answer {
        match self.control.phase {
            Phase::Absent => {}
            Phase::Cancelled if self.request.is_none() && !self.tombstones.silences(request.rider()) => {}
            Phase::Rejected
            | Phase::Requested
            | Phase::Reassigning
            | Phase::Confirmed
            | Phase::Arrived
            | Phase::Started
            | Phase::Completed
            | Phase::Cancelled
            | Phase::Failed => return NOTHING,
        }
        let reject = |reason| Ok(Decision::one(TripEvent::Rejected { reason }));
        if now >= request.expires_at() {
            return reject(RejectReason::Expired);
        }
        if request.party_size() > request.requirements().seats().max(1) {
            return reject(RejectReason::PartyTooLarge);
        }
        Ok(Decision::one(TripEvent::Requested(Arc::clone(request))))
    }

    pub(super) fn decide_reject(&self, reason: RejectReason) -> Answer {
        match self.control.phase {
            Phase::Absent => Ok(Decision::one(TripEvent::Rejected { reason })),
            Phase::Rejected
            | Phase::Requested
            | Phase::Reassigning
            | Phase::Confirmed
            | Phase::Arrived
            | Phase::Started
            | Phase::Completed
            | Phase::Cancelled
            | Phase::Failed => NOTHING,
        }
    }

    pub(super) fn request_or_refuse(&self) -> Result<&Arc<TripRequest>, Refusal> {
        self.request.as_ref().ok_or(Refusal::NoSuchTrip)
    }
}
