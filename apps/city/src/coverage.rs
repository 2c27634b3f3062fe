//! What a run exercised of the saga's table: step of a trip × fact, with how often each came to pass.
//!
//! The table has a column for each [step at which a trip lives](LIVING) and a row for each kind of command. A whole Friday
//! at default rates reaches every cell but those that [nothing can reach](impossible), whatever the seed:
//! `cargo run --release -p fiacre-city --example every_cell` plays it and holds it to that.
//!
//! ```
//! use fiacre_city::coverage::{self, Impossible};
//! use fiacre_domain::trip::{CommandKind, Phase};
//!
//! assert_eq!(coverage::impossible(Phase::Reassigning, CommandKind::LosePayment), None);
//! assert_eq!(coverage::impossible(Phase::Started, CommandKind::NoDriver), Some(Impossible::RoundEnded));
//! ```

use fiacre_domain::saga::Command;
use fiacre_domain::trip::{CommandKind, Phase};
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use std::sync::atomic::{AtomicU64, Ordering};

/// The steps at which a trip lives: the columns of the saga's table.
pub const LIVING: [Phase; 5] = [
    Phase::Requested,
    Phase::Reassigning,
    Phase::Confirmed,
    Phase::Arrived,
    Phase::Started,
];

/// Why a cell of the table cannot be reached. That it is so on rough days, too, and why, is held by `tests/coverage.rs`; that
/// it is so in any order of events, in every state of a booking by `proptests/tests/saga/states`; what the domain answers there
/// all the same, by its own tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impossible {
    /// An order is the first thing that a trip hears of, and a quote is used once.
    NotFirst,
    /// A round of the search ends once, with a driver or without; a later one begins only by reassigning.
    RoundEnded,
    /// Its timer is armed by a later step, and none of the steps before is ever gone back to.
    ArmedLater,
    /// Locks and money come to an end only after the trip has.
    NotEnded,
}

/// Why `fact` cannot come at `phase`; `None` where it can, and of the steps at which a trip does not live.
pub const fn impossible(phase: Phase, fact: CommandKind) -> Option<Impossible> {
    let (is_requested, is_searching, is_started) = match phase {
        Phase::Absent | Phase::Rejected | Phase::Completed | Phase::Cancelled | Phase::Failed => return None,
        Phase::Requested => (true, true, false),
        Phase::Reassigning => (false, true, false),
        Phase::Confirmed | Phase::Arrived => (false, false, false),
        Phase::Started => (false, false, true),
    };
    match fact {
        CommandKind::Request | CommandKind::Reject => Some(Impossible::NotFirst),
        CommandKind::NoteDriver | CommandKind::NoDriver if !is_searching => Some(Impossible::RoundEnded),
        CommandKind::ArrivalOverdue | CommandKind::NoShowOverdue if is_requested => {
            Some(Impossible::ArmedLater)
        }
        CommandKind::RideOverdue if !is_started => Some(Impossible::ArmedLater),
        CommandKind::ClearLock | CommandKind::SettleMoney => Some(Impossible::NotEnded),
        CommandKind::NoteDriver
        | CommandKind::NoDriver
        | CommandKind::ArrivalOverdue
        | CommandKind::NoShowOverdue
        | CommandKind::RideOverdue
        | CommandKind::NotePayment
        | CommandKind::LosePayment
        | CommandKind::DeclinePayment
        | CommandKind::Expire
        | CommandKind::Withdraw
        | CommandKind::Cancel
        | CommandKind::Arrive
        | CommandKind::NoShow
        | CommandKind::Start
        | CommandKind::StartWrongCode
        | CommandKind::ChangePlan
        | CommandKind::Complete
        | CommandKind::AdjustFare
        | CommandKind::Tip => None,
    }
}

/// A cell of the table, and how often it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The trip's step.
    pub phase: Phase,
    /// What it was told.
    pub fact: CommandKind,
    /// How often.
    pub count: u64,
}

impl Cell {
    /// Whether this is a cell of the saga's table: of a step at which a trip lives.
    pub fn is_living(&self) -> bool {
        LIVING.contains(&self.phase)
    }

    /// Whether it could be reached and was not.
    pub fn is_missed(&self) -> bool {
        self.is_living() && self.count == 0 && impossible(self.phase, self.fact).is_none()
    }
}

/// Counts decisions of the trip service by phase and fact.
#[derive(Debug)]
pub struct Coverage {
    cells: Vec<AtomicU64>,
}

impl Default for Coverage {
    fn default() -> Self {
        let cells = Phase::ALL.len() * CommandKind::ALL.len();
        Self {
            cells: (0..cells).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Coverage {
    /// Every phase and fact with its count, those at which no trip lives included; by phase, then by fact.
    pub fn cells(&self) -> Vec<Cell> {
        let table = Phase::ALL
            .iter()
            .flat_map(|phase| CommandKind::ALL.iter().map(move |fact| (*phase, *fact)));
        table
            .zip(&self.cells)
            .map(|((phase, fact), count)| Cell {
                phase,
                fact,
                count: count.load(Ordering::Relaxed),
            })
            .collect()
    }
}

impl Observer for Coverage {
    fn decided(&self, before: &State, commands: &[Command], _decided: Decided<'_>) {
        let State::Trip(trip) = before else { return };
        for command in commands {
            let Command::Trip(_, command) = command else {
                continue;
            };
            let cell = trip.control().phase as usize * CommandKind::ALL.len() + command.kind() as usize;
            if let Some(count) = self.cells.get(cell) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
