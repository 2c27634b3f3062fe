//! What the conformance suite does not ask of a bus in memory: routing in full, waiting in virtual time, shared messages.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_domain::dispatch::DispatchEvent;
use fiacre_domain::event::Event;
use fiacre_domain::id::{IntentId, RegionId, TripId, WebhookId};
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_domain::{dispatch, id::CommandId};
use fiacre_memory::{Depth, Executor, Group, MemoryBus, Paced, VirtualTime};
use fiacre_ports::{
    Body, Bus, Consumer, Delivery, EventKind, EventKinds, Message, PaymentNotice, Prefetch, Published,
    QueueName, QueueSpec, Settlement, Tag,
};
use std::sync::Arc;

const CLOSED: &[EventKind] = &[EventKind::named("DispatchClosed")];

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn region(name: &str) -> RegionId {
    name.parse().unwrap()
}

fn message(name: &str, body: Body) -> Message {
    Message {
        body,
        region: region(name),
        trace: None,
        mandatory: true,
    }
}

fn event(number: u32, event: DispatchEvent) -> Body {
    Body::Event {
        id: EventId::new(StreamId::Dispatch(TripId::from_u128(1)), Version::new(number), 0),
        committed_at: at(0),
        event: event.into(),
    }
}

fn closed(number: u32) -> Message {
    message("manhattan", event(number, DispatchEvent::DispatchClosed))
}

fn queue(name: &str, region_name: &str, events: EventKinds, commands_of: Option<Service>) -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader(name, region(region_name)),
        region: region(region_name),
        events,
        commands_of,
        notices: commands_of == Some(Service::Payment),
        single_active: false,
        attempts_max: 3,
    }
}

struct World {
    executor: Executor,
    bus: MemoryBus,
    queue: QueueName,
}

impl World {
    /// A bus with one queue, which takes the ends of searches in Manhattan.
    fn new() -> Self {
        let time = VirtualTime::starting_at(at(0));
        let mut world = Self {
            bus: MemoryBus::new(time.clone()),
            executor: Executor::fifo(time),
            queue: QueueName::of_reader("reader", region("manhattan")),
        };
        world.declare(&queue("reader", "manhattan", EventKinds::Of(CLOSED), None));
        world
    }

    fn declare(&mut self, spec: &QueueSpec) {
        self.executor.block_on(self.bus.declare(spec)).unwrap().unwrap();
    }

    fn publish(&mut self, message: Message) -> Published {
        let published = self.executor.block_on(self.bus.publish(vec![message])).unwrap();
        published.into_iter().next().unwrap()
    }

    fn consume(&mut self, prefetch: u16) -> Box<dyn Consumer> {
        let consumer = self.bus.consume(&self.queue, Prefetch(prefetch));
        self.executor.block_on(consumer).unwrap().unwrap()
    }

    fn next(&mut self, consumer: &mut Box<dyn Consumer>, max: usize, until: i64) -> Vec<Delivery> {
        self.executor
            .block_on(consumer.next(max, at(until)))
            .unwrap()
            .unwrap()
    }

    fn settle(&mut self, consumer: &mut Box<dyn Consumer>, tag: Tag, settlement: Settlement) {
        let settled = consumer.settle(vec![(tag, settlement)]);
        self.executor.block_on(settled).unwrap().unwrap();
    }
}

fn retry(delay_ms: i64) -> Settlement {
    Settlement::RetryAfter {
        delay: Millis::new(delay_ms),
        code: "code".to_owned(),
        text: "text".to_owned(),
    }
}

fn versions(deliveries: &[Delivery]) -> Vec<u32> {
    let version = |delivery: &Delivery| match delivery.message.body {
        Body::Event { id, .. } => id.version().get(),
        Body::Command { .. } | Body::Notice(_) => 0,
    };
    deliveries.iter().map(version).collect()
}

