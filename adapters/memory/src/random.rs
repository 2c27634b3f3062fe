//! Random numbers that a seed decides.

use fiacre_domain::spread::{GOLDEN_GAMMA, spread};

/// The sequence of `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        spread(self.state)
    }

    /// A whole number in `0..bound`, or 0 where `bound` is 0; one draw a call, biased by at most 2⁻⁶⁴.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let (_, high) = self.next_u64().carrying_mul(bound, 0);
        high
    }

    /// An index into something of `length`; 0 where it is empty.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }
}
