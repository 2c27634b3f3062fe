//! A run from its first request to its last closed trip: the same for one seed, and its books agree with each other.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

#[path = "run/folder.rs"]
mod folder;
#[path = "run/overload.rs"]
mod overload;
#[path = "run/privacy.rs"]
mod privacy;
#[path = "run/rates.rs"]
mod rates;
#[path = "run/town.rs"]
mod town;

use fiacre_city::demand::{Burst, DemandError, Multiplier};
use fiacre_city::players::{Habits, Share};
use fiacre_city::run::CityError;
use fiacre_domain::ledger::Account;
use fiacre_domain::money::Currency;
use fiacre_domain::time::Weekday;
use fiacre_domain::units::Millis;
use fiacre_services::fleet::Matching;
use town::{ALWAYS, Day, at, evening, play, times};

#[test]
fn one_seed_gives_one_digest_and_another_seed_another() {
    let first = play(&evening());
    let again = play(&evening());
    let mut other = evening();
    other.seed += 1;
    let other = play(&other);
    assert_eq!(first.played.digest, again.played.digest);
    assert_eq!(first.played.events, again.played.events);
    assert_eq!(first.played.coverage, again.played.coverage);
    assert_eq!(first.measures.trips(), again.measures.trips());
    assert_ne!(first.played.digest, other.played.digest);
}

#[test]
fn an_evening_is_mostly_ridden_and_its_books_agree() {
    for matching in [Matching::Batch, Matching::Greedy] {
        let mut options = evening();
        options.matching = matching;
        let day = play(&options);
        let trips = day.measures.trips();
        assert!(trips.requested > 50, "{trips:?}");
        assert!(trips.completed * 10 >= trips.requested * 7, "{trips:?}");
        assert!(day.movements().captured_minor > 0);
        let proofs = &day.played.proofs;
        assert_eq!(proofs.verified > 10, matching == Matching::Batch, "{proofs:?}");
    }
}

#[test]
fn where_nobody_cancels_no_hold_comes_and_goes_unseen() {
    let mut options = evening();
    options.habits.cancel = Share::NEVER;
    let day = play(&options);
    assert_eq!(day.measures.cancelled_by().rider, 0);
    assert_eq!(day.movements().authorised_minor, day.company().authorised_minor);
}

#[test]
fn the_platform_keeps_its_commission() {
    let day = play(&evening());
    let ledger = day.played.audit.ledger();
    let kept = ledger.balance(Account::Commission, Currency::USD);
    // Revenue is a credit.
    assert!(kept < 0, "{kept}");
}

#[test]
fn without_drivers_nobody_rides_and_nothing_hangs() {
    let mut options = evening();
    options.drivers = 0;
    let day = play(&options);
    let trips = day.measures.trips();
    assert!(trips.requested > 0);
    assert_eq!(trips.completed, 0);
    assert_eq!(day.movements().captured_minor, 0);
}

#[test]
fn without_demand_the_day_is_empty() {
    let mut options = evening();
    options.demand = times(0.0);
    let day = play(&options);
    assert_eq!(day.measures.trips().requested, 0);
    assert_eq!(day.measures.wait().p95, None);
    assert_eq!(day.movements(), fiacre_domain::ledger::Movements::default());
    assert!(day.played.coverage.iter().all(|cell| cell.count == 0));
}

#[test]
fn idle_drivers_are_on_duty_until_the_demand_ends_and_no_longer() {
    let mut options = evening();
    options.demand = times(0.0);
    options.drivers = 20;
    let drivers = play(&options).measures.drivers();
    // Twenty drivers for six minutes.
    assert_eq!((drivers.hours, drivers.open_share), (Some(2.0), Some(1.0)));
    options.demand = times(0.01);
    let drivers = play(&options).measures.drivers();
    // Whoever has a rider then, drives them home.
    assert!(
        drivers.hours.is_some_and(|hours| (2.0..8.0).contains(&hours)),
        "{drivers:?}"
    );
}

#[test]
fn without_demand_and_drivers_the_log_is_empty() {
    let mut options = evening();
    options.demand = times(0.0);
    options.drivers = 0;
    assert_eq!(play(&options).played.events, 0);
}

#[test]
fn five_drivers_for_twice_manhattans_demand_starve_it_and_it_ends() {
    let mut options = evening();
    options.demand = times(2.0);
    options.length = Millis::from_minutes(1);
    options.drivers = 5;
    let day = play(&options);
    let trips = day.measures.trips();
    assert!(trips.requested > 500, "{trips:?}");
    assert!(trips.failed * 10 > trips.requested * 8, "{trips:?}");
}

