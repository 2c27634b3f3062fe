//! What cannot be reached makes its process rest, and counts against no message.

use crate::gateway::{FARE, Script, UNAVAILABLE, begun, refunding};
use crate::sample::ANN;
use crate::stage::{
    NOW, Tape, applied, delivery, error, helpings, loaded, ports, region, store, timers, told, turn,
};
use fiacre_domain::driver::Command as DriverCommand;
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId};
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::{Command, Service, Setting};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::mocks::{MockBus, MockConsumer};
use fiacre_ports::{Appended, Body, Delivery, PortErrorKind, Prefetch, RefundStatus, Settlement, Tag};
use fiacre_services::backoff::{REST_FIRST, REST_MAX, RETRY_MAX};
use fiacre_services::payments::PaymentCalls;
use fiacre_services::process::Turn;
use fiacre_services::reactor::Reactor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn go_online(tag: u64, driver: DriverId) -> Delivery {
    let command = DriverCommand::GoOnline {
        region: region(),
        capabilities: Capabilities::new(4).unwrap(),
    };
    let (id, command) = (
        CommandId::from_u128(u128::from(tag)),
        Command::Driver(driver, command),
    );
    delivery(tag, Body::Command { id, command })
}

/// The driver service, where the store fails its first appends.
fn reactor(tape: &Tape, fails: usize, deliveries: Vec<Vec<Delivery>>) -> Reactor {
    let appends = AtomicUsize::new(0);
    let store = store(
        tape,
        |request| Ok(loaded(request.stream, vec![])),
        move |commit| {
            if appends.fetch_add(1, Ordering::Relaxed) < fails {
                Appended::Failed(error(PortErrorKind::Unavailable))
            } else {
                applied(commit)
            }
        },
    );
    let ports = ports(tape, store, helpings(tape, deliveries), timers(tape, vec![]));
    Reactor::new(
        Service::Driver,
        region(),
        Setting::default(),
        ports,
        Prefetch::default(),
    )
}

fn helping(tag: u64) -> Vec<Delivery> {
    vec![go_online(tag, DriverId::from_u128(u128::from(tag)))]
}

/// How long the process rested, each time.
fn rests(tape: &Tape) -> Vec<i64> {
    let mut since = NOW;
    let waits = tape.waits().into_iter();
    waits
        .map(|until| {
            let rest = until.since(since).get();
            since = until;
            rest
        })
        .collect()
}

/// Deliveries were given back for a second, and the next ones taken at once, for as long as the store was away.
#[test]
fn while_the_store_is_away_a_consumer_rests_longer_and_longer() {
    let tape = Tape::default();
    let mut reactor = reactor(&tape, usize::MAX, (1..=12).map(helping).collect());
    for _ in 0..12 {
        turn(&mut reactor);
    }
    let rests = rests(&tape);
    assert_eq!(rests.len(), 11, "one before each turn but the first");
    let mut longest = REST_FIRST.get();
    for rest in &rests {
        assert!(
            (longest / 2..=longest).contains(rest),
            "{rest} of {longest}: {rests:?}"
        );
        longest = (longest * 2).min(REST_MAX.get());
    }
    let settled = tape.settled();
    assert_eq!(settled.len(), 12);
    for (rest, (_, settlement)) in rests.iter().zip(settled) {
        let Settlement::Return { delay } = settlement else {
            panic!("counted: {settlement:?}")
        };
        assert!(
            delay.get() >= *rest,
            "it would come back to a consumer that rests"
        );
    }
}

#[test]
fn the_first_success_ends_the_rests() {
    let tape = Tape::default();
    let mut reactor = reactor(&tape, 4, (1..=8).map(helping).collect());
    for _ in 0..8 {
        turn(&mut reactor);
    }
    assert_eq!(rests(&tape).len(), 4);
    let acknowledged = tape.settled().split_off(4);
    assert!(
        acknowledged
            .iter()
            .all(|(_, settlement)| *settlement == Settlement::Ack)
    );
}

#[test]
fn what_fails_beside_what_succeeds_comes_again_alone() {
    let tape = Tape::default();
    let both = vec![go_online(1, ANN), go_online(2, DriverId::from_u128(2))];
    let mut reactor = reactor(&tape, 1, vec![both, helping(3)]);
    turn(&mut reactor);
    turn(&mut reactor);
    let delay = Millis::from_secs(1);
    assert_eq!(
        tape.settled(),
        [
            (Tag(2), Settlement::Ack),
            (Tag(1), Settlement::Return { delay }),
            (Tag(3), Settlement::Ack)
        ]
    );
    assert_eq!(tape.waits(), [], "its neighbours wait for nothing");
}

