//! Who could take one trip, and why the others could not.

use super::policy::{AgeCredit, TERM_MS_MAX};
use super::supply::{Driver, Layer};
use super::{Market, Outcome, Policy, Request, RouteEstimate, Sample, Supply, Terms, Verdict, Verdicts};
use crate::geo::{AreaError, PlanePoint, great_circle, turn_65536};
use crate::id::{DriverId, TripId};
use crate::time::Timestamp;
use crate::units::Millis;

/// A driver who could take a trip, and what that would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    driver: DriverId,
    terms: Terms,
}

impl Candidate {
    pub(super) const fn new(driver: DriverId, terms: Terms) -> Self {
        Self { driver, terms }
    }

    /// Who.
    pub const fn driver(&self) -> DriverId {
        self.driver
    }

    /// What it would cost.
    pub const fn terms(&self) -> Terms {
        self.terms
    }
}

/// Everyone who was considered for one trip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    trip: TripId,
    unassigned_ms: i32,
    able: Vec<Candidate>,
    out: Vec<Verdict>,
}

impl Candidates {
    /// For which trip.
    pub const fn trip(&self) -> TripId {
        self.trip
    }

    /// Who could take it, cheapest first, ties by id.
    pub fn able(&self) -> &[Candidate] {
        &self.able
    }

    /// Who could not, nearest first, and why.
    pub fn out(&self) -> &[Verdict] {
        &self.out
    }

    /// The verdicts if `chosen` gets the offer: first theirs, then of those who could have, then of those who could not. The
    /// trip is decided alone: others are dearer than `chosen`, or than the policy's unassigned cost where that is nobody; who was
    /// cheaper and passed over is dearer by nothing. `went_to` says which other trip of the round got a driver, if one did: they
    /// are lost to it.
    pub fn verdicts(
        &self,
        chosen: Option<Candidate>,
        went_to: impl Fn(DriverId) -> Option<TripId>,
    ) -> Verdicts {
        let decided_ms = chosen.map_or(i64::from(self.unassigned_ms), |chosen| chosen.terms.cost_ms());
        let won = chosen.map(|chosen| Verdict::new(chosen.driver, Outcome::Chosen { terms: chosen.terms }));
        let others = self
            .able
            .iter()
            .filter(|candidate| Some(candidate.driver) != chosen.map(|chosen| chosen.driver));
        let missed = others.map(|&Candidate { driver, terms }| {
            let by_ms = (terms.cost_ms() - decided_ms).max(0);
            let outcome = match went_to(driver) {
                Some(to) => Outcome::Lost { terms, to, by_ms },
                None => Outcome::Dearer { terms, by_ms },
            };
            Verdict::new(driver, outcome)
        });
        Verdicts::new(won.into_iter().chain(missed).chain(self.out.iter().copied()))
    }
}

/// Who could take the trip of `request`, and why the others near it could not.
///
/// Considered are the policy's `nearest` free drivers within reach who meet the requirements, were heard of lately and are
/// not excluded; those found nearer than the last of them but unfit; and as many busy ones.
///
/// # Errors
///
/// `AreaError::OutsideServiceArea` where the pick-up is not in the supply's area.
pub fn candidates(
    request: &Request,
    supply: &Supply,
    policy: &Policy,
    now: Timestamp,
) -> Result<Candidates, AreaError> {
    Market::new(supply, policy, now).candidates(request)
}

impl<R: RouteEstimate> Market<'_, R> {
    /// As [`candidates`], over this market's routes.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where the pick-up is not in the supply's area.
    pub fn candidates(&self, request: &Request) -> Result<Candidates, AreaError> {
        let mut search = Search::default();
        let mut able = Vec::new();
        search.run(
            self,
            request,
            |_| false,
            |slot, terms| {
                able.push(Candidate::new(self.supply().at(slot).id(), terms));
            },
        )?;
        able.sort_unstable_by_key(|candidate| (candidate.terms.cost_ms(), candidate.driver));
        search.add_busy(self, request)?;
        let out = search
            .out
            .iter()
            .map(|(_, slot, outcome)| Verdict::new(self.supply().at(*slot).id(), *outcome));
        Ok(Candidates {
            trip: request.trip(),
            unassigned_ms: self.policy().unassigned_ms(),
            able,
            out: out.collect(),
        })
    }
}

/// Looks for candidates, one request after the other in the same memory.
#[derive(Debug, Default)]
pub(super) struct Search {
    near: Vec<(i64, u32)>,
    out: Vec<(i64, u32, Outcome)>,
}

impl Search {
    /// Calls `able` for each candidate that is not `taken`, nearest first. Afterwards `out` holds, nearest first, who was
    /// nearer than the farthest candidate but could not take the trip.
    pub(super) fn run<R: RouteEstimate>(
        &mut self,
        market: &Market<'_, R>,
        request: &Request,
        taken: impl Fn(u32) -> bool,
        mut able: impl FnMut(u32, Terms),
    ) -> Result<(), AreaError> {
        let (supply, policy) = (market.supply(), market.policy());
        self.out.clear();
        let centre = supply.area().project(request.pick_up())?;
        let count = usize::from(policy.nearest());
        let out = &mut self.out;
        supply.nearest_slots(
            Layer::Free,
            centre,
            count,
            reach_squared(market),
            &mut self.near,
            |distance, slot| {
                if taken(slot) {
                    return false;
                }
                let reason = unfit(supply.at(slot), request, policy, market.now());
                out.extend(reason.map(|reason| (distance, slot, reason)));
                reason.is_none()
            },
        );
        self.keep_nearer(supply, count);
        let waiting_ms = -credit(policy.waiting(), market.now().since(request.waiting_since()));
        for &(distance, slot) in &self.near {
            match terms(market, request, centre, supply.at(slot)) {
                Ok(terms) => able(slot, Terms { waiting_ms, ..terms }),
                Err(travel_ms) => self.out.push((distance, slot, Outcome::TooFar { travel_ms })),
            }
        }
        self.sort(supply);
        Ok(())
    }

