//! What the bus writes, now or with a group.

use super::{Broker, Line};
use crate::faults::{Call, Fault, unknown};
use crate::group::{Hearers, Plan};
use crate::lock::lock;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Message, ParkingId, PortError, Published, QueueName, QueueSpec};
use std::sync::{Arc, Mutex};

/// Tells the consumers of every queue what came to it.
fn tell(broker: &Mutex<Broker>) {
    lock(broker).lines.iter_mut().for_each(Line::tell);
}

/// A queue that is to be declared.
pub(super) struct Declare {
    pub(super) broker: Arc<Mutex<Broker>>,
    pub(super) queue: QueueSpec,
}

impl Plan for Declare {
    type Answer = Result<(), PortError>;
    const HEARERS: Hearers = Hearers::Queues;

    fn write(&mut self) -> Result<(), PortError> {
        lock(&self.broker).declare(&self.queue);
        Ok(())
    }

    fn tell(&self) {
        tell(&self.broker);
    }

    fn lose(&mut self) -> Result<(), PortError> {
        Err(unknown(Call::Declare))
    }
}

/// Messages that are to be published, and the faults that strike the first of them.
pub(super) struct Publish {
    pub(super) broker: Arc<Mutex<Broker>>,
    pub(super) messages: Vec<Message>,
    pub(super) strikes: Vec<Option<Fault>>,
    pub(super) now: Timestamp,
}

impl Plan for Publish {
    type Answer = Vec<Published>;
    const HEARERS: Hearers = Hearers::Queues;

    fn write(&mut self) -> Vec<Published> {
        let broker = &mut *lock(&self.broker);
        let faults = self.strikes.iter().copied().chain(std::iter::repeat(None));
        let messages = std::mem::take(&mut self.messages).into_iter();
        let publish = |(message, fault)| broker.publish(message, fault, self.now);
        messages.zip(faults).map(publish).collect()
    }

    fn tell(&self) {
        tell(&self.broker);
    }

    fn lose(&mut self) -> Vec<Published> {
        let lost = self.messages.iter();
        lost.map(|_| Published::OutcomeUnknown(unknown(Call::Publish)))
            .collect()
    }
}

/// Parked messages that are to be taken, for good or to replay them.
pub(super) struct Unpark {
    pub(super) broker: Arc<Mutex<Broker>>,
    pub(super) queue: QueueName,
    pub(super) parkings: Vec<ParkingId>,
    pub(super) replay_at: Option<Timestamp>,
    pub(super) call: Call,
}

impl Plan for Unpark {
    type Answer = Result<Vec<bool>, PortError>;
    const HEARERS: Hearers = Hearers::Queues;

    fn write(&mut self) -> Self::Answer {
        let mut broker = lock(&self.broker);
        let line = broker.line(&self.queue, self.call.doing())?;
        let take = |parking: &ParkingId| match self.replay_at {
            Some(now) => line.queue.replay(*parking, now),
            None => line.queue.drop_parked(*parking),
        };
        Ok(self.parkings.iter().map(take).collect())
    }

    fn tell(&self) {
        tell(&self.broker);
    }

    fn lose(&mut self) -> Self::Answer {
        Err(unknown(self.call))
    }
}
