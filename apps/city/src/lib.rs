#![doc = include_str!("../README.md")]
//!
//! [`manhattan`] knows the zones and the street grid; [`demand`] turns the year's counted trips into a stream of requests;
//! [`random`] draws it, the same on any platform. The tables are in the binary: nothing is downloaded, and loading them takes some
//! milliseconds. [`run`] plays a day, [`measures`] counts what it comes to, commit by commit; [`report`] and [`trips_csv`] show it.

pub mod books;
pub mod capacity;
mod chronicle;
pub mod commission;
pub mod coverage;
pub mod demand;
pub mod digest;
pub mod keep;
pub mod manhattan;
pub mod measures;
pub mod observer;
pub mod parked;
pub mod platform;
pub mod players;
pub mod proofs;
pub mod random;
pub mod report;
pub mod roads;
pub mod run;
mod table;
pub mod trips_csv;

pub use table::{Table, TableError, TableFault};
