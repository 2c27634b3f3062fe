//! What requests come to: a repeated one makes one commit, with its trace.

use crate::sample::ANN;
use crate::stage::{Tape, at_once, clock, ports, region, timers};
use fiacre_domain::event::Event;
use fiacre_domain::id::CommandId;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::{Service, Setting};
use fiacre_domain::stream::{Cause, Commit, TraceContext};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{Executor, MemoryBus, MemoryEventStore, SkewedClock, VirtualTime};
use fiacre_ports::mocks::{MockBus, MockIdSource, MockLocationFeed, MockRouteProvider, MockSeal};
use fiacre_ports::{Bus, Cursor, EventStore, Prefetch};
use fiacre_services::desk::{DeskPorts, DriverDesk, Origin};
use fiacre_services::process::run;
use fiacre_services::reactor::{Reactor, ServicePorts};
use fiacre_services::topology;
use std::sync::Arc;

pub(crate) fn desk_ports(bus: Arc<dyn Bus>, routes: MockRouteProvider) -> DeskPorts {
    let mut seal = MockSeal::new();
    seal.expect_start_code().return_const(1_234_u16);
    DeskPorts {
        bus,
        clock: Arc::new(clock(&Tape::default())),
        ids: Arc::new(MockIdSource::new()),
        seal: Arc::new(seal),
        locations: Arc::new(MockLocationFeed::new()),
        routes: Arc::new(routes),
    }
}

/// The log of the driver service after Ann's phone asked these, at these seconds.
fn asked(requests: &[(i64, u128, bool)], trace: Option<&Arc<TraceContext>>) -> Vec<Arc<Commit>> {
    let time = VirtualTime::starting_at(Timestamp::from_ms(0));
    let (store, bus) = (MemoryEventStore::new(time.clone()), MemoryBus::new(time.clone()));
    at_once(bus.declare(&topology::service_queue(Service::Driver, region()))).unwrap();
    let services = ServicePorts {
        store: Arc::new(store.clone()),
        bus: Arc::new(bus.clone()),
        clock: Arc::new(SkewedClock::new(time.clone(), Millis::ZERO)),
        ..ports(
            &Tape::default(),
            fiacre_ports::mocks::MockEventStore::new(),
            MockBus::new(),
            timers(&Tape::default(), vec![]),
        )
    };
    let mut executor = Executor::fifo(time.clone());
    let prefetch = Prefetch::default();
    let reactor = Reactor::new(Service::Driver, region(), Setting::default(), services, prefetch);
    executor.spawn("driver-service", run(reactor));
    let desk = DriverDesk::new(region(), desk_ports(Arc::new(bus), MockRouteProvider::new()));
    for &(second, id, online) in requests {
        executor.run_until(Timestamp::from_ms(second * 1_000)).unwrap();
        let mut origin = Origin::new(CommandId::from_u128(id));
        if let Some(trace) = trace {
            origin = origin.with_trace(Arc::clone(trace));
        }
        if online {
            at_once(desk.go_online(origin, ANN, Capabilities::new(4).unwrap())).unwrap();
        } else {
            at_once(desk.go_offline(origin, ANN)).unwrap();
        }
    }
    executor.run_until(Timestamp::from_ms(3_600_000)).unwrap();
    at_once(store.scan(&Cursor::default(), 100))
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.commit.unwrap())
        .collect()
}

fn names(log: &[Arc<Commit>]) -> Vec<&'static str> {
    let events = log.iter().flat_map(|commit| commit.events.iter());
    events.map(Event::name).collect()
}

/// A phone that had no answer asks again; by then the driver may have done something else, which the repetition must not
/// undo.
#[test]
fn a_request_that_is_repeated_makes_one_commit_with_one_outcome() {
    let once = asked(&[(1, 1, true)], None);
    assert_eq!(names(&once), ["DriverOnline"]);
    assert_eq!(once[0].cause, Cause::Command(CommandId::from_u128(1)));
    assert_eq!(asked(&[(1, 1, true), (1, 1, true), (9, 1, true)], None), once);
    let undone = asked(&[(1, 1, true), (5, 2, false), (9, 1, true)], None);
    assert_eq!(names(&undone), ["DriverOnline", "DriverOffline"]);
    let again = asked(&[(1, 1, true), (5, 2, false), (9, 3, true)], None);
    assert_eq!(names(&again), ["DriverOnline", "DriverOffline", "DriverOnline"]);
}

#[test]
fn what_a_request_leads_to_belongs_to_its_trace() {
    let trace = Arc::new(TraceContext {
        trace_id: [0x4b; 16],
        span_id: [0xa0; 8],
        flags: 1,
    });
    let log = asked(&[(1, 1, true)], Some(&trace));
    assert_eq!(log[0].trace, Some(trace));
}
