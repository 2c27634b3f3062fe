//! Each fault does what its name says, and no more.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::id::{CommandId, DriverId, RegionId, TripId};
use fiacre_domain::matching::Sample;
use fiacre_domain::place::Place;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Cause, EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Call, Executor, Fault, FaultKind, FaultPolicy, Faults, Group, MemoryBus, MemoryEventStore,
    MemoryLocations, MemoryTimers, Port, Step, VirtualTime,
};
use fiacre_ports::{
    Appended, Body, Bus, Consistency, Consumer, Delivery, EventKinds, EventStore, LoadRequest, LocationFeed,
    Message, NewCommit, Prefetch, Published, QueueName, QueueSpec, Scope, Settlement, Timers,
};
use std::collections::BTreeSet;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn region() -> RegionId {
    "manhattan".parse().unwrap()
}

fn stream(trip: u128) -> StreamId {
    StreamId::Dispatch(TripId::from_u128(trip))
}

fn commit(trip: u128, expected: u32) -> NewCommit {
    NewCommit {
        stream: stream(trip),
        expected: Version::new(expected),
        cause: Cause::Command(CommandId::from_u128(expected.into())),
        at: at(0),
        region: region(),
        trace: None,
        events: [DispatchEvent::DispatchClosed.into()].into(),
    }
}

fn message(number: u32, mandatory: bool) -> Message {
    Message {
        body: Body::Event {
            id: EventId::new(stream(1), Version::new(number), 0),
            committed_at: at(0),
            event: DispatchEvent::DispatchClosed.into(),
        },
        region: region(),
        trace: None,
        mandatory,
    }
}

fn numbers(deliveries: &[Delivery]) -> Vec<u32> {
    let number = |delivery: &Delivery| match delivery.message.body {
        Body::Event { id, .. } => id.version().get(),
        Body::Command { .. } | Body::Notice(_) => 0,
    };
    deliveries.iter().map(number).collect()
}

struct World {
    executor: Executor,
    faults: Faults,
    store: MemoryEventStore,
    bus: MemoryBus,
    queues: [QueueName; 2],
}

impl World {
    /// A store, and a bus whose two queues take everything.
    fn new(seed: u64) -> Self {
        let time = VirtualTime::starting_at(at(0));
        let faults = Faults::new(time.clone(), seed);
        let mut world = Self {
            store: MemoryEventStore::new(time.clone()).with_faults(&faults),
            bus: MemoryBus::new(time.clone()).with_faults(&faults),
            executor: Executor::fifo(time),
            faults,
            queues: ["one", "other"].map(|name| QueueName::of_reader(name, region())),
        };
        for name in world.queues.clone() {
            let spec = QueueSpec {
                name,
                region: region(),
                events: EventKinds::All,
                commands_of: None,
                notices: false,
                single_active: false,
                attempts_max: 8,
            };
            world
                .executor
                .block_on(world.bus.declare(&spec))
                .unwrap()
                .unwrap();
        }
        world
    }

    fn strike(&self, call: Call, kind: FaultKind) {
        self.faults.strike_next(call, Fault::new(kind));
    }

    fn append(&mut self, commits: Vec<NewCommit>) -> Vec<Appended> {
        self.executor.block_on(self.store.append(commits)).unwrap()
    }

    fn head(&mut self, trip: u128, consistency: Consistency) -> u32 {
        let request = LoadRequest::whole(stream(trip), consistency);
        let loaded = self.executor.block_on(self.store.load(&[request])).unwrap().pop();
        let loaded = loaded.unwrap().unwrap();
        assert_eq!(loaded.commits.len(), loaded.head.get() as usize);
        loaded.head.get()
    }

    fn fed(&mut self, until: i64) -> Vec<(u128, u32)> {
        let fed = self.store.feed(Scope::of(Service::Driver), 99, at(until));
        let fed = self.executor.block_on(fed).unwrap().unwrap();
        fed.into_iter()
            .map(|entry| entry.ticket)
            .map(|ticket| (ticket.stream.trip().unwrap().to_u128(), ticket.version.get()))
            .collect()
    }

    fn publish(&mut self, message: Message) -> Published {
        let published = self.executor.block_on(self.bus.publish(vec![message])).unwrap();
        published.into_iter().next().unwrap()
    }

