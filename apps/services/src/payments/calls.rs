//! The consumer of calls and notices: published event → the charge's present state → one call → what it came to.
//!
//! Calls are made side by side, each outcome is committed as it comes, and the next call takes its place: a gateway that takes
//! ten seconds over one rider's bank keeps no other rider waiting, and a crash meanwhile has little to read back.
//!
//! A notice (a webhook) that comes twice makes one commit: its id is the commit's [cause](Cause::Webhook), and the store takes
//! a cause once a stream. What it says is never believed: the charge is asked for anew.

use super::cashier::{Answer, Cashier, ChargeId};
use super::{LoadedCharge, loaded_charges};
use crate::backoff::{PAUSE, pending_delay};
use crate::inbox::{self, Ask, Inbox, Plan, Work};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
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
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Body, Clock, Delivery, GatewayError, PaymentGateway, PaymentNotice, Prefetch, Settlement,
};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::iter;
use std::sync::Arc;

/// Makes the calls that charges want, and follows up notices. Several may compete for one queue.
#[derive(Debug)]
pub struct PaymentCalls {
    inbox: Inbox,
    caller: Caller,
}

/// Turns a delivery into a call, and the call into a job.
struct Caller {
    writer: Writer,
    clock: Arc<dyn Clock>,
    cashier: Cashier,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

impl PaymentCalls {
    /// For the charges of `region`, up to `prefetch` calls at a time.
    pub fn new(
        region: RegionId,
        gateway: Arc<dyn PaymentGateway>,
        ports: ServicePorts,
        prefetch: Prefetch,
    ) -> Self {
        let caller = Caller {
            writer: ports.writer(),
            clock: Arc::clone(&ports.clock),
            cashier: Cashier::new(gateway),
        };
        let queue = topology::payment_calls_queue(region);
        Self {
            inbox: Inbox::new(ports, queue, prefetch),
            caller,
        }
    }
}

impl Work for Caller {
    async fn plan(&mut self, batch: Vec<Delivery>, inbox: &mut Inbox) {
        // What may kill its consumer drags nothing along that came later.
        let takes_more = batch.iter().all(|delivery| !delivery.redelivered);
        let caller = &*self;
        // First-in-first-out by who was woken: the order is the answers' own, and one seed gives one order.
        let mut calls = FuturesUnordered::new();
        calls.extend(caller.calls(batch).await);
        while let Some(first) = calls.next().await {
            let others = iter::from_fn(|| calls.next().now_or_never().flatten());
            let answered = iter::once(first).chain(others).collect();
            inbox.finish(answered).await;
            if takes_more {
                calls.extend(caller.calls(inbox.meanwhile().await).await);
            }
        }
    }
}

impl Caller {
    /// A call for each delivery of a batch, not yet begun.
    async fn calls(
        &self,
        batch: Vec<Delivery>,
    ) -> impl Iterator<Item = impl Future<Output = (Delivery, Plan)>> {
        let charges: Vec<Option<StreamId>> = batch.iter().map(charge_called_for).collect();
        let known: Vec<StreamId> = charges.iter().flatten().copied().collect();
        let mut loaded = match &known[..] {
            [] => Vec::new(),
            known => loaded_charges(&self.writer, known).await,
        }
        .into_iter();
        batch.into_iter().zip(charges).map(move |(delivery, charge)| {
            let charge = charge.and_then(|charge| Some((charge, loaded.next()?)));
            async move {
                let ask = self.ask(&delivery, charge).await;
                (delivery, Plan::from(ask))
            }
        })
    }
}

/// The charge whose event asks for a call; none for a notice, whose charge the gateway names.
fn charge_called_for(delivery: &Delivery) -> Option<StreamId> {
    match &delivery.message.body {
        Body::Event {
            id,
            event: Event::Payment(_),
            ..
        } if matches!(id.stream(), StreamId::Payment(..)) => Some(id.stream()),
        Body::Event { .. } | Body::Command { .. } | Body::Notice(_) => None,
    }
}

impl Caller {
    async fn ask(&self, delivery: &Delivery, charge: Option<(StreamId, LoadedCharge)>) -> Ask {
        match (&delivery.message.body, charge) {
            (
                Body::Event {
                    id,
                    event: Event::Payment(event),
                    committed_at,
                },
                Some((StreamId::Payment(trip, number), loaded)),
            ) => {
                let payment = match payment(delivery, loaded) {
                    Ok(payment) => payment,
                    Err(ask) => return ask,
                };
                let charge = ChargeId { trip, number };
                let answer = self.called(charge, &payment, event).await;
                let later = pending_delay(*committed_at, self.clock.now());
                told(delivery, Cause::Event(*id), charge, answer, later)
            }
            (Body::Notice(notice), _) => match self.followed_up(delivery, notice).await {
                Ok((charge, answer)) => told(delivery, Cause::Webhook(notice.id), charge, answer, PAUSE),
                Err(ask) => ask,
            },
            (Body::Event { .. } | Body::Command { .. }, _) => Ask::Settle(inbox::refused(
                "wrong_service",
                "the message belongs to another queue",
            )),
        }
    }

