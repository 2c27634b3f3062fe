//! What shows that something is ours: tickets and the codes that riders show, under a key; and the fingerprints of quotes, which
//! anyone can compute: they show that a quote was not changed by accident, and nothing of who made it.

use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::TripId;
use fiacre_domain::pricing::Quote;
use fiacre_domain::trip::PersonalPlan;

/// Hashes and keyed codes; the keys stay inside.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Seal: Send + Sync {
    /// The SHA-256 of the quote's canonical bytes.
    ///
    /// - MUST be the same for equal quotes (`se_01_same_quote_same_print`) and another for others
    ///   (`se_02_quotes_are_told_apart`).
    fn fingerprint(&self, quote: &Quote) -> Fingerprint;

    /// What proves that the price with this fingerprint was given for `trip` by `plan`: a keyed hash of the three. A quote holds
    /// distances and zones but no place, so that without it a price for a short way would pay for a long one.
    ///
    /// - MUST be the same wherever it is asked for, and another for another trip, price or plan
    ///   (`se_05_ticket_is_of_trip_price_and_plan`); it is known to nobody without the key (`se_06_tickets_cannot_be_forged`).
    fn ticket(&self, trip: TripId, price: Fingerprint, plan: &PersonalPlan) -> Fingerprint;

    /// The code that the rider of `trip` shows to the driver, below 10,000: a keyed hash of the trip, never stored.
    ///
    /// - MUST be the same wherever it is asked for (`se_03_code_is_of_the_trip`), and known to nobody without the key
    ///   (`se_04_codes_cannot_be_guessed`).
    fn start_code(&self, trip: TripId) -> u16;
}
