//! What the event store's suite needs.

use crate::harness::{Harness, Support, undeclared};
use fiacre_ports::{EventStore, PortErrorKind, Ticket};
use std::sync::Arc;

/// What only some event stores and their harnesses can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Stop in order and start again on what was kept.
    Restart,
    /// Die without warning and start again on what was kept.
    Crash,
    /// Keep an append in flight: its place may be taken, but it has not landed.
    HoldAppend,
    /// Lose the answer of an append that was done.
    LoseAnswer,
    /// Make the store forget its snapshots.
    ForgetSnapshots,
    /// Make a stored commit unreadable, and readable again.
    Unreadable,
}

/// Why a commit cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unreadable {
    /// A newer release wrote it: its version is beyond what this one reads.
    Newer,
    /// Its bytes are not what was written.
    Damaged,
}

impl Unreadable {
    /// What an adapter must say of it.
    pub const fn kind(self) -> PortErrorKind {
        match self {
            Self::Newer => PortErrorKind::Newer,
            Self::Damaged => PortErrorKind::Damaged,
        }
    }
}

/// A world around an event store of its own: nobody else writes to it, and it is empty at the beginning.
pub trait EventStoreHarness: Harness {
    /// A handle on the store, as a process of its own would open it; all handles see the same streams. Handles made before
    /// a restart or a crash are not used after it.
    fn open(&self) -> Arc<dyn EventStore>;

    /// Whether this world can do `capability`. Match without `_`, so that a new one is decided and not overlooked.
    fn support(&self, capability: Capability) -> Support;

    /// Stops the store in order.
    fn restart(&self) {
        undeclared("restart")
    }

    /// Kills the store: what it has not made durable is gone.
    fn crash(&self) {
        undeclared("crash")
    }

    /// Keeps the next append from landing until [`release_append`](Self::release_append); its future stays pending. Called
    /// outside the runtime.
    fn hold_next_append(&self) {
        undeclared("hold_next_append")
    }

    /// Lets the held append land. Called within the runtime: it must not block.
    fn release_append(&self) {
        undeclared("release_append")
    }

    /// The next append is done, but its caller is not told.
    fn lose_next_answer(&self) {
        undeclared("lose_next_answer")
    }

    /// Makes the store forget its snapshots.
    fn forget_snapshots(&self) {
        undeclared("forget_snapshots")
    }

    /// Makes a stored commit unreadable: rewrites its record, behind the store's back.
    fn make_unreadable(&self, _commit: Ticket, _how: Unreadable) {
        undeclared("make_unreadable")
    }

    /// Makes it readable again, as an upgrade or a restore does.
    fn make_readable(&self, _commit: Ticket) {
        undeclared("make_readable")
    }
}
