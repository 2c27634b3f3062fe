#![doc = include_str!("../README.md")]

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
pub mod spread;
pub mod stream;
pub mod time;
pub mod trip;
pub mod units;
