//! Every stream, by number.

use super::dropped::Dropped;
use super::forgotten::Forgotten;
use super::stream::Stream;
use super::streams::{Streams, ends_with};
use crate::regions::Regions;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Commit, StreamId, Version};
use fiacre_ports::{Appended, LoadRequest, Loaded, NewCommit, PortError, PortErrorKind, Snapshot};
use std::sync::Arc;

const DOING: &str = "append a commit";

/// Streams, and what is no stream any more.
#[derive(Debug, Default)]
pub(super) struct Log {
    streams: Streams,
    regions: Regions,
    /// Nothing is ever appended to their streams again, so a late message about a closed trip cannot begin it anew.
    forgotten: Forgotten,
}

/// Where a scan goes on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) version: Version,
}

impl Log {
    /// Judges each commit on its own; `applied` sees the ones that were written, in order.
    pub(super) fn append(
        &mut self,
        commits: Vec<NewCommit>,
        mut applied: impl FnMut(Arc<Commit>),
    ) -> Vec<Appended> {
        let enlist = |commit: &NewCommit| self.enlist(commit.stream);
        let numbers: Vec<_> = commits.iter().map(enlist).collect();
        let twice = named_twice(&numbers);
        commits
            .into_iter()
            .zip(numbers)
            .map(|(commit, number)| {
                let is_alone = number.is_none_or(|number| twice.binary_search(&number).is_err());
                self.append_one(commit, number, is_alone, &mut applied)
            })
            .collect()
    }

    /// The number of `stream`; `None` for a forgotten one.
    fn enlist(&mut self, stream: StreamId) -> Option<u32> {
        let known = self.streams.number(stream);
        let is_forgotten = || ends_with(stream).is_some_and(|(trip, _)| self.forgotten.contains(trip));
        if known.is_none() && is_forgotten() {
            return None;
        }
        Some(known.unwrap_or_else(|| self.streams.create(stream)))
    }

    fn append_one(
        &mut self,
        commit: NewCommit,
        number: Option<u32>,
        is_alone: bool,
        applied: &mut impl FnMut(Arc<Commit>),
    ) -> Appended {
        let Some(stream) = number.and_then(|number| self.streams.get_mut(number)) else {
            return Appended::Duplicate(Version::EMPTY);
        };
        if !is_alone {
            let two = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(two.with_source("the batch has two commits of one stream"));
        }
        if commit.events.is_empty() {
            let none = PortError::new(PortErrorKind::Invalid, DOING);
            return Appended::Failed(none.with_source("the commit has no event"));
        }
        if let Some(version) = stream.version_of(commit.stream, &commit.cause) {
            return Appended::Duplicate(version);
        }
        let head = stream.head();
        if commit.expected != head {
            return Appended::Conflict { head: Some(head) };
        }
        applied(Arc::new(commit.clone().into_commit()));
        stream.push(commit, &mut self.regions);
        Appended::Applied(head.next())
    }

    /// What a request asks for, of the stream without its last `hidden` commits.
    pub(super) fn load(&self, request: &LoadRequest, hidden: usize) -> Loaded {
        let number = self.streams.number(request.stream);
        let known = number.and_then(|number| self.streams.get(number));
        known.map_or_else(Loaded::default, |(_, stream)| {
            stream.load(request, &self.regions, hidden)
        })
    }

    pub(super) fn keep(&mut self, stream: StreamId, snapshot: Snapshot) {
        let number = self.streams.number(stream);
        if let Some(stream) = number.and_then(|number| self.streams.get_mut(number)) {
            stream.keep(snapshot);
        }
    }

    /// Drops what the snapshot of a stream has folded in, and gives it.
    pub(super) fn trim(&mut self, id: StreamId) -> Dropped {
        let number = self.streams.number(id);
        let stream = number.and_then(|number| self.streams.get_mut(number));
        let trimmed = stream.map(|stream| stream.trim(id)).unwrap_or_default();
        Dropped::new(trimmed, &self.regions)
    }

    pub(super) fn forget_snapshots(&mut self) {
        self.streams.iter_mut().for_each(Stream::forget_snapshot);
    }

    /// Drops the streams of a trip for good and gives what they held, stream by stream.
    pub(super) fn forget(&mut self, trip: TripId) -> Dropped {
        self.forgotten.insert(trip);
        Dropped::new(self.streams.take(trip), &self.regions)
    }

    /// A page of at most `max` commits from `from`, and where to go on.
    pub(super) fn scan(&self, from: Place, max: usize) -> (Vec<Arc<Commit>>, Option<Place>) {
        let mut page = Vec::new();
        let mut place = from;
        while let Some(number) = self.streams.first_from(place.number)
            && let Some((id, stream)) = self.streams.get(number)
        {
            if number != place.number {
                place.version = Version::EMPTY;
            }
            let room = max - page.len();
            let commits = stream.after(id, &self.regions, place.version, room);
            page.extend(commits.map(Arc::new));
            if page.len() >= max {
                let last = page.last().map_or(place.version, |commit| commit.version);
                let version = if room > 0 { last } else { place.version };
                return (page, Some(Place { number, version }));
            }
            place = Place {
                number: number + 1,
                version: Version::EMPTY,
            };
        }
        (page, None)
    }
}

/// Those that a batch names more than once, in order.
fn named_twice(numbers: &[Option<u32>]) -> Vec<u32> {
    let mut named: Vec<u32> = numbers.iter().copied().flatten().collect();
    named.sort_unstable();
    let pairs = named.iter().zip(named.iter().skip(1));
    pairs
        .filter_map(|(one, next)| (one == next).then_some(*one))
        .collect()
}
