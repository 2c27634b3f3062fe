//! What the support desk puts on the bus.

use super::{DEVICE, Request};
use crate::sample::{self, ANN, FENCE, TRIP, reading, receipt};
use crate::stage::at_once;
use fiacre_domain::id::PrincipalId;
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{self, Actor, AdjustReason, CancelReason, StartCheck, StartProof};

const OPERATOR: PrincipalId = PrincipalId::from_u128(10);

/// Each request of the desk, and the command that it becomes.
pub(super) fn requests() -> Vec<Request> {
    let adjust = trip::Command::AdjustFare {
        reason: AdjustReason::Goodwill,
        receipt: receipt(),
    };
    let correct = trip::Command::AdjustFare {
        reason: AdjustReason::WrongReading,
        receipt: receipt(),
    };
    let vouch = trip::Command::Start {
        driver: ANN,
        fence: FENCE,
        check: StartCheck::Proven(StartProof::Operator(OPERATOR)),
        device: DEVICE,
    };
    let cancel = trip::Command::Cancel {
        by: Actor::Operator(OPERATOR),
        reason: CancelReason::Safety,
    };
    let complete = trip::Command::Complete {
        fence: FENCE,
        by: Actor::Operator(OPERATOR),
        reading: reading(),
        device: DEVICE,
    };
    vec![
        (
            |desks, origin| at_once(desks.support.vouch(origin, TRIP, (ANN, FENCE), OPERATOR, DEVICE)),
            Command::Trip(TRIP, vouch),
        ),
        (
            |desks, origin| at_once(desks.support.cancel(origin, TRIP, OPERATOR, CancelReason::Safety)),
            Command::Trip(TRIP, cancel),
        ),
        (
            |desks, origin| {
                at_once(
                    desks
                        .support
                        .complete(origin, TRIP, FENCE, OPERATOR, reading(), DEVICE),
                )
            },
            Command::Trip(TRIP, complete),
        ),
        (
            |desks, origin| {
                at_once(
                    desks
                        .support
                        .adjust_fare(origin, TRIP, AdjustReason::Goodwill, receipt()),
                )
            },
            Command::Trip(TRIP, adjust),
        ),
        (
            |desks, origin| {
                at_once(
                    desks
                        .support
                        .correct_reading(origin, TRIP, &sample::quote(), &reading()),
                )
            },
            Command::Trip(TRIP, correct),
        ),
    ]
}
