//! What a matching decision looks at: who is there, how they are weighed, when, and over which roads.

use super::{Policy, RouteEstimate, StraightLine, Supply};
use crate::time::Timestamp;

/// The arguments of a matching decision that are the same for all its requests. Equal markets and requests give equal
/// decisions, whatever order anything came in.
#[derive(Debug)]
pub struct Market<'a, R = StraightLine> {
    supply: &'a Supply,
    policy: &'a Policy,
    now: Timestamp,
    routes: &'a R,
}

impl<R> Clone for Market<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Market<'_, R> {}

impl<'a> Market<'a> {
    /// With the policy's own estimate of travel times.
    pub const fn new(supply: &'a Supply, policy: &'a Policy, now: Timestamp) -> Self {
        Self {
            supply,
            policy,
            now,
            routes: policy.route(),
        }
    }
}

impl<'a, R: RouteEstimate> Market<'a, R> {
    /// With travel times from elsewhere.
    pub const fn with_routes<S: RouteEstimate>(self, routes: &'a S) -> Market<'a, S> {
        Market {
            supply: self.supply,
            policy: self.policy,
            now: self.now,
            routes,
        }
    }

    /// The drivers.
    pub const fn supply(&self) -> &'a Supply {
        self.supply
    }

    /// How they are weighed.
    pub const fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The time of the decision.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The estimate of travel times.
    pub const fn routes(&self) -> &'a R {
        self.routes
    }
}
