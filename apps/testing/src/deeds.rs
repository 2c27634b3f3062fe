//! What people do: riders order and cancel, drivers come and go, answer, drive.
//!
//! Each deed is one request at a desk, and its answer: accepted, or why not. What the services make of it follows with
//! [`Platform::run_until_idle`], and is seen in the trip: a request that comes at the wrong time is accepted and changes nothing.

use crate::error::Error;
use crate::people::{Answer, Habit};
use crate::platform::Platform;
use crate::ride::Ride;
use crate::setup::own;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::{DriverId, IntentId, PrincipalId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, Party};
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::trip::{CancelReason, DeviceFact};
use fiacre_domain::units::Millimetres;
use fiacre_services::desk::{Booking, DeskError, DriverDesk, Origin, PricedTrip, Wish};
use std::sync::Arc;

/// How many passengers a driver's car takes, unless the test says otherwise.
const SEATS: u8 = 4;
/// Who answers when support is called.
const AGENT: PrincipalId = PrincipalId::from_u128(1);
/// No start code has more than four digits.
const CODES: u16 = 10_000;

/// Riders.
impl Platform {
    /// Prices a ride that begins now.
    ///
    /// # Errors
    ///
    /// `Error::Desk` where the desk does not take it, as an app would be told.
    #[track_caller]
    pub fn price(&mut self, ride: &Ride) -> Result<PricedTrip, Error> {
        let party = Party::adults(ride.party_size).map_err(DeskError::from)?;
        self.price_for(party, ride)
    }

    #[track_caller]
    fn price_for(&mut self, party: Party, ride: &Ride) -> Result<PricedTrip, Error> {
        let (desk, tariff) = (self.desks.riders.clone(), Arc::clone(&self.prices.tariff));
        let wish = Wish::new(ride.plan.clone())
            .with_party(party)
            .with_waiting(ride.waiting);
        let wish = ride.extras.iter().copied().fold(wish, Wish::with_extra);
        let measured = self.ask(async move { desk.ride(&wish, &tariff).await })?;
        let (at, tariff) = (self.local_time(), Arc::clone(&self.prices.tariff));
        let desk = &self.desks.riders;
        Ok(desk.quote(&tariff, &ride.plan, &measured, at, ride.surge)?)
    }

    /// Orders a ride at today's price. The trip is taken by the trip service with [`run_until_idle`](Self::run_until_idle).
    ///
    /// # Errors
    ///
    /// `Error::Desk` where the desk does not take it, as an app would be told.
    #[track_caller]
    pub fn book(&mut self, ride: Ride) -> Result<TripId, Error> {
        let priced = self.price(&ride)?;
        self.book_at(priced, ride)
    }

    /// Orders a ride at a price that was asked for before; the same price again is the same trip.
    ///
    /// # Errors
    ///
    /// `Error::Desk` where the desk does not take it, as an app would be told.
    #[track_caller]
    pub fn book_at(&mut self, priced: PricedTrip, ride: Ride) -> Result<TripId, Error> {
        let rider = self.people.meet_rider(&ride.rider);
        let Ride {
            rider: _,
            plan,
            payment,
            party_size,
            requirements,
            policy,
            expires_at,
            extras: _,
            waiting: _,
            surge: _,
        } = ride;
        let product = own("taxi".parse(), "a name of a product");
        self.riders.entry(priced.trip).or_insert(rider);
        let booking = Booking {
            priced,
            rider,
            plan,
            payment,
            product,
            party_size,
            requirements,
            policy,
            expires_at,
        };
        let (desk, origin) = (self.desks.riders.clone(), self.origin());
        Ok(self.ask(async move { desk.book(origin, booking).await })?)
    }

