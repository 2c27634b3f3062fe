//! The payment service's timers: an authorisation that took too long, a hold that lapses. The gateway is asked first.

use super::LoadedCharge;
use super::cashier::{Answer, Cashier, ChargeId};
use crate::alarms::{Alarms, Due, Judge};
use crate::backoff::pending_delay;
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::writer::{Job, Writer};
use async_trait::async_trait;
use fiacre_domain::payment::{self, DeclineReason, Hold, Payment};
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::{Cause, StreamId, TimerKind};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_domain::units::Millis;
use fiacre_ports::{Clock, GatewayError, PaymentGateway, Shard, Timer};
use futures_util::future::join_all;
use std::sync::Arc;

/// How long after a hold should have lapsed it is looked at again.
const LAPSE_LOOK_AGAIN: Millis = Millis::from_minutes(5);

/// The timers of the payment service.
#[derive(Debug)]
pub struct PaymentDeadlines {
    alarms: Alarms,
    bailiff: Bailiff,
}

/// Asks the gateway what became of what is overdue.
struct Bailiff {
    writer: Writer,
    clock: Arc<dyn Clock>,
    cashier: Cashier,
}

impl std::fmt::Debug for Bailiff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bailiff").finish_non_exhaustive()
    }
}

impl PaymentDeadlines {
    /// Up to `batch_max` timers at a time.
    pub fn new(gateway: Arc<dyn PaymentGateway>, ports: ServicePorts, batch_max: usize) -> Self {
        let bailiff = Bailiff {
            writer: ports.writer(),
            clock: Arc::clone(&ports.clock),
            cashier: Cashier::new(gateway),
        };
        Self {
            alarms: Alarms::new(Service::Payment, ports, batch_max),
            bailiff,
        }
    }

    /// Of `shard` only: the others are for processes beside this one.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.alarms = self.alarms.with_shard(shard);
        self
    }
}

impl Judge for Bailiff {
    async fn judge(&self, due: &[Timer]) -> Vec<Due> {
        let charges: Vec<StreamId> = due.iter().map(|timer| timer.id.stream).collect();
        let loaded = super::loaded_charges(&self.writer, &charges).await;
        join_all(
            due.iter()
                .zip(loaded)
                .map(|(timer, charge)| self.asked(timer, charge)),
        )
        .await
    }
}

impl Bailiff {
    async fn asked(&self, timer: &Timer, charge: LoadedCharge) -> Due {
        let StreamId::Payment(trip, number) = timer.id.stream else {
            return Due::Over;
        };
        let payment = match charge {
            Ok(Some(payment)) => payment,
            Err(error) => {
                tracing::warn!(stream = %timer.id.stream, %error, "charge not loaded; tried again");
                return Due::Later;
            }
            Ok(None) => return Due::Over,
        };
        let charge = ChargeId { trip, number };
        match timer.id.kind {
            TimerKind::AuthorizationBudget(number) => {
                self.budget_over(timer, charge, &payment, AuthorizationNumber(number))
                    .await
            }
            TimerKind::HoldExpires(number) => {
                self.hold_lapsed(timer, charge, &payment, AuthorizationNumber(number))
                    .await
            }
            TimerKind::OrderExpires
            | TimerKind::SearchBudget(_)
            | TimerKind::OfferExpires(_)
            | TimerKind::ArrivalOverdue(_)
            | TimerKind::NoShow(_)
            | TimerKind::TripOverdue
            | TimerKind::LockReview(_) => Due::Over,
        }
    }

    async fn budget_over(
        &self,
        timer: &Timer,
        charge: ChargeId,
        payment: &Payment,
        authorization: AuthorizationNumber,
    ) -> Due {
        let ends_at = payment.budget_ends_at();
        if authorization != payment.authorization() || !payment.is_unresolved() {
            return Due::Over;
        }
        let now = self.clock.now();
        if !payment.is_overdue(authorization, now) {
            return Due::Again(ends_at);
        }
        // What ran out is the rider's time to act, or ours.
        let reason = match payment.control().hold {
            Hold::ActionRequired => DeclineReason::ActionFailed,
            Hold::None
            | Hold::Pending
            | Hold::Created
            | Hold::Open
            | Hold::Waived(_)
            | Hold::Captured
            | Hold::Ended => DeclineReason::BudgetOver,
        };
        let answer = match (payment.start(), payment.intent()) {
            (Some(start), Some(intent)) => self.cashier.give_up(charge, start, intent, reason).await,
            (Some(start), None) => {
                let authorization = start.authorization;
                Answer::Record(vec![payment::Command::AbandonAuthorization { authorization }])
            }
            (None, _) => Answer::Nothing,
        };
        self.told(timer, charge, answer, ends_at)
    }

    async fn hold_lapsed(
        &self,
        timer: &Timer,
        charge: ChargeId,
        payment: &Payment,
        authorization: AuthorizationNumber,
    ) -> Due {
        if authorization != payment.authorization() || payment.control().hold != Hold::Open {
            return Due::Over;
        }
        let (Some(start), Some(intent)) = (payment.start(), payment.intent()) else {
            return Due::Over;
        };
        match self.cashier.look(charge, start, intent).await {
            // Still held past its time: the gateway's clock decides, look again.
            Answer::Record(commands)
                if commands
                    .iter()
                    .all(|command| matches!(command, payment::Command::RecordAuthorized { .. })) =>
            {
                Due::Again(self.clock.now().plus(LAPSE_LOOK_AGAIN))
            }
            answer @ (Answer::Record(_) | Answer::Nothing | Answer::Later(_) | Answer::Failed(_)) => {
                self.told(timer, charge, answer, timer.due_at)
            }
        }
    }

    /// What an answer means for the timer. What is pending at the gateway since `since` is asked for less and less often.
    fn told(&self, timer: &Timer, charge: ChargeId, answer: Answer, since: Timestamp) -> Due {
        let now = self.clock.now();
        match answer {
            Answer::Record(commands) => Due::Commit(Job {
                cause: Cause::Timer(timer.id),
                region: timer.region,
                trace: timer.trace.clone(),
                stream: timer.id.stream,
                commands: commands
                    .into_iter()
                    .map(|command| Command::Payment(charge.trip, charge.number, command))
                    .collect(),
            }),
            Answer::Nothing => Due::Over,
            Answer::Later(Some(GatewayError::Unavailable | GatewayError::OutcomeUnknown)) => Due::Later,
            Answer::Later(_) => Due::Again(now.plus(pending_delay(since, now))),
            Answer::Failed(error) => {
                tracing::error!(stream = %timer.id.stream, %error, "the gateway refuses; looked at again");
                Due::Again(now.plus(LAPSE_LOOK_AGAIN))
            }
        }
    }
}

#[async_trait]
impl Process for PaymentDeadlines {
    fn name(&self) -> &str {
        self.alarms.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        self.alarms.turn(&self.bailiff, until).await
    }
}
