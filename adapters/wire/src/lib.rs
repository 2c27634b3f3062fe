//! What leaves a process: commits as they are [stored], hashes over canonical bytes, keyed codes, receipts and quotes
//! as JSON, and [signatures](signature) over receipts.
//!
//! JSON is strict: unknown fields, missing ones (what is nothing is written as `null`), lists where keys are meant,
//! other versions and texts beyond a limit are refused with a typed error, which names the place. The domain knows
//! nothing of serde; each message here has a type of its own that is taken apart field by field.
//!
//! ```
//! use fiacre_domain::money::Currency;
//! use fiacre_domain::pricing::{Meter, Ride, Segment, Surge, Tariff};
//! use fiacre_domain::ratio::Ratio;
//! use fiacre_domain::units::{Millimetres, Millis};
//! use std::sync::Arc;
//! let fifth = Segment::new(Millimetres::ZERO, Ratio::from(50), Ratio::new(1_609_344, 5)?)?
//!     .with_time(Ratio::from(60_000))?;
//! let meter = Meter::joint(Ratio::from(250), Ratio::ONE, vec![fifth])?;
//! let tariff = Arc::new(Tariff::new("nyc".parse()?, 1, Currency::USD, meter));
//! let at = "2018-07-03T10:00".parse()?;
//! let quote = tariff.quote(&Ride::new(Millimetres::new(8_046_720), Millis::from_minutes(20)), at, Surge::NONE)?;
//! let mut recorder = quote.recorder(at)?.with_fingerprint(fiacre_wire::fingerprint(&*tariff));
//! recorder.drive(Millimetres::new(8_046_720), Millis::from_minutes(15))?;
//!
//! let json = fiacre_wire::receipt_to_json(&quote.settle(&recorder.finish()?)?)?;
//! let receipt = fiacre_wire::receipt_from_json(&json)?;
//! receipt.verify(&tariff)?;
//!
//! let forged = json.replace("\"total\": ", "\"total\": 1");
//! assert!(fiacre_wire::receipt_from_json(&forged)?.verify(&tariff).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub use hash::{HashAside, Hasher, digest, fingerprint, quote_fingerprint};
pub use quote::{quote_from_json, quote_to_json};
pub use receipt::{receipt_from_json, receipt_to_json};

/// The version of the messages that this crate writes, and the only one that it reads.
pub const JSON_VERSION: u32 = 1;

/// The longest JSON text that is read, in bytes: a reading of 4,096 slices with a hundred bands each fits.
pub const JSON_BYTES_MAX: usize = 64 * 1_048_576;
