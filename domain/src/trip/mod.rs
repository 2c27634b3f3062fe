//! A trip: the booking saga's own memory of what has been secured, and how the ride goes.
//!
//! A trip is confirmed if and only if, at that commit, it is requested, its driver is locked and its payment is secured,
//! in whatever order those facts arrive and however often.
//!
//! ```
//! use fiacre_domain::decision::Aggregate;
//! use fiacre_domain::id::PrincipalId;
//! use fiacre_domain::time::Timestamp;
//! use fiacre_domain::trip::{Actor, CancelReason, Command, Phase, Trip};
//!
//! // A cancel that overtakes its order is remembered, so that the late order does nothing.
//! let now = Timestamp::from_ms(0);
//! let rider = Actor::Rider(PrincipalId::from_u128(1));
//! let mut trip = Trip::default();
//! let cancel = Command::Cancel { by: rider, reason: CancelReason::ChangedPlans };
//! for event in trip.decide(&cancel, now)?.into_events() {
//!     trip.evolve(&event, now);
//! }
//! assert_eq!(trip.control().phase, Phase::Cancelled);
//! assert!(trip.control().closed);
//! # Ok::<(), fiacre_domain::trip::Refusal>(())
//! ```

mod command;
mod decide;
mod event;
mod evolve;
mod request;
#[cfg(test)]
mod tests;

pub use command::{Command, CommandKind, Refusal, StartCheck};
pub use event::{
    Actor, AdjustReason, Adjustment, AuthorizationNumber, CancelReason, Cancelled, Completion, DeviceFact,
    EndReason, FailReason, MoneyOutcome, PlanChange, ReassignReason, RejectReason, Secured, Stage, Start,
    StartProof, Tip, TripEvent,
};
pub use request::{
    BUDGET_MAX, ORDER_LIFETIME_DEFAULT, Order, PLAN_STOPS_MAX, PaymentMethod, PaymentMethodId, PersonalPlace,
    PersonalPlan, RequestError, TripPolicy, TripRequest,
};

use crate::decision::{StateError, state_parts};
use crate::driver::Fence;
use crate::id::{DriverId, PrincipalId};
use crate::money::Money;
use crate::pricing::{Quote, Receipt};
use crate::time::Timestamp;
use crate::units::Millis;
use std::sync::Arc;

/// How long after a ride its rider may tip: 30 days.
pub const TIP_WINDOW: Millis = Millis::from_minutes(30 * 24 * 60);

/// How many tips a trip may have.
pub const TIPS_MAX: u8 = 8;

/// How often the order's hold a trip's tips may come to, together: who gives more has most likely mistyped. A ride for which
/// nothing was held takes no tip ([`Refusal::TipWithoutHold`]).
pub const TIPS_HOLDS_MAX: i64 = 2;

/// Where a trip stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Nothing is known.
    #[default]
    Absent,
    /// The order was not taken.
    Rejected,
    /// Taken; a driver and a payment are being sought.
    Requested,
    /// Taken; another driver is being sought.
    Reassigning,
    /// Driver locked, payment secured: the driver is on the way.
    Confirmed,
    /// The driver is at the pick-up.
    Arrived,
    /// The ride is going on.
    Started,
    /// The ride has ended.
    Completed,
    /// Cancelled.
    Cancelled,
    /// Failed.
    Failed,
}

impl Phase {
    /// Every phase, in the saga's order.
    pub const ALL: [Self; 10] = [
        Self::Absent,
        Self::Rejected,
        Self::Requested,
        Self::Reassigning,
        Self::Confirmed,
        Self::Arrived,
        Self::Started,
        Self::Completed,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The phase's name, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Rejected => "rejected",
            Self::Requested => "requested",
            Self::Reassigning => "reassigning",
            Self::Confirmed => "confirmed",
            Self::Arrived => "arrived",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Which part of a trip's life this is.
    pub const fn part(self) -> Part {
        match self {
            Self::Absent => Part::Unheard,
            Self::Requested | Self::Reassigning => Part::Seeking,
            Self::Confirmed | Self::Arrived => Part::Coming,
            Self::Started => Part::Riding,
            Self::Rejected | Self::Completed | Self::Cancelled | Self::Failed => Part::Over,
        }
    }

    /// Whether a driver is on the way, waiting or driving: the trip is in progress.
    pub const fn is_in_progress(self) -> bool {
        match self.part() {
            Part::Coming | Part::Riding => true,
            Part::Unheard | Part::Seeking | Part::Over => false,
        }
    }

    /// Whether the trip has ended, though money or lock may still be clearing.
    pub const fn is_ended(self) -> bool {
        matches!(self.part(), Part::Over)
    }
}

/// A part of a trip's life: what most rules ask of its [phase](Phase).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// No order was heard of.
    Unheard,
    /// A driver is being sought, for the first time or again.
    Seeking,
    /// The driver is on the way, or waits at the pick-up.
    Coming,
    /// The ride is going on.
    Riding,
    /// It has ended, whichever way.
    Over,
}

/// The part of the state that the saga turns on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of the join and of the close, noted in any order"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Control {
    /// Where the trip stands.
    pub phase: Phase,
    /// The current search round.
    pub round: u8,
    /// Whether the current round's driver is noted.
    pub driver_noted: bool,
    /// The payment that is noted.
    pub secured: Option<Secured>,
    /// The newest authorisation known to be lost.
    pub lost: Option<AuthorizationNumber>,
    /// Whether it was ever confirmed: only then can a fee be due.
    pub was_confirmed: bool,
    /// How many wrong start codes the present round's driver has tried.
    pub wrong_codes: u8,
    /// After the end: no lock is held.
    pub lock_cleared: bool,
    /// After the end: the money has come to an end.
    pub money_settled: bool,
    /// Over.
    pub closed: bool,
}

