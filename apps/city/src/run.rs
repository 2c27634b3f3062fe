//! A day in the city: demand in, players and platform on one virtual clock, until every trip is closed.

use crate::commission;
use crate::coverage::Coverage;
use crate::demand::{Burst, Demand, DemandError, DemandPlan, Multiplier};
use crate::digest::Digest;
use crate::manhattan::Manhattan;
use crate::platform::{Platform, PlatformConfig};
use crate::players::{Driven, Habits, Players, Scene, Share, Shared};
use crate::table::TableError;
use crate::witness::Witness;
use fiacre_domain::audit::{Audit, Report as AuditReport};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::geo::{AreaError, ServiceArea};
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::matching::{Policy, PolicyError, StraightLine};
use fiacre_domain::money::Currency;
use fiacre_domain::place::{Place, PlaceError};
use fiacre_domain::pricing::{Tariff, TariffError};
use fiacre_domain::stream::{ChargeNumber, Commit, StreamId};
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay, Timestamp, Weekday};
use fiacre_domain::trip::{CommandKind, Phase};
use fiacre_domain::units::{BasisPoints, Millis};
use fiacre_memory::{RunError, SkewedClock};
use fiacre_ports::{Cursor, EventStore, PortError};
use fiacre_sandbox_payments as sandbox;
use fiacre_services::fleet::{FleetConfig, Matching};
use fiacre_wire::seal::KeyedSeal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Drivers on duty for each unit of demand. At the busiest hour about 6,700 are busy; the rest is the slack that uneven
/// flows need.
pub const DRIVERS_PER_DEMAND: u32 = 8_000;
/// Card holds that are lost on an ordinary day, within three minutes, when issuers look at them again: an assumption, high
/// enough that a day sees at every step what becomes of them.
pub const HOLDS_LOST: Share = Share::per_million(10_000);
/// How much virtual time passes between two looks at the run.
pub const SLICE: Millis = Millis::from_secs(10);
/// How long a closed trip is kept, for messages still under way.
const KEPT_AFTER_CLOSE: Millis = Millis::from_minutes(2);
/// How long the city may take to come to rest after its last request: longer than the longest deadline of an order.
const DRAIN_MAX: Millis = Millis::from_minutes(24 * 60);
/// New York in summer: four hours behind UTC.
const UTC_OFFSET: Millis = Millis::from_minutes(-240);
/// The mean speed that matching reckons with: 20 km/h, as Friday's trips have it.
const MATCHING_SPEED_MM_PER_S: u32 = 5_500;
/// Roads over the straight line, as Friday's trips have it.
const MATCHING_ROAD_FACTOR: BasisPoints = BasisPoints::new(12_000);

/// What is to be played.
#[derive(Debug, Clone)]
pub struct CityOptions {
    /// A business day.
    pub weekday: Weekday,
    /// When the demand begins.
    pub from: TimeOfDay,
    /// How long the demand lasts.
    pub length: Millis,
    /// How many times the counted demand.
    pub demand: Multiplier,
    /// Spikes of demand.
    pub bursts: Vec<Burst>,
    /// How many drivers are on duty.
    pub drivers: u32,
    /// Everything random comes from here.
    pub seed: u64,
    /// The price list; one that says nothing of pay gets [the city's commission](crate::commission).
    pub tariff: Arc<Tariff>,
    /// How requests and drivers are joined.
    pub matching: Matching,
    /// How people behave.
    pub habits: Habits,
    /// Card holds that are declined.
    pub payment_declines: Share,
    /// Card holds that are lost before the money is taken (default [`HOLDS_LOST`]).
    pub holds_lost: Share,
}

