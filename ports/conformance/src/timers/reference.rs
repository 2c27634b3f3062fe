//! The reference model: a list of timers.

use super::{Capability, TimersHarness};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, Scope, Timer, Timers};
use std::sync::{Arc, Mutex, MutexGuard};

/// Timers that obviously keep every clause.
#[derive(Debug)]
pub struct Reference {
    time: VirtualTime,
    armed: Mutex<Vec<Timer>>,
}

impl Reference {
    pub(super) fn armed(&self) -> MutexGuard<'_, Vec<Timer>> {
        lock(&self.armed)
    }

    pub(super) const fn time(&self) -> &VirtualTime {
        &self.time
    }
}

#[async_trait]
impl Timers for Reference {
    async fn schedule(&self, timers: Vec<Timer>) -> Result<(), PortError> {
        for timer in &timers {
            timer.service()?;
        }
        let mut armed = self.armed();
        for timer in timers {
            armed.retain(|known| known.id != timer.id);
            armed.push(timer);
        }
        self.time.changed();
        Ok(())
    }

    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError> {
        let in_scope = || -> Vec<Timer> {
            let armed = self.armed();
            let own = armed.iter().filter(|timer| scope.covers(timer.id.stream));
            own.cloned().collect()
        };
        let find = || {
            let now = self.time.now();
            let mut due = in_scope();
            due.retain(|timer| timer.due_at <= now);
            due.sort_by_key(|timer| timer.due_at);
            due.truncate(max);
            (!due.is_empty()).then_some(due)
        };
        let next = || in_scope().iter().map(|timer| timer.due_at).min();
        Ok(self.time.wait(until, find, next).await.unwrap_or_default())
    }

    async fn done(&self, timers: &[Timer]) -> Result<(), PortError> {
        let ended = |known: &Timer| {
            let given = timers.iter().find(|timer| timer.id == known.id);
            given.is_some_and(|given| known.due_at <= given.due_at)
        };
        self.armed().retain(|known| !ended(known));
        Ok(())
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    timers: Arc<Reference>,
}

impl ReferenceHarness {
    /// No timers.
    pub fn new() -> Self {
        let timers = Arc::new(Reference {
            time: VirtualTime::new(AT),
            armed: Mutex::default(),
        });
        Self { timers }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.timers)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.timers.time);

impl TimersHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn Timers> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart | Capability::Crash => Support::Yes,
        }
    }

    fn restart(&self) {}

    fn crash(&self) {}
}
