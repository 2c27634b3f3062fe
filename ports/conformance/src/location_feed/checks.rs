//! The checks of the location feed. Samples may take a while to arrive, and the loss of one harms nobody, so a check waits
//! until patience ends, and in stormy weather reports again.

use super::LocationFeedHarness;
use crate::harness::Weather;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::sample::{AT, Ids};
use crate::script::Script;
use fiacre_domain::id::RegionId;
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_ports::{LocationFeed, LocationReader};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

type Feed = Arc<dyn LocationFeed>;

/// A reader, to be called from a check.
type Reader = RefCell<Box<dyn LocationReader>>;

/// Sample `sequence` of driver `driver`, whose place tells it from others.
fn sample(ids: Ids, driver: u64, sequence: u64) -> Check<Sample> {
    let east = i32::try_from(sequence).unwrap_or_default();
    let place = Place::from_e7(407_580_000, -739_855_000 + east).map_err(|error| Mismatch {
        expected: "a place in Manhattan".to_owned(),
        observed: error.to_string(),
    })?;
    Ok(Sample::new(ids.driver_id(driver), place, AT, sequence))
}

fn samples(ids: Ids, of: &[(u64, u64)]) -> Check<Vec<Sample>> {
    of.iter()
        .map(|&(driver, sequence)| sample(ids, driver, sequence))
        .collect()
}

fn lines(samples: &[Sample]) -> String {
    let line = |sample: &Sample| format!("{} #{}", sample.driver(), sample.sequence());
    let lines: Vec<_> = samples.iter().map(line).collect();
    format!("[{}]", lines.join(", "))
}

impl<H: LocationFeedHarness> Script<'_, H> {
    fn report(&self, feed: &Feed, region: RegionId, samples: &[Sample]) -> Check {
        let what = format!("report in {region} {}", lines(samples));
        self.call(
            what,
            |()| "done".to_owned(),
            async || feed.report(region, samples.to_vec()).await,
        )
    }

    fn subscribe_to(&self, feed: &Feed, region: RegionId) -> Check<Reader> {
        let what = format!("subscribe to {region}");
        let reader = self.call(what, |_| "done".to_owned(), async || feed.subscribe(region).await)?;
        Ok(RefCell::new(reader))
    }

    /// A handle on the feed, and a reader of the suite's region.
    fn subscribed(&self) -> Check<(Feed, Reader)> {
        let feed = self.harness().open();
        let reader = self.subscribe_to(&feed, self.ids().region())?;
        Ok((feed, reader))
    }

    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "one call at a time: nobody else borrows the reader"
    )]
    fn drain_once(&self, reader: &Reader) -> Check<Vec<Sample>> {
        let show = |drained: &Vec<Sample>| lines(drained);
        let drained = self.call("drain", show, async || reader.borrow_mut().drain().await)?;
        let drivers: Vec<_> = drained.iter().map(Sample::driver).collect();
        let once = drivers.windows(2).all(|pair| pair.first() != pair.last());
        expect(once, "one sample a driver", lines(&drained))?;
        Ok(drained)
    }

    /// Drains until exactly these samples have come, the newest of each driver over all drains.
    fn expect_drained_in(
        &self,
        (feed, reader): (&Feed, &Reader),
        region: RegionId,
        expected: &[Sample],
    ) -> Check {
        let until = self.patience();
        let mut came = BTreeMap::new();
        loop {
            came.extend(
                self.drain_once(reader)?
                    .into_iter()
                    .map(|sample| (sample.driver(), sample)),
            );
            let newest: Vec<_> = came.values().copied().collect();
            if newest == expected || self.harness().now() >= until {
                return expect_same("the newest samples", &expected.to_vec(), &newest);
            }
            if self.harness().weather() == Weather::Stormy {
                self.report(feed, region, expected)?;
            }
            self.harness().pass(self.harness().silence());
        }
    }

    fn expect_samples(&self, feed: &Feed, reader: &Reader, expected: &[Sample]) -> Check {
        self.expect_drained_in((feed, reader), self.ids().region(), expected)
    }

    fn expect_nothing_new(&self, reader: &Reader) -> Check {
        self.harness().pass(self.harness().silence());
        let drained = self.drain_once(reader)?;
        let calm = self.harness().weather() == Weather::Calm;
        expect(drained.is_empty() || !calm, "nothing new", lines(&drained))
    }
}

