//! The whole platform in one process, on a virtual clock: the same processes as everywhere, composed.

use crate::capacity::Capacity;
use crate::keep::{self, Held, Keep, KeepError, Kept};
use crate::observer::{CommitObserver, ObservedStore};
use crate::parked::ParkedFigures;
use crate::players::Desks;
use crate::run::CityError;
use fiacre_domain::event::Event;
use fiacre_domain::geo::ZoneMap;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::payment::{Payment, PaymentEvent};
use fiacre_domain::saga::{self, Service};
use fiacre_domain::stream::StreamId;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{Executor, MemoryLocations, SeededIds, SkewedClock, VirtualTime};
use fiacre_ports::{
    Bus, Clock, Consistency, EventStore, IdSource, LoadRequest, LocationFeed, PaymentGateway, PortError,
    QueueName, RouteProvider, Seal,
};
use fiacre_sandbox_payments::{Sandbox, deliver_notices};
use fiacre_services::composition::{Composition, Ground};
use fiacre_services::desk::DeskPorts;
use fiacre_services::fleet::{FleetConfig, FleetPorts};
use fiacre_services::observer::Observer;
use fiacre_services::process::run;
use fiacre_services::reactor::ServicePorts;
use fiacre_services::state::State;
use std::sync::{Arc, Mutex};

/// How the platform is set up.
pub struct PlatformConfig {
    /// Where it keeps what it knows.
    pub keep: Keep,
    /// How large it is.
    pub capacity: Capacity,
    /// The region that is served.
    pub region: RegionId,
    /// When virtual time begins, or later, where the payment company's records end later.
    pub start: Timestamp,
    /// What every id, and the payment company's chance, comes from.
    pub seed: u64,
    /// How drivers are matched.
    pub fleet: FleetConfig,
    /// How the payment company behaves; nothing where it goes on as it did.
    pub payments: Option<fiacre_sandbox_payments::Policy>,
    /// Ways by road, as desks price rides by them.
    pub roads: Arc<dyn RouteProvider>,
    /// Where the zones of tariffs lie, as desks price rides by them.
    pub zones: Arc<ZoneMap>,
    /// Ways by road, as drivers' arrivals are promised by them.
    pub approaches: Arc<dyn RouteProvider>,
}

impl std::fmt::Debug for PlatformConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlatformConfig")
            .field("region", &self.region)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// All processes in one, which share what they remember.
struct InProcess {
    service: ServicePorts,
    fleet: FleetPorts,
    company: Arc<Sandbox>,
}

impl Ground for InProcess {
    fn service(&self, _: Service) -> ServicePorts {
        self.service.clone()
    }

    fn fleet(&self, _: u16) -> FleetPorts {
        self.fleet.clone()
    }

    fn gateway(&self) -> Arc<dyn PaymentGateway> {
        Arc::clone(&self.company) as Arc<dyn PaymentGateway>
    }
}

/// The platform, composed and begun.
pub struct Platform {
    /// Runs everything.
    pub executor: Executor,
    /// The virtual clock.
    pub time: VirtualTime,
    /// The log.
    pub store: Arc<dyn EventStore>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The payment company.
    pub company: Arc<Sandbox>,
    /// Where people ask.
    pub desks: Desks,
    /// The queues of its processes, and how many messages are taken from one at once.
    queues: (Vec<QueueName>, usize),
    kept: Kept,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform")
            .field("now", &self.time.now())
            .finish_non_exhaustive()
    }
}

impl Platform {
    /// Composes the platform and spawns its processes. `commit_observer` sees every commit, `observer` every decision.
    ///
    /// # Errors
    ///
    /// `CityError::Keep` where the payment company's records cannot be opened, `CityError::Capacity` where there can be no such
    /// number of processes.
    pub fn begin(
        config: PlatformConfig,
        seal: Arc<dyn Seal>,
        commit_observer: Arc<Mutex<dyn CommitObserver>>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, CityError> {
        let composition = config.capacity.composition(config.fleet, config.keep.epoch())?;
        let time = VirtualTime::starting_at(config.start);
        let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(time.clone(), Millis::ZERO));
        let mut executor = Executor::fifo(time.clone());
        let (kept, base) = Kept::begin(&config.keep, &mut executor, &clock);
        let locations: Arc<MemoryLocations> = Arc::default();
        let company = keep::company(&config.keep, config.seed, &mut executor, &clock)?;
        if let Some(policy) = config.payments {
            company.behave(policy);
        }
        // The company's time went on where an older state of ours was restored.
        time.advance_to(time.now().max(company.left_at().unwrap_or(config.start)));
        // Whoever goes on with a run begins later: its ids are none of those that were given before.
        let seed = config.seed ^ time.now().ms().unsigned_abs();
        let ids = Arc::new(SeededIds::new(time.clone(), seed));
        let ports = ServicePorts {
            store: Arc::new(ObservedStore::new(Arc::clone(&base.store), commit_observer)),
            bus: Arc::clone(&base.bus),
            timers: base.timers,
            clock: Arc::clone(&clock),
            observer,
            recent: Arc::default(),
        };
        let desk_ids = Arc::new(SeededIds::new(time.clone(), !seed));
        let desk = DeskPorts {
            bus: Arc::clone(&base.bus),
            clock,
            ids: Arc::clone(&desk_ids) as Arc<dyn IdSource>,
            seal,
            locations: Arc::clone(&locations) as Arc<dyn LocationFeed>,
            routes: config.roads,
        };
        let ground = Arc::new(InProcess {
            fleet: FleetPorts {
                service: ports.clone(),
                board: base.board,
                locations,
                ids,
                routes: config.approaches,
            },
            service: ports,
            company: Arc::clone(&company),
        });
        let desks = Desks::new(
            config.region,
            config.zones,
            desk,
            desk_ids,
            composition.admission(),
        );
        let mut platform = Self {
            executor,
            time,
            store: base.store,
            bus: base.bus,
            company,
            desks,
            queues: (Vec::new(), 0),
            kept,
        };
        platform.begin_roles(&composition, &ground);
        Ok(platform)
    }

