//! One booking, struck once or for a while.

use crate::setup::Setup;
use crate::world::{START, World};
use fiacre_domain::units::Millis;
use fiacre_memory::{Call, Fault, FaultKind, FaultPolicy, Port};
use fiacre_sandbox_payments::methods::{
    PM_3DS, PM_CAPTURE_FAILS, PM_DECLINE, PM_DOUBLE_WEBHOOK, PM_LATE_WEBHOOK, PM_LOST_HOLD, PM_OK, PM_SLOW,
    PM_TIMEOUT_AFTER_SUCCESS, PM_UNAVAILABLE_ONCE,
};

const HOUR: Millis = Millis::from_minutes(60);
const THIRD_PPM: u32 = 333_333;

fn booked(strike: impl FnOnce(&World)) -> World {
    let mut world = World::new(Setup::golden());
    strike(&world);
    world.converge(HOUR);
    world.assert_clean();
    world
}

fn assert_driven(world: &World) {
    for once in [
        "TripConfirmed",
        "TripCompleted",
        "PaymentCaptured",
        "DriverReleased",
        "TripClosed",
    ] {
        assert_eq!(
            world.events().get(once),
            Some(&1),
            "{once} of {:?}",
            world.events()
        );
    }
}

#[test]
fn a_booking_without_faults_is_driven_paid_and_closed() {
    assert_driven(&booked(|_| {}));
}

/// Calls that a booking does not make: queries, operators' commands, and what only a log that is long or kept for ever needs.
const UNUSED: [Call; 12] = [
    Call::Hold,
    Call::Backlog,
    Call::Parked,
    Call::Replay,
    Call::DropParked,
    Call::PutViews,
    Call::GetViews,
    Call::ViewsOfRider,
    Call::SaveSnapshots,
    Call::BindTrips,
    Call::TripKeys,
    Call::ForgetPerson,
];

#[test]
fn each_hook_fires_and_the_booking_is_still_driven() {
    for &call in Call::ALL.iter().filter(|call| !UNUSED.contains(call)) {
        let dies = |kind: &&FaultKind| [FaultKind::CrashBefore, FaultKind::CrashAfter].contains(kind);
        // Phones report; a phone that dies is not ours to begin anew.
        let of_phones = call == Call::Report;
        for &kind in call.faults().iter().filter(|kind| !of_phones || !dies(kind)) {
            let struck = |world: &World| {
                if of_phones {
                    world.phones.clone()
                } else {
                    world.faults.clone()
                }
            };
            let world = booked(|world| struck(world).strike_next(call, Fault::new(kind)));
            let fired = struck(&world).fired_of(kind);
            assert_eq!(fired, 1, "{} at {}", kind.name(), call.name());
            assert_driven(&world);
        }
    }
}

/// Corrected twice and tipped: whatever is struck, the money follows the latest receipt, which the auditor holds it to.
#[test]
fn money_follows_a_corrected_fare_and_a_tip_whatever_is_struck() {
    let looked_back = |strike: &dyn Fn(&World)| {
        let mut setup = Setup::golden();
        setup.habits.corrected = 100;
        setup.habits.tipped = 100;
        let mut world = World::new(setup);
        strike(&world);
        world.converge(HOUR);
        world.assert_clean();
        world
    };
    let world = looked_back(&|_| {});
    for happens in [
        "FareAdjusted",
        "RefundStarted",
        "TripTipped",
        "FurtherChargeAsked",
    ] {
        assert!(
            world.events().contains_key(happens),
            "{happens} of {:?}",
            world.events()
        );
    }
    let traced = looked_back(&|world| world.faults.trace());
    let calls = (0..).zip(traced.faults.take_trace());
    let appends: Vec<u64> = calls
        .filter(|(_, call)| [Call::Append, Call::Publish].contains(call))
        .map(|(number, _)| number)
        .collect();
    for number in appends {
        for kind in [FaultKind::FailBefore, FaultKind::FailAfter] {
            let world = looked_back(&|world| world.faults.strike_at(number, Fault::new(kind)));
            assert_eq!(world.faults.fired_of(kind), 1, "{} at {number}", kind.name());
        }
    }
}

/// The opportunities of a booking without faults at which one of `calls` is made.
fn opportunities(calls: &[Call]) -> Vec<u64> {
    let world = booked(|world| world.faults.trace());
    let trace = (0..).zip(world.faults.take_trace());
    trace
        .filter(|(_, call)| calls.contains(call))
        .map(|(number, _)| number)
        .collect()
}

fn assert_driven_whichever_is_struck(calls: &[Call], kinds: &[FaultKind], at_least: usize) {
    let opportunities = opportunities(calls);
    assert!(opportunities.len() >= at_least, "{}", opportunities.len());
    for number in opportunities {
        for &kind in kinds {
            let world = booked(|world| world.faults.strike_at(number, Fault::new(kind)));
            assert_eq!(world.faults.fired_of(kind), 1, "{} at {number}", kind.name());
            assert_driven(&world);
        }
    }
}

