//! Queues beyond what their clauses ask: backlogs that are not in memory, cursors with holes, rows that are thrown away.

use super::world::World;
use crate::tables::Table;
use fiacre_conformance::sample::{AT, Ids};
use fiacre_domain::saga::Service;
use fiacre_domain::stream::{Commit, EventId, Version};
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Body, Bus, Clock, Consumer, Delivery, EventKinds, EventStore, Message, Prefetch, Published, QueueName,
    QueueSpec, Scope, Settlement, Tag,
};
use futures_util::FutureExt;
use std::sync::Arc;

const IDS: Ids = Ids::new(17);

fn queue() -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader("queues", IDS.region()),
        region: IDS.region(),
        events: EventKinds::All,
        commands_of: None,
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

fn event(number: u32) -> Message {
    let driver = IDS.driver(1);
    Message {
        body: Body::Event {
            id: EventId::new(driver, Version::new(number), 0),
            committed_at: AT,
            event: IDS.event(driver, 1),
        },
        region: IDS.region(),
        trace: None,
        mandatory: true,
    }
}

fn number(delivery: &Delivery) -> u32 {
    match &delivery.message.body {
        Body::Event { id, .. } => id.version().get(),
        Body::Command { .. } | Body::Notice(_) => 0,
    }
}

impl World {
    fn publish(&self, messages: Vec<Message>) {
        let database = self.database();
        let bus = database.bus(self.clock());
        self.time.block_on(&database, bus.declare(&queue())).unwrap();
        let answers = self.time.block_on(&database, bus.publish(messages));
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Published::Confirmed))
        );
    }

    fn consumer(&self, prefetch: u16) -> Box<dyn Consumer> {
        let database = self.database();
        let bus = database.bus(self.clock());
        let consume = async { bus.consume(&queue().name, Prefetch(prefetch)).await };
        self.time.block_on(&database, consume).unwrap()
    }

    fn next(&self, consumer: &mut Box<dyn Consumer>, max: usize) -> Vec<Delivery> {
        let next = consumer.next(max, self.time.now());
        self.time.block_on(&self.database(), next).unwrap()
    }

    fn settle(&self, consumer: &mut Box<dyn Consumer>, settlements: Vec<(Tag, Settlement)>) {
        let settle = consumer.settle(settlements);
        self.time.block_on(&self.database(), settle).unwrap();
    }

    fn rows(&self, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
        let database = self.database();
        let rows = database.core().tables.prefix(table, &[]);
        rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap())
            .collect()
    }
}

fn acks(deliveries: &[Delivery]) -> Vec<(Tag, Settlement)> {
    deliveries
        .iter()
        .map(|delivery| (delivery.tag, Settlement::Ack))
        .collect()
}

#[test]
fn a_backlog_beyond_memory_comes_whole_and_in_order_and_its_rows_go() {
    const COUNT: u32 = 10_000;
    let world = World::new();
    for first in (0..COUNT).step_by(2_500) {
        world.publish((first..first + 2_500).map(event).collect());
    }
    let mut consumer = world.consumer(256);
    let mut seen = Vec::new();
    while seen.len() < COUNT as usize {
        let deliveries = world.next(&mut consumer, 256);
        assert!(!deliveries.is_empty() && deliveries.iter().all(|delivery| !delivery.redelivered));
        seen.extend(deliveries.iter().map(number));
        world.settle(&mut consumer, acks(&deliveries));
    }
    assert_eq!(seen, (0..COUNT).collect::<Vec<_>>());
    world.database().core().sync_all();
    assert_eq!(world.rows(Table::Messages).len(), 1);
    world.kill();
    assert!(world.next(&mut world.consumer(256), 256).is_empty());
}

#[test]
fn after_a_kill_only_what_was_not_settled_comes_again() {
    let world = World::new();
    world.publish((0..6).map(event).collect());
    let mut consumer = world.consumer(100);
    let taken = world.next(&mut consumer, 5);
    let odd: Vec<_> = taken
        .iter()
        .filter(|delivery| number(delivery) % 2 == 1)
        .cloned()
        .collect();
    world.settle(&mut consumer, acks(&odd));
    world.database().core().sync_all();
    world.kill();
    let again = world.next(&mut world.consumer(100), 100);
    let again: Vec<_> = again
        .iter()
        .map(|delivery| (number(delivery), delivery.attempt))
        .collect();
    assert_eq!(again, [(0, 1), (2, 1), (4, 1), (5, 1)]);
}

