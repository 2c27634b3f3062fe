//! Riders and drivers who play against the platform: they order, answer, drive, pay and change their minds, through the
//! same desks as anyone's app, and know only what the platform tells them.

mod agenda;
mod cab;
mod calls;
mod habits;
mod hearing;
mod level;
mod meter;
mod orders;
mod phones;
mod turned_away;
mod wheel;

pub use habits::{
    ASKS_AGAIN_MAX, CANCELLED_MS_MAX, FUMBLE_ON_LOSS, FUMBLE_WHILE_WAITING, Habits, RETHINK_ON_LOSS, Share,
    ShareError, UNWANTED_DECLINES, UNWANTED_WITHDRAWALS,
};

use crate::chronicle::lock;
use crate::demand::Request;
use crate::manhattan::Manhattan;
use crate::measures::DriveKind;
use agenda::{Agenda, second_of};
use cab::Cab;
use calls::Calls;
use fiacre_domain::driver::Fence;
use fiacre_domain::geo::ZoneMap;
use fiacre_domain::id::{DriverId, ExtraId, PrincipalId, ProductId, RegionId, TripId};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::{PricingError, Quote, Tariff};
use fiacre_domain::time::{CivilDateTime, TimeOfDay, Timestamp};
use fiacre_domain::trip::TripPolicy;
use fiacre_domain::units::{Millimetres, Millis};
use fiacre_ports::{Bus, Clock, Consumer, EventKind, IdSource, PortError, Prefetch, QueueSpec, Settlement};
use fiacre_services::desk::{Admission, DeskPorts, DriverDesk, Origin, RiderDesk, SupportDesk};
use fiacre_services::topology::reader_queue;
use habits::Dice;
use level::Level;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use turned_away::Order;
pub use turned_away::TURNED_AWAY;

/// What people hear of: their own trips' and offers' events.
const HEARD: &[EventKind] = &[
    EventKind::named("OfferMade"),
    EventKind::named("DriverAssigned"),
    EventKind::named("TripRejected"),
    EventKind::named("TripConfirmed"),
    EventKind::named("TripReassigning"),
    EventKind::named("DriverArrived"),
    EventKind::named("StartCodeRefused"),
    EventKind::named("TripStarted"),
    EventKind::named("TripPlanChanged"),
    EventKind::named("TripCompleted"),
    EventKind::named("TripCancelled"),
    EventKind::named("TripFailed"),
    EventKind::named("TripClosed"),
];

/// What a driver did since they were last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Driven {
    /// Who.
    pub driver: DriverId,
    /// What it was for.
    pub kind: DriveKind,
    /// How far.
    pub distance: Millimetres,
    /// How long, standing included.
    pub duration: Millis,
}

/// What the players and whoever runs them share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Requests to come, in time order; fed ahead of time.
    pub requests: VecDeque<Request>,
    /// Trips that have closed since this was last emptied.
    pub closed: Vec<TripId>,
    /// Trips whose fare somebody wanted corrected, or whose driver they wanted to tip: money may move after the close.
    pub afterwards: BTreeSet<TripId>,
    /// What was driven since this was last emptied.
    pub driven: Vec<Driven>,
    /// Trips that were ordered and have not closed.
    pub open: usize,
    /// Orders that no desk took, however often their riders asked, by error code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Why the players hear of nothing any more, if so: whoever runs them must end the run.
    pub failed: Option<PortError>,
}

/// The part that never changes while the city plays.
#[derive(Debug)]
pub struct Scene {
    /// Streets, zones and speeds.
    pub manhattan: Arc<Manhattan>,
    /// The price list.
    pub tariff: Arc<Tariff>,
    /// Where its zones lie.
    pub zones: Arc<ZoneMap>,
    /// What every rider asks for beside the ride.
    pub extras: Vec<ExtraId>,
    /// The region played in.
    pub region: RegionId,
    /// What every rider orders.
    pub product: ProductId,
    /// What riders and drivers do.
    pub habits: Habits,
    /// Every draw comes from here.
    pub seed: u64,
    /// The midnight before the run began, by the platform's clock.
    pub midnight: Timestamp,
    /// When the last request may come: from then on idle drivers' time counts no more.
    pub demand_ends_at: Timestamp,
    /// How far civil time is ahead of UTC.
    pub utc_offset: Millis,
    /// Budgets and limits of every order.
    pub policy: Arc<TripPolicy>,
    /// Where drivers begin, and go to look for riders.
    pub haunts: Vec<Place>,
}

