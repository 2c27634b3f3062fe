#![doc = include_str!("../README.md")]
//!
//! - [`check`]: is every promise kept, on every stream, and is every acknowledged trip there?
//! - [`timeline`]: what happened to a trip, and what does it wait for?
//! - [`list`]: which trips are there, and where do they stand?
//! - [`reconcile`]: do receipts, ledger and the payment company agree?
//! - [`archive`]: which bookings are over, and moving them out of the log.

pub mod ack_log;
pub mod archive;
pub mod check;
pub mod list;
pub mod log;
pub mod reconcile;
pub mod timeline;
mod walk;
