//! Deadlines in memory.

mod armed;

use crate::clock::SkewedClock;
use crate::faults::{Call, Faults};
use crate::lock::lock;
use crate::signal::Signal;
use crate::time::VirtualTime;
use armed::Armed;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, PortError, Scope, Timer, Timers};
use std::sync::{Arc, Mutex};

/// Timers in memory. Clones are the same timers.
#[derive(Debug, Clone)]
pub struct MemoryTimers {
    shared: Arc<Shared>,
    /// The clock of the process that asks: it judges what is due.
    clock: SkewedClock,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Shared {
    armed: [Mutex<Armed>; Service::ALL.len()],
    changed: [Signal; Service::ALL.len()],
}

impl MemoryTimers {
    /// No timers.
    pub fn new(time: VirtualTime) -> Self {
        Self {
            shared: Arc::default(),
            clock: SkewedClock::new(time, Millis::ZERO),
            faults: Faults::none(),
        }
    }

    /// The same timers for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock,
            faults: self.faults.clone(),
        }
    }

    /// The same timers, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Drops the timers that commits of `stream` set, and gives how many there were; see
    /// [`MemoryEventStore::forget`](crate::MemoryEventStore::forget).
    pub fn forget(&self, stream: StreamId) -> usize {
        let owner = Service::owner(stream);
        owner.map_or(0, |service| lock(self.armed(service)).forget(stream))
    }

    fn armed(&self, service: Service) -> &Mutex<Armed> {
        let [trip, driver, payment] = &self.shared.armed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    fn changed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.shared.changed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn schedule(&self, service: Service, timers: Vec<Timer>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Schedule).await?;
        for timer in timers {
            lock(self.armed(service)).arm(timer);
        }
        self.changed(service).notify();
        strike.leave(()).await
    }

    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError> {
        let strike = self.faults.enter(Call::Due).await?;
        let attempt = || {
            let due = lock(self.armed(scope.service())).due(scope.shard(), self.clock.now(), max);
            due.map_err(|due_at| self.clock.true_time(due_at))
        };
        let until = self.clock.true_time(until);
        let due = self
            .clock
            .time()
            .wait(self.changed(scope.service()), until, attempt)
            .await;
        strike.leave(due.unwrap_or_default()).await
    }

    async fn done(&self, service: Service, timers: &[Timer]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Done).await?;
        for timer in timers {
            lock(self.armed(service)).end(timer);
        }
        strike.leave(()).await
    }
}
