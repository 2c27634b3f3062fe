//! Matching: which free driver goes to which waiting rider.
//!
//! A [`Supply`] knows the drivers as they move. A [`Request`] waits. A [`Policy`] weighs them in milliseconds of travel to the
//! pick-up. [`assign`] decides a whole batch exactly and leaves a [`Certificate`]; [`nearest`] decides one request, [`greedy`]
//! one after the other; [`candidates`] tells who was considered, and every [`Verdict`] why.
//!
//! ```
//! # use fiacre_domain::{geo::ServiceArea, place::Place, requirements::{Capabilities, Requirements}, time::Timestamp};
//! use fiacre_domain::id::{DriverId, TripId};
//! use fiacre_domain::matching::{Availability, Policy, Request, Sample, Supply, assign};
//!
//! # let now = Timestamp::from_ms(0);
//! # let area = ServiceArea::bounding(Place::from_e7(0, 0)?, Place::from_e7(10_000_000, 10_000_000)?)?;
//! # let at = |north| Place::from_e7(5_000_000 + north, 5_000_000);
//! let mut supply = Supply::new(area);
//! let [ann, bob] = [1, 2].map(DriverId::from_u128);
//! for (driver, north) in [(ann, 10_000), (bob, 30_000)] {
//!     supply.set_capabilities(driver, Capabilities::new(4)?);
//!     supply.set_availability(driver, Availability::Free { since: now });
//!     supply.report(&[Sample::new(driver, at(north)?, now, 1)]);
//! }
//! let [first, second] = [1, 2].map(TripId::from_u128);
//! let waiting = [(first, at(18_000)?), (second, at(0)?)]
//!     .map(|(trip, pick_up)| Request::new(trip, pick_up, Requirements::ONE_SEAT, now));
//!
//! // Ann is the nearest to the first rider; a batch sends Bob there, and Ann to the second, who would wait longer for Bob.
//! let policy = Policy::city();
//! let batch = assign(&waiting, &supply, &policy, now);
//! assert_eq!((batch.driver_of(first), batch.driver_of(second)), (Some(bob), Some(ann)));
//! batch.certificate().verify(&waiting, &supply, &policy)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod assignment;
mod batch;
mod candidate;
mod certificate;
mod explainer;
mod explanation;
mod grid;
mod market;
mod nearest;
mod packed;
mod policy;
mod request;
mod route;
mod sample;
mod slots;
mod supply;
mod verdict;

pub use batch::{Batch, Matcher, Pair, assign};
pub use candidate::{Candidate, Candidates, candidates};
pub use certificate::{Certificate, CertificateFlaw};
pub use explainer::Explainer;
pub use explanation::{Explanation, Standing};
pub use market::Market;
pub use nearest::{greedy, nearest};
pub use policy::{AgeCredit, Policy, PolicyError};
pub use request::Request;
pub use route::{RouteEstimate, StraightLine};
pub use sample::{Sample, SampleError};
pub use supply::{Availability, Driver, Reported, Supply};
pub use verdict::{Outcome, Terms, Verdict, VerdictCounts, Verdicts};
