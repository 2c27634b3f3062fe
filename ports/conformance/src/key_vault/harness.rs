//! What the key vault's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::KeyVault;
use std::sync::Arc;

/// What only some vaults and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Stop in order and start again on what was kept.
    Restart,
}

/// A world around a vault of its own, empty at the beginning; all handles see the same keys.
pub trait KeyVaultHarness: Harness {
    /// A handle on the vault, as a process of its own would open it. Handles made before a restart are not used after it.
    fn open(&self) -> Arc<dyn KeyVault>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Stops the vault in order.
    fn restart(&self) {
        undeclared("restart")
    }
}
