//! Seeing every commit as it is acknowledged: for measures, audit and digest.

use crate::chronicle::lock;
use async_trait::async_trait;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Cursor, Entry, EventStore, LoadRequest, Loaded, NewCommit, Page, PortError, Scope, Snapshot,
    Ticket,
};
use std::sync::{Arc, Mutex};

/// Sees every commit, in the order in which they were acknowledged.
pub trait CommitObserver: Send {
    /// A commit is in the log.
    fn saw(&mut self, commit: Commit);
}

/// A store that shows every commit to an observer.
pub(crate) struct ObservedStore {
    inner: Arc<dyn EventStore>,
    observer: Arc<Mutex<dyn CommitObserver>>,
}

impl ObservedStore {
    pub(crate) fn new(inner: Arc<dyn EventStore>, observer: Arc<Mutex<dyn CommitObserver>>) -> Self {
        Self { inner, observer }
    }
}

#[async_trait]
impl EventStore for ObservedStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        self.inner.load(requests).await
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        let shown = commits.clone();
        let appended = self.inner.append(commits).await;
        let mut observer = lock(&self.observer);
        for (commit, _) in shown
            .into_iter()
            .zip(&appended)
            .filter(|(_, how)| matches!(how, Appended::Applied(_)))
        {
            observer.saw(commit.into_commit());
        }
        drop(observer);
        appended
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        self.inner.feed(scope, max, until).await
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.inner.mark_published(tickets).await
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        self.inner.hold(tickets, until).await
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        self.inner.save_snapshots(snapshots).await
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        self.inner.scan(from, max).await
    }
}
