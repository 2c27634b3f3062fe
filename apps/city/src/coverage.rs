//! What a run exercised of the saga's table: step of a trip × fact, with how often each came to pass.
//!
//! The table has a column for each step of a trip, those before its order and after its end included, and a row for each kind
//! of command. A whole Friday at default rates reaches every cell but those that have a [`reason`] not to be, whatever
//! the seed: `cargo run --release -p fiacre-city --example every_cell` plays it and holds it to that.
//!
//! ```
//! use fiacre_city::coverage::{Reason, reason};
//! use fiacre_domain::trip::{CommandKind, Phase};
//!
//! assert_eq!(reason(Phase::Reassigning, CommandKind::LosePayment), None);
//! assert_eq!(reason(Phase::Started, CommandKind::NoDriver), Some(Reason::RoundEnded));
//! assert_eq!(reason(Phase::Absent, CommandKind::Reject), Some(Reason::Dropped));
//! ```

use fiacre_domain::saga::Command;
use fiacre_domain::trip::{CommandKind, Phase};
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The steps at which a trip lives.
pub const LIVING: [Phase; 5] = [
    Phase::Requested,
    Phase::Reassigning,
    Phase::Confirmed,
    Phase::Arrived,
    Phase::Started,
];

/// Why an ordinary day may leave a cell of the table unreached.
///
/// That nothing reaches the cells which are [impossible](Self::is_impossible) on rough days either, and why, is held by
/// `tests/coverage.rs`; that it is so in any order of events, in every state of a booking by `proptests/tests/saga/states`;
/// what the domain answers at any cell all the same, by its own tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An order is the first thing that a trip hears of, and a quote is used once.
    NotFirst,
    /// A round of the search ends once, with a driver or without; a later one begins only by reassigning.
    RoundEnded,
    /// Its timer is armed by a step that the trip has not come to.
    ArmedLater,
    /// Locks and money come to an end only after the trip has.
    NotEnded,
    /// Search, payment and timers begin with the order.
    NotBegun,
    /// Who drives a trip, changes, corrects or tips it has heard of it: in the city, not before its order is taken.
    Unknown,
    /// An order is dropped by an operator's command alone, where it was parked; the city parks none, or its audit says so.
    Dropped,
    /// Trips reject orders whose quote is outdated or does not fit; riders of the city order at once what they were quoted.
    NoneRejected,
    /// What comes after the end was under way before, and changes nothing; a day may have few of them or none.
    Crossed,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotFirst,
        Self::RoundEnded,
        Self::ArmedLater,
        Self::NotEnded,
        Self::NotBegun,
        Self::Unknown,
        Self::Dropped,
        Self::NoneRejected,
        Self::Crossed,
    ];

    /// Whether nothing that happens in the city can reach such a cell; one of the others is reached by chance or by operators.
    pub const fn is_impossible(self) -> bool {
        match self {
            Self::NotFirst
            | Self::RoundEnded
            | Self::ArmedLater
            | Self::NotEnded
            | Self::NotBegun
            | Self::Unknown => true,
            Self::Dropped | Self::NoneRejected | Self::Crossed => false,
        }
    }

    /// The reason's name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFirst => "not_first",
            Self::RoundEnded => "round_ended",
            Self::ArmedLater => "armed_later",
            Self::NotEnded => "not_ended",
            Self::NotBegun => "not_begun",
            Self::Unknown => "unknown",
            Self::Dropped => "dropped",
            Self::NoneRejected => "none_rejected",
            Self::Crossed => "crossed",
        }
    }
}

/// A sentence without its full stop.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFirst => "an order is the first thing that a trip hears of, and a quote is used once",
            Self::RoundEnded => "a round of the search ends once; a later one begins only by reassigning",
            Self::ArmedLater => "its timer is armed by a step that the trip has not come to",
            Self::NotEnded => "locks and money come to an end only after the trip has",
            Self::NotBegun => "search, payment and timers begin with the order",
            Self::Unknown => "nobody has heard of the trip before its order is taken",
            Self::Dropped => "only an operator drops an order, and only one that was parked",
            Self::NoneRejected => "riders order at once what they were quoted, and no trip rejects that",
            Self::Crossed => "it was under way when the trip ended, and changes nothing; a day may have none",
        })
    }
}

