//! A driver's lock is a compare-and-set on the driver's own stream.

use super::*;
use crate::fixture::{self, OTHER_TRIP, TRIP, act, after, at_s, fence};

const NOW: Timestamp = at_s(0);

fn online() -> Command {
    Command::GoOnline {
        region: "manhattan".parse().unwrap(),
        capabilities: Capabilities::new(4).unwrap(),
    }
}

const fn lock(trip: TripId, round: u8) -> Command {
    Command::Lock {
        trip,
        round,
        epoch: 0,
        review_at: at_s(1_800),
    }
}

const fn release(trip: TripId, count: u32) -> Command {
    Command::Release {
        trip,
        fence: fence(count),
        reason: ReleaseReason::TripEnded,
    }
}

fn region(name: &str) -> Command {
    Command::ChangeRegion {
        region: name.parse().unwrap(),
    }
}

fn states() -> [(&'static str, Driver); 5] {
    let driver = |commands: &[Command]| after(Driver::default(), commands, NOW);
    [
        ("off", Driver::default()),
        ("free", driver(&[online()])),
        ("locked", driver(&[online(), lock(TRIP, 0)])),
        ("leaving", driver(&[online(), lock(TRIP, 0), Command::GoOffline])),
        ("released", driver(&[online(), lock(TRIP, 0), release(TRIP, 1)])),
    ]
}

/// Command → the answer in each of [`states`].
fn table() -> Vec<(Command, [&'static str; 5])> {
    let refused = "LockRefused";
    let mut wider = online();
    if let Command::GoOnline { capabilities, .. } = &mut wider {
        *capabilities = Capabilities::new(6).unwrap();
    }
    vec![
        (online(), ["DriverOnline", "-", "-", "DriverOnline", "-"]),
        (wider, ["DriverOnline"; 5]),
        (region("manhattan"), ["!driver_off_duty", "-", "-", "-", "-"]),
        (
            region("bronx"),
            [
                "!driver_off_duty",
                "DriverRegionChanged",
                "DriverRegionChanged",
                "DriverRegionChanged",
                "DriverRegionChanged",
            ],
        ),
        (
            Command::GoOffline,
            ["-", "DriverOffline", "OfflineRequested", "-", "DriverOffline"],
        ),
        (lock(TRIP, 0), [refused, "DriverLocked", "-", "-", "DriverLocked"]),
        (
            lock(TRIP, 1),
            [refused, "DriverLocked", refused, refused, "DriverLocked"],
        ),
        (
            lock(OTHER_TRIP, 0),
            [refused, "DriverLocked", refused, refused, "DriverLocked"],
        ),
        (
            release(TRIP, 1),
            ["-", "-", "DriverReleased", "DriverReleased DriverOffline", "-"],
        ),
        (release(TRIP, 2), ["-"; 5]),
        (release(OTHER_TRIP, 1), ["-"; 5]),
    ]
}

#[test]
fn every_command_in_every_state() {
    for (command, expected) in table() {
        for ((state, driver), expected) in states().into_iter().zip(expected) {
            let answered = act(&mut driver.clone(), &command, NOW).map_err(|refusal| refusal.code());
            let answered = fixture::answer(answered, DriverEvent::name);
            assert_eq!(answered, expected, "{command:?} when {state}");
        }
    }
}

#[test]
fn a_refused_lock_changes_nothing_about_the_driver() {
    for (_, mut driver) in states() {
        let before = driver.clone();
        if let Ok([DriverEvent::LockRefused { trip, round }]) =
            act(&mut driver, &lock(OTHER_TRIP, 3), NOW).as_deref()
        {
            assert_eq!((*trip, *round), (OTHER_TRIP, 3));
            assert_eq!(driver, before);
        }
    }
}

#[test]
fn each_lock_has_a_fence_of_its_own_and_an_epoch_never_falls() {
    let mut driver = after(Driver::default(), &[online()], NOW);
    let mut last = driver.fence();
    for (epoch, count) in [(0, 1), (2, 2), (1, 3)] {
        let command = Command::Lock {
            trip: TRIP,
            round: 0,
            epoch,
            review_at: NOW,
        };
        driver = after(driver, &[command], NOW);
        assert_eq!(driver.control().lock, Some((TRIP, 0)));
        assert_eq!(driver.fence().count, count);
        assert!(driver.fence() > last && driver.fence().epoch >= last.epoch);
        last = driver.fence();
        let release = Command::Release {
            trip: TRIP,
            fence: last,
            reason: ReleaseReason::Reassigned,
        };
        driver = after(driver, &[release], NOW);
        assert_eq!(driver.control().lock, None);
    }
}

#[test]
fn a_driver_who_comes_back_before_the_ride_ends_stays_on_duty() {
    let leaving = after(
        Driver::default(),
        &[online(), lock(TRIP, 0), Command::GoOffline],
        NOW,
    );
    let back = after(leaving, &[online(), region("bronx"), release(TRIP, 1)], NOW);
    assert_eq!(back.control().duty, Duty::On);
    assert_eq!(
        back.shift().map(|shift| shift.region.to_string()),
        Some("bronx".to_owned())
    );
}

#[test]
fn a_region_without_a_shift_is_nowhere() {
    let mut driver = Driver::default();
    let (from, region) = ("queens".parse().unwrap(), "bronx".parse().unwrap());
    driver.evolve(&DriverEvent::RegionChanged { from, region }, NOW);
    assert_eq!(driver.shift(), None);
}

#[test]
fn the_refusal_says_what_to_do() {
    assert!(Refusal::OffDuty.to_string().contains("go on duty"));
}
