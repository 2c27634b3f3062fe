//! The best driver for one request, and requests taken one after the other.

use super::candidate::Search;
use super::{Candidate, Market, Pair, Policy, Request, RouteEstimate, Supply};
use crate::geo::AreaError;
use crate::time::Timestamp;

/// The candidate that costs least for one request, ties by id; `None` where nobody costs less than staying unassigned.
/// [`AreaError::OutsideServiceArea`] where the pick-up is not in the supply's area.
///
/// # Errors
///
/// `AreaError::OutsideServiceArea` where the pick-up is not in the supply's area.
pub fn nearest(
    request: &Request,
    supply: &Supply,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Candidate>, AreaError> {
    Market::new(supply, policy, now).nearest(request)
}

/// What first come, first served does: each request, in order of its wait (ties by trip), takes the cheapest driver that is
/// left, if one costs less than staying unassigned. The yardstick for [`assign`](super::assign). Of requests for the
/// same trip one counts; a pick-up outside the area gets nobody.
pub fn greedy(requests: &[Request], supply: &Supply, policy: &Policy, now: Timestamp) -> Vec<Pair> {
    Market::new(supply, policy, now).greedy(requests)
}

impl<R: RouteEstimate> Market<'_, R> {
    /// As [`nearest`], over this market's routes.
    ///
    /// # Errors
    ///
    /// `AreaError::OutsideServiceArea` where the pick-up is not in the supply's area.
    pub fn nearest(&self, request: &Request) -> Result<Option<Candidate>, AreaError> {
        let best = self.cheapest(&mut Search::default(), request, &[])?;
        Ok(best.map(|(_, candidate)| candidate))
    }

    /// As [`greedy`], over this market's routes.
    pub fn greedy(&self, requests: &[Request]) -> Vec<Pair> {
        let mut queue = Request::one_a_trip(requests);
        queue.sort_by_key(|request| request.waiting_since());
        let mut search = Search::default();
        let mut taken = vec![false; self.supply().slot_count()];
        let mut pairs: Vec<Pair> = Vec::new();
        for request in queue {
            if let Ok(Some((slot, candidate))) = self.cheapest(&mut search, request, &taken) {
                taken[slot as usize] = true;
                pairs.push(Pair::new(request.trip(), candidate));
            }
        }
        pairs
    }

    fn cheapest(
        &self,
        search: &mut Search,
        request: &Request,
        taken: &[bool],
    ) -> Result<Option<(u32, Candidate)>, AreaError> {
        let mut best: Option<(u32, Candidate)> = None;
        let is_taken = |slot: u32| taken.get(slot as usize).copied().unwrap_or(false);
        search.run(self, request, is_taken, |slot, terms| {
            let candidate = Candidate::new(self.supply().at(slot).id(), terms);
            let rank = |candidate: &Candidate| (candidate.terms().cost_ms(), candidate.driver());
            let useful = terms.cost_ms() < i64::from(self.policy().unassigned_ms());
            if useful
                && best
                    .as_ref()
                    .is_none_or(|(_, best)| rank(&candidate) < rank(best))
            {
                best = Some((slot, candidate));
            }
        })?;
        Ok(best)
    }
}
