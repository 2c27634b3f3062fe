//! Commits of one stream, packed: a shared [`Commit`] takes 144 bytes beside its events, and a live trip has a dozen.

use super::cause::{self, APART};
use super::kept::Kept;
use super::numbers::{Numbers, Short};
use crate::regions::Regions;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Cause, Commit, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use std::sync::Arc;

/// Commits one after the other; the events of all of them in one list. What is rare of them lies apart, beside it.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Of each commit: its cause, with the length in front, how many events it has, how long after the one before it was
    /// decided.
    heads: Box<[u8]>,
    events: Box<[Kept]>,
    count: u32,
    /// The region of the first, and nearly always of all.
    region: u32,
}

/// What is kept apart of a commit with a rare cause, with a trace or with another region than the first: in the order of the
/// heads that say [`APART`].
#[derive(Debug)]
pub(super) struct Apart {
    cause: Cause,
    region: u32,
    trace: Option<Arc<TraceContext>>,
}

/// A commit before it is packed.
#[derive(Debug)]
pub(super) struct NewRecord<'a> {
    pub(super) at: Timestamp,
    pub(super) cause: Cause,
    pub(super) region: u32,
    pub(super) trace: Option<Arc<TraceContext>>,
    pub(super) events: &'a [Event],
}

/// A commit where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    region: u32,
    at: Timestamp,
    events: &'a [Kept],
    packed: &'a [u8],
    apart: Option<&'a Apart>,
}

impl Record<'_> {
    /// What led to it, in a stream that belongs to trip `own`.
    pub(super) fn cause(&self, own: Option<TripId>) -> Option<Cause> {
        match self.apart {
            Some(apart) => Some(apart.cause),
            None => cause::unpack(self.packed, own),
        }
    }

    /// The commit that this is, as `version` of `stream`.
    pub(super) fn commit(&self, stream: StreamId, version: Version, regions: &Regions) -> Option<Commit> {
        Some(Commit {
            stream,
            version,
            at: self.at,
            cause: self.cause(stream.trip())?,
            region: regions.name(self.region)?,
            trace: self.apart.and_then(|apart| apart.trace.clone()),
            events: self.events().collect(),
        })
    }

    /// What happened, in order.
    pub(super) fn events(&self) -> impl Iterator<Item = Event> {
        self.events.iter().map(|event| event.event(self.at))
    }
}

impl Records {
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// Adds a commit to a stream that belongs to trip `own`; gives what is to be kept apart.
    pub(super) fn push(&mut self, own: Option<TripId>, record: NewRecord<'_>) -> Option<Apart> {
        let NewRecord {
            at,
            cause,
            region,
            trace,
            events,
        } = record;
        if self.count == 0 {
            self.region = region;
        }
        let is_plain = region == self.region && trace.is_none();
        let packed = is_plain.then(|| cause::pack(&cause, own)).flatten();
        let packed = packed.as_ref().map_or(&[APART][..], Short::as_slice);
        let first_at = self.first_at();
        let head = head(packed, events.len(), since(at, first_at));
        append(&mut self.heads, head.as_slice().iter().copied());
        append(&mut self.events, events.iter().map(|event| Kept::of(event, at)));
        self.count += 1;
        (packed == [APART]).then_some(Apart { cause, region, trace })
    }

    /// When the first was decided.
    fn first_at(&self) -> Option<Timestamp> {
        let mut heads = Numbers(&self.heads);
        let length = heads.number()?;
        heads.bytes(length.try_into().ok()?)?;
        heads.number()?;
        heads.number().map(|ms| Timestamp::from_ms(ms.cast_signed()))
    }

    /// Every commit, in order, with what is kept apart of them.
    pub(super) fn iter<'a>(&'a self, apart: &'a [Apart]) -> Walk<'a> {
        Walk {
            heads: Numbers(&self.heads),
            events: &self.events,
            apart,
            region: self.region,
            first_at: None,
        }
    }