pub(super) fn latest_sample_wins<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (feed, reader) = script.subscribed()?;
    for report in [&[(1, 2), (2, 7)][..], &[(1, 4), (1, 3)], &[(1, 1), (2, 6)]] {
        script.report(&feed, ids.region(), &samples(ids, report)?)?;
    }
    script.expect_samples(&feed, &reader, &samples(ids, &[(1, 4), (2, 7)])?)
}

pub(super) fn drained_is_gone<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (feed, reader) = script.subscribed()?;
    script.report(&feed, ids.region(), &samples(ids, &[(1, 5), (2, 5)])?)?;
    script.expect_samples(&feed, &reader, &samples(ids, &[(1, 5), (2, 5)])?)?;
    script.expect_nothing_new(&reader)?;
    script.report(&feed, ids.region(), &samples(ids, &[(1, 4), (1, 5)])?)?;
    script.expect_nothing_new(&reader)?;
    script.report(&feed, ids.region(), &samples(ids, &[(1, 6)])?)?;
    script.expect_samples(&feed, &reader, &samples(ids, &[(1, 6)])?)
}

pub(super) fn drivers_in_order<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (feed, reader) = script.subscribed()?;
    script.report(
        &feed,
        ids.region(),
        &samples(ids, &[(3, 1), (1, 1), (4, 1), (2, 1)])?,
    )?;
    let until = script.patience();
    let mut came = 0;
    while came < 4 && script.harness().now() < until {
        let drained = script.drain_once(&reader)?;
        let drivers: Vec<_> = drained.iter().map(Sample::driver).collect();
        expect(drivers.is_sorted(), "in the order of driver ids", &drivers)?;
        came += drained.len();
        script.harness().pass(script.harness().silence());
    }
    let calm = script.harness().weather() == Weather::Calm;
    expect(came == 4 || !calm, "four samples", came)
}

pub(super) fn each_reader_gets_all<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let readers = [script.subscribed()?, script.subscribed()?];
    let reporter = script.harness().open();
    let reported = samples(ids, &[(1, 1), (2, 1)])?;
    script.report(&reporter, ids.region(), &reported)?;
    for (feed, reader) in &readers {
        script.expect_samples(feed, reader, &reported)?;
    }
    Ok(())
}

pub(super) fn regions_are_apart<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (feed, reader) = script.subscribed()?;
    let elsewhere = script.subscribe_to(&feed, ids.elsewhere())?;
    let (here, there) = (samples(ids, &[(1, 1)])?, samples(ids, &[(2, 1)])?);
    script.report(&feed, ids.region(), &here)?;
    script.report(&feed, ids.elsewhere(), &there)?;
    script.expect_drained_in((&feed, &reader), ids.region(), &here)?;
    script.expect_drained_in((&feed, &elsewhere), ids.elsewhere(), &there)?;
    script.expect_nothing_new(&reader)
}

pub(super) fn sample_is_kept_whole<H: LocationFeedHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (feed, reader) = script.subscribed()?;
    let full = sample(ids, 1, u64::MAX >> 1)?
        .with_accuracy_mm(5_000)
        .with_speed_mm_per_s(0)
        .with_heading_degrees(359)
        .map_err(|error| Mismatch {
            expected: "a heading of 359°".to_owned(),
            observed: error.to_string(),
        })?;
    let reported = [full, sample(ids, 2, 0)?];
    script.report(&feed, ids.region(), &reported)?;
    script.expect_samples(&feed, &reader, &reported)
}
