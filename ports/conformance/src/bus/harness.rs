//! What the bus's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::{Bus, Message, QueueName, RawMessage};
use std::sync::Arc;

/// What only some buses and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Die without warning, all consumers with it, and start again on what was kept.
    Crash,
    /// Cut the connection under living consumers, which build it anew.
    Cut,
    /// Put bytes into a queue that nobody can decode.
    Undecodable,
    /// Put a message into a queue as a newer release writes it, and upgrade this one.
    Newer,
    /// Make a message that the bus can never take.
    Refuse,
    /// Lose the confirmation of messages that were taken.
    LoseConfirm,
}

/// A world around a bus of its own, or around regions of its own (see [`Harness::salt`]) on a shared one.
pub trait BusHarness: Harness {
    /// A handle on the bus, as a process of its own would open it. Handles and consumers made before a crash are not used
    /// after it.
    fn open(&self) -> Arc<dyn Bus>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Kills the bus and whoever uses it: what it has not made durable is gone.
    fn crash(&self) {
        undeclared("crash")
    }

    /// Cuts every connection; handles and consumers live and build theirs anew.
    fn cut(&self) {
        undeclared("cut")
    }

    /// Puts bytes with these headers into the declared queue, which are no message.
    fn put_undecodable(&self, _queue: &QueueName, _raw: &RawMessage) {
        undeclared("put_undecodable")
    }

    /// Puts a message into the declared queue as a newer release would write it: this one cannot read it.
    fn put_newer(&self, _queue: &QueueName, _message: Message) {
        undeclared("put_newer")
    }

    /// From now on this release reads what the newer one wrote, also through handles and consumers that are there.
    fn upgrade(&self) {
        undeclared("upgrade")
    }

    /// Makes a message of this one that the bus can never take, with the same identity and region: one too big for it, say.
    fn unpublishable(&self, _message: Message) -> Message {
        undeclared("unpublishable")
    }

    /// The next publish is done, but its caller is not told.
    fn lose_next_confirm(&self) {
        undeclared("lose_next_confirm")
    }
}
