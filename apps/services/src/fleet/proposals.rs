//! From a batch to offers.

use super::{Fleet, Matching};
use crate::writer::{Job, Outcome};
use fiacre_domain::dispatch::{Command as DispatchCommand, Proposal};
use fiacre_domain::matching::{Market, Pair, Request, Verdicts};
use fiacre_domain::place::Place;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::Cause;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::RouteProvider;
use std::collections::BTreeMap;

impl Fleet {
    /// Joins what waits with who is free, and makes the offers. An offer that loses its race is made to nobody: the search
    /// is loaded again at the next tick.
    pub(super) async fn propose(&mut self, now: Timestamp) {
        let requests = self.picture.requests();
        if requests.is_empty() {
            return;
        }
        let joined = self.join(&requests, now);
        let ways = self.ways(&joined);
        let travels = travels(&*self.ports.routes, &joined, ways, now).await;
        let jobs: Vec<Job> = joined
            .iter()
            .zip(travels)
            .filter_map(|((pair, verdicts), travel)| self.job(pair, verdicts, travel, now))
            .collect();
        let asked: Vec<_> = joined
            .iter()
            .map(|(pair, _)| (pair.trip(), pair.driver()))
            .collect();
        let outcomes = self.writer.run(jobs).await;
        for ((trip, driver), outcome) in asked.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Committed(_) => self.picture.ask_also(trip, driver, now),
                Outcome::Duplicate
                | Outcome::Nothing
                | Outcome::Refused(_)
                | Outcome::Unavailable(_)
                | Outcome::Failed(_) => self.picture.doubt_search(trip, None),
            }
        }
    }

    fn join(&mut self, requests: &[Request], now: Timestamp) -> Vec<(Pair, Verdicts)> {
        let market = Market::new(self.picture.supply(), self.config.policy(), now);
        match self.config.matching() {
            Matching::Batch => {
                let batch = self.matcher.assign(requests, &market);
                self.ports.service.observer.matched(requests, &market, &batch);
                let explainer = batch.explainer();
                batch
                    .pairs()
                    .iter()
                    .map(|pair| (*pair, explainer.explain(pair.trip()).compact()))
                    .collect()
            }
            Matching::Greedy => {
                let by_trip: BTreeMap<_, _> =
                    requests.iter().map(|request| (request.trip(), request)).collect();
                let pairs = market.greedy(requests);
                let went_to: BTreeMap<_, _> = pairs.iter().map(|pair| (pair.driver(), pair.trip())).collect();
                let verdicts = |pair: &Pair| {
                    let request = by_trip.get(&pair.trip())?;
                    let candidates = market.candidates(request).ok()?;
                    Some(candidates.verdicts(Some(pair.candidate()), |driver| went_to.get(&driver).copied()))
                };
                pairs
                    .iter()
                    .map(|pair| (*pair, verdicts(pair).unwrap_or_default()))
                    .collect()
            }
        }
    }

    /// Each driver's way to the pick-up, where both places are known.
    fn ways(&self, joined: &[(Pair, Verdicts)]) -> Vec<Option<(Place, Place)>> {
        let way = |pair: &Pair| {
            let driver = self.picture.supply().driver(pair.driver())?;
            let from = driver.sample()?.place();
            let to = self.picture.waiting(pair.trip())?.brief.plan.pick_up.known()?;
            Some((from, to))
        };
        joined.iter().map(|(pair, _)| way(pair)).collect()
    }

    fn job(&self, pair: &Pair, verdicts: &Verdicts, travel: Millis, now: Timestamp) -> Option<Job> {
        let waiting = self.picture.waiting(pair.trip())?;
        let proposal = Proposal {
            round: waiting.round,
            driver: pair.driver(),
            wave: waiting.wave,
            expires_at: now.plus(self.config.offer_expiry()),
            promised_pick_up_at: now.plus(travel),
            plan_revision: waiting.brief.plan_revision,
            terms: pair.terms(),
            verdicts: verdicts.clone(),
        };
        let command = Command::Dispatch(pair.trip(), DispatchCommand::Propose(proposal));
        let cause = Cause::Command(self.ports.ids.command_id());
        Some(Job::new(
            cause,
            self.config.region(),
            waiting.trace.clone(),
            command,
        ))
    }
}

/// How long each driver takes to the pick-up: by road where that is known, else as the batch weighed it.
async fn travels(
    routes: &dyn RouteProvider,
    joined: &[(Pair, Verdicts)],
    ways: Vec<Option<(Place, Place)>>,
    now: Timestamp,
) -> Vec<Millis> {
    let asked: Vec<(Place, Place)> = ways.iter().flatten().copied().collect();
    let found = match &asked[..] {
        [] => Vec::new(),
        asked => routes.routes(asked, now).await,
    };
    let mut found = found.into_iter();
    let travel = |((pair, _), way): (&(Pair, Verdicts), Option<(Place, Place)>)| {
        let route = way.and_then(|_| found.next());
        match route {
            Some(Ok(route)) => route.duration,
            Some(Err(_)) | None => Millis::new(i64::from(pair.terms().travel_ms)),
        }
    };
    joined.iter().zip(ways).map(travel).collect()
}