    /// Makes the call that `event` asks for, if the charge still wants it.
    async fn called(&self, charge: ChargeId, payment: &Payment, event: &PaymentEvent) -> Answer {
        let wanted = payment
            .next_call()
            .filter(|call| asks_for(event, *call, payment.authorization()));
        let (Some(start), Some(call)) = (payment.start(), wanted) else {
            return Answer::Nothing;
        };
        self.cashier.call(charge, start, call).await
    }

    async fn followed_up(
        &self,
        delivery: &Delivery,
        notice: &PaymentNotice,
    ) -> Result<(ChargeId, Answer), Ask> {
        let view = match self.cashier.noticed(notice.intent).await {
            Ok(view) => view,
            Err(error @ (GatewayError::NotFound | GatewayError::KeyReused | GatewayError::Refused)) => {
                let why = format!("a notice leads nowhere: {error}");
                return Err(Ask::Settle(inbox::refused(error.code(), &why)));
            }
            Err(GatewayError::Unavailable | GatewayError::OutcomeUnknown | GatewayError::WrongStatus) => {
                return Err(Ask::Later(PAUSE));
            }
        };
        let charge = ChargeId {
            trip: view.key.trip,
            number: view.key.charge,
        };
        let stream = StreamId::Payment(charge.trip, charge.number);
        let loaded = loaded_charges(&self.writer, &[stream]).await.pop();
        let payment = loaded.map_or(Err(Ask::Later(PAUSE)), |loaded| payment(delivery, loaded))?;
        Ok((charge, self.cashier.hint(charge, &payment, view).await))
    }
}

fn payment(delivery: &Delivery, loaded: LoadedCharge) -> Result<Payment, Ask> {
    match loaded {
        Ok(Some(payment)) => Ok(payment),
        Err(error) => {
            tracing::warn!(message = ?delivery.message.id(), %error, "charge not loaded");
            Err(inbox::not_loaded(delivery, &error))
        }
        Ok(None) => Err(Ask::Settle(inbox::refused(
            "wrong_stream",
            "no charge on this stream",
        ))),
    }
}

/// What an answer means for the message that asked. What is pending at the gateway is asked for again after `later`; a
/// gateway that cannot be reached is asked for nothing more for a while.
fn told(delivery: &Delivery, cause: Cause, charge: ChargeId, answer: Answer, later: Millis) -> Ask {
    let message = &delivery.message;
    match answer {
        Answer::Record(commands) => Ask::Commit(Job {
            cause,
            region: message.region,
            trace: message.trace.clone(),
            stream: StreamId::Payment(charge.trip, charge.number),
            commands: commands
                .into_iter()
                .map(|command| Command::Payment(charge.trip, charge.number, command))
                .collect(),
        }),
        Answer::Nothing => Ask::Settle(Settlement::Ack),
        Answer::Later(Some(GatewayError::Unavailable | GatewayError::OutcomeUnknown)) => Ask::Later(later),
        Answer::Later(_) => Ask::Settle(Settlement::Return { delay: later }),
        // Climbing the ladder would change nothing.
        Answer::Failed(error @ GatewayError::Refused) => {
            Ask::Settle(inbox::refused(error.code(), &error.to_string()))
        }
        Answer::Failed(error) => Ask::Settle(inbox::failed(delivery, error.code(), &error.to_string())),
    }
}

/// Whether `event` is the one that `call` reacts to: the outcome's cause must be its own event.
fn asks_for(event: &PaymentEvent, call: GatewayCall, current: AuthorizationNumber) -> bool {
    match call {
        GatewayCall::Create => {
            matches!(event, PaymentEvent::AuthorizationStarted(start) if start.authorization == current)
        }
        GatewayCall::Confirm { .. } => {
            matches!(event, PaymentEvent::IntentCreated { authorization, .. } if *authorization == current)
        }
        GatewayCall::Capture { .. } => {
            matches!(event, PaymentEvent::CaptureStarted { authorization, .. } if *authorization == current)
        }
        GatewayCall::Cancel { .. } => {
            matches!(event, PaymentEvent::VoidStarted { authorization, .. } if *authorization == current)
        }
        GatewayCall::Refund { refund: wanted, .. } => {
            matches!(event, PaymentEvent::RefundStarted { refund, .. } if *refund == wanted)
        }
    }
}

#[async_trait]
impl Process for PaymentCalls {
    fn name(&self) -> &str {
        self.inbox.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        self.inbox.turn(&mut self.caller, until).await
    }
}