#[test]
fn a_message_goes_where_region_kind_and_service_say() {
    let mut world = World::new();
    world.declare(&queue("everything", "manhattan", EventKinds::All, None));
    world.declare(&queue(
        "elsewhere",
        "brooklyn",
        EventKinds::All,
        Some(Service::Payment),
    ));
    world.declare(&queue(
        "drivers",
        "manhattan",
        EventKinds::Of(&[]),
        Some(Service::Driver),
    ));
    world.declare(&queue(
        "payments",
        "manhattan",
        EventKinds::Of(&[]),
        Some(Service::Payment),
    ));
    let trip = TripId::from_u128(1);
    let command = Body::Command {
        id: CommandId::from_u128(1),
        command: Command::Dispatch(trip, dispatch::Command::SearchBudgetOver { round: 0 }),
    };
    let notice = Body::Notice(PaymentNotice {
        id: WebhookId::from_u128(1),
        intent: IntentId::from_u128(1),
    });
    let ending = event(2, DispatchEvent::DispatchEnding);
    let cases = [
        (closed(1), ["reader", "everything"].as_slice()),
        (message("manhattan", ending), &["everything"]),
        (message("manhattan", command), &["drivers"]),
        (message("brooklyn", notice.clone()), &["elsewhere"]),
        (message("manhattan", notice), &["payments"]),
    ];
    let names = ["reader", "everything", "elsewhere", "drivers", "payments"];
    let depth_of = |world: &World, name: &str| {
        let places = ["manhattan", "brooklyn"].map(|place| QueueName::of_reader(name, region(place)));
        places
            .iter()
            .map(|queue| world.bus.depth(queue).ready)
            .sum::<usize>()
    };
    for (message, takers) in cases {
        let before = names.map(|name| depth_of(&world, name));
        let text = format!("{message:?}");
        assert!(matches!(world.publish(message), Published::Confirmed), "{text}");
        for (name, before) in names.into_iter().zip(before) {
            let expected = before + usize::from(takers.contains(&name));
            assert_eq!(depth_of(&world, name), expected, "{name} after {text}");
        }
    }
    assert!(matches!(
        world.publish(message("queens", event(1, DispatchEvent::DispatchClosed))),
        Published::Returned
    ));
}

#[test]
fn binding_a_queue_anew_changes_what_it_takes() {
    let mut world = World::new();
    let ending = || message("manhattan", event(2, DispatchEvent::DispatchEnding));
    assert!(matches!(world.publish(ending()), Published::Returned));
    world.declare(&queue("reader", "manhattan", EventKinds::All, None));
    assert!(matches!(world.publish(ending()), Published::Confirmed));
}

#[test]
fn all_queues_share_one_message() {
    let mut world = World::new();
    world.declare(&queue("other", "manhattan", EventKinds::All, None));
    world.publish(closed(1));
    let mut one = world.consume(9);
    world.queue = QueueName::of_reader("other", region("manhattan"));
    let mut other = world.consume(9);
    let (here, there) = (world.next(&mut one, 9, 0), world.next(&mut other, 9, 0));
    assert!(Arc::ptr_eq(&here[0].message, &there[0].message));
}

#[test]
fn a_retry_comes_back_at_its_time_without_anyone_looking() {
    let mut world = World::new();
    let mut consumer = world.consume(9);
    world.publish(closed(1));
    let first = world.next(&mut consumer, 9, 0);
    world.settle(&mut consumer, first[0].tag, retry(30_000));
    assert!(world.next(&mut consumer, 9, 29_999).is_empty());
    let second = world.next(&mut consumer, 9, 90_000);
    assert_eq!((second[0].attempt, world.executor.time().now()), (2, at(30_000)));
    world.settle(&mut consumer, second[0].tag, retry(0));
    let third = world.next(&mut consumer, 9, 90_000);
    world.settle(&mut consumer, third[0].tag, retry(0));
    let parked = Depth {
        parked: 1,
        ..Depth::default()
    };
    assert_eq!(world.bus.depth(&world.queue), parked);
}

#[test]
fn a_dead_consumer_gives_back_what_it_held_in_the_old_order() {
    let mut world = World::new();
    let mut dying = world.consume(3);
    for number in 1..=5 {
        world.publish(closed(number));
    }
    let held = world.next(&mut dying, 9, 0);
    assert_eq!(versions(&held), [1, 2, 3]);
    assert!(
        world.next(&mut dying, 9, 10).is_empty(),
        "the prefetch is used up"
    );
    world.settle(&mut dying, held[1].tag, Settlement::Ack);
    drop(dying);
    let mut heir = world.consume(9);
    let inherited = world.next(&mut heir, 9, 20);
    assert_eq!(versions(&inherited), [1, 3, 4, 5]);
    let redelivered: Vec<_> = inherited.iter().map(|delivery| delivery.redelivered).collect();
    assert_eq!(redelivered, [true, true, false, false]);
    assert!(inherited.iter().all(|delivery| delivery.attempt == 1));
}

