//! What support agents do for riders and drivers, and what they put right afterwards.

use super::{DeskError, DeskPorts, Origin};
use fiacre_domain::driver::Fence;
use fiacre_domain::id::{DriverId, PrincipalId, RegionId, TripId};
use fiacre_domain::pricing::{MeterReading, Quote, Receipt};
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{self, Actor, AdjustReason, CancelReason, DeviceFact, StartCheck, StartProof};
use std::sync::Arc;

/// The support desk of a region: agents who act where an app cannot, and put right what a ride left wrong.
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

    async fn ask(&self, origin: Origin, trip: TripId, command: trip::Command) -> Result<(), DeskError> {
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// Starts the ride on the word of `operator` that the right rider is in the car: after the last start code that may be tried,
    /// the only way to start it.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn vouch(
        &self,
        origin: Origin,
        trip: TripId,
        (driver, fence): (DriverId, Fence),
        operator: PrincipalId,
        device: DeviceFact,
    ) -> Result<(), DeskError> {
        let command = trip::Command::Start {
            driver,
            fence,
            check: StartCheck::Proven(StartProof::Operator(operator)),
            device,
        };
        self.ask(origin, trip, command).await
    }

    /// Cancels the trip. It costs the rider nothing; where the driver asked for it, it is the driver's doing. A ride that has begun is
    /// [ended](Self::complete) instead.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn cancel(
        &self,
        origin: Origin,
        trip: TripId,
        operator: PrincipalId,
        reason: CancelReason,
    ) -> Result<(), DeskError> {
        let by = Actor::Operator(operator);
        self.ask(origin, trip, trip::Command::Cancel { by, reason }).await
    }

    /// Ends the ride, by what was driven as far as `operator` can tell, for a driver who cannot.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn complete(
        &self,
        origin: Origin,
        trip: TripId,
        fence: Fence,
        operator: PrincipalId,
        reading: Arc<MeterReading>,
        device: DeviceFact,
    ) -> Result<(), DeskError> {
        let command = trip::Command::Complete {
            fence,
            by: Actor::Operator(operator),
            reading,
            device,
        };
        self.ask(origin, trip, command).await
    }

    /// Replaces the trip's latest receipt with a corrected one. Before there is a receipt, it is refused.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn adjust_fare(
        &self,
        origin: Origin,
        trip: TripId,
        reason: AdjustReason,
        receipt: Arc<Receipt>,
    ) -> Result<(), DeskError> {
        let command = trip::Command::AdjustFare { reason, receipt };
        self.ask(origin, trip, command).await
    }

    /// Settles the trip anew where the meter was wrong: by what its quote makes of the right reading.
    ///
    /// # Errors
    ///
    /// `DeskError::Pricing` where the quote cannot be settled by that reading, and [`DeskError::Bus`].
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
