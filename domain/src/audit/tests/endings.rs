//! Bookings that a deadline ends, or nearly so: each ends at the first moment at which it may.

use super::bookings::*;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::dispatch::{DispatchEvent, OfferCounts, OfferNumber};
use crate::payment::{Charge, DeclineReason, PaymentEvent, SettlementBasis};
use crate::pricing::{Cancellation, CancellationStage, Fault, Receipt};
use crate::stream::{Cause, TimerId, TimerKind, Version};
use crate::trip::{Actor, CancelReason, FailReason, ORDER_LIFETIME_DEFAULT, Stage, TripEvent, TripPolicy};
use crate::units::Millis;
use Why::{Asked, On};
use std::sync::Arc;

/// A second passes with each commit by itself.
const TICK: Millis = Millis::from_secs(1);

fn policy() -> TripPolicy {
    TripPolicy::default()
}

/// The next commit comes so long after the last.
fn after(log: Log, wait: Millis) -> Log {
    log.later(wait.saturating_sub(TICK))
}

/// The order lapses: trip 5 commits, the third of which ends it.
pub(super) fn expired() -> Log {
    let reason = FailReason::Expired;
    let log = held();
    let wait = log
        .at(TRIP, 1)
        .plus(ORDER_LIFETIME_DEFAULT)
        .since(log.at(TRIP, 2));
    let log = after(log, wait).with(TRIP, Asked, [TripEvent::Failed { reason }]);
    voided_after(log, 3, (1, 3), SettlementBasis::Nothing)
}

/// The hold comes too late: charge 4 commits, the third of which gives it up.
pub(super) fn declined() -> Log {
    let log = ordered();
    let wait = log
        .at(FARE, 1)
        .plus(policy().authorization_budget)
        .since(log.at(FARE, 2));
    let given_up = PaymentEvent::Declined {
        charge: Charge::FARE,
        authorization: A0,
        reason: DeclineReason::BudgetOver,
    };
    let reason = FailReason::PaymentDeclined;
    after(log, wait)
        .with(FARE, Asked, [given_up])
        .with(TRIP, On(FARE, 3), [TripEvent::Failed { reason }])
        .with(
            SEARCH,
            On(TRIP, 2),
            [DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed],
        )
        .with(
            FARE,
            On(TRIP, 2),
            [asked(SettlementBasis::Nothing, None), ended(NOTHING)],
        )
        .with(TRIP, On(FARE, 4), [money_settled(NOTHING)])
        .with(TRIP, On(SEARCH, 2), [TripEvent::LockCleared, TripEvent::Closed])
}

/// Nobody answers the one offer: search 5 commits, the third of which is its end.
pub(super) fn unanswered() -> Log {
    let offer_expired = DispatchEvent::OfferExpired {
        offer: OfferNumber(1),
        driver: ADA,
    };
    let reason = FailReason::NoDriver;
    let log = held().with(SEARCH, Asked, [offer(1, ADA, 0)]);
    let log = after(log, Millis::from_secs(25)).with(SEARCH, Asked, [offer_expired]);
    let wait = log
        .at(SEARCH, 1)
        .plus(policy().search_budget)
        .since(log.at(SEARCH, 3));
    let log = after(log, wait)
        .with(
            SEARCH,
            Asked,
            [DispatchEvent::NoDriverFound {
                round: 0,
                offers: OfferCounts {
                    made: 1,
                    expired: 1,
                    ..OfferCounts::default()
                },
            }],
        )
        .with(TRIP, On(SEARCH, 4), [TripEvent::Failed { reason }]);
    voided_after(log, 3, (4, 3), SettlementBasis::Nothing)
}

/// A ride that nobody ends: its deadline does.
pub(super) fn ended_by_deadline() -> Log {
    let log = confirmed_ride()
        .with(TRIP, Asked, [arrived(0)])
        .with(TRIP, Asked, [started()]);
    let unread = quote().settle_as_quoted().unwrap();
    let due_minor = unread.total().minor();
    let mut completed = completed_by(Actor::Timer, due_minor);
    if let TripEvent::Completed(completion) = &mut completed {
        Arc::make_mut(completion).reading = None;
    }
    let log = after(log, policy().ride_budget).with(
        TRIP,
        Asked,
        [completed, TripEvent::FareSettled(Arc::new(unread))],
    );
    closed_after(log, 6, (SettlementBasis::Fare, due_minor))
}

/// The receipt of a no-show after this wait.
pub(super) fn no_show_fee(waited: Millis) -> Receipt {
    let stage = CancellationStage::NoShow { waited };
    quote().cancel(&Cancellation::new(stage, Fault::Rider)).unwrap()
}

fn no_show_by(by: Actor, waited: Millis) -> Log {
    let log = confirmed_ride().with(TRIP, Asked, [arrived(0)]);
    let log = after(log, waited).with(TRIP, Asked, [no_show(by, no_show_fee(waited))]);
    closed_after(log, 5, (SettlementBasis::Fee, NO_SHOW_MINOR))
}

pub(super) fn no_show(by: Actor, receipt: Receipt) -> TripEvent {
    let due_minor = receipt.total().minor();
    cancelled_with((Some(receipt), due_minor), |cancelled| {
        cancelled.by = by;
        cancelled.reason = CancelReason::NoShow;
        cancelled.stage = Stage::Arrived;
    })
}

/// The driver waits for the grace and reports that nobody came: the trip's fifth commit.
pub(super) fn no_show_reported() -> Log {
    no_show_by(Actor::Driver(ADA), policy().no_show_grace)
}

/// The driver says nothing, and their time to do so runs out.
pub(super) fn no_show_overdue() -> Log {
    let waited = policy().no_show_grace.saturating_add(policy().no_show_report);
    no_show_by(Actor::Timer, waited)
}

/// Ada does not come in time, and nobody else may be sought: the trip's fourth commit.
pub(super) fn late_and_last() -> Log {
    let reason = FailReason::ReassignmentsUsedUp;
    let log = confirmed_ride().with_events(TRIP, 1, [TripEvent::Requested(with_reassignments(0))]);
    let log = after(log, policy().arrival_budget)
        .with(TRIP, Asked, [TripEvent::Failed { reason }])
        .with_changed(TRIP, 4, |commit| {
            commit.cause = Cause::Timer(TimerId {
                stream: TRIP,
                version: Version::new(3),
                kind: TimerKind::ArrivalOverdue(0),
            });
        });
    let log = released_after(log, 4);
    log.with(
        FARE,
        On(TRIP, 4),
        [asked(SettlementBasis::Nothing, None), void_started()],
    )
    .with(FARE, On(FARE, 4), [voided(A0), ended(NOTHING)])
    .with(TRIP, On(FARE, 5), [money_settled(NOTHING), TripEvent::Closed])
}
