//! The events of the logs, each in as few words as tell it from others of its kind.

use super::log::{A0, ADA, FARE_MINOR, UNSET, fence, usd};
use super::orders::{fare, plan, quote, reading_of, request};
use crate::dispatch::{DispatchEvent, Offer, OfferNumber, SearchBrief};
use crate::driver::{DriverEvent, ReleaseReason};
use crate::fingerprint::Fingerprint;
use crate::id::{DriverId, IntentId, PrincipalId, TripId};
use crate::matching::{Terms, Verdicts};
use crate::money::Money;
use crate::payment::{AuthorizationStart, Charge, PaymentEvent, SettlementBasis};
use crate::pricing::{Fault, Quote, Receipt};
use crate::requirements::{Capabilities, Requirements};
use crate::time::Timestamp;
use crate::trip::{
    Actor, AuthorizationNumber, CancelReason, Cancelled, Completion, DeviceFact, MoneyOutcome,
    PaymentMethodId, PersonalPlan, PlanChange, Secured, Stage, Start, StartProof, TripEvent,
};
use crate::units::{Millimetres, Millis};
use std::sync::Arc;

pub(super) fn start(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::AuthorizationStarted(Arc::new(AuthorizationStart {
        charge: Charge::FARE,
        authorization,
        epoch: 0,
        amount: hold(),
        method: PaymentMethodId(1),
        budget: Millis::from_minutes(2),
        action_budget: Millis::from_minutes(3),
        budget_ends_at: UNSET,
    }))
}

pub(super) fn hold() -> Money {
    quote().hold()
}

pub(super) const fn intent(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::IntentCreated {
        charge: Charge::FARE,
        authorization,
        intent: IntentId::from_u128(9),
    }
}

pub(super) fn authorized(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::Authorized {
        charge: Charge::FARE,
        authorization,
        amount: hold(),
        capture_before: Timestamp::MAX,
    }
}

pub(super) const fn asked(basis: SettlementBasis, due: Option<Money>) -> PaymentEvent {
    PaymentEvent::SettlementAsked {
        charge: Charge::FARE,
        basis,
        due,
    }
}

pub(super) const fn capture_started(minor: i64) -> PaymentEvent {
    PaymentEvent::CaptureStarted {
        charge: Charge::FARE,
        authorization: A0,
        amount: usd(minor),
    }
}

pub(super) const fn void_started() -> PaymentEvent {
    PaymentEvent::VoidStarted {
        charge: Charge::FARE,
        authorization: A0,
    }
}

pub(super) fn captured(authorization: AuthorizationNumber, minor: i64) -> PaymentEvent {
    PaymentEvent::Captured {
        charge: Charge::FARE,
        authorization,
        captured: usd(minor),
        released_minor: hold().minor() - minor,
    }
}

pub(super) fn voided(authorization: AuthorizationNumber) -> PaymentEvent {
    PaymentEvent::Voided {
        charge: Charge::FARE,
        authorization,
        released: hold(),
    }
}

pub(super) const fn ended(outcome: MoneyOutcome) -> PaymentEvent {
    PaymentEvent::Closed {
        charge: Charge::FARE,
        outcome,
    }
}

pub(super) fn search(round: u8) -> DispatchEvent {
    DispatchEvent::SearchStarted {
        round,
        budget_ends_at: UNSET,
        brief: Arc::new(SearchBrief {
            plan: plan(),
            plan_revision: 0,
            requirements: Requirements::ONE_SEAT,
            product: "taxi".parse().unwrap(),
            region: "manhattan".parse().unwrap(),
            requested_at: Timestamp::from_ms(0),
            driver_pay: usd(FARE_MINOR),
        }),
    }
}

pub(super) fn offer(number: u16, driver: DriverId, round: u8) -> DispatchEvent {
    DispatchEvent::OfferMade(Arc::new(Offer {
        plan_revision: 0,
        terms: Terms::default(),
        number: OfferNumber(number),
        driver,
        round,
        wave: 0,
        expires_at: UNSET,
        promised_pick_up_at: Timestamp::from_ms(300_000),
        driver_pay: usd(FARE_MINOR),
        verdicts: Verdicts::default(),
    }))
}

pub(super) const fn accepted(number: u16, driver: DriverId, round: u8) -> DispatchEvent {
    DispatchEvent::OfferAccepted {
        offer: OfferNumber(number),
        driver,
        round,
    }
}

pub(super) const fn assigned(driver: DriverId, round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::DriverAssigned {
        round,
        fence: fence(count),
        driver,
    }
}

