//! Event → react → command.

use crate::stage::{
    Asked, NOW, Tape, applied, at_once, bus, delivery, error, loaded, ports, region, store, timers, told,
    turn,
};
use fiacre_domain::driver::{Command as DriverCommand, DriverEvent, Fence};
use fiacre_domain::id::{CommandId, DriverId, TripId};
use fiacre_domain::saga::{Command, Service, Setting};
use fiacre_domain::stream::StreamId;
use fiacre_domain::stream::TimerKind;
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockEventStore, MockTimers};
use fiacre_ports::{Body, Delivery, ParkReason, PortErrorKind, Prefetch, Settlement, Tag};
use fiacre_services::reactor::Reactor;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const PAUSE: Millis = Millis::from_secs(1);

/// Sets a timer on the driver's own stream, and tells the search.
fn locked(tag: u64) -> Delivery {
    let driver = DriverId::from_u128(u128::from(tag));
    let locked = DriverEvent::Locked {
        trip: TripId::from_u128(u128::from(tag)),
        round: 0,
        fence: Fence { epoch: 0, count: 1 },
        slot: 0,
        review_at: NOW.plus(Millis::from_minutes(30)),
    };
    told(tag, StreamId::Driver(driver), locked)
}

/// Sets nothing, and locks nobody: asks a driver to be released.
fn go_offline(tag: u64) -> Delivery {
    let command = Command::Driver(DriverId::from_u128(7), DriverCommand::GoOffline);
    let id = CommandId::from_u128(u128::from(tag));
    delivery(tag, Body::Command { id, command })
}

fn react(
    tape: &Tape,
    service: Service,
    store: MockEventStore,
    timers: MockTimers,
    deliveries: Vec<Delivery>,
) {
    let ports = ports(tape, store, bus(tape, deliveries), timers);
    let setting = Setting::default();
    turn(&mut Reactor::new(
        service,
        region(),
        setting,
        ports,
        Prefetch::default(),
    ));
}

fn calm(tape: &Tape) -> MockEventStore {
    store(tape, |request| Ok(loaded(request.stream, vec![])), applied)
}

fn go_online(tag: u64) -> Delivery {
    let command = DriverCommand::GoOnline {
        region: region(),
        capabilities: fiacre_domain::requirements::Capabilities::new(4).unwrap(),
    };
    let command = Command::Driver(DriverId::from_u128(u128::from(tag)), command);
    let id = CommandId::from_u128(u128::from(tag));
    delivery(tag, Body::Command { id, command })
}

/// An answer takes as long through the queue as what it answers: where that was long, the deadline waits for it.
#[test]
fn a_deadline_waits_as_long_as_its_event_did_where_that_was_long() {
    for (behind_ms, waits_ms) in [(0, 0), (10_000, 0), (10_001, 10_001), (90_000, 90_000)] {
        let tape = Tape::default();
        let mut delivery = locked(1);
        let message = Arc::make_mut(&mut delivery.message);
        if let Body::Event { committed_at, .. } = &mut message.body {
            *committed_at = NOW.plus(Millis::new(-behind_ms));
        }
        let service = Service::Driver;
        react(&tape, service, calm(&tape), timers(&tape, vec![]), vec![delivery]);
        let due_at = NOW.plus(Millis::from_minutes(30)).plus(Millis::new(waits_ms));
        assert_eq!(
            tape.armed(),
            [(TimerKind::LockReview(0), due_at)],
            "{behind_ms} ms behind"
        );
    }
}

#[test]
fn timers_are_armed_before_the_commit_and_the_commit_is_made_before_the_acknowledgement() {
    let tape = Tape::default();
    react(
        &tape,
        Service::Driver,
        calm(&tape),
        timers(&tape, vec![]),
        vec![locked(1), go_online(2)],
    );
    let order: Vec<&str> = tape
        .all()
        .iter()
        .map(|asked| match asked {
            Asked::Arm(_) => "arm",
            Asked::Append(_) => "append",
            Asked::Settle(_) => "settle",
            Asked::Load(_) => "load",
            Asked::Publish(_) | Asked::Mark(_) | Asked::Hold(..) | Asked::Done(_) | Asked::Wait(_) => "other",
        })
        .filter(|what| *what != "load")
        .collect();
    assert_eq!(order, ["arm", "append", "settle"]);
    assert_eq!(
        tape.armed(),
        [(TimerKind::LockReview(0), NOW.plus(Millis::from_minutes(30)))]
    );
    assert_eq!(
        tape.settled(),
        [(Tag(1), Settlement::Ack), (Tag(2), Settlement::Ack)]
    );
}

