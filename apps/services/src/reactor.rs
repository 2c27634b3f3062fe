//! A service's consumer: event → react → command, and commands from people.

use crate::backoff::Patience;
use crate::inbox::{self, Ask, Inbox, Plan, Work};
use crate::observer::Observer;
use crate::process::{Process, Turn};
use crate::recent::RecentStates;
use crate::topology;
use crate::writer::{Job, Writer};
use async_trait::async_trait;
use fiacre_domain::event::Event;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::{self, Command, Service, Setting};
use fiacre_domain::stream::{Cause, EventId, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_ports::{Body, Bus, Clock, Delivery, Message, Prefetch, Settlement, Timer, Timers};
use std::sync::Arc;

/// How far behind its queue a consumer may be before the deadlines that it sets wait for it.
const BEHIND_MAX: Millis = Millis::from_secs(10);

/// What a service's processes stand on.
#[derive(Clone)]
pub struct ServicePorts {
    /// Where its streams are.
    pub store: Arc<dyn fiacre_ports::EventStore>,
    /// Its way to the others.
    pub bus: Arc<dyn Bus>,
    /// Its deadlines.
    pub timers: Arc<dyn Timers>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Who is told what was decided, for measures and reports.
    pub observer: Arc<dyn Observer>,
    /// What its processes in this place have decided on lately.
    pub recent: Arc<RecentStates>,
}

impl ServicePorts {
    /// A writer over these ports.
    pub(crate) fn writer(&self) -> Writer {
        Writer::new(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            Arc::clone(&self.observer),
        )
        .with_recent(Arc::clone(&self.recent))
    }

    /// The patience of the process with this name.
    pub(crate) fn patience(&self, name: &str) -> Patience {
        Patience::new(name, Arc::clone(&self.clock))
    }
}

impl std::fmt::Debug for ServicePorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServicePorts").finish_non_exhaustive()
    }
}

/// The consumer of one service in one region.
#[derive(Debug)]
pub struct Reactor {
    inbox: Inbox,
    reactions: Reactions,
}

/// What one service makes of messages.
#[derive(Debug)]
struct Reactions {
    service: Service,
    setting: Setting,
    ports: ServicePorts,
}

impl Reactor {
    /// The consumer of `service` in `region`, taking up to `prefetch` messages at a time.
    pub fn new(
        service: Service,
        region: RegionId,
        setting: Setting,
        ports: ServicePorts,
        prefetch: Prefetch,
    ) -> Self {
        let queue = topology::service_queue(service, region);
        Self {
            inbox: Inbox::new(ports.clone(), queue, prefetch),
            reactions: Reactions {
                service,
                setting,
                ports,
            },
        }
    }
}

impl Reactions {
    fn of(&self, message: &Message) -> Plan {
        let job = |cause, command| Job::new(cause, message.region, message.trace.clone(), command);
        match &message.body {
            Body::Event {
                id,
                committed_at,
                event,
            } => {
                let command = self.to_event(id.stream(), event);
                Plan {
                    timer: self.deadline(*id, *committed_at, event, message),
                    ask: command.map_or(Ask::Settle(Settlement::Ack), |command| {
                        Ask::Commit(job(Cause::Event(*id), command))
                    }),
                }
            }
            Body::Command { id, command } if command.service() == self.service => {
                Ask::Commit(job(Cause::Command(*id), command.clone())).into()
            }
            Body::Command { .. } | Body::Notice(_) => Ask::Settle(inbox::refused(
                "wrong_service",
                "the message belongs to another service's queue",
            ))
            .into(),
        }
    }

    fn to_event(&self, stream: StreamId, event: &Event) -> Option<Command> {
        let now = self.ports.clock.now();
        match self.service {
            Service::Trip => saga::trip_service(stream, event),
            Service::Driver => saga::driver_service(stream, event, &self.setting, now),
            Service::Payment => saga::payment_service(stream, event, &self.setting),
        }
    }

    /// The deadline that an event of the service's own streams sets. Where the event came late, what people say to it in time
    /// will come as late: the deadline waits for that, or whatever is asked of them would lapse unheard. What is tried again, or
    /// replayed after it was parked, came late too: its deadline is as long as planned, from when it was heard.
    fn deadline(
        &self,
        id: EventId,
        committed_at: Timestamp,
        event: &Event,
        message: &Message,
    ) -> Option<Timer> {
        let own = Service::owner(id.stream()) == Some(self.service);
        let deadline = saga::deadline(id, event).filter(|_| own)?;
        let behind = self.ports.clock.now().since(committed_at);
        let waits = if behind > BEHIND_MAX { behind } else { Millis::ZERO };
        Some(Timer {
            id: deadline.id,
            due_at: deadline.due_at.plus(waits),
            region: message.region,
            trace: message.trace.clone(),
        })
    }
}

impl Work for Reactions {
    async fn plan(&mut self, batch: Vec<Delivery>, inbox: &mut Inbox) {
        let plan = |delivery: Delivery| {
            let plan = self.of(&delivery.message);
            (delivery, plan)
        };
        inbox.finish(batch.into_iter().map(plan).collect()).await;
    }
}

#[async_trait]
impl Process for Reactor {
    fn name(&self) -> &str {
        self.inbox.name()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        self.inbox.turn(&mut self.reactions, until).await
    }
}
