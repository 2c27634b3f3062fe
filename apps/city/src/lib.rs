//! The demo city: Manhattan on a business day of 2018.
//!
//! [`manhattan`] knows the 61 taxi zones, the street grid and how fast it is driven at; [`demand`] turns the year's
//! counted trips into a stream of requests; [`random`] draws it, the same on any platform. The tables are in the binary:
//! nothing is downloaded, and loading them takes some milliseconds. [`measures`] counts what a day comes to, commit by
//! commit; [`report`] and [`trips_csv`] show it.
//!
//! ```
//! use fiacre_city::demand::{Demand, DemandPlan};
//! use fiacre_city::manhattan::Manhattan;
//! use fiacre_domain::time::{TimeOfDay, Weekday};
//! use fiacre_domain::units::Millis;
//!
//! let manhattan = Manhattan::load()?;
//! let demand = Demand::load()?;
//! let plan = DemandPlan::new(Weekday::Friday, TimeOfDay::new(18, 0, 0)?, Millis::from_minutes(60))?.with_seed(7);
//! let first = demand.requests(&manhattan, plan).next().ok_or("no request")?;
//! assert_eq!(manhattan.zone_of(first.pickup()), Some(first.pickup_zone()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The data, its source, its licence and its format are described in `data/README.md`.

mod chronicle;
pub mod commission;
pub mod coverage;
pub mod demand;
pub mod digest;
mod hush;
pub mod keep;
pub mod manhattan;
pub mod measures;
pub mod observer;
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
