//! A service's consumer: event → react → command, and commands from people.

use crate::backoff::PAUSE;
use crate::inbox::{self, Inbox};
use crate::observer::Observer;
use crate::process::{Process, Turn};
use crate::topology;
use crate::writer::{Job, Outcome, Writer};
use async_trait::async_trait;
use fiacre_domain::id::RegionId;
use fiacre_domain::saga::{self, Service, Setting};
use fiacre_domain::stream::Cause;
use fiacre_domain::time::Timestamp;
use fiacre_ports::{Body, Bus, Clock, Delivery, Prefetch, Settlement, Tag, Timer, Timers};
use std::sync::Arc;

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
}

impl ServicePorts {
    /// A writer over these ports.
    pub(crate) fn writer(&self) -> Writer {
        Writer::new(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            Arc::clone(&self.observer),
        )
    }

    /// Leaves alone for a moment what could not be worked on: a queue, a store, a feed.
    pub(crate) async fn pause(&self) {
        self.clock.wait_until(self.clock.now().plus(PAUSE)).await;
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
    service: Service,
    setting: Setting,
    inbox: Inbox,
    writer: Writer,
    ports: ServicePorts,
    batch_max: usize,
}

/// What a delivery asks for.
enum Plan {
    Do { timer: Option<Timer>, job: Option<Job> },
    Settle(Settlement),
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
        let writer = ports.writer();
        let inbox = Inbox::new(
            Arc::clone(&ports.bus),
            topology::service_queue(service, region),
            prefetch,
        );
        Self {
            service,
            setting,
            inbox,
            writer,
            ports,
            batch_max: usize::from(prefetch.0),
        }
    }

    fn plan(&self, delivery: &Delivery) -> Plan {
        let message = &delivery.message;
        let job = |cause, command| Job::new(cause, message.region, message.trace.clone(), command);
        match &message.body {
            Body::Event { id, event, .. } => {
                let now = self.ports.clock.now();
                let command = match self.service {
                    Service::Trip => saga::trip_service(id.stream(), event),
                    Service::Driver => saga::driver_service(id.stream(), event, &self.setting, now),
                    Service::Payment => saga::payment_service(id.stream(), event, &self.setting),
                };
                let own = Service::owner(id.stream()) == Some(self.service);
                let deadline = saga::deadline(*id, event).filter(|_| own);
                let timer = deadline.map(|deadline| Timer {
                    id: deadline.id,
                    due_at: deadline.due_at,
                    region: message.region,
                    trace: message.trace.clone(),
                });
                Plan::Do {
                    timer,
                    job: command.map(|command| job(Cause::Event(*id), command)),
                }
            }
            Body::Command { id, command } if command.service() == self.service => Plan::Do {
                timer: None,
                job: Some(job(Cause::Command(*id), command.clone())),
            },
            Body::Command { .. } | Body::Notice(_) => Plan::Settle(inbox::refused(
                "wrong_service",
                "the message belongs to another service's queue",
            )),
        }
    }

    /// Timers first, then the commit, then the acknowledgement: a crash between any two repeats, and loses nothing.
    async fn handle(&mut self, deliveries: Vec<Delivery>) {
        let mut settled: Vec<(Tag, Settlement)> = Vec::with_capacity(deliveries.len());
        let mut timers = Vec::new();
        let mut jobs = Vec::new();
        let mut waiting = Vec::new();
        for delivery in deliveries {
            match self.plan(&delivery) {
                Plan::Settle(settlement) => settled.push((delivery.tag, settlement)),
                Plan::Do { timer, job } => {
                    timers.extend(timer);
                    let has_job = job.is_some();
                    jobs.extend(job);
                    waiting.push((delivery, has_job));
                }
            }
        }
        if !timers.is_empty()
            && let Err(error) = self.ports.timers.schedule(self.service, timers).await
        {
            tracing::warn!(service = self.service.name(), %error, "timers not armed; the messages come again");
            let back = |(delivery, _): (Delivery, bool)| (delivery.tag, Settlement::Return { delay: PAUSE });
            settled.extend(waiting.into_iter().map(back));
            self.inbox.settle(settled).await;
            return;
        }
        let outcomes = self.writer.run(jobs).await;
        let mut outcomes = outcomes.into_iter();
        for (delivery, has_job) in waiting {
            let outcome = if has_job {
                outcomes.next().unwrap_or(Outcome::Nothing)
            } else {
                Outcome::Nothing
            };
            settled.push((delivery.tag, inbox::settlement(&delivery, &outcome)));
        }
        self.inbox.settle(settled).await;
    }
}

#[async_trait]
impl Process for Reactor {
    fn name(&self) -> &str {
        self.inbox.queue().name.as_str()
    }

    async fn turn(&mut self, until: Timestamp) -> Turn {
        match self.inbox.take(self.batch_max, until).await {
            Ok(batches) if batches.is_empty() => Turn::Idle,
            Ok(batches) => {
                for batch in batches {
                    self.handle(batch).await;
                }
                Turn::Worked
            }
            Err(error) => {
                tracing::warn!(queue = %self.inbox.queue().name, %error, "queue not read");
                self.ports.pause().await;
                Turn::Worked
            }
        }
    }
}
