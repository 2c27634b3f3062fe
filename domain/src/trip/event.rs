//! What happens on `trip-{id}`.

use super::Phase;
use super::request::{PaymentMethodId, PersonalPlan, TripRequest};
use crate::driver::Fence;
use crate::fingerprint::Fingerprint;
use crate::id::{DriverId, PrincipalId};
use crate::money::{Currency, Money};
use crate::pricing::{Fault, MeterReading, Quote, Receipt};
use crate::stream::ChargeNumber;
use crate::time::Timestamp;
use crate::units::{Millimetres, Millis};
use crate::{canonical_enum, canonical_struct};
use std::sync::Arc;

/// The number of an authorisation within its charge, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorizationNumber(pub u8);
canonical_struct!(AuthorizationNumber(number));

/// How a trip's payment is secured. Ordered by age: a waiver is the only one of its trip, a later authorisation is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secured {
    /// Nothing is held: cash, or an account that is billed.
    Waived,
    /// A hold of this authorisation.
    Authorized(AuthorizationNumber),
}
canonical_enum!(Secured { 0 = Waived, 1 = Authorized(number) });

/// When and in which order a device says that something happened; a phone that was offline reports late. When it was
/// recorded is its commit's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceFact {
    /// When it happened, by the device.
    pub occurred_at: Timestamp,
    /// The device's own count of its facts.
    pub sequence: u32,
}
canonical_struct!(DeviceFact {
    occurred_at,
    sequence
});

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The trip's rider.
    Rider(PrincipalId),
    /// The assigned driver.
    Driver(DriverId),
    /// An operator.
    Operator(PrincipalId),
    /// A deadline.
    Timer,
}
canonical_enum!(Actor { 0 = Rider(id), 1 = Driver(id), 2 = Operator(id), 3 = Timer });

/// Why an order is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// Its own `expires_at` had passed before it was handled.
    Expired,
    /// More people than seats asked for.
    PartyTooLarge,
    /// An operator dropped the order's message.
    Dropped,
    /// Its quote is for another number of people or stops.
    QuoteOfAnotherRide,
}
canonical_enum!(RejectReason { 0 = Expired, 1 = PartyTooLarge, 2 = Dropped, 3 = QuoteOfAnotherRide });

/// Why a trip failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailReason {
    /// No driver in the search's budget.
    NoDriver,
    /// The payment was declined for good.
    PaymentDeclined,
    /// The rider's `expires_at` came before a driver and a payment.
    Expired,
    /// Too many drivers gave it back.
    ReassignmentsUsedUp,
}
canonical_enum!(FailReason { 0 = NoDriver, 1 = PaymentDeclined, 2 = Expired, 3 = ReassignmentsUsedUp });

/// Why a trip ended other than by a ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// The order was not taken.
    Rejected(RejectReason),
    /// Somebody cancelled it, or did not come.
    Cancelled(CancelReason),
    /// It failed.
    Failed(FailReason),
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Rejected(RejectReason::Expired),
        Self::Rejected(RejectReason::PartyTooLarge),
        Self::Rejected(RejectReason::Dropped),
        Self::Rejected(RejectReason::QuoteOfAnotherRide),
        Self::Cancelled(CancelReason::ChangedPlans),
        Self::Cancelled(CancelReason::WaitTooLong),
        Self::Cancelled(CancelReason::DriverAsked),
        Self::Cancelled(CancelReason::NoShow),
        Self::Cancelled(CancelReason::Safety),
        Self::Cancelled(CancelReason::Other),
        Self::Failed(FailReason::NoDriver),
        Self::Failed(FailReason::PaymentDeclined),
        Self::Failed(FailReason::Expired),
        Self::Failed(FailReason::ReassignmentsUsedUp),
    ];
}

/// Why a trip looks for another driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReassignReason {
    /// The driver gave the trip back.
    Withdrawn,
    /// The driver did not arrive in time.
    ArrivalOverdue,
}
canonical_enum!(ReassignReason { 0 = Withdrawn, 1 = ArrivalOverdue });

/// Why a trip was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// Changed plans.
    ChangedPlans,
    /// The wait was too long.
    WaitTooLong,
    /// The driver asked for it.
    DriverAsked,
    /// The rider did not come to the car.
    NoShow,
    /// A safety concern.
    Safety,
    /// Anything else.
    Other,
}
canonical_enum!(CancelReason {
    0 = ChangedPlans,
    1 = WaitTooLong,
    2 = DriverAsked,
    3 = NoShow,
    4 = Safety,
    5 = Other
});

/// How far a trip had come when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Never confirmed.
    BeforeConfirmed,
    /// Confirmed; the driver was on the way.
    EnRoute,
    /// The driver had arrived.
    Arrived,
}
canonical_enum!(Stage { 0 = BeforeConfirmed, 1 = EnRoute, 2 = Arrived });

/// How the driver showed that the right rider is in the car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartProof {
    /// The rider's start code.
    Code,
    /// An operator vouched.
    Operator(PrincipalId),
}
canonical_enum!(StartProof { 0 = Code, 1 = Operator(id) });

