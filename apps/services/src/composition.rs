//! Which processes make a region's platform, for whoever runs them: all in one program, or each in one of its own.
//!
//! A [`Ground`] gives each process its ports; a [`Composition`] says how many processes there are. Whoever has both declares
//! the [queues](Composition::queues), then begins every [role](Composition::roles), and begins one anew when it dies: on an
//! executor, on threads, or as a program of its own.

use crate::deadlines::Deadlines;
use crate::desk::Admission;
use crate::fleet::{Fleet, FleetConfig, FleetPorts};
use crate::payments::{PaymentCalls, PaymentDeadlines};
use crate::process::Process;
use crate::reactor::{Reactor, ServicePorts};
use crate::relay::Relay;
use crate::topology;
use crate::views::Views;
use fiacre_domain::saga::{Service, Setting};
use fiacre_ports::{PaymentGateway, Prefetch, QueueSpec, Shard, ShardError, TripViews};
use std::sync::Arc;

/// What processes stand on. Asked whenever one begins, also anew after its death: what a process may not remember of an
/// earlier life, it is not given again.
pub trait Ground: Send + Sync {
    /// For a process of `service`.
    fn service(&self, service: Service) -> ServicePorts;

    /// For the region's matcher number `number`, from 0.
    fn fleet(&self, number: u16) -> FleetPorts;

    /// Where payments are made.
    fn gateway(&self) -> Arc<dyn PaymentGateway>;

    /// Where the rows are that people read; none where nobody does.
    fn views(&self) -> Option<Arc<dyn TripViews>> {
        None
    }
}

/// How many processes there are of each kind, and how they work.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The region, and how its drivers are matched.
    pub fleet: FleetConfig,
    /// The deadlines' lengths.
    pub setting: Setting,
    /// How many consumers share a service's queue (default 1).
    pub consumers: u16,
    /// By how many relays, and processes for deadlines, each service is shared (default [`Shard::WHOLE`] alone).
    pub shards: Vec<Shard>,
    /// How many matchers the region has (default 1; a second stands by, and takes over when the first ends).
    pub matchers: u16,
    /// How many processes compete for calls at the payment gateway (default 8).
    pub payment_callers: u16,
    /// How many deliveries each consumer holds at most.
    pub prefetch: Prefetch,
    /// How many deliveries a matcher holds at most: few, so that its batch comes in time (default 64).
    pub matcher_prefetch: Prefetch,
    /// How many commits a relay, and timers a process for deadlines, takes at a time (default 256).
    pub batch_max: usize,
}

/// How many full batches may wait for a consumer before orders are turned away. Drivers who all press a button at once are no
/// overload: for the 64,000 that one consumer serves (ADR 74) they are 250 batches, which pass within half a minute.
pub const BATCHES_BEHIND_MAX: usize = 256;

/// A process that can be begun, again after each death.
pub struct Role {
    name: String,
    begin: Box<dyn Fn() -> Box<dyn Process> + Send + Sync>,
}

impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Role").field(&self.name).finish()
    }
}

impl Role {
    /// A role by this name, played by what `begin` makes.
    pub fn new<P: Process + 'static>(
        name: impl Into<String>,
        begin: impl Fn() -> P + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            begin: Box::new(move || Box::new(begin())),
        }
    }

    /// The name, such as `trip-service.relay`; processes that share their work share it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A process that plays it from the beginning.
    pub fn begin(&self) -> Box<dyn Process> {
        (self.begin)()
    }
}

impl Composition {
    /// One process of each kind, but for the payment callers.
    pub fn new(fleet: FleetConfig) -> Self {
        Self {
            fleet,
            setting: Setting::default(),
            consumers: 1,
            shards: vec![Shard::WHOLE],
            matchers: 1,
            payment_callers: 8,
            prefetch: Prefetch::default(),
            matcher_prefetch: Prefetch(64),
            batch_max: 256,
        }
    }

    /// With `count` relays, and as many processes for deadlines, to share each service.
    ///
    /// # Errors
    ///
    /// `ShardError::Count` for none, or more than there can be.
    pub fn with_shards(mut self, count: u16) -> Result<Self, ShardError> {
        let shards: Result<_, _> = (0..count).map(|index| Shard::new(index, count)).collect();
        self.shards = shards?;
        if self.shards.is_empty() {
            return Err(ShardError::Count);
        }
        Ok(self)
    }

    /// As many processes of each kind as `times` of these together have; there is still one matcher, which takes so many times
    /// more at once.
    ///
    /// # Errors
    ///
    /// `ShardError::Count` for none, or more shards than there can be.
    pub fn times(self, times: u16) -> Result<Self, ShardError> {
        let shards = u16::try_from(self.shards.len()).unwrap_or(u16::MAX);
        let matcher_prefetch = Prefetch(self.matcher_prefetch.0.saturating_mul(times));
        let scaled = Self {
            consumers: self.consumers.saturating_mul(times),
            payment_callers: self.payment_callers.saturating_mul(times),
            matcher_prefetch,
            ..self
        };
        scaled.with_shards(shards.saturating_mul(times))
    }

    /// What turns orders away while the processes of this composition are too far behind: while more than
    /// [`BATCHES_BEHIND_MAX`] batches wait for each of a service's consumers.
    pub fn admission(&self) -> Admission {
        let region = self.fleet.region();
        let services = Service::ALL.map(|service| topology::service_queue(service, region).name);
        let batch = usize::from(self.prefetch.0) * usize::from(self.consumers);
        Admission::new(services, batch.saturating_mul(BATCHES_BEHIND_MAX))
    }

