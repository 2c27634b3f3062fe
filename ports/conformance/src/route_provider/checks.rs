//! The checks of route providers.

use super::RouteProviderHarness;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::script::Script;
use crate::told::{Told, list};
use fiacre_domain::geo::great_circle;
use fiacre_domain::place::Place;
use fiacre_domain::units::Millis;
use fiacre_ports::{PortError, Route, RouteProvider};
use std::sync::Arc;

type Pair = (Place, Place);

fn line(answer: &Result<Route, PortError>) -> String {
    answer.as_ref().map_or_else(Told::told, Told::told)
}

/// The straight line of a pair, in millimetres.
fn straight_mm((from, to): Pair) -> i64 {
    great_circle(from, to).get()
}

impl<H: RouteProviderHarness> Script<'_, H> {
    /// The pairs of the harness's places, in both directions.
    fn pairs(&self) -> [Pair; 6] {
        let [a, b, c] = self.harness().places();
        [(a, b), (b, c), (c, a), (b, a), (c, b), (a, c)]
    }

    /// Asks for routes; in stormy weather members that failed on the way are asked for again.
    fn routes(
        &self,
        provider: &Arc<dyn RouteProvider>,
        pairs: &[Pair],
    ) -> Check<Vec<Result<Route, PortError>>> {
        let at = self.harness().now();
        let mut tries = 1;
        loop {
            self.harness().disturb();
            let answers = self.harness().block_on(provider.routes(pairs, at));
            let lines: Vec<_> = answers.iter().map(line).collect();
            self.note(format!("routes of {} → [{}]", list(pairs), lines.join("; ")));
            expect_same("as many answers as pairs", &pairs.len(), &answers.len())?;
            let again = answers
                .iter()
                .filter_map(|answer| answer.as_ref().err())
                .any(|error| self.repeats(tries, error));
            if !again {
                return Ok(answers);
            }
            tries += 1;
        }
    }

    /// Routes of pairs that roads join.
    fn found(&self, provider: &Arc<dyn RouteProvider>, pairs: &[Pair]) -> Check<Vec<Route>> {
        let found = |answer: Result<Route, PortError>| {
            answer.map_err(|error| Mismatch {
                expected: "a way".to_owned(),
                observed: error.told(),
            })
        };
        self.routes(provider, pairs)?.into_iter().map(found).collect()
    }
}

pub(super) fn answers_follow_the_pairs<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let pairs = script.pairs();
    let forwards = script.found(&provider, &pairs)?;
    let mut turned = pairs;
    turned.reverse();
    let mut backwards = script.found(&provider, &turned)?;
    backwards.reverse();
    expect_same("the same way for the same pair", &forwards, &backwards)?;
    for (pair, route) in pairs.iter().zip(&forwards) {
        let alone = script.found(&provider, std::slice::from_ref(pair))?;
        expect_same("the way of the pair alone", &vec![route.clone()], &alone)?;
    }
    Ok(())
}

pub(super) fn units_are_the_ports<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let pairs = script.pairs();
    for (pair, route) in pairs.into_iter().zip(script.found(&provider, &pairs)?) {
        let straight = straight_mm(pair);
        let (distance, duration) = (route.distance.get(), route.duration.get());
        let plausible = (straight / 2..=straight.saturating_mul(5)).contains(&distance);
        expect(
            plausible,
            format!("between half and five times {straight} mm"),
            distance,
        )?;
        // 1 m/s is 1 mm/ms.
        let speed = duration.saturating_mul(70) >= distance && duration <= distance;
        expect(
            speed,
            format!("a speed of 1 to 70 m/s over {distance} mm"),
            route.duration,
        )?;
    }
    Ok(())
}

/// A pair that no road of the map joins, and pairs around it that roads join.
fn with_nowhere<H: RouteProviderHarness>(script: &Script<'_, H>) -> [Pair; 3] {
    let [a, b, c] = script.harness().places();
    [(a, b), (b, script.harness().nowhere()), (b, c)]
}

pub(super) fn far_is_not_nothing<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let nowhere = script.harness().nowhere();
    let [near, ..] = script.harness().places();
    for pair in [(near, nowhere), (nowhere, near)] {
        for answer in script.routes(&provider, &[pair])? {
            let half = straight_mm(pair) / 2;
            let honest = answer.as_ref().map_or(true, |route| route.distance.get() >= half);
            expect(honest, format!("an error, or at least {half} mm"), line(&answer))?;
        }
    }
    // Both ends far away, and close to each other: the map knows neither.
    let [_, (_, far), _] = with_nowhere(script);
    let beside = Place::from_e7(far.latitude_e7().saturating_add(100_000), far.longitude_e7()).unwrap_or(far);
    for answer in script.routes(&provider, &[(far, beside)])? {
        let half = straight_mm((far, beside)) / 2;
        let honest = answer.as_ref().map_or(true, |route| route.distance.get() >= half);
        expect(honest, format!("an error, or at least {half} mm"), line(&answer))?;
    }
    Ok(())
}

pub(super) fn pairs_fail_alone<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let [first, nowhere, last] = with_nowhere(script);
    let alone = script.found(&provider, &[first, last])?;
    let answers = script.routes(&provider, &[first, nowhere, last])?;
    let others: Vec<_> = answers
        .iter()
        .step_by(2)
        .map(|answer| answer.as_ref().ok().cloned())
        .collect();
    let expected: Vec<_> = alone.into_iter().map(Some).collect();
    expect_same("the ways around it", &expected, &others)
}

pub(super) fn no_pairs_no_answers<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    script.routes(&provider, &[]).map(drop)
}

pub(super) fn basis_is_said<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let bases: Vec<_> = script
        .found(&provider, &script.pairs())?
        .iter()
        .map(|route| route.basis)
        .collect();
    expect_same(
        "what the ways stand on",
        &vec![script.harness().basis(); 6],
        &bases,
    )
}

pub(super) fn standing_is_part_of_the_duration<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    for route in script.found(&provider, &script.pairs())? {
        let fits = route
            .standing
            .is_none_or(|standing| (Millis::ZERO..=route.duration).contains(&standing));
        let expected = format!("unknown, or between nothing and {}", route.duration);
        expect(fits, expected, &route)?;
    }
    Ok(())
}

pub(super) fn turns_lie_on_the_way<H: RouteProviderHarness>(script: &Script<'_, H>) -> Check {
    let provider = script.harness().open();
    let pairs = script.pairs();
    for ((from, to), route) in pairs.into_iter().zip(script.found(&provider, &pairs)?) {
        if route.turns.is_empty() {
            continue;
        }
        let mut here = from;
        let mut by_turns_mm = 0_i64;
        for turn in route.turns.iter().chain([&to]) {
            by_turns_mm = by_turns_mm.saturating_add(straight_mm((here, *turn)));
            here = *turn;
        }
        // The ends are where riders stand, up to a block from the road.
        let most_mm = route.distance.get().saturating_mul(11) / 10 + 200_000;
        let expected = format!("at most {most_mm} mm from turn to turn");
        expect(by_turns_mm <= most_mm, expected, by_turns_mm)?;
    }
    Ok(())
}
