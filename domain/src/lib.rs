//! The rules of ride-hailing, and nothing else.
//!
//! Every decision is a pure function: time, local time, ids and randomness are arguments, ties break by id. The crate has
//! no dependency, awaits nothing, reads no clock, draws no random number and does no I/O; it also builds for `wasm32`.
//!
//! Three things that an embedder does, each on its own. Price a ride, settle what was driven, and let anyone recompute it:
//!
//! ```
//! # use fiacre_domain::{money::Currency, ratio::Ratio, units::{Millimetres, Millis}};
//! use fiacre_domain::pricing::{Meter, Ride, Segment, Surge, Tariff};
//!
//! # let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?.with_time(Ratio::from(60_000))?;
//! # let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! # let (distance, duration, local_time) = (Millimetres::new(8_046_720), Millis::from_minutes(20), "2018-07-03T10:00".parse()?);
//! let tariff = std::sync::Arc::new(Tariff::new("nyc".parse()?, 1, Currency::USD, meter));
//! let quote = tariff.quote(&Ride::new(distance, duration).with_stops(2), local_time, Surge::NONE)?;
//!
//! let mut recorder = quote.recorder(local_time)?;
//! recorder.drive(distance, duration)?;
//! let receipt = quote.settle(&recorder.finish()?)?; // what was driven
//! receipt.verify(&tariff)?; // recomputes every line, anywhere
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Match waiting riders to free drivers, with a proof that no other assignment is cheaper, and a reason for everyone:
//!
//! ```
//! # use fiacre_domain::{geo::ServiceArea, id::{DriverId, TripId}, place::Place, time::Timestamp};
//! use fiacre_domain::matching::{self, Availability, Policy, Request, Sample, Supply};
//! use fiacre_domain::requirements::{Capabilities, Requirements};
//!
//! # let (now, driver, trip) = (Timestamp::from_ms(0), DriverId::from_u128(1), TripId::from_u128(1));
//! # let (here, pick_up) = (Place::from_e7(407_580_000, -739_855_000)?, Place::from_e7(407_590_000, -739_855_000)?);
//! # let area = ServiceArea::bounding(Place::from_e7(406_800_000, -740_500_000)?, Place::from_e7(408_900_000, -738_900_000)?)?;
//! let (mut supply, policy) = (Supply::new(area), Policy::city());
//! supply.set_capabilities(driver, Capabilities::new(4)?);
//! supply.set_availability(driver, Availability::Free { since: now });
//! supply.report(&[Sample::new(driver, here, now, 1)]);
//!
//! let requests = [Request::new(trip, pick_up, Requirements::ONE_SEAT, now)];
//! let batch = matching::assign(&requests, &supply, &policy, now);
//! batch.certificate().verify(&requests, &supply, &policy)?; // shares no code with the solver
//! assert_eq!(batch.driver_of(trip), Some(driver));
//! assert!(!batch.explain(trip).to_string().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Decide what a command does to a trip, and fold it:
//!
//! ```
//! # use fiacre_domain::{id::PrincipalId, time::Timestamp, units::Millimetres};
//! use fiacre_domain::decision::{Aggregate, Decision};
//! use fiacre_domain::trip::{Actor, CancelReason, Command, Trip};
//!
//! # let (now, rider) = (Timestamp::from_ms(0), Actor::Rider(PrincipalId::from_u128(1)));
//! let mut trip = Trip::default();
//! let command = Command::Cancel { by: rider, reason: CancelReason::ChangedPlans, driven: Millimetres::ZERO };
//! match trip.decide(&command, now)? {
//!     Decision::Applied(events) => events.iter().for_each(|event| trip.evolve(event, now)),
//!     Decision::AlreadyApplied => {} // it came again: nothing to write
//! }
//! assert_eq!(trip.decide(&command, now)?, Decision::AlreadyApplied);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::missing_errors_doc)]

pub mod audit;
pub mod canonical;
pub mod decision;
pub mod dispatch;
pub mod driver;
pub mod event;
pub mod fingerprint;
#[cfg(test)]
mod fixture;
pub mod geo;
pub mod id;
pub mod ledger;
pub mod matching;
pub mod money;
pub mod ops;
pub mod payment;
pub mod place;
pub mod pricing;
pub mod ratio;
pub mod requirements;
pub mod saga;
pub mod stream;
pub mod time;
pub mod trip;
pub mod units;
