//! The search's decisions. Precedence in every arm: stale facts change nothing, then the end, then the round at hand.

use super::{
    Command, Dispatch, DispatchEvent, GrantedLock, LockState, Offer, OfferCounts, OfferNumber, OpenOffer,
    Phase, Proposal, ROUNDS_MAX, Refusal, SearchBrief, WithdrawReason,
};
use crate::decision::{Aggregate, Decision};
use crate::driver::{Fence, ReleaseReason};
use crate::id::DriverId;
use crate::time::Timestamp;
use crate::units::Millis;
use std::sync::Arc;

type Answer = Result<Decision<DispatchEvent>, Refusal>;

impl Dispatch {
    /// A later round releases what older ones hold; an ended trip is not searched for.
    fn decide_search(&self, round: u8, budget: Millis, brief: &Arc<SearchBrief>, now: Timestamp) -> Answer {
        let newer = match self.control.phase {
            Phase::Absent => true,
            Phase::Searching | Phase::Paused | Phase::Assigned | Phase::Exhausted => {
                round > self.control.round
            }
            Phase::Ending | Phase::Closed => false,
        };
        if !newer || usize::from(round) >= ROUNDS_MAX {
            return Ok(Decision::AlreadyApplied);
        }
        let mut events = self.withdrawals(WithdrawReason::Superseded);
        events.extend(self.releases(ReleaseReason::Reassigned));
        let budget_ends_at = now.plus(budget);
        events.push(DispatchEvent::SearchStarted {
            round,
            budget_ends_at,
            brief: Arc::clone(self.later_brief(brief)),
        });
        Ok(Decision::Applied(events))
    }

    /// A change of plan may overtake the search that it belongs to.
    fn later_brief<'a>(&'a self, brief: &'a Arc<SearchBrief>) -> &'a Arc<SearchBrief> {
        match &self.brief {
            Some(known) if known.plan_revision > brief.plan_revision => known,
            Some(_) | None => brief,
        }
    }

    /// Whoever has not answered yet is asked anew, under the new plan; a lock that is asked stands. An assigned driver
    /// hears of it from the trip, and the next round's search carries it.
    fn decide_brief(&self, brief: &Arc<SearchBrief>) -> Answer {
        let is_newer = self
            .brief
            .as_ref()
            .is_none_or(|known| brief.plan_revision > known.plan_revision);
        match self.control.phase {
            Phase::Absent | Phase::Searching | Phase::Paused if is_newer => {
                let mut events = self.withdrawals(WithdrawReason::Superseded);
                events.push(DispatchEvent::SearchChanged {
                    brief: Arc::clone(brief),
                });
                Ok(Decision::Applied(events))
            }
            Phase::Absent
            | Phase::Searching
            | Phase::Paused
            | Phase::Assigned
            | Phase::Exhausted
            | Phase::Ending
            | Phase::Closed => Ok(Decision::AlreadyApplied),
        }
    }

    fn decide_propose(&self, proposal: &Proposal) -> Answer {
        let open =
            self.control.phase == Phase::Searching && self.control.lock(proposal.round) == LockState::None;
        let Some(brief) = self.brief.as_ref().filter(|brief| {
            open && proposal.round == self.control.round && proposal.plan_revision == brief.plan_revision
        }) else {
            return Err(Refusal::NotSearching);
        };
        if self.open.iter().any(|offer| offer.driver == proposal.driver) {
            return Ok(Decision::AlreadyApplied);
        }
        if self.excluded.contains(&proposal.driver) {
            return Err(Refusal::DriverExcluded);
        }
        let Some(number) = self.offers_made.checked_add(1) else {
            return Err(Refusal::NotSearching);
        };
        Ok(Decision::one(DispatchEvent::OfferMade(Arc::new(Offer {
            number: OfferNumber(number),
            driver: proposal.driver,
            round: proposal.round,
            wave: proposal.wave,
            expires_at: proposal.expires_at,
            promised_pick_up_at: proposal.promised_pick_up_at,
            driver_pay: brief.driver_pay,
            plan_revision: brief.plan_revision,
            terms: proposal.terms,
            verdicts: proposal.verdicts.clone(),
        }))))
    }

    /// The open offer `number` of `driver`.
    fn open_offer(&self, number: OfferNumber, driver: DriverId) -> Result<&OpenOffer, Refusal> {
        match self.open.iter().find(|offer| offer.number == number) {
            Some(offer) if offer.driver == driver => Ok(offer),
            Some(_) => Err(Refusal::NoSuchOffer),
            None if number.0 >= 1 && number.0 <= self.offers_made => Err(Refusal::OfferGone),
            None => Err(Refusal::NoSuchOffer),
        }
    }

    fn decide_accept(&self, number: OfferNumber, driver: DriverId) -> Answer {
        let offer = self.open_offer(number, driver)?;
        if offer.accepted {
            return Ok(Decision::AlreadyApplied);
        }
        if self.control.lock(self.control.round) == LockState::Asked {
            return Err(Refusal::OfferTaken);
        }
        Ok(Decision::one(DispatchEvent::OfferAccepted {
            offer: number,
            driver,
            round: self.control.round,
        }))
    }

