//! How a search's state follows from its events.

use super::{
    Dispatch, DispatchEvent, GrantedLock, LockState, Offer, OfferCounts, OfferNumber, OpenOffer, Phase,
    SearchBrief, WithdrawReason,
};
use crate::id::DriverId;
use crate::time::Timestamp;
use std::sync::Arc;

impl Dispatch {
    pub(super) fn apply(&mut self, event: &DispatchEvent) {
        match event {
            DispatchEvent::SearchStarted {
                round,
                budget_ends_at,
                brief,
            } => self.start(*round, *budget_ends_at, brief),
            DispatchEvent::SearchChanged { brief } => self.brief = Some(Arc::clone(brief)),
            DispatchEvent::SearchPaused { left_ms, .. } => {
                self.control.phase = Phase::Paused;
                self.paused_left_ms = *left_ms;
            }
            DispatchEvent::SearchResumed { budget_ends_at, .. } => {
                self.control.phase = Phase::Searching;
                self.budget_ends_at = *budget_ends_at;
            }
            DispatchEvent::OfferMade(offer) => self.open(offer),
            DispatchEvent::OfferAccepted { offer, round, .. } => self.ask_lock(*offer, *round),
            DispatchEvent::OfferDeclined { offer, driver } => {
                self.offers.declined = self.offers.declined.saturating_add(1);
                self.exclude(*offer, *driver);
            }
            DispatchEvent::OfferExpired { offer, driver } => {
                self.offers.expired = self.offers.expired.saturating_add(1);
                self.exclude(*offer, *driver);
            }
            DispatchEvent::OfferWithdrawn { offer, reason, .. } => self.withdraw(*offer, *reason),
            &DispatchEvent::DriverAssigned { round, fence, driver } => {
                self.control.phase = Phase::Assigned;
                self.grant(GrantedLock { round, driver, fence }, LockState::Held);
                // Whoever gives this trip back is not offered it again.
                self.excluded.push(driver);
            }
            &DispatchEvent::ReleaseAsked {
                round, fence, driver, ..
            } => self.grant(GrantedLock { round, driver, fence }, LockState::Releasing),
            DispatchEvent::ReleaseNoted { round, .. } => self.set_lock(*round, LockState::Released),
            DispatchEvent::NoDriverFound { .. } => self.control.phase = Phase::Exhausted,
            DispatchEvent::DispatchEnding => self.control.phase = Phase::Ending,
            DispatchEvent::DispatchClosed => self.control.phase = Phase::Closed,
        }
    }

    fn start(&mut self, round: u8, budget_ends_at: Timestamp, brief: &Arc<SearchBrief>) {
        self.control.phase = Phase::Searching;
        self.control.round = round;
        self.budget_ends_at = budget_ends_at;
        self.brief = Some(Arc::clone(brief));
        self.offers = OfferCounts::default();
    }

    fn open(&mut self, offer: &Offer) {
        self.offers_made = offer.number.0;
        self.offers.made = self.offers.made.saturating_add(1);
        self.open.push(OpenOffer {
            number: offer.number,
            driver: offer.driver,
            round: offer.round,
            expires_at: offer.expires_at,
            accepted: false,
        });
    }

    fn ask_lock(&mut self, number: OfferNumber, round: u8) {
        self.set_lock(round, LockState::Asked);
        for open in self.open.iter_mut().filter(|open| open.number == number) {
            open.accepted = true;
        }
    }

    fn exclude(&mut self, number: OfferNumber, driver: DriverId) {
        self.end_offer(number);
        self.excluded.push(driver);
    }

    /// Only a refused lock ends an accepted offer; the round may then ask for another.
    fn withdraw(&mut self, number: OfferNumber, reason: WithdrawReason) {
        let asked = self
            .open
            .iter()
            .find(|open| open.number == number && open.accepted)
            .map(|open| open.round);
        if let (Some(round), WithdrawReason::LockRefused) = (asked, reason) {
            self.set_lock(round, LockState::None);
            if round == self.control.round {
                self.offers.lock_refused = self.offers.lock_refused.saturating_add(1);
            }
        }
        self.end_offer(number);
    }

    fn grant(&mut self, lock: GrantedLock, state: LockState) {
        self.set_lock(lock.round, state);
        if !self.granted.contains(&lock) {
            self.granted.push(lock);
        }
        self.open.retain(|offer| offer.driver != lock.driver);
    }

    fn set_lock(&mut self, round: u8, state: LockState) {
        if let Some(lock) = self.control.locks.get_mut(usize::from(round)) {
            *lock = state;
        }
    }

    fn end_offer(&mut self, number: OfferNumber) {
        self.open.retain(|offer| offer.number != number);
    }
}
