//! The reference model: the time of the models themselves.

use super::ClockHarness;
use crate::reference::VirtualTime;
use crate::reference::keeps_time;
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::time::Timestamp;
use fiacre_ports::Clock;
use std::sync::Arc;

/// A clock that obviously keeps every clause.
#[derive(Debug, Clone)]
pub struct Reference(VirtualTime);

#[async_trait]
impl Clock for Reference {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn wait_until(&self, at: Timestamp) {
        self.0.wait(at, || None::<()>, || None).await;
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness(Reference);

impl ReferenceHarness {
    /// At the samples' time.
    pub fn new() -> Self {
        Self(Reference(VirtualTime::new(AT)))
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

keeps_time!(ReferenceHarness, world => world.0.0);

impl ClockHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn Clock> {
        Arc::new(self.reference())
    }
}
