//! Says that something changed to whoever listens.

use crate::lock::lock;
use std::sync::{Arc, Mutex};
use std::task::Waker;

/// A change that many may wait for; all of them are woken, in the order in which they began to listen.
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

impl Drop for Listener {
    fn drop(&mut self) {
        lock(&self.signal.0).wakers.retain(|(id, _)| *id != self.id);
    }
}
