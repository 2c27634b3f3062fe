//! The payment service's timers: an authorisation that took too long, a hold that lapses. The gateway is asked first.

use super::cashier::{Answer, Cashier, ChargeId};
use crate::backoff::PAUSE;
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::writer::{Job, Outcome, Writer};
use async_trait::async_trait;
use fiacre_domain::payment::{self, Hold, Payment};
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::{Cause, StreamId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_domain::units::Millis;
use fiacre_ports::{PaymentGateway, PortError, Scope, Timer};
use futures_util::future::join_all;
use std::sync::Arc;

/// How long after a hold should have lapsed it is looked at again.
const LAPSE_LOOK_AGAIN: Millis = Millis::from_minutes(5);

/// The timers of the payment service.
#[derive(Debug)]
pub struct PaymentDeadlines {
    writer: Writer,
    cashier: Cashier,
    ports: ServicePorts,
    batch_max: usize,
}

/// What a due timer came to.
enum Step {
    Commit(Job),
    Again(Timestamp),
    Over,
}

impl PaymentDeadlines {
    /// Up to `batch_max` timers at a time.
    pub fn new(gateway: Arc<dyn PaymentGateway>, ports: ServicePorts, batch_max: usize) -> Self {
        let writer = ports.writer();
        Self {
            writer,
            cashier: Cashier::new(gateway),
            ports,
            batch_max: batch_max.max(1),
        }
    }

    async fn handle(&self, due: Vec<Timer>) -> Result<(), PortError> {
        let steps = join_all(due.iter().map(|timer| self.step(timer))).await;
        let (mut over, mut later, mut jobs, mut asked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (timer, step) in due.into_iter().zip(steps) {
            match step {
                Step::Over => over.push(timer),
                Step::Again(due_at) => later.push(Timer { due_at, ..timer }),
                Step::Commit(job) => {
                    jobs.push(job);
                    asked.push(timer);
                }
            }
        }
        let again = self.ports.clock.now().plus(PAUSE);
        for (timer, outcome) in asked.into_iter().zip(self.writer.run(jobs).await) {
            match outcome {
                Outcome::Unavailable(_) | Outcome::Failed(_) => later.push(Timer {
                    due_at: again,
                    ..timer
                }),
                Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing | Outcome::Refused(_) => {
                    over.push(timer);
                }
            }
        }
        self.ports.timers.schedule(Service::Payment, later).await?;
        self.ports.timers.done(Service::Payment, &over).await
    }

    async fn step(&self, timer: &Timer) -> Step {
        let StreamId::Payment(trip, number) = timer.id.stream else {
            return Step::Over;
        };
        let charge = ChargeId { trip, number };
        let now = self.ports.clock.now();
        let payment = match self.writer.states(&[timer.id.stream]).await.pop() {
            Some(Ok((State::Payment(payment), _))) => payment,
            Some(Err(error)) => {
                tracing::warn!(stream = %timer.id.stream, %error, "charge not loaded; tried again");
                return Step::Again(now.plus(PAUSE));
            }
            Some(Ok(_)) | None => return Step::Over,
        };
        let answer = match timer.id.kind {
            TimerKind::AuthorizationBudget(number) => {
                let authorization = AuthorizationNumber(number);
                if authorization != payment.authorization() || !payment.is_unresolved() {
                    return Step::Over;
                }
                if !payment.is_overdue(authorization, now) {
                    return Step::Again(payment.budget_ends_at());
                }
                self.give_up(charge, &payment).await
            }
            TimerKind::HoldExpires(number) => {
                if AuthorizationNumber(number) != payment.authorization()
                    || payment.control().hold != Hold::Open
                {
                    return Step::Over;
                }
                match (payment.start(), payment.intent()) {
                    (Some(start), Some(intent)) => self.cashier.look(charge, start, intent).await,
                    (_, _) => Answer::Nothing,
                }
            }
            TimerKind::OrderExpires
            | TimerKind::SearchBudget(_)
            | TimerKind::OfferExpires(_)
            | TimerKind::ArrivalOverdue(_)
            | TimerKind::NoShow(_)
            | TimerKind::TripOverdue
            | TimerKind::LockReview(_) => Answer::Nothing,
        };
        step_of(timer, charge, answer, now)
    }

    async fn give_up(&self, charge: ChargeId, payment: &Payment) -> Answer {
        match (payment.start(), payment.intent()) {
            (Some(start), Some(intent)) => self.cashier.give_up(charge, start, intent).await,
            (Some(start), None) => {
                let authorization = start.authorization;
                Answer::Record(vec![payment::Command::AbandonAuthorization { authorization }])
            }
            (None, _) => Answer::Nothing,
        }
    }
}

fn step_of(timer: &Timer, charge: ChargeId, answer: Answer, now: Timestamp) -> Step {
    match answer {
        // Still held past its time: the gateway's clock decides, look again.
        Answer::Record(commands)
            if commands
                .iter()
                .all(|command| matches!(command, payment::Command::RecordAuthorized { .. })) =>
        {
            Step::Again(now.plus(LAPSE_LOOK_AGAIN))
        }
        Answer::Record(commands) => Step::Commit(Job {
            cause: Cause::Timer(timer.id),
            region: timer.region,
            trace: timer.trace.clone(),
            stream: timer.id.stream,
            commands: commands
                .into_iter()
                .map(|command| Command::Payment(charge.trip, charge.number, command))
                .collect(),
        }),
        Answer::Nothing => Step::Over,
        Answer::Later(_) => Step::Again(now.plus(PAUSE)),
        Answer::Failed(error) => {
            tracing::error!(stream = %timer.id.stream, %error, "the gateway refuses; looked at again");
            Step::Again(now.plus(LAPSE_LOOK_AGAIN))
        }
    }
}

#[async_trait]
impl Process for PaymentDeadlines {
    fn name(&self) -> &'static str {
        "payment-service.timers"
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        let handled = match self
            .ports
            .timers
            .due(Scope::of(Service::Payment), self.batch_max, until)
            .await
        {
            Ok(due) if due.is_empty() => return Turn::Idle,
            Ok(due) => self.handle(due).await,
            Err(error) => Err(error),
        };
        if let Err(error) = handled {
            tracing::warn!(%error, "payment timers not handled; tried again");
            self.ports.pause().await;
        }
        Turn::Worked
    }
}
