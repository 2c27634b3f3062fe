//! What riders ask for: a price, a ride, another way, or out; and what they give on top.

use super::way::{self, Wish};
use super::{Admission, DeskError, DeskPorts, Origin};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::geo::ZoneMap;
use fiacre_domain::id::{PrincipalId, ProductId, RegionId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::pricing::{Quote, Ride, Surge, Tariff};
use fiacre_domain::requirements::Requirements;
use fiacre_domain::saga::Command;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::{
    self, Actor, CancelReason, Order, PaymentMethod, PersonalPlan, TripPolicy, TripRequest,
};
use std::sync::Arc;

/// A price for one trip: its id is the trip's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedTrip {
    /// The trip that the price is for.
    pub trip: TripId,
    /// The price.
    pub quote: Arc<Quote>,
    /// The price's fingerprint.
    pub fingerprint: Fingerprint,
    /// What proves that the price was given for this trip by the plan that it was asked for.
    pub ticket: Fingerprint,
}

/// An order for a priced trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The price.
    pub priced: PricedTrip,
    /// Who travels and pays.
    pub rider: PrincipalId,
    /// From where to where: as it was priced.
    pub plan: PersonalPlan,
    /// How it is paid.
    pub payment: PaymentMethod,
    /// The product asked for.
    pub product: ProductId,
    /// How many travel: as many as were priced.
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
    zones: Arc<ZoneMap>,
    admission: Option<Arc<Admission>>,
}

impl RiderDesk {
    /// In `region`, for tariffs that name no zones; takes every order, however far behind the services are.
    pub fn new(region: RegionId, ports: DeskPorts) -> Self {
        Self {
            ports,
            region,
            zones: Arc::default(),
            admission: None,
        }
    }

    /// Takes orders while `admission` lets them in.
    #[must_use]
    pub fn with_admission(self, admission: Arc<Admission>) -> Self {
        Self {
            admission: Some(admission),
            ..self
        }
    }

    /// Where the zones of its tariffs lie; without a map, a tariff that names zones is refused.
    #[must_use]
    pub fn with_zones(self, zones: Arc<ZoneMap>) -> Self {
        Self { zones, ..self }
    }

    /// The ride that a wish makes under `tariff`, by road from place to place, leaving now: how far and how long, how much of it
    /// standing, the zones at its ends and on its way, who rides with what.
    ///
    /// What time the car stands is the [road provider's](fiacre_ports::Route::standing) to say; where it does not, the tariff
    /// estimates it from distance and time alone.
    ///
    /// # Errors
    ///
    /// `DeskError::Plan` where the destination or a place is not known, `DeskError::Routes` where no way is, `DeskError::Zones` and
    /// `DeskError::Extra` where the tariff names zones that are on no map, or does not price what is asked for.
    pub async fn ride(&self, wish: &Wish, tariff: &Tariff) -> Result<Ride, DeskError> {
        way::measured(&self.ports, &self.zones, wish, tariff).await
    }

    /// Prices a ride by `plan` that starts at local time `at`. Nothing is kept: the quote itself is the record.
    ///
    /// # Errors
    ///
    /// `DeskError::Pricing` where the tariff cannot price such a ride, `DeskError::AnotherPlan` for a ride with
    /// another number of stops. That the ride was measured for this very plan is the caller's part: see [`Self::ride`].
    pub fn quote(
        &self,
        tariff: &Arc<Tariff>,
        plan: &PersonalPlan,
        ride: &Ride,
        at: CivilDateTime,
        surge: Surge,
    ) -> Result<PricedTrip, DeskError> {
        let quote = tariff.quote(ride, at, surge)?;
        if !quote.is_for_stops(plan.stops.len()) {
            return Err(DeskError::AnotherPlan);
        }
        let trip = self.ports.ids.trip_id();
        let fingerprint = self.ports.seal.fingerprint(&quote);
        Ok(PricedTrip {
            trip,
            quote: Arc::new(quote),
            fingerprint,
            ticket: self.ports.seal.ticket(trip, fingerprint, plan),
        })
    }

    /// Whether the price is one that was given for this plan.
    fn check(&self, priced: &PricedTrip, plan: &PersonalPlan) -> Result<(), DeskError> {
        if self.ports.seal.fingerprint(&priced.quote) != priced.fingerprint {
            return Err(DeskError::Fingerprint);
        }
        let ticket = self.ports.seal.ticket(priced.trip, priced.fingerprint, plan);
        if !is_same(ticket, priced.ticket) {
            return Err(DeskError::AnotherPlan);
        }
        Ok(())
    }

    /// Orders a priced trip by the plan and for the party that it was priced for; accepted once the bus has it. A quote is used
    /// once: repeating it reaches the same trip.
    ///
    /// # Errors
    ///
    /// `DeskError::Fingerprint`, `AnotherPlan` or `AnotherParty` where the price was given for something else, `DeskError::Request`
    /// for an order that is not well-formed, `DeskError::Busy` where the services are [too far behind](Admission), and
    /// [`DeskError::Bus`].
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
        self.check(&priced, &plan)?;
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
        if !request.quote().is_for_party(party_size) {
            return Err(DeskError::AnotherParty);
        }
        if !request.is_as_quoted() {
            return Err(DeskError::AnotherPlan);
        }
        if let Some(admission) = &self.admission {
            admission.check(&*self.ports.bus, self.ports.clock.now()).await?;
        }
        let command = Command::Trip(trip, trip::Command::Request(Arc::new(request)));
        self.ports.send(self.region, origin, command).await?;
        Ok(trip)
    }

    /// Asks to cancel a trip.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn cancel(
        &self,
        origin: Origin,
        trip: TripId,
        rider: PrincipalId,
        reason: CancelReason,
    ) -> Result<(), DeskError> {
        let command = trip::Command::Cancel {
            by: Actor::Rider(rider),
            reason,
        };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Asks to go another way; `priced` is the new plan's price, under the tariff, for the party and within the hold of the
    /// first one.
    ///
    /// # Errors
    ///
    /// `DeskError::Fingerprint` or `AnotherPlan` where the price was given for something else, and [`DeskError::Bus`].
    pub async fn change_plan(
        &self,
        origin: Origin,
        trip: TripId,
        rider: PrincipalId,
        plan: PersonalPlan,
        priced: PricedTrip,
    ) -> Result<(), DeskError> {
        self.check(&priced, &plan)?;
        let command = trip::Command::ChangePlan {
            by: Actor::Rider(rider),
            plan,
            quote: priced.quote,
            quote_fingerprint: priced.fingerprint,
        };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Gives the driver of a trip something on top: by the trip's card, for a while after the ride, in the trip's currency. The
    /// charge is one of its own, and ends by itself where the bank says no: nobody owes a tip.
    ///
    /// Each request is a tip: one that had no answer is repeated with its own `origin`.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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

/// Compared to the end whatever differs: how long it takes tells nobody how much of a guessed ticket is right.
fn is_same(one: Fingerprint, other: Fingerprint) -> bool {
    let pairs = one.bytes().iter().zip(other.bytes());
    pairs.fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
}
