//! Drivers at the wheel: the buttons that they press, and where they drive.

use super::agenda::{Action, Button};
use super::cab::{Doing, Leg, driver_id};
use super::habits::{Draw, Habits, between, stretched};
use super::meter::Trace;
use super::{Cab, Driven, Players};
use crate::manhattan::street;
use crate::measures::DriveKind;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::TripId;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, PricingError};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::DeviceFact;
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

/// How long before an idle driver moves on to look for riders.
const PATIENCE_MS: (u64, u64) = (90_000, 300_000);
/// Codes have four digits.
const CODES: u16 = 10_000;

impl Players {
    /// Does what was planned, unless plans have changed since.
    pub(super) async fn act(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Answer {
                trip,
                offer,
                cab,
                accept,
            } => {
                let driver = driver_id(cab as usize);
                let (drivers, origin) = (Arc::clone(&self.drivers), self.origin());
                self.calls.ask(async move {
                    if accept {
                        drivers.accept(origin, trip, offer, driver).await
                    } else {
                        drivers.decline(origin, trip, offer, driver).await
                    }
                });
            }
            Action::Press {
                trip,
                cab,
                plan,
                button,
            } => {
                if let Some(fence) = self.still(trip, cab, plan) {
                    let code = if button == Button::Start {
                        self.code_typed(trip)
                    } else {
                        0
                    };
                    self.press(trip, (cab, fence), button, code, now);
                }
            }
            Action::Fumble {
                trip,
                cab,
                fence,
                button,
            } => {
                // Half of those who start too early type any code.
                let mut random = self.dice.of(Draw::Code, u64::from(cab), now.ms().unsigned_abs());
                let code = (self.riders.start_code(trip) + u16::from(random.below(2) == 0)) % CODES;
                self.press(trip, (cab, fence), button, code, now);
            }
            Action::OrderAgain { trip } => self.order_again(trip),
            Action::Rethink { trip, whim } => self.rethink(trip, whim, now).await,
            Action::Wander { cab, plan } => self.wander(cab, plan, now),
        }
    }

    /// Presses a button, whatever the trip is at: the platform says whether it fits.
    fn press(&mut self, trip: TripId, (cab, fence): (u32, Fence), button: Button, code: u16, now: Timestamp) {
        let driver = driver_id(cab as usize);
        let device = self.device(cab, now);
        let at_pick_up = Millimetres::ZERO;
        let (drivers, origin) = (Arc::clone(&self.drivers), self.origin());
        match button {
            Button::GiveBack => self
                .calls
                .ask(async move { drivers.withdraw(origin, trip, driver, fence).await }),
            Button::Arrived => self.calls.ask(async move {
                drivers
                    .arrive(origin, trip, driver, fence, at_pick_up, device)
                    .await
            }),
            Button::NoShow => self
                .calls
                .ask(async move { drivers.no_show(origin, trip, driver, fence).await }),
            Button::Start => self
                .calls
                .ask(async move { drivers.start(origin, trip, driver, fence, code, device).await }),
            Button::Finish => match self.meter(trip, cab, now) {
                Some(Ok(reading)) => self.calls.ask(async move {
                    let reading = Arc::new(reading);
                    drivers
                        .complete(origin, trip, fence, driver, reading, device)
                        .await
                }),
                Some(Err(error)) => self.told(&error.into()),
                None => {}
            },
        }
    }

    /// What the taximeter of a car shows of a trip; of one that the car does not carry, nothing.
    fn meter(&self, trip: TripId, cab: u32, now: Timestamp) -> Option<Result<MeterReading, PricingError>> {
        let (ride, car) = (self.rides.get(&trip)?, self.cabs.get(cab as usize)?);
        let mut trace = Trace::begun_at(ride.pick_up);
        let mut boarded_at = now;
        if car.doing() == Doing::Carrying(trip) {
            boarded_at = ride.boarded_at;
            trace.way.extend(&ride.turns);
            trace.way.push(car.place(now));
            trace.distance = ride.driven.saturating_add(car.leg_driven(now));
            trace.duration = now.since(boarded_at);
            trace.waited = boarded_at.since(ride.met_at);
        }
        let boarded = self.scene.civil(boarded_at);
        Some(boarded.and_then(|boarded| trace.reading(&ride.quote, &self.scene.zones, boarded)))
    }

    /// The lock, if the driver's plan has not changed since.
    fn still(&self, trip: TripId, cab: u32, plan: u32) -> Option<Fence> {
        let same = self
            .cabs
            .get(cab as usize)
            .is_some_and(|cab| cab.plan == plan && cab.doing().trip() == Some(trip));
        self.rides
            .get(&trip)
            .filter(|ride| same && ride.cab == Some(cab))
            .map(|ride| ride.fence)
    }

    fn device(&mut self, cab: u32, now: Timestamp) -> DeviceFact {
        let sequence = self.cabs.get_mut(cab as usize).map_or(0, Cab::next_sequence);
        DeviceFact {
            occurred_at: now,
            sequence,
        }
    }

    fn code_typed(&mut self, trip: TripId) -> u16 {
        let right = self.riders.start_code(trip);
        let Some(ride) = self.rides.get_mut(&trip) else {
            return right;
        };
        ride.codes = ride.codes.saturating_add(1);
        let mut random = self
            .dice
            .of(Draw::Code, u64::from(ride.rider), u64::from(ride.codes));
        let wrong = Habits::happens(self.scene.habits.wrong_code, &mut random);
        if wrong { (right + 1) % CODES } else { right }
    }

    /// A driver does something else from now on; what they did is noted.
    pub(super) fn turn_to(&mut self, cab: u32, doing: Doing, now: Timestamp) {
        let Some(car) = self.cabs.get_mut(cab as usize) else {
            return;
        };
        let done = car.turn_to(doing, now);
        self.note(cab, done);
    }

    /// The last request has been made: what idle drivers did until now counts, what they do from now on does not.
    pub(super) fn end_shifts(&mut self, now: Timestamp) {
        for number in 0..self.cabs.len() {
            let done = self
                .cabs
                .get_mut(number)
                .filter(|car| car.doing() == Doing::Idle)
                .and_then(|car| car.turn_to(Doing::Idle, now));
            if let Ok(cab) = u32::try_from(number) {
                self.note(cab, done);
            }
        }
        self.shifts_over = true;
    }

    fn note(&self, cab: u32, done: Option<(DriveKind, Millimetres, Millis)>) {
        let Some((kind, distance, duration)) = done else {
            return;
        };
        if kind != DriveKind::Idle || !self.shifts_over {
            self.shared().driven.push(Driven {
                driver: driver_id(cab as usize),
                kind,
                distance,
                duration,
            });
        }
    }

    /// Sends a car on its way; gives when it will be there and the number of the plan.
    pub(super) fn send(
        &mut self,
        cab: u32,
        doing: Doing,
        to: Place,
        percent: (u64, u64),
        now: Timestamp,
    ) -> Option<(Timestamp, u32)> {
        self.turn_to(cab, doing, now);
        let at = self.scene.time_of_day(now);
        let mut random = self.dice.of(Draw::Drive, u64::from(cab), now.ms().unsigned_abs());
        let car = self.cabs.get_mut(cab as usize)?;
        let from = car.place(now);
        let drive = self.scene.manhattan.drive(from, to, at);
        let duration = stretched(drive.duration(), &mut random, percent.0, percent.1);
        let leg = Leg {
            from,
            to,
            distance: drive.distance(),
            left_at: now,
            duration,
        };
        car.drive(leg);
        Some((leg.arrives_at(), car.plan))
    }

    /// A driver without a trip looks around, then moves to where riders are found.
    pub(super) fn idle(&mut self, cab: u32, now: Timestamp) {
        self.turn_to(cab, Doing::Idle, now);
        let mut random = self
            .dice
            .of(Draw::Wander, u64::from(cab), now.ms().unsigned_abs());
        let Some(plan) = self.cabs.get(cab as usize).map(|car| car.plan) else {
            return;
        };
        let after = between(&mut random, PATIENCE_MS.0, PATIENCE_MS.1);
        self.agenda.plan(now.plus(after), Action::Wander { cab, plan });
    }

    /// Of three haunts drawn, the nearest: drivers spread to where riders are without crossing the whole island.
    fn wander(&mut self, cab: u32, plan: u32, now: Timestamp) {
        let Some(car) = self.cabs.get(cab as usize).copied() else {
            return;
        };
        if car.plan != plan || car.doing() != Doing::Idle || self.shifts_over {
            return;
        }
        let mut random = self
            .dice
            .of(Draw::Wander, u64::from(cab), !now.ms().unsigned_abs());
        let count = self.scene.haunts.len() as u64;
        let here = car.place(now);
        let nearest = (0..3)
            .filter_map(|_| {
                self.scene
                    .haunts
                    .get(usize::try_from(random.below(count)).ok()?)
                    .copied()
            })
            .min_by_key(|haunt| street::distance(here, *haunt));
        let Some(haunt) = nearest else { return };
        if let Some((there, plan)) = self.send(cab, Doing::Idle, haunt, (100, 130), now) {
            let rest = between(&mut random, PATIENCE_MS.0, PATIENCE_MS.1);
            self.agenda.plan(there.plus(rest), Action::Wander { cab, plan });
        }
    }
}
