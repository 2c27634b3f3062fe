//! The reference model: a list of all that was ever reported, and what each reader was given of it.

use super::LocationFeedHarness;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, RegionId};
use fiacre_domain::matching::Sample;
use fiacre_ports::{LocationFeed, LocationReader, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

type Reported = Arc<Mutex<Vec<(RegionId, Sample)>>>;

/// A location feed that obviously keeps every clause; clones are the same feed.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    reported: Reported,
}

/// A reader of the model.
#[derive(Debug)]
pub(super) struct ReferenceReader {
    reported: Reported,
    region: RegionId,
    /// The highest sequence that this reader was given.
    drained: BTreeMap<DriverId, u64>,
}

impl Reference {
    /// A reader by its own type, for planted bugs.
    pub(super) fn reader(&self, region: RegionId) -> ReferenceReader {
        ReferenceReader {
            reported: Arc::clone(&self.reported),
            region,
            drained: BTreeMap::new(),
        }
    }
}

#[async_trait]
impl LocationFeed for Reference {
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError> {
        lock(&self.reported).extend(samples.into_iter().map(|sample| (region, sample)));
        Ok(())
    }

    async fn subscribe(&self, region: RegionId) -> Result<Box<dyn LocationReader>, PortError> {
        Ok(Box::new(self.reader(region)))
    }
}

#[async_trait]
impl LocationReader for ReferenceReader {
    async fn drain(&mut self) -> Result<Vec<Sample>, PortError> {
        let mut latest = BTreeMap::new();
        let region = self.region;
        for (_, sample) in lock(&self.reported).iter().filter(|(of, _)| *of == region) {
            let known = latest.entry(sample.driver()).or_insert(*sample);
            if known.sequence() < sample.sequence() {
                *known = *sample;
            }
        }
        let mut is_new = |sample: &Sample| {
            let before = self.drained.insert(sample.driver(), sample.sequence());
            before.is_none_or(|before| before < sample.sequence())
        };
        Ok(latest.into_values().filter(|sample| is_new(sample)).collect())
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    feed: Reference,
}

impl ReferenceHarness {
    /// No samples.
    pub fn new() -> Self {
        Self {
            time: VirtualTime::new(AT),
            feed: Reference::default(),
        }
    }

    pub(super) fn reference(&self) -> Reference {
        self.feed.clone()
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.time);

impl LocationFeedHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn LocationFeed> {
        Arc::new(self.reference())
    }
}
