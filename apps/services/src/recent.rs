//! States that were decided on lately: the next decision on a stream begins where the last one ended, without a load.
//!
//! A cache over the log and nothing else. Whatever it holds was true at its version: an append at a version that the stream
//! has left behind is a conflict, and an answer without events is never believed before a load at the confirmed head
//! ([`crate::writer`]), which gives only what is newer. So it may be stale, empty, shared or lost at any time, and costs a load at most.

use crate::state::State;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{Consistency, LoadRequest, Loaded};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many states a generation holds: the saga's steps of a stream follow each other within a minute or two.
const GENERATION_MAX: usize = 2_048;

/// A state, and what is known of its place in the log.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) state: State,
    pub(crate) head: Version,
    /// The snapshot that it was loaded from, or that was given to the store since.
    pub(crate) kept: Version,
    /// Whether nothing newer had been acknowledged when it was learnt, in this run.
    pub(crate) confirmed: bool,
}

impl Known {
    /// Nothing; none for streams that hold no aggregate.
    fn empty(stream: StreamId) -> Option<Box<Self>> {
        State::empty(stream).map(|state| {
            Box::new(Self {
                state,
                head: Version::EMPTY,
                kept: Version::EMPTY,
                confirmed: false,
            })
        })
    }

    /// What is known after a load, if this was known before it; none for streams that hold no aggregate.
    ///
    /// Whatever the load repeats is passed over. A stream of which the store holds nothing begins anew.
    pub(crate) fn after(
        before: Option<Box<Self>>,
        request: LoadRequest,
        loaded: &Loaded,
    ) -> Option<Box<Self>> {
        let mut known = match before.filter(|_| loaded.head != Version::EMPTY) {
            Some(known) => known,
            None => Self::empty(request.stream)?,
        };
        known.state.fold_in(loaded, known.head);
        let snapshot = loaded.snapshot.as_ref().map(|snapshot| snapshot.version);
        known.kept = snapshot.unwrap_or_default().max(known.kept);
        known.head = loaded.head.max(known.head);
        known.confirmed = request.consistency == Consistency::Linearizable;
        Some(known)
    }
}

/// The states of up to about four thousand streams, shared by the processes of a service. Whoever works on a state takes it
/// out: a process that dies within a run takes what it held along.
#[derive(Debug, Default)]
pub struct RecentStates(Mutex<Generations>);

/// Two generations instead of a list by last use: what was not used for a whole generation goes.
#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<StreamId, Box<Known>>,
    old: BTreeMap<StreamId, Box<Known>>,
}

impl RecentStates {
    /// Takes out what is known of `streams`, unconfirmed.
    pub(crate) fn take(&self, streams: impl Iterator<Item = StreamId>) -> BTreeMap<StreamId, Box<Known>> {
        let generations = &mut *self.generations();
        let take = |stream| {
            let known = generations.young.remove(&stream);
            let mut known = known.or_else(|| generations.old.remove(&stream))?;
            known.confirmed = false;
            Some((stream, known))
        };
        streams.filter_map(take).collect()
    }

    /// Keeps states for later; of two of one stream the newer.
    pub(crate) fn keep(&self, states: BTreeMap<StreamId, Box<Known>>) {
        let generations = &mut *self.generations();
        for (stream, known) in states {
            let other = generations.young.get(&stream);
            if other.is_none_or(|other| other.head < known.head) {
                generations.young.insert(stream, known);
            }
        }
        if generations.young.len() >= GENERATION_MAX {
            generations.old = std::mem::take(&mut generations.young);
        }
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
