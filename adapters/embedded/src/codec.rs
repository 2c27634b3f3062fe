//! Commits as bytes: what `fiacre-wire` writes and reads, with the tariffs and keys that it needs.

use crate::lock::lock;
use crate::tables::{ReadError, Table, Tables};
use fiacre_domain::event::Event;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{TariffId, TripId};
use fiacre_domain::pricing::{Tariff, TariffEdition, TariffEvent};
use fiacre_domain::stream::{Commit, StreamId};
use fiacre_ports::{KeyVault, Message, PortError, SealingKey};
use fiacre_wire::stored::{
    self, NoTariffs, Opening, People, Privacy, Stored, StoredError, StoredMessage, Tariffs,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

/// Writes and reads commits.
pub(crate) struct Codec {
    vault: Option<Arc<dyn KeyVault>>,
    /// By content: who edits one without raising its version has made another.
    tariffs: Mutex<BTreeMap<TariffEdition, Arc<Tariff>>>,
    /// The tariffs whose streams were read: what was published since, this process has written.
    looked_up: Mutex<BTreeSet<TariffId>>,
    #[cfg(test)]
    pub(crate) looking_up: crate::planted::Planted<()>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

/// The keys of trips, for one call.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Nothing is sealed: no vault was given.
    Clear,
    /// Of these trips; a trip without one was forgotten.
    Sealed(BTreeMap<TripId, SealingKey>),
}

/// Why a whole batch could not be done for want of its keys, once for each member: what the vault said is the source of each.
pub(crate) fn for_want_of_keys(error: PortError, doing: &'static str) -> impl Fn() -> PortError {
    let error = Arc::new(error);
    move || PortError::new(error.kind(), doing).with_source(Arc::clone(&error))
}

impl Keys {
    fn of(&self, stream: StreamId) -> Option<&SealingKey> {
        match self {
            Self::Clear => None,
            Self::Sealed(keys) => keys.get(&stream.trip()?),
        }
    }

    fn privacy(&self, stream: StreamId) -> Privacy<'_> {
        match self {
            Self::Clear => Privacy::Clear,
            Self::Sealed(_) => self.of(stream).map_or(Privacy::Erased, Privacy::Sealed),
        }
    }
}

impl Codec {
    pub(crate) fn new(vault: Option<Arc<dyn KeyVault>>, tariffs: &[Arc<Tariff>]) -> Self {
        let known = tariffs
            .iter()
            .map(|tariff| (tariff.edition(), Arc::clone(tariff)));
        Self {
            vault,
            tariffs: Mutex::new(known.collect()),
            looked_up: Mutex::default(),
            #[cfg(test)]
            looking_up: crate::planted::Planted::default(),
        }
    }

    /// The keys that reading these streams needs.
    pub(crate) async fn keys(
        &self,
        streams: impl Iterator<Item = StreamId> + Send,
    ) -> Result<Keys, PortError> {
        let Some(vault) = &self.vault else {
            return Ok(Keys::Clear);
        };
        let trips: BTreeSet<_> = streams.filter_map(StreamId::trip).collect();
        keys_of(&**vault, trips).await
    }

    /// The keys that writing these needs: binds the trips whose riders they name.
    pub(crate) async fn keys_to_write<T: Sync>(
        &self,
        written: &[T],
        people: impl Fn(&T) -> People + Send + Sync,
    ) -> Result<Keys, PortError> {
        let Some(vault) = &self.vault else {
            return Ok(Keys::Clear);
        };
        let people: Vec<_> = written.iter().map(people).collect();
        let bindings: Vec<_> = people.iter().flat_map(People::bindings).copied().collect();
        if !bindings.is_empty() {
            vault.bind(&bindings).await?;
        }
        let trips = people.iter().filter_map(People::trip).collect();
        keys_of(&**vault, trips).await
    }

