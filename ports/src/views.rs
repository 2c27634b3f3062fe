//! What riders and operators read: one row a trip, rebuilt from the log when lost.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, PrincipalId, RegionId, TripId};
use fiacre_domain::money::Money;
use fiacre_domain::stream::Version;
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{EndReason, Phase};

/// A trip as its rider sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TripView {
    /// The trip.
    pub trip: TripId,
    /// The version of `trip-{id}` that this speaks of.
    pub version: Version,
    /// Its rider, once known.
    pub rider: Option<PrincipalId>,
    /// Its region.
    pub region: RegionId,
    /// Where it stands.
    pub phase: Phase,
    /// Why it ended, where it was rejected, cancelled or failed.
    pub reason: Option<EndReason>,
    /// Its driver, while one is noted.
    pub driver: Option<DriverId>,
    /// The quoted price, once known.
    pub quoted: Option<Money>,
    /// What was due at the end.
    pub due: Option<Money>,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Whether everything about it is over.
    pub closed: bool,
    /// Whether an operator should look at how it ended.
    pub flagged: bool,
}

/// Rows of trips, for reading only: no decision stands on them.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TripViews: Send + Sync {
    /// Writes rows; one that is not newer than the row known changes nothing.
    ///
    /// - MUST keep the newest version whatever the order of writes (`tv_01_newest_version_wins`).
    /// - MUST keep rows whole (`tv_03_row_is_kept_whole`, `tv_07_every_reason_is_kept`), also over a restart
    ///   (`tv_06_rows_survive_a_restart`).
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError>;

    /// Rows by id, in the order asked.
    ///
    /// - MUST answer each, with nothing for a trip without a row (`tv_02_rows_follow_the_trips`).
    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError>;

    /// A rider's trips after `after`, newest id first, at most `max`.
    ///
    /// - MUST do so (`tv_04_riders_trips_newest_first`), also where the rider was learned late (`tv_05_rider_learned_late`).
    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError>;
}
