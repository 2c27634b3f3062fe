//! The suite of [`IdSource`].

pub mod broken;
mod checks;
pub mod reference;

use crate::harness::{Harness, Support};
use fiacre_ports::IdSource;
use std::sync::Arc;

/// What only some sources and their harnesses can do: nothing so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {}

/// A world of processes that make identities.
pub trait IdSourceHarness: Harness {
    /// Another source, as another process would have it.
    fn open(&self) -> Arc<dyn IdSource>;

    /// Whether this world can do `capability`; there is none yet, so the default matches them all.
    fn support(&self, capability: Capability) -> Support {
        match capability {}
    }
}

crate::clause::clauses! {
    $ id_source_suite for "a source of identities" in id_source over IdSourceHarness;

    NeverTwice id_01_never_twice by checks::never_twice:
        "make no identity twice, from any source";
    LaterIsGreater id_02_later_is_greater by checks::later_is_greater:
        "make greater identities later, by the millisecond, so that lists in their order are lists in time";
    LayoutIsVersion7 id_03_layout_is_version_7 by checks::layout_is_version_7:
        "lay them out as UUIDs of version 7 (RFC 9562), with the milliseconds of its clock";
}
