//! A service's timers: what is due is asked of the aggregate that set it, which judges whether it still matters.

use crate::backoff::PAUSE;
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::writer::{Job, Outcome, Writer};
use async_trait::async_trait;
use fiacre_domain::driver::Driver;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::{Cause, StreamId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{PortError, Timer};

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
        let drivers = self.locked_drivers(&due).await?;
        let mut jobs = Vec::new();
        let mut asked = Vec::new();
        let mut over = Vec::new();
        for (timer, driver) in due.into_iter().zip(drivers) {
            match saga::timer_command(timer.id, driver.as_ref()) {
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
        let mut later = Vec::new();
        for (timer, outcome) in asked.into_iter().zip(outcomes) {
            match self.next_time(&timer, &outcome) {
                Some(due_at) => later.push(Timer { due_at, ..timer }),
                None => over.push(timer),
            }
        }
        self.ports.timers.schedule(self.service, later).await?;
        self.ports.timers.done(self.service, &over).await
    }

    /// When to ask again: a deadline judged too early, a lock that still stands, a store that could not be reached.
    fn next_time(&self, timer: &Timer, outcome: &Outcome) -> Option<Timestamp> {
        let now = self.ports.clock.now();
        match outcome {
            Outcome::Refused(refusal) => refusal.due_at(),
            Outcome::Unavailable(_) | Outcome::Failed(_) => Some(now.plus(PAUSE)),
            Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing => {
                (timer.id.kind == TimerKind::LockReview).then(|| now.plus(self.setting.lock_review))
            }
        }
    }

    /// The driver of each lock review; none for other timers, or where the lock is over.
    async fn locked_drivers(&self, due: &[Timer]) -> Result<Vec<Option<Driver>>, PortError> {
        let mut drivers = Vec::with_capacity(due.len());
        for timer in due {
            drivers.push(match (timer.id.kind, timer.id.stream) {
                (TimerKind::LockReview, stream @ StreamId::Driver(_)) => {
                    match self.writer.states(&[stream]).await.pop() {
                        Some(Ok((State::Driver(driver), _))) => Some(driver),
                        Some(Err(error)) => return Err(error),
                        Some(Ok(_)) | None => None,
                    }
                }
                (_, _) => None,
            });
        }
        Ok(drivers)
    }
}

#[async_trait]
impl Process for Deadlines {
    fn name(&self) -> &str {
        &self.name
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        let handled = match self.ports.timers.due(self.service, self.batch_max, until).await {
            Ok(due) if due.is_empty() => return Turn::Idle,
            Ok(due) => self.handle(due).await,
            Err(error) => Err(error),
        };
        if let Err(error) = handled {
            tracing::warn!(service = self.service.name(), %error, "timers not handled; tried again");
            self.ports
                .clock
                .wait_until(self.ports.clock.now().plus(PAUSE))
                .await;
        }
        Turn::Worked
    }
}