/// The beginning of a ride.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// How the rider was recognised.
    pub proof: StartProof,
    /// When the device says it happened.
    pub device: DeviceFact,
    /// When it is ended for an operator to look at.
    pub overdue_at: Timestamp,
}
canonical_struct!(Start {
    proof,
    device,
    overdue_at
});

/// The end of a ride, with what is to be captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Who ended it.
    pub by: Actor,
    /// What was driven; none where a deadline ended the ride.
    pub reading: Option<Arc<MeterReading>>,
    /// When the device says it happened.
    pub device: Option<DeviceFact>,
    /// The fare, in full: what is to be captured.
    pub due: Money,
}
canonical_struct!(Completion {
    by,
    reading,
    device,
    due
});

impl Completion {
    /// Whether an operator should look at it: a deadline ended the ride, without a reading.
    pub const fn is_flagged(&self) -> bool {
        self.reading.is_none()
    }
}

/// A cancellation, with what is to be captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// Who cancelled.
    pub by: Actor,
    /// Why.
    pub reason: CancelReason,
    /// How far the trip had come.
    pub stage: Stage,
    /// Whose fault it is, for the fee's policy.
    pub fault: Fault,
    /// The fee's receipt; none where no fee is due.
    pub receipt: Option<Arc<Receipt>>,
    /// The fee: what is to be captured. `None` where the order was never seen, so that no currency is known.
    pub due: Option<Money>,
}

impl Cancelled {
    /// Whether it overtook its order: nothing was ever sought or held for it, and the order may still be another's.
    pub const fn is_before_order(&self) -> bool {
        self.due.is_none()
    }
}
canonical_struct!(Cancelled {
    by,
    reason,
    stage,
    fault,
    receipt,
    due
});

/// A change of plan: of the stops and the destination, never of the pick-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// Which change of this trip, from 1: of two, the later one stands, in whatever order they are told.
    pub revision: u16,
    /// Who asked for it.
    pub by: Actor,
    /// The new plan.
    pub plan: PersonalPlan,
    /// The new price; its hold is the first one's, never larger.
    pub quote: Arc<Quote>,
    /// The new price's fingerprint.
    pub quote_fingerprint: Fingerprint,
    /// The order, for whoever searches under the new plan without having heard of it.
    pub request: Arc<TripRequest>,
}
canonical_struct!(PlanChange {
    revision,
    by,
    plan,
    quote,
    quote_fingerprint,
    request
});

/// A correction of a settled fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Which receipt it replaces: the count of receipts before it.
    pub supersedes: u16,
    /// Why.
    pub reason: AdjustReason,
    /// The receipt that it replaces, so that the ledger can take it back from this event alone.
    pub superseded: Arc<Receipt>,
    /// The new receipt.
    pub receipt: Arc<Receipt>,
    /// The number that a further charge takes, should more be due than before.
    pub further: ChargeNumber,
}
canonical_struct!(Adjustment {
    supersedes,
    reason,
    superseded,
    receipt,
    further
});

/// What a rider gives the driver after the ride.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The charge that takes it.
    pub charge: ChargeNumber,
    /// How much.
    pub amount: Money,
    /// The rider's stored method: the trip's own.
    pub method: PaymentMethodId,
    /// How long an authorisation may take.
    pub budget: Millis,
    /// How much longer, once, where the rider must act.
    pub action_budget: Millis,
}
canonical_struct!(Tip {
    charge,
    amount,
    method,
    budget,
    action_budget
});

/// Why a fare is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdjustReason {
    /// A toll that became known later.
    LateToll,
    /// The reading was wrong.
    WrongReading,
    /// Goodwill.
    Goodwill,
}
canonical_enum!(AdjustReason { 0 = LateToll, 1 = WrongReading, 2 = Goodwill });

/// How the money of a charge ended, in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MoneyOutcome {
    /// The currency; none where none was ever known, and every amount is zero.
    pub currency: Option<Currency>,
    /// What was captured and kept: refunds made before the end are taken off, later ones are not.
    pub captured_minor: i64,
    /// What remains owed.
    pub debt_minor: i64,
    /// What is paid to the driver in cash.
    pub cash_minor: i64,
}
canonical_struct!(MoneyOutcome {
    currency,
    captured_minor,
    debt_minor,
    cash_minor
});

