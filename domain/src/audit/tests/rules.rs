//! A log that breaks each rule of what a booking may do: when, how often, by whom, at what price, from which card.

use super::aftermath::*;
use super::bookings::*;
use super::endings::*;
use super::events::*;
use super::findings::{Case, case};
use super::log::*;
use super::orders::*;
use crate::dispatch::DispatchEvent;
use crate::id::PrincipalId;
use crate::payment::{AuthorizationStart, Charge, PaymentEvent, SettlementBasis};
use crate::place::Place;
use crate::pricing::{Cancellation, CancellationStage, Fault, Payee, Receipt, Tariff};
use crate::requirements::Requirements;
use crate::time::Timestamp;
use crate::trip::{
    Actor, AuthorizationNumber, Cancelled, FailReason, PaymentMethod, PaymentMethodId, PersonalPlace,
    PersonalPlan, ReassignReason, Secured, Stage, Start, StartProof, TripEvent,
};
use crate::units::Millis;
use Why::Asked;
use std::sync::Arc;

const MS: Millis = Millis::new(1);
const OPERATOR: PrincipalId = PrincipalId::from_u128(9);

pub(super) const DEADLINES: [Case; 14] = [
    case("audit_order_expired", whole, |log| log.moved(TRIP, 1, 600_000)),
    case("audit_expired_early", expired, |log| log.moved(TRIP, 3, -1)),
    case("audit_arrival_deadline_differs", whole, |log| {
        let due_at = log.at(TRIP, 3).plus(Millis::from_minutes(20)).plus(MS);
        let confirmed = TripEvent::Confirmed {
            round: 0,
            fence: fence(1),
            secured: Secured::Authorized(A0),
            arrival_due_at: due_at,
        };
        log.with_events(TRIP, 3, [noted(ADA, 0, 1), confirmed])
    }),
    case("audit_arrival_overdue_early", reassigned, |log| {
        let late = TripEvent::Reassigning {
            change: None,
            round: 1,
            reason: ReassignReason::ArrivalOverdue,
            request: request(),
        };
        log.with_events(TRIP, 4, [late])
    }),
    case("audit_arrival_overdue_early", late_and_last, |log| {
        log.moved(TRIP, 4, -1)
    }),
    case("audit_no_show_deadline_differs", whole, |log| {
        let mut arrived = arrived(0);
        if let TripEvent::DriverArrived { no_show_at, .. } = &mut arrived {
            *no_show_at = log.at(TRIP, 4).plus(MS);
        }
        log.with_events(TRIP, 4, [arrived])
    }),
    case("audit_no_show_early", no_show_reported, |log| {
        log.moved(TRIP, 5, -1)
    }),
    case("audit_no_show_unreported", no_show_reported, |log| {
        let rider = Actor::Rider(PrincipalId::from_u128(1));
        let receipt = no_show_fee(Millis::from_minutes(5));
        log.with_events(TRIP, 5, [no_show(rider, receipt)])
    }),
    case("audit_no_show_unreported", cancelled_late, |log| {
        let receipt = no_show_fee(Millis::from_minutes(5));
        log.with_events(TRIP, 4, [no_show(Actor::Driver(ADA), receipt)])
    }),
    case("audit_ride_deadline_differs", whole, |log| {
        let overdue_at = log.at(TRIP, 5);
        log.with_events(TRIP, 5, [started_by(StartProof::Code, overdue_at)])
    }),
    case("audit_ride_overdue_early", ended_by_deadline, |log| {
        log.moved(TRIP, 6, -1)
    }),
    case("audit_search_budget_differs", whole, |log| {
        let mut started = search(0);
        if let DispatchEvent::SearchStarted { budget_ends_at, .. } = &mut started {
            *budget_ends_at = log.at(SEARCH, 1).plus(Millis::from_minutes(2)).plus(MS);
        }
        log.with_events(SEARCH, 1, [started])
    }),
    case("audit_search_given_up_early", unanswered, |log| {
        log.moved(SEARCH, 4, -1)
    }),
    case("audit_offer_expired_early", unanswered, |log| {
        log.moved(SEARCH, 3, -1)
    }),
];

