//! Runs the processes: begins anew what dies, and knows what stands still.

use crate::machines::Machines;
use crate::part::Part;
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_domain::time::Timestamp;
use fiacre_memory::{Executor, RunError, Step, TaskId};
use fiacre_ports::QueueSpec;
use fiacre_sandbox_payments::deliver_notices;
use fiacre_services::composition::{Composition, Ground, Role};
use fiacre_services::process::{Process, Turn, run};
use fiacre_services::reactor::ServicePorts;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// Carries the company's notices, and may die like everyone.
struct Messenger {
    machines: Arc<Machines>,
    region: RegionId,
}

#[async_trait]
impl Process for Messenger {
    fn name(&self) -> &'static str {
        "notices"
    }

    async fn turn(&mut self, _: Timestamp) -> Turn {
        let ServicePorts { bus, clock, .. } = self.machines.service(Service::Payment);
        deliver_notices(Arc::clone(&self.machines.company), bus, clock, self.region).await;
        Turn::Closed
    }
}

/// The processes of a platform.
pub(crate) struct Machinery {
    pub(crate) executor: Executor,
    machines: Arc<Machines>,
    queues: Vec<QueueSpec>,
    roles: Vec<Arc<Role>>,
    lives: BTreeMap<TaskId, Arc<Role>>,
    stopped: BTreeSet<Part>,
    deaths: u64,
}

impl Machinery {
    /// Every role of `composition`, not begun yet.
    pub(crate) fn new(executor: Executor, machines: Arc<Machines>, composition: &Composition) -> Self {
        let region = composition.fleet.region();
        let messenger = Arc::clone(&machines);
        let notices = Role::new("notices", move || Messenger {
            machines: Arc::clone(&messenger),
            region,
        });
        let roles = composition.roles(&machines).into_iter().chain([notices]);
        Self {
            executor,
            queues: composition.queues(&*machines),
            roles: roles.map(Arc::new).collect(),
            machines,
            lives: BTreeMap::new(),
            stopped: BTreeSet::new(),
            deaths: 0,
        }
    }

    pub(crate) fn queues(&self) -> &[QueueSpec] {
        &self.queues
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.executor.time().now()
    }

    pub(crate) const fn deaths(&self) -> u64 {
        self.deaths
    }

    pub(crate) fn begin_all(&mut self) {
        for role in self.roles.clone() {
            self.begin(role);
        }
    }

    fn begin(&mut self, role: Arc<Role>) {
        let task = self.executor.spawn(role.name().to_owned(), run(role.begin()));
        self.lives.insert(task, role);
    }

    /// Ends a part's processes where they wait.
    pub(crate) fn stop(&mut self, part: Part) {
        let is_of_part = |life: &(&TaskId, &Arc<Role>)| Part::of(life.1.name()) == Some(part);
        let tasks: Vec<TaskId> = self
            .lives
            .iter()
            .filter(is_of_part)
            .map(|(task, _)| *task)
            .collect();
        for task in tasks {
            self.executor.crash(task);
            self.lives.remove(&task);
            self.deaths += 1;
        }
        self.stopped.insert(part);
    }

    /// Ends one of a part's processes where it waits, by the order in which they were begun; whether there was one.
    pub(crate) fn remove(&mut self, part: Part, number: usize) -> bool {
        let mut of_part = self
            .lives
            .iter()
            .filter(|(_, role)| Part::of(role.name()) == Some(part));
        let Some(task) = of_part.nth(number).map(|(task, _)| *task) else {
            return false;
        };
        self.executor.crash(task);
        self.lives.remove(&task);
        self.deaths += 1;
        true
    }

    /// Begins a part's processes that were stopped.
    pub(crate) fn start(&mut self, part: Part) {
        if self.stopped.remove(&part) {
            let roles = self.roles.clone().into_iter();
            for role in roles.filter(|role| Part::of(role.name()) == Some(part)) {
                self.begin(role);
            }
        }
    }

    pub(crate) fn is_stopped(&self, part: Part) -> bool {
        self.stopped.contains(&part)
    }

    /// Does the next thing that happens until `until`; what a fault kills is begun anew at once.
    pub(crate) fn step_until(&mut self, until: Timestamp) -> Result<Step, RunError> {
        let step = self.executor.step_until(until)?;
        if self.machines.faults.take_crash().is_some()
            && let Step::Polled(task) = step
        {
            self.executor.crash(task);
            self.deaths += 1;
            if let Some(role) = self.lives.remove(&task) {
                self.begin(role);
            }
        }
        Ok(step)
    }

    /// Whether nothing is on its way but to parts that stand still: see [`run_until_idle`].
    ///
    /// [`run_until_idle`]: crate::Platform::run_until_idle
    pub(crate) fn is_quiet(&self) -> bool {
        self.waiting_messages().next().is_none()
            && self.unpublished().next().is_none()
            && (self.is_stopped(Part::Notices)
                || self
                    .machines
                    .company
                    .next_notice_at()
                    .is_none_or(|at| at > self.now()))
    }

    /// The queues of parts that run which hold messages, with how many.
    fn waiting_messages(&self) -> impl Iterator<Item = (&QueueSpec, usize)> {
        let runs =
            |queue: &&QueueSpec| Part::of(queue.name.as_str()).is_none_or(|part| !self.is_stopped(part));
        let queues = self.queues.iter().filter(runs);
        let counted = queues.map(|queue| {
            let depth = self.machines.bus.depth(&queue.name);
            (queue, depth.ready + depth.delayed + depth.unsettled)
        });
        counted.filter(|(_, count)| *count > 0)
    }

    /// The services that run and have commits to publish, with how many.
    fn unpublished(&self) -> impl Iterator<Item = (Service, usize)> {
        let services = Service::ALL.into_iter();
        let running = services.filter(|service| !self.is_stopped(Part::that_relays(*service)));
        let counted = running.map(|service| (service, self.machines.store.unpublished(service)));
        counted.filter(|(_, count)| *count > 0)
    }

    /// What is on its way, for whoever waited for it in vain.
    pub(crate) fn describe_work(&self) -> String {
        let mut text = String::new();
        for (queue, count) in self.waiting_messages() {
            let _always_written = writeln!(text, "  {count} messages in {}", queue.name);
        }
        for (service, count) in self.unpublished() {
            let _always_written = writeln!(text, "  {count} commits of {} to be published", service.name());
        }
        if text.is_empty() {
            text.push_str("  the matcher, which a fault keeps from it\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platform;

    #[test]
    fn every_process_and_every_queue_belongs_to_a_part() {
        let platform = Platform::in_memory().start();
        let machinery = &platform.machinery;
        let roles = machinery.roles.iter().map(|role| role.name().to_owned());
        let queues = machinery.queues().iter().map(|queue| queue.name.to_string());
        for name in roles.chain(queues) {
            assert!(Part::of(&name).is_some(), "{name}");
        }
        for part in Part::ALL {
            let plays = |role: &Arc<Role>| Part::of(role.name()) == Some(part);
            assert!(machinery.roles.iter().any(plays), "{part:?}");
        }
    }
}
