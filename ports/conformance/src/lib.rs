#![doc = include_str!("../README.md")]

pub mod bus;
mod clause;
pub mod event_store;
mod harness;
pub mod payment_gateway;
mod reference;
mod report;
pub mod sample;
mod script;
pub mod timers;

pub use harness::{Harness, Support, Weather};
pub use report::{Failure, Outcome};
