//! The reference model: a list of all that was ever reported, and what each reader was given of it.

use super::LocationFeedHarness;
use crate::harness::Harness;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, RegionId};
use fiacre_domain::matching::Sample;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{LocationFeed, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A reader of a location feed that obviously keeps every clause.
#[derive(Debug)]
pub struct Reference {
    reported: Arc<Mutex<Vec<(RegionId, Sample)>>>,
    /// The highest sequence that this reader was given.
    drained: Mutex<BTreeMap<(RegionId, DriverId), u64>>,
}

#[async_trait]
impl LocationFeed for Reference {
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError> {
        lock(&self.reported).extend(samples.into_iter().map(|sample| (region, sample)));
        Ok(())
    }

    async fn drain(&self, region: RegionId) -> Result<Vec<Sample>, PortError> {
        let mut latest = BTreeMap::new();
        for (_, sample) in lock(&self.reported).iter().filter(|(of, _)| *of == region) {
            let known = latest.entry(sample.driver()).or_insert(*sample);
            if known.sequence() < sample.sequence() {
                *known = *sample;
            }
        }
        let mut drained = lock(&self.drained);
        let mut is_new = |sample: &Sample| {
            let before = drained.insert((region, sample.driver()), sample.sequence());
            before.is_none_or(|before| before < sample.sequence())
        };
        Ok(latest.into_values().filter(|sample| is_new(sample)).collect())
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    reported: Arc<Mutex<Vec<(RegionId, Sample)>>>,
}

impl ReferenceHarness {
    /// No samples.
    pub fn new() -> Self {
        Self {
            time: VirtualTime::new(AT),
            reported: Arc::default(),
        }
    }

    pub(super) fn reference(&self) -> Reference {
        Reference {
            reported: Arc::clone(&self.reported),
            drained: Mutex::default(),
        }
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness for ReferenceHarness {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.time.block_on(future)
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        self.time.pass(duration);
    }
}

impl LocationFeedHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn LocationFeed> {
        Arc::new(self.reference())
    }
}
