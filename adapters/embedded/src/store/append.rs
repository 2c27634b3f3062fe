//! Judges commits against the ends of their streams, those that the group has written before them included.

use super::load::commit_at;
use super::tip::{Tip, cause_key, hash_of, key};
use super::{Log, ticket};
use crate::bytes::Row;
use crate::codec::Keys;
use crate::database::Core;
use crate::draft::Draft;
use crate::lock::lock;
use crate::tables::{ReadError, Table};
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_ports::{Appended, NewCommit, PortError, PortErrorKind, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) const DOING: &str = "append a commit";

/// What a group appends.
#[derive(Debug, Default)]
pub(crate) struct Appends {
    pub(super) tips: BTreeMap<StreamId, Tip>,
    pub(super) commits: Vec<Arc<Commit>>,
    /// The place of each in the outbox, by service and row, once that is known.
    pub(super) rows: Vec<u64>,
    /// The causes of this group's commits of long streams.
    late_causes: BTreeMap<(StreamId, Cause), Version>,
}

impl Log {
    /// Judges a batch, each commit on its own.
    pub(super) fn plan_append(
        core: &Core,
        draft: &mut Draft,
        commits: Vec<NewCommit>,
        keys: &Keys,
    ) -> Vec<Appended> {
        let mut streams = BTreeSet::new();
        let mut twice = BTreeSet::new();
        for commit in &commits {
            if !streams.insert(commit.stream) {
                twice.insert(commit.stream);
            }
        }
        let plan = |commit: NewCommit| {
            if twice.contains(&commit.stream) {
                return invalid("the batch has two commits of one stream");
            }
            if commit.events.is_empty() {
                return invalid("the commit has no event");
            }
            plan_one(core, draft, commit, keys)
                .unwrap_or_else(|error| Appended::Failed(error.into_error(DOING)))
        };
        commits.into_iter().map(plan).collect()
    }

    /// The version of a stream's last commit, those included that the group has planned so far.
    pub(crate) fn planned_head(core: &Core, draft: &Draft, stream: StreamId) -> Result<Version, ReadError> {
        match draft.appends.tips.get(&stream) {
            Some(tip) => Ok(tip.head),
            None => tip_on_disk(core, stream).map(|tip| tip.head),
        }
    }
}

fn invalid(why: &'static str) -> Appended {
    Appended::Failed(PortError::new(PortErrorKind::Invalid, DOING).with_source(why))
}

fn plan_one(core: &Core, draft: &mut Draft, commit: NewCommit, keys: &Keys) -> Result<Appended, ReadError> {
    let stream = commit.stream;
    let mut tip = match draft.appends.tips.remove(&stream) {
        Some(tip) => tip,
        None => tip_on_disk(core, stream)?,
    };
    let judged = judge(core, draft, &mut tip, commit, keys);
    // Whatever came of it: what the group wrote to this stream before counts.
    draft.appends.tips.insert(stream, tip);
    judged
}

fn judge(
    core: &Core,
    draft: &mut Draft,
    tip: &mut Tip,
    commit: NewCommit,
    keys: &Keys,
) -> Result<Appended, ReadError> {
    let (stream, cause) = (commit.stream, commit.cause);
    let cause_hash = hash_of(&cause);
    if let Some(version) = version_of(core, draft, tip, stream, &cause, cause_hash, keys)? {
        return Ok(Appended::Duplicate(version));
    }
    if commit.expected != tip.head || tip.head.next() == tip.head {
        return Ok(Appended::Conflict { head: Some(tip.head) });
    }
    let commit = commit.into_commit();
    let (bytes, hash) = core.codec.encode(&commit, tip.hash, keys)?;
    let mut row = Row::with_room(bytes.len() + size_of::<u64>());
    row.u64(cause_hash).raw(&bytes);
    draft.add(Table::Commits, key(stream, commit.version), row.into_vec());
    if tip.is_long() {
        let version = commit.version.get().to_be_bytes().to_vec();
        draft.add(Table::Causes, cause_key(stream, &cause), version);
        draft.appends.late_causes.insert((stream, cause), commit.version);
    }
    tip.advance(hash, cause_hash);
    draft.appends.commits.push(Arc::new(commit));
    Ok(Appended::Applied(tip.head))
}

/// The end of a stream as it is on disk.
fn tip_on_disk(core: &Core, stream: StreamId) -> Result<Tip, ReadError> {
    let known = lock(&core.log.state).tips.get(&stream).cloned();
    known.map_or_else(|| Tip::read(&core.tables, &core.archive, stream), Ok)
}

/// The commit that `cause` made in this stream, if it did.
fn version_of(
    core: &Core,
    draft: &Draft,
    tip: &Tip,
    stream: StreamId,
    cause: &Cause,
    hash: u64,
    keys: &Keys,
) -> Result<Option<Version>, ReadError> {
    for version in tip.suspects(hash) {
        let at = Ticket { stream, version };
        let planned = draft.appends.commits.iter().find(|commit| ticket(commit) == at);
        let is_it = match planned {
            Some(commit) => commit.cause == *cause,
            None => commit_at(core, at, keys)?.is_some_and(|commit| commit.cause == *cause),
        };
        if is_it {
            return Ok(Some(version));
        }
    }
    if !tip.is_long() {
        return Ok(None);
    }
    if let Some(version) = draft.appends.late_causes.get(&(stream, *cause)) {
        return Ok(Some(*version));
    }
    let row = core.tables.get(Table::Causes, &cause_key(stream, cause))?;
    row.map(|row| Ok(crate::bytes::Reader::new(&row).version()?))
        .transpose()
}

impl Appends {
    /// What is to be published of it, with its places.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Ticket, u64, Arc<Commit>)> {
        let commits = std::mem::take(&mut self.commits).into_iter();
        let rows = std::mem::take(&mut self.rows).into_iter();
        commits
            .zip(rows)
            .map(|(commit, row)| (ticket(&commit), row, commit))
    }
}