#[test]
fn a_rest_lasts_no_longer_than_its_turn() {
    let tape = Tape::default();
    let mut reactor = reactor(&tape, usize::MAX, vec![helping(1), helping(2)]);
    turn(&mut reactor);
    let until = NOW.plus(Millis::new(1));
    let turned = crate::stage::at_once(fiacre_services::process::Process::turn(&mut reactor, until));
    assert_eq!((turned, tape.waits()), (Turn::Idle, vec![until]));
    assert_eq!(tape.settled().len(), 1);
}

/// Taken again at once, found to be duplicates, and not settled again: for as long as the bus said so.
#[test]
fn a_bus_that_cannot_be_told_is_not_asked_for_more_at_once() {
    let tape = Tape::default();
    let mut bus = MockBus::new();
    bus.expect_declare().returning(|_| Ok(()));
    bus.expect_consume().returning(|_, _| {
        let mut consumer = MockConsumer::new();
        consumer.expect_next().returning(|_, _| Ok(helping(1)));
        consumer
            .expect_settle()
            .returning(|_| Err(error(PortErrorKind::Unavailable)));
        Ok(Box::new(consumer))
    });
    let store = store(&tape, |request| Ok(loaded(request.stream, vec![])), applied);
    let ports = ports(&tape, store, bus, timers(&tape, vec![]));
    let mut reactor = Reactor::new(
        Service::Driver,
        region(),
        Setting::default(),
        ports,
        Prefetch::default(),
    );
    for _ in 0..4 {
        turn(&mut reactor);
    }
    assert_eq!(rests(&tape).len(), 3);
}

/// The payment service where charges have this history; each of the helpings is its last event.
fn calls(tape: &Tape, history: Vec<Event>, script: Script, committed_at: &[Timestamp]) -> PaymentCalls {
    let last = history.last().cloned().unwrap();
    let helping = |(tag, &at): (u64, &Timestamp)| {
        let mut delivery = told(tag, FARE, last.clone());
        let message = Arc::make_mut(&mut delivery.message);
        if let Body::Event { committed_at, .. } = &mut message.body {
            *committed_at = at;
        }
        vec![delivery]
    };
    let deliveries = (1..).zip(committed_at).map(helping).collect();
    let store = store(
        tape,
        move |request| Ok(loaded(request.stream, vec![history.clone()])),
        applied,
    );
    let ports = ports(tape, store, helpings(tape, deliveries), timers(tape, vec![]));
    PaymentCalls::new(region(), script.gateway(), ports, Prefetch(4))
}

#[test]
fn a_gateway_that_is_away_is_left_alone() {
    let tape = Tape::default();
    let script = Script {
        create: Some(UNAVAILABLE),
        ..Script::default()
    };
    let mut calls = calls(&tape, begun(), script, &[NOW; 5]);
    for _ in 0..5 {
        turn(&mut calls);
    }
    let rests = rests(&tape);
    assert_eq!(rests.len(), 4);
    assert!(rests.is_sorted(), "{rests:?}");
}

/// It was asked for each second, for as long as the bank took: days.
#[test]
fn a_pending_refund_is_asked_for_less_and_less_often() {
    let tape = Tape::default();
    let script = Script {
        refund: Some(Ok(RefundStatus::Pending)),
        ..Script::default()
    };
    let ages_s = [0, 4, 40, 400, 86_400];
    let since = ages_s.map(|age_s| Timestamp::from_ms(NOW.ms() - age_s * 1_000));
    let mut calls = calls(&tape, refunding(), script, &since);
    for _ in 0..ages_s.len() {
        turn(&mut calls);
    }
    let waits: Vec<Settlement> = tape.settled().into_iter().map(|(_, wait)| wait).collect();
    let expected = [1_000, 2_000, 20_000, 60_000, RETRY_MAX.get()];
    assert_eq!(
        waits,
        expected.map(|delay_ms| Settlement::Return {
            delay: Millis::new(delay_ms)
        })
    );
    assert_eq!(tape.waits(), [], "the gateway is there");
}
