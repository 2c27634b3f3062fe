//! Checks of what is parked.

use super::BusHarness;
use super::steps::{Answer, event, events, only, parked_id, parkings, queue, retry_after, sorted};
use crate::harness::Weather;
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use crate::told::Told;
use fiacre_domain::units::Millis;
use fiacre_ports::{Consumer, Content, Delivery, ParkReason, RawMessage, Settlement};

fn refused(number: u32) -> ParkReason {
    ParkReason::Refused {
        code: format!("suite_refused_{number}"),
        text: "failed to take the message: the suite does not want it".to_owned(),
    }
}

/// Bytes that are no message, with their headers.
fn raw() -> RawMessage {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    RawMessage {
        bytes: [0xff, 0x00, 0x7b].into(),
        headers: vec![
            header("content-type", "application/json"),
            header("traceparent", "not a trace"),
        ],
    }
}

fn park<H: BusHarness>(
    script: &Script<'_, H>,
    consumer: &mut Box<dyn Consumer>,
    deliveries: &[Delivery],
) -> Check {
    for (number, delivery) in (1..).zip(deliveries) {
        script.settle(consumer, &[(delivery.tag, Settlement::Park(refused(number)))])?;
    }
    Ok(())
}

pub(super) fn parking_keeps_the_reason<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let harness = script.harness();
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let messages = events(script.ids(), 2);
    script.publish_confirmed(&bus, &messages)?;
    let taken = script.take(&mut consumer, 2)?;
    let before = harness.now();
    park(script, &mut consumer, &taken)?;
    let parked = script.await_parked(&bus, &spec.name, 2)?;
    for (number, delivery) in (1..).zip(&taken) {
        let found = parked
            .iter()
            .find(|one| parked_id(one) == Some(delivery.message.id()));
        let seen = found.map(|one| (one.content.clone(), one.reason.clone(), one.attempts));
        let content = Content::Message(delivery.message.clone());
        let expected = Some((content, refused(number), 1));
        expect_same("message, reason, attempts", &expected, &seen)?;
    }
    let times: Vec<_> = parked.iter().map(|one| one.at).collect();
    let timely = times.iter().all(|&at| at >= before && at <= harness.now());
    expect(timely, format!("parked between {before} and now"), &times)?;
    script.expect_quiet(&mut consumer)
}

pub(super) fn attempts_are_limited<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &[event(script.ids(), 1)])?;
    for attempt in 1..=spec.attempts_max {
        let delivery = only(script.take(&mut consumer, 1)?)?;
        expect_same("the attempt", &attempt, &delivery.attempt)?;
        let failure = Settlement::RetryAfter {
            delay: Millis::new(50),
            code: format!("suite_failed_{attempt}"),
            text: format!("failed to handle it at attempt {attempt}"),
        };
        script.settle(&mut consumer, &[(delivery.tag, failure)])?;
    }
    let reason = ParkReason::AttemptsUsedUp {
        code: format!("suite_failed_{}", spec.attempts_max),
        text: format!("failed to handle it at attempt {}", spec.attempts_max),
    };
    for parked in script.await_parked(&bus, &spec.name, 1)? {
        let seen = (parked.reason, parked.attempts);
        expect_same("reason and attempts", &(reason.clone(), spec.attempts_max), &seen)?;
    }
    script.expect_quiet(&mut consumer)
}

pub(super) fn replay_delivers_again<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let bystander = queue(script.ids(), "suite-other");
    script.declare(&bus, &bystander)?;
    let mut other = script.consume(&bus, &bystander.name, 100)?;
    let message = event(script.ids(), 1);
    script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
    let taken = script.take(&mut other, 1)?;
    script.ack(&mut other, &taken)?;
    let delivery = only(script.take(&mut consumer, 1)?)?;
    script.settle(&mut consumer, &[(delivery.tag, retry_after(Millis::new(50)))])?;
    let second = script.take(&mut consumer, 1)?;
    park(script, &mut consumer, &second)?;
    let parked = script.await_parked(&bus, &spec.name, 1)?;
    script.replay(&bus, &spec.name, &parkings(&parked))?;
    let again = only(script.take(&mut consumer, 1)?)?;
    expect_same("the message", &message, &*again.message)?;
    expect_same("the attempt", &1, &again.attempt)?;
    script.await_parked(&bus, &spec.name, 0)?;
    script.expect_quiet(&mut other)
}

