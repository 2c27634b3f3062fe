//! When things happen, and that they happen again.

use crate::{booked, one_driver, ride};
use fiacre_domain::units::Millis;
use fiacre_testing::{Habit, IDLE_WITHIN, Phase, Platform, Port, START, payments, places};

#[test]
fn at_rest_no_time_passes() {
    let mut p = one_driver().start();
    let now = p.now();
    p.run_until_idle();
    assert_eq!(p.now(), now);
    let trip = booked(&mut p);
    let (confirmed, log) = (p.now(), p.log().len());
    assert!(
        confirmed.since(now) <= Millis::from_secs(6),
        "a batch, its offer, and a look"
    );
    p.run_until_idle();
    assert_eq!((p.now(), p.log().len()), (confirmed, log));
    p.trip(trip).assert_state(Phase::Confirmed);
}

/// What is under way ends by itself: another ten seconds bring nothing that is not a deadline.
#[test]
fn idle_is_idle() {
    for seed in 0..10 {
        let setup = Platform::in_memory()
            .seed(seed)
            .driver("ann", places::BRYANT_PARK);
        let mut p = setup
            .driver_who("bob", places::GRAND_CENTRAL, Habit::Waits)
            .start();
        for _ in 0..3 {
            p.book(ride()).unwrap();
        }
        p.run_until_idle();
        let log = p.log().len();
        p.advance_s(10);
        assert_eq!(p.log().len(), log, "seed {seed}");
    }
}

#[test]
fn deadlines_and_people_are_not_under_way() {
    let thinks = Habit::AcceptsAfter(Millis::from_secs(20));
    let mut p = Platform::in_memory()
        .driver_who("ann", places::BRYANT_PARK, thinks)
        .start();
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Requested);
    p.trip(trip).assert_count("OfferMade", 1);
    p.advance_s(10);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Requested);
    p.advance_s(10);
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn a_slow_call_is_under_way() {
    let mut p = one_driver().start();
    let trip = p.book(ride().paid_with(payments::PM_SLOW)).unwrap();
    let before = p.now();
    p.run_until_idle();
    assert!(p.now().since(before) >= payments::CALL_DELAY);
    p.advance(payments::PROCESSING_DELAY);
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn time_advances_exactly_as_far_as_it_is_told() {
    let mut p = Platform::in_memory().start();
    let now = p.now();
    for span in [
        Millis::new(1),
        Millis::ZERO,
        Millis::new(1_999),
        Millis::from_minutes(60),
    ] {
        let before = p.now();
        p.advance(span);
        assert_eq!(p.now().since(before), span);
    }
    p.advance_s(7);
    assert_eq!(p.now().since(now), Millis::new(2_000 + 3_600_000 + 7_000));
    let later = Platform::in_memory()
        .starting_at(START.plus(Millis::from_minutes(1_440)))
        .start();
    assert!(later.now() >= START.plus(Millis::from_minutes(1_440)));
}

#[test]
#[should_panic(expected = "not idle after 60 minutes of virtual time")]
fn what_never_comes_to_rest_is_said() {
    let mut p = one_driver().start();
    p.book(ride()).unwrap();
    p.outage(Port::EventStore, Millis::from_minutes(120));
    assert_eq!(IDLE_WITHIN, Millis::from_minutes(60));
    p.run_until_idle();
}

fn day(seed: u64) -> String {
    let setup = Platform::in_memory()
        .seed(seed)
        .driver("ann", places::BRYANT_PARK);
    let mut p = setup.driver("bob", places::GRAND_CENTRAL).start();
    for rider in ["eve", "joe", "kim"] {
        p.book(ride().with_rider(rider)).unwrap();
        p.advance_s(20);
    }
    p.advance_s(600);
    format!("{:?}", p.log())
}

#[test]
fn the_same_seed_is_the_same_run_and_another_is_another() {
    assert!(day(1) == day(1));
    assert!(day(1) != day(2));
}

#[test]
fn platforms_in_parallel_know_nothing_of_each_other() {
    let alone: Vec<String> = (0..4).map(day).collect();
    let together: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|seed| scope.spawn(move || day(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(alone == together);
}

#[test]
fn time_passes_until_something_is_so() {
    let mut p = Platform::in_memory().start();
    let trip = booked(&mut p);
    let searched = p.advance_until(Millis::from_secs(121), |p| p.trip(trip).phase() == Phase::Failed);
    assert!(
        searched <= Millis::from_secs(120) && searched > Millis::from_secs(110),
        "{searched:?}"
    );
}

#[test]
#[should_panic(expected = "it is not so after 5000 ms\nseed 0")]
fn what_never_becomes_so_is_said() {
    Platform::in_memory()
        .start()
        .advance_until(Millis::from_secs(5), |_| false);
}