    fn consume(&mut self) -> Box<dyn Consumer> {
        let consumer = self.bus.consume(&self.queues[0], Prefetch(9));
        self.executor.block_on(consumer).unwrap().unwrap()
    }

    fn next(&mut self, consumer: &mut Box<dyn Consumer>) -> Vec<Delivery> {
        let until = self.executor.time().now();
        self.executor.block_on(consumer.next(9, until)).unwrap().unwrap()
    }

    fn ready(&self) -> [usize; 2] {
        [0, 1].map(|queue| self.bus.depth(&self.queues[queue]).ready)
    }
}

fn code(appended: &Appended) -> &'static str {
    match appended {
        Appended::Applied(_) => "applied",
        Appended::Duplicate(_) => "duplicate",
        Appended::Conflict { .. } => "conflict",
        Appended::Failed(error) => error.code(),
    }
}

#[test]
fn members_of_an_append_fail_alone_before_and_after_they_are_written() {
    let mut world = World::new(0);
    world.strike(Call::Append, FaultKind::FailBefore);
    world.strike(Call::Append, FaultKind::FailAfter);
    let appended = world.append(vec![commit(1, 0), commit(2, 0), commit(3, 0)]);
    let codes: Vec<_> = appended.iter().map(code).collect();
    assert_eq!(codes, ["unavailable", "outcome_unknown", "applied"]);
    let heads = [1, 2, 3].map(|trip| world.head(trip, Consistency::Linearizable));
    assert_eq!(heads, [0, 1, 1]);
    let again = world.append(vec![commit(1, 0), commit(2, 0)]);
    assert_eq!(
        again.iter().map(code).collect::<Vec<_>>(),
        ["applied", "duplicate"]
    );
}

#[test]
fn only_a_cached_load_is_stale() {
    let mut world = World::new(0);
    for version in 0..5 {
        world.append(vec![commit(1, version)]);
    }
    world
        .faults
        .strike_next(Call::Load, Fault::new(FaultKind::StaleRead).with_commits(2));
    assert_eq!(world.head(1, Consistency::Cached), 3);
    world
        .faults
        .strike_next(Call::Load, Fault::new(FaultKind::StaleRead).with_commits(9));
    assert_eq!(world.head(1, Consistency::Cached), 0);
    world.strike(Call::Load, FaultKind::StaleRead);
    assert_eq!(world.head(1, Consistency::Linearizable), 5);
}

#[test]
fn a_late_commit_is_fed_after_later_ones_but_never_out_of_its_streams_order() {
    let mut world = World::new(0);
    world.faults.strike_next(
        Call::Append,
        Fault::new(FaultKind::LateCommit).with_delay(Millis::new(500)),
    );
    world.append(vec![commit(1, 0), commit(2, 0)]);
    world.append(vec![commit(1, 1)]);
    assert_eq!(world.head(1, Consistency::Cached), 2);
    assert_eq!(world.fed(0), [(2, 1)]);
    world.executor.run_until(at(499)).unwrap();
    assert_eq!(world.fed(499), [(2, 1)]);
    world.executor.run_until(at(500)).unwrap();
    assert_eq!(world.fed(500), [(2, 1), (1, 1), (1, 2)]);
}

#[test]
fn a_feed_wakes_when_a_late_commit_becomes_visible() {
    let mut world = World::new(0);
    world.strike(Call::Append, FaultKind::LateCommit);
    world.append(vec![commit(1, 0)]);
    assert_eq!(world.fed(60_000), [(1, 1)]);
    assert_eq!(world.executor.time().now(), at(1_000));
}

