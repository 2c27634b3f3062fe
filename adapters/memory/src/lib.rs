#![doc = include_str!("../README.md")]
//!
//! | for | there is |
//! |---|---|
//! | running futures | [`Executor`], [`Spawner`], [`Outside`] for calls that leave the thread, [`Paced`] where they take virtual time |
//! | writing together | [`Group`]: each adapter joins it `in_group` |
//! | time and identity | [`VirtualTime`], [`SkewedClock`] for each service, [`SeededIds`] |
//! | what goes wrong | [`Faults`]: scripted, by chance or an outage; each adapter takes it `with_faults` |
//! | the ports | [`MemoryEventStore`], [`MemoryBus`], [`MemoryTimers`], [`MemoryBoard`], [`MemoryViews`], [`MemoryVault`], [`MemoryLocations`], [`EstimatedRoutes`] |
//!
//! A port method that waits `until` a time waits in virtual time; the deadline is read on the clock of the process that
//! asks, which `for_clock` gives to its handle.

mod board;
mod bus;
mod clock;
mod event_store;
mod executor;
mod faults;
mod group;
mod hash;
mod locations;
mod lock;
mod random;
mod regions;
mod routes;
mod signal;
mod time;
mod timers;
mod vault;
mod views;

pub use board::MemoryBoard;
pub use bus::{Depth, MemoryBus};
pub use clock::{SeededIds, SkewedClock};
pub use event_store::{Dropped, MemoryEventStore};
pub use executor::{
    Abandoned, Answer, Executor, Outside, OutsideCall, OutsideCalls, POLLS_PER_INSTANT_MAX, Paced, RunError,
    Spawner, Step, TaskId,
};
pub use faults::{Call, Fault, FaultKind, FaultPolicy, Faults, Port};
pub use group::Group;
pub use locations::MemoryLocations;
pub use routes::{EstimatedRoutes, ROAD_FACTOR, RoutesError, SPEED_MM_PER_S};
pub use time::{Sleep, VirtualTime};
pub use timers::MemoryTimers;
pub use vault::MemoryVault;
pub use views::MemoryViews;
