//! Rows say what the log says, whatever became of the messages.

use crate::sample::{TRIP, every_event, receipt, request};
use crate::stage::{
    Asked, NOW, Tape, applied, at_once, bus, commit, error, loaded, ports, region, store, timers, told, turn,
};
use fiacre_domain::event::Event;
use fiacre_domain::id::{CommandId, TripId};
use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
use fiacre_domain::trip::{EndReason, FailReason, Phase, TripEvent};
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Executor, FaultKind, FaultPolicy, Faults, MemoryBus, MemoryEventStore, MemoryTimers, MemoryViews,
    SkewedClock, Step, TaskId, VirtualTime,
};
use fiacre_ports::mocks::MockTripViews;
use fiacre_ports::{
    Appended, Body, Bus, Consistency, Delivery, EventStore, LoadRequest, Message, NewCommit, PortErrorKind,
    Prefetch, Settlement, Tag, TripView, TripViews,
};
use fiacre_services::observer::NoObserver;
use fiacre_services::process::run;
use fiacre_services::reactor::ServicePorts;
use fiacre_services::state::State;
use fiacre_services::topology;
use fiacre_services::views::Views;
use std::sync::{Arc, Mutex};

const STREAM: StreamId = StreamId::Trip(TRIP);

fn requested() -> Event {
    TripEvent::Requested(request()).into()
}

/// Tells of the first version of a trip whose history has `versions`, where the rows know `row`; gives what was put.
fn told_first(versions: usize, row: Option<TripView>, puts: bool) -> (Tape, Vec<TripView>) {
    let tape = Tape::default();
    let history = (0..versions).map(|at| match at {
        0 => vec![requested()],
        _ => vec![TripEvent::LockCleared.into()],
    });
    let history: Vec<_> = history.collect();
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, history.clone())),
        applied,
    );
    let (mut views, written) = (MockTripViews::new(), Arc::new(Mutex::new(Vec::new())));
    views
        .expect_get()
        .returning(move |trips| Ok(trips.iter().map(|_| row).collect()));
    let put = Arc::clone(&written);
    views.expect_put().returning(move |rows| {
        put.lock().unwrap().extend(rows);
        if puts {
            Ok(())
        } else {
            Err(error(PortErrorKind::Unavailable))
        }
    });
    let deliveries = vec![told(1, STREAM, requested())];
    let ports = ports(&tape, store, bus(&tape, deliveries), timers(&tape, vec![]));
    turn(&mut Views::new(region(), Arc::new(views), ports, Prefetch(8)));
    let written = written.lock().unwrap().clone();
    (tape, written)
}

fn row(version: u32) -> TripView {
    TripView {
        trip: TRIP,
        version: Version::new(version),
        rider: Some(request().rider()),
        region: region(),
        phase: Phase::Requested,
        reason: None,
        driver: None,
        quoted: Some(request().quote().total()),
        due: None,
        changed_at: NOW,
        closed: false,
        flagged: false,
    }
}

#[test]
fn a_new_trip_gets_its_row_before_the_message_is_acknowledged() {
    let (tape, put) = told_first(1, None, true);
    assert_eq!(put, [row(1)]);
    assert_eq!(tape.settled(), [(Tag(1), Settlement::Ack)]);
    assert_eq!(tape.loads()[0][0].consistency, Consistency::Linearizable);
}

/// The row of a trip to which this has happened since it was requested.
fn row_after(event: TripEvent) -> TripView {
    let tape = Tape::default();
    let history = vec![vec![requested()], vec![event.into()]];
    let store = store(
        &tape,
        move |request| Ok(loaded(request.stream, history.clone())),
        applied,
    );
    let views = MemoryViews::default();
    let deliveries = vec![told(1, STREAM, requested())];
    let ports = ports(&tape, store, bus(&tape, deliveries), timers(&tape, vec![]));
    turn(&mut Views::new(
        region(),
        Arc::new(views.clone()),
        ports,
        Prefetch(8),
    ));
    at_once(views.get(&[TRIP])).unwrap().remove(0).unwrap()
}

#[test]
fn a_row_says_why_a_trip_ended_without_a_ride() {
    let reason = FailReason::NoDriver;
    let row = row_after(TripEvent::Failed { reason });
    assert_eq!(row.phase, Phase::Failed);
    assert_eq!(row.reason, Some(EndReason::Failed(reason)));
}

/// Nobody but a reader of one trip's timeline used to be told.
#[test]
fn a_row_says_whether_an_operator_should_look_at_it() {
    let unread = request().quote().settle_as_quoted().unwrap();
    for (receipt, flagged) in [(receipt(), false), (Arc::new(unread), true)] {
        let row = row_after(TripEvent::FareSettled(receipt));
        assert_eq!(row.flagged, flagged);
    }
}

