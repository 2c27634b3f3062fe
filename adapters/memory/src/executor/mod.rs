//! Runs futures on one thread: it owns every poll, so one seed gives one run.

mod outside;
mod ready;
mod tasks;

pub use outside::{Abandoned, Answer, Outside, OutsideCall, OutsideCalls, Paced};
pub use tasks::{Spawner, TaskId};

use crate::time::VirtualTime;
use fiacre_domain::time::Timestamp;
use ready::Ready;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tasks::Tasks;

/// How many polls one instant of virtual time may take before a run is called a livelock.
pub const POLLS_PER_INSTANT_MAX: u64 = 10_000_000;

/// Runs futures, one poll at a time, and knows nothing else of them.
///
/// When no task can run it first completes what is outstanding [outside](Outside), in order, and only then lets virtual
/// time jump to the next sleeper. Dropping a task's future at a point where it waits is a crash: [`Executor::crash`].
///
/// ```
/// use fiacre_domain::{time::Timestamp, units::Millis};
/// use fiacre_memory::{Executor, VirtualTime};
/// let time = VirtualTime::starting_at(Timestamp::from_ms(0));
/// let mut executor = Executor::seeded(time.clone(), 42);
/// let sleeper = time.clone();
/// let task = executor.spawn("sleeper", async move { sleeper.sleep_until(Timestamp::from_ms(5_000)).await });
/// executor.run_until(Timestamp::from_ms(4_000))?;
/// assert!(executor.is_alive(task));
/// executor.run_until_idle()?;
/// assert_eq!((executor.is_alive(task), time.now().ms()), (false, 5_000));
/// # Ok::<(), fiacre_memory::RunError>(())
/// ```
pub struct Executor {
    time: VirtualTime,
    tasks: Tasks,
    ready: Arc<Ready>,
    outside: Vec<Box<dyn Outside>>,
    polls_per_instant_max: u64,
    polls_at_instant: u64,
    polls: u64,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("now", &self.time.now())
            .field("polls", &self.polls)
            .finish_non_exhaustive()
    }
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Polled this task.
    Polled(TaskId),
    /// No task could run: completed so many outside calls.
    Completed(usize),
    /// Nothing was outstanding either: time went on to here.
    Advanced(Timestamp),
    /// No task can run, nothing is outstanding, and nobody sleeps.
    Idle,
}

/// Why a run came to no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError {
    /// Tasks wake each other, or themselves, and time stands still.
    Livelock {
        /// The instant.
        at: Timestamp,
        /// How many polls it had.
        polls: u64,
        /// The tasks that had the most of them, with their polls; at most eight.
        busiest: Vec<(String, u64)>,
    },
    /// The future that was to be completed waits for something that nothing left will do.
    Stuck {
        /// Who else waits; at most eight.
        waiting: Vec<String>,
    },
}

impl RunError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Livelock { .. } => "run_livelock",
            Self::Stuck { .. } => "run_stuck",
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Livelock { at, polls, busiest } => {
                write!(f, "failed to get beyond {at}: {polls} polls in one instant by")?;
                for (name, polls) in busiest {
                    write!(f, " {name} ({polls})")?;
                }
                Ok(())
            }
            Self::Stuck { waiting } => {
                write!(
                    f,
                    "failed to complete: nothing is left that could wake it; waiting: "
                )?;
                f.write_str(&waiting.join(", "))
            }
        }
    }
}

impl Error for RunError {}

impl Executor {
    /// Runs tasks in the order in which they became ready.
    pub fn fifo(time: VirtualTime) -> Self {
        Self::with_ready(time, Ready::fifo())
    }

    /// Runs ready tasks in an order that `seed` decides.
    pub fn seeded(time: VirtualTime, seed: u64) -> Self {
        Self::with_ready(time, Ready::seeded(seed))
    }

    fn with_ready(time: VirtualTime, ready: Ready) -> Self {
        let ready = Arc::new(ready);
        Self {
            time,
            tasks: Tasks::new(Arc::clone(&ready)),
            ready,
            outside: Vec::new(),
            polls_per_instant_max: POLLS_PER_INSTANT_MAX,
            polls_at_instant: 0,
            polls: 0,
        }
    }

    /// With another bound than [`POLLS_PER_INSTANT_MAX`] on the polls of one instant.
    #[must_use]
    pub fn with_polls_per_instant_max(mut self, polls_per_instant_max: u64) -> Self {
        self.polls_per_instant_max = polls_per_instant_max;
        self
    }

    /// With something outside, whose calls are completed when no task can run; in the order in which they were added.
    pub fn add_outside(&mut self, outside: impl Outside + 'static) {
        self.outside.push(Box::new(outside));
    }

    /// The time that it advances.
    pub const fn time(&self) -> &VirtualTime {
        &self.time
    }

    /// How often it has polled so far.
    pub const fn polls(&self) -> u64 {
        self.polls
    }

