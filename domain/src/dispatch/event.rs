//! What happens on `dispatch-{trip}`.

use crate::driver::{Fence, ReleaseReason};
use crate::id::{DriverId, ProductId, RegionId};
use crate::matching::{Terms, Verdicts};
use crate::money::Money;
use crate::requirements::Requirements;
use crate::time::Timestamp;
use crate::trip::PersonalPlan;
use crate::{canonical_enum, canonical_struct};
use std::sync::Arc;

/// An offer's number within its trip, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferNumber(pub u16);
canonical_struct!(OfferNumber(number));

/// What a matcher must know to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchBrief {
    /// From where, by which stops, to where.
    pub plan: PersonalPlan,
    /// Which change of the plan this is, 0 as ordered: of two briefs the later one stands.
    pub plan_revision: u16,
    /// What driver and vehicle must be able to serve.
    pub requirements: Requirements,
    /// The product asked for.
    pub product: ProductId,
    /// The region that searches.
    pub region: RegionId,
    /// When the rider's order was accepted: the age of the wait.
    pub requested_at: Timestamp,
    /// What the driver would be paid for the quoted ride.
    pub driver_pay: Money,
}
canonical_struct!(SearchBrief {
    plan,
    plan_revision,
    requirements,
    product,
    region,
    requested_at,
    driver_pay
});

/// An offer to one driver, with why it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its number within the trip.
    pub number: OfferNumber,
    /// To whom.
    pub driver: DriverId,
    /// The search round.
    pub round: u8,
    /// The wave of a fan-out, from 0.
    pub wave: u8,
    /// When it lapses unanswered.
    pub expires_at: Timestamp,
    /// The pick-up that the driver would be held to.
    pub promised_pick_up_at: Timestamp,
    /// What the ride would pay.
    pub driver_pay: Money,
    /// Which plan pay and way are of: [`SearchBrief::plan_revision`].
    pub plan_revision: u16,
    /// What sending this driver costs, term by term.
    pub terms: Terms,
    /// Why this driver, and why not the others: the best eight, and counts of the rest.
    pub verdicts: Verdicts,
}
canonical_struct!(Offer {
    number,
    driver,
    round,
    wave,
    expires_at,
    promised_pick_up_at,
    driver_pay,
    plan_revision,
    terms,
    verdicts
});

/// What became of a round's offers that brought no driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfferCounts {
    /// How many were made.
    pub made: u16,
    /// How many drivers said no.
    pub declined: u16,
    /// How many drivers said nothing in time.
    pub expired: u16,
    /// How many drivers said yes, but were not free any more.
    pub lock_refused: u16,
}
canonical_struct!(OfferCounts {
    made,
    declined,
    expired,
    lock_refused
});

/// Why an open offer was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WithdrawReason {
    /// Another driver has the trip.
    Taken,
    /// The trip ended.
    Cancelled,
    /// A new search round or a new plan replaced what was offered.
    Superseded,
    /// The driver accepted, but is not free any more.
    LockRefused,
}
canonical_enum!(WithdrawReason { 0 = Taken, 1 = Cancelled, 2 = Superseded, 3 = LockRefused });

/// What happened to a trip's search for a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DispatchEvent {
    /// A round of search began.
    SearchStarted {
        /// The round, from 0.
        round: u8,
        /// When its budget is used up.
        budget_ends_at: Timestamp,
        /// What to search for.
        brief: Arc<SearchBrief>,
    },
    /// The budget's clock stands still: the region cannot be served at all just now.
    SearchPaused {
        /// The round.
        round: u8,
        /// What was left of the budget, in ms.
        left_ms: i64,
    },
    /// The budget's clock runs again: after a pause, or after a lock that was awaited was refused.
    SearchResumed {
        /// The round.
        round: u8,
        /// When it is used up.
        budget_ends_at: Timestamp,
    },
    /// A driver is offered the trip.
    OfferMade(Arc<Offer>),
    /// The driver said yes; asks the driver's lock.
    OfferAccepted {
        /// The offer.
        offer: OfferNumber,
        /// Who accepted.
        driver: DriverId,
        /// The round, which the lock carries.
        round: u8,
    },
    /// The driver said no.
    OfferDeclined {
        /// The offer.
        offer: OfferNumber,
        /// Who declined.
        driver: DriverId,
    },
    /// The driver said nothing.
    OfferExpired {
        /// The offer.
        offer: OfferNumber,
        /// Who was silent.
        driver: DriverId,
    },
    /// The offer was taken back.
    OfferWithdrawn {
        /// The offer.
        offer: OfferNumber,
        /// From whom.
        driver: DriverId,
        /// Why.
        reason: WithdrawReason,
    },
    /// A driver is locked for the trip.
    DriverAssigned {
        /// The round.
        round: u8,
        /// The lock.
        fence: Fence,
        /// Who.
        driver: DriverId,
    },
    /// A lock must end.
    ReleaseAsked {
        /// The round that had asked for the lock.
        round: u8,
        /// The lock.
        fence: Fence,
        /// Whose.
        driver: DriverId,
        /// Why.
        reason: ReleaseReason,
    },
    /// A lock has ended.
    ReleaseNoted {
        /// The round that had asked for the lock.
        round: u8,
        /// The lock.
        fence: Fence,
    },
    /// The budget of a round is used up.
    NoDriverFound {
        /// The round.
        round: u8,
        /// What became of its offers.
        offers: OfferCounts,
    },
    /// The trip has ended; what is held is being released.
    DispatchEnding,
    /// Nothing is held, nothing is asked.
    DispatchClosed,
    /// What to search for changed: the rider's plan, hence the driver's way and pay.
    SearchChanged {
        /// What to search for from now on.
        brief: Arc<SearchBrief>,
    },
}
canonical_enum!(DispatchEvent {
    0 = SearchStarted { round, budget_ends_at, brief },
    1 = SearchPaused { round, left_ms },
    2 = SearchResumed { round, budget_ends_at },
    3 = OfferMade(offer),
    4 = OfferAccepted { offer, driver, round },
    5 = OfferDeclined { offer, driver },
    6 = OfferExpired { offer, driver },
    7 = OfferWithdrawn { offer, driver, reason },
    8 = DriverAssigned { round, fence, driver },
    9 = ReleaseAsked { round, fence, driver, reason },
    10 = ReleaseNoted { round, fence },
    11 = NoDriverFound { round, offers },
    12 = DispatchEnding,
    13 = DispatchClosed,
    14 = SearchChanged { brief },
});

impl DispatchEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SearchStarted { .. } => "SearchStarted",
            Self::SearchPaused { .. } => "SearchPaused",
            Self::SearchResumed { .. } => "SearchResumed",
            Self::OfferMade(_) => "OfferMade",
            Self::OfferAccepted { .. } => "OfferAccepted",
            Self::OfferDeclined { .. } => "OfferDeclined",
            Self::OfferExpired { .. } => "OfferExpired",
            Self::OfferWithdrawn { .. } => "OfferWithdrawn",
            Self::DriverAssigned { .. } => "DriverAssigned",
            Self::ReleaseAsked { .. } => "ReleaseAsked",
            Self::ReleaseNoted { .. } => "ReleaseNoted",
            Self::NoDriverFound { .. } => "NoDriverFound",
            Self::DispatchEnding => "DispatchEnding",
            Self::DispatchClosed => "DispatchClosed",
            Self::SearchChanged { .. } => "SearchChanged",
        }
    }
}
