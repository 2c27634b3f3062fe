//! What drivers tell: on duty or off, where they are, what they say to an offer, and how far a trip has come.

use super::{DeskError, DeskPorts, Origin};
use fiacre_domain::driver::{self, Fence};
use fiacre_domain::id::{DriverId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::pricing::MeterReading;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::Command;
use fiacre_domain::trip::{Actor, DeviceFact, StartCheck, StartProof};
use fiacre_domain::units::Millimetres;
use fiacre_domain::{dispatch, trip};
use std::sync::Arc;

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

    async fn dispatch(
        &self,
        origin: Origin,
        trip: TripId,
        command: dispatch::Command,
    ) -> Result<(), DeskError> {
        self.ports
            .send(self.region, origin, Command::Dispatch(trip, command))
            .await
    }

    async fn trip(&self, origin: Origin, trip: TripId, command: trip::Command) -> Result<(), DeskError> {
        self.ports
            .send(self.region, origin, Command::Trip(trip, command))
            .await
    }

    /// On duty in this region.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn go_offline(&self, origin: Origin, driver: DriverId) -> Result<(), DeskError> {
        self.driver(origin, driver, driver::Command::GoOffline).await
    }

    /// Reports where drivers are. Telemetry: a sample that is lost harms nobody. None is younger than its arrival here: a
    /// phone whose clock is ahead keeps nobody in matching for longer than others, nor out of it.
    ///
    /// # Errors
    ///
    /// `DeskError::Bus` where the location feed does not take them.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn accept(
        &self,
        origin: Origin,
        trip: TripId,
        offer: dispatch::OfferNumber,
        driver: DriverId,
    ) -> Result<(), DeskError> {
        self.dispatch(origin, trip, dispatch::Command::Accept { offer, driver })
            .await
    }

    /// Says no to an offer.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
    pub async fn decline(
        &self,
        origin: Origin,
        trip: TripId,
        offer: dispatch::OfferNumber,
        driver: DriverId,
    ) -> Result<(), DeskError> {
        self.dispatch(origin, trip, dispatch::Command::Decline { offer, driver })
            .await
    }

    /// Gives a trip back.
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
    ///
    /// # Errors
    ///
    /// [`DeskError::Bus`], and no other.
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
