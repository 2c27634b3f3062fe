//! What the bus's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::{Bus, QueueName};
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

    /// Puts bytes into the declared queue that are no message.
    fn put_undecodable(&self, _queue: &QueueName) {
        undeclared("put_undecodable")
    }

    /// The next publish is done, but its caller is not told.
    fn lose_next_confirm(&self) {
        undeclared("lose_next_confirm")
    }
}