    /// The place of the commit that `cause` made, in a stream that belongs to trip `own`.
    pub(super) fn place_of(&self, apart: &[Apart], own: Option<TripId>, cause: &Cause) -> Option<usize> {
        let wanted = cause::pack(cause, own);
        let wanted = wanted.as_ref().map(Short::as_slice);
        self.iter(apart).position(|record| match record.apart {
            Some(apart) => apart.cause == *cause,
            None => wanted == Some(record.packed),
        })
    }

    /// Takes out the first `count` commits, with what is kept apart of them.
    pub(super) fn take_first(&mut self, apart: &mut Vec<Apart>, count: usize) -> Piece {
        let mut walk = self.iter(apart);
        let taken = walk.by_ref().take(count).count();
        let (heads, events, apart_left) = (walk.heads.0.len(), walk.events.len(), walk.apart.len());
        let left = rewritten(walk);
        let records = Self {
            heads: take_first(&mut self.heads, heads),
            events: take_first(&mut self.events, events),
            count: u32::try_from(taken).unwrap_or(self.count),
            region: self.region,
        };
        self.heads = left;
        self.count -= records.count;
        let apart = apart.drain(..apart.len() - apart_left).collect();
        Piece { records, apart }
    }
}

/// Commits that are complete, with what is kept apart of them.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) records: Records,
    pub(super) apart: Box<[Apart]>,
}

impl Piece {
    /// Every commit, in order.
    pub(super) fn iter(&self) -> Walk<'_> {
        self.records.iter(&self.apart)
    }
}

/// The head of a commit.
fn head(packed: &[u8], events: usize, since_ms: u64) -> Short {
    let mut head = Short::new();
    head.number(packed.len() as u64);
    head.bytes(packed);
    head.number(events as u64);
    head.number(since_ms);
    head
}

/// How long after the first `at` is, in ms; the first since 1970. What was earlier takes all ten bytes, and comes back.
fn since(at: Timestamp, first_at: Option<Timestamp>) -> u64 {
    let first_ms = first_at.map_or(0, Timestamp::ms);
    at.ms().wrapping_sub(first_ms).cast_unsigned()
}

/// The heads of what a walk still comes to, with another first.
fn rewritten(walk: Walk<'_>) -> Box<[u8]> {
    let (mut heads, mut first_at) = (Vec::new(), None);
    for record in walk {
        let head = head(record.packed, record.events.len(), since(record.at, first_at));
        heads.extend_from_slice(head.as_slice());
        first_at.get_or_insert(record.at);
    }
    heads.into_boxed_slice()
}

fn append<T>(list: &mut Box<[T]>, more: impl ExactSizeIterator<Item = T>) {
    // Most streams end after a few commits: room for more would be half of their memory.
    let mut longer = std::mem::take(list).into_vec();
    longer.reserve_exact(more.len());
    longer.extend(more);
    *list = longer.into_boxed_slice();
}

/// Takes out all but the last `count`.
fn take_first<T>(list: &mut Box<[T]>, count: usize) -> Box<[T]> {
    let mut first = std::mem::take(list).into_vec();
    *list = first
        .split_off(first.len().saturating_sub(count))
        .into_boxed_slice();
    first.into_boxed_slice()
}

