//! The saga's table, cell by cell: what a day in the city reaches, and why it may not reach the rest.
//!
//! A cell says `day` where a whole day at default rates reaches it (`cargo run --release -p fiacre-city --example every_cell`
//! plays one and counts), or why it may not. Of these, the first six are laws that are held against every trip of some rough
//! days, so that nothing reaches such a cell; the others are reached by operators or by chance:
//!
//! | word | because |
//! |---|---|
//! | `first` | an order is the first thing that a trip hears of, and a quote is used once |
//! | `round` | a round of the search ends once, with a driver or without; a later one begins only by reassigning |
//! | `armed` | its timer is armed by a step that the trip has not come to |
//! | `after` | locks and money come to an end only after the trip has |
//! | `begun` | search, payment and timers begin with the order |
//! | `known` | nobody has heard of the trip before its order is taken |
//! | `drop` | only an operator drops an order, and only one that was parked |
//! | `none` | riders order at once what they were quoted, and no trip rejects that |
//! | `cross` | it was under way when the trip ended, and changes nothing |
//!
//! What each cell answers is held by the domain's own tests, reached or not.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

#[path = "run/town.rs"]
#[expect(dead_code, reason = "the town is shared with the tests of a run")]
mod town;

use fiacre_city::coverage::{Reason, reason};
use fiacre_city::players::{Driven, Habits, Share};
use fiacre_city::run::{self, CityOptions, RunObserver};
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::TripId;
use fiacre_domain::payment::PaymentEvent;
use fiacre_domain::stream::Commit;
use fiacre_domain::trip::{CommandKind, Phase, TripEvent};
use std::collections::{BTreeMap, BTreeSet};
use town::evening;

const TABLE: &str = "\
fact               absent rejected requested reassigning confirmed arrived started completed cancelled failed
request            day    none     first     first       first     first   first   first     day       first
reject             drop   none     first     first       first     first   first   first     drop      first
driver_assigned    begun  none     day       day         round     round   round   cross     cross     cross
payment_secured    begun  none     day       day         day       day     day     cross     day       cross
authorization_lost begun  none     day       day         day       day     day     cross     cross     cross
payment_declined   begun  none     day       day         day       day     day     cross     cross     cross
no_driver_found    begun  none     day       day         round     round   round   cross     cross     cross
order_expired      begun  none     day       day         day       day     day     day       day       cross
withdraw           known  none     day       day         day       day     day     cross     cross     cross
arrival_overdue    begun  none     armed     day         day       day     day     day       cross     cross
cancel             day    none     day       day         day       day     day     day       cross     cross
arrive             known  none     day       day         day       day     day     cross     day       cross
no_show            known  none     day       day         day       day     day     cross     cross     cross
no_show_overdue    begun  none     armed     day         day       day     day     day       cross     cross
start              known  none     day       day         day       day     day     cross     cross     cross
start_wrong_code   known  none     day       day         day       day     day     cross     cross     cross
change_plan        known  none     day       day         day       day     day     day       cross     cross
complete           known  none     day       day         day       day     day     cross     cross     cross
ride_overdue       begun  none     armed     armed       armed     armed   day     cross     armed     armed
dispatch_closed    begun  none     after     after       after     after   after   day       day       day
payment_closed     begun  none     after     after       after     after   after   day       day       day
adjust_fare        known  none     day       day         day       day     day     day       cross     cross
tip                known  none     day       day         day       day     day     day       cross     cross
";

#[test]
fn the_table_says_of_each_cell_whether_and_why_a_day_may_not_reach_it() {
    let mut drawn = format!("{:<18}", "fact");
    for phase in Phase::ALL {
        drawn = format!("{drawn} {:<1$}", phase.name(), phase.name().len().max(5));
    }
    drawn.push('\n');
    for fact in CommandKind::ALL {
        let mut line = format!("{:<18}", fact.name());
        for phase in Phase::ALL {
            let word = match reason(phase, fact) {
                None => "day",
                Some(Reason::NotFirst) => "first",
                Some(Reason::RoundEnded) => "round",
                Some(Reason::ArmedLater) => "armed",
                Some(Reason::NotEnded) => "after",
                Some(Reason::NotBegun) => "begun",
                Some(Reason::Unknown) => "known",
                Some(Reason::Dropped) => "drop",
                Some(Reason::NoneRejected) => "none",
                Some(Reason::Crossed) => "cross",
            };
            line = format!("{line} {word:<0$}", phase.name().len());
        }
        drawn = drawn + line.trim_end() + "\n";
    }
    assert_eq!(drawn, TABLE);
}

/// What a trip's own streams have told so far.
#[derive(Default)]
struct Told {
    ordered: bool,
    ended: bool,
    /// The steps that a trip has come to, by their place among those at which it lives; reassigning is none of them.
    furthest: usize,
    /// How many rounds of the search have ended, and the round that is on.
    rounds_ended: usize,
    round: u8,
}