pub(super) fn dropped_is_gone<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let messages = events(script.ids(), 2);
    script.publish_confirmed(&bus, &messages)?;
    let taken = script.take(&mut consumer, 2)?;
    park(script, &mut consumer, &taken)?;
    let parked = script.await_parked(&bus, &spec.name, 2)?;
    let one = &parkings(&parked)[..1];
    let first = script.drop_parked(&bus, &spec.name, one)?;
    let second = script.drop_parked(&bus, &spec.name, one)?;
    let replayed = script.replay(&bus, &spec.name, one)?;
    // A repetition after a storm finds its own first try.
    let calm = script.harness().weather() == Weather::Calm;
    let found = calm || first == [true];
    let expected = (vec![found], vec![false], vec![false]);
    let seen = (first, second, replayed);
    expect_same("whether it was there for drop, drop and replay", &expected, &seen)?;
    let left = script.await_parked(&bus, &spec.name, 1)?;
    let left: Vec<_> = left.iter().map(parked_id).collect();
    let expected: Vec<_> = parked.iter().skip(1).map(parked_id).collect();
    expect_same("what is parked still", &expected, &left)?;
    script.expect_quiet(&mut consumer)
}

pub(super) fn parking_spares_neighbours<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let messages = events(ids, 5);
    script.publish_confirmed(&bus, &messages)?;
    let poison = script.take(&mut consumer, 1)?;
    park(script, &mut consumer, &poison)?;
    let poisonous: Vec<_> = poison.iter().map(|delivery| delivery.message.id()).collect();
    let healthy = sorted(
        messages
            .iter()
            .filter(|message| !poisonous.contains(&message.id())),
    );
    let taken = script.take(&mut consumer, healthy.len())?;
    let came = sorted(taken.iter().map(|delivery| &*delivery.message));
    expect_same("the neighbours, sorted", &healthy, &came)?;
    script.ack(&mut consumer, &taken)
}

pub(super) fn parked_survives_a_crash<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &[event(script.ids(), 1)])?;
    let taken = script.take(&mut consumer, 1)?;
    park(script, &mut consumer, &taken)?;
    script.await_parked(&bus, &spec.name, 1)?;
    script.note("the bus crashes");
    script.harness().crash();
    script.kill(consumer);
    for parked in script.await_parked(&script.open_bus(), &spec.name, 1)? {
        expect_same("the reason", &refused(1), &parked.reason)?;
    }
    Ok(())
}

pub(super) fn undecodable_spares_neighbours<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.note("bytes that are no message are put into the queue");
    script.harness().put_undecodable(&spec.name, &raw());
    let message = event(script.ids(), 1);
    script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
    let delivery = only(script.take(&mut consumer, 1)?)?;
    expect_same("the message", &message, &*delivery.message)?;
    script.ack(&mut consumer, &[delivery])?;
    script.expect_quiet(&mut consumer)
}

pub(super) fn parked_is_listed_oldest_first<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 3))?;
    let mut taken = script.take(&mut consumer, 3)?;
    // Not the order of their ids, nor that of their publication.
    taken.rotate_left(1);
    for (count, delivery) in (1..).zip(&taken) {
        park(script, &mut consumer, std::slice::from_ref(delivery))?;
        script.await_parked(&bus, &spec.name, count)?;
        script.harness().pass(Millis::new(5));
    }
    let expected: Vec<_> = taken.iter().map(|delivery| delivery.message.id()).collect();
    for max in [1, 3] {
        let listed = script.parked(&bus, &spec.name, max)?;
        let listed: Vec<_> = listed.iter().filter_map(parked_id).collect();
        let oldest = expected.get(..max).unwrap_or_default().to_vec();
        expect_same("the ids, oldest first", &oldest, &listed)?;
    }
    Ok(())
}

