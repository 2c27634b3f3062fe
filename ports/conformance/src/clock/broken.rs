//! One planted bug a clause.

use super::reference::{Reference, ReferenceHarness};
use super::{Clause, ClockHarness};
use crate::harness::Harness;
use crate::reference::keeps_time;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::Clock;
use std::sync::Arc;

/// A clock with the bug of a clause.
#[derive(Debug)]
struct Handle {
    inner: Reference,
    bug: Clause,
    /// When it was set.
    set_at: Timestamp,
}

#[async_trait]
impl Clock for Handle {
    fn now(&self) -> Timestamp {
        match self.bug {
            // It hangs behind: what it shows is half of what went by.
            Clause::GoesOn => {
                let passed = self.inner.now().ms() - self.set_at.ms();
                self.set_at.plus(Millis::new(passed / 2))
            }
            Clause::WaitsUntil | Clause::PastIsNow => self.inner.now(),
        }
    }

    async fn wait_until(&self, at: Timestamp) {
        const TICK: Millis = Millis::from_secs(1);
        match self.bug {
            // Waits end at the last whole second.
            Clause::WaitsUntil => {
                let second = Timestamp::from_ms(at.ms() - at.ms().rem_euclid(1_000));
                self.inner.wait_until(second).await;
            }
            // Every wait takes a tick at least.
            Clause::PastIsNow => {
                let tick = self.inner.now().plus(TICK);
                self.inner.wait_until(at.max(tick)).await;
            }
            Clause::GoesOn => {
                let waits = at.ms() - self.now().ms();
                let end = self.inner.now().plus(Millis::new(waits.saturating_mul(2)));
                self.inner.wait_until(end).await;
            }
        }
    }
}

/// The reference model with one bug, in a world of its own.
#[derive(Debug)]
pub struct Broken {
    harness: ReferenceHarness,
    bug: Clause,
}

keeps_time!(Broken, world => world.harness);

impl ClockHarness for Broken {
    fn open(&self) -> Arc<dyn Clock> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: self.bug,
            set_at: self.harness.now(),
        })
    }
}

/// The adapter that `clause` rejects.
pub fn broken(clause: Clause) -> Broken {
    Broken {
        harness: ReferenceHarness::new(),
        bug: clause,
    }
}

/// The other clauses that the bug of `planted` breaks, and why: none.
pub fn also(_planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    std::iter::empty()
}