#[test]
fn a_burst_adds_its_requests() {
    let calm = play(&evening());
    let mut options = evening();
    options.bursts = vec![Burst::new(at("18:02"), at("18:04"), times(5.0)).unwrap()];
    let burst = play(&options);
    let (calm, burst) = (calm.measures.trips(), burst.measures.trips());
    assert!(
        burst.requested * 2 > calm.requested * 3,
        "{calm:?} against {burst:?}"
    );
}

#[test]
fn a_weekend_is_refused_before_anything_is_played() {
    for (weekday, from, expected) in [
        (Weekday::Saturday, "10:00", DemandError::Weekend),
        (Weekday::Sunday, "10:00", DemandError::Weekend),
        (Weekday::Friday, "23:59", DemandError::RunsIntoWeekend),
    ] {
        let mut options = evening();
        options.weekday = weekday;
        options.from = at(from);
        let error = options.check().unwrap_err();
        assert!(error.is_usage());
        assert!(
            matches!(&error, CityError::Demand(found) if *found == expected),
            "{error}"
        );
        assert!(town::refused(&options).is_usage());
    }
}

#[test]
fn a_whole_day_may_begin_a_minute_before_midnight() {
    let mut options = evening();
    options.weekday = Weekday::Thursday;
    options.from = at("23:59");
    options.length = Millis::from_minutes(24 * 60);
    options.demand = times(0.000_2);
    options.drivers = 10;
    let day = play(&options);
    assert!(day.measures.trips().requested > 30, "{:?}", day.measures.trips());
    assert!(day.played.virtual_time >= Millis::from_minutes(24 * 60));
}

#[test]
fn a_multiplier_is_held_to_its_limits() {
    assert!(Multiplier::new(f64::NAN).is_err());
    assert!(Multiplier::new(-0.001).is_err());
    assert!(Multiplier::new(f64::INFINITY).is_err());
}

/// Plays the evening with one habit always kept, and no wrong button in its way.
fn always(habit: fn(&mut Habits) -> &mut Share) -> Day {
    let mut options = evening();
    options.habits.fumble = Share::NEVER;
    *habit(&mut options.habits) = ALWAYS;
    play(&options)
}

#[test]
fn where_nobody_has_a_habit_everybody_rides_who_can_pay() {
    let mut options = evening();
    options.habits = town::NONE;
    options.payment_declines = Share::NEVER;
    options.holds_lost = Share::NEVER;
    let day = play(&options);
    let trips = day.measures.trips();
    assert_eq!(trips.cancelled, 0, "{trips:?}");
    assert!(trips.completed * 10 >= trips.requested * 9, "{trips:?}");
}

#[test]
fn where_every_rider_cancels_at_once_nobody_rides_or_pays() {
    let mut options = evening();
    (options.habits.cancel, options.habits.cancel_at_once) = (ALWAYS, ALWAYS);
    let day = play(&options);
    let trips = day.measures.trips();
    assert_eq!(trips.cancelled, trips.requested, "{trips:?}");
    assert_eq!(day.movements().authorised_minor, 0);
}

#[test]
fn where_every_rider_cancels_nobody_rides() {
    let measures = always(|habits| &mut habits.cancel).measures;
    let (trips, by) = (measures.trips(), measures.cancelled_by());
    assert_eq!(trips.completed, 0, "{trips:?}");
    // The others' trips ended by themselves: a payment was declined, the rider's patience was at its end.
    assert!(by.rider * 10 > trips.requested * 9, "{by:?} of {trips:?}");
}

/// As many of `of` as were asked for: 30%, within four standard deviations of a binomial.
fn assert_thirty_per_cent(name: &str, happened: u64, of: u64) {
    let spread = 4 * (of * 21 / 100).isqrt();
    assert!(
        of > 90 && happened.abs_diff(of * 3 / 10) <= spread,
        "{name}: {happened} of {of}"
    );
}

#[test]
fn as_many_riders_cancel_as_were_asked_to_whoever_else_thinks_of_it() {
    let mut options = evening();
    options.habits.cancel = Share::per_million(300_000);
    options.habits.rethink = Share::per_million(300_000);
    options.payment_declines = Share::per_million(100_000);
    let measures = play(&options).measures;
    assert_thirty_per_cent(
        "riders",
        measures.cancelled_by().rider,
        measures.trips().requested,
    );
}

#[test]
fn as_many_offers_and_holds_are_declined_as_were_asked_to() {
    let mut options = evening();
    options.habits = Habits {
        decline: Share::per_million(300_000),
        silent: Share::per_million(200_000),
        ..town::NONE
    };
    options.payment_declines = Share::per_million(300_000);
    options.holds_lost = Share::NEVER;
    // Most drivers do not want one trip in twenty, and are the more willing elsewhere.
    options.habits.unwanted = Share::per_million(50_000);
    let measures = play(&options).measures;
    let (offers, holds) = (measures.offers(), measures.holds());
    assert_thirty_per_cent(
        "offers",
        offers.declined,
        offers.accepted + offers.declined + offers.expired,
    );
    assert_thirty_per_cent("holds", holds.declined, holds.asked);
}

