//! Which queues take a message.

use crate::hash::Lookup;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_ports::{Body, EventKind, EventKinds, Message, QueueSpec};
use std::sync::Arc;

/// What decides where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Address {
    Event(EventKind),
    To(ServiceNumber),
    Notice,
}

/// A service, in a form that hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ServiceNumber(u8);

impl From<Service> for ServiceNumber {
    fn from(service: Service) -> Self {
        Self(service as u8)
    }
}

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

    /// The queues that take `message`.
    pub(super) fn queues(&mut self, message: &Message) -> Arc<[usize]> {
        let address = match &message.body {
            Body::Event { event, .. } => Address::Event(EventKind::of(event)),
            Body::Command { command, .. } => Address::To(command.service().into()),
            Body::Notice(_) => Address::Notice,
        };
        let specs = &self.specs;
        let find = || {
            let taking =
                |(_, spec): &(usize, &QueueSpec)| spec.region == message.region && takes(spec, address);
            let numbered = specs.iter().enumerate().filter(taking);
            numbered.map(|(number, _)| number).collect()
        };
        Arc::clone(self.found.get_or_insert_with((message.region, address), find))
    }
}

fn takes(spec: &QueueSpec, address: Address) -> bool {
    match address {
        Address::Event(kind) => match spec.events {
            EventKinds::All => true,
            EventKinds::Of(kinds) => kinds.contains(&kind),
        },
        Address::To(service) => spec.commands_of.map(ServiceNumber::from) == Some(service),
        Address::Notice => spec.notices,
    }
}
