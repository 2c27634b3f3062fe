//! The time and the runtime of the reference models: one thread, a clock that moves when nothing else can.
//!
//! A reference model is not an adapter: it is the shortest program that obviously keeps every clause, so that each planted
//! bug has something right to be planted in.

use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Locks, also after a panic of another test thread: a model has no invariant that a panic can break halfway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Moment {
    now: Timestamp,
    /// The next time that somebody waits for; what waits asks again at each poll.
    alarm: Option<Timestamp>,
    /// Whether something changed since everything was last polled.
    changed: bool,
}

/// A virtual clock and its executor; clones share one time.
#[derive(Debug, Clone)]
pub(crate) struct VirtualTime(Arc<Mutex<Moment>>);

impl VirtualTime {
    /// Begins at `now`.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Moment {
            now,
            alarm: None,
            changed: false,
        })))
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    /// Lets time go by.
    pub(crate) fn pass(&self, duration: Millis) {
        let mut moment = lock(&self.0);
        moment.now = moment.now.plus(duration);
        moment.changed = true;
    }

    /// Says that somebody who waits may now find something.
    pub(crate) fn changed(&self) {
        lock(&self.0).changed = true;
    }

    /// Waits until `find` finds something or `until` has come; `next` is when it might find something by time alone.
    pub(crate) async fn wait<T>(
        &self,
        until: Timestamp,
        mut find: impl FnMut() -> Option<T>,
        next: impl Fn() -> Option<Timestamp>,
    ) -> Option<T> {
        std::future::poll_fn(|_context| {
            if let Some(found) = find() {
                return Poll::Ready(Some(found));
            }
            let wake_at = next().map_or(until, |at| at.min(until));
            let mut moment = lock(&self.0);
            if moment.now >= until {
                return Poll::Ready(None);
            }
            moment.alarm = Some(moment.alarm.map_or(wake_at, |alarm| alarm.min(wake_at)));
            Poll::Pending
        })
        .await
    }

    /// Polls `future` to its end; where nothing changes any more, the clock moves to the next alarm.
    ///
    /// # Panics
    /// Where the future waits for nothing that could come: the test would hang.
    #[expect(clippy::panic, reason = "a hanging test must end")]
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        let woken = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            {
                let mut moment = lock(&self.0);
                moment.alarm = None;
                moment.changed = false;
            }
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            let mut moment = lock(&self.0);
            let again = moment.changed || woken.0.swap(false, Ordering::Relaxed);
            match moment.alarm {
                _ if again => {}
                Some(alarm) => moment.now = moment.now.max(alarm),
                None => panic!("failed to go on: everything waits and nothing will come"),
            }
        }
    }
}

/// Makes a [`Harness`](crate::Harness) of a world whose `block_on`, `now` and `pass` are those of something in it.
macro_rules! keeps_time {
    ($world:ty, $this:ident => $time:expr) => {
        impl $crate::Harness for $world {
            fn block_on<F: Future>(&self, future: F) -> F::Output {
                let $this = self;
                $time.block_on(future)
            }

            fn now(&self) -> fiacre_domain::time::Timestamp {
                let $this = self;
                $time.now()
            }

            fn pass(&self, duration: fiacre_domain::units::Millis) {
                let $this = self;
                $time.pass(duration);
            }
        }
    };
}
pub(crate) use keeps_time;

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets the others run once.
pub(crate) async fn turn_away() {
    let mut turned = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut turned, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
