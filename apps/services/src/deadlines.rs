//! A service's timers: what is due is asked of the aggregate that set it, which judges whether it still matters.

use crate::alarms::{Alarms, Due, Judge};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::writer::{Job, Writer};
use async_trait::async_trait;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{Cause, StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Clock, PortError, Shard, Timer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The timers of one service, but for those that ask the payment gateway first.
#[derive(Debug)]
pub struct Deadlines {
    alarms: Alarms,
    aggregates: Aggregates,
}

/// Asks the aggregates.
struct Aggregates {
    setting: Setting,
    writer: Writer,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Aggregates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aggregates").finish_non_exhaustive()
    }
}

/// The drivers whose locks are to be reviewed.
type Drivers = BTreeMap<StreamId, Result<State, PortError>>;

impl Deadlines {
    /// The timers of `service`, up to `batch_max` at a time.
    pub fn new(service: Service, setting: Setting, ports: ServicePorts, batch_max: usize) -> Self {
        let aggregates = Aggregates {
            setting,
            writer: ports.writer(),
            clock: Arc::clone(&ports.clock),
        };
        Self {
            alarms: Alarms::new(service, ports, batch_max),
            aggregates,
        }
    }

    /// Of `shard` only: the others are for processes beside this one.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.alarms = self.alarms.with_shard(shard);
        self
    }
}

impl Judge for Aggregates {
    async fn judge(&self, due: &[Timer]) -> Vec<Due> {
        let drivers = self.reviewed_drivers(due).await;
        due.iter().map(|timer| asked(timer, &drivers)).collect()
    }

    /// A lock that still stands is reviewed again. Each review is a timer of its own, since one cause makes one commit: a
    /// release that was asked for at the first review and got lost is asked for anew at the second.
    fn next(&self, timer: &Timer) -> Option<Timer> {
        let TimerKind::LockReview(time) = timer.id.kind else {
            return None;
        };
        let kind = TimerKind::LockReview(time.saturating_add(1));
        Some(Timer {
            id: TimerId { kind, ..timer.id },
            due_at: self.clock.now().plus(self.setting.lock_review),
            ..timer.clone()
        })
    }
}

/// A driver that cannot be loaded holds up no other timer.
fn asked(timer: &Timer, drivers: &Drivers) -> Due {
    let driver = match drivers.get(&timer.id.stream) {
        Some(Err(error)) => {
            tracing::warn!(stream = %timer.id.stream, %error, "driver not loaded; reviewed again");
            return Due::Later;
        }
        Some(Ok(State::Driver(driver))) => Some(driver),
        Some(Ok(_)) | None => None,
    };
    let command = saga::timer_command(timer.id, driver);
    command.map_or(Due::Over, |command| {
        let cause = Cause::Timer(timer.id);
        Due::Commit(Job::new(cause, timer.region, timer.trace.clone(), command))
    })
}

impl Aggregates {
    async fn reviewed_drivers(&self, due: &[Timer]) -> Drivers {
        let is_review = |timer: &&Timer| matches!(timer.id.kind, TimerKind::LockReview(_));
        let reviewed: BTreeSet<StreamId> = due
            .iter()
            .filter(is_review)
            .map(|timer| timer.id.stream)
            .collect();
        if reviewed.is_empty() {
            return BTreeMap::new();
        }
        let reviewed = Vec::from_iter(reviewed);
        let taken = |stream, loaded: Result<(&State, Version), PortError>| {
            (stream, loaded.map(|(state, _)| state.clone()))
        };
        self.writer.states(&reviewed, taken).await.into_iter().collect()
    }
}

#[async_trait]
impl Process for Deadlines {
    fn name(&self) -> &str {
        self.alarms.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        self.alarms.turn(&self.aggregates, until).await
    }
}
