//! The trip's half of the saga, as given, when, then.

mod bugs;
mod details;
mod plans;
mod table;
mod tips;
mod unpriced;

use super::{
    Actor, AdjustReason, AuthorizationNumber, CancelReason, Command, MoneyOutcome, Phase, RejectReason,
    Secured, StartCheck, StartProof, Trip, TripEvent,
};
use crate::driver::Fence;
use crate::fixture::{self, ANN, BOB, DEVICE, RIDER, act, after, at_s, fence};
use crate::id::{DriverId, PrincipalId};
use crate::time::Timestamp;
use crate::units::Millimetres;

/// When everything in a test's past happened: a minute after the order.
const NOW: Timestamp = at_s(60);
/// After every deadline that the past has set.
const LATE: Timestamp = at_s(24 * 3_600);

const A0: Secured = Secured::Authorized(AuthorizationNumber(0));
const A1: Secured = Secured::Authorized(AuthorizationNumber(1));

fn driver(round: u8, driver: DriverId, count: u32) -> Command {
    let fence = fence(count);
    Command::NoteDriver { round, fence, driver }
}

const fn payment(secured: Secured) -> Command {
    Command::NotePayment { secured }
}

const fn loss(authorization: u8) -> Command {
    Command::LosePayment {
        authorization: AuthorizationNumber(authorization),
    }
}

const fn withdraw(driver: DriverId, fence: Fence) -> Command {
    Command::Withdraw { driver, fence }
}

const fn arrive(driver: DriverId, fence: Fence) -> Command {
    Command::Arrive {
        driver,
        fence,
        distance_to_pick_up: Millimetres::from_metres(20),
        device: DEVICE,
    }
}

const fn start(driver: DriverId, fence: Fence, check: StartCheck) -> Command {
    Command::Start {
        driver,
        fence,
        check,
        device: DEVICE,
    }
}

const RIGHT_CODE: StartCheck = StartCheck::Proven(StartProof::Code);

fn complete(by: Actor, fence: Fence) -> Command {
    Command::Complete {
        fence,
        by,
        reading: fixture::reading(&fixture::quote()),
        device: DEVICE,
    }
}

const fn cancel(by: Actor) -> Command {
    Command::Cancel {
        by,
        reason: CancelReason::ChangedPlans,
    }
}

fn settle_money() -> Command {
    Command::SettleMoney {
        outcome: MoneyOutcome::default(),
    }
}

fn adjust() -> Command {
    Command::AdjustFare {
        reason: AdjustReason::LateToll,
        receipt: fixture::receipt_of_drive(&fixture::quote(), 4_000),
    }
}

const fn tip(rider: PrincipalId, cents: i64) -> Command {
    Command::Tip {
        rider,
        amount: fixture::usd(cents),
    }
}

fn absent_and(commands: &[Command]) -> Trip {
    after(Trip::default(), commands, NOW)
}

fn requested_and(commands: &[Command]) -> Trip {
    after(absent_and(&[Command::Request(fixture::request())]), commands, NOW)
}

fn confirmed_and(commands: &[Command]) -> Trip {
    after(requested_and(&[driver(0, ANN, 1), payment(A0)]), commands, NOW)
}

fn arrived_and(commands: &[Command]) -> Trip {
    after(confirmed_and(&[arrive(ANN, fence(1))]), commands, NOW)
}

fn started_and(commands: &[Command]) -> Trip {
    after(arrived_and(&[start(ANN, fence(1), RIGHT_CODE)]), commands, NOW)
}

/// The answer in words, see [`fixture::answer`]. The trip itself stays as it is.
fn answer(trip: &Trip, command: &Command, now: Timestamp) -> String {
    let answered = act(&mut trip.clone(), command, now).map_err(|refusal| refusal.code());
    fixture::answer(answered, TripEvent::name)
}