#[test]
fn a_row_that_is_as_new_as_the_message_is_left_alone() {
    for known in [1, 2] {
        let (tape, put) = told_first(1, Some(row(known)), true);
        assert_eq!((put, tape.loads().len()), (vec![], 0), "nothing is even loaded");
        assert_eq!(tape.settled(), [(Tag(1), Settlement::Ack)]);
    }
}

#[test]
fn a_gap_is_filled_from_the_log() {
    let (_, put) = told_first(3, None, true);
    assert_eq!(put.len(), 1);
    assert_eq!(
        put[0].version,
        Version::new(3),
        "versions 2 and 3 were never told"
    );
}

#[test]
fn rows_that_cannot_be_written_are_written_later() {
    let (tape, _) = told_first(1, None, false);
    assert!(
        matches!(tape.settled()[..], [(Tag(1), Settlement::Return { .. })]),
        "{:?}",
        tape.settled()
    );
}

/// Dropped from the log, as a simulation drops closed streams: an old row is not overwritten with nothing.
#[test]
fn a_trip_of_which_nothing_is_left_keeps_its_row() {
    let (tape, put) = told_first(0, None, true);
    assert_eq!((put, tape.settled()), (vec![], vec![(Tag(1), Settlement::Ack)]));
}

#[test]
fn a_trip_that_cannot_be_read_holds_up_no_other() {
    let (tape, other) = (Tape::default(), TripId::from_u128(2));
    let store = store(
        &tape,
        move |request| match request.stream {
            StreamId::Trip(trip) if trip == other => Err(error(PortErrorKind::Damaged)),
            stream => Ok(loaded(stream, vec![vec![requested()]])),
        },
        applied,
    );
    let views = MemoryViews::default();
    let deliveries: Vec<Delivery> = vec![
        told(1, StreamId::Trip(other), requested()),
        told(2, STREAM, requested()),
    ];
    let ports = ports(&tape, store, bus(&tape, deliveries), timers(&tape, vec![]));
    turn(&mut Views::new(
        region(),
        Arc::new(views.clone()),
        ports,
        Prefetch(8),
    ));
    assert!(matches!(
        tape.settled()[..],
        [(Tag(1), Settlement::RetryAfter { .. }), (Tag(2), Settlement::Ack)]
    ));
    assert_eq!(at_once(views.get(&[other, TRIP])).unwrap(), [None, Some(row(1))]);
    assert!(!tape.all().iter().any(|asked| matches!(asked, Asked::Append(_))));
}

/// A drawn number below `bound`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound).unwrap()
    }
}

