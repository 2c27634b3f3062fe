//! Who may have whom, and what that costs: the definition that a batch is held to.
//!
//! **Who.** A driver may have a request if they are free, their latest sample lies in the area and is less than the policy's
//! limit old (or ahead), their vehicle has the seats and features, and the request does not exclude them. Of those, the
//! policy's `nearest` in the area's plane are weighed, ties by id; and of these, whoever is there within the pick-up limit.
//!
//! **For how much.** Travel to the pick-up, less what the rider's wait and the driver's idleness earn, and what an offer that
//! may be declined and a turn that must be made cost.
//!
//! No index is asked and no distance is ruled out beforehand: a search that loses somebody, or that looks less far than a
//! driver can come, finds other pairings than these. What is trusted is that the supply's list of drivers is what was told of
//! them, the geometry of [`crate::geo`], and what the market's routes say of travel.

use super::CertificateFlaw;
use crate::geo::{PlanePoint, great_circle, turn_65536};
use crate::id::DriverId;
use crate::matching::{Availability, Driver, Market, Request, RouteEstimate, Sample};
use crate::time::Timestamp;
use std::collections::BinaryHeap;

/// A driver who is free, in the area and was heard of lately.
struct Ready<'a> {
    driver: &'a Driver,
    sample: &'a Sample,
    point: PlanePoint,
    idle_since: Timestamp,
}

/// The pairings of one market.
pub(super) struct Pairings<'a, R> {
    market: &'a Market<'a, R>,
    ready: Vec<Ready<'a>>,
}

impl<'a, R: RouteEstimate> Pairings<'a, R> {
    /// Of everyone in the market's supply; refused where somebody is in it twice.
    pub(super) fn new(market: &'a Market<'a, R>) -> Result<Self, CertificateFlaw> {
        let everyone = market.supply().everyone();
        let ready: Vec<Ready<'a>> = everyone.filter_map(|driver| Ready::new(driver, market)).collect();
        let mut drivers: Vec<DriverId> = ready.iter().map(|ready| ready.driver.id()).collect();
        drivers.sort_unstable();
        let again = drivers
            .iter()
            .zip(drivers.iter().skip(1))
            .find(|(one, next)| one == next);
        match again {
            Some((driver, _)) => Err(CertificateFlaw::DriverKnownTwice(*driver)),
            None => Ok(Self { market, ready }),
        }
    }

    /// What it costs to leave a request without a driver, in milliseconds.
    pub(super) const fn unassigned_ms(&self) -> i32 {
        self.market.policy().unassigned_ms()
    }

    /// The pairings that a request may have, with their costs in milliseconds; none outside the area.
    pub(super) fn of(&self, request: &Request) -> Vec<(DriverId, i128)> {
        let Ok(pick_up) = self.market.supply().area().project(request.pick_up()) else {
            return Vec::new();
        };
        let near = self.weighed(request, pick_up);
        near.into_iter()
            .filter_map(|ready| {
                let cost_ms = self.cost_ms(request, pick_up, ready)?;
                Some((ready.driver.id(), cost_ms))
            })
            .collect()
    }

    /// The nearest of those who fit, whom the policy weighs.
    fn weighed(&self, request: &Request, pick_up: PlanePoint) -> Vec<&Ready<'a>> {
        let count = usize::from(self.market.policy().nearest());
        // The farthest of those kept so far is on top.
        let mut kept: BinaryHeap<(i64, DriverId, usize)> = BinaryHeap::with_capacity(count + 1);
        for (place, ready) in self.ready.iter().enumerate() {
            let rank = (pick_up.squared_distance(ready.point), ready.driver.id(), place);
            let is_near = kept.len() < count || kept.peek().is_none_or(|farthest| rank < *farthest);
            if is_near && ready.fits(request) {
                kept.push(rank);
                if kept.len() > count {
                    kept.pop();
                }
            }
        }
        kept.into_iter()
            .filter_map(|(_, _, place)| self.ready.get(place))
            .collect()
    }

    /// What a pairing costs, in milliseconds; `None` where the driver cannot be there in time.
    fn cost_ms(&self, request: &Request, pick_up: PlanePoint, ready: &Ready<'_>) -> Option<i128> {
        let (policy, sample) = (self.market.policy(), ready.sample);
        let distance = great_circle(sample.place(), request.pick_up());
        let routes = self.market.routes();
        let travel = i128::from(routes.travel(sample.place(), request.pick_up(), distance).get()).max(0);
        if travel > i128::from(policy.pick_up_ms_max()) {
            return None;
        }
        let earned = |since: Timestamp, share: i32, most: i32| {
            // An age beyond 64 bits is held at their limit, as ages are everywhere.
            let age = i128::from(self.market.now().ms()) - i128::from(since.ms());
            (age.clamp(0, i128::from(i64::MAX)) * i128::from(share) / 10_000).min(i128::from(most))
        };
        let (waiting, idle) = (policy.waiting(), policy.idle());
        let waited = earned(request.waiting_since(), waiting.share().get(), waiting.ms_max());
        let idled = earned(ready.idle_since, idle.share().get(), idle.ms_max());
        let refusals = 10_000 - i128::from(ready.driver.acceptance().get());
        let declined = i128::from(policy.decline_ms()) * refusals / 10_000;
        let turned = sample.heading_degrees().map_or(0, |heading| {
            i128::from(policy.turn_ms()) * i128::from(turn_65536(heading, ready.point, pick_up)) / 65_536
        });
        Some(travel - waited - idled + declined + turned)
    }
}

impl<'a> Ready<'a> {
    /// `driver`, if they are free, in the area and were heard of lately.
    fn new<R: RouteEstimate>(driver: &'a Driver, market: &Market<'_, R>) -> Option<Self> {
        let Availability::Free { since } = driver.availability() else {
            return None;
        };
        let sample = driver.sample()?;
        let stale_ms = i128::from(market.policy().stale_ms());
        let age_ms = i128::from(market.now().ms()) - i128::from(sample.at().ms());
        let is_fresh = -stale_ms < age_ms && age_ms < stale_ms;
        let point = market.supply().area().project(sample.place());
        point.ok().filter(|_| is_fresh).map(|point| Self {
            driver,
            sample,
            point,
            idle_since: since,
        })
    }

    /// Whether the vehicle is what the trip needs, and the driver one that it may be offered to.
    fn fits(&self, request: &Request) -> bool {
        let (needs, has) = (request.requirements(), self.driver.capabilities());
        has.seats() >= needs.seats()
            && needs.features().iter().all(|feature| has.features().has(feature))
            && !request.excluded().contains(&self.driver.id())
    }
}
