//! Virtual time: it stands still while anything can run, and jumps to the next instant that anyone waits for.

use crate::lock::lock;
use crate::signal::{Listener, Signal};
use fiacre_domain::time::Timestamp;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The true time of a simulated world, in UTC milliseconds, shared by its clones.
///
/// ```
/// use fiacre_domain::time::Timestamp;
/// use fiacre_memory::{Executor, VirtualTime};
/// let time = VirtualTime::starting_at(Timestamp::from_ms(1_000));
/// let mut executor = Executor::fifo(time.clone());
/// executor.block_on(time.sleep_until(Timestamp::from_ms(86_401_000)))?;
/// assert_eq!(time.now(), Timestamp::from_ms(86_401_000));
/// # Ok::<(), fiacre_memory::RunError>(())
/// ```
#[derive(Debug, Clone)]
pub struct VirtualTime(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now_ms: AtomicI64,
    sleepers: Mutex<Sleepers>,
}

#[derive(Debug, Default)]
struct Sleepers {
    /// Breaks ties of one instant: who lay down first is woken first.
    next: u64,
    by_due: BTreeMap<(Timestamp, u64), Waker>,
}

impl VirtualTime {
    /// A time that stands at `now`.
    pub fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(Shared {
            now_ms: AtomicI64::new(now.ms()),
            sleepers: Mutex::default(),
        }))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.now_ms.load(Ordering::Acquire))
    }

    /// Goes on to `to` and wakes, in order, whoever slept until then; an earlier `to` changes nothing.
    pub fn advance_to(&self, to: Timestamp) {
        self.0.now_ms.fetch_max(to.ms(), Ordering::AcqRel);
        while let Some(waker) = self.pop_due(to) {
            waker.wake();
        }
    }

    fn pop_due(&self, to: Timestamp) -> Option<Waker> {
        let mut sleepers = lock(&self.0.sleepers);
        let first = sleepers.by_due.first_entry()?;
        (first.key().0 <= to).then(|| first.remove())
    }

    /// The next instant that anyone sleeps until; `None` when nobody sleeps.
    pub fn next_due(&self) -> Option<Timestamp> {
        let sleepers = lock(&self.0.sleepers);
        sleepers.by_due.first_key_value().map(|(&(due, _), _)| due)
    }

    /// Sleeps until the time is `until`; [`Timestamp::MAX`] is never, and nothing that time would be advanced for.
    pub fn sleep_until(&self, until: Timestamp) -> Sleep {
        Sleep {
            time: self.clone(),
            until,
            place: None,
        }
    }

    /// Tries again whenever `signal` speaks and whenever the attempt said it might succeed, until it gives something or
    /// the time is `until`.
    ///
    /// An attempt that fails says when to try again, later than now; [`Timestamp::MAX`] where only the signal knows.
    pub(crate) async fn wait<T>(
        &self,
        signal: &Signal,
        until: Timestamp,
        mut attempt: impl FnMut() -> Result<T, Timestamp>,
    ) -> Option<T> {
        if let Ok(value) = attempt() {
            return Some(value);
        }
        let mut listener: Option<Listener> = None;
        let mut sleep = self.sleep_until(until);
        poll_fn(|context| {
            let first_poll = listener.is_none();
            let mut again = attempt();
            if again.is_err() && self.now() >= until {
                return Poll::Ready(None);
            }
            if again.is_err() {
                let listener = listener.get_or_insert_with(|| signal.listen());
                listener.wake_with(context.waker());
                if first_poll {
                    // What came between the first look and the listening has woken nobody.
                    again = attempt();
                }
            }
            match again {
                Ok(value) => {
                    if let Some(listener) = listener.take() {
                        listener.leave_content();
                    }
                    Poll::Ready(Some(value))
                }
                Err(retry_at) => {
                    sleep.reset(until.min(retry_at));
                    if Pin::new(&mut sleep).poll(context).is_ready() {
                        context.waker().wake_by_ref();
                    }
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Sleeps; made by [`VirtualTime::sleep_until`]. Dropping it wakes nobody.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    time: VirtualTime,
    until: Timestamp,
    place: Option<(Timestamp, u64)>,
}

impl Sleep {
    fn reset(&mut self, until: Timestamp) {
        if self.until != until {
            self.rise();
            self.until = until;
        }
    }

    fn rise(&mut self) {
        if let Some(place) = self.place.take() {
            lock(&self.time.0.sleepers).by_due.remove(&place);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut sleepers = lock(&this.time.0.sleepers);
        if this.time.now() >= this.until {
            if let Some(place) = this.place.take() {
                sleepers.by_due.remove(&place);
            }
            return Poll::Ready(());
        }
        if this.until == Timestamp::MAX {
            return Poll::Pending;
        }
        let place = *this.place.get_or_insert_with(|| {
            let place = (this.until, sleepers.next);
            sleepers.next += 1;
            place
        });
        let waker = sleepers
            .by_due
            .entry(place)
            .or_insert_with(|| context.waker().clone());
        if !waker.will_wake(context.waker()) {
            waker.clone_from(context.waker());
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.rise();
    }
}
