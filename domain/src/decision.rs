//! What an aggregate answers to a command.
//!
//! An aggregate is `{control, data}`: `control` is a small `Copy + Eq + Ord + Hash` state without times, versions or
//! amounts, so that the composed system can be enumerated; `data` is what the decisions carry along. `decide` is a ladder
//! of guards in a documented precedence, `evolve` folds what was decided.
//!
//! ```
//! use fiacre_domain::decision::{Aggregate, Decision};
//! use fiacre_domain::dispatch::{Command, Dispatch};
//! use fiacre_domain::time::Timestamp;
//!
//! let now = Timestamp::from_ms(0);
//! let mut dispatch = Dispatch::default();
//! let events = dispatch.decide(&Command::End, now)?.into_events();
//! for event in &events {
//!     dispatch.evolve(event, now);
//! }
//! // A command that comes again changes nothing, and writes nothing.
//! assert_eq!(dispatch.decide(&Command::End, now)?, Decision::AlreadyApplied);
//! # Ok::<(), fiacre_domain::dispatch::Refusal>(())
//! ```

use crate::time::Timestamp;

/// What a command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<E> {
    /// These events, in this order, in one commit. Never empty.
    Applied(Vec<E>),
    /// Nothing: it has happened already, or it is stale and changes nothing. Final only at the confirmed head of the stream.
    AlreadyApplied,
}

impl<E> Decision<E> {
    /// The events to commit; none where nothing is to be done.
    pub fn into_events(self) -> Vec<E> {
        match self {
            Self::Applied(events) => events,
            Self::AlreadyApplied => Vec::new(),
        }
    }

    /// One event.
    pub(crate) fn one(event: E) -> Self {
        Self::Applied(vec![event])
    }
}

/// State folded from one stream, and the commands that it answers.
pub trait Aggregate: Default + Clone {
    /// What can be asked.
    type Command;
    /// What can happen.
    type Event;
    /// Why a command is refused: an answer to whoever asked; writes nothing.
    type Refusal: std::error::Error;

    /// Answers `command` at `now` (the deciding service's clock).
    fn decide(&self, command: &Self::Command, now: Timestamp)
    -> Result<Decision<Self::Event>, Self::Refusal>;

    /// Folds an event that was committed at `at`. Never fails on what `decide` made; what cannot follow is ignored.
    fn evolve(&mut self, event: &Self::Event, at: Timestamp);

    /// Decides `commands` one after the other, each on the state the one before left, into one list of events.
    ///
    /// The first refusal ends it: one cause is one commit, so it is all or nothing.
    fn decide_all<'a>(
        &self,
        commands: impl IntoIterator<Item = &'a Self::Command>,
        now: Timestamp,
    ) -> Result<Vec<Self::Event>, Self::Refusal>
    where
        Self::Command: 'a,
    {
        let mut events = Vec::new();
        let mut scratch: Option<Self> = None;
        for command in commands {
            let decided = scratch
                .as_ref()
                .unwrap_or(self)
                .decide(command, now)?
                .into_events();
            if !decided.is_empty() {
                let state = scratch.get_or_insert_with(|| self.clone());
                for event in &decided {
                    state.evolve(event, now);
                }
                events.extend(decided);
            }
        }
        Ok(events)
    }
}
