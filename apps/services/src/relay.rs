//! The relay: the log is the outbox. What is not yet published is published; then it is marked.

use crate::backoff::{PAUSE, RETRY_MAX};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::topology;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Body, Entry, Message, PortError, Published, Scope, Ticket};
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

    /// Publishes commits; says what became of each.
    async fn publish(&self, commits: &[Arc<Commit>]) -> Vec<(Ticket, Fate)> {
        let messages = commits.iter().flat_map(|commit| messages(commit)).collect();
        let mut published = self.ports.bus.publish(messages).await.into_iter();
        let fate = |commit: &Arc<Commit>| {
            // Every answer of the commit is taken, also after the first that failed; one that is missing is unknown.
            let answers: Vec<Published> = published.by_ref().take(commit.events.len()).collect();
            let missing = answers.len() < commit.events.len();
            let first = if missing { Fate::Unknown } else { Fate::Arrived };
            answers
                .iter()
                .map(|answer| self.fate(commit, answer))
                .fold(first, Fate::max)
        };
        let fates: Vec<Fate> = commits.iter().map(fate).collect();
        commits.iter().map(|commit| ticket(commit)).zip(fates).collect()
    }

    fn fate(&self, commit: &Commit, answer: &Published) -> Fate {
        let (service, stream, version) = (self.service.name(), commit.stream, commit.version);
        match answer {
            Published::Confirmed => Fate::Arrived,
            Published::Returned => {
                tracing::error!(service, %stream, %version, "an event that a service needs has no queue; on hold");
                Fate::Returned
            }
            Published::OutcomeUnknown(error) => {
                tracing::warn!(service, %stream, %version, %error, "published with unknown outcome; repeated");
                Fate::Unknown
            }
            Published::Refused(error) => {
                tracing::error!(service, %stream, %version, %error, "the bus never takes this event; on hold");
                Fate::Refused
            }
        }
    }

    /// The commits that can be read; the others are noted as such.
    fn read(&self, entries: Vec<Entry>, fates: &mut Vec<(Ticket, Fate)>) -> Vec<Arc<Commit>> {
        let mut commits = Vec::with_capacity(entries.len());
        for Entry { ticket, commit } in entries {
            match commit {
                Ok(commit) => commits.push(commit),
                Err(error) => {
                    let (stream, version) = (ticket.stream, ticket.version);
                    tracing::error!(service = self.service.name(), %stream, %version, %error, "commit not read; on hold");
                    fates.push((ticket, Fate::Unreadable));
                }
            }
        }
        commits
    }

    async fn relay(&self, until: Timestamp) -> Result<Turn, PortError> {
        let feed = self
            .ports
            .store
            .feed(Scope::of(self.service), self.batch_max, until)
            .await?;
        if feed.is_empty() {
            return Ok(Turn::Idle);
        }
        let mut fates = Vec::new();
        let commits = self.read(feed, &mut fates);
        if !commits.is_empty() {
            fates.extend(self.publish(&commits).await);
        }
        let of = |wanted: Fate| {
            let those = fates.iter().filter(|(_, fate)| *fate == wanted);
            those.map(|(ticket, _)| *ticket).collect::<Vec<_>>()
        };
        self.ports.store.mark_published(&of(Fate::Arrived)).await?;
        for fate in [Fate::Returned, Fate::Refused, Fate::Unreadable] {
            let aside = of(fate);
            if let (false, Some(hold)) = (aside.is_empty(), fate.hold()) {
                let until = self.ports.clock.now().plus(hold);
                self.ports.store.hold(&aside, until).await?;
            }
        }
        if !of(Fate::Unknown).is_empty() {
            self.ports.pause().await;
        }
        Ok(Turn::Worked)
    }
}

/// What becomes of a commit; the worst of its events counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// All of it is on the bus.
    Arrived,
    /// Published again after a pause.
    Unknown,
    /// No queue takes it: its service has yet to declare one.
    Returned,
    /// The bus never takes it as it is: a person must act.
    Refused,
    /// This release cannot read it: it waits for an upgrade or a repair, and is never parked.
    Unreadable,
}

impl Fate {
    /// How long it is set aside before it is tried again, so that its neighbours go on.
    const fn hold(self) -> Option<Millis> {
        match self {
            Self::Arrived | Self::Unknown => None,
            Self::Returned => Some(PAUSE),
            Self::Refused | Self::Unreadable => Some(RETRY_MAX),
        }
    }
}

fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

/// A message for each event of a commit.
fn messages(commit: &Commit) -> impl Iterator<Item = Message> {
    commit.numbered().map(|(id, event)| Message {
        body: Body::Event {
            id,
            committed_at: commit.at,
            event: event.clone(),
        },
        region: commit.region,
        trace: commit.trace.clone(),
        mandatory: topology::is_mandatory(event),
    })
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