    fn decide_decline(&self, number: OfferNumber, driver: DriverId) -> Answer {
        if self.open_offer(number, driver)?.accepted {
            return Err(Refusal::OfferGone);
        }
        Ok(Decision::one(DispatchEvent::OfferDeclined {
            offer: number,
            driver,
        }))
    }

    fn decide_expire(&self, number: OfferNumber, now: Timestamp) -> Answer {
        match self
            .open
            .iter()
            .find(|offer| offer.number == number && !offer.accepted)
        {
            None => Ok(Decision::AlreadyApplied),
            Some(offer) if now < offer.expires_at => Err(Refusal::NotDueYet {
                due_at: offer.expires_at,
            }),
            Some(offer) => Ok(Decision::one(DispatchEvent::OfferExpired {
                offer: number,
                driver: offer.driver,
            })),
        }
    }

    /// A granted lock is used where its round still searches; else it is released at once.
    fn decide_granted(&self, lock: GrantedLock) -> Answer {
        let GrantedLock { round, driver, fence } = lock;
        if self.asked(round, driver).is_none() {
            return Ok(Decision::AlreadyApplied);
        }
        let current = round == self.control.round;
        Ok(Decision::Applied(match self.control.phase {
            Phase::Searching | Phase::Paused if current => {
                let mut events = vec![DispatchEvent::DriverAssigned { round, fence, driver }];
                events.extend(self.withdrawals(WithdrawReason::Taken));
                events
            }
            Phase::Searching | Phase::Paused | Phase::Assigned | Phase::Exhausted | Phase::Absent => {
                vec![DispatchEvent::ReleaseAsked {
                    round,
                    fence,
                    driver,
                    reason: ReleaseReason::StaleRound,
                }]
            }
            Phase::Ending | Phase::Closed => {
                vec![DispatchEvent::ReleaseAsked {
                    round,
                    fence,
                    driver,
                    reason: ReleaseReason::TripEnded,
                }]
            }
        }))
    }

    /// A refused lock ends its offer; the search goes on, or is over if its budget ran out while the answer was awaited.
    fn decide_refused(&self, driver: DriverId, round: u8, now: Timestamp) -> Answer {
        let Some(offer) = self.asked(round, driver) else {
            return Ok(Decision::AlreadyApplied);
        };
        let mut events = vec![DispatchEvent::OfferWithdrawn {
            offer: offer.number,
            driver,
            reason: WithdrawReason::LockRefused,
        }];
        match self.control.phase {
            Phase::Ending if !self.is_outstanding_but(round) => events.push(DispatchEvent::DispatchClosed),
            // The answer to an older round says nothing of this one's budget, nor of a lock that this one asked.
            Phase::Searching if round == self.control.round && now >= self.budget_ends_at => {
                events.extend(self.exhaustion(1));
            }
            // The budget's timer may have come while the lock was awaited, or before a clock was set back: it is set anew.
            Phase::Searching if round == self.control.round => events.push(DispatchEvent::SearchResumed {
                round,
                budget_ends_at: self.budget_ends_at,
            }),
            Phase::Absent
            | Phase::Searching
            | Phase::Paused
            | Phase::Assigned
            | Phase::Exhausted
            | Phase::Ending
            | Phase::Closed => {}
        }
        Ok(Decision::Applied(events))
    }

    fn decide_released(&self, fence: Fence, driver: DriverId) -> Answer {
        let noted = self.granted.iter().find(|lock| {
            lock.fence == fence
                && lock.driver == driver
                && self.control.lock(lock.round) == LockState::Releasing
        });
        let Some(&GrantedLock { round, .. }) = noted else {
            return Ok(Decision::AlreadyApplied);
        };
        let mut events = vec![DispatchEvent::ReleaseNoted { round, fence }];
        if self.control.phase == Phase::Ending && !self.is_outstanding_but(round) {
            events.push(DispatchEvent::DispatchClosed);
        }
        Ok(Decision::Applied(events))
    }

    /// A lock whose grant or release went missing is answered again; one that is in use stays.
    fn decide_review(&self, lock: GrantedLock) -> Answer {
        match self.control.lock(lock.round) {
            LockState::Asked => self.decide_granted(lock),
            LockState::Releasing => {
                let GrantedLock { round, driver, fence } = lock;
                let reason = match self.control.phase {
                    Phase::Ending | Phase::Closed => ReleaseReason::TripEnded,
                    Phase::Absent | Phase::Searching | Phase::Paused | Phase::Assigned | Phase::Exhausted => {
                        ReleaseReason::Reassigned
                    }
                };
                Ok(Decision::one(DispatchEvent::ReleaseAsked {
                    round,
                    fence,
                    driver,
                    reason,
                }))
            }
            LockState::None | LockState::Held | LockState::Released => Ok(Decision::AlreadyApplied),
        }
    }

