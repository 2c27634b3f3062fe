//! Machines that disagree or die: clocks apart, a second matcher, a store that dies within an append, lost snapshots and
//! boards.

use crate::broken::Breakage;
use crate::people::Habits;
use crate::setup::{Setup, Skews};
use crate::world::World;
use fiacre_domain::saga::Service;
use fiacre_domain::units::Millis;
use fiacre_memory::{Call, Fault, FaultKind, FaultPolicy};
use fiacre_sandbox_payments::methods::{PM_3DS, PM_DECLINE, PM_LOST_HOLD, PM_OK};

const SEEDS: u64 = 12;
const CONVERGES_IN: Millis = Millis::from_minutes(240);

/// Riders who come all at once, and too few drivers for them.
fn crowded(seed: u64) -> Setup {
    Setup {
        seed,
        seeded: true,
        habits: Habits {
            drivers: 3,
            booked_every: Millis::ZERO,
            ..Habits::mixed(vec![PM_OK, PM_3DS, PM_DECLINE, PM_LOST_HOLD])
        },
        ..Setup::golden()
    }
}

fn converged(setup: Setup, prepare: impl FnOnce(&World)) -> World {
    let mut world = World::new(setup);
    prepare(&world);
    world.converge(CONVERGES_IN);
    world.assert_clean();
    world
}

fn counted(world: &World, event: &str) -> usize {
    world.events().get(event).copied().unwrap_or_default()
}

/// Reads that are behind, as often as not: then two processes decide on one driver's past.
fn stale() -> FaultPolicy {
    FaultPolicy::none().with_rate_ppm(FaultKind::StaleRead, 500_000)
}

const fn seconds(trip: i64, driver: i64, payment: i64) -> Skews {
    Skews {
        trip: Millis::from_secs(trip),
        driver: Millis::from_secs(driver),
        payment: Millis::from_secs(payment),
    }
}

/// A driver service that is more than the policy's limit of stale locations off believes no phone: then trips end undriven.
#[test]
fn clocks_that_are_apart_end_every_trip_and_clocks_that_jump_too() {
    for (skews, is_driven) in [
        (seconds(180, -20, 120), true),
        (seconds(-300, 20, -180), true),
        (seconds(0, 3_600, -3_600), false),
    ] {
        let mut driven = 0;
        for seed in 0..SEEDS {
            let setup = Setup {
                skews,
                ..crowded(seed)
            };
            driven += counted(&converged(setup, |_| {}), "TripCompleted");
        }
        assert_eq!(driven > 0, is_driven, "{driven} with {skews:?}");
    }
    for service in Service::ALL {
        let mut world = World::new(crowded(1));
        for skew_s in [20, -20, 0] {
            world.run_for(Millis::from_minutes(2));
            world.set_skew(service, Millis::from_secs(skew_s));
        }
        world.converge(CONVERGES_IN);
        world.assert_clean();
    }
}

/// The only deadline that spans clocks is the rider's own: with a trip service that is beyond it, nobody rides.
#[test]
fn a_clock_that_is_beyond_the_orders_lifetime_is_felt() {
    for (trip, driven) in [(300, 1), (1_200, 0)] {
        let skews = seconds(trip, 0, 0);
        let world = converged(
            Setup {
                skews,
                ..Setup::golden()
            },
            |_| {},
        );
        assert_eq!(counted(&world, "TripCompleted"), driven, "{skews:?}");
    }
}

#[test]
fn two_matchers_and_two_driver_services_put_no_driver_on_two_trips() {
    let mut refused = 0;
    for seed in 0..SEEDS {
        let setup = Setup {
            twins: true,
            ..crowded(seed)
        };
        let world = converged(setup, |world| world.faults.set_policy(stale()));
        refused += counted(&world, "LockRefused");
    }
    assert!(refused > 0, "no two trips ever wanted one driver");
}