    /// The queues of the processes that take messages: they must exist before anything is published, since a message that
    /// no queue takes is nowhere.
    pub fn queues(&self, ground: &impl Ground) -> Vec<QueueSpec> {
        let region = self.fleet.region();
        let of_services = Service::ALL.map(|service| topology::service_queue(service, region));
        let of_readers = [
            topology::payment_calls_queue(region),
            topology::matcher_queue(region),
        ];
        let of_views = ground.views().map(|_| topology::views_queue(region));
        let queues = of_services.into_iter().chain(of_readers);
        queues.chain(of_views).collect()
    }

    /// The roles of a whole region, over `ground`.
    pub fn roles<G: Ground + 'static>(&self, ground: &Arc<G>) -> Vec<Role> {
        let mut roles = Vec::new();
        for service in Service::ALL {
            self.consumers_of(service, ground, &mut roles);
            self.relays_of(service, ground, &mut roles);
        }
        self.deadlines(ground, &mut roles);
        self.payments(ground, &mut roles);
        self.matchers(ground, &mut roles);
        self.views(ground, &mut roles);
        roles
    }

    fn consumers_of<G: Ground + 'static>(&self, service: Service, ground: &Arc<G>, roles: &mut Vec<Role>) {
        let (region, setting, prefetch) = (self.fleet.region(), self.setting, self.prefetch);
        for _ in 0..self.consumers {
            let ground = Arc::clone(ground);
            roles.push(Role::new(service.name(), move || {
                Reactor::new(service, region, setting, ground.service(service), prefetch)
            }));
        }
    }

    fn relays_of<G: Ground + 'static>(&self, service: Service, ground: &Arc<G>, roles: &mut Vec<Role>) {
        let batch_max = self.batch_max;
        for &shard in &self.shards {
            let ground = Arc::clone(ground);
            roles.push(Role::new(format!("{}.relay", service.name()), move || {
                Relay::new(service, ground.service(service), batch_max).with_shard(shard)
            }));
        }
    }

    fn deadlines<G: Ground + 'static>(&self, ground: &Arc<G>, roles: &mut Vec<Role>) {
        let (setting, batch_max) = (self.setting, self.batch_max);
        for service in [Service::Trip, Service::Driver] {
            for &shard in &self.shards {
                let ground = Arc::clone(ground);
                roles.push(Role::new(format!("{}.timers", service.name()), move || {
                    Deadlines::new(service, setting, ground.service(service), batch_max).with_shard(shard)
                }));
            }
        }
    }

    fn payments<G: Ground + 'static>(&self, ground: &Arc<G>, roles: &mut Vec<Role>) {
        let (region, prefetch, batch_max) = (self.fleet.region(), self.prefetch, self.batch_max);
        for _ in 0..self.payment_callers {
            let ground = Arc::clone(ground);
            roles.push(Role::new("payment-calls", move || {
                PaymentCalls::new(
                    region,
                    ground.gateway(),
                    ground.service(Service::Payment),
                    prefetch,
                )
            }));
        }
        for &shard in &self.shards {
            let ground = Arc::clone(ground);
            roles.push(Role::new("payment-service.timers", move || {
                PaymentDeadlines::new(ground.gateway(), ground.service(Service::Payment), batch_max)
                    .with_shard(shard)
            }));
        }
    }

    fn matchers<G: Ground + 'static>(&self, ground: &Arc<G>, roles: &mut Vec<Role>) {
        for number in 0..self.matchers {
            let (ground, fleet, prefetch) = (Arc::clone(ground), self.fleet.clone(), self.matcher_prefetch);
            roles.push(Role::new("matcher", move || {
                Fleet::new(fleet.clone(), ground.fleet(number), prefetch)
            }));
        }
    }

    fn views<G: Ground + 'static>(&self, ground: &Arc<G>, roles: &mut Vec<Role>) {
        let (region, prefetch) = (self.fleet.region(), self.prefetch);
        if let Some(views) = ground.views() {
            let ground = Arc::clone(ground);
            roles.push(Role::new("views", move || {
                // Rows belong to no service; what is loaded for them are trips.
                Views::new(
                    region,
                    Arc::clone(&views),
                    ground.service(Service::Trip),
                    prefetch,
                )
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiacre_domain::geo::ServiceArea;
    use fiacre_domain::place::Place;

    fn composition() -> Composition {
        let corner = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
        let area = ServiceArea::bounding(
            corner(406_800_000, -740_500_000),
            corner(408_900_000, -739_000_000),
        );
        Composition::new(FleetConfig::new("manhattan".parse().unwrap(), area.unwrap()))
    }

    #[test]
    fn a_larger_composition_has_more_of_each_but_one_matcher() {
        let larger = composition().with_shards(2).unwrap().times(3).unwrap();
        assert_eq!(
            (
                larger.consumers,
                larger.payment_callers,
                larger.shards.len(),
                larger.matchers
            ),
            (3, 24, 6, 1)
        );
        assert_eq!(
            (larger.matcher_prefetch, larger.prefetch),
            (Prefetch(192), Prefetch(256))
        );
        for times in [0, fiacre_ports::SLOTS + 1] {
            assert_eq!(composition().times(times).err(), Some(ShardError::Count));
        }
    }

    #[test]
    fn shards_cover_a_service_and_there_is_at_least_one() {
        let halves = composition().with_shards(2).unwrap().shards;
        let covered = (0..=u8::MAX).all(|slot| halves.iter().filter(|half| half.has(slot)).count() == 1);
        assert!(covered && halves.len() == 2);
        for count in [0, fiacre_ports::SLOTS + 1] {
            assert_eq!(composition().with_shards(count).err(), Some(ShardError::Count));
        }
    }
}
