//! Whole bookings without a flaw.

use super::aftermath::*;
use super::endings::*;
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::dispatch::{DispatchEvent, OfferCounts, OfferNumber};
use crate::driver::DriverEvent;
use crate::fingerprint::Fingerprint;
use crate::fixture;
use crate::ops::{OpsEvent, ParkedMessage, ParkingRuling, PolicyChange, PolicyKind};
use crate::payment::{Charge, DebtReason, DeclineReason, PaymentEvent, SettlementBasis, Waiver};
use crate::pricing::{Publication, TariffEvent};
use crate::stream::StreamId;
use crate::trip::{Actor, FailReason, PaymentMethod, ReassignReason, RejectReason, Secured, TripEvent};
use crate::units::Millis;
use Why::{Asked, On};
use std::sync::Arc;

pub(super) const DRIVER: StreamId = StreamId::Driver(ADA);
pub(super) const SPARE: StreamId = StreamId::Driver(BOB);

/// An order, its search, and a hold.
pub(super) fn ordered() -> Log {
    Log::default()
        .with(TRIP, Asked, [TripEvent::Requested(request())])
        .with(SEARCH, On(TRIP, 1), [search(0)])
        .with(FARE, On(TRIP, 1), [start(A0)])
        .with(FARE, On(FARE, 1), [intent(A0)])
}

/// And the money is held.
pub(super) fn held() -> Log {
    ordered()
        .with(FARE, On(FARE, 2), [authorized(A0)])
        .with(TRIP, On(FARE, 3), [secured(A0)])
}

/// Ada is offered the trip, accepts, and is locked.
pub(super) fn assigned_to_ada(log: Log) -> Log {
    log.with(DRIVER, Asked, [online()])
        .with(SEARCH, Asked, [offer(1, ADA, 0)])
        .with(SEARCH, Asked, [accepted(1, ADA, 0)])
        .with(DRIVER, On(SEARCH, 3), [locked(TRIP_ID, 0, 1)])
        .with(SEARCH, On(DRIVER, 2), [assigned(ADA, 0, 1)])
}

pub(super) fn confirmed_ride() -> Log {
    assigned_to_ada(held()).with(
        TRIP,
        On(SEARCH, 4),
        [noted(ADA, 0, 1), confirmed(0, 1, Secured::Authorized(A0))],
    )
}

/// Driver and search let go after the trip's commit `ended`, and the trip notes it.
pub(super) fn released_after(log: Log, ended: u32) -> Log {
    log.with(
        SEARCH,
        On(TRIP, ended),
        [DispatchEvent::DispatchEnding, release_asked(ADA, 0, 1)],
    )
    .with(DRIVER, On(SEARCH, 5), [released(TRIP_ID, 1)])
    .with(
        SEARCH,
        On(DRIVER, 3),
        [release_noted(0, 1), DispatchEvent::DispatchClosed],
    )
    .with(TRIP, On(SEARCH, 6), [TripEvent::LockCleared])
}

/// What is due after the trip's commit `ended_at` is captured: charge 5 commits.
fn captured_after(log: Log, ended_at: u32, (basis, minor): (SettlementBasis, i64)) -> Log {
    log.with(
        FARE,
        On(TRIP, ended_at),
        [asked(basis, Some(usd(minor))), capture_started(minor)],
    )
    .with(
        FARE,
        On(FARE, 4),
        [captured(A0, minor), ended(outcome(minor, 0, 0))],
    )
}

/// The driver is let go of, and what is due captured.
pub(super) fn closed_after(log: Log, ended_at: u32, due: (SettlementBasis, i64)) -> Log {
    captured_after(released_after(log, ended_at), ended_at, due).with(
        TRIP,
        On(FARE, 5),
        [money_settled(outcome(due.1, 0, 0)), TripEvent::Closed],
    )
}

/// A trip without a ride gives its hold back; `ended_at` is the trip's commit that ended it, `search` and `fare` the last ones
/// of these streams.
pub(super) fn voided_after(
    log: Log,
    ended_at: u32,
    (search, fare): (u32, u32),
    basis: SettlementBasis,
) -> Log {
    let due = matches!(basis, SettlementBasis::Fee).then(|| usd(0));
    log.with(
        SEARCH,
        On(TRIP, ended_at),
        [DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed],
    )
    .with(FARE, On(TRIP, ended_at), [asked(basis, due), void_started()])
    .with(FARE, On(FARE, fare + 1), [voided(A0), ended(NOTHING)])
    .with(TRIP, On(FARE, fare + 2), [money_settled(NOTHING)])
    .with(
        TRIP,
        On(SEARCH, search + 1),
        [TripEvent::LockCleared, TripEvent::Closed],
    )
}

