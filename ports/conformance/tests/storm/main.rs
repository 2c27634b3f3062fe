//! The suites through a way that fails at every third call before, and at every third after it was done: the reference
//! models still keep every clause, since what failed on the way is repeated and judged by what is left, and the planted bugs
//! are still found.

mod bus;
mod event_store;

use fiacre_conformance::{Harness, Weather};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

const CALM: u8 = 0;
const FAILS_BEFORE: u8 = 1;
const FAILS_AFTER: u8 = 2;

/// A world whose way fails.
struct Storm<H> {
    harness: H,
    calls: AtomicU32,
    next: Arc<AtomicU8>,
}

impl<H> Storm<H> {
    fn around(harness: H) -> Self {
        Self {
            harness,
            calls: AtomicU32::new(0),
            next: Arc::default(),
        }
    }
}

impl<H: Harness> Harness for Storm<H> {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.harness.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.harness.now()
    }

    fn pass(&self, duration: Millis) {
        self.harness.pass(duration);
    }

    fn weather(&self) -> Weather {
        Weather::Stormy
    }

    fn disturb(&self) {
        let fault = match self.calls.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => FAILS_AFTER,
            1 => CALM,
            _ => FAILS_BEFORE,
        };
        self.next.store(fault, Ordering::Relaxed);
    }

    fn heal(&self) {
        self.next.store(CALM, Ordering::Relaxed);
    }
}