pub(super) const LIMITS: [Case; 16] = [
    case("audit_party_too_large", whole, |log| {
        let method = PaymentMethodId(1);
        let order = order(PaymentMethod::Hold { method }).with_party(2, Requirements::ONE_SEAT);
        log.with_events(TRIP, 1, [TripEvent::Requested(Arc::new(order.unwrap()))])
    }),
    case("audit_not_theirs", cancelled_late, |log| {
        let stranger = |cancelled: &mut Cancelled| cancelled.by = Actor::Rider(OPERATOR);
        log.with_events(TRIP, 4, [cancelled_with((Some(fee()), FEE_MINOR), stranger)])
    }),
    case("audit_not_theirs", whole, |log| {
        let completed = completed_by(Actor::Driver(BOB), FARE_MINOR);
        log.with_events(TRIP, 6, [completed, settled()])
    }),
    case("audit_pick_up_moved", whole, |log| {
        let elsewhere = Place::from_e7(407_000_001, -739_000_000).unwrap();
        let plan = PersonalPlan {
            pick_up: PersonalPlace::Known(elsewhere),
            ..plan()
        };
        log.with_events(TRIP, 4, [plan_changed(quote(), plan), arrived(0)])
    }),
    case("audit_tariff_replaced", whole, |log| {
        let tariff = quote().tariff().unwrap().meter().clone();
        let tariff = Tariff::new("test".parse().unwrap(), 2, quote().currency(), tariff);
        let quote = Arc::new(tariff).quote(quote().ride(), quote().at(), *quote().surge());
        log.with_events(
            TRIP,
            4,
            [plan_changed(Arc::new(quote.unwrap()), plan()), arrived(0)],
        )
    }),
    case("audit_reassigned_too_often", reassigned, |log| {
        log.with_events(TRIP, 1, [TripEvent::Requested(with_reassignments(0))])
    }),
    case("audit_reassignments_left", late_and_last, |log| {
        log.with_events(TRIP, 1, [TripEvent::Requested(with_reassignments(1))])
    }),
    case("audit_start_code_miscounted", whole, |log| {
        log.with_events(TRIP, 5, [wrong_code(2), started()])
    }),
    case("audit_start_codes_exceeded", whole, |log| {
        let vouched = started_by(StartProof::Operator(OPERATOR), UNSET);
        log.with_events(TRIP, 5, (1..=6).map(wrong_code).chain([vouched]))
    }),
    case("audit_start_unvouched", whole, |log| {
        log.with_events(TRIP, 5, (1..=5).map(wrong_code).chain([started()]))
    }),
    case("audit_reading_differs", whole, |log| {
        let mut completed = completed(FARE_MINOR);
        if let TripEvent::Completed(completion) = &mut completed {
            Arc::make_mut(completion).reading = Some(Arc::new(reading_of(7)));
        }
        log.with_events(TRIP, 6, [completed, settled()])
    }),
    case("audit_failure_unfounded", failed, |log| {
        let reason = FailReason::PaymentDeclined;
        log.with_events(TRIP, 3, [TripEvent::Failed { reason }])
    }),
    case("audit_tip_too_late", tip_declined, |log| {
        log.moved(TRIP, 9, 31 * 24 * 3_600_000)
    }),
    case("audit_tips_too_many", whole, |log| {
        log.with(TRIP, Asked, (1..=9).map(|number| tipped_as(number, 1)))
    }),
    case("audit_tips_too_high", whole, |log| {
        log.with(TRIP, Asked, [tipped(2 * hold().minor() + 1)])
    }),
    case("audit_tip_without_card", in_cash, |log| {
        log.with(TRIP, Asked, [tipped(TIP_MINOR)])
    }),
];

