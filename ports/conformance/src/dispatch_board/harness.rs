//! What the dispatch board's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::DispatchBoard;
use std::sync::Arc;

/// What only some boards and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Stop in order and start again on what was kept.
    Restart,
    /// Lose all that was kept.
    Lose,
    /// Let hours pass without waiting for them.
    LetHoursPass,
}

/// A world around a dispatch board of its own, empty at the beginning; all handles see the same searches.
pub trait DispatchBoardHarness: Harness {
    /// A handle on the board, as a process of its own would open it. Handles made before a restart are not used after it.
    fn open(&self) -> Arc<dyn DispatchBoard>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Stops the board in order.
    fn restart(&self) {
        undeclared("restart")
    }

    /// Loses all that the board kept, as a store without a backup does.
    fn lose(&self) {
        undeclared("lose")
    }
}