#[test]
fn a_group_is_written_when_nothing_can_run_and_lost_in_a_crash_before() {
    let time = VirtualTime::starting_at(at(0));
    let group = Group::default();
    let store = MemoryEventStore::new(time.clone()).in_group(&group);
    let mut executor = Executor::fifo(time);
    let spawn = |executor: &mut Executor, trip| {
        let (store, executor_name) = (store.clone(), format!("writer {trip}"));
        executor.spawn(executor_name, async move {
            let appended = store.append(vec![commit(trip, 0)]).await;
            let expected = if trip < 10 { "outcome_unknown" } else { "applied" };
            assert_eq!(code(&appended[0]), expected);
        })
    };
    let load = |executor: &mut Executor, trip| {
        let request = LoadRequest::whole(stream(trip), Consistency::Linearizable);
        let loaded = executor.block_on(store.load(&[request])).unwrap().pop();
        loaded.unwrap().unwrap().head.get()
    };
    let lost = [spawn(&mut executor, 1), spawn(&mut executor, 2)];
    executor.run_until_idle().unwrap();
    assert!(
        lost.iter().all(|task| executor.is_alive(*task)),
        "nothing was synced"
    );
    store.crash();
    executor.run_until_idle().unwrap();
    assert!(lost.iter().all(|task| !executor.is_alive(*task)));

    executor.add_outside(group);
    let kept = [spawn(&mut executor, 11), spawn(&mut executor, 12)];
    assert_eq!(executor.step().unwrap(), Step::Polled(kept[0]));
    assert_eq!(executor.step().unwrap(), Step::Polled(kept[1]));
    assert!(executor.crash(kept[1]), "its commit is on its way all the same");
    assert_eq!(executor.step().unwrap(), Step::Completed(2));
    executor.run_until_idle().unwrap();
    assert_eq!([1, 2, 11, 12].map(|trip| load(&mut executor, trip)), [0, 0, 1, 1]);
}

#[test]
fn a_published_message_can_be_lost_returned_doubled_nacked_late_and_out_of_order() {
    let unknown = |published| matches!(published, Published::OutcomeUnknown(_));
    let mut world = World::new(0);
    for kind in [FaultKind::FailBefore, FaultKind::Drop] {
        world.strike(Call::Publish, kind);
        assert!(unknown(world.publish(message(1, true))));
        assert_eq!(world.ready(), [0, 0], "{kind:?}");
    }
    world.strike(Call::Publish, FaultKind::Returned);
    assert!(matches!(world.publish(message(1, true)), Published::Returned));
    world.strike(Call::Publish, FaultKind::Returned);
    assert!(unknown(world.publish(message(1, false))));
    assert_eq!(world.ready(), [0, 0]);
    world.strike(Call::Publish, FaultKind::FailAfter);
    assert!(unknown(world.publish(message(1, true))));
    assert_eq!(world.ready(), [1, 1]);
    world.strike(Call::Publish, FaultKind::Nack);
    assert!(unknown(world.publish(message(2, true))));
    assert_eq!(world.ready(), [2, 1], "some queues have it and some do not");
    world.strike(Call::Publish, FaultKind::Duplicate);
    assert!(matches!(world.publish(message(3, true)), Published::Confirmed));
    assert_eq!(world.ready(), [4, 3]);
    world.strike(Call::Publish, FaultKind::Reorder);
    world.publish(message(4, true));
    world.strike(Call::Publish, FaultKind::Delay);
    world.publish(message(5, true));
    let mut consumer = world.consume();
    let delivered = world.next(&mut consumer);
    assert_eq!(numbers(&delivered), [4, 1, 2, 3, 3]);
    let late = world
        .executor
        .block_on(consumer.next(9, at(60_000)))
        .unwrap()
        .unwrap();
    assert_eq!(
        (numbers(&late), late[0].attempt, late[0].redelivered),
        (vec![5], 1, false)
    );
    assert_eq!(world.executor.time().now(), at(1_000));
}

#[test]
fn a_settle_that_was_not_done_can_be_tried_again() {
    let mut world = World::new(0);
    let mut consumer = world.consume();
    world.publish(message(1, true));
    let held = world.next(&mut consumer);
    world.strike(Call::Settle, FaultKind::FailBefore);
    for expected in ["unavailable", "settled"] {
        let settled = consumer.settle(vec![(held[0].tag, Settlement::Ack)]);
        let settled = world.executor.block_on(settled).unwrap();
        assert_eq!(
            settled.map_or_else(|error| error.code(), |()| "settled"),
            expected
        );
    }
    drop(consumer);
    assert_eq!(world.bus.depth(&world.queues[0]).ready, 0);
}