    /// The rider does not want the ride any more.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn cancel(&mut self, trip: TripId) -> Result<(), Error> {
        let rider = *self.riders.get(&trip).ok_or(Error::NoSuchTrip(trip))?;
        let (desk, origin) = (self.desks.riders.clone(), self.origin());
        let reason = CancelReason::ChangedPlans;
        let cancelled = self.ask(async move { desk.cancel(origin, trip, rider, reason).await });
        Ok(cancelled?)
    }

    /// The rider wants to go as this ride says, at what that costs now: by other stops, to another place. Who travels, who pays
    /// and how stays as it was ordered.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn change_plan(&mut self, trip: TripId, ride: &Ride) -> Result<(), Error> {
        let rider = *self.riders.get(&trip).ok_or(Error::NoSuchTrip(trip))?;
        let quote = self.trip(trip).state().quote().map(Arc::clone);
        let party = *quote
            .ok_or(Error::NoSuchTrip(trip))?
            .ride()
            .circumstances()
            .party();
        let (priced, plan) = (self.price_for(party, ride)?, ride.plan.clone());
        let (desk, origin) = (self.desks.riders.clone(), self.origin());
        let changed = self.ask(async move { desk.change_plan(origin, trip, rider, plan, priced).await });
        Ok(changed?)
    }

    /// The rider gives the driver so much on top, in minor units of the trip's currency. What is given at the wrong time, or is too
    /// much, changes nothing.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn tip(&mut self, trip: TripId, amount_minor: i64) -> Result<(), Error> {
        let rider = *self.riders.get(&trip).ok_or(Error::NoSuchTrip(trip))?;
        let state = self.trip(trip).state();
        let quote = state.quote().ok_or(Error::NoSuchTrip(trip))?;
        let amount = Money::new(amount_minor, quote.total().currency());
        let (desk, origin) = (self.desks.riders.clone(), self.origin());
        Ok(self.ask(async move { desk.tip(origin, trip, rider, amount).await })?)
    }

    /// The code that the rider shows to the driver.
    pub fn start_code(&self, trip: TripId) -> u16 {
        self.desks.riders.start_code(trip)
    }

    /// The rider proves who they are, where the bank asked for it (3-D Secure); whether it had.
    ///
    /// # Errors
    ///
    /// `Error::NoIntent` where the trip has nothing at the payment company.
    pub fn rider_acts(&mut self, trip: TripId) -> Result<bool, Error> {
        let intent = self.intent(trip)?;
        Ok(self.company().complete_action(intent))
    }

    /// The rider's bank drops the hold; whether there was one.
    ///
    /// # Errors
    ///
    /// `Error::NoIntent` where the trip has nothing at the payment company.
    pub fn bank_drops_hold(&mut self, trip: TripId) -> Result<bool, Error> {
        let intent = self.intent(trip)?;
        Ok(self.company().lose_hold(intent))
    }

    fn intent(&self, trip: TripId) -> Result<IntentId, Error> {
        self.trip(trip).payment().intent().ok_or(Error::NoIntent(trip))
    }
}

/// Support.
impl Platform {
    /// An agent vouches that the right rider is in the car: the ride begins without a code.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn vouch(&mut self, trip: TripId) -> Result<(), Error> {
        let support = self.desks.support.clone();
        self.as_driver(trip, async move |_, origin, driver, fence, device| {
            support.vouch(origin, trip, (driver, fence), AGENT, device).await
        })
    }

    /// An agent settles the trip anew where the meter was wrong: by what its quote makes of this reading.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn correct_reading(&mut self, trip: TripId, reading: MeterReading) -> Result<(), Error> {
        let state = self.trip(trip).state();
        let quote = Arc::clone(state.quote().ok_or(Error::NoSuchTrip(trip))?);
        let (desk, origin) = (self.desks.support.clone(), self.origin());
        Ok(self.ask(async move { desk.correct_reading(origin, trip, &quote, &reading).await })?)
    }
}

/// Drivers.
impl Platform {
    /// A driver comes on duty, or changes their habit.
    ///
    /// # Errors
    ///
    /// `Error::Desk` where the desk does not take it, as an app would be told.
    #[track_caller]
    pub fn driver_comes(&mut self, name: &str, at: Place, habit: Habit) -> Result<(), Error> {
        let capabilities = own(Capabilities::new(SEATS), "a car");
        self.driver_comes_with(name, at, habit, capabilities)
    }

