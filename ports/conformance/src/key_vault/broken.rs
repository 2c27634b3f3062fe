//! One planted bug a clause: each is a decorator around the reference model.

use super::reference::{Known, Reference, ReferenceHarness};
use super::{Capability, Clause, KeyVaultHarness};
use crate::harness::Support;
use crate::planted::broken_model;
use crate::planted::others;
use async_trait::async_trait;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{Binding, KeyVault, PortError, SealingKey};
use std::fmt::Debug;
use std::sync::Arc;

/// A bug: the methods of the port that it spoils, with what it spoils them of.
#[async_trait]
trait Bug: Debug + Send + Sync {
    async fn bind(
        &self,
        inner: &Reference,
        bindings: &[Binding],
    ) -> Result<Vec<Option<SealingKey>>, PortError> {
        inner.bind(bindings).await
    }
    async fn keys(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        inner.keys(trips).await
    }
    async fn forget(
        &self,
        inner: &Reference,
        subject: PrincipalId,
    ) -> Result<Option<Fingerprint>, PortError> {
        inner.forget(subject).await
    }
    /// After the vault stopped in order.
    fn restarted(&self, _inner: &Reference) {}
}

/// A handle on the model through a bug.
#[derive(Debug)]
struct Handle {
    inner: Arc<Reference>,
    bug: Arc<dyn Bug>,
}

#[async_trait]
impl KeyVault for Handle {
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        self.bug.bind(&self.inner, bindings).await
    }
    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        self.bug.keys(&self.inner, trips).await
    }
    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        self.bug.forget(&self.inner, subject).await
    }
}

broken_model!();

impl KeyVaultHarness for Broken {
    fn open(&self) -> Arc<dyn KeyVault> {
        Arc::new(Handle {
            inner: self.harness.reference(),
            bug: Arc::clone(&self.bug),
        })
    }
    fn support(&self, capability: Capability) -> Support {
        self.harness.support(capability)
    }
    fn restart(&self) {
        self.harness.restart();
        self.bug.restarted(&self.harness.reference());
    }
}

/// The adapter that `clause` rejects. The match has no `_`: a clause without a broken adapter does not build.
pub fn broken(clause: Clause) -> Broken {
    match clause {
        Clause::KeyStays => Broken::new(DrawnAtEachBinding),
        Clause::TripsHaveKeysOfTheirOwn => Broken::new(OneKeyForAll),
        Clause::UnboundHasNoKey => Broken::new(KeyForAnybody),
        Clause::ForgottenIsForgotten => Broken::new(SharedTripsStay),
        Clause::ForgottenTripStaysForgotten => Broken::new(BindingRevives),
        Clause::WhoComesBackIsNew => Broken::new(NeverAgain),
        Clause::ForgettingAgainSaysTheSame => Broken::new(SaidOnce),
        Clause::AnswersFollowTheRequests => Broken::new(SortedByTrip),
        Clause::VaultSurvivesARestart => Broken::new(InMemory),
    }
}

/// What else a bug breaks, and why: the clause whose bug it is, the other clause, the reason.
const ALSO: &[(Clause, Clause, &str)] = &[(
    Clause::ForgettingAgainSaysTheSame,
    Clause::VaultSurvivesARestart,
    "after a restart the vault is asked again whom it forgot",
)];

/// The other clauses that the bug of `planted` breaks, and why.
pub fn also(planted: Clause) -> impl Iterator<Item = (Clause, &'static str)> {
    others(ALSO, planted)
}

/// A trip that is bound again gets another key.
#[derive(Debug)]
struct DrawnAtEachBinding;
#[async_trait]
impl Bug for DrawnAtEachBinding {
    async fn bind(
        &self,
        inner: &Reference,
        bindings: &[Binding],
    ) -> Result<Vec<Option<SealingKey>>, PortError> {
        let known = |binding: &Binding| inner.known().trips.contains_key(&binding.trip);
        let again: Vec<bool> = bindings.iter().map(known).collect();
        let mut keys = inner.bind(bindings).await?;
        for (key, again) in keys.iter_mut().zip(again) {
            if let (Some(key), true) = (key, again) {
                *key = SealingKey::new(key.bytes().map(|byte| !byte));
            }
        }
        Ok(keys)
    }
}

