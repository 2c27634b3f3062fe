//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness};
use super::{Capability, Clause, DispatchBoardHarness};
use crate::harness::{Harness, Support};
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{DispatchBoard, OpenSearch, PortError};
use std::fmt::Debug;
use std::sync::Arc;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn open(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.open(region, searches).await
    }
    async fn close(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.close(region, searches).await
    }
    async fn list(&self, inner: &Reference, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        inner.list(region).await
    }
    /// After the board stopped in order.
    fn restarted(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl DispatchBoard for Handle {
    async fn open(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.bug.open(&self.inner, region, searches).await
    }
    async fn close(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.bug.close(&self.inner, region, searches).await
    }
    async fn list(&self, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        self.bug.list(&self.inner, region).await
    }
}

/// The reference model with one bug, in a world of its own.
#[derive(Debug)]
pub struct Broken {
    harness: ReferenceHarness,
    bug: Arc<dyn Bug>,
}

impl Broken {
    fn new(bug: impl Bug + 'static) -> Self {
        Self {
            harness: ReferenceHarness::new(),
            bug: Arc::new(bug),
        }
    }
}

impl Harness for Broken {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.harness.block_on(future)
    }
    fn now(&self) -> Timestamp {
        self.harness.now()
    }
    fn pass(&self, duration: Millis) {
        self.harness.pass(duration);
    }
}

impl DispatchBoardHarness for Broken {
    fn open(&self) -> Arc<dyn DispatchBoard> {
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
        Clause::OpenIsListed => Broken::new(NewestFirst),
        Clause::ClosedIsGone => Broken::new(ClosesTheFirstAlone),
        Clause::LateOpenChangesNothing => Broken::new(ForgetsTheClosed),
        Clause::LateCloseChangesNothing => Broken::new(ClosesWhateverTheVersion),
        Clause::ClosedCanOpenAgain => Broken::new(ClosedForEver),
        Clause::RegionsAreApart => Broken::new(ListsEveryRegion),
        Clause::BoardSurvivesARestart => Broken::new(InMemory),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[
    (
        Clause::OpenIsListed,
        Clause::RegionsAreApart,
        "one of its regions has two searches",
    ),
    (
        Clause::LateOpenChangesNothing,
        Clause::BoardSurvivesARestart,
        "it opens late what was closed before the restart",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    let of_planted = move |&&(bug, _, _): &&(Clause, Clause, &str)| bug == planted;
    ALSO.iter()
        .filter(of_planted)
        .map(|&(_, other, why)| (other, why))
}

/// Searches come in no order of trips.
#[derive(Debug)]
struct NewestFirst;
#[async_trait]
impl Bug for NewestFirst {
    async fn list(&self, inner: &Reference, region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        let mut listed = inner.list(region).await?;
        listed.reverse();
        Ok(listed)
    }
}

/// Of several open searches only the first is closed.
#[derive(Debug)]
struct ClosesTheFirstAlone;
#[async_trait]
impl Bug for ClosesTheFirstAlone {
    async fn close(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        let (open, absent): (Vec<_>, Vec<_>) = searches
            .iter()
            .partition(|search| inner.news().contains_key(&(region, search.trip)));
        inner.close(region, &absent).await?;
        inner.close(region, open.get(..1).unwrap_or_default()).await
    }
}

/// A closed search is deleted, and nothing keeps late news out.
#[derive(Debug)]
struct ForgetsTheClosed;
#[async_trait]
impl Bug for ForgetsTheClosed {
    async fn close(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.close(region, searches).await?;
        inner.news().retain(|_, (_, closed)| !*closed);
        Ok(())
    }
}

/// A search is closed at whatever version it stands.
#[derive(Debug)]
struct ClosesWhateverTheVersion;
#[async_trait]
impl Bug for ClosesWhateverTheVersion {
    async fn close(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.close(region, searches).await?;
        for search in searches {
            if let Some((_, closed)) = inner.news().get_mut(&(region, search.trip)) {
                *closed = true;
            }
        }
        Ok(())
    }
}

/// What was closed once is never open again.
#[derive(Debug)]
struct ClosedForEver;
#[async_trait]
impl Bug for ClosedForEver {
    async fn open(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        let closed = |search: &OpenSearch| {
            let news = inner.news();
            news.get(&(region, search.trip))
                .is_some_and(|(_, closed)| *closed)
        };
        let never_closed: Vec<_> = searches
            .iter()
            .filter(|search| !closed(search))
            .copied()
            .collect();
        inner.open(region, &never_closed).await
    }
}

/// All regions share one board.
#[derive(Debug)]
struct ListsEveryRegion;
#[async_trait]
impl Bug for ListsEveryRegion {
    async fn list(&self, inner: &Reference, _region: RegionId) -> Result<Vec<OpenSearch>, PortError> {
        let mut regions: Vec<_> = inner.news().keys().map(|(region, _)| *region).collect();
        regions.dedup();
        let mut listed = Vec::new();
        for region in regions {
            listed.extend(inner.list(region).await?);
        }
        Ok(listed)
    }
}

/// The board does not outlive its process.
#[derive(Debug)]
struct InMemory;
#[async_trait]
impl Bug for InMemory {
    fn restarted(&self, inner: &Reference) {
        inner.news().clear();
    }
}