#[test]
fn where_every_rider_goes_elsewhere_rides_end_where_they_say_and_cost_less() {
    let paid = |day: &Day| day.movements().captured_minor / i128::from(day.measures.trips().completed.max(1));
    let elsewhere = always(|habits| &mut habits.change_plan);
    let trips = elsewhere.measures.trips();
    assert!(trips.completed * 10 >= trips.requested * 8, "{trips:?}");
    assert!(paid(&elsewhere) < paid(&play(&evening())));
}

#[test]
fn where_all_think_again_at_every_step_the_books_still_agree() {
    let mut day = always(|habits| &mut habits.rethink);
    // Who complains after the ride gets money back, and who tips is taken it: nothing is left on the riders' account.
    let ledger = day.played.audit.ledger();
    let owed = ledger.balance(Account::Rider, Currency::USD);
    let refunded = ledger.movements(Currency::USD).refunded_minor;
    let tips = ledger.balance(Account::Tips, Currency::USD);
    assert_eq!(owed, 0);
    assert!(refunded > 0 && tips < 0, "{refunded} {tips}");
    let rows = day.measures.take_rows();
    assert_eq!(rows.len() as u64, day.measures.trips().requested);
    let tipped: i64 = rows.iter().map(|row| row.tips_minor).sum();
    assert_eq!(i128::from(tipped), -tips, "every tip is in its trip's row");
}

#[test]
fn where_all_are_in_a_hurry_or_unwanted_some_still_ride() {
    for day in [
        always(|habits| &mut habits.hurried),
        always(|habits| &mut habits.unwanted),
    ] {
        assert!(day.measures.trips().completed > 0);
    }
}

#[test]
fn where_every_driver_says_no_or_nothing_nobody_rides() {
    for day in [
        always(|habits| &mut habits.decline),
        always(|habits| &mut habits.silent),
    ] {
        assert_eq!(day.measures.trips().completed, 0);
        assert_eq!(day.movements().captured_minor, 0);
    }
}

#[test]
fn where_every_driver_gives_up_or_gets_lost_nobody_rides() {
    for day in [
        always(|habits| &mut habits.withdraw),
        always(|habits| &mut habits.lost),
    ] {
        let trips = day.measures.trips();
        assert_eq!(trips.completed, 0, "{trips:?}");
        assert!(day.measures.failed_by_reason().reassignments_used_up > 0);
    }
}

#[test]
fn where_no_rider_shows_up_all_are_charged_for_it() {
    let day = always(|habits| &mut habits.no_show);
    assert_eq!(day.measures.trips().completed, 0);
    assert!(day.measures.cancelled_by().timer + day.measures.cancelled_by().driver > 0);
}

#[test]
fn where_every_code_is_wrong_nobody_rides() {
    assert_eq!(
        always(|habits| &mut habits.wrong_code).measures.trips().completed,
        0
    );
}

#[test]
fn where_every_phone_dies_the_timers_end_the_rides() {
    let day = always(|habits| &mut habits.dead_phone);
    assert!(day.measures.trips().completed > 0);
    assert!(day.played.virtual_time > Millis::from_minutes(4 * 60));
}

#[test]
fn where_all_pay_in_cash_or_on_account_no_card_is_held() {
    for day in [
        always(|habits| &mut habits.cash),
        always(|habits| &mut habits.account),
    ] {
        assert_eq!(day.movements().authorised_minor, 0);
        assert!(day.measures.trips().completed > 0);
    }
}

#[test]
fn where_every_card_is_declined_only_others_ride() {
    let mut options = evening();
    options.payment_declines = ALWAYS;
    options.habits.cash = Share::NEVER;
    options.habits.account = Share::NEVER;
    let day = play(&options);
    assert_eq!(day.measures.trips().completed, 0);
    assert_eq!(day.movements().authorised_minor, 0);
}

#[test]
fn where_every_hold_is_lost_the_books_still_agree() {
    let mut options = evening();
    options.holds_lost = ALWAYS;
    let day = play(&options);
    assert!(day.measures.trips().completed > 0);
    assert!(day.movements().debt_minor > 0);
}

#[test]
fn where_all_are_impatient_or_press_wrong_buttons_every_trip_still_ends() {
    for day in [
        always(|habits| &mut habits.impatient),
        always(|habits| &mut habits.fumble),
    ] {
        assert!(day.measures.trips().requested > 50);
    }
}
