//! What a run works on: its streams, each once, with what is known of them.

use crate::state::State;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_ports::{Consistency, LoadRequest, Loaded};

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
    fn after(before: Option<Box<Self>>, request: LoadRequest, loaded: &Loaded) -> Option<Box<Self>> {
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

/// A stream that a run works on.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stream: StreamId,
    pub(crate) known: Option<Box<Known>>,
    /// Whether what is known counts only once it is confirmed.
    pub(crate) is_doubted: bool,
    /// Whether the stream is likely to be worked on again soon.
    pub(crate) is_lively: bool,
    /// Whether one of its jobs is in the wave.
    pub(crate) is_in_wave: bool,
}

impl Line {
    fn new(stream: StreamId) -> Self {
        Self {
            stream,
            known: None,
            is_doubted: false,
            is_lively: false,
            is_in_wave: false,
        }
    }

    /// Asks for what is newer than what is known.
    pub(crate) fn request(&self, consistency: Consistency) -> LoadRequest {
        LoadRequest {
            stream: self.stream,
            consistency,
            after: self.known.as_ref().map_or(Version::EMPTY, |known| known.head),
        }
    }

    /// Takes in what a load gave; none for streams that hold no aggregate.
    pub(crate) fn learn(&mut self, request: LoadRequest, loaded: &Loaded) -> Option<&Known> {
        self.known = Known::after(self.known.take(), request, loaded);
        self.known.as_deref()
    }

    /// What is known counts only once it is confirmed.
    pub(crate) fn doubt(&mut self) {
        self.is_doubted = true;
        if let Some(known) = &mut self.known {
            known.confirmed = false;
        }
    }
}

/// The streams of a run, each once, in the order of their ids.
#[derive(Debug)]
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    /// Of these streams, of which nothing is known yet.
    pub(crate) fn of(streams: impl Iterator<Item = StreamId>) -> Self {
        let mut lines: Vec<Line> = streams.map(Line::new).collect();
        lines.sort_unstable_by_key(|line| line.stream);
        lines.dedup_by_key(|line| line.stream);
        Self(lines)
    }

    /// Where the line of a stream stands, for whoever looks at it often.
    pub(crate) fn place(&self, stream: StreamId) -> Option<usize> {
        self.0.binary_search_by_key(&stream, |line| line.stream).ok()
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Line> {
        self.0.get(place)
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> Option<&mut Line> {
        self.0.get_mut(place)
    }

    pub(crate) fn find(&self, stream: StreamId) -> Option<&Line> {
        self.at(self.place(stream)?)
    }

    pub(crate) fn find_mut(&mut self, stream: StreamId) -> Option<&mut Line> {
        self.at_mut(self.place(stream)?)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.0.iter_mut()
    }
}

impl IntoIterator for Lines {
    type Item = Line;
    type IntoIter = std::vec::IntoIter<Line>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
