//! The open searches of a region: what a matcher that starts anew must know.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::stream::Version;
use fiacre_domain::units::Millis;

/// How long a board remembers at least that a search was closed, so that a late "open" does not undo it. Afterwards it
/// forgets, so that it holds no more than what is open and what was closed of late; an "open" that is later still does no
/// harm, since a matcher loads each search that it finds, and closes what is over.
pub const CLOSED_KEPT: Millis = Millis::from_minutes(60);

/// A search that looks for a driver, or did so at `version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSearch {
    /// The trip.
    pub trip: TripId,
    /// The version of `dispatch-{trip}` that this speaks of.
    pub version: Version,
}

/// The open searches of a region; a matcher loads each search before it acts on it.
///
/// It is a cache over the log, and may be lost. Then [`list`](Self::list) says so, and the region's matcher, which asks when
/// it begins, reads the log, finds the searches that are open, and puts them on with [`restore`](Self::restore). Every call
/// may be repeated after [`OutcomeUnknown`](crate::PortErrorKind::OutcomeUnknown).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DispatchBoard: Send + Sync {
    /// Puts searches on the board; an older version than the one known changes nothing.
    ///
    /// - MUST put a search on again that was closed at an older version (`db_05_closed_can_open_again`).
    /// - MUST leave off what was closed at this or a newer version (`db_03_late_open_changes_nothing`), for [`CLOSED_KEPT`]
    ///   at least: one commit may open a search and end it.
    /// - MUST forget in time what was closed (`db_10_closed_is_forgotten`): within twice [`CLOSED_KEPT`].
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Takes searches off the board; an older version than the one known changes nothing.
    ///
    /// - MUST take off what stands at this or an older version (`db_02_closed_is_gone`), and leave what is newer
    ///   (`db_04_late_close_changes_nothing`).
    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;

    /// Every search on the board, in the order of trips; none at all (`None`) where the board is not known to be complete:
    /// it was lost, or the region is new. Then it is to be restored.
    ///
    /// - MUST give each once, at its newest version (`db_01_open_is_listed`), of this region alone
    ///   (`db_06_regions_are_apart`), also after a restart (`db_07_board_survives_a_restart`).
    /// - MUST say so where it was never restored, or was lost since (`db_08_lost_is_not_empty`).
    async fn list(&self, region: RegionId) -> Result<Option<Vec<OpenSearch>>, PortError>;

    /// Puts the searches on that the log says are open, as [`open`](Self::open) does, and declares the region complete.
    ///
    /// - MUST keep what it has learned meanwhile (`db_09_restore_keeps_what_is_newer`).
    async fn restore(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError>;
}
