//! Says that something changed to whoever listens, and waits for it until a time.

use crate::lock::lock;
use fiacre_domain::time::Timestamp;
use fiacre_ports::Clock;
use futures_util::future::select;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// A change that many may wait for, in the order in which they began to listen: all of them, or as many as it has work for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal(Arc<Mutex<Listeners>>);

#[derive(Debug, Default)]
struct Listeners {
    next: u64,
    ears: Vec<(u64, Ear)>,
}

#[derive(Debug)]
enum Ear {
    Open(Option<Waker>),
    Told,
}

impl Signal {
    /// Tells up to `count` of those who were not told yet. One that is dropped before it has seen what there is passes on
    /// what it was told.
    pub(crate) fn notify_some(&self, count: usize) {
        let mut wakers = Vec::new();
        {
            let mut listeners = lock(&self.0);
            let open = listeners.ears.iter_mut().map(|(_, ear)| ear);
            let open = open.filter(|ear| matches!(ear, Ear::Open(_)));
            for ear in open.take(count) {
                if let Ear::Open(waker) = std::mem::replace(ear, Ear::Told) {
                    wakers.extend(waker);
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
        listeners.ears.push((id, Ear::Open(None)));
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
        loop {
            // Listening begins before the look: what comes in between is heard.
            let mut listener = self.listen();
            let again_at = match attempt() {
                Ok(value) => {
                    listener.is_content = true;
                    return Some(value);
                }
                Err(again_at) => again_at,
            };
            if clock.now() >= until {
                return None;
            }
            {
                let heard = std::pin::pin!(listener.heard());
                select(heard, clock.wait_until(until.min(again_at))).await;
            }
            // What this one was told it will see at its next look.
            listener.is_content = true;
        }
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
    async fn heard(&self) {
        poll_fn(|context| {
            let mut listeners = lock(&self.signal.0);
            let mine = listeners.ears.iter_mut().find(|(id, _)| *id == self.id);
            match mine {
                Some((_, Ear::Open(waker))) => {
                    *waker = Some(context.waker().clone());
                    Poll::Pending
                }
                Some((_, Ear::Told)) | None => Poll::Ready(()),
            }
        })
        .await;
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let was_told = {
            let mut listeners = lock(&self.signal.0);
            let place = listeners.ears.iter().position(|(id, _)| *id == self.id);
            place.is_some_and(|place| matches!(listeners.ears.remove(place).1, Ear::Told))
        };
        if was_told && !self.is_content {
            self.signal.notify_some(1);
        }
    }
}
