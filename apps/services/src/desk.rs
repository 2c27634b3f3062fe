//! The front desks: what riders' and drivers' apps ask for becomes commands on the bus. An order is accepted once the bus
//! has it, whether or not any other service is up.

use fiacre_domain::driver::{self, Fence};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{CommandId, DriverId, PrincipalId, ProductId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{MeterReading, PricingError, Quote, Receipt, Ride, Surge, Tariff};
use fiacre_domain::requirements::{Capabilities, Requirements};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::TraceContext;
use fiacre_domain::time::{CivilDateTime, Timestamp};
use fiacre_domain::trip::{
    Actor, AdjustReason, CancelReason, DeviceFact, Order, PaymentMethod, PersonalPlace, PersonalPlan,
    RequestError, StartCheck, StartProof, TripPolicy, TripRequest,
};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_domain::{dispatch, trip};
use fiacre_ports::{
    Body, Bus, Clock, IdSource, LocationFeed, Message, PortError, PortErrorKind, Published, RouteProvider,
    Seal,
};
use std::sync::Arc;

/// Why a desk could not take a request.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The ride cannot be priced.
    #[error("failed to price the ride: {0}")]
    Pricing(#[from] PricingError),
    /// The order is not well-formed.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The plan does not say where to, or a place of it was forgotten on the person's demand.
    #[error("failed to measure the ride: say each place of the plan, the destination too")]
    Plan,
    /// A quote and its fingerprint do not belong together: one of them was changed on the way.
    #[error("failed to take the price: its fingerprint is not the quote's, ask for a new one")]
    Fingerprint,
    /// No way by road is known.
    #[error("failed to measure the ride: {0}")]
    Routes(#[source] PortError),
    /// The bus did not take it.
    #[error("failed to hand the request on: {0}")]
    Bus(#[source] PortError),
}

impl DeskError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pricing(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::Plan => "desk_plan",
            Self::Fingerprint => "desk_fingerprint",
            Self::Bus(error) | Self::Routes(error) => error.code(),
        }
    }
}

/// Which request a command comes from, as its caller names it.
///
/// The id is the command's cause: a phone that repeats a request it had no answer to repeats its id, and however many of
/// them arrive, one commit is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    id: CommandId,
    trace: Option<Arc<TraceContext>>,
}

impl Origin {
    /// A request with this id; the same for every repetition, and for nothing else.
    pub const fn new(id: CommandId) -> Self {
        Self { id, trace: None }
    }

    /// With the trace that it belongs to, which is stored with what it leads to.
    #[must_use]
    pub fn with_trace(mut self, trace: Arc<TraceContext>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// The command's id.
    pub const fn id(&self) -> CommandId {
        self.id
    }
}

/// What every desk stands on.
#[derive(Clone)]
pub struct DeskPorts {
    /// The way to the services.
    pub bus: Arc<dyn Bus>,
    /// The gateway's clock.
    pub clock: Arc<dyn Clock>,
    /// New identities, of trips.
    pub ids: Arc<dyn IdSource>,
    /// Fingerprints and start codes.
    pub seal: Arc<dyn Seal>,
    /// Where drivers are.
    pub locations: Arc<dyn LocationFeed>,
    /// Ways by road, for what a ride is priced by.
    pub routes: Arc<dyn RouteProvider>,
}

impl std::fmt::Debug for DeskPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskPorts").finish_non_exhaustive()
    }
}

impl DeskPorts {
    /// Puts a command on the bus; done once the bus has it durably.
    async fn send(&self, region: RegionId, origin: Origin, command: Command) -> Result<(), DeskError> {
        let Origin { id, trace } = origin;
        let message = Message {
            body: Body::Command { id, command },
            region,
            trace,
            mandatory: true,
        };
        let failed = |kind| Err(DeskError::Bus(PortError::new(kind, "publish a command")));
        match self.bus.publish(vec![message]).await.pop() {
            Some(Published::Confirmed) => Ok(()),
            Some(Published::Returned) => failed(PortErrorKind::Unavailable),
            Some(Published::OutcomeUnknown(error) | Published::Refused(error)) => Err(DeskError::Bus(error)),
            None => failed(PortErrorKind::OutcomeUnknown),
        }
    }
}

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

    /// Orders a priced trip, whose fingerprint must be its quote's; accepted once the bus has it. A quote is used once: repeating it reaches the same trip.
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

    /// The code that the rider of `trip` shows to the driver.
    pub fn start_code(&self, trip: TripId) -> u16 {
        self.ports.seal.start_code(trip)
    }
}

/// The drivers' desk of a region.
#[derive(Debug, Clone)]
pub struct DriverDesk {
    ports: DeskPorts,
    region: RegionId,
}

impl DriverDesk {
    /// In `region`.
    pub const fn new(region: RegionId, ports: DeskPorts) -> Self {
        Self { ports, region }
    }

    async fn driver(
        &self,
        origin: Origin,
        driver: DriverId,
        command: driver::Command,
    ) -> Result<(), DeskError> {
        self.ports
            .send(self.region, origin, Command::Driver(driver, command))
            .await
    }

