//! What can be asked of a search, and why it is refused.

use super::event::{OfferNumber, SearchBrief};
use crate::driver::Fence;
use crate::id::DriverId;
use crate::matching::{Terms, Verdicts};
use crate::time::Timestamp;
use crate::units::Millis;
use std::fmt;
use std::sync::Arc;

/// An offer that a matcher wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The search round that it was matched for.
    pub round: u8,
    /// To whom.
    pub driver: DriverId,
    /// The wave of a fan-out, from 0.
    pub wave: u8,
    /// When it lapses unanswered.
    pub expires_at: Timestamp,
    /// The pick-up that the driver would be held to.
    pub promised_pick_up_at: Timestamp,
    /// Which plan the matcher knew: [`SearchBrief::plan_revision`].
    pub plan_revision: u16,
    /// What sending this driver costs, term by term.
    pub terms: Terms,
    /// Why this driver, and why not the others: the best eight, and counts of the rest.
    pub verdicts: Verdicts,
}

/// What can be asked of a trip's search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Search in this round; on TripRequested (round 0) and TripReassigning (later ones).
    Search {
        /// The round.
        round: u8,
        /// How long it may take.
        budget: Millis,
        /// What to search for.
        brief: Arc<SearchBrief>,
    },
    /// Search for this from now on; on TripPlanChanged.
    ChangeBrief {
        /// What to search for.
        brief: Arc<SearchBrief>,
    },
    /// Stop the budget's clock.
    Pause,
    /// Let the budget's clock run again.
    Resume,
    /// Offer the trip to a driver.
    Propose(Proposal),
    /// The driver says yes.
    Accept {
        /// The offer.
        offer: OfferNumber,
        /// Who says so.
        driver: DriverId,
    },
    /// The driver says no.
    Decline {
        /// The offer.
        offer: OfferNumber,
        /// Who says so.
        driver: DriverId,
    },
    /// The offer's time is over (a timer).
    ExpireOffer {
        /// The offer.
        offer: OfferNumber,
    },
    /// The driver is locked (DriverLocked).
    LockGranted {
        /// Who.
        driver: DriverId,
        /// The round that asked.
        round: u8,
        /// The lock.
        fence: Fence,
    },
    /// The driver was not free (LockRefused).
    LockRefused {
        /// Who.
        driver: DriverId,
        /// The round that asked.
        round: u8,
    },
    /// The driver is free again (DriverReleased).
    LockReleased {
        /// The lock.
        fence: Fence,
        /// Whose.
        driver: DriverId,
    },
    /// The driver has been locked for long: is the lock still wanted? (a timer)
    ReviewLock {
        /// Who.
        driver: DriverId,
        /// The round that asked.
        round: u8,
        /// The lock.
        fence: Fence,
    },
    /// The budget of a round is used up (a timer).
    SearchBudgetOver {
        /// The round.
        round: u8,
    },
    /// The trip has ended: completed, cancelled or failed.
    End,
}

/// Why a driver's or matcher's request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The offer does not exist, or is another driver's.
    NoSuchOffer,
    /// The offer is not open any more.
    OfferGone,
    /// Another driver's answer came first; whether that lock holds is not known yet.
    OfferTaken,
    /// The search is not open for this offer: not begun, paused, over, in another round or under another plan.
    NotSearching,
    /// This driver had this trip before: declined, was silent, or gave it back.
    DriverExcluded,
    /// The deadline has not come on this service's clock.
    NotDueYet {
        /// When it will.
        due_at: Timestamp,
    },
}

impl Refusal {
    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchOffer => "dispatch_no_such_offer",
            Self::OfferGone => "dispatch_offer_gone",
            Self::OfferTaken => "dispatch_offer_taken",
            Self::NotSearching => "dispatch_not_searching",
            Self::DriverExcluded => "dispatch_driver_excluded",
            Self::NotDueYet { .. } => "dispatch_not_due_yet",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchOffer => f.write_str("failed to answer the offer: this driver has no such offer"),
            Self::OfferGone => {
                f.write_str("failed to answer the offer: it has lapsed or was answered or withdrawn")
            }
            Self::OfferTaken => f.write_str("failed to accept the offer: another driver accepted first"),
            Self::NotSearching => f.write_str("failed to offer the trip: its search is not open"),
            Self::DriverExcluded => f.write_str("failed to offer the trip: this driver had it before"),
            Self::NotDueYet { due_at } => write!(f, "failed to end the wait: it lasts until {due_at}"),
        }
    }
}

impl std::error::Error for Refusal {}
