//! Checks of which message reaches which queue.

use super::BusHarness;
use super::steps::{Answer, delivered, event, event_of, events, only, queue, sorted};
use crate::report::{Check, expect, expect_same};
use crate::sample::Ids;
use crate::script::{Script, both};
use fiacre_domain::driver;
use fiacre_domain::id::WebhookId;
use fiacre_domain::saga::{Command, Service};
use fiacre_domain::stream::StreamId;
use fiacre_ports::{Body, EventKinds, Message, PaymentNotice, QueueName, QueueSpec};
use std::cell::RefCell;

pub(super) fn declaring_again_keeps_messages<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = queue(script.ids(), "suite");
    script.declare(&bus, &spec)?;
    let messages = events(script.ids(), 2);
    script.publish_confirmed(&bus, &messages)?;
    script.declare(&script.open_bus(), &spec)?;
    let mut consumer = script.consume(&bus, &spec.name, 100)?;
    let taken = script.take(&mut consumer, 2)?;
    let taken = sorted(taken.iter().map(|delivery| &*delivery.message));
    expect_same("the messages, sorted", &messages, &taken)
}

pub(super) fn confirmed_is_delivered<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let bus = script.open_bus();
    let spec = queue(ids, "suite");
    script.declare(&bus, &spec)?;
    let mut plain = event(ids, 2);
    plain.trace = None;
    plain.mandatory = false;
    for message in [event(ids, 1), plain] {
        script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
        let mut consumer = script.consume(&bus, &spec.name, 100)?;
        let delivery = only(script.take(&mut consumer, 1)?)?;
        expect_same("the message", &message, &*delivery.message)?;
        expect_same("the attempt", &1, &delivery.attempt)?;
        expect(
            !delivery.redelivered,
            "not marked as redelivered",
            delivery.redelivered,
        )?;
        script.ack(&mut consumer, &[delivery])?;
    }
    Ok(())
}

pub(super) fn every_bound_queue_gets_it<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let specs = ["suite-1", "suite-2", "suite-3"].map(|reader| queue(script.ids(), reader));
    for spec in &specs {
        script.declare(&bus, spec)?;
    }
    let messages = events(script.ids(), 2);
    let answers = script.publish(&bus, &messages)?;
    expect_same("the answers", &vec![Answer::Confirmed; 2], &answers)?;
    for spec in &specs {
        let mut consumer = script.consume(&bus, &spec.name, 100)?;
        let taken = script.take(&mut consumer, 2)?;
        let taken = sorted(taken.iter().map(|delivery| &*delivery.message));
        expect_same(
            &format!("the messages of {}, sorted", spec.name),
            &messages,
            &taken,
        )?;
    }
    Ok(())
}

/// A message of a region without any queue.
fn unroutable(ids: Ids, number: u8, mandatory: bool) -> Message {
    Message {
        region: ids.elsewhere(),
        mandatory,
        ..event(ids, number)
    }
}

pub(super) fn unroutable_is_returned<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let bus = script.open_bus();
    script.declare(&bus, &queue(ids, "suite"))?;
    let answers = script.publish(&bus, &[unroutable(ids, 1, true)])?;
    expect_same(
        "the answer to the mandatory one",
        &vec![Answer::Returned],
        &answers,
    )?;
    let answers = script.publish(&bus, &[unroutable(ids, 2, false)])?;
    expect_same("the answer to the other", &vec![Answer::Confirmed], &answers)
}

pub(super) fn answers_follow_the_messages<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let batch = [
        event(ids, 1),
        unroutable(ids, 2, true),
        event(ids, 3),
        event(ids, 4),
    ];
    let answers = script.publish(&bus, &batch)?;
    let mut expected = vec![Answer::Confirmed; 4];
    expected.splice(1..2, [Answer::Returned]);
    expect_same("the answers", &expected, &answers)?;
    let taken = script.take(&mut consumer, 3)?;
    let taken = sorted(taken.iter().map(|delivery| &*delivery.message));
    let [first, _, third, fourth] = &batch;
    expect_same("the messages, sorted", &sorted([first, third, fourth]), &taken)
}

fn command(ids: Ids, number: u64) -> Message {
    Message {
        body: Body::Command {
            id: ids.command_id(number),
            command: Command::Driver(ids.driver_id(1), driver::Command::GoOffline),
        },
        ..event(ids, 1)
    }
}

