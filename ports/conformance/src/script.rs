//! Does the steps of a check, notes each with its answer, and repeats what failed on the way where that is legal.

use crate::harness::{Harness, Weather};
use crate::report::{Check, Mismatch};
use crate::sample::Ids;
use crate::told::Told;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{GatewayError, PortError, PortErrorKind};
use std::cell::RefCell;
use std::pin::Pin;
use std::task::Poll;

/// How often a call is repeated in stormy weather before it counts as failed.
pub(crate) const TRIES_MAX: u32 = 40;

/// An error after which a call may be repeated with the same identity.
pub(crate) trait Transient: Told {
    /// Whether it is one.
    fn is_transient(&self) -> bool;
}

impl Transient for PortError {
    fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown
        )
    }
}

impl Transient for GatewayError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable | Self::OutcomeUnknown)
    }
}

/// The steps of one check.
pub(crate) struct Script<'h, H> {
    harness: &'h H,
    ids: Ids,
    steps: RefCell<Vec<String>>,
}

impl<'h, H: Harness> Script<'h, H> {
    pub(crate) fn new(harness: &'h H) -> Self {
        Self {
            harness,
            ids: Ids::new(harness.salt()),
            steps: RefCell::default(),
        }
    }

    pub(crate) fn into_steps(self) -> Vec<String> {
        self.steps.into_inner()
    }

    pub(crate) const fn harness(&self) -> &'h H {
        self.harness
    }

    pub(crate) const fn ids(&self) -> Ids {
        self.ids
    }

    /// Notes a step.
    pub(crate) fn note(&self, step: impl Into<String>) {
        self.steps.borrow_mut().push(step.into());
    }

    /// The end of waiting for what must come.
    pub(crate) fn patience(&self) -> Timestamp {
        self.harness.now().plus(self.harness.patience())
    }

    /// The end of waiting for what must not come.
    pub(crate) fn silence(&self) -> Timestamp {
        self.harness.now().plus(self.harness.silence())
    }

    /// Whether a call that failed like this is repeated; heals the way first.
    pub(crate) fn repeats(&self, tries: u32, error: &impl Transient) -> bool {
        let again = self.harness.weather() == Weather::Stormy && error.is_transient() && tries < TRIES_MAX;
        if again {
            self.note(format!("  {}: heal and repeat", error.told()));
            self.harness.heal();
        }
        again
    }

    /// One call of the port, noted with its answer.
    pub(crate) fn ask<T, E: Transient>(
        &self,
        what: impl Into<String>,
        show: impl Fn(&T) -> String,
        call: impl AsyncFn() -> Result<T, E>,
    ) -> Result<T, E> {
        let what = what.into();
        let mut tries = 1;
        loop {
            self.harness.disturb();
            match self.harness.block_on(call()) {
                Ok(answer) => {
                    self.note(format!("{what} → {}", show(&answer)));
                    return Ok(answer);
                }
                Err(error) if self.repeats(tries, &error) => tries += 1,
                Err(error) => {
                    self.note(format!("{what} → {}", error.told()));
                    return Err(error);
                }
            }
        }
    }

    /// One call of the port that must succeed.
    pub(crate) fn call<T, E: Transient>(
        &self,
        what: impl Into<String>,
        show: impl Fn(&T) -> String,
        call: impl AsyncFn() -> Result<T, E>,
    ) -> Check<T> {
        self.ask(what, show, call).map_err(|error| Mismatch {
            expected: "the call to succeed".to_owned(),
            observed: error.told(),
        })
    }
}

/// Drives futures side by side within one `block_on`; answers in their order.
pub(crate) async fn side_by_side<F: Future + ?Sized>(futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Some(future), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in &mut running {
            if let Some(pending) = future
                && let Poll::Ready(value) = pending.as_mut().poll(context)
            {
                *answer = Some(value);
                *future = None;
            }
        }
        if running.iter().all(|(future, _)| future.is_none()) {
            Poll::Ready(
                running
                    .iter_mut()
                    .filter_map(|(_, answer)| answer.take())
                    .collect(),
            )
        } else {
            Poll::Pending
        }
    })
    .await
}

/// Drives two futures side by side.
pub(crate) async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let futures: [Pin<Box<dyn Future<Output = ()> + '_>>; 2] = [Box::pin(one), Box::pin(other)];
    side_by_side(futures.into()).await;
}