impl Scene {
    /// The local time of a ride that begins at `now`.
    fn civil(&self, now: Timestamp) -> Result<CivilDateTime, PricingError> {
        CivilDateTime::from_timestamp(now, self.utc_offset).ok_or(PricingError::RideOutOfCalendar)
    }

    fn time_of_day(&self, now: Timestamp) -> TimeOfDay {
        self.civil(now).map_or(TimeOfDay::MIDNIGHT, CivilDateTime::time)
    }
}

/// A trip as its rider and driver know it.
#[derive(Debug)]
struct Ride {
    rider: u32,
    pick_up: Place,
    drop_off: Place,
    quote: Arc<Quote>,
    cab: Option<u32>,
    fence: Fence,
    /// When the driver was at the pick-up.
    met_at: Timestamp,
    boarded_at: Timestamp,
    /// How far the rider was driven before the last change of plan.
    driven: Millimetres,
    /// Where they were when the plan changed on the way.
    turns: Box<[Place]>,
    codes: u8,
    /// How often the rider will think again; known until then, also where the trip has closed.
    rethinks: u8,
    /// Whether the rider has decided to cancel, or did.
    will_cancel: bool,
    is_over: bool,
}

impl Ride {
    const fn principal(&self) -> PrincipalId {
        PrincipalId::from_u128(self.rider as u128)
    }
}

/// Everyone in the city.
pub struct Players {
    scene: Scene,
    dice: Dice,
    riders: Arc<RiderDesk>,
    drivers: Arc<DriverDesk>,
    support: Arc<SupportDesk>,
    calls: Calls,
    accepted: Accepted,
    ids: Arc<dyn IdSource>,
    clock: Arc<dyn Clock>,
    consumer: Box<dyn Consumer>,
    /// How much they hear of at a time.
    heard_max: u16,
    shared: Arc<Mutex<Shared>>,
    /// Orders that no desk has taken yet.
    orders: BTreeMap<TripId, Order>,
    /// Boxed: a tree keeps room for as many again as it holds.
    rides: BTreeMap<TripId, Box<Ride>>,
    cabs: Vec<Cab>,
    agenda: Agenda,
    ordered: u32,
    phones_at: Timestamp,
    shifts_over: bool,
    /// Holds the share of offers that are declined.
    declines: Level,
    /// Holds the share of riders who cancel.
    cancels: Level,
}

/// Hears of trips whose orders were accepted.
pub type Accepted = Box<dyn FnMut(TripId) + Send>;

/// Where people ask.
#[derive(Clone)]
pub struct Desks {
    /// The riders' desk.
    pub riders: Arc<RiderDesk>,
    /// The drivers' desk.
    pub drivers: Arc<DriverDesk>,
    /// The support agents' desk.
    pub support: Arc<SupportDesk>,
    /// What people's apps name their requests by.
    pub ids: Arc<dyn IdSource>,
}

impl std::fmt::Debug for Desks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desks").finish_non_exhaustive()
    }
}

impl Desks {
    /// The desks of a region, where the tariffs' zones lie as `zones` says, on the same ports; `ids` name the requests that come
    /// to them, and `admission` lets orders in.
    pub fn new(
        region: RegionId,
        zones: Arc<ZoneMap>,
        ports: DeskPorts,
        ids: Arc<dyn IdSource>,
        admission: Admission,
    ) -> Self {
        let riders = RiderDesk::new(region, ports.clone())
            .with_zones(zones)
            .with_admission(Arc::new(admission));
        Self {
            riders: Arc::new(riders),
            drivers: Arc::new(DriverDesk::new(region, ports.clone())),
            support: Arc::new(SupportDesk::new(region, ports)),
            ids,
        }
    }