#[test]
fn the_first_append_of_any_commit_may_fail_before_or_after() {
    let kinds = [FaultKind::FailBefore, FaultKind::FailAfter, FaultKind::LateCommit];
    assert_driven_whichever_is_struck(&[Call::Append], &kinds, 20);
}

#[test]
fn any_message_may_be_lost_doubled_or_its_confirm() {
    let kinds = [
        FaultKind::FailAfter,
        FaultKind::Duplicate,
        FaultKind::Drop,
        FaultKind::Nack,
    ];
    assert_driven_whichever_is_struck(&[Call::Publish], &kinds, 30);
}

#[test]
fn any_process_may_die_right_before_and_after_whatever_it_writes() {
    let calls = [
        Call::Append,
        Call::Publish,
        Call::MarkPublished,
        Call::Settle,
        Call::Schedule,
        Call::Done,
        Call::OpenSearches,
        Call::CloseSearches,
    ];
    let kinds = [FaultKind::CrashBefore, FaultKind::CrashAfter];
    assert_driven_whichever_is_struck(&calls, &kinds, 100);
}

#[test]
fn a_third_of_all_calls_may_be_struck_all_the_time() {
    for kind in [
        FaultKind::FailAfter,
        FaultKind::FailBefore,
        FaultKind::Duplicate,
        FaultKind::Reorder,
        FaultKind::Drop,
        FaultKind::Nack,
        FaultKind::Delay,
        FaultKind::Returned,
        FaultKind::LateCommit,
        FaultKind::StaleRead,
    ] {
        let policy = FaultPolicy::none().with_rate_ppm(kind, THIRD_PPM);
        let world = booked(|world| world.faults.set_policy(policy));
        assert!(world.faults.fired_of(kind) > 0, "{}", kind.name());
    }
}

#[test]
fn a_store_that_is_unavailable_for_minutes_parks_nothing() {
    for port in [
        Port::EventStore,
        Port::Bus,
        Port::Timers,
        Port::Board,
        Port::Locations,
    ] {
        let mut struck = 0;
        for begins_s in [1, 6, 9, 40, 100, 200, 340] {
            let world = booked(|world| {
                let from = START.plus(Millis::from_secs(begins_s));
                world
                    .faults
                    .outage(port, from, from.plus(Millis::from_minutes(4)));
            });
            struck += world.faults.fired_of(FaultKind::Outage);
        }
        assert!(struck > 0, "{port:?}");
    }
}

/// Roads to an end that compensate: the rider cancels at some time, the driver gives the trip back, the hold is refused,
/// lost, late or told of twice.
fn compensated() -> Vec<Setup> {
    let mut setups = Vec::new();
    for seed in 0..4 {
        let mut setup = Setup::golden();
        (setup.seed, setup.habits.cancelled) = (seed, 100);
        setups.push(setup);
    }
    let mut withdrawn = Setup::golden();
    withdrawn.habits.withdrawn = 50;
    setups.push(withdrawn);
    for method in [PM_DECLINE, PM_3DS, PM_LOST_HOLD, PM_CAPTURE_FAILS] {
        let mut setup = Setup::golden();
        setup.habits.methods = vec![method];
        setups.push(setup);
    }
    setups
}

#[test]
fn any_process_may_die_right_after_each_commit_of_a_compensation() {
    for setup in compensated() {
        let mut calm = World::new(setup.clone());
        calm.faults.trace();
        calm.converge(HOUR);
        calm.assert_clean();
        let trace = (0..).zip(calm.faults.take_trace());
        for (number, _) in trace.filter(|(_, call)| *call == Call::Append) {
            let mut world = World::new(setup.clone());
            world.faults.strike_at(number, Fault::new(FaultKind::CrashAfter));
            world.converge(HOUR);
            world.assert_clean();
            assert_eq!(world.crashes(), 1);
        }
    }
}

#[test]
fn whatever_the_payment_company_does_the_books_agree() {
    for method in [
        PM_OK,
        PM_DECLINE,
        PM_3DS,
        PM_TIMEOUT_AFTER_SUCCESS,
        PM_UNAVAILABLE_ONCE,
        PM_LATE_WEBHOOK,
        PM_DOUBLE_WEBHOOK,
        PM_LOST_HOLD,
        PM_CAPTURE_FAILS,
        PM_SLOW,
    ] {
        let mut setup = Setup::golden();
        setup.habits.methods = vec![method];
        let mut world = World::new(setup);
        world.converge(HOUR);
        world.assert_clean();
    }
}