#[test]
fn without_timers_what_sets_one_is_given_back_unwritten_and_its_neighbours_are_done() {
    let (tape, mut timers) = (Tape::default(), MockTimers::new());
    timers
        .expect_schedule()
        .returning(|_| Err(error(PortErrorKind::Unavailable)));
    react(
        &tape,
        Service::Driver,
        calm(&tape),
        timers,
        vec![locked(1), go_online(2)],
    );
    let back = Settlement::Return { delay: PAUSE };
    assert_eq!(tape.settled(), [(Tag(2), Settlement::Ack), (Tag(1), back)]);
    assert_eq!(tape.appended(), ["DriverOnline"]);
}

#[test]
fn a_poison_climbs_the_ladder_what_is_unavailable_comes_back_and_neighbours_are_done() {
    for kind in [
        PortErrorKind::Damaged,
        PortErrorKind::Invalid,
        PortErrorKind::Unavailable,
    ] {
        let tape = Tape::default();
        let store = store(
            &tape,
            move |request| match request.stream {
                StreamId::Driver(driver) if driver == DriverId::from_u128(1) => Err(error(kind)),
                stream => Ok(loaded(stream, vec![])),
            },
            applied,
        );
        let poison = Delivery {
            attempt: 3,
            ..go_online(1)
        };
        react(
            &tape,
            Service::Driver,
            store,
            timers(&tape, vec![]),
            vec![poison, go_online(2)],
        );
        let settled: BTreeMap<Tag, Settlement> = tape.settled().into_iter().collect();
        let (poisoned, Settlement::Ack) = (&settled[&Tag(1)], &settled[&Tag(2)]) else {
            panic!("{settled:?}")
        };
        match (kind, poisoned) {
            (PortErrorKind::Unavailable, Settlement::Return { delay: PAUSE }) => {}
            (PortErrorKind::Damaged | PortErrorKind::Invalid, Settlement::RetryAfter { delay, code, .. }) => {
                assert_eq!((delay.get(), code.as_str()), (800, kind.code()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_delivered_before_is_taken_one_by_one() {
    let tape = Tape::default();
    let again = |tag| Delivery {
        redelivered: true,
        ..go_online(tag)
    };
    let deliveries = vec![go_online(1), again(2), go_online(3), again(4)];
    react(
        &tape,
        Service::Driver,
        calm(&tape),
        timers(&tape, vec![]),
        deliveries,
    );
    let sizes: Vec<usize> = tape.appends().iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 1, 1]);
    assert_eq!(tape.settled().len(), 4);
}

/// A message whose handling kills the process comes back at the head of the queue each time, with those that were taken
/// with it: what stood behind it was never reached.
#[test]
fn what_kills_its_consumer_holds_up_nobody_for_long() {
    let mut left: BTreeSet<u64> = (1..=8).collect();
    let poison = 3;
    for second in 0..24 {
        let tape = Tape::default();
        let again = left.iter().map(|&tag| Delivery {
            redelivered: true,
            ..go_online(tag)
        });
        let ports = ports(
            &tape,
            calm(&tape),
            bus(&tape, again.collect()),
            timers(&tape, vec![]),
        );
        at_once(ports.clock.wait_until(NOW.plus(Millis::from_secs(second))));
        turn(&mut Reactor::new(
            Service::Driver,
            region(),
            Setting::default(),
            ports,
            Prefetch::default(),
        ));
        let reached = tape.settled().into_iter().map(|(Tag(tag), _)| tag);
        for tag in reached.take_while(|&tag| tag != poison) {
            left.remove(&tag);
        }
    }
    assert_eq!(left, BTreeSet::from([poison]));
}

#[test]
fn a_command_for_another_service_is_parked_with_its_reason() {
    let tape = Tape::default();
    react(
        &tape,
        Service::Trip,
        calm(&tape),
        timers(&tape, vec![]),
        vec![go_offline(1)],
    );
    let [(Tag(1), Settlement::Park(ParkReason::Refused { code, .. }))] = &tape.settled()[..] else {
        panic!("{:?}", tape.settled())
    };
    assert_eq!(code, "wrong_service");
    assert_eq!(tape.appended(), Vec::<&str>::new());
}