/// Streams: trip 8 commits, search 6, driver 3, fare 5.
pub(super) fn whole() -> Log {
    let driven = confirmed_ride()
        .with(TRIP, Asked, [arrived(0)])
        .with(TRIP, Asked, [started()])
        .with(TRIP, Asked, [completed(FARE_MINOR), settled()]);
    closed_after(driven, 6, (SettlementBasis::Fare, FARE_MINOR))
}

/// The rider cancels while the driver is on the way: a fee.
pub(super) fn cancelled_late() -> Log {
    let log = confirmed_ride().with(TRIP, Asked, [cancelled(Some(fee()), Some(usd(FEE_MINOR)))]);
    closed_after(log, 4, (SettlementBasis::Fee, FEE_MINOR))
}

/// The rider cancels before the hold is known: it comes late, and is given back.
pub(super) fn late_hold_voided() -> Log {
    ordered()
        .with(TRIP, Asked, [cancelled_early(Some(usd(0)))])
        .with(
            SEARCH,
            On(TRIP, 2),
            [DispatchEvent::DispatchEnding, DispatchEvent::DispatchClosed],
        )
        .with(
            FARE,
            On(TRIP, 2),
            [asked(SettlementBasis::Fee, Some(usd(0))), void_started()],
        )
        .with(FARE, On(FARE, 2), [authorized(A0)])
        .with(FARE, On(FARE, 3), [voided(A0), ended(NOTHING)])
        .with(TRIP, On(SEARCH, 2), [TripEvent::LockCleared])
        .with(TRIP, On(FARE, 5), [money_settled(NOTHING), TripEvent::Closed])
}

/// No driver in time.
pub(super) fn failed() -> Log {
    let log = held()
        .with(DRIVER, Asked, [online()])
        .with(SEARCH, Asked, [offer(1, ADA, 0)])
        .with(
            SEARCH,
            Asked,
            [DispatchEvent::OfferDeclined {
                offer: OfferNumber(1),
                driver: ADA,
            }],
        )
        .later(Millis::from_minutes(2))
        .with(
            SEARCH,
            Asked,
            [DispatchEvent::NoDriverFound {
                round: 0,
                offers: OfferCounts {
                    made: 1,
                    declined: 1,
                    ..OfferCounts::default()
                },
            }],
        )
        .with(
            TRIP,
            On(SEARCH, 4),
            [TripEvent::Failed {
                reason: FailReason::NoDriver,
            }],
        );
    voided_after(log, 3, (4, 3), SettlementBasis::Nothing)
}

/// Ada gives the trip back, Bob is refused once, and drives it.
pub(super) fn reassigned() -> Log {
    let log = confirmed_ride()
        .with(
            TRIP,
            Asked,
            [TripEvent::Reassigning {
                change: None,
                round: 1,
                reason: ReassignReason::Withdrawn,
                request: request(),
            }],
        )
        .with(SEARCH, On(TRIP, 4), [release_asked(ADA, 0, 1), search(1)])
        .with(DRIVER, On(SEARCH, 5), [released(TRIP_ID, 1)])
        .with(SEARCH, On(DRIVER, 3), [release_noted(0, 1)])
        .with(SEARCH, Asked, [offer(2, BOB, 1)])
        .with(SEARCH, Asked, [accepted(2, BOB, 1)])
        .with(
            SPARE,
            On(SEARCH, 8),
            [DriverEvent::LockRefused {
                trip: TRIP_ID,
                round: 1,
            }],
        )
        .with(
            SEARCH,
            On(SPARE, 1),
            [DispatchEvent::OfferWithdrawn {
                offer: OfferNumber(2),
                driver: BOB,
                reason: crate::dispatch::WithdrawReason::LockRefused,
            }],
        )
        .with(SPARE, Asked, [online()])
        .with(SEARCH, Asked, [offer(3, BOB, 1)])
        .with(SEARCH, Asked, [accepted(3, BOB, 1)])
        .with(SPARE, On(SEARCH, 11), [locked(TRIP_ID, 1, 1)])
        .with(SEARCH, On(SPARE, 3), [assigned(BOB, 1, 1)])
        .with(
            TRIP,
            On(SEARCH, 12),
            [noted(BOB, 1, 1), confirmed(1, 1, Secured::Authorized(A0))],
        )
        .with(TRIP, Asked, [arrived(1)])
        .with(TRIP, Asked, [started()])
        .with(
            TRIP,
            Asked,
            [completed_by(Actor::Driver(BOB), FARE_MINOR), settled()],
        );
    captured_after(log, 8, (SettlementBasis::Fare, FARE_MINOR))
        .with(TRIP, On(FARE, 5), [money_settled(CAPTURED)])
        .with(
            SEARCH,
            On(TRIP, 8),
            [DispatchEvent::DispatchEnding, release_asked(BOB, 1, 1)],
        )
        .with(SPARE, On(SEARCH, 13), [released(TRIP_ID, 1)])
        .with(
            SEARCH,
            On(SPARE, 4),
            [release_noted(1, 1), DispatchEvent::DispatchClosed],
        )
        .with(TRIP, On(SEARCH, 14), [TripEvent::LockCleared, TripEvent::Closed])
}

