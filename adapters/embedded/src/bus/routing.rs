//! Which queues take a message.

use super::entry::Binding;
use fiacre_domain::id::RegionId;
use fiacre_ports::{Address, EventKind, Message};
use std::collections::BTreeMap;
use std::sync::Arc;

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
        let address = message.address();
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

/// Whether a binding whose names came from disk takes what is for `address`.
fn takes(binding: &Binding, address: Address) -> bool {
    let events = binding.events.as_ref();
    let wants = |kind: EventKind| events.is_none_or(|events| events.contains(kind.name()));
    address.is_taken(wants, binding.commands_of, binding.notices)
}
