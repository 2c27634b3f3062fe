//! Calls that wait to be written together, as they do where writing takes an fsync.

use crate::executor::Outside;
use crate::lock::lock;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Adapters in memory whose calls are written together, and answered together, as those of one database on disk are. Clones
/// are the same group.
///
/// An adapter joins with its `in_group`; then each of its calls that changes something which must not be lost waits for the
/// next [`sync`](Self::sync), and until then nobody sees what it changes. A sync runs the calls in their order, tells whoever
/// listens to feeds, then to queues, then to timers, and answers the calls in their order: as `fiacre-embedded` does it, so
/// that one seed gives one run on both.
///
/// ```
/// use fiacre_domain::{time::Timestamp, units::Millis};
/// use fiacre_memory::{Executor, Group, MemoryTimers, Paced, VirtualTime};
/// use fiacre_ports::Timers;
/// # use fiacre_domain::{id::TripId, saga::Service, stream::{StreamId, TimerId, TimerKind, Version}};
/// let time = VirtualTime::starting_at(Timestamp::from_ms(0));
/// let group = Group::default();
/// let timers = MemoryTimers::new(time.clone()).in_group(&group);
/// let mut executor = Executor::fifo(time.clone());
/// executor.add_outside(Paced::new(group, time.clone(), Millis::new(20)));
/// # let id = TimerId { stream: StreamId::Trip(TripId::from_u128(1)), version: Version::new(1), kind: TimerKind::OrderExpires };
/// # let timer = fiacre_ports::Timer { id, due_at: Timestamp::from_ms(60_000), region: "manhattan".parse()?, trace: None };
/// executor.block_on(timers.schedule(vec![timer]))??;
/// assert_eq!(time.now().ms(), 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Group(Arc<Shared>);

#[derive(Default)]
struct Shared {
    calls: Mutex<Vec<Arc<dyn Call>>>,
    written: AtomicU64,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("written", &self.written())
            .finish_non_exhaustive()
    }
}

/// Who hears of what a call has written, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearers {
    Feeds,
    Queues,
    Timers,
    Nobody,
}

/// What a call writes.
pub(crate) trait Plan: Send + 'static {
    type Answer: Send;
    const HEARERS: Hearers;

    /// Writes it; nobody is told yet.
    fn write(&mut self) -> Self::Answer;

    /// Tells whoever listens of everything that was written.
    fn tell(&self);

    /// Is not written: the adapter has died.
    fn lose(&mut self) -> Self::Answer;
}

/// Waits for the end of the group, and writes nothing.
pub(crate) struct Nothing;

impl Plan for Nothing {
    type Answer = ();
    const HEARERS: Hearers = Hearers::Nobody;

    fn write(&mut self) {}

    fn tell(&self) {}

    fn lose(&mut self) {}
}

/// Does what is planned: now, or with the group.
pub(crate) async fn write<P: Plan>(group: Option<&Group>, mut plan: P) -> P::Answer {
    if let Some(group) = group {
        return group.join(plan).await;
    }
    let answer = plan.write();
    plan.tell();
    answer
}

/// Waits for the end of the group, where there is one.
pub(crate) async fn end_of(group: Option<&Group>) {
    if let Some(group) = group {
        group.join(Nothing).await;
    }
}

impl Group {
    /// Writes what waits for it, in the order of the calls, and answers; gives how many calls there were.
    pub fn sync(&self) -> usize {
        let calls = std::mem::take(&mut *lock(&self.0.calls));
        self.0.written.fetch_add(1, Ordering::AcqRel);
        for call in &calls {
            call.write();
        }
        for hearers in [Hearers::Feeds, Hearers::Queues, Hearers::Timers] {
            for call in calls.iter().filter(|call| call.hearers() == hearers) {
                call.tell();
            }
        }
        for call in &calls {
            call.answer();
        }
        calls.len()
    }

    /// How many groups were written.
    pub(crate) fn written(&self) -> u64 {
        self.0.written.load(Ordering::Acquire)
    }

    /// Joins with what nobody waits for and has its effect already: it counts after the calls before it.
    pub(crate) fn hint(&self, plan: impl Plan) {
        if self.is_outstanding() {
            let _nobody_waits = self.join(plan);
        }
    }

    /// Loses the calls that are heard of there, and says so to their callers.
    pub(crate) fn lose(&self, hearers: Hearers) {
        let is_lost = |call: &mut Arc<dyn Call>| call.hearers() == hearers;
        let lost: Vec<_> = lock(&self.0.calls).extract_if(.., is_lost).collect();
        for call in &lost {
            call.lose();
        }
        for call in &lost {
            call.answer();
        }
    }

    fn join<P: Plan>(&self, plan: P) -> Waiting<P> {
        let entry = Arc::new(Entry(Mutex::new(Desk {
            plan,
            answer: None,
            is_open: false,
            waker: None,
        })));
        lock(&self.0.calls).push(Arc::clone(&entry) as Arc<dyn Call>);
        Waiting(entry)
    }
}

impl Outside for Group {
    fn complete(&mut self) -> usize {
        if self.is_outstanding() { self.sync() } else { 0 }
    }

    fn is_outstanding(&self) -> bool {
        !lock(&self.0.calls).is_empty()
    }
}

/// A call that has joined.
trait Call: Send + Sync {
    fn hearers(&self) -> Hearers;
    fn write(&self);
    fn tell(&self);
    fn lose(&self);
    fn answer(&self);
}

struct Entry<P: Plan>(Mutex<Desk<P>>);

struct Desk<P: Plan> {
    plan: P,
    answer: Option<P::Answer>,
    /// The caller may have the answer.
    is_open: bool,
    waker: Option<Waker>,
}

impl<P: Plan> Call for Entry<P> {
    fn hearers(&self) -> Hearers {
        P::HEARERS
    }

    fn write(&self) {
        let mut desk = lock(&self.0);
        desk.answer = Some(desk.plan.write());
    }

    fn tell(&self) {
        lock(&self.0).plan.tell();
    }

    fn lose(&self) {
        let mut desk = lock(&self.0);
        desk.answer = Some(desk.plan.lose());
    }

    fn answer(&self) {
        let waker = {
            let mut desk = lock(&self.0);
            desk.is_open = true;
            desk.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Waits for the answer to a call. Dropped, it changes nothing: the call is written all the same.
#[must_use = "what is not awaited may not be written yet"]
struct Waiting<P: Plan>(Arc<Entry<P>>);

impl<P: Plan> Future for Waiting<P> {
    type Output = P::Answer;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<P::Answer> {
        let mut desk = lock(&self.0.0);
        if desk.is_open
            && let Some(answer) = desk.answer.take()
        {
            return Poll::Ready(answer);
        }
        desk.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
