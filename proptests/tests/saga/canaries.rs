//! Each check catches what it is there for: a finished ride is tampered with, one mistake at a time.

use crate::gateway::Mood;
use crate::orders::TRIPS;
use crate::promises;
use crate::walk::{Drive, Step};
use crate::world::World;
use fiacre_domain::decision::Aggregate;
use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::driver::{DriverEvent, Fence};
use fiacre_domain::event::Event;
use fiacre_domain::money::{Currency, Money};
use fiacre_domain::payment::{Charge, PaymentEvent};
use fiacre_domain::stream::{ChargeNumber, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{AuthorizationNumber, Secured, TripEvent};

const TRIP: StreamId = StreamId::Trip(TRIPS[0]);
const FARE: StreamId = StreamId::Payment(TRIPS[0], ChargeNumber::FARE);

/// One ride by card, without any trouble; up to the driver's arrival, or to its end.
fn ride(to_the_end: bool) -> World {
    let mut world = World::new(None);
    let trip = false;
    let calm = |world: &mut World| {
        for _ in 0..64 {
            world.step(&Step::Deliver(0));
            world.step(&Step::Call {
                trip,
                charge: 0,
                mood: Mood::Willing,
            });
        }
    };
    let act = |act| Step::Drive {
        trip,
        act,
        stale: false,
    };
    let mut steps = vec![
        Step::Order { trip, method: 5 },
        Step::Propose {
            trip,
            driver: 0,
            stale: false,
        },
        Step::Answer {
            trip,
            offer: 0,
            yes: true,
        },
        act(Drive::Arrive),
    ];
    if to_the_end {
        steps.extend([act(Drive::Start), act(Drive::Complete)]);
    }
    for step in &steps {
        world.step(step);
        calm(&mut world);
    }
    promises::hold(&world).unwrap();
    world
}

/// Writes into the log what nobody decided.
fn slip(world: &mut World, stream: StreamId, event: impl Into<Event>) {
    let commits = world.log.get_mut(&stream).unwrap();
    commits.last_mut().unwrap().events.push(event.into());
}

fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}

#[test]
fn a_quiet_ride_passes_every_check() {
    let world = ride(true);
    promises::at_rest(&world).unwrap();
    promises::all_ended(&world).unwrap();
    promises::replays(&world).unwrap();
    let names: Vec<_> = world.facts().map(Event::name).collect();
    assert!(
        names.contains(&"TripClosed") && names.contains(&"PaymentCaptured"),
        "{names:?}"
    );
}

#[test]
fn every_tampering_is_found() {
    let authorization = AuthorizationNumber(0);
    let charge = Charge::FARE;
    let captured = PaymentEvent::Captured {
        charge,
        authorization,
        captured: usd(1),
        released_minor: 0,
    };
    let authorized = PaymentEvent::Authorized {
        charge,
        authorization: AuthorizationNumber(1),
        amount: usd(1),
        capture_before: Timestamp::MAX,
    };
    let refunded = PaymentEvent::Refunded {
        charge,
        refund: 1,
        amount: usd(1_000_000),
    };
    let confirmed = TripEvent::Confirmed {
        round: 0,
        fence: Fence::default(),
        secured: Secured::Authorized(AuthorizationNumber(7)),
        arrival_due_at: Timestamp::MAX,
    };
    let waived = TripEvent::Confirmed {
        round: 0,
        fence: Fence::default(),
        secured: Secured::Waived,
        arrival_due_at: Timestamp::MAX,
    };
    let over = true;
    let cases: Vec<(&str, bool, StreamId, Event)> = vec![
        ("P5", !over, FARE, authorized.clone().into()),
        ("P4", over, FARE, captured.into()),
        ("P4", over, FARE, authorized.into()),
        ("P5", over, FARE, refunded.into()),
        ("P3", over, TRIP, confirmed.into()),
        ("P3", over, TRIP, waived.into()),
        ("goes on", over, TRIP, TripEvent::LockCleared.into()),
        (
            "goes on",
            over,
            StreamId::Dispatch(TRIPS[0]),
            DispatchEvent::DispatchEnding.into(),
        ),
    ];
    for (promise, over, stream, event) in cases {
        let mut world = ride(over);
        let name = event.name();
        slip(&mut world, stream, event);
        let broken = promises::hold(&world).unwrap_err();
        assert!(broken.contains(promise), "{name}: {broken}");
    }
}

#[test]
fn a_driver_who_is_let_go_or_kept_is_found() {
    let lock = DriverEvent::Locked {
        trip: TRIPS[0],
        round: 0,
        fence: Fence::default(),
        slot: 0,
        review_at: Timestamp::MAX,
    };
    let mut kept = ride(true);
    let driver = kept.trips[&TRIPS[0]].driver().unwrap().0;
    kept.drivers
        .get_mut(&driver)
        .unwrap()
        .evolve(&lock, Timestamp::MAX);
    assert!(promises::hold(&kept).unwrap_err().starts_with("P2: nobody"));
    assert!(promises::at_rest(&kept).unwrap_err().starts_with("P2"));
    assert!(promises::all_ended(&kept).unwrap_err().starts_with("P1"));
    assert!(promises::replays(&kept).unwrap_err().starts_with("P7"));

    let mut free = ride(false);
    let (driver, fence) = free.trips[&TRIPS[0]].driver().unwrap();
    let released = DriverEvent::Released {
        trip: TRIPS[0],
        fence,
        reason: fiacre_domain::driver::ReleaseReason::TripEnded,
    };
    free.drivers
        .get_mut(&driver)
        .unwrap()
        .evolve(&released, Timestamp::MAX);
    assert!(promises::hold(&free).unwrap_err().starts_with("P2"));
    assert!(promises::all_ended(&free).unwrap_err().starts_with("P1"));
}
