//! Keys of personal data, in a vault apart from the store and its backups: who is forgotten there can be read nowhere.

use crate::error::PortError;
use async_trait::async_trait;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use std::fmt;

/// What the personal data of one trip is sealed with. Never shown, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// Takes 32 bytes that nobody can guess.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for whoever seals.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealingKey {
    /// The key is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

/// Whose personal data a trip's streams hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binding {
    /// The trip.
    pub trip: TripId,
    /// The rider whose data it is.
    pub rider: PrincipalId,
}

/// Keys of personal data: one secret a person, and a key for each of their trips that is gone with it.
///
/// The vault is neither the store nor in its backups: a store that is restored finds the keys as they are by then, and no key
/// of a person who was forgotten meanwhile. A trip without a key is not a vault that cannot be reached: that is
/// [`Unavailable`](crate::PortErrorKind::Unavailable), and nobody is taken for forgotten because of it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait KeyVault: Send + Sync {
    /// Binds trips to their riders, before the first personal field of a trip is sealed, and gives the trips' keys, in the order
    /// of the bindings. `None` for a trip that was forgotten: what would be sealed is left out.
    ///
    /// - MUST give a trip the same key ever after, on every handle (`kv_01_key_stays`), and another to every other trip
    ///   (`kv_02_trips_have_keys_of_their_own`).
    /// - MUST give no key to a trip that was forgotten, whoever it is bound to (`kv_05_forgotten_trip_stays_forgotten`).
    /// - MUST make a new secret for a person who comes back (`kv_06_who_comes_back_is_new`).
    /// - MUST answer in the order of the bindings (`kv_08_answers_follow_the_requests`).
    /// - MUST keep what it acknowledged over a restart (`kv_09_vault_survives_a_restart`).
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError>;

    /// The keys of trips, in their order. `None` for one that was forgotten or never bound.
    ///
    /// - MUST give no key to a trip that was never bound (`kv_03_unbound_has_no_key`).
    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError>;

    /// Forgets a person: destroys their secret for ever, and with it the keys of all trips that were ever bound to them, also
    /// of those bound to somebody else as well. Gives the fingerprint of the secret, for
    /// [`SubjectErased`](fiacre_domain::ops::OpsEvent::SubjectErased); `None` for a person who is not known.
    ///
    /// - MUST leave no key of these trips, and those of others as they are (`kv_04_forgotten_is_forgotten`).
    /// - MUST answer a repetition with the same fingerprint (`kv_07_forgetting_again_says_the_same`).
    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError>;
}