#[test]
fn a_queue_that_is_not_declared_cannot_be_used() {
    let mut world = World::new();
    world.queue = QueueName::of_reader("nobody", region("manhattan"));
    let consumer = world.bus.consume(&world.queue, Prefetch(1));
    let outcome = world.executor.block_on(consumer).unwrap();
    assert_eq!(outcome.map(|_| ()).unwrap_err().code(), "invalid");
    assert_eq!(world.bus.depth(&world.queue), Depth::default());
}

#[test]
fn events_are_delivered_as_they_were_published() {
    let mut world = World::new();
    let mut consumer = world.consume(9);
    world.publish(closed(7));
    let delivered = world.next(&mut consumer, 9, 0);
    assert_eq!(*delivered[0].message, closed(7));
    assert_eq!(
        Event::from(DispatchEvent::DispatchClosed).name(),
        CLOSED[0].name()
    );
}

#[test]
fn one_message_wakes_one_of_many_consumers_and_a_dead_one_passes_it_on() {
    let mut world = World::new();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let mut consumer = world.consume(9);
            world.executor.spawn("consumer", async move {
                let delivered = consumer.next(9, Timestamp::MAX).await.unwrap();
                let tags = delivered.iter().map(|delivery| (delivery.tag, Settlement::Ack));
                consumer.settle(tags.collect()).await.unwrap();
            })
        })
        .collect();
    world.executor.run_until_idle().unwrap();
    let polls = world.executor.polls();
    world.publish(closed(1));
    // The first consumer is awake, and dies before it looks.
    assert!(world.executor.crash(tasks[0]));
    world.executor.run_until_idle().unwrap();
    let alive: Vec<_> = tasks.iter().map(|task| world.executor.is_alive(*task)).collect();
    assert_eq!(alive, [false, false, true, true, true, true, true, true]);
    assert!(
        world.executor.polls() - polls <= 3,
        "{}",
        world.executor.polls() - polls
    );
    assert_eq!(world.bus.depth(&world.queue), Depth::default());
}

#[test]
fn a_full_consumer_keeps_no_message_from_its_neighbours() {
    let mut world = World::new();
    let (mut full, mut hungry) = (world.consume(1), world.consume(1));
    world.publish(closed(1));
    assert_eq!(versions(&world.next(&mut full, 1, 0)), [1]);
    world.executor.spawn("full", async move {
        full.next(1, Timestamp::MAX).await.unwrap();
    });
    world.executor.run_until_idle().unwrap();
    let (bus, time) = (world.bus.clone(), world.executor.time().clone());
    world.executor.spawn("publisher", async move {
        time.sleep_until(at(5)).await;
        bus.publish(vec![closed(2)]).await;
    });
    assert_eq!(versions(&world.next(&mut hungry, 1, 1_000)), [2]);
    assert_eq!(world.executor.time().now(), at(5));
}

/// As the bus on disk does: with each group it writes what may be handed out before the next one.
#[test]
fn in_a_group_a_queue_hands_out_so_many_and_the_rest_after_the_next_group() {
    assert_handed_out(1_024, [1_024, 976]);
}

#[test]
fn in_a_group_a_queue_hands_out_as_much_as_its_consumers_may_hold() {
    assert_handed_out(1_500, [1_500, 500]);
}

/// What a consumer with this prefetch gets of 2,000 messages in each of two groups.
fn assert_handed_out(prefetch: u16, counts: [usize; 2]) {
    let (time, group) = (VirtualTime::starting_at(at(0)), Group::default());
    let bus = MemoryBus::new(time.clone()).in_group(&group);
    let mut executor = Executor::fifo(time.clone());
    executor.add_outside(Paced::new(group, time.clone(), Millis::new(20)));
    let spec = queue("closed", "manhattan", EventKinds::All, None);
    executor.block_on(bus.declare(&spec)).unwrap().unwrap();
    let consume = bus.consume(&spec.name, Prefetch(prefetch));
    let mut consumer = executor.block_on(consume).unwrap().unwrap();
    let backlog = (1..=2_000).map(closed).collect();
    let published = executor.block_on(bus.publish(backlog)).unwrap();
    assert!(
        published
            .iter()
            .all(|answer| matches!(answer, Published::Confirmed))
    );
    for (count, ms) in counts.into_iter().zip([40, 60]) {
        let taken = executor
            .block_on(consumer.next(usize::MAX, time.now()))
            .unwrap()
            .unwrap();
        assert_eq!((taken.len(), time.now()), (count, at(ms)));
        let acks = taken.iter().map(|delivery| (delivery.tag, Settlement::Ack));
        executor
            .block_on(consumer.settle(acks.collect()))
            .unwrap()
            .unwrap();
    }
}
