//! What comes after a booking has closed: corrections, the money that follows them, tips.

use super::bookings::{in_cash, whole};
use super::events::*;
use super::log::*;
use super::orders::*;
use crate::id::IntentId;
use crate::payment::{
    AuthorizationStart, Charge, Correction, DebtReason, DeclineReason, FurtherCharge, PaymentEvent,
    SettlementBasis,
};
use crate::pricing::Receipt;
use crate::stream::{ChargeNumber, StreamId};
use crate::time::Timestamp;
use crate::trip::{AdjustReason, Adjustment, PaymentMethodId, Tip, TripEvent};
use crate::units::Millis;
use Why::{Asked, On};
use std::sync::Arc;

pub(super) fn correction(superseded: Receipt) -> TripEvent {
    corrected(superseded, fee())
}

pub(super) fn corrected(superseded: Receipt, receipt: Receipt) -> TripEvent {
    corrected_again(0, superseded, receipt)
}

pub(super) fn corrected_again(supersedes: u16, superseded: Receipt, receipt: Receipt) -> TripEvent {
    TripEvent::FareAdjusted(Arc::new(Adjustment {
        supersedes,
        reason: AdjustReason::Goodwill,
        superseded: Arc::new(superseded),
        receipt: Arc::new(receipt),
        further: ChargeNumber(supersedes + 1),
    }))
}

/// The charge is told of a correction.
pub(super) const fn told(charge: Charge, revision: u16, minor: i64) -> PaymentEvent {
    let correction = Correction {
        revision,
        due: usd(minor),
        further: ChargeNumber(revision),
    };
    PaymentEvent::CorrectionAsked { charge, correction }
}

/// The fare's charge asks another one to come to this.
pub(super) fn shared(revision: u16, minor: i64) -> PaymentEvent {
    PaymentEvent::FurtherChargeAsked(Arc::new(FurtherCharge {
        charge: Charge::FARE,
        number: FURTHER.number,
        revision,
        due: usd(minor),
        method: PaymentMethodId(1),
        budget: Millis::from_minutes(2),
        action_budget: Millis::from_minutes(3),
    }))
}

/// What another charge begins with.
fn collecting(charge: Charge, minor: i64) -> [PaymentEvent; 2] {
    let PaymentEvent::AuthorizationStarted(start) = start(A0) else {
        unreachable!("a start starts")
    };
    let start = AuthorizationStart {
        charge,
        amount: usd(minor),
        ..AuthorizationStart::clone(&start)
    };
    let asked = PaymentEvent::SettlementAsked {
        charge,
        basis: SettlementBasis::Fare,
        due: Some(usd(minor)),
    };
    [PaymentEvent::AuthorizationStarted(Arc::new(start)), asked]
}

/// And goes on with, until it is captured.
fn collected(log: Log, stream: StreamId, charge: Charge, minor: i64) -> Log {
    let authorization = A0;
    let amount = usd(minor);
    log.with(
        stream,
        On(stream, 1),
        [PaymentEvent::IntentCreated {
            charge,
            authorization,
            intent: IntentId::from_u128(10),
        }],
    )
    .with(
        stream,
        On(stream, 2),
        [
            PaymentEvent::Authorized {
                charge,
                authorization,
                amount,
                capture_before: Timestamp::MAX,
            },
            PaymentEvent::CaptureStarted {
                charge,
                authorization,
                amount,
            },
        ],
    )
    .with(
        stream,
        On(stream, 3),
        [
            PaymentEvent::Captured {
                charge,
                authorization,
                captured: amount,
                released_minor: 0,
            },
            PaymentEvent::Closed {
                charge,
                outcome: outcome(minor, 0, 0),
            },
        ],
    )
}

const fn refund_started(charge: Charge, refund: u16, minor: i64) -> PaymentEvent {
    PaymentEvent::RefundStarted {
        charge,
        refund,
        amount: usd(minor),
    }
}

pub(super) const fn refunded(charge: Charge, refund: u16, minor: i64) -> PaymentEvent {
    PaymentEvent::Refunded {
        charge,
        refund,
        amount: usd(minor),
    }
}

/// What the fare of ten kilometres comes to above that of eight.
pub(super) const RISE_MINOR: i64 = 200;

/// The meter had shown too little: another charge takes the rest.
pub(super) fn corrected_upwards() -> Log {
    let more = FARE_MINOR + RISE_MINOR;
    let [start, asked] = collecting(FURTHER, RISE_MINOR);
    let log = whole()
        .with(TRIP, Asked, [corrected(fare(), fare_of(10))])
        .with(
            FARE,
            On(TRIP, 9),
            [told(Charge::FARE, 1, more), shared(1, RISE_MINOR)],
        )
        .with(MORE, On(FARE, 6), [told(FURTHER, 1, RISE_MINOR), start, asked]);
    collected(log, MORE, FURTHER, RISE_MINOR)
}