#[test]
fn a_settle_whose_outcome_is_unknown_voids_what_the_consumer_still_holds() {
    let mut world = World::new(0);
    let mut consumer = world.consume();
    for number in 1..=3 {
        world.publish(message(number, true));
    }
    let held = world.next(&mut consumer);
    world.strike(Call::Settle, FaultKind::FailAfter);
    let settled = consumer.settle(vec![(held[0].tag, Settlement::Ack)]);
    assert!(world.executor.block_on(settled).unwrap().is_err());
    let again = world.next(&mut consumer);
    assert_eq!(numbers(&again), [2, 3]);
    assert!(
        again
            .iter()
            .all(|delivery| delivery.redelivered && delivery.attempt == 1)
    );
    let stale = consumer.settle(vec![(held[1].tag, Settlement::Ack)]);
    world.executor.block_on(stale).unwrap().unwrap();
    drop(consumer);
    let mut heir = world.consume();
    assert_eq!(
        numbers(&world.next(&mut heir)),
        [2, 3],
        "a stale tag settled something"
    );
}

#[test]
fn a_batch_that_names_a_stream_twice_is_refused_whatever_strikes_it() {
    let mut world = World::new(0);
    world.strike(Call::Append, FaultKind::FailBefore);
    let appended = world.append(vec![commit(1, 0), commit(1, 1), commit(2, 0)]);
    let codes: Vec<_> = appended.iter().map(code).collect();
    assert_eq!(codes, ["unavailable", "unavailable", "applied"]);
    assert_eq!(world.head(1, Consistency::Linearizable), 0);
}

#[test]
fn a_crash_of_the_bus_returns_what_every_consumer_holds_in_the_old_order() {
    let mut world = World::new(0);
    let mut consumers = [world.consume(), world.consume()];
    for (number, consumer) in (1..).zip(&mut consumers) {
        world.publish(message(number, true));
        assert_eq!(numbers(&world.next(consumer)), [number]);
    }
    world.publish(message(3, true));
    world.bus.crash();
    let [_, survivor] = &mut consumers;
    assert_eq!(numbers(&world.next(survivor)), [1, 2, 3]);
}

#[test]
fn an_outage_makes_its_port_unavailable_and_ends() {
    let mut world = World::new(0);
    world.faults.outage(Port::EventStore, at(1_000), at(2_000));
    for (now, expected) in [
        (0, "applied"),
        (1_000, "unavailable"),
        (1_999, "unavailable"),
        (2_000, "applied"),
    ] {
        world.executor.run_until(at(now)).unwrap();
        let trip = u128::try_from(now).unwrap();
        assert_eq!(
            code(&world.append(vec![commit(trip, 0)])[0]),
            expected,
            "at {now} ms"
        );
        assert!(matches!(world.publish(message(1, true)), Published::Confirmed));
    }
    assert_eq!(world.faults.fired_of(FaultKind::Outage), 2);
}

#[test]
fn a_caller_dies_before_or_after_its_call_and_the_run_says_where() {
    for (kind, head) in [(FaultKind::CrashBefore, 0), (FaultKind::CrashAfter, 1)] {
        let mut world = World::new(0);
        world.strike(Call::Append, kind);
        let store = world.store.clone();
        let victim = world.executor.spawn("victim", async move {
            store.append(vec![commit(1, 0)]).await;
        });
        let mut crashed = None;
        while let Step::Polled(task) = world.executor.step().unwrap() {
            crashed = world.faults.take_crash().map(|call| (call, task));
        }
        assert_eq!(crashed, Some((Call::Append, victim)));
        assert!(world.executor.crash(victim));
        assert_eq!(world.head(1, Consistency::Linearizable), head, "{kind:?}");
    }
}

#[test]
fn a_delayed_call_waits_in_virtual_time_or_until_delays_end() {
    let mut world = World::new(0);
    world.strike(Call::Schedule, FaultKind::Delay);
    let timers = MemoryTimers::new(world.executor.time().clone()).with_faults(&world.faults);
    world.executor.block_on(timers.schedule(vec![])).unwrap().unwrap();
    assert_eq!(world.executor.time().now(), at(1_000));

    let for_ever = Fault::new(FaultKind::Delay).with_delay(Millis::MAX);
    world.faults.strike_next(Call::Append, for_ever);
    let store = world.store.clone();
    let held = world.executor.spawn("held", async move {
        store.append(vec![commit(1, 0)]).await;
    });
    world.executor.run_until(at(1_000_000)).unwrap();
    assert!(world.executor.is_alive(held));
    world.faults.end_delays();
    world.executor.run_until_idle().unwrap();
    assert!(!world.executor.is_alive(held));
    assert_eq!(world.head(1, Consistency::Linearizable), 1);
}

