//! What each service does about each event.

use super::{Command, Setting};
use crate::dispatch::{self, DispatchEvent, SearchBrief};
use crate::driver::{self, DriverEvent};
use crate::event::Event;
use crate::id::TripId;
use crate::money::Money;
use crate::payment::{self, Authorize, Charge, Collect, Correction, PaymentEvent, Purpose, SettlementBasis};
use crate::stream::{ChargeNumber, StreamId};
use crate::time::Timestamp;
use crate::trip::{self, Adjustment, PlanChange, Secured, Tip, TripEvent, TripRequest};
use std::sync::Arc;

/// What the trip service does about `event` on `stream`.
pub fn trip_service(stream: StreamId, event: &Event) -> Option<Command> {
    let command = match event {
        Event::Dispatch(event) => noted_dispatch(event)?,
        // Tips and debts are charges of their own: only the fare's money is the trip's.
        Event::Payment(event) if stream_is_fare(stream) => noted_payment(event)?,
        Event::Payment(_) | Event::Trip(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {
            return None;
        }
    };
    Some(Command::Trip(stream.trip()?, command))
}

const fn stream_is_fare(stream: StreamId) -> bool {
    matches!(stream, StreamId::Payment(_, ChargeNumber::FARE))
}

const fn noted_dispatch(event: &DispatchEvent) -> Option<trip::Command> {
    match *event {
        DispatchEvent::DriverAssigned { round, fence, driver } => {
            Some(trip::Command::NoteDriver { round, fence, driver })
        }
        DispatchEvent::NoDriverFound { round, .. } => Some(trip::Command::NoDriver { round }),
        DispatchEvent::DispatchClosed => Some(trip::Command::ClearLock),
        DispatchEvent::SearchStarted { .. }
        | DispatchEvent::SearchChanged { .. }
        | DispatchEvent::SearchPaused { .. }
        | DispatchEvent::SearchResumed { .. }
        | DispatchEvent::OfferMade(_)
        | DispatchEvent::OfferAccepted { .. }
        | DispatchEvent::OfferDeclined { .. }
        | DispatchEvent::OfferExpired { .. }
        | DispatchEvent::OfferWithdrawn { .. }
        | DispatchEvent::ReleaseAsked { .. }
        | DispatchEvent::ReleaseNoted { .. }
        | DispatchEvent::DispatchEnding => None,
    }
}

const fn noted_payment(event: &PaymentEvent) -> Option<trip::Command> {
    match *event {
        PaymentEvent::Waived { .. } => Some(trip::Command::NotePayment {
            secured: Secured::Waived,
        }),
        PaymentEvent::Authorized { authorization, .. } => Some(trip::Command::NotePayment {
            secured: Secured::Authorized(authorization),
        }),
        PaymentEvent::AuthorizationLost { authorization, .. } => {
            Some(trip::Command::LosePayment { authorization })
        }
        PaymentEvent::Declined { .. } => Some(trip::Command::DeclinePayment),
        PaymentEvent::Closed { outcome, .. } => Some(trip::Command::SettleMoney { outcome }),
        PaymentEvent::AuthorizationStarted(_)
        | PaymentEvent::IntentCreated { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::SettlementAsked { .. }
        | PaymentEvent::CaptureStarted { .. }
        | PaymentEvent::Captured { .. }
        | PaymentEvent::CaptureFailed { .. }
        | PaymentEvent::VoidStarted { .. }
        | PaymentEvent::Voided { .. }
        | PaymentEvent::VoidRefused { .. }
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

/// What the driver service does about `event` on `stream`, at `now` by its clock.
pub fn driver_service(stream: StreamId, event: &Event, setting: &Setting, now: Timestamp) -> Option<Command> {
    match event {
        Event::Trip(event) => {
            let trip = stream.trip()?;
            searched(event).map(|command| Command::Dispatch(trip, command))
        }
        Event::Dispatch(event) => lock_command(stream.trip()?, event, setting, now),
        Event::Driver(event) => lock_answer(stream, event),
        Event::Payment(_) | Event::Ops(_) | Event::Tariff(_) => None,
    }
}

fn searched(event: &TripEvent) -> Option<dispatch::Command> {
    match event {
        TripEvent::Requested(request) => Some(search(0, request, None)),
        TripEvent::Reassigning {
            round,
            request,
            change,
            ..
        } => Some(search(*round, request, change.as_deref())),
        TripEvent::PlanChanged(change) => Some(dispatch::Command::ChangeBrief {
            brief: brief(&change.request, Some(change)),
        }),
        // What nobody ordered, nobody searches for; another rider's order may still come.
        TripEvent::Cancelled(cancelled) if cancelled.is_before_order() => None,
        TripEvent::Completed(_) | TripEvent::Cancelled(_) | TripEvent::Failed { .. } => {
            Some(dispatch::Command::End)
        }
        TripEvent::Rejected { .. }
        | TripEvent::DriverNoted { .. }
        | TripEvent::PaymentNoted { .. }
        | TripEvent::PaymentUnnoted { .. }
        | TripEvent::Confirmed { .. }
        | TripEvent::DriverArrived { .. }
        | TripEvent::StartCodeRefused { .. }
        | TripEvent::Started(_)
        | TripEvent::FareSettled(_)
        | TripEvent::FareAdjusted(_)
        | TripEvent::LockCleared
        | TripEvent::MoneySettled { .. }
        | TripEvent::Closed
        | TripEvent::Tipped(_) => None,
    }
}

fn search(round: u8, request: &TripRequest, change: Option<&PlanChange>) -> dispatch::Command {
    dispatch::Command::Search {
        round,
        budget: request.policy().search_budget,
        brief: brief(request, change),
    }
}

/// What to search for: the order, under the plan in force.
fn brief(request: &TripRequest, change: Option<&PlanChange>) -> Arc<SearchBrief> {
    let (plan, quote) = change.map_or((request.plan(), request.quote()), |change| {
        (&change.plan, &change.quote)
    });
    Arc::new(SearchBrief {
        plan: plan.clone(),
        plan_revision: change.map_or(0, |change| change.revision),
        requirements: request.requirements(),
        product: request.product(),
        region: request.region(),
        requested_at: request.accepted_at(),
        driver_pay: quote.driver_pay(),
    })
}

fn lock_command(trip: TripId, event: &DispatchEvent, setting: &Setting, now: Timestamp) -> Option<Command> {
    match *event {
        DispatchEvent::OfferAccepted { driver, round, .. } => Some(Command::Driver(
            driver,
            driver::Command::Lock {
                trip,
                round,
                epoch: setting.epoch,
                review_at: now.plus(setting.lock_review),
            },
        )),
        DispatchEvent::ReleaseAsked {
            fence,
            driver,
            reason,
            ..
        } => Some(Command::Driver(
            driver,
            driver::Command::Release { trip, fence, reason },
        )),
        DispatchEvent::SearchStarted { .. }
        | DispatchEvent::SearchChanged { .. }
        | DispatchEvent::SearchPaused { .. }
        | DispatchEvent::SearchResumed { .. }
        | DispatchEvent::OfferMade(_)
        | DispatchEvent::OfferDeclined { .. }
        | DispatchEvent::OfferExpired { .. }
        | DispatchEvent::OfferWithdrawn { .. }
        | DispatchEvent::DriverAssigned { .. }
        | DispatchEvent::ReleaseNoted { .. }
        | DispatchEvent::NoDriverFound { .. }
        | DispatchEvent::DispatchEnding
        | DispatchEvent::DispatchClosed => None,
    }
}

fn lock_answer(stream: StreamId, event: &DriverEvent) -> Option<Command> {
    let StreamId::Driver(driver) = stream else {
        return None;
    };
    match *event {
        DriverEvent::Locked {
            trip, round, fence, ..
        } => Some(Command::Dispatch(
            trip,
            dispatch::Command::LockGranted { driver, round, fence },
        )),
        DriverEvent::LockRefused { trip, round } => Some(Command::Dispatch(
            trip,
            dispatch::Command::LockRefused { driver, round },
        )),
        DriverEvent::Released { trip, fence, .. } => Some(Command::Dispatch(
            trip,
            dispatch::Command::LockReleased { fence, driver },
        )),
        DriverEvent::Online { .. }
        | DriverEvent::RegionChanged { .. }
        | DriverEvent::OfflineRequested
        | DriverEvent::Offline => None,
    }
}

/// What the payment service does about `event` on `stream`. Calls to the gateway are not here: they follow from the
/// charge's own state, see [`Payment::next_call`](crate::payment::Payment::next_call).
pub fn payment_service(stream: StreamId, event: &Event, setting: &Setting) -> Option<Command> {
    let (number, command) = match event {
        Event::Trip(event) => charged(event, setting)?,
        Event::Payment(PaymentEvent::FurtherChargeAsked(further)) => {
            let charge = Charge {
                number: further.number,
                purpose: Purpose::Correction,
            };
            let collect = Collect {
                charge,
                revision: further.revision,
                due: further.due,
                method: further.method,
                budget: further.budget,
                action_budget: further.action_budget,
                epoch: setting.epoch,
            };
            (further.number, payment::Command::Collect(collect))
        }
        Event::Payment(_) | Event::Dispatch(_) | Event::Driver(_) | Event::Ops(_) | Event::Tariff(_) => {
            return None;
        }
    };
    Some(Command::Payment(stream.trip()?, number, command))
}

/// Which charge of a trip does what about an event of the trip.
fn charged(event: &TripEvent, setting: &Setting) -> Option<(ChargeNumber, payment::Command)> {
    let command = match event {
        TripEvent::Requested(request) => payment::Command::Authorize(Authorize {
            charge: Charge::FARE,
            payment: request.payment(),
            amount: request.quote().hold(),
            budget: request.policy().authorization_budget,
            action_budget: request.policy().action_budget,
            epoch: setting.epoch,
        }),
        TripEvent::Completed(completion) => settlement(SettlementBasis::Fare, Some(completion.due)),
        TripEvent::Cancelled(cancelled) if cancelled.is_before_order() => return None,
        TripEvent::Cancelled(cancelled) => settlement(SettlementBasis::Fee, cancelled.due),
        TripEvent::Failed { .. } => settlement(SettlementBasis::Nothing, None),
        TripEvent::FareAdjusted(adjustment) => payment::Command::Correct {
            charge: Charge::FARE,
            correction: correction(adjustment),
        },
        TripEvent::Tipped(tip) => return Some((tip.charge, tipped(tip, setting))),
        TripEvent::Rejected { .. }
        | TripEvent::DriverNoted { .. }
        | TripEvent::PaymentNoted { .. }
        | TripEvent::PaymentUnnoted { .. }
        | TripEvent::Confirmed { .. }
        | TripEvent::Reassigning { .. }
        | TripEvent::DriverArrived { .. }
        | TripEvent::StartCodeRefused { .. }
        | TripEvent::Started(_)
        | TripEvent::PlanChanged(_)
        | TripEvent::FareSettled(_)
        | TripEvent::LockCleared
        | TripEvent::MoneySettled { .. }
        | TripEvent::Closed => return None,
    };
    Some((ChargeNumber::FARE, command))
}

fn correction(adjustment: &Adjustment) -> Correction {
    Correction {
        revision: adjustment.supersedes.saturating_add(1),
        due: adjustment.receipt.total(),
        further: adjustment.further,
    }
}

const fn tipped(tip: &Tip, setting: &Setting) -> payment::Command {
    payment::Command::Collect(Collect {
        charge: Charge {
            number: tip.charge,
            purpose: Purpose::Tip,
        },
        revision: 0,
        due: tip.amount,
        method: tip.method,
        budget: tip.budget,
        action_budget: tip.action_budget,
        epoch: setting.epoch,
    })
}

const fn settlement(basis: SettlementBasis, due: Option<Money>) -> payment::Command {
    payment::Command::AskSettlement {
        charge: Charge::FARE,
        basis,
        due,
    }
}
