//! Everything that plays, and what is kept of it.

use super::left::Beginning;
use super::options::{UTC_OFFSET, approaches, fleet, payments};
use super::{CityError, CityOptions, Played, RunObserver, Venue};
use crate::chronicle::{Chronicle, ChronicleThread, Note, lock};
use crate::commission;
use crate::coverage::Coverage;
use crate::demand::{Demand, DemandPlan};
use crate::keep::{Folders, Keep};
use crate::manhattan::Manhattan;
use crate::observer::CommitObserver;
use crate::platform::{Platform, PlatformConfig};
use crate::players::{Accepted, Players, Scene, Shared};
use crate::proofs::Proofs;
use crate::roads::Roads;
use fiacre_domain::geo::ZoneMap;
use fiacre_domain::id::{RegionId, TripId};
use fiacre_domain::matching::{Batch, Market, Request};
use fiacre_domain::place::Place as Spot;
use fiacre_domain::pricing::Tariff;
use fiacre_domain::saga::Command;
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_embedded::Database;
use fiacre_memory::SkewedClock;
use fiacre_ports::Cursor;
use fiacre_services::observer::{Decided, Observer};
use fiacre_services::state::State;
use fiacre_wire::seal::KeyedSeal;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// How long a closed trip of which nothing more will be said is kept, for messages still under way.
const KEPT_IN_SILENCE: Millis = Millis::from_secs(10);

/// How many events people hear of at a time, for each process of a kind that the platform has.
const HEARD_MAX: u16 = 1_024;

/// What the demo's fingerprints and start codes are keyed with: nothing in it is secret.
pub(super) const SEAL: [u8; 32] = [0x6b; 32];

/// Those who hear of what the platform decides.
#[derive(Debug, Default)]
struct DecisionObservers {
    coverage: Coverage,
    proofs: Proofs,
}

impl Observer for DecisionObservers {
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
    pub(super) chronicle: ChronicleThread<S>,
    observers: Arc<DecisionObservers>,
    tariff: Arc<Tariff>,
    pub(super) shared: Arc<Mutex<Shared>>,
    pub(super) manhattan: Arc<Manhattan>,
    pub(super) midnight: Timestamp,
    start: Timestamp,
    /// Closed trips whose money may still be moving, or of which the payment company has still to tell.
    closed: Vec<TripId>,
    /// Closed trips of which nothing more will be said, since when.
    silent: VecDeque<(Timestamp, TripId)>,
    /// Since when what is published is heard at once; nothing while a queue is longer than that.
    prompt_since: Option<Timestamp>,
}