/// Walks through commits; it stands before the next one.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    heads: Numbers<'a>,
    events: &'a [Kept],
    apart: &'a [Apart],
    region: u32,
    first_at: Option<Timestamp>,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let length = self.heads.number()?;
        let packed = self.heads.bytes(length.try_into().ok()?)?;
        let events = self.heads.number()?;
        let since_ms = self.heads.number()?.cast_signed();
        let first_ms = self.first_at.map_or(0, Timestamp::ms);
        let at = Timestamp::from_ms(first_ms.wrapping_add(since_ms));
        self.first_at.get_or_insert(at);
        let (events, rest) = self.events.split_at_checked(events.try_into().ok()?)?;
        self.events = rest;
        let mut apart = None;
        if packed == [APART] {
            let (first, rest) = self.apart.split_first()?;
            (apart, self.apart) = (Some(first), rest);
        }
        Some(Record {
            region: apart.map_or(self.region, |apart| apart.region),
            at,
            events,
            packed,
            apart,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::dispatch::DispatchEvent;
    use fiacre_domain::id::{CommandId, RegionId};
    use fiacre_domain::stream::{EventId, TimerId, TimerKind};

    /// A commit of each kind: plain ones, another region, a trace, a rare cause; at any time.
    fn commits(stream: StreamId) -> Vec<Commit> {
        let regions: [RegionId; 2] = ["manhattan".parse().unwrap(), "queens".parse().unwrap()];
        let trace = Arc::new(TraceContext {
            trace_id: [1; 16],
            span_id: [2; 8],
            flags: 1,
        });
        let timer = TimerId {
            stream,
            version: Version::new(1),
            kind: TimerKind::OrderExpires,
        };
        let event = Cause::Event(EventId::new(stream, Version::new(7), 300));
        let command = Cause::Command(CommandId::from_u128(9));
        let rare = [
            (0, event, 0, None),
            (-1, command, 1, None),
            (i64::MAX, command, 0, Some(trace)),
            (i64::MIN, Cause::Timer(timer), 0, None),
            (1_530_000_000_000, event, 0, None),
        ];
        let numbered = (1..).zip(rare);
        numbered
            .map(|(version, (at_ms, cause, region, trace))| Commit {
                stream,
                version: Version::new(version),
                at: Timestamp::from_ms(at_ms),
                cause,
                region: regions[region],
                trace,
                events: vec![Event::from(DispatchEvent::DispatchClosed); version as usize].into(),
            })
            .collect()
    }

    fn unpacked(records: Walk<'_>, stream: StreamId, after: usize, regions: &Regions) -> Vec<Commit> {
        let numbered = (after + 1..).zip(records);
        let commit = |(version, record): (usize, Record<'_>)| {
            record.commit(stream, Version::new(u32::try_from(version).unwrap()), regions)
        };
        numbered.map(|numbered| commit(numbered).unwrap()).collect()
    }

    #[test]
    fn whatever_is_packed_comes_back_also_where_the_first_are_taken_out() {
        let trip = TripId::from_u128(7);
        let stream = StreamId::Dispatch(trip);
        let commits = commits(stream);
        for first in 0..commits.len() {
            // Whichever is the first, numbered anew.
            let turned = commits[first..].iter().chain(&commits[..first]).zip(1..);
            let turned: Vec<_> = turned
                .map(|(commit, version)| Commit {
                    version: Version::new(version),
                    ..commit.clone()
                })
                .collect();
            comes_back(stream, trip, &turned);
        }
    }

    fn comes_back(stream: StreamId, trip: TripId, commits: &[Commit]) {
        for count in 0..=commits.len() {
            let (mut records, mut regions, mut apart) = (Records::default(), Regions::default(), Vec::new());
            for commit in commits.iter().cloned() {
                let record = NewRecord {
                    at: commit.at,
                    cause: commit.cause,
                    region: regions.number(commit.region),
                    trace: commit.trace,
                    events: &commit.events,
                };
                apart.extend(records.push(Some(trip), record));
            }
            let cause = commits[3].cause;
            let place = commits.iter().position(|commit| commit.cause == cause);
            assert_eq!(records.place_of(&apart, Some(trip), &cause), place);
            let first = records.take_first(&mut apart, count);
            assert_eq!(
                (first.records.len(), records.len()),
                (count, commits.len() - count)
            );
            assert_eq!(unpacked(first.iter(), stream, 0, &regions), commits[..count]);
            assert_eq!(
                unpacked(records.iter(&apart), stream, count, &regions),
                commits[count..]
            );
        }
    }
}
