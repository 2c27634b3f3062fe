//! Virtual time, and a runtime that writes a group when nothing can run.

use crate::database::Database;
use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::Clock;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// A time that stands still while anything can run. Clones are the same time.
#[derive(Debug, Clone)]
pub(super) struct Time(Arc<Mutex<Moment>>);

#[derive(Debug)]
struct Moment {
    now: Timestamp,
    alarm: Option<Timestamp>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl Time {
    pub(super) fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Moment { now, alarm: None })))
    }

    pub(super) fn pass(&self, duration: Millis) {
        let mut moment = lock(&self.0);
        moment.now = moment.now.plus(duration);
    }

    /// Drives a future to its end: writes groups, and lets time pass, where nothing can run.
    pub(super) fn block_on<F: Future>(&self, database: &Database, future: F) -> F::Output {
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            lock(&self.0).alarm = None;
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            if woken.0.swap(false, Ordering::AcqRel) || database.sync() > 0 {
                continue;
            }
            let mut moment = lock(&self.0);
            let alarm = moment.alarm.expect("everything waits and nothing will come");
            moment.now = moment.now.max(alarm);
        }
    }
}

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }

    async fn wait_until(&self, at: Timestamp) {
        poll_fn(|_| {
            let mut moment = lock(&self.0);
            if moment.now >= at {
                return Poll::Ready(());
            }
            moment.alarm = Some(moment.alarm.map_or(at, |alarm| alarm.min(at)));
            Poll::Pending
        })
        .await;
    }
}

/// Drives a future on this thread, which sleeps while it waits.
pub(super) fn block_on_thread<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
