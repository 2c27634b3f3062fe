//! The front desks: what riders' and drivers' apps ask for becomes commands on the bus. An order is accepted once the bus
//! has it, whether or not any other service is up.

mod admission;
mod driver;
mod rider;
mod support;
mod way;

pub use admission::Admission;
pub use driver::DriverDesk;
pub use rider::{Booking, PricedTrip, RiderDesk};
pub use support::SupportDesk;
pub use way::Wish;

use fiacre_domain::geo::ZonesMissing;
use fiacre_domain::id::{CommandId, ExtraId, RegionId, TariffId};
use fiacre_domain::pricing::PricingError;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::TraceContext;
use fiacre_domain::trip::RequestError;
use fiacre_domain::units::Millis;
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
    /// The tariff names zones that the desk's map does not know.
    #[error(transparent)]
    Zones(#[from] ZonesMissing),
    /// The rider asks for something that the tariff does not price.
    #[error("failed to price the extra {extra}: tariff {tariff} does not have it, leave it out")]
    Extra {
        /// Which.
        extra: ExtraId,
        /// Where it was looked for.
        tariff: TariffId,
    },
    /// A quote and its fingerprint do not belong together: one of them was changed on the way.
    #[error("failed to take the price: its fingerprint is not the quote's, ask for a new one")]
    Fingerprint,
    /// The price was given for another trip or another plan.
    #[error("failed to take the price: it was given for another plan, ask for one of this plan")]
    AnotherPlan,
    /// The price was given for more people, or for fewer.
    #[error(
        "failed to take the price: it was given for another number of people, ask for one for this party"
    )]
    AnotherParty,
    /// No way by road is known.
    #[error("failed to measure the ride: {0}")]
    Routes(#[source] PortError),
    /// More waits already than can be served in time: this order was not handed on. One that was asked before under the same
    /// [`Origin`] and not answered may have been.
    #[error("failed to take the order: too many wait already, ask again in {retry_after}")]
    Busy {
        /// When it is worth asking again.
        retry_after: Millis,
    },
    /// The bus did not say that it has the request. It may have it: the same request, under the same [`Origin`], is asked
    /// again harmlessly.
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
            Self::Zones(error) => error.code(),
            Self::Extra { .. } => "desk_extra",
            Self::AnotherPlan => "desk_another_plan",
            Self::AnotherParty => "desk_another_party",
            Self::Fingerprint => "desk_fingerprint",
            Self::Busy { .. } => "desk_busy",
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