/// Who cancelled an order that has not come. Only their own order finds it, since anyone may name a trip that is not yet
/// anybody's; an operator's word holds for every order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tombstones {
    /// The riders who did.
    pub riders: Vec<PrincipalId>,
    /// Whether an operator did.
    pub is_for_all: bool,
}

impl Tombstones {
    fn silences(&self, rider: PrincipalId) -> bool {
        self.is_for_all || self.riders.contains(&rider)
    }
}

/// A trip's state, folded from `trip-{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trip {
    control: Control,
    request: Option<Arc<TripRequest>>,
    quote: Option<Arc<Quote>>,
    change: Option<Arc<PlanChange>>,
    noted: Option<(DriverId, Fence)>,
    tombstones: Tombstones,
    confirmed_at: Timestamp,
    arrival_due_at: Timestamp,
    arrived_at: Timestamp,
    no_show_at: Timestamp,
    no_show_due_at: Timestamp,
    overdue_at: Timestamp,
    completed_at: Timestamp,
    ended_for: Option<EndReason>,
    due: Option<Money>,
    receipt: Option<Arc<Receipt>>,
    receipts: u16,
    /// The last number that was given to a charge beside the fare.
    charges: u16,
    tips: u8,
    tipped_minor: i64,
    outcome: Option<MoneyOutcome>,
}

state_parts!(
    /// A trip's state as data.
    TripParts of Trip {
        /// The part that the saga turns on.
        control: Control,
        /// The order, once taken.
        request: Option<Arc<TripRequest>>,
        /// The price in force.
        quote: Option<Arc<Quote>>,
        /// The latest change of plan.
        change: Option<Arc<PlanChange>>,
        /// The noted driver and lock.
        noted: Option<(DriverId, Fence)>,
        /// Who cancelled before the order came.
        tombstones: Tombstones,
        /// When it was confirmed.
        confirmed_at: Timestamp,
        /// When the driver's arrival is overdue.
        arrival_due_at: Timestamp,
        /// When the driver arrived.
        arrived_at: Timestamp,
        /// From when on a rider may be reported as not there.
        no_show_at: Timestamp,
        /// When that report is overdue.
        no_show_due_at: Timestamp,
        /// When the ride is overdue.
        overdue_at: Timestamp,
        /// What was to be captured at the end.
        due: Option<Money>,
        /// The latest receipt.
        receipt: Option<Arc<Receipt>>,
        /// How many receipts there were.
        receipts: u16,
        /// How the money came to an end.
        outcome: Option<MoneyOutcome>,
        /// When the ride ended.
        completed_at: Timestamp,
        /// Why it ended without one.
        ended_for: Option<EndReason>,
        /// The last number that was given to a charge beside the fare.
        charges: u16,
        /// How many tips were given.
        tips: u8,
        /// What they come to, in minor units.
        tipped_minor: i64,
    }
);

impl Trip {
    const fn check(&self) -> Result<(), StateError> {
        let is_ordered = match self.control.phase {
            Phase::Absent | Phase::Rejected | Phase::Cancelled => false,
            Phase::Requested
            | Phase::Reassigning
            | Phase::Confirmed
            | Phase::Arrived
            | Phase::Started
            | Phase::Completed
            | Phase::Failed => true,
        };
        if is_ordered && (self.request.is_none() || self.quote.is_none()) {
            return Err(StateError::TripWithoutOrder);
        }
        Ok(())
    }

    /// The part that the saga turns on.
    pub const fn control(&self) -> Control {
        self.control
    }

    /// The order, once taken.
    pub const fn request(&self) -> Option<&Arc<TripRequest>> {
        self.request.as_ref()
    }

    /// The latest change of plan, if there was one.
    pub const fn plan_change(&self) -> Option<&Arc<PlanChange>> {
        self.change.as_ref()
    }

    /// The price in force: the order's, or the changed plan's.
    pub const fn quote(&self) -> Option<&Arc<Quote>> {
        self.quote.as_ref()
    }

    /// The noted driver and lock.
    pub const fn driver(&self) -> Option<(DriverId, Fence)> {
        self.noted
    }

    /// Why it ended, where it was rejected, cancelled or failed.
    pub const fn ended_for(&self) -> Option<EndReason> {
        self.ended_for
    }

    /// What was to be captured at the end.
    pub const fn due(&self) -> Option<Money> {
        self.due
    }

    /// The latest receipt, of a fare or a fee.
    pub const fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.receipt.as_ref()
    }

    /// Whether an operator should look at how it ended: without a reading, or without a price. A correction by what was driven
    /// puts it right.
    pub fn is_flagged(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt.is_flagged())
    }

    /// How often its receipt was corrected.
    pub const fn corrections(&self) -> u16 {
        self.receipts.saturating_sub(1)
    }

    /// How many numbers were given to charges beside the fare, whether or not they were needed.
    pub const fn charges(&self) -> u16 {
        self.charges
    }

    /// How many tips were given.
    pub const fn tips(&self) -> u8 {
        self.tips
    }

    /// What the rider has tipped, whether or not it could be taken.
    pub fn tipped(&self) -> Option<Money> {
        let quote = self.quote.as_ref().filter(|_| self.tips > 0)?;
        Some(Money::new(self.tipped_minor, quote.currency()))
    }

    /// How the fare's money came to an end; what a correction or a tip moved afterwards is not in it.
    pub const fn outcome(&self) -> Option<MoneyOutcome> {
        self.outcome
    }
}
