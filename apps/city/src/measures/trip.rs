//! What is remembered of a trip while it is open, and the row that is left of it.

use crate::manhattan::ZoneIndex;
use fiacre_domain::id::{DriverId, TariffId, TripId};
use fiacre_domain::payment::DeclineReason;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    Actor, CancelReason, FailReason, MoneyOutcome, PaymentMethod, RejectReason, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Who cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelledBy {
    /// The rider.
    Rider,
    /// The driver.
    Driver,
    /// An operator.
    Operator,
    /// A deadline.
    Timer,
}

impl CancelledBy {
    /// The name in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rider => "rider",
            Self::Driver => "driver",
            Self::Operator => "operator",
            Self::Timer => "timer",
        }
    }
}

impl From<Actor> for CancelledBy {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Rider(_) => Self::Rider,
            Actor::Driver(_) => Self::Driver,
            Actor::Operator(_) => Self::Operator,
            Actor::Timer => Self::Timer,
        }
    }
}

/// Why a trip failed: the trip's own reason, and of its payment's end more than the trip knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailedFor {
    /// No driver in the search's budget.
    NoDriver,
    /// The rider's bank declined the payment for good.
    PaymentDeclined,
    /// The rider did not confirm the payment to their bank in time (3-D Secure), or could not.
    PaymentUnconfirmed,
    /// Nobody could say in time whether the payment was good.
    PaymentUnanswered,
    /// The hold was lost, and the one in its place too.
    PaymentLost,
    /// The order lapsed before a driver and a payment.
    Expired,
    /// Too many drivers gave it back.
    ReassignmentsUsedUp,
}

impl FailedFor {
    /// What the trip says, and why its payment was declined, if it was.
    pub(super) const fn new(reason: FailReason, declined: Option<DeclineReason>) -> Self {
        match reason {
            FailReason::NoDriver => Self::NoDriver,
            FailReason::PaymentDeclined => match declined {
                Some(
                    DeclineReason::Issuer
                    | DeclineReason::InsufficientFunds
                    | DeclineReason::CardExpired
                    | DeclineReason::CardBlocked
                    | DeclineReason::MethodRefused,
                )
                | None => Self::PaymentDeclined,
                Some(DeclineReason::ActionFailed) => Self::PaymentUnconfirmed,
                Some(DeclineReason::BudgetOver) => Self::PaymentUnanswered,
                Some(DeclineReason::LostAgain) => Self::PaymentLost,
            },
            FailReason::Expired => Self::Expired,
            FailReason::ReassignmentsUsedUp => Self::ReassignmentsUsedUp,
        }
    }

    /// The name in CSV, and in the report's JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoDriver => "no_driver",
            Self::PaymentDeclined => "payment_declined",
            Self::PaymentUnconfirmed => "payment_unconfirmed",
            Self::PaymentUnanswered => "payment_unanswered",
            Self::PaymentLost => "payment_lost",
            Self::Expired => "expired",
            Self::ReassignmentsUsedUp => "reassignments_used_up",
        }
    }
}

/// How a trip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TripEnd {
    /// The rider rode.
    Completed,
    /// No driver, no payment, or too late.
    Failed(FailedFor),
    /// Somebody cancelled.
    Cancelled(CancelledBy, CancelReason),
    /// The order was not taken.
    Rejected(RejectReason),
}

impl TripEnd {
    /// The name in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled(..) => "cancelled",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Why, in CSV; empty for a completed ride.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Completed => "",
            Self::Failed(reason) => reason.name(),
            Self::Cancelled(_, reason) => match reason {
                CancelReason::ChangedPlans => "changed_plans",
                CancelReason::WaitTooLong => "wait_too_long",
                CancelReason::DriverAsked => "driver_asked",
                CancelReason::NoShow => "no_show",
                CancelReason::Safety => "safety",
                CancelReason::Other => "other",
            },
            Self::Rejected(reason) => match reason {
                RejectReason::Expired => "expired",
                RejectReason::PartyTooLarge => "party_too_large",
                RejectReason::QuoteOfAnotherRide => "quote_of_another_ride",
                RejectReason::Dropped => "dropped",
            },
        }
    }
}

/// How long after the order, in four bytes also where that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delay(NonZeroU32);

impl Delay {
    const fn new(ms: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(ms))
    }

    pub(super) const fn ms(self) -> u32 {
        self.0.get() - 1
    }
}

/// An open trip. Times are milliseconds after the order was accepted, held at 0 and at 49 days: a day of trips has
/// thousands of these at once, and a timestamp each would double them.
#[derive(Debug)]
pub(super) struct OpenTrip {
    pub(super) request: Arc<TripRequest>,
    pub(super) pickup_zone: Option<ZoneIndex>,
    pub(super) dropoff_zone: Option<ZoneIndex>,
    pub(super) driver: Option<DriverId>,
    pub(super) promised: Option<Delay>,
    pub(super) assigned: Option<Delay>,
    pub(super) arrived: Option<Delay>,
    pub(super) due_minor: i64,
    pub(super) end: Option<TripEnd>,
    pub(super) offers: u16,
    pub(super) round: u8,
    pub(super) was_confirmed: bool,
    pub(super) is_waiting: bool,
    /// Why its payment was declined for good, if it was.
    pub(super) declined: Option<DeclineReason>,
}

