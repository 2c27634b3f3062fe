//! Who is told what was decided: measures, reports, coverage of the saga's table. Never part of a decision.

use crate::state::{Refusal, State};
use fiacre_domain::event::Event;
use fiacre_domain::matching::{Batch, Market, Request};
use fiacre_domain::saga::{Command, Service};

/// What a decision came to, at the confirmed head of its stream.
#[derive(Debug, Clone, Copy)]
pub enum Decided<'a> {
    /// These events were committed.
    Committed(&'a [Event]),
    /// Nothing was to be done.
    Nothing,
    /// It was refused.
    Refused(&'a Refusal),
}

/// Hears of every decision that a service made.
pub trait Observer: Send + Sync {
    /// On a stream in state `before`, `commands` came to `decided`.
    fn decided(&self, before: &State, commands: &[Command], decided: Decided<'_>);

    /// A matcher joined `requests` with the drivers of `market` to `batch`, whose pairs it is about to make offers to. Told of
    /// every batch, while the market is still as it was: whoever doubts it can ask for its
    /// [certificate](Batch::certificate) and verify that. Matching that is not by batches is not told.
    fn matched(&self, _requests: &[Request], _market: &Market<'_>, _batch: &Batch) {}

    /// So many commits of `service` are set aside now, since they cannot be published: no queue takes them, the bus refuses
    /// them, or this release cannot read them. Told whenever the count changes; above zero a person should look.
    fn set_aside(&self, _service: Service, _count: usize) {}
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn decided(&self, _before: &State, _commands: &[Command], _decided: Decided<'_>) {}
}
