//! The suite of [`Clock`].

pub mod broken;
mod checks;
pub mod reference;

use crate::harness::{Harness, Support};
use fiacre_ports::Clock;
use std::sync::Arc;

/// What only some clocks and their harnesses can do: nothing so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {}

/// A world that a clock shows the time of.
pub trait ClockHarness: Harness {
    /// The clock.
    fn open(&self) -> Arc<dyn Clock>;

    /// Whether this world can do `capability`; there is none yet, so the default matches them all.
    fn support(&self, capability: Capability) -> Support {
        match capability {}
    }
}

crate::clause::clauses! {
    $ clock_suite for "a clock" in clock over ClockHarness;

    WaitsUntil ck_01_waits_until by checks::waits_until:
        "return from waiting once it shows the time, and not before";
    PastIsNow ck_02_past_is_now by checks::past_is_now:
        "return at once from waiting for a time that has come";
    GoesOn ck_03_goes_on by checks::goes_on:
        "show the time that goes by";
}
