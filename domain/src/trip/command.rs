//! What can be asked of a trip, the facts that it is told, and why it refuses.

use super::event::{
    Actor, AdjustReason, AuthorizationNumber, CancelReason, DeviceFact, MoneyOutcome, RejectReason, Secured,
    StartProof,
};
use super::request::{PLAN_STOPS_MAX, PersonalPlan, TripRequest};
use crate::driver::Fence;
use crate::fingerprint::Fingerprint;
use crate::id::{DriverId, PrincipalId};
use crate::money::Money;
use crate::pricing::{Fault, MeterReading, PricingError, Quote, Receipt, VerifyError};
use crate::time::Timestamp;
use crate::units::Millimetres;
use std::fmt;
use std::sync::Arc;

/// What the driver typed, judged by whoever knows the key: the code itself never enters the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartCheck {
    /// Proven.
    Proven(StartProof),
    /// The code was wrong.
    WrongCode,
}

/// What can be asked of a trip or told to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take this order.
    Request(Arc<TripRequest>),
    /// Do not take this order: an operator dropped its message.
    Reject {
        /// Why.
        reason: RejectReason,
    },
    /// A driver is locked (DriverAssigned).
    NoteDriver {
        /// The search round.
        round: u8,
        /// The lock.
        fence: Fence,
        /// Who.
        driver: DriverId,
    },
    /// A payment is secured (PaymentAuthorized, PaymentWaived).
    NotePayment {
        /// How.
        secured: Secured,
    },
    /// An authorisation is lost (AuthorizationLost).
    LosePayment {
        /// Which.
        authorization: AuthorizationNumber,
    },
    /// The payment is declined for good (PaymentDeclined).
    DeclinePayment,
    /// A round found no driver (NoDriverFound).
    NoDriver {
        /// The round.
        round: u8,
    },
    /// The rider's `expires_at` has come (a timer).
    Expire,
    /// The driver gives the trip back.
    Withdraw {
        /// Who.
        driver: DriverId,
        /// The lock.
        fence: Fence,
    },
    /// The driver did not arrive in time (a timer).
    ArrivalOverdue {
        /// The search round.
        round: u8,
    },
    /// Cancel.
    Cancel {
        /// Who asks.
        by: Actor,
        /// Why.
        reason: CancelReason,
    },
    /// The driver is at the pick-up.
    Arrive {
        /// Who.
        driver: DriverId,
        /// The lock.
        fence: Fence,
        /// How far from the pick-up the device is.
        distance_to_pick_up: Millimetres,
        /// When the device says it happened.
        device: DeviceFact,
    },
    /// The rider did not come, says the driver.
    NoShow {
        /// Who.
        driver: DriverId,
        /// The lock.
        fence: Fence,
    },
    /// The rider did not come in time (a timer).
    NoShowOverdue {
        /// The search round.
        round: u8,
    },
    /// The rider is in the car.
    Start {
        /// Who drives.
        driver: DriverId,
        /// The lock.
        fence: Fence,
        /// What the start code's check gave.
        check: StartCheck,
        /// When the device says it happened.
        device: DeviceFact,
    },
    /// Go another way.
    ChangePlan {
        /// Who asks.
        by: Actor,
        /// The new plan.
        plan: PersonalPlan,
        /// Its price, under the first one's hold.
        quote: Arc<Quote>,
        /// The price's fingerprint.
        quote_fingerprint: Fingerprint,
    },
    /// The ride has ended.
    Complete {
        /// The lock.
        fence: Fence,
        /// Who says so.
        by: Actor,
        /// What was driven.
        reading: Arc<MeterReading>,
        /// When the device says it happened.
        device: DeviceFact,
    },
    /// The ride's budget is used up (a timer).
    RideOverdue,
    /// Nothing is locked for the trip (DispatchClosed).
    ClearLock,
    /// The money has come to an end (PaymentClosed).
    SettleMoney {
        /// How.
        outcome: MoneyOutcome,
    },
    /// Correct the fare.
    AdjustFare {
        /// Why.
        reason: AdjustReason,
        /// The corrected receipt: of the trip's quote, and verified against its tariff. So it never exceeds the hold.
        receipt: Arc<Receipt>,
    },
    /// Give the driver something on top.
    Tip {
        /// Who gives it.
        rider: PrincipalId,
        /// How much.
        amount: Money,
    },
}

