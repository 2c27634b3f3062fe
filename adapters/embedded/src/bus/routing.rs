//! Which queues take a message.

use super::entry::Binding;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::Service;
use fiacre_ports::{Body, Message};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What decides where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Address {
    Event(&'static str),
    To(Service),
    Notice,
}

/// The bindings, and what was found out from them.
#[derive(Debug, Default)]
pub(super) struct Routing {
    /// By the number of its queue.
    bindings: BTreeMap<u16, Binding>,
    found: BTreeMap<(RegionId, Address), Arc<[u16]>>,
}

impl Routing {
    /// Binds a queue, or binds it anew.
    pub(super) fn bind(&mut self, queue: u16, binding: Binding) {
        self.found.clear();
        self.bindings.insert(queue, binding);
    }

    pub(super) fn binding(&self, queue: u16) -> Option<&Binding> {
        self.bindings.get(&queue)
    }

    /// The number of the next new queue; nothing once there are as many as can be.
    pub(super) fn next_number(&self) -> Option<u16> {
        let last = self.bindings.last_key_value();
        last.map_or(Some(0), |(last, _)| last.checked_add(1))
    }

    /// The queues that take `message`.
    pub(super) fn queues(&mut self, message: &Message) -> Arc<[u16]> {
        let address = match &message.body {
            Body::Event { event, .. } => Address::Event(event.name()),
            Body::Command { command, .. } => Address::To(command.service()),
            Body::Notice(_) => Address::Notice,
        };
        let bindings = &self.bindings;
        let found = self.found.entry((message.region, address)).or_insert_with(|| {
            let taking = bindings
                .iter()
                .filter(|(_, binding)| binding.region == message.region && takes(binding, address));
            taking.map(|(queue, _)| *queue).collect()
        });
        Arc::clone(found)
    }
}

fn takes(binding: &Binding, address: Address) -> bool {
    match address {
        Address::Event(name) => binding.events.as_ref().is_none_or(|events| events.contains(name)),
        Address::To(service) => binding.commands_of == Some(service),
        Address::Notice => binding.notices,
    }
}
