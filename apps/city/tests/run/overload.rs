//! More is asked for than the platform can serve: as much is served as can be.

use super::town::{Day, evening, play, times};
use fiacre_city::capacity::Capacity;
use fiacre_city::run::CityOptions;
use fiacre_domain::units::Millis;

/// A platform whose processes take one message at a time: about a 250th of the usual one.
const SMALL: Capacity = Capacity::ONE.with_batch(1);

/// So many minutes with this share of Manhattan's demand.
fn asked_for(demand: f64, minutes: i64) -> CityOptions {
    let mut options = evening();
    options.length = Millis::from_minutes(minutes);
    options.demand = times(demand);
    options.drivers = 250;
    options
}

/// The same, played on the small platform.
fn played_small(demand: f64, minutes: i64) -> Day {
    let mut options = asked_for(demand, minutes);
    options.capacity = Some(SMALL);
    play(&options)
}

fn turned_away(day: &Day) -> u64 {
    let refused = day.played.refused.iter().filter(|(code, _)| *code == "desk_busy");
    refused.map(|(_, count)| count).sum()
}

#[test]
fn what_is_served_does_not_shrink_where_more_is_asked_for() {
    let enough = played_small(0.08, 10);
    let (served, requested) = (
        enough.measures.trips().confirmed,
        enough.measures.trips().requested,
    );
    assert!(served * 10 >= requested * 8, "{served} of {requested}");
    assert_eq!(turned_away(&enough), 0);
    let flood = played_small(0.5, 10);
    let (still_served, away) = (flood.measures.trips().confirmed, turned_away(&flood));
    assert!(away > requested, "{away} turned away");
    assert!(
        still_served * 10 >= served * 8,
        "{still_served} served of a flood, and {served} where it can be done"
    );
}

/// How many riders there are in a minute with this share of the demand, how many of them the small platform lets in, and how many
/// it turns away for good.
fn in_a_rush(demand: f64) -> (u64, u64, u64) {
    let riders = play(&asked_for(demand, 1)).measures.trips().requested;
    let rush = played_small(demand, 1);
    (riders, rush.measures.trips().requested, turned_away(&rush))
}

#[test]
fn who_is_turned_away_asks_again_and_is_let_in_when_the_rush_is_over() {
    let (riders, let_in, away) = in_a_rush(0.45);
    assert_eq!((let_in, away), (riders, 0), "29 are turned away at first");
    let (riders, let_in, away) = in_a_rush(0.6);
    assert!(away > 0, "nobody asks for ever");
    assert_eq!(let_in + away, riders, "each is counted once");
}
