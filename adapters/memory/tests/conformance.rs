//! The adapters in memory keep every clause of their ports.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

use fiacre_conformance::bus::{self, BusHarness};
use fiacre_conformance::clock::ClockHarness;
use fiacre_conformance::dispatch_board::{self, DispatchBoardHarness};
use fiacre_conformance::event_store::{self, EventStoreHarness};
use fiacre_conformance::id_source::IdSourceHarness;
use fiacre_conformance::key_vault::{self, KeyVaultHarness};
use fiacre_conformance::location_feed::LocationFeedHarness;
use fiacre_conformance::route_provider::RouteProviderHarness;
use fiacre_conformance::timers::{self, TimersHarness};
use fiacre_conformance::trip_views::{self, TripViewsHarness};
use fiacre_conformance::{Harness, Support};
use fiacre_domain::place::Place;
use fiacre_domain::time::Timestamp;
use fiacre_domain::units::Millis;
use fiacre_memory::{
    Call, EstimatedRoutes, Executor, Fault, FaultKind, Faults, Group, MemoryBoard, MemoryBus,
    MemoryEventStore, MemoryLocations, MemoryTimers, MemoryVault, MemoryViews, SeededIds, SkewedClock,
    VirtualTime,
};
use fiacre_ports::{
    Basis, Bus, Clock, DispatchBoard, EventStore, IdSource, KeyVault, LocationFeed, Message, QueueName,
    RawMessage, RouteProvider, Ticket, Timers, TripViews,
};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// A world in memory.
struct World {
    executor: RefCell<Executor>,
    time: VirtualTime,
    faults: Faults,
    store: MemoryEventStore,
    bus: MemoryBus,
    timers: MemoryTimers,
    board: MemoryBoard,
    views: MemoryViews,
    vault: MemoryVault,
    locations: MemoryLocations,
    /// How many sources of identities were made: each has a seed of its own.
    sources: Cell<u64>,
}

const NOT_KEPT: &str = "memory keeps nothing when its process ends";

impl World {
    /// The executor takes ready tasks in order.
    fn fifo() -> Self {
        Self::with(Executor::fifo)
    }

    /// A seed takes ready tasks.
    fn seeded() -> Self {
        Self::with(|time| Executor::seeded(time, 42))
    }

    /// What is written is written in groups.
    fn grouped() -> Self {
        let (mut world, group) = (Self::fifo(), Group::default());
        world.store = world.store.in_group(&group);
        world.bus = world.bus.in_group(&group);
        world.timers = world.timers.in_group(&group);
        world.board = world.board.in_group(&group);
        world.views = world.views.in_group(&group);
        world.executor.borrow_mut().add_outside(group);
        world
    }

    fn with(executor: impl FnOnce(VirtualTime) -> Executor) -> Self {
        let time = VirtualTime::starting_at(Timestamp::from_ms(1_700_000_000_000));
        let faults = Faults::new(time.clone(), 0);
        Self {
            executor: RefCell::new(executor(time.clone())),
            store: MemoryEventStore::new(time.clone()).with_faults(&faults),
            bus: MemoryBus::new(time.clone()).with_faults(&faults),
            timers: MemoryTimers::new(time.clone()).with_faults(&faults),
            board: MemoryBoard::new(time.clone()),
            views: MemoryViews::default(),
            vault: MemoryVault::new(1),
            locations: MemoryLocations::default(),
            sources: Cell::default(),
            faults,
            time,
        }
    }
}

impl Harness for World {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.executor.borrow_mut().block_on(future).unwrap()
    }

    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn pass(&self, duration: Millis) {
        let until = self.time.now().plus(duration);
        self.executor.borrow_mut().run_until(until).unwrap();
    }
}

impl EventStoreHarness for World {
    fn open(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    fn support(&self, capability: event_store::Capability) -> Support {
        match capability {
            event_store::Capability::Restart => Support::No(NOT_KEPT),
            event_store::Capability::Crash
            | event_store::Capability::HoldAppend
            | event_store::Capability::LoseAnswer
            | event_store::Capability::ForgetSnapshots
            | event_store::Capability::Unreadable => Support::Yes,
        }
    }

    fn crash(&self) {
        self.store.crash();
    }

    fn hold_next_append(&self) {
        let for_ever = Fault::new(FaultKind::Delay).with_delay(Millis::MAX);
        self.faults.strike_next(Call::Append, for_ever);
    }

    fn release_append(&self) {
        self.faults.end_delays();
    }

    fn lose_next_answer(&self) {
        self.faults
            .strike_next(Call::Append, Fault::new(FaultKind::FailAfter));
    }

    fn forget_snapshots(&self) {
        self.store.forget_snapshots();
    }

    fn make_unreadable(&self, commit: Ticket, how: event_store::Unreadable) {
        self.store.make_unreadable(commit, how.kind());
    }

    fn make_readable(&self, commit: Ticket) {
        self.store.make_readable(commit);
    }
}

impl BusHarness for World {
    fn open(&self) -> Arc<dyn Bus> {
        Arc::new(self.bus.clone())
    }

