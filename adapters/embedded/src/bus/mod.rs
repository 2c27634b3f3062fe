//! Messages between processes on disk: one log that the queues share, and how far each has come in it.

mod consumer;
mod entry;
mod exchange;
mod queue;
mod routing;
mod waiting;

#[cfg(test)]
pub(crate) use exchange::lowered;
pub(crate) use exchange::{Exchange, Publications};
pub use waiting::ParkedAtRest;
pub(crate) use waiting::{parked, unsettled_streams, waiting};

use crate::codec::{Keys, for_want_of_keys};
use crate::database::{Core, Database};
use crate::lock::lock;
use crate::store::Log;
use crate::tables::{ReadError, Table};
use async_trait::async_trait;
use consumer::EmbeddedConsumer;
use entry::{Body, ParkedRow, own_key, read_own_key};
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Bus, Clock, Consumer, Content, Message, Parked, ParkingId, PortError, PortErrorKind, Prefetch, Published,
    QueueName, QueueSpec, RawMessage,
};
use fiacre_wire::stored::{People, StoredMessage};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

/// The bus on disk, for a process with a clock of its own.
///
/// A message is on disk, in every queue that takes it, when [`publish`](Bus::publish) confirms it; so is what is retried or
/// parked when [`settle`](Consumer::settle) returns. That a message is acknowledged is written with the next group: a crash may
/// forget it, and the message comes again.
#[derive(Clone)]
pub struct EmbeddedBus {
    core: Arc<Core>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for EmbeddedBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedBus").finish_non_exhaustive()
    }
}

impl EmbeddedBus {
    pub(crate) fn new(database: &Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            core: Arc::clone(database.core()),
            clock,
        }
    }

    /// Takes what is parked, for good or to replay it.
    async fn take_parked(
        &self,
        queue: &QueueName,
        parkings: &[ParkingId],
        replay_at: Option<Timestamp>,
        doing: &'static str,
    ) -> Result<Vec<bool>, PortError> {
        let queue = lock(&self.core.exchange.0).queue(queue, doing)?;
        let parkings = parkings.to_vec();
        let written = self
            .core
            .join(move |core, draft| Exchange::plan_parked(core, draft, queue, &parkings, replay_at));
        let planned = written.await.map_err(|failure| failure.into_error(doing))?;
        planned.map_err(|error| error.into_error(doing))
    }
}

/// The stream whose key a stored message needs.
fn stream_of(body: &Body) -> Option<StreamId> {
    match body {
        Body::InLog { id, .. } => Some(id.stream()),
        Body::Whole(bytes) => StoredMessage::read(bytes).ok()?.stream(),
        Body::Foreign(_) => None,
    }
}

/// The message that is stored like this.
fn message_of(core: &Core, body: &Body, keys: &Keys) -> Result<Message, ReadError> {
    match body {
        Body::InLog { id, mandatory } => {
            let commit = Log::commit_of(core, *id, keys)?.ok_or(ReadError::Gap)?;
            let event = commit.events.get(usize::from(id.index())).ok_or(ReadError::Gap)?;
            Ok(Message {
                body: fiacre_ports::Body::Event {
                    id: *id,
                    committed_at: commit.at,
                    event: event.clone(),
                },
                region: commit.region,
                trace: commit.trace,
                mandatory: *mandatory,
            })
        }
        Body::Whole(bytes) => core.codec.decode_message(&core.tables, bytes, keys),
        Body::Foreign(_) => Err(ReadError::Foreign),
    }
}

/// A stored message that cannot be read, as bytes.
fn raw_of(body: Body) -> RawMessage {
    let bytes = match body {
        Body::Foreign(raw) => return raw,
        Body::Whole(bytes) => bytes,
        Body::InLog { id, .. } => id.to_string().into_bytes(),
    };
    RawMessage {
        bytes: bytes.into(),
        headers: Vec::new(),
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        const DOING: &str = "declare a queue";
        if self.core.exchange.is_declared(queue) {
            return Ok(());
        }
        let spec = queue.clone();
        let written = self
            .core
            .join(move |core, draft| core.exchange.plan_declare(draft, &spec));
        if written.await.map_err(|failure| failure.into_error(DOING))? {
            Ok(())
        } else {
            Err(PortError::new(PortErrorKind::Invalid, DOING).with_source("there are too many queues"))
        }
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        const DOING: &str = "publish a message";
        let count = messages.len();
        if count == 0 {
            return Vec::new();
        }
        let unknown =
            |error: &dyn Fn() -> PortError| (0..count).map(|_| Published::OutcomeUnknown(error())).collect();
        let keys = match self.core.codec.keys_to_write(&messages, People::of_message).await {
            Ok(keys) => keys,
            Err(error) => return unknown(&for_want_of_keys(error, DOING)),
        };
        let written = self
            .core
            .join(move |core, draft| Exchange::plan_publish(core, draft, messages, &keys));
        let written = written.await;
        written.unwrap_or_else(|failure| unknown(&|| failure.clone().into_error(DOING)))
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        let consumer = EmbeddedConsumer::enter(&self.core, &self.clock, queue, prefetch)?;
        Ok(Box::new(consumer))
    }

    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        let state = lock(&self.core.exchange.0);
        let number = state.queue(queue, "count what waits in a queue")?;
        Ok(state.lines.get(&number).map_or(0, |line| line.queue.ready()))
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        const DOING: &str = "list parked messages";
        let queue = lock(&self.core.exchange.0).queue(queue, DOING)?;
        let after = after.map(|after| u64::try_from(after.to_u128()).unwrap_or(u64::MAX));
        let (first, last) = (own_key(queue, after.unwrap_or(0)), own_key(queue, u64::MAX));
        let first = match after {
            Some(_) => Bound::Excluded(first.as_slice()),
            None => Bound::Included(first.as_slice()),
        };
        let range = (first, Bound::Included(last.as_slice()));
        let rows: Result<Vec<_>, ReadError> = (self.core.tables)
            .range(Table::Parked, range)
            .take(max)
            .map(|row| {
                let (key, value) = row?;
                Ok((read_own_key(&key)?.1, ParkedRow::read(&value)?))
            })
            .collect();
        let rows = rows.map_err(|error| error.into_error(DOING))?;
        let streams = rows.iter().filter_map(|(_, row)| stream_of(&row.body));
        let keys = self.core.codec.keys(streams).await?;
        let parked = rows.into_iter().map(|(number, row)| Parked {
            id: ParkingId::from_u128(number.into()),
            content: match message_of(&self.core, &row.body, &keys) {
                Ok(message) => Content::Message(Arc::new(message)),
                Err(_) => Content::Raw(raw_of(row.body)),
            },
            reason: row.reason,
            attempts: row.attempts,
            at: row.at,
        });
        Ok(parked.collect())
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        let now = self.clock.now();
        self.take_parked(queue, parkings, Some(now), "replay parked messages")
            .await
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.take_parked(queue, parkings, None, "drop parked messages")
            .await
    }
}
