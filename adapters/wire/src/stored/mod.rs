//! Commits as they are stored and sent, for ever: compact bytes for logs and queues, JSON for people.
//!
//! - **Versions**: the envelope has a format, each event a version of its own. What is newer is
//!   [`Newer`](StoredError::Newer) and held; what is older is lifted to today's version when it is read, never
//!   rewritten.
//! - **Chains**: a commit holds the hash of the bytes of the one before it in its stream; [`Chain`] follows them. It
//!   is the hash of what is stored: with personal data sealed, nobody can guess a place by hashing.
//! - **People**: riders and places are sealed under the key of their trip ([`Privacy`]). Without the key an event is
//!   read with its places [erased](fiacre_domain::trip::PersonalPlace::Erased) and a stand-in for the rider; prices,
//!   times and causes stay, so that audit and ledger go on. [`People`] says what to ask the vault for.
//! - **Bytes**: postcard, whose format is published, behind one byte of format and before four bytes of check.
//!   Positions, not names: a changed shape needs a new version, and the golden files notice.
//!
//! ```
//! use fiacre_domain::driver::DriverEvent;
//! use fiacre_domain::id::{CommandId, DriverId};
//! use fiacre_domain::stream::{Cause, Commit, StreamId, Version};
//! use fiacre_domain::time::Timestamp;
//! use fiacre_wire::stored::{self, NoTariffs, Opening, Privacy};
//! let commit = Commit {
//!     stream: StreamId::Driver(DriverId::from_u128(7)),
//!     version: Version::new(1),
//!     at: Timestamp::from_ms(1_530_446_400_000),
//!     cause: Cause::Command(CommandId::from_u128(1)),
//!     region: "manhattan".parse()?,
//!     trace: None,
//!     events: [DriverEvent::Offline.into()].into(),
//! };
//! let bytes = stored::encode(&commit, None, Privacy::Erased)?;
//! assert_eq!(bytes.len(), 63);
//! assert_eq!(stored::decode(&bytes, Opening::new(&NoTariffs))?, commit);
//!
//! let mut damaged = bytes.clone();
//! damaged[20] ^= 1;
//! assert_eq!(stored::decode(&damaged, Opening::new(&NoTariffs)).unwrap_err().code(), "stored_damaged");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod command;
mod commit;
mod dispatch;
mod driver;
mod dto;
mod error;
mod events;
mod export;
mod message;
mod ops;
mod payment;
mod people;
mod personal;
mod request;
mod state;
mod tariff;
mod trip;
mod upcast;
mod value;
mod verdict;

pub use chain::{Chain, ChainError};
pub use commit::{Stored, decode, decode_event, encode, encode_event, hash};
pub use error::{Newer, StoredError};
pub use events::{Kind, kinds};
pub use export::{
    commit_from_json, commit_to_json, event_from_json, event_to_json, tariff_from_json, tariff_to_json,
};
pub use message::{StoredMessage, encode_message, stream_of};
pub use people::People;
pub use state::{decode_state, encode_state, state_from_json, state_to_json};

use fiacre_domain::pricing::{Tariff, TariffEdition};
use fiacre_ports::SealingKey;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The format of the envelope that this release writes.
pub const FORMAT: u8 = 1;

/// The longest commit, in bytes: an order takes some three hundred, a ride of a week with its reading some hundred
/// thousand.
pub const COMMIT_BYTES_MAX: usize = 8 * 1_048_576;

/// What becomes of riders and places when an event is written.
#[derive(Debug, Clone, Copy)]
pub enum Privacy<'a> {
    /// In the clear: for the person, or among those who may know. Never for a log.
    Clear,
    /// Sealed under the key of the trip, from the [`KeyVault`](fiacre_ports::KeyVault).
    Sealed(&'a SealingKey),
    /// Left out: there is no key, because the person was forgotten; or the stream is of no trip.
    Erased,
}

/// Tariffs by edition, which is their content too: a quote is stored without its tariff, and given it again when it is read;
/// nothing is priced anew.
pub trait Tariffs: fmt::Debug {
    /// The tariff as it was then, if it is known; one that was edited since under its name and version is another.
    fn tariff(&self, edition: TariffEdition) -> Option<Arc<Tariff>>;
}

/// No tariff at all: for streams that hold no quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTariffs;

impl Tariffs for NoTariffs {
    fn tariff(&self, _: TariffEdition) -> Option<Arc<Tariff>> {
        None
    }
}

impl Tariffs for [Arc<Tariff>] {
    fn tariff(&self, edition: TariffEdition) -> Option<Arc<Tariff>> {
        self.iter().find(|tariff| tariff.edition() == edition).cloned()
    }
}

impl Tariffs for Vec<Arc<Tariff>> {
    fn tariff(&self, edition: TariffEdition) -> Option<Arc<Tariff>> {
        self.as_slice().tariff(edition)
    }
}

impl Tariffs for BTreeMap<TariffEdition, Arc<Tariff>> {
    fn tariff(&self, edition: TariffEdition) -> Option<Arc<Tariff>> {
        self.get(&edition).cloned()
    }
}

/// What is needed to read.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    tariffs: &'a dyn Tariffs,
    needs_tariffs: bool,
    key: Option<&'a SealingKey>,
}

impl<'a> Opening<'a> {
    /// Without a key: personal data is read as erased. Each quote must find its tariff.
    pub const fn new(tariffs: &'a dyn Tariffs) -> Self {
        Self {
            tariffs,
            needs_tariffs: true,
            key: None,
        }
    }

    /// Quotes whose tariff is not known are read all the same: they say what was promised, and cannot be
    /// [settled](fiacre_domain::pricing::Quote::tariff).
    #[must_use]
    pub const fn even_without_tariffs(self) -> Self {
        Self {
            needs_tariffs: false,
            ..self
        }
    }

    /// With the trip's key, if it has one.
    #[must_use]
    pub const fn with_key(self, key: Option<&'a SealingKey>) -> Self {
        Self { key, ..self }
    }
}