    fn support(&self, capability: bus::Capability) -> Support {
        match capability {
            bus::Capability::Crash
            | bus::Capability::Cut
            | bus::Capability::Undecodable
            | bus::Capability::Newer
            | bus::Capability::Refuse
            | bus::Capability::LoseConfirm => Support::Yes,
        }
    }

    fn crash(&self) {
        self.bus.crash();
    }

    fn cut(&self) {
        self.bus.crash();
    }

    fn put_undecodable(&self, queue: &QueueName, raw: &RawMessage) {
        self.bus.put_undecodable(queue, raw.clone());
    }

    fn put_newer(&self, queue: &QueueName, message: Message) {
        self.bus.put_newer(queue, message);
    }

    fn upgrade(&self) {
        self.bus.upgrade();
    }

    fn unpublishable(&self, message: Message) -> Message {
        self.bus.refuse(message.id());
        message
    }

    fn lose_next_confirm(&self) {
        self.faults
            .strike_next(Call::Publish, Fault::new(FaultKind::FailAfter));
    }
}

impl TimersHarness for World {
    fn open(&self) -> Arc<dyn Timers> {
        Arc::new(self.timers.clone())
    }

    fn support(&self, capability: timers::Capability) -> Support {
        match capability {
            timers::Capability::Restart | timers::Capability::Crash => Support::No(NOT_KEPT),
        }
    }
}

impl DispatchBoardHarness for World {
    fn open(&self) -> Arc<dyn DispatchBoard> {
        Arc::new(self.board.clone())
    }

    fn support(&self, capability: dispatch_board::Capability) -> Support {
        match capability {
            dispatch_board::Capability::Restart => Support::No(NOT_KEPT),
            dispatch_board::Capability::Lose | dispatch_board::Capability::LetHoursPass => Support::Yes,
        }
    }

    fn lose(&self) {
        self.board.lose();
    }
}

impl TripViewsHarness for World {
    fn open(&self) -> Arc<dyn TripViews> {
        Arc::new(self.views.clone())
    }

    fn support(&self, capability: trip_views::Capability) -> Support {
        match capability {
            trip_views::Capability::Restart => Support::No(NOT_KEPT),
        }
    }
}

impl KeyVaultHarness for World {
    fn open(&self) -> Arc<dyn KeyVault> {
        Arc::new(self.vault.clone())
    }

    fn support(&self, capability: key_vault::Capability) -> Support {
        match capability {
            key_vault::Capability::Restart => Support::No(NOT_KEPT),
        }
    }
}

impl LocationFeedHarness for World {
    fn open(&self) -> Arc<dyn LocationFeed> {
        Arc::new(self.locations.clone())
    }
}

impl RouteProviderHarness for World {
    fn open(&self) -> Arc<dyn RouteProvider> {
        Arc::new(EstimatedRoutes::default())
    }

    /// Battery Park, Union Square and the north of Central Park.
    fn places(&self) -> [Place; 3] {
        let place = |latitude_e7, longitude_e7| Place::from_e7(latitude_e7, longitude_e7).unwrap();
        [
            place(407_033_000, -740_170_000),
            place(407_359_000, -739_911_000),
            place(407_970_000, -739_520_000),
        ]
    }

    fn nowhere(&self) -> Place {
        Place::from_e7(0, 0).unwrap()
    }

    fn basis(&self) -> Basis {
        Basis::Estimated
    }
}

impl ClockHarness for World {
    fn open(&self) -> Arc<dyn Clock> {
        Arc::new(SkewedClock::new(self.time.clone(), Millis::ZERO))
    }
}

impl IdSourceHarness for World {
    fn open(&self) -> Arc<dyn IdSource> {
        let seed = self.sources.get();
        self.sources.set(seed + 1);
        Arc::new(SeededIds::new(self.time.clone(), seed))
    }
}

mod fifo {
    use super::World;

    fiacre_conformance::event_store_suite!(World::fifo());
    fiacre_conformance::bus_suite!(World::fifo());
    fiacre_conformance::timers_suite!(World::fifo());
    fiacre_conformance::dispatch_board_suite!(World::fifo());
    fiacre_conformance::trip_views_suite!(World::fifo());
    fiacre_conformance::key_vault_suite!(World::fifo());
    fiacre_conformance::location_feed_suite!(World::fifo());
    fiacre_conformance::route_provider_suite!(World::fifo());
    fiacre_conformance::clock_suite!(World::fifo());
    fiacre_conformance::id_source_suite!(World::fifo());
}

mod seeded {
    use super::World;

    fiacre_conformance::event_store_suite!(World::seeded());
    fiacre_conformance::bus_suite!(World::seeded());
    fiacre_conformance::timers_suite!(World::seeded());
}

mod grouped {
    use super::World;

    fiacre_conformance::event_store_suite!(World::grouped());
    fiacre_conformance::bus_suite!(World::grouped());
    fiacre_conformance::timers_suite!(World::grouped());
    fiacre_conformance::dispatch_board_suite!(World::grouped());
    fiacre_conformance::trip_views_suite!(World::grouped());
}
