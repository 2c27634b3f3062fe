//! Timers, boards, views, locations and identities in memory.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_domain::id::{DriverId, PrincipalId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{StreamId, TimerId, TimerKind, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::trip::Phase;
use fiacre_domain::units::{BasisPoints, Millis};
use fiacre_memory::{
    EstimatedRoutes, Executor, MemoryBoard, MemoryLocations, MemoryTimers, MemoryViews, SeededIds,
    SkewedClock, VirtualTime,
};
use fiacre_ports::{
    DispatchBoard, IdSource, LocationFeed, LocationReader, OpenSearch, Scope, Timer, Timers, TripView,
    TripViews,
};
use std::collections::BTreeSet;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn region() -> RegionId {
    "manhattan".parse().unwrap()
}

fn executor() -> Executor {
    Executor::fifo(VirtualTime::starting_at(at(0)))
}

fn timer(trip: u128, due_at: i64) -> Timer {
    Timer {
        id: TimerId {
            stream: StreamId::Trip(TripId::from_u128(trip)),
            version: Version::new(1),
            kind: TimerKind::OrderExpires,
        },
        due_at: at(due_at),
        region: region(),
        trace: None,
    }
}

#[test]
fn timers_are_due_on_the_clock_of_the_process_that_asks() {
    let mut executor = executor();
    let timers = MemoryTimers::new(executor.time().clone());
    let clock = SkewedClock::new(executor.time().clone(), Millis::from_secs(-5));
    let slow = timers.for_clock(clock);
    executor
        .block_on(timers.schedule(vec![timer(1, 2_000), timer(2, 1_000)]))
        .unwrap()
        .unwrap();
    let due = executor
        .block_on(timers.due(Scope::of(Service::Trip), 9, at(60_000)))
        .unwrap()
        .unwrap();
    assert_eq!((due, executor.time().now()), (vec![timer(2, 1_000)], at(1_000)));
    let due = executor
        .block_on(slow.due(Scope::of(Service::Trip), 1, at(60_000)))
        .unwrap()
        .unwrap();
    assert_eq!((due, executor.time().now()), (vec![timer(2, 1_000)], at(6_000)));
    let others = executor
        .block_on(timers.due(Scope::of(Service::Payment), 9, at(7_000)))
        .unwrap()
        .unwrap();
    assert!(others.is_empty());
}

#[test]
fn timers_of_a_forgotten_stream_are_gone_and_no_others() {
    let mut executor = executor();
    let timers = MemoryTimers::new(executor.time().clone());
    let all = vec![timer(1, 1), timer(2, 2), timer(3, 3)];
    executor.block_on(timers.schedule(all)).unwrap().unwrap();
    assert_eq!(timers.forget(StreamId::Trip(TripId::from_u128(2))), 1);
    assert_eq!(timers.forget(StreamId::Dispatch(TripId::from_u128(1))), 0);
    executor.time().advance_to(at(10));
    let due = executor
        .block_on(timers.due(Scope::of(Service::Trip), 9, at(10)))
        .unwrap()
        .unwrap();
    assert_eq!(due, [timer(1, 1), timer(3, 3)]);
}

#[test]
fn the_board_follows_versions_and_not_the_order_of_news() {
    let mut executor = executor();
    let board = MemoryBoard::new(executor.time().clone());
    let new = executor.block_on(board.list(region())).unwrap().unwrap();
    assert_eq!(new, None, "not complete yet");
    executor.block_on(board.restore(region(), &[])).unwrap().unwrap();
    let search = |trip, version| OpenSearch {
        trip: TripId::from_u128(trip),
        version: Version::new(version),
    };
    let mut apply = |open: &[OpenSearch], closed: &[OpenSearch]| {
        executor.block_on(board.close(region(), closed)).unwrap().unwrap();
        executor.block_on(board.open(region(), open)).unwrap().unwrap();
        executor.block_on(board.list(region())).unwrap().unwrap().unwrap()
    };
    assert_eq!(
        apply(&[search(2, 1), search(1, 1)], &[]),
        [search(1, 1), search(2, 1)]
    );
    assert_eq!(
        apply(&[search(3, 1)], &[search(3, 2)]),
        [search(1, 1), search(2, 1)],
        "a late open"
    );
    assert_eq!(
        apply(&[search(3, 4)], &[search(1, 5)]),
        [search(2, 1), search(3, 4)],
        "opened anew"
    );
    assert_eq!(
        apply(&[], &[search(3, 3)]),
        [search(2, 1), search(3, 4)],
        "a late close"
    );
    assert_eq!(
        apply(&[search(2, 2)], &[search(2, 2)]),
        [search(3, 4)],
        "both at one version"
    );
    board.forget(TripId::from_u128(3));
    assert!(apply(&[], &[]).is_empty());
}

