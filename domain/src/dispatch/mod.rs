//! A trip's search for a driver: rounds, offers, the lock it asks for, and its release.
//!
//! The dispatch of a trip is the only one that commands drivers for it. It closes when every lock that it asked for was
//! refused or released; a lock still unanswered at the end is awaited.
//!
//! A driver who does not answer is asked no more by this trip: the offer's timer expires it, and the next batch asks others.
//!
//! ```
//! use fiacre_domain::decision::{Aggregate, Decision};
//! use fiacre_domain::dispatch::{Command, Dispatch, DispatchEvent};
//! use fiacre_domain::time::Timestamp;
//!
//! // The end of a trip that overtakes its search leaves a tombstone: the late search finds it and does nothing.
//! let dispatch = Dispatch::default();
//! let Decision::Applied(events) = dispatch.decide(&Command::End, Timestamp::from_ms(0))? else { panic!() };
//! assert_eq!(events, [DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed]);
//! # Ok::<(), fiacre_domain::dispatch::Refusal>(())
//! ```

mod command;
mod decide;
mod event;
mod evolve;
#[cfg(test)]
mod tests;

pub use command::{Command, Proposal, Refusal};
pub use event::{DispatchEvent, Offer, OfferCounts, OfferNumber, SearchBrief, WithdrawReason};

use crate::decision::{StateError, state_parts};
use crate::driver::Fence;
use crate::id::DriverId;
use crate::time::Timestamp;
use std::sync::Arc;

/// The most rounds of search that a trip can have: one, and a reassignment each.
pub const ROUNDS_MAX: usize = 8;

/// Where the search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Nothing is known of the trip.
    #[default]
    Absent,
    /// Looking for a driver.
    Searching,
    /// Looking is suspended.
    Paused,
    /// A driver is locked.
    Assigned,
    /// The round's budget is used up.
    Exhausted,
    /// The trip has ended; locks are outstanding.
    Ending,
    /// Nothing is held, nothing is asked.
    Closed,
}

/// The lock that a round asked for, as far as this stream knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum LockState {
    /// None asked, or the last one refused.
    #[default]
    None,
    /// Asked, not answered.
    Asked,
    /// Granted.
    Held,
    /// Its release is asked.
    Releasing,
    /// Released.
    Released,
}

impl LockState {
    /// Asked, and neither refused nor released.
    pub const fn is_outstanding(self) -> bool {
        match self {
            Self::Asked | Self::Held | Self::Releasing => true,
            Self::None | Self::Released => false,
        }
    }
}

/// The part of the state that the saga turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Control {
    /// Where the search stands.
    pub phase: Phase,
    /// The current round.
    pub round: u8,
    /// The lock of each round.
    pub locks: [LockState; ROUNDS_MAX],
}

impl Control {
    /// The lock of `round`; none for a round that cannot be.
    pub fn lock(&self, round: u8) -> LockState {
        self.locks.get(usize::from(round)).copied().unwrap_or_default()
    }

    /// Whether a lock was asked that is neither refused nor released.
    pub fn is_outstanding(&self) -> bool {
        self.locks.iter().any(|lock| lock.is_outstanding())
    }
}

/// An offer that is not answered yet, or whose lock is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOffer {
    /// Its number.
    pub number: OfferNumber,
    /// To whom.
    pub driver: DriverId,
    /// The round that it was made in.
    pub round: u8,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// Whether the driver accepted: the lock is asked.
    pub accepted: bool,
}

/// A lock that this search was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantedLock {
    /// The round that asked.
    pub round: u8,
    /// Whose.
    pub driver: DriverId,
    /// The lock.
    pub fence: Fence,
}

/// A search's state, folded from `dispatch-{trip}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dispatch {
    control: Control,
    brief: Option<Arc<SearchBrief>>,
    budget_ends_at: Timestamp,
    paused_left_ms: i64,
    open: Vec<OpenOffer>,
    offers_made: u16,
    /// Of the current round.
    offers: OfferCounts,
    excluded: Vec<DriverId>,
    granted: Vec<GrantedLock>,
}

state_parts!(
    /// A search's state as data.
    DispatchParts of Dispatch {
        /// The part that the saga turns on.
        control: Control,
        /// What is searched for.
        brief: Option<Arc<SearchBrief>>,
        /// When the current round's budget is used up.
        budget_ends_at: Timestamp,
        /// How much of the budget was left when the search was paused, in milliseconds.
        paused_left_ms: i64,
        /// Offers that wait for an answer, or whose lock is asked.
        open: Vec<OpenOffer>,
        /// The number of the last offer.
        offers_made: u16,
        /// The offers of the current round.
        offers: OfferCounts,
        /// Drivers who are not offered this trip (again).
        excluded: Vec<DriverId>,
        /// Locks that were granted.
        granted: Vec<GrantedLock>,
    }
);

impl Dispatch {
    const fn check(&self) -> Result<(), StateError> {
        let is_searched = match self.control.phase {
            Phase::Absent | Phase::Ending | Phase::Closed => false,
            Phase::Searching | Phase::Paused | Phase::Assigned | Phase::Exhausted => true,
        };
        if is_searched && self.brief.is_none() {
            return Err(StateError::SearchWithoutBrief);
        }
        Ok(())
    }

    /// The part that the saga turns on.
    pub const fn control(&self) -> Control {
        self.control
    }

    /// What is searched for, once the search began.
    pub fn brief(&self) -> Option<&Arc<SearchBrief>> {
        self.brief.as_ref()
    }

    /// When the current round's budget is used up.
    pub const fn budget_ends_at(&self) -> Timestamp {
        self.budget_ends_at
    }

    /// Offers that wait for an answer, or whose lock is asked.
    pub fn open_offers(&self) -> &[OpenOffer] {
        &self.open
    }

    /// Drivers who are not offered this trip (again).
    pub fn excluded(&self) -> &[DriverId] {
        &self.excluded
    }

    /// The driver assigned in the current round.
    pub fn assigned(&self) -> Option<GrantedLock> {
        self.granted
            .iter()
            .copied()
            .find(|lock| lock.round == self.control.round && self.control.phase == Phase::Assigned)
    }
}
