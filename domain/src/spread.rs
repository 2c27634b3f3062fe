//! A word spread over all words: the output function of `SplitMix64` (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
//! Generators", OOPSLA 2014). Whoever mixes words, or steps a counter by [`GOLDEN_GAMMA`] to get a sequence, has it from here, and
//! so the same on any platform. Nothing about it is secret.
//!
//! ```
//! use fiacre_domain::spread::{GOLDEN_GAMMA, spread};
//! // The published sequence of seed 1234567 begins so.
//! assert_eq!(spread(1_234_567_u64.wrapping_add(GOLDEN_GAMMA)), 6_457_827_717_110_365_317);
//! ```

/// The step of the sequence: the fraction of the golden ratio in 64 bits, so that no two steps come near each other, and zeros do
/// not stay zeros.
pub const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Every bit of what comes out depends on every bit of `word`, and no two words come to the same.
#[inline]
pub const fn spread(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