/// A command without its data: the rows of the saga's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommandKind {
    /// [`Command::Request`].
    Request,
    /// [`Command::Reject`].
    Reject,
    /// [`Command::NoteDriver`].
    NoteDriver,
    /// [`Command::NotePayment`].
    NotePayment,
    /// [`Command::LosePayment`].
    LosePayment,
    /// [`Command::DeclinePayment`].
    DeclinePayment,
    /// [`Command::NoDriver`].
    NoDriver,
    /// [`Command::Expire`].
    Expire,
    /// [`Command::Withdraw`].
    Withdraw,
    /// [`Command::ArrivalOverdue`].
    ArrivalOverdue,
    /// [`Command::Cancel`].
    Cancel,
    /// [`Command::Arrive`].
    Arrive,
    /// [`Command::NoShow`].
    NoShow,
    /// [`Command::NoShowOverdue`].
    NoShowOverdue,
    /// [`Command::Start`] with the right code.
    Start,
    /// [`Command::Start`] with a wrong code.
    StartWrongCode,
    /// [`Command::ChangePlan`].
    ChangePlan,
    /// [`Command::Complete`].
    Complete,
    /// [`Command::RideOverdue`].
    RideOverdue,
    /// [`Command::ClearLock`].
    ClearLock,
    /// [`Command::SettleMoney`].
    SettleMoney,
    /// [`Command::AdjustFare`].
    AdjustFare,
    /// [`Command::Tip`].
    Tip,
}

impl CommandKind {
    /// Every kind, in the table's order.
    pub const ALL: [Self; 23] = [
        Self::Request,
        Self::Reject,
        Self::NoteDriver,
        Self::NotePayment,
        Self::LosePayment,
        Self::DeclinePayment,
        Self::NoDriver,
        Self::Expire,
        Self::Withdraw,
        Self::ArrivalOverdue,
        Self::Cancel,
        Self::Arrive,
        Self::NoShow,
        Self::NoShowOverdue,
        Self::Start,
        Self::StartWrongCode,
        Self::ChangePlan,
        Self::Complete,
        Self::RideOverdue,
        Self::ClearLock,
        Self::SettleMoney,
        Self::AdjustFare,
        Self::Tip,
    ];

    /// The row's name, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reject => "reject",
            Self::NoteDriver => "driver_assigned",
            Self::NotePayment => "payment_secured",
            Self::LosePayment => "authorization_lost",
            Self::DeclinePayment => "payment_declined",
            Self::NoDriver => "no_driver_found",
            Self::Expire => "order_expired",
            Self::Withdraw => "withdraw",
            Self::ArrivalOverdue => "arrival_overdue",
            Self::Cancel => "cancel",
            Self::Arrive => "arrive",
            Self::NoShow => "no_show",
            Self::NoShowOverdue => "no_show_overdue",
            Self::Start => "start",
            Self::StartWrongCode => "start_wrong_code",
            Self::ChangePlan => "change_plan",
            Self::Complete => "complete",
            Self::RideOverdue => "ride_overdue",
            Self::ClearLock => "dispatch_closed",
            Self::SettleMoney => "payment_closed",
            Self::AdjustFare => "adjust_fare",
            Self::Tip => "tip",
        }
    }
}

