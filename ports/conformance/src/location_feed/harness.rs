//! What the location feed's suite needs.

use crate::harness::{Harness, Support};
use fiacre_ports::LocationFeed;
use std::sync::Arc;

/// What only some location feeds and their harnesses can do: nothing so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {}

/// A world around a location feed of its own, without samples at the beginning.
pub trait LocationFeedHarness: Harness {
    /// A handle on the feed, as a process of its own would open it.
    fn open(&self) -> Arc<dyn LocationFeed>;

    /// Whether this world can do `capability`; there is none yet, so the default matches them all.
    fn support(&self, capability: Capability) -> Support {
        match capability {}
    }
}