pub(super) const fn release_asked(driver: DriverId, round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::ReleaseAsked {
        round,
        fence: fence(count),
        driver,
        reason: ReleaseReason::TripEnded,
    }
}

pub(super) const fn release_noted(round: u8, count: u32) -> DispatchEvent {
    DispatchEvent::ReleaseNoted {
        round,
        fence: fence(count),
    }
}

pub(super) fn online() -> DriverEvent {
    DriverEvent::Online {
        region: "manhattan".parse().unwrap(),
        capabilities: Capabilities::new(4).unwrap(),
    }
}

pub(super) const fn locked(trip: TripId, round: u8, count: u32) -> DriverEvent {
    DriverEvent::Locked {
        trip,
        round,
        fence: fence(count),
        slot: 0,
        review_at: Timestamp::MAX,
    }
}

pub(super) const fn released(trip: TripId, count: u32) -> DriverEvent {
    DriverEvent::Released {
        trip,
        fence: fence(count),
        reason: ReleaseReason::TripEnded,
    }
}

pub(super) const fn noted(driver: DriverId, round: u8, count: u32) -> TripEvent {
    TripEvent::DriverNoted {
        round,
        fence: fence(count),
        driver,
    }
}

pub(super) const fn secured(authorization: AuthorizationNumber) -> TripEvent {
    TripEvent::PaymentNoted {
        secured: Secured::Authorized(authorization),
    }
}

pub(super) const fn confirmed(round: u8, count: u32, secured: Secured) -> TripEvent {
    TripEvent::Confirmed {
        round,
        fence: fence(count),
        secured,
        arrival_due_at: UNSET,
    }
}

pub(super) const fn device() -> DeviceFact {
    DeviceFact {
        occurred_at: Timestamp::from_ms(0),
        sequence: 1,
    }
}

pub(super) const fn arrived(round: u8) -> TripEvent {
    TripEvent::DriverArrived {
        round,
        distance_to_pick_up: Millimetres::ZERO,
        device: device(),
        no_show_at: UNSET,
        no_show_due_at: UNSET,
    }
}

pub(super) fn started() -> TripEvent {
    TripEvent::Started(Arc::new(Start {
        proof: StartProof::Code,
        device: device(),
        overdue_at: UNSET,
    }))
}

pub(super) fn completed(due_minor: i64) -> TripEvent {
    completed_by(Actor::Driver(ADA), due_minor)
}

pub(super) fn completed_by(by: Actor, due_minor: i64) -> TripEvent {
    TripEvent::Completed(Arc::new(Completion {
        by,
        reading: Some(Arc::new(reading_of(8))),
        device: Some(device()),
        due: usd(due_minor),
    }))
}

pub(super) fn settled() -> TripEvent {
    TripEvent::FareSettled(Arc::new(fare()))
}

/// By the rider, while the driver is on the way.
pub(super) fn cancelled(receipt: Option<Receipt>, due: Option<Money>) -> TripEvent {
    cancelled_at(Stage::EnRoute, receipt, due)
}

fn cancelled_at(stage: Stage, receipt: Option<Receipt>, due: Option<Money>) -> TripEvent {
    TripEvent::Cancelled(Arc::new(Cancelled {
        by: Actor::Rider(PrincipalId::from_u128(1)),
        reason: CancelReason::ChangedPlans,
        stage,
        fault: Fault::Rider,
        receipt: receipt.map(Arc::new),
        due,
    }))
}

/// The same, with something changed.
pub(super) fn cancelled_with(
    (receipt, due_minor): (Option<Receipt>, i64),
    change: impl FnOnce(&mut Cancelled),
) -> TripEvent {
    let mut event = cancelled(receipt, Some(usd(due_minor)));
    if let TripEvent::Cancelled(cancelled) = &mut event {
        change(Arc::make_mut(cancelled));
    }
    event
}

/// By the rider, before there was a driver.
pub(super) fn cancelled_early(due: Option<Money>) -> TripEvent {
    cancelled_at(Stage::BeforeConfirmed, None, due)
}

pub(super) fn plan_changed(quote: Arc<Quote>, plan: PersonalPlan) -> TripEvent {
    TripEvent::PlanChanged(Arc::new(PlanChange {
        revision: 1,
        by: Actor::Rider(PrincipalId::from_u128(1)),
        plan,
        quote,
        quote_fingerprint: Fingerprint::new([2; 32]),
        request: request(),
    }))
}

pub(super) const fn money_settled(outcome: MoneyOutcome) -> TripEvent {
    TripEvent::MoneySettled { outcome }
}
