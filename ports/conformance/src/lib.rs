#![doc = include_str!("../README.md")]

pub mod bus;
mod clause;
pub mod clock;
pub mod dispatch_board;
pub mod event_store;
mod harness;
pub mod id_source;
mod in_process;
pub mod key_vault;
pub mod location_feed;
pub mod payment_gateway;
mod planted;
mod reference;
mod report;
pub mod route_provider;
pub mod sample;
mod script;
pub mod seal;
pub mod timers;
mod told;
pub mod trip_views;

pub use harness::{Harness, Support, Weather};
pub use in_process::InProcess;
pub use report::{Failure, Outcome};
