//! The reference model: the straight line, at ten metres a second.

use super::RouteProviderHarness;
use crate::reference::VirtualTime;
use crate::reference::keeps_time;
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::geo::great_circle;
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Basis, PortError, PortErrorKind, Route, RouteProvider};
use std::sync::Arc;

/// How far the model's map reaches: farther apart, no road joins two places.
const REACH_MM: i64 = 100_000_000;

/// A route provider that obviously keeps every clause.
#[derive(Debug, Default)]
pub struct Reference;

#[async_trait]
impl RouteProvider for Reference {
    async fn routes(&self, pairs: &[(Place, Place)], _at: Timestamp) -> Vec<Result<Route, PortError>> {
        let route = |&(from, to): &(Place, Place)| {
            let distance = great_circle(from, to);
            if distance.get() > REACH_MM {
                return Err(PortError::new(PortErrorKind::Invalid, "find a road"));
            }
            Ok(Route {
                distance,
                duration: Millis::new(distance.get() / 10),
                standing: Some(Millis::new(distance.get() / 30)),
                turns: Vec::new(),
                basis: Basis::Estimated,
            })
        };
        pairs.iter().map(route).collect()
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness(VirtualTime);

impl ReferenceHarness {
    /// A plane without roads.
    pub fn new() -> Self {
        Self(VirtualTime::new(AT))
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.0);

#[expect(clippy::expect_used, reason = "literals on the globe")]
fn place(latitude_e7: i32, longitude_e7: i32) -> Place {
    Place::from_e7(latitude_e7, longitude_e7).expect("a place")
}

impl RouteProviderHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn RouteProvider> {
        Arc::new(Reference)
    }

    /// Times Square, Grand Central and the Flatiron Building.
    fn places(&self) -> [Place; 3] {
        [
            place(407_580_000, -739_855_000),
            place(407_527_000, -739_772_000),
            place(407_411_000, -739_897_000),
        ]
    }

    fn nowhere(&self) -> Place {
        place(0, 0)
    }

    fn basis(&self) -> Basis {
        Basis::Estimated
    }
}