/// All trips have one key.
#[derive(Debug)]
struct OneKeyForAll;

impl OneKeyForAll {
    fn of(keys: Vec<Option<SealingKey>>) -> Vec<Option<SealingKey>> {
        let same = |key: Option<SealingKey>| key.map(|_| SealingKey::new([1; 32]));
        keys.into_iter().map(same).collect()
    }
}

#[async_trait]
impl Bug for OneKeyForAll {
    async fn bind(
        &self,
        inner: &Reference,
        bindings: &[Binding],
    ) -> Result<Vec<Option<SealingKey>>, PortError> {
        Ok(Self::of(inner.bind(bindings).await?))
    }
    async fn keys(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        Ok(Self::of(inner.keys(trips).await?))
    }
}

/// A trip that is asked for alone gets a key, bound or not.
#[derive(Debug)]
struct KeyForAnybody;
#[async_trait]
impl Bug for KeyForAnybody {
    async fn keys(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let mut keys = inner.keys(trips).await?;
        if let ([trip], [key @ None]) = (trips, keys.as_mut_slice())
            && !inner.known().forgotten.contains(trip)
        {
            *key = Some(SealingKey::new([0; 32]));
        }
        Ok(keys)
    }
}

/// A trip that is somebody else's as well keeps its key.
#[derive(Debug)]
struct SharedTripsStay;
#[async_trait]
impl Bug for SharedTripsStay {
    async fn forget(
        &self,
        inner: &Reference,
        subject: PrincipalId,
    ) -> Result<Option<Fingerprint>, PortError> {
        let mut shared = inner.known().trips.clone();
        shared.retain(|_, bound| bound.riders.len() > 1 && bound.riders.contains(&subject));
        let print = inner.forget(subject).await?;
        let mut known = inner.known();
        known.forgotten.retain(|trip| !shared.contains_key(trip));
        known.trips.append(&mut shared);
        Ok(print)
    }
}

/// Binding makes a forgotten trip a new one.
#[derive(Debug)]
struct BindingRevives;
#[async_trait]
impl Bug for BindingRevives {
    async fn bind(
        &self,
        inner: &Reference,
        bindings: &[Binding],
    ) -> Result<Vec<Option<SealingKey>>, PortError> {
        for binding in bindings {
            // Whoever comes back is told apart, so that this bug is of its own.
            if !inner.known().destroyed.contains_key(&binding.rider) {
                inner.known().forgotten.remove(&binding.trip);
            }
        }
        inner.bind(bindings).await
    }
}

/// Who was forgotten gets no key any more.
#[derive(Debug)]
struct NeverAgain;
#[async_trait]
impl Bug for NeverAgain {
    async fn bind(
        &self,
        inner: &Reference,
        bindings: &[Binding],
    ) -> Result<Vec<Option<SealingKey>>, PortError> {
        let mut keys = inner.bind(bindings).await?;
        for (key, binding) in keys.iter_mut().zip(bindings) {
            if inner.known().destroyed.contains_key(&binding.rider) {
                *key = None;
            }
        }
        Ok(keys)
    }
}

/// The fingerprint is said once.
#[derive(Debug)]
struct SaidOnce;
#[async_trait]
impl Bug for SaidOnce {
    async fn forget(
        &self,
        inner: &Reference,
        subject: PrincipalId,
    ) -> Result<Option<Fingerprint>, PortError> {
        let print = inner.forget(subject).await?;
        inner.known().destroyed.remove(&subject);
        Ok(print)
    }
}

/// Keys come in the order of their trips.
#[derive(Debug)]
struct SortedByTrip;
#[async_trait]
impl Bug for SortedByTrip {
    async fn keys(&self, inner: &Reference, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let mut sorted = trips.to_vec();
        sorted.sort_unstable();
        inner.keys(&sorted).await
    }
}

/// Nothing is kept over a restart.
#[derive(Debug)]
struct InMemory;
#[async_trait]
impl Bug for InMemory {
    fn restarted(&self, inner: &Reference) {
        *inner.known() = Known::default();
    }
}