    /// A lock that is asked is awaited: its answer decides, and a refusal past the budget ends the search.
    fn decide_budget_over(&self, round: u8, now: Timestamp) -> Answer {
        if self.control.phase != Phase::Searching || round != self.control.round {
            return Ok(Decision::AlreadyApplied);
        }
        if now < self.budget_ends_at {
            return Err(Refusal::NotDueYet {
                due_at: self.budget_ends_at,
            });
        }
        if self.control.lock(round) == LockState::Asked {
            return Ok(Decision::AlreadyApplied);
        }
        Ok(Decision::Applied(self.exhaustion(0)))
    }

    fn decide_end(&self) -> Decision<DispatchEvent> {
        match self.control.phase {
            Phase::Ending | Phase::Closed => return Decision::AlreadyApplied,
            Phase::Absent | Phase::Searching | Phase::Paused | Phase::Assigned | Phase::Exhausted => {}
        }
        let mut events = self.withdrawals(WithdrawReason::Cancelled);
        events.push(DispatchEvent::DispatchEnding);
        events.extend(self.releases(ReleaseReason::TripEnded));
        if !self.control.is_outstanding() {
            events.push(DispatchEvent::DispatchClosed);
        }
        Decision::Applied(events)
    }

    /// The round ends without a driver; `refused_now` of its locks are refused by the same commit.
    fn exhaustion(&self, refused_now: u16) -> Vec<DispatchEvent> {
        let mut events = self.withdrawals(WithdrawReason::Superseded);
        events.push(DispatchEvent::NoDriverFound {
            round: self.control.round,
            offers: OfferCounts {
                lock_refused: self.offers.lock_refused.saturating_add(refused_now),
                ..self.offers
            },
        });
        events
    }

    /// The offer by which `round` asked `driver`'s lock, while that ask is unanswered.
    fn asked(&self, round: u8, driver: DriverId) -> Option<&OpenOffer> {
        self.open
            .iter()
            .find(|offer| offer.accepted && offer.round == round && offer.driver == driver)
    }

    /// Takes back every open offer but those whose lock is asked.
    fn withdrawals(&self, reason: WithdrawReason) -> Vec<DispatchEvent> {
        self.open
            .iter()
            .filter(|offer| !offer.accepted)
            .map(|offer| DispatchEvent::OfferWithdrawn {
                offer: offer.number,
                driver: offer.driver,
                reason,
            })
            .collect()
    }

    /// Asks the release of every lock that is held.
    fn releases(&self, reason: ReleaseReason) -> impl Iterator<Item = DispatchEvent> {
        self.granted
            .iter()
            .filter(|lock| self.control.lock(lock.round) == LockState::Held)
            .map(
                move |&GrantedLock { round, driver, fence }| DispatchEvent::ReleaseAsked {
                    round,
                    fence,
                    driver,
                    reason,
                },
            )
    }

    /// Whether any other round's lock is asked and neither refused nor released.
    fn is_outstanding_but(&self, round: u8) -> bool {
        let others = (0_u8..).zip(self.control.locks);
        others
            .filter(|(other, _)| *other != round)
            .any(|(_, lock)| lock.is_outstanding())
    }
}

impl Aggregate for Dispatch {
    type Command = Command;
    type Event = DispatchEvent;
    type Refusal = Refusal;

    fn decide(&self, command: &Command, now: Timestamp) -> Answer {
        match command {
            Command::Search { round, budget, brief } => self.decide_search(*round, *budget, brief, now),
            Command::ChangeBrief { brief } => self.decide_brief(brief),
            Command::Pause if self.control.phase == Phase::Searching => {
                let round = self.control.round;
                let left_ms = self.budget_ends_at.since(now).get().max(0);
                Ok(Decision::one(DispatchEvent::SearchPaused { round, left_ms }))
            }
            Command::Resume if self.control.phase == Phase::Paused => {
                let budget_ends_at = now.plus(Millis::new(self.paused_left_ms));
                Ok(Decision::one(DispatchEvent::SearchResumed {
                    round: self.control.round,
                    budget_ends_at,
                }))
            }
            Command::Pause | Command::Resume => Ok(Decision::AlreadyApplied),
            Command::Propose(proposal) => self.decide_propose(proposal),
            Command::Accept { offer, driver } => self.decide_accept(*offer, *driver),
            Command::Decline { offer, driver } => self.decide_decline(*offer, *driver),
            Command::ExpireOffer { offer } => self.decide_expire(*offer, now),
            Command::LockGranted { driver, round, fence } => self.decide_granted(GrantedLock {
                round: *round,
                driver: *driver,
                fence: *fence,
            }),
            Command::ReviewLock { driver, round, fence } => self.decide_review(GrantedLock {
                round: *round,
                driver: *driver,
                fence: *fence,
            }),
            Command::LockRefused { driver, round } => self.decide_refused(*driver, *round, now),
            Command::LockReleased { fence, driver } => self.decide_released(*fence, *driver),
            Command::SearchBudgetOver { round } => self.decide_budget_over(*round, now),
            Command::End => Ok(self.decide_end()),
        }
    }

    fn evolve(&mut self, event: &DispatchEvent, _at: Timestamp) {
        self.apply(event);
    }
}
