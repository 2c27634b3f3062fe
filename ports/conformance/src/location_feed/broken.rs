//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Reference, ReferenceHarness, ReferenceReader};
use super::{Clause, LocationFeedHarness};
use crate::planted::broken_model;
use crate::planted::others;
use crate::reference::lock;
use async_trait::async_trait;
use fiacre_domain::id::{DriverId, RegionId};
use fiacre_domain::matching::Sample;
use fiacre_ports::{LocationFeed, LocationReader, PortError};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn report(
        &self,
        inner: &Reference,
        region: RegionId,
        samples: Vec<Sample>,
    ) -> Result<(), PortError> {
        inner.report(region, samples).await
    }
    async fn drain(&self, inner: &mut ReferenceReader, _region: RegionId) -> Result<Vec<Sample>, PortError> {
        inner.drain().await
    }
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Reference,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl LocationFeed for Handle {
    async fn report(&self, region: RegionId, samples: Vec<Sample>) -> Result<(), PortError> {
        self.bug.report(&self.inner, region, samples).await
    }
    async fn subscribe(&self, region: RegionId) -> Result<Box<dyn LocationReader>, PortError> {
        let inner = self.inner.reader(region);
        let bug = Arc::clone(&self.bug);
        Ok(Box::new(HandleReader { inner, bug, region }))
    }
}

/// A reader of the model through a bug.
#[derive(Debug)]
struct HandleReader {
    inner: ReferenceReader,
    bug: Arc<dyn Bug>,
    region: RegionId,
}

#[async_trait]
impl LocationReader for HandleReader {
    async fn drain(&mut self) -> Result<Vec<Sample>, PortError> {
        self.bug.drain(&mut self.inner, self.region).await
    }
}

broken_model!();

impl LocationFeedHarness for Broken {
    fn open(&self) -> Arc<dyn LocationFeed> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::LatestSampleWins => Broken::new(LastReportWins),
        Clause::DrainedIsGone => Broken::new(GivesTheLatestAgain::default()),
        Clause::DriversInOrder => Broken::new(NewestFirst),
        Clause::EachReaderGetsAll => Broken::new(ReadersShare::default()),
        Clause::RegionsAreApart => Broken::new(OneRegion::default()),
        Clause::SampleIsKeptWhole => Broken::new(PlaceAlone),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[(
    Clause::DrainedIsGone,
    Clause::RegionsAreApart,
    "it ends by draining a region that has no news",
)];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// Within a report the last sample of a driver wins.
#[derive(Debug)]
struct LastReportWins;
#[async_trait]
impl Bug for LastReportWins {
    async fn report(
        &self,
        inner: &Reference,
        region: RegionId,
        samples: Vec<Sample>,
    ) -> Result<(), PortError> {
        let last: BTreeMap<_, _> = samples
            .into_iter()
            .map(|sample| (sample.driver(), sample))
            .collect();
        inner.report(region, last.into_values().collect()).await
    }
}

/// A driver without news is given as before.
#[derive(Debug, Default)]
struct GivesTheLatestAgain(Mutex<BTreeMap<(RegionId, DriverId), Sample>>);
#[async_trait]
impl Bug for GivesTheLatestAgain {
    async fn drain(&self, inner: &mut ReferenceReader, region: RegionId) -> Result<Vec<Sample>, PortError> {
        let new = inner.drain().await?;
        let mut known = lock(&self.0);
        if new.is_empty() {
            let of_region = known.iter().filter(|((of, _), _)| *of == region);
            return Ok(of_region.map(|(_, sample)| *sample).collect());
        }
        known.extend(new.iter().map(|sample| ((region, sample.driver()), *sample)));
        Ok(new)
    }
}

/// Drivers come in no order of ids.
#[derive(Debug)]
struct NewestFirst;
#[async_trait]
impl Bug for NewestFirst {
    async fn drain(&self, inner: &mut ReferenceReader, _region: RegionId) -> Result<Vec<Sample>, PortError> {
        let mut drained = inner.drain().await?;
        drained.reverse();
        Ok(drained)
    }
}

/// What one reader was given no other gets.
#[derive(Debug, Default)]
struct ReadersShare(Mutex<Vec<Sample>>);
#[async_trait]
impl Bug for ReadersShare {
    async fn drain(&self, inner: &mut ReferenceReader, _region: RegionId) -> Result<Vec<Sample>, PortError> {
        let mut drained = inner.drain().await?;
        let mut given = lock(&self.0);
        drained.retain(|sample| !given.contains(sample));
        given.extend(&drained);
        Ok(drained)
    }
}

/// Whatever is reported belongs to the region that was reported in first.
#[derive(Debug, Default)]
struct OneRegion(Mutex<Option<RegionId>>);
#[async_trait]
impl Bug for OneRegion {
    async fn report(
        &self,
        inner: &Reference,
        region: RegionId,
        samples: Vec<Sample>,
    ) -> Result<(), PortError> {
        let first = *lock(&self.0).get_or_insert(region);
        inner.report(first, samples).await
    }
}

/// Only the place is kept.
#[derive(Debug)]
struct PlaceAlone;
#[async_trait]
impl Bug for PlaceAlone {
    async fn report(
        &self,
        inner: &Reference,
        region: RegionId,
        samples: Vec<Sample>,
    ) -> Result<(), PortError> {
        let bare =
            |sample: Sample| Sample::new(sample.driver(), sample.place(), sample.at(), sample.sequence());
        inner
            .report(region, samples.into_iter().map(bare).collect())
            .await
    }
}
