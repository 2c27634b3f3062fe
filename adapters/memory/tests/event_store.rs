//! What the conformance suite does not ask of a store in memory: long streams, forgetting, waiting in virtual time.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, DriverId, TripId, WebhookId};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{
    Cause, ChargeNumber, EventId, StreamId, TimerId, TimerKind, TraceContext, Version,
};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{Executor, MemoryEventStore, SkewedClock, VirtualTime};
use fiacre_ports::{
    Appended, Consistency, Cursor, EventStore, LoadRequest, Loaded, NewCommit, Scope, Snapshot,
    SnapshotState, Ticket,
};
use std::sync::Arc;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn stream(trip: u128) -> StreamId {
    StreamId::Dispatch(TripId::from_u128(trip))
}

fn commit(stream: StreamId, expected: u32, cause: u128) -> NewCommit {
    NewCommit {
        stream,
        expected: Version::new(expected),
        cause: Cause::Command(CommandId::from_u128(cause)),
        at: at(0),
        region: "manhattan".parse().unwrap(),
        trace: None,
        events: [Event::from(DispatchEvent::DispatchClosed)].into(),
    }
}

struct World {
    executor: Executor,
    store: MemoryEventStore,
}

impl World {
    fn new() -> Self {
        let time = VirtualTime::starting_at(at(0));
        Self {
            store: MemoryEventStore::new(time.clone()),
            executor: Executor::fifo(time),
        }
    }

    fn append(&mut self, commit: NewCommit) -> Appended {
        let appended = self.executor.block_on(self.store.append(vec![commit])).unwrap();
        appended.into_iter().next().unwrap()
    }

    fn load(&mut self, stream: StreamId) -> Loaded {
        let request = LoadRequest::whole(stream, Consistency::Linearizable);
        let loaded = self.executor.block_on(self.store.load(&[request])).unwrap();
        loaded.into_iter().next().unwrap().unwrap()
    }

    fn feed(&mut self, max: usize) -> Vec<Ticket> {
        let fed = self.store.feed(Scope::of(Service::Driver), max, at(0));
        let fed = self.executor.block_on(fed).unwrap().unwrap();
        fed.into_iter().map(|entry| entry.ticket).collect()
    }
}

#[test]
fn the_inbox_of_a_stream_finds_every_cause_however_long_the_stream() {
    let mut world = World::new();
    for version in 0..1_000 {
        let appended = world.append(commit(stream(1), version, version.into()));
        assert!(
            matches!(appended, Appended::Applied(_)),
            "{version}: {appended:?}"
        );
        if [0, 1, 30, 31, 32, 33, 999].contains(&version) {
            for cause in 0..=version {
                let Appended::Duplicate(found) = world.append(commit(stream(1), 0, cause.into())) else {
                    panic!("the cause of version {} was taken twice", cause + 1)
                };
                assert_eq!(found, Version::new(cause + 1));
            }
        }
    }
    assert_eq!(world.load(stream(1)).commits.len(), 1_000);
}

#[test]
fn a_forgotten_trip_is_empty_and_can_never_begin_anew() {
    let mut world = World::new();
    let trip = TripId::from_u128(1);
    let fare = StreamId::Payment(trip, ChargeNumber::FARE);
    let tip = StreamId::Payment(trip, ChargeNumber(1));
    world.append(commit(stream(1), 0, 1));
    world.append(commit(fare, 0, 2));
    world.append(commit(stream(1), 1, 2));
    world.append(commit(tip, 0, 2));
    world.append(commit(stream(2), 0, 3));
    let held = world.store.forget(trip);
    let places: Vec<_> = held
        .commits()
        .map(|commit| (commit.stream, commit.version.get()))
        .collect();
    assert_eq!(places, [(stream(1), 1), (stream(1), 2), (fare, 1)]);
    // The trip's own stream was not even begun.
    for stream in [StreamId::Trip(trip), stream(1), fare] {
        assert_eq!(world.load(stream), Loaded::default());
        let late = world.append(commit(stream, 0, 9));
        assert!(
            matches!(late, Appended::Duplicate(version) if version == Version::EMPTY),
            "{late:?}"
        );
    }
    // A tip comes whenever the rider likes.
    assert!(matches!(world.append(commit(tip, 1, 9)), Appended::Applied(_)));
    assert_eq!(world.load(stream(2)).head, Version::new(1));
    // What was not published yet still is.
    assert_eq!(world.feed(9).len(), 3);
    assert!(world.store.forget(trip).commits().next().is_none());
    // The place of a forgotten stream is used again, by another.
    assert!(matches!(
        world.append(commit(stream(3), 0, 1)),
        Appended::Applied(_)
    ));
    assert_eq!(world.load(stream(3)).commits.len(), 1);
}

