//! Hashing without a random seed, and tables that cannot be iterated.

#![expect(
    clippy::disallowed_types,
    reason = "the one place that may name HashMap: it fixes the hasher and hides iteration"
)]

use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// Multiplier of Knuth's multiplicative hashing: 2⁶⁴ divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Builds [`FixedHasher`]s, all alike. Not for keys that an attacker picks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FixedState;

impl BuildHasher for FixedState {
    type Hasher = FixedHasher;

    fn build_hasher(&self) -> FixedHasher {
        FixedHasher(0)
    }
}

/// A short multiplicative hash: ids are random already, and only the table's spread matters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedHasher(u64);

impl FixedHasher {
    const fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for FixedHasher {
    fn finish(&self) -> u64 {
        // The table takes its bucket from the low bits, which a multiplication mixes least.
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.add(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.add(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.add(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }
}

/// A map that is only ever asked by key: nobody can depend on its order.
#[derive(Debug)]
pub(crate) struct Lookup<K, V>(HashMap<K, V, FixedState>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(HashMap::with_hasher(FixedState))
    }
}

impl<K: Eq + Hash, V> Lookup<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        self.0.entry(key).or_insert_with(make)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Finds numbers by a key that stands where the number points: five bytes an entry, whatever the key.
#[derive(Debug, Default)]
pub(crate) struct Index(HashTable<u32>);

impl Index {
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.0.find(hash, |number| is_it(*number)).copied()
    }

    /// Adds a number whose key is not there; `hash_at` hashes the key of a number that is.
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_at: impl Fn(u32) -> u64) {
        self.0.insert_unique(hash, number, |number| hash_at(*number));
    }

    pub(crate) fn remove(&mut self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let entry = self.0.find_entry(hash, |number| is_it(*number)).ok()?;
        Some(entry.remove().0)
    }
}
