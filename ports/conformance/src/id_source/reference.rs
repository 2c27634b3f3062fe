//! The reference model: the time, and one counter for all.

use super::IdSourceHarness;
use crate::reference::VirtualTime;
use crate::reference::keeps_time;
use crate::sample::AT;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_ports::IdSource;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A source that obviously keeps every clause.
#[derive(Debug, Clone)]
pub struct Reference {
    time: VirtualTime,
    count: Arc<AtomicU32>,
}

impl Reference {
    /// The next identity.
    pub(super) fn bits(&self) -> u128 {
        let ms = u128::from(self.time.now().ms().unsigned_abs());
        let count = u128::from(self.count.fetch_add(1, Ordering::Relaxed));
        ms << 80 | 0x7 << 76 | 0b10 << 62 | count
    }
}

impl IdSource for Reference {
    fn trip_id(&self) -> TripId {
        TripId::from_u128(self.bits())
    }

    fn command_id(&self) -> CommandId {
        CommandId::from_u128(self.bits())
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness(Reference);

impl ReferenceHarness {
    /// At the samples' time.
    pub fn new() -> Self {
        Self(Reference {
            time: VirtualTime::new(AT),
            count: Arc::default(),
        })
    }

    pub(super) fn reference(&self) -> Reference {
        self.0.clone()
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.0.time);

impl IdSourceHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn IdSource> {
        Arc::new(self.reference())
    }
}
