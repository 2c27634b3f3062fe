//! What requests come to: a repeated one makes one commit, with its trace; a ride is priced by the ways of its plan.

use crate::sample::{ANN, pick_up};
use crate::stage::{Tape, at_once, clock, error, ports, region, timers};
use fiacre_domain::event::Event;
use fiacre_domain::id::CommandId;
use fiacre_domain::place::Place;
use fiacre_domain::pricing::Ride;
use fiacre_domain::requirements::Capabilities;
use fiacre_domain::saga::{Service, Setting};
use fiacre_domain::stream::{Cause, Commit, TraceContext};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::{PersonalPlace, PersonalPlan};
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_memory::{Executor, MemoryBus, MemoryEventStore, SkewedClock, VirtualTime};
use fiacre_ports::mocks::{MockBus, MockIdSource, MockLocationFeed, MockRouteProvider, MockSeal};
use fiacre_ports::{Basis, Bus, Cursor, EventStore, PortErrorKind, Prefetch, Route};
use fiacre_services::desk::{DeskPorts, DriverDesk, Origin, RiderDesk};
use fiacre_services::process::run;
use fiacre_services::reactor::{Reactor, ServicePorts};
use fiacre_services::topology;
use std::sync::Arc;

fn desk_ports(bus: Arc<dyn Bus>, routes: MockRouteProvider) -> DeskPorts {
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

fn at(longitude_e7: i32) -> PersonalPlace {
    PersonalPlace::Known(Place::from_e7(407_580_000, longitude_e7).unwrap())
}

fn rides(plan: &PersonalPlan, roads: bool) -> Result<Ride, &'static str> {
    let mut routes = MockRouteProvider::new();
    routes.expect_routes().returning(move |pairs, _| {
        let leg = |_: &(Place, Place)| {
            let route = Route {
                distance: Millimetres::from_metres(1_000),
                duration: Millis::from_minutes(3),
                basis: Basis::Measured,
            };
            roads
                .then_some(route)
                .ok_or_else(|| error(PortErrorKind::Invalid))
        };
        pairs.iter().map(leg).collect()
    });
    let desk = RiderDesk::new(region(), desk_ports(Arc::new(MockBus::new()), routes));
    at_once(desk.ride(plan)).map_err(|error| error.code())
}

#[test]
fn a_ride_is_priced_by_the_ways_between_its_places() {
    let plan = PersonalPlan {
        pick_up: PersonalPlace::Known(pick_up()),
        stops: vec![at(-739_800_000)],
        destination: Some(at(-739_700_000)),
    };
    let expected = Ride::new(Millimetres::from_metres(2_000), Millis::from_minutes(6)).with_stops(1);
    assert_eq!(rides(&plan, true), Ok(expected));
    assert_eq!(rides(&plan, false), Err("invalid"), "no road leads there");
    let nowhere = PersonalPlan {
        destination: None,
        ..plan.clone()
    };
    let erased = PersonalPlan {
        stops: vec![PersonalPlace::Erased],
        ..plan
    };
    for plan in [nowhere, erased] {
        assert_eq!(rides(&plan, true), Err("desk_plan"));
    }
}
