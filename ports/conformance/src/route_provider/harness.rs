//! What the route provider's suite needs.

use crate::harness::{Harness, Support};
use fiacre_domain::place::Place;
use fiacre_ports::{Basis, RouteProvider};
use std::sync::Arc;

/// What only some route providers and their harnesses can do: nothing so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {}

/// A world around a route provider.
pub trait RouteProviderHarness: Harness {
    /// A handle on the provider.
    fn open(&self) -> Arc<dyn RouteProvider>;

    /// Three places on its map that roads join, each 0.5 to 20 km from the others, no two pairs equally far.
    fn places(&self) -> [Place; 3];

    /// A place thousands of kilometres off its map.
    fn nowhere(&self) -> Place;

    /// What its ways stand on.
    fn basis(&self) -> Basis;

    /// Whether this world can do `capability`; there is none yet, so the default matches them all.
    fn support(&self, capability: Capability) -> Support {
        match capability {}
    }
}
