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
    ///
    /// - MUST put a search on again that was closed at an older version (`db_05_closed_can_open_again`).
    /// - MUST leave off what was closed at this or a newer version (`db_03_late_open_changes_nothing`): one commit may open
    ///   a search and end it.
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Takes searches off the board; an older version than the one known changes nothing.
    ///
    /// - MUST take off what stands at this or an older version (`db_02_closed_is_gone`), and leave what is newer
    ///   (`db_04_late_close_changes_nothing`).
    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Every search on the board, in the order of trips.
    ///
    /// - MUST give each once, at its newest version (`db_01_open_is_listed`), of this region alone
    ///   (`db_06_regions_are_apart`), also after a restart (`db_07_board_survives_a_restart`).
    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError>;
}
