//! Appends that wait to be written together.

use super::feed::LateCommits;
use crate::lock::lock;
use fiacre_ports::{Appended, NewCommit};
use std::sync::{Arc, Mutex};

/// The batches that the next sync writes, in the order of the calls.
#[derive(Debug, Default)]
pub(super) struct Group(Vec<Arc<Batch>>);

impl Group {
    pub(super) fn join(&mut self, commits: Vec<NewCommit>, late: LateCommits) -> Arc<Batch> {
        let batch = Arc::new(Batch {
            commits: Mutex::new(commits),
            late,
            answer: Mutex::default(),
        });
        self.0.push(Arc::clone(&batch));
        batch
    }

    pub(super) fn take(&mut self) -> Vec<Arc<Batch>> {
        std::mem::take(&mut self.0)
    }
}

/// One append that waits. It is written also when its caller has died.
#[derive(Debug)]
pub(super) struct Batch {
    commits: Mutex<Vec<NewCommit>>,
    late: LateCommits,
    answer: Mutex<Option<Vec<Appended>>>,
}

impl Batch {
    /// What is to be written, once.
    pub(super) fn take(&self) -> Vec<NewCommit> {
        std::mem::take(&mut *lock(&self.commits))
    }

    pub(super) const fn late(&self) -> &LateCommits {
        &self.late
    }

    pub(super) fn answer(&self, appended: Vec<Appended>) {
        *lock(&self.answer) = Some(appended);
    }

    pub(super) fn answered(&self) -> Option<Vec<Appended>> {
        lock(&self.answer).take()
    }
}
