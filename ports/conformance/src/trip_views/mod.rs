//! The suite of [`TripViews`](fiacre_ports::TripViews).

pub mod broken;
mod checks;
mod harness;
pub mod reference;

pub use harness::{Capability, TripViewsHarness};

crate::clause::clauses! {
    $ trip_views_suite for "a keeper of trip views" in trip_views over TripViewsHarness;

    NewestVersionWins tv_01_newest_version_wins by checks::newest_version_wins:
        "keep the newest version of a row, whatever the order of writes, within a batch as well";
    RowsFollowTheTrips tv_02_rows_follow_the_trips by checks::rows_follow_the_trips:
        "answer in the order of the trips asked for, with nothing for a trip without a row";
    RowIsKeptWhole tv_03_row_is_kept_whole by checks::row_is_kept_whole:
        "give a row as it was written, whatever is not known yet";
    RidersTripsNewestFirst tv_04_riders_trips_newest_first by checks::riders_trips_newest_first:
        "list a rider's own trips, newest id first, at most `max`, after the one named";
    RiderLearnedLate tv_05_rider_learned_late by checks::rider_learned_late:
        "list a trip once under its rider, as its newest row stands, also where an older row did not know the rider";
    RowsSurviveARestart tv_06_rows_survive_a_restart needs Restart by checks::rows_survive_a_restart:
        "keep rows over a restart";
    EveryReasonIsKept tv_07_every_reason_is_kept by checks::every_reason_is_kept:
        "tell every reason apart for which a trip can end without a ride";
}
