//! The state of any stream, folded, and its answer to a command.

use fiacre_domain::decision::{Aggregate, Decision};
use fiacre_domain::dispatch::{self, Dispatch};
use fiacre_domain::driver::{self, Driver};
use fiacre_domain::event::Event;
use fiacre_domain::payment::{self, Payment};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{self, Trip};
use fiacre_ports::{Loaded, SnapshotState};
use std::sync::Arc;

/// The state of one stream.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Of `trip-{id}`.
    Trip(Trip),
    /// Of `dispatch-{trip}`.
    Dispatch(Dispatch),
    /// Of `driver-{id}`.
    Driver(Driver),
    /// Of `payment-{trip}[-{n}]`.
    Payment(Payment),
}

/// Why a command was refused, by whichever aggregate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// By a trip.
    #[error(transparent)]
    Trip(#[from] trip::Refusal),
    /// By a search.
    #[error(transparent)]
    Dispatch(#[from] dispatch::Refusal),
    /// By a driver.
    #[error(transparent)]
    Driver(#[from] driver::Refusal),
    /// By a charge.
    #[error(transparent)]
    Payment(#[from] payment::Refusal),
    /// The command belongs to another kind of stream.
    #[error("failed to decide: the command belongs to another kind of stream")]
    WrongStream,
}

impl Refusal {
    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trip(refusal) => refusal.code(),
            Self::Dispatch(refusal) => refusal.code(),
            Self::Driver(refusal) => refusal.code(),
            Self::Payment(refusal) => refusal.code(),
            Self::WrongStream => "wrong_stream",
        }
    }

    /// When a deadline that was judged too early will come.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Trip(trip::Refusal::NotDueYet { due_at })
            | Self::Dispatch(dispatch::Refusal::NotDueYet { due_at })
            | Self::Payment(payment::Refusal::NotDueYet { due_at }) => Some(*due_at),
            Self::Trip(_) | Self::Dispatch(_) | Self::Driver(_) | Self::Payment(_) | Self::WrongStream => {
                None
            }
        }
    }
}

impl State {
    /// The state of `stream` before its first commit; none for streams that hold no aggregate.
    pub fn empty(stream: StreamId) -> Option<Self> {
        match stream {
            StreamId::Trip(_) => Some(Self::Trip(Trip::default())),
            StreamId::Dispatch(_) => Some(Self::Dispatch(Dispatch::default())),
            StreamId::Driver(_) => Some(Self::Driver(Driver::default())),
            StreamId::Payment(..) => Some(Self::Payment(Payment::default())),
            StreamId::Ops(_) | StreamId::Tariff(_) => None,
        }
    }

    /// Folds what a store gave of a whole stream.
    pub fn fold(stream: StreamId, loaded: &Loaded) -> Option<Self> {
        let mut state = Self::empty(stream)?;
        state.fold_in(loaded, Version::EMPTY);
        Some(state)
    }

    /// Folds in what a store gave that is newer than `known`, at which this state stands.
    pub fn fold_in(&mut self, loaded: &Loaded, known: Version) {
        let snapshot = loaded.snapshot.as_ref();
        if let Some(snapshot) = snapshot.filter(|snapshot| snapshot.version > known) {
            *self = Self::of_snapshot(&snapshot.state);
        }
        for commit in loaded.commits.iter().filter(|commit| commit.version > known) {
            self.evolve_all(&commit.events, commit.at);
        }
    }

    fn of_snapshot(snapshot: &SnapshotState) -> Self {
        match snapshot {
            SnapshotState::Trip(state) => Self::Trip((**state).clone()),
            SnapshotState::Dispatch(state) => Self::Dispatch((**state).clone()),
            SnapshotState::Driver(state) => Self::Driver(state.clone()),
            SnapshotState::Payment(state) => Self::Payment((**state).clone()),
        }
    }

    /// The same, to be kept by a store.
    pub fn to_snapshot(&self) -> SnapshotState {
        match self {
            Self::Trip(state) => SnapshotState::Trip(Box::new(state.clone())),
            Self::Dispatch(state) => SnapshotState::Dispatch(Box::new(state.clone())),
            Self::Driver(state) => SnapshotState::Driver(state.clone()),
            Self::Payment(state) => SnapshotState::Payment(Box::new(state.clone())),
        }
    }

    /// Folds events that were committed at `at`.
    pub fn evolve_all(&mut self, events: &[Event], at: Timestamp) {
        for event in events {
            match (&mut *self, event) {
                (Self::Trip(state), Event::Trip(event)) => state.evolve(event, at),
                (Self::Dispatch(state), Event::Dispatch(event)) => state.evolve(event, at),
                (Self::Driver(state), Event::Driver(event)) => state.evolve(event, at),
                (Self::Payment(state), Event::Payment(event)) => state.evolve(event, at),
                // Another kind of event is not this stream's: the audit finds it.
                (Self::Trip(_) | Self::Dispatch(_) | Self::Driver(_) | Self::Payment(_), _) => {}
            }
        }
    }

    /// Decides `commands` in sequence into the events of one commit; none where there is nothing to do.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of the first command that the stream refuses; then there is no commit.
    pub fn decide(&self, commands: &[Command], now: Timestamp) -> Result<Arc<[Event]>, Refusal> {
        if let [command] = commands {
            return self.decide_one(command, now);
        }
        let mut scratch = self.clone();
        let mut events = Vec::new();
        for command in commands {
            let decided = scratch.decide_one(command, now)?;
            scratch.evolve_all(&decided, now);
            events.extend_from_slice(&decided);
        }
        Ok(events.into())
    }

    fn decide_one(&self, command: &Command, now: Timestamp) -> Result<Arc<[Event]>, Refusal> {
        Ok(match (self, command) {
            (Self::Trip(state), Command::Trip(_, command)) => events(state.decide(command, now)?),
            (Self::Dispatch(state), Command::Dispatch(_, command)) => events(state.decide(command, now)?),
            (Self::Driver(state), Command::Driver(_, command)) => events(state.decide(command, now)?),
            (Self::Payment(state), Command::Payment(_, _, command)) => events(state.decide(command, now)?),
            (Self::Trip(_) | Self::Dispatch(_) | Self::Driver(_) | Self::Payment(_), _) => {
                return Err(Refusal::WrongStream);
            }
        })
    }
}

/// What a commit holds, in one piece from the beginning.
fn events<E: Into<Event>>(decision: Decision<E>) -> Arc<[Event]> {
    match decision {
        Decision::Applied(events) => events.into_iter().map(Into::into).collect(),
        Decision::AlreadyApplied => Arc::default(),
    }
}
