//! Where drivers are, in memory.

use crate::faults::{Call, FaultKind, Faults};
use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, RegionId};
use fiacre_domain::matching::Sample;
use fiacre_ports::{LocationFeed, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A location feed in memory. Each value is a reader of its own: [`MemoryLocations::reader`] makes more of them, and a new
/// reader begins with the latest sample of every driver.
///
/// A report costs the same however many read; a drain looks at every driver of the region.
#[derive(Debug, Default)]
pub struct MemoryLocations {
    latest: Arc<Mutex<Latest>>,
    /// What this reader has seen of each region: every sample up to this number.
    seen: Mutex<BTreeMap<RegionId, u64>>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Latest {
    reports: u64,
    regions: BTreeMap<RegionId, BTreeMap<DriverId, Reported>>,
}

#[derive(Debug)]
struct Reported {
    sample: Sample,
    number: u64,
}

impl MemoryLocations {
    /// The same reader, struck by `faults`, as will be the readers that it makes.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }

    /// Another reader of the same reports.
    #[must_use]
    pub fn reader(&self) -> Self {
        Self {
            latest: Arc::clone(&self.latest),
            seen: Mutex::default(),
            faults: self.faults.clone(),
        }
    }
}

impl Latest {
    fn report(&mut self, region: RegionId, samples: Vec<Sample>) {
        self.reports += 1;
        let number = self.reports;
        let drivers = self.regions.entry(region).or_default();
        for sample in samples {
            let known = drivers
                .entry(sample.driver())
                .or_insert(Reported { sample, number });
            if known.sample.sequence() < sample.sequence() {
                *known = Reported { sample, number };
            }
        }
    }

    fn since(&self, region: RegionId, seen: u64) -> Vec<Sample> {
        let drivers = self.regions.get(&region).into_iter().flatten();
        drivers
            .filter(|(_, reported)| reported.number > seen)
            .map(|(_, reported)| reported.sample)
            .collect()
    }
}

#[async_trait]
impl LocationFeed for MemoryLocations {
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError> {
        let strike = self.faults.enter(Call::Report).await?;
        if !strike.is(FaultKind::Drop) {
            lock(&self.latest).report(region, samples);
        }
        strike.leave(()).await
    }

    async fn drain(&self, region: RegionId) -> Result<Vec<Sample>, PortError> {
        let strike = self.faults.enter(Call::Drain).await?;
        let fresh = {
            let latest = lock(&self.latest);
            let seen = lock(&self.seen).insert(region, latest.reports);
            latest.since(region, seen.unwrap_or_default())
        };
        strike.leave(fresh).await
    }
}
