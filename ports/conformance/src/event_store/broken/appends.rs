//! Bugs in what an append answers and leaves behind.

use super::Bug;
use crate::event_store::reference::Reference;
use crate::reference::turn_away;
use async_trait::async_trait;
use fiacre_ports::{Appended, EventStore, NewCommit, PortError, PortErrorKind};

/// What comes after a commit's second event is lost.
#[derive(Debug, Default)]
pub(super) struct KeepsTwoEvents;
#[async_trait]
impl Bug for KeepsTwoEvents {
    async fn append(&self, inner: &Reference, mut commits: Vec<NewCommit>) -> Vec<Appended> {
        for commit in &mut commits {
            commit.events = commit.events.iter().take(2).cloned().collect();
        }
        inner.append(commits).await
    }
}

/// A stale commit is put at the head.
#[derive(Debug, Default)]
pub(super) struct AppendsAnyway;
#[async_trait]
impl Bug for AppendsAnyway {
    async fn append(&self, inner: &Reference, mut commits: Vec<NewCommit>) -> Vec<Appended> {
        for commit in &mut commits {
            commit.expected = commit.expected.max(inner.state().head(commit.stream));
        }
        inner.append(commits).await
    }
}

/// Only (stream, version) is unique: a version may be left out.
#[derive(Debug, Default)]
pub(super) struct UniqueIndexAlone;
#[async_trait]
impl Bug for UniqueIndexAlone {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = inner.append(commits.clone()).await;
        for (answer, commit) in answers.iter_mut().zip(commits) {
            let mut state = inner.state();
            if matches!(answer, Appended::Conflict { .. }) && commit.expected > state.head(commit.stream) {
                *answer = state.force(commit);
            }
        }
        answers
    }
}

/// Whoever knows the head is believed to be new.
#[derive(Debug, Default)]
pub(super) struct NoInboxAtTheHead;
#[async_trait]
impl Bug for NoInboxAtTheHead {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = inner.append(commits.clone()).await;
        for (answer, commit) in answers.iter_mut().zip(commits) {
            let mut state = inner.state();
            if matches!(answer, Appended::Duplicate(_)) && commit.expected == state.head(commit.stream) {
                *answer = state.force(commit);
            }
        }
        answers
    }
}

/// The version is looked at before the cause.
#[derive(Debug, Default)]
pub(super) struct VersionFirst;
#[async_trait]
impl Bug for VersionFirst {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = inner.append(commits.clone()).await;
        for (answer, commit) in answers.iter_mut().zip(commits) {
            let head = inner.state().head(commit.stream);
            if matches!(answer, Appended::Duplicate(_)) && commit.expected != head {
                *answer = Appended::Conflict { head: Some(head) };
            }
        }
        answers
    }
}

/// The head is checked, then something else runs, then the commit is written.
#[derive(Debug, Default)]
pub(super) struct CheckThenWrite;
#[async_trait]
impl Bug for CheckThenWrite {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let fits: Vec<_> = {
            let state = inner.state();
            commits
                .iter()
                .map(|commit| state.head(commit.stream) == commit.expected)
                .collect()
        };
        turn_away().await;
        let mut answers = inner.append(commits.clone()).await;
        for ((answer, commit), fitted) in answers.iter_mut().zip(commits).zip(fits) {
            if fitted && matches!(answer, Appended::Conflict { .. }) {
                *answer = inner.state().force(commit);
            }
        }
        answers
    }
}

/// What comes after a failed member is not tried.
#[derive(Debug, Default)]
pub(super) struct StopsAtTheFirstFailure;
#[async_trait]
impl Bug for StopsAtTheFirstFailure {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        if commits.len() == 1 {
            return inner.append(commits).await;
        }
        let mut stopped = false;
        let mut answers = Vec::new();
        for commit in commits {
            if stopped {
                let error = PortError::new(PortErrorKind::Invalid, "append after a failure");
                answers.push(Appended::Failed(error));
                continue;
            }
            let answer = inner.append(vec![commit]).await;
            stopped = !answer.iter().all(|answer| matches!(answer, Appended::Applied(_)));
            answers.extend(answer);
        }
        answers
    }
}