    /// Begins a task, to be polled with the others; `name` is for errors and logs.
    pub fn spawn(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        future: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        self.tasks.spawn(name.into(), Box::pin(future))
    }

    /// For tasks that begin tasks.
    pub fn spawner(&self) -> Spawner {
        self.tasks.spawner()
    }

    /// Drops a task's future where it waits, as a process dies; whether it was alive.
    pub fn crash(&mut self, task: TaskId) -> bool {
        self.tasks.crash(task)
    }

    /// Whether a task is neither finished nor crashed.
    pub fn is_alive(&self, task: TaskId) -> bool {
        self.tasks.is_alive(task)
    }

    /// The name that a living task was given.
    pub fn name(&self, task: TaskId) -> Option<String> {
        self.tasks.name(task)
    }

    /// Does the next thing: one poll, or one round of outside calls, or one jump of time.
    ///
    /// # Errors
    ///
    /// `RunError::Livelock` where tasks wake each other and time stands still.
    pub fn step(&mut self) -> Result<Step, RunError> {
        self.step_until(Timestamp::MAX)
    }

    /// Runs everything that happens until `until`, which the time then is.
    ///
    /// # Errors
    ///
    /// `RunError::Livelock` where tasks wake each other and time stands still.
    pub fn run_until(&mut self, until: Timestamp) -> Result<(), RunError> {
        while self.step_until(until)? != Step::Idle {}
        self.advance_to(until);
        Ok(())
    }

    /// Runs until nothing can run, nothing is outstanding and nobody sleeps. Tasks that sleep again and again never let
    /// that happen: for them there is [`Executor::run_until`].
    ///
    /// # Errors
    ///
    /// `RunError::Livelock` where tasks wake each other and time stands still.
    pub fn run_until_idle(&mut self) -> Result<(), RunError> {
        while self.step()? != Step::Idle {}
        Ok(())
    }

    /// Runs until `future` is done, among the tasks; it may borrow from the caller.
    ///
    /// # Errors
    ///
    /// `RunError::Livelock` where tasks wake each other and time stands still, `RunError::Stuck` where `future` waits for something
    /// that nothing left will do.
    pub fn block_on<T>(&mut self, future: impl Future<Output = T>) -> Result<T, RunError> {
        let mut future = pin!(future);
        let guest = self.tasks.enter_guest();
        let outcome = loop {
            match self.next_task() {
                Some(task) if task == guest => {
                    let Some(waker) = self.tasks.begin_guest_poll(guest) else {
                        continue;
                    };
                    if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        break Ok(value);
                    }
                }
                Some(task) => self.tasks.poll(task),
                None => match self.wait_until(Timestamp::MAX) {
                    Step::Idle => break Err(self.stuck(guest)),
                    Step::Polled(_) | Step::Completed(_) | Step::Advanced(_) => {}
                },
            }
            if let Err(livelock) = self.check_progress() {
                break Err(livelock);
            }
        };
        self.tasks.crash(guest);
        outcome
    }

    /// Does the next thing that happens until `until`; [`Step::Idle`] where nothing does, with the time as it is.
    ///
    /// # Errors
    ///
    /// `RunError::Livelock` where tasks wake each other and time stands still.
    pub fn step_until(&mut self, until: Timestamp) -> Result<Step, RunError> {
        let Some(task) = self.next_task() else {
            return Ok(self.wait_until(until));
        };
        self.tasks.poll(task);
        self.check_progress()?;
        Ok(Step::Polled(task))
    }

    fn next_task(&mut self) -> Option<TaskId> {
        loop {
            let task = self.ready.pick()?;
            if self.tasks.is_alive(task) {
                self.polls += 1;
                self.polls_at_instant += 1;
                return Some(task);
            }
        }
    }

    fn wait_until(&mut self, until: Timestamp) -> Step {
        let completed = self.outside.iter_mut().map(|outside| outside.complete()).sum();
        if completed > 0 {
            return Step::Completed(completed);
        }
        match self.time.next_due() {
            Some(due) if due <= until => {
                self.advance_to(due);
                Step::Advanced(due)
            }
            Some(_) | None => Step::Idle,
        }
    }

    fn advance_to(&mut self, to: Timestamp) {
        if to > self.time.now() {
            self.polls_at_instant = 0;
            self.tasks.forget_polls();
        }
        self.time.advance_to(to);
    }

    fn check_progress(&self) -> Result<(), RunError> {
        if self.polls_at_instant <= self.polls_per_instant_max {
            return Ok(());
        }
        Err(RunError::Livelock {
            at: self.time.now(),
            polls: self.polls_at_instant,
            busiest: self.tasks.busiest(8),
        })
    }

    fn stuck(&self, guest: TaskId) -> RunError {
        RunError::Stuck {
            waiting: self.tasks.names_except(guest, 8),
        }
    }
}
