//! Everything that plays, and what is kept of it.

use super::options::{UTC_OFFSET, approaches, fleet, payments};
use super::{CityError, CityOptions, Played, Spectator};
use crate::chronicle::{Chronicle, Note, Scribe};
use crate::commission;
use crate::coverage::Coverage;
use crate::demand::{Demand, DemandPlan};
use crate::manhattan::Manhattan;
use crate::platform::{Platform, PlatformConfig};
use crate::players::{Players, Scene, Shared};
use crate::proofs::Proofs;
use crate::roads::Roads;
use crate::witness::Witness;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::matching::{Batch, Market, Request};
use fiacre_domain::place::Place;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::SkewedClock;
use fiacre_ports::{Cursor, EventStore};
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use fiacre_wire::seal::KeyedSeal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a closed trip is kept, for messages still under way.
const KEPT_AFTER_CLOSE: Millis = Millis::from_secs(10);

/// Those who hear of what the platform decides.
#[derive(Debug, Default)]
struct Onlookers {
    coverage: Coverage,
    proofs: Proofs,
}

impl Observer for Onlookers {
    fn decided(&self, before: &State, commands: &[Command], decided: Decided<'_>) {
        self.coverage.decided(before, commands, decided);
    }

    fn matched(&self, requests: &[Request], market: &Market<'_>, batch: &Batch) {
        self.proofs.take(requests, market, batch);
    }
}

/// Everything that plays.
pub(super) struct Stage<S> {
    pub(super) platform: Platform,
    pub(super) scribe: Scribe<S>,
    onlookers: Arc<Onlookers>,
    tariff: Arc<Tariff>,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) manhattan: Arc<Manhattan>,
    pub(super) midnight: Timestamp,
    start: Timestamp,
    closed: VecDeque<(Timestamp, TripId)>,
}

impl<S: Spectator + 'static> Stage<S> {
    pub(super) fn set(options: &CityOptions, spectator: S) -> Result<Self, CityError> {
        let manhattan = Arc::new(Manhattan::load()?);
        let region: RegionId = "manhattan".parse()?;
        let tariff = commission::taken(&options.tariff)?;
        let midnight = options.midnight();
        let start = midnight.plus(options.plan()?.start());
        let scribe = Scribe::begin(spectator, &tariff).map_err(CityError::Thread)?;
        let onlookers = Arc::new(Onlookers::default());
        let config = PlatformConfig {
            region,
            start,
            seed: options.seed,
            fleet: fleet(region, options.matching)?,
            payments: payments(options)?,
            roads: Arc::new(Roads::new(Arc::clone(&manhattan), UTC_OFFSET)),
            approaches: Arc::new(approaches()),
        };
        let witness: Arc<Mutex<dyn Witness>> = Arc::clone(scribe.notebook()) as _;
        let seal = Arc::new(KeyedSeal::new([0x6b; 32]));
        let mut platform = Platform::begin(config, seal, witness, Arc::clone(&onlookers) as _);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let scene = scene(options, region, &manhattan, &tariff)?;
        call_in(&mut platform, scene, &shared, options.drivers)?;
        Ok(Self {
            platform,
            scribe,
            onlookers,
            tariff,
            shared,
            manhattan,
            midnight,
            start,
            closed: VecDeque::new(),
        })
    }

    /// Folds what has closed, or is folded into a snapshot, into the digest and drops it; gives how many trips are open.
    pub(super) fn tidy(&mut self, now: Timestamp) -> usize {
        let (newly, driven, open) = {
            let mut shared = lock(&self.shared);
            (
                std::mem::take(&mut shared.closed),
                std::mem::take(&mut shared.driven),
                shared.open,
            )
        };
        let mut notebook = lock(self.scribe.notebook());
        for drive in driven {
            let stream = StreamId::Driver(drive.driver);
            notebook.note(Note::Trimmed(stream, self.platform.store.trim(stream)));
            notebook.note(Note::Drove(drive));
        }
        for &trip in &newly {
            notebook.note(Note::Closed(trip));
        }
        drop(notebook);
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
        let dropped = self.platform.forget(trip);
        lock(self.scribe.notebook()).note(Note::Dropped(trip, dropped));
    }

    pub(super) fn end(mut self) -> Result<(Played, S), CityError> {
        let now = self.platform.time.now();
        while let Some((_, trip)) = self.closed.pop_front() {
            self.fold(trip);
        }
        self.fold_rest()?;
        let Self {
            platform,
            scribe,
            onlookers,
            tariff,
            shared,
            start,
            ..
        } = self;
        let company = platform.company.totals();
        drop(platform);
        let Some(chronicle) = scribe.finish() else {
            return Err(CityError::NotClosed { open: 0 });
        };
        let Chronicle {
            audit,
            digest,
            spectator,
        } = chronicle;
        let events = digest.events();
        let played = Played {
            digest: digest.finish(),
            audit: audit.finish(),
            tariff,
            coverage: onlookers.coverage.cells(),
            proofs: onlookers.proofs.so_far(),
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

    /// What never closes: drivers' streams, tips and debts.
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
        let mut notebook = lock(self.scribe.notebook());
        for (stream, commits) in streams {
            notebook.note(Note::Left(stream, commits));
        }
        Ok(())
    }
}

/// What all who play there know of the city.
fn scene(
    options: &CityOptions,
    region: RegionId,
    manhattan: &Arc<Manhattan>,
    tariff: &Arc<Tariff>,
) -> Result<Scene, CityError> {
    let midnight = options.midnight();
    Ok(Scene {
        manhattan: Arc::clone(manhattan),
        tariff: Arc::clone(tariff),
        region,
        product: "taxi".parse()?,
        habits: options.habits,
        seed: options.seed,
        midnight,
        demand_ends_at: midnight.plus(options.plan()?.end()),
        utc_offset: UTC_OFFSET,
        policy: Arc::default(),
        haunts: haunts(manhattan, options)?,
    })
}

/// Gathers riders and so many drivers, and lets them play on the platform's own executor.
fn call_in(
    platform: &mut Platform,
    scene: Scene,
    shared: &Arc<Mutex<Shared>>,
    drivers: u32,
) -> Result<(), CityError> {
    let gather = Players::gather(
        scene,
        platform.desks.clone(),
        Arc::new(platform.bus.clone()),
        Arc::new(SkewedClock::new(platform.time.clone(), Millis::ZERO)),
        Arc::clone(shared),
        usize::try_from(drivers).unwrap_or(usize::MAX),
    );
    let players = platform.executor.block_on(gather)??;
    platform.executor.spawn("players", players.play());
    Ok(())
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

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
