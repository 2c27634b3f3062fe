//! Who is told what was decided: measures, reports, coverage of the saga's table. Never part of a decision.

use crate::writer::{Job, Outcome};

/// Hears of every job and what became of it.
pub trait Observer: Send + Sync {
    /// Whether jobs are to be reported at all; when not, nothing is copied.
    fn wants_jobs(&self) -> bool {
        true
    }

    /// A job came to an outcome.
    fn decided(&self, job: &Job, outcome: &Outcome);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn wants_jobs(&self) -> bool {
        false
    }

    fn decided(&self, _job: &Job, _outcome: &Outcome) {}
}
