//! The steps that the bus's checks are made of.

use super::BusHarness;
use crate::harness::Weather;
use crate::report::{Check, Mismatch, expect, expect_same};
use crate::sample::{AT, Ids};
use crate::script::{Script, TRIES_MAX, Transient};
use crate::told::{Told, list};
use fiacre_domain::stream::{EventId, StreamId, Version};
use fiacre_domain::time::Timestamp;
use fiacre_ports::{
    Body, Bus, Consumer, Delivery, EventKind, EventKinds, Message, MessageId, Parked, ParkingId, PortError,
    PortErrorKind, Prefetch, Published, QueueName, QueueSpec, Settlement, Tag,
};
use std::sync::Arc;

/// A handle on the bus under test.
pub(super) type Channel = Arc<dyn Bus>;

/// An answer, as the checks compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Confirmed,
    Returned,
    Unknown,
    Refused,
}

impl Told for Answer {
    fn told(&self) -> String {
        match self {
            Self::Confirmed => "confirmed",
            Self::Returned => "returned",
            Self::Unknown => "outcome unknown",
            Self::Refused => "refused",
        }
        .to_owned()
    }
}

/// The events of the samples' driver streams.
pub(super) const DRIVER_EVENTS: EventKinds = EventKinds::Of(&[EventKind::named("LockRefused")]);

/// Event number `number` of a stream, which somebody must get.
pub(super) fn event_of(ids: Ids, stream: StreamId, number: u8) -> Message {
    Message {
        body: Body::Event {
            id: EventId::new(stream, Version::new(number.into()), 0),
            committed_at: AT,
            event: ids.event(stream, number),
        },
        region: ids.region(),
        trace: Some(ids.trace(number)),
        mandatory: true,
    }
}

/// Event number `number` of a driver.
pub(super) fn event(ids: Ids, number: u8) -> Message {
    event_of(ids, ids.driver(1), number)
}

/// Events `1..=count` of a driver.
pub(super) fn events(ids: Ids, count: u8) -> Vec<Message> {
    (1..=count).map(|number| event(ids, number)).collect()
}

/// A reader's queue for the drivers' events of the region; three attempts.
pub(super) fn queue(ids: Ids, reader: &str) -> QueueSpec {
    QueueSpec {
        name: QueueName::of_reader(reader, ids.region()),
        region: ids.region(),
        events: DRIVER_EVENTS,
        commands_of: None,
        notices: false,
        single_active: false,
        attempts_max: 3,
    }
}

fn names(messages: &[Message]) -> String {
    list(messages.iter().map(Message::id))
}

/// One line for what was delivered.
pub(super) fn delivered(deliveries: &[Delivery]) -> String {
    deliveries.told()
}

/// The messages, sorted by id.
pub(super) fn sorted<'m>(messages: impl IntoIterator<Item = &'m Message>) -> Vec<Message> {
    let mut messages: Vec<_> = messages.into_iter().cloned().collect();
    messages.sort_by_key(Message::id);
    messages
}

/// A delivery by itself.
pub(super) fn only(deliveries: Vec<Delivery>) -> Check<Delivery> {
    let observed = delivered(&deliveries);
    let mut deliveries = deliveries.into_iter();
    match (deliveries.next(), deliveries.next()) {
        (Some(delivery), None) => Ok(delivery),
        (None, _) | (_, Some(_)) => Err(Mismatch {
            expected: "one delivery".to_owned(),
            observed,
        }),
    }
}

/// A failure that counts an attempt.
pub(super) fn retry_after(delay: fiacre_domain::units::Millis) -> Settlement {
    Settlement::RetryAfter {
        delay,
        code: "suite_failed".to_owned(),
        text: "failed to please the suite".to_owned(),
    }
}