impl<S: RunObserver + 'static> Stage<S> {
    pub(super) fn set(options: &CityOptions, venue: Venue, observer: S) -> Result<Self, CityError> {
        let manhattan = Arc::new(Manhattan::load()?);
        let region: RegionId = "manhattan".parse()?;
        let tariff = commission::taken(&options.tariff)?;
        let zones = Arc::new(options.zones()?);
        let midnight = options.midnight();
        let start = midnight.plus(options.plan()?.start());
        let chronicle = ChronicleThread::begin(observer, &tariff).map_err(CityError::Thread)?;
        let observers = Arc::new(DecisionObservers::default());
        let Venue { folders, accepted } = venue;
        let keep = match folders {
            None => Keep::Memory,
            Some(folders) => Keep::Folder(begin_in(&folders, options, start, &tariff)?),
        };
        let capacity = options.capacity()?;
        let config = PlatformConfig {
            keep,
            capacity,
            region,
            start,
            seed: options.seed,
            fleet: fleet(region, options.matching)?,
            payments: Some(payments(options)?),
            roads: Arc::new(Roads::new(Arc::clone(&manhattan), UTC_OFFSET)),
            zones: Arc::clone(&zones),
            approaches: Arc::new(approaches()),
        };
        let commit_observer: Arc<Mutex<dyn CommitObserver>> = Arc::clone(chronicle.sender()) as _;
        let seal = Arc::new(KeyedSeal::new(SEAL));
        let mut platform = Platform::begin(config, seal, commit_observer, Arc::clone(&observers) as _)?;

        let shared = Arc::new(Mutex::new(Shared::default()));
        let scene = scene(options, region, &manhattan, (&tariff, &zones))?;
        let heard_max = HEARD_MAX.saturating_mul(capacity.times());
        let called_in = call_in(
            &mut platform,
            scene,
            &shared,
            (options.drivers, heard_max),
            accepted,
        );
        // Where nothing can be kept that is why, whatever came of it.
        platform.check()?;
        called_in?;
        Ok(Self {
            platform,
            chronicle,
            observers,
            tariff,
            shared,
            manhattan,
            midnight,
            start,
            closed: Vec::new(),
            silent: VecDeque::new(),
            prompt_since: Some(start),
        })
    }

    /// Folds what has closed, or is folded into a snapshot, into the digest and drops it; gives how many trips are open.
    pub(super) fn tidy(&mut self, now: Timestamp) -> Result<usize, CityError> {
        let (newly, driven, open) = {
            let mut shared = lock(&self.shared);
            (
                std::mem::take(&mut shared.closed),
                std::mem::take(&mut shared.driven),
                shared.open,
            )
        };
        let mut chronicle = lock(self.chronicle.sender());
        for drive in driven {
            let stream = StreamId::Driver(drive.driver);
            if let Some(trimmed) = self.platform.kept().trim(stream) {
                chronicle.note(Note::Trimmed(stream, trimmed));
            }
            chronicle.note(Note::Drove(drive));
        }
        for &trip in &newly {
            chronicle.note(Note::Closed(trip));
        }
        drop(chronicle);
        self.closed.extend(newly);
        self.drop_what_is_over(now)?;
        Ok(open.saturating_add(self.unsettled()))
    }

    /// Drops what has been silent for a while, and notes what falls silent: its money is at rest, and all that the payment
    /// company had to tell of it was carried. Nothing but a rider or an agent breaks the silence. While a queue is long it counts
    /// for nothing: a message about the trip may wait there, however long ago it was published.
    fn drop_what_is_over(&mut self, now: Timestamp) -> Result<(), CityError> {
        let is_prompt = self.platform.is_prompt()?;
        self.prompt_since = is_prompt.then(|| self.prompt_since.unwrap_or(now));
        let prompt_since = self.prompt_since;
        let is_heard_out = |since: Timestamp| {
            prompt_since.is_some_and(|prompt_since| now.since(since.max(prompt_since)) >= KEPT_IN_SILENCE)
        };
        while let Some((_, trip)) = self.silent.pop_front_if(|(since, _)| is_heard_out(*since)) {
            if lock(&self.shared).afterwards.contains(&trip) {
                self.closed.push(trip);
            } else {
                self.fold(trip)?;
            }
        }
        let told_of = self.platform.company.trips_with_notices();
        for trip in std::mem::take(&mut self.closed) {
            if !told_of.contains(&trip) && self.is_settled(trip)? {
                self.silent.push_back((now, trip));
            } else {
                self.closed.push(trip);
            }
        }
        Ok(())
    }

    /// How many trips have closed whose money may still be moving.
    fn unsettled(&self) -> usize {
        let shared = lock(&self.shared);
        let silent = self.silent.iter().map(|(_, trip)| trip);
        let closed = self.closed.iter().chain(silent);
        closed.filter(|trip| shared.afterwards.contains(trip)).count()
    }

    /// Whether no money will move any more: most trips are never corrected or tipped, and nothing is looked up for them.
    fn is_settled(&mut self, trip: TripId) -> Result<bool, CityError> {
        if !lock(&self.shared).afterwards.contains(&trip) {
            return Ok(true);
        }
        let is_settled = self.platform.is_at_rest(trip)?;
        if is_settled {
            lock(&self.shared).afterwards.remove(&trip);
        }
        Ok(is_settled)
    }

    fn fold(&mut self, trip: TripId) -> Result<(), CityError> {
        let held = self.platform.retire(trip)?;
        lock(self.chronicle.sender()).note(Note::Over(trip, held));
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<(Played, S), CityError> {
        let now = self.platform.time.now();
        let closed = std::mem::take(&mut self.closed);
        let silent = std::mem::take(&mut self.silent).into_iter();
        for trip in silent.map(|(_, trip)| trip).chain(closed) {
            self.fold(trip)?;
        }
        self.fold_rest()?;
        let parked = self.platform.parked()?;
        let Self {
            platform,
            chronicle,
            observers,
            tariff,
            shared,
            start,
            ..
        } = self;
        let company = platform.company.totals();
        drop(platform);
        let Some(chronicle) = chronicle.finish() else {
            return Err(CityError::NotClosed { open: 0, parked });
        };
        let Chronicle {
            audit,
            digest,
            observer,
        } = chronicle;
        let events = digest.events();
        let played = Played {
            digest: digest.finish(),
            audit: audit.finish(),
            tariff,
            coverage: observers.coverage.cells(),
            proofs: observers.proofs.so_far(),
            company,
            virtual_time: now.since(start),
            events,
            refused: lock(&shared)
                .refused
                .iter()
                .map(|(code, count)| (*code, *count))
                .collect(),
            parked,
        };
        Ok((played, observer))
    }

    /// What never closes: drivers' streams, tips and debts.
    fn fold_rest(&mut self) -> Result<(), CityError> {
        let mut cursor = Cursor::default();
        loop {
            let (store, from) = (Arc::clone(&self.platform.store), cursor.clone());
            let page = self
                .platform
                .executor
                .block_on(async move { store.scan(&from, 4_096).await })??;
            let commits: Vec<Arc<Commit>> = page
                .entries
                .into_iter()
                .map(|entry| entry.commit)
                .collect::<Result<_, _>>()?;
            let mut chronicle = lock(self.chronicle.sender());
            for commits in commits.chunk_by(|one, next| one.stream == next.stream) {
                let stream = commits.first().map(|first| first.stream);
                if let Some(stream) = stream.filter(|stream| !self.platform.kept().was_given(*stream)) {
                    chronicle.note(Note::Left(stream, commits.to_vec()));
                }
            }
            match page.next {
                Some(next) => cursor = next,
                None => return Ok(()),
            }
        }
    }
}