/// The first hold is lost on the way, the second takes its place and is lost too: the ride is owed.
pub(super) fn lost_twice() -> Log {
    let lost = |authorization| PaymentEvent::AuthorizationLost {
        charge: Charge::FARE,
        authorization,
        released: hold(),
    };
    let money = outcome(0, FARE_MINOR, 0);
    let log = confirmed_ride()
        .with(FARE, Asked, [lost(A0), start(A1)])
        .with(
            TRIP,
            On(FARE, 4),
            [TripEvent::PaymentUnnoted { authorization: A0 }],
        )
        .with(FARE, On(FARE, 4), [intent(A1)])
        .with(FARE, On(FARE, 5), [authorized(A1)])
        .with(TRIP, On(FARE, 6), [secured(A1)])
        .with(TRIP, Asked, [arrived(0)])
        .with(TRIP, Asked, [started()])
        .with(
            FARE,
            Asked,
            [
                lost(A1),
                PaymentEvent::Declined {
                    charge: Charge::FARE,
                    authorization: A1,
                    reason: DeclineReason::LostAgain,
                },
            ],
        )
        .with(TRIP, Asked, [completed(FARE_MINOR), settled()]);
    released_after(log, 8)
        .with(
            FARE,
            On(TRIP, 8),
            [
                asked(SettlementBasis::Fare, Some(usd(FARE_MINOR))),
                PaymentEvent::DebtRecorded {
                    charge: Charge::FARE,
                    amount: usd(FARE_MINOR),
                    reason: DebtReason::NoHold,
                },
                ended(money),
            ],
        )
        .with(TRIP, On(FARE, 8), [money_settled(money), TripEvent::Closed])
        .with(
            FARE,
            Asked,
            [PaymentEvent::DebtSettled {
                charge: Charge::FARE,
                amount: usd(FARE_MINOR),
            }],
        )
}

/// Paid to the driver.
pub(super) fn in_cash() -> Log {
    let money = outcome(0, 0, FARE_MINOR);
    let log = Log::default()
        .with(TRIP, Asked, [TripEvent::Requested(paid_by(PaymentMethod::Cash))])
        .with(SEARCH, On(TRIP, 1), [search(0)])
        .with(
            FARE,
            On(TRIP, 1),
            [PaymentEvent::Waived {
                charge: Charge::FARE,
                waiver: Waiver::Cash,
            }],
        );
    let waived = Secured::Waived;
    let log = assigned_to_ada(log)
        .with(TRIP, On(SEARCH, 4), [noted(ADA, 0, 1)])
        .with(
            TRIP,
            On(FARE, 1),
            [
                TripEvent::PaymentNoted { secured: waived },
                confirmed(0, 1, waived),
            ],
        )
        .with(TRIP, Asked, [arrived(0)])
        .with(TRIP, Asked, [started()])
        .with(TRIP, Asked, [completed(FARE_MINOR), settled()]);
    released_after(log, 6)
        .with(
            FARE,
            On(TRIP, 6),
            [asked(SettlementBasis::Fare, Some(usd(FARE_MINOR))), ended(money)],
        )
        .with(TRIP, On(FARE, 2), [money_settled(money), TripEvent::Closed])
}

/// A cancellation that overtook its order.
pub(super) fn cancelled_first() -> Log {
    Log::default().with(TRIP, Asked, [cancelled_early(None), TripEvent::Closed])
}