impl<H: BusHarness> Script<'_, H> {
    pub(super) fn open_bus(&self) -> Channel {
        self.harness().open()
    }

    pub(super) fn declare(&self, bus: &Channel, queue: &QueueSpec) -> Check {
        let what = format!("declare {}", queue.name);
        self.call(what, |()| "done".to_owned(), async || bus.declare(queue).await)
    }

    /// Opens the bus, declares a reader's queue and consumes it.
    pub(super) fn consumed(&self, reader: &str) -> Check<(Channel, QueueSpec, Box<dyn Consumer>)> {
        let bus = self.open_bus();
        let spec = queue(self.ids(), reader);
        self.declare(&bus, &spec)?;
        let consumer = self.consume(&bus, &spec.name, 100)?;
        Ok((bus, spec, consumer))
    }

    pub(super) fn consume(
        &self,
        bus: &Channel,
        queue: &QueueName,
        prefetch: u16,
    ) -> Check<Box<dyn Consumer>> {
        let what = format!("consume {queue} with prefetch {prefetch}");
        self.call(
            what,
            |_| "done".to_owned(),
            async || bus.consume(queue, Prefetch(prefetch)).await,
        )
    }

    /// Publishes a batch, once.
    pub(super) fn publish_once(&self, bus: &Channel, messages: &[Message]) -> Check<Vec<Answer>> {
        let published = self.harness().block_on(bus.publish(messages.to_vec()));
        self.note(format!("publish {} → {}", names(messages), published.told()));
        expect_same("as many answers as messages", &messages.len(), &published.len())?;
        let answer = |published: &Published| match published {
            Published::Confirmed => Answer::Confirmed,
            Published::Returned => Answer::Returned,
            Published::OutcomeUnknown(_) => Answer::Unknown,
            Published::Refused(_) => Answer::Refused,
        };
        Ok(published.iter().map(answer).collect())
    }

    /// Publishes a batch; in stormy weather what is unknown is published again, as a relay would.
    pub(super) fn publish(&self, bus: &Channel, messages: &[Message]) -> Check<Vec<Answer>> {
        self.harness().disturb();
        let mut answers = self.publish_once(bus, messages)?;
        let unknown = PortError::new(PortErrorKind::OutcomeUnknown, "publish");
        let mut tries = 1;
        for (answer, message) in answers.iter_mut().zip(messages) {
            while *answer == Answer::Unknown && self.repeats(tries, &unknown) {
                tries += 1;
                self.harness().disturb();
                for again in self.publish_once(bus, std::slice::from_ref(message))? {
                    *answer = again;
                }
            }
        }
        Ok(answers)
    }

    /// Publishes a batch that must be confirmed, in calm weather: what is published again after a storm comes twice, and
    /// a check of deliveries must know what it counts.
    pub(super) fn publish_confirmed(&self, bus: &Channel, messages: &[Message]) -> Check {
        let expected = vec![Answer::Confirmed; messages.len()];
        self.harness().heal();
        expect_same("the answers", &expected, &self.publish_once(bus, messages)?)
    }

    /// Takes up to `max` deliveries.
    pub(super) fn next(
        &self,
        consumer: &mut Box<dyn Consumer>,
        max: usize,
        until: Timestamp,
    ) -> Check<Vec<Delivery>> {
        let mut tries = 1;
        loop {
            self.harness().disturb();
            match self.harness().block_on(consumer.next(max, until)) {
                Ok(deliveries) => {
                    self.note(format!("next (at most {max}) → {}", delivered(&deliveries)));
                    return Ok(deliveries);
                }
                Err(error) if self.repeats(tries, &error) => tries += 1,
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// Takes deliveries until `count` different messages have come or patience ends.
    pub(super) fn take(&self, consumer: &mut Box<dyn Consumer>, count: usize) -> Check<Vec<Delivery>> {
        let mut taken: Vec<Delivery> = Vec::new();
        let until = self.patience();
        while taken.len() < count {
            let deliveries = self.next(consumer, count - taken.len(), until)?;
            if deliveries.is_empty() {
                break;
            }
            for delivery in deliveries {
                let id = delivery.message.id();
                let known = taken.iter().any(|known| known.message.id() == id);
                // At least once: what was published again after a storm comes twice.
                if known && self.harness().weather() == Weather::Stormy {
                    self.ack(consumer, std::slice::from_ref(&delivery))?;
                } else {
                    taken.push(delivery);
                }
            }
        }
        Ok(taken)
    }

    /// Settles deliveries.
    pub(super) fn settle(
        &self,
        consumer: &mut Box<dyn Consumer>,
        settlements: &[(Tag, Settlement)],
    ) -> Check {
        let words: Vec<_> = settlements
            .iter()
            .map(|(tag, settlement)| format!("{} as {}", tag.0, settlement.told()))
            .collect();
        let mut tries = 1;
        loop {
            self.harness().disturb();
            match self.harness().block_on(consumer.settle(settlements.to_vec())) {
                Ok(()) => {
                    self.note(format!("settle {}", words.join(", ")));
                    return Ok(());
                }
                Err(error) if self.repeats(tries, &error) => tries += 1,
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// Acknowledges deliveries.
    pub(super) fn ack(&self, consumer: &mut Box<dyn Consumer>, deliveries: &[Delivery]) -> Check {
        let acks: Vec<_> = deliveries
            .iter()
            .map(|delivery| (delivery.tag, Settlement::Ack))
            .collect();
        self.settle(consumer, &acks)
    }

    /// Nothing more may come. After a storm what comes again, marked as redelivered, is acknowledged, and must end.
    pub(super) fn expect_quiet(&self, consumer: &mut Box<dyn Consumer>) -> Check {
        let mut late = self.next(consumer, 10, self.silence())?;
        let mut tries = 0;
        let stormy = self.harness().weather() == Weather::Stormy;
        let again = |late: &[Delivery]| !late.is_empty() && late.iter().all(|delivery| delivery.redelivered);
        while stormy && again(&late) && tries < TRIES_MAX {
            self.ack(consumer, &late)?;
            late = self.next(consumer, 10, self.silence())?;
            tries += 1;
        }
        expect(late.is_empty(), "no more deliveries", delivered(&late))
    }

    /// Ends a consumer within the runtime, as a crash of its process would.
    pub(super) fn kill(&self, consumer: Box<dyn Consumer>) {
        self.harness().block_on(async move { drop(consumer) });
        self.note("the consumer dies");
    }

    /// A page of what is parked.
    pub(super) fn parked_after(
        &self,
        bus: &Channel,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Check<Vec<Parked>> {
        let show = |parked: &Vec<Parked>| parked.told();
        let what = format!("parked of {queue} after {} (at most {max})", after.told());
        self.call(what, show, async || bus.parked(queue, after, max).await)
    }

    pub(super) fn parked(&self, bus: &Channel, queue: &QueueName, max: usize) -> Check<Vec<Parked>> {
        self.parked_after(bus, queue, None, max)
    }

    /// Waits until so many messages wait in a queue: the count may be a little late.
    pub(super) fn await_backlog(&self, bus: &Channel, queue: &QueueName, count: usize) -> Check {
        let until = self.patience();
        loop {
            let what = format!("backlog of {queue}");
            let backlog = self.call(what, ToString::to_string, async || bus.backlog(queue).await)?;
            if backlog == count || self.harness().now() >= until {
                return expect_same("the count of messages that wait", &count, &backlog);
            }
            self.harness().pass(self.harness().silence());
        }
    }

    /// Waits until `count` messages are parked: parking may come after the settlement's answer.
    pub(super) fn await_parked(&self, bus: &Channel, queue: &QueueName, count: usize) -> Check<Vec<Parked>> {
        let until = self.patience();
        loop {
            let parked = self.parked(bus, queue, 100)?;
            if parked.len() >= count || self.harness().now() >= until {
                expect_same("the count of parked messages", &count, &parked.len())?;
                return Ok(parked);
            }
            self.harness().pass(self.harness().silence());
        }
    }

    pub(super) fn replay(
        &self,
        bus: &Channel,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Check<Vec<bool>> {
        let show = |were_there: &Vec<bool>| were_there.told();
        self.call(format!("replay {}", parkings.told()), show, async || {
            bus.replay(queue, parkings).await
        })
    }

    pub(super) fn drop_parked(
        &self,
        bus: &Channel,
        queue: &QueueName,
        parkings: &[ParkingId],
    ) -> Check<Vec<bool>> {
        let show = |were_there: &Vec<bool>| were_there.told();
        self.call(format!("drop {}", parkings.told()), show, async || {
            bus.drop_parked(queue, parkings).await
        })
    }
}

/// The identity of what is parked; none of bytes.
pub(super) fn parked_id(parked: &Parked) -> Option<MessageId> {
    parked.content.message().map(|message| message.id())
}

/// The names of parkings.
pub(super) fn parkings(parked: &[Parked]) -> Vec<ParkingId> {
    parked.iter().map(|parked| parked.id).collect()
}

fn failed<E: Transient>(error: &E) -> Mismatch {
    Mismatch {
        expected: "the call to succeed".to_owned(),
        observed: error.told(),
    }
}
