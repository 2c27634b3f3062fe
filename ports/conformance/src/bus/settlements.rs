//! Checks of deliveries and what a consumer says of them.

use super::BusHarness;
use super::steps::{delivered, event, events, only, queue, retry_after, sorted};
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use fiacre_domain::units::Millis;
use fiacre_ports::{Delivery, ParkReason, QueueSpec, Settlement, Tag};

/// A delay that a retry ladder has a rung for.
const DELAY: Millis = Millis::new(300);
/// A delay that no check waits for.
const LONG_DELAY: Millis = Millis::from_minutes(10);

fn unwanted() -> ParkReason {
    ParkReason::Refused {
        code: "suite_unwanted".to_owned(),
        text: "failed to want the message".to_owned(),
    }
}

pub(super) fn prefetch_bounds_unsettled<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = queue(script.ids(), "suite");
    script.declare(&bus, &spec)?;
    script.publish_confirmed(&bus, &events(script.ids(), 8))?;
    let mut consumer = script.consume(&bus, &spec.name, 4)?;
    let first = script.next(&mut consumer, 3, script.patience())?;
    expect(first.len() <= 3, "at most three", delivered(&first))?;
    let mut held = first;
    held.extend(script.take(&mut consumer, 4 - held.len())?);
    expect_same("the count of deliveries held", &4, &held.len())?;
    let above = script.next(&mut consumer, 10, script.silence())?;
    expect(above.is_empty(), "nothing above the prefetch", delivered(&above))?;
    let (settled, _) = held.split_at(2);
    script.ack(&mut consumer, settled)?;
    let more = script.take(&mut consumer, 2)?;
    expect_same("the count of deliveries after two were settled", &2, &more.len())
}

pub(super) fn backlog_is_what_waits<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = queue(script.ids(), "suite");
    script.declare(&bus, &spec)?;
    script.await_backlog(&bus, &spec.name, 0)?;
    script.publish_confirmed(&bus, &events(script.ids(), 8))?;
    script.await_backlog(&bus, &spec.name, 8)?;
    let mut consumer = script.consume(&bus, &spec.name, 3)?;
    let held = script.take(&mut consumer, 3)?;
    script.await_backlog(&bus, &spec.name, 5)?;
    script.ack(&mut consumer, &held)?;
    // A broker may hand out the next ones unasked, until nobody is there to hold them.
    script.kill(consumer);
    script.await_backlog(&bus, &spec.name, 5)
}

pub(super) fn what_does_not_wait_is_no_backlog<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 3))?;
    let taken = script.take(&mut consumer, 3)?;
    let ends = [
        retry_after(LONG_DELAY),
        Settlement::Ack,
        Settlement::Park(unwanted()),
    ];
    for (delivery, end) in taken.iter().zip(ends) {
        script.settle(&mut consumer, &[(delivery.tag, end)])?;
    }
    script.await_parked(&bus, &spec.name, 1)?;
    script.await_backlog(&bus, &spec.name, 0)
}

/// Every delivery must be a redelivery of its first attempt.
fn expect_redelivered(deliveries: &[Delivery], count: usize) -> Check {
    let again = deliveries
        .iter()
        .all(|delivery| delivery.redelivered && delivery.attempt == 1);
    expect(
        again && deliveries.len() == count,
        format!("{count} redelivered, each at attempt 1"),
        delivered(deliveries),
    )
}

pub(super) fn death_of_a_consumer_redelivers<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut first) = script.consumed("suite")?;
    let messages = events(script.ids(), 3);
    script.publish_confirmed(&bus, &messages)?;
    script.take(&mut first, 3)?;
    script.kill(first);
    let mut second = script.consume(&bus, &spec.name, 100)?;
    let again = script.take(&mut second, 3)?;
    expect_redelivered(&again, 3)?;
    let came = sorted(again.iter().map(|delivery| &*delivery.message));
    expect_same("the messages, sorted", &messages, &came)
}

