//! What the suites need around an adapter.

use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;

/// Whether a harness can do something that only some adapters allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It can; the clauses that need it run.
    Yes,
    /// It cannot, and why; the clauses that need it are listed as skipped.
    No(&'static str),
}

/// Whether the way to the adapter may fail while a suite runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It may not: `Unavailable` and `OutcomeUnknown` are failures, unless a clause asked for them.
    Calm,
    /// A fault proxy stands in between: `Unavailable` and `OutcomeUnknown` are legal; the suite heals, repeats the call
    /// with the same identity, and judges what is there afterwards. Such a harness says [`Support::No`] to whatever holds
    /// or loses an answer on purpose: the storm does that.
    Stormy,
}

/// A world made for one clause: an adapter that nobody else uses, its runtime and its clock.
///
/// The suites call everything from outside the runtime: one [`block_on`](Self::block_on) a step, so `open`, `restart` and
/// `crash` of the sister traits may use the runtime themselves. Concurrent calls of a step share one `block_on`.
pub trait Harness {
    /// Drives `future` to its end in the adapter's runtime. A virtual executor advances its clock where nothing can run.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Now, by the clock that the adapter's deadlines are judged by.
    fn now(&self) -> Timestamp;

    /// Lets time go by: a virtual clock is advanced, a real one waited for.
    fn pass(&self, duration: Millis);

    /// How long the suites wait for what must come (default 5 s). Costs nothing where time is virtual.
    fn patience(&self) -> Millis {
        Millis::from_secs(5)
    }

    /// How long the suites wait before they believe that nothing comes (default 200 ms).
    fn silence(&self) -> Millis {
        Millis::new(200)
    }

    /// A number that tells this world from others on the same servers; it is part of every id and region of the suite, so
    /// that suites can run side by side where no database or virtual host of their own can be had. Default 0.
    fn salt(&self) -> u32 {
        0
    }

    /// Whether calls may fail on the way (default [`Weather::Calm`]).
    fn weather(&self) -> Weather {
        Weather::Calm
    }

    /// Called before each call of the port: a fault proxy may cut, delay or black-hole what follows.
    fn disturb(&self) {}

    /// Called after a call that failed on the way: makes the way whole again, for the repetition and the verdict.
    fn heal(&self) {}
}

/// What a declared ability does where its harness does not say: it stops the test, so that no clause passes unexercised.
///
/// # Panics
/// Always.
#[expect(
    clippy::panic,
    reason = "a harness that promises what it does not do is a mistake of its author"
)]
pub(crate) fn undeclared(ability: &str) -> ! {
    panic!("failed to use the harness: it supports `{ability}` but does not implement it")
}
