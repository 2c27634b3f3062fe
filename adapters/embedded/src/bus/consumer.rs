//! One consumer of a queue.

use super::entry::{Body, DeferredRow, ParkedRow};
use super::exchange::{State, stored_body, undecodable};
use super::queue::{ConsumerId, Nothing, Queued};
use super::{message_of, raw_of, stream_of};
use crate::codec::Keys;
use crate::database::Core;
use crate::lock::lock;
use crate::signal::Signal;
use crate::tables::ReadError;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Clock, Consumer, Delivery, Message, PortError, PortErrorKind, Prefetch, QueueName, Settlement, Tag,
};
use std::sync::Arc;

/// After how long a message of a newer release is looked at again.
const NEWER_WAIT: Millis = Millis::from_secs(4);

const TAKE: &str = "take messages from a queue";
const SETTLE: &str = "settle deliveries";

/// A consumer of one queue; dropped, as in a crash, it returns what it holds.
pub(super) struct EmbeddedConsumer {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
    queue: u16,
    filled: Signal,
    id: ConsumerId,
    prefetch: usize,
}

/// What became of a message that was taken from its queue.
enum Read {
    Message(Arc<Message>),
    /// Nobody will ever read it.
    Undecodable(Option<Body>, String),
    /// A newer release wrote it.
    Newer,
}

impl EmbeddedConsumer {
    pub(super) fn enter(
        core: &Arc<Core>,
        clock: &Arc<dyn Clock>,
        name: &QueueName,
        prefetch: Prefetch,
    ) -> Result<Self, PortError> {
        let mut state = lock(&core.exchange.0);
        let queue = state.queue(name, "consume a queue")?;
        let line = state.lines.entry(queue).or_default();
        Ok(Self {
            core: Arc::clone(core),
            clock: Arc::clone(clock),
            queue,
            filled: line.filled.clone(),
            id: line.queue.enter(prefetch.0.into()),
            prefetch: prefetch.0.into(),
        })
    }

    /// Takes up to `max` messages; nothing where it is to be said on disk first that they may have been taken.
    fn deliver(&self, max: usize) -> Result<Option<Vec<(Tag, Queued)>>, Timestamp> {
        let state = &mut *lock(&self.core.exchange.0);
        let Some(line) = state.lines.get_mut(&self.queue) else {
            return Err(Timestamp::MAX);
        };
        let now = self.clock.now();
        let delivered = line
            .queue
            .deliver(self.id, max, self.prefetch, now, &mut state.tag_last);
        line.tell();
        match delivered {
            Ok(taken) => {
                if line.queue.ready() > 0 {
                    self.filled.notify_some(1);
                }
                Ok(Some(taken))
            }
            Err(Nothing::Unmarked) => Ok(None),
            Err(Nothing::Until(at)) => Err(at),
        }
    }

    fn has_room(&self) -> bool {
        let state = lock(&self.core.exchange.0);
        let line = state.lines.get(&self.queue);
        line.is_some_and(|line| line.queue.has_room(self.id, self.prefetch))
    }

    /// Waits until what memory knows by now is on disk.
    async fn written(&self, doing: &'static str) -> Result<(), PortError> {
        // The group writes what is unwritten, whoever made it so.
        let written = self.core.join(|_, _| ()).await;
        written.map_err(|failure| failure.into_error(doing))
    }

    fn body(&self, queued: &Queued) -> Result<Option<Body>, ReadError> {
        match &queued.body {
            Some(body) => Ok(Some((**body).clone())),
            None => stored_body(&self.core.tables, self.queue, queued.origin),
        }
    }

    /// The message of a delivery; an error where it may be read later.
    fn read(&self, body: Option<Body>, keys: &Keys) -> Result<Read, PortError> {
        let Some(body) = body else {
            return Ok(Read::Undecodable(
                None,
                "it is not where it was stored".to_owned(),
            ));
        };
        match message_of(&self.core, &body, keys) {
            Ok(message) => Ok(Read::Message(Arc::new(message))),
            Err(error) => {
                let error = error.into_error(TAKE);
                match error.kind() {
                    PortErrorKind::Newer => Ok(Read::Newer),
                    PortErrorKind::Damaged | PortErrorKind::Invalid => {
                        let why = std::error::Error::source(&error).map(ToString::to_string);
                        Ok(Read::Undecodable(Some(body), why.unwrap_or_default()))
                    }
                    PortErrorKind::Unavailable | PortErrorKind::OutcomeUnknown => Err(error),
                }
            }
        }
    }