    /// The bytes of a commit, and their hash, which the next commit of its stream carries.
    pub(crate) fn encode(
        &self,
        commit: &Commit,
        prev: Option<Fingerprint>,
        keys: &Keys,
    ) -> Result<(Vec<u8>, Fingerprint), StoredError> {
        self.learn(commit);
        let bytes = stored::encode(commit, prev, keys.privacy(commit.stream))?;
        let hash = stored::hash(&bytes);
        Ok((bytes, hash))
    }

    /// The commit of these bytes. A tariff that is not known yet is looked up in the log; where that does not hold it either, its
    /// quotes are read as they were promised, and wait for it to be settled.
    pub(crate) fn decode(&self, tables: &Tables, bytes: &[u8], keys: &Keys) -> Result<Commit, ReadError> {
        let stored = Stored::read(bytes)?;
        let opening = Opening::new(self).with_key(keys.of(stored.stream()));
        match stored.into_commit(opening) {
            Err(StoredError::TariffUnknown { tariff, .. }) => {
                self.look_up(tables, tariff)?;
                Ok(stored::decode(bytes, opening.even_without_tariffs())?)
            }
            opened => Ok(opened?),
        }
    }

    /// The message of these bytes.
    pub(crate) fn decode_message(
        &self,
        tables: &Tables,
        bytes: &[u8],
        keys: &Keys,
    ) -> Result<Message, ReadError> {
        let message = StoredMessage::read(bytes)?;
        let key = message.stream().and_then(|stream| keys.of(stream));
        let opening = Opening::new(self).with_key(key);
        match message.into_message(opening) {
            Err(StoredError::TariffUnknown { tariff, .. }) => {
                self.look_up(tables, tariff)?;
                Ok(StoredMessage::read(bytes)?.into_message(opening.even_without_tariffs())?)
            }
            opened => Ok(opened?),
        }
    }

    /// Remembers the tariffs that a commit publishes.
    fn learn(&self, commit: &Commit) {
        for event in &*commit.events {
            if let Event::Tariff(TariffEvent::Published(publication)) = event {
                let tariff = publication.tariff();
                lock(&self.tariffs).insert(tariff.edition(), Arc::clone(tariff));
            }
        }
    }

    /// Reads a tariff's stream, once.
    fn look_up(&self, tables: &Tables, tariff: TariffId) -> Result<(), ReadError> {
        if lock(&self.looked_up).contains(&tariff) {
            return Ok(());
        }
        #[cfg(test)]
        self.looking_up.happen();
        let mut prefix = crate::bytes::Row::default();
        prefix.stream(StreamId::Tariff(tariff));
        for row in tables.prefix(Table::Commits, &prefix.into_vec()) {
            let (_, row) = row?;
            let (_, bytes) = crate::store::split(&row)?;
            self.learn(&stored::decode(bytes, Opening::new(&NoTariffs))?);
        }
        lock(&self.looked_up).insert(tariff);
        Ok(())
    }
}

impl Tariffs for Codec {
    fn tariff(&self, edition: TariffEdition) -> Option<Arc<Tariff>> {
        lock(&self.tariffs).tariff(edition)
    }
}

/// The bytes of a message.
pub(crate) fn encode_message(message: &Message, keys: &Keys) -> Result<Vec<u8>, StoredError> {
    let privacy = match stored::stream_of(message) {
        Some(stream) => keys.privacy(stream),
        None => Privacy::Erased,
    };
    stored::encode_message(message, privacy)
}

async fn keys_of(vault: &dyn KeyVault, trips: BTreeSet<TripId>) -> Result<Keys, PortError> {
    let trips: Vec<_> = trips.into_iter().collect();
    let keys = if trips.is_empty() {
        Vec::new()
    } else {
        vault.keys(&trips).await?
    };
    let known = trips.into_iter().zip(keys);
    Ok(Keys::Sealed(
        known.filter_map(|(trip, key)| Some((trip, key?))).collect(),
    ))
}
