//! Chance, from a seed.

use fiacre_domain::spread::{GOLDEN_GAMMA, spread};

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        spread(self.0)
    }

    /// One of `0..count`; 0 where there is nothing to choose.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    /// True in `percent` of a hundred throws.
    pub(crate) fn lucky(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