pub(super) fn parked_list_goes_on<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    script.publish_confirmed(&bus, &events(script.ids(), 5))?;
    let taken = script.take(&mut consumer, 5)?;
    park(script, &mut consumer, &taken)?;
    let all = parkings(&script.await_parked(&bus, &spec.name, 5)?);
    let mut paged = Vec::new();
    let mut after = None;
    for size in [2, 2, 1] {
        let page = parkings(&script.parked_after(&bus, &spec.name, after, 2)?);
        expect_same("the size of the page", &size, &page.len())?;
        after = page.last().copied();
        paged.extend(page);
    }
    expect_same("the parkings, page by page", &all, &paged)?;
    let rest = script.parked_after(&bus, &spec.name, after, 2)?;
    expect(rest.is_empty(), "nothing after the last", parkings(&rest))
}

pub(super) fn parkings_are_told_apart<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let message = event(script.ids(), 1);
    for count in 1..=2 {
        script.publish_confirmed(&bus, std::slice::from_ref(&message))?;
        let taken = script.take(&mut consumer, 1)?;
        park(script, &mut consumer, &taken)?;
        script.await_parked(&bus, &spec.name, count)?;
    }
    let both = parkings(&script.await_parked(&bus, &spec.name, 2)?);
    script.drop_parked(&bus, &spec.name, &both[..1])?;
    let left = parkings(&script.await_parked(&bus, &spec.name, 1)?);
    expect_same("the parking that is left", &both[1..].to_vec(), &left)
}

pub(super) fn undecodable_is_parked_whole<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let raw = raw();
    script.note("bytes that are no message are put into the queue");
    script.harness().put_undecodable(&spec.name, &raw);
    let mut replayed = Vec::new();
    for _ in 0..2 {
        script.expect_quiet(&mut consumer)?;
        for parked in script.await_parked(&bus, &spec.name, 1)? {
            let whole = match &parked.content {
                Content::Raw(seen) => {
                    seen.bytes == raw.bytes && raw.headers.iter().all(|header| seen.headers.contains(header))
                }
                Content::Message(_) => false,
            };
            expect(
                whole,
                format!("the bytes and headers of {}", raw.told()),
                &parked.content,
            )?;
            let undecodable = matches!(parked.reason, ParkReason::Undecodable { .. });
            expect(undecodable, "parked as undecodable", &parked.reason)?;
            expect(!replayed.contains(&parked.id), "a parking of its own", parked.id)?;
            replayed.push(parked.id);
            script.replay(&bus, &spec.name, &[parked.id])?;
        }
    }
    Ok(())
}

pub(super) fn newer_is_held<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let (bus, spec, mut consumer) = script.consumed("suite")?;
    let [newer, plain] = [event(script.ids(), 1), event(script.ids(), 2)];
    script.note("a message is put into the queue as a newer release writes it");
    script.harness().put_newer(&spec.name, newer.clone());
    script.publish_confirmed(&bus, std::slice::from_ref(&plain))?;
    let delivery = only(script.take(&mut consumer, 1)?)?;
    expect_same("its neighbour", &plain, &*delivery.message)?;
    script.ack(&mut consumer, &[delivery])?;
    script.expect_quiet(&mut consumer)?;
    script.await_parked(&bus, &spec.name, 0)?;
    script.note("this release is upgraded");
    script.harness().upgrade();
    let delivery = only(script.take(&mut consumer, 1)?)?;
    let seen = ((*delivery.message).clone(), delivery.attempt);
    expect_same("the message and its attempt", &(newer, 1), &seen)
}

pub(super) fn refused_is_final<H: BusHarness>(script: &Script<'_, H>) -> Check {
    let ids = script.ids();
    let (bus, _spec, mut consumer) = script.consumed("suite")?;
    let beyond = script.harness().unpublishable(event(ids, 2));
    let batch = [event(ids, 1), beyond, event(ids, 3)];
    script.harness().heal();
    let answers = script.publish_once(&bus, &batch)?;
    let expected = vec![Answer::Confirmed, Answer::Refused, Answer::Confirmed];
    expect_same("the answers", &expected, &answers)?;
    let taken = script.take(&mut consumer, 2)?;
    let came = sorted(taken.iter().map(|delivery| &*delivery.message));
    let neighbours = sorted(batch.iter().step_by(2));
    expect_same("its neighbours", &neighbours, &came)?;
    script.ack(&mut consumer, &taken)?;
    script.expect_quiet(&mut consumer)
}
