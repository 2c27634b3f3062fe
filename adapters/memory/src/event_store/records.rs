//! The commits of one stream, packed: a shared [`Commit`] takes 144 bytes beside its events, and a live trip has a dozen.

use super::cause::{self, APART};
use super::numbers::{Numbers, Short};
use crate::regions::Regions;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::stream::{Cause, Commit, StreamId, TraceContext, Version};
use fiacre_domain::time::Timestamp;
use std::sync::Arc;

/// Commits one after the other; the events of all of them in one list.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Of each commit: its cause, with the length in front, how many events it has, when it was decided.
    heads: Box<[u8]>,
    events: Box<[Event]>,
    count: u32,
    /// The region of the first, and nearly always of all.
    region: u32,
    rare: Option<Box<Rare>>,
}

/// What hardly any stream has.
#[derive(Debug, Default)]
struct Rare {
    /// In the order of the heads that say [`APART`].
    apart: Vec<Apart>,
}

/// What is kept apart of a commit with a rare cause, with a trace or with another region than its stream's first.
#[derive(Debug)]
struct Apart {
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
    records: &'a Records,
    pub(super) at: Timestamp,
    pub(super) events: &'a [Event],
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
        let region = self.apart.map_or(self.records.region, |apart| apart.region);
        Some(Commit {
            stream,
            version,
            at: self.at,
            cause: self.cause(stream.trip())?,
            region: regions.name(region)?,
            trace: self.apart.and_then(|apart| apart.trace.clone()),
            events: self.events.into(),
        })
    }
}

impl Records {
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    /// Adds a commit to a stream that belongs to trip `own`.
    pub(super) fn push(&mut self, own: Option<TripId>, record: NewRecord<'_>) {
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
        if packed == [APART] {
            let apart = Apart { cause, region, trace };
            self.rare.get_or_insert_default().apart.push(apart);
        }
        let mut head = Short::new();
        head.number(packed.len() as u64);
        head.bytes(packed);
        head.number(events.len() as u64);
        // Times before 1970 take all ten bytes, and come back.
        head.number(at.ms().cast_unsigned());
        append(&mut self.heads, head.as_slice());
        append(&mut self.events, events);
        self.count += 1;
    }

    /// Every commit, in order.
    pub(super) fn iter(&self) -> Walk<'_> {
        Walk {
            records: self,
            heads: Numbers(&self.heads),
            events: &self.events,
            apart: self.rare.as_ref().map_or(&[], |rare| &rare.apart),
        }
    }

    /// The place of the commit that `cause` made, in a stream that belongs to trip `own`.
    pub(super) fn place_of(&self, own: Option<TripId>, cause: &Cause) -> Option<usize> {
        let wanted = cause::pack(cause, own);
        let wanted = wanted.as_ref().map(Short::as_slice);
        self.iter().position(|record| match record.apart {
            Some(apart) => apart.cause == *cause,
            None => wanted == Some(record.packed),
        })
    }

    /// What happened in all of them, in order.
    pub(super) const fn events(&self) -> &[Event] {
        &self.events
    }

    /// Takes out the first `count` commits.
    pub(super) fn take_first(&mut self, count: usize) -> Self {
        let mut walk = self.iter();
        let taken = walk.by_ref().take(count).count();
        let (heads, events, apart) = (walk.heads.0.len(), walk.events.len(), walk.apart.len());
        let first = Self {
            heads: take_first(&mut self.heads, heads),
            events: take_first(&mut self.events, events),
            count: u32::try_from(taken).unwrap_or(self.count),
            region: self.region,
            rare: self.rare.as_mut().map(|rare| {
                let gone = rare.apart.len() - apart;
                let apart = rare.apart.drain(..gone).collect();
                Box::new(Rare { apart })
            }),
        };
        self.count -= first.count;
        first
    }
}

fn append<T: Clone>(list: &mut Box<[T]>, more: &[T]) {
    // Most streams end after a few commits: room for more would be half of their memory.
    let mut longer = std::mem::take(list).into_vec();
    longer.reserve_exact(more.len());
    longer.extend_from_slice(more);
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
    records: &'a Records,
    heads: Numbers<'a>,
    events: &'a [Event],
    apart: &'a [Apart],
}

impl<'a> Iterator for Walk<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let length = self.heads.number()?;
        let packed = self.heads.bytes(length.try_into().ok()?)?;
        let events = self.heads.number()?;
        let at = Timestamp::from_ms(self.heads.number()?.cast_signed());
        let (events, rest) = self.events.split_at_checked(events.try_into().ok()?)?;
        self.events = rest;
        let mut apart = None;
        if packed == [APART] {
            let (first, rest) = self.apart.split_first()?;
            (apart, self.apart) = (Some(first), rest);
        }
        Some(Record {
            records: self.records,
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

    fn unpacked(records: &Records, stream: StreamId, after: usize, regions: &Regions) -> Vec<Commit> {
        let numbered = (after + 1..).zip(records.iter());
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
        for count in 0..=commits.len() {
            let (mut records, mut regions) = (Records::default(), Regions::default());
            for commit in commits.clone() {
                let record = NewRecord {
                    at: commit.at,
                    cause: commit.cause,
                    region: regions.number(commit.region),
                    trace: commit.trace,
                    events: &commit.events,
                };
                records.push(Some(trip), record);
            }
            assert_eq!(records.place_of(Some(trip), &commits[3].cause), Some(3));
            let first = records.take_first(count);
            assert_eq!((first.len(), records.len()), (count, commits.len() - count));
            assert_eq!(unpacked(&first, stream, 0, &regions), commits[..count]);
            assert_eq!(unpacked(&records, stream, count, &regions), commits[count..]);
        }
    }
}
