//! What proves that something is ours: fingerprints of quotes, and the codes that riders show.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Quote;

/// Hashes and keyed codes; the keys stay inside.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Seal: Send + Sync {
    /// The SHA-256 of the quote's canonical bytes.
    fn fingerprint(&self, quote: &Quote) -> Fingerprint;

    /// The code that the rider of `trip` shows to the driver, below 10,000: a keyed hash of the trip, never stored.
    fn start_code(&self, trip: TripId) -> u16;
}
