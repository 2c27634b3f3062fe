//! A process: turns, not tasks.

use async_trait::async_trait;
use fiacre_domain::time::Timestamp;

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Something was done; there may be more.
    Worked,
    /// Nothing was to be done until the deadline.
    Idle,
    /// The process has ended and will do nothing more.
    Closed,
}

/// A loop, one turn at a time: take what there is, load, decide, append, settle.
///
/// Inside a turn there is no spawn, select, sleep, channel or timeout, and no runtime is named. Whoever runs the process
/// calls `turn` again and again; a crash is a turn that is never finished.
#[async_trait]
pub trait Process: Send {
    /// The process's name, for diagnosis.
    fn name(&self) -> &str;

    /// One turn; waits for work until `until` at most.
    async fn turn(&mut self, until: Timestamp) -> Turn;
}

#[async_trait]
impl<P: Process + ?Sized> Process for Box<P> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        (**self).turn(until).await
    }
}

/// Runs a process until it closes. Each wait lasts at most until [`Timestamp::MAX`]: whoever runs it ends it by dropping it
/// between turns or, as a crash, within one.
pub async fn run(mut process: impl Process) {
    while process.turn(Timestamp::MAX).await != Turn::Closed {}
}