/// Opens folders for this run, and notes there how it began.
fn begin_in(
    folders: &Folders,
    options: &CityOptions,
    start: Timestamp,
    tariff: &Arc<Tariff>,
) -> Result<Database, CityError> {
    let (database, vault) = folders.begin(tariff)?;
    let beginning = Beginning {
        start,
        seed: options.seed,
        matching: options.matching,
        vault,
        tariff: Arc::clone(tariff),
    };
    beginning.note(folders.data())?;
    Ok(database)
}

/// What all who play there know of the city.
fn scene(
    options: &CityOptions,
    region: RegionId,
    manhattan: &Arc<Manhattan>,
    (tariff, zones): (&Arc<Tariff>, &Arc<ZoneMap>),
) -> Result<Scene, CityError> {
    let midnight = options.midnight();
    Ok(Scene {
        manhattan: Arc::clone(manhattan),
        tariff: Arc::clone(tariff),
        zones: Arc::clone(zones),
        extras: options.extras.clone(),
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

/// Gathers riders and so many drivers, who hear of so much at a time, and lets them play on the platform's own executor.
fn call_in(
    platform: &mut Platform,
    scene: Scene,
    shared: &Arc<Mutex<Shared>>,
    (drivers, heard_max): (u32, u16),
    accepted: Accepted,
) -> Result<(), CityError> {
    let gather = Players::gather(
        scene,
        platform.desks.clone(),
        Arc::clone(&platform.bus),
        Arc::new(SkewedClock::new(platform.time.clone(), Millis::ZERO)),
        Arc::clone(shared),
        usize::try_from(drivers).unwrap_or(usize::MAX),
        heard_max,
    );
    let players = platform.executor.block_on(gather)??;
    let players = players.telling(accepted);
    platform.executor.spawn("players", players.play());
    Ok(())
}

/// Where riders are found: the pick-ups of another day's first two hours.
fn haunts(manhattan: &Manhattan, options: &CityOptions) -> Result<Vec<Spot>, CityError> {
    let demand = Demand::load()?;
    let length = options.length.get().clamp(60_000, 7_200_000);
    let plan = DemandPlan::new(options.weekday, options.from, Millis::new(length))?.with_seed(!options.seed);
    Ok(demand
        .requests(manhattan, plan)
        .map(|request| request.pickup())
        .take(50_000)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Capacity;
    use crate::demand::Multiplier;
    use fiacre_domain::id::{CommandId, PrincipalId};
    use fiacre_domain::saga::Service;
    use fiacre_domain::trip::{self, Actor, CancelReason};
    use fiacre_ports::mocks::{MockBus, MockConsumer, MockEventStore};
    use fiacre_ports::{Body, Message, PortError, PortErrorKind};
    use fiacre_services::topology::service_queue;

    /// A bus that takes everything, and of which nobody hears anything.
    fn deaf_bus() -> MockBus {
        let mut bus = MockBus::new();
        bus.expect_declare().returning(|_| Ok(()));
        bus.expect_consume().returning(|_, _| {
            let mut consumer = MockConsumer::new();
            consumer
                .expect_next()
                .returning(|_, _| Err(PortError::new(PortErrorKind::Unavailable, "hear of the city")));
            Ok(Box::new(consumer))
        });
        bus
    }

    fn nobody() -> CityOptions {
        CityOptions {
            drivers: 0,
            demand: Multiplier::new(0.0).unwrap(),
            ..CityOptions::friday(Arc::new(fiacre_tariffs::built_in("nyc-2018").unwrap()))
        }
    }

    #[test]
    fn of_a_trip_that_cannot_be_read_nobody_knows_whether_it_rests() {
        let mut stage = Stage::set(&nobody(), Venue::default(), Nobody).unwrap();
        let trip = TripId::from_u128(1);
        assert!(
            !stage.platform.is_at_rest(trip).unwrap(),
            "its order may be on its way"
        );
        let mut store = MockEventStore::new();
        store
            .expect_load()
            .returning(|_| vec![Err(PortError::new(PortErrorKind::Damaged, "load a stream"))]);
        stage.platform.store = Arc::new(store);
        let unknown = stage.platform.is_at_rest(trip).unwrap_err();
        assert!(
            matches!(&unknown, CityError::Port(error) if error.kind() == PortErrorKind::Damaged),
            "{unknown}"
        );
    }

    /// So many riders take back what they never ordered: each costs the trip service a commit.
    fn taken_back(count: u128) -> Vec<Message> {
        let orders = (1..=count).map(|number| {
            let rider = PrincipalId::from_u128(number);
            let by = Actor::Rider(rider);
            let reason = CancelReason::ChangedPlans;
            let command = trip::Command::Cancel { by, reason };
            Message {
                body: Body::Command {
                    id: CommandId::from_u128(number),
                    command: Command::Trip(TripId::from_u128(number), command),
                },
                region: "manhattan".parse().unwrap(),
                trace: None,
                mandatory: true,
            }
        });
        orders.collect()
    }

    #[test]
    fn what_is_over_is_kept_while_a_message_about_it_may_wait_in_a_long_queue() {
        let mut options = nobody();
        options.capacity = Some(Capacity::ONE.with_batch(1));
        let mut stage = Stage::set(&options, Venue::default(), Nobody).unwrap();
        let over = TripId::from_u128(u128::MAX);
        lock(&stage.shared).closed.push(over);
        let (bus, flood) = (Arc::clone(&stage.platform.bus), taken_back(900));
        let published = async move { bus.publish(flood).await };
        stage.platform.executor.block_on(published).unwrap();

        let queue = service_queue(Service::Trip, "manhattan".parse().unwrap()).name;
        let (mut kept_while_long, mut kept_while_short) = (0, 0);
        while kept_while_short <= 3 {
            let until = stage.platform.time.now().plus(Millis::from_secs(10));
            stage.platform.executor.run_until(until).unwrap();
            stage.tidy(until).unwrap();
            if stage.silent.is_empty() {
                break;
            }
            let (bus, queue) = (Arc::clone(&stage.platform.bus), queue.clone());
            let backlog = stage
                .platform
                .executor
                .block_on(async move { bus.backlog(&queue).await });
            if backlog.unwrap().unwrap() > 1 {
                kept_while_long += 1;
            } else {
                kept_while_short += 1;
            }
        }
        assert!(kept_while_long > 4, "{kept_while_long} looks at a long queue");
        assert!((1..=2).contains(&kept_while_short), "{kept_while_short} looks");
    }

    #[test]
    fn players_who_hear_nothing_any_more_say_so() {
        let options = nobody();
        let mut stage = Stage::set(&options, Venue::default(), Nobody).unwrap();
        let zones = Arc::new(options.zones().unwrap());
        let region = "manhattan".parse().unwrap();
        let scene = scene(&options, region, &stage.manhattan, (&options.tariff, &zones)).unwrap();
        stage.platform.bus = Arc::new(deaf_bus());
        let shared = Arc::clone(&stage.shared);
        call_in(
            &mut stage.platform,
            scene,
            &shared,
            (0, HEARD_MAX),
            Box::new(|_| {}),
        )
        .unwrap();
        let soon = stage.platform.time.now().plus(Millis::from_secs(1));
        stage.platform.executor.run_until(soon).unwrap();
        let failed = lock(&shared).failed.take().unwrap();
        assert!(
            failed.to_string().starts_with("failed to hear of the city"),
            "{failed}"
        );
    }

    /// Looks away.
    struct Nobody;

    impl RunObserver for Nobody {
        fn saw(&mut self, _: &Commit) {}
        fn drove(&mut self, _: crate::players::Driven) {}
    }
}