#[test]
fn lost_locations_are_lost_without_a_word() {
    let mut world = World::new(0);
    let feed = MemoryLocations::default().with_faults(&world.faults);
    let subscribed = world.executor.block_on(feed.subscribe(region()));
    let mut reader = subscribed.unwrap().unwrap();
    world.strike(Call::Report, FaultKind::Drop);
    let place = Place::from_e7(407_580_000, -739_855_000).unwrap();
    for sequence in 1..=2 {
        let sample = Sample::new(DriverId::from_u128(1), place, at(0), sequence);
        world
            .executor
            .block_on(feed.report(region(), vec![sample]))
            .unwrap()
            .unwrap();
        let drained = world.executor.block_on(reader.drain()).unwrap().unwrap();
        assert_eq!(drained.len(), usize::from(sequence == 2));
    }
}

/// Every commit and message of a little workload, under a policy that can do everything that leaves the caller alive.
fn run(seed: u64) -> (Vec<String>, Faults) {
    let mut world = World::new(seed);
    let mut policy = FaultPolicy::none()
        .with_delay_max(Millis::from_secs(2))
        .with_stale_commits_max(2);
    for kind in FaultKind::ALL {
        if !matches!(
            kind,
            FaultKind::CrashBefore | FaultKind::CrashAfter | FaultKind::Outage
        ) {
            policy = policy.with_rate_ppm(kind, 60_000);
        }
    }
    world.faults.set_policy(policy);
    let mut seen = Vec::new();
    for number in 1..400 {
        let version = world.append(vec![commit(1, number - 1)]);
        let published = world.publish(message(number, true));
        let load = LoadRequest::whole(stream(1), Consistency::Cached);
        let loaded = world.executor.block_on(world.store.load(&[load])).unwrap();
        seen.push(format!(
            "{version:?} {published:?} {:?}",
            loaded[0].as_ref().map(|loaded| loaded.head)
        ));
    }
    (seen, world.faults)
}

#[test]
fn a_policy_strikes_by_seed_and_counts_what_it_did() {
    let ((first, faults), (again, _), (other, _)) = (run(1), run(1), run(2));
    assert_eq!(first, again);
    assert_ne!(first, other);
    let struck: BTreeSet<_> = faults.fired().into_keys().collect();
    for call in [Call::Append, Call::Publish, Call::Load] {
        for kind in call.faults() {
            let spared = matches!(kind, FaultKind::CrashBefore | FaultKind::CrashAfter);
            assert_eq!(
                struck.contains(&(call, *kind)),
                !spared,
                "{} {}",
                call.name(),
                kind.name()
            );
        }
    }
    faults.heal();
    let before: u64 = faults.fired().values().sum();
    assert!(before > 100);
}

#[test]
fn every_opportunity_can_be_struck_in_turn() {
    let workload = |world: &mut World| {
        world.append(vec![commit(1, 0), commit(2, 0)]);
        world.publish(message(1, true));
    };
    let mut world = World::new(0);
    let first = world.faults.opportunities();
    world.faults.trace();
    workload(&mut world);
    let trace = world.faults.take_trace();
    assert_eq!(trace, [Call::Append, Call::Append, Call::Publish]);
    for (number, call) in (first..).zip(trace) {
        let mut world = World::new(0);
        world.faults.strike_at(number, Fault::new(FaultKind::FailBefore));
        workload(&mut world);
        let fired = world.faults.fired().into_keys().collect::<Vec<_>>();
        assert_eq!(fired, [(call, FaultKind::FailBefore)]);
    }
}

#[test]
fn a_fault_that_cannot_strike_a_call_does_nothing() {
    let mut world = World::new(0);
    world.strike(Call::Append, FaultKind::Nack);
    assert_eq!(code(&world.append(vec![commit(1, 0)])[0]), "applied");
    assert!(world.faults.fired().is_empty());
}
