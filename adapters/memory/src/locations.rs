//! Where drivers are, in memory.

use crate::faults::{Call, FaultKind, Faults};
use crate::hash::Lookup;
use crate::lock::lock;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, RegionId};
use fiacre_domain::matching::Sample;
use fiacre_ports::{LocationFeed, LocationReader, PortError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A location feed in memory. Clones are the same feed; a new reader begins with the latest sample of every driver.
///
/// A report costs the same however many read; a drain costs what was reported since the last.
#[derive(Debug, Clone, Default)]
pub struct MemoryLocations {
    latest: Arc<Mutex<Latest>>,
    faults: Faults,
}

/// One reader of a region.
#[derive(Debug)]
struct MemoryReader {
    latest: Arc<Mutex<Latest>>,
    faults: Faults,
    region: RegionId,
    /// It has seen every sample up to this number.
    seen: u64,
}

#[derive(Debug, Default)]
struct Latest {
    reports: u64,
    regions: BTreeMap<RegionId, Region>,
}

/// The latest sample of each driver, and the order in which they came.
#[derive(Debug, Default)]
struct Region {
    slots: Lookup<DriverId, usize>,
    latest: Vec<Reported>,
    /// Number of the report and slot of the driver; an entry is void once its driver has reported again.
    order: Vec<(u64, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Reported {
    sample: Sample,
    number: u64,
}

impl MemoryLocations {
    /// The same feed, struck by `faults`, as will be the readers that it makes.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }
}

impl Latest {
    fn report(&mut self, region: RegionId, samples: Vec<Sample>) {
        self.reports += 1;
        let number = self.reports;
        let region = self.regions.entry(region).or_default();
        for sample in samples {
            region.report(Reported { sample, number });
        }
    }

    fn since(&self, region: RegionId, seen: u64) -> Vec<Sample> {
        self.regions
            .get(&region)
            .map(|region| region.since(seen))
            .unwrap_or_default()
    }
}

impl Region {
    fn report(&mut self, reported: Reported) {
        let next = self.latest.len();
        let slot = *self.slots.get_or_insert_with(reported.sample.driver(), || next);
        match self.latest.get_mut(slot) {
            None => self.latest.push(reported),
            Some(known) if known.sample.sequence() < reported.sample.sequence() => *known = reported,
            Some(_) => return,
        }
        self.order.push((reported.number, slot));
        if self.order.len() > 4 * self.latest.len() + 64 {
            let latest = &self.latest;
            self.order
                .retain(|&(number, slot)| latest.get(slot).is_some_and(|known| known.number == number));
        }
    }

    /// The samples of later reports than `seen`, in the order of driver ids.
    fn since(&self, seen: u64) -> Vec<Sample> {
        let first = self.order.partition_point(|&(number, _)| number <= seen);
        let reported = self.order.get(first..).unwrap_or_default();
        let mut fresh: Vec<Sample> = Vec::with_capacity(reported.len());
        fresh.extend(reported.iter().filter_map(|&(number, slot)| {
            let latest = self.latest.get(slot).filter(|known| known.number == number);
            latest.map(|known| known.sample)
        }));
        // Reports mostly come in order: this sort finds their runs and merges them.
        fresh.sort_by_key(Sample::driver);
        // A driver may report twice at once.
        fresh.dedup_by_key(|sample| sample.driver());
        fresh
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

    async fn subscribe(&self, region: RegionId) -> Result<Box<dyn LocationReader>, PortError> {
        let strike = self.faults.enter(Call::Subscribe).await?;
        let reader = MemoryReader {
            latest: Arc::clone(&self.latest),
            faults: self.faults.clone(),
            region,
            seen: 0,
        };
        let reader = strike.leave(reader).await?;
        Ok(Box::new(reader))
    }
}

#[async_trait]
impl LocationReader for MemoryReader {
    async fn drain(&mut self) -> Result<Vec<Sample>, PortError> {
        let strike = self.faults.enter(Call::Drain).await?;
        let fresh = {
            let latest = lock(&self.latest);
            let seen = std::mem::replace(&mut self.seen, latest.reports);
            latest.since(self.region, seen)
        };
        strike.leave(fresh).await
    }
}
