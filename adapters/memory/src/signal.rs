//! Says that something changed to whoever listens.

use crate::lock::lock;
use std::sync::{Arc, Mutex};
use std::task::Waker;

/// A change that many may wait for, in the order in which they began to listen: all of them, or as many as it has work for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal(Arc<Mutex<Listeners>>);

#[derive(Debug, Default)]
struct Listeners {
    next: u64,
    wakers: Vec<(u64, Option<Waker>)>,
}

impl Signal {
    pub(crate) fn listen(&self) -> Listener {
        let mut listeners = lock(&self.0);
        let id = listeners.next;
        listeners.next += 1;
        listeners.wakers.push((id, None));
        Listener {
            signal: self.clone(),
            id,
            is_content: false,
        }
    }

    /// Wakes up to `count` of those who are not awake. One that is dropped before it has seen what there is passes its
    /// wake-up on.
    pub(crate) fn notify_some(&self, count: usize) {
        let mut listeners = lock(&self.0);
        let asleep = listeners.wakers.iter_mut().filter_map(|(_, waker)| waker.take());
        for waker in asleep.take(count) {
            waker.wake();
        }
    }

    pub(crate) fn notify(&self) {
        let mut listeners = lock(&self.0);
        // Wakers of the executor only enqueue: nothing comes back here while the lock is held.
        for (_, waker) in &mut listeners.wakers {
            if let Some(waker) = waker.take() {
                waker.wake();
            }
        }
    }
}

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    signal: Signal,
    id: u64,
    is_content: bool,
}

impl Listener {
    pub(crate) fn wake_with(&self, waker: &Waker) {
        let mut listeners = lock(&self.signal.0);
        let mine = listeners.wakers.iter_mut().find(|(id, _)| *id == self.id);
        if let Some((_, place)) = mine {
            match place {
                Some(known) if known.will_wake(waker) => {}
                _ => *place = Some(waker.clone()),
            }
        }
    }
}

impl Listener {
    /// Ends the listening of one who got what it wanted: whoever has more for others wakes them.
    pub(crate) fn leave_content(mut self) {
        self.is_content = true;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let was_awake = {
            let mut listeners = lock(&self.signal.0);
            let place = listeners.wakers.iter().position(|(id, _)| *id == self.id);
            place.is_some_and(|place| listeners.wakers.remove(place).1.is_none())
        };
        if was_awake && !self.is_content {
            self.signal.notify_some(1);
        }
    }
}