/// A duplicate is answered with the head's version, not its own.
#[derive(Debug, Default)]
pub(super) struct DuplicateAtTheHead;
#[async_trait]
impl Bug for DuplicateAtTheHead {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let streams: Vec<_> = commits.iter().map(|commit| commit.stream).collect();
        let mut answers = inner.append(commits).await;
        for (answer, stream) in answers.iter_mut().zip(streams) {
            if let Appended::Duplicate(version) = answer {
                *version = inner.state().head(stream);
            }
        }
        answers
    }
}

/// A commit without events is taken.
#[derive(Debug, Default)]
pub(super) struct TakesEmptyCommits;
#[async_trait]
impl Bug for TakesEmptyCommits {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = inner.append(commits.clone()).await;
        for (answer, commit) in answers.iter_mut().zip(commits) {
            if commit.events.is_empty() {
                *answer = inner.state().force(commit);
            }
        }
        answers
    }
}

/// A lost answer is reported as "not done".
#[derive(Debug, Default)]
pub(super) struct SaysUnavailable;
#[async_trait]
impl Bug for SaysUnavailable {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = inner.append(commits).await;
        for answer in &mut answers {
            if matches!(answer, Appended::Failed(error) if error.kind() == PortErrorKind::OutcomeUnknown) {
                *answer = Appended::Failed(PortError::new(PortErrorKind::Unavailable, "append"));
            }
        }
        answers
    }
}

/// Causes are kept for the last sixteen commits.
#[derive(Debug, Default)]
pub(super) struct ForgetsOldCauses;
#[async_trait]
impl Bug for ForgetsOldCauses {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        const KEPT: u32 = 16;
        let streams: Vec<_> = commits.iter().map(|commit| commit.stream).collect();
        let mut answers = inner.append(commits).await;
        for (answer, stream) in answers.iter_mut().zip(streams) {
            let head = inner.state().head(stream);
            if matches!(answer, Appended::Duplicate(version) if version.get() + KEPT < head.get()) {
                *answer = Appended::Conflict { head: Some(head) };
            }
        }
        answers
    }
}

/// The inbox is looked at once, before the version; who loses the race is told of a conflict.
#[derive(Debug, Default)]
pub(super) struct RivalIsAConflict;
#[async_trait]
impl Bug for RivalIsAConflict {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let known = |commit: &NewCommit| {
            inner
                .state()
                .of(commit.stream)
                .any(|known| known.cause == commit.cause)
        };
        let known: Vec<_> = commits.iter().map(known).collect();
        turn_away().await;
        let mut answers = inner.append(commits).await;
        for (answer, known) in answers.iter_mut().zip(known) {
            if matches!(answer, Appended::Duplicate(_)) && !known {
                *answer = Appended::Conflict { head: None };
            }
        }
        answers
    }
}

/// A cause makes one commit in the whole store.
#[derive(Debug, Default)]
pub(super) struct CauseOncePerStore;
#[async_trait]
impl Bug for CauseOncePerStore {
    async fn append(&self, inner: &Reference, commits: Vec<NewCommit>) -> Vec<Appended> {
        let mut answers = Vec::new();
        for commit in commits {
            let elsewhere = inner
                .state()
                .log
                .iter()
                .find(|known| known.cause == commit.cause && known.stream != commit.stream)
                .map(|known| known.version);
            match elsewhere {
                Some(version) => answers.push(Appended::Duplicate(version)),
                None => answers.extend(inner.append(vec![commit]).await),
            }
        }
        answers
    }
}

/// What a server does not take in one request is refused.
#[derive(Debug, Default)]
pub(super) struct AThousandAtATime;
#[async_trait]
impl Bug for AThousandAtATime {
    async fn append(&self, inner: &Reference, mut commits: Vec<NewCommit>) -> Vec<Appended> {
        let beyond = commits.split_off(commits.len().min(1_000));
        let mut answers = inner.append(commits).await;
        let too_many = |_| Appended::Failed(PortError::new(PortErrorKind::Invalid, "append so many"));
        answers.extend(beyond.into_iter().map(too_many));
        answers
    }
}
