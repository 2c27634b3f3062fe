//! The one loop of everything that waits for deadlines: take what is due, ask, commit, move or end the timers.

use crate::backoff::{PAUSE, Patience, RETRY_MAX};
use crate::process::Turn;
use crate::reactor::ServicePorts;
use crate::writer::{Job, Outcome, Writer};
use fiacre_domain::saga::Service;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{PortError, Scope, Shard, Timer};

/// What a due timer asks for.
#[derive(Debug)]
pub(crate) enum Due {
    /// One commit, if the stream agrees.
    Commit(Job),
    /// To be asked again at this time.
    Again(Timestamp),
    /// Nobody knows yet: what it needs cannot be reached.
    Later,
    /// Nothing, ever.
    Over,
}

/// Says what due timers mean.
pub(crate) trait Judge {
    /// What each of `due` asks for, in their order.
    async fn judge(&self, due: &[Timer]) -> Vec<Due>;

    /// What is asked next once `timer` was decided upon and has done what it is for; none where it is over.
    fn next(&self, _timer: &Timer) -> Option<Timer> {
        None
    }
}

/// The timers of one service or of a shard of it, one batch at a time.
#[derive(Debug)]
pub(crate) struct Alarms {
    scope: Scope,
    name: String,
    ports: ServicePorts,
    writer: Writer,
    patience: Patience,
    batch_max: usize,
}

impl Alarms {
    /// Of `service`, up to `batch_max` at a time.
    pub(crate) fn new(service: Service, ports: ServicePorts, batch_max: usize) -> Self {
        let name = format!("{}.timers", service.name());
        Self {
            scope: Scope::of(service),
            writer: ports.writer(),
            patience: ports.patience(&name),
            name,
            ports,
            batch_max: batch_max.max(1),
        }
    }

    /// Of `shard` only.
    pub(crate) fn with_shard(mut self, shard: Shard) -> Self {
        self.scope = self.scope.with_shard(shard);
        self
    }

    /// The process's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One turn: whatever is due, waiting until `until` at most. Where nothing at all could be asked, it rests.
    pub(crate) async fn turn(&mut self, judge: &impl Judge, until: Timestamp) -> Turn {
        if !self.patience.rest(until).await {
            return Turn::Idle;
        }
        let handled = match self.ports.timers.due(self.scope, self.batch_max, until).await {
            Ok(due) if due.is_empty() => return Turn::Idle,
            Ok(due) => self.handle(judge, due).await,
            Err(error) => Err(error),
        };
        if let Err(error) = handled {
            let rest_ms = self.patience.lost().get();
            tracing::warn!(process = self.name, %error, rest_ms, "timers not handled; tried again");
        }
        Turn::Worked
    }

    async fn handle(&mut self, judge: &impl Judge, due: Vec<Timer>) -> Result<(), PortError> {
        let asked = judge.judge(&due).await;
        let (mut jobs, mut committing) = (Vec::new(), Vec::new());
        let (mut moved, mut over, mut stranded) = (Vec::new(), Vec::new(), Vec::new());
        for (timer, due) in due.into_iter().zip(asked) {
            match due {
                Due::Commit(job) => {
                    jobs.push(job);
                    committing.push(timer);
                }
                Due::Again(due_at) => moved.push(Timer { due_at, ..timer }),
                Due::Later => stranded.push(timer),
                Due::Over => over.push(timer),
            }
        }
        for (timer, outcome) in committing.into_iter().zip(self.writer.run(jobs).await) {
            let next = match &outcome {
                Outcome::Unavailable(_) => {
                    stranded.push(timer);
                    continue;
                }
                // Nobody can say whether the deadline still matters: it is kept, for whoever repairs the stream.
                Outcome::Failed(error) => {
                    tracing::error!(stream = %timer.id.stream, %error, "a deadline cannot be judged");
                    Some(self.again(&timer, None))
                }
                Outcome::Refused(refusal) => {
                    if refusal.due_at().is_none() {
                        tracing::error!(stream = %timer.id.stream, %refusal, "a deadline is refused; asked again");
                    }
                    Some(self.again(&timer, refusal.due_at()))
                }
                Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing => judge.next(&timer),
            };
            if next.as_ref().is_none_or(|next| next.id != timer.id) {
                over.push(timer);
            }
            moved.extend(next);
        }
        let got_on = !(moved.is_empty() && over.is_empty());
        moved.extend(self.strand(stranded, got_on));
        if !moved.is_empty() {
            self.ports.timers.schedule(moved).await?;
        }
        if !over.is_empty() {
            self.ports.timers.done(&over).await?;
        }
        if got_on {
            self.patience.found();
        }
        Ok(())
    }

    /// A deadline that was not met is never given up, since it may be the only way to an end: one that was judged too early comes
    /// at its time, any other after a while. What it is too late for was not refused: it is nothing.
    fn again(&self, timer: &Timer, due_at: Option<Timestamp>) -> Timer {
        let due_at = due_at.unwrap_or_else(|| self.ports.clock.now().plus(RETRY_MAX));
        Timer {
            due_at,
            ..timer.clone()
        }
    }

    /// When what could not be asked is asked again.
    fn strand(&mut self, stranded: Vec<Timer>, got_on: bool) -> impl Iterator<Item = Timer> {
        let rest = if got_on || stranded.is_empty() {
            Millis::ZERO
        } else {
            self.patience.lost()
        };
        let due_at = self.ports.clock.now().plus(rest.max(PAUSE));
        stranded.into_iter().map(move |timer| Timer { due_at, ..timer })
    }
}
