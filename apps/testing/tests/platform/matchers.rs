//! Two matchers, of which one is removed for good: what one hears, the other never does.

use crate::{booked_as, ride};
use fiacre_domain::id::TripId;
use fiacre_domain::place::Place;
use fiacre_testing::{Part, Platform, Setup, places};

/// Two matchers, and drivers who take whatever comes.
fn two_matchers(seed: u64) -> Setup {
    let mut composition = Setup::ordinary_composition();
    composition.matchers = 2;
    let setup = Platform::in_memory().seed(seed).composition(composition);
    setup
        .driver("ann", places::BRYANT_PARK)
        .driver("bob", places::BRYANT_PARK)
}

/// Plays with each of the two removed, in several orders of what may come in any.
fn with_each_removed(play: impl Fn(&mut Platform, &dyn Fn(&mut Platform))) {
    for seed in 0..6 {
        for number in [0, 1] {
            let mut p = two_matchers(seed).start();
            play(&mut p, &|p| p.remove(Part::Matcher, number));
            p.audit().assert_clean();
        }
    }
}

fn assert_found(p: &Platform, trip: TripId) {
    assert!(p.trip(trip).driver().is_some(), "{}", p.trip(trip).timeline());
}

#[test]
fn a_search_that_only_the_removed_matcher_had_heard_of_is_matched_by_the_other() {
    with_each_removed(|p, remove| {
        let rides = ["rita", "ruth"].map(|rider| booked_as(p, ride().with_rider(rider)));
        let waits = p.book(ride().with_rider("rob")).unwrap();
        p.advance_s(10);
        remove(p);
        for trip in rides {
            p.cancel(trip).unwrap();
        }
        p.advance_s(10);
        assert_found(p, waits);
    });
}

#[test]
fn drivers_whose_release_only_the_removed_matcher_had_heard_of_are_free_for_the_other() {
    with_each_removed(|p, remove| {
        for riders in [["rita", "ruth"], ["rob", "rose"]] {
            for trip in riders.map(|rider| booked_as(p, ride().with_rider(rider))) {
                p.drive(trip).unwrap();
            }
            p.run_until_idle();
        }
        remove(p);
        let rides = ["ray", "roy"].map(|rider| p.book(ride().with_rider(rider)).unwrap());
        p.advance_s(10);
        for trip in rides {
            assert_found(p, trip);
        }
    });
}

/// Nothing is delivered that would say that the other has taken over: only drivers' places change.
#[test]
fn where_nothing_happens_the_other_matcher_looks_by_itself() {
    let far_away = Place::from_e7(406_810_000, -740_490_000).unwrap();
    with_each_removed(|p, remove| {
        for driver in ["ann", "bob"] {
            p.driver_moves(driver, far_away).unwrap();
        }
        let waits = p.book(ride()).unwrap();
        p.advance_s(40);
        assert_eq!(p.trip(waits).count("OfferMade"), 0, "too far away");
        remove(p);
        p.advance_s(10);
        p.driver_moves("ann", places::BRYANT_PARK).unwrap();
        p.advance_s(40);
        assert_found(p, waits);
    });
}
