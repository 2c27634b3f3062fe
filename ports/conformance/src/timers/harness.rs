//! What the timers' suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::Timers;
use std::sync::Arc;

/// What only some keepers of timers and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Stop in order and start again on what was kept.
    Restart,
    /// Die without warning and start again on what was kept.
    Crash,
}

/// A world around timers of its own, empty at the beginning.
pub trait TimersHarness: Harness {
    /// A handle on the timers, as a process of its own would open it. Handles made before a restart or a crash are not
    /// used after it.
    fn open(&self) -> Arc<dyn Timers>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Stops the timers in order.
    fn restart(&self) {
        undeclared("restart")
    }

    /// Kills the timers: what they have not made durable is gone.
    fn crash(&self) {
        undeclared("crash")
    }
}
