//! What is to be played, and why it cannot be.

use crate::capacity::Capacity;
use crate::commission::{self, CommissionError};
use crate::demand::{Burst, DemandError, DemandPlan, Multiplier};
use crate::keep::KeepError;
use crate::manhattan::tariff_zones;
use crate::parked::ParkedFigures;
use crate::players::{Habits, Share};
use crate::table::TableError;
use fiacre_domain::geo::{AreaError, ServiceArea, ZoneMap, ZonesMissing};
use fiacre_domain::id::{ExtraId, IdError, RegionId, TariffId, ZoneId};
use fiacre_domain::matching::{Policy, PolicyError, StraightLine};
use fiacre_domain::place::{Place, PlaceError};
use fiacre_domain::pricing::Tariff;
use fiacre_domain::time::{CivilDate, CivilDateTime, TimeOfDay, Timestamp, Weekday};
use fiacre_domain::units::{BasisPoints, Millis};
use fiacre_memory::{EstimatedRoutes, RunError};
use fiacre_ports::{GatewayError, PortError, ShardError};
use fiacre_sandbox_payments as sandbox;
use fiacre_services::fleet::{FleetConfig, Matching};
use std::sync::Arc;

/// Drivers on duty for each unit of demand. At the busiest hour about 6,700 are busy; the rest is the slack that uneven
/// flows need.
pub const DRIVERS_PER_DEMAND: u32 = 8_000;
/// The most drivers that one process plays: more than ten times Manhattan's at its busiest.
pub const DRIVERS_MAX: u32 = 100_000;
/// The most demand at any minute, bursts included, in units of the counted demand: beyond it one process has no room for all
/// who wait.
pub const DEMAND_MAX: u64 = 100;
/// Card holds that are declined on an ordinary day: an assumption.
pub const PAYMENT_DECLINES: Share = Share::per_million(10_000);
/// When the two hours of a Friday evening that are played begin: one hour before its two busiest, 18:00 to 20:00.
const EVENING: TimeOfDay = match TimeOfDay::new(17, 0, 0) {
    Ok(time) => time,
    Err(_) => TimeOfDay::MIDNIGHT,
};
/// New York in summer: four hours behind UTC.
pub(super) const UTC_OFFSET: Millis = Millis::from_minutes(-240);
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
    /// How large the platform is; nothing for as large as the busiest minute [asks for](Capacity::for_demand).
    pub capacity: Option<Capacity>,
    /// Everything random comes from here.
    pub seed: u64,
    /// The price list; one that says nothing of pay gets [the city's commission](crate::commission).
    pub tariff: Arc<Tariff>,
    /// Zones of the price list that no ride of the city touches, beside those that Manhattan's own map knows of: for price lists
    /// of other cities.
    pub elsewhere: Vec<ZoneId>,
    /// What every rider asks for, of what the price list prices on request.
    pub extras: Vec<ExtraId>,
    /// How requests and drivers are joined.
    pub matching: Matching,
    /// How people behave.
    pub habits: Habits,
    /// Card holds that are declined (default [`PAYMENT_DECLINES`]).
    pub payment_declines: Share,
    /// Card holds that are lost before the money is taken, within a minute and a half, when issuers look at them again (default
    /// 2%: an assumption, high enough that a day sees at every step what becomes of them).
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
    /// The region or the product cannot be called so.
    #[error(transparent)]
    Name(#[from] IdError),
    /// The matching policy cannot be as asked.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The tariff names zones that Manhattan's map does not know.
    #[error(transparent)]
    Zones(#[from] ZonesMissing),
    /// A zone is said to lie elsewhere that Manhattan's map draws.
    #[error("failed to look elsewhere for {0}: it lies in Manhattan, and rides there are charged for it")]
    ZoneIsHere(ZoneId),
    /// Riders cannot ask for what the tariff does not price.
    #[error("failed to price the extra {extra}: tariff {tariff} does not have it, leave it out")]
    Extra {
        /// Which.
        extra: ExtraId,
        /// Where it was looked for.
        tariff: TariffId,
    },
    /// Drivers cannot be paid by the tariff.
    #[error(transparent)]
    Commission(#[from] CommissionError),
    /// The payment company cannot behave as asked.
    #[error(transparent)]
    Payments(#[from] sandbox::PolicyError),
    /// The run came to no end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// More demand than one process can play.
    #[error(
        "failed to plan the demand: at most {DEMAND_MAX} times what was counted can be played at any minute, bursts included"
    )]
    TooMuchDemand,
    /// More drivers than one process can play.
    #[error("failed to call the drivers: at most {DRIVERS_MAX} can be played")]
    TooManyDrivers,
    /// A port failed while the city was set up or read.
    #[error(transparent)]
    Port(#[from] PortError),
    /// There can be no platform that large.
    #[error(transparent)]
    Capacity(#[from] ShardError),
    /// What the platform knows cannot be kept where it was asked to.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// A thread beside the city's cannot be started: the one that keeps the chronicle, or the one that draws the demand.
    #[error("failed to start a thread beside the city's, which draws its requests or audits it: {0}")]
    Thread(#[source] std::io::Error),
    /// The payment company does not give the list of its payments.
    #[error("failed to get the payment company's list: {0}")]
    Company(#[source] GatewayError),
    /// Trips were still open a whole day after the last request.
    #[error(
        "failed to come to rest: {open} trips are still open long after the last request, and {} messages are parked\n{}",
        .parked.count, .parked.examples.join("\n")
    )]
    NotClosed {
        /// How many.
        open: usize,
        /// What they may be waiting for.
        parked: ParkedFigures,
    },
}

impl CityError {
    /// Whether the options are at fault, not the run.
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Demand(_)
            | Self::Policy(_)
            | Self::Commission(_)
            | Self::Zones(_)
            | Self::ZoneIsHere(_)
            | Self::Extra { .. }
            | Self::Payments(_)
            | Self::TooMuchDemand
            | Self::TooManyDrivers => true,
            Self::Table(_)
            | Self::Area(_)
            | Self::Place(_)
            | Self::Name(_)
            | Self::Run(_)
            | Self::Port(_)
            | Self::Capacity(_)
            | Self::Keep(_)
            | Self::Thread(_)
            | Self::Company(_)
            | Self::NotClosed { .. } => false,
        }
    }
}

impl CityOptions {
    /// A Friday's two hours from 17:00 at default rates, with the demand that was counted: what is played where nothing else
    /// is asked for, and what every other default derives from.
    pub fn friday(tariff: Arc<Tariff>) -> Self {
        Self {
            weekday: Weekday::Friday,
            from: EVENING,
            length: Millis::from_minutes(2 * 60),
            demand: Multiplier::ONE,
            bursts: Vec::new(),
            drivers: drivers_for(Multiplier::ONE),
            capacity: None,
            seed: 1,
            tariff,
            elsewhere: Vec::new(),
            extras: Vec::new(),
            matching: Matching::Batch,
            habits: Habits::default(),
            payment_declines: PAYMENT_DECLINES,
            holds_lost: Share::per_million(20_000),
        }
    }

    /// Whether this can be played, as far as can be told without playing.
    ///
    /// # Errors
    ///
    /// The [`CityError`] that playing would begin with; each is [a mistake in what was asked](CityError::is_usage).
    pub fn check(&self) -> Result<(), CityError> {
        if self.plan()?.factor_max().millionths() > DEMAND_MAX * 1_000_000 {
            return Err(CityError::TooMuchDemand);
        }
        if self.drivers > DRIVERS_MAX {
            return Err(CityError::TooManyDrivers);
        }
        payments(self)?;
        commission::taken(&self.tariff)?;
        self.zones()?.under(&self.tariff)?;
        let unknown = |extra: &&ExtraId| !self.tariff.extras().any(|known| known == **extra);
        match self.extras.iter().find(unknown) {
            Some(extra) => Err(CityError::Extra {
                extra: *extra,
                tariff: self.tariff.id(),
            }),
            None => Ok(()),
        }
    }

    /// Where the zones of the price list lie.
    pub(super) fn zones(&self) -> Result<ZoneMap, CityError> {
        tariff_zones::map(&self.elsewhere)
    }

    /// How large the platform is.
    pub(super) fn capacity(&self) -> Result<Capacity, DemandError> {
        match self.capacity {
            Some(capacity) => Ok(capacity),
            None => Ok(Capacity::for_demand(self.plan()?.factor_max())),
        }
    }

    /// When the demand begins.
    pub fn start(&self) -> Timestamp {
        self.midnight().plus(Millis::new(i64::from(self.from.ms())))
    }

    /// The same, as the clock on the wall shows it.
    pub fn local_start(&self) -> CivilDateTime {
        CivilDateTime::new(self.date(), self.from)
    }

    pub(super) fn plan(&self) -> Result<DemandPlan, DemandError> {
        let plan = DemandPlan::new(self.weekday, self.from, self.length)?
            .with_seed(self.seed)
            .with_multiplier(self.demand);
        self.bursts
            .iter()
            .try_fold(plan, |plan, burst| plan.with_burst(*burst))
    }

    /// The first week of June 2018: no holiday in it.
    fn date(&self) -> CivilDate {
        let day = 4 + u8::try_from(self.weekday.index()).unwrap_or(0);
        CivilDate::new(2018, 6, day).unwrap_or(CivilDate::MIN)
    }

    pub(super) fn midnight(&self) -> Timestamp {
        CivilDateTime::new(self.date(), TimeOfDay::MIDNIGHT).to_timestamp(UTC_OFFSET)
    }
}

/// How many drivers are on duty for a demand: [`DRIVERS_PER_DEMAND`], and no more than [`DRIVERS_MAX`].
pub fn drivers_for(demand: Multiplier) -> u32 {
    let drivers = u64::from(DRIVERS_PER_DEMAND).saturating_mul(demand.millionths()) / 1_000_000;
    u32::try_from(drivers).map_or(DRIVERS_MAX, |drivers| drivers.min(DRIVERS_MAX))
}

/// How the payment company behaves on an ordinary day; the shares that no option sets are assumptions.
pub(super) fn payments(options: &CityOptions) -> Result<sandbox::Policy, sandbox::PolicyError> {
    let rate = sandbox::Rate::from_basis_points;
    let span = |from_ms, to_ms| sandbox::Span::new(Millis::new(from_ms), Millis::new(to_ms));
    Ok(sandbox::Policy::default()
        .with_declines(rate(options.payment_declines.basis_points())?)
        .with_actions(rate(500)?, span(5_000, 60_000)?)
        .with_actions_abandoned(rate(300)?)
        .with_holds_lost(rate(options.holds_lost.basis_points())?, span(1_000, 90_000)?)
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
const KEYS_KEPT: Millis = Millis::from_minutes(2);

/// Manhattan with a margin.
fn area() -> Result<ServiceArea, CityError> {
    let south_west = Place::from_e7(406_800_000, -740_500_000)?;
    let north_east = Place::from_e7(408_900_000, -739_000_000)?;
    Ok(ServiceArea::bounding(south_west, north_east)?)
}

/// The ways that arrivals are promised by: what the matcher reckons with.
pub(super) fn approaches() -> EstimatedRoutes {
    EstimatedRoutes::new(MATCHING_ROAD_FACTOR, MATCHING_SPEED_MM_PER_S).unwrap_or_default()
}

pub(super) fn fleet(region: RegionId, matching: Matching) -> Result<FleetConfig, CityError> {
    let route = StraightLine::new(MATCHING_ROAD_FACTOR, MATCHING_SPEED_MM_PER_S);
    let policy = Policy::city()
        .with_route(route.unwrap_or(StraightLine::CITY))
        .with_stale_limit(Millis::from_secs(60))?;
    let config = FleetConfig::new(region, area()?).with_policy(policy);
    Ok(config.with_matching(matching))
}
