//! A bus for the payment company's messenger, which carries no notice about what is over.
//!
//! Notices may come minutes late. In memory the trip is dropped by then and on disk it is not: told of it, the platform would
//! do something else in one case than in the other. What was carried before is under way for a while: a trip is hushed first,
//! and dropped later.

use async_trait::async_trait;
use fiacre_domain::id::TripId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{
    Body, Bus, Consumer, Message, Parked, ParkingId, PortError, Prefetch, Published, QueueName, QueueSpec,
};
use fiacre_sandbox_payments::Sandbox;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a trip that is over is remembered at least: longer than the latest notice takes.
const REMEMBERED: Millis = Millis::from_minutes(10);

/// Trips that are over. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Over(Arc<Mutex<Known>>);

/// Two spans of time, each as long as a trip is remembered at least: when the later one is full, the earlier one is forgotten
/// as a whole, and nobody needs to know when each trip was over.
#[derive(Debug, Default)]
struct Known {
    earlier: BTreeSet<TripId>,
    later: BTreeSet<TripId>,
    later_since: Timestamp,
}

impl Over {
    /// From `now` on this trip is over.
    pub(crate) fn add(&self, trip: TripId, now: Timestamp) {
        let known = &mut *self.known();
        if now.since(known.later_since) > REMEMBERED {
            known.earlier = std::mem::take(&mut known.later);
            known.later_since = now;
        }
        known.later.insert(trip);
    }

    /// It is not over after all: its rider gave a tip, or its fare is corrected.
    pub(crate) fn remove(&self, trip: TripId) {
        let known = &mut *self.known();
        known.earlier.remove(&trip);
        known.later.remove(&trip);
    }

    fn has(&self, trip: TripId) -> bool {
        let known = self.known();
        known.later.contains(&trip) || known.earlier.contains(&trip)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is over, and carries it nowhere.
pub(crate) struct HushedBus {
    bus: Arc<dyn Bus>,
    company: Arc<Sandbox>,
    over: Over,
}

impl HushedBus {
    pub(crate) fn new(bus: Arc<dyn Bus>, company: Arc<Sandbox>, over: Over) -> Self {
        Self { bus, company, over }
    }

    /// Whether a message is a notice about what is over. What the company has forgotten itself, it was told to.
    fn is_hushed(&self, message: &Message) -> bool {
        match &message.body {
            Body::Notice(notice) => {
                let trip = self.company.trip(notice.intent);
                trip.is_none_or(|trip| self.over.has(trip))
            }
            Body::Event { .. } | Body::Command { .. } => false,
        }
    }
}

#[async_trait]
impl Bus for HushedBus {
    async fn declare(&self, queue: &QueueSpec) -> Result<(), PortError> {
        self.bus.declare(queue).await
    }

    async fn publish(&self, messages: Vec<Message>) -> Vec<Published> {
        let over: Vec<bool> = messages.iter().map(|message| self.is_hushed(message)).collect();
        let carried = messages.into_iter().zip(&over).filter(|(_, over)| !**over);
        let carried = carried.map(|(message, _)| message).collect();
        let mut published = self.bus.publish(carried).await.into_iter();
        over.into_iter()
            .filter_map(|over| {
                if over {
                    Some(Published::Confirmed)
                } else {
                    published.next()
                }
            })
            .collect()
    }

    async fn consume(&self, queue: &QueueName, prefetch: Prefetch) -> Result<Box<dyn Consumer>, PortError> {
        self.bus.consume(queue, prefetch).await
    }

    async fn parked(
        &self,
        queue: &QueueName,
        after: Option<ParkingId>,
        max: usize,
    ) -> Result<Vec<Parked>, PortError> {
        self.bus.parked(queue, after, max).await
    }

    async fn replay(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bus.replay(queue, parkings).await
    }

    async fn drop_parked(&self, queue: &QueueName, parkings: &[ParkingId]) -> Result<Vec<bool>, PortError> {
        self.bus.drop_parked(queue, parkings).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_remembered_for_ten_minutes_and_not_for_ever() {
        let over = Over::default();
        let minute = |minute| Timestamp::from_ms(0).plus(Millis::from_minutes(10_000 + minute));
        for number in 0..60 {
            over.add(TripId::from_u128(number), minute(i64::try_from(number).unwrap()));
            let remembered = number.saturating_sub(10)..=number;
            assert!(
                remembered
                    .into_iter()
                    .all(|number| over.has(TripId::from_u128(number)))
            );
        }
        assert!(!over.has(TripId::from_u128(20)) && !over.has(TripId::from_u128(60)));
        over.remove(TripId::from_u128(59));
        assert!(!over.has(TripId::from_u128(59)));
    }
}
