//! A service's timers: what is due is asked of the aggregate that set it, which judges whether it still matters.

use crate::backoff::PAUSE;
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::writer::{Job, Outcome, Writer};
use async_trait::async_trait;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{Cause, StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, Scope, Timer};
use std::collections::{BTreeMap, BTreeSet};

/// The timers of one service, but for those that ask the payment gateway first.
#[derive(Debug)]
pub struct Deadlines {
    service: Service,
    name: String,
    setting: Setting,
    writer: Writer,
    ports: ServicePorts,
    batch_max: usize,
}

impl Deadlines {
    /// The timers of `service`, up to `batch_max` at a time.
    pub fn new(service: Service, setting: Setting, ports: ServicePorts, batch_max: usize) -> Self {
        let writer = ports.writer();
        Self {
            service,
            name: format!("{}.timers", service.name()),
            setting,
            writer,
            ports,
            batch_max: batch_max.max(1),
        }
    }

    async fn handle(&self, due: Vec<Timer>) -> Result<(), PortError> {
        let drivers = self.reviewed_drivers(&due).await;
        let (mut jobs, mut asked) = (Vec::new(), Vec::new());
        let (mut later, mut over) = (Vec::new(), Vec::new());
        for timer in due {
            let driver = match drivers.get(&timer.id.stream) {
                Some(Err(error)) => {
                    tracing::warn!(stream = %timer.id.stream, %error, "driver not loaded; reviewed again");
                    later.push(self.soon(timer));
                    continue;
                }
                Some(Ok((State::Driver(driver), _))) => Some(driver),
                Some(Ok(_)) | None => None,
            };
            match saga::timer_command(timer.id, driver) {
                Some(command) => {
                    jobs.push(Job::new(
                        Cause::Timer(timer.id),
                        timer.region,
                        timer.trace.clone(),
                        command,
                    ));
                    asked.push(timer);
                }
                None => over.push(timer),
            }
        }
        let outcomes = self.writer.run(jobs).await;
        for (timer, outcome) in asked.into_iter().zip(outcomes) {
            let next = self.next(&timer, &outcome);
            if next.as_ref().is_none_or(|next| next.id != timer.id) {
                over.push(timer);
            }
            later.extend(next);
        }
        self.ports.timers.schedule(self.service, later).await?;
        self.ports.timers.done(self.service, &over).await
    }

    /// What to ask again: a deadline judged too early, a lock that still stands, a store that could not be reached. Each
    /// review of a lock is a timer of its own, since one cause makes one commit: a release that was asked for at the first
    /// review and got lost is asked for anew at the second.
    fn next(&self, timer: &Timer, outcome: &Outcome) -> Option<Timer> {
        let timer = timer.clone();
        match outcome {
            Outcome::Refused(refusal) => refusal.due_at().map(|due_at| Timer { due_at, ..timer }),
            Outcome::Unavailable(_) | Outcome::Failed(_) => Some(self.soon(timer)),
            Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing => {
                let TimerKind::LockReview(time) = timer.id.kind else {
                    return None;
                };
                let kind = TimerKind::LockReview(time.saturating_add(1));
                Some(Timer {
                    id: TimerId { kind, ..timer.id },
                    due_at: self.ports.clock.now().plus(self.setting.lock_review),
                    ..timer
                })
            }
        }
    }

    fn soon(&self, timer: Timer) -> Timer {
        let due_at = self.ports.clock.now().plus(PAUSE);
        Timer { due_at, ..timer }
    }

    /// The drivers whose locks are to be reviewed. One that cannot be loaded holds up no other timer.
    async fn reviewed_drivers(
        &self,
        due: &[Timer],
    ) -> BTreeMap<StreamId, Result<(State, Version), PortError>> {
        let is_review = |timer: &&Timer| matches!(timer.id.kind, TimerKind::LockReview(_));
        let reviewed: BTreeSet<StreamId> = due
            .iter()
            .filter(is_review)
            .map(|timer| timer.id.stream)
            .collect();
        if reviewed.is_empty() {
            return BTreeMap::new();
        }
        let reviewed = Vec::from_iter(reviewed);
        let states = self.writer.states(&reviewed).await;
        reviewed.into_iter().zip(states).collect()
    }
}

#[async_trait]
impl Process for Deadlines {
    fn name(&self) -> &str {
        &self.name
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        let handled = match self
            .ports
            .timers
            .due(Scope::of(self.service), self.batch_max, until)
            .await
        {
            Ok(due) if due.is_empty() => return Turn::Idle,
            Ok(due) => self.handle(due).await,
            Err(error) => Err(error),
        };
        if let Err(error) = handled {
            tracing::warn!(service = self.service.name(), %error, "timers not handled; tried again");
            self.ports.pause().await;
        }
        Turn::Worked
    }
}