/// A projection over adapters in memory, begun anew whenever a fault kills it.
struct World {
    time: VirtualTime,
    executor: Executor,
    faults: Faults,
    store: MemoryEventStore,
    views: MemoryViews,
    bus: MemoryBus,
    ports: ServicePorts,
    task: Option<TaskId>,
    deaths: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let time = VirtualTime::starting_at(NOW);
        let faults = Faults::new(time.clone(), seed);
        let (store, bus) = (MemoryEventStore::new(time.clone()), MemoryBus::new(time.clone()));
        let ports = ServicePorts {
            store: Arc::new(store.clone().with_faults(&faults)),
            bus: Arc::new(bus.clone().with_faults(&faults)),
            timers: Arc::new(MemoryTimers::new(time.clone())),
            clock: Arc::new(SkewedClock::new(time.clone(), Millis::ZERO)),
            observer: Arc::new(NoObserver),
            recent: Arc::default(),
        };
        at_once(bus.declare(&topology::views_queue(region()))).unwrap();
        let policy = [
            FaultKind::FailBefore,
            FaultKind::FailAfter,
            FaultKind::CrashBefore,
            FaultKind::CrashAfter,
        ]
        .into_iter()
        .fold(FaultPolicy::none(), |policy, kind| {
            policy.with_rate_ppm(kind, 60_000)
        });
        faults.set_policy(policy);
        Self {
            executor: Executor::seeded(time.clone(), seed),
            time,
            faults,
            store,
            views: MemoryViews::default(),
            bus,
            ports,
            task: None,
            deaths: 0,
        }
    }

    fn begin(&mut self) -> TaskId {
        let views = Arc::new(self.views.clone().with_faults(&self.faults));
        let process = Views::new(region(), views, self.ports.clone(), Prefetch(8));
        self.executor.spawn("views", run(process))
    }

    fn run_for(&mut self, span: Millis) {
        let until = self.time.now().plus(span);
        while self.time.now() < until {
            let task = match self.task {
                Some(task) => task,
                None => self.begin(),
            };
            self.task = Some(task);
            if self.executor.step().unwrap() == Step::Idle {
                self.time.advance_to(until);
            }
            if self.faults.take_crash().is_some() {
                self.executor.crash(task);
                self.task = None;
                self.deaths += 1;
            }
        }
    }

    fn append(&self, commit: &Commit) {
        let new = NewCommit {
            stream: commit.stream,
            expected: Version::new(commit.version.get() - 1),
            cause: Cause::Command(CommandId::from_u128(u128::from(commit.version.get()))),
            at: commit.at,
            region: commit.region,
            trace: None,
            events: Arc::clone(&commit.events),
        };
        let appended = at_once(self.store.append(vec![new]));
        assert!(matches!(appended[..], [Appended::Applied(_)]), "{appended:?}");
    }

    fn publish(&self, commit: &Commit) {
        let messages = commit.numbered().map(|(id, event)| Message {
            body: Body::Event {
                id,
                committed_at: commit.at,
                event: event.clone(),
            },
            region: commit.region,
            trace: None,
            mandatory: false,
        });
        at_once(self.bus.publish(messages.collect()));
    }

    fn assert_row(&self, stream: StreamId, last: &Commit) {
        let StreamId::Trip(trip) = stream else {
            panic!("{stream}")
        };
        let consistency = Consistency::Linearizable;
        let loaded = at_once(self.store.load(&[LoadRequest::whole(stream, consistency)]));
        let loaded = loaded.into_iter().next().unwrap().unwrap();
        let Some(State::Trip(state)) = State::fold(stream, &loaded) else {
            panic!("{stream}")
        };
        let row = at_once(self.views.get(&[trip])).unwrap()[0].unwrap();
        assert_eq!(
            (row.version, row.phase, row.closed, row.due, row.changed_at),
            (
                last.version,
                state.control().phase,
                state.control().closed,
                state.due(),
                last.at
            ),
            "{stream}"
        );
    }
}

/// The commits of four trips, interleaved: every event that trips have, one to three a commit.
fn histories(dice: &mut Dice) -> Vec<Commit> {
    let of_trips = || {
        let events = every_event().into_iter();
        events.filter_map(|(stream, event)| matches!(stream, StreamId::Trip(_)).then_some(event))
    };
    let mut histories: Vec<_> = (1..=4)
        .map(|trip| (StreamId::Trip(TripId::from_u128(trip)), 0, of_trips()))
        .collect();
    let mut commits: Vec<Commit> = Vec::new();
    while !histories.is_empty() {
        let drawn = dice.below(histories.len() as u64);
        let (stream, version, left) = &mut histories[drawn];
        let events: Vec<Event> = left.take(1 + dice.below(3)).collect();
        if events.is_empty() {
            drop(histories.swap_remove(drawn));
            continue;
        }
        *version += 1;
        let at = NOW.plus(Millis::from_secs(i64::try_from(commits.len()).unwrap()));
        commits.push(Commit {
            at,
            ..commit(*stream, *version, events)
        });
    }
    commits
}

/// Reordered, doubled and dropped messages, a projection that dies and ports that fail: as long as the last message of a
/// trip comes at all, its row is the log's.
#[test]
fn rows_end_as_the_log_whatever_became_of_the_messages() {
    let mut deaths = 0;
    for seed in 0..64 {
        let (mut world, mut dice) = (World::new(seed), Dice(seed));
        let commits = histories(&mut dice);
        let is_last = |commit: &Commit| {
            let mut later = commits.iter().filter(|other| other.stream == commit.stream);
            later.all(|other| other.version <= commit.version)
        };
        let mut late = Vec::new();
        for commit in &commits {
            world.append(commit);
            match dice.below(5) {
                0 if !is_last(commit) => {}
                0 | 1 => late.push(commit),
                2 => {
                    world.publish(commit);
                    late.push(commit);
                }
                _ => world.publish(commit),
            }
            world.run_for(Millis::from_secs(2));
        }
        while !late.is_empty() {
            world.publish(late.swap_remove(dice.below(late.len() as u64)));
        }
        world.run_for(Millis::from_secs(30));
        world.faults.heal();
        world.run_for(Millis::from_minutes(2));
        for last in commits.iter().filter(|commit| is_last(commit)) {
            world.assert_row(last.stream, last);
        }
        deaths += world.deaths;
    }
    assert!(deaths > 64, "{deaths} deaths");
}
