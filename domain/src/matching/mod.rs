//! Matching: which free driver goes to which waiting rider.

pub mod assignment;
mod sample;
mod verdict;

pub use sample::{Sample, SampleError};
pub use verdict::{Outcome, Terms, Verdict, VerdictCounts, Verdicts};
