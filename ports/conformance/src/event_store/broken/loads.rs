//! Bugs in what is read back and in what outlives a process.

use super::Bug;
use crate::event_store::reference::Reference;
use crate::reference::lock;
use async_trait::async_trait;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{
    Appended, EventStore, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind, Snapshot,
};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// An absent stream is `Invalid`.
#[derive(Debug, Default)]
pub(super) struct AbsentIsAnError;
#[async_trait]
impl Bug for AbsentIsAnError {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let refuse = |loaded: Loaded| match loaded.head {
            Version::EMPTY => Err(PortError::new(PortErrorKind::Invalid, "find the stream")),
            _ => Ok(loaded),
        };
        inner
            .load(requests)
            .await
            .into_iter()
            .map(|loaded| loaded.and_then(refuse))
            .collect()
    }
}

/// The fifth commit of a stream is not loaded.
#[derive(Debug, Default)]
pub(super) struct SkipsTheFifth;
#[async_trait]
impl Bug for SkipsTheFifth {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let mut answers = inner.load(requests).await;
        for loaded in answers.iter_mut().flatten() {
            loaded.commits.retain(|commit| commit.version.get() != 5);
        }
        answers
    }
}

/// A handle goes on answering what it loaded first, until it appends itself.
#[derive(Debug, Default)]
pub(super) struct StaleHandle(Mutex<BTreeMap<StreamId, Loaded>>);
#[async_trait]
impl Bug for StaleHandle {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let fresh = inner.load(requests).await;
        let mut cache = lock(&self.0);
        requests
            .iter()
            .zip(fresh)
            .map(|(request, fresh)| fresh.map(|fresh| cache.entry(request.stream).or_insert(fresh).clone()))
            .collect()
    }
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        lock(&self.0).clear();
        inner.append(commits).await
    }
}

/// Answers come in the order of the streams.
#[derive(Debug, Default)]
pub(super) struct AnswersSorted;
#[async_trait]
impl Bug for AnswersSorted {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let mut sorted = requests.to_vec();
        sorted.sort_by_key(|request| request.stream);
        inner.load(&sorted).await
    }
}

/// The commit right after a snapshot is not loaded.
#[derive(Debug, Default)]
pub(super) struct OneTooFewAfterSnapshot;
#[async_trait]
impl Bug for OneTooFewAfterSnapshot {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let mut answers = inner.load(requests).await;
        for loaded in answers.iter_mut().flatten() {
            if let Some(snapshot) = &loaded.snapshot {
                let after = snapshot.version.next();
                loaded.commits.retain(|commit| commit.version > after);
            }
        }
        answers
    }
}

/// A stream is loaded whole, whatever the asker knows of it.
#[derive(Debug, Default)]
pub(super) struct AlwaysGivesAll;
#[async_trait]
impl Bug for AlwaysGivesAll {
    async fn load(&self, inner: &Reference, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        let whole = |request: &LoadRequest| LoadRequest::whole(request.stream, request.consistency);
        inner.load(&requests.iter().map(whole).collect::<Vec<_>>()).await
    }
}

/// The last commit was acknowledged before it was durable.
#[derive(Debug, Default)]
pub(super) struct LosesTheLastOnCrash;
#[async_trait]
impl Bug for LosesTheLastOnCrash {
    fn crashed(&self, inner: &Reference) {
        inner.state().log.pop();
    }
}

/// Commits under a snapshot are thrown away.
#[derive(Debug, Default)]
pub(super) struct RemembersOnlyTheTail;
#[async_trait]
impl Bug for RemembersOnlyTheTail {
    async fn save_snapshots(
        &self,
        inner: &Reference,
        snapshots: Vec<(StreamId, Snapshot)>,
    ) -> Result<(), PortError> {
        let folded: Vec<_> = snapshots
            .iter()
            .map(|(stream, kept)| (*stream, kept.version))
            .collect();
        inner.save_snapshots(snapshots).await?;
        for (stream, version) in folded {
            inner
                .state()
                .log
                .retain(|commit| commit.stream != stream || commit.version > version);
        }
        Ok(())
    }
}

/// The last commit is not written when the store stops.
#[derive(Debug, Default)]
pub(super) struct LosesTheLastOnRestart;
#[async_trait]
impl Bug for LosesTheLastOnRestart {
    fn restarted(&self, inner: &Reference) {
        inner.state().log.pop();
    }
}
