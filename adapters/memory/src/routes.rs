//! Ways by road, estimated from the straight line.

use crate::faults::{Call, Faults, unavailable};
use async_trait::async_trait;
use fiacre_domain::geo::great_circle;
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{BasisPoints, Millimetres, Millis};
use fiacre_ports::{Basis, PortError, Route, RouteProvider};
use std::error::Error;
use std::fmt;

/// How much longer a way by road is than the straight line: the mean of 1.417 over 66,644 pairs of places in the United
/// States (Boscoe, Henry, Zdeb, "A Nationwide Comparison of Driving Distance Versus Straight-Line Distance to Hospitals",
/// The Professional Geographer 64, 2012).
pub const ROAD_FACTOR: BasisPoints = BasisPoints::new(14_170);

/// An assumption: 20 km/h door to door, a busy city by day.
pub const SPEED_MM_PER_S: u32 = 5_556;

/// Why an estimate could not be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutesError {
    /// A road is never shorter than the straight line.
    RoadFactorBelowOne,
    /// Nobody ever arrives.
    SpeedIsZero,
}

impl RoutesError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RoadFactorBelowOne => "routes_road_factor_below_one",
            Self::SpeedIsZero => "routes_speed_is_zero",
        }
    }
}

impl fmt::Display for RoutesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RoadFactorBelowOne => "failed to set up routes: the road factor must be at least 10,000 bp",
            Self::SpeedIsZero => "failed to set up routes: the speed must be above 0 mm/s",
        })
    }
}

impl Error for RoutesError {}

/// Routes from the great circle, a road factor and a speed; rounded up to whole millimetres and milliseconds.
///
/// ```
/// use fiacre_domain::{place::Place, time::Timestamp, units::BasisPoints};
/// use fiacre_memory::{EstimatedRoutes, Executor, VirtualTime};
/// use fiacre_ports::{Basis, RouteProvider};
/// let routes = EstimatedRoutes::new(BasisPoints::new(13_000), 10_000)?;
/// let pair = (Place::from_e7(407_580_000, -739_855_000)?, Place::from_e7(406_413_000, -737_781_000)?);
/// let now = Timestamp::from_ms(0);
/// let found = Executor::fifo(VirtualTime::starting_at(now)).block_on(routes.routes(&[pair], now))?;
/// let route = found.into_iter().next().unwrap()?;
/// assert_eq!((route.distance.get(), route.duration.get()), (28_305_428, 2_830_543));
/// assert_eq!(route.basis, Basis::Estimated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct EstimatedRoutes {
    road_factor: BasisPoints,
    speed_mm_per_s: u32,
    faults: Faults,
}

impl Default for EstimatedRoutes {
    /// [`ROAD_FACTOR`] and [`SPEED_MM_PER_S`].
    fn default() -> Self {
        Self {
            road_factor: ROAD_FACTOR,
            speed_mm_per_s: SPEED_MM_PER_S,
            faults: Faults::none(),
        }
    }
}

impl EstimatedRoutes {
    /// With a road factor of at least 10,000 bp and a speed above 0 mm/s.
    ///
    /// # Errors
    ///
    /// `RoutesError::RoadFactorBelowOne` and `RoutesError::SpeedIsZero` for what is less.
    pub fn new(road_factor: BasisPoints, speed_mm_per_s: u32) -> Result<Self, RoutesError> {
        if road_factor < BasisPoints::ONE {
            return Err(RoutesError::RoadFactorBelowOne);
        }
        if speed_mm_per_s == 0 {
            return Err(RoutesError::SpeedIsZero);
        }
        Ok(Self {
            road_factor,
            speed_mm_per_s,
            faults: Faults::none(),
        })
    }

    /// The same routes, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// The way from `from` to `to`.
    pub fn route(&self, from: Place, to: Place) -> Route {
        let straight_mm = u128::from(great_circle(from, to).get().unsigned_abs());
        let factor_bps = u128::from(self.road_factor.get().unsigned_abs());
        let distance_mm = (straight_mm * factor_bps).div_ceil(10_000);
        let duration_ms = (distance_mm * 1_000).div_ceil(u128::from(self.speed_mm_per_s));
        Route {
            distance: i64::try_from(distance_mm).map_or(Millimetres::MAX, Millimetres::new),
            duration: i64::try_from(duration_ms).map_or(Millis::MAX, Millis::new),
            standing: None,
            turns: Vec::new(),
            basis: Basis::Estimated,
        }
    }
}

#[async_trait]
impl RouteProvider for EstimatedRoutes {
    async fn routes(&self, pairs: &[(Place, Place)], _at: Timestamp) -> Vec<Result<Route, PortError>> {
        let Ok(strike) = self.faults.enter(Call::Routes).await else {
            return pairs.iter().map(|_| Err(unavailable(Call::Routes))).collect();
        };
        let routes = pairs.iter().map(|&(from, to)| Ok(self.route(from, to))).collect();
        strike
            .leave(routes)
            .await
            .unwrap_or_else(|_| pairs.iter().map(|_| Err(unavailable(Call::Routes))).collect())
    }
}
