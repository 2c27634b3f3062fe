//! What was used of late, and not too much of it.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

/// Keeps between `max` and twice as many of the values that were used last.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    max: usize,
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.young.len() + self.old.len();
        f.debug_struct("Recent")
            .field("kept", &kept)
            .finish_non_exhaustive()
    }
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            max,
        }
    }

    /// A value that is kept; it is young again.
    pub(crate) fn get(&mut self, key: &K) -> Option<&V> {
        if let Some(value) = self.old.remove(key) {
            self.insert(*key, value);
        }
        self.young.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        self.young.insert(key, value);
        if self.young.len() > self.max {
            self.old = std::mem::take(&mut self.young);
        }
    }

    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut recent = Recent::new(4);
        for number in 0..100 {
            recent.insert(number, number);
            assert_eq!(recent.get(&0), Some(&0));
        }
        let kept = (0..100).filter(|number| recent.get(number).is_some()).count();
        assert!((4..=10).contains(&kept), "{kept}");
    }
}
