//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness};
use super::{Clause, RouteProviderHarness};
use crate::planted::broken_model;
use crate::planted::others;
use async_trait::async_trait;
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{Basis, PortError, PortErrorKind, Route, RouteProvider};
use std::fmt::Debug;
use std::sync::Arc;

type Answers = Vec<Result<Route, PortError>>;

/// A bug: what it makes of the right answers.
trait Bug: Debug + Send + Sync {
    /// Spoils the answers to `pairs`.
    fn spoil(&self, pairs: &[(Place, Place)], answers: Answers) -> Answers;
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle(Arc<dyn Bug>);

#[async_trait]
impl RouteProvider for Handle {
    async fn routes(&self, pairs: &[(Place, Place)], at: Timestamp) -> Answers {
        self.0.spoil(pairs, Reference.routes(pairs, at).await)
    }
}

broken_model!();

impl RouteProviderHarness for Broken {
    fn open(&self) -> Arc<dyn RouteProvider> {
        Arc::new(Handle(Arc::clone(&self.bug)))
    }
    fn places(&self) -> [Place; 3] {
        self.harness.places()
    }
    fn nowhere(&self) -> Place {
        self.harness.nowhere()
    }
    fn basis(&self) -> Basis {
        self.harness.basis()
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::AnswersFollowThePairs => Broken::new(NearestFirst),
        Clause::UnitsAreThePorts => Broken::new(Metres),
        Clause::FarIsNotNothing => Broken::new(SnapsAnywhere),
        Clause::PairsFailAlone => Broken::new(OneFailsAll),
        Clause::NoPairsNoAnswers => Broken::new(AlwaysAnswers),
        Clause::BasisIsSaid => Broken::new(ClaimsToHaveMeasured),
        Clause::StandingIsPartOfTheDuration => Broken::new(StandsBesides),
        Clause::TurnsLieOnTheWay => Broken::new(SwapsAxes),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[(
    Clause::UnitsAreThePorts,
    Clause::FarIsNotNothing,
    "it measures a way against the straight line",
)];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// Ways come in the order of their lengths.
#[derive(Debug)]
struct NearestFirst;
impl Bug for NearestFirst {
    fn spoil(&self, _pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        if answers.iter().all(Result::is_ok) {
            answers.sort_by_key(|answer| answer.as_ref().ok().map(|route| route.distance));
        }
        answers
    }
}

/// Metres and seconds are passed on as they came.
#[derive(Debug)]
struct Metres;
impl Bug for Metres {
    fn spoil(&self, _pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        for route in answers.iter_mut().flatten() {
            route.distance = Millimetres::new(route.distance.get() / 1_000);
            let seconds = |time: Millis| Millis::new(time.get() / 1_000);
            (route.duration, route.standing) = (seconds(route.duration), route.standing.map(seconds));
        }
        answers
    }
}

/// A place off the map is moved onto it.
#[derive(Debug)]
struct SnapsAnywhere;
impl Bug for SnapsAnywhere {
    fn spoil(&self, _pairs: &[(Place, Place)], answers: Answers) -> Answers {
        let nothing = Route {
            distance: Millimetres::ZERO,
            duration: Millis::ZERO,
            standing: None,
            turns: Vec::new(),
            basis: Basis::Estimated,
        };
        answers
            .into_iter()
            .map(|answer| Ok(answer.unwrap_or_else(|_| nothing.clone())))
            .collect()
    }
}

/// One pair without a road spoils the table.
#[derive(Debug)]
struct OneFailsAll;
impl Bug for OneFailsAll {
    fn spoil(&self, _pairs: &[(Place, Place)], answers: Answers) -> Answers {
        if answers.iter().all(Result::is_ok) {
            return answers;
        }
        let fail = |_| Err(PortError::new(PortErrorKind::Invalid, "find a road"));
        answers.into_iter().map(fail).collect()
    }
}

/// No pairs are an error, and the error an answer.
#[derive(Debug)]
struct AlwaysAnswers;
impl Bug for AlwaysAnswers {
    fn spoil(&self, pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        if pairs.is_empty() {
            answers.push(Err(PortError::new(
                PortErrorKind::Invalid,
                "find a road for no pair",
            )));
        }
        answers
    }
}

/// An estimate passes for a measurement.
#[derive(Debug)]
struct ClaimsToHaveMeasured;
impl Bug for ClaimsToHaveMeasured {
    fn spoil(&self, _pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        for route in answers.iter_mut().flatten() {
            route.basis = Basis::Measured;
        }
        answers
    }
}

/// What the car stands is added to what it drives.
#[derive(Debug)]
struct StandsBesides;
impl Bug for StandsBesides {
    fn spoil(&self, _pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        for route in answers.iter_mut().flatten() {
            route.standing = Some(route.duration.saturating_add(Millis::new(1)));
        }
        answers
    }
}

/// Turns come as longitude and latitude.
#[derive(Debug)]
struct SwapsAxes;
impl Bug for SwapsAxes {
    fn spoil(&self, pairs: &[(Place, Place)], mut answers: Answers) -> Answers {
        for (route, (_, to)) in answers.iter_mut().zip(pairs) {
            if let Ok(route) = route {
                route
                    .turns
                    .extend(Place::from_e7(to.longitude_e7(), to.latitude_e7()));
            }
        }
        answers
    }
}