    async fn trip(&self, origin: Origin, trip: TripId, command: trip::Command) -> Result<(), DeskError> {
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// On duty in this region.
    pub async fn go_online(
        &self,
        origin: Origin,
        driver: DriverId,
        capabilities: Capabilities,
    ) -> Result<(), DeskError> {
        self.driver(
            origin,
            driver,
            driver::Command::GoOnline {
                region: self.region,
                capabilities,
            },
        )
        .await
    }

    /// Off duty, after the trip in progress if there is one.
    pub async fn go_offline(&self, origin: Origin, driver: DriverId) -> Result<(), DeskError> {
        self.driver(origin, driver, driver::Command::GoOffline).await
    }

    /// Reports where drivers are. Telemetry: a sample that is lost harms nobody. None is younger than its arrival here: a
    /// phone whose clock is ahead keeps nobody in matching for longer than others, nor out of it.
    pub async fn locate(&self, samples: Vec<Sample>) -> Result<(), DeskError> {
        let now = self.ports.clock.now();
        let samples = samples.into_iter().map(|sample| sample.received(now)).collect();
        self.ports
            .locations
            .report(self.region, samples)
            .await
            .map_err(DeskError::Bus)
    }

    /// Says yes to an offer.
    pub async fn accept(
        &self,
        origin: Origin,
        trip: TripId,
        offer: dispatch::OfferNumber,
        driver: DriverId,
    ) -> Result<(), DeskError> {
        let command = dispatch::Command::Accept { offer, driver };
        self.ports
            .send(self.region, origin, Command::Dispatch(trip, command))
            .await
    }

    /// Says no to an offer.
    pub async fn decline(
        &self,
        origin: Origin,
        trip: TripId,
        offer: dispatch::OfferNumber,
        driver: DriverId,
    ) -> Result<(), DeskError> {
        let command = dispatch::Command::Decline { offer, driver };
        self.ports
            .send(self.region, origin, Command::Dispatch(trip, command))
            .await
    }

    /// Gives a trip back.
    pub async fn withdraw(
        &self,
        origin: Origin,
        trip: TripId,
        driver: DriverId,
        fence: Fence,
    ) -> Result<(), DeskError> {
        self.trip(origin, trip, trip::Command::Withdraw { driver, fence })
            .await
    }

    /// At the pick-up.
    pub async fn arrive(
        &self,
        origin: Origin,
        trip: TripId,
        driver: DriverId,
        fence: Fence,
        distance_to_pick_up: Millimetres,
        device: DeviceFact,
    ) -> Result<(), DeskError> {
        self.trip(
            origin,
            trip,
            trip::Command::Arrive {
                driver,
                fence,
                distance_to_pick_up,
                device,
            },
        )
        .await
    }

    /// The rider did not come.
    pub async fn no_show(
        &self,
        origin: Origin,
        trip: TripId,
        driver: DriverId,
        fence: Fence,
    ) -> Result<(), DeskError> {
        self.trip(origin, trip, trip::Command::NoShow { driver, fence })
            .await
    }

    /// The rider is in the car and showed `code`.
    pub async fn start(
        &self,
        origin: Origin,
        trip: TripId,
        driver: DriverId,
        fence: Fence,
        code: u16,
        device: DeviceFact,
    ) -> Result<(), DeskError> {
        let right = code == self.ports.seal.start_code(trip);
        let check = if right {
            StartCheck::Proven(StartProof::Code)
        } else {
            StartCheck::WrongCode
        };
        self.trip(
            origin,
            trip,
            trip::Command::Start {
                driver,
                fence,
                check,
                device,
            },
        )
        .await
    }

    /// The ride has ended.
    pub async fn complete(
        &self,
        origin: Origin,
        trip: TripId,
        fence: Fence,
        driver: DriverId,
        reading: Arc<MeterReading>,
        device: DeviceFact,
    ) -> Result<(), DeskError> {
        let by = Actor::Driver(driver);
        self.trip(
            origin,
            trip,
            trip::Command::Complete {
                fence,
                by,
                reading,
                device,
            },
        )
        .await
    }
}

/// The support desk of a region: agents who put right what a ride left wrong.
#[derive(Debug, Clone)]
pub struct SupportDesk {
    ports: DeskPorts,
    region: RegionId,
}

impl SupportDesk {
    /// In `region`.
    pub const fn new(region: RegionId, ports: DeskPorts) -> Self {
        Self { ports, region }
    }

    /// Replaces the trip's latest receipt with a corrected one. Before there is a receipt, it is refused.
    pub async fn adjust_fare(
        &self,
        origin: Origin,
        trip: TripId,
        reason: AdjustReason,
        receipt: Arc<Receipt>,
    ) -> Result<(), DeskError> {
        let command = trip::Command::AdjustFare { reason, receipt };
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Settles the trip anew where the meter was wrong: by what its quote makes of the right reading.
    pub async fn correct_reading(
        &self,
        origin: Origin,
        trip: TripId,
        quote: &Quote,
        reading: &MeterReading,
    ) -> Result<(), DeskError> {
        let receipt = Arc::new(quote.settle(reading)?);
        self.adjust_fare(origin, trip, AdjustReason::WrongReading, receipt)
            .await
    }
}