/// Holds the laws behind the cells that nothing can reach against every trip, commit by commit.
#[derive(Default)]
struct Laws {
    trips: BTreeMap<TripId, Told>,
    broken: Vec<String>,
}

impl Laws {
    fn expect(&mut self, holds: bool, law: &str, trip: TripId) {
        if !holds {
            self.broken.push(format!("{law}: trip {trip}"));
        }
    }

    fn hear(&mut self, trip: TripId, event: &Event) {
        let told = self.trips.entry(trip).or_default();
        let (ordered, ended, round, furthest) = (told.ordered, told.ended, told.round, told.furthest);
        match event {
            Event::Trip(TripEvent::Requested(_) | TripEvent::Rejected { .. }) => {
                told.ordered = true;
                self.expect(!ordered && !ended, "an order comes first and once", trip);
            }
            Event::Trip(TripEvent::Reassigning { round: next, .. }) => {
                told.round = *next;
                self.expect(*next > round, "a round follows on the one before", trip);
                self.expect(furthest < 4, "nobody is sought for a ride that began", trip);
            }
            Event::Trip(TripEvent::Confirmed { .. }) => told.furthest = furthest.max(2),
            Event::Trip(TripEvent::DriverArrived { .. }) => {
                told.furthest = furthest.max(3);
                self.expect(furthest >= 2, "nobody arrives unconfirmed", trip);
            }
            Event::Trip(TripEvent::Started(_)) => {
                told.furthest = 4;
                self.expect(furthest == 3, "a ride starts once, after the arrival", trip);
            }
            Event::Trip(TripEvent::Completed(_) | TripEvent::Cancelled(_) | TripEvent::Failed { .. }) => {
                told.ended = true;
            }
            Event::Dispatch(
                DispatchEvent::DriverAssigned { round, .. } | DispatchEvent::NoDriverFound { round, .. },
            ) => {
                told.rounds_ended += 1;
                let is_next = told.rounds_ended == usize::from(*round) + 1;
                self.expect(is_next, "each round of the search ends once, in turn", trip);
            }
            Event::Dispatch(DispatchEvent::DispatchClosed) => {
                self.expect(ended, "a search closes after its trip's end", trip);
            }
            Event::Payment(PaymentEvent::Closed { .. }) => {
                self.expect(ended, "money settles after the trip's end", trip);
            }
            Event::Trip(_)
            | Event::Dispatch(_)
            | Event::Payment(_)
            | Event::Driver(_)
            | Event::Ops(_)
            | Event::Tariff(_) => {}
        }
    }
}

impl RunObserver for Laws {
    fn saw(&mut self, commit: &Commit) {
        if let Some(trip) = commit.stream.trip() {
            for event in commit.events.iter() {
                self.hear(trip, event);
            }
        }
    }

    fn drove(&mut self, _: Driven) {}
}

/// The laws are held against so many days, whatever those reach.
const DAYS_MIN: u64 = 3;
/// Rare meetings, such as a hold that is lost while another driver is sought, may keep out of sight of some days.
const DAYS_MAX: u64 = 12;

/// A day on which everything goes wrong much more often, with so many drivers, who press so many wrong buttons.
fn rough(seed: u64, drivers: u32, fumble: Share) -> CityOptions {
    let share = Share::per_million;
    let mut options = evening();
    options.seed = seed;
    options.demand = town::times(0.12);
    options.drivers = drivers;
    options.habits = Habits {
        cancel: share(300_000),
        change_plan: share(100_000),
        rethink: share(20_000),
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
    options
}

#[test]
fn rough_days_reach_every_cell_but_those_that_nothing_reaches() {
    let mut missed: BTreeSet<(&str, &str)> = Phase::ALL
        .iter()
        .flat_map(|phase| CommandKind::ALL.iter().map(move |fact| (*phase, *fact)))
        .filter(|(phase, fact)| reason(*phase, *fact).is_none())
        .map(|(phase, fact)| (phase.name(), fact.name()))
        .collect();
    // As many days as it takes, and no more than could come about by bad luck.
    for seed in 1..=DAYS_MAX {
        let drivers = if seed % 3 == 2 { 150 } else { 600 };
        let fumble = if seed % 2 == 0 { 30_000 } else { 1_000_000 };
        let options = rough(seed, drivers, Share::per_million(fumble));
        let (played, laws) = run::play(&options, Laws::default(), |_, _| {}).unwrap();
        assert_eq!(played.audit.findings_count(), 0, "{:?}", played.audit.findings());
        assert_eq!(laws.broken, Vec::<String>::new());
        for cell in played.coverage.iter().filter(|cell| cell.count > 0) {
            let reason = cell.reason().filter(|reason| reason.is_impossible());
            assert_eq!(reason, None, "{} at {}", cell.fact.name(), cell.phase.name());
            missed.remove(&(cell.phase.name(), cell.fact.name()));
        }
        if missed.is_empty() && seed >= DAYS_MIN {
            return;
        }
    }
    panic!("{DAYS_MAX} rough days did not reach {missed:?}");
}
