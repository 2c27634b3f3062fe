//! More is asked for than the platform can serve: as much is served as can be.

use super::town::{Day, evening, play, times};
use fiacre_city::capacity::Capacity;
use fiacre_domain::units::Millis;

/// A platform whose processes take one message at a time: about a 250th of the usual one.
const SMALL: Capacity = Capacity::ONE.with_batch(1);

/// Plays a while on the small platform, with this share of Manhattan's demand.
fn asked_for(demand: f64) -> Day {
    let mut options = evening();
    options.capacity = Some(SMALL);
    options.length = Millis::from_minutes(10);
    options.demand = times(demand);
    options.drivers = 250;
    play(&options)
}

fn turned_away(day: &Day) -> u64 {
    let refused = day.played.refused.iter().filter(|(code, _)| *code == "desk_busy");
    refused.map(|(_, count)| count).sum()
}

#[test]
fn what_is_served_does_not_shrink_where_more_is_asked_for() {
    let enough = asked_for(0.08);
    let (served, requested) = (
        enough.measures.trips().confirmed,
        enough.measures.trips().requested,
    );
    assert!(served * 10 >= requested * 8, "{served} of {requested}");
    assert_eq!(turned_away(&enough), 0);
    let flood = asked_for(0.5);
    let (still_served, away) = (flood.measures.trips().confirmed, turned_away(&flood));
    assert!(away > requested, "{away} turned away");
    assert!(
        still_served * 10 >= served * 8,
        "{still_served} served of a flood, and {served} where it can be done"
    );
}