impl Command {
    /// Which row of the saga's table this is.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Request(_) => CommandKind::Request,
            Self::Reject { .. } => CommandKind::Reject,
            Self::NoteDriver { .. } => CommandKind::NoteDriver,
            Self::NotePayment { .. } => CommandKind::NotePayment,
            Self::LosePayment { .. } => CommandKind::LosePayment,
            Self::DeclinePayment => CommandKind::DeclinePayment,
            Self::NoDriver { .. } => CommandKind::NoDriver,
            Self::Expire => CommandKind::Expire,
            Self::Withdraw { .. } => CommandKind::Withdraw,
            Self::ArrivalOverdue { .. } => CommandKind::ArrivalOverdue,
            Self::Cancel { .. } => CommandKind::Cancel,
            Self::Arrive { .. } => CommandKind::Arrive,
            Self::NoShow { .. } => CommandKind::NoShow,
            Self::NoShowOverdue { .. } => CommandKind::NoShowOverdue,
            Self::Start {
                check: StartCheck::Proven(_),
                ..
            } => CommandKind::Start,
            Self::Start {
                check: StartCheck::WrongCode,
                ..
            } => CommandKind::StartWrongCode,
            Self::ChangePlan { .. } => CommandKind::ChangePlan,
            Self::Complete { .. } => CommandKind::Complete,
            Self::RideOverdue => CommandKind::RideOverdue,
            Self::ClearLock => CommandKind::ClearLock,
            Self::SettleMoney { .. } => CommandKind::SettleMoney,
            Self::AdjustFare { .. } => CommandKind::AdjustFare,
            Self::Tip { .. } => CommandKind::Tip,
        }
    }
}

/// Why a person's request is refused. Facts of other services are never refused: what is stale changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such trip.
    NoSuchTrip,
    /// The trip is another rider's.
    NotYours,
    /// The trip is not at the step that this belongs to.
    WrongStep,
    /// The ride has begun: end it instead of cancelling it.
    RideBegan,
    /// A cancellation that claims a no-show, which costs the rider a fee: the driver reports one once the grace is over.
    NoShowIsReported,
    /// The trip has ended.
    Ended,
    /// The lock is not this trip's present one: the driver was released or replaced.
    StaleFence,
    /// The start code has been tried too often: an operator must vouch.
    StartCodesUsedUp,
    /// The deadline has not come on this service's clock.
    NotDueYet {
        /// When it will.
        due_at: Timestamp,
    },
    /// The new plan has another pick-up: the trip's region and its driver's way depend on it.
    PickUpFixed,
    /// The new plan has more than [`PLAN_STOPS_MAX`] stops.
    TooManyStops,
    /// The plan has changed too often.
    PlanChangesUsedUp,
    /// The new quote needs a larger hold, or another currency or tariff, than the first.
    QuoteBeyondHold,
    /// The new quote is for another number of people or stops.
    QuoteOfAnotherRide,
    /// The reading cannot be priced.
    Pricing(PricingError),
    /// The corrected receipt settles another ride, time, surge or tariff than the trip's quote.
    ReceiptOfAnotherQuote,
    /// The corrected receipt is not what the trip's tariff makes of what it settles.
    ReceiptUnfounded(VerifyError),
    /// The trip is not paid by card, and so is no tip.
    TipWithoutCard,
    /// Tips are given for a while after a ride only.
    TipTooLate {
        /// Until when they were.
        until: Timestamp,
    },
    /// Nothing was held for the ride, which costs nothing: so there is no measure of its tips.
    TipWithoutHold,
    /// The trip's tips are as many, or come to as much, as they may.
    TipsUsedUp,
    /// The tip is not above zero, in another currency than the trip, or more than a trip's tips may come to.
    TipOutOfBounds {
        /// The most that may still be given.
        most: Money,
    },
}

