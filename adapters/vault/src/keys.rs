//! What the vault knows, and what each call changes of it.

use crate::error::VaultError;
use crate::slot::Slot;
use fiacre_domain::fingerprint::Fingerprint;
use fiacre_domain::id::{PrincipalId, TripId};
use fiacre_ports::{Binding, SealingKey};
use fiacre_wire::digest;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the file says, by name; places are those of its entries.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    people: BTreeMap<PrincipalId, Person>,
    trips: BTreeMap<TripId, Trip>,
    erased: BTreeMap<PrincipalId, Fingerprint>,
}

#[derive(Debug)]
struct Person {
    place: u64,
    secret: Fingerprint,
    trips: BTreeMap<TripId, u64>,
}

#[derive(Debug)]
enum Trip {
    Known(u64, SealingKey),
    Forgotten,
}

/// What is known of a trip that was bound.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'k> {
    Key(&'k SealingKey),
    Forgotten,
}

/// What is written over an entry.
pub(crate) type Overwrite = (u64, Slot);

impl Keys {
    /// What these entries say, from the first on.
    pub(crate) fn of(entries: Vec<Slot>) -> Self {
        let mut keys = Self::default();
        for (place, slot) in (0..).zip(entries) {
            keys.take(place, slot);
        }
        keys
    }

    /// Takes in an entry and its place.
    pub(crate) fn take(&mut self, place: u64, slot: Slot) {
        match slot {
            Slot::Free => {}
            Slot::Person(rider, secret) => {
                let person = Person {
                    place,
                    secret: digest(&secret),
                    trips: BTreeMap::new(),
                };
                self.people.insert(rider, person);
            }
            Slot::Trip(trip, key) => {
                self.trips.insert(trip, Trip::Known(place, SealingKey::new(key)));
            }
            Slot::Bound(trip, rider) => {
                if let Some(person) = self.people.get_mut(&rider) {
                    person.trips.insert(trip, place);
                }
            }
            Slot::Erased(rider, fingerprint) => {
                self.erased.insert(rider, fingerprint);
            }
            Slot::Forgotten(trip) => {
                self.trips.insert(trip, Trip::Forgotten);
            }
        }
    }

    pub(crate) fn known(&self, trip: TripId) -> Option<Known<'_>> {
        Some(match self.trips.get(&trip)? {
            Trip::Known(_, key) => Known::Key(key),
            Trip::Forgotten => Known::Forgotten,
        })
    }

    pub(crate) fn key(&self, trip: TripId) -> Option<&SealingKey> {
        match self.known(trip)? {
            Known::Key(key) => Some(key),
            Known::Forgotten => None,
        }
    }

    /// The fingerprint of somebody's secret, also where they were forgotten.
    pub(crate) fn secret(&self, subject: PrincipalId) -> Option<Fingerprint> {
        let person = self.people.get(&subject).map(|person| person.secret);
        person.or_else(|| self.erased(subject))
    }

    /// How many trips were bound.
    pub(crate) fn trips(&self) -> usize {
        self.trips.len()
    }

    /// The entries that these bindings add; none where all of it is known.
    pub(crate) fn added(
        &self,
        bindings: &[Binding],
        random: impl Fn() -> Result<[u8; 32], VaultError>,
    ) -> Result<Vec<Slot>, VaultError> {
        let (mut people, mut trips, mut bound) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut added = Vec::new();
        for &Binding { trip, rider } in bindings {
            if matches!(self.trips.get(&trip), Some(Trip::Forgotten)) {
                continue;
            }
            let person = self.people.get(&rider);
            if person.is_none() && people.insert(rider) {
                added.push(Slot::Person(rider, random()?));
            }
            if !self.trips.contains_key(&trip) && trips.insert(trip) {
                added.push(Slot::Trip(trip, random()?));
            }
            let is_bound = person.is_some_and(|person| person.trips.contains_key(&trip));
            if !is_bound && bound.insert((trip, rider)) {
                added.push(Slot::Bound(trip, rider));
            }
        }
        Ok(added)
    }

    /// What is to be written over where `subject` is forgotten; none for who is not there. One step after the other:
    /// the keys, whose they were, the person last, so that a crash in between leaves somebody to forget again, and
    /// all of the rest.
    pub(crate) fn forgetting(&self, subject: PrincipalId) -> Option<[Vec<Overwrite>; 3]> {
        let person = self.people.get(&subject)?;
        let keys = person
            .trips
            .keys()
            .filter_map(|trip| match self.trips.get(trip)? {
                Trip::Known(place, _) => Some((*place, Slot::Forgotten(*trip))),
                Trip::Forgotten => None,
            });
        let bound = person.trips.values().map(|place| (*place, Slot::Free));
        let erased = (person.place, Slot::Erased(subject, person.secret));
        Some([keys.collect(), bound.collect(), vec![erased]])
    }

    /// Forgets them here too, once the disk has.
    pub(crate) fn forget(&mut self, subject: PrincipalId) {
        if let Some(person) = self.people.remove(&subject) {
            for trip in person.trips.into_keys() {
                self.trips.insert(trip, Trip::Forgotten);
            }
            self.erased.insert(subject, person.secret);
        }
    }

    /// The fingerprint of the secret of who was forgotten last under this name.
    pub(crate) fn erased(&self, subject: PrincipalId) -> Option<Fingerprint> {
        self.erased.get(&subject).copied()
    }
}
