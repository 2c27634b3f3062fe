//! The way to the store, on which calls are held up and answers lost.

use super::world::World;
use crate::bus::EmbeddedBus;
use crate::lock::lock;
use crate::store::EmbeddedEventStore;
use async_trait::async_trait;
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Appended, Bus, Consumer, Cursor, Entry, EventStore, LoadRequest, Loaded, Message, NewCommit, Page,
    Parked, ParkingId, PortError, PortErrorKind, Prefetch, Published, QueueName, QueueSpec, Scope, Snapshot,
    Ticket,
};
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

#[derive(Debug, Clone, Default)]
pub(super) struct Way(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    holds_next: bool,
    held: Option<Waker>,
    is_closed: bool,
    loses_next: bool,
}

impl Way {
    pub(super) fn hold_next(&self) {
        lock(&self.0).holds_next = true;
    }

    pub(super) fn release(&self) {
        let mut state = lock(&self.0);
        state.holds_next = false;
        state.is_closed = false;
        if let Some(waker) = state.held.take() {
            waker.wake();
        }
    }

    pub(super) fn lose_next(&self) {
        lock(&self.0).loses_next = true;
    }

    /// Waits where the next call is to be held up.
    async fn pass(&self) {
        let is_held = {
            let mut state = lock(&self.0);
            state.is_closed |= state.holds_next;
            std::mem::take(&mut state.holds_next)
        };
        if is_held {
            poll_fn(|context| {
                let mut state = lock(&self.0);
                if !state.is_closed {
                    return Poll::Ready(());
                }
                state.held = Some(context.waker().clone());
                Poll::Pending
            })
            .await;
        }
    }

    pub(super) fn loses(&self) -> bool {
        std::mem::take(&mut lock(&self.0).loses_next)
    }
}

/// An event store at the end of a way.
#[derive(Debug)]
pub(super) struct FarStore {
    store: EmbeddedEventStore,
    way: Way,
}

impl World {
    pub(super) fn store(&self) -> FarStore {
        FarStore {
            store: self.database().event_store(self.clock()),
            way: self.way.clone(),
        }
    }
}

/// A bus at the end of a way.
#[derive(Debug)]
pub(super) struct FarBus {
    bus: EmbeddedBus,
    way: Way,
}

impl World {
    pub(super) fn bus(&self) -> FarBus {
        FarBus {
            bus: self.database().bus(self.clock()),
            way: self.way.clone(),
        }
    }
}

#[async_trait]
impl Bus for FarBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        self.bus.declare(queue).await
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let published = self.bus.publish(messages).await;
        if !self.way.loses() {
            return published;
        }
        let error = || PortError::new(PortErrorKind::OutcomeUnknown, "publish a message");
        let lost = |_| Published::OutcomeUnknown(error());
        published.into_iter().map(lost).collect()
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        self.bus.consume(queue, prefetch).await
    }

    async fn backlog(&self, queue: &QueueName) -> Result<usize, PortError> {
        self.bus.backlog(queue).await
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        self.bus.parked(queue, after, max).await
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bus.replay(queue, parkings).await
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bus.drop_parked(queue, parkings).await
    }
}

#[async_trait]
impl EventStore for FarStore {
    async fn load(&self, requests: &[LoadRequest]) -> Vec<Result<Loaded, PortError>> {
        self.store.load(requests).await
    }

    async fn append(&self, commits: Vec<NewCommit>) -> Vec<Appended> {
        self.way.pass().await;
        let appended = self.store.append(commits).await;
        if !self.way.loses() {
            return appended;
        }
        let lost = |_| Appended::Failed(PortError::new(PortErrorKind::OutcomeUnknown, "append a commit"));
        appended.into_iter().map(lost).collect()
    }

    async fn feed(&self, scope: Scope, max: usize, until: Timestamp) -> Result<Vec<Entry>, PortError> {
        self.store.feed(scope, max, until).await
    }

    async fn mark_published(&self, tickets: &[Ticket]) -> Result<(), PortError> {
        self.store.mark_published(tickets).await
    }

    async fn hold(&self, tickets: &[Ticket], until: Timestamp) -> Result<(), PortError> {
        self.store.hold(tickets, until).await
    }

    async fn save_snapshots(&self, snapshots: Vec<(StreamId, Snapshot)>) -> Result<(), PortError> {
        self.store.save_snapshots(snapshots).await
    }

    async fn scan(&self, from: &Cursor, max: usize) -> Result<Page, PortError> {
        self.store.scan(from, max).await
    }
}
