//! Taking deliveries from a queue and saying what became of them.

use crate::backoff::{PAUSE, retry_delay};
use crate::writer::Outcome;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Consumer, Delivery, ParkReason, PortError, PortErrorKind, Prefetch, QueueSpec, Settlement, Tag,
};
use std::sync::Arc;

/// A queue's consumer that is made anew when it breaks.
pub(crate) struct Inbox {
    bus: Arc<dyn Bus>,
    queue: QueueSpec,
    prefetch: Prefetch,
    consumer: Option<Box<dyn Consumer>>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox")
            .field("queue", &self.queue.name)
            .finish_non_exhaustive()
    }
}

impl Inbox {
    /// Of `queue` on `bus`; nothing is done until the first [`Inbox::take`].
    pub(crate) fn new(bus: Arc<dyn Bus>, queue: QueueSpec, prefetch: Prefetch) -> Self {
        Self {
            bus,
            queue,
            prefetch,
            consumer: None,
        }
    }

    /// The queue.
    pub(crate) const fn queue(&self) -> &QueueSpec {
        &self.queue
    }

    /// Up to `max` deliveries, waiting until `until` at most. Redelivered ones come one by one, so that a message that
    /// kills its consumer does not drag its neighbours along.
    pub(crate) async fn take(
        &mut self,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Vec<Delivery>>, PortError> {
        let delivered = self.next(max, until).await;
        if delivered.is_err() {
            self.consumer = None;
        }
        let (again, first): (Vec<_>, Vec<_>) =
            delivered?.into_iter().partition(|delivery| delivery.redelivered);
        let mut batches: Vec<Vec<Delivery>> = again.into_iter().map(|delivery| vec![delivery]).collect();
        if !first.is_empty() {
            batches.push(first);
        }
        Ok(batches)
    }

    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        let consumer = match &mut self.consumer {
            Some(consumer) => consumer,
            none => {
                self.bus.declare(&self.queue).await?;
                none.insert(self.bus.consume(&self.queue.name, self.prefetch).await?)
            }
        };
        consumer.next(max, until).await
    }

    /// Settles deliveries; where the bus cannot be told, they come again, and the inbox of the store knows them.
    pub(crate) async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) {
        let Some(consumer) = &mut self.consumer else {
            return;
        };
        if settlements.is_empty() {
            return;
        }
        if let Err(error) = consumer.settle(settlements).await {
            tracing::warn!(queue = %self.queue.name, %error, "deliveries not settled; they will come again");
            self.consumer = None;
        }
    }
}

/// What a message's outcome means for the message: errors of the message climb the ladder and are parked, what is merely
/// unavailable is given back and counted nowhere, a refusal is an answer.
pub(crate) fn settlement(delivery: &Delivery, outcome: &Outcome) -> Settlement {
    match outcome {
        Outcome::Committed(_) | Outcome::Duplicate | Outcome::Nothing | Outcome::Refused(_) => {
            Settlement::Ack
        }
        Outcome::Unavailable(_) => Settlement::Return { delay: PAUSE },
        Outcome::Failed(error) => failed(delivery, error.code(), &error.to_string()),
    }
}

/// What it means for a message that its stream could not be loaded: as in [`settlement`], only a store that is away, or a
/// stream that a newer release wrote to, gives it back uncounted.
pub(crate) fn not_loaded(delivery: &Delivery, error: &PortError) -> Settlement {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown | PortErrorKind::Newer => {
            Settlement::Return { delay: PAUSE }
        }
        PortErrorKind::Invalid | PortErrorKind::Damaged => failed(delivery, error.code(), &error.to_string()),
    }
}

/// An error of the message itself: tried again up the ladder.
pub(crate) fn failed(delivery: &Delivery, code: &str, text: &str) -> Settlement {
    Settlement::RetryAfter {
        delay: retry_delay(delivery.attempt),
        code: code.to_owned(),
        text: text.to_owned(),
    }
}

/// A message that will never be handled here.
pub(crate) fn refused(code: &str, text: &str) -> Settlement {
    Settlement::Park(ParkReason::Refused {
        code: code.to_owned(),
        text: text.to_owned(),
    })
}
