//! One planted bug a clause.

use super::reference::{Reference, ReferenceHarness};
use super::{Clause, IdSourceHarness};
use crate::reference::keeps_time;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_ports::IdSource;
use std::sync::Arc;

/// A source with the bug of a clause.
#[derive(Debug)]
struct Handle {
    inner: Reference,
    bug: Clause,
}

impl Handle {
    fn spoilt(&self) -> u128 {
        let bits = self.inner.bits();
        match self.bug {
            // Only eight bits of the counter are kept.
            Clause::NeverTwice => bits & !0xffff_ff00,
            // The lowest bits of the time come first.
            Clause::LaterIsGreater => {
                const FINE: u128 = 0xff << 80;
                bits & !FINE | !bits & FINE
            }
            // Version 4 says that all is random.
            Clause::LayoutIsVersion7 => bits & !(0xf << 76) | 0x4 << 76,
        }
    }
}

impl IdSource for Handle {
    fn trip_id(&self) -> TripId {
        TripId::from_u128(self.spoilt())
    }

    fn command_id(&self) -> CommandId {
        CommandId::from_u128(match self.bug {
            // Nobody lists commands.
            Clause::LaterIsGreater => self.inner.bits(),
            Clause::NeverTwice | Clause::LayoutIsVersion7 => self.spoilt(),
        })
    }
}

/// The reference model with one bug, in a world of its own.
#[derive(Debug)]
pub struct Broken {
    harness: ReferenceHarness,
    bug: Clause,
}

keeps_time!(Broken, world => world.harness);

impl IdSourceHarness for Broken {
    fn open(&self) -> Arc<dyn IdSource> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: self.bug,
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