fn notice(ids: Ids) -> Message {
    Message {
        body: Body::Notice(PaymentNotice {
            id: WebhookId::from_u128(ids.bits(1)),
            intent: ids.intent(1),
        }),
        ..event(ids, 1)
    }
}

/// Queues of all kinds, and which of the messages each is bound to.
fn bindings(ids: Ids, messages: &[Message; 5]) -> Vec<(QueueSpec, Vec<Message>)> {
    let [of_driver, of_trip, of_elsewhere, command, notice] = messages;
    let service = |service: Service| QueueSpec {
        name: QueueName::of_service(service, ids.region()),
        events: EventKinds::Of(&[]),
        commands_of: Some(service),
        ..queue(ids, "suite")
    };
    let all = QueueSpec {
        events: EventKinds::All,
        ..queue(ids, "suite-all")
    };
    let elsewhere = QueueSpec {
        name: QueueName::of_reader("suite", ids.elsewhere()),
        region: ids.elsewhere(),
        ..queue(ids, "suite")
    };
    let notices = QueueSpec {
        notices: true,
        ..service(Service::Payment)
    };
    vec![
        (queue(ids, "suite"), sorted([of_driver])),
        (all, sorted([of_driver, of_trip])),
        (elsewhere, sorted([of_elsewhere])),
        (service(Service::Driver), sorted([command])),
        (service(Service::Trip), Vec::new()),
        (notices, sorted([notice])),
    ]
}

pub(super) fn queue_takes_what_it_is_bound_to<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let bus = script.open_bus();
    let messages = [
        event(ids, 1),
        event_of(ids, StreamId::Trip(ids.trip(1)), 2),
        Message {
            region: ids.elsewhere(),
            ..event(ids, 3)
        },
        command(ids, 4),
        notice(ids),
    ];
    let bindings = bindings(ids, &messages);
    for (spec, _) in &bindings {
        script.declare(&bus, spec)?;
    }
    script.publish_confirmed(&bus, &messages)?;
    for (spec, expected) in bindings {
        let mut consumer = script.consume(&bus, &spec.name, 100)?;
        let taken = script.take(&mut consumer, expected.len())?;
        let came = sorted(taken.iter().map(|delivery| &*delivery.message));
        expect_same(
            &format!("the messages of {}, sorted", spec.name),
            &expected,
            &came,
        )?;
        script.ack(&mut consumer, &taken)?;
        script.expect_quiet(&mut consumer)?;
    }
    Ok(())
}

pub(super) fn next_waits<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let harness = script.harness();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let until = script.silence();
    let early = script.next(&mut consumer, 10, until)?;
    expect(
        early.is_empty(),
        "nothing: nothing was published",
        delivered(&early),
    )?;
    expect(
        harness.now() >= until,
        format!("to have waited until {until}"),
        harness.now(),
    )?;
    let until = script.patience();
    let message = event(script.ids(), 1);
    let taken = RefCell::new(Vec::new());
    let wait = async {
        *taken.borrow_mut() = consumer.next(10, until).await.unwrap_or_default();
    };
    let publish = async {
        // What it answers shows in what is delivered.
        drop(bus.publish(vec![message.clone()]).await);
    };
    harness.block_on(both(wait, publish));
    script.note("wait in next while a message is published side by side");
    let delivery = only(taken.into_inner())?;
    expect_same("the message", &message, &*delivery.message)
}

pub(super) fn confirmed_survives_a_crash<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let bus = script.open_bus();
    let spec = queue(script.ids(), "suite");
    script.declare(&bus, &spec)?;
    let messages = events(script.ids(), 3);
    script.publish_confirmed(&bus, &messages)?;
    drop(bus);
    script.note("the bus crashes");
    script.harness().crash();
    let mut consumer = script.consume(&script.open_bus(), &spec.name, 100)?;
    let taken = script.take(&mut consumer, 3)?;
    let taken = sorted(taken.iter().map(|delivery| &*delivery.message));
    expect_same("the messages, sorted", &messages, &taken)
}

pub(super) fn lost_confirm_is_unknown<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let message = event(script.ids(), 1);
    script.note("the next confirmation will be lost");
    script.harness().lose_next_confirm();
    let answers = script.publish_once(&bus, std::slice::from_ref(&message))?;
    expect_same("the answer", &vec![Answer::Unknown], &answers)?;
    script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
    let taken = script.take(&mut consumer, 1)?;
    let came = taken.iter().all(|delivery| *delivery.message == message);
    expect(
        came && !taken.is_empty(),
        "the message, once or twice",
        delivered(&taken),
    )
}