pub(super) fn acknowledged_is_gone<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 3))?;
    let taken = script.take(&mut consumer, 3)?;
    script.ack(&mut consumer, &taken)?;
    script.expect_quiet(&mut consumer)?;
    script.kill(consumer);
    let mut other = script.consume(&bus, &spec.name, 100)?;
    script.expect_quiet(&mut other)
}

pub(super) fn retry_comes_back_later<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let harness = script.harness();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let message = event(script.ids(), 1);
    script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
    let mut delivery = only(script.take(&mut consumer, 1)?)?;
    for attempt in 2..=3 {
        let earliest = harness.now().plus(DELAY);
        script.settle(&mut consumer, &[(delivery.tag, retry_after(DELAY))])?;
        delivery = only(script.take(&mut consumer, 1)?)?;
        let now = harness.now();
        expect(now >= earliest, format!("no delivery before {earliest}"), now)?;
        expect_same("the attempt", &attempt, &delivery.attempt)?;
        expect_same("the message", &message, &*delivery.message)?;
    }
    Ok(())
}

pub(super) fn retry_spares_neighbours<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(ids, 2))?;
    let taken = script.take(&mut consumer, 2)?;
    let delays = [LONG_DELAY, DELAY];
    for (delivery, delay) in taken.iter().zip(delays) {
        script.settle(&mut consumer, &[(delivery.tag, retry_after(delay))])?;
    }
    let fresh = event(ids, 3);
    script.publish_confirmed(&bus, std::slice::from_ref(&fresh))?;
    let mut expected: Vec<_> = taken.iter().skip(1).map(|delivery| &*delivery.message).collect();
    expected.push(&fresh);
    let came = script.take(&mut consumer, 2)?;
    let came = sorted(came.iter().map(|delivery| &*delivery.message));
    expect_same("the messages, sorted", &sorted(expected), &came)
}

pub(super) fn return_counts_nothing<H: BusHarness>(script: &Script<'_, H>) -> Check {
    // More often than the queue allows failures.
    const RETURNS: u32 = 5;
    const SHORT: Millis = Millis::new(50);
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &[event(script.ids(), 1)])?;
    let mut delivery = only(script.take(&mut consumer, 1)?)?;
    for _ in 0..RETURNS {
        expect_same("the attempt", &1, &delivery.attempt)?;
        let earliest = script.harness().now().plus(SHORT);
        script.settle(
            &mut consumer,
            &[(delivery.tag, Settlement::Return { delay: SHORT })],
        )?;
        delivery = only(script.take(&mut consumer, 1)?)?;
        let now = script.harness().now();
        expect(now >= earliest, format!("no delivery before {earliest}"), now)?;
    }
    expect_same("the attempt", &1, &delivery.attempt)
}

pub(super) fn stale_tag_is_ignored<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &[event(ids, 1)])?;
    let first = script.take(&mut consumer, 1)?;
    script.ack(&mut consumer, &first)?;
    script.publish_confirmed(&bus, &[event(ids, 2)])?;
    let second = script.take(&mut consumer, 1)?;
    let never = Tag(u64::MAX);
    for tag in first.iter().map(|delivery| delivery.tag).chain([never]) {
        script.settle(&mut consumer, &[(tag, Settlement::Park(unwanted()))])?;
    }
    let parked = script.parked(&bus, &spec.name, 10)?;
    expect(parked.is_empty(), "nothing parked", &parked)?;
    script.ack(&mut consumer, &second)?;
    script.expect_quiet(&mut consumer)
}

pub(super) fn consumers_share_a_queue<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = queue(script.ids(), "suite");
    script.declare(&bus, &spec)?;
    let mut one = script.consume(&bus, &spec.name, 2)?;
    let mut other = script.consume(&script.open_bus(), &spec.name, 2)?;
    let messages = events(script.ids(), 4);
    script.publish_confirmed(&bus, &messages)?;
    let mut taken = script.take(&mut one, 2)?;
    taken.extend(script.take(&mut other, 2)?);
    let came = sorted(taken.iter().map(|delivery| &*delivery.message));
    expect_same("the messages that both hold, sorted", &messages, &came)
}

