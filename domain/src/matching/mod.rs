//! Matching: which free driver goes to which waiting rider.
//!
//! A [`Supply`] knows the drivers as they move. A [`Request`] waits. A [`Policy`] weighs them in milliseconds of travel to the
//! pick-up. [`assign`] decides a whole batch exactly and leaves a [`Certificate`]; [`nearest`] decides one request, [`greedy`]
//! one after the other; [`candidates`] tells who was considered, and every [`Verdict`] why.

pub mod assignment;
mod batch;
mod candidate;
mod certificate;
mod explanation;
mod grid;
mod market;
mod nearest;
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
pub use explanation::{Explanation, Standing};
pub use market::Market;
pub use nearest::{greedy, nearest};
pub use policy::{AgeCredit, Policy, PolicyError};
pub use request::Request;
pub use route::{RouteEstimate, StraightLine};
pub use sample::{Sample, SampleError};
pub use supply::{Availability, Driver, Reported, Supply};
pub use verdict::{Outcome, Terms, Verdict, VerdictCounts, Verdicts};