impl Refusal {
    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchTrip => "trip_not_found",
            Self::NotYours => "trip_not_yours",
            Self::WrongStep => "trip_wrong_step",
            Self::RideBegan => "trip_ride_began",
            Self::NoShowIsReported => "trip_no_show_is_reported",
            Self::Ended => "trip_ended",
            Self::StaleFence => "trip_stale_fence",
            Self::StartCodesUsedUp => "trip_start_codes_used_up",
            Self::NotDueYet { .. } => "trip_not_due_yet",
            Self::PickUpFixed => "trip_pick_up_fixed",
            Self::TooManyStops => "trip_too_many_stops",
            Self::PlanChangesUsedUp => "trip_plan_changes_used_up",
            Self::QuoteBeyondHold => "trip_quote_beyond_hold",
            Self::QuoteOfAnotherRide => "trip_quote_of_another_ride",
            Self::Pricing(_) => "trip_pricing",
            Self::ReceiptOfAnotherQuote => "trip_receipt_of_another_quote",
            Self::ReceiptUnfounded(_) => "trip_receipt_unfounded",
            Self::TipWithoutCard => "trip_tip_without_card",
            Self::TipTooLate { .. } => "trip_tip_too_late",
            Self::TipWithoutHold => "trip_tip_without_hold",
            Self::TipsUsedUp => "trip_tips_used_up",
            Self::TipOutOfBounds { .. } => "trip_tip_out_of_bounds",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchTrip => f.write_str("failed to find the trip: no order with this id was accepted"),
            Self::NotYours => f.write_str("failed to change the trip: it is another rider's"),
            Self::WrongStep => {
                f.write_str("failed to change the trip: it is not at the step that this belongs to")
            }
            Self::RideBegan => f.write_str("failed to cancel: the ride has begun, end it instead"),
            Self::NoShowIsReported => f.write_str(
                "failed to cancel: a no-show is reported by its driver, after the wait; give another reason",
            ),
            Self::Ended => f.write_str("failed to change the trip: it has ended"),
            Self::StaleFence => {
                f.write_str("failed to change the trip: this driver is not assigned to it any more")
            }
            Self::StartCodesUsedUp => {
                f.write_str("failed to start: too many wrong codes, an operator must vouch")
            }
            Self::NotDueYet { due_at } => write!(f, "failed to end the wait: it lasts until {due_at}"),
            Self::PickUpFixed => f.write_str(
                "failed to change the plan: the pick-up stays as ordered, cancel and order anew from elsewhere",
            ),
            Self::TooManyStops => {
                write!(f, "failed to change the plan: it has at most {PLAN_STOPS_MAX} stops")
            }
            Self::PlanChangesUsedUp => f.write_str("failed to change the plan: it has changed too often"),
            Self::QuoteOfAnotherRide => {
                f.write_str("failed to change the plan: the quote is for another number of people or stops, ask for one of this plan")
            }
            Self::QuoteBeyondHold => {
                f.write_str("failed to change the plan: its price does not fit the hold of the first quote")
            }
            Self::Pricing(error) => write!(f, "failed to price the ride: {error}"),
            Self::ReceiptOfAnotherQuote => {
                f.write_str("failed to correct the fare: make the receipt from the trip's own quote")
            }
            Self::ReceiptUnfounded(error) => write!(f, "failed to correct the fare: {error}"),
            Self::TipWithoutCard => {
                f.write_str("failed to tip: the trip is not paid by card, give the driver cash")
            }
            Self::TipTooLate { until } => write!(f, "failed to tip: tips were taken until {until}"),
            Self::TipWithoutHold => {
                f.write_str("failed to tip: nothing was held for the ride, give the driver cash")
            }
            Self::TipsUsedUp => f.write_str("failed to tip: the trip has all the tips that it may have"),
            Self::TipOutOfBounds { most } => {
                write!(f, "failed to tip: give more than nothing and at most {most}")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl From<PricingError> for Refusal {
    fn from(error: PricingError) -> Self {
        Self::Pricing(error)
    }
}

/// The fault behind a cancellation: whoever asked for it, unless the driver was late, did not find the rider, or, by an
/// operator's finding, asked for it. What rider and driver say of each other moves no fee: it is kept as the reason.
pub(super) fn fault_of(by: Actor, reason: CancelReason, driver_is_late: bool) -> Fault {
    match (by, reason) {
        (_, CancelReason::NoShow) => Fault::Rider,
        (Actor::Operator(_), CancelReason::DriverAsked) => Fault::Driver,
        (Actor::Rider(_), _) if driver_is_late => Fault::Driver,
        (Actor::Rider(_), _) => Fault::Rider,
        (Actor::Driver(_), _) => Fault::Driver,
        (Actor::Operator(_) | Actor::Timer, _) => Fault::Platform,
    }
}

/// Whether `by` may speak for the rider of `rider`'s trip.
pub(super) fn may_act_for(by: Actor, rider: PrincipalId, assigned: Option<DriverId>) -> bool {
    match by {
        Actor::Rider(principal) => principal == rider,
        Actor::Driver(driver) => assigned == Some(driver),
        Actor::Operator(_) | Actor::Timer => true,
    }
}
