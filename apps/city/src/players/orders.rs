//! Riders: pricing, ordering, cancelling; and what drivers do in their turn.

use super::agenda::{Action, Button, second_of};
use super::cab::{Doing, Leg, driver_id};
use super::habits::{Draw, Habits, between, stretched};
use super::{Driven, Players, Ride};
use crate::demand::Request;
use crate::manhattan::street;
use crate::measures::DriveKind;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, PricingError, Quote, Ride as PricedRide, Surge};
use fiacre_domain::requirements::Requirements;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{
    CancelReason, DeviceFact, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_services::desk::{Booking, DeskError};
use std::sync::Arc;

/// How long before an idle driver moves on to look for riders.
const PATIENCE_MS: (u64, u64) = (90_000, 300_000);
/// Stored payment methods begin here: numbers below are the sandbox's named test methods.
const METHODS_FROM: u64 = 1_000_000;

impl Players {
    /// Orders every request that is due.
    pub(super) async fn order_due(&mut self, now: Timestamp) {
        loop {
            let request = {
                let midnight = self.scene.midnight;
                let mut shared = self.shared();
                let due = shared
                    .requests
                    .front()
                    .is_some_and(|request| second_of(midnight.plus(request.at())) <= now);
                if due { shared.requests.pop_front() } else { None }
            };
            let Some(request) = request else { return };
            if let Err(error) = self.order(&request, now).await {
                *self.shared().refused.entry(error.code()).or_default() += 1;
            }
        }
    }

    async fn order(&mut self, request: &Request, now: Timestamp) -> Result<(), DeskError> {
        self.ordered += 1;
        let rider = self.ordered;
        let at = self.scene.civil(now).ok_or(PricingError::Overflow)?;
        let drive = self
            .scene
            .manhattan
            .drive(request.pickup(), request.dropoff(), at.time());
        let ride = PricedRide::new(drive.distance(), drive.duration());
        let priced = self.riders.quote(&self.scene.tariff, &ride, at, Surge::NONE)?;
        let (trip, quote) = (priced.trip, Arc::clone(&priced.quote));
        let patience = self
            .scene
            .habits
            .patience(self.dice.of(Draw::Patience, u64::from(rider), 0));
        let booking = Booking {
            priced,
            rider: PrincipalId::from_u128(u128::from(rider)),
            plan: PersonalPlan {
                pick_up: PersonalPlace::Known(request.pickup()),
                stops: Vec::new(),
                destination: Some(PersonalPlace::Known(request.dropoff())),
            },
            payment: self.payment_of(rider),
            product: "taxi".parse().map_err(|_| PricingError::Overflow)?,
            party_size: request.party(),
            requirements: Requirements::new(request.party()).unwrap_or(Requirements::ONE_SEAT),
            policy: Arc::clone(&self.scene.policy),
            expires_at: patience.map(|within| now.plus(within)),
        };
        let cancels = self
            .scene
            .habits
            .cancels_after(self.dice.of(Draw::Cancel, u64::from(rider), 0));
        let known = Ride {
            rider,
            pick_up: request.pickup(),
            drop_off: request.dropoff(),
            quote,
            cab: None,
            fence: Fence::default(),
            boarded_at: now,
            codes: 0,
        };
        self.shared().open += 1;
        self.rides.insert(trip, known);
        if cancels == Some(Millis::ZERO) {
            // In the same breath, and faster than the order: the cancellation comes first.
            self.cancel(trip, now).await;
        } else if let Some(after) = cancels {
            self.agenda.plan(now.plus(after), Action::Cancel { trip });
        }
        let booked = self.riders.book(booking).await;
        if booked.is_err() && self.rides.remove(&trip).is_some() {
            let mut shared = self.shared();
            shared.open = shared.open.saturating_sub(1);
        }
        booked.map(|_| ())
    }

    fn payment_of(&self, rider: u32) -> PaymentMethod {
        let mut random = self.dice.of(Draw::Payment, u64::from(rider), 0);
        if Habits::happens(self.scene.habits.cash, &mut random) {
            PaymentMethod::Cash
        } else if Habits::happens(self.scene.habits.account, &mut random) {
            PaymentMethod::Account
        } else {
            PaymentMethod::Hold {
                method: PaymentMethodId(METHODS_FROM + u64::from(rider)),
            }
        }
    }

    async fn cancel(&mut self, trip: TripId, now: Timestamp) {
        let Some(ride) = self.rides.get(&trip) else { return };
        let driven = ride
            .cab
            .and_then(|cab| self.cabs.get(cab as usize))
            .map_or(Millimetres::ZERO, |cab| cab.leg_driven(now));
        self.told(
            self.riders
                .cancel(trip, ride.principal(), CancelReason::ChangedPlans, driven)
                .await
                .err(),
        );
    }

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
                let answered = if accept {
                    self.drivers.accept(trip, offer, driver).await
                } else {
                    self.drivers.decline(trip, offer, driver).await
                };
                self.told(answered.err());
            }
            Action::Cancel { trip } => self.cancel(trip, now).await,
            Action::Wander { cab, plan } => self.wander(cab, plan, now),
            Action::Arrive { trip, cab, plan } => {
                if let Some(fence) = self.still(trip, cab, plan) {
                    let device = self.device(cab, now);
                    let driver = driver_id(cab as usize);
                    let arrived = self
                        .drivers
                        .arrive(trip, driver, fence, Millimetres::ZERO, device)
                        .await;
                    self.told(arrived.err());
                }
            }
            Action::GiveBack { trip, cab, plan } => {
                if let Some(fence) = self.still(trip, cab, plan) {
                    self.told(
                        self.drivers
                            .withdraw(trip, driver_id(cab as usize), fence)
                            .await
                            .err(),
                    );
                }
            }
            Action::Board { trip, cab, plan } => {
                if let Some(fence) = self.still(trip, cab, plan) {
                    let code = self.code_typed(trip);
                    let device = self.device(cab, now);
                    self.told(
                        self.drivers
                            .start(trip, driver_id(cab as usize), fence, code, device)
                            .await
                            .err(),
                    );
                }
            }
            Action::ReportNoShow { trip, cab, plan } => {
                if let Some(fence) = self.still(trip, cab, plan) {
                    self.told(
                        self.drivers
                            .no_show(trip, driver_id(cab as usize), fence)
                            .await
                            .err(),
                    );
                }
            }
            Action::Finish { trip, cab, plan } => self.finish(trip, cab, plan, now).await,
            Action::Fumble {
                trip,
                cab,
                fence,
                button,
            } => self.press(trip, (cab, fence), button, now).await,
        }
    }

    /// Presses a button, whatever the trip is at: the platform says whether it fits.
    async fn press(&mut self, trip: TripId, (cab, fence): (u32, Fence), button: Button, now: Timestamp) {
        let driver = driver_id(cab as usize);
        let device = self.device(cab, now);
        let pressed = match button {
            Button::GiveBack => self.drivers.withdraw(trip, driver, fence).await,
            Button::Arrived => {
                let reached = Millimetres::ZERO;
                self.drivers.arrive(trip, driver, fence, reached, device).await
            }
            Button::NoShow => self.drivers.no_show(trip, driver, fence).await,
            Button::Start => {
                // Half of those who start too early type any code.
                let mut random = self.dice.of(Draw::Code, u64::from(cab), now.ms().unsigned_abs());
                let code = (self.riders.start_code(trip) + u16::from(random.below(2) == 0)) % 10_000;
                self.drivers.start(trip, driver, fence, code, device).await
            }
            Button::Finish => {
                let started = self.scene.civil(now);
                let (Some(started), Some(ride)) = (started, self.rides.get(&trip)) else {
                    return;
                };
                let Ok(reading) = reading(&ride.quote, started, Millimetres::ZERO, Millis::ZERO) else {
                    return;
                };
                let reading = Arc::new(reading);
                self.drivers.complete(trip, fence, driver, reading, device).await
            }
        };
        self.told(pressed.err());
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
        let sequence = self
            .cabs
            .get_mut(cab as usize)
            .map_or(0, super::Cab::next_sequence);
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
        if wrong { (right + 1) % 10_000 } else { right }
    }

    async fn finish(&mut self, trip: TripId, cab: u32, plan: u32, now: Timestamp) {
        let (Some(fence), Some(ride)) = (self.still(trip, cab, plan), self.rides.get(&trip)) else {
            return;
        };
        let driven = self
            .cabs
            .get(cab as usize)
            .map_or(Millimetres::ZERO, |cab| cab.leg_driven(now));
        let read = self.scene.civil(ride.boarded_at).ok_or(PricingError::Overflow);
        let duration = now.since(ride.boarded_at);
        match read.and_then(|started| reading(&ride.quote, started, driven, duration)) {
            Ok(reading) => {
                let device = self.device(cab, now);
                let driver = driver_id(cab as usize);
                let ended = self
                    .drivers
                    .complete(trip, fence, driver, Arc::new(reading), device)
                    .await;
                self.told(ended.err());
            }
            Err(error) => *self.shared().refused.entry(error.code()).or_default() += 1,
        }
    }

    fn told(&self, error: Option<DeskError>) {
        if let Some(error) = error {
            *self.shared().refused.entry(error.code()).or_default() += 1;
        }
    }

    /// A driver does something else from now on; what they did is noted.
    pub(super) fn turn_to(&mut self, cab: u32, doing: Doing, now: Timestamp) {
        let Some(car) = self.cabs.get_mut(cab as usize) else {
            return;
        };
        let Some((kind, distance, duration)) = car.turn_to(doing, now) else {
            return;
        };
        let driver = driver_id(cab as usize);
        let mut shared = self.shared();
        if kind != DriveKind::Idle || !shared.demand_over {
            shared.driven.push(Driven {
                driver,
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
        let over = self.shared().demand_over;
        if car.plan != plan || car.doing() != Doing::Idle || over {
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

/// What the taximeter shows: of the ride's time a third was spent standing in traffic.
fn reading(
    quote: &Quote,
    started: fiacre_domain::time::CivilDateTime,
    driven: Millimetres,
    duration: Millis,
) -> Result<MeterReading, PricingError> {
    let mut recorder = quote.recorder(started);
    let standing = Millis::new(duration.get() / 3);
    recorder.drive(driven, duration.saturating_sub(standing))?;
    recorder.drive(Millimetres::ZERO, standing)?;
    recorder.finish()
}
