//! Time and identity.

use async_trait::async_trait;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_domain::time::Timestamp;

/// The clock of one service. Clocks of different services may differ: a deadline is set and judged by one service.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// Returns once this clock shows `at` or later.
    async fn wait_until(&self, at: Timestamp);
}

/// A source of new identities.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A new trip id: a UUID version 7 or the like, unique for ever.
    fn trip_id(&self) -> TripId;

    /// A new command id, unique for ever.
    fn command_id(&self) -> CommandId;
}
