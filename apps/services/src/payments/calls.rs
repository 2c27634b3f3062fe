//! The consumer of calls and notices: published event → the charge's present state → one call → what it came to.

use super::cashier::{Answer, Cashier, ChargeId};
use crate::backoff::PAUSE;
use crate::inbox::{self, Inbox};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::state::State;
use crate::topology;
use crate::writer::{Job, Writer};
use async_trait::async_trait;
use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::payment::{GatewayCall, Payment, PaymentEvent};
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{Cause, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::AuthorizationNumber;
use fiacre_ports::{Body, Delivery, GatewayError, PaymentGateway, PaymentNotice, Prefetch, Settlement, Tag};
use futures_util::future::join_all;
use std::sync::Arc;

/// Makes the calls that charges want, and follows up notices. Several may compete for one queue.
#[derive(Debug)]
pub struct PaymentCalls {
    inbox: Inbox,
    caller: Caller,
    ports: ServicePorts,
    batch_max: usize,
}

/// Turns a delivery into a call, and the call into a job.
#[derive(Debug)]
struct Caller {
    writer: Writer,
    cashier: Cashier,
}

/// What a delivery came to, before its commit.
enum Step {
    Commit(Job),
    Settle(Settlement),
}

impl PaymentCalls {
    /// For the charges of `region`, up to `prefetch` calls at a time.
    pub fn new(
        region: RegionId,
        gateway: Arc<dyn PaymentGateway>,
        ports: ServicePorts,
        prefetch: Prefetch,
    ) -> Self {
        let writer = ports.writer();
        let inbox = Inbox::new(
            Arc::clone(&ports.bus),
            topology::payment_calls_queue(region),
            prefetch,
        );
        Self {
            inbox,
            caller: Caller {
                writer,
                cashier: Cashier::new(gateway),
            },
            ports,
            batch_max: usize::from(prefetch.0),
        }
    }

    async fn handle(&mut self, deliveries: Vec<Delivery>) {
        let steps = join_all(deliveries.iter().map(|delivery| self.caller.step(delivery))).await;
        let mut settled: Vec<(Tag, Settlement)> = Vec::with_capacity(deliveries.len());
        let mut jobs = Vec::new();
        let mut waiting = Vec::new();
        for (delivery, step) in deliveries.iter().zip(steps) {
            match step {
                Step::Settle(settlement) => settled.push((delivery.tag, settlement)),
                Step::Commit(job) => {
                    jobs.push(job);
                    waiting.push(delivery);
                }
            }
        }
        let outcomes = self.caller.writer.run(jobs).await;
        for (delivery, outcome) in waiting.into_iter().zip(outcomes) {
            settled.push((delivery.tag, inbox::settlement(delivery, &outcome)));
        }
        self.inbox.settle(settled).await;
    }
}

impl Caller {
    async fn step(&self, delivery: &Delivery) -> Step {
        let message = &delivery.message;
        let (cause, charge, answer) = match &message.body {
            Body::Event {
                id,
                event: Event::Payment(event),
                ..
            } => {
                let StreamId::Payment(trip, number) = id.stream() else {
                    return Step::Settle(inbox::refused(
                        "wrong_stream",
                        "a payment event of another stream",
                    ));
                };
                let charge = ChargeId { trip, number };
                match self.payment(delivery, id.stream()).await {
                    Ok(payment) => (
                        Cause::Event(*id),
                        charge,
                        self.called(charge, &payment, event).await,
                    ),
                    Err(settlement) => return Step::Settle(settlement),
                }
            }
            Body::Notice(notice) => match self.followed_up(delivery, notice).await {
                Ok((charge, answer)) => (Cause::Webhook(notice.id), charge, answer),
                Err(settlement) => return Step::Settle(settlement),
            },
            Body::Event { .. } | Body::Command { .. } => {
                return Step::Settle(inbox::refused(
                    "wrong_service",
                    "the message belongs to another queue",
                ));
            }
        };
        match answer {
            Answer::Record(commands) => Step::Commit(Job {
                cause,
                region: message.region,
                trace: message.trace.clone(),
                stream: StreamId::Payment(charge.trip, charge.number),
                commands: commands
                    .into_iter()
                    .map(|command| Command::Payment(charge.trip, charge.number, command))
                    .collect(),
            }),
            Answer::Nothing => Step::Settle(Settlement::Ack),
            Answer::Later(_) => Step::Settle(Settlement::Return { delay: PAUSE }),
            Answer::Failed(error) => Step::Settle(inbox::failed(delivery, error.code(), &error.to_string())),
        }
    }

    async fn payment(&self, delivery: &Delivery, stream: StreamId) -> Result<Payment, Settlement> {
        match self.writer.states(&[stream]).await.pop() {
            Some(Ok((State::Payment(payment), _))) => Ok(payment),
            Some(Err(error)) => {
                tracing::warn!(%stream, %error, "charge not loaded; the message comes again");
                Err(inbox::not_loaded(delivery, &error))
            }
            Some(Ok(_)) | None => Err(inbox::refused("wrong_stream", "no charge on this stream")),
        }
    }

    /// Makes the call that `event` asks for, if the charge still wants it.
    async fn called(&self, charge: ChargeId, payment: &Payment, event: &PaymentEvent) -> Answer {
        match (payment.start(), payment.next_call()) {
            (Some(start), Some(call)) if asks_for(event, call, payment.authorization()) => {
                self.cashier.call(charge, start, call).await
            }
            (_, _) => Answer::Nothing,
        }
    }

    async fn followed_up(
        &self,
        delivery: &Delivery,
        notice: &PaymentNotice,
    ) -> Result<(ChargeId, Answer), Settlement> {
        let view = match self.cashier.noticed(notice.intent).await {
            Ok(view) => view,
            Err(GatewayError::NotFound | GatewayError::KeyReused) => {
                return Err(inbox::refused(
                    "gateway_not_found",
                    "a notice about an intent that does not exist",
                ));
            }
            Err(GatewayError::Unavailable | GatewayError::OutcomeUnknown | GatewayError::WrongStatus) => {
                return Err(Settlement::Return { delay: PAUSE });
            }
        };
        let charge = ChargeId {
            trip: view.key.trip,
            number: view.key.charge,
        };
        let payment = self
            .payment(delivery, StreamId::Payment(charge.trip, charge.number))
            .await?;
        Ok((charge, self.cashier.hint(charge, &payment, view).await))
    }
}

/// Whether `event` is the one that `call` reacts to: the outcome's cause must be its own event.
fn asks_for(event: &PaymentEvent, call: GatewayCall, current: AuthorizationNumber) -> bool {
    match (event, call) {
        (PaymentEvent::AuthorizationStarted(start), GatewayCall::Create) => start.authorization == current,
        (PaymentEvent::IntentCreated { authorization, .. }, GatewayCall::Confirm { .. })
        | (PaymentEvent::CaptureStarted { authorization, .. }, GatewayCall::Capture { .. })
        | (PaymentEvent::VoidStarted { authorization }, GatewayCall::Cancel { .. }) => {
            *authorization == current
        }
        (PaymentEvent::RefundStarted { refund, .. }, GatewayCall::Refund { refund: wanted, .. }) => {
            *refund == wanted
        }
        (_, _) => false,
    }
}

#[async_trait]
impl Process for PaymentCalls {
    fn name(&self) -> &str {
        self.inbox.queue().name.as_str()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        match self.inbox.take(self.batch_max, until).await {
            Ok(batches) if batches.is_empty() => Turn::Idle,
            Ok(batches) => {
                for batch in batches {
                    self.handle(batch).await;
                }
                Turn::Worked
            }
            Err(error) => {
                tracing::warn!(queue = %self.inbox.queue().name, %error, "queue not read");
                self.ports.pause().await;
                Turn::Worked
            }
        }
    }
}