/// Planted: a store without compare-and-set on drivers' streams.
#[test]
fn two_matchers_over_a_store_that_overwrites_are_found_out() {
    let found = (0..SEEDS).any(|seed| {
        let mut world = World::new(Setup {
            twins: true,
            breakage: Breakage::Overwriting,
            ..crowded(seed)
        });
        world.faults.set_policy(stale());
        world.run_for(CONVERGES_IN);
        world.broken() > 0 && world.findings().contains("audit_locked_twice")
    });
    assert!(found, "a driver on two trips was never found");
}

#[test]
fn a_store_may_die_between_the_members_of_an_append() {
    let mut torn = 0;
    for seed in 0..SEEDS {
        let setup = Setup {
            breakage: Breakage::Torn,
            ..crowded(seed)
        };
        torn += converged(setup, |_| {}).broken();
    }
    assert!(torn >= SEEDS, "{torn} appends were torn");
}

/// Planted: a store that says that all is written.
#[test]
fn a_store_that_denies_its_death_is_found_out() {
    let found = (0..SEEDS).any(|seed| {
        let mut world = World::new(Setup {
            breakage: Breakage::TornAndDenied,
            ..crowded(seed)
        });
        world.run_for(CONVERGES_IN);
        world.broken() > 0 && !(world.has_converged() && world.findings().is_empty())
    });
    assert!(found, "commits that were lost were never missed");
}

/// One driver for many trips, so that their stream grows long.
fn long_shift(breakage: Breakage) -> Setup {
    let habits = Habits {
        trips: 40,
        drivers: 1,
        booked_every: Millis::from_minutes(8),
        ..Habits::golden()
    };
    Setup {
        habits,
        breakage,
        ..Setup::golden()
    }
}

/// Runs through the shift; time and again snapshots vanish, and whoever remembers the driver begins anew.
fn forget_time_and_again(world: &mut World) {
    for _ in 0..60 {
        world.run_for(Millis::from_minutes(7));
        world.forget_snapshots();
        world.begin_anew(Service::Driver.name());
        world.begin_anew("matcher");
    }
}

#[test]
fn snapshots_may_fail_or_vanish_at_any_time() {
    for kind in [None, Some(FaultKind::FailBefore), Some(FaultKind::FailAfter)] {
        let mut world = World::new(long_shift(Breakage::Sound));
        world.faults.trace();
        if let Some(kind) = kind {
            world.faults.strike_next(Call::SaveSnapshots, Fault::new(kind));
        }
        forget_time_and_again(&mut world);
        world.converge(CONVERGES_IN);
        world.assert_clean();
        let saved = world.faults.take_trace().contains(&Call::SaveSnapshots);
        let struck = kind.map_or(0, |kind| world.faults.fired_of(kind));
        assert_eq!((saved, struck), (true, u64::from(kind.is_some())), "{kind:?}");
        assert_eq!(counted(&world, "TripCompleted"), 40);
    }
}

/// Planted: a store that throws away what is folded into a snapshot.
#[test]
fn a_store_that_cannot_do_without_its_snapshots_is_found_out() {
    let mut world = World::new(long_shift(Breakage::Trimming));
    forget_time_and_again(&mut world);
    assert!(world.broken() > 0, "nothing was ever missing");
    let is_clean = world.has_converged() && world.findings().is_empty();
    assert!(
        !is_clean || counted(&world, "TripCompleted") < 40,
        "nobody missed it"
    );
}

/// A matcher that begins learns of searches from the board alone, or from the log; it ticks every two seconds.
#[test]
fn a_board_that_is_lost_under_two_matchers_is_restored_by_both() {
    for seed in 0..SEEDS / 3 {
        let habits = Habits {
            trips: 6,
            drivers: 6,
            ..Habits::golden()
        };
        let mut world = World::new(Setup {
            seed,
            seeded: true,
            twins: true,
            habits,
            ..Setup::golden()
        });
        for _ in 0..600 {
            world.run_for(Millis::from_secs(1));
            world.lose_board();
            world.begin_anew("matcher");
        }
        world.converge(CONVERGES_IN);
        world.assert_clean();
        assert_eq!(counted(&world, "TripCompleted"), 6, "seed {seed}");
    }
}
