//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness};
use super::{Capability, Clause, TripViewsHarness};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use async_trait::async_trait;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_domain::trip::{EndReason, FailReason, RejectReason};
use fiacre_ports::{PortError, TripView, TripViews};
use std::fmt::Debug;
use std::sync::Arc;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn put(&self, inner: &Reference, views: Vec<TripView>) -> Result<(), PortError> {
        inner.put(views).await
    }
    async fn get(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        inner.get(trips).await
    }
    async fn of_rider(
        &self,
        inner: &Reference,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        inner.of_rider(rider, after, max).await
    }
    /// After the views stopped in order.
    fn restarted(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl TripViews for Handle {
    async fn put(&self, views: Vec<TripView>) -> Result<(), PortError> {
        self.bug.put(&self.inner, views).await
    }
    async fn get(&self, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        self.bug.get(&self.inner, trips).await
    }
    async fn of_rider(
        &self,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        self.bug.of_rider(&self.inner, rider, after, max).await
    }
}

broken_model!();

impl TripViewsHarness for Broken {
    fn open(&self) -> Arc<dyn TripViews> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn restart(&self) {
        self.harness.restart();
        self.bug.restarted(&self.harness.reference());
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::NewestVersionWins => Broken::new(EqualIsNewer),
        Clause::RowsFollowTheTrips => Broken::new(LeavesOutTheAbsent),
        Clause::RowIsKeptWhole => Broken::new(ZeroIsNothing),
        Clause::RidersTripsNewestFirst => Broken::new(OldestFirst),
        Clause::RiderLearnedLate => Broken::new(RiderOfTheFirstRow),
        Clause::RowsSurviveARestart => Broken::new(InMemory),
        Clause::EveryReasonIsKept => Broken::new(OneNameForTwoReasons),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// A row of the version that is known takes its place.
#[derive(Debug)]
struct EqualIsNewer;
#[async_trait]
impl Bug for EqualIsNewer {
    async fn put(&self, inner: &Reference, views: Vec<TripView>) -> Result<(), PortError> {
        let same = |known: &TripView| {
            let also = |view: &&TripView| (view.trip, view.version) == (known.trip, known.version);
            views.iter().any(|view| also(&view))
        };
        inner.rows().retain(|known| !same(known));
        inner.put(views).await
    }
}

/// Trips without a row are left out.
#[derive(Debug)]
struct LeavesOutTheAbsent;
#[async_trait]
impl Bug for LeavesOutTheAbsent {
    async fn get(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<TripView>>, PortError> {
        let mut rows = inner.get(trips).await?;
        rows.retain(Option::is_some);
        Ok(rows)
    }
}

/// An amount of zero is written as no amount.
#[derive(Debug)]
struct ZeroIsNothing;
#[async_trait]
impl Bug for ZeroIsNothing {
    async fn put(&self, inner: &Reference, mut views: Vec<TripView>) -> Result<(), PortError> {
        for view in &mut views {
            view.due = view.due.filter(|due| !due.is_zero());
        }
        inner.put(views).await
    }
}

/// Reasons are written by their names, of which two are the same: an order that expired before it was handled, and a trip that
/// did.
#[derive(Debug)]
struct OneNameForTwoReasons;
#[async_trait]
impl Bug for OneNameForTwoReasons {
    async fn put(&self, inner: &Reference, mut views: Vec<TripView>) -> Result<(), PortError> {
        for view in &mut views {
            if view.reason == Some(EndReason::Failed(FailReason::Expired)) {
                view.reason = Some(EndReason::Rejected(RejectReason::Expired));
            }
        }
        inner.put(views).await
    }
}

/// A rider's trips come oldest first.
#[derive(Debug)]
struct OldestFirst;
#[async_trait]
impl Bug for OldestFirst {
    async fn of_rider(
        &self,
        inner: &Reference,
        rider: PrincipalId,
        after: Option<TripId>,
        max: usize,
    ) -> Result<Vec<TripView>, PortError> {
        let mut rows = inner.of_rider(rider, after, usize::MAX).await?;
        rows.reverse();
        rows.truncate(max);
        Ok(rows)
    }
}

/// The index of riders is written with the first row alone.
#[derive(Debug)]
struct RiderOfTheFirstRow;
#[async_trait]
impl Bug for RiderOfTheFirstRow {
    async fn put(&self, inner: &Reference, mut views: Vec<TripView>) -> Result<(), PortError> {
        for view in &mut views {
            let known = inner.rows().iter().find(|known| known.trip == view.trip).copied();
            view.rider = known.map_or(view.rider, |known| known.rider);
        }
        inner.put(views).await
    }
}

/// Rows do not outlive their process.
#[derive(Debug)]
struct InMemory;
#[async_trait]
impl Bug for InMemory {
    fn restarted(&self, inner: &Reference) {
        inner.rows().clear();
    }
}
