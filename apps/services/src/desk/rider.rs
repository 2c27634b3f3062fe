//! What riders ask for: a price, a ride, another way, or out; and what they give on top.

use super::{DeskError, DeskPorts, Origin};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, ProductId, RegionId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{Quote, Ride, Surge, Tariff};
use fiacre_domain::requirements::Requirements;
use fiacre_domain::saga::Command;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::{
    self, Actor, CancelReason, Order, PaymentMethod, PersonalPlace, PersonalPlan, TripPolicy, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use std::sync::Arc;

/// A price for one trip: its id is the trip's.
#[derive(Debug, Clone)]
pub struct PricedTrip {
    /// The trip that the price is for.
    pub trip: TripId,
    /// The price.
    pub quote: Arc<Quote>,
    /// The price's fingerprint.
    pub fingerprint: Fingerprint,
}

/// An order for a priced trip.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The price.
    pub priced: PricedTrip,
    /// Who travels and pays.
    pub rider: PrincipalId,
    /// From where to where.
    pub plan: PersonalPlan,
    /// How it is paid.
    pub payment: PaymentMethod,
    /// The product asked for.
    pub product: ProductId,
    /// How many travel.
    pub party_size: u8,
    /// What driver and vehicle must be able to serve.
    pub requirements: Requirements,
    /// Budgets and limits.
    pub policy: Arc<TripPolicy>,
    /// When it lapses if it is not confirmed; the default is ten minutes from acceptance.
    pub expires_at: Option<Timestamp>,
}

/// The riders' desk of a region.
#[derive(Debug, Clone)]
pub struct RiderDesk {
    ports: DeskPorts,
    region: RegionId,
}

impl RiderDesk {
    /// In `region`.
    pub const fn new(region: RegionId, ports: DeskPorts) -> Self {
        Self { ports, region }
    }

    /// The ride that a plan makes, by road from place to place, leaving now.
    pub async fn ride(&self, plan: &PersonalPlan) -> Result<Ride, DeskError> {
        let places = [plan.pick_up].into_iter().chain(plan.stops.iter().copied());
        let places: Option<Vec<Place>> = places.chain(plan.destination).map(PersonalPlace::known).collect();
        let places = places
            .filter(|_| plan.destination.is_some())
            .ok_or(DeskError::Plan)?;
        let legs: Vec<(Place, Place)> = places
            .iter()
            .copied()
            .zip(places.iter().copied().skip(1))
            .collect();
        let (mut distance, mut duration) = (Millimetres::ZERO, Millis::ZERO);
        for route in self.ports.routes.routes(&legs, self.ports.clock.now()).await {
            let route = route.map_err(DeskError::Routes)?;
            distance = distance.saturating_add(route.distance);
            duration = duration.saturating_add(route.duration);
        }
        let stops = u16::try_from(plan.stops.len()).unwrap_or(u16::MAX);
        Ok(Ride::new(distance, duration).with_stops(stops))
    }

    /// Prices a ride that starts at local time `at`. Nothing is kept: the quote itself is the record.
    pub fn quote(
        &self,
        tariff: &Arc<Tariff>,
        ride: &Ride,
        at: CivilDateTime,
        surge: Surge,
    ) -> Result<PricedTrip, DeskError> {
        let quote = tariff.quote(ride, at, surge)?;
        let fingerprint = self.ports.seal.fingerprint(&quote);
        Ok(PricedTrip {
            trip: self.ports.ids.trip_id(),
            quote: Arc::new(quote),
            fingerprint,
        })
    }

    fn check(&self, quote: &Quote, fingerprint: Fingerprint) -> Result<(), DeskError> {
        if self.ports.seal.fingerprint(quote) == fingerprint {
            Ok(())
        } else {
            Err(DeskError::Fingerprint)
        }
    }

    /// Orders a priced trip, whose fingerprint must be its quote's; accepted once the bus has it. A quote is used once:
    /// repeating it reaches the same trip.
    pub async fn book(&self, origin: Origin, booking: Booking) -> Result<TripId, DeskError> {
        let Booking {
            priced,
            rider,
            plan,
            payment,
            product,
            party_size,
            requirements,
            policy,
            expires_at,
        } = booking;
        self.check(&priced.quote, priced.fingerprint)?;
        let trip = priced.trip;
        let order = Order {
            trip,
            rider,
            region: self.region,
            accepted_at: self.ports.clock.now(),
            quote: priced.quote,
            quote_fingerprint: priced.fingerprint,
            plan,
            payment,
            product,
        };
        let mut request = TripRequest::new(order)?
            .with_party(party_size, requirements)?
            .with_policy(policy)?;
        if let Some(expires_at) = expires_at {
            request = request.with_expiry(expires_at)?;
        }
        let command = Command::Trip(trip, trip::Command::Request(Arc::new(request)));
        self.ports.send(self.region, origin, command).await?;
        Ok(trip)
    }

    /// Asks to cancel a trip; `driven` is how far the driver had come, zero where nobody knows.
    pub async fn cancel(
        &self,
        origin: Origin,
        trip: TripId,
        rider: PrincipalId,
        reason: CancelReason,
        driven: Millimetres,
    ) -> Result<(), DeskError> {
        let command = trip::Command::Cancel {
            by: Actor::Rider(rider),
            reason,
            driven,
        };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Asks to go another way; `quote` is the new plan's price, under the tariff and within the hold of the first one,
    /// and `quote_fingerprint` must be its.
    pub async fn change_plan(
        &self,
        origin: Origin,
        trip: TripId,
        rider: PrincipalId,
        plan: PersonalPlan,
        quote: Arc<Quote>,
        quote_fingerprint: Fingerprint,
    ) -> Result<(), DeskError> {
        self.check(&quote, quote_fingerprint)?;
        let command = trip::Command::ChangePlan {
            by: Actor::Rider(rider),
            plan,
            quote,
            quote_fingerprint,
        };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Gives the driver of a trip something on top: by the trip's card, for a while after the ride, in the trip's currency. The
    /// charge is one of its own, and ends by itself where the bank says no: nobody owes a tip.
    ///
    /// Each request is a tip: one that had no answer is repeated with its own `origin`.
    pub async fn tip(
        &self,
        origin: Origin,
        trip: TripId,
        rider: PrincipalId,
        amount: Money,
    ) -> Result<(), DeskError> {
        let command = trip::Command::Tip { rider, amount };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// The code that the rider of `trip` shows to the driver.
    pub fn start_code(&self, trip: TripId) -> u16 {
        self.ports.seal.start_code(trip)
    }
}
