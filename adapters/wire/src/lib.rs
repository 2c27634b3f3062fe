#![doc = include_str!("../README.md")]

mod bytes;
mod canonical;
mod civil;
mod error;
mod hash;
mod json;
mod line;
mod present;
mod quote;
mod reading;
mod receipt;
mod ride;
pub mod seal;
pub mod signature;
pub mod stored;
mod text;

pub use error::WireError;
pub use hash::{Hasher, digest};
pub use quote::{quote_from_json, quote_to_json};
pub use receipt::{receipt_from_json, receipt_to_json};

/// The version of the messages that this crate writes, and the only one that it reads.
pub const JSON_VERSION: u32 = 1;

/// The longest JSON text that is read, in bytes: a reading of 4,096 slices with a hundred bands each fits.
pub const JSON_BYTES_MAX: usize = 64 * 1_048_576;