/// Why a city cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// The demand cannot be as asked.
    #[error(transparent)]
    Demand(#[from] DemandError),
    /// The tables that come with the city are damaged.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The service area cannot be laid out.
    #[error(transparent)]
    Area(#[from] AreaError),
    /// A corner of the service area is no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The matching policy cannot be as asked.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The tariff cannot be paid by.
    #[error(transparent)]
    Tariff(#[from] TariffError),
    /// The payment company cannot behave as asked.
    #[error(transparent)]
    Payments(#[from] sandbox::PolicyError),
    /// The run came to no end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A port failed while the city was set up or read.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Trips were still open a whole day after the last request.
    #[error("failed to come to rest: {open} trips are still open a day after the last request")]
    NotClosed {
        /// How many.
        open: usize,
    },
}

impl CityError {
    /// Whether the options are at fault, not the run.
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Demand(_) | Self::Policy(_) | Self::Tariff(_) | Self::Payments(_) => true,
            Self::Table(_)
            | Self::Area(_)
            | Self::Place(_)
            | Self::Run(_)
            | Self::Port(_)
            | Self::NotClosed { .. } => false,
        }
    }
}

/// Sees the run while it lasts: every commit, every drive.
pub trait Spectator: Send {
    /// A commit was acknowledged.
    fn saw(&mut self, commit: &Commit);

    /// Somebody drove.
    fn drove(&mut self, driven: Driven);

    /// The trip is over on every stream.
    fn closed(&mut self, _trip: TripId) {}
}

/// What a run came to.
#[derive(Debug)]
pub struct Played {
    /// The digest of the whole log.
    pub digest: Fingerprint,
    /// The audit of the whole log.
    pub audit: AuditReport,
    /// What was exercised of the saga's table.
    pub coverage: Vec<(Phase, CommandKind, u64)>,
    /// What the payment company says that it moved, by its own books.
    pub company: BTreeMap<Currency, sandbox::Totals>,
    /// How much virtual time passed.
    pub virtual_time: Millis,
    /// Events in the log.
    pub events: u64,
    /// Requests that no desk took, by error code.
    pub refused: Vec<(&'static str, u64)>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Virtual time.
    pub now: Timestamp,
    /// The same, as the clock on the wall shows it.
    pub civil: Option<CivilDateTime>,
    /// Trips that are not closed.
    pub open: usize,
    /// Whether requests are still coming.
    pub demand_lasts: bool,
}

/// Passes commits on to the audit and to whoever watches.
struct Chronicle<S> {
    audit: Audit,
    spectator: S,
}

impl<S: Spectator> Witness for Chronicle<S> {
    fn saw(&mut self, commit: &Commit) {
        self.audit.observe(commit);
        self.spectator.saw(commit);
    }
}

/// Plays the city to its end; `look` is called every ten seconds of virtual time with the spectator.
pub fn play<S: Spectator + 'static>(
    options: &CityOptions,
    spectator: S,
    mut look: impl FnMut(&Moment, &mut S),
) -> Result<(Played, S), CityError> {
    let mut stage = Stage::set(options, spectator)?;
    let demand = Demand::load()?;
    let plan = options.plan()?;
    let last_request_at = stage.midnight.plus(plan.end());
    let manhattan = Arc::clone(&stage.manhattan);
    let mut requests = demand.requests(&manhattan, plan).peekable();
    loop {
        let now = stage.platform.time.now();
        let until = now.plus(SLICE);
        let mut fed = VecDeque::new();
        while requests
            .peek()
            .is_some_and(|request| stage.midnight.plus(request.at()) <= until)
        {
            fed.extend(requests.next());
        }
        let demand_lasts = requests.peek().is_some();
        {
            let mut shared = lock(&stage.shared);
            shared.requests.extend(fed);
            shared.demand_over = !demand_lasts;
        }
        stage.platform.executor.run_until(until)?;
        let open = stage.tidy(until);
        let moment = Moment {
            now: until,
            civil: CivilDateTime::from_timestamp(until, UTC_OFFSET),
            open,
            demand_lasts,
        };
        look(&moment, &mut lock(&stage.chronicle).spectator);
        let waiting = lock(&stage.shared).requests.len();
        if !demand_lasts && open == 0 && waiting == 0 {
            return stage.end();
        }
        if until > last_request_at.plus(DRAIN_MAX) {
            return Err(CityError::NotClosed { open });
        }
    }
}

impl CityOptions {
    /// Whether this can be played, as far as can be told without playing.
    pub fn check(&self) -> Result<(), CityError> {
        self.plan()?;
        payments(self)?;
        Ok(())
    }

    /// When the demand begins.
    pub fn start(&self) -> Timestamp {
        self.midnight().plus(Millis::new(i64::from(self.from.ms())))
    }

    /// The same, as the clock on the wall shows it.
    pub fn local_start(&self) -> CivilDateTime {
        CivilDateTime::new(self.date(), self.from)
    }

    fn plan(&self) -> Result<DemandPlan, DemandError> {
        let plan = DemandPlan::new(self.weekday, self.from, self.length)?
            .with_seed(self.seed)
            .with_multiplier(self.demand);
        Ok(self
            .bursts
            .iter()
            .fold(plan, |plan, burst| plan.with_burst(*burst)))
    }

    /// The first week of June 2018: no holiday in it.
    fn date(&self) -> CivilDate {
        let day = 4 + u8::try_from(self.weekday.index()).unwrap_or(0);
        CivilDate::new(2018, 6, day).unwrap_or(CivilDate::MIN)
    }

    fn midnight(&self) -> Timestamp {
        CivilDateTime::new(self.date(), TimeOfDay::MIDNIGHT).to_timestamp(UTC_OFFSET)
    }
}

/// How the payment company behaves on an ordinary day; shares are assumptions, see the README of the crate.
fn payments(options: &CityOptions) -> Result<sandbox::Policy, sandbox::PolicyError> {
    let rate = sandbox::Rate::from_basis_points;
    let span = |from_ms, to_ms| sandbox::Span::new(Millis::new(from_ms), Millis::new(to_ms));
    Ok(sandbox::Policy::default()
        .with_declines(rate(options.payment_declines.basis_points())?)
        .with_actions(rate(500)?, span(5_000, 60_000)?)
        .with_actions_abandoned(rate(300)?)
        .with_holds_lost(rate(options.holds_lost.basis_points())?, span(1_000, 180_000)?)
        .with_captures_failing(rate(5)?)
        .with_unavailable(rate(10)?)
        .with_unknown_outcomes(rate(10)?, rate(10)?)
        .with_latency(span(80, 700)?)
        .with_subscription(sandbox::Subscription::OwnChanges)
        .with_keys_kept(KEYS_KEPT)?
        .with_notice_delay(span(200, 3_000)?)
        .with_late_notices(rate(100)?, span(30_000, 300_000)?)
        .with_doubled_notices(rate(100)?))
}

/// How long the company remembers keys of finished intents: calls are repeated within seconds here.
const KEYS_KEPT: Millis = Millis::from_minutes(10);

/// Manhattan with a margin.
fn area() -> Result<ServiceArea, CityError> {
    let south_west = Place::from_e7(406_800_000, -740_500_000)?;
    let north_east = Place::from_e7(408_900_000, -739_000_000)?;
    Ok(ServiceArea::bounding(south_west, north_east)?)
}

fn fleet(region: RegionId, matching: Matching) -> Result<FleetConfig, CityError> {
    let mut config = FleetConfig::new(region, area()?);
    let route = StraightLine::new(MATCHING_ROAD_FACTOR, MATCHING_SPEED_MM_PER_S);
    config.policy = Policy::city()
        .with_route(route.unwrap_or(StraightLine::CITY))
        .with_stale_limit(Millis::from_secs(60))?;
    config.matching = matching;
    Ok(config)
}

/// Everything that plays.
struct Stage<S> {
    platform: Platform,
    chronicle: Arc<Mutex<Chronicle<S>>>,
    coverage: Arc<Coverage>,
    shared: Arc<Mutex<Shared>>,
    manhattan: Arc<Manhattan>,
    midnight: Timestamp,
    start: Timestamp,
    digest: Digest,
    closed: VecDeque<(Timestamp, TripId)>,
}

impl<S: Spectator + 'static> Stage<S> {
    fn set(options: &CityOptions, spectator: S) -> Result<Self, CityError> {
        let manhattan = Arc::new(Manhattan::load()?);
        let region: RegionId = "manhattan".parse().map_err(|_| PlaceError::LatitudeOutOfRange)?;
        let midnight = options.midnight();
        let plan = options.plan()?;
        let start = midnight.plus(plan.start());
        let chronicle = Arc::new(Mutex::new(Chronicle {
            audit: Audit::default(),
            spectator,
        }));
        let coverage = Arc::new(Coverage::default());
        let config = PlatformConfig {
            region,
            start,
            seed: options.seed,
            fleet: fleet(region, options.matching)?,
            payments: payments(options)?,
        };
        let witness: Arc<Mutex<dyn Witness>> = Arc::clone(&chronicle) as _;
        let seal = Arc::new(KeyedSeal::new([0x6b; 32]));
        let mut platform = Platform::begin(config, seal, witness, Arc::clone(&coverage) as _);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let haunts = haunts(&manhattan, options)?;
        let scene = Scene {
            manhattan: Arc::clone(&manhattan),
            tariff: commission::taken(&options.tariff)?,
            region,
            habits: options.habits,
            seed: options.seed,
            midnight,
            utc_offset: UTC_OFFSET,
            policy: Arc::default(),
            haunts,
        };
        let desks = (platform.riders.clone(), platform.drivers.clone());
        let clock = Arc::new(SkewedClock::new(platform.time.clone(), Millis::ZERO));
        let cabs = usize::try_from(options.drivers).unwrap_or(usize::MAX);
        let gather = Players::gather(
            scene,
            desks,
            Arc::new(platform.bus.clone()),
            clock,
            Arc::clone(&shared),
            cabs,
        );
        let players = platform.executor.block_on(gather)??;
        platform.executor.spawn("players", players.play());
        let digest = Digest::default();
        let closed = VecDeque::new();
        Ok(Self {
            platform,
            chronicle,
            coverage,
            shared,
            manhattan,
            midnight,
            start,
            digest,
            closed,
        })
    }

    /// Folds what has closed into the digest and drops it; gives how many trips are open.
    fn tidy(&mut self, now: Timestamp) -> usize {
        let (newly, driven, open) = {
            let mut shared = lock(&self.shared);
            (
                std::mem::take(&mut shared.closed),
                std::mem::take(&mut shared.driven),
                shared.open,
            )
        };
        let mut chronicle = lock(&self.chronicle);
        for drive in driven {
            chronicle.spectator.drove(drive);
        }
        for &trip in &newly {
            chronicle.spectator.closed(trip);
        }
        drop(chronicle);
        self.closed.extend(newly.into_iter().map(|trip| (now, trip)));
        while self
            .closed
            .front()
            .is_some_and(|(at, _)| now.since(*at) >= KEPT_AFTER_CLOSE)
        {
            if let Some((_, trip)) = self.closed.pop_front() {
                self.fold(trip);
            }
        }
        open
    }

    fn fold(&mut self, trip: TripId) {
        let fare = StreamId::Payment(trip, ChargeNumber::FARE);
        for stream in [StreamId::Trip(trip), StreamId::Dispatch(trip), fare] {
            let commits = self.platform.forget(stream);
            self.digest.add(stream, &commits);
        }
    }

    fn end(mut self) -> Result<(Played, S), CityError> {
        let now = self.platform.time.now();
        while let Some((_, trip)) = self.closed.pop_front() {
            self.fold(trip);
        }
        self.fold_rest()?;
        let Self {
            platform,
            chronicle,
            coverage,
            shared,
            start,
            digest,
            ..
        } = self;
        let company = platform.company.totals();
        // Whoever still holds the chronicle is gone with the platform.
        drop(platform);
        let Some(chronicle) = Arc::into_inner(chronicle) else {
            return Err(CityError::NotClosed { open: 0 });
        };
        let Chronicle { audit, spectator } = chronicle.into_inner().unwrap_or_else(PoisonError::into_inner);
        let events = digest.events();
        let played = Played {
            digest: digest.finish(),
            audit: audit.finish(),
            coverage: coverage.cells(),
            company,
            virtual_time: now.since(start),
            events,
            refused: lock(&shared)
                .refused
                .iter()
                .map(|(code, count)| (*code, *count))
                .collect(),
        };
        Ok((played, spectator))
    }

    /// What never closes: drivers' streams.
    fn fold_rest(&mut self) -> Result<(), CityError> {
        let store = self.platform.store.clone();
        let mut streams = BTreeMap::<StreamId, Vec<Arc<Commit>>>::new();
        let mut cursor = Cursor::default();
        loop {
            let (store, from) = (store.clone(), cursor.clone());
            let page = self
                .platform
                .executor
                .block_on(async move { store.scan(&from, 4_096).await })??;
            for commit in page.entries.into_iter().filter_map(|entry| entry.commit.ok()) {
                streams.entry(commit.stream).or_default().push(commit);
            }
            match page.next {
                Some(next) => cursor = next,
                None => break,
            }
        }
        for (stream, commits) in &streams {
            self.digest.add(*stream, commits);
        }
        Ok(())
    }
}

/// Where riders are found: the pick-ups of another day's first two hours.
fn haunts(manhattan: &Manhattan, options: &CityOptions) -> Result<Vec<Place>, CityError> {
    let demand = Demand::load()?;
    let length = options.length.get().clamp(60_000, 7_200_000);
    let plan = DemandPlan::new(options.weekday, options.from, Millis::new(length))?.with_seed(!options.seed);
    Ok(demand
        .requests(manhattan, plan)
        .map(|request| request.pickup())
        .take(50_000)
        .collect())
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