#[test]
fn what_was_far_from_being_handed_out_is_not_marked_as_redelivered() {
    let world = World::new();
    world.publish((0..4_000).map(event).collect());
    let taken = world.next(&mut world.consumer(10), 10);
    assert_eq!(taken.len(), 10);
    world.kill();
    let mut consumer = world.consumer(u16::MAX);
    let mut again = Vec::new();
    while again.len() < 4_000 {
        again.extend(world.next(&mut consumer, 4_000));
    }
    assert!(again[..10].iter().all(|delivery| delivery.redelivered));
    assert!(again[2_000..].iter().all(|delivery| !delivery.redelivered));
}

#[test]
fn a_queue_hands_out_so_many_and_the_rest_after_the_next_group() {
    assert_handed_out(1_024, [1_024, 976]);
}

#[test]
fn a_queue_hands_out_as_much_as_its_consumers_may_hold() {
    assert_handed_out(1_500, [1_500, 500]);
}

/// What a consumer with this prefetch gets of 2,000 messages before a group, and after it.
fn assert_handed_out(prefetch: u16, [before, after]: [usize; 2]) {
    let world = World::new();
    let database = world.database();
    let bus = database.bus(world.clock());
    world.time.block_on(&database, bus.declare(&queue())).unwrap();
    let mut consumer = world.consumer(prefetch);
    world.publish((1..=2_000).map(event).collect());
    // Nothing waits for a group before the first is used up.
    let first = consumer.next(usize::MAX, world.time.now()).now_or_never();
    let first = first.unwrap().unwrap();
    assert_eq!(first.len(), before);
    let acks = first.iter().map(|delivery| (delivery.tag, Settlement::Ack));
    consumer.settle(acks.collect()).now_or_never().unwrap().unwrap();
    let second = consumer.next(usize::MAX, world.time.now()).now_or_never();
    assert!(second.is_none(), "a group comes between");
    assert!(database.is_awaited());
    assert_eq!(world.next(&mut consumer, usize::MAX).len(), after);
}

#[test]
fn an_attempt_is_counted_over_a_kill() {
    let world = World::new();
    world.publish(vec![event(1)]);
    for attempt in 1..=3 {
        let mut consumer = world.consumer(1);
        let deliveries = world.next(&mut consumer, 1);
        assert_eq!(deliveries[0].attempt, attempt);
        let failed = Settlement::RetryAfter {
            delay: Millis::new(10),
            code: "queues".to_owned(),
            text: "failed".to_owned(),
        };
        world.settle(&mut consumer, vec![(deliveries[0].tag, failed)]);
        world.kill();
        world.time.pass(Millis::new(10));
    }
    assert!(world.next(&mut world.consumer(1), 1).is_empty());
    assert_eq!(
        (world.rows(Table::Parked).len(), world.rows(Table::Deferred).len()),
        (1, 0)
    );
}

/// The messages of a commit, as a relay makes them.
fn of(commit: &Commit) -> Vec<Message> {
    let message = |(id, event): (EventId, &fiacre_domain::event::Event)| Message {
        body: Body::Event {
            id,
            committed_at: commit.at,
            event: event.clone(),
        },
        region: commit.region,
        trace: commit.trace.clone(),
        mandatory: true,
    };
    commit.numbered().map(message).collect()
}

#[test]
fn an_event_that_lies_in_the_log_is_only_named() {
    let world = World::new();
    let database = world.database();
    let store = database.event_store(world.clock());
    let commits = (0..20)
        .map(|driver| IDS.commit(IDS.driver(driver), 0, driver))
        .collect();
    world.time.block_on(&database, store.append(commits));
    let feed = store.feed(Scope::of(Service::Driver), 100, world.time.now());
    let fed = world.time.block_on(&database, feed).unwrap();
    let messages: Vec<_> = fed
        .iter()
        .flat_map(|entry| of(entry.commit.as_ref().unwrap()))
        .collect();
    world.publish(messages.clone());
    let bytes: usize = world.rows(Table::Messages).iter().map(|(_, row)| row.len()).sum();
    assert!(bytes < 20 * 40, "{bytes} bytes for 20 messages");
    world.kill();
    let found = world.next(&mut world.consumer(100), 100);
    let found: Vec<_> = found
        .iter()
        .map(|delivery| Arc::clone(&delivery.message))
        .collect();
    assert_eq!(found, messages.into_iter().map(Arc::new).collect::<Vec<_>>());
}
