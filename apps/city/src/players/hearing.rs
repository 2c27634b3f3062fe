//! What people do about what they are told.

use super::Players;
use super::agenda::{Action, Button};
use super::cab::{Doing, driver_number};
use super::habits::{
    Answer, Draw, FUMBLE_ON_LOSS, FUMBLE_WHILE_WAITING, Habits, RETHINK_ON_LOSS, UNWANTED_WITHDRAWALS,
    between,
};
use fiacre_domain::dispatch::{DispatchEvent, Offer};
use fiacre_domain::driver::Fence;
use fiacre_domain::event::Event;
use fiacre_domain::id::{DriverId, TripId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{Actor, PersonalPlace, PlanChange, TripEvent};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{Body, Message};
use std::sync::Arc;

/// How long before the platform's deadline a driver who will not make it gives up, at most.
const GIVES_UP_MS_MAX: u64 = 30_000;
/// How long a driver in a hurry waits for a confirmation.
const WAITS_MS: (u64, u64) = (20_000, 90_000);
/// How long after a step of a trip a wrong button is pressed, at most.
const FUMBLE_MS_MAX: u64 = 3_000;

impl Players {
    pub(super) fn hear(&mut self, message: &Message) {
        let Body::Event { id, event, .. } = &message.body else {
            return;
        };
        let Some(trip) = id.stream().trip() else { return };
        let now = self.clock.now();
        match event {
            Event::Dispatch(DispatchEvent::OfferMade(offer)) => self.consider(trip, offer, now),
            Event::Dispatch(DispatchEvent::DriverAssigned { driver, fence, .. }) => {
                self.assigned(trip, *driver, *fence, now);
            }
            Event::Trip(event) => self.hear_of_trip(trip, event, now),
            Event::Dispatch(_) | Event::Driver(_) | Event::Payment(_) | Event::Ops(_) | Event::Tariff(_) => {}
        }
    }

    fn hear_of_trip(&mut self, trip: TripId, event: &TripEvent, now: Timestamp) {
        match event {
            TripEvent::Confirmed { arrival_due_at, .. } => self.set_out(trip, *arrival_due_at, now),
            TripEvent::Reassigning { .. } => {
                self.fumble(trip, None, FUMBLE_ON_LOSS, now);
                self.part(trip, now);
                self.rethink_soon(trip, RETHINK_ON_LOSS, now);
            }
            TripEvent::DriverArrived {
                no_show_at,
                no_show_due_at,
                ..
            } => self.meet(trip, *no_show_at, *no_show_due_at, now),
            TripEvent::StartCodeRefused { .. } => self.try_code_again(trip, now),
            TripEvent::Started(_) => self.ride(trip, now),
            TripEvent::PlanChanged(change) => self.follow(trip, change, now),
            TripEvent::Completed(_) => {
                self.ended(trip, false);
                self.part(trip, now);
                self.rethink_soon(trip, 1, now);
            }
            TripEvent::Cancelled(cancelled) => {
                self.ended(trip, matches!(cancelled.by, Actor::Rider(_)));
                self.part(trip, now);
            }
            TripEvent::Failed { .. } => {
                self.ended(trip, false);
                self.part(trip, now);
            }
            TripEvent::Rejected { .. } => {
                self.ended(trip, false);
                self.close(trip, now);
            }
            TripEvent::Closed => self.close(trip, now),
            TripEvent::Requested(_)
            | TripEvent::DriverNoted { .. }
            | TripEvent::PaymentNoted { .. }
            | TripEvent::PaymentUnnoted { .. }
            | TripEvent::FareSettled(_)
            | TripEvent::FareAdjusted(_)
            | TripEvent::LockCleared
            | TripEvent::MoneySettled { .. }
            | TripEvent::Tipped(_) => {}
        }
    }

    fn consider(&mut self, trip: TripId, offer: &Offer, now: Timestamp) {
        let Some(cab) = number(offer.driver) else { return };
        let rider = self.rides.get(&trip).map_or(0, |ride| u64::from(ride.rider));
        let is_unwanted = self.is_unwanted(rider);
        let random = self.dice.of(Draw::Answer, rider, u64::from(cab));
        let habits = self.scene.habits;
        let (after, accept) = match habits.answer(is_unwanted, &mut self.declines, random) {
            Answer::Accept(after) => (after, true),
            Answer::Decline(after) => (after, false),
            Answer::Silence => return,
        };
        self.agenda.plan(
            now.plus(after),
            Action::Answer {
                trip,
                offer: offer.number,
                cab,
                accept,
            },
        );
    }

    /// Whether few drivers want this rider's trip.
    fn is_unwanted(&self, rider: u64) -> bool {
        let mut random = self.dice.of(Draw::Unwanted, rider, 0);
        Habits::happens(self.scene.habits.unwanted, &mut random)
    }

    /// Locked: the driver waits for the confirmation, some of them not for long.
    fn assigned(&mut self, trip: TripId, driver: DriverId, fence: Fence, now: Timestamp) {
        let Some(cab) = number(driver) else { return };
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        ride.cab = Some(cab);
        ride.fence = fence;
        let rider = u64::from(ride.rider);
        self.turn_to(cab, Doing::Fetching(trip), now);
        self.fumble(trip, None, FUMBLE_WHILE_WAITING, now);
        let mut random = self.dice.of(Draw::Wait, rider, u64::from(cab));
        if Habits::happens(self.scene.habits.hurried, &mut random) {
            let after = between(&mut random, WAITS_MS.0, WAITS_MS.1);
            self.press_at(now.plus(after), trip, Button::GiveBack);
        }
    }

    /// Plans that the driver of `trip` presses a button, unless something comes between.
    fn press_at(&mut self, at: Timestamp, trip: TripId, button: Button) {
        if let Some((cab, _, plan)) = self.pair(trip) {
            self.agenda.plan(
                at,
                Action::Press {
                    trip,
                    cab,
                    plan,
                    button,
                },
            );
        }
    }

    fn set_out(&mut self, trip: TripId, due_at: Timestamp, now: Timestamp) {
        let Some((cab, rider, pick_up)) = self
            .rides
            .get(&trip)
            .and_then(|ride| Some((ride.cab?, u64::from(ride.rider), ride.pick_up)))
        else {
            return;
        };
        let Some((there, _)) = self.send(cab, Doing::Fetching(trip), pick_up, (90, 130), now) else {
            return;
        };
        self.fumble(trip, Some(Button::Arrived), 1, now);
        self.rethink_soon(trip, 1, now);
        let times = if self.is_unwanted(rider) {
            UNWANTED_WITHDRAWALS
        } else {
            1
        };
        let mut random = self.dice.of(Draw::Drive, rider, u64::from(cab));
        let habits = self.scene.habits;
        if Habits::happens(habits.withdraw.times(times), &mut random) {
            let way = u64::try_from(there.since(now).get()).unwrap_or(0);
            let after = between(&mut random, 0, way);
            self.press_at(now.plus(after), trip, Button::GiveBack);
        } else if Habits::happens(habits.lost, &mut random) {
            // Half of the lost give up when the time runs out; for the others the platform's own timer does.
            if random.below(2) == 0 {
                let before = between(&mut random, 0, GIVES_UP_MS_MAX);
                let at = due_at.plus(Millis::ZERO.saturating_sub(before));
                self.press_at(at, trip, Button::GiveBack);
            }
        } else {
            self.press_at(there, trip, Button::Arrived);
        }
    }

    fn meet(&mut self, trip: TripId, no_show_at: Timestamp, no_show_due_at: Timestamp, now: Timestamp) {
        let Some((cab, rider, _)) = self.pair(trip) else {
            return;
        };
        if let Some(ride) = self.rides.get_mut(&trip) {
            ride.met_at = now;
        }
        self.fumble(trip, Some(Button::Start), 1, now);
        self.rethink_soon(trip, 1, now);
        if self.rides.get(&trip).is_some_and(|ride| ride.will_cancel) {
            // Who does not want to go any more does not get in, and says so in a moment.
            return;
        }
        let mut random = self.dice.of(Draw::Board, u64::from(rider), u64::from(cab));
        if !Habits::happens(self.scene.habits.no_show, &mut random) {
            let after = between(&mut random, 15_000, 90_000);
            self.press_at(now.plus(after), trip, Button::Start);
            return;
        }
        let [grace, limit] =
            [no_show_at, no_show_due_at].map(|at| u64::try_from(at.since(now).get()).unwrap_or(0));
        let after = between(&mut random, grace / 2, limit);
        // A quarter of the drivers do not wait for the platform's own timer and look for another rider, some of them at the
        // last moment; a quarter say so as soon as they may; for the others the timer does.
        match random.below(4) {
            0 => self.press_at(now.plus(after), trip, Button::GiveBack),
            1 => self.press_at(no_show_at, trip, Button::NoShow),
            _ => {}
        }
    }

    fn try_code_again(&mut self, trip: TripId, now: Timestamp) {
        self.press_at(now.plus(Millis::from_secs(5)), trip, Button::Start);
    }

    fn ride(&mut self, trip: TripId, now: Timestamp) {
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        ride.boarded_at = now;
        ride.driven = Millimetres::ZERO;
        ride.turns = Box::default();
        self.drive_to_end(trip, now);
        self.fumble(trip, Some(Button::Finish), 1, now);
        self.rethink_soon(trip, 1, now);
    }

    fn drive_to_end(&mut self, trip: TripId, now: Timestamp) {
        let Some((cab, rider, _)) = self.pair(trip) else {
            return;
        };
        let Some(drop_off) = self.rides.get(&trip).map(|ride| ride.drop_off) else {
            return;
        };
        let Some((there, _)) = self.send(cab, Doing::Carrying(trip), drop_off, (90, 125), now) else {
            return;
        };
        let mut random = self.dice.of(Draw::Ride, u64::from(rider), 0);
        if !Habits::happens(self.scene.habits.dead_phone, &mut random) {
            self.press_at(there, trip, Button::Finish);
        }
    }

    /// The plan has changed; a car with its rider turns to where they go now.
    fn follow(&mut self, trip: TripId, change: &PlanChange, now: Timestamp) {
        let carrier = self
            .pair(trip)
            .and_then(|(cab, _, _)| self.cabs.get(cab as usize))
            .filter(|car| car.doing() == Doing::Carrying(trip));
        let driven = carrier.map(|car| (car.leg_driven(now), car.place(now)));
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        ride.quote = Arc::clone(&change.quote);
        if let Some(place) = change.plan.destination.and_then(PersonalPlace::known) {
            ride.drop_off = place;
        }
        if let Some((driven, here)) = driven {
            ride.driven = ride.driven.saturating_add(driven);
            ride.turns = [&*ride.turns, &[here]].concat().into();
            self.drive_to_end(trip, now);
        }
    }

    /// Now and then a driver presses a button at a step that it is not for; `fitting` is the one that is.
    /// `times` as many as usual do so.
    fn fumble(&mut self, trip: TripId, fitting: Option<Button>, times: u32, now: Timestamp) {
        let Some((cab, rider, _)) = self.pair(trip) else {
            return;
        };
        let Some(fence) = self.rides.get(&trip).map(|ride| ride.fence) else {
            return;
        };
        let mut random = self
            .dice
            .of(Draw::Fumble, u64::from(rider), now.ms().unsigned_abs());
        if !Habits::happens(self.scene.habits.fumble.times(times), &mut random) {
            return;
        }
        let after = between(&mut random, 0, FUMBLE_MS_MAX);
        let pressed = usize::try_from(random.below(Button::ALL.len() as u64)).unwrap_or(0);
        if let Some(&button) = Button::ALL
            .get(pressed)
            .filter(|button| Some(**button) != fitting)
        {
            let fumbled = Action::Fumble {
                trip,
                cab,
                fence,
                button,
            };
            self.agenda.plan(now.plus(after), fumbled);
        }
    }

    fn pair(&self, trip: TripId) -> Option<(u32, u32, u32)> {
        let ride = self.rides.get(&trip)?;
        let cab = ride.cab?;
        let car = self
            .cabs
            .get(cab as usize)
            .filter(|car| car.doing().trip() == Some(trip))?;
        Some((cab, ride.rider, car.plan))
    }

    /// Rider and driver go their own ways.
    fn part(&mut self, trip: TripId, now: Timestamp) {
        let Some((cab, _, _)) = self.pair(trip) else {
            return;
        };
        if let Some(ride) = self.rides.get_mut(&trip) {
            ride.cab = None;
        }
        self.idle(cab, now);
    }

    /// A trip is over, by its rider's cancellation or not: those who cancel are as many as was asked, whoever else thought of it.
    fn ended(&mut self, trip: TripId, is_cancelled_by_rider: bool) {
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        match (ride.will_cancel, is_cancelled_by_rider) {
            (true, true) | (false, false) => {}
            (false, true) => self.cancels.happened(),
            (true, false) => self.cancels.failed(),
        }
        // Whatever is heard twice is counted once.
        ride.will_cancel = is_cancelled_by_rider;
    }

    fn close(&mut self, trip: TripId, now: Timestamp) {
        self.part(trip, now);
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        ride.is_over = true;
        if ride.rethinks == 0 {
            self.rides.remove(&trip);
        }
        let mut shared = self.shared();
        shared.open = shared.open.saturating_sub(1);
        shared.closed.push(trip);
    }
}

fn number(driver: DriverId) -> Option<u32> {
    u32::try_from(driver_number(driver)?).ok()
}
