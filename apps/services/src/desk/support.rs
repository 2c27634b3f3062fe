//! What support agents put right.

use super::{DeskError, DeskPorts, Origin};
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::pricing::{MeterReading, Quote, Receipt};
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{self, AdjustReason};
use std::sync::Arc;

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
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
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
