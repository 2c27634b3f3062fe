//! The suite of [`LocationFeed`](fiacre_ports::LocationFeed).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, LocationFeedHarness};

crate::clause::clauses! {
    $ location_feed_suite for "a location feed" in location_feed over LocationFeedHarness;

    LatestSampleWins lf_01_latest_sample_wins by checks::latest_sample_wins:
        "give of each driver the sample with the highest sequence alone, whatever the order of reports, within a report as well";
    DrainedIsGone lf_02_drained_is_gone by checks::drained_is_gone:
        "give a sample to a reader once, and nothing older after it";
    DriversInOrder lf_03_drivers_in_order by checks::drivers_in_order:
        "give samples in the order of driver ids";
    EachReaderGetsAll lf_04_each_reader_gets_all by checks::each_reader_gets_all:
        "give every reader every driver's latest sample, whatever others have drained";
    RegionsAreApart lf_05_regions_are_apart by checks::regions_are_apart:
        "keep the samples of regions apart";
    SampleIsKeptWhole lf_06_sample_is_kept_whole by checks::sample_is_kept_whole:
        "give a sample as it was reported, with what the device did not know";
}