/// And then it had not: both charges give back.
pub(super) fn corrected_back_and_forth() -> Log {
    corrected_upwards()
        .with(TRIP, Asked, [corrected_again(1, fare_of(10), fee())])
        .with(
            FARE,
            On(TRIP, 10),
            [
                told(Charge::FARE, 2, FEE_MINOR),
                shared(2, 0),
                refund_started(Charge::FARE, 1, FARE_MINOR - FEE_MINOR),
            ],
        )
        .with(
            MORE,
            On(FARE, 7),
            [told(FURTHER, 2, 0), refund_started(FURTHER, 1, RISE_MINOR)],
        )
        .with(MORE, On(MORE, 5), [refunded(FURTHER, 1, RISE_MINOR)])
        .with(
            FARE,
            On(FARE, 7),
            [refunded(Charge::FARE, 1, FARE_MINOR - FEE_MINOR)],
        )
}

/// What another charge could not take is owed.
pub(super) fn corrected_and_declined() -> Log {
    let more = FARE_MINOR + RISE_MINOR;
    let [start, asked] = collecting(FURTHER, RISE_MINOR);
    let charge = FURTHER;
    whole()
        .with(TRIP, Asked, [corrected(fare(), fare_of(10))])
        .with(
            FARE,
            On(TRIP, 9),
            [told(Charge::FARE, 1, more), shared(1, RISE_MINOR)],
        )
        .with(MORE, On(FARE, 6), [told(FURTHER, 1, RISE_MINOR), start, asked])
        .with(
            MORE,
            On(MORE, 1),
            [
                PaymentEvent::Declined {
                    charge,
                    authorization: A0,
                    reason: DeclineReason::Issuer,
                },
                PaymentEvent::DebtRecorded {
                    charge,
                    amount: usd(RISE_MINOR),
                    reason: DebtReason::Corrected,
                },
                PaymentEvent::Closed {
                    charge,
                    outcome: outcome(0, RISE_MINOR, 0),
                },
            ],
        )
}

/// The driver was given too much, and then too little.
pub(super) fn cash_corrected() -> Log {
    let charge = Charge::FARE;
    let back = FARE_MINOR - FEE_MINOR;
    in_cash()
        .with(TRIP, Asked, [corrected(fare(), fee())])
        .with(
            FARE,
            On(TRIP, 9),
            [
                told(charge, 1, FEE_MINOR),
                PaymentEvent::CashReturned {
                    charge,
                    amount: usd(back),
                },
            ],
        )
        .with(TRIP, Asked, [corrected_again(1, fee(), fare())])
        .with(
            FARE,
            On(TRIP, 10),
            [
                told(charge, 2, FARE_MINOR),
                PaymentEvent::DebtRecorded {
                    charge,
                    amount: usd(back),
                    reason: DebtReason::Corrected,
                },
            ],
        )
        .with(TRIP, Asked, [corrected_again(2, fare(), fee())])
        .with(
            FARE,
            On(TRIP, 11),
            [
                told(charge, 3, FEE_MINOR),
                PaymentEvent::DebtReduced {
                    charge,
                    amount: usd(back),
                },
            ],
        )
}

/// A tip that the bank would not pay is nobody's debt.
pub(super) fn tip_declined() -> Log {
    let charge = TIPPED;
    whole()
        .with(TRIP, Asked, [tipped(TIP_MINOR)])
        .with(TIP, On(TRIP, 9), collecting(TIPPED, TIP_MINOR))
        .with(
            TIP,
            On(TIP, 1),
            [
                PaymentEvent::Declined {
                    charge,
                    authorization: A0,
                    reason: DeclineReason::Issuer,
                },
                PaymentEvent::Closed {
                    charge,
                    outcome: NOTHING,
                },
            ],
        )
}

pub(super) const TIP_MINOR: i64 = 300;

pub(super) fn tipped(minor: i64) -> TripEvent {
    tipped_as(TIPPED.number.0, minor)
}

/// A tip that the charge of this number is to take.
pub(super) fn tipped_as(number: u16, minor: i64) -> TripEvent {
    TripEvent::Tipped(Arc::new(Tip {
        charge: ChargeNumber(number),
        amount: usd(minor),
        method: PaymentMethodId(1),
        budget: Millis::from_minutes(2),
        action_budget: Millis::from_minutes(3),
    }))
}

/// After the end: a correction, the refund that goes with it, a dispute, a tip.
pub(super) fn with_aftermath() -> Log {
    let back = FARE_MINOR - FEE_MINOR;
    let log = whole()
        .with(TRIP, Asked, [correction(fare())])
        .with(
            FARE,
            On(TRIP, 9),
            [
                told(Charge::FARE, 1, FEE_MINOR),
                refund_started(Charge::FARE, 1, back),
            ],
        )
        .with(FARE, On(FARE, 6), [refunded(Charge::FARE, 1, back)])
        .with(
            FARE,
            Asked,
            [PaymentEvent::DisputeOpened {
                charge: Charge::FARE,
                dispute: 1,
                amount: usd(FEE_MINOR),
            }],
        )
        .with(
            FARE,
            Asked,
            [PaymentEvent::DisputeClosed {
                charge: Charge::FARE,
                dispute: 1,
                won: true,
            }],
        )
        .with(TRIP, Asked, [tipped(TIP_MINOR)])
        .with(TIP, On(TRIP, 10), collecting(TIPPED, TIP_MINOR));
    collected(log, TIP, TIPPED, TIP_MINOR)
}
