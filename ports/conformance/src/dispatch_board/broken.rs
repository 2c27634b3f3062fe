//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness};
use super::{Capability, Clause, DispatchBoardHarness};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use crate::reference::lock;
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{DispatchBoard, OpenSearch, PortError};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

type Listed = Result<Option<Vec<OpenSearch>>, PortError>;

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
    async fn list(&self, inner: &Reference, region: RegionId) -> Listed {
        inner.list(region).await
    }
    async fn restore(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.restore(region, searches).await
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
    async fn list(&self, region: RegionId) -> Listed {
        self.bug.list(&self.inner, region).await
    }
    async fn restore(&self, region: RegionId, searches: &[OpenSearch]) -> Result<(), PortError> {
        self.bug.restore(&self.inner, region, searches).await
    }
}

broken_model!();

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
    fn lose(&self) {
        self.harness.lose();
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
        Clause::LostIsNotEmpty => Broken::new(LostIsEmpty),
        Clause::RestoreKeepsWhatIsNewer => Broken::new(RestoresOver),
        Clause::ClosedIsForgotten => Broken::new(RemembersForEver::default()),
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
        Clause::OpenIsListed,
        Clause::LostIsNotEmpty,
        "it lists two searches once the board is restored",
    ),
    (
        Clause::OpenIsListed,
        Clause::RestoreKeepsWhatIsNewer,
        "it lists three searches",
    ),
    (
        Clause::OpenIsListed,
        Clause::ClosedIsForgotten,
        "it lists two searches at the end",
    ),
    (
        Clause::LateOpenChangesNothing,
        Clause::RestoreKeepsWhatIsNewer,
        "one search is closed before the restore",
    ),
    (
        Clause::LateOpenChangesNothing,
        Clause::ClosedIsForgotten,
        "it opens late what is still to be remembered",
    ),
    (
        Clause::ClosedCanOpenAgain,
        Clause::ClosedIsForgotten,
        "it opens again what was closed long ago",
    ),
    (
        Clause::LateOpenChangesNothing,
        Clause::BoardSurvivesARestart,
        "it opens late what was closed before the restart",
    ),
];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// Searches come in no order of trips.
#[derive(Debug)]
struct NewestFirst;
#[async_trait]
impl Bug for NewestFirst {
    async fn list(&self, inner: &Reference, region: RegionId) -> Listed {
        let mut listed = inner.list(region).await?;
        if let Some(listed) = &mut listed {
            listed.reverse();
        }
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
            .partition(|search| inner.state().news.contains_key(&(region, search.trip)));
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
        inner.state().news.retain(|_, (_, closed)| closed.is_none());
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
            if let Some((_, closed)) = inner.state().news.get_mut(&(region, search.trip)) {
                closed.get_or_insert(Timestamp::MAX);
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
            let state = inner.state();
            let heard = state.news.get(&(region, search.trip));
            heard.is_some_and(|(_, closed)| closed.is_some())
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
    async fn list(&self, inner: &Reference, region: RegionId) -> Listed {
        let regions = inner.state().complete.clone();
        if !regions.contains(&region) {
            return Ok(None);
        }
        let mut listed = Vec::new();
        for region in regions {
            listed.extend(inner.list(region).await?.unwrap_or_default());
        }
        Ok(Some(listed))
    }
}

/// The board does not outlive its process.
#[derive(Debug)]
struct InMemory;
#[async_trait]
impl Bug for InMemory {
    fn restarted(&self, inner: &Reference) {
        inner.state().news.clear();
    }
}

/// What was lost is empty.
#[derive(Debug)]
struct LostIsEmpty;
#[async_trait]
impl Bug for LostIsEmpty {
    async fn list(&self, inner: &Reference, region: RegionId) -> Listed {
        let listed = inner.list(region).await?;
        Ok(Some(listed.unwrap_or_default()))
    }
}

/// A restore begins with an empty board.
#[derive(Debug)]
struct RestoresOver;
#[async_trait]
impl Bug for RestoresOver {
    async fn restore(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        inner.state().news.retain(|(of, _), _| *of != region);
        inner.restore(region, searches).await
    }
}

/// What was closed is kept as long as the board.
#[derive(Debug, Default)]
struct RemembersForEver(Mutex<Vec<(RegionId, OpenSearch)>>);
#[async_trait]
impl Bug for RemembersForEver {
    async fn open(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        let closed = lock(&self.0).clone();
        let is_over = |search: &OpenSearch| {
            let known = closed
                .iter()
                .filter(|(of, known)| *of == region && known.trip == search.trip);
            known.map(|(_, known)| known.version).max() >= Some(search.version)
        };
        let news: Vec<_> = searches
            .iter()
            .filter(|search| !is_over(search))
            .copied()
            .collect();
        inner.open(region, &news).await
    }
    async fn close(
        &self,
        inner: &Reference,
        region: RegionId,
        searches: &[OpenSearch],
    ) -> Result<(), PortError> {
        lock(&self.0).extend(searches.iter().map(|search| (region, *search)));
        inner.close(region, searches).await
    }
}
