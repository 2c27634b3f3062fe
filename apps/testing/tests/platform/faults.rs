//! What goes wrong, and what becomes of it.

use crate::{booked, one_driver, ride};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::StreamId;
use fiacre_domain::units::Millis;
use fiacre_memory::FaultKind;
use fiacre_ports::{ParkReason, PortErrorKind, QueueName, Ticket};
use fiacre_testing::{Fault, Part, Phase, Platform, Port, Setup, places, strike_each};

const PORTS: [Port; 4] = [Port::EventStore, Port::Bus, Port::Timers, Port::Board];

#[test]
fn a_fault_at_any_port_harms_no_booking() {
    for port in PORTS {
        for fault in [
            Fault::BeforeWrite,
            Fault::AfterWrite,
            Fault::DiesBeforeWrite,
            Fault::DiesAfterWrite,
            Fault::AtRead,
        ] {
            if (port, fault) == (Port::Board, Fault::AtRead) {
                continue; // Read by a matcher that begins: see below.
            }
            let mut p = one_driver().start();
            p.fail_next(port, fault);
            let trip = booked(&mut p);
            p.trip(trip).assert_state(Phase::Confirmed);
            p.drive(trip).unwrap();
            let struck: u64 = p.faults().fired().values().sum();
            assert_eq!(struck, 1, "{port:?} {fault:?}");
            let dies = matches!(fault, Fault::DiesBeforeWrite | Fault::DiesAfterWrite);
            assert_eq!(p.deaths(), u64::from(dies), "{port:?} {fault:?}");
            p.audit().assert_over();
        }
    }
}

