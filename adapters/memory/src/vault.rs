//! Keys of personal data in memory: for tests and simulations, where nothing personal is real.

use crate::faults::{Call, Faults};
use crate::lock::lock;
use crate::random::Random;
use async_trait::async_trait;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{Binding, KeyVault, PortError, SealingKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// A vault in memory. Clones are the same vault. A seed decides its keys, so that anybody can guess them.
#[derive(Debug, Clone)]
pub struct MemoryVault {
    keys: Arc<Mutex<Keys>>,
    faults: Faults,
}

#[derive(Debug)]
struct Keys {
    random: Random,
    people: BTreeMap<PrincipalId, Person>,
    trips: BTreeMap<TripId, SealingKey>,
    forgotten: BTreeSet<TripId>,
    destroyed: BTreeMap<PrincipalId, Fingerprint>,
}

#[derive(Debug)]
struct Person {
    /// What stands for the secret: here that is no more than the keys of the trips.
    secret: Fingerprint,
    trips: BTreeSet<TripId>,
}

impl Keys {
    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.as_chunks_mut::<8>().0 {
            *chunk = self.random.next_u64().to_be_bytes();
        }
        bytes
    }

    fn bind(&mut self, Binding { trip, rider }: Binding) -> Option<SealingKey> {
        if self.forgotten.contains(&trip) {
            return None;
        }
        let (secret, key) = (self.bytes(), self.bytes());
        let person = self.people.entry(rider).or_insert_with(|| Person {
            secret: Fingerprint::new(secret),
            trips: BTreeSet::new(),
        });
        person.trips.insert(trip);
        let key = self.trips.entry(trip).or_insert_with(|| SealingKey::new(key));
        Some(key.clone())
    }

    fn forget(&mut self, subject: PrincipalId) -> Option<Fingerprint> {
        if let Some(Person { secret, trips }) = self.people.remove(&subject) {
            self.trips.retain(|trip, _| !trips.contains(trip));
            self.forgotten.extend(trips);
            self.destroyed.insert(subject, secret);
        }
        self.destroyed.get(&subject).copied()
    }
}

impl MemoryVault {
    /// An empty vault whose keys follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            keys: Arc::new(Mutex::new(Keys {
                random: Random::new(seed),
                people: BTreeMap::new(),
                trips: BTreeMap::new(),
                forgotten: BTreeSet::new(),
                destroyed: BTreeMap::new(),
            })),
            faults: Faults::default(),
        }
    }

    /// The same vault, struck by `faults`.
    #[must_use]
    pub fn with_faults(mut self, faults: &Faults) -> Self {
        self.faults = faults.clone();
        self
    }
}

#[async_trait]
impl KeyVault for MemoryVault {
    async fn bind(&self, bindings: &[Binding]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let strike = self.faults.enter(Call::BindTrips).await?;
        let keys = {
            let mut keys = lock(&self.keys);
            bindings.iter().map(|binding| keys.bind(*binding)).collect()
        };
        strike.leave(keys).await
    }

    async fn keys(&self, trips: &[TripId]) -> Result<Vec<Option<SealingKey>>, PortError> {
        let strike = self.faults.enter(Call::TripKeys).await?;
        let keys = {
            let known = lock(&self.keys);
            trips.iter().map(|trip| known.trips.get(trip).cloned()).collect()
        };
        strike.leave(keys).await
    }

    async fn forget(&self, subject: PrincipalId) -> Result<Option<Fingerprint>, PortError> {
        let strike = self.faults.enter(Call::ForgetPerson).await?;
        let secret = lock(&self.keys).forget(subject);
        strike.leave(secret).await
    }
}
