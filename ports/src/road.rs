//! Roads, and where drivers are.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{Millimetres, Millis};

/// What a route stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Found on a map of roads.
    Measured,
    /// Estimated from the straight line.
    Estimated,
}

/// A way by road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// How far.
    pub distance: Millimetres,
    /// How long, by car, at that time.
    pub duration: Millis,
    /// What it stands on.
    pub basis: Basis,
}

/// Finds ways by road; says whether they are measured or estimated.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RouteProvider: Send + Sync {
    /// A route for each pair of places, leaving at `at`; answers in the order of the pairs.
    async fn routes(&self, pairs: &[(Place, Place)], at: Timestamp) -> Vec<Result<Route, PortError>>;
}

/// Where drivers are: telemetry, not events. The latest sample of a driver wins by its sequence; losing one harms nobody.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LocationFeed: Send + Sync {
    /// Reports samples of drivers in a region.
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError>;

    /// What was reported since the last call by this reader, latest only, in the order of driver ids.
    async fn drain(&self, region: RegionId) -> Result<Vec<Sample>, PortError>;
}