#[test]
fn a_rider_sees_the_newest_trip_first_and_goes_on_from_any() {
    let mut executor = executor();
    let views = MemoryViews::default();
    let rider = PrincipalId::from_u128(7);
    let view = |trip, rider| TripView {
        trip: TripId::from_u128(trip),
        version: Version::new(1),
        rider,
        region: region(),
        phase: Phase::Requested,
        reason: None,
        driver: None,
        quoted: None,
        due: None,
        changed_at: at(0),
        closed: false,
        flagged: false,
    };
    let rows = vec![
        view(1, Some(rider)),
        view(3, Some(rider)),
        view(2, Some(rider)),
        view(4, None),
    ];
    executor.block_on(views.put(rows)).unwrap().unwrap();
    let mut page = |after, max| {
        let rows = executor
            .block_on(views.of_rider(rider, after, max))
            .unwrap()
            .unwrap();
        rows.into_iter().map(|row| row.trip.to_u128()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2), [3, 2]);
    assert_eq!(page(Some(TripId::from_u128(2)), 2), [1]);
    views.forget(TripId::from_u128(3));
    assert_eq!(page(None, 9), [2, 1]);
}

#[test]
fn each_reader_of_locations_gets_what_is_new_to_it() {
    let mut executor = executor();
    let hub = MemoryLocations::default();
    let subscribe = || {
        let subscribed = self::executor().block_on(hub.subscribe(region()));
        subscribed.unwrap().unwrap()
    };
    let (mut reader, mut standby) = (subscribe(), subscribe());
    let sample = |driver, sequence| {
        let place = Place::from_e7(407_580_000, -739_855_000).unwrap();
        Sample::new(DriverId::from_u128(driver), place, at(0), sequence)
    };
    let mut report = |samples| executor.block_on(hub.report(region(), samples)).unwrap().unwrap();
    report(vec![sample(2, 1), sample(1, 5), sample(1, 4)]);
    let drain = |reader: &mut Box<dyn LocationReader>| {
        let drained = self::executor().block_on(reader.drain());
        drained.unwrap().unwrap()
    };
    assert_eq!(drain(&mut reader), [sample(1, 5), sample(2, 1)]);
    assert!(drain(&mut reader).is_empty());
    assert_eq!(drain(&mut standby).len(), 2);
    report(vec![sample(2, 1), sample(1, 6)]);
    assert_eq!(drain(&mut standby), [sample(1, 6)], "an old sequence is no news");
}

#[test]
fn ids_are_version_7_rise_with_time_and_never_repeat() {
    let time = VirtualTime::starting_at(at(1_700_000_000_000));
    let (ids, others) = (SeededIds::new(time.clone(), 1), SeededIds::new(time.clone(), 2));
    let mut seen = BTreeSet::new();
    for step in 0..1_000 {
        time.advance_to(at(1_700_000_000_000 + step / 10));
        for id in [
            ids.trip_id().to_u128(),
            ids.command_id().to_u128(),
            others.trip_id().to_u128(),
        ] {
            assert_eq!((id >> 76 & 0xf, id >> 62 & 0b11), (7, 0b10));
            assert!(seen.insert(id), "{id:x} came twice");
        }
    }
    let first_of = |seed| {
        let start = VirtualTime::starting_at(at(1_700_000_000_000));
        SeededIds::new(start, seed).trip_id()
    };
    assert_eq!(first_of(1), first_of(1));
    assert_ne!(first_of(1), first_of(2));
}

#[test]
fn routes_that_make_no_sense_are_refused_and_extremes_do_not_overflow() {
    let code = |road_factor, speed| {
        EstimatedRoutes::new(BasisPoints::new(road_factor), speed)
            .unwrap_err()
            .code()
    };
    assert_eq!(code(9_999, 1), "routes_road_factor_below_one");
    assert_eq!(code(10_000, 0), "routes_speed_is_zero");
    let slowest = EstimatedRoutes::new(BasisPoints::MAX, 1).unwrap();
    let (pole, antipole) = (
        Place::from_e7(900_000_000, 0).unwrap(),
        Place::from_e7(-900_000_000, 0).unwrap(),
    );
    let route = slowest.route(pole, antipole);
    assert!(route.duration > Millis::ZERO && route.distance.get() > 20_000_000_000);
    assert_eq!(slowest.route(pole, pole).duration, Millis::ZERO);
}