    /// Makes deliveries of what was taken: reads what is not in memory, and sets aside what cannot be read.
    async fn deliveries(&self, taken: Vec<(Tag, Queued)>) -> Result<Vec<Delivery>, PortError> {
        let mut bodies = Vec::new();
        for (_, queued) in taken.iter().filter(|(_, queued)| queued.message.is_none()) {
            bodies.push(self.body(queued).map_err(|error| error.into_error(TAKE))?);
        }
        let streams = bodies.iter().flatten().filter_map(stream_of);
        let keys = self.core.codec.keys(streams).await?;
        let mut bodies = bodies.into_iter();
        let (mut deliveries, mut is_parked) = (Vec::new(), false);
        for (tag, queued) in taken {
            let read = match queued.message {
                Some(message) => Read::Message(message),
                None => self.read(bodies.next().flatten(), &keys)?,
            };
            match read {
                Read::Message(message) => {
                    self.with_queue(|state, queue| {
                        if let Some(line) = state.lines.get_mut(&queue) {
                            line.queue.fill(self.id, tag, &message);
                        }
                    });
                    deliveries.push(Delivery {
                        tag,
                        message,
                        attempt: queued.failed + 1,
                        redelivered: queued.redelivered,
                    });
                }
                Read::Undecodable(body, why) => {
                    is_parked = true;
                    self.park_raw(tag, body, why);
                }
                Read::Newer => self.hold(tag),
            }
        }
        if is_parked {
            self.written(TAKE).await?;
        }
        Ok(deliveries)
    }

    fn with_queue(&self, change: impl FnOnce(&mut State, u16)) {
        let state = &mut *lock(&self.core.exchange.0);
        change(state, self.queue);
        if let Some(line) = state.lines.get_mut(&self.queue) {
            line.tell();
        }
    }

    fn take(state: &mut State, queue: u16, consumer: ConsumerId, tag: Tag) -> Option<Queued> {
        state.lines.get_mut(&queue)?.queue.take(consumer, tag)
    }

    /// Gives back what was taken and could not be handed out, in its old order.
    fn give_back(&self, tags: &[Tag]) {
        self.with_queue(|state, queue| {
            for tag in tags.iter().rev() {
                if let Some(queued) = Self::take(state, queue, self.id, *tag)
                    && let Some(line) = state.lines.get_mut(&queue)
                {
                    line.queue.put_back(queued);
                }
            }
        });
    }

    fn park_raw(&self, tag: Tag, body: Option<Body>, why: String) {
        tracing::warn!(queue = self.queue, %why, "a message cannot be decoded: it is parked");
        let at = self.clock.now();
        self.with_queue(|state, queue| {
            if let Some(queued) = Self::take(state, queue, self.id, tag) {
                let raw = raw_of(body.unwrap_or(Body::Whole(Vec::new())));
                let row = ParkedRow {
                    at,
                    attempts: 0,
                    reason: undecodable(why),
                    body: Body::Foreign(raw),
                };
                state.park(queue, queued.origin, &row);
            }
        });
    }

    /// Holds what a newer release wrote.
    fn hold(&self, tag: Tag) {
        tracing::warn!(
            queue = self.queue,
            "a newer release wrote a message: it is held until this one is upgraded"
        );
        let again_at = self.clock.now().plus(NEWER_WAIT);
        self.with_queue(|state, queue| {
            if let Some(queued) = Self::take(state, queue, self.id, tag)
                && let Some(line) = state.lines.get_mut(&queue)
            {
                line.queue.push_later(queued, again_at);
            }
        });
    }