/// What happened to a trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TripEvent {
    /// An order was taken.
    Requested(Arc<TripRequest>),
    /// An order was not taken.
    Rejected {
        /// Why.
        reason: RejectReason,
    },
    /// A locked driver is known.
    DriverNoted {
        /// The search round.
        round: u8,
        /// The lock.
        fence: Fence,
        /// Who.
        driver: DriverId,
    },
    /// A secured payment is known.
    PaymentNoted {
        /// How it is secured.
        secured: Secured,
    },
    /// An authorisation is lost, whether or not it had been noted.
    PaymentUnnoted {
        /// Which.
        authorization: AuthorizationNumber,
    },
    /// Requested, driver locked, payment secured: all three hold at this commit.
    Confirmed {
        /// The search round.
        round: u8,
        /// The lock.
        fence: Fence,
        /// How the payment is secured.
        secured: Secured,
        /// When the driver counts as overdue.
        arrival_due_at: Timestamp,
    },
    /// Looks for another driver.
    Reassigning {
        /// The new search round.
        round: u8,
        /// Why.
        reason: ReassignReason,
        /// The order, for whoever searches anew.
        request: Arc<TripRequest>,
        /// The latest change of its plan, if there was one.
        change: Option<Arc<PlanChange>>,
    },
    /// The driver is at the pick-up.
    DriverArrived {
        /// The search round.
        round: u8,
        /// How far from the pick-up the device was.
        distance_to_pick_up: Millimetres,
        /// When the device says it happened.
        device: DeviceFact,
        /// Until when the driver waits, and from when they may report a no-show.
        no_show_at: Timestamp,
        /// When the platform's timer takes it for a no-show, if the driver reported nothing.
        no_show_due_at: Timestamp,
    },
    /// The start code was wrong.
    StartCodeRefused {
        /// The search round, whose driver it was.
        round: u8,
        /// How many wrong codes there have been in this round.
        attempts: u8,
    },
    /// The ride began.
    Started(Arc<Start>),
    /// The plan changed.
    PlanChanged(Arc<PlanChange>),
    /// The ride ended.
    Completed(Arc<Completion>),
    /// The trip was cancelled.
    Cancelled(Arc<Cancelled>),
    /// The trip failed; nothing is captured.
    Failed {
        /// Why.
        reason: FailReason,
    },
    /// The fare, line by line.
    FareSettled(Arc<Receipt>),
    /// A correction of the fare.
    FareAdjusted(Arc<Adjustment>),
    /// No lock is held for the trip (DispatchClosed).
    LockCleared,
    /// The money has come to an end (PaymentClosed).
    MoneySettled {
        /// How.
        outcome: MoneyOutcome,
    },
    /// Over.
    Closed,
    /// The rider gives the driver something on top; it may come long after the trip is over.
    Tipped(Arc<Tip>),
}
canonical_enum!(TripEvent {
    0 = Requested(request),
    1 = Rejected { reason },
    2 = DriverNoted { round, fence, driver },
    3 = PaymentNoted { secured },
    4 = PaymentUnnoted { authorization },
    5 = Confirmed { round, fence, secured, arrival_due_at },
    6 = Reassigning { round, reason, request, change },
    7 = DriverArrived { round, distance_to_pick_up, device, no_show_at, no_show_due_at },
    8 = StartCodeRefused { round, attempts },
    9 = Started(start),
    10 = PlanChanged(change),
    11 = Completed(completion),
    12 = Cancelled(cancelled),
    13 = Failed { reason },
    14 = FareSettled(receipt),
    15 = FareAdjusted(adjustment),
    16 = LockCleared,
    17 = MoneySettled { outcome },
    18 = Closed,
    19 = Tipped(tip),
});

impl TripEvent {
    /// The event's name in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Requested(_) => "TripRequested",
            Self::Rejected { .. } => "TripRejected",
            Self::DriverNoted { .. } => "DriverNoted",
            Self::PaymentNoted { .. } => "PaymentNoted",
            Self::PaymentUnnoted { .. } => "PaymentUnnoted",
            Self::Confirmed { .. } => "TripConfirmed",
            Self::Reassigning { .. } => "TripReassigning",
            Self::DriverArrived { .. } => "DriverArrived",
            Self::StartCodeRefused { .. } => "StartCodeRefused",
            Self::Started(_) => "TripStarted",
            Self::PlanChanged(_) => "TripPlanChanged",
            Self::Completed(_) => "TripCompleted",
            Self::Cancelled(_) => "TripCancelled",
            Self::Failed { .. } => "TripFailed",
            Self::FareSettled(_) => "FareSettled",
            Self::FareAdjusted(_) => "FareAdjusted",
            Self::LockCleared => "LockCleared",
            Self::MoneySettled { .. } => "MoneySettled",
            Self::Closed => "TripClosed",
            Self::Tipped(_) => "TripTipped",
        }
    }

    /// The phase that the trip comes to by this event; `None` where it stays in the one that it is in.
    pub const fn phase(&self) -> Option<Phase> {
        match self {
            Self::Requested(_) => Some(Phase::Requested),
            Self::Rejected { .. } => Some(Phase::Rejected),
            Self::Confirmed { .. } => Some(Phase::Confirmed),
            Self::Reassigning { .. } => Some(Phase::Reassigning),
            Self::DriverArrived { .. } => Some(Phase::Arrived),
            Self::Started(_) => Some(Phase::Started),
            Self::Completed(_) => Some(Phase::Completed),
            Self::Cancelled(_) => Some(Phase::Cancelled),
            Self::Failed { .. } => Some(Phase::Failed),
            Self::DriverNoted { .. }
            | Self::PaymentNoted { .. }
            | Self::PaymentUnnoted { .. }
            | Self::StartCodeRefused { .. }
            | Self::PlanChanged(_)
            | Self::FareSettled(_)
            | Self::FareAdjusted(_)
            | Self::LockCleared
            | Self::MoneySettled { .. }
            | Self::Closed
            | Self::Tipped(_) => None,
        }
    }
}
