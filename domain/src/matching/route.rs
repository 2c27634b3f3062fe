//! How long a driver needs to a pick-up.

use crate::place::Place;
use crate::units::{BasisPoints, Millimetres, Millis};

/// An estimate of travel time. An embedder brings measured times (a table from a routing engine, fetched before the batch);
/// without one, a [`Policy`](super::Policy) has its own [`StraightLine`].
///
/// The same arguments must give the same answer for as long as a batch and its certificate are in use.
pub trait RouteEstimate {
    /// From a driver's place to a pick-up, `distance` apart by great circle. A negative time counts as none.
    fn travel(&self, from: Place, to: Place, distance: Millimetres) -> Millis;

    /// A great-circle distance that cannot be covered within `limit`, beyond which no driver is looked for.
    fn reach(&self, limit: Millis) -> Millimetres;
}

/// Great-circle distance × a road factor, at one speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StraightLine {
    road_factor: BasisPoints,
    speed_mm_per_s: u32,
}

impl StraightLine {
    /// 1.4 × the great circle (a grid of streets averages 4/π = 1.27, one-way streets and rivers add to it) at 5 m/s, the
    /// order of a taxi's mean speed in Manhattan by day.
    pub const CITY: Self = Self {
        road_factor: BasisPoints::new(14_000),
        speed_mm_per_s: 5_000,
    };

    /// `None` for a road factor below 1 or no speed.
    pub const fn new(road_factor: BasisPoints, speed_mm_per_s: u32) -> Option<Self> {
        if road_factor.get() < BasisPoints::ONE.get() || speed_mm_per_s == 0 {
            return None;
        }
        Some(Self {
            road_factor,
            speed_mm_per_s,
        })
    }

    /// By how much a road is longer than the great circle.
    pub const fn road_factor(&self) -> BasisPoints {
        self.road_factor
    }

    /// The speed, in millimetres per second.
    pub const fn speed_mm_per_s(&self) -> u32 {
        self.speed_mm_per_s
    }
}

impl RouteEstimate for StraightLine {
    fn travel(&self, _from: Place, _to: Place, distance: Millimetres) -> Millis {
        // Only a road factor beyond all roads reaches the limit, which no pick-up limit does.
        let road = distance
            .get()
            .max(0)
            .saturating_mul(i64::from(self.road_factor.get()));
        // mm × bp ÷ (mm/s) × 1,000 ms/s ÷ 10,000 bp.
        Millis::new(road / (10 * i64::from(self.speed_mm_per_s)))
    }

    fn reach(&self, limit: Millis) -> Millimetres {
        let tenfold = limit.get().max(0).saturating_add(1).saturating_mul(10);
        let road = tenfold.saturating_mul(i64::from(self.speed_mm_per_s));
        Millimetres::new(road / i64::from(self.road_factor.get()) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_reach_arrives_in_time() {
        let here = Place::from_e7(0, 0).unwrap();
        for (factor, speed) in [(10_000, 1), (14_000, 5_000), (i32::MAX, u32::MAX)] {
            let line = StraightLine::new(BasisPoints::new(factor), speed).unwrap();
            for limit in [0, 1, 600_000, 86_400_000] {
                let reach = line.reach(Millis::new(limit));
                let beyond = Millimetres::new(reach.get() + 1);
                assert!(
                    line.travel(here, here, beyond).get() > limit,
                    "{factor} {speed} {limit}"
                );
            }
        }
        assert_eq!(
            StraightLine::CITY
                .travel(here, here, Millimetres::new(5_000))
                .get(),
            1_400
        );
    }

    #[test]
    fn a_road_is_never_shorter_than_the_great_circle() {
        assert_eq!(StraightLine::new(BasisPoints::new(9_999), 1), None);
        assert_eq!(StraightLine::new(BasisPoints::ONE, 0), None);
        let line = StraightLine::CITY;
        assert_eq!(line.reach(Millis::new(i64::MIN)).get(), 50_000 / 14_000 + 1);
        assert!(line.reach(Millis::MAX).get() > 0);
    }
}