    /// Who could not take the trip, with their squared distances.
    pub(super) fn out(&self) -> &[(i64, u32, Outcome)] {
        &self.out
    }

    /// Adds the nearest busy drivers to `out`, no farther than the farthest candidate.
    pub(super) fn add_busy<R: RouteEstimate>(
        &mut self,
        market: &Market<'_, R>,
        request: &Request,
    ) -> Result<(), AreaError> {
        let supply = market.supply();
        let centre = supply.area().project(request.pick_up())?;
        let count = usize::from(market.policy().nearest());
        let farthest = self
            .near
            .get(count - 1)
            .map_or(i64::MAX, |(distance, _)| *distance);
        let reach = reach_squared(market).min(farthest);
        supply.nearest_slots(Layer::Busy, centre, count, reach, &mut self.near, |_, _| true);
        let busy = self
            .near
            .iter()
            .map(|(distance, slot)| (*distance, *slot, Outcome::Busy));
        self.out.extend(busy);
        self.sort(supply);
        Ok(())
    }

    /// The search met unfit drivers in the order of the grid's cells, some of them farther away than the last candidate:
    /// what it tells must not depend on that.
    fn keep_nearer(&mut self, supply: &Supply, count: usize) {
        if let Some(&(distance, slot)) = self.near.get(count - 1) {
            let last = (distance, supply.at(slot).id());
            self.out
                .retain(|(distance, slot, _)| (*distance, supply.at(*slot).id()) < last);
        }
    }

    fn sort(&mut self, supply: &Supply) {
        self.out
            .sort_unstable_by_key(|(distance, slot, _)| (*distance, supply.at(*slot).id()));
    }
}

/// The square of the plane distance beyond which nobody is looked for.
fn reach_squared<R: RouteEstimate>(market: &Market<'_, R>) -> i64 {
    let limit = Millis::new(i64::from(market.policy().pick_up_ms_max()));
    market
        .supply()
        .area()
        .plane_reach(market.routes().reach(limit))
        .pow(2)
}

/// Why a free driver cannot take a trip wherever they are.
fn unfit(driver: &Driver, request: &Request, policy: &Policy, now: Timestamp) -> Option<Outcome> {
    if !driver.capabilities().meet(request.requirements()) {
        return Some(Outcome::WrongCapability);
    }
    if !request.excluded().is_empty() && request.excluded().binary_search(&driver.id()).is_ok() {
        return Some(Outcome::Declined);
    }
    let age_ms = driver
        .sample()
        .map_or(i64::MAX, |sample| now.since(sample.at()).get());
    let fresh = age_ms.unsigned_abs() < u64::from(policy.stale_ms().unsigned_abs());
    (!fresh).then_some(Outcome::StaleLocation { age_ms })
}

/// All terms but the rider's wait, or the travel time that is too long.
fn terms<R: RouteEstimate>(
    market: &Market<'_, R>,
    request: &Request,
    pick_up: PlanePoint,
    driver: &Driver,
) -> Result<Terms, i64> {
    let policy = market.policy();
    let sample = driver.sample().ok_or(i64::MAX)?;
    let distance = great_circle(sample.place(), request.pick_up());
    let travel_ms = market
        .routes()
        .travel(sample.place(), request.pick_up(), distance)
        .get()
        .max(0);
    let travel_ms = match i32::try_from(travel_ms) {
        Ok(short) if short <= policy.pick_up_ms_max() => short,
        Ok(_) | Err(_) => return Err(travel_ms),
    };
    let idle_ms = driver
        .idle_since()
        .map_or(0, |since| -credit(policy.idle(), market.now().since(since)));
    Ok(Terms {
        travel_ms,
        waiting_ms: 0,
        idle_ms,
        acceptance_ms: part_of(
            policy.decline_ms(),
            10_000 - i64::from(driver.acceptance().get()),
            10_000,
        ),
        heading_ms: turn_ms(market, sample, pick_up),
    })
}

fn turn_ms<R: RouteEstimate>(market: &Market<'_, R>, sample: &Sample, pick_up: PlanePoint) -> i32 {
    let whole_ms = market.policy().turn_ms();
    let Some(heading) = sample.heading_degrees().filter(|_| whole_ms > 0) else {
        return 0;
    };
    let from = market.supply().area().project(sample.place());
    from.map_or(0, |from| {
        part_of(whole_ms, turn_65536(heading, from, pick_up), 65_536)
    })
}

/// The credit for an age; none for one below zero.
fn credit(credit: AgeCredit, age: Millis) -> i32 {
    // Beyond this age every credit that is worth anything has reached its limit.
    let age = age.get().clamp(0, i64::from(TERM_MS_MAX) * 10_000);
    let earned = age * i64::from(credit.share().get()) / 10_000;
    i32::try_from(earned).map_or(credit.ms_max(), |earned| earned.min(credit.ms_max()))
}

/// `whole_ms` × `part` / `of`, for a part between none and the whole.
fn part_of(whole_ms: i32, part: i64, of: i64) -> i32 {
    let share = i64::from(whole_ms) * part.clamp(0, of) / of;
    i32::try_from(share).unwrap_or(whole_ms)
}
