//! Riders: pricing, ordering, cancelling, going elsewhere, complaining, tipping.

use super::agenda::{Action, Whim, second_of};
use super::habits::{Draw, Habits, Share, between};
use super::meter::Trace;
use super::turned_away::Order;
use super::{Players, Ride};
use crate::demand::Request;
use crate::manhattan::street;
use fiacre_domain::driver::Fence;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Party, Quote, Surge};
use fiacre_domain::requirements::Requirements;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{CancelReason, PaymentMethod, PaymentMethodId, PersonalPlace, PersonalPlan};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_services::desk::{Booking, DeskError, PricedTrip, Wish};
use std::sync::Arc;

/// Stored payment methods begin here: numbers below are the sandbox's named test methods.
const METHODS_FROM: u64 = 1_000_000;
/// How long after a step of a trip its rider thinks again, at most.
const RETHINK_MS_MAX: u64 = 3_000;

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
                self.told(&error);
            }
        }
    }

    async fn order(&mut self, request: &Request, now: Timestamp) -> Result<(), DeskError> {
        self.ordered += 1;
        let rider = self.ordered;
        let party = Party::adults(request.party())?;
        let priced = self
            .priced(request.pickup(), request.dropoff(), party, now)
            .await?;
        let trip = priced.trip;
        let known = Ride::new(
            rider,
            request.pickup(),
            request.dropoff(),
            Arc::clone(&priced.quote),
            now,
        );
        let booking = self.booking(rider, request, priced, now);
        self.shared().open += 1;
        self.rides.insert(trip, Box::new(known));
        self.foresee(trip, rider, now);
        self.orders.insert(trip, Order::new(self.origin(), booking));
        self.hand_in(trip);
        Ok(())
    }

    /// What a ride costs that starts now.
    async fn priced(
        &self,
        from: Place,
        to: Place,
        party: Party,
        now: Timestamp,
    ) -> Result<PricedTrip, DeskError> {
        let (at, tariff) = (self.scene.civil(now)?, &self.scene.tariff);
        let wish = Wish::new(plan(from, to)).with_party(party);
        let extras = self.scene.extras.iter().copied();
        let wish = extras.fold(wish, Wish::with_extra);
        let ride = self.riders.ride(&wish, tariff).await?;
        self.riders.quote(tariff, wish.plan(), &ride, at, Surge::NONE)
    }

    fn booking(&self, rider: u32, request: &Request, priced: PricedTrip, now: Timestamp) -> Booking {
        let patience = self
            .scene
            .habits
            .patience(self.dice.of(Draw::Patience, u64::from(rider), 0));
        Booking {
            priced,
            rider: PrincipalId::from_u128(u128::from(rider)),
            plan: plan(request.pickup(), request.dropoff()),
            payment: self.payment_of(rider),
            product: self.scene.product,
            party_size: request.party(),
            requirements: Requirements::new(request.party()).unwrap_or(Requirements::ONE_SEAT),
            policy: Arc::clone(&self.scene.policy),
            expires_at: patience.map(|within| now.plus(within)),
        }
    }

    /// What the rider will come up with later.
    fn foresee(&mut self, trip: TripId, rider: u32, now: Timestamp) {
        let habits = self.scene.habits;
        let random = self.dice.of(Draw::Cancel, u64::from(rider), 0);
        let cancels = habits.cancels_after(&mut self.cancels, random);
        if let Some(ride) = self.rides.get_mut(&trip) {
            ride.will_cancel = cancels.is_some();
        }
        if cancels == Some(Millis::ZERO) {
            // In the same breath, and faster than the order: the cancellation comes first.
            self.cancel(trip);
        }
        let changes = habits.changes_plan_after(self.dice.of(Draw::ChangePlan, u64::from(rider), 0));
        for (after, whim) in [(cancels, Whim::Cancel), (changes, Whim::ChangePlan)] {
            if let Some(after) = after.filter(|after| *after > Millis::ZERO) {
                self.agenda.plan(now.plus(after), Action::Rethink { trip, whim });
            }
        }
        self.rethink_soon(trip, 1, now);
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

    /// At a step of their trip, some riders think again; `times` as many as usual.
    pub(super) fn rethink_soon(&mut self, trip: TripId, times: u32, now: Timestamp) {
        let Some(ride) = self.rides.get_mut(&trip) else {
            return;
        };
        let mut random = self
            .dice
            .of(Draw::Rethink, u64::from(ride.rider), now.ms().unsigned_abs());
        if !Habits::happens(self.scene.habits.rethink.times(times), &mut random) {
            return;
        }
        let after = between(&mut random, 0, RETHINK_MS_MAX);
        let drawn = usize::try_from(random.below(Whim::ALL.len() as u64)).unwrap_or(0);
        if let Some(&whim) = Whim::ALL.get(drawn) {
            ride.rethinks = ride.rethinks.saturating_add(1);
            self.agenda.plan(now.plus(after), Action::Rethink { trip, whim });
        }
    }

    pub(super) async fn rethink(&mut self, trip: TripId, whim: Whim, now: Timestamp) {
        match whim {
            // The platform has not heard of the trip yet: there is nothing to take back, to change or to pay for.
            Whim::Cancel if self.is_turned_away(trip) => self.want_no_more(trip),
            Whim::ChangePlan | Whim::Complain | Whim::Tip if self.is_turned_away(trip) => {}
            Whim::Cancel if self.may_cancel(trip) => self.cancel(trip),
            Whim::Cancel => {}
            Whim::ChangePlan => self.go_elsewhere(trip, now).await,
            Whim::Complain => self.complain(trip, now),
            Whim::Tip => self.tip(trip),
        }
        if let Some(ride) = self.rides.get_mut(&trip) {
            ride.rethinks = ride.rethinks.saturating_sub(1);
            if ride.is_over && ride.rethinks == 0 {
                self.rides.remove(&trip);
            }
        }
    }

    /// Whether the rider had decided to cancel, or thinks of it while nobody else does who was not asked to.
    fn may_cancel(&self, trip: TripId) -> bool {
        let is_asked = self.scene.habits.cancel > Share::NEVER;
        self.rides.get(&trip).is_some_and(|ride| ride.will_cancel) || (is_asked && !self.cancels.is_beyond())
    }

    fn cancel(&mut self, trip: TripId) {
        let Some(ride) = self.rides.get(&trip) else { return };
        let (riders, origin, rider) = (Arc::clone(&self.riders), self.origin(), ride.principal());
        self.calls.ask(async move {
            let why = CancelReason::ChangedPlans;
            riders.cancel(origin, trip, rider, why).await
        });
    }

    /// Three in four get off earlier, which the first hold covers; the others want to go to wherever there is more going on,
    /// which it may not.
    async fn go_elsewhere(&mut self, trip: TripId, now: Timestamp) {
        let Some(ride) = self.rides.get(&trip) else { return };
        let mut random = self
            .dice
            .of(Draw::ChangePlan, u64::from(ride.rider), now.ms().unsigned_abs());
        let haunts = &self.scene.haunts;
        let haunt = usize::try_from(random.below(haunts.len() as u64)).unwrap_or(0);
        let to = match haunts.get(haunt) {
            Some(place) if haunt.is_multiple_of(4) => *place,
            Some(_) | None => {
                let whole = street::distance(ride.pick_up, ride.drop_off).get();
                let driven = whole.saturating_mul(between(&mut random, 50, 90).get()) / 100;
                street::along(ride.pick_up, ride.drop_off, Millimetres::new(driven))
            }
        };
        let (riders, origin, rider) = (Arc::clone(&self.riders), self.origin(), ride.principal());
        let (plan, party) = (plan(ride.pick_up, to), *ride.quote.ride().circumstances().party());
        match self.priced(ride.pick_up, to, party, now).await {
            Ok(priced) => self
                .calls
                .ask(async move { riders.change_plan(origin, trip, rider, plan, priced).await }),
            Err(error) => self.told(&error),
        }
    }

    /// The agent believes the rider, and puts right what the meter showed: half of what was quoted. Where there is no receipt
    /// yet, the platform refuses.
    fn complain(&mut self, trip: TripId, now: Timestamp) {
        let Some(ride) = self.rides.get(&trip) else { return };
        let quoted = ride.quote.ride();
        let driven = Trace {
            way: vec![ride.pick_up, ride.drop_off],
            distance: Millimetres::new(quoted.distance().get() / 2),
            duration: Millis::new(quoted.duration().get() / 2),
            waited: Millis::ZERO,
        };
        let right = self
            .scene
            .civil(now)
            .and_then(|at| driven.reading(&ride.quote, &self.scene.zones, at));
        let (support, origin, quote) = (Arc::clone(&self.support), self.origin(), Arc::clone(&ride.quote));
        match right {
            Ok(reading) => {
                self.calls
                    .ask(async move { support.correct_reading(origin, trip, &quote, &reading).await });
            }
            Err(error) => self.told(&error.into()),
        }
        self.shared().afterwards.insert(trip);
    }

    /// A tenth of the quoted price. Before the ride has ended, or where it is paid in cash, the platform refuses.
    fn tip(&mut self, trip: TripId) {
        let Some(ride) = self.rides.get(&trip) else { return };
        let quoted = ride.quote.total();
        let tip = Money::new((quoted.minor() / 10).max(1), quoted.currency());
        let (riders, origin, rider) = (Arc::clone(&self.riders), self.origin(), ride.principal());
        self.calls
            .ask(async move { riders.tip(origin, trip, rider, tip).await });
        self.shared().afterwards.insert(trip);
    }

    /// Hears what the desks answered to all that was asked.
    pub(super) async fn hear_back(&mut self) {
        let answers = self.calls.answers().await;
        let now = self.clock.now();
        for (orders, answer) in answers {
            match (orders, answer) {
                (Some(trip), Ok(())) => {
                    self.orders.remove(&trip);
                    (self.accepted)(trip);
                }
                (None, Ok(())) => {}
                (Some(trip), Err(DeskError::Busy { retry_after }))
                    if self.asks_again(trip, retry_after, now) => {}
                (orders, Err(error)) => {
                    self.told(&error);
                    if let Some(trip) = orders {
                        self.give_up(trip);
                    }
                }
            }
        }
    }

    /// Notes that a desk did not take something.
    pub(super) fn told(&self, error: &DeskError) {
        *self.shared().refused.entry(error.code()).or_default() += 1;
    }
}

fn plan(from: Place, to: Place) -> PersonalPlan {
    PersonalPlan {
        pick_up: PersonalPlace::Known(from),
        stops: Vec::new(),
        destination: Some(PersonalPlace::Known(to)),
    }
}

impl Ride {
    /// As it is known when it is ordered.
    fn new(rider: u32, pick_up: Place, drop_off: Place, quote: Arc<Quote>, now: Timestamp) -> Self {
        Self {
            rider,
            pick_up,
            drop_off,
            quote,
            cab: None,
            fence: Fence::default(),
            met_at: now,
            boarded_at: now,
            driven: Millimetres::ZERO,
            turns: Box::default(),
            codes: 0,
            rethinks: 0,
            will_cancel: false,
            is_over: false,
        }
    }
}