    /// A driver comes on duty with a car that serves this.
    ///
    /// # Errors
    ///
    /// `Error::Desk` where the desk does not take it, as an app would be told.
    #[track_caller]
    pub fn driver_comes_with(
        &mut self,
        name: &str,
        at: Place,
        habit: Habit,
        capabilities: Capabilities,
    ) -> Result<(), Error> {
        let driver = self.people.meet_driver(name, habit);
        self.move_to(driver, at);
        let (desk, origin) = (self.desks.drivers.clone(), self.origin());
        Ok(self.ask(async move { desk.go_online(origin, driver, capabilities).await })?)
    }

    /// A driver goes off duty, after the trip in progress if there is one.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchDriver` where no driver has this name, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn driver_goes(&mut self, name: &str) -> Result<(), Error> {
        let driver = self.driver_named(name)?;
        let (desk, origin) = (self.desks.drivers.clone(), self.origin());
        Ok(self.ask(async move { desk.go_offline(origin, driver).await })?)
    }

    /// A driver is somewhere else.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchDriver` where no driver has this name, `Error::Desk` where the desk does not take it.
    #[track_caller]
    pub fn driver_moves(&mut self, name: &str, to: Place) -> Result<(), Error> {
        let driver = self.driver_named(name)?;
        self.move_to(driver, to);
        Ok(())
    }

    fn move_to(&mut self, driver: DriverId, to: Place) {
        self.people.whereabouts.set(driver, to);
        self.moves += 1;
        let (desk, samples) = (
            self.desks.drivers.clone(),
            self.people.whereabouts.report(self.now()),
        );
        // A phone that cannot be heard now is heard the next time.
        let _heard = self.ask(async move { desk.locate(samples).await });
    }

    fn driver_named(&self, name: &str) -> Result<DriverId, Error> {
        let driver = self.people.driver(name);
        driver.ok_or_else(|| Error::NoSuchDriver(name.to_owned()))
    }

    /// A driver says yes to their open offer of the trip.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchDriver` where no driver has this name, `Error::NoOffer` where they have no open offer of the trip, `Error::Desk`
    /// where the desk does not take it.
    #[track_caller]
    pub fn accept(&mut self, trip: TripId, driver: &str) -> Result<(), Error> {
        self.answer_offer(trip, driver, true)
    }

    /// A driver says no to their open offer of the trip.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchDriver` where no driver has this name, `Error::NoOffer` where they have no open offer of the trip, `Error::Desk`
    /// where the desk does not take it.
    #[track_caller]
    pub fn decline(&mut self, trip: TripId, driver: &str) -> Result<(), Error> {
        self.answer_offer(trip, driver, false)
    }

    #[track_caller]
    fn answer_offer(&mut self, trip: TripId, name: &str, accepts: bool) -> Result<(), Error> {
        let driver = self.driver_named(name)?;
        let search = self.trip(trip).search();
        let offer = search.open_offers().iter().find(|offer| offer.driver == driver);
        let offer = offer.map(|offer| offer.number).ok_or_else(|| Error::NoOffer {
            trip,
            driver: name.to_owned(),
        })?;
        self.answer(Answer {
            id: self.desks.ids.command_id(),
            trip,
            offer,
            driver,
            accepts,
        })
    }

    /// The driver gives the trip back.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn withdraw(&mut self, trip: TripId) -> Result<(), Error> {
        self.as_driver(trip, async move |desk, origin, driver, fence, _| {
            desk.withdraw(origin, trip, driver, fence).await
        })
    }

    /// The driver is at the pick-up.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn arrive(&mut self, trip: TripId) -> Result<(), Error> {
        self.as_driver(trip, async move |desk, origin, driver, fence, device| {
            desk.arrive(origin, trip, driver, fence, Millimetres::ZERO, device)
                .await
        })
    }

    /// The rider gets in and shows the right code.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn pick_up(&mut self, trip: TripId) -> Result<(), Error> {
        let code = self.start_code(trip);
        self.pick_up_with(trip, code)
    }

    /// Somebody gets in and shows a wrong code.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn pick_up_wrongly(&mut self, trip: TripId) -> Result<(), Error> {
        let wrong = (self.start_code(trip) + 1) % CODES;
        self.pick_up_with(trip, wrong)
    }

    /// Somebody gets in and shows this code.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn pick_up_with(&mut self, trip: TripId, code: u16) -> Result<(), Error> {
        self.as_driver(trip, async move |desk, origin, driver, fence, device| {
            desk.start(origin, trip, driver, fence, code, device).await
        })
    }

    /// The driver says that the rider did not come.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn no_show(&mut self, trip: TripId) -> Result<(), Error> {
        self.as_driver(trip, async move |desk, origin, driver, fence, _| {
            desk.no_show(origin, trip, driver, fence).await
        })
    }

    /// The ride ends, driven as it was quoted.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn complete(&mut self, trip: TripId) -> Result<(), Error> {
        let reading = self.reading_as_quoted(trip)?;
        self.complete_with(trip, reading)
    }

    /// The ride ends with this on the meter.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn complete_with(&mut self, trip: TripId, reading: MeterReading) -> Result<(), Error> {
        let reading = Arc::new(reading);
        self.as_driver(trip, async move |desk, origin, driver, fence, device| {
            desk.complete(origin, trip, fence, driver, reading, device).await
        })
    }

    /// What the meter shows of a ride that is driven as it was quoted.
    fn reading_as_quoted(&self, trip: TripId) -> Result<MeterReading, Error> {
        let state = self.trip(trip).state();
        let quote = state.quote().ok_or(Error::NoSuchTrip(trip))?;
        let (distance, duration) = (quote.ride().distance(), quote.ride().duration());
        let standing = quote.ride().slow().unwrap_or_default();
        let recorded = quote.recorder(quote.at()).and_then(|mut recorder| {
            recorder.drive(distance, duration.saturating_sub(standing))?;
            recorder.drive(Millimetres::ZERO, standing)?;
            recorder.finish()
        });
        Ok(recorded.map_err(DeskError::from)?)
    }

    /// The whole ride of a confirmed trip: the driver arrives, the rider gets in, the quoted time passes, the ride ends; and what
    /// follows from it.
    ///
    /// # Errors
    ///
    /// `Error::NoSuchTrip` for a trip that was not booked here, `Error::NoDriver` where none is noted for it, `Error::Desk` where the
    /// desk does not take it.
    #[track_caller]
    pub fn drive(&mut self, trip: TripId) -> Result<(), Error> {
        self.arrive(trip)?;
        self.run_until_idle();
        self.pick_up(trip)?;
        self.run_until_idle();
        let state = self.trip(trip).state();
        let quote = state.quote().ok_or(Error::NoSuchTrip(trip))?;
        self.advance(quote.ride().duration());
        self.complete(trip)?;
        self.run_until_idle();
        Ok(())
    }

    /// Does something as the driver who is noted for the trip.
    #[track_caller]
    fn as_driver<F>(&mut self, trip: TripId, deed: F) -> Result<(), Error>
    where
        F: AsyncFnOnce(DriverDesk, Origin, DriverId, Fence, DeviceFact) -> Result<(), DeskError> + 'static,
    {
        let (driver, fence) = self.trip(trip).state().driver().ok_or(Error::NoDriver(trip))?;
        let device = DeviceFact {
            occurred_at: self.now(),
            sequence: u32::try_from(self.machines.store.history_len()).unwrap_or(u32::MAX),
        };
        let (desk, origin) = (self.desks.drivers.clone(), self.origin());
        Ok(self.ask(async move { deed(desk, origin, driver, fence, device).await })?)
    }
}
