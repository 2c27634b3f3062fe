//! Bugs in how readers divide the work, and in what cannot be read or published now.

use super::{Bug, Fed};
use crate::event_store::reference::Reference;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Cursor, EventStore, LoadRequest, Loaded, Page, PortError, PortErrorKind, Scope, Ticket};

/// Every reader reads everything.
#[derive(Debug, Default)]
pub(super) struct EveryShardIsTheWhole;
#[async_trait]
impl Bug for EveryShardIsTheWhole {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        inner.feed(Scope::of(scope.service()), max, until).await
    }
}

/// A page is read as one: a commit that cannot be read fails it.
#[derive(Debug, Default)]
pub(super) struct OneBadCommitFailsTheFeed;
#[async_trait]
impl Bug for OneBadCommitFailsTheFeed {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let page = inner.feed(scope, max, until).await?;
        let bad = page.iter().find_map(|entry| entry.commit.as_ref().err());
        bad.map(|error| PortError::new(error.kind(), "read a page"))
            .map_or(Ok(page), Err)
    }
}

/// A hold keeps back what follows in its stream.
#[derive(Debug, Default)]
pub(super) struct HoldsTheStream;
#[async_trait]
impl Bug for HoldsTheStream {
    async fn hold(&self, inner: &Reference, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        let followers: Vec<_> = {
            let state = inner.state();
            let of_streams = tickets.iter().flat_map(|ticket| state.of(ticket.stream));
            of_streams
                .map(|commit| Ticket {
                    stream: commit.stream,
                    version: commit.version,
                })
                .collect()
        };
        inner.hold(&followers, until).await
    }
}

/// What is held is taken for published.
#[derive(Debug, Default)]
pub(super) struct HoldsForEver;
#[async_trait]
impl Bug for HoldsForEver {
    async fn hold(&self, inner: &Reference, tickets: &[Ticket], _until: Timestamp) -> Result<(), PortError> {
        inner.mark_published(tickets).await
    }
}

/// A scan leaves out what it cannot read.
#[derive(Debug, Default)]
pub(super) struct ScansWhatItCanRead;
#[async_trait]
impl Bug for ScansWhatItCanRead {
    async fn scan(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let mut page = inner.scan(from, max).await?;
        page.entries.retain(|entry| entry.commit.is_ok());
        Ok(page)
    }
}

/// A version that is not known is taken for damage.
#[derive(Debug, Default)]
pub(super) struct NewerIsDamaged;
#[async_trait]
impl Bug for NewerIsDamaged {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let damaged = |error: PortError| match error.kind() {
            PortErrorKind::Newer => PortError::new(PortErrorKind::Damaged, "read a stream"),
            PortErrorKind::Unavailable
            | PortErrorKind::OutcomeUnknown
            | PortErrorKind::Invalid
            | PortErrorKind::Damaged => error,
        };
        let loaded = inner.load(requests).await;
        loaded.into_iter().map(|loaded| loaded.map_err(damaged)).collect()
    }
}
