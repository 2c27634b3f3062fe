//! Checks of what is parked.

use super::BusHarness;
use super::steps::{event, events, only, queue, retry_after, sorted};
use crate::report::{Check, expect, expect_same};
use crate::script::Script;
use fiacre_domain::units::Millis;
use fiacre_ports::{Consumer, Delivery, ParkReason, Settlement};

fn refused(number: u32) -> ParkReason {
    ParkReason::Refused {
        code: format!("suite_refused_{number}"),
        text: "failed to take the message: the suite does not want it".to_owned(),
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
            .find(|one| one.message.id() == delivery.message.id());
        let seen = found.map(|one| ((*one.message).clone(), one.reason.clone(), one.attempts));
        let expected = Some(((*delivery.message).clone(), refused(number), 1));
        expect_same("message, reason, attempts", &expected, &seen)?;
    }
    let times: Vec<_> = parked.iter().map(|one| one.at).collect();
    let timely = times.iter().all(|&at| at >= before && at <= harness.now());
    expect(timely, format!("parked between {before:?} and now"), &times)?;
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
    script.await_parked(&bus, &spec.name, 1)?;
    script.replay(&bus, &spec.name, &message)?;
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
    script.await_parked(&bus, &spec.name, 2)?;
    for message in messages.iter().take(1) {
        let first = script.drop_parked(&bus, &spec.name, message)?;
        let second = script.drop_parked(&bus, &spec.name, message)?;
        let replayed = script.replay(&bus, &spec.name, message)?;
        let seen = (first, second, replayed);
        // A repetition after a storm finds its own first try.
        let expected = (first, false, false);
        expect_same("whether it was there for drop, drop and replay", &expected, &seen)?;
        let calm = script.harness().weather() == crate::harness::Weather::Calm;
        expect(first || !calm, "the first drop to find it", first)?;
    }
    let left = script.await_parked(&bus, &spec.name, 1)?;
    let left = sorted(left.iter().map(|parked| &*parked.message));
    let expected = sorted(messages.iter().skip(1));
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
    script.harness().put_undecodable(&spec.name);
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
        let listed: Vec<_> = listed.iter().map(|parked| parked.message.id()).collect();
        let oldest = expected.get(..max).unwrap_or_default().to_vec();
        expect_same("the ids, oldest first", &oldest, &listed)?;
    }
    Ok(())
}
