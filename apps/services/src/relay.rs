//! The relay: the log is the outbox. What is not yet published is published; then it is marked.

use crate::backoff::{PAUSE, Patience, RETRY_MAX, pending_delay};
use crate::process::{Process, Turn};
use crate::reactor::ServicePorts;
use crate::topology;
use async_trait::async_trait;
use fiacre_domain::saga::Service;
use fiacre_domain::stream::Commit;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Body, Entry, Message, PortError, Published, Scope, Shard, Ticket};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Publishes the commits of one service's streams, or of a shard of them.
#[derive(Debug)]
pub struct Relay {
    scope: Scope,
    name: String,
    ports: ServicePorts,
    patience: Patience,
    /// What cannot be published for now: set aside, and tried again.
    aside: BTreeSet<Ticket>,
    batch_max: usize,
}

impl Relay {
    /// The relay of `service`, taking up to `batch_max` commits at a time.
    pub fn new(service: Service, ports: ServicePorts, batch_max: usize) -> Self {
        let name = format!("{}.relay", service.name());
        Self {
            scope: Scope::of(service),
            patience: ports.patience(&name),
            aside: BTreeSet::new(),
            name,
            ports,
            batch_max: batch_max.max(1),
        }
    }

    /// Of `shard` only: the others are for relays beside this one.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.scope = self.scope.with_shard(shard);
        self
    }

    const fn service(&self) -> Service {
        self.scope.service()
    }

    /// Publishes commits; says what became of each.
    async fn publish(&self, commits: &[Arc<Commit>]) -> Vec<(Ticket, Fate)> {
        let mut messages = Vec::with_capacity(commits.iter().map(|commit| commit.events.len()).sum());
        messages.extend(commits.iter().flat_map(|commit| messages_of(commit)));
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
        let (service, stream, version) = (self.service().name(), commit.stream, commit.version);
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
                    tracing::error!(service = self.service().name(), %stream, %version, %error, "commit not read; on hold");
                    fates.push((ticket, Fate::Unreadable));
                }
            }
        }
        commits
    }

    async fn relay(&mut self, until: Timestamp) -> Result<Turn, PortError> {
        let feed = self.ports.store.feed(self.scope, self.batch_max, until).await?;
        if feed.is_empty() {
            return Ok(Turn::Idle);
        }
        let mut fates = Vec::with_capacity(feed.len());
        let commits = self.read(feed, &mut fates);
        if !commits.is_empty() {
            fates.extend(self.publish(&commits).await);
        }
        let arrived = tickets(&fates, Fate::Arrived);
        self.ports.store.mark_published(&arrived).await?;
        let got_on = !arrived.is_empty();
        if arrived.len() < fates.len() {
            self.set_aside(&commits, &fates, got_on).await?;
        }
        if arrived.len() < fates.len() || !self.aside.is_empty() {
            self.count(&fates);
        }
        if !got_on && fates.iter().any(|(_, fate)| *fate == Fate::Unknown) {
            self.patience.lost();
        } else {
            self.patience.found();
        }
        Ok(Turn::Worked)
    }

    /// Sets aside what would otherwise stand at the head of the feed for ever; what nobody knows of only where others
    /// arrived, since else it is the bus that is away.
    async fn set_aside(
        &self,
        commits: &[Arc<Commit>],
        fates: &[(Ticket, Fate)],
        got_on: bool,
    ) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        let committed: BTreeMap<Ticket, Timestamp> =
            commits.iter().map(|commit| (ticket(commit), commit.at)).collect();
        let mut holds: BTreeMap<Millis, Vec<Ticket>> = BTreeMap::new();
        for (ticket, fate) in fates {
            let hold = match fate {
                Fate::Arrived => None,
                Fate::Unknown => got_on.then_some(PAUSE),
                Fate::Returned => committed.get(ticket).map(|since| pending_delay(*since, now)),
                Fate::Refused | Fate::Unreadable => Some(RETRY_MAX),
            };
            if let Some(hold) = hold {
                holds.entry(hold).or_default().push(*ticket);
            }
        }
        for (hold, tickets) in holds {
            self.ports.store.hold(&tickets, now.plus(hold)).await?;
        }
        Ok(())
    }

    /// Keeps count of what cannot be published, and says so when the count changes.
    fn count(&mut self, fates: &[(Ticket, Fate)]) {
        let before = self.aside.len();
        for (ticket, fate) in fates {
            match fate {
                Fate::Arrived => {
                    self.aside.remove(ticket);
                }
                Fate::Unknown => {}
                Fate::Returned | Fate::Refused | Fate::Unreadable => {
                    self.aside.insert(*ticket);
                }
            }
        }
        let count = self.aside.len();
        if count != before {
            tracing::warn!(service = self.service().name(), count, "commits set aside");
            self.ports.observer.set_aside(self.service(), count);
        }
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

/// Those that had this fate.
fn tickets(fates: &[(Ticket, Fate)], wanted: Fate) -> Vec<Ticket> {
    let those = fates.iter().filter(|(_, fate)| *fate == wanted);
    those.map(|(ticket, _)| *ticket).collect()
}

fn ticket(commit: &Commit) -> Ticket {
    Ticket {
        stream: commit.stream,
        version: commit.version,
    }
}

/// A message for each event of a commit.
fn messages_of(commit: &Commit) -> impl Iterator<Item = Message> {
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
        if !self.patience.rest(until).await {
            return Turn::Idle;
        }
        match self.relay(until).await {
            Ok(turn) => turn,
            Err(error) => {
                let rest_ms = self.patience.lost().get();
                tracing::warn!(service = self.service().name(), %error, rest_ms, "feed not relayed; tried again");
                Turn::Worked
            }
        }
    }
}
