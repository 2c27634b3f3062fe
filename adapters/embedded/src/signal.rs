//! Says that something changed to whoever listens, and waits for it until a time.
//!
//! Whom it tells, and in which order, is as in `fiacre-memory`: one seed gives one run on both.

use crate::lock::lock;
use fiacre_domain::time::Timestamp;
use fiacre_ports::Clock;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// A change that many may wait for, in the order in which they began to listen: all of them, or as many as it has work for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal(Arc<Mutex<Listeners>>);

#[derive(Debug, Default)]
struct Listeners {
    next: u64,
    ears: Vec<(u64, Ear)>,
}

#[derive(Debug, Default)]
struct Ear {
    /// Wakes the listener, while it sleeps.
    waker: Option<Waker>,
    /// It was woken by what it was told.
    is_told: bool,
    /// Something was said while it was awake: it may have looked before that.
    is_late: bool,
}

impl Signal {
    /// Tells up to `count` of those who sleep. One that is dropped before it has seen what there is passes on what it was
    /// told.
    pub(crate) fn notify_some(&self, count: usize) {
        let mut wakers = Vec::new();
        {
            let mut listeners = lock(&self.0);
            for (_, ear) in &mut listeners.ears {
                if wakers.len() == count {
                    break;
                }
                match ear.waker.take() {
                    Some(waker) => {
                        ear.is_told = true;
                        wakers.push(waker);
                    }
                    None => ear.is_late = true,
                }
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Tells everyone.
    pub(crate) fn notify(&self) {
        self.notify_some(usize::MAX);
    }

    fn listen(&self) -> Listener<'_> {
        let mut listeners = lock(&self.0);
        let id = listeners.next;
        listeners.next += 1;
        listeners.ears.push((id, Ear::default()));
        Listener {
            signal: self,
            id,
            is_content: false,
        }
    }

    /// Tries again whenever the signal speaks and whenever the attempt said it might succeed, until it gives something or
    /// the clock shows `until`.
    ///
    /// An attempt that fails says when to try again, later than now; [`Timestamp::MAX`] where only the signal knows.
    pub(crate) async fn wait<T>(
        &self,
        clock: &dyn Clock,
        until: Timestamp,
        mut attempt: impl FnMut() -> Result<T, Timestamp>,
    ) -> Option<T> {
        if let Ok(value) = attempt() {
            return Some(value);
        }
        let mut listener = self.listen();
        let mut alarm = Alarm::new(clock);
        poll_fn(|context| {
            loop {
                // It is awake while it looks: what it tells by that is for others.
                listener.rouse();
                let again_at = match attempt() {
                    Ok(value) => {
                        listener.is_content = true;
                        return Poll::Ready(Some(value));
                    }
                    Err(again_at) => again_at,
                };
                if clock.now() >= until {
                    return Poll::Ready(None);
                }
                if listener.sleep(context.waker()) && alarm.is_ahead(until.min(again_at), context) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}

type Waiting<'c> = Pin<Box<dyn Future<Output = ()> + Send + 'c>>;

/// Wakes at a time, and keeps its place among those of the same time.
struct Alarm<'c> {
    clock: &'c dyn Clock,
    set: Option<(Timestamp, Waiting<'c>)>,
}

impl<'c> Alarm<'c> {
    const fn new(clock: &'c dyn Clock) -> Self {
        Self { clock, set: None }
    }

    /// Whether the time is still to come; then it wakes.
    fn is_ahead(&mut self, at: Timestamp, context: &mut Context<'_>) -> bool {
        if self.set.as_ref().is_none_or(|(set_to, _)| *set_to != at) {
            self.set = None;
            self.set = Some((at, self.clock.wait_until(at)));
        }
        let waited = self
            .set
            .as_mut()
            .map(|(_, waiting)| waiting.as_mut().poll(context));
        let is_ahead = waited.is_some_and(|waited| waited.is_pending());
        if !is_ahead {
            self.set = None;
        }
        is_ahead
    }
}

/// Listens until it is dropped.
#[derive(Debug)]
struct Listener<'s> {
    signal: &'s Signal,
    id: u64,
    is_content: bool,
}

impl Listener<'_> {
    fn ear<T: Default>(&self, use_it: impl FnOnce(&mut Ear) -> T) -> T {
        let mut listeners = lock(&self.signal.0);
        let mine = listeners.ears.iter_mut().find(|(id, _)| *id == self.id);
        mine.map_or_else(T::default, |(_, ear)| use_it(ear))
    }

    /// Hears nothing, and is about to look.
    fn rouse(&self) {
        self.ear(|ear| {
            ear.waker = None;
            ear.is_late = false;
        });
    }

    /// Sleeps until it is told something; not where something was said since it looked.
    fn sleep(&self, waker: &Waker) -> bool {
        self.ear(|ear| {
            let sleeps = !ear.is_late;
            if sleeps {
                ear.is_told = false;
                ear.waker = Some(waker.clone());
            }
            sleeps
        })
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let was_told = {
            let mut listeners = lock(&self.signal.0);
            let place = listeners.ears.iter().position(|(id, _)| *id == self.id);
            place.is_some_and(|place| listeners.ears.remove(place).1.is_told)
        };
        if was_told && !self.is_content {
            self.signal.notify_some(1);
        }
    }
}