/// The gateway captured what was to be voided; it is given back before the end.
pub(super) fn stray_capture_returned() -> Log {
    late_hold_voided()
        .without(TRIP, 4)
        .with_events(
            FARE,
            5,
            [
                PaymentEvent::VoidRefused {
                    charge: Charge::FARE,
                    authorization: A0,
                    captured: hold(),
                    released_minor: 0,
                },
                PaymentEvent::RefundStarted {
                    charge: Charge::FARE,
                    refund: 1,
                    amount: hold(),
                },
            ],
        )
        .with(
            FARE,
            On(FARE, 5),
            [
                PaymentEvent::Refunded {
                    charge: Charge::FARE,
                    refund: 1,
                    amount: hold(),
                },
                ended(NOTHING),
            ],
        )
        .with(TRIP, On(FARE, 6), [money_settled(NOTHING), TripEvent::Closed])
}

pub(super) fn ops() -> StreamId {
    StreamId::Ops("manhattan".parse().unwrap())
}

fn parking(name: &str) -> ParkedMessage {
    ParkedMessage::new(name, "payments", "raw", "undecodable").unwrap()
}

pub(super) fn message(name: &str) -> Arc<ParkedMessage> {
    Arc::new(parking(name))
}

pub(super) fn ruling(name: &str) -> Arc<ParkingRuling> {
    Arc::new(ParkingRuling::on(&parking(name), fixture::OPERATOR, "read by hand").unwrap())
}

/// Messages that were parked, and what became of them.
pub(super) fn parked() -> Log {
    let both = [message("a"), message("b")].map(OpsEvent::MessageParked);
    Log::default()
        .with(ops(), Asked, both)
        .with(ops(), Asked, [OpsEvent::MessageReplayed(ruling("a"))])
        .with(ops(), Asked, [OpsEvent::MessageDropped(ruling("b"))])
}

pub(super) fn tariffs() -> StreamId {
    StreamId::Tariff(fixture::tariff(1).id())
}

pub(super) fn published(version: u32) -> TariffEvent {
    let publication = Publication::new(fixture::tariff(version), fixture::OPERATOR);
    TariffEvent::Published(Arc::new(publication))
}

pub(super) fn published_twice() -> Log {
    Log::default()
        .with(tariffs(), Asked, [published(1)])
        .with(tariffs(), Asked, [published(2)])
}

/// The policy of orders, from one fingerprint to another.
pub(super) fn policy(before: u8, after: u8) -> Arc<PolicyChange> {
    let [before, after] = [before, after].map(|byte| Fingerprint::new([byte; 32]));
    Arc::new(PolicyChange::replacing(before, PolicyKind::Trip, fixture::OPERATOR, after).unwrap())
}

/// What was configured is replaced, and replaced again.
pub(super) fn changed_twice() -> Log {
    Log::default()
        .with(ops(), Asked, [OpsEvent::PolicyChanged(policy(0, 1))])
        .with(ops(), Asked, [OpsEvent::PolicyChanged(policy(1, 2))])
}

/// The order was not taken: no other stream ever begins.
pub(super) fn rejected() -> Log {
    let reason = RejectReason::Expired;
    Log::default().with(TRIP, Asked, [TripEvent::Rejected { reason }])
}

/// What it is called, and how to make it.
pub(super) type Booking = (&'static str, fn() -> Log);

pub(super) const ALL: [Booking; 24] = [
    ("rejected", rejected),
    ("whole", whole),
    ("cancelled late", cancelled_late),
    ("late hold voided", late_hold_voided),
    ("failed", failed),
    ("reassigned", reassigned),
    ("lost twice", lost_twice),
    ("in cash", in_cash),
    ("cancelled first", cancelled_first),
    ("stray capture returned", stray_capture_returned),
    ("with aftermath", with_aftermath),
    ("corrected upwards", corrected_upwards),
    ("corrected back and forth", corrected_back_and_forth),
    ("corrected and declined", corrected_and_declined),
    ("cash corrected", cash_corrected),
    ("tip declined", tip_declined),
    ("parked", parked),
    ("expired", expired),
    ("declined", declined),
    ("unanswered", unanswered),
    ("ended by deadline", ended_by_deadline),
    ("no-show reported", no_show_reported),
    ("no-show overdue", no_show_overdue),
    ("late and last", late_and_last),
];
