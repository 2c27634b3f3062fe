//! What the trip views' suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::TripViews;
use std::sync::Arc;

/// What only some keepers of views and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Stop in order and start again on what was kept.
    Restart,
}

/// A world around trip views of its own, empty at the beginning; all handles see the same rows.
pub trait TripViewsHarness: Harness {
    /// A handle on the views, as a process of its own would open it. Handles made before a restart are not used after it.
    fn open(&self) -> Arc<dyn TripViews>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Stops the views in order.
    fn restart(&self) {
        undeclared("restart")
    }
}
