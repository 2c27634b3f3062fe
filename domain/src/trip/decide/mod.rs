//! The booking saga's table, row by row. Precedence in every row: an ended trip first, then identity (whose trip, which
//! round, which fence), then the step that the row belongs to, then its deadline.

mod after;
mod approach;
mod join;
mod order;
mod ride;

use super::{Command, Refusal, Trip, TripEvent};
use crate::decision::{Aggregate, Decision};
use crate::time::Timestamp;

type Answer = Result<Decision<TripEvent>, Refusal>;

const NOTHING: Answer = Ok(Decision::AlreadyApplied);

impl Aggregate for Trip {
    type Command = Command;
    type Event = TripEvent;
    type Refusal = Refusal;

    fn decide(&self, command: &Command, now: Timestamp) -> Answer {
        match command {
            Command::Request(request) => self.decide_request(request, now),
            Command::Reject { reason } => self.decide_reject(*reason),
            Command::NoteDriver { round, fence, driver } => self.decide_driver(*round, *fence, *driver, now),
            Command::NotePayment { secured } => self.decide_payment(*secured, now),
            Command::LosePayment { authorization } => self.decide_loss(*authorization),
            Command::DeclinePayment => self.decide_decline(),
            Command::NoDriver { round } => self.decide_no_driver(*round),
            Command::Expire => self.decide_expiry(now),
            Command::Withdraw { driver, fence } => self.decide_withdraw(*driver, *fence),
            Command::ArrivalOverdue { round } => self.decide_arrival_overdue(*round, now),
            Command::Cancel { by, reason } => self.decide_cancel(*by, *reason, now),
            Command::Arrive {
                driver,
                fence,
                distance_to_pick_up,
                device,
            } => self.decide_arrival((*driver, *fence), *distance_to_pick_up, *device, now),
            Command::NoShow { driver, fence } => self.decide_no_show(*driver, *fence, now),
            Command::NoShowOverdue { round } => self.decide_no_show_overdue(*round, now),
            Command::Start {
                driver,
                fence,
                check,
                device,
            } => self.decide_start((*driver, *fence), *check, *device, now),
            Command::ChangePlan {
                by,
                plan,
                quote,
                quote_fingerprint,
            } => self.decide_plan(*by, plan, (quote, *quote_fingerprint)),
            Command::Complete {
                fence,
                by,
                reading,
                device,
            } => self.decide_complete(*fence, *by, reading, *device),
            Command::RideOverdue => self.decide_ride_overdue(now),
            Command::ClearLock => self.decide_lock_cleared(),
            Command::SettleMoney { outcome } => self.decide_money(*outcome),
            Command::AdjustFare { reason, receipt } => self.decide_adjustment(*reason, receipt),
            Command::Tip { rider, amount } => self.decide_tip(*rider, *amount, now),
        }
    }

    fn evolve(&mut self, event: &TripEvent, at: Timestamp) {
        self.apply(event, at);
    }
}