    /// A request of someone's app.
    pub fn origin(&self) -> Origin {
        Origin::new(self.ids.command_id())
    }
}

impl std::fmt::Debug for Players {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Players")
            .field("rides", &self.rides.len())
            .field("cabs", &self.cabs.len())
            .finish_non_exhaustive()
    }
}

/// The queue of everyone in a region.
pub fn players_queue(region: RegionId) -> QueueSpec {
    reader_queue("players", region, HEARD)
}

impl Players {
    /// Everyone, with `cabs` drivers who go on duty at once; they hear of up to `heard_max` events at a time.
    ///
    /// # Errors
    ///
    /// The bus's, where the players' queue cannot be declared or consumed.
    pub async fn gather(
        scene: Scene,
        desks: Desks,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        shared: Arc<Mutex<Shared>>,
        cabs: usize,
        heard_max: u16,
    ) -> Result<Self, PortError> {
        let queue = players_queue(scene.region);
        bus.declare(&queue).await?;
        let consumer = bus.consume(&queue.name, Prefetch(heard_max)).await?;
        let now = clock.now();
        let dice = Dice::new(scene.seed);
        let mut players = Self {
            dice,
            riders: desks.riders,
            drivers: desks.drivers,
            support: desks.support,
            calls: Calls::default(),
            accepted: Box::new(|_| {}),
            ids: desks.ids,
            clock,
            consumer,
            heard_max,
            shared,
            orders: BTreeMap::new(),
            rides: BTreeMap::new(),
            cabs: Vec::with_capacity(cabs),
            agenda: Agenda::default(),
            ordered: 0,
            phones_at: now,
            shifts_over: false,
            declines: Level::default(),
            cancels: Level::default(),
            scene,
        };
        players.begin_shifts(cabs).await;
        Ok(players)
    }

    /// Tells `accepted` of each trip the moment that its order is accepted.
    #[must_use]
    pub fn telling(mut self, accepted: Accepted) -> Self {
        self.accepted = accepted;
        self
    }

    /// A request of someone's app.
    fn origin(&self) -> Origin {
        Origin::new(self.ids.command_id())
    }

    /// Plays for ever: whoever runs it stops when nothing is left to happen, or when the bus has [failed](Shared::failed).
    pub async fn play(mut self) {
        loop {
            if let Err(error) = self.listen().await {
                self.shared().failed = Some(error);
                return;
            }
            let now = self.clock.now();
            if !self.shifts_over && now >= self.scene.demand_ends_at {
                self.end_shifts(now);
            }
            self.order_due(now).await;
            while let Some(action) = self.agenda.take_due(now) {
                self.act(action, now).await;
            }
            self.hear_back().await;
            if now >= self.phones_at {
                self.report_places(now).await;
                self.phones_at = now.plus(phones::TICK);
            }
        }
    }

    /// Waits for what happens, until there is something to do, and hears it.
    async fn listen(&mut self) -> Result<(), PortError> {
        let until = self.next_at();
        let heard = self.consumer.next(self.heard_max.into(), until).await?;
        let mut acks = Vec::with_capacity(heard.len());
        for delivery in heard {
            self.hear(&delivery.message);
            acks.push((delivery.tag, Settlement::Ack));
        }
        if acks.is_empty() {
            return Ok(());
        }
        self.consumer.settle(acks).await
    }

    /// When there is next something to do: the phones tick often enough to notice requests that were fed meanwhile.
    fn next_at(&self) -> Timestamp {
        let shared = lock(&self.shared);
        let request = shared
            .requests
            .front()
            .map(|request| second_of(self.scene.midnight.plus(request.at())));
        drop(shared);
        let agenda = self.agenda.next_at();
        [request, agenda]
            .into_iter()
            .flatten()
            .fold(self.phones_at, Timestamp::min)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}
