//! Deadlines that fire at least once.

use crate::error::{PortError, PortErrorKind};
use crate::scope::Scope;
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{TimerId, TraceContext};
use fiacre_domain::time::Timestamp;
use std::sync::Arc;

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Its identity: scheduling it again moves it.
    pub id: TimerId,
    /// When it is due, on the clock of the service that judges it.
    pub due_at: Timestamp,
    /// The region of what it belongs to.
    pub region: RegionId,
    /// The request that it belongs to.
    pub trace: Option<Arc<TraceContext>>,
}

impl Timer {
    /// Whose timer it is: the service that owns its stream arms, judges and ends it, and nobody else.
    ///
    /// # Errors
    ///
    /// [`Invalid`](PortErrorKind::Invalid) where no service owns its stream: nobody would ever ask for it.
    pub fn service(&self) -> Result<Service, PortError> {
        let nobodys = PortError::new(
            PortErrorKind::Invalid,
            "arm a timer of a stream that no service owns",
        );
        Service::owner(self.id.stream).ok_or(nobodys)
    }
}

/// Deadlines, kept apart from the log and rebuilt from it when lost.
///
/// A timer's [`TimerId`] is its whole identity. Whose it is follows from its stream
/// ([`Scope::covers`]): an adapter may store the service and the [slot](crate::slot) beside it as what it divides its rows by,
/// and two services never have timers of one id.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Timers: Send + Sync {
    /// Arms timers; one with a known id is moved to its new time, earlier or later. A timer that is done is no longer known:
    /// armed again, because its event came twice, it fires again, and its cause finds the commit that it made.
    ///
    /// One call arms all of them or says that it may not have ([`OutcomeUnknown`](PortErrorKind::OutcomeUnknown)): then some
    /// may be armed, and the same call again is harmless. Of one id that stands twice in a call the last one counts.
    ///
    /// - MUST be one timer per id (`tm_01_same_id_is_one_timer`,
    ///   `tm_11_timers_of_one_moment_all_come`), and take a done one again (`tm_12_done_can_be_armed_again`).
    /// - MUST keep it over a restart, where the adapter is durable, with all it carries (`tm_05_timers_survive_a_restart`,
    ///   `tm_10_timers_survive_a_crash`, `tm_13_timer_is_kept_whole`).
    /// - MUST refuse as [`Invalid`](PortErrorKind::Invalid) a call with a timer of a stream that no service owns, and arm none
    ///   of its timers (`tm_15_nobodys_timer_is_refused`).
    async fn schedule(&self, timers: Vec<Timer>) -> Result<(), PortError>;

    /// Up to `max` timers in `scope` that are due by the clock, earliest first; waits until one is due or until `until`,
    /// then gives none.
    ///
    /// - MUST not give a timer before its time (`tm_02_never_early`).
    /// - MUST give every timer that is due, again and again until it is done (`tm_03_due_until_done`), the earliest first
    ///   (`tm_09_earliest_first`).
    /// - MUST wait, and see what is scheduled meanwhile (`tm_07_due_waits`).
    /// - MUST give the timers of the streams that the scope covers, and no others: those of its service
    ///   (`tm_08_timers_are_of_one_service`) that lie in its shard, so that readers of all shards together see each
    ///   (`tm_14_shards_divide_the_timers`).
    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError>;

    /// Ends timers; one that was moved to a later time since it was given stays. A hint, as far as it is lost: a timer that is
    /// done may come again, after a crash for instance, and its cause finds the commit that it made.
    ///
    /// - MUST not give a timer that is done (`tm_04_done_is_gone`).
    /// - MUST keep one that was moved to a later time (`tm_06_done_spares_the_moved`).
    async fn done(&self, timers: &[Timer]) -> Result<(), PortError>;
}