    /// Settles one delivery in memory; says whether that is to be on disk before anybody believes it.
    fn settle_one(&self, tag: Tag, settlement: Settlement) -> Result<bool, ReadError> {
        let state = &mut *lock(&self.core.exchange.0);
        let Some(queued) = Self::take(state, self.queue, self.id, tag) else {
            return Ok(false);
        };
        self.settle_taken(state, queued.clone(), settlement)
            .inspect_err(|_| {
                if let Some(line) = state.lines.get_mut(&self.queue) {
                    line.queue.put_back(Queued {
                        redelivered: true,
                        ..queued
                    });
                }
            })
    }

    fn settle_taken(
        &self,
        state: &mut State,
        queued: Queued,
        settlement: Settlement,
    ) -> Result<bool, ReadError> {
        let (now, queue) = (self.clock.now(), self.queue);
        let failed = queued.failed.saturating_add(1);
        let reason = match settlement.within(state.attempts_max(queue), queued.failed) {
            Settlement::Ack => {
                state.forget(queue, queued.origin);
                return Ok(false);
            }
            Settlement::Return { delay } => {
                if let Some(line) = state.lines.get_mut(&queue) {
                    line.queue.push_later(queued, now.plus(delay));
                    line.tell();
                }
                return Ok(false);
            }
            Settlement::RetryAfter { delay, .. } => {
                let row = self.body(&queued)?.map(|body| DeferredRow {
                    due_at: now.plus(delay),
                    failed,
                    body,
                });
                if let Some(row) = row {
                    state.defer(queue, queued, row);
                }
                return Ok(true);
            }
            Settlement::Park(reason) => reason,
        };
        if let Some(body) = self.body(&queued)? {
            let row = ParkedRow {
                at: now,
                attempts: failed,
                reason,
                body,
            };
            state.park(queue, queued.origin, &row);
        }
        Ok(true)
    }
}

impl EmbeddedConsumer {
    async fn settle_all(&self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        let mut is_awaited = false;
        for (tag, settlement) in settlements {
            let settled = self.settle_one(tag, settlement);
            is_awaited |= settled.map_err(|error| {
                PortError::new(PortErrorKind::OutcomeUnknown, SETTLE).with_source(error.into_error(SETTLE))
            })?;
        }
        self.with_queue(|_, _| ());
        if is_awaited {
            self.written(SETTLE).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Consumer for EmbeddedConsumer {
    async fn next(&mut self, max: usize, until: Timestamp) -> Result<Vec<Delivery>, PortError> {
        if max == 0 || !self.has_room() {
            // Told of a message, it would keep it from others.
            self.clock.wait_until(until).await;
            return Ok(Vec::new());
        }
        loop {
            let attempt = || self.deliver(max);
            let taken = self.filled.wait(&*self.clock, until, attempt).await;
            match taken {
                None => return Ok(Vec::new()),
                Some(None) => self.written(TAKE).await?,
                Some(Some(taken)) => {
                    let tags: Vec<_> = taken.iter().map(|(tag, _)| *tag).collect();
                    match self.deliveries(taken).await {
                        Ok(deliveries) if deliveries.is_empty() => {}
                        Ok(deliveries) => return Ok(deliveries),
                        Err(error) => {
                            self.give_back(&tags);
                            return Err(error);
                        }
                    }
                }
            }
        }
    }

    async fn settle(&mut self, settlements: Vec<(Tag, Settlement)>) -> Result<(), PortError> {
        if let Some(failure) = self.core.failure() {
            return Err(failure.into_error(SETTLE));
        }
        let settled = self.settle_all(settlements).await;
        if settled.is_err() {
            // It is not known what is settled: what is still held comes again, its tags are void.
            self.with_queue(|state, queue| {
                if let Some(line) = state.lines.get_mut(&queue) {
                    line.queue.void(self.id);
                }
            });
        }
        settled
    }
}

impl Drop for EmbeddedConsumer {
    fn drop(&mut self) {
        let mut returned = 0;
        self.with_queue(|state, queue| {
            if let Some(line) = state.lines.get_mut(&queue) {
                returned = line.queue.leave(self.id, self.prefetch);
            }
        });
        if returned > 0 {
            tracing::debug!(returned, "a consumer is gone: what it held is queued again");
        }
    }
}