#[test]
fn every_commit_is_loaded_as_it_was_appended() {
    let mut world = World::new();
    let trace = Arc::new(TraceContext {
        trace_id: [1; 16],
        span_id: [2; 8],
        flags: 1,
    });
    let timer = TimerId {
        stream: stream(1),
        version: Version::new(1),
        kind: TimerKind::SearchBudget(0),
    };
    let event = |stream| Cause::Event(EventId::new(stream, Version::new(2), 1));
    let first = commit(stream(1), 0, 1);
    let elsewhere = NewCommit {
        region: "queens".parse().unwrap(),
        cause: event(StreamId::Driver(DriverId::from_u128(5))),
        ..commit(stream(1), 1, 0)
    };
    let traced = NewCommit {
        trace: Some(trace),
        cause: event(StreamId::Trip(TripId::from_u128(1))),
        ..commit(stream(1), 2, 0)
    };
    let by_timer = NewCommit {
        cause: Cause::Timer(timer),
        ..commit(stream(1), 3, 0)
    };
    let plain = NewCommit {
        cause: Cause::Webhook(WebhookId::from_u128(6)),
        ..commit(stream(1), 4, 0)
    };
    let appended = [first, elsewhere, traced, by_timer, plain];
    for commit in &appended {
        assert!(matches!(world.append(commit.clone()), Appended::Applied(_)));
        assert!(matches!(world.append(commit.clone()), Appended::Duplicate(_)));
    }
    let loaded = world.load(stream(1)).commits;
    let expected: Vec<_> = appended.into_iter().map(NewCommit::into_commit).collect();
    assert_eq!(loaded, expected);
}

#[test]
fn marks_may_come_in_any_order_and_for_what_is_not_there() {
    let mut world = World::new();
    for trip in 0..6 {
        world.append(commit(stream(trip), 0, 0));
    }
    let tickets = world.feed(6);
    let [first, b, c, d, e, last] = tickets[..] else {
        panic!("{tickets:?}")
    };
    let marks = [e, b, e];
    world
        .executor
        .block_on(world.store.mark_published(&marks))
        .unwrap()
        .unwrap();
    assert_eq!(world.feed(6), [first, c, d, last]);
    world
        .executor
        .block_on(world.store.mark_published(&[first, c, last]))
        .unwrap()
        .unwrap();
    assert_eq!(world.feed(6), [d]);
}

#[test]
fn a_scan_gives_everything_once_whatever_the_page() {
    let mut world = World::new();
    for trip in 0..5 {
        for version in 0..=u32::try_from(trip).unwrap() {
            world.append(commit(stream(trip), version, version.into()));
        }
    }
    for max in 1..=16 {
        let mut seen = Vec::new();
        let mut from = Some(Cursor::default());
        while let Some(cursor) = from {
            let page = world
                .executor
                .block_on(world.store.scan(&cursor, max))
                .unwrap()
                .unwrap();
            assert!(page.entries.len() <= max);
            seen.extend(
                page.entries
                    .iter()
                    .map(|entry| (entry.ticket.stream, entry.ticket.version.get())),
            );
            from = page.next;
        }
        let all: Vec<_> = (0..5_u32)
            .flat_map(|trip| (1..=trip + 1).map(move |version| (stream(trip.into()), version)))
            .collect();
        assert_eq!(seen, all, "pages of {max}");
    }
    let foreign = world
        .executor
        .block_on(world.store.scan(&Cursor(vec![1, 2, 3]), 1))
        .unwrap();
    assert_eq!(foreign.unwrap_err().code(), "invalid");
}

#[test]
fn a_feed_waits_in_virtual_time_and_is_woken_by_an_append() {
    let mut world = World::new();
    let slow = SkewedClock::new(world.executor.time().clone(), Millis::from_secs(-1));
    let relay = world.store.for_clock(slow);
    let nothing = world
        .executor
        .block_on(relay.feed(Scope::of(Service::Driver), 1, at(4_000)))
        .unwrap();
    assert!(nothing.unwrap().is_empty());
    assert_eq!(
        world.executor.time().now(),
        at(5_000),
        "the deadline is read on the relay's clock"
    );

    let (writer, time) = (world.store.clone(), world.executor.time().clone());
    world.executor.spawn("writer", async move {
        time.sleep_until(at(7_000)).await;
        writer.append(vec![commit(stream(1), 0, 0)]).await;
    });
    let fed = world
        .executor
        .block_on(relay.feed(Scope::of(Service::Driver), 1, Timestamp::MAX))
        .unwrap();
    assert_eq!(fed.unwrap().len(), 1);
    assert_eq!(world.executor.time().now(), at(7_000));
}

#[test]
fn a_trimmed_stream_loads_from_its_snapshot_and_knows_its_causes() {
    let mut world = World::new();
    for version in 0..50 {
        world.append(commit(stream(1), version, version.into()));
        let head = version + 1;
        if head % 10 == 0 {
            let snapshot = Snapshot {
                version: Version::new(head),
                state: Arc::new(SnapshotState::Dispatch(Box::default())),
            };
            let saved = world.store.save_snapshots(vec![(stream(1), snapshot)]);
            world.executor.block_on(saved).unwrap().unwrap();
            let dropped = world.store.trim(stream(1));
            let versions: Vec<_> = dropped.commits().map(|commit| commit.version.get()).collect();
            assert_eq!(versions, (head - 9..=head).collect::<Vec<_>>());
        }
        assert!(world.store.trim(stream(1)).commits().next().is_none());
        let loaded = world.load(stream(1));
        let versions: Vec<_> = loaded.commits.iter().map(|commit| commit.version.get()).collect();
        assert_eq!(versions, (head / 10 * 10 + 1..=head).collect::<Vec<_>>());
        assert_eq!(loaded.head, Version::new(head));
        assert_eq!(
            loaded.snapshot.map_or(0, |snapshot| snapshot.version.get()),
            head / 10 * 10
        );
        for cause in 0..=version {
            let again = world.append(commit(stream(1), head, cause.into()));
            let expected = Version::new(cause + 1);
            assert!(
                matches!(again, Appended::Duplicate(known) if known == expected),
                "{again:?}"
            );
        }
    }
    world.store.forget_snapshots();
    assert_eq!(world.load(stream(1)).snapshot.unwrap().version, Version::new(50));
}
