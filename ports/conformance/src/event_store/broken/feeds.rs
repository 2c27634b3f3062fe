//! Bugs in what is to be published, and in the scan.

use super::{Bug, Fed};
use crate::event_store::reference::{Reference, ticket};
use crate::reference::lock;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Appended, Cursor, Entry, EventStore, NewCommit, Page, PortError, Scope, Ticket};
use std::sync::{Arc, Mutex};

/// After a full page the cursor stands one commit too far.
#[derive(Debug, Default)]
pub(super) struct CursorPastTheFullPage;
#[async_trait]
impl Bug for CursorPastTheFullPage {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let mut page = inner.feed(scope, max.saturating_add(1), until).await?;
        if page.len() > max {
            let skipped: Vec<_> = page
                .split_off(max)
                .into_iter()
                .map(|entry| entry.ticket)
                .collect();
            inner.mark_published(&skipped).await?;
        }
        page.truncate(max);
        Ok(page)
    }
}

/// The feed goes on from the newest time that was marked.
#[derive(Debug, Default)]
pub(super) struct CursorByTime;
#[async_trait]
impl Bug for CursorByTime {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let newest = {
            let state = inner.state();
            let marked = |commit: &&Arc<Commit>| state.published.contains(&ticket(commit));
            state.log.iter().filter(marked).map(|commit| commit.at).max()
        };
        let mut page = inner.feed(scope, max, until).await?;
        let at = |entry: &Entry| entry.commit.as_ref().ok().map(|commit| commit.at);
        page.retain(|entry| at(entry).is_none_or(|at| newest.is_none_or(|newest| at >= newest)));
        Ok(page)
    }
}

/// A page is turned round.
#[derive(Debug, Default)]
pub(super) struct NewestFirst;
#[async_trait]
impl Bug for NewestFirst {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let mut page = inner.feed(scope, usize::MAX, until).await?;
        page.reverse();
        page.truncate(max);
        Ok(page)
    }
}

/// What is in flight is yielded as if it had landed.
#[derive(Debug, Default)]
pub(super) struct YieldsInFlight;
#[async_trait]
impl Bug for YieldsInFlight {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let held: Vec<_> = inner
            .state()
            .held
            .iter()
            .cloned()
            .map(NewCommit::into_commit)
            .collect();
        if held.is_empty() {
            return inner.feed(scope, max, until).await;
        }
        let mut page = inner.feed(scope, max, Timestamp::from_ms(0)).await?;
        page.extend(held.into_iter().map(|commit| Entry::from(Arc::new(commit))));
        Ok(page)
    }
}

/// What was yielded is taken for published.
#[derive(Debug, Default)]
pub(super) struct MarksWhatItYields;
#[async_trait]
impl Bug for MarksWhatItYields {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let page = inner.feed(scope, max, until).await?;
        let tickets: Vec<_> = page.iter().map(|entry| entry.ticket).collect();
        inner.mark_published(&tickets).await?;
        Ok(page)
    }
}

/// Of several tickets only the first is marked.
#[derive(Debug, Default)]
pub(super) struct MarksTheFirstAlone;
#[async_trait]
impl Bug for MarksTheFirstAlone {
    async fn mark_published(&self, inner: &Reference, tickets: &[Ticket]) -> Result<(), PortError> {
        inner.mark_published(tickets.get(..1).unwrap_or_default()).await
    }
}

/// The cursor of a full page skips a commit.
#[derive(Debug, Default)]
pub(super) struct LosesAtThePageEdge;
#[async_trait]
impl Bug for LosesAtThePageEdge {
    async fn scan(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<Page, PortError> {
        let mut page = inner.scan(from, max.saturating_add(1)).await?;
        page.entries.truncate(max);
        Ok(page)
    }
}

/// A process knows the cursors that it gave out itself.
#[derive(Debug, Default)]
pub(super) struct CursorsInMemory(Mutex<Vec<Cursor>>);
#[async_trait]
impl Bug for CursorsInMemory {
    async fn scan(&self, inner: &Reference, from: &Cursor, max: usize) -> Result<Page, PortError> {
        if *from != Cursor::default() && !lock(&self.0).contains(from) {
            return Ok(Page::default());
        }
        let page = inner.scan(from, max).await?;
        lock(&self.0).extend(page.next.clone());
        Ok(page)
    }
}

/// What is to be published is known to the process alone.
#[derive(Debug, Default)]
pub(super) struct OutboxInMemory;
#[async_trait]
impl Bug for OutboxInMemory {
    fn crashed(&self, inner: &Reference) {
        let mut state = inner.state();
        let all: Vec<_> = state.log.iter().map(|commit| ticket(commit)).collect();
        state.published.extend(all);
    }
}

/// The feed goes on from the last marked place, and places are given out when an append begins.
#[derive(Debug, Default)]
pub(super) struct CursorByBegin(Mutex<Vec<StreamId>>);
#[async_trait]
impl Bug for CursorByBegin {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        lock(&self.0).extend(commits.iter().map(|commit| commit.stream));
        inner.append(commits).await
    }
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let mut page = inner.feed(scope, max, until).await?;
        let places = lock(&self.0);
        let place = |stream: StreamId| places.iter().rposition(|&begun| begun == stream);
        let cursor = inner
            .state()
            .published
            .iter()
            .filter_map(|ticket| place(ticket.stream))
            .max();
        page.retain(|entry| {
            let ticket = entry.ticket;
            ticket.version > Version::new(1) || place(ticket.stream).is_none_or(|place| Some(place) >= cursor)
        });
        Ok(page)
    }
}

/// Whoever comes too early gets nothing.
#[derive(Debug, Default)]
pub(super) struct NeverWaits;
#[async_trait]
impl Bug for NeverWaits {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, _until: Timestamp) -> Fed {
        inner.feed(scope, max, Timestamp::from_ms(0)).await
    }
}

/// Every service gets every service's commits.
#[derive(Debug, Default)]
pub(super) struct OneFeedForAll;
#[async_trait]
impl Bug for OneFeedForAll {
    async fn feed(&self, inner: &Reference, scope: Scope, max: usize, until: Timestamp) -> Fed {
        let mut page = Vec::new();
        for service in Service::ALL {
            let other = Scope::of(service).with_shard(scope.shard());
            page.extend(inner.feed(other, max, Timestamp::from_ms(0)).await?);
        }
        if page.is_empty() {
            return inner.feed(scope, max, until).await;
        }
        page.truncate(max);
        Ok(page)
    }
}
