//! Which timers an event sets, and what they ask when they are due.
//!
//! Deadlines are fields of events; a timer is armed while its published event is handled, by the service that will judge it,
//! on that service's own clock. Timers can be rebuilt from the log.

use super::Command;
use crate::dispatch::{self, DispatchEvent, OfferNumber};
use crate::driver::{Driver, DriverEvent};
use crate::event::Event;
use crate::payment::PaymentEvent;
use crate::stream::{EventId, StreamId, TimerId, TimerKind};
use crate::time::Timestamp;
use crate::trip::{self, TripEvent};

/// A timer to arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// Which; arming it again changes nothing.
    pub id: TimerId,
    /// When.
    pub due_at: Timestamp,
}

/// The deadline that `event` sets, if any, for the service that owns its stream.
pub fn deadline(id: EventId, event: &Event) -> Option<Deadline> {
    let (kind, due_at) = match event {
        Event::Trip(event) => trip_deadline(event)?,
        Event::Dispatch(event) => dispatch_deadline(event)?,
        Event::Driver(DriverEvent::Locked { review_at, .. }) => (TimerKind::LockReview(0), *review_at),
        Event::Payment(event) => payment_deadline(event)?,
        Event::Driver(
            DriverEvent::Online { .. }
            | DriverEvent::RegionChanged { .. }
            | DriverEvent::OfflineRequested
            | DriverEvent::Offline
            | DriverEvent::LockRefused { .. }
            | DriverEvent::Released { .. },
        )
        | Event::Ops(_)
        | Event::Tariff(_) => return None,
    };
    Some(Deadline {
        id: TimerId {
            stream: id.stream(),
            version: id.version(),
            kind,
        },
        due_at,
    })
}

fn trip_deadline(event: &TripEvent) -> Option<(TimerKind, Timestamp)> {
    match event {
        TripEvent::Requested(request) => Some((TimerKind::OrderExpires, request.expires_at())),
        TripEvent::Confirmed {
            round,
            arrival_due_at,
            ..
        } => Some((TimerKind::ArrivalOverdue(*round), *arrival_due_at)),
        TripEvent::DriverArrived {
            round,
            no_show_due_at,
            ..
        } => Some((TimerKind::NoShow(*round), *no_show_due_at)),
        TripEvent::Started(start) => Some((TimerKind::TripOverdue, start.overdue_at)),
        TripEvent::Rejected { .. }
        | TripEvent::DriverNoted { .. }
        | TripEvent::PaymentNoted { .. }
        | TripEvent::PaymentUnnoted { .. }
        | TripEvent::Reassigning { .. }
        | TripEvent::StartCodeRefused { .. }
        | TripEvent::PlanChanged(_)
        | TripEvent::Completed(_)
        | TripEvent::Cancelled(_)
        | TripEvent::Failed { .. }
        | TripEvent::FareSettled(_)
        | TripEvent::FareAdjusted(_)
        | TripEvent::LockCleared
        | TripEvent::MoneySettled { .. }
        | TripEvent::Closed
        | TripEvent::Tipped(_) => None,
    }
}

fn dispatch_deadline(event: &DispatchEvent) -> Option<(TimerKind, Timestamp)> {
    match event {
        DispatchEvent::SearchStarted {
            round,
            budget_ends_at,
            ..
        }
        | DispatchEvent::SearchResumed {
            round,
            budget_ends_at,
        } => Some((TimerKind::SearchBudget(*round), *budget_ends_at)),
        DispatchEvent::OfferMade(offer) => Some((TimerKind::OfferExpires(offer.number.0), offer.expires_at)),
        DispatchEvent::SearchChanged { .. }
        | DispatchEvent::SearchPaused { .. }
        | DispatchEvent::OfferAccepted { .. }
        | DispatchEvent::OfferDeclined { .. }
        | DispatchEvent::OfferExpired { .. }
        | DispatchEvent::OfferWithdrawn { .. }
        | DispatchEvent::DriverAssigned { .. }
        | DispatchEvent::ReleaseAsked { .. }
        | DispatchEvent::ReleaseNoted { .. }
        | DispatchEvent::NoDriverFound { .. }
        | DispatchEvent::DispatchEnding
        | DispatchEvent::DispatchClosed => None,
    }
}

fn payment_deadline(event: &PaymentEvent) -> Option<(TimerKind, Timestamp)> {
    match event {
        PaymentEvent::AuthorizationStarted(start) => Some((
            TimerKind::AuthorizationBudget(start.authorization.0),
            start.budget_ends_at,
        )),
        PaymentEvent::ActionRequired {
            authorization,
            budget_ends_at,
            ..
        } => Some((TimerKind::AuthorizationBudget(authorization.0), *budget_ends_at)),
        PaymentEvent::Authorized {
            authorization,
            capture_before,
            ..
        } => Some((TimerKind::HoldExpires(authorization.0), *capture_before)),
        PaymentEvent::Waived { .. }
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::AuthorizationLost { .. }
        | PaymentEvent::Declined { .. }
        | PaymentEvent::SettlementAsked { .. }
        | PaymentEvent::CaptureStarted { .. }
        | PaymentEvent::Captured { .. }
        | PaymentEvent::CaptureFailed { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::Voided { .. }
        | PaymentEvent::VoidRefused { .. }
        | PaymentEvent::Closed { .. }
        | PaymentEvent::DebtRecorded { .. }
        | PaymentEvent::DebtSettled { .. }
        | PaymentEvent::DebtWrittenOff { .. }
        | PaymentEvent::RefundStarted { .. }
        | PaymentEvent::Refunded { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::DisputeFundsMoved { .. }
        | PaymentEvent::DisputeClosed { .. }
        | PaymentEvent::CorrectionAsked { .. }
        | PaymentEvent::FurtherChargeAsked(_)
        | PaymentEvent::DebtReduced { .. }
        | PaymentEvent::CashReturned { .. } => None,
    }
}

/// What a due timer asks. `driver` is the present state of the timer's driver, for a [`TimerKind::LockReview`].
///
/// The budget of an authorisation and the end of a hold ask the payment gateway first: they give no command here.
pub fn timer_command(id: TimerId, driver: Option<&Driver>) -> Option<Command> {
    let trip = |command| id.stream.trip().map(|trip| Command::Trip(trip, command));
    let dispatch = |command| id.stream.trip().map(|trip| Command::Dispatch(trip, command));
    match id.kind {
        TimerKind::OrderExpires => trip(trip::Command::Expire),
        TimerKind::ArrivalOverdue(round) => trip(trip::Command::ArrivalOverdue { round }),
        TimerKind::NoShow(round) => trip(trip::Command::NoShowOverdue { round }),
        TimerKind::TripOverdue => trip(trip::Command::RideOverdue),
        TimerKind::SearchBudget(round) => dispatch(dispatch::Command::SearchBudgetOver { round }),
        TimerKind::OfferExpires(number) => dispatch(dispatch::Command::ExpireOffer {
            offer: OfferNumber(number),
        }),
        TimerKind::LockReview(_) => {
            let (StreamId::Driver(id), Some(state)) = (id.stream, driver) else {
                return None;
            };
            let (trip, round) = state.control().lock?;
            let review = dispatch::Command::ReviewLock {
                driver: id,
                round,
                fence: state.fence(),
            };
            Some(Command::Dispatch(trip, review))
        }
        TimerKind::AuthorizationBudget(_) | TimerKind::HoldExpires(_) => None,
    }
}
