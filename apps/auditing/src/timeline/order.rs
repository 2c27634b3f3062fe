//! Which of several streams' commits came first: causes say, and only between those that know nothing of each other, clocks.

use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use std::collections::{BTreeMap, BTreeSet};

type Place = (StreamId, Version);

/// Puts commits in an order in which each comes after the one before it in its stream and after its cause; by time otherwise.
pub(super) fn by_cause(commits: Vec<Commit>) -> Vec<Commit> {
    let mut waiting: BTreeMap<Place, Commit> = commits
        .into_iter()
        .map(|commit| ((commit.stream, commit.version), commit))
        .collect();
    let mut needs: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    let mut before: Option<Place> = None;
    for (&place, commit) in &waiting {
        let cause = match commit.cause {
            Cause::Event(id) => Some((id.stream(), id.version())),
            Cause::Timer(id) => Some((id.stream, id.version)),
            Cause::Command(_) | Cause::Webhook(_) => None,
        };
        let earlier = before.filter(|(stream, _)| *stream == commit.stream);
        let known = cause.filter(|cause| waiting.contains_key(cause));
        needs.insert(place, earlier.into_iter().chain(known).collect());
        before = Some(place);
    }
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready = |place: &Place| needs.get(place).is_none_or(BTreeSet::is_empty);
        let by_time = |(place, commit): (&Place, &Commit)| (!is_ready(place), commit.at, *place);
        // In a log with a ring of causes, which an audit finds, time decides.
        let Some((_, _, next)) = waiting.iter().map(by_time).min() else {
            break;
        };
        ordered.extend(waiting.remove(&next));
        for needed in needs.values_mut() {
            needed.remove(&next);
        }
    }
    ordered
}
