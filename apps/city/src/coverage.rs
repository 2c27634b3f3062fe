//! What a run exercised of the saga's table: phase × fact, with how often each came to pass.

use fiacre_domain::saga::Command;
use fiacre_domain::trip::{CommandKind, Phase};
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Every cell of the table with its count: phase, fact, count.
    pub fn cells(&self) -> Vec<(Phase, CommandKind, u64)> {
        let table = Phase::ALL
            .iter()
            .flat_map(|phase| CommandKind::ALL.iter().map(move |fact| (*phase, *fact)));
        table
            .zip(&self.cells)
            .map(|((phase, fact), count)| (phase, fact, count.load(Ordering::Relaxed)))
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
