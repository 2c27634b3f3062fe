//! The saga's table, cell by cell: what a day in the city reaches, and why it does not reach the rest.
//!
//! A cell says `day` where a whole day at default rates reaches it, or why it cannot be reached:
//!
//! | word | because |
//! |---|---|
//! | `rough` | a day reaches it by chance: it takes a rougher one to be sure |
//! | `round` | a round of the search ends once, with a driver or without; a later one begins only by reassigning |
//! | `armed` | its timer is armed by a later step, and no step is undone so far |
//! | `first` | an order is the first thing that a trip hears of, and a quote is used once |
//! | `after` | locks and money come to an end only after the trip has |
//! | `noop` | its timer is of a round that was given back, in the seconds before it fires; it changes nothing |
//! | `desk` | no desk of the city offers it |
//!
//! What each cell answers is held by the domain's own tests, reached or not.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

#[path = "run/town.rs"]
#[expect(dead_code, reason = "the town is shared with the tests of a run")]
mod town;

use fiacre_city::players::{Habits, Share};
use fiacre_domain::trip::{CommandKind, Phase};
use std::collections::{BTreeMap, BTreeSet};
use town::{evening, play};

const TABLE: &str = "\
fact               requested reassigning confirmed arrived started
request            first     first       first     first   first
reject             first     first       first     first   first
driver_assigned    day       day         round     round   round
payment_secured    day       day         day       day     day
authorization_lost day       day         day       day     day
payment_declined   day       day         day       day     day
no_driver_found    day       rough       round     round   round
order_expired      day       day         day       day     day
withdraw           day       day         day       day     day
arrival_overdue    armed     day         day       day     day
cancel             day       day         day       day     day
arrive             day       day         day       day     day
no_show            day       day         day       day     day
no_show_overdue    armed     noop        day       day     day
start              day       rough       day       day     day
start_wrong_code   day       day         day       day     day
change_plan        desk      desk        desk      desk    desk
complete           day       day         day       day     day
ride_overdue       armed     armed       armed     armed   day
dispatch_closed    after     after       after     after   after
payment_closed     after     after       after     after   after
adjust_fare        desk      desk        desk      desk    desk
";

/// Every cell with its word.
fn cells() -> BTreeMap<(&'static str, &'static str), &'static str> {
    let mut lines = TABLE.lines();
    let phases: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
    lines
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let fact = words.next().unwrap();
            let row: Vec<_> = phases
                .iter()
                .zip(words)
                .map(|(phase, word)| ((*phase, fact), word))
                .collect();
            row
        })
        .collect()
}

/// A day on which everything goes wrong much more often, with so many drivers, who press so many wrong buttons.
fn rough(seed: u64, drivers: u32, fumble: Share) -> town::Day {
    let share = Share::per_million;
    let mut options = evening();
    options.seed = seed;
    options.demand = town::times(0.12);
    options.drivers = drivers;
    options.habits = Habits {
        cancel: share(300_000),
        decline: share(200_000),
        silent: share(100_000),
        withdraw: share(150_000),
        lost: share(150_000),
        no_show: share(50_000),
        wrong_code: share(100_000),
        dead_phone: share(100_000),
        impatient: share(50_000),
        fumble,
        ..Habits::default()
    };
    options.payment_declines = share(50_000);
    options.holds_lost = share(300_000);
    play(&options)
}

#[test]
fn the_table_has_every_fact_and_every_living_phase() {
    let listed: BTreeSet<_> = cells().into_keys().collect();
    let living = [
        Phase::Requested,
        Phase::Reassigning,
        Phase::Confirmed,
        Phase::Arrived,
        Phase::Started,
    ];
    let all: BTreeSet<_> = living
        .iter()
        .flat_map(|phase| {
            CommandKind::ALL
                .iter()
                .map(move |fact| (phase.name(), fact.name()))
        })
        .collect();
    assert_eq!(listed, all);
}

#[test]
fn rough_days_reach_every_cell_but_those_called_unreachable() {
    let mut reached = BTreeSet::new();
    for (seed, drivers, fumble) in [
        (1, 600, 300_000),
        (2, 150, 300_000),
        (3, 600, 1_000_000),
        (4, 600, 1_000_000),
        (8, 600, 1_000_000),
        (9, 600, 1_000_000),
        (10, 600, 1_000_000),
    ] {
        let day = rough(seed, drivers, Share::per_million(fumble));
        let coverage = day.played.coverage;
        let seen = coverage.iter().filter(|(_, _, count)| *count > 0);
        reached.extend(seen.map(|(phase, fact, _)| (phase.name(), fact.name())));
    }
    let cells = cells();
    let called = |expected: &'static str| cells.iter().filter(move |(_, word)| **word == expected);
    for reason in ["round", "armed", "first", "after", "desk"] {
        let wrong: Vec<_> = called(reason)
            .filter(|(cell, _)| reached.contains(*cell))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let missed: Vec<_> = called("day")
        .chain(called("rough"))
        .filter(|(cell, _)| !reached.contains(*cell))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}
