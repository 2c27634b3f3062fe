//! What may follow what on a search's stream.

use super::{LockStep, Search, Step};
use crate::dispatch::{DispatchEvent, Offer, OfferNumber, WithdrawReason};
use crate::driver::Fence;
use crate::id::DriverId;

impl Search {
    pub(super) fn may_follow(&self, event: &DispatchEvent) -> bool {
        let is_over = self.step == Step::Ending || self.step == Step::Closed;
        match *event {
            DispatchEvent::SearchStarted { round, .. } => {
                self.step == Step::Absent || (!is_over && round > self.round)
            }
            DispatchEvent::SearchPaused { round, .. } => self.step == Step::Searching && round == self.round,
            DispatchEvent::SearchResumed { round, .. } => self.may_resume(round),
            DispatchEvent::SearchChanged { ref brief } => {
                let is_sought = matches!(self.step, Step::Absent | Step::Searching | Step::Paused);
                is_sought && brief.plan_revision > self.plan_revision
            }
            DispatchEvent::OfferMade(ref offer) => self.may_offer(offer),
            DispatchEvent::OfferAccepted { offer, driver, round } => {
                self.is_unanswered(offer, driver) && round == self.round && !self.has_lock(round)
            }
            DispatchEvent::OfferDeclined { offer, driver }
            | DispatchEvent::OfferExpired { offer, driver } => self.is_unanswered(offer, driver),
            DispatchEvent::OfferWithdrawn {
                offer,
                driver,
                reason,
            } => self
                .offer(offer, driver)
                .is_some_and(|open| open.accepted.is_some() == (reason == WithdrawReason::LockRefused)),
            DispatchEvent::DriverAssigned { round, driver, .. } => {
                (self.step == Step::Searching || self.step == Step::Paused)
                    && round == self.round
                    && self.lock(round, driver) == Some(LockStep::Asked)
            }
            DispatchEvent::ReleaseAsked {
                round, fence, driver, ..
            } => self.may_release(round, driver, fence),
            DispatchEvent::ReleaseNoted { round, fence } => self
                .locks
                .iter()
                .any(|lock| lock.round == round && lock.step == LockStep::Releasing(fence)),
            DispatchEvent::NoDriverFound { round, offers } => {
                self.step == Step::Searching
                    && round == self.round
                    && !self.is_lock_awaited(round)
                    && offers == self.round_offers
            }
            DispatchEvent::DispatchEnding => !is_over,
            DispatchEvent::DispatchClosed => self.step == Step::Ending,
        }
    }

    /// A refused lock sets the budget's timer anew.
    fn may_resume(&self, round: u8) -> bool {
        let goes_on = self.step == Step::Searching && !self.is_lock_awaited(round);
        round == self.round && (self.step == Step::Paused || goes_on)
    }

    fn may_offer(&self, offer: &Offer) -> bool {
        self.step == Step::Searching
            && offer.round == self.round
            && !self.has_lock(offer.round)
            && offer.plan_revision == self.plan_revision
            && Some(offer.number.0) == self.offers.checked_add(1)
    }

    fn is_unanswered(&self, number: OfferNumber, driver: DriverId) -> bool {
        let open = self.offer(number, driver);
        open.is_some_and(|open| open.accepted.is_none())
    }

    fn may_release(&self, round: u8, driver: DriverId, fence: Fence) -> bool {
        match self.lock(round, driver) {
            Some(LockStep::Asked) => true,
            Some(LockStep::Held(held) | LockStep::Releasing(held)) => held == fence,
            Some(LockStep::Refused | LockStep::Released) | None => false,
        }
    }

    fn is_lock_awaited(&self, round: u8) -> bool {
        self.locks
            .iter()
            .any(|lock| lock.round == round && lock.step == LockStep::Asked)
    }
}
