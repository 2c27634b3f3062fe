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
use std::fmt;

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

/// Why what was stored of a state is none that a stream leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateError {
    /// A trip is under way or over, and nobody ordered it.
    TripWithoutOrder,
    /// A search is under way, and nobody knows what for.
    SearchWithoutBrief,
    /// Something was noted of a charge, and not of which.
    MoneyWithoutCharge,
    /// A driver is on duty or locked, and nobody knows where.
    DriverWithoutShift,
}

impl StateError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TripWithoutOrder => "state_trip_without_order",
            Self::SearchWithoutBrief => "state_search_without_brief",
            Self::MoneyWithoutCharge => "state_money_without_charge",
            Self::DriverWithoutShift => "state_driver_without_shift",
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lack = match self {
            Self::TripWithoutOrder => "the trip has no order",
            Self::SearchWithoutBrief => "the search has no brief",
            Self::MoneyWithoutCharge => "the payment has no charge",
            Self::DriverWithoutShift => "the driver has no shift",
        };
        write!(
            f,
            "failed to make a state of its parts: {lack}; fold it from its stream"
        )
    }
}

impl std::error::Error for StateError {}

/// The parts of a state as data: all of its fields, for those who store it. The compiler sees that none is forgotten.
macro_rules! state_parts {
    ($(#[$about:meta])* $parts:ident of $state:ident { $($(#[$doc:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $parts {
            $($(#[$doc])* pub $field: $ty),*
        }

        impl $state {
            /// As data.
            pub fn parts(&self) -> $parts {
                let Self { $($field),* } = self;
                $parts { $($field: $field.clone()),* }
            }

            /// A state from what was stored of it: a cache of its stream, never the truth.
            ///
            /// # Errors
            /// What no stream leads to.
            pub fn from_parts(parts: $parts) -> Result<Self, $crate::decision::StateError> {
                let $parts { $($field),* } = parts;
                let state = Self { $($field),* };
                state.check()?;
                Ok(state)
            }
        }
    };
}
pub(crate) use state_parts;

/// State folded from one stream, and the commands that it answers.
pub trait Aggregate: Default + Clone {
    /// What can be asked.
    type Command;
    /// What can happen.
    type Event;
    /// Why a command is refused: an answer to whoever asked; writes nothing.
    type Refusal: std::error::Error;

    /// Answers `command` at `now` (the deciding service's clock).
    ///
    /// # Errors
    ///
    /// The aggregate's own refusal, where a person asks for what is not possible now; nothing is written. Facts of other
    /// services are never refused, but a deadline that has not come is: try again when it has.
    fn decide(&self, command: &Self::Command, now: Timestamp)
    -> Result<Decision<Self::Event>, Self::Refusal>;

    /// Folds an event that was committed at `at`. Never fails on what `decide` made; what cannot follow is ignored.
    fn evolve(&mut self, event: &Self::Event, at: Timestamp);

    /// Decides `commands` one after the other, each on the state the one before left, into one list of events.
    ///
    /// The first refusal ends it: one cause is one commit, so it is all or nothing.
    ///
    /// # Errors
    ///
    /// The first refusal, as in [`Aggregate::decide`]; nothing of the list is to be written.
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
