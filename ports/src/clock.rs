//! Time and identity.

use async_trait::async_trait;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_domain::time::Timestamp;

/// The clock of one service. Clocks of different services may differ: a deadline is set and judged by one service.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    ///
    /// - MUST go on with the time (`ck_03_goes_on`); it may be set, and then jumps.
    fn now(&self) -> Timestamp;

    /// Returns once this clock shows `at` or later; it may be dropped at any time.
    ///
    /// - MUST not return before (`ck_01_waits_until`), and at once where `at` has come (`ck_02_past_is_now`).
    async fn wait_until(&self, at: Timestamp);
}

/// A source of new identities: UUIDs of version 7 (RFC 9562).
///
/// - MUST make none twice, whatever process makes them (`id_01_never_twice`).
/// - MUST make greater ones later (`id_02_later_is_greater`), in that layout (`id_03_layout_is_version_7`).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A new trip id, unique for ever.
    fn trip_id(&self) -> TripId;

    /// A new command id, unique for ever.
    fn command_id(&self) -> CommandId;
}
