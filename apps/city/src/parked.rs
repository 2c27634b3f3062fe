//! What was set aside because nobody could handle it: nothing, on an ordinary day.

use fiacre_ports::{Body, Bus, Content, Parked, PortError, QueueName};
use std::sync::Arc;

/// How many parked messages are told in words; the others are counted.
const EXAMPLES_MAX: usize = 10;
/// How many are listed at a time.
const PAGE: usize = 1_000;

/// Messages that are parked at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParkedFigures {
    /// How many: 0, or something is broken.
    pub count: u64,
    /// Some of them, in words.
    pub examples: Vec<String>,
}

impl ParkedFigures {
    /// Of all these queues.
    ///
    /// # Errors
    ///
    /// The bus's, where a queue cannot be listed.
    pub async fn of(bus: Arc<dyn Bus>, queues: Vec<QueueName>) -> Result<Self, PortError> {
        let mut figures = Self::default();
        for queue in &queues {
            let mut after = None;
            loop {
                let page = bus.parked(queue, after, PAGE).await?;
                for parked in &page {
                    figures.add(queue, parked);
                }
                match page.last() {
                    Some(last) if page.len() == PAGE => after = Some(last.id),
                    Some(_) | None => break,
                }
            }
        }
        Ok(figures)
    }

    fn add(&mut self, queue: &QueueName, parked: &Parked) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(told(queue, parked));
        }
    }
}

/// Which message, where it was to go, and why it went nowhere.
fn told(queue: &QueueName, parked: &Parked) -> String {
    let what = match &parked.content {
        Content::Message(message) => match &message.body {
            Body::Event { id, event, .. } => format!("{} {id}", event.name()),
            Body::Command { id, command } => format!("command {id} to the {}", command.service().name()),
            Body::Notice(notice) => format!("payment notice {}", notice.id),
        },
        Content::Raw(raw) => format!("{} bytes that are no message", raw.bytes.len()),
    };
    format!(
        "{what} is parked in {queue} since {}, after {} attempts: {}",
        parked.at,
        parked.attempts,
        parked.reason.code()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::driver::DriverEvent;
    use fiacre_domain::id::{DriverId, RegionId};
    use fiacre_domain::stream::{EventId, StreamId, Version};
    use fiacre_domain::time::Timestamp;
    use fiacre_memory::{Executor, MemoryBus, VirtualTime};
    use fiacre_ports::{EventKinds, Message, ParkReason, Prefetch, QueueSpec, Settlement};

    const NOW: Timestamp = Timestamp::from_ms(1_530_000_000_000);

    fn spec(region: RegionId) -> QueueSpec {
        QueueSpec {
            name: QueueName::of_reader("reader", region),
            region,
            events: EventKinds::All,
            commands_of: None,
            notices: false,
            single_active: false,
            attempts_max: 8,
        }
    }

    fn offline(region: RegionId, number: u32) -> Message {
        let stream = StreamId::Driver(DriverId::from_u128(number.into()));
        Message {
            body: Body::Event {
                id: EventId::new(stream, Version::new(1), 0),
                committed_at: NOW,
                event: DriverEvent::Offline.into(),
            },
            region,
            trace: None,
            mandatory: true,
        }
    }

    #[test]
    fn every_parked_message_is_counted_and_some_are_told() {
        let time = VirtualTime::starting_at(NOW);
        let bus: Arc<dyn Bus> = Arc::new(MemoryBus::new(time.clone()));
        let region: RegionId = "manhattan".parse().unwrap();
        let queue = spec(region);
        let parked = Executor::fifo(time).block_on(async {
            bus.declare(&queue).await?;
            let mut consumer = bus.consume(&queue.name, Prefetch(4_000)).await?;
            bus.publish((0..1_003).map(|number| offline(region, number)).collect())
                .await;
            let refused = |code: &str| ParkReason::Refused {
                code: code.to_owned(),
                text: String::new(),
            };
            let taken = consumer.next(4_000, NOW).await?;
            let park = taken
                .iter()
                .map(|delivery| (delivery.tag, Settlement::Park(refused("poison"))));
            consumer.settle(park.collect()).await?;
            ParkedFigures::of(Arc::clone(&bus), vec![queue.name.clone()]).await
        });
        let parked = parked.unwrap().unwrap();
        assert_eq!((parked.count, parked.examples.len()), (1_003, EXAMPLES_MAX));
        let first = &parked.examples[0];
        assert!(
            first.starts_with(
                "DriverOffline driver-00000000-0000-0000-0000-000000000000/1/0 is parked in reader.manhattan"
            ),
            "{first}"
        );
        assert!(first.ends_with("after 1 attempts: poison"), "{first}");
    }
}
