//! The relay: the log is the outbox. What is not yet published is published; then it is marked.

use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::topology;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Body, Message, PortError, Published, Ticket};
use std::sync::Arc;

/// Publishes the commits of one service's streams.
#[derive(Debug)]
pub struct Relay {
    service: Service,
    name: String,
    ports: ServicePorts,
    batch_max: usize,
}

impl Relay {
    /// The relay of `service`, taking up to `batch_max` commits at a time.
    pub fn new(service: Service, ports: ServicePorts, batch_max: usize) -> Self {
        Self {
            service,
            name: format!("{}.relay", service.name()),
            ports,
            batch_max: batch_max.max(1),
        }
    }

    /// Publishes commits; gives the tickets of those that arrived whole.
    async fn publish(&self, feed: Vec<(Ticket, Arc<Commit>)>) -> Vec<Ticket> {
        let mut counts = Vec::with_capacity(feed.len());
        let mut messages = Vec::with_capacity(feed.len());
        for (ticket, commit) in &feed {
            counts.push((*ticket, commit.events.len()));
            messages.extend(commit.numbered().map(|(id, event)| Message {
                body: Body::Event {
                    id,
                    committed_at: commit.at,
                    event: event.clone(),
                },
                region: commit.region,
                trace: commit.trace.clone(),
                mandatory: topology::is_mandatory(event),
            }));
        }
        let mut published = self.ports.bus.publish(messages).await.into_iter();
        let mut arrived = Vec::with_capacity(counts.len());
        for (ticket, count) in counts {
            // Every answer of the commit must be taken, also after the first that failed.
            let failures = published
                .by_ref()
                .take(count)
                .filter(|answer| !self.has_arrived(answer))
                .count();
            if failures == 0 {
                arrived.push(ticket);
            }
        }
        arrived
    }

    fn has_arrived(&self, answer: &Published) -> bool {
        match answer {
            Published::Confirmed => true,
            Published::Returned => {
                tracing::error!(
                    service = self.service.name(),
                    "an event that a service needs has no queue"
                );
                false
            }
            Published::OutcomeUnknown(error) => {
                tracing::warn!(service = self.service.name(), %error, "published with unknown outcome; repeated");
                false
            }
        }
    }

    async fn relay(&self, until: Timestamp) -> Result<Turn, PortError> {
        let feed = self.ports.store.feed(self.service, self.batch_max, until).await?;
        if feed.is_empty() {
            return Ok(Turn::Idle);
        }
        let asked = feed.len();
        let arrived = self.publish(feed).await;
        self.ports.store.mark_published(&arrived).await?;
        if arrived.len() < asked {
            self.ports.pause().await;
        }
        Ok(Turn::Worked)
    }
}

#[async_trait]
impl Process for Relay {
    fn name(&self) -> &str {
        &self.name
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        match self.relay(until).await {
            Ok(turn) => turn,
            Err(error) => {
                tracing::warn!(service = self.service.name(), %error, "feed not relayed; tried again");
                self.ports.pause().await;
                Turn::Worked
            }
        }
    }
}
