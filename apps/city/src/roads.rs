//! Manhattan's avenues and streets behind the platform's port.

use crate::manhattan::{Manhattan, street, traffic};
use async_trait::async_trait;
use fiacre_domain::place::Place;
use fiacre_domain::time::{CivilDateTime, TimeOfDay, Timestamp};
use fiacre_domain::units::Millis;
use fiacre_ports::{Basis, PortError, Route, RouteProvider};
use std::sync::Arc;

/// Ways along avenues and streets, at the mean speeds of their zones at that time of the day, standing where
/// [traffic] does.
#[derive(Debug, Clone)]
pub struct Roads {
    manhattan: Arc<Manhattan>,
    utc_offset: Millis,
}

impl Roads {
    /// Of `manhattan`, where civil time is ahead of UTC by `utc_offset`.
    pub const fn new(manhattan: Arc<Manhattan>, utc_offset: Millis) -> Self {
        Self {
            manhattan,
            utc_offset,
        }
    }
}

#[async_trait]
impl RouteProvider for Roads {
    async fn routes(&self, pairs: &[(Place, Place)], at: Timestamp) -> Vec<Result<Route, PortError>> {
        let civil = CivilDateTime::from_timestamp(at, self.utc_offset);
        let at = civil.map_or(TimeOfDay::MIDNIGHT, CivilDateTime::time);
        let route = |&(from, to): &(Place, Place)| {
            let drive = self.manhattan.drive(from, to, at);
            Ok(Route {
                distance: drive.distance(),
                duration: drive.duration(),
                standing: Some(traffic::standing(drive.distance(), drive.duration())),
                turns: vec![street::corner(from, to)],
                basis: Basis::Estimated,
            })
        };
        pairs.iter().map(route).collect()
    }
}