pub(super) const FEES: [Case; 8] = [
    case("audit_stage_differs", cancelled_late, |log| {
        cancelled_as(log, fee(), |cancelled| cancelled.stage = Stage::Arrived)
    }),
    case("audit_fault_differs", cancelled_late, |log| {
        cancelled_as(log, fee(), |cancelled| cancelled.fault = Fault::Platform)
    }),
    case("audit_fee_receipt_differs", cancelled_late, |log| {
        cancelled_as(log, fee_after(Millis::from_secs(2), Fault::Rider), |_| ())
    }),
    case("audit_fee_unowed", cancelled_late, |log| {
        cancelled_as(log, fee(), |cancelled| {
            cancelled.by = Actor::Operator(OPERATOR);
            cancelled.fault = Fault::Platform;
        })
    }),
    case("audit_fee_missing", cancelled_late, |log| {
        cancelled_as(log, fee_after(Millis::from_secs(1), Fault::Platform), |_| ())
    }),
    case("audit_fee_too_high", cancelled_late, |log| {
        cancelled_as(log, no_show_fee(Millis::from_secs(1)), |_| ())
    }),
    case("audit_fee_too_low", no_show_reported, |log| {
        log.with_events(TRIP, 5, [no_show(Actor::Driver(ADA), fee())])
    }),
    case("audit_fee_shares_differ", no_show_reported, |log| {
        let mut parts = no_show_fee(Millis::from_minutes(5)).parts().clone();
        parts.computed.lines.retain(|line| line.payee() == Payee::Driver);
        log.with_events(TRIP, 5, [no_show(Actor::Driver(ADA), Receipt::from_parts(parts))])
    }),
];

pub(super) const CHARGES: [Case; 8] = [
    case("audit_attempt_differs", lost_twice, |log| {
        let lost = PaymentEvent::AuthorizationLost {
            charge: Charge::FARE,
            authorization: A0,
            released: hold(),
        };
        let other = start_with(A1, |start| start.method = PaymentMethodId(2));
        log.with_events(FARE, 4, [lost, other])
    }),
    case("audit_authorization_budget_differs", whole, |log| {
        log.with_events(
            FARE,
            1,
            [start_with(A0, |start| start.budget = Millis::from_minutes(3))],
        )
    }),
    case("audit_authorization_budget_differs", whole, |log| {
        let ends_at = log.at(FARE, 1);
        log.with_events(FARE, 1, [start_with(A0, |start| start.budget_ends_at = ends_at)])
    }),
    case("audit_authorization_given_up_early", declined, |log| {
        log.moved(FARE, 3, -5_001)
    }),
    case("audit_hold_unasked", whole, |log| {
        log.with_events(TRIP, 1, [TripEvent::Requested(paid_by(PaymentMethod::Account))])
    }),
    case("audit_card_differs", whole, |log| {
        log.with_events(
            FARE,
            1,
            [start_with(A0, |start| start.method = PaymentMethodId(2))],
        )
    }),
    case("audit_card_differs", whole, |log| {
        let mut tip = tipped(TIP_MINOR);
        if let TripEvent::Tipped(tip) = &mut tip {
            Arc::make_mut(tip).method = PaymentMethodId(2);
        }
        log.with_events(TRIP, 6, [completed(FARE_MINOR), settled(), tip])
    }),
    case("audit_basis_differs", cancelled_late, |log| {
        let capture = capture_started(FEE_MINOR);
        log.with_events(
            FARE,
            4,
            [asked(SettlementBasis::Fare, Some(usd(FEE_MINOR))), capture],
        )
    }),
];

fn wrong_code(attempts: u8) -> TripEvent {
    TripEvent::StartCodeRefused { round: 0, attempts }
}

fn started_by(proof: StartProof, overdue_at: Timestamp) -> TripEvent {
    TripEvent::Started(Arc::new(Start {
        proof,
        device: device(),
        overdue_at,
    }))
}

/// The late cancellation, with this receipt and something changed.
fn cancelled_as(log: Log, receipt: Receipt, change: impl FnOnce(&mut Cancelled)) -> Log {
    let due_minor = receipt.total().minor();
    log.with_events(TRIP, 4, [cancelled_with((Some(receipt), due_minor), change)])
}

fn fee_after(elapsed: Millis, fault: Fault) -> Receipt {
    let stage = CancellationStage::Assigned { elapsed };
    quote().cancel(&Cancellation::new(stage, fault)).unwrap()
}

fn start_with(
    authorization: AuthorizationNumber,
    change: impl FnOnce(&mut AuthorizationStart),
) -> PaymentEvent {
    let mut started = start(authorization);
    if let PaymentEvent::AuthorizationStarted(start) = &mut started {
        change(Arc::make_mut(start));
    }
    started
}