/// A booking that a driver gives back, and whose rider then cancels: all of it compensated.
fn given_back_and_cancelled(setup: Setup) -> Platform {
    let setup = setup.driver("ann", places::BRYANT_PARK);
    let mut p = setup.driver("bob", places::UNION_SQUARE).start();
    let trip = booked(&mut p);
    p.trip(trip).assert_driver("ann");
    p.withdraw(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_driver("bob");
    p.cancel(trip).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_closed();
    p.audit().assert_over();
    p
}

#[test]
fn whatever_is_struck_once_the_booking_comes_to_the_same_end() {
    for (port, fault, at_least) in [
        (Port::EventStore, Fault::DiesAfterWrite, 20),
        (Port::EventStore, Fault::BeforeWrite, 20),
        (Port::Bus, Fault::AfterWrite, 20),
        (Port::Timers, Fault::DiesBeforeWrite, 5),
    ] {
        let struck = strike_each(port, fault, given_back_and_cancelled);
        assert!(struck >= at_least, "{port:?} {fault:?}: {struck}");
    }
}

#[test]
#[should_panic(expected = "seed 0, AfterWrite at Bus (opportunity ")]
fn a_failure_says_what_was_struck() {
    strike_each(Port::Bus, Fault::AfterWrite, |setup| {
        let mut p = setup.driver("ann", places::BRYANT_PARK).start();
        let trip = booked(&mut p);
        // Wrong on purpose, once anything is struck.
        let struck = usize::from(p.faults().fired_of(FaultKind::FailAfter) > 0);
        p.trip(trip).assert_count("TripConfirmed", 1 + struck);
        p
    });
}

#[test]
fn a_matcher_that_begins_anew_finds_the_open_searches_again() {
    let mut p = Platform::in_memory().start();
    let trip = booked(&mut p);
    p.fail_next(Port::Board, Fault::AtRead);
    p.restart(Part::Matcher);
    p.driver_comes("ann", places::BRYANT_PARK, fiacre_testing::Habit::Accepts)
        .unwrap();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
    assert_eq!(p.faults().fired_of(FaultKind::FailBefore), 1);
}

#[test]
fn a_request_that_fails_is_told_and_can_be_repeated() {
    let mut p = one_driver().start();
    p.fail_next_request(Fault::BeforeWrite);
    let refused = p.book(ride()).unwrap_err();
    assert_eq!(refused.code(), "unavailable");
    p.fail_next_request(Fault::AfterWrite);
    let priced = p.price(&ride()).unwrap();
    let unknown = p.book_at(priced.clone(), ride()).unwrap_err();
    assert_eq!(unknown.code(), "outcome_unknown");
    let trip = p.book_at(priced, ride()).unwrap();
    p.run_until_idle();
    p.trip(trip).assert_count("TripRequested", 1);
    p.trip(trip).assert_state(Phase::Confirmed);
}

/// Phones repeat an answer that the platform did not take.
#[test]
fn a_drivers_answer_outlives_an_outage_of_the_bus() {
    let mut p = one_driver()
        .driver_who("bob", places::UNION_SQUARE, fiacre_testing::Habit::Declines)
        .start();
    let trip = p.book(ride()).unwrap();
    p.fail_next_request(Fault::BeforeWrite);
    p.run_until_idle();
    p.advance_s(5);
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn an_outage_is_waited_out() {
    for port in PORTS {
        let mut p = one_driver().start();
        let trip = p.book(ride()).unwrap();
        p.outage(port, Millis::from_secs(60));
        p.advance_s(59);
        assert!(p.trip(trip).phase() < Phase::Confirmed || port == Port::Timers || port == Port::Board);
        p.advance_s(60);
        p.run_until_idle();
        p.trip(trip).assert_state(Phase::Confirmed);
        assert_eq!(p.parked(), [], "{port:?}");
    }
}

#[test]
fn healing_ends_an_outage() {
    let mut p = one_driver().start();
    p.outage(Port::EventStore, Millis::from_minutes(600));
    let trip = p.book(ride()).unwrap();
    p.advance_s(5);
    p.heal();
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Confirmed);
}

#[test]
fn a_service_that_stands_still_holds_up_its_part_alone_and_goes_on_where_it_was() {
    for part in Part::ALL {
        let mut p = one_driver().start();
        p.stop(part);
        let trip = booked(&mut p);
        let phase = p.trip(trip).phase();
        match part {
            Part::TripService => assert_eq!(phase, Phase::Absent),
            Part::DriverService | Part::PaymentService | Part::Matcher => {
                assert_eq!(phase, Phase::Requested, "{part:?}");
            }
            Part::Views | Part::Notices => assert_eq!(phase, Phase::Confirmed, "{part:?}"),
        }
        assert_eq!(
            p.view(trip).is_none(),
            [Part::Views, Part::TripService].contains(&part)
        );
        p.start(part);
        p.run_until_idle();
        p.trip(trip).assert_state(Phase::Confirmed);
        assert!(p.view(trip).is_some() && p.deaths() > 0);
        p.drive(trip).unwrap();
        p.audit().assert_over();
    }
}

#[test]
fn every_part_can_die_at_every_step() {
    for part in Part::ALL {
        let mut p = one_driver().start();
        let trip = p.book(ride()).unwrap();
        p.restart(part);
        p.run_until_idle();
        p.restart(part);
        p.trip(trip).assert_state(Phase::Confirmed);
        p.drive(trip).unwrap();
        p.restart(part);
        p.run_until_idle();
        p.audit().assert_over();
    }
}

#[test]
fn clocks_that_differ_change_nothing_but_when() {
    let second = |seconds| Millis::from_secs(seconds);
    let mut p = one_driver()
        .skew(Service::Driver, second(-7))
        .skew(Service::Payment, second(5))
        .start();
    p.set_skew(Service::Trip, second(3));
    let trip = booked(&mut p);
    p.trip(trip).assert_state(Phase::Confirmed);
    let committed = |service: fn(StreamId) -> bool| {
        let log = p.log();
        let commits = log.iter().filter(|(_, commit)| service(commit.stream));
        commits
            .map(|(at, commit)| commit.at.since(*at))
            .next_back()
            .unwrap()
    };
    assert_eq!(committed(|stream| matches!(stream, StreamId::Trip(_))), second(3));
    assert_eq!(
        committed(|stream| matches!(stream, StreamId::Dispatch(_))),
        second(-7)
    );
    assert_eq!(
        committed(|stream| matches!(stream, StreamId::Payment(..))),
        second(5)
    );
    p.drive(trip).unwrap();
    p.audit().assert_over();
}

#[test]
fn what_is_parked_can_be_listed_replayed_and_dropped() {
    let mut p = Platform::in_memory()
        .driver_who("ann", places::BRYANT_PARK, fiacre_testing::Habit::Waits)
        .start();
    let trip = booked(&mut p);
    let (_, first) = p
        .log()
        .into_iter()
        .find(|(_, commit)| commit.stream == StreamId::Trip(trip))
        .unwrap();
    let damaged = Ticket {
        stream: first.stream,
        version: first.version,
    };
    p.store().make_unreadable(damaged, PortErrorKind::Damaged);
    p.restart(Part::TripService); // which remembers the trip
    p.cancel(trip).unwrap();
    p.run_until_idle();
    let parked = p.parked();
    assert!(!parked.is_empty());
    assert!(matches!(
        parked[0].parked.reason,
        ParkReason::Refused { .. } | ParkReason::AttemptsUsedUp { .. }
    ));
    p.trip(trip).assert_state(Phase::Requested);
    p.store().make_readable(damaged);
    for message in &parked {
        assert!(p.replay(message).unwrap());
        assert!(!p.drop_parked(message).unwrap(), "it is not parked any more");
    }
    p.run_until_idle();
    p.trip(trip).assert_state(Phase::Cancelled);
    p.audit().assert_over();
}

#[test]
fn bytes_that_are_no_message_are_parked_and_can_be_dropped() {
    let mut p = one_driver().start();
    let queue = fiacre_services::topology::service_queue(Service::Trip, "manhattan".parse().unwrap());
    let raw = fiacre_ports::RawMessage {
        bytes: [0xff].into(),
        headers: Vec::new(),
    };
    p.bus().put_undecodable(&queue.name, raw);
    p.run_until_idle();
    let [message] = &p.parked()[..] else {
        panic!("{:?}", p.parked());
    };
    assert_eq!(message.parked.reason.code(), "undecodable");
    assert_eq!(message.queue, queue.name);
    assert!(p.drop_parked(message).unwrap());
    assert_eq!(p.parked(), []);
}

/// A queue that lost what it is bound to stays empty, and nothing breaks that would bind it again.
#[test]
fn what_queues_are_bound_to_is_asserted_every_ten_seconds() {
    let mut p = one_driver().start();
    let region = "manhattan".parse().unwrap();
    for service in Service::ALL {
        p.bus().unbind(&QueueName::of_service(service, region));
    }
    assert!(p.book(ride()).is_err(), "an order that no queue takes");
    p.advance_s(10);
    let trip = booked(&mut p);
    p.drive(trip).unwrap();
    p.audit().assert_over();
}