/// Why an ordinary day may leave `fact` at `phase` unreached; `None` where every ordinary day reaches it.
pub const fn reason(phase: Phase, fact: CommandKind) -> Option<Reason> {
    match phase {
        Phase::Absent => before(fact),
        Phase::Rejected => Some(Reason::NoneRejected),
        Phase::Requested | Phase::Reassigning | Phase::Confirmed | Phase::Arrived | Phase::Started => {
            living(phase, fact)
        }
        Phase::Completed | Phase::Cancelled | Phase::Failed => after(phase, fact),
    }
}

/// Before its order a trip hears of it, or that it is called off.
const fn before(fact: CommandKind) -> Option<Reason> {
    match fact {
        CommandKind::Request | CommandKind::Cancel => None,
        CommandKind::Reject => Some(Reason::Dropped),
        CommandKind::NoteDriver
        | CommandKind::NotePayment
        | CommandKind::LosePayment
        | CommandKind::DeclinePayment
        | CommandKind::NoDriver
        | CommandKind::Expire
        | CommandKind::ArrivalOverdue
        | CommandKind::NoShowOverdue
        | CommandKind::RideOverdue
        | CommandKind::ClearLock
        | CommandKind::SettleMoney => Some(Reason::NotBegun),
        CommandKind::Withdraw
        | CommandKind::Arrive
        | CommandKind::NoShow
        | CommandKind::Start
        | CommandKind::StartWrongCode
        | CommandKind::ChangePlan
        | CommandKind::Complete
        | CommandKind::AdjustFare
        | CommandKind::Tip => Some(Reason::Unknown),
    }
}

const fn living(phase: Phase, fact: CommandKind) -> Option<Reason> {
    let is_requested = matches!(phase, Phase::Requested);
    let is_searching = is_requested || matches!(phase, Phase::Reassigning);
    let is_started = matches!(phase, Phase::Started);
    match fact {
        CommandKind::Request | CommandKind::Reject => Some(Reason::NotFirst),
        CommandKind::NoteDriver | CommandKind::NoDriver if !is_searching => Some(Reason::RoundEnded),
        CommandKind::ArrivalOverdue | CommandKind::NoShowOverdue if is_requested => Some(Reason::ArmedLater),
        CommandKind::RideOverdue if !is_started => Some(Reason::ArmedLater),
        CommandKind::ClearLock | CommandKind::SettleMoney => Some(Reason::NotEnded),
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

/// After its end a trip hears that lock and money are settled, and what was under way.
const fn after(phase: Phase, fact: CommandKind) -> Option<Reason> {
    let is_completed = matches!(phase, Phase::Completed);
    let is_cancelled = matches!(phase, Phase::Cancelled);
    match fact {
        CommandKind::ClearLock | CommandKind::SettleMoney => None,
        // It may have been called off before it was ordered.
        CommandKind::Request if is_cancelled => None,
        CommandKind::Reject if is_cancelled => Some(Reason::Dropped),
        CommandKind::Request | CommandKind::Reject => Some(Reason::NotFirst),
        // Whoever rode may take back, change or pay too late, and the timers of each step ring all the same.
        CommandKind::ArrivalOverdue
        | CommandKind::NoShowOverdue
        | CommandKind::Cancel
        | CommandKind::ChangePlan
        | CommandKind::AdjustFare
        | CommandKind::Tip
            if is_completed =>
        {
            None
        }
        CommandKind::Expire if is_completed || is_cancelled => None,
        // A cancel overtakes what bank and driver say.
        CommandKind::NotePayment | CommandKind::Arrive if is_cancelled => None,
        CommandKind::RideOverdue if !is_completed => Some(Reason::ArmedLater),
        CommandKind::NoteDriver
        | CommandKind::NotePayment
        | CommandKind::LosePayment
        | CommandKind::DeclinePayment
        | CommandKind::NoDriver
        | CommandKind::Expire
        | CommandKind::Withdraw
        | CommandKind::ArrivalOverdue
        | CommandKind::Cancel
        | CommandKind::Arrive
        | CommandKind::NoShow
        | CommandKind::NoShowOverdue
        | CommandKind::Start
        | CommandKind::StartWrongCode
        | CommandKind::ChangePlan
        | CommandKind::Complete
        | CommandKind::RideOverdue
        | CommandKind::AdjustFare
        | CommandKind::Tip => Some(Reason::Crossed),
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
    /// Why an ordinary day may leave it unreached; `None` where every ordinary day reaches it.
    pub const fn reason(&self) -> Option<Reason> {
        reason(self.phase, self.fact)
    }

    /// Whether an ordinary day reaches it, and this one did not.
    pub const fn is_missed(&self) -> bool {
        self.count == 0 && self.reason().is_none()
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
    /// Every cell with its count; by phase, then by fact.
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
