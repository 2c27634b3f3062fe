//! Deadlines in memory.

mod armed;

use crate::clock::SkewedClock;
use crate::faults::{Call, Faults, unknown};
use crate::group::{self, Group, Hearers, Plan};
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
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Timers in memory. Clones are the same timers.
#[derive(Debug, Clone)]
pub struct MemoryTimers {
    shared: Arc<Shared>,
    /// The clock of the process that asks: it judges what is due.
    clock: SkewedClock,
    faults: Faults,
    group: Option<Group>,
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
            group: None,
        }
    }

    /// The same timers, which are armed with the group.
    #[must_use]
    pub fn in_group(mut self, group: &Group) -> Self {
        self.group = Some(group.clone());
        self
    }

    /// The same timers for a process with this clock.
    #[must_use]
    pub fn for_clock(&self, clock: SkewedClock) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            clock,
            faults: self.faults.clone(),
            group: self.group.clone(),
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
        owner.map_or(0, |service| lock(self.shared.armed(service)).forget(stream))
    }
}

impl Shared {
    const fn armed(&self, service: Service) -> &Mutex<Armed> {
        let [trip, driver, payment] = &self.armed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }

    const fn changed(&self, service: Service) -> &Signal {
        let [trip, driver, payment] = &self.changed;
        match service {
            Service::Trip => trip,
            Service::Driver => driver,
            Service::Payment => payment,
        }
    }
}

/// Timers that are to be armed, each with whose it is.
struct Schedule {
    shared: Arc<Shared>,
    timers: Vec<(Service, Timer)>,
    told: BTreeSet<Service>,
}

impl Plan for Schedule {
    type Answer = Result<(), PortError>;
    const HEARERS: Hearers = Hearers::Timers;

    fn write(&mut self) -> Result<(), PortError> {
        for (service, timer) in std::mem::take(&mut self.timers) {
            lock(self.shared.armed(service)).arm(timer);
        }
        Ok(())
    }

    fn tell(&self) {
        for service in &self.told {
            self.shared.changed(*service).notify();
        }
    }

    fn lose(&mut self) -> Result<(), PortError> {
        Err(unknown(Call::Schedule))
    }
}

/// Timers that are done: they are ended at once, and once more where a call before this one arms them.
struct Done {
    shared: Arc<Shared>,
    timers: Vec<Timer>,
}

impl Plan for Done {
    type Answer = ();
    const HEARERS: Hearers = Hearers::Nobody;

    fn write(&mut self) {
        for timer in &self.timers {
            if let Ok(service) = timer.service() {
                lock(self.shared.armed(service)).end(timer);
            }
        }
    }

    fn tell(&self) {}

    fn lose(&mut self) {}
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn schedule(&self, timers: Vec<Timer>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Schedule).await?;
        let owned = timers.into_iter().map(|timer| Ok((timer.service()?, timer)));
        let timers = owned.collect::<Result<Vec<_>, PortError>>()?;
        if !timers.is_empty() {
            let schedule = Schedule {
                shared: Arc::clone(&self.shared),
                told: timers.iter().map(|(service, _)| *service).collect(),
                timers,
            };
            group::write(self.group.as_ref(), schedule).await?;
        }
        strike.leave(()).await
    }

    async fn due(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Timer>, PortError> {
        let strike = self.faults.enter(Call::Due).await?;
        let attempt = || {
            let due = lock(self.shared.armed(scope.service())).due(scope.shard(), self.clock.now(), max);
            due.map_err(|due_at| self.clock.true_time(due_at))
        };
        let until = self.clock.true_time(until);
        let due = self
            .clock
            .time()
            .wait(self.shared.changed(scope.service()), until, attempt)
            .await;
        strike.leave(due.unwrap_or_default()).await
    }

    async fn done(&self, timers: &[Timer]) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Done).await?;
        let mut done = Done {
            shared: Arc::clone(&self.shared),
            timers: timers.to_vec(),
        };
        done.write();
        if let Some(group) = &self.group {
            group.hint(done);
        }
        strike.leave(()).await
    }
}
