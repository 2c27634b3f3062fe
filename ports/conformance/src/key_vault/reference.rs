//! The reference model: keys are counted, not drawn.

use super::{Capability, KeyVaultHarness};
use crate::harness::Support;
use crate::reference::keeps_time;
use crate::reference::{VirtualTime, lock};
use crate::sample::AT;
use async_trait::async_trait;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{Binding, KeyVault, PortError, SealingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A trip's riders and its key.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) riders: BTreeSet<PrincipalId>,
    key: SealingKey,
}

/// What the model knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    drawn: u8,
    secrets: BTreeMap<PrincipalId, Fingerprint>,
    pub(super) destroyed: BTreeMap<PrincipalId, Fingerprint>,
    pub(super) trips: BTreeMap<TripId, Bound>,
    pub(super) forgotten: BTreeSet<TripId>,
}

impl Known {
    const fn draw(&mut self) -> [u8; 32] {
        self.drawn = self.drawn.wrapping_add(1);
        [self.drawn; 32]
    }

    fn bind(&mut self, Binding { trip, rider }: Binding) -> Option<SealingKey> {
        if self.forgotten.contains(&trip) {
            return None;
        }
        if !self.secrets.contains_key(&rider) {
            let secret = Fingerprint::new(self.draw());
            self.secrets.insert(rider, secret);
        }
        let key = SealingKey::new(self.draw());
        let bound = self.trips.entry(trip).or_insert_with(|| Bound {
            riders: BTreeSet::new(),
            key,
        });
        bound.riders.insert(rider);
        Some(bound.key.clone())
    }

    fn forget(&mut self, subject: PrincipalId) -> Option<Fingerprint> {
        let is_theirs = |bound: &Bound| bound.riders.contains(&subject);
        let gone = self
            .trips
            .extract_if(.., |_, bound| is_theirs(bound))
            .map(|(trip, _)| trip);
        self.forgotten.extend(gone);
        if let Some(secret) = self.secrets.remove(&subject) {
            self.destroyed.insert(subject, secret);
        }
        self.destroyed.get(&subject).copied()
    }
}

/// A vault that obviously keeps every clause.
#[derive(Debug, Default)]
pub struct Reference(Mutex<Known>);

impl Reference {
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.0)
    }
}

#[async_trait]
impl KeyVault for Reference {
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let mut known = self.known();
        Ok(bindings.iter().map(|binding| known.bind(*binding)).collect())
    }

    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let known = self.known();
        let key = |trip| known.trips.get(trip).map(|bound| bound.key.clone());
        Ok(trips.iter().map(key).collect())
    }

    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        Ok(self.known().forget(subject))
    }
}

/// The model in its virtual time.
#[derive(Debug)]
pub struct ReferenceHarness {
    time: VirtualTime,
    vault: Arc<Reference>,
}

impl ReferenceHarness {
    /// Nobody is known.
    pub fn new() -> Self {
        Self {
            time: VirtualTime::new(AT),
            vault: Arc::default(),
        }
    }

    pub(super) fn reference(&self) -> Arc<Reference> {
        Arc::clone(&self.vault)
    }
}

impl Default for ReferenceHarness {
    fn default() -> Self {
        Self::new()
    }
}

keeps_time!(ReferenceHarness, world => world.time);

impl KeyVaultHarness for ReferenceHarness {
    fn open(&self) -> Arc<dyn KeyVault> {
        self.reference()
    }

    fn support(&self, capability: Capability) -> Support {
        match capability {
            Capability::Restart => Support::Yes,
        }
    }

    fn restart(&self) {}
}
