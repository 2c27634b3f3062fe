//! The ride: its start, its plan, its end.

use super::{Answer, NOTHING};
use crate::decision::Decision;
use crate::driver::Fence;
use crate::fingerprint::Fingerprint;
use crate::id::DriverId;
use crate::pricing::{MeterReading, Quote, Receipt};
use crate::time::Timestamp;
use crate::trip::command::may_act_for;
use crate::trip::{
    Actor, Completion, DeviceFact, PLAN_STOPS_MAX, Part, PersonalPlan, Phase, PlanChange, Refusal, Start,
    StartCheck, StartProof, Trip, TripEvent,
};
use std::sync::Arc;

impl Trip {
    pub(super) fn decide_start(
        &self,
        (driver, fence): (DriverId, Fence),
        check: StartCheck,
        device: DeviceFact,
        now: Timestamp,
    ) -> Answer {
        let request = self.request_or_refuse()?;
        if self.control.phase.is_ended() {
            return Err(Refusal::Ended);
        }
        self.lock_or_refuse(driver, fence)?;
        match self.control.phase.part() {
            Part::Riding => return NOTHING,
            Part::Coming if self.control.phase == Phase::Arrived => {}
            Part::Unheard | Part::Seeking | Part::Coming | Part::Over => return Err(Refusal::WrongStep),
        }
        let overdue_at = now.plus(request.policy().ride_budget);
        let started = |proof| {
            TripEvent::Started(Arc::new(Start {
                proof,
                device,
                overdue_at,
            }))
        };
        let codes_left = self.control.wrong_codes < request.policy().start_codes_max;
        match check {
            StartCheck::Proven(proof @ StartProof::Operator(_)) => Ok(Decision::one(started(proof))),
            StartCheck::Proven(_) | StartCheck::WrongCode if !codes_left => Err(Refusal::StartCodesUsedUp),
            StartCheck::Proven(proof) => Ok(Decision::one(started(proof))),
            StartCheck::WrongCode => Ok(Decision::one(TripEvent::StartCodeRefused {
                round: self.control.round,
                attempts: self.control.wrong_codes.saturating_add(1),
            })),
        }
    }

    /// The pick-up stays: the trip's region is its pick-up's, and the driver may be on the way to it.
    pub(super) fn decide_plan(
        &self,
        by: Actor,
        plan: &PersonalPlan,
        (quote, quote_fingerprint): (&Arc<Quote>, Fingerprint),
    ) -> Answer {
        let request = self.request_or_refuse()?;
        if !may_act_for(by, request.rider(), self.noted.map(|(driver, _)| driver)) {
            return Err(Refusal::NotYours);
        }
        if self.control.phase.is_ended() {
            return Err(Refusal::Ended);
        }
        let planned = self
            .change
            .as_ref()
            .map_or_else(|| request.plan(), |change| &change.plan);
        if self.quote.as_ref() == Some(quote) && planned == plan {
            return NOTHING;
        }
        if plan.pick_up != request.plan().pick_up {
            return Err(Refusal::PickUpFixed);
        }
        if plan.stops.len() > PLAN_STOPS_MAX {
            return Err(Refusal::TooManyStops);
        }
        if !(quote.is_for_party(request.party_size()) && quote.is_for_stops(plan.stops.len())) {
            return Err(Refusal::QuoteOfAnotherRide);
        }
        let before = self.change.as_ref().map_or(0, |change| change.revision);
        let revision = before.checked_add(1).ok_or(Refusal::PlanChangesUsedUp)?;
        let first = request.quote();
        let same_terms = first.currency() == quote.currency() && first.tariff()? == quote.tariff()?;
        if !same_terms || quote.hold().minor() > first.hold().minor() {
            return Err(Refusal::QuoteBeyondHold);
        }
        Ok(Decision::one(TripEvent::PlanChanged(Arc::new(PlanChange {
            revision,
            by,
            plan: plan.clone(),
            quote: Arc::clone(quote),
            quote_fingerprint,
            request: Arc::clone(request),
        }))))
    }

    /// A reading that cannot be priced is refused, and may be told anew; a quote that cannot be priced any more keeps nobody in the
    /// car: what was accepted stands.
    pub(super) fn decide_complete(
        &self,
        fence: Fence,
        by: Actor,
        reading: &Arc<MeterReading>,
        device: DeviceFact,
    ) -> Answer {
        let (Some(request), Some(quote)) = (&self.request, &self.quote) else {
            return Err(Refusal::NoSuchTrip);
        };
        match self.control.phase.part() {
            Part::Riding => {}
            Part::Over if self.control.phase == Phase::Completed => return NOTHING,
            Part::Over => return Err(Refusal::Ended),
            Part::Unheard | Part::Seeking | Part::Coming => return Err(Refusal::WrongStep),
        }
        let Some((driver, _)) = self.noted.filter(|(_, noted)| *noted == fence) else {
            return Err(Refusal::StaleFence);
        };
        if !may_act_for(by, request.rider(), Some(driver)) {
            return Err(Refusal::NotYours);
        }
        let receipt = match quote.settle(reading) {
            Err(error) if quote.is_recomputable() == Ok(true) => return Err(Refusal::Pricing(error)),
            settled => settled.unwrap_or_else(|_| quote.settle_as_accepted()),
        };
        Ok(completed(by, Some(reading), Some(device), receipt))
    }

    /// Without a reading, the quoted price stands, and an operator looks at it. Nothing but the clock keeps it from ending.
    pub(super) fn decide_ride_overdue(&self, now: Timestamp) -> Answer {
        let (Phase::Started, Some(quote)) = (self.control.phase, &self.quote) else {
            return NOTHING;
        };
        let due_at = self.overdue_at;
        if now < due_at {
            return Err(Refusal::NotDueYet { due_at });
        }
        let receipt = quote
            .settle_as_quoted()
            .unwrap_or_else(|_| quote.settle_as_accepted());
        Ok(completed(Actor::Timer, None, None, receipt))
    }
}

fn completed(
    by: Actor,
    reading: Option<&Arc<MeterReading>>,
    device: Option<DeviceFact>,
    receipt: Receipt,
) -> Decision<TripEvent> {
    let completion = Completion {
        by,
        reading: reading.cloned(),
        device,
        due: receipt.total(),
    };
    Decision::Applied(vec![
        TripEvent::Completed(Arc::new(completion)),
        TripEvent::FareSettled(Arc::new(receipt)),
    ])
}
