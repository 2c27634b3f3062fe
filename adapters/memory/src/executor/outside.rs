//! Calls that leave the executor's thread, or wait for a group to be written.

use crate::lock::lock;
use crate::time::{Sleep, VirtualTime};
use fiacre_domain::units::Millis;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Something whose calls end only when the executor says so: then the order of their answers is the order of the calls,
/// however long each took.
pub trait Outside {
    /// Completes every call that is outstanding, waiting for it if need be, and wakes their tasks in the order of the
    /// calls; gives how many there were.
    fn complete(&mut self) -> usize;

    /// Whether any call is outstanding.
    fn is_outstanding(&self) -> bool;
}

/// Something outside whose calls take virtual time: from the first of them on, so long; those that come meanwhile end with
/// it. Then a group holds what many do within that time, as it does on real time.
#[derive(Debug)]
pub struct Paced<O> {
    outside: O,
    time: VirtualTime,
    takes: Millis,
    /// Until when those that are outstanding take.
    until: Option<Pin<Box<Sleep>>>,
}

impl<O: Outside> Paced<O> {
    /// Each round of calls takes so long.
    pub const fn new(outside: O, time: VirtualTime, takes: Millis) -> Self {
        Self {
            outside,
            time,
            takes,
            until: None,
        }
    }
}

impl<O: Outside> Outside for Paced<O> {
    fn complete(&mut self) -> usize {
        if !self.outside.is_outstanding() {
            return 0;
        }
        let ends_at = self.time.now().plus(self.takes);
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(self.time.sleep_until(ends_at)));
        // Whoever asks comes again once time has gone on: nobody is to be woken.
        let is_over = until.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if is_over.is_pending() {
            return 0;
        }
        self.until = None;
        self.outside.complete()
    }

    fn is_outstanding(&self) -> bool {
        self.outside.is_outstanding()
    }
}

/// Calls answered from other threads: a database, a broker.
///
/// ```
/// use fiacre_domain::time::Timestamp;
/// use fiacre_memory::{Executor, OutsideCalls, VirtualTime};
/// let calls = OutsideCalls::default();
/// let mut executor = Executor::fifo(VirtualTime::starting_at(Timestamp::from_ms(0)));
/// executor.add_outside(calls.clone());
/// let (answer, call) = calls.begin();
/// let worker = std::thread::spawn(move || answer.give(6 * 7));
/// assert_eq!(executor.block_on(call)?, Ok(42));
/// # worker.join().unwrap();
/// # Ok::<(), fiacre_memory::RunError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct OutsideCalls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    outstanding: Mutex<VecDeque<Arc<dyn Outstanding>>>,
}

/// The one that was to answer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned;

impl Abandoned {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "outside_call_abandoned"
    }
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to get an answer: who was to give it is gone")
    }
}

impl Error for Abandoned {}

trait Outstanding: fmt::Debug + Send + Sync {
    /// Waits for the answer, then lets its task see it.
    fn open(&self);
}

#[derive(Debug)]
struct Desk<T> {
    state: Mutex<DeskState<T>>,
    answered: Condvar,
}

#[derive(Debug)]
struct DeskState<T> {
    answer: Option<Result<T, Abandoned>>,
    is_open: bool,
    waker: Option<Waker>,
}

impl<T: fmt::Debug + Send> Outstanding for Desk<T> {
    fn open(&self) {
        let state = lock(&self.state);
        let mut state = self
            .answered
            .wait_while(state, |state| state.answer.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        state.is_open = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }
}

impl OutsideCalls {
    /// Begins a call: one half answers it, from any thread, the other waits for it in a task.
    pub fn begin<T: fmt::Debug + Send + 'static>(&self) -> (Answer<T>, OutsideCall<T>) {
        let desk = Arc::new(Desk {
            state: Mutex::new(DeskState {
                answer: None,
                is_open: false,
                waker: None,
            }),
            answered: Condvar::new(),
        });
        lock(&self.0.outstanding).push_back(Arc::clone(&desk) as Arc<dyn Outstanding>);
        (Answer(Arc::clone(&desk)), OutsideCall(desk))
    }
}

impl Outside for OutsideCalls {
    fn complete(&mut self) -> usize {
        let outstanding = std::mem::take(&mut *lock(&self.0.outstanding));
        for call in &outstanding {
            call.open();
        }
        outstanding.len()
    }

    fn is_outstanding(&self) -> bool {
        !lock(&self.0.outstanding).is_empty()
    }
}

/// Answers one call; dropped, it abandons it.
#[derive(Debug)]
pub struct Answer<T>(Arc<Desk<T>>);

impl<T> Answer<T> {
    /// Gives the answer.
    pub fn give(self, value: T) {
        lock(&self.0.state).answer = Some(Ok(value));
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        lock(&self.0.state).answer.get_or_insert(Err(Abandoned));
        self.0.answered.notify_all();
    }
}

/// Waits for the answer to one call, until the executor lets it through.
#[derive(Debug)]
#[must_use = "an outside call is over only when it was awaited"]
pub struct OutsideCall<T>(Arc<Desk<T>>);

impl<T> Future for OutsideCall<T> {
    type Output = Result<T, Abandoned>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.0.state);
        if state.is_open {
            return Poll::Ready(state.answer.take().unwrap_or(Err(Abandoned)));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}
