//! Bugs in deliveries and in what a consumer says of them.

use super::Bug;
use crate::bus::reference::{Reference, ReferenceConsumer};
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Bus, Consumer, Delivery, PortError, Prefetch, QueueName, QueueSpec, Settlement, Tag};

/// A consumer may hold all there is.
#[derive(Debug)]
pub(super) struct NoPrefetch;
#[async_trait]
impl Bug for NoPrefetch {
    fn prefetch(&self, _asked: Prefetch) -> Prefetch {
        Prefetch(u16::MAX)
    }
}

/// What is held is counted as if it waited.
#[derive(Debug)]
pub(super) struct CountsWhatIsHeld;
#[async_trait]
impl Bug for CountsWhatIsHeld {
    async fn backlog(&self, inner: &Reference, queue: &QueueName) -> Result<usize, PortError> {
        Ok(inner.state().queue(queue)?.items.len())
    }
}

/// What waits for its retry is counted as if it waited for a consumer.
#[derive(Debug)]
pub(super) struct CountsWhatIsPutOff;
#[async_trait]
impl Bug for CountsWhatIsPutOff {
    async fn backlog(&self, inner: &Reference, queue: &QueueName) -> Result<usize, PortError> {
        let mut state = inner.state();
        let items = state.queue(queue)?.items.iter();
        Ok(items.filter(|item| item.holder.is_none()).count())
    }
}

/// What a dead consumer held is taken for handled.
#[derive(Debug)]
pub(super) struct DeathAcknowledges;
#[async_trait]
impl Bug for DeathAcknowledges {
    fn dies(&self, inner: &ReferenceConsumer) {
        let held = |holder: Option<(u64, Tag)>| holder.is_some_and(|(number, _)| number == inner.number());
        if let Ok(queue) = inner.bus().state().queue(inner.queue()) {
            queue.items.retain(|item| !held(item.holder));
        }
    }
}

/// Of several acknowledgements only the first is sent.
#[derive(Debug)]
pub(super) struct AcknowledgesTheFirstAlone;
#[async_trait]
impl Bug for AcknowledgesTheFirstAlone {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        mut settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        settlements.truncate(1);
        inner.settle(settlements).await
    }
}

/// Retries do not wait.
#[derive(Debug)]
pub(super) struct RetriesAtOnce;
#[async_trait]
impl Bug for RetriesAtOnce {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        mut settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        for (_, settlement) in &mut settlements {
            if let Settlement::RetryAfter { delay, .. } = settlement {
                *delay = Millis::ZERO;
            }
        }
        inner.settle(settlements).await
    }
}

/// A returned message counts as failed.
#[derive(Debug)]
pub(super) struct ReturnIsAFailure;
#[async_trait]
impl Bug for ReturnIsAFailure {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        mut settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        for (_, settlement) in &mut settlements {
            if let Settlement::Return { delay } = *settlement {
                *settlement = Settlement::RetryAfter {
                    delay,
                    code: String::new(),
                    text: String::new(),
                };
            }
        }
        inner.settle(settlements).await
    }
}

/// A tag that is not known stands for the oldest delivery that is held.
#[derive(Debug)]
pub(super) struct UnknownTagIsTheOldest;
#[async_trait]
impl Bug for UnknownTagIsTheOldest {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        mut settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        let held: Vec<_> = {
            let mut state = inner.bus().state();
            let items = state.queue(inner.queue())?.items.iter();
            items.filter_map(|item| item.holder).map(|(_, tag)| tag).collect()
        };
        for (tag, _) in &mut settlements {
            if !held.contains(tag) {
                *tag = held.first().copied().unwrap_or(*tag);
            }
        }
        inner.settle(settlements).await
    }
}

/// While one consumer holds something, the others get nothing.
#[derive(Debug)]
pub(super) struct OneConsumerAtATime;
#[async_trait]
impl Bug for OneConsumerAtATime {
    async fn next(
        &self,
        inner: &mut ReferenceConsumer,
        max: usize,
        until: Timestamp,
    ) -> Result<Vec<Delivery>, PortError> {
        let busy = {
            let mut state = inner.bus().state();
            let mut items = state.queue(inner.queue())?.items.iter();
            items.any(|item| item.holder.is_some_and(|(number, _)| number != inner.number()))
        };
        inner.next(if busy { 0 } else { max }, until).await
    }
}

/// How often a message has failed is in memory alone.
#[derive(Debug)]
pub(super) struct AttemptsInMemory;
#[async_trait]
impl Bug for AttemptsInMemory {
    fn crashed(&self, inner: &Reference) {
        let mut state = inner.state();
        for item in state.queues.values_mut().flat_map(|queue| &mut queue.items) {
            item.failed = 0;
        }
    }
}

/// A queue's consumers share it, whatever was declared.
#[derive(Debug)]
pub(super) struct EveryConsumerIsActive;
#[async_trait]
impl Bug for EveryConsumerIsActive {
    async fn declare(&self, inner: &Reference, queue: &QueueSpec) -> Result<(), PortError> {
        let shared = QueueSpec {
            single_active: false,
            ..queue.clone()
        };
        inner.declare(&shared).await
    }
}

/// A crash counts as a failure of what was held.
#[derive(Debug)]
pub(super) struct CrashIsAFailure;
#[async_trait]
impl Bug for CrashIsAFailure {
    fn crashed(&self, inner: &Reference) {
        let mut state = inner.state();
        for item in state.queues.values_mut().flat_map(|queue| &mut queue.items) {
            item.failed += u32::from(item.redelivered);
        }
    }
}

/// A new connection numbers its deliveries from the beginning.
#[derive(Debug)]
pub(super) struct TagsBeginAnew;
#[async_trait]
impl Bug for TagsBeginAnew {
    fn cut(&self, inner: &Reference) {
        // The one consumer of the clause had the number 1, its first delivery the number 2.
        inner.state().numbers = 1;
    }
}

/// Delays stand in one line: none ends before those that began earlier.
#[derive(Debug)]
pub(super) struct WaitsInLine;
#[async_trait]
impl Bug for WaitsInLine {
    async fn settle(
        &self,
        inner: &mut ReferenceConsumer,
        settlements: Vec<(Tag, Settlement)>,
    ) -> Result<(), PortError> {
        inner.settle(settlements).await?;
        let now = inner.bus().time().now();
        let mut state = inner.bus().state();
        let mut line_ends = now;
        for item in &mut state.queue(inner.queue())?.items {
            if item.not_before > now {
                line_ends = line_ends.max(item.not_before);
                item.not_before = line_ends;
            }
        }
        Ok(())
    }
}
