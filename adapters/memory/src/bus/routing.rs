//! Which queues take a message.

use crate::hash::Lookup;
use fiacre_domain::id::RegionId;
use fiacre_ports::{Address, EventKinds, Message, QueueName, QueueSpec};
use std::sync::Arc;

/// The bindings, and what was found out from them.
#[derive(Debug, Default)]
pub(super) struct Routing {
    /// By the number of its queue.
    specs: Vec<QueueSpec>,
    found: Lookup<(RegionId, Address), Arc<[usize]>>,
}

impl Routing {
    /// Adds a queue, or binds a known one anew; gives its number.
    pub(super) fn bind(&mut self, spec: &QueueSpec) -> usize {
        self.found.clear();
        let known = self.specs.iter().position(|known| known.name == spec.name);
        let number = known.unwrap_or(self.specs.len());
        if let Some(known) = self.specs.get_mut(number) {
            known.clone_from(spec);
        } else {
            self.specs.push(spec.clone());
        }
        number
    }

    /// Forgets what a queue is bound to.
    pub(super) fn unbind(&mut self, queue: &QueueName) {
        self.found.clear();
        for spec in self.specs.iter_mut().filter(|spec| spec.name == *queue) {
            spec.events = EventKinds::Of(&[]);
            spec.commands_of = None;
            spec.notices = false;
        }
    }

    /// Whether a queue is bound as this says.
    pub(super) fn is_bound(&self, spec: &QueueSpec) -> bool {
        self.specs.contains(spec)
    }

    /// The queues that take `message`.
    pub(super) fn queues(&mut self, message: &Message) -> Arc<[usize]> {
        let (region, address) = (message.region, message.address());
        let specs = &self.specs;
        let find = || {
            let taking = |(_, spec): &(usize, &QueueSpec)| spec.takes(region, address);
            let numbered = specs.iter().enumerate().filter(taking);
            numbered.map(|(number, _)| number).collect()
        };
        Arc::clone(self.found.get_or_insert_with((region, address), find))
    }
}
