//! An order is accepted once the bus has it.

use crate::sample::ANN;
use crate::stage::{Tape, at_once, clock, error, region};
use fiacre_domain::driver::Command as DriverCommand;
use fiacre_domain::id::CommandId;
use fiacre_domain::saga::Command;
use fiacre_ports::mocks::{MockBus, MockIdSource, MockLocationFeed, MockSeal};
use fiacre_ports::{Body, PortErrorKind, Published};
use fiacre_services::desk::{DeskPorts, DriverDesk};
use std::sync::Arc;

fn desk(published: fn() -> Vec<Published>) -> DriverDesk {
    let (mut bus, mut ids) = (MockBus::new(), MockIdSource::new());
    bus.expect_publish().returning(move |messages| {
        let [message] = &messages[..] else {
            panic!("{messages:?}")
        };
        let expected = Command::Driver(ANN, DriverCommand::GoOffline);
        assert!(matches!(&message.body, Body::Command { command, .. } if *command == expected));
        assert!(message.mandatory, "a command without a queue is lost");
        published()
    });
    ids.expect_command_id().return_const(CommandId::from_u128(5));
    let mut seal = MockSeal::new();
    seal.expect_start_code().return_const(1_234_u16);
    let ports = DeskPorts {
        bus: Arc::new(bus),
        clock: Arc::new(clock(&Tape::default())),
        ids: Arc::new(ids),
        seal: Arc::new(seal),
        locations: Arc::new(MockLocationFeed::new()),
    };
    DriverDesk::new(region(), ports)
}

#[test]
fn what_the_bus_confirmed_is_accepted() {
    let id = at_once(desk(|| vec![Published::Confirmed]).go_offline(ANN)).unwrap();
    assert_eq!(id, CommandId::from_u128(5));
}

#[test]
fn what_the_bus_did_not_confirm_is_not_accepted() {
    for (published, code) in [
        (
            (|| vec![Published::Returned]) as fn() -> Vec<Published>,
            "unavailable",
        ),
        (
            || vec![Published::OutcomeUnknown(error(PortErrorKind::OutcomeUnknown))],
            "outcome_unknown",
        ),
        (
            || vec![Published::OutcomeUnknown(error(PortErrorKind::Unavailable))],
            "unavailable",
        ),
        (Vec::new, "outcome_unknown"),
    ] {
        let refused = at_once(desk(published).go_offline(ANN)).unwrap_err();
        assert_eq!(refused.code(), code);
    }
}
