#![doc = include_str!("../README.md")]
//!
//! | to find | look in |
//! |---|---|
//! | what riders' and drivers' apps ask for | [`desk`] |
//! | event → command → commit, for each service | [`reactor`], [`writer`], [`recent`] |
//! | searches, drivers and the batch every two seconds | [`fleet`] |
//! | calls at the payment gateway, its notices | [`payments`] |
//! | log → messages | [`relay`] |
//! | deadlines | [`deadlines`] |
//! | what riders and operators read | [`views`] |
//! | which queue takes which events | [`topology`] |
//! | which processes make a platform | [`composition`] |

mod alarms;
pub mod backoff;
pub mod composition;
pub mod deadlines;
pub mod desk;
pub mod fleet;
mod inbox;
mod known;
pub mod observer;
pub mod payments;
pub mod process;
pub mod reactor;
pub mod recent;
pub mod relay;
pub mod state;
pub mod topology;
pub mod views;
pub mod writer;
