//! The open searches of a region: what a matcher that starts anew must know.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;

/// A search that looks for a driver, or did so at `version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSearch {
    /// The trip.
    pub trip: TripId,
    /// The version of `dispatch-{trip}` that this speaks of.
    pub version: Version,
}

/// The open searches of a region. Rebuilt from the log when lost; a matcher loads each search before it acts on it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DispatchBoard: Send + Sync {
    /// Puts searches on the board; an older version than the one known changes nothing.
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Takes searches off the board; an older version than the one known changes nothing.
    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Every search on the board, in the order of trips.
    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError>;
}
