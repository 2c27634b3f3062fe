//! The [`Seal`] port: fingerprints by SHA-256, tickets and start codes by HMAC-SHA-256 (RFC 2104) under a key that stays
//! inside.
//!
//! ```
//! use fiacre_domain::id::TripId;
//! use fiacre_ports::Seal;
//! use fiacre_wire::seal::KeyedSeal;
//! let seal = KeyedSeal::new([7; 32]);
//! let trip = TripId::from_u128(1);
//! assert!(seal.start_code(trip) < 10_000);
//! assert_eq!(seal.start_code(trip), KeyedSeal::new([7; 32]).start_code(trip));
//! ```

use fiacre_domain::canonical::{Canonical, CanonicalBytes};
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Quote;
use fiacre_domain::trip::PersonalPlan;
use fiacre_ports::Seal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Hashes and codes under one key.
pub struct KeyedSeal {
    keyed: Hmac<Sha256>,
}

impl fmt::Debug for KeyedSeal {
    /// The key is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedSeal").finish_non_exhaustive()
    }
}

impl KeyedSeal {
    /// Under a key of 32 random bytes.
    pub fn new(key: [u8; 32]) -> Self {
        // RFC 2104: a key shorter than a block is filled up with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key);
        Self {
            keyed: Hmac::new(&block.into()),
        }
    }
}

impl Seal for KeyedSeal {
    fn fingerprint(&self, quote: &Quote) -> Fingerprint {
        Fingerprint::of(quote)
    }

    fn ticket(&self, trip: TripId, price: Fingerprint, plan: &PersonalPlan) -> Fingerprint {
        let mut mac = self.keyed.clone();
        mac.update(b"ticket");
        mac.update(&trip.to_u128().to_be_bytes());
        mac.update(price.bytes());
        let mut bytes = CanonicalBytes::new();
        plan.write_canonical(&mut bytes);
        mac.update(bytes.as_slice());
        Fingerprint::new(mac.finalize().into_bytes().into())
    }

    fn start_code(&self, trip: TripId) -> u16 {
        let mut mac = self.keyed.clone();
        mac.update(b"start-code");
        mac.update(&trip.to_u128().to_be_bytes());
        let tag = mac.finalize().into_bytes();
        let number = tag
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        u16::try_from(number % 10_000).unwrap_or(0)
    }
}