pub(super) fn single_active_gets_all<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = QueueSpec {
        single_active: true,
        ..queue(script.ids(), "suite-single")
    };
    script.declare(&bus, &spec)?;
    let mut active = script.consume(&bus, &spec.name, 2)?;
    let mut standby = script.consume(&script.open_bus(), &spec.name, 100)?;
    let messages = events(script.ids(), 4);
    script.publish_confirmed(&bus, &messages)?;
    let mut taken = script.take(&mut active, 2)?;
    expect_same(
        "the count of messages that the active one holds",
        &2,
        &taken.len(),
    )?;
    // It is full, and yet nobody else is handed the rest.
    let passed = script.next(&mut standby, 10, script.silence())?;
    expect(
        passed.is_empty(),
        "nothing for the one that stands by",
        delivered(&passed),
    )?;
    let acknowledged = taken.split_off(1);
    script.ack(&mut active, &acknowledged)?;
    taken.extend(script.take(&mut active, 1)?);
    script.kill(active);
    let after = script.take(&mut standby, 3)?;
    let of = |deliveries: &[Delivery]| sorted(deliveries.iter().map(|delivery| &*delivery.message));
    let gone = of(&acknowledged);
    let left = messages.iter().filter(|message| !gone.contains(message));
    expect_same("the messages after it, sorted", &sorted(left), &of(&after))?;
    let (again, first): (Vec<_>, Vec<_>) = after.into_iter().partition(|delivery| delivery.redelivered);
    expect_same("those redelivered, sorted", &of(&taken), &of(&again))?;
    expect_same(
        "the count of those delivered for the first time",
        &1,
        &first.len(),
    )
}

pub(super) fn unsettled_survives_a_crash<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 2))?;
    script.take(&mut consumer, 2)?;
    script.note("the bus crashes");
    script.harness().crash();
    script.kill(consumer);
    let mut consumer = script.consume(&script.open_bus(), &spec.name, 100)?;
    expect_redelivered(&script.take(&mut consumer, 2)?, 2)
}

pub(super) fn put_off_survives_a_crash<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 2))?;
    let mut attempts = Vec::new();
    let ends = [retry_after(DELAY), Settlement::Return { delay: DELAY }];
    for (delivery, (end, attempt)) in script
        .take(&mut consumer, 2)?
        .iter()
        .zip(ends.into_iter().zip([2, 1]))
    {
        script.settle(&mut consumer, &[(delivery.tag, end)])?;
        attempts.push((delivery.message.id(), attempt));
    }
    script.note("the bus crashes");
    script.harness().crash();
    script.kill(consumer);
    let mut consumer = script.consume(&script.open_bus(), &spec.name, 100)?;
    let came = script.take(&mut consumer, 2)?;
    let mut came: Vec<_> = came.iter().map(|one| (one.message.id(), one.attempt)).collect();
    attempts.sort_unstable();
    came.sort_unstable();
    expect_same("the messages and their attempts, sorted", &attempts, &came)
}

pub(super) fn cut_voids_tags<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 2))?;
    let before = script.take(&mut consumer, 2)?;
    script.note("the connection is cut under the consumer");
    script.harness().cut();
    let after = script.take(&mut consumer, 2)?;
    expect_redelivered(&after, 2)?;
    let reason = unwanted();
    let stale: Vec<_> = before
        .iter()
        .filter(|old| after.iter().all(|new| new.tag != old.tag))
        .map(|old| (old.tag, Settlement::Park(reason.clone())))
        .collect();
    expect_same("the count of tags from before that are void", &2, &stale.len())?;
    script.settle(&mut consumer, &stale)?;
    let parked = script.parked(&bus, &spec.name, 10)?;
    expect(parked.is_empty(), "nothing parked", &parked)?;
    script.ack(&mut consumer, &after)?;
    script.expect_quiet(&mut consumer)
}