    fn begin_roles(&mut self, composition: &Composition, ground: &Arc<InProcess>) {
        self.queues.1 = usize::from(composition.prefetch.0) * usize::from(composition.consumers);
        for queue in composition.queues(&**ground) {
            self.queues.0.push(queue.name.clone());
            let bus = Arc::clone(&self.bus);
            self.executor.spawn("declare", async move {
                if let Err(error) = bus.declare(&queue).await {
                    // The consumers declare again.
                    tracing::warn!(%error, "queue not declared");
                }
            });
        }
        for role in composition.roles(ground) {
            self.executor.spawn(role.name().to_owned(), run(role.begin()));
        }
        for _ in 0..composition.consumers {
            let (company, bus) = (Arc::clone(&self.company), Arc::clone(&self.bus));
            let (clock, region) = (Arc::clone(&ground.service.clock), composition.fleet.region());
            self.executor
                .spawn("notices", deliver_notices(company, bus, clock, region));
        }
    }

    /// What a stream has come to; none where it holds no aggregate.
    pub(crate) fn state(&mut self, stream: StreamId) -> Result<Option<State>, CityError> {
        let store = Arc::clone(&self.store);
        let whole = LoadRequest::whole(stream, Consistency::Linearizable);
        let loading = async move { store.load(&[whole]).await.pop() };
        let loaded = self.executor.block_on(loading)?.transpose()?;
        Ok(loaded.and_then(|loaded| State::fold(stream, &loaded)))
    }

    /// Whether nothing more will happen to a trip and its money by itself. Nobody knows that of what cannot be read.
    pub(crate) fn is_at_rest(&mut self, trip: TripId) -> Result<bool, CityError> {
        let Some(State::Trip(state)) = self.state(StreamId::Trip(trip))? else {
            return Ok(false);
        };
        let mut unread = Ok(());
        let is_at_rest = saga::is_at_rest(&state, |number| {
            match self.state(StreamId::Payment(trip, number)) {
                Ok(Some(State::Payment(charge))) => charge,
                Ok(Some(State::Trip(_) | State::Dispatch(_) | State::Driver(_)) | None) => Payment::default(),
                Err(error) => {
                    unread = Err(error);
                    Payment::default()
                }
            }
        });
        unread.map(|()| is_at_rest)
    }

    /// What is parked in the queues of its processes.
    pub(crate) fn parked(&mut self) -> Result<ParkedFigures, CityError> {
        let parked = ParkedFigures::of(Arc::clone(&self.bus), self.queues.0.clone());
        Ok(self.executor.block_on(parked)??)
    }

    /// Whether no more waits in any queue of its processes than is taken from one at once: what waits now is heard in their next turns.
    pub(crate) fn is_prompt(&mut self) -> Result<bool, CityError> {
        let (bus, (queues, taken_at_once)) = (Arc::clone(&self.bus), self.queues.clone());
        let is_prompt = async move {
            for queue in &queues {
                if bus.backlog(queue).await? > taken_at_once {
                    return Ok(false);
                }
            }
            Ok::<_, PortError>(true)
        };
        Ok(self.executor.block_on(is_prompt)??)
    }

    /// Why nothing more can be kept, if so.
    pub(crate) fn check(&self) -> Result<(), KeepError> {
        if let Some(kind) = self.company.failure() {
            return Err(KeepError::CompanyWrite(kind));
        }
        self.kept.check()
    }

    /// Ends what is kept for a closed trip of which nothing more is said; gives what its streams hold. In memory they are dropped.
    pub(crate) fn retire(&mut self, trip: TripId) -> Result<Held, CityError> {
        let held = self.kept.retire(trip, &mut self.executor)?;
        if matches!(held, Held::Dropped(_)) {
            for event in held.events() {
                if let Event::Payment(PaymentEvent::IntentCreated { intent, .. }) = event {
                    self.company.forget(intent);
                }
            }
        }
        Ok(held)
    }

    /// What is kept.
    pub(crate) const fn kept(&self) -> &Kept {
        &self.kept
    }
}