impl OpenTrip {
    pub(super) const fn new(
        request: Arc<TripRequest>,
        pickup_zone: Option<ZoneIndex>,
        dropoff_zone: Option<ZoneIndex>,
    ) -> Self {
        Self {
            request,
            pickup_zone,
            dropoff_zone,
            driver: None,
            promised: None,
            assigned: None,
            arrived: None,
            due_minor: 0,
            end: None,
            offers: 0,
            round: 0,
            was_confirmed: false,
            is_waiting: true,
            declined: None,
        }
    }

    /// How long after the order `at` is.
    pub(super) fn after(&self, at: Timestamp) -> Delay {
        let after = at.since(self.request.accepted_at()).get().max(0);
        Delay::new(u32::try_from(after).unwrap_or(u32::MAX))
    }

    /// From the assignment to the arrival.
    pub(super) fn pickup_ms(&self) -> Option<u32> {
        Some(self.arrived?.ms().saturating_sub(self.assigned?.ms()))
    }

    pub(super) fn row(
        &self,
        trip: TripId,
        end: TripEnd,
        money: MoneyOutcome,
        numbers: ZoneNumbers,
    ) -> TripRow {
        let quote = self.request.quote();
        let is_completed = end == TripEnd::Completed;
        TripRow {
            trip,
            end,
            order: Some(OrderRow {
                requested_at: self.request.accepted_at(),
                zones: numbers,
                distance: quote.ride().distance(),
                duration: quote.ride().duration(),
                quoted_minor: quote.total().minor(),
                tariff: quote.edition().tariff(),
                payment: self.request.payment(),
            }),
            assign_ms: self.assigned.map(Delay::ms),
            wait_ms: self.arrived.map(Delay::ms),
            pickup_ms: self.pickup_ms(),
            driver: self.driver,
            offers: self.offers,
            fare_minor: if is_completed { self.due_minor } else { 0 },
            fee_minor: if is_completed { 0 } else { self.due_minor },
            captured_minor: money.captured_minor,
            debt_minor: money.debt_minor,
            cash_minor: money.cash_minor,
            tips_minor: 0,
        }
    }
}

/// A trip's zones, by their TLC numbers; `None` where a place was not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ZoneNumbers {
    /// Where it begins.
    pub pickup: Option<u16>,
    /// Where it ends.
    pub dropoff: Option<u16>,
}

/// What was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderRow {
    /// When the order was accepted.
    pub requested_at: Timestamp,
    /// From where to where.
    pub zones: ZoneNumbers,
    /// How far, by the quote.
    pub distance: Millimetres,
    /// How long, by the quote.
    pub duration: Millis,
    /// The quote's total.
    pub quoted_minor: i64,
    /// The tariff.
    pub tariff: TariffId,
    /// How it is paid.
    pub payment: PaymentMethod,
}

/// What is left of a trip when nothing more will come of it: a line of the trips file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TripRow {
    /// The trip.
    pub trip: TripId,
    /// How it ended.
    pub end: TripEnd,
    /// The order; `None` where it was rejected, or cancelled before it was seen.
    pub order: Option<OrderRow>,
    /// From the order to the last assignment, in milliseconds.
    pub assign_ms: Option<u32>,
    /// From the order to the driver's arrival, in milliseconds.
    pub wait_ms: Option<u32>,
    /// From the last assignment to the arrival, in milliseconds.
    pub pickup_ms: Option<u32>,
    /// The last driver.
    pub driver: Option<DriverId>,
    /// How many offers were made.
    pub offers: u16,
    /// The fare, in minor units.
    pub fare_minor: i64,
    /// The fee for a cancellation, in minor units.
    pub fee_minor: i64,
    /// What was captured and kept, in minor units.
    pub captured_minor: i64,
    /// What the rider still owes, in minor units.
    pub debt_minor: i64,
    /// What the driver took in cash, in minor units.
    pub cash_minor: i64,
    /// What was captured as tips, in minor units.
    pub tips_minor: i64,
}

impl TripRow {
    /// The row of an order that never became a trip.
    pub(super) const fn without_order(trip: TripId, end: TripEnd) -> Self {
        Self {
            trip,
            end,
            order: None,
            assign_ms: None,
            wait_ms: None,
            pickup_ms: None,
            driver: None,
            offers: 0,
            fare_minor: 0,
            fee_minor: 0,
            captured_minor: 0,
            debt_minor: 0,
            cash_minor: 0,
            tips_minor: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_payment_that_failed_a_trip_says_more_than_the_trip() {
        let declined = [
            None,
            Some(DeclineReason::Issuer),
            Some(DeclineReason::ActionFailed),
            Some(DeclineReason::BudgetOver),
            Some(DeclineReason::LostAgain),
        ];
        for (reason, names) in [
            (FailReason::NoDriver, ["no_driver"; 5]),
            (
                FailReason::PaymentDeclined,
                [
                    "payment_declined",
                    "payment_declined",
                    "payment_unconfirmed",
                    "payment_unanswered",
                    "payment_lost",
                ],
            ),
            (FailReason::Expired, ["expired"; 5]),
            (FailReason::ReassignmentsUsedUp, ["reassignments_used_up"; 5]),
        ] {
            assert_eq!(declined.map(|why| FailedFor::new(reason, why).name()), names);
        }
    }

    #[test]
    fn a_live_trip_takes_no_more_than_72_bytes() {
        assert!(size_of::<OpenTrip>() <= 72, "{}", size_of::<OpenTrip>());
    }
}
