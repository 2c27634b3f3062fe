//! What riders need where their bank asks something of them (3-D Secure): from the gateway to their app, and kept nowhere.

use crate::reactor::ServicePorts;
use crate::state::State;
use crate::writer::Writer;
use fiacre_domain::id::{IntentId, PrincipalId, TripId};
use fiacre_domain::payment::Hold;
use fiacre_domain::stream::{ChargeNumber, StreamId, Version};
use fiacre_ports::{GatewayError, PaymentGateway, PortError, RiderAction};
use std::sync::Arc;

/// Why a rider was not told what to do.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// No such trip, or another rider's: nobody learns which.
    #[error("failed to find the trip among this rider's: ask with the trip's id as the order gave it")]
    NoSuchTrip,
    /// The log cannot be read.
    #[error("failed to read what is asked of the rider: {0}")]
    Log(#[source] PortError),
    /// The gateway does not say.
    #[error("failed to ask the gateway what the rider is to do: {0}")]
    Gateway(#[source] GatewayError),
}

impl ActionError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchTrip => "action_no_such_trip",
            Self::Log(error) => error.code(),
            Self::Gateway(error) => error.code(),
        }
    }
}

/// The desk that riders' apps ask what is to be done for a payment.
pub struct ActionDesk {
    writer: Writer,
    gateway: Arc<dyn PaymentGateway>,
}

impl std::fmt::Debug for ActionDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionDesk").finish_non_exhaustive()
    }
}

/// What a stream says of the question.
enum Known {
    Rider(Option<PrincipalId>),
    Asked(Option<IntentId>),
}

impl ActionDesk {
    /// Over the payment service's ports.
    pub fn new(gateway: Arc<dyn PaymentGateway>, ports: &ServicePorts) -> Self {
        Self {
            writer: ports.writer(),
            gateway,
        }
    }

    /// What `rider` is to do for a charge of their trip (the fare's is [`ChargeNumber::FARE`]); none where nothing is asked of
    /// them, not yet or not any more. The answer is asked of the gateway each time.
    ///
    /// # Errors
    ///
    /// `ActionError::NoSuchTrip` for a trip that is not theirs, `Log` and `Gateway` where one of them does not answer.
    pub async fn action(
        &self,
        trip: TripId,
        charge: ChargeNumber,
        rider: PrincipalId,
    ) -> Result<Option<RiderAction>, ActionError> {
        let streams = [StreamId::Trip(trip), StreamId::Payment(trip, charge)];
        let known = self.writer.states(&streams, |_, loaded| known(loaded)).await;
        let (mut owner, mut asked) = (None, None);
        for known in known {
            match known.map_err(ActionError::Log)? {
                Known::Rider(rider) => owner = rider,
                Known::Asked(intent) => asked = intent,
            }
        }
        if owner != Some(rider) {
            return Err(ActionError::NoSuchTrip);
        }
        let Some(intent) = asked else {
            return Ok(None);
        };
        match self.gateway.action(intent).await {
            Ok(action) => Ok(Some(action)),
            // The rider has acted, or the attempt is over; the log has not heard yet.
            Err(GatewayError::WrongStatus) => Ok(None),
            Err(error) => Err(ActionError::Gateway(error)),
        }
    }
}

fn known(loaded: Result<(&State, Version), PortError>) -> Result<Known, PortError> {
    Ok(match loaded?.0 {
        State::Trip(trip) => Known::Rider(trip.request().map(|request| request.rider())),
        State::Payment(payment) => {
            let is_asked = payment.control().hold == Hold::ActionRequired;
            Known::Asked(payment.intent().filter(|_| is_asked))
        }
        State::Dispatch(_) | State::Driver(_) => Known::Asked(None),
    })
}
